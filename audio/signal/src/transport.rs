use serde::{Deserialize, Serialize};

/// Who decides the tempo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TempoSource {
    /// The beat tracker follows what is playing.
    #[default]
    Heard,
    /// A person tapped it.
    Tap,
    /// Live code sets it (`setcpm`).
    Code,
    /// An external MIDI clock.
    MidiClock,
    /// The room's host.
    Room,
}

/// The one map between beats and stream time.
///
/// A straight line through (`origin_secs`, `origin_beat`) with slope `tempo_bpm / 60`. It is replaced,
/// never mutated, and its replacements meet the old line (slewed), so beats never jump.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transport {
    /// Who leads.
    pub source: TempoSource,
    /// Beats per minute, 20–999.
    pub tempo_bpm: f64,
    /// Stream time at which the beat is `origin_beat`, in seconds.
    pub origin_secs: f64,
    /// The beat at `origin_secs`. A whole number divisible by `beats_per_bar` starts a bar.
    pub origin_beat: f64,
    /// Beats in a bar, 1–16.
    pub beats_per_bar: u8,
    /// How sure the source is, 0–1. A tap or a clock is 1.
    pub confidence: f32,
}

impl Default for Transport {
    /// 120 beats a minute in four, nobody sure of it.
    fn default() -> Self {
        Self {
            source: TempoSource::Heard,
            tempo_bpm: 120.0,
            origin_secs: 0.0,
            origin_beat: 0.0,
            beats_per_bar: 4,
            confidence: 0.0,
        }
    }
}

impl Transport {
    /// Returns the beat at a stream time in seconds.
    pub fn beat_at(&self, secs: f64) -> f64 {
        self.origin_beat + (secs - self.origin_secs) * self.tempo_bpm / 60.0
    }

    /// Returns the stream time in seconds of a beat.
    pub fn secs_at(&self, beat: f64) -> f64 {
        self.origin_secs + (beat - self.origin_beat) * 60.0 / self.tempo_bpm.max(1.0)
    }

    /// Returns the phase in the beat at `secs`, in turns (0–1, 0 on the beat).
    pub fn beat_phase_at(&self, secs: f64) -> f64 {
        self.beat_at(secs).rem_euclid(1.0)
    }

    /// Returns the phase in the bar at `secs`, in turns (0–1, 0 on the downbeat).
    pub fn bar_phase_at(&self, secs: f64) -> f64 {
        let bar = f64::from(self.beats_per_bar.max(1));
        self.beat_at(secs).rem_euclid(bar) / bar
    }
}
