use serde::{Deserialize, Serialize};

use crate::{LayerId, PictureSlot};

/// The part of the Show that one event changes: what moves are coalesced by and what undo compares.
///
/// Keys form a tree: replacing the show stands above everything, a layer above what is in it, a
/// layer's source above its parameters (a new scene starts from its own defaults).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShowKey {
    /// The whole document.
    Show,
    /// Its title.
    Title,
    /// Whether a layer exists.
    Layer(LayerId),
    /// A layer's place in the stack.
    Place(LayerId),
    /// What a layer shows.
    Source(LayerId),
    /// One parameter of a layer.
    Param(LayerId, String),
    /// A layer's opacity.
    Opacity(LayerId),
    /// A layer's blend mode.
    Blend(LayerId),
    /// Whether a layer is left out.
    Muted(LayerId),
    /// The colours.
    Palette,
    /// How scenes change.
    Transition,
    /// Who leads the tempo.
    Tempo,
    /// One of the two pictures.
    Picture(PictureSlot),
    /// The morph between them.
    PictureMix,
    /// Whether the stage is black.
    Blackout,
    /// Whether it stands still.
    Frozen,
    /// The master brightness.
    Brightness,
    /// All code that runs.
    AllRunning,
    /// One block of code that runs.
    Running(String),
}

impl ShowKey {
    /// Returns the key right above, `None` for the whole show.
    pub fn parent(&self) -> Option<ShowKey> {
        match self {
            Self::Show => None,
            Self::Place(layer)
            | Self::Source(layer)
            | Self::Opacity(layer)
            | Self::Blend(layer)
            | Self::Muted(layer) => Some(Self::Layer(*layer)),
            Self::Running(_) => Some(Self::AllRunning),
            Self::Param(layer, _) => Some(Self::Source(*layer)),
            Self::Title
            | Self::Layer(_)
            | Self::Palette
            | Self::Transition
            | Self::Tempo
            | Self::Picture(_)
            | Self::PictureMix
            | Self::Blackout
            | Self::Frozen
            | Self::Brightness
            | Self::AllRunning => Some(Self::Show),
        }
    }

    /// Returns whether this key lies anywhere below `above`.
    pub fn is_below(&self, above: &ShowKey) -> bool {
        let mut next = self.parent();
        while let Some(key) = next {
            if key == *above {
                return true;
            }
            next = key.parent();
        }
        false
    }
}
