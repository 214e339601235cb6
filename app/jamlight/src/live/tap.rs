//! The finished picture and what is heard, for who carries them away: streams, recordings.
//!
//! Pictures are latest wins: who is slow misses some. Sound is every one counts, bounded, and taken
//! only while somebody records.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::board::lock;
use crate::jam::{CodeSound, SoundChunk};

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

/// What is heard, for those who record it: interleaved stereo at the mix's rate.
#[derive(Debug, Default)]
pub(crate) struct SoundTap {
    /// What waits for each user. Held for a copy of a few milliseconds of sound.
    users: Mutex<Vec<Arc<Waiting>>>,
}

/// Sound that waits for one user.
type Waiting = Mutex<VecDeque<SoundChunk>>;

impl SoundTap {
    /// Keeps sound from now on, until the user is dropped.
    pub(crate) fn listen(self: &Arc<Self>) -> SoundUser {
        let waiting = Arc::new(Waiting::default());
        lock(&self.users).push(waiting.clone());
        SoundUser { tap: self.clone(), waiting }
    }

    /// Whether anybody records sound.
    pub(crate) fn is_used(&self) -> bool {
        !lock(&self.users).is_empty()
    }

    /// Takes in what is heard, which ends at `ends_secs` of stream time.
    pub(crate) fn put(&self, samples: &[f32], ends_secs: f64, code: CodeSound) {
        for user in &*lock(&self.users) {
            let mut waiting = lock(user);
            waiting.push_back(SoundChunk { samples: samples.to_vec(), ends_secs, code });
            let mut num_samples: usize = waiting.iter().map(|chunk| chunk.samples.len()).sum();
            while num_samples > MAX_WAITING_SAMPLES {
                num_samples -= waiting.pop_front().map_or(num_samples, |chunk| chunk.samples.len());
            }
        }
    }
}

/// Somebody who records sound.
#[derive(Debug)]
pub(crate) struct SoundUser {
    tap: Arc<SoundTap>,
    waiting: Arc<Waiting>,
}

impl SoundUser {
    /// Takes what waits, oldest first.
    pub(crate) fn take(&self) -> Vec<SoundChunk> {
        lock(&self.waiting).drain(..).collect()
    }
}

impl Drop for SoundUser {
    fn drop(&mut self) {
        lock(&self.tap.users).retain(|user| !Arc::ptr_eq(user, &self.waiting));
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
    fn sound_is_kept_only_while_somebody_records_and_for_each_who_does() {
        let sound = Arc::new(SoundTap::default());
        let put = |samples: &[f32]| sound.put(samples, 1.0, CodeSound::Beside);
        let take =
            |user: &SoundUser| user.take().into_iter().flat_map(|chunk| chunk.samples).collect::<Vec<_>>();
        put(&[1.0]);
        let film = sound.listen();
        put(&[2.0, 3.0]);
        let jam = sound.listen();
        put(&[4.0]);
        assert_eq!((take(&film), take(&jam)), (vec![2.0, 3.0, 4.0], vec![4.0]));
        drop(film);
        put(&[5.0]);
        assert_eq!(take(&jam), [5.0]);
        put(&vec![0.0; MAX_WAITING_SAMPLES]);
        put(&[6.0]);
        assert!(take(&jam).len() <= MAX_WAITING_SAMPLES, "a slow disk costs no memory");
    }
}
