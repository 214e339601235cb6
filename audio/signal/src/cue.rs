use serde::{Deserialize, Serialize};

/// A value a pattern gives to a visual parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CueValue {
    /// A number, in the parameter's own units.
    Number(f64),
    /// A name: a scene, a palette, an option's label.
    Text(String),
}

/// What a pattern says to the picture: a parameter, its value, and the beat it holds from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// The parameter's name as the scene declares it.
    pub parameter: String,
    /// The value from `beat` on.
    pub value: CueValue,
    /// The beat (of the [`crate::Transport`]) at which it takes effect.
    pub beat: f64,
    /// How long it holds, in beats. 0 holds until the next cue of the parameter.
    pub duration_beats: f64,
}
