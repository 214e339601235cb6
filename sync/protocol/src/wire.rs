use serde::{Deserialize, Serialize};

use crate::{Command, Envelope, Event};

/// A Command on its way to the room, with the member's own number for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The member's number: rising, from 1. The same Command sent twice keeps it, and counts once.
    pub no: u64,
    /// What is asked for.
    #[serde(flatten)]
    pub command: Command,
}

/// What a room tells one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToMember {
    /// Something happened.
    Event {
        /// What.
        event: Event,
    },
    /// The member's Command was right and changed nothing.
    Done {
        /// Its number.
        no: u64,
    },
    /// The member's Command was refused; nothing changed.
    Refused {
        /// Its number.
        no: u64,
        /// Why.
        error: Envelope,
    },
    /// Whether what happens reaches the disk. Sent when it changes; it does until then.
    Saving {
        /// `false` while the disk is full or failing: the show goes on, unsaved.
        saved: bool,
        /// What the disk said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
}
