use serde::{Deserialize, Serialize};

/// What a user may tune about the ear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Slowest tempo the tracker may choose, in beats per minute, 40–120.
    pub tempo_min_bpm: f32,
    /// Fastest tempo the tracker may choose, in beats per minute: at least twice the slowest, at most 240.
    pub tempo_max_bpm: f32,
    /// Level of the whole sound under which nothing is playing, in dBFS, −90–−20.
    pub silence_gate_db: f32,
    /// How many seconds of music the automatic gain looks at, 1–30.
    pub auto_gain_secs: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tempo_min_bpm: 55.0, tempo_max_bpm: 215.0, silence_gate_db: -60.0, auto_gain_secs: 4.0 }
    }
}

/// Why [`Settings`] are refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A number is outside its range.
    #[error("analysis setting {field:?} is {value}, choose {min} to {max}")]
    OutOfRange {
        /// The field's name.
        field: &'static str,
        /// What was asked for.
        value: f32,
        /// Smallest allowed.
        min: f32,
        /// Largest allowed.
        max: f32,
    },
}

impl Settings {
    /// Checks every range.
    ///
    /// # Errors
    /// [`SettingsError::OutOfRange`] names the first field outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let checks = [
            ("tempo_min_bpm", self.tempo_min_bpm, 40.0, 120.0),
            ("tempo_max_bpm", self.tempo_max_bpm, self.tempo_min_bpm * 2.0, 240.0),
            ("silence_gate_db", self.silence_gate_db, -90.0, -20.0),
            ("auto_gain_secs", self.auto_gain_secs, 1.0, 30.0),
        ];
        for (field, value, min, max) in checks {
            if !(min..=max).contains(&value) {
                return Err(SettingsError::OutOfRange { field, value, min, max });
            }
        }
        Ok(())
    }

    /// Returns the settings with every number moved into its range; nonsense becomes the default.
    pub(crate) fn clamped(&self) -> Self {
        let default = Self::default();
        let fit = |value: f32, fallback: f32, min: f32, max: f32| {
            if value.is_finite() { value.clamp(min, max) } else { fallback }
        };
        let tempo_min_bpm = fit(self.tempo_min_bpm, default.tempo_min_bpm, 40.0, 120.0);
        Self {
            tempo_min_bpm,
            tempo_max_bpm: fit(self.tempo_max_bpm, default.tempo_max_bpm, tempo_min_bpm * 2.0, 240.0),
            silence_gate_db: fit(self.silence_gate_db, default.silence_gate_db, -90.0, -20.0),
            auto_gain_secs: fit(self.auto_gain_secs, default.auto_gain_secs, 1.0, 30.0),
        }
    }
}
