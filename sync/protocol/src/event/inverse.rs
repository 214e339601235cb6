//! What an event changes, what takes it back, and what two of them make.

use super::EventKind;
use crate::{Running, ShowKey};

impl EventKind {
    /// Returns the part of the Show it changes, `None` when it changes none.
    pub fn key(&self) -> Option<ShowKey> {
        Some(match self {
            Self::ShowReplaced { .. } => ShowKey::Show,
            Self::TitleChanged { .. } => ShowKey::Title,
            Self::LayerAdded { layer, .. } | Self::LayerRemoved { layer, .. } => ShowKey::Layer(layer.id),
            Self::LayerMoved { layer, .. } => ShowKey::Place(*layer),
            Self::SourceChanged { layer, .. } => ShowKey::Source(*layer),
            Self::ParamChanged { layer, name, .. } => ShowKey::Param(*layer, name.clone()),
            Self::OpacityChanged { layer, .. } => ShowKey::Opacity(*layer),
            Self::BlendChanged { layer, .. } => ShowKey::Blend(*layer),
            Self::LayerMuted { layer, .. } => ShowKey::Muted(*layer),
            Self::ModulationChanged { layer, target, .. } => ShowKey::Modulation(*layer, target.clone()),
            Self::TransformChanged { layer, .. } => ShowKey::Transform(*layer),
            Self::MaskChanged { layer, .. } => ShowKey::Mask(*layer),
            Self::EffectsChanged { layer, .. } => ShowKey::Effects(*layer),
            Self::DeckChanged { layer, .. } => ShowKey::Deck(*layer),
            Self::Faded { .. } => ShowKey::Fade,
            Self::PlaylistChanged { .. } => ShowKey::Playlist,
            Self::AutopilotChanged { .. } => ShowKey::Autopilot,
            Self::CueChanged { id, .. } => ShowKey::Cue(*id),
            Self::CueWent { .. } => ShowKey::Look,
            Self::CuesPlayed { .. } => ShowKey::CuesPlaying,
            Self::PaletteChanged { .. } => ShowKey::Palette,
            Self::TransitionChanged { .. } => ShowKey::Transition,
            Self::TempoChanged { .. } => ShowKey::Tempo,
            Self::PictureChanged { slot, .. } => ShowKey::Picture(*slot),
            Self::PictureMixChanged { .. } => ShowKey::PictureMix,
            Self::BlackoutChanged { .. } => ShowKey::Blackout,
            Self::FrozenChanged { .. } => ShowKey::Frozen,
            Self::BrightnessChanged { .. } => ShowKey::Brightness,
            Self::Evaluated { text, block, .. } => ShowKey::Running(Running::slot(text, block)),
            // It touches every block: nobody else's evaluation survives it.
            Self::Hushed { .. } => ShowKey::AllRunning,
            // Heard, not made: no part of the Show that steps compare.
            Self::NowPlayingChanged { .. }
            | Self::TextEdited { .. }
            | Self::MemberJoined { .. }
            | Self::MemberLeft { .. }
            | Self::MemberChanged { .. }
            | Self::MemberKicked { .. }
            | Self::Said { .. }
            | Self::MessageEdited { .. }
            | Self::VoteOpened { .. }
            | Self::VoteCast { .. }
            | Self::VoteClosed { .. }
            | Self::ParamOpened { .. }
            | Self::RecordingChanged { .. } => return None,
        })
    }

    /// Returns whether it is a move: one of many values of a fader or a knob.
    pub fn is_move(&self) -> bool {
        matches!(
            self,
            Self::ParamChanged { .. }
                | Self::OpacityChanged { .. }
                | Self::PictureMixChanged { .. }
                | Self::BrightnessChanged { .. }
                | Self::ModulationChanged { .. }
                | Self::TransformChanged { .. }
                | Self::MaskChanged { .. }
                | Self::EffectsChanged { .. }
                | Self::Faded { .. }
        )
    }

    /// Returns the change that takes it back, `None` when it changes no Show.
    pub fn inverse(&self) -> Option<EventKind> {
        Some(match self.clone() {
            Self::ShowReplaced { show, was } => Self::ShowReplaced { show: was, was: show },
            Self::TitleChanged { title, was } => Self::TitleChanged { title: was, was: title },
            Self::LayerAdded { layer, at_idx } => Self::LayerRemoved { layer, at_idx },
            Self::LayerRemoved { layer, at_idx } => Self::LayerAdded { layer, at_idx },
            Self::LayerMoved { layer, to_idx, was_idx } => {
                Self::LayerMoved { layer, to_idx: was_idx, was_idx: to_idx }
            }
            Self::SourceChanged { layer, source, params, was, was_params, modulations, was_modulations } => {
                Self::SourceChanged {
                    layer,
                    source: was,
                    params: was_params,
                    was: source,
                    was_params: params,
                    modulations: was_modulations,
                    was_modulations: modulations,
                }
            }
            Self::ModulationChanged { layer, target, modulation, was } => {
                Self::ModulationChanged { layer, target, modulation: was, was: modulation }
            }
            Self::TransformChanged { layer, transform, was } => {
                Self::TransformChanged { layer, transform: was, was: transform }
            }
            Self::MaskChanged { layer, mask, was } => Self::MaskChanged { layer, mask: was, was: mask },
            Self::EffectsChanged { layer, effects, was } => {
                Self::EffectsChanged { layer, effects: was, was: effects }
            }
            Self::DeckChanged { layer, deck, was } => Self::DeckChanged { layer, deck: was, was: deck },
            Self::Faded { fade, was } => Self::Faded { fade: was, was: fade },
            Self::PlaylistChanged { playlist, was } => Self::PlaylistChanged { playlist: was, was: playlist },
            Self::AutopilotChanged { autopilot, was } => {
                Self::AutopilotChanged { autopilot: was, was: autopilot }
            }
            Self::CueChanged { id, now, was } => Self::CueChanged { id, now: was, was: now },
            Self::CueWent { cue, look, was_cue, was } => {
                Self::CueWent { cue: was_cue, look: was, was_cue: cue, was: look }
            }
            Self::CuesPlayed { playing } => Self::CuesPlayed { playing: !playing },
            Self::ParamChanged { layer, name, value, was } => {
                Self::ParamChanged { layer, name, value: was, was: value }
            }
            Self::OpacityChanged { layer, opacity, was } => {
                Self::OpacityChanged { layer, opacity: was, was: opacity }
            }
            Self::BlendChanged { layer, blend, was } => Self::BlendChanged { layer, blend: was, was: blend },
            Self::LayerMuted { layer, muted } => Self::LayerMuted { layer, muted: !muted },
            Self::PaletteChanged { palette, was } => Self::PaletteChanged { palette: was, was: palette },
            Self::TransitionChanged { transition, was } => {
                Self::TransitionChanged { transition: was, was: transition }
            }
            Self::TempoChanged { tempo, was } => Self::TempoChanged { tempo: was, was: tempo },
            Self::PictureChanged { slot, picture, was } => {
                Self::PictureChanged { slot, picture: was, was: picture }
            }
            Self::PictureMixChanged { mix, was } => Self::PictureMixChanged { mix: was, was: mix },
            Self::BlackoutChanged { blackout } => Self::BlackoutChanged { blackout: !blackout },
            Self::FrozenChanged { frozen } => Self::FrozenChanged { frozen: !frozen },
            Self::BrightnessChanged { brightness, was } => {
                Self::BrightnessChanged { brightness: was, was: brightness }
            }
            Self::Evaluated { text, block, code, quantum_beats, at_beat, was } => {
                let now = code.map(|code| Running { code, at_beat, quantum_beats });
                let code = was.map(|was| was.code);
                Self::Evaluated { text, block, code, quantum_beats, at_beat, was: now }
            }
            Self::Hushed { running, was } => Self::Hushed { running: was, was: running },
            _ => return None,
        })
    }

    /// Returns the one move that has the effect of `first` and then this: its value, and what
    /// `first` replaced. `None` unless both are moves of one key.
    pub fn joined_after(&self, first: &EventKind) -> Option<EventKind> {
        if !self.is_move() || self.key() != first.key() {
            return None;
        }
        Some(match (self.clone(), first.clone()) {
            (Self::ParamChanged { layer, name, value, .. }, Self::ParamChanged { was, .. }) => {
                Self::ParamChanged { layer, name, value, was }
            }
            (Self::OpacityChanged { layer, opacity, .. }, Self::OpacityChanged { was, .. }) => {
                Self::OpacityChanged { layer, opacity, was }
            }
            (Self::PictureMixChanged { mix, .. }, Self::PictureMixChanged { was, .. }) => {
                Self::PictureMixChanged { mix, was }
            }
            (Self::BrightnessChanged { brightness, .. }, Self::BrightnessChanged { was, .. }) => {
                Self::BrightnessChanged { brightness, was }
            }
            (
                Self::ModulationChanged { layer, target, modulation, .. },
                Self::ModulationChanged { was, .. },
            ) => Self::ModulationChanged { layer, target, modulation, was },
            (Self::TransformChanged { layer, transform, .. }, Self::TransformChanged { was, .. }) => {
                Self::TransformChanged { layer, transform, was }
            }
            (Self::MaskChanged { layer, mask, .. }, Self::MaskChanged { was, .. }) => {
                Self::MaskChanged { layer, mask, was }
            }
            (Self::EffectsChanged { layer, effects, .. }, Self::EffectsChanged { was, .. }) => {
                Self::EffectsChanged { layer, effects, was }
            }
            (Self::Faded { fade, .. }, Self::Faded { was, .. }) => Self::Faded { fade, was },
            _ => return None,
        })
    }
}
