//! What the panels know of the stage beside the Show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_protocol::{LayerId, PictureSlot, SceneCard, SceneId};

use crate::model::Picture;

/// The stage beside the Show: what can be put on it, and how it looks at this moment.
#[derive(Clone, Debug, Default)]
pub struct StageView {
    /// Filters for chains.
    pub filters: Arc<[SceneCard]>,
    /// How one scene may become another.
    pub transitions: Arc<[SceneCard]>,
    /// Values of all modulated parameters in the last frame.
    pub moved: Arc<[LiveValue]>,
    /// Small pictures of layers and decks, by [`StageView::layer_key`] and [`StageView::DECKS`].
    pub pictures: Arc<BTreeMap<u32, Picture>>,
    /// What the person thinks of scenes.
    pub marks: Arc<Marks>,
}

impl StageView {
    /// What stands for the decks A and B among the pictures.
    pub const DECKS: [u32; 2] = [u32::MAX - 1, u32::MAX];

    /// Returns what stands for a layer among the pictures.
    pub fn layer_key(layer: LayerId) -> u32 {
        layer.0
    }

    /// Returns the value a modulation gives a parameter at this moment.
    pub(crate) fn value(&self, layer: Option<LayerId>, effect: Option<u32>, target: &str) -> Option<f32> {
        self.moved
            .iter()
            .find(|one| one.layer == layer && one.effect == effect && one.target == target)
            .map(|one| one.value)
    }
}

/// The value of a modulated parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveValue {
    /// The layer; `None` is the whole picture.
    pub layer: Option<LayerId>,
    /// The filter of its chain; `None` is the layer itself.
    pub effect: Option<u32>,
    /// The parameter's name.
    pub target: String,
    /// Its value, in its own unit.
    pub value: f32,
}

/// What a person thinks of scenes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Scenes to find again.
    pub favourites: BTreeSet<SceneId>,
    /// Stars, 1–5.
    pub ratings: BTreeMap<SceneId, u8>,
}

/// Where something a person brings is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ImportTarget {
    /// On a layer of its own, on top.
    #[default]
    NewLayer,
    /// In place of what a layer shows.
    Layer(LayerId),
    /// As one of the two pictures.
    Slot(PictureSlot),
    /// As a picture of a scene's.
    Param {
        /// Which layer's.
        layer: LayerId,
        /// The parameter's name.
        name: String,
    },
}
