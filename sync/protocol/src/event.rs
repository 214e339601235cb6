use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    AssetId, BlendMode, Blob, Layer, LayerId, LayerSource, Member, MemberId, Palette, ParamValue,
    PictureSlot, Running, Seq, Show, ShowKey, TempoSettings, TextId, Transition,
};

/// What was decided: numbered, journaled, sent to everyone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in the room, from 1, gapless.
    pub seq: Seq,
    /// Who asked for it.
    pub member: MemberId,
    /// The member's own number of the Command that asked for it; 0 when no Command did.
    #[serde(default)]
    pub no: u64,
    /// The host's wall clock, in milliseconds since 1970. For people and for grouping moves into one
    /// undo step; never for order.
    #[serde(default)]
    pub at_millis: u64,
    /// Whether it was done, undone or redone.
    #[serde(default, skip_serializing_if = "Cause::is_done")]
    pub cause: Cause,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// Why an event happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody asked for it.
    #[default]
    Done,
    /// It takes back an earlier step.
    Undid {
        /// The last event of that step.
        step: Seq,
        /// The event that had last changed the same part before the step, which is again its last.
        before: Option<Seq>,
    },
    /// It makes an undone step again.
    Redid {
        /// The event that was the step's last before it was undone.
        step: Seq,
    },
}

impl Cause {
    /// Returns whether it was simply done.
    pub fn is_done(&self) -> bool {
        *self == Self::Done
    }
}

/// What happened, in the past tense. Each change of the Show carries what it replaced, so that
/// [`EventKind::inverse`] needs nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// Another show came on stage.
    ShowReplaced {
        /// The new document.
        show: Box<Show>,
        /// The one it replaced.
        was: Box<Show>,
    },
    /// The show was renamed.
    TitleChanged {
        /// The new title.
        title: String,
        /// The old one.
        was: String,
    },
    /// A layer came in.
    LayerAdded {
        /// The whole layer, with its id.
        layer: Box<Layer>,
        /// Its place, 0 = bottom.
        at_idx: usize,
    },
    /// A layer went away.
    LayerRemoved {
        /// The whole layer as it was.
        layer: Box<Layer>,
        /// The place it had.
        at_idx: usize,
    },
    /// A layer moved up or down.
    LayerMoved {
        /// Which.
        layer: LayerId,
        /// Its new place, 0 = bottom.
        to_idx: usize,
        /// Its old place.
        was_idx: usize,
    },
    /// A layer got another source, and with it other parameters.
    SourceChanged {
        /// Which layer.
        layer: LayerId,
        /// What it shows now.
        source: LayerSource,
        /// Its parameters now; empty unless this takes back another change.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        params: BTreeMap<String, ParamValue>,
        /// What it showed before.
        was: LayerSource,
        /// The parameters it had.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        was_params: BTreeMap<String, ParamValue>,
    },
    /// A parameter was set; `None` is the scene's default.
    ParamChanged {
        /// Which layer.
        layer: LayerId,
        /// The parameter's name.
        name: String,
        /// Its value now.
        value: Option<ParamValue>,
        /// Its value before.
        was: Option<ParamValue>,
    },
    /// A layer's opacity was set.
    OpacityChanged {
        /// Which layer.
        layer: LayerId,
        /// 0–1.
        opacity: f32,
        /// The old value.
        was: f32,
    },
    /// A layer's blend mode was set.
    BlendChanged {
        /// Which layer.
        layer: LayerId,
        /// The new mode.
        blend: BlendMode,
        /// The old mode.
        was: BlendMode,
    },
    /// A layer was left out of the picture, or taken back in. It was the other way before.
    LayerMuted {
        /// Which layer.
        layer: LayerId,
        /// Whether it is left out now.
        muted: bool,
    },
    /// The colours were set.
    PaletteChanged {
        /// The new ones.
        palette: Palette,
        /// The old ones.
        was: Palette,
    },
    /// The way scenes change was set.
    TransitionChanged {
        /// The new way.
        transition: Transition,
        /// The old way.
        was: Transition,
    },
    /// The lead of the tempo was set.
    TempoChanged {
        /// The new settings.
        tempo: TempoSettings,
        /// The old ones.
        was: TempoSettings,
    },
    /// Another picture was put in a slot.
    PictureChanged {
        /// Which of the two.
        slot: PictureSlot,
        /// The new one; `None` is the built-in one.
        picture: Option<AssetId>,
        /// The old one.
        was: Option<AssetId>,
    },
    /// The morph between the pictures was set.
    PictureMixChanged {
        /// 0 is A, 1 is B.
        mix: f32,
        /// The old value.
        was: f32,
    },
    /// The stage went black or came back. It was the other way before.
    BlackoutChanged {
        /// Whether it is black now.
        blackout: bool,
    },
    /// The picture was held or let go. It was the other way before.
    FrozenChanged {
        /// Whether it stands still now.
        frozen: bool,
    },
    /// The master brightness was set.
    BrightnessChanged {
        /// Linear gain, 0–2.
        brightness: f32,
        /// The old value.
        was: f32,
    },
    /// A block of code was evaluated, or stopped.
    Evaluated {
        /// The text it is written in.
        text: TextId,
        /// The block of it.
        block: String,
        /// What runs from `at_beat` on; `None` when it stops.
        code: Option<String>,
        /// The quantum it was asked for.
        quantum_beats: f64,
        /// The beat on which every machine switches.
        at_beat: f64,
        /// What ran in its place.
        was: Option<Running>,
    },
    /// All code was stopped.
    Hushed {
        /// What runs now: nothing, unless this takes a hush back.
        running: BTreeMap<String, Running>,
        /// What ran.
        was: BTreeMap<String, Running>,
    },
    /// A shared text changed.
    TextEdited {
        /// Which.
        text: TextId,
        /// A Yjs update (version 1).
        update: Blob,
    },
    /// Somebody came in.
    MemberJoined {
        /// Who.
        who: Member,
    },
    /// Somebody left.
    MemberLeft {
        /// Who.
        who: MemberId,
    },
    /// A member's name, colour, role or switches changed.
    MemberChanged {
        /// As it is now.
        who: Member,
        /// As it was.
        was: Member,
    },
    /// A member was sent away.
    MemberKicked {
        /// Who.
        who: MemberId,
        /// Whether it may not come back.
        banned: bool,
    },
    /// Somebody said something. The event's number is the message's.
    Said {
        /// What.
        text: String,
    },
    /// A message was changed, or taken away when empty.
    MessageEdited {
        /// Which.
        message: Seq,
        /// Its text now.
        text: String,
        /// Its text before.
        was: String,
    },
    /// A question was put. The event's number is the vote's.
    VoteOpened {
        /// The question.
        question: String,
        /// The answers.
        options: Vec<String>,
    },
    /// Somebody voted.
    VoteCast {
        /// In which vote.
        vote: Seq,
        /// For which answer.
        option_idx: usize,
        /// For which before.
        was: Option<usize>,
    },
    /// A vote ended.
    VoteClosed {
        /// Which.
        vote: Seq,
    },
    /// Viewers may play with a parameter, or no longer. It was the other way before.
    ParamOpened {
        /// Which layer's.
        layer: LayerId,
        /// The parameter's name.
        name: String,
        /// Whether they may.
        open: bool,
    },
}

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
            Self::TextEdited { .. }
            | Self::MemberJoined { .. }
            | Self::MemberLeft { .. }
            | Self::MemberChanged { .. }
            | Self::MemberKicked { .. }
            | Self::Said { .. }
            | Self::MessageEdited { .. }
            | Self::VoteOpened { .. }
            | Self::VoteCast { .. }
            | Self::VoteClosed { .. }
            | Self::ParamOpened { .. } => return None,
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
            Self::SourceChanged { layer, source, params, was, was_params } => Self::SourceChanged {
                layer,
                source: was,
                params: was_params,
                was: source,
                was_params: params,
            },
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
            _ => return None,
        })
    }
}
