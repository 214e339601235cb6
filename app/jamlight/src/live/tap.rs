//! The finished picture and what is heard, for who carries them away: streams, recordings.
//!
//! Pictures are latest wins: who is slow misses some. Sound is every one counts, bounded, and taken
//! only while somebody records.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::board::lock;

/// Samples that may wait for a recorder: ten seconds of stereo. When full, the oldest go (`DropOldest`): a recorder that
/// is so late has lost its file anyway.
const MAX_WAITING_SAMPLES: usize = 10 * 2 * audio_io::MIX_RATE_HZ as usize;

/// A picture on its way out.
#[derive(Debug)]
pub(crate) struct TapPicture {
    /// When it was back from the device.
    pub at: Instant,
    /// Width and height, in pixels.
    pub size: [u32; 2],
    /// RGBA, straight alpha.
    pub rgba: Vec<u8>,
}

/// Where finished pictures are put for others to take.
#[derive(Debug, Default)]
pub(crate) struct PictureTap {
    num_users: AtomicUsize,
    /// Pictures put so far, and the newest. Held for a copy of the `Arc`.
    newest: Mutex<(u64, Option<Arc<TapPicture>>)>,
    came: Condvar,
}

impl PictureTap {
    /// Whether anybody takes pictures.
    pub(crate) fn is_used(&self) -> bool {
        self.num_users.load(Ordering::Acquire) > 0
    }

    /// Puts a picture in the place of the last one.
    pub(crate) fn put(&self, picture: TapPicture) {
        let mut newest = lock(&self.newest);
        *newest = (newest.0 + 1, Some(Arc::new(picture)));
        drop(newest);
        self.came.notify_all();
    }

    /// Asks for pictures until the user is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> TapUser {
        self.num_users.fetch_add(1, Ordering::AcqRel);
        let seen = lock(&self.newest).0;
        TapUser { tap: Arc::clone(self), seen }
    }
}

/// Somebody who takes pictures.
#[derive(Debug)]
pub(crate) struct TapUser {
    tap: Arc<PictureTap>,
    seen: u64,
}

impl TapUser {
    /// Waits for a picture that was not seen yet; `None` when none came in time.
    pub(crate) fn next(&mut self, patience: Duration) -> Option<Arc<TapPicture>> {
        let newest = lock(&self.tap.newest);
        let waited = self.tap.came.wait_timeout_while(newest, patience, |newest| newest.0 == self.seen);
        let (newest, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        if newest.0 == self.seen {
            return None;
        }
        self.seen = newest.0;
        newest.1.clone()
    }
}

impl Drop for TapUser {
    fn drop(&mut self) {
        self.tap.num_users.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is heard, while somebody records: interleaved stereo at the mix's rate.
#[derive(Debug, Default)]
pub(crate) struct SoundTap(Mutex<Option<VecDeque<f32>>>);

impl SoundTap {
    /// Keeps sound from now on, or no more.
    pub(crate) fn listen(&self, on: bool) {
        *lock(&self.0) = on.then(VecDeque::new);
    }

    /// Takes in what is heard. Costs nothing while nobody records.
    pub(crate) fn put(&self, samples: &[f32]) {
        if let Some(waiting) = &mut *lock(&self.0) {
            waiting.extend(samples);
            let too_many = waiting.len().saturating_sub(MAX_WAITING_SAMPLES);
            waiting.drain(..too_many);
        }
    }

    /// Takes what waits.
    pub(crate) fn take(&self) -> Vec<f32> {
        lock(&self.0).as_mut().map(|waiting| waiting.drain(..).collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_user_sees_the_newest_picture_and_none_twice() {
        let tap = Arc::new(PictureTap::default());
        let put = |value: u8| {
            tap.put(TapPicture { at: Instant::now(), size: [1, 1], rgba: vec![value; 4] });
        };
        put(1);
        assert!(!tap.is_used());
        let mut user = tap.open();
        assert!(tap.is_used());
        let next = |user: &mut TapUser| user.next(Duration::from_millis(1)).map(|p| p.rgba[0]);
        assert_eq!(next(&mut user), None, "what was there before is old");
        put(2);
        put(3);
        assert_eq!((next(&mut user), next(&mut user)), (Some(3), None));
    }

    #[test]
    fn sound_is_kept_only_while_somebody_records() {
        let sound = SoundTap::default();
        sound.put(&[1.0]);
        sound.listen(true);
        sound.put(&[2.0, 3.0]);
        assert_eq!(sound.take(), [2.0, 3.0]);
        sound.listen(false);
        assert_eq!(sound.take(), [0.0; 0]);
    }
}
