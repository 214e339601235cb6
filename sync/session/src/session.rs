use std::sync::Arc;

use sync_protocol::{Command, Envelope, Event, MemberId, Seq, Show};

use crate::desk::Desk;

/// Who asks, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Origin {
    /// Who.
    pub member: MemberId,
    /// The member's own number of the Command, 0 for none.
    pub no: u64,
    /// The host's wall clock, in milliseconds since 1970.
    pub at_millis: u64,
}

/// An event that does not fit the copy it is replayed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// Events are missing, or this one was seen before.
    #[error("event {got} came where {expected} was due")]
    Gap {
        /// The number that was due.
        expected: Seq,
        /// The number that came.
        got: Seq,
    },
}

/// One room's replicated state: the Show, its members, and who changed what.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    seq: Seq,
    desk: Desk,
}

impl Session {
    /// Makes a session nothing has happened in.
    pub fn new(show: Show) -> Self {
        Self { seq: Seq(0), desk: Desk::new(show) }
    }

    /// Returns what is on stage. Taking it is cheap; it never changes under its reader.
    pub fn show(&self) -> &Arc<Show> {
        self.desk.show()
    }

    /// Returns the number of the last event, 0 before the first.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Decides a Command and returns what happened, nothing when it changes nothing.
    ///
    /// # Errors
    /// A typed refusal that names the field; the session is as before.
    pub fn apply(&mut self, origin: Origin, command: Command) -> Result<Vec<Event>, Envelope> {
        let Some((cause, kind)) = self.desk.decide(origin.member, &command)? else {
            return Ok(Vec::new());
        };
        let Origin { member, no, at_millis } = origin;
        let event = Event { seq: Seq(self.seq.0 + 1), member, no, at_millis, cause, kind };
        self.evolve(&event);
        Ok(vec![event])
    }

    /// Takes over what another copy of the session decided.
    ///
    /// # Errors
    /// [`ReplayError::Gap`] when it is not the next event; the session is as before.
    pub fn replay(&mut self, event: &Event) -> Result<(), ReplayError> {
        let expected = Seq(self.seq.0 + 1);
        if event.seq != expected {
            return Err(ReplayError::Gap { expected, got: event.seq });
        }
        self.evolve(event);
        Ok(())
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    fn evolve(&mut self, event: &Event) {
        self.desk.evolve(event);
        self.seq = event.seq;
    }
}
