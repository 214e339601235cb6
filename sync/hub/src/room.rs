use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sync_protocol::{Asked, Event, MemberId, RoomId, Seq, ToMember};
use sync_session::{Journal, JournalError, Origin, Session};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, warn};

use crate::fan_out::{Delivered, FanOut};
use crate::paced::{Pace, PacedMoves};

/// Messages waiting for a room. When it is full a sender keeps its Command and tries again
/// (`Wait`); a member never loses one.
pub(crate) const MAILBOX: usize = 1_024;

/// What reaches a room's task.
pub(crate) enum ToRoom {
    Ask { member: MemberId, asked: Asked },
    Join { member: MemberId, take_seat: TakeSeat },
    Leave { member: MemberId },
    Snapshot { reply: oneshot::Sender<Session> },
    Stop,
}

/// Makes the way to a member from the session it starts with, on the room's task: nothing can happen
/// between the two.
pub(crate) type TakeSeat = Box<dyn FnOnce(&Session) -> Box<dyn FanOut> + Send>;

/// What the journal last said. Latest wins: a later commit includes the earlier ones.
pub(crate) type Commit = Result<Seq, JournalError>;

/// How long a stopping room waits for the disk.
const LAST_COMMIT_TIMEOUT: Duration = Duration::from_secs(1);

/// A member's place in the room.
struct Seat {
    fan_out: Box<dyn FanOut>,
    /// The last event it has; it came in with what was decided by then.
    seen: Seq,
}

/// One room: its session, the way to each member, and what waits for the disk.
pub(crate) struct Room {
    id: RoomId,
    session: Session,
    journal: Box<dyn Journal>,
    members: BTreeMap<MemberId, Seat>,
    paced: PacedMoves,
    /// Decided and handed to the journal, not sent yet: kept events wait for the disk, and moves
    /// never overtake them.
    unsent: VecDeque<Arc<Event>>,
    committed: Seq,
    saved: bool,
    commits: watch::Sender<Commit>,
}

impl Room {
    pub(crate) fn new(id: RoomId, session: Session, journal: Box<dyn Journal>) -> Self {
        let committed = session.seq();
        Self {
            id,
            session,
            journal,
            members: BTreeMap::new(),
            paced: PacedMoves::default(),
            unsent: VecDeque::new(),
            committed,
            saved: true,
            commits: watch::Sender::new(Ok(committed)),
        }
    }

    /// Runs until it is told to stop or nobody can reach it any more.
    pub(crate) async fn run(mut self, mut mailbox: mpsc::Receiver<ToRoom>) {
        let mut commits = self.commits.subscribe();
        loop {
            let due = self.paced.next_due();
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Ok(()) = commits.changed() => {
                    let commit = commits.borrow_and_update().clone();
                    self.on_commit(commit);
                }
                message = mailbox.recv() => match message {
                    Some(ToRoom::Stop) | None => break,
                    Some(message) => self.handle(message, Instant::now()),
                },
                () = wait => {
                    let due = self.paced.take_due(Instant::now());
                    due.into_iter().for_each(|(member, asked)| self.decide(member, asked));
                }
            }
        }
        let held = self.paced.take_all(Instant::now());
        held.into_iter().for_each(|(member, asked)| self.decide(member, asked));
        while !self.unsent.is_empty() {
            match tokio::time::timeout(LAST_COMMIT_TIMEOUT, commits.changed()).await {
                Ok(Ok(())) => {
                    let commit = commits.borrow_and_update().clone();
                    self.on_commit(commit);
                }
                _ => {
                    warn!(room = %self.id, num_events = self.unsent.len(), "stopped before the journal had committed");
                    break;
                }
            }
        }
        debug!(room = %self.id, seq = %self.session.seq(), "room stopped");
    }

    fn handle(&mut self, message: ToRoom, now: Instant) {
        match message {
            ToRoom::Ask { member, asked } => self.on_ask(member, asked, now),
            ToRoom::Join { member, take_seat } => {
                let fan_out = take_seat(&self.session);
                self.members.insert(member, Seat { fan_out, seen: self.session.seq() });
            }
            ToRoom::Leave { member } => {
                self.members.remove(&member);
            }
            ToRoom::Snapshot { reply } => {
                // The asker may have given up meanwhile.
                let _ = reply.send(self.session.clone());
            }
            ToRoom::Stop => {}
        }
    }

    fn on_ask(&mut self, member: MemberId, asked: Asked, now: Instant) {
        if !self.members.contains_key(&member) {
            return;
        }
        match asked.command.move_key() {
            Some(key) => match self.paced.offer(key, member, asked, now) {
                Pace::Now(asked) => self.decide(member, asked),
                Pace::Held(Some((member, no))) => self.tell(member, ToMember::Done { no }),
                Pace::Held(None) => {}
            },
            None => {
                let held = self.paced.take_all(now);
                held.into_iter().for_each(|(member, asked)| self.decide(member, asked));
                self.decide(member, asked);
            }
        }
    }

    fn decide(&mut self, member: MemberId, asked: Asked) {
        let Asked { no, command } = asked;
        let at_millis = wall_millis();
        match self.session.apply(Origin { member, no, at_millis }, command) {
            Ok(events) if events.is_empty() => self.tell(member, ToMember::Done { no }),
            Ok(events) => self.journal(events.into_iter().map(Arc::new).collect()),
            Err(error) => self.tell(member, ToMember::Refused { no, error }),
        }
    }

    fn journal(&mut self, events: Vec<Arc<Event>>) {
        self.unsent.extend(events.iter().cloned());
        let commits = self.commits.clone();
        let on_committed = Box::new(move |commit| {
            drop(commits.send_replace(commit));
        });
        self.journal.append(&self.id, events, on_committed);
        self.send_ready();
    }

    fn on_commit(&mut self, commit: Commit) {
        let problem = commit.as_ref().err().map(ToString::to_string);
        if problem.is_none() != self.saved {
            self.saved = problem.is_none();
            warn!(room = %self.id, saved = self.saved, problem, "journal");
            self.tell_all(&Arc::new(ToMember::Saving { saved: self.saved, problem }));
        }
        match commit {
            Ok(seq) => {
                self.committed = self.committed.max(seq);
                self.send_ready();
            }
            // The show goes on; everyone has been told that it is not saved.
            Err(_) => self.send_everything(),
        }
    }

    /// Sends what may go: moves at once, kept events once they are safe, all in order.
    fn send_ready(&mut self) {
        while let Some(event) = self.unsent.front() {
            if self.saved && !event.kind.is_move() && event.seq > self.committed {
                break;
            }
            self.send_front();
        }
    }

    fn send_everything(&mut self) {
        while !self.unsent.is_empty() {
            self.send_front();
        }
    }

    fn send_front(&mut self) {
        if let Some(event) = self.unsent.pop_front() {
            let seq = event.seq;
            let message = Arc::new(ToMember::Event { event: Event::clone(&event) });
            self.tell_seats(&message, |seat| {
                let is_new = seat.seen < seq;
                seat.seen = seat.seen.max(seq);
                is_new
            });
        }
    }

    fn tell(&mut self, member: MemberId, message: ToMember) {
        if let Some(seat) = self.members.get_mut(&member)
            && seat.fan_out.deliver(&Arc::new(message)) != Delivered::Taken
        {
            self.members.remove(&member);
        }
    }

    fn tell_all(&mut self, message: &Arc<ToMember>) {
        self.tell_seats(message, |_| true);
    }

    fn tell_seats(&mut self, message: &Arc<ToMember>, mut wants: impl FnMut(&mut Seat) -> bool) {
        self.members.retain(|member, seat| {
            if !wants(seat) {
                return true;
            }
            let delivered = seat.fan_out.deliver(message);
            if delivered != Delivered::Taken {
                debug!(room = %self.id, %member, ?delivered, "member dropped");
            }
            delivered == Delivered::Taken
        });
    }
}

pub(crate) fn wall_millis() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
