use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use sync_protocol::{
    Asked, Blob, Cause, Command, CommandClass, Envelope, ErrorCode, Event, EventKind, MAX_PENDING, MemberId,
    Seq, Show, TextId, ToMember,
};

use crate::desk::Desk;
use crate::text::SharedText;
use crate::{ReplayError, Session};

/// What a member's user should know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// Something happened in the room.
    Happened(Arc<Event>),
    /// The room refused what this member asked for; its own stage has gone back.
    Refused {
        /// What was asked for.
        command: Command,
        /// Why not.
        error: Envelope,
    },
    /// Whether what happens reaches the host's disk.
    Saving {
        /// `false` while it does not.
        saved: bool,
        /// What the disk said.
        problem: Option<String>,
    },
}

/// A member's copy of the room: what is confirmed, and on top what it asked for itself.
///
/// [`Mirror::ask`] changes the member's own stage at once; no knob waits for a disk or a network.
/// What the room says is replayed under the unanswered Commands, which are made again on top; a
/// refused one is taken off. Unanswered moves of one key are one: the last.
#[derive(Clone, Debug)]
pub struct Mirror {
    me: MemberId,
    confirmed: Session,
    pending: VecDeque<Pending>,
    /// The confirmed desk with everything pending made on it.
    predicted: Desk,
    predicted_seq: Seq,
    last_no: u64,
    /// Texts this member edits itself, ahead of the room by its unanswered edits.
    drafts: BTreeMap<TextId, SharedText>,
    /// How often drafts were given up: each time its edits get a new name, so that edits that were
    /// never taken are never mistaken for later ones.
    drafts_dropped: u64,
}

#[derive(Clone, Debug)]
struct Pending {
    asked: Asked,
    at_millis: u64,
    is_sent: bool,
    /// The event it is expected to become, where it changes the desk.
    expected: Option<Event>,
}

impl Mirror {
    /// Makes a member's copy of a session.
    pub fn new(me: MemberId, session: Session) -> Self {
        let (predicted, predicted_seq) = (session.desk().clone(), session.seq());
        Self {
            me,
            last_no: session.last_no(me),
            confirmed: session,
            pending: VecDeque::new(),
            predicted,
            predicted_seq,
            drafts: BTreeMap::new(),
            drafts_dropped: 0,
        }
    }

    /// Takes the room's state after a connection was cut for long. What was not answered is sent
    /// again, but for what the state already has.
    pub fn rejoin(&mut self, session: Session) {
        let answered = session.last_no(self.me);
        self.pending.retain(|one| one.asked.no > answered || one.asked.command.class() == CommandClass::Move);
        for (id, draft) in &mut self.drafts {
            if let Some(text) = session.shared_text(id) {
                draft.apply(&text.state());
            }
        }
        self.confirmed = session;
        self.unsend_all();
        self.rebase();
    }

    /// Says that the connection was cut: everything unanswered is to be sent again.
    pub fn unsend_all(&mut self) {
        self.pending.iter_mut().for_each(|one| one.is_sent = false);
    }

    /// Returns a shared text with this member's own edits in it, `None` when there is none.
    pub fn text(&self, id: &TextId) -> Option<String> {
        self.drafts.get(id).map(SharedText::content).or_else(|| self.confirmed.text(id))
    }

    /// Edits a shared text, and makes it if it is new: replaces a range, in UTF-16 units, clamped.
    ///
    /// # Errors
    /// As [`Mirror::ask`]; the text is then as before.
    pub fn edit_text(
        &mut self,
        at_millis: u64,
        id: &TextId,
        range: Range<u32>,
        insert: &str,
    ) -> Result<(), Envelope> {
        let client = (self.drafts_dropped << 32) | u64::from(self.me.0);
        let state = || self.confirmed.shared_text(id).map(SharedText::state).unwrap_or_else(|| vec![0, 0]);
        let draft = self.drafts.entry(id.clone()).or_insert_with(|| SharedText::from_update(client, state()));
        let update = Blob(draft.edit(range, insert));
        self.ask(at_millis, Command::EditText { text: id.clone(), update })
            .inspect_err(|_| self.drop_drafts())
    }

    fn drop_drafts(&mut self) {
        self.drafts.clear();
        self.drafts_dropped += 1;
    }

    /// Returns the member whose copy it is.
    pub fn me(&self) -> MemberId {
        self.me
    }

    /// Returns what is on this member's stage now: confirmed, and its own unanswered Commands.
    pub fn show(&self) -> Arc<Show> {
        Arc::clone(self.predicted.show())
    }

    /// Returns what the room has confirmed.
    pub fn confirmed(&self) -> &Session {
        &self.confirmed
    }

    /// Returns how many Commands the room has not answered.
    pub fn num_pending(&self) -> usize {
        self.pending.len()
    }

    /// Makes a Command on this member's own stage and puts it in the outbox.
    ///
    /// # Errors
    /// The refusal the room would give as far as this copy knows, or `LimitReached` when
    /// [`MAX_PENDING`] Commands are unanswered. Moves of a key that is waiting already, blackout and
    /// freeze are always taken.
    pub fn ask(&mut self, at_millis: u64, command: Command) -> Result<(), Envelope> {
        let replaced_idx = self.replaceable_idx(&command);
        if replaced_idx.is_none() && self.pending.len() >= MAX_PENDING && !command.is_urgent() {
            let message = format!("{MAX_PENDING} changes wait for the room already");
            return Err(Envelope {
                retry_after: Some(1.0),
                ..Envelope::new(ErrorCode::LimitReached, message)
            });
        }
        self.confirmed.authorise(self.me, &command)?;
        let decided = self.predicted.decide(self.me, 0.0, &command)?;
        if let Some(idx) = replaced_idx {
            self.pending.remove(idx);
        }
        self.last_no += 1;
        let asked = Asked { no: self.last_no, command };
        let expected = decided.and_then(|(cause, kind)| self.predict(at_millis, cause, kind));
        self.pending.push_back(Pending { asked, at_millis, is_sent: false, expected });
        Ok(())
    }

    /// Returns the next Command to send, which then counts as sent; give it back with
    /// [`Mirror::not_sent`] when it could not be.
    pub fn next_to_send(&mut self) -> Option<Asked> {
        let next = self.pending.iter_mut().find(|one| !one.is_sent)?;
        next.is_sent = true;
        Some(next.asked.clone())
    }

    /// Puts a Command back to be sent later.
    pub fn not_sent(&mut self, no: u64) {
        if let Some(one) = self.pending.iter_mut().find(|one| one.asked.no == no) {
            one.is_sent = false;
        }
    }

    /// Takes what the room said.
    ///
    /// # Errors
    /// [`ReplayError::Gap`] when events are missing: ask the room for them.
    pub fn receive(&mut self, message: &ToMember) -> Result<Option<Notice>, ReplayError> {
        match message {
            ToMember::Event { event } => {
                self.confirmed.replay(event)?;
                if self.came_as_expected(event) {
                    return Ok(Some(Notice::Happened(Arc::new(event.clone()))));
                }
                if event.member == self.me && event.no != 0 {
                    self.pending.retain(|one| one.asked.no != event.no);
                }
                if let EventKind::TextEdited { text, update } = &event.kind
                    && let Some(draft) = self.drafts.get_mut(text)
                {
                    draft.apply(&update.0);
                }
                self.rebase();
                Ok(Some(Notice::Happened(Arc::new(event.clone()))))
            }
            ToMember::Done { no } => {
                self.answered(*no);
                Ok(None)
            }
            ToMember::Refused { no, error } => {
                let refused = self.answered(*no);
                if refused.as_ref().is_some_and(|asked| matches!(asked.command, Command::EditText { .. })) {
                    self.drop_drafts();
                }
                Ok(refused.map(|asked| Notice::Refused { command: asked.command, error: error.clone() }))
            }
            ToMember::Saving { saved, problem } => {
                Ok(Some(Notice::Saving { saved: *saved, problem: problem.clone() }))
            }
            _ => Ok(None),
        }
    }

    fn answered(&mut self, no: u64) -> Option<Asked> {
        let idx = self.pending.iter().position(|one| one.asked.no == no)?;
        let asked = self.pending.remove(idx)?.asked;
        self.rebase();
        Some(asked)
    }

    /// The waiting move that a new one replaces: of the same key, with nothing after it that could
    /// have meant it (an undo, a new source).
    fn replaceable_idx(&self, command: &Command) -> Option<usize> {
        let key = command.move_key()?;
        for (idx, one) in self.pending.iter().enumerate().rev() {
            if one.asked.command.class() == CommandClass::Kept {
                return None;
            }
            if one.asked.command.move_key().as_ref() == Some(&key) {
                return Some(idx);
            }
        }
        None
    }

    fn rebase(&mut self) {
        self.predicted = self.confirmed.desk().clone();
        self.predicted_seq = self.confirmed.seq();
        for idx in 0..self.pending.len() {
            let Some(one) = self.pending.get(idx) else { break };
            // One that no longer fits is left out; the room's refusal will take it away.
            let decided = self.predicted.decide(self.me, 0.0, &one.asked.command).ok().flatten();
            let at_millis = one.at_millis;
            let expected = decided.and_then(|(cause, kind)| self.predict(at_millis, cause, kind));
            if let Some(one) = self.pending.get_mut(idx) {
                one.expected = expected;
            }
        }
    }

    /// Whether this event is what the first unanswered Command was expected to become: then what is
    /// predicted on top of it stands, and nothing is made again.
    fn came_as_expected(&mut self, event: &Event) -> bool {
        let is_expected = self.pending.front().is_some_and(|first| {
            first.expected.as_ref().is_some_and(|expected| {
                first.asked.no == event.no
                    && (expected.seq, expected.member, expected.cause)
                        == (event.seq, event.member, event.cause)
                    && expected.kind == event.kind
            })
        });
        if is_expected {
            self.pending.pop_front();
        }
        is_expected
    }

    fn predict(&mut self, at_millis: u64, cause: Cause, kind: EventKind) -> Option<Event> {
        if matches!(kind, EventKind::Evaluated { .. }) {
            // Only the room knows the beat on which everyone switches.
            return None;
        }
        self.predicted_seq = Seq(self.predicted_seq.0 + 1);
        let event = Event { seq: self.predicted_seq, member: self.me, no: 0, at_millis, cause, kind };
        self.predicted.evolve(&event);
        Some(event)
    }
}
