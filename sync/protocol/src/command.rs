use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AssetId, Autopilot, BlendMode, Blob, CueId, CueTrigger, Deck, Effect, LayerId, LayerSource, Mask,
    MemberId, Modulation, NowPlaying, Palette, ParamValue, PictureSlot, Playlist, Recording, Right, Role,
    Seq, Show, ShowKey, TempoSettings, TextId, Transform, Transition,
};

/// An imperative that asks to change the Show. Whoever sends it, it is this enum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Lets something move a parameter, or nothing any more.
    SetModulation {
        /// Which layer.
        layer: LayerId,
        /// The parameter's name, or [`crate::OPACITY`].
        target: String,
        /// What moves it.
        modulation: Option<Modulation>,
    },
    /// Puts a layer's picture somewhere on the stage.
    SetTransform {
        /// Which layer.
        layer: LayerId,
        /// Where.
        transform: Transform,
    },
    /// Shows a part of a layer, or all of it.
    SetMask {
        /// Which layer.
        layer: LayerId,
        /// Which part.
        mask: Option<Mask>,
    },
    /// Sets the filters of a layer, or of the whole picture.
    SetEffects {
        /// Which layer; `None` is the whole picture.
        layer: Option<LayerId>,
        /// In order.
        effects: Vec<Effect>,
    },
    /// Gives a layer to a deck, or to none.
    SetDeck {
        /// Which layer.
        layer: LayerId,
        /// Which deck.
        deck: Option<Deck>,
    },
    /// Moves the crossfader by hand.
    SetCrossfade {
        /// 0 is deck A, 1 is deck B.
        position: f32,
    },
    /// Takes the crossfader to a deck, on the beat and as long as the Show's transition says.
    Take {
        /// Which deck.
        deck: Deck,
    },
    /// Sets the playlist.
    SetPlaylist {
        /// The scenes.
        playlist: Playlist,
    },
    /// Sets how scenes change by themselves.
    SetAutopilot {
        /// How.
        autopilot: Autopilot,
    },
    /// Keeps the stage as it is as a new cue, or changes one.
    PutCue {
        /// Which; `None` is a new one.
        cue: Option<CueId>,
        /// 1–64 characters.
        name: String,
        /// When it comes.
        trigger: CueTrigger,
        /// Its place; beyond the end is the end.
        at_idx: usize,
        /// Whether it takes the stage of now; a new one always does.
        #[serde(default)]
        retake: bool,
    },
    /// Takes a cue away.
    RemoveCue {
        /// Which.
        cue: CueId,
    },
    /// Puts a cue's look on stage.
    GoCue {
        /// Which.
        cue: CueId,
    },
    /// Lets the triggers of the cue list count, or not.
    PlayCues {
        /// Whether they count.
        playing: bool,
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
    /// Says what is playing. It is no step of anybody: nothing undoes it.
    SetNowPlaying {
        /// `None`: unknown, or silence.
        playing: Option<Box<NowPlaying>>,
    },
    /// Runs a block of code, on every machine from the same beat.
    Evaluate {
        /// The text it is written in.
        text: TextId,
        /// The block of it; evaluating another block leaves this one running.
        #[serde(default)]
        block: String,
        /// The code itself. Empty stops the block.
        code: String,
        /// It takes over on a multiple of so many beats, 0–64. 0 is at once.
        #[serde(default = "default_quantum")]
        quantum_beats: f64,
    },
    /// Stops all running code, on every machine at once.
    Hush,
    /// Changes a shared text, and makes it if it is new.
    EditText {
        /// Which.
        text: TextId,
        /// A Yjs update (version 1).
        update: Blob,
    },
    /// Says something in the chat.
    Say {
        /// 1–2,000 characters of plain text.
        text: String,
    },
    /// Changes a message. One's own, or anyone's for who moderates.
    EditMessage {
        /// Which.
        message: Seq,
        /// Its new text; empty takes it away.
        text: String,
    },
    /// Puts a question to the room.
    OpenVote {
        /// 1–200 characters.
        question: String,
        /// 2–8 answers of 1–64 characters.
        options: Vec<String>,
    },
    /// Votes, or votes otherwise.
    CastVote {
        /// Which.
        vote: Seq,
        /// Which answer, from 0.
        option_idx: usize,
    },
    /// Ends a vote.
    CloseVote {
        /// Which.
        vote: Seq,
    },
    /// Changes one's own name and colour.
    SetProfile {
        /// 1–64 characters.
        name: String,
        /// Straight RGB, sRGB-encoded.
        color: [u8; 3],
    },
    /// Asks to be let write.
    RequestWrite {
        /// `false` takes the request back.
        wanted: bool,
    },
    /// Gives a member a role.
    SetRole {
        /// Whom.
        member: MemberId,
        /// Which.
        role: Role,
    },
    /// Lets a performer write, or not.
    SetWrite {
        /// Whom.
        member: MemberId,
        /// Whether it may.
        may_write: bool,
    },
    /// Keeps a member out of the chat, or lets it in again.
    SetMuted {
        /// Whom.
        member: MemberId,
        /// Whether it is kept out.
        muted: bool,
    },
    /// Sends a member away. It may come back unless it is banned.
    Kick {
        /// Whom.
        member: MemberId,
        /// Whether it may not come back.
        banned: bool,
    },
    /// Gives viewers one parameter to play with, or takes it back.
    OpenParam {
        /// Which layer's.
        layer: LayerId,
        /// The parameter's name.
        name: String,
        /// Whether they may.
        open: bool,
    },
    /// Begins to record the room, or ends it. Everyone in the room sees what is kept.
    SetRecording {
        /// What is kept beside the journal; `None` is nothing.
        recording: Option<Recording>,
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
            Self::SetModulation { layer, target, .. } => Some(ShowKey::Modulation(*layer, target.clone())),
            Self::SetTransform { layer, .. } => Some(ShowKey::Transform(*layer)),
            Self::SetMask { layer, .. } => Some(ShowKey::Mask(*layer)),
            Self::SetEffects { layer, .. } => Some(ShowKey::Effects(*layer)),
            Self::SetCrossfade { .. } => Some(ShowKey::Fade),
            _ => None,
        }
    }

    /// Returns whether it must reach the stage of its own machine whatever the network does.
    pub fn is_urgent(&self) -> bool {
        matches!(self, Self::SetBlackout { .. } | Self::SetFrozen { .. } | Self::Hush)
    }

    /// Returns what a member needs to be allowed to ask for it. A Command without a line here does
    /// not compile.
    pub fn right(&self) -> Right {
        match self {
            Self::ReplaceShow { .. } | Self::SetRole { .. } | Self::SetRecording { .. } => Right::Rule,
            Self::SetWrite { .. } | Self::SetMuted { .. } | Self::Kick { .. } | Self::OpenParam { .. } => {
                Right::Moderate
            }
            Self::SetParam { .. } => Right::Param,
            Self::SetTitle { .. }
            | Self::AddLayer { .. }
            | Self::RemoveLayer { .. }
            | Self::MoveLayer { .. }
            | Self::SetSource { .. }
            | Self::SetOpacity { .. }
            | Self::SetBlend { .. }
            | Self::MuteLayer { .. }
            | Self::SetModulation { .. }
            | Self::SetTransform { .. }
            | Self::SetMask { .. }
            | Self::SetEffects { .. }
            | Self::SetDeck { .. }
            | Self::SetCrossfade { .. }
            | Self::Take { .. }
            | Self::SetPlaylist { .. }
            | Self::SetAutopilot { .. }
            | Self::PutCue { .. }
            | Self::RemoveCue { .. }
            | Self::GoCue { .. }
            | Self::PlayCues { .. }
            | Self::SetPalette { .. }
            | Self::SetTransition { .. }
            | Self::SetTempo { .. }
            | Self::SetPicture { .. }
            | Self::SetPictureMix { .. }
            | Self::SetBlackout { .. }
            | Self::SetFrozen { .. }
            | Self::SetBrightness { .. }
            | Self::SetNowPlaying { .. }
            | Self::Evaluate { .. }
            | Self::Hush
            | Self::EditText { .. } => Right::Perform,
            Self::Say { .. } | Self::EditMessage { .. } => Right::Speak,
            Self::OpenVote { .. } | Self::CloseVote { .. } => Right::Moderate,
            Self::CastVote { .. } | Self::SetProfile { .. } | Self::RequestWrite { .. } => Right::TakePart,
            Self::Undo | Self::Redo => Right::Param,
        }
    }
}

fn default_quantum() -> f64 {
    4.0
}
