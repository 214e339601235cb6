use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ParamValue, SceneId};

/// What a control for one parameter looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "shape", rename_all = "snake_case")]
pub enum ParamShape {
    /// A fader between two numbers.
    Float {
        /// The lowest value.
        min: f64,
        /// The highest value.
        max: f64,
    },
    /// A list to choose one from.
    Choice {
        /// Value and label of each option.
        options: Vec<(i32, String)>,
    },
    /// A switch.
    Bool,
    /// A button; true for one frame.
    Event,
    /// A colour picker.
    Color,
    /// A pad.
    Point {
        /// The lowest x and y.
        min: [f32; 2],
        /// The highest x and y.
        max: [f32; 2],
    },
    /// A picture.
    Image,
}

/// What panels and phones draw a fader from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParamCard {
    /// The name commands use.
    pub name: String,
    /// What a person reads.
    pub label: String,
    /// The kind of control.
    #[serde(flatten)]
    pub shape: ParamShape,
    /// The value a double click resets to.
    pub default: Option<ParamValue>,
}

/// What panels and phones know of a scene: no shader, no path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SceneCard {
    /// The name commands use.
    pub id: SceneId,
    /// What a person reads.
    pub name: String,
    /// `native`, `isf`, `shadertoy`, `hydra` or `transition`.
    pub kind: String,
    /// Search words.
    pub tags: Vec<String>,
    /// Who made it.
    pub author: String,
    /// Its controls, in the author's order.
    pub params: Vec<ParamCard>,
}
