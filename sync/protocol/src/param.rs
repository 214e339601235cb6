use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AssetId;

/// The value of one parameter. Its range is the scene's business (see `renderer-scene`'s `ParamSpec`);
/// here only type, finiteness and size are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ParamValue {
    /// A switch.
    Bool(bool),
    /// A number, in the parameter's own unit.
    Number(f64),
    /// A point; x and y, in the parameter's own unit.
    Point([f32; 2]),
    /// A colour: straight RGBA, sRGB-encoded, 0–1.
    Color([f32; 4]),
    /// A picture by content.
    Image(AssetId),
}

impl ParamValue {
    /// Returns whether every number in it is finite.
    pub fn is_finite(&self) -> bool {
        match self {
            Self::Bool(_) | Self::Image(_) => true,
            Self::Number(n) => n.is_finite(),
            Self::Point(p) => p.iter().all(|n| n.is_finite()),
            Self::Color(c) => c.iter().all(|n| n.is_finite()),
        }
    }
}
