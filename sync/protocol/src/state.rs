use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Blob, EventKind, LayerId, Member, MemberId, Recording, Seq, Show, ShowKey, TextId};

/// A whole room as data: what a newcomer is given and a snapshot keeps. With the events after it, it
/// is the same as all events from the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoomState {
    /// The last event in it.
    pub seq: Seq,
    /// What is on stage, and what undo needs.
    pub desk: DeskState,
    /// Everyone who ever was in the room.
    pub members: Vec<Member>,
    /// The last Command number of each member.
    pub last_nos: Vec<(MemberId, u64)>,
    /// The shared texts.
    pub texts: Vec<TextState>,
    /// The last messages, oldest first.
    pub chat: Vec<ChatMessage>,
    /// The last votes, oldest first.
    pub votes: Vec<Vote>,
    /// Parameters that viewers may play with.
    pub open_params: Vec<(LayerId, String)>,
    /// What the host keeps beside the journal now; `None` is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
}

/// The Show, who last changed each part, and undo steps: all of them in a snapshot, only one's own
/// for a member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeskState {
    /// What is on stage.
    pub show: Box<Show>,
    /// The event that last changed each part.
    pub stamps: Vec<(ShowKey, Seq)>,
    /// Steps that can be taken back, oldest first.
    pub undo: Vec<(MemberId, StepState)>,
    /// Steps taken back, each with the event that did, the last one last.
    pub redo: Vec<(MemberId, StepState, Seq)>,
}

/// One undo step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepState {
    /// The last event of it.
    pub stamp: Seq,
    /// The event that had last changed its part before.
    pub before: Option<Seq>,
    /// When it was made, in milliseconds since 1970.
    pub at_millis: u64,
    /// What it changed.
    pub kind: EventKind,
}

/// A shared text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextState {
    /// Its name.
    pub id: TextId,
    /// Its whole state, as one Yjs update (version 1).
    pub update: Blob,
}

/// Something said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatMessage {
    /// Its number: that of the event.
    pub seq: Seq,
    /// Who said it.
    pub member: MemberId,
    /// When, in milliseconds since 1970 on the host's clock.
    pub at_millis: u64,
    /// What; empty when it was taken away.
    pub text: String,
    /// Whether it was changed since.
    #[serde(default)]
    pub edited: bool,
}

/// A question put to the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Vote {
    /// Its number: that of the event.
    pub seq: Seq,
    /// The question.
    pub question: String,
    /// The answers.
    pub options: Vec<String>,
    /// Who voted for which answer.
    pub ballots: BTreeMap<MemberId, usize>,
    /// Whether it goes on.
    pub open: bool,
}
