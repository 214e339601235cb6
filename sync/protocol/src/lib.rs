//! Everything that crosses the wire, and nothing that does anything.
//!
//! The [`Show`] is the document on stage. A [`Command`] asks to change it, an [`Event`] says what was
//! decided; both are plain serde data, the same for a mouse, a knob, REST and a guest. This crate
//! knows no socket, no clock and no rule: `sync-session` decides, `sync-hub` orders.

mod blob;
mod card;
mod code;
mod command;
mod error;
mod event;
mod ids;
mod key;
mod limits;
mod link;
mod member;
mod mixing;
mod modulation;
mod now_playing;
mod param;
mod recording;
mod sequence;
mod show;
mod sound;
mod state;
mod wire;

pub use audio_signal::{TempoSource, Transport};
pub use blob::Blob;
pub use card::{ParamCard, ParamShape, SceneCard};
pub use code::{CODE_DIGITS, CODE_EXPORTER_LABEL, CODE_GUEST, CODE_HOST, CodeAnswered, CodeAsked};
pub use command::{Command, CommandClass};
pub use error::{Envelope, ErrorCode};
pub use event::{Cause, Event, EventKind};
pub use ids::{AssetId, LayerId, MemberId, RoomId, SceneId, Seq, TextId};
pub use key::ShowKey;
pub use limits::*;
pub use link::{JoinLink, KeyFingerprint, SECRET_BYTES, Secret};
pub use member::{Member, Presence, Right, Role};
pub use mixing::{Deck, Effect, Fade, Mask, MaskShape, Slides, TextSource, Transform};
pub use modulation::{Band, HitKind, ModSource, Modulation, Wave};
pub use now_playing::{HeardTrack, NowPlaying};
pub use param::ParamValue;
pub use recording::Recording;
pub use sequence::{Autopilot, Cue, CueId, CueList, CueTrigger, Look, Pick, Playlist};
pub use show::{
    BlendMode, CROSSFADE, DEFAULT_SCENE, Layer, LayerSource, Master, Palette, PictureSlot, Pictures, Running,
    SHOW_VERSION, Show, TempoSettings, Transition,
};
pub use sound::Sound;
pub use state::{ChatMessage, DeskState, RoomState, StepState, TextState, Vote};
pub use wire::{
    Asked, Credential, FromMember, Hello, PROTOCOL_VERSION, RoomTransport, SignalDigest, ToMember,
};
