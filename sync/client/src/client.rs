use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use sync_protocol::{
    Command, Envelope, ErrorCode, JoinLink, MemberId, Presence, RoomTransport, Secret, Show, SignalDigest,
    TextId,
};
use sync_session::{ClockEstimate, Mirror, Notice, Session};
use tokio::sync::Notify;

use crate::connection;

/// Notices kept for a user interface that does not look. When full the oldest goes (`DropOldest`):
/// they tell what happened, the [`Show`] says what is.
pub(crate) const MAX_NOTICES: usize = 4_096;

/// Where a client is on its way.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// It knocks.
    Connecting,
    /// It is in the room.
    Joined,
    /// The connection is gone; it tries again.
    Waiting {
        /// In how many seconds.
        retry_secs: f64,
        /// What happened, for people.
        why: String,
    },
    /// The host does not let it in, or is not the host of the link. It does not try again.
    Refused(Envelope),
    /// Its user has left.
    Left,
}

/// Why a client cannot even start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The system gives no thread.
    #[error("the client's thread cannot start: {0}")]
    Thread(#[from] std::io::Error),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// A member of a room on another machine: any thread may send, look, and take notices. Clones are the
/// same member; it leaves when [`Client::leave`] is called or the last of them is dropped.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
    /// Tells the connection that the last clone has gone.
    _alive: Arc<Alive>,
}

#[derive(Debug)]
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.lock().leaving = true;
        self.0.wake.notify_one();
    }
}

#[derive(Debug)]
pub(crate) struct Shared {
    /// Held for microseconds, never across an await.
    desk: Mutex<Desk>,
    /// There is something to send, or it is time to leave.
    pub(crate) wake: Notify,
    started_at: Instant,
    /// The way to the host.
    pub(crate) link: JoinLink,
    pub(crate) tls: Option<Arc<rustls::ClientConfig>>,
}

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) state: State,
    /// `None` before the first welcome.
    pub(crate) mirror: Option<Mirror>,
    pub(crate) notices: VecDeque<Notice>,
    pub(crate) presence: BTreeMap<MemberId, Presence>,
    pub(crate) own_presence: Option<Presence>,
    pub(crate) transport: Option<RoomTransport>,
    pub(crate) signal: Option<SignalDigest>,
    pub(crate) clock: ClockEstimate,
    pub(crate) leaving: bool,
    /// What it comes back with.
    pub(crate) token: Option<Secret>,
}

impl Client {
    /// Starts to join a room under a name, and returns at once: see [`Client::state`].
    ///
    /// # Errors
    /// No thread, or no TLS.
    pub fn join(link: JoinLink, name: &str) -> Result<Self, ClientError> {
        let tls = link.fingerprint.map(crate::tls::pinned).transpose()?;
        let shared = Arc::new(Shared {
            desk: Mutex::new(Desk {
                state: State::Connecting,
                mirror: None,
                notices: VecDeque::new(),
                presence: BTreeMap::new(),
                own_presence: None,
                transport: None,
                signal: None,
                clock: ClockEstimate::default(),
                leaving: false,
                token: None,
            }),
            wake: Notify::new(),
            started_at: Instant::now(),
            link,
            tls,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (own, name) = (Arc::clone(&shared), name.to_owned());
        thread::Builder::new()
            .name("jl-client".to_owned())
            .spawn(move || runtime.block_on(connection::keep(own, name)))?;
        Ok(Self { _alive: Arc::new(Alive(Arc::clone(&shared))), shared })
    }

    /// Returns where it is on its way.
    pub fn state(&self) -> State {
        self.shared.lock().state.clone()
    }

    /// Makes a change on this machine's stage at once, and asks the room for it, now or when it is
    /// reached again. Never blocks.
    ///
    /// # Errors
    /// A typed refusal, also before the room was first reached (`Closed`) and when too much waits;
    /// the stage is as before. What the room refuses later comes as a [`Notice`].
    pub fn send(&self, command: Command) -> Result<(), Envelope> {
        self.with_mirror(|mirror| mirror.ask(wall_millis(), command))
    }

    /// Edits a shared text, here at once, and makes it if it is new: replaces a range, in UTF-16
    /// units, clamped. Never blocks.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn edit_text(&self, text: &TextId, range: Range<u32>, insert: &str) -> Result<(), Envelope> {
        self.with_mirror(|mirror| mirror.edit_text(wall_millis(), text, range, insert))
    }

    /// Tells the room what this member is doing. The latest counts.
    pub fn set_presence(&self, presence: Presence) {
        self.shared.lock().own_presence = Some(presence);
        self.shared.wake.notify_one();
    }

    /// Returns what is on this machine's stage now. Cheap: a render thread takes one each frame.
    /// The default show before the room was first reached.
    pub fn show(&self) -> Arc<Show> {
        self.shared.lock().mirror.as_ref().map(Mirror::show).unwrap_or_default()
    }

    /// Takes what this member has not been told yet, oldest first. Never blocks.
    pub fn poll(&self) -> impl Iterator<Item = Notice> + use<> {
        std::mem::take(&mut self.shared.lock().notices).into_iter()
    }

    /// Returns who this is in the room, `None` before it was first reached.
    pub fn id(&self) -> Option<MemberId> {
        self.shared.lock().mirror.as_ref().map(Mirror::me)
    }

    /// Returns how many of its Commands the room has not answered.
    pub fn num_pending(&self) -> usize {
        self.shared.lock().mirror.as_ref().map_or(0, Mirror::num_pending)
    }

    /// Returns a shared text with this member's own edits in it, `None` when there is none.
    pub fn text(&self, text: &TextId) -> Option<String> {
        self.shared.lock().mirror.as_ref()?.text(text)
    }

    /// Looks at the room as it is confirmed: members, chat, votes, texts. `None` before it was first
    /// reached.
    pub fn with_session<R>(&self, look: impl FnOnce(&Session) -> R) -> Option<R> {
        self.shared.lock().mirror.as_ref().map(|mirror| look(mirror.confirmed()))
    }

    /// Returns what others are doing now, by member.
    pub fn presence(&self) -> BTreeMap<MemberId, Presence> {
        self.shared.lock().presence.clone()
    }

    /// Returns where the room's beat is, in room time; `None` while nobody has said.
    pub fn transport(&self) -> Option<RoomTransport> {
        self.shared.lock().transport
    }

    /// Returns the last the host heard, `None` before anything.
    pub fn signal(&self) -> Option<SignalDigest> {
        self.shared.lock().signal
    }

    /// Returns room time now, in seconds; `None` before it is known. Slewed, never stepped.
    pub fn room_secs(&self) -> Option<f64> {
        self.shared.lock().clock.room_secs(self.shared.own_secs())
    }

    /// Leaves the room.
    pub fn leave(&self) {
        self.shared.lock().leaving = true;
        self.shared.wake.notify_one();
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn with_mirror(&self, ask: impl FnOnce(&mut Mirror) -> Result<(), Envelope>) -> Result<(), Envelope> {
        let mut desk = self.shared.lock();
        let not_yet = || Envelope::new(ErrorCode::Closed, "the room is not reached yet");
        ask(desk.mirror.as_mut().ok_or_else(not_yet)?)?;
        self.shared.wake.notify_one();
        Ok(())
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Desk> {
        // Nothing that can panic runs under it half way through a change.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns this machine's own time, in seconds since the client started.
    pub(crate) fn own_secs(&self) -> f64 {
        self.started_at.elapsed().as_secs_f64()
    }
}

fn wall_millis() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
