//! When services outside are asked, and what their answers mean. Knows no thread, service or clock.

/// Music that the library does not know is asked about outside after so many seconds: by then the library
/// has had its chance, and a snippet is long enough.
const FIRST_SECS: f64 = 10.0;
/// First pause after an answer without a name, in seconds. It doubles…
const FIRST_PAUSE_SECS: f64 = 20.0;
/// …up to this: what nobody knows stays unknown, and each question may cost money.
const MAX_PAUSE_SECS: f64 = 160.0;
/// A named track is asked about again this long after its end…
const AFTER_END_SECS: f64 = 4.0;
/// …or after this long where nobody says how long it is; and never sooner than the first pause.
const AGAIN_SECS: f64 = 120.0;
/// Answers in a row that do not know the music, after which a named track has ended.
const MAX_MISSES: u32 = 2;

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Heard<'a> {
    /// A name, and how much of the track is still to come, in seconds, if that is known.
    Named(&'a str, Option<f64>),
    /// Nobody knows it.
    Unknown,
    /// Nobody answered.
    Failed,
}

/// What it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing new.
    Same,
    /// The named track plays.
    Plays,
    /// The named track is over.
    Over,
}

/// Follows what services say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asker {
    /// The name that plays.
    current: Option<String>,
    misses: u32,
    /// When it asks again, in seconds of the stream.
    next_secs: f64,
    pause_secs: f64,
    waiting: bool,
}

impl Asker {
    /// The library knows what plays, or the stream begins again.
    pub(crate) fn reset(&mut self) {
        *self = Self { waiting: self.waiting, ..Self::default() };
    }

    /// Returns whether to ask now. `since_secs` is when the library began not to know.
    pub(crate) fn wants(&mut self, heard_secs: f64, since_secs: f64) -> bool {
        if self.waiting || heard_secs < (since_secs + FIRST_SECS).max(self.next_secs) {
            return false;
        }
        self.waiting = true;
        true
    }

    /// The question could not be sent.
    pub(crate) fn not_sent(&mut self) {
        self.waiting = false;
    }

    /// Takes an answer.
    pub(crate) fn hear(&mut self, heard_secs: f64, heard: Heard<'_>) -> Verdict {
        self.waiting = false;
        if let Heard::Named(name, rest_secs) = heard {
            let goes_on = self.current.as_deref() == Some(name);
            let pause = rest_secs.map_or(AGAIN_SECS, |rest| rest + AFTER_END_SECS).max(FIRST_PAUSE_SECS);
            *self = Self {
                current: Some(name.to_owned()),
                next_secs: heard_secs + pause.min(AGAIN_SECS * 3.0),
                ..Self::default()
            };
            return if goes_on { Verdict::Same } else { Verdict::Plays };
        }
        self.pause_secs = (self.pause_secs * 2.0).clamp(FIRST_PAUSE_SECS, MAX_PAUSE_SECS);
        self.next_secs = heard_secs + self.pause_secs;
        self.misses += u32::from(heard == Heard::Unknown);
        if self.misses >= MAX_MISSES && self.current.take().is_some() { Verdict::Over } else { Verdict::Same }
    }

    /// There is nothing to hear any more.
    pub(crate) fn fall_silent(&mut self) -> Verdict {
        let was = self.current.is_some();
        self.reset();
        if was { Verdict::Over } else { Verdict::Same }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_asks_once_the_library_had_its_chance_and_then_ever_more_seldom() {
        let mut asker = Asker::default();
        let mut asked = Vec::new();
        for second in 0..400 {
            if asker.wants(f64::from(second), 5.0) {
                asked.push(second);
                assert_eq!(asker.hear(f64::from(second), Heard::Unknown), Verdict::Same);
            }
        }
        assert_eq!(asked, [15, 35, 75, 155, 315]);
    }

    #[test]
    fn one_question_at_a_time_and_a_named_track_is_left_alone_until_its_end() {
        let mut asker = Asker::default();
        assert!(asker.wants(10.0, 0.0));
        assert!(!asker.wants(300.0, 0.0), "it waits for the answer");
        assert_eq!(asker.hear(11.0, Heard::Named("Sea", Some(100.0))), Verdict::Plays);
        assert!(!asker.wants(114.0, 0.0) && asker.wants(115.0, 0.0));
        assert_eq!(asker.hear(116.0, Heard::Named("Sea", None)), Verdict::Same, "it is told once");
        assert!(!asker.wants(235.0, 0.0) && asker.wants(236.0, 0.0));
    }

    #[test]
    fn a_failing_service_ends_no_track_but_two_that_do_not_know_it_and_silence_do() {
        let named = || {
            let mut asker = Asker::default();
            asker.hear(10.0, Heard::Named("Sea", None));
            asker
        };
        let mut asker = named();
        for second in 0..5 {
            assert_eq!(asker.hear(f64::from(second), Heard::Failed), Verdict::Same);
        }
        assert_eq!(asker.hear(6.0, Heard::Unknown), Verdict::Same);
        assert_eq!(asker.hear(7.0, Heard::Unknown), Verdict::Over);
        assert_eq!(named().fall_silent(), Verdict::Over);
        assert_eq!(Asker::default().fall_silent(), Verdict::Same);
    }
}
