use serde::{Deserialize, Serialize};

use crate::{Command, MemberId, Seq};

/// What was decided: numbered, journaled, sent to everyone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in the room, from 1.
    pub seq: Seq,
    /// Who asked for it.
    pub member: MemberId,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened. Placeholder shape until `sync-session` names each event in the past tense.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The Show changed.
    ShowChanged {
        /// The change, as the command that makes it.
        change: Box<Command>,
        /// The command that takes it back.
        inverse: Box<Command>,
    },
}
