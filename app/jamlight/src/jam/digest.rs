//! The Signal in few numbers, and back: for guests without an input, and for takes without sound.

use std::sync::Arc;

use audio_signal::{AudioFrame, BandSignal, Hit};
use sync_protocol::SignalDigest;

/// How fast a hit fades, in seconds.
const HIT_DECAY_SECS: f32 = 0.15;
/// How slowly presence follows, in seconds.
const PRESENCE_SECS: f32 = 3.0;

/// Returns what is heard in few numbers.
pub(crate) fn digest(frame: &AudioFrame) -> SignalDigest {
    let count = |hit: &Hit| hit.count as u32;
    let hits = [&frame.onset, &frame.kick, &frame.snare, &frame.hat, &frame.beat];
    SignalDigest {
        level: frame.all.level,
        bands: [frame.bass.level, frame.mid.level, frame.mid_high.level, frame.high.level],
        hits: hits.map(count),
        strengths: hits.map(|hit| hit.strength),
    }
}

/// Hears through digests.
#[derive(Debug, Default)]
pub(crate) struct DigestEar {
    last: Option<SignalDigest>,
}

impl DigestEar {
    /// Makes the next frame of a digest, `step_secs` after the one before.
    pub(crate) fn frame(
        &mut self,
        before: &AudioFrame,
        digest: SignalDigest,
        step_secs: f64,
    ) -> Arc<AudioFrame> {
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
                // The count may begin anew: then it is one hit.
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
        let mut ear = DigestEar::default();
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
