use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What moves a parameter, and how far. Plain data in the Show; the director evaluates it, the same on
/// every machine.
///
/// The moved value is `knob + depth × curve(source) × the parameter's whole range`, clamped to the range:
/// the knob stays in a person's hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Modulation {
    /// What moves it, 0–1.
    pub source: ModSource,
    /// How far, as a share of the parameter's range, −1–1.
    pub depth: f32,
    /// The exponent of the source is `2^curve`, −3–3: above 0 only what is strong counts.
    pub curve: f32,
    /// How fast it follows upwards, in seconds until two thirds are done, 0–10.
    pub rise_secs: f32,
    /// How fast it follows downwards, in seconds, 0–10.
    pub fall_secs: f32,
}

impl Default for Modulation {
    /// Half of the range by the bass, as it is heard.
    fn default() -> Self {
        Self { source: ModSource::default(), depth: 0.5, curve: 0.0, rise_secs: 0.0, fall_secs: 0.0 }
    }
}

/// What a modulation follows. Each gives 0–1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "follows", rename_all = "snake_case")]
pub enum ModSource {
    /// How loud a band is.
    Level {
        /// Which.
        band: Band,
    },
    /// The transients of a band: jumps on a hit and decays in about 150 ms.
    Hits {
        /// Which.
        band: Band,
    },
    /// How present a band is in this part of the song: seconds to move.
    Presence {
        /// Which.
        band: Band,
    },
    /// The song's long-term energy.
    Intensity,
    /// How far a build-up has come.
    BuildUp,
    /// From 0 to 1 over so many beats, then again: 1 is the beat, 4 a bar.
    Phase {
        /// 0.125–64.
        beats: f32,
    },
    /// A wave locked to the beat.
    Lfo {
        /// Its form.
        wave: Wave,
        /// Its length, 0.125–64 beats.
        beats: f32,
        /// Where it begins, 0–1.
        phase: f32,
    },
    /// Rises at a hit and falls again, as strong as the hit.
    Envelope {
        /// Which hit.
        hit: HitKind,
        /// In seconds, 0–10.
        attack_secs: f32,
        /// In seconds, 0–10.
        release_secs: f32,
    },
    /// One value after the other.
    Steps {
        /// 1–32 values, 0–1.
        values: Vec<f32>,
        /// The length of each, 0.125–64 beats.
        beats: f32,
        /// Whether it slides from each to the next.
        glide: bool,
    },
    /// Wanders: a new place every so many beats, reached smoothly. The same on every machine.
    Walk {
        /// 0.125–64.
        beats: f32,
    },
}

impl Default for ModSource {
    fn default() -> Self {
        Self::Level { band: Band::Bass }
    }
}

/// A band of the music.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Everything.
    All,
    /// 20–150 Hz.
    #[default]
    Bass,
    /// 150–800 Hz.
    Mid,
    /// 800–4,000 Hz.
    MidHigh,
    /// 4,000–20,000 Hz.
    High,
}

/// A kind of hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// Kick drums.
    #[default]
    Kick,
    /// Snares and claps.
    Snare,
    /// Hats.
    Hat,
    /// Any onset.
    Onset,
    /// Tracked beats.
    Beat,
    /// First beats of a bar.
    Downbeat,
    /// Drops.
    Drop,
    /// Changes of section.
    Section,
}

/// The form of a wave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wave {
    /// Round.
    #[default]
    Sine,
    /// Up and down in straight lines.
    Triangle,
    /// Up, then at once down.
    Saw,
    /// Off, then on.
    Square,
}
