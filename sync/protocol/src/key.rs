use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CueId, LayerId, PictureSlot};

/// The part of the Show that one event changes: what moves are coalesced by and what undo compares.
///
/// Keys form a tree: replacing the show stands above everything, a layer above what is in it, a
/// layer's source above its parameters (a new scene starts from its own defaults).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// What moves one parameter of a layer.
    Modulation(LayerId, String),
    /// Where a layer lies on the stage.
    Transform(LayerId),
    /// The part of a layer that is seen.
    Mask(LayerId),
    /// A layer's deck.
    Deck(LayerId),
    /// The filters of a layer, or of the whole picture.
    Effects(Option<LayerId>),
    /// All a cue keeps: layers, colours, filters, crossfader.
    Look,
    /// The crossfader.
    Fade,
    /// The playlist.
    Playlist,
    /// The autopilot.
    Autopilot,
    /// One cue.
    Cue(CueId),
    /// Whether the cue list plays.
    CuesPlaying,
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
            | Self::Muted(layer)
            | Self::Transform(layer)
            | Self::Mask(layer)
            | Self::Deck(layer)
            | Self::Effects(Some(layer)) => Some(Self::Layer(*layer)),
            Self::Running(_) => Some(Self::AllRunning),
            Self::Param(layer, _) | Self::Modulation(layer, _) => Some(Self::Source(*layer)),
            Self::Layer(_) | Self::Palette | Self::Effects(None) | Self::Fade => Some(Self::Look),
            Self::Title
            | Self::Look
            | Self::Playlist
            | Self::Autopilot
            | Self::Cue(_)
            | Self::CuesPlaying
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
