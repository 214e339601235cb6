use std::sync::Arc;

use sync_protocol::{Event, RoomId, Seq};

/// Called when events are on the disk, from whatever thread the journal writes on; and before that
/// each time they could not be written.
pub type OnCommitted = Box<dyn FnMut(Result<Seq, JournalError>) + Send>;

/// Why events are not on the disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// They wait in memory and go with the next commit that succeeds.
    #[error("events wait in memory: {reason}")]
    Waiting {
        /// What the disk said.
        reason: String,
    },
    /// The journal has ended; nothing more is written.
    #[error("the journal is closed")]
    Closed,
}

/// Where a room's events survive.
///
/// Rules for an implementer: `append` returns at once and never blocks on a disk; events of one room
/// are committed in the order they were handed over; each `on_committed` is called once with the
/// number of the last event that is safe, in that order too; of those that became safe together only
/// the last. Events that could not be written are kept
/// and tried again, also when no others follow; until then it is called with each failure.
pub trait Journal: Send {
    /// Hands over events to be written.
    fn append(&mut self, room: &RoomId, events: Vec<Arc<Event>>, on_committed: OnCommitted);
}

/// A journal that ends with the process: a solo show before its first save, and tests.
#[derive(Debug, Default)]
pub struct MemoryJournal;

impl Journal for MemoryJournal {
    fn append(&mut self, _room: &RoomId, events: Vec<Arc<Event>>, mut on_committed: OnCommitted) {
        on_committed(Ok(events.last().map_or(Seq(0), |event| event.seq)));
    }
}
