use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use sync_protocol::{
    Command, Envelope, ErrorCode, Event, FromMember, Member as Profile, MemberId, Role, RoomId, Show, TextId,
};
use sync_session::{Journal, MemoryJournal, Session};
use tokio::sync::{mpsc, oneshot};

use crate::member::Member;
use crate::room::{BeginJournal, Join, MAILBOX, Room, ToRoom};

/// The one member of a solo show, and the host of a hosted one.
pub const HOST: MemberId = MemberId(1);
/// The room of a solo show.
const SOLO_ROOM: &str = "solo";
/// What a host is called until it says otherwise.
const HOST_NAME: &str = "Host";
/// How long a room's thread may take to answer at its start.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a room cannot be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The system gave no thread for the room.
    #[error("the room's thread cannot start")]
    Thread {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The room does not let the member in.
    #[error("the room refuses: {0}")]
    Refused(Envelope),
    /// The room has stopped.
    #[error("the room has stopped")]
    Stopped,
}

impl From<HubError> for Envelope {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Refused(envelope) => envelope,
            other => Envelope::new(ErrorCode::Closed, other.to_string()),
        }
    }
}

/// A way to one room's task. Clones are the same room.
#[derive(Clone, Debug)]
pub struct RoomHandle {
    id: RoomId,
    mailbox: mpsc::Sender<ToRoom>,
    next_conn: Arc<AtomicU64>,
}

/// A connection to a room: what its messages are sent by. Dropping it says nothing; see
/// [`RoomHandle::leave`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conn {
    id: u64,
    /// Who speaks through it.
    pub member: MemberId,
}

impl RoomHandle {
    /// Makes a room and returns the task that must run for it to live.
    pub fn open(
        id: RoomId,
        session: Session,
        journal: Box<dyn Journal>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (mailbox, receiver) = mpsc::channel(MAILBOX);
        let room = Room::new(id.clone(), session, journal);
        (Self { id, mailbox, next_conn: Arc::default() }, room.run(receiver))
    }

    /// Returns the room's id.
    pub fn id(&self) -> &RoomId {
        &self.id
    }

    /// Takes a member in.
    ///
    /// # Errors
    /// [`HubError::Refused`] with the room's reason, or [`HubError::Stopped`].
    pub async fn join(&self, join: Join) -> Result<Conn, HubError> {
        let (message, conn, answer) = self.knock(join);
        self.mailbox.send(message).await.map_err(|_| HubError::Stopped)?;
        let member = answer.await.map_err(|_| HubError::Stopped)?.map_err(HubError::Refused)?;
        Ok(Conn { id: conn, member })
    }

    /// Seats the host in this process. Waits a moment, so not for async code.
    ///
    /// # Errors
    /// [`HubError::Refused`] with the room's reason, or [`HubError::Stopped`].
    pub fn seat_host(&self) -> Result<Member, HubError> {
        Member::join_blocking(self, Profile::new(HOST, HOST_NAME, Role::Host), START_TIMEOUT)
    }

    /// Passes on what a member says, waiting for a place in the room's mailbox: that is what makes
    /// one socket slow when its member floods.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn say(&self, conn: Conn, message: FromMember) -> Result<(), HubError> {
        self.mailbox.send(ToRoom::From { conn: conn.id, message }).await.map_err(|_| HubError::Stopped)
    }

    /// Asks for a Command of a member who needs no connection, and waits until it is decided and, like
    /// everyone else, until it is safe on the disk: the way of REST.
    ///
    /// # Errors
    /// The room's refusal, or `Closed`.
    pub async fn apply(&self, member: MemberId, command: Command) -> Result<Vec<Event>, Envelope> {
        let (answer, decided) = oneshot::channel();
        let stopped = || Envelope::from(HubError::Stopped);
        self.mailbox.send(ToRoom::Apply { member, command, answer }).await.map_err(|_| stopped())?;
        decided.await.map_err(|_| stopped())?
    }

    /// Says that a connection has ended. Its member has left when it does not come back soon.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn leave(&self, conn: Conn) -> Result<(), HubError> {
        self.mailbox.send(ToRoom::Leave { conn: conn.id }).await.map_err(|_| HubError::Stopped)
    }

    /// Returns the Yjs update that a copy of a text with this state vector lacks, `None` when the
    /// vector is malformed.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn text_missing_in(
        &self,
        text: TextId,
        state_vector: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, HubError> {
        let (reply, answer) = oneshot::channel();
        let message = ToRoom::TextMissing { text, state_vector, reply };
        self.mailbox.send(message).await.map_err(|_| HubError::Stopped)?;
        answer.await.map_err(|_| HubError::Stopped)
    }

    /// Returns the room's session as it is.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn session(&self) -> Result<Session, HubError> {
        let (reply, answer) = oneshot::channel();
        self.mailbox.send(ToRoom::Snapshot { reply }).await.map_err(|_| HubError::Stopped)?;
        answer.await.map_err(|_| HubError::Stopped)
    }

    /// Journals elsewhere from now on: how a show that ran in memory is kept when it is opened to
    /// others. Returns when it does. For threads that may wait.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub fn journal_to_blocking(&self, begin: BeginJournal) -> Result<(), HubError> {
        let (done, answer) = oneshot::channel();
        let message = ToRoom::JournalTo { begin, done };
        self.mailbox.blocking_send(message).map_err(|_| HubError::Stopped)?;
        answer.blocking_recv().map_err(|_| HubError::Stopped)
    }

    /// Stops the room once it has worked off its mailbox.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn stop(&self) -> Result<(), HubError> {
        self.mailbox.send(ToRoom::Stop).await.map_err(|_| HubError::Stopped)
    }

    /// Passes on what a member says if there is a place in the mailbox. Never blocks.
    pub(crate) fn try_say(
        &self,
        conn: Conn,
        message: FromMember,
    ) -> Result<(), mpsc::error::TrySendError<()>> {
        use mpsc::error::TrySendError::{Closed, Full};
        self.mailbox.try_send(ToRoom::From { conn: conn.id, message }).map_err(|error| match error {
            Full(_) => Full(()),
            Closed(_) => Closed(()),
        })
    }

    /// For threads that may wait.
    pub(crate) fn join_blocking(&self, join: Join) -> Result<Conn, HubError> {
        let (message, conn, answer) = self.knock(join);
        self.mailbox.blocking_send(message).map_err(|_| HubError::Stopped)?;
        let member = answer.blocking_recv().map_err(|_| HubError::Stopped)?.map_err(HubError::Refused)?;
        Ok(Conn { id: conn, member })
    }

    fn knock(&self, join: Join) -> (ToRoom, u64, oneshot::Receiver<Result<MemberId, Envelope>>) {
        let conn = self.next_conn.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        (ToRoom::Join { conn, join, answer }, conn, answered)
    }
}

/// A room on its own thread in this process, and its host: a jam of one, until others are let in
/// through [`Hub::room`].
#[derive(Debug)]
pub struct Hub {
    room: RoomHandle,
    thread: thread::JoinHandle<()>,
}

impl Hub {
    /// Opens a show alone: a room with a journal in memory, and its only member. Like
    /// [`Hub::stop`] it waits a moment, so not for async code.
    ///
    /// # Errors
    /// [`HubError::Thread`] when the system gives no thread.
    pub fn solo(show: Show) -> Result<(Self, Member), HubError> {
        Self::solo_with(RoomId::from(SOLO_ROOM), Session::new(show), Box::new(MemoryJournal))
    }

    /// Opens a session alone, journaled as given.
    ///
    /// # Errors
    /// [`HubError::Thread`] when the system gives no thread.
    pub fn solo_with(
        id: RoomId,
        session: Session,
        journal: Box<dyn Journal>,
    ) -> Result<(Self, Member), HubError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|source| HubError::Thread { source })?;
        let (room, task) = RoomHandle::open(id, session, journal);
        let thread = thread::Builder::new()
            .name("jl-room".to_owned())
            .spawn(move || runtime.block_on(task))
            .map_err(|source| HubError::Thread { source })?;
        let member = room.seat_host()?;
        Ok((Self { room, thread }, member))
    }

    /// Returns the way to the room: what a server lets others in by.
    pub fn room(&self) -> &RoomHandle {
        &self.room
    }

    /// Stops the room: what was asked before is decided, journaled and sent. Waits for it, at most
    /// a second longer than its disk.
    pub fn stop(self) {
        // Fails only when the room has stopped already.
        let _ = self.room.mailbox.blocking_send(ToRoom::Stop);
        // A panic on the room's thread has been reported there.
        let _ = self.thread.join();
    }
}
