/// A phase error is worked off in about this time, in seconds.
const PULL_SECS: f64 = 0.12;
/// The clock never runs slower or faster than these shares of its tempo, whatever the error: it waits and
/// hurries, and never runs back.
const SLOWEST: f64 = 0.0;
const FASTEST: f64 = 3.0;
/// The published tempo eases to the heard one within this time, in seconds…
const TEMPO_SECS: f64 = 0.4;
/// …but a change by more than this share is another tempo and is taken at once.
const TEMPO_STEP: f64 = 0.06;

/// The phase-locked clock everything visible runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BeatClock {
    pub(crate) beats: f64,
    /// 0 until something set it.
    pub(crate) tempo_bpm: f64,
}

impl BeatClock {
    pub(crate) fn new() -> Self {
        Self { beats: 0.0, tempo_bpm: 0.0 }
    }

    /// Moves on by `hop_secs` towards the heard phase (turns) and tempo; with `None` it holds its tempo.
    pub(crate) fn step(&mut self, hop_secs: f64, heard: Option<(f64, f64)>) {
        let mut advance = self.tempo_bpm / 60.0 * hop_secs;
        if let Some((phase_turns, tempo_bpm)) = heard {
            if self.tempo_bpm <= 0.0 {
                // The first belief sets the phase outright: there is nothing to be continuous with.
                self.tempo_bpm = tempo_bpm;
                self.beats = phase_turns.rem_euclid(1.0);
                return;
            }
            if (tempo_bpm / self.tempo_bpm - 1.0).abs() > TEMPO_STEP {
                self.tempo_bpm = tempo_bpm;
            } else {
                self.tempo_bpm += (tempo_bpm - self.tempo_bpm) * (hop_secs / TEMPO_SECS);
            }
            advance = self.tempo_bpm / 60.0 * hop_secs;
            let off = (phase_turns - (self.beats + advance)).rem_euclid(1.0);
            let off = if off > 0.5 { off - 1.0 } else { off };
            advance = (advance + off * hop_secs / PULL_SECS).clamp(advance * SLOWEST, advance * FASTEST);
        }
        self.beats += advance;
    }

    /// Moves on towards another's beat count. Whole beats of difference stay: only the phase is pulled.
    pub(crate) fn lead(&mut self, hop_secs: f64, beat: f64, tempo_bpm: f64) {
        self.step(hop_secs, Some((beat.rem_euclid(1.0), tempo_bpm.max(1.0))));
        self.tempo_bpm = tempo_bpm.max(1.0);
    }
}
