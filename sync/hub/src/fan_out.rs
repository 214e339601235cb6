use std::sync::Arc;

use sync_protocol::ToMember;

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

/// The way from a room to one member.
///
/// Rules for an implementer: called on the room's own task, so it must not block and must take
/// microseconds; messages reach the member in the order of the calls; after anything but
/// [`Delivered::Taken`] it is not called again.
pub trait FanOut: Send {
    /// Passes one message on. It is shared: encode it once for all members.
    fn deliver(&mut self, message: &Arc<ToMember>) -> Delivered;
}
