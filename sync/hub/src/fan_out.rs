use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use sync_protocol::ToMember;

/// A message on its way to many members: encoded once for all who take the same form.
#[derive(Debug)]
pub struct Sent {
    /// The message.
    pub message: ToMember,
    json: OnceLock<Bytes>,
    yjs: OnceLock<Bytes>,
}

impl Sent {
    /// Wraps a message.
    pub fn new(message: ToMember) -> Arc<Self> {
        Arc::new(Self { message, json: OnceLock::new(), yjs: OnceLock::new() })
    }

    /// Returns the message as JSON, made by the first who asks.
    pub fn json(&self, encode: impl FnOnce(&ToMember) -> Bytes) -> Bytes {
        self.json.get_or_init(|| encode(&self.message)).clone()
    }

    /// Returns the message as a y-websocket frame, made by the first who asks.
    pub fn yjs(&self, encode: impl FnOnce(&ToMember) -> Bytes) -> Bytes {
        self.yjs.get_or_init(|| encode(&self.message)).clone()
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The member has it, or will have it in order.
    Taken,
    /// The member's queue is full: the room evicts it, and it resumes from the last event it saw.
    Full,
    /// Nobody is there any more.
    Gone,
}

/// The way from a room to one member: in this process, to a socket's queue, one day to another host.
///
/// Rules for an implementer: called on the room's own task, so it must not block and must take
/// microseconds; messages reach the member in the order of the calls; after anything but
/// [`Delivered::Taken`] it is not called again.
pub trait FanOut: Send {
    /// Passes one message on.
    fn deliver(&mut self, sent: &Arc<Sent>) -> Delivered;

    /// Returns whether so much is sent by the same way, to all rooms, that what may wait an eighth of a
    /// second is better gathered. Asked with each write to the journal.
    fn is_busy(&self) -> bool {
        false
    }
}
