//! The drill `trace-code`: the way of an evaluation from the key to its first note, and gaps in the sound.

use std::time::Instant;

use audio_io::MIX_RATE_HZ;

use super::Player;

/// The way of an evaluation from the key to the ear, for the drill `trace-code`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// When the key was read.
    pub asked: Instant,
    /// When the code was evaluated.
    pub evaluated: Instant,
    /// When it took over in the score.
    pub taken_over: Option<Instant>,
}

impl Player {
    /// Prints the way of an evaluation once its first note is on its way, and every gap in the sound.
    pub(super) fn trace(&mut self, now_secs: f64) {
        if !self.start.traces {
            return;
        }
        let clock = self.start.output.clock();
        if clock.times_dry() > self.times_dry {
            self.times_dry = clock.times_dry();
            eprintln!("sound broke off: {} times so far", self.times_dry);
        }
        let Some(Way { asked, evaluated, taken_over: Some(taken_over) }) = self.start.board.score.way.get()
        else {
            return;
        };
        let Some(note) = self.sending.front() else { return };
        self.start.board.score.way.set(None);
        let millis = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1e3;
        let planned_millis = millis(taken_over, Instant::now());
        let ahead_millis = (note.at.secs(MIX_RATE_HZ) - now_secs) * 1e3;
        let latency_millis = clock.latency_secs() * 1e3;
        eprintln!(
            "code evaluated after {:.1} ms, taken over after {:.1}, planned after {planned_millis:.1}, \
             first note {ahead_millis:.1} ahead, device {latency_millis:.1}: {:.1} ms",
            millis(asked, evaluated),
            millis(evaluated, taken_over),
            millis(asked, Instant::now()) + ahead_millis + latency_millis,
        );
    }
}
