use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AssetId, LayerId, Modulation, ParamValue, SceneId};

/// Where a layer's picture lies on the stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Transform {
    /// Of the stage's width and height from its middle, right and up, −2–2.
    pub offset: [f32; 2],
    /// Width and height as shares of the stage's, −8–8; below 0 mirrors.
    pub scale: [f32; 2],
    /// Counter-clockwise, in turns, −1–1.
    pub turn: f32,
}

impl Default for Transform {
    /// As it is.
    fn default() -> Self {
        Self { offset: [0.0; 2], scale: [1.0; 2], turn: 0.0 }
    }
}

/// The part of a layer that is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Mask {
    /// Its form.
    pub shape: MaskShape,
    /// Its middle, as shares of the stage from the bottom left, −1–2.
    pub centre: [f32; 2],
    /// Half of its width and height, as shares of the stage's height, 0–4. Pictures and layers fill the stage.
    pub size: [f32; 2],
    /// Width of its soft edge, as a share of the stage's height, 0–1.
    pub feather: f32,
    /// Whether what is outside is seen instead.
    pub inverted: bool,
}

impl Default for Mask {
    /// A soft disc in the middle.
    fn default() -> Self {
        Self { shape: MaskShape::Ellipse, centre: [0.5; 2], size: [0.35; 2], feather: 0.05, inverted: false }
    }
}

/// The form of a mask.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaskShape {
    /// An ellipse.
    #[default]
    Ellipse,
    /// A rectangle.
    Rectangle,
    /// Where a picture is bright.
    Picture(AssetId),
    /// Where another layer is bright. It must lie below this one and be drawn.
    Layer(LayerId),
}

/// A filter in a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// Unique in its chain: whose memory it keeps while others come and go.
    pub id: u32,
    /// A scene with one input.
    pub scene: SceneId,
    /// Parameters that differ from the scene's defaults.
    #[serde(default)]
    pub params: BTreeMap<String, ParamValue>,
    /// What moves them.
    #[serde(default)]
    pub modulations: BTreeMap<String, Modulation>,
    /// Whether it is left out.
    #[serde(default)]
    pub bypassed: bool,
}

/// One of the two decks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deck {
    /// Seen with the crossfader at 0.
    A,
    /// Seen with the crossfader at 1.
    B,
}

/// The crossfader between the decks: it stands at `to`, or is on its way there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Fade {
    /// Where it began, 0–1.
    pub from: f32,
    /// Where it ends, 0–1: 0 is deck A.
    pub to: f32,
    /// The beat on which it begins.
    pub start_beat: f64,
    /// How long it takes, in beats; 0 is at once.
    pub duration_beats: f32,
}

impl Fade {
    /// Returns a crossfader that stands still.
    pub fn at(position: f32) -> Self {
        Self { from: position, to: position, ..Self::default() }
    }

    /// Returns where it is on a beat, 0–1.
    pub fn position(&self, beat: f64) -> f32 {
        let done = if beat < self.start_beat {
            0.0
        } else if self.duration_beats > 0.0 {
            (((beat - self.start_beat) / f64::from(self.duration_beats)) as f32).min(1.0)
        } else {
            1.0
        };
        (self.from + (self.to - self.from) * done).clamp(0.0, 1.0)
    }
}

/// Words on a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TextSource {
    /// What it says; `{track}` becomes what plays.
    pub text: String,
    /// A font of the user's folder by its file's name; empty is the built-in one.
    pub font: String,
    /// Straight RGBA, sRGB-encoded.
    pub color: [f32; 4],
}

impl Default for TextSource {
    fn default() -> Self {
        Self { text: "Jamlight".to_owned(), font: String::new(), color: [1.0; 4] }
    }
}

/// Pictures one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slides {
    /// By content.
    pub pictures: Vec<AssetId>,
    /// How long each is seen, in beats, 0.25–256.
    pub beats: f32,
}
