use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior, params};
use sync_protocol::{Event, EventKind, RoomId, RoomState, Seq};
use sync_session::{JournalError, OnCommitted};
use tracing::warn;

use crate::schema::{self, MIGRATIONS};
use crate::{StoreError, StoreJournal};

/// Batches waiting for the writer. When it is full a room keeps its events and says that they wait
/// (`Wait`): two seconds of a very busy host.
const QUEUE: usize = 16_384;
/// Batches in one commit: what a disk does in a few milliseconds.
const MAX_BATCHES_PER_COMMIT: usize = 4_096;
/// After a failed commit the disk is tried again so often.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

pub(crate) enum ToWriter {
    Events(Batch),
    Snapshot { room: RoomId, state: Box<RoomState>, done: mpsc::SyncSender<Result<(), StoreError>> },
    Erase { room: RoomId, member: sync_protocol::MemberId, done: mpsc::SyncSender<Result<usize, StoreError>> },
    Stop,
}

pub(crate) struct Batch {
    pub(crate) room: RoomId,
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) on_committed: OnCommitted,
}

/// A store: one SQLite file and its writer thread. Dropping it writes what waits and ends the thread.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    to_writer: mpsc::SyncSender<ToWriter>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Store {
    /// Opens a store, and makes or migrates its file. Before a migration the file is copied beside
    /// itself (`….before-N`).
    ///
    /// # Errors
    /// What SQLite or the system says, [`StoreError::TooNew`], [`StoreError::Drift`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = schema::connect(path)?;
        let newest = MIGRATIONS.last().map_or(0, |last| last.number);
        let found = schema::version(&connection)?;
        if found > 0 && found < newest {
            let mut copy = path.as_os_str().to_owned();
            copy.push(format!(".before-{newest}"));
            crate::backup::copy(&connection, Path::new(&copy))?;
        }
        schema::migrate(&mut connection, path, newest)?;
        let (to_writer, from_rooms) = mpsc::sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("jl-store".to_owned())
            .spawn(move || Writer { connection, waiting: Vec::new(), known: HashSet::new() }.run(&from_rooms))
            .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), to_writer, thread: Some(thread) })
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a journal for one room.
    pub fn journal(&self) -> StoreJournal {
        StoreJournal::new(self.to_writer.clone())
    }

    /// Returns a journal for a room that ran without one: its events stand on `state`, which goes to
    /// the disk before them. Never blocks; the receiver says when `state` is safe.
    ///
    /// # Errors
    /// [`StoreError::Closed`], also when the writer has more to do than it can hold.
    pub fn journal_on(
        &self,
        room: &RoomId,
        state: RoomState,
    ) -> Result<(StoreJournal, mpsc::Receiver<Result<(), StoreError>>), StoreError> {
        let (done, answer) = mpsc::sync_channel(1);
        let message = ToWriter::Snapshot { room: room.clone(), state: Box::new(state), done };
        self.to_writer.try_send(message).map_err(|_| StoreError::Closed)?;
        Ok((self.journal(), answer))
    }

    /// Keeps a whole room, so that loading it replays fewer events. Waits for the disk. A room that
    /// begins with a show that is not the default one keeps a snapshot at 0 first: its events stand
    /// on it.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::Closed`].
    pub fn save_snapshot(&self, room: &RoomId, state: RoomState) -> Result<(), StoreError> {
        let (done, answer) = mpsc::sync_channel(1);
        let message = ToWriter::Snapshot { room: room.clone(), state: Box::new(state), done };
        self.to_writer.send(message).map_err(|_| StoreError::Closed)?;
        answer.recv().map_err(|_| StoreError::Closed)?
    }

    /// Takes one person's words and names out of a room's past: chat and profile. Returns how many
    /// events lost something. Waits for the disk; older snapshots of the room go.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::Closed`].
    pub fn erase(&self, room: &RoomId, member: sync_protocol::MemberId) -> Result<usize, StoreError> {
        let (done, answer) = mpsc::sync_channel(1);
        let message = ToWriter::Erase { room: room.clone(), member, done };
        self.to_writer.send(message).map_err(|_| StoreError::Closed)?;
        answer.recv().map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Fails only when the writer has ended already.
        let _ = self.to_writer.send(ToWriter::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported there.
            let _ = thread.join();
        }
    }
}

struct Writer {
    connection: Connection,
    /// What a failed commit left behind, oldest first.
    waiting: Vec<Batch>,
    /// Rooms that are on the disk.
    known: HashSet<RoomId>,
}

impl Writer {
    fn run(mut self, from_rooms: &mpsc::Receiver<ToWriter>) {
        loop {
            let first = if self.waiting.is_empty() {
                from_rooms.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                from_rooms.recv_timeout(RETRY_INTERVAL)
            };
            let mut batches = std::mem::take(&mut self.waiting);
            let mut others = Vec::new();
            match first {
                Ok(message) => sort(message, &mut batches, &mut others),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.commit(batches),
            }
            // What came while the disk was busy goes with it.
            while others.is_empty() && batches.len() < MAX_BATCHES_PER_COMMIT {
                let Ok(message) = from_rooms.try_recv() else { break };
                sort(message, &mut batches, &mut others);
            }
            self.commit(batches);
            for message in others {
                match message {
                    // Whoever asked may have gone: then nobody hears the answer.
                    ToWriter::Snapshot { room, state, done } => drop(done.send(self.snapshot(&room, &state))),
                    ToWriter::Erase { room, member, done } => drop(done.send(self.erase(&room, member))),
                    ToWriter::Stop | ToWriter::Events(_) => return,
                }
            }
        }
    }

    fn commit(&mut self, mut batches: Vec<Batch>) {
        if batches.is_empty() {
            return;
        }
        let written = self.write(&batches);
        if let Err(error) = &written {
            warn!(%error, num_batches = batches.len(), "journal not written, trying again");
        }
        // A room hears of its last batch: that includes the others.
        let mut told = HashSet::new();
        for batch in batches.iter_mut().rev().filter(|batch| told.insert(batch.room.clone())) {
            let last = batch.events.last().map_or(Seq(0), |event| event.seq);
            let failed = |error: &StoreError| JournalError::Waiting { reason: error.to_string() };
            (batch.on_committed)(written.as_ref().map(|()| last).map_err(failed));
        }
        if written.is_err() {
            self.waiting = batches;
        }
    }

    /// All or nothing.
    fn write(&mut self, batches: &[Batch]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut room = transaction
                .prepare_cached("INSERT OR IGNORE INTO rooms (id, created_millis) VALUES (?1, ?2)")?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO events (room, seq, member, at_millis, event, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let mut index =
                transaction.prepare_cached("INSERT INTO said (text, room, seq) VALUES (?1, ?2, ?3)")?;
            for batch in batches {
                if !self.known.contains(&batch.room) {
                    room.execute(params![batch.room.as_str(), wall_millis()])?;
                }
                for event in &batch.events {
                    let body = to_json(&batch.room, event)?;
                    let (seq, at) = (event.seq.0, event.at_millis);
                    insert.execute(params![
                        batch.room.as_str(),
                        seq,
                        event.member.0,
                        at,
                        name(&body),
                        body
                    ])?;
                    if let EventKind::Said { text } = &event.kind {
                        index.execute(params![text, batch.room.as_str(), seq])?;
                    }
                }
            }
        }
        transaction.commit()?;
        for batch in batches {
            if !self.known.contains(&batch.room) {
                self.known.insert(batch.room.clone());
            }
        }
        Ok(())
    }

    fn snapshot(&mut self, room: &RoomId, state: &RoomState) -> Result<(), StoreError> {
        let damaged = |error: serde_json::Error| StoreError::Damaged {
            room: room.clone(),
            seq: state.seq,
            reason: error.to_string(),
        };
        let body = serde_json::to_string(state).map_err(damaged)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT OR IGNORE INTO rooms (id, created_millis) VALUES (?1, ?2)",
            params![room.as_str(), wall_millis()],
        )?;
        transaction.execute(
            "INSERT OR REPLACE INTO snapshots (room, seq, at_millis, sha256, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![room.as_str(), state.seq.0, wall_millis(), schema::hash(&body), body],
        )?;
        Ok(transaction.commit()?)
    }

    fn erase(&mut self, room: &RoomId, member: sync_protocol::MemberId) -> Result<usize, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let who = params![room.as_str(), member.0];
        // A message that was taken away is empty; a member without a name is `gone`.
        let mut num = transaction.execute(
            "UPDATE events SET body = json_set(body, '$.text', '')
             WHERE room = ?1 AND member = ?2 AND event IN ('said', 'message_edited')",
            who,
        )?;
        transaction.execute(
            "UPDATE events SET body = json_set(body, '$.was', '')
             WHERE room = ?1 AND member = ?2 AND event = 'message_edited'",
            who,
        )?;
        num += transaction.execute(
            "UPDATE events SET body = json_set(body, '$.who.name', 'gone')
             WHERE room = ?1 AND event IN ('member_joined', 'member_changed') AND json_extract(body, '$.who.id') = ?2",
            who,
        )?;
        transaction.execute(
            "UPDATE events SET body = json_set(body, '$.was.name', 'gone')
             WHERE room = ?1 AND event = 'member_changed' AND json_extract(body, '$.was.id') = ?2",
            who,
        )?;
        transaction.execute(
            "DELETE FROM said WHERE rowid IN (
                 SELECT said.rowid FROM said JOIN events ON events.room = said.room AND events.seq = said.seq
                 WHERE events.room = ?1 AND events.member = ?2)",
            who,
        )?;
        // But not what the first event stands on.
        transaction.execute(
            "DELETE FROM snapshots WHERE room = ?1
                 AND seq > (SELECT coalesce(min(seq), 1) - 1 FROM events WHERE room = ?1)",
            [room.as_str()],
        )?;
        // Search keeps what was deleted until it is rebuilt.
        transaction.execute("INSERT INTO said (said) VALUES ('rebuild')", [])?;
        transaction.commit()?;
        // Out of the log too.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(num)
    }
}

fn sort(message: ToWriter, batches: &mut Vec<Batch>, others: &mut Vec<ToWriter>) {
    match message {
        ToWriter::Events(batch) => batches.push(batch),
        other => others.push(other),
    }
}

fn to_json(room: &RoomId, event: &Event) -> Result<String, StoreError> {
    serde_json::to_string(event).map_err(|error| StoreError::Damaged {
        room: room.clone(),
        seq: event.seq,
        reason: error.to_string(),
    })
}

/// The event's name, from its JSON: `"event":"said"`. What stands before it are numbers.
fn name(body: &str) -> &str {
    const MARK: &str = "\"event\":\"";
    let after = body.find(MARK).and_then(|at| body.get(at + MARK.len()..));
    after.and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

pub(crate) fn wall_millis() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
