use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

use sync_protocol::{Event, RoomId};
use sync_session::{Journal, JournalError, OnCommitted};

use crate::store::{Batch, ToWriter};

/// A room's way to the writer. Never blocks.
pub struct StoreJournal {
    to_writer: SyncSender<ToWriter>,
    /// What found the writer's queue full, oldest first.
    backlog: Vec<Batch>,
}

impl StoreJournal {
    pub(crate) fn new(to_writer: SyncSender<ToWriter>) -> Self {
        Self { to_writer, backlog: Vec::new() }
    }
}

impl Journal for StoreJournal {
    fn append(&mut self, room: &RoomId, events: Vec<Arc<Event>>, on_committed: OnCommitted) {
        self.backlog.push(Batch { room: room.clone(), events, on_committed });
        let mut backlog = std::mem::take(&mut self.backlog).into_iter();
        while let Some(batch) = backlog.next() {
            match self.to_writer.try_send(ToWriter::Events(batch)) {
                Ok(()) => {}
                Err(TrySendError::Full(ToWriter::Events(batch))) => {
                    self.backlog.extend(std::iter::once(batch).chain(backlog));
                    for waiting in &mut self.backlog {
                        let reason = "the disk is too slow".to_owned();
                        (waiting.on_committed)(Err(JournalError::Waiting { reason }));
                    }
                    return;
                }
                Err(TrySendError::Disconnected(ToWriter::Events(mut batch))) => {
                    (batch.on_committed)(Err(JournalError::Closed));
                }
                Err(_) => return,
            }
        }
    }
}
