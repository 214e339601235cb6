//! This machine's seat in a room: in its own, or in another machine's.
//!
//! Every thread of the app holds a [`Member`] and asks it the same things whoever hosts. Its own room
//! goes on while the seat is elsewhere, so that leaving a jam brings the own show back as it was.

mod check;
mod host_ear;
mod own;
mod porter;
mod small;
mod view;
mod worker;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use audio_signal::Transport;
use sync_client::Client;
use sync_protocol::{Command, Envelope, MemberId, Presence, RoomTransport, Show, SignalDigest, TextId};
use sync_session::{Notice, Session};

use super::board::lock;

pub(crate) use host_ear::{HostEar, follow, share, share_signal};
pub(crate) use own::OwnRoom;
pub(crate) use worker::{RoomDesk, RoomStart, start};

/// Who this machine is in the room whose show is on its stage. Clones are the same member.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    own: sync_hub::Member,
    /// The seat in another machine's room, while there is one. Held for one call; the member's own
    /// lock is taken under it, never the other way round.
    guest: Arc<Mutex<Option<Client>>>,
    /// What it told the room last. Taken before `guest`.
    presence: Arc<Mutex<Presence>>,
}

impl From<sync_hub::Member> for Member {
    fn from(own: sync_hub::Member) -> Self {
        Self { own, guest: Arc::default(), presence: Arc::default() }
    }
}

impl Member {
    /// Takes a seat in another machine's room, or comes back from it.
    pub(crate) fn sit(&self, guest: Option<Client>) {
        *lock(&self.guest) = guest;
    }

    /// Returns whether the show of another machine is on stage here.
    pub(crate) fn is_guest(&self) -> bool {
        lock(&self.guest).is_some()
    }

    /// Returns this machine's own room, whose host it is, wherever the seat is.
    pub(crate) fn own(&self) -> &sync_hub::Member {
        &self.own
    }

    /// Makes a change on this machine's stage at once, and asks the room for it. Never blocks.
    ///
    /// # Errors
    /// A typed refusal; the stage is as before.
    pub(crate) fn send(&self, command: Command) -> Result<(), Envelope> {
        match &*lock(&self.guest) {
            Some(guest) => guest.send(command),
            None => self.own.send(command),
        }
    }

    /// Returns what is on this machine's stage now. Cheap.
    pub(crate) fn show(&self) -> Arc<Show> {
        match &*lock(&self.guest) {
            Some(guest) => guest.show(),
            None => self.own.show(),
        }
    }

    /// Takes what this member has not been told yet, oldest first. Never blocks.
    pub(crate) fn poll(&self) -> Vec<Notice> {
        match &*lock(&self.guest) {
            Some(guest) => guest.poll().collect(),
            None => self.own.poll().collect(),
        }
    }

    /// Returns who this is in the room.
    pub(crate) fn id(&self) -> MemberId {
        match &*lock(&self.guest) {
            Some(guest) => guest.id().unwrap_or_default(),
            None => self.own.id(),
        }
    }

    /// Tells the room where the beat is, when this machine hosts: `transport` in stream time, of
    /// which `now_secs` is now. At most four a second, and when it changes.
    pub(crate) fn share_transport(&self, transport: &Transport, now_secs: f64) {
        if !self.is_guest() {
            self.own.share_transport(transport, now_secs);
        }
    }

    /// Tells the room what this machine hears, when it hosts. At most thirty a second.
    pub(crate) fn share_signal(&self, signal: SignalDigest) {
        if !self.is_guest() {
            self.own.share_signal(signal);
        }
    }

    /// Returns where the room's beat is, in room time; `None` while nobody has said.
    pub(crate) fn transport(&self) -> Option<RoomTransport> {
        match &*lock(&self.guest) {
            Some(guest) => guest.transport(),
            None => self.own.transport(),
        }
    }

    /// Returns what the host of another room last heard.
    pub(crate) fn signal(&self) -> Option<SignalDigest> {
        lock(&self.guest).as_ref()?.signal()
    }

    /// Returns room time, in seconds since the room opened; `None` before it is known.
    pub(crate) fn room_secs(&self) -> Option<f64> {
        match &*lock(&self.guest) {
            Some(guest) => guest.room_secs(),
            None => Some(self.own.room_secs()),
        }
    }

    /// Tells the room what this member is doing: the change is made to what was told before. The
    /// latest counts.
    pub(crate) fn change_presence(&self, change: impl FnOnce(&mut Presence)) {
        let mut presence = lock(&self.presence);
        let before = presence.clone();
        change(&mut presence);
        if *presence == before {
            return;
        }
        match &*lock(&self.guest) {
            Some(guest) => guest.set_presence(presence.clone()),
            None => self.own.set_presence(presence.clone()),
        }
    }

    /// Edits a shared text, here at once, and makes it if it is new: replaces a range, in UTF-16
    /// units, clamped. Never blocks.
    ///
    /// # Errors
    /// As [`Member::send`].
    #[allow(dead_code, reason = "the code panel edits shared texts")]
    pub(crate) fn edit_text(&self, text: &TextId, range: Range<u32>, insert: &str) -> Result<(), Envelope> {
        match &*lock(&self.guest) {
            Some(guest) => guest.edit_text(text, range, insert),
            None => self.own.edit_text(text, range, insert),
        }
    }

    /// Returns a shared text with this member's own edits in it, `None` when there is none.
    #[allow(dead_code, reason = "the code panel edits shared texts")]
    pub(crate) fn text(&self, text: &TextId) -> Option<String> {
        match &*lock(&self.guest) {
            Some(guest) => guest.text(text),
            None => self.own.text(text),
        }
    }

    /// Looks at the room as it is confirmed: members, chat, votes, texts.
    pub(crate) fn with_session<R: Default>(&self, look: impl FnOnce(&Session) -> R) -> R {
        match &*lock(&self.guest) {
            // A seat is taken only in a room that was reached, so there is a session.
            Some(guest) => guest.with_session(look).unwrap_or_default(),
            None => self.own.with_session(look),
        }
    }

    /// Returns what others are doing now, by member.
    pub(crate) fn presence(&self) -> BTreeMap<MemberId, Presence> {
        match &*lock(&self.guest) {
            Some(guest) => guest.presence(),
            None => self.own.presence(),
        }
    }
}
