use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AssetId, Autopilot, BlendMode, Blob, Cue, CueId, Deck, Effect, Fade, Layer, LayerId, LayerSource, Look,
    Mask, Member, MemberId, Modulation, NowPlaying, Palette, ParamValue, PictureSlot, Playlist, Recording,
    Running, Seq, Show, TempoSettings, TextId, Transform, Transition,
};

mod inverse;

/// What was decided: numbered, journaled, sent to everyone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
        /// What moves them now: of the scene's own parameters nothing, unless this takes back another change.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        modulations: BTreeMap<String, Modulation>,
        /// What moved them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        was_modulations: BTreeMap<String, Modulation>,
    },
    /// Something else moves a parameter; `None` is nothing.
    ModulationChanged {
        /// Which layer.
        layer: LayerId,
        /// The parameter's name, or [`crate::OPACITY`].
        target: String,
        /// What moves it now.
        modulation: Option<Modulation>,
        /// What moved it.
        was: Option<Modulation>,
    },
    /// A layer's picture was moved on the stage.
    TransformChanged {
        /// Which layer.
        layer: LayerId,
        /// Where it is now.
        transform: Transform,
        /// Where it was.
        was: Transform,
    },
    /// Another part of a layer is seen.
    MaskChanged {
        /// Which layer.
        layer: LayerId,
        /// The part now.
        mask: Option<Mask>,
        /// The part before.
        was: Option<Mask>,
    },
    /// The filters of a layer or of the whole picture were set.
    EffectsChanged {
        /// Which layer; `None` is the whole picture.
        layer: Option<LayerId>,
        /// The filters now.
        effects: Vec<Effect>,
        /// The filters before.
        was: Vec<Effect>,
    },
    /// A layer was given to a deck.
    DeckChanged {
        /// Which layer.
        layer: LayerId,
        /// Its deck now.
        deck: Option<Deck>,
        /// Its deck before.
        was: Option<Deck>,
    },
    /// The crossfader was moved, or sent on its way.
    Faded {
        /// Its way now.
        fade: Fade,
        /// Its way before.
        was: Fade,
    },
    /// The playlist was set.
    PlaylistChanged {
        /// The new one.
        playlist: Playlist,
        /// The old one.
        was: Playlist,
    },
    /// The autopilot was set.
    AutopilotChanged {
        /// The new way.
        autopilot: Autopilot,
        /// The old way.
        was: Autopilot,
    },
    /// A cue came, changed or went.
    CueChanged {
        /// Which.
        id: CueId,
        /// Its place and the cue now; `None` when it went.
        now: Option<(usize, Box<Cue>)>,
        /// Its place and the cue before; `None` when it is new.
        was: Option<(usize, Box<Cue>)>,
    },
    /// A cue's look came on stage.
    CueWent {
        /// The current cue now.
        cue: Option<CueId>,
        /// The look.
        look: Box<Look>,
        /// The current cue before.
        was_cue: Option<CueId>,
        /// The look before.
        was: Box<Look>,
    },
    /// The cue list was started or stopped. It was the other way before.
    CuesPlayed {
        /// Whether it plays now.
        playing: bool,
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
    /// Another track plays, or it is unknown what.
    NowPlayingChanged {
        /// What plays now.
        playing: Option<Box<NowPlaying>>,
        /// What played before.
        was: Option<Box<NowPlaying>>,
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
    /// The room is recorded from now on, or no more.
    RecordingChanged {
        /// What is kept beside the journal now; `None` is nothing.
        recording: Option<Recording>,
        /// What was kept before.
        was: Option<Recording>,
    },
}
