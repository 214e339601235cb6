//! When to ask what plays, and what an answer means. Knows no thread, index or clock.

use audio_recognition::Recognition;

/// Shortest music worth a question, in seconds: less is rarely enough.
const FIRST_SECS: f64 = 3.0;
/// From question to question while it is not known what plays, in seconds…
const EAGER_EVERY_SECS: f64 = 1.0;
/// …for so long; then more patiently: most likely nobody knows this one.
const EAGER_FOR_SECS: f64 = 15.0;
/// From question to question otherwise, in seconds.
const PATIENT_EVERY_SECS: f64 = 4.0;
/// Music of a question, in seconds: longer while nothing is known…
const UNKNOWN_WINDOW_SECS: f64 = 10.0;
/// …and shorter while something is, so that the next track is heard soon.
const KNOWN_WINDOW_SECS: f64 = 6.0;
/// Answers in a row without a name after which the track has ended: a break or a solo is shorter.
const MAX_MISSES: u32 = 4;
/// A track this far from where it should be was wound, in seconds.
const WOUND_SECS: f64 = 1.0;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing new.
    Same,
    /// The answer's track plays, from its position on.
    Plays,
    /// Nobody knows what plays.
    Unknown,
}

/// Follows what plays.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    current: Option<Recognition>,
    misses: u32,
    /// When listening began, or the last track ended.
    since_secs: f64,
    asked_secs: f64,
}

impl Tracker {
    /// The stream begins again at 0.
    pub(crate) fn listen_anew(&mut self) {
        let current = self.current.take();
        // What played before the gap may be playing still: the next answers tell.
        *self = Self { misses: u32::from(current.is_some()), ..Self::default() };
    }

    /// Returns since when nobody knows what plays, in seconds of the stream; `None` while somebody does.
    pub(crate) fn unknown_since_secs(&self) -> Option<f64> {
        self.current.is_none().then_some(self.since_secs)
    }

    /// Returns how many seconds of music to ask about now, if it is time to.
    pub(crate) fn wants(&mut self, heard_secs: f64) -> Option<f64> {
        let every = match &self.current {
            None if heard_secs - self.since_secs <= EAGER_FOR_SECS => EAGER_EVERY_SECS,
            _ => PATIENT_EVERY_SECS,
        };
        let window = if self.current.is_some() { KNOWN_WINDOW_SECS } else { UNKNOWN_WINDOW_SECS };
        if heard_secs < FIRST_SECS || heard_secs < self.asked_secs + every {
            return None;
        }
        self.asked_secs = heard_secs;
        Some(window)
    }

    /// Takes an answer about the music up to now.
    pub(crate) fn hear(&mut self, heard_secs: f64, answer: Option<&Recognition>) -> Verdict {
        let Some(answer) = answer else {
            if self.current.is_none() && self.misses == 0 {
                return Verdict::Same;
            }
            self.misses += 1;
            let over = self.current.as_ref().is_some_and(|track| {
                track.track.secs > 0.0 && track.position_at(heard_secs) > track.track.secs
            });
            if self.misses < MAX_MISSES && !over {
                return Verdict::Same;
            }
            self.current = None;
            self.misses = 0;
            self.since_secs = heard_secs;
            return Verdict::Unknown;
        };
        self.misses = 0;
        let goes_on = self.current.as_ref().is_some_and(|before| {
            before.track.id == answer.track.id
                && (before.position_at(heard_secs) - answer.position_at(heard_secs)).abs() < WOUND_SECS
        });
        // The newest answer knows best where the track is: rates drift.
        self.current = Some(answer.clone());
        if goes_on { Verdict::Same } else { Verdict::Plays }
    }
}

#[cfg(test)]
mod tests {
    use audio_recognition::{TrackId, TrackInfo};

    use super::*;

    fn track(id: i64, heard_secs: f64, position_secs: f64) -> Recognition {
        let track = TrackInfo { id: TrackId(id), secs: 100.0, ..TrackInfo::default() };
        Recognition { track, heard_secs, position_secs, rate: 1.0, sigmas: 30.0, agreement: 0.5 }
    }

    #[test]
    fn it_asks_early_then_patiently() {
        let mut tracker = Tracker::default();
        let asked: Vec<i32> = (0..40).filter(|s| tracker.wants(f64::from(*s)).is_some()).collect();
        assert_eq!(asked, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 23, 27, 31, 35, 39]);
    }

    #[test]
    fn a_track_is_told_once_and_again_when_it_was_wound() {
        let mut tracker = Tracker::default();
        assert_eq!(tracker.hear(4.0, None), Verdict::Same);
        assert_eq!(tracker.hear(5.0, Some(&track(1, 1.0, 31.0))), Verdict::Plays);
        assert_eq!(tracker.hear(9.0, Some(&track(1, 4.0, 34.1))), Verdict::Same);
        assert_eq!(tracker.hear(13.0, Some(&track(1, 8.0, 80.0))), Verdict::Plays);
        assert_eq!(tracker.hear(17.0, Some(&track(2, 12.0, 1.0))), Verdict::Plays);
    }

    #[test]
    fn a_solo_is_no_end_but_silence_and_the_end_are() {
        let mut tracker = Tracker::default();
        tracker.hear(5.0, Some(&track(1, 0.0, 10.0)));
        let quiet: Vec<Verdict> = (0..4).map(|i| tracker.hear(9.0 + 4.0 * f64::from(i), None)).collect();
        assert_eq!(quiet, [Verdict::Same, Verdict::Same, Verdict::Same, Verdict::Unknown]);
        assert_eq!(tracker.hear(30.0, None), Verdict::Same);
        tracker.hear(40.0, Some(&track(1, 35.0, 92.0)));
        assert_eq!(tracker.hear(44.0, None), Verdict::Unknown, "the track is over");
    }

    #[test]
    fn after_a_gap_an_old_name_does_not_stay_for_ever() {
        let mut tracker = Tracker::default();
        tracker.hear(5.0, Some(&track(1, 0.0, 10.0)));
        tracker.listen_anew();
        let answers: Vec<Verdict> = (0..3).map(|i| tracker.hear(4.0 + f64::from(i), None)).collect();
        assert_eq!(answers.last(), Some(&Verdict::Unknown));
    }
}
