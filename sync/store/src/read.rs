use rusqlite::{Connection, params};
use sync_protocol::{Event, MemberId, RoomId, RoomState, Seq, Show};
use sync_session::Session;

use crate::{Store, StoreError, schema};

/// How far a room is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// As far as there is.
    Now,
    /// To this event.
    Seq(Seq),
    /// To a moment of the host's clock, in milliseconds since 1970.
    Millis(u64),
}

/// A chat message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// In which room.
    pub room: RoomId,
    /// Its number.
    pub seq: Seq,
    /// The text, with what was looked for in `[…]`.
    pub excerpt: String,
}

/// What a check of the whole database says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many rooms were replayed.
    pub num_rooms: usize,
    /// How many events they have.
    pub num_events: u64,
    /// What is wrong, a sentence each; empty when nothing is.
    pub problems: Vec<String>,
}

impl Store {
    /// Returns the rooms there are.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn rooms(&self) -> Result<Vec<RoomId>, StoreError> {
        rooms(&schema::connect(self.path())?)
    }

    /// Loads a room: its newest good snapshot and the events after it. `None` when there is none of
    /// that name.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::Damaged`] with the first event that cannot be read.
    pub fn load(&self, room: &RoomId, until: Until) -> Result<Option<Session>, StoreError> {
        load(&schema::connect(self.path())?, room, until, true)
    }

    /// Returns events of a room after a number, at most `limit`: a page of its history.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::Damaged`].
    pub fn events(&self, room: &RoomId, after: Seq, limit: usize) -> Result<Vec<Event>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        read_events(&schema::connect(self.path())?, room, after, u64::MAX, u64::MAX, limit)
    }

    /// Returns everything one person did in a room, oldest first: what a person may ask for.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::Damaged`].
    pub fn events_of(&self, room: &RoomId, member: MemberId) -> Result<Vec<Event>, StoreError> {
        let all = read_events(&schema::connect(self.path())?, room, Seq(0), u64::MAX, u64::MAX, i64::MAX)?;
        Ok(all.into_iter().filter(|event| event.member == member).collect())
    }

    /// Searches the chat of all rooms, best first. The words are taken as they are: nothing in them
    /// is an operator.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn search(&self, words: &str, limit: usize) -> Result<Vec<Found>, StoreError> {
        let query: Vec<String> =
            words.split_whitespace().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let connection = schema::connect(self.path())?;
        let mut statement = connection.prepare(
            "SELECT room, seq, snippet(said, 0, '[', ']', '…', 16) FROM said WHERE said MATCH ?1 ORDER BY rank LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = statement.query_map(params![query.join(" "), limit], |row| {
            Ok(Found { room: RoomId(row.get(0)?), seq: Seq(row.get(1)?), excerpt: row.get(2)? })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Checks the file and replays every room from its first event.
    ///
    /// # Errors
    /// What SQLite says when it cannot even look. What is wrong inside is in the report.
    pub fn verify(&self) -> Result<Report, StoreError> {
        let connection = schema::connect(self.path())?;
        let mut report = Report::default();
        let mut check = connection.prepare("PRAGMA integrity_check")?;
        let verdicts = check.query_map([], |row| row.get::<_, String>(0))?;
        for verdict in verdicts {
            report.problems.extend(Some(verdict?).filter(|verdict| verdict != "ok"));
        }
        let strangers: u64 =
            connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
        if strangers > 0 {
            report.problems.push(format!("{strangers} records belong to no room"));
        }
        for room in rooms(&connection)? {
            report.num_rooms += 1;
            let replayed = load(&connection, &room, Until::Now, false);
            let resumed = load(&connection, &room, Until::Now, true);
            match (replayed, resumed) {
                (Ok(Some(replayed)), Ok(Some(resumed))) => {
                    report.num_events += replayed.seq().0;
                    if replayed.show() != resumed.show() || replayed.seq() != resumed.seq() {
                        report
                            .problems
                            .push(format!("a snapshot of room {room:?} is not what its events say"));
                    }
                }
                (Err(error), _) | (_, Err(error)) => report.problems.push(error.to_string()),
                _ => {}
            }
        }
        Ok(report)
    }
}

fn rooms(connection: &Connection) -> Result<Vec<RoomId>, StoreError> {
    let mut statement = connection.prepare("SELECT id FROM rooms ORDER BY id")?;
    let rooms = statement.query_map([], |row| row.get(0).map(RoomId))?;
    Ok(rooms.collect::<Result<_, _>>()?)
}

fn load(
    connection: &Connection,
    room: &RoomId,
    until: Until,
    use_snapshots: bool,
) -> Result<Option<Session>, StoreError> {
    let (until_seq, until_millis) = match until {
        Until::Now => (u64::MAX, u64::MAX),
        Until::Seq(seq) => (seq.0, u64::MAX),
        Until::Millis(millis) => (u64::MAX, millis),
    };
    if !rooms(connection)?.contains(room) {
        return Ok(None);
    }
    let snapshots = snapshots(connection, room, until_seq, until_millis)?;
    let first: Option<u64> =
        connection
            .query_row("SELECT min(seq) FROM events WHERE room = ?1", [room.as_str()], |row| row.get(0))?;
    // What the first event stands on: a show from a file, or a room that ran before it was journaled.
    let base = Seq(first.map_or(0, |first| first.saturating_sub(1)));
    let wanted = |state: &&RoomState| use_snapshots || state.seq == base || first.is_none();
    let mut session = match snapshots.iter().find(wanted) {
        Some(state) => Session::from_state(state.clone()),
        None => Session::new(Show::default()),
    };
    for event in read_events(connection, room, session.seq(), until_seq, until_millis, i64::MAX)? {
        session.replay(&event).map_err(|gap| StoreError::Damaged {
            room: room.clone(),
            seq: event.seq,
            reason: gap.to_string(),
        })?;
    }
    Ok(Some(session))
}

/// The good snapshots of a room, newest first. A damaged one is passed over: the one before it and
/// more events say the same.
fn snapshots(
    connection: &Connection,
    room: &RoomId,
    seq: u64,
    millis: u64,
) -> Result<Vec<RoomState>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT sha256, body FROM snapshots WHERE room = ?1 AND seq <= ?2 AND (at_millis <= ?3 OR seq = 0) ORDER BY seq DESC",
    )?;
    let rows = statement.query_map(params![room.as_str(), as_i64(seq), as_i64(millis)], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut states = Vec::new();
    for row in rows {
        let (sha256, body) = row?;
        if schema::hash(&body) == sha256
            && let Ok(state) = serde_json::from_str(&body)
        {
            states.push(state);
        }
    }
    Ok(states)
}

fn read_events(
    connection: &Connection,
    room: &RoomId,
    after: Seq,
    until_seq: u64,
    until_millis: u64,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT seq, body FROM events WHERE room = ?1 AND seq > ?2 AND seq <= ?3 AND at_millis <= ?4 ORDER BY seq LIMIT ?5",
    )?;
    let wanted = params![room.as_str(), as_i64(after.0), as_i64(until_seq), as_i64(until_millis), limit];
    let rows = statement.query_map(wanted, |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)))?;
    let mut events = Vec::new();
    for row in rows {
        let (seq, body) = row?;
        let event = serde_json::from_str(&body).map_err(|error| StoreError::Damaged {
            room: room.clone(),
            seq: Seq(seq),
            reason: error.to_string(),
        })?;
        events.push(event);
    }
    Ok(events)
}

fn as_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
