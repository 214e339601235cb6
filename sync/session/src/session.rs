use std::collections::BTreeMap;
use std::sync::Arc;

use sync_protocol::{
    Cause, ChatMessage, Command, Envelope, Event, EventKind, LayerId, Member, MemberId, Recording, Right,
    RoomState, Seq, Show, TextId, Vote,
};

use crate::desk::Desk;
use crate::people::People;
use crate::talk::Talk;
use crate::text::{SharedText, Texts};

/// Who asks, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
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

/// One room's replicated state: the Show, its members, texts and talk, and who changed what.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    seq: Seq,
    desk: Desk,
    people: People,
    texts: Texts,
    talk: Talk,
    recording: Option<Recording>,
    /// The highest number of a Command that each member's events carry.
    last_nos: BTreeMap<MemberId, u64>,
}

impl Session {
    /// Makes a session nothing has happened in.
    pub fn new(show: Show) -> Self {
        Self {
            seq: Seq(0),
            desk: Desk::new(show),
            people: People::default(),
            texts: Texts::default(),
            talk: Talk::default(),
            recording: None,
            last_nos: BTreeMap::new(),
        }
    }

    /// Makes a session again from data.
    pub fn from_state(state: RoomState) -> Self {
        Self {
            seq: state.seq,
            desk: Desk::from_state(state.desk),
            people: People::new(state.members, state.open_params),
            texts: Texts::from_state(state.texts),
            talk: Talk { chat: state.chat.into(), votes: state.votes.into() },
            recording: state.recording,
            last_nos: state.last_nos.into_iter().collect(),
        }
    }

    /// Returns the session as data: all of it for a snapshot, or what one member is given, which
    /// lacks the undo steps of the others.
    pub fn state(&self, of: Option<MemberId>) -> RoomState {
        RoomState {
            seq: self.seq,
            desk: self.desk.state(of),
            members: self.people.iter().cloned().collect(),
            last_nos: self.last_nos.iter().map(|(member, no)| (*member, *no)).collect(),
            texts: self.texts.state(),
            chat: self.talk.chat.iter().cloned().collect(),
            votes: self.talk.votes.iter().cloned().collect(),
            open_params: self.people.open_params().cloned().collect(),
            recording: self.recording,
        }
    }

    /// Returns what is on stage. Taking it is cheap; it never changes under its reader.
    pub fn show(&self) -> &Arc<Show> {
        self.desk.show()
    }

    /// Returns whether a member has a change that can be taken back.
    pub fn can_undo(&self, member: MemberId) -> bool {
        self.desk.decide(member, 0.0, &Command::Undo).is_ok()
    }

    /// Returns whether a member has an undone change that can be made again.
    pub fn can_redo(&self, member: MemberId) -> bool {
        self.desk.decide(member, 0.0, &Command::Redo).is_ok()
    }

    /// Returns the number of the last event, 0 before the first.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Returns everyone who ever was in the room, by id.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.people.iter()
    }

    /// Returns a member.
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.people.get(id)
    }

    /// Returns the last messages, oldest first.
    pub fn chat(&self) -> impl DoubleEndedIterator<Item = &ChatMessage> {
        self.talk.chat.iter()
    }

    /// Returns the last votes, oldest first.
    pub fn votes(&self) -> impl DoubleEndedIterator<Item = &Vote> {
        self.talk.votes.iter()
    }

    /// Returns the parameters that viewers may play with.
    pub fn open_params(&self) -> impl Iterator<Item = &(LayerId, String)> {
        self.people.open_params()
    }

    /// Returns what the host keeps beside the journal now, `None` for nothing.
    pub fn recording(&self) -> Option<Recording> {
        self.recording
    }

    /// Returns the names of the shared texts.
    pub fn texts(&self) -> impl Iterator<Item = &TextId> {
        self.texts.ids()
    }

    /// Returns a shared text, `None` when there is none of that name.
    pub fn text(&self, id: &TextId) -> Option<String> {
        self.texts.get(id).map(|text| text.content())
    }

    /// Returns a text's Yjs state vector; that of an empty one when it is not there.
    pub fn text_state_vector(&self, id: &TextId) -> Vec<u8> {
        self.texts.get(id).map_or_else(|| vec![0], |text| text.state_vector())
    }

    /// Returns the Yjs update that a copy with this state vector lacks, `None` when the vector is
    /// malformed.
    pub fn text_missing_in(&self, id: &TextId, state_vector: &[u8]) -> Option<Vec<u8>> {
        match self.texts.get(id) {
            Some(text) => text.missing_in(state_vector),
            None => Some(vec![0, 0]),
        }
    }

    /// Returns the highest number of a Command that this member's events carry.
    pub fn last_no(&self, member: MemberId) -> u64 {
        self.last_nos.get(&member).copied().unwrap_or(0)
    }

    /// Says whether a member may ask for a Command.
    ///
    /// # Errors
    /// `Forbidden`, with the reason and what to do about it.
    pub fn authorise(&self, member: MemberId, command: &Command) -> Result<(), Envelope> {
        self.people.authorise(member, command)
    }

    /// Decides a Command where no beat is told: an evaluation takes over at once.
    ///
    /// # Errors
    /// As [`Session::apply_on_beat`].
    pub fn apply(&mut self, origin: Origin, command: Command) -> Result<Vec<Event>, Envelope> {
        self.apply_on_beat(origin, 0.0, command)
    }

    /// Decides a Command and returns what happened, nothing when it changes nothing. An evaluation
    /// takes over on the next beat of its quantum from `earliest_beat` on, which is the first that
    /// every member can still reach. Who may ask for what is [`Session::authorise`]'s business.
    ///
    /// # Errors
    /// A typed refusal that names the field; the session is as before.
    pub fn apply_on_beat(
        &mut self,
        origin: Origin,
        earliest_beat: f64,
        command: Command,
    ) -> Result<Vec<Event>, Envelope> {
        let member = origin.member;
        let decided = match &command {
            Command::EditText { text, update } => done(self.texts.decide(text, update)?),
            Command::Say { .. }
            | Command::EditMessage { .. }
            | Command::OpenVote { .. }
            | Command::CastVote { .. }
            | Command::CloseVote { .. } => {
                let moderates = self.member(member).is_some_and(|member| member.role.has(Right::Moderate));
                done(self.talk.decide(member, moderates, &command)?)
            }
            Command::SetProfile { .. }
            | Command::RequestWrite { .. }
            | Command::SetRole { .. }
            | Command::SetWrite { .. }
            | Command::SetMuted { .. }
            | Command::Kick { .. }
            | Command::OpenParam { .. } => done(self.people.decide(member, &command)?),
            Command::SetRecording { recording } => {
                let (recording, was) = (*recording, self.recording);
                done((recording != was).then_some(EventKind::RecordingChanged { recording, was }))
            }
            _ => self.desk.decide(member, earliest_beat, &command)?,
        };
        Ok(decided.map(|(cause, kind)| self.happen(origin, cause, kind)).into_iter().collect())
    }

    /// Lets somebody in. What the room made of a member earlier (its role, its switches) is kept.
    ///
    /// # Errors
    /// `Forbidden` for the banned, `LimitReached` for a full room, `OutOfRange` for a bad name.
    pub fn join(&mut self, origin: Origin, who: Member) -> Result<Option<Event>, Envelope> {
        Ok(self.people.join(who)?.map(|kind| self.happen(origin, Cause::Done, kind)))
    }

    /// Says that a member has left; nothing happens when it was not there.
    pub fn leave(&mut self, origin: Origin, who: MemberId) -> Option<Event> {
        self.people.leave(who).map(|kind| self.happen(origin, Cause::Done, kind))
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

    pub(crate) fn shared_text(&self, id: &TextId) -> Option<&SharedText> {
        self.texts.get(id)
    }

    fn happen(&mut self, origin: Origin, cause: Cause, kind: EventKind) -> Event {
        let Origin { member, no, at_millis, .. } = origin;
        let event = Event { seq: Seq(self.seq.0 + 1), member, no, at_millis, cause, kind };
        self.evolve(&event);
        event
    }

    fn evolve(&mut self, event: &Event) {
        self.desk.evolve(event);
        self.people.evolve(&event.kind);
        self.texts.evolve(&event.kind);
        self.talk.evolve(event);
        if let EventKind::RecordingChanged { recording, .. } = event.kind {
            self.recording = recording;
        }
        if event.no > 0 {
            let last = self.last_nos.entry(event.member).or_default();
            *last = event.no.max(*last);
        }
        self.seq = event.seq;
    }
}

fn done(kind: Option<EventKind>) -> Option<(Cause, EventKind)> {
    kind.map(|kind| (Cause::Done, kind))
}
