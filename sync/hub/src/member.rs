use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use sync_protocol::{Command, Envelope, ErrorCode, MemberId, Show, ToMember};
use sync_session::{Mirror, Notice};
use tokio::sync::mpsc::error::TrySendError;
use tracing::error;

use crate::fan_out::{Delivered, FanOut};
use crate::hub::{HubError, RoomHandle};
use crate::room::{ToRoom, wall_millis};

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
    notices: VecDeque<Notice>,
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

    /// Joins a room from a thread that may wait.
    pub(crate) fn join_blocking(
        room: &RoomHandle,
        id: MemberId,
        timeout: Duration,
    ) -> Result<Self, HubError> {
        let (seated, seat) = std::sync::mpsc::sync_channel(1);
        let own_room = room.clone();
        let take_seat = move |session: &sync_session::Session| {
            let desk = MemberDesk { mirror: Mirror::new(id, session.clone()), notices: VecDeque::new() };
            let shared = Arc::new(Shared { room: own_room, desk: Mutex::new(desk) });
            let fan_out = LocalFanOut { shared: Arc::downgrade(&shared) };
            // The asker may have given up meanwhile: then nobody holds the seat and it is dropped.
            let _ = seated.send(Self { shared });
            Box::new(fan_out) as Box<dyn FanOut>
        };
        room.send_blocking(ToRoom::Join { member: id, take_seat: Box::new(take_seat) })?;
        seat.recv_timeout(timeout).map_err(|_| HubError::Stopped)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, MemberDesk> {
        // Nothing that can panic runs under it half way through a change.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what waits in the outbox, as far as the mailbox takes it.
    fn flush(&self, desk: &mut MemberDesk) -> Result<(), Envelope> {
        while let Some(asked) = desk.mirror.next_to_send() {
            let no = asked.no;
            match self.room.try_ask(desk.mirror.me(), asked) {
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
    fn deliver(&mut self, message: &Arc<ToMember>) -> Delivered {
        let Some(shared) = self.shared.upgrade() else {
            return Delivered::Gone;
        };
        let mut desk = shared.lock();
        match desk.mirror.receive(message) {
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
