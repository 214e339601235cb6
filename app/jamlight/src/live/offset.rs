//! The person's offset between sound and picture: projectors are late, and so are wireless speakers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::board::Heard;

/// Farthest offset either way, in milliseconds.
pub(crate) const MAX_OFFSET_MILLIS: i32 = 500;

/// Moves what is heard for the picture alone: what code plays and what other machines see stay in place.
#[derive(Debug, Default)]
pub(crate) struct Offset {
    /// What was heard within the offset, oldest first: some dozens, one a picture.
    past: VecDeque<Heard>,
}

impl Offset {
    /// Returns what the picture of now shows. Positive: the picture waits for the sound, so what was heard
    /// then. Negative: the picture is early; beats can be foreseen, hits cannot.
    pub(crate) fn apply(&mut self, heard: Heard, millis: i32, now: Instant) -> Heard {
        if millis <= 0 {
            self.past.clear();
            let mut heard = heard;
            heard.transport.origin_secs += f64::from(millis) / 1_000.0;
            return heard;
        }
        let wait = Duration::from_millis(u64::from(millis.min(MAX_OFFSET_MILLIS).unsigned_abs()));
        if self.past.back().is_none_or(|last| last.at != heard.at) {
            self.past.push_back(heard.clone());
        }
        while self.past.get(1).is_some_and(|next| now.saturating_duration_since(next.at) >= wait) {
            self.past.pop_front();
        }
        let then = self.past.front().cloned().unwrap_or(heard);
        Heard { at: then.at + wait, ..then }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use audio_signal::{AudioFrame, Transport};

    use super::*;

    fn heard(begin: Instant, millis: u64) -> Heard {
        let time_secs = millis as f64 / 1_000.0;
        Heard {
            frame: Arc::new(AudioFrame { time_secs, ..AudioFrame::default() }),
            at: begin + Duration::from_millis(millis),
            transport: Transport { tempo_bpm: 120.0, ..Transport::default() },
            ahead_secs: 0.0,
            mix_offset_secs: None,
        }
    }

    #[test]
    fn a_late_picture_shows_what_was_heard_then_and_runs_on_smoothly() {
        let begin = Instant::now();
        let mut offset = Offset::default();
        for millis in (0..2_000).step_by(10) {
            let now = begin + Duration::from_millis(millis);
            let shown = offset.apply(heard(begin, millis), 300, now);
            if millis >= 300 {
                let late = millis as f64 / 1_000.0 - 0.3;
                assert!((shown.frame.time_secs - late).abs() < 0.011, "{millis}: {}", shown.frame.time_secs);
                assert!((shown.stream_secs(now) - late).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn an_early_picture_foresees_the_beat() {
        let begin = Instant::now();
        let mut offset = Offset::default();
        let plain = heard(begin, 1_000);
        let early = offset.apply(plain.clone(), -250, plain.at);
        let beat = |heard: &Heard| heard.transport.beat_at(heard.stream_secs(plain.at));
        assert!((beat(&early) - beat(&plain) - 0.5).abs() < 1e-9);
        assert_eq!(beat(&offset.apply(plain.clone(), 0, plain.at)), beat(&plain));
    }
}
