use std::collections::VecDeque;

use audio_signal::{TempoSource, Transport};

/// Something other than the music that decides the tempo: taps, a MIDI clock, a room.
///
/// Hand its transport to [`crate::Analyser::follow`] whenever it changes; `None` hands the tempo back to
/// what is heard.
pub trait TempoLeader {
    /// Returns the line from stream time to beats, `None` while it does not know yet.
    fn transport(&self) -> Option<Transport>;
}

/// A pause this long starts a new count, in seconds: slower than 30 beats a minute nobody taps.
const TAP_PAUSE_SECS: f64 = 2.0;
/// The tempo is read from this many taps.
const TAPS_KEPT: usize = 8;

/// Tempo and phase from a person's taps.
///
/// Two taps give a tempo; the line is a least-squares fit through the last eight, so one early tap moves
/// it little. The last tap's beat is where the person put it.
#[derive(Clone, Debug, Default)]
pub struct TapTempo {
    taps: VecDeque<f64>,
    first_beat: f64,
}

impl TapTempo {
    /// Creates one that has heard no tap.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a tap at a stream time in seconds. A pause of over 2 s starts again.
    pub fn tap(&mut self, secs: f64) {
        if self.taps.back().is_some_and(|last| secs - last > TAP_PAUSE_SECS || secs <= *last) {
            self.taps.clear();
            self.first_beat = 0.0;
        }
        self.taps.push_back(secs);
        if self.taps.len() > TAPS_KEPT {
            self.taps.pop_front();
            self.first_beat += 1.0;
        }
    }
}

impl TempoLeader for TapTempo {
    fn transport(&self) -> Option<Transport> {
        line_through(&self.taps, 1.0, self.first_beat, TempoSource::Tap)
    }
}

/// Pulses of a MIDI clock in a quarter note.
const PULSES_PER_BEAT: f64 = 24.0;
/// The line is fitted through two beats of pulses: jitter of USB MIDI averages out.
const PULSES_KEPT: usize = 48;

/// Tempo and phase from a MIDI clock's 24 pulses a beat.
#[derive(Clone, Debug, Default)]
pub struct PulseClock {
    pulses: VecDeque<f64>,
    num_dropped: f64,
}

impl PulseClock {
    /// Creates one that has heard no pulse.
    pub fn new() -> Self {
        Self::default()
    }

    /// The clock's Start message: the next pulse is beat 0.
    pub fn start(&mut self) {
        self.pulses.clear();
        self.num_dropped = 0.0;
    }

    /// Takes a pulse at a stream time in seconds.
    pub fn pulse(&mut self, secs: f64) {
        if self.pulses.back().is_some_and(|last| secs <= *last) {
            return;
        }
        self.pulses.push_back(secs);
        if self.pulses.len() > PULSES_KEPT {
            self.pulses.pop_front();
            self.num_dropped += 1.0;
        }
    }
}

impl TempoLeader for PulseClock {
    fn transport(&self) -> Option<Transport> {
        line_through(
            &self.pulses,
            1.0 / PULSES_PER_BEAT,
            self.num_dropped / PULSES_PER_BEAT,
            TempoSource::MidiClock,
        )
    }
}

/// Least squares through equally spaced beats.
fn line_through(
    times: &VecDeque<f64>,
    beats_each: f64,
    first_beat: f64,
    source: TempoSource,
) -> Option<Transport> {
    let n = times.len() as f64;
    if times.len() < 2 {
        return None;
    }
    let mean_time = times.iter().sum::<f64>() / n;
    let mean_idx = (n - 1.0) / 2.0;
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (i, time) in times.iter().enumerate() {
        let d = i as f64 - mean_idx;
        covariance += d * (time - mean_time);
        variance += d * d;
    }
    let secs_each = covariance / variance;
    let tempo_bpm = 60.0 * beats_each / secs_each;
    (tempo_bpm.is_finite() && (20.0..=999.0).contains(&tempo_bpm)).then_some(Transport {
        source,
        tempo_bpm,
        origin_secs: mean_time,
        origin_beat: first_beat + mean_idx * beats_each,
        beats_per_bar: 4,
        confidence: 1.0,
    })
}
