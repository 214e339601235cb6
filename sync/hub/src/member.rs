use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sync_protocol::{
    Command, Envelope, ErrorCode, FromMember, Member as Profile, MemberId, Presence, RoomTransport, Show,
    SignalDigest, TextId, ToMember, Transport,
};
use sync_session::{Mirror, Notice, Session};
use tokio::sync::mpsc::error::TrySendError;
use tracing::error;

use crate::fan_out::{Delivered, FanOut, Sent};
use crate::hub::{Conn, HubError, RoomHandle};
use crate::room::{Entry, Join, wall_millis};

/// Notices kept for a user interface that does not look. When full the oldest goes (`DropOldest`):
/// they tell what happened, the [`Show`] says what is.
const MAX_NOTICES: usize = 4_096;

/// A member in this process: any thread may send, look, and take notices. Clones are the same member.
#[derive(Clone, Debug)]
pub struct Member {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    room: RoomHandle,
    /// The member's copy and what it has not been told yet. Held for microseconds, never while
    /// anything else is locked.
    desk: Mutex<MemberDesk>,
}

#[derive(Debug)]
struct MemberDesk {
    mirror: Mirror,
    /// `None` only while it joins.
    conn: Option<Conn>,
    notices: VecDeque<Notice>,
    presence: BTreeMap<MemberId, Presence>,
    transport: Option<RoomTransport>,
    /// Room time at an instant of this process.
    room_clock: Option<(Instant, f64)>,
}

impl Member {
    /// Makes a change on this machine's stage at once, and asks the room for it. Never blocks.
    ///
    /// When the room's mailbox is full the Command waits in this member's outbox and goes with the
    /// next chance; moves of one key wait as one.
    ///
    /// # Errors
    /// A typed refusal, also when the outbox is full (not for blackout and freeze) or the room has
    /// stopped; the stage is as before. What the room refuses later comes as a [`Notice`].
    pub fn send(&self, command: Command) -> Result<(), Envelope> {
        let mut desk = self.shared.lock();
        desk.mirror.ask(wall_millis(), command)?;
        self.shared.flush(&mut desk)
    }

    /// Returns what is on this machine's stage now. Cheap: a render thread takes one each frame.
    pub fn show(&self) -> Arc<Show> {
        self.shared.lock().mirror.show()
    }

    /// Takes what this member has not been told yet, oldest first. Never blocks.
    pub fn poll(&self) -> impl Iterator<Item = Notice> + use<> {
        let mut desk = self.shared.lock();
        // Nobody is left to hear of it when the room has stopped.
        let _ = self.shared.flush(&mut desk);
        std::mem::take(&mut desk.notices).into_iter()
    }

    /// Returns how many of its Commands the room has not answered.
    pub fn num_pending(&self) -> usize {
        self.shared.lock().mirror.num_pending()
    }

    /// Returns who this is in the room.
    pub fn id(&self) -> MemberId {
        self.shared.lock().mirror.me()
    }

    /// Tells the room where the beat is: `transport` in this machine's stream time, of which
    /// `now_secs` is now. Only the host's counts; at most four a second, and when it changes.
    pub fn share_transport(&self, transport: &Transport, now_secs: f64) {
        let mut desk = self.shared.lock();
        let Some(room_secs) = desk.room_secs() else { return };
        let transport = RoomTransport::new(transport, now_secs, room_secs);
        desk.transport = Some(transport);
        self.shared.say_latest(&desk, FromMember::Transport { transport });
    }

    /// Tells the room what this machine hears, for members without an input. Only the host's counts;
    /// at most thirty a second.
    pub fn share_signal(&self, signal: SignalDigest) {
        let desk = self.shared.lock();
        self.shared.say_latest(&desk, FromMember::Signal { signal });
    }

    /// Returns where the room's beat is, in room time; `None` while nobody has said.
    pub fn transport(&self) -> Option<RoomTransport> {
        self.shared.lock().transport
    }

    /// Returns room time, in seconds since the room opened.
    pub fn room_secs(&self) -> f64 {
        self.shared.lock().room_secs().unwrap_or(0.0)
    }

    /// Tells the room what this member is doing. The latest counts; one that finds no place is
    /// dropped.
    pub fn set_presence(&self, presence: Presence) {
        let desk = self.shared.lock();
        self.shared.say_latest(&desk, FromMember::Presence { presence });
    }

    /// Edits a shared text, here at once, and makes it if it is new: replaces a range, in UTF-16
    /// units, clamped. Never blocks.
    ///
    /// # Errors
    /// As [`Member::send`].
    pub fn edit_text(&self, text: &TextId, range: Range<u32>, insert: &str) -> Result<(), Envelope> {
        let mut desk = self.shared.lock();
        desk.mirror.edit_text(wall_millis(), text, range, insert)?;
        self.shared.flush(&mut desk)
    }

    /// Returns a shared text with this member's own edits in it, `None` when there is none.
    pub fn text(&self, text: &TextId) -> Option<String> {
        self.shared.lock().mirror.text(text)
    }

    /// Looks at the room as it is confirmed: members, chat, votes, texts.
    pub fn with_session<R>(&self, look: impl FnOnce(&Session) -> R) -> R {
        look(self.shared.lock().mirror.confirmed())
    }

    /// Returns what others are doing now, by member.
    pub fn presence(&self) -> BTreeMap<MemberId, Presence> {
        self.shared.lock().presence.clone()
    }

    /// Joins a room from a thread that may wait.
    pub(crate) fn join_blocking(
        room: &RoomHandle,
        who: Profile,
        timeout: Duration,
    ) -> Result<Self, HubError> {
        let id = who.id;
        let (seated, seat) = std::sync::mpsc::sync_channel(1);
        let own_room = room.clone();
        let take_seat = move |entry: Entry<'_>| {
            let desk = MemberDesk {
                mirror: Mirror::new(id, entry.session.clone()),
                conn: None,
                notices: VecDeque::new(),
                presence: BTreeMap::new(),
                transport: None,
                room_clock: Some((Instant::now(), entry.room_secs)),
            };
            let shared = Arc::new(Shared { room: own_room, desk: Mutex::new(desk) });
            let mut fan_out = LocalFanOut { shared: Arc::downgrade(&shared) };
            for message in entry.live {
                fan_out.deliver(&Sent::new(message));
            }
            // The asker may have given up meanwhile: then nobody holds the seat and it is dropped.
            let _ = seated.send(Self { shared });
            Box::new(fan_out) as Box<dyn FanOut>
        };
        let conn = room.join_blocking(Join {
            who,
            is_primary: true,
            after: None,
            text: None,
            take_seat: Box::new(take_seat),
        })?;
        let member = seat.recv_timeout(timeout).map_err(|_| HubError::Stopped)?;
        member.shared.lock().conn = Some(conn);
        Ok(member)
    }
}

impl MemberDesk {
    fn room_secs(&self) -> Option<f64> {
        self.room_clock.map(|(at, room_secs)| room_secs + at.elapsed().as_secs_f64())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, MemberDesk> {
        // Nothing that can panic runs under it half way through a change.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say_latest(&self, desk: &MemberDesk, message: FromMember) {
        if let Some(conn) = desk.conn {
            // Latest wins: the next one makes up for one that found no place.
            let _ = self.room.try_say(conn, message);
        }
    }

    /// Sends what waits in the outbox, as far as the mailbox takes it.
    fn flush(&self, desk: &mut MemberDesk) -> Result<(), Envelope> {
        let Some(conn) = desk.conn else { return Ok(()) };
        while let Some(asked) = desk.mirror.next_to_send() {
            let no = asked.no;
            match self.room.try_say(conn, FromMember::Ask(asked)) {
                Ok(()) => {}
                Err(TrySendError::Full(())) => {
                    desk.mirror.not_sent(no);
                    break;
                }
                Err(TrySendError::Closed(())) => {
                    let error = Envelope::new(ErrorCode::Closed, "the room has stopped");
                    // The stage goes back here; the caller hears it from the error.
                    let _ = desk.mirror.receive(&ToMember::Refused { no, error: error.clone() });
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

/// The way from the room to a member in this process: its copy is brought up to date right away.
struct LocalFanOut {
    shared: Weak<Shared>,
}

impl FanOut for LocalFanOut {
    fn deliver(&mut self, sent: &Arc<Sent>) -> Delivered {
        let Some(shared) = self.shared.upgrade() else {
            return Delivered::Gone;
        };
        let mut desk = shared.lock();
        match &sent.message {
            ToMember::Presence { member, presence } => {
                desk.presence.insert(*member, presence.clone());
            }
            ToMember::Transport { transport } => desk.transport = Some(*transport),
            _ => {}
        }
        match desk.mirror.receive(&sent.message) {
            Ok(notice) => {
                desk.notices.extend(notice);
                while desk.notices.len() > MAX_NOTICES {
                    desk.notices.pop_front();
                }
            }
            Err(gap) => {
                error!(%gap, "a member in this process lost count");
                return Delivered::Gone;
            }
        }
        // A stopped room says so to the next sender.
        let _ = shared.flush(&mut desk);
        Delivered::Taken
    }
}
