//! The beat and the sound of a room: told by its host, followed by its guests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app_director::Conductor;
use audio_signal::{AudioFrame, BandSignal, Hit, Transport};
use sync_protocol::SignalDigest;

use super::Member;
use crate::live::board::{Board, Heard};

/// Tells the room where the beat is and what is heard, when this machine hosts. To be called about
/// ten times a second; what comes too often the room drops.
pub(crate) fn share(member: &Member, heard: &Heard) {
    if member.is_guest() {
        return;
    }
    let now_secs = heard.stream_secs(Instant::now());
    member.share_transport(&heard.transport, now_secs);
}

/// Tells guests without sound of their own what is heard here. To be called about thirty times a
/// second.
pub(crate) fn share_signal(member: &Member, heard: &Heard) {
    let has_guests = |session: &sync_session::Session| session.members().filter(|one| one.online).count() > 1;
    if !member.is_guest() && member.with_session(has_guests) {
        member.share_signal(digest(&heard.frame));
    }
}

/// Returns the transport of a guest: the room's beat in this machine's stream time. `None` in the own
/// room, and until the room's beat is known. `frame_secs` is the stream time of the newest frame,
/// which sounds in `ahead_secs`.
pub(crate) fn follow(
    member: &Member,
    conductor: &mut Conductor,
    frame_secs: f64,
    ahead_secs: f64,
) -> Option<Transport> {
    if !member.is_guest() {
        return None;
    }
    let room = member.transport()?;
    let beat = room.beat_at(member.room_secs()? + ahead_secs);
    Some(conductor.follow(frame_secs, beat, room.tempo_bpm, room.beats_per_bar, room.confidence))
}

/// Returns what the host hears in few numbers.
fn digest(frame: &AudioFrame) -> SignalDigest {
    let count = |hit: &Hit| hit.count as u32;
    let hits = [&frame.onset, &frame.kick, &frame.snare, &frame.hat, &frame.beat];
    SignalDigest {
        level: frame.all.level,
        bands: [frame.bass.level, frame.mid.level, frame.mid_high.level, frame.high.level],
        hits: hits.map(count),
        strengths: hits.map(|hit| hit.strength),
    }
}

/// Between two frames: the host's digest comes thirty times a second.
const FRAME: Duration = Duration::from_millis(25);
/// Longest step of a frame: what a picture would take as well.
const MAX_STEP: Duration = Duration::from_millis(200);
/// How fast a hit fades, in seconds.
const HIT_DECAY_SECS: f32 = 0.15;
/// How slowly presence follows, in seconds.
const PRESENCE_SECS: f32 = 3.0;

/// Hears through the host's ear: a machine without an input of its own.
#[derive(Debug, Default)]
pub(crate) struct HostEar {
    last: Option<SignalDigest>,
    made_at: Option<Instant>,
}

impl HostEar {
    /// Hears through the host's ear when this machine is a guest and `deaf`: publishes a frame in the
    /// place of the analyser's, a few dozen times a second. Returns whether it does.
    pub(crate) fn turn(
        &mut self,
        board: &Board,
        member: &Member,
        conductor: &mut Conductor,
        deaf: bool,
    ) -> bool {
        let Some(digest) = member.signal().filter(|_| deaf) else {
            *self = Self::default();
            return false;
        };
        let now = Instant::now();
        let step = self.made_at.map_or(FRAME, |made_at| now - made_at);
        if step >= FRAME {
            self.made_at = Some(now);
            let before = board.heard.get();
            let frame = self.frame(&before.frame, digest, step.min(MAX_STEP).as_secs_f64());
            let transport = follow(member, conductor, frame.time_secs, 0.0).unwrap_or(before.transport);
            board.heard.set(Heard { frame, at: now, transport, ahead_secs: 0.0, mix_offset_secs: None });
        }
        true
    }

    /// Makes the next frame of the host's digest, `step_secs` after the one before.
    fn frame(&mut self, before: &AudioFrame, digest: SignalDigest, step_secs: f64) -> Arc<AudioFrame> {
        let mut frame = before.clone();
        let last = self.last.replace(digest);
        frame.time_secs += step_secs;
        frame.silent = digest.level <= 0.0;
        let [bass, mid, mid_high, high] = digest.bands;
        let step = step_secs as f32;
        for (band, level, hit) in [
            (&mut frame.all, digest.level, 0),
            (&mut frame.bass, bass, 1),
            (&mut frame.mid, mid, 2),
            (&mut frame.mid_high, mid_high, 2),
            (&mut frame.high, high, 3),
        ] {
            let is_new = last.is_some_and(|last| last.hits.get(hit) != digest.hits.get(hit));
            let strength = digest.strengths.get(hit).copied().unwrap_or_default();
            advance(band, level, is_new.then_some(strength), step);
        }
        for (hit, idx) in [
            (&mut frame.onset, 0),
            (&mut frame.kick, 1),
            (&mut frame.snare, 2),
            (&mut frame.hat, 3),
            (&mut frame.beat, 4),
        ] {
            let (now, then) = (digest.hits.get(idx), last.as_ref().and_then(|last| last.hits.get(idx)));
            if let (Some(now), Some(then)) = (now, then)
                && now != then
            {
                // The host's own count may begin anew: then it is one hit.
                let num = now.checked_sub(*then).map_or(1, u64::from);
                hit.count += num;
                hit.time_secs = frame.time_secs;
                hit.strength = digest.strengths.get(idx).copied().unwrap_or_default();
            }
        }
        Arc::new(frame)
    }
}

fn advance(band: &mut BandSignal, level: f32, hit: Option<f32>, step_secs: f32) {
    band.level = level;
    band.hits = (band.hits * (-step_secs / HIT_DECAY_SECS).exp()).max(hit.unwrap_or(0.0));
    band.presence += (level - band.presence) * (step_secs / PRESENCE_SECS).min(1.0);
    // Runs at least at a quarter of its speed, as the analyser's own does in quiet music.
    band.time_secs += f64::from(step_secs * (0.25 + level));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_that_the_network_skipped_are_counted_and_clocks_never_run_back() {
        let mut ear = HostEar::default();
        let mut host = AudioFrame::default();
        host.all.level = 0.5;
        host.kick = Hit { count: 10, time_secs: 1.0, strength: 0.9 };
        let first = ear.frame(&AudioFrame::default(), digest(&host), 0.03);
        assert_eq!(first.kick.count, 0, "what was before is not heard now");
        host.kick.count = 13;
        let second = ear.frame(&first, digest(&host), 0.03);
        assert_eq!(second.kick.count, 3);
        assert!(second.bass.hits > 0.8 && !second.silent);
        assert!(second.time_secs > first.time_secs && second.all.time_secs > first.all.time_secs);
        let third = ear.frame(&second, digest(&host), 0.5);
        assert_eq!(third.kick.count, 3);
        assert!(third.bass.hits < 0.1);
    }

    #[test]
    fn a_digest_is_small() {
        let json = serde_json::to_string(&digest(&AudioFrame::default())).unwrap();
        assert!(json.len() <= 256, "{} bytes: {json}", json.len());
    }
}
