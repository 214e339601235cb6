use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sync_protocol::{
    Asked, Command, CommandClass, Envelope, ErrorCode, Event, EventKind, FromMember, MAX_AWARENESS_BYTES,
    Member, MemberId, Role, RoomId, Seq, TextId, ToMember,
};
use sync_session::{Journal, JournalError, Origin, Session};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, warn};

use crate::fan_out::{FanOut, Sent};
use crate::live::Live;
use crate::paced::{Pace, PacedMoves};
use crate::rate::Bucket;

mod seats;
mod turns;

use seats::Seat;
use turns::Turns;

/// Messages waiting for a room. When it is full a sender keeps its Command and tries again
/// (`Wait`); a member never loses one.
pub(crate) const MAILBOX: usize = 1_024;
/// Events a room keeps for those who come back; older ones cost a whole state. At a busy jam's fifty
/// a second, more than a minute.
const MAX_TAIL: usize = 4_096;
/// How long a member may be away before it has left: a page that reloads, a phone between two
/// access points.
const LEAVE_GRACE: Duration = Duration::from_secs(5);
/// Messages that a room takes from its mailbox, after one it waited for, before it looks at what is due.
const MAX_HANDLED_AT_ONCE: usize = 64;
/// How long a stopping room waits for the disk.
const LAST_COMMIT_TIMEOUT: Duration = Duration::from_secs(1);
/// Kept Commands of one member: a fast typist sends fifteen edits a second, a script a hundred.
const KEPT_PER_SEC: f64 = 200.0;
const KEPT_BURST: f64 = 400.0;
/// Moves of one member, before pacing: a dozen faders at sixty a second.
const MOVES_PER_SEC: f64 = 1_000.0;
const MOVES_BURST: f64 = 2_000.0;
/// Chat messages of one member.
const CHAT_PER_SEC: f64 = 1.0;
const CHAT_BURST: f64 = 10.0;
/// Added to the slowest member's one-way time when an evaluation looks for its beat: the score of
/// each machine looks 50–150 ms ahead.
const SCORE_LOOKAHEAD_SECS: f64 = 0.15;
/// Added on a busy host: a turn on the disk, and about as long until the next write to each member.
const BUSY_SECS: f64 = 0.25;

/// What reaches a room's task.
pub(crate) enum ToRoom {
    From { conn: u64, message: FromMember },
    Join { conn: u64, join: Join, answer: oneshot::Sender<Result<MemberId, Envelope>> },
    Leave { conn: u64 },
    Apply { member: MemberId, command: Command, answer: oneshot::Sender<Result<Vec<Event>, Envelope>> },
    TextMissing { text: TextId, state_vector: Vec<u8>, reply: oneshot::Sender<Option<Vec<u8>>> },
    Snapshot { reply: oneshot::Sender<Session> },
    JournalTo { begin: BeginJournal, done: oneshot::Sender<()> },
    Stop,
}

/// Makes a journal for a room that runs: what it returns is given every event after the session it
/// is shown. Called on the room's task, so it must not block.
pub type BeginJournal = Box<dyn FnOnce(&Session) -> Box<dyn Journal> + Send>;

/// Somebody at the door.
pub struct Join {
    /// Who. A member the room knows keeps the role and switches it was given there.
    pub who: Member,
    /// Whether it is the one connection of this member that numbers its Commands: a newer one
    /// replaces it. Others (a Yjs socket, a picture stream) come beside it.
    pub is_primary: bool,
    /// The last event it has, when it comes back.
    pub after: Option<Seq>,
    /// The only text it hears of, for a Yjs socket: in a room of many texts most edits pass it by.
    /// `None` hears everything.
    pub text: Option<TextId>,
    /// Makes the way to the member. Called once, on the room's task, so nothing happens in between.
    pub take_seat: TakeSeat,
}

/// See [`Join::take_seat`].
pub type TakeSeat = Box<dyn FnOnce(Entry<'_>) -> Box<dyn FanOut> + Send>;

/// What a member finds when it comes in.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The room as it is.
    pub session: &'a Session,
    /// All it missed since the event it named, when the room still has that; it then needs no state.
    pub missed: Option<Vec<Arc<Sent>>>,
    /// What is true now: presence, cursors, the beat.
    pub live: Vec<ToMember>,
    /// Room time, in seconds.
    pub room_secs: f64,
}

/// What the journal last said. Latest wins: a later commit includes the earlier ones.
type Commit = Result<Seq, JournalError>;

/// An event on its way, and the connection that asked for it.
struct Unsent {
    event: Event,
    conn: Option<u64>,
}

type Asker = oneshot::Sender<Result<Vec<Event>, Envelope>>;

struct Limits {
    kept: Bucket,
    moves: Bucket,
    chat: Bucket,
}

/// One room: its session, the way to each member, and what waits for the disk.
pub(crate) struct Room {
    id: RoomId,
    session: Session,
    journal: Box<dyn Journal>,
    seats: BTreeMap<u64, Seat>,
    /// By connection: guests behind one ticket do not take each other's share.
    limits: BTreeMap<u64, Limits>,
    live: Live,
    paced: PacedMoves,
    /// Decided, not sent yet: kept events wait for the disk, and moves never overtake them.
    unsent: VecDeque<Unsent>,
    /// Not handed to the journal yet: moves are written with the next kept event, those in turns.
    unwritten: Vec<Arc<Event>>,
    write_at: Option<Instant>,
    turns: Turns,
    /// Whether the host has so much to send that everything kept takes its turn; as of the last write.
    is_busy: bool,
    /// Half the longest round trip of a member, in seconds.
    slowest_secs: f64,
    /// Askers without a connection, and the event that must be sent before they are told.
    askers: VecDeque<(Seq, Asker, Vec<Event>)>,
    /// The last events that were sent, for those who come back.
    tail: VecDeque<(Seq, Arc<Sent>)>,
    sent: Seq,
    committed: Seq,
    saved: bool,
    commits: watch::Sender<Commit>,
    /// Members without a connection, and when they count as gone.
    leaving: BTreeMap<MemberId, Instant>,
}

impl Room {
    pub(crate) fn new(id: RoomId, session: Session, journal: Box<dyn Journal>) -> Self {
        let (seq, now) = (session.seq(), Instant::now());
        // Whoever was there when the process ended has not said goodbye.
        let leaving =
            session.members().filter(|one| one.online).map(|one| (one.id, now + LEAVE_GRACE)).collect();
        Self {
            id,
            session,
            journal,
            seats: BTreeMap::new(),
            limits: BTreeMap::new(),
            live: Live::new(now),
            paced: PacedMoves::default(),
            unsent: VecDeque::new(),
            unwritten: Vec::new(),
            write_at: None,
            turns: Turns::new(now),
            is_busy: false,
            slowest_secs: 0.0,
            askers: VecDeque::new(),
            tail: VecDeque::new(),
            sent: seq,
            committed: seq,
            saved: true,
            commits: watch::Sender::new(Ok(seq)),
            leaving,
        }
    }

    /// Runs until it is told to stop or nobody can reach it any more.
    pub(crate) async fn run(mut self, mut mailbox: mpsc::Receiver<ToRoom>) {
        let mut commits = self.commits.subscribe();
        'run: loop {
            let left = self.leaving.values().min().copied();
            let due = [self.paced.next_due(), self.live.next_due(), left, self.write_at];
            let wait = async {
                match due.into_iter().flatten().min() {
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
                first = mailbox.recv() => {
                    let Some(first) = first else { break };
                    // With what came with it, as far as one turn goes.
                    let rest = std::iter::from_fn(|| mailbox.try_recv().ok()).take(MAX_HANDLED_AT_ONCE);
                    for message in std::iter::once(first).chain(rest) {
                        if matches!(message, ToRoom::Stop) {
                            break 'run;
                        }
                        self.handle(message, Instant::now());
                    }
                }
                () = wait => {}
            }
            self.on_time(Instant::now());
        }
        self.take_held(Instant::now());
        self.write();
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
        let closed = Envelope::new(ErrorCode::Closed, "the room has closed");
        self.tell_all(&Sent::new(ToMember::Closed { error: closed }));
        debug!(room = %self.id, seq = %self.session.seq(), "room stopped");
    }

    fn handle(&mut self, message: ToRoom, now: Instant) {
        match message {
            ToRoom::From { conn, message } => self.on_message(conn, message, now),
            ToRoom::Join { conn, join, answer } => {
                // The asker may have given up meanwhile: then its seat finds nobody and is dropped.
                let _ = answer.send(self.join(conn, join, now));
            }
            ToRoom::Leave { conn } => self.drop_seat(conn, now),
            ToRoom::Apply { member, command, answer } => {
                match self.decide(member, None, Asked { no: 0, command }, now) {
                    Ok(events) if !events.is_empty() => {
                        self.askers.push_back((self.session.seq(), answer, events))
                    }
                    // The asker may have given up meanwhile.
                    decided => drop(answer.send(decided)),
                }
                self.send_ready();
            }
            ToRoom::TextMissing { text, state_vector, reply } => {
                let _ = reply.send(self.session.text_missing_in(&text, &state_vector));
            }
            ToRoom::Snapshot { reply } => {
                let _ = reply.send(self.session.clone());
            }
            ToRoom::JournalTo { begin, done } => {
                self.write();
                self.journal = begin(&self.session);
                // Nobody waits any more: it is done all the same.
                let _ = done.send(());
            }
            ToRoom::Stop => {}
        }
    }

    /// Does what is due: held moves, news of cursors, members who stay away.
    fn on_time(&mut self, now: Instant) {
        for (member, asked) in self.paced.take_due(now) {
            self.make(member, None, asked, now);
        }
        if self.write_at.is_some_and(|at| at <= now) {
            self.turns.took(!self.unsent.is_empty(), now);
            self.write();
        }
        if self.live.next_due().is_some_and(|due| due <= now) {
            for news in self.live.take_due(now) {
                self.tell_all(&Sent::new(news));
            }
        }
        while let Some(gone) = self.leaving.iter().find(|(_, at)| **at <= now).map(|(member, _)| *member) {
            self.leaving.remove(&gone);
            self.live.member_left(gone);
            let origin = Origin { member: gone, at_millis: wall_millis(), ..Origin::default() };
            if let Some(event) = self.session.leave(origin, gone) {
                self.journal(vec![event], None);
            }
        }
    }

    fn join(&mut self, conn: u64, join: Join, now: Instant) -> Result<MemberId, Envelope> {
        let Join { mut who, is_primary, after, text, take_seat } = join;
        let member = who.id;
        if let Some(known) = self.session.member(member).filter(|_| !is_primary) {
            // An editor or a stream beside it does not rename its member.
            who.name = known.name.clone();
        }
        let origin = Origin { member, at_millis: wall_millis(), ..Origin::default() };
        let event = self.session.join(origin, who)?;
        self.leaving.remove(&member);
        self.journal(event.into_iter().collect(), None);
        if is_primary {
            let elsewhere = Envelope::new(ErrorCode::Replaced, "you have joined from somewhere else");
            self.close_seats(|seat| seat.member == member && seat.is_primary, &elsewhere, now);
            self.leaving.remove(&member);
        }
        let missed = after.and_then(|after| self.missed_since(after));
        // With the state comes what is decided and not sent yet; after a gap only what was sent.
        let seen = if missed.is_some() { self.sent } else { self.session.seq() };
        let (live, room_secs) = (self.live.all(), self.live.room_secs(now));
        let fan_out = take_seat(Entry { session: &self.session, missed, live, room_secs });
        let text = text.as_ref().map(seats::hash);
        self.seats.insert(conn, Seat { member, fan_out, is_primary, text, seen, one_way_secs: 0.0 });
        if !self.saved {
            self.tell(conn, ToMember::Saving { saved: false, problem: None }, now);
        }
        Ok(member)
    }

    fn missed_since(&self, after: Seq) -> Option<Vec<Arc<Sent>>> {
        let oldest = self.tail.front().map_or(Seq(self.sent.0 + 1), |(seq, _)| *seq);
        let is_known = after <= self.sent && after.0 + 1 >= oldest.0;
        is_known.then(|| {
            let missed = self.tail.iter().filter(|(seq, _)| *seq > after);
            missed.map(|(_, sent)| Arc::clone(sent)).collect()
        })
    }

    fn on_message(&mut self, conn: u64, message: FromMember, now: Instant) {
        let Some(member) = self.seats.get(&conn).map(|seat| seat.member) else { return };
        let is_host = self.session.member(member).is_some_and(|member| member.role == Role::Host);
        match message {
            FromMember::Ask(asked) => self.on_ask(conn, member, asked, now),
            FromMember::Presence { presence } => self.live.set_presence(member, presence),
            FromMember::Awareness { text, update }
                if update.0.len() <= MAX_AWARENESS_BYTES
                    && self.session.texts().any(|known| *known == text) =>
            {
                self.live.set_cursors(conn, text, &update.0);
            }
            FromMember::Transport { transport } if is_host => {
                let passed = self.live.set_transport(transport, now);
                passed.into_iter().for_each(|message| self.tell_all(&Sent::new(message)));
            }
            FromMember::Signal { signal } if is_host => {
                let passed = self.live.set_signal(signal, now);
                passed.into_iter().for_each(|message| self.tell_all(&Sent::new(message)));
            }
            FromMember::Ping { sent_secs, round_trip_millis } => {
                if let Some(seat) = self.seats.get_mut(&conn)
                    && round_trip_millis.is_finite()
                {
                    let one_way_secs = f64::from(round_trip_millis.max(0.0)) / 2_000.0;
                    let was_secs = std::mem::replace(&mut seat.one_way_secs, one_way_secs);
                    if was_secs.max(one_way_secs) >= self.slowest_secs {
                        self.find_slowest();
                    }
                }
                self.tell(conn, ToMember::Pong { sent_secs, room_secs: self.live.room_secs(now) }, now);
            }
            _ => {}
        }
    }

    fn on_ask(&mut self, conn: u64, member: MemberId, asked: Asked, now: Instant) {
        let Asked { no, command } = &asked;
        let allowed = self
            .session
            .authorise(member, command)
            .and_then(|()| self.within_limits(conn, member, command, now));
        if let Err(error) = allowed {
            return self.tell(conn, ToMember::Refused { no: *no, error }, now);
        }
        match command.move_key() {
            Some(key) => match self.paced.offer(key, member, asked, now) {
                Pace::Now(asked) => self.make(member, Some(conn), asked, now),
                Pace::Held(Some((member, no))) => self.answer(member, ToMember::Done { no }, now),
                Pace::Held(None) => {}
            },
            None => {
                // Sent again after a cut, and decided before it.
                if *no != 0 && *no <= self.session.last_no(member) {
                    return self.tell(conn, ToMember::Done { no: *no }, now);
                }
                self.take_held(now);
                self.make(member, Some(conn), asked, now);
            }
        }
    }

    fn within_limits(
        &mut self,
        conn: u64,
        member: MemberId,
        command: &Command,
        now: Instant,
    ) -> Result<(), Envelope> {
        if self.session.member(member).is_some_and(|member| member.role == Role::Host) {
            return Ok(());
        }
        let limits = self.limits.entry(conn).or_insert_with(|| Limits {
            kept: Bucket::new(KEPT_PER_SEC, KEPT_BURST, now),
            moves: Bucket::new(MOVES_PER_SEC, MOVES_BURST, now),
            chat: Bucket::new(CHAT_PER_SEC, CHAT_BURST, now),
        });
        let bucket = match (command, command.class()) {
            (Command::Say { .. } | Command::EditMessage { .. }, _) => &mut limits.chat,
            (_, CommandClass::Move) => &mut limits.moves,
            (_, CommandClass::Kept) => &mut limits.kept,
        };
        bucket.take(now).map_err(|secs| Envelope {
            retry_after: Some(secs),
            ..Envelope::new(ErrorCode::RateLimited, "too much at once: slow down")
        })
    }

    /// Something comes that held moves must not overtake later.
    fn take_held(&mut self, now: Instant) {
        for (member, asked) in self.paced.take_all(now) {
            self.make(member, None, asked, now);
        }
    }

    /// Decides a Command and answers its member where no event does.
    fn make(&mut self, member: MemberId, conn: Option<u64>, asked: Asked, now: Instant) {
        let no = asked.no;
        match self.decide(member, conn, asked, now) {
            Ok(events) if events.is_empty() => self.answer(member, ToMember::Done { no }, now),
            Ok(_) => {}
            Err(error) => self.answer(member, ToMember::Refused { no, error }, now),
        }
    }

    fn decide(
        &mut self,
        member: MemberId,
        conn: Option<u64>,
        asked: Asked,
        now: Instant,
    ) -> Result<Vec<Event>, Envelope> {
        let Asked { no, command } = asked;
        // Again, and not only at the door: a held move may have lost its right meanwhile.
        self.session.authorise(member, &command)?;
        let origin = Origin { member, no, at_millis: wall_millis() };
        let events = self.session.apply_on_beat(origin, self.earliest_beat(now), command)?;
        self.journal(events.clone(), conn);
        Ok(events)
    }

    /// The first beat that the slowest member can still reach, at most a bar away.
    fn earliest_beat(&self, now: Instant) -> f64 {
        let waits_secs = if self.is_busy { BUSY_SECS } else { 0.0 };
        let reach_secs = (self.slowest_secs + SCORE_LOOKAHEAD_SECS + waits_secs).min(self.live.bar_secs());
        self.live.beat_at(self.live.room_secs(now) + reach_secs)
    }

    fn journal(&mut self, events: Vec<Event>, conn: Option<u64>) {
        if events.is_empty() {
            return;
        }
        self.unwritten.extend(events.iter().map(|event| Arc::new(event.clone())));
        let now = Instant::now();
        let kinds = events.iter().map(|event| &event.kind);
        let wait = self.turns.wait(kinds, self.seats.len(), self.is_busy, now);
        match wait {
            Some(wait) => self.write_at = self.write_at.into_iter().chain([now + wait]).min(),
            None => self.write(),
        }
        self.unsent.extend(events.into_iter().map(|event| Unsent { event, conn }));
        self.send_ready();
    }

    /// Hands over what is not written yet.
    fn write(&mut self) {
        self.write_at = None;
        // Once for all that is decided until the next: a room may have hundreds of seats.
        self.is_busy = self.seats.values().any(|seat| seat.fan_out.is_busy());
        let events = std::mem::take(&mut self.unwritten);
        if events.is_empty() {
            return;
        }
        let commits = self.commits.clone();
        let on_committed = Box::new(move |commit| drop(commits.send_replace(commit)));
        self.journal.append(&self.id, events, on_committed);
    }

    fn on_commit(&mut self, commit: Commit) {
        let problem = commit.as_ref().err().map(ToString::to_string);
        if problem.is_none() != self.saved {
            self.saved = problem.is_none();
            warn!(room = %self.id, saved = self.saved, problem, "journal");
            self.tell_all(&Sent::new(ToMember::Saving { saved: self.saved, problem }));
        }
        if let Ok(seq) = commit {
            self.committed = self.committed.max(seq);
        }
        self.send_ready();
    }

    /// Sends what may go, in order: moves at once, kept events when they are safe. While the disk
    /// fails everything goes: the show goes on, and everyone has been told that it is not saved.
    fn send_ready(&mut self) {
        while let Some(Unsent { event, .. }) = self.unsent.front() {
            if self.saved && !event.kind.is_move() && event.seq > self.committed {
                break;
            }
            if let Some(unsent) = self.unsent.pop_front() {
                self.send(unsent);
            }
        }
        while self.askers.front().is_some_and(|(seq, ..)| *seq <= self.sent) {
            if let Some((_, asker, events)) = self.askers.pop_front() {
                // It may have given up meanwhile.
                let _ = asker.send(Ok(events));
            }
        }
    }

    fn send(&mut self, Unsent { event, conn: from }: Unsent) {
        let (seq, kicked) = match event.kind {
            EventKind::MemberKicked { who, .. } => (event.seq, Some(who)),
            _ => (event.seq, None),
        };
        let sent = Sent::new(ToMember::Event { event });
        self.sent = seq;
        self.tail.push_back((seq, Arc::clone(&sent)));
        if self.tail.len() > MAX_TAIL {
            self.tail.pop_front();
        }
        self.tell_seats(&sent, |conn, seat| {
            let is_new = seat.seen < seq;
            seat.seen = seat.seen.max(seq);
            // A Yjs socket has what it said; a member's first connection learns by it that it counted.
            is_new && (seat.is_primary || from != Some(conn))
        });
        if let Some(who) = kicked {
            let error = Envelope::new(ErrorCode::Forbidden, "the host has sent you away");
            self.close_seats(|seat| seat.member == who, &error, Instant::now());
            self.leaving.remove(&who);
        }
    }
}

pub(crate) fn wall_millis() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
