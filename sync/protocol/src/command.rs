use serde::{Deserialize, Serialize};

use crate::{
    AssetId, BlendMode, LayerId, LayerSource, Palette, ParamValue, PictureSlot, Show, ShowKey, TempoSettings,
    Transition,
};

/// An imperative that asks to change the Show. Whoever sends it, it is this enum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Command {
    /// Puts another show on stage: new, opened, or restored.
    ReplaceShow {
        /// The whole document.
        show: Box<Show>,
    },
    /// Renames the show.
    SetTitle {
        /// 1–64 characters.
        title: String,
    },
    /// Adds a layer on top.
    AddLayer {
        /// What it shows.
        source: LayerSource,
    },
    /// Takes a layer away. The last one stays: the stage is never empty.
    RemoveLayer {
        /// Which.
        layer: LayerId,
    },
    /// Moves a layer up or down.
    MoveLayer {
        /// Which.
        layer: LayerId,
        /// Its new place, 0 = bottom.
        to_idx: usize,
    },
    /// Gives a layer another source; its parameters start from that scene's defaults.
    SetSource {
        /// Which layer.
        layer: LayerId,
        /// What it shows from now on.
        source: LayerSource,
    },
    /// Sets a parameter; `None` returns it to its default.
    SetParam {
        /// Which layer.
        layer: LayerId,
        /// The parameter's name.
        name: String,
        /// Its value.
        value: Option<ParamValue>,
    },
    /// Sets a layer's opacity.
    SetOpacity {
        /// Which layer.
        layer: LayerId,
        /// 0–1.
        opacity: f32,
    },
    /// Sets how a layer meets those below.
    SetBlend {
        /// Which layer.
        layer: LayerId,
        /// The mode.
        blend: BlendMode,
    },
    /// Leaves a layer out of the picture, or takes it back in.
    MuteLayer {
        /// Which layer.
        layer: LayerId,
        /// Whether it is left out.
        muted: bool,
    },
    /// Sets the colours.
    SetPalette {
        /// 2–5 stops.
        palette: Palette,
    },
    /// Sets how scenes change.
    SetTransition {
        /// The transition.
        transition: Transition,
    },
    /// Sets who leads the tempo.
    SetTempo {
        /// Source, tempo, meter.
        tempo: TempoSettings,
    },
    /// Shows another picture.
    SetPicture {
        /// Which of the two.
        slot: PictureSlot,
        /// The picture; `None` is the built-in one.
        picture: Option<AssetId>,
    },
    /// Morphs between the two pictures.
    SetPictureMix {
        /// 0 is A, 1 is B.
        mix: f32,
    },
    /// Black at once, or light again.
    SetBlackout {
        /// Whether the stage is black.
        blackout: bool,
    },
    /// Holds the picture still, or lets it go.
    SetFrozen {
        /// Whether it stands still.
        frozen: bool,
    },
    /// Sets the master brightness.
    SetBrightness {
        /// Linear gain, 0–2.
        brightness: f32,
    },
    /// Takes back this member's last change that nobody has changed since.
    Undo,
    /// Makes this member's last undone change again.
    Redo,
}

/// How a Command travels (see ARCHITECTURE.md, "Journal before fan-out").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandClass {
    /// Committed to the journal, then sent.
    Kept,
    /// Coalesced per key to at most 30 a second, sent at once, written with the next commit.
    Move,
}

impl Command {
    /// Returns how it travels.
    pub fn class(&self) -> CommandClass {
        match self.move_key() {
            Some(_) => CommandClass::Move,
            None => CommandClass::Kept,
        }
    }

    /// Returns what its moves are coalesced by, `None` when every single one counts.
    pub fn move_key(&self) -> Option<ShowKey> {
        match self {
            Self::SetParam { layer, name, .. } => Some(ShowKey::Param(*layer, name.clone())),
            Self::SetOpacity { layer, .. } => Some(ShowKey::Opacity(*layer)),
            Self::SetPictureMix { .. } => Some(ShowKey::PictureMix),
            Self::SetBrightness { .. } => Some(ShowKey::Brightness),
            _ => None,
        }
    }

    /// Returns whether it must reach the stage of its own machine whatever the network does.
    pub fn is_urgent(&self) -> bool {
        matches!(self, Self::SetBlackout { .. } | Self::SetFrozen { .. })
    }
}
