use std::thread;
use std::time::Duration;

use sync_protocol::{Asked, MemberId, RoomId, Show};
use sync_session::{Journal, MemoryJournal, Session};
use tokio::sync::{mpsc, oneshot};

use crate::fan_out::FanOut;
use crate::member::Member;
use crate::room::{MAILBOX, Room, ToRoom};

/// The one member of a solo show, and the host of a hosted one.
const HOST: MemberId = MemberId(1);
/// The room of a solo show.
const SOLO_ROOM: &str = "solo";
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
    /// The room has stopped.
    #[error("the room has stopped")]
    Stopped,
}

/// A way to one room's task.
#[derive(Clone, Debug)]
pub struct RoomHandle {
    mailbox: mpsc::Sender<ToRoom>,
}

impl RoomHandle {
    /// Makes a room and returns the task that must run for it to live.
    pub fn open(
        id: RoomId,
        session: Session,
        journal: Box<dyn Journal>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (mailbox, receiver) = mpsc::channel(MAILBOX);
        let room = Room::new(id, session, journal);
        (Self { mailbox }, room.run(receiver))
    }

    /// Takes a member in. `take_seat` is called once on the room's task with the session as it is;
    /// everything that happens after goes through the [`FanOut`] it returns.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn join(
        &self,
        member: MemberId,
        take_seat: impl FnOnce(&Session) -> Box<dyn FanOut> + Send + 'static,
    ) -> Result<(), HubError> {
        let join = ToRoom::Join { member, take_seat: Box::new(take_seat) };
        self.mailbox.send(join).await.map_err(|_| HubError::Stopped)
    }

    /// Asks for a Command, waiting for a place in the room's mailbox: what makes one socket slow
    /// when its member floods.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn ask(&self, member: MemberId, asked: Asked) -> Result<(), HubError> {
        self.mailbox.send(ToRoom::Ask { member, asked }).await.map_err(|_| HubError::Stopped)
    }

    /// Asks for a Command if there is a place in the mailbox. Never blocks.
    pub(crate) fn try_ask(
        &self,
        member: MemberId,
        asked: Asked,
    ) -> Result<(), mpsc::error::TrySendError<()>> {
        use mpsc::error::TrySendError::{Closed, Full};
        self.mailbox.try_send(ToRoom::Ask { member, asked }).map_err(|error| match error {
            Full(_) => Full(()),
            Closed(_) => Closed(()),
        })
    }

    /// For threads that may wait.
    pub(crate) fn send_blocking(&self, message: ToRoom) -> Result<(), HubError> {
        self.mailbox.blocking_send(message).map_err(|_| HubError::Stopped)
    }

    /// Takes a member out.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn leave(&self, member: MemberId) -> Result<(), HubError> {
        self.mailbox.send(ToRoom::Leave { member }).await.map_err(|_| HubError::Stopped)
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

    /// Stops the room once it has worked off its mailbox.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub async fn stop(&self) -> Result<(), HubError> {
        self.mailbox.send(ToRoom::Stop).await.map_err(|_| HubError::Stopped)
    }
}

/// A jam of one: a room on its own thread in this process.
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
        Self::solo_with(Session::new(show), Box::new(MemoryJournal))
    }

    /// Opens a session alone, journaled as given.
    ///
    /// # Errors
    /// [`HubError::Thread`] when the system gives no thread.
    pub fn solo_with(session: Session, journal: Box<dyn Journal>) -> Result<(Self, Member), HubError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|source| HubError::Thread { source })?;
        let (room, task) = RoomHandle::open(RoomId::from(SOLO_ROOM), session, journal);
        let thread = thread::Builder::new()
            .name("jl-room".to_owned())
            .spawn(move || runtime.block_on(task))
            .map_err(|source| HubError::Thread { source })?;
        let member = Member::join_blocking(&room, HOST, START_TIMEOUT)?;
        Ok((Self { room, thread }, member))
    }

    /// Returns the way to the room.
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
