use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stable machine-readable reasons. A client branches on these, a person reads the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The message could not be understood.
    Malformed,
    /// A value is out of its range or not finite.
    OutOfRange,
    /// A named limit is reached.
    LimitReached,
    /// What the command names does not exist.
    NotFound,
    /// The member's role does not allow it.
    Forbidden,
    /// The secret, token or ticket is not known, expired, used up or taken back. Which, nobody is told.
    Unauthorized,
    /// There is nothing to undo or redo.
    NothingToUndo,
    /// Too many in too short a time; see `retry_after`.
    RateLimited,
    /// The same member has come in by another connection, which goes on.
    Replaced,
    /// The room has stopped, or is not reachable.
    Closed,
    /// Our fault.
    Internal,
}

/// The one error envelope: the same from REST, the room socket and the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Envelope {
    /// Why, for machines.
    pub code: ErrorCode,
    /// Why, for people: one sentence, with the fix where they can make one.
    pub message: String,
    /// The field or value concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// An id that finds the matching log lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Seconds after which a retry can succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<f64>,
}

impl Envelope {
    /// Makes an envelope of a code and a sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, trace: None, retry_after: None }
    }
}
