//! What changes in a library: which tracks are where. SQLite, so that each change is whole or not at all.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::{RecognitionError, TrackId, TrackInfo};

/// The layout below.
const VERSION: u32 = 1;
/// How long a reader waits for a writer's commit, in milliseconds.
const BUSY_MILLIS: u64 = 2_000;

const SCHEMA: &str = "
    CREATE TABLE segments (id INTEGER PRIMARY KEY, file TEXT NOT NULL UNIQUE);
    CREATE TABLE tracks (
        id INTEGER PRIMARY KEY,
        segment INTEGER NOT NULL REFERENCES segments(id),
        slot INTEGER NOT NULL,
        content BLOB NOT NULL UNIQUE,
        path TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        modified_millis INTEGER NOT NULL,
        secs REAL NOT NULL,
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        album TEXT NOT NULL,
        UNIQUE (segment, slot)
    );
    CREATE INDEX tracks_by_path ON tracks(path);
    PRAGMA user_version = 1;
";

#[derive(Debug)]
pub(crate) struct Catalogue {
    connection: Connection,
}

/// A row of `segments`.
pub(crate) struct SegmentRow {
    pub(crate) id: i64,
    pub(crate) file: String,
}

impl Catalogue {
    pub(crate) fn open(path: &Path) -> Result<Self, RecognitionError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_millis(BUSY_MILLIS))?;
        // Readers go on while a writer commits; a commit is on the disk when it says so.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > VERSION {
            return Err(RecognitionError::TooNew { found, known: VERSION, path: path.to_owned() });
        }
        if found == 0 {
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            // Another process may have been first.
            let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            if found == 0 {
                transaction.execute_batch(SCHEMA)?;
            }
            transaction.commit()?;
        }
        Ok(Self { connection })
    }

    /// A number that changes when another program has committed something.
    pub(crate) fn data_version(&self) -> Result<i64, RecognitionError> {
        Ok(self.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }

    pub(crate) fn segments(&self) -> Result<Vec<SegmentRow>, RecognitionError> {
        let mut statement = self.connection.prepare_cached("SELECT id, file FROM segments ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok(SegmentRow { id: row.get(0)?, file: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All tracks, by path.
    pub(crate) fn tracks(&self) -> Result<Vec<TrackInfo>, RecognitionError> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {INFO} FROM tracks ORDER BY path, id"))?;
        let rows = statement.query_map([], info)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn num_tracks(&self) -> Result<u64, RecognitionError> {
        Ok(self.connection.query_row("SELECT count(*) FROM tracks", [], |row| row.get(0))?)
    }

    /// The slots of a segment that hold a track.
    pub(crate) fn slots(&self, segment: i64) -> Result<Vec<u32>, RecognitionError> {
        let mut statement =
            self.connection.prepare_cached("SELECT slot FROM tracks WHERE segment = ?1 ORDER BY slot")?;
        let rows = statement.query_map([segment], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn at(&self, segment: i64, slot: u32) -> Result<Option<TrackInfo>, RecognitionError> {
        let sql = format!("SELECT {INFO} FROM tracks WHERE segment = ?1 AND slot = ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![segment, slot], info).optional()?)
    }

    pub(crate) fn by_content(&self, content: &[u8; 32]) -> Result<Option<TrackInfo>, RecognitionError> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {INFO} FROM tracks WHERE content = ?1"))?;
        Ok(statement.query_row([content.as_slice()], info).optional()?)
    }

    pub(crate) fn by_path(&self, path: &str) -> Result<Vec<TrackInfo>, RecognitionError> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {INFO} FROM tracks WHERE path = ?1"))?;
        let rows = statement.query_map([path], info)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Enters a segment with its tracks, in the order of their slots.
    pub(crate) fn add_segment(&mut self, file: &str, tracks: &[TrackInfo]) -> Result<(), RecognitionError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("INSERT INTO segments (file) VALUES (?1)", [file])?;
        let segment = transaction.last_insert_rowid();
        for (slot, track) in (0_u32..).zip(tracks) {
            transaction
                .prepare_cached(
                    "INSERT INTO tracks (segment, slot, content, path, size_bytes, modified_millis, secs,
                     title, artist, album) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?
                .execute(params![
                    segment,
                    slot,
                    track.content.as_slice(),
                    path_text(&track.path),
                    track.size_bytes,
                    track.modified_millis,
                    track.secs,
                    track.title,
                    track.artist,
                    track.album
                ])?;
        }
        Ok(transaction.commit()?)
    }

    /// Replaces segments by one. `moved` names each track's old place and is in the order of new slots.
    pub(crate) fn replace_segments(
        &mut self,
        old: &[i64],
        file: &str,
        moved: &[(i64, u32)],
    ) -> Result<(), RecognitionError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("INSERT INTO segments (file) VALUES (?1)", [file])?;
        let segment = transaction.last_insert_rowid();
        for (slot, (old_segment, old_slot)) in (0_u32..).zip(moved) {
            transaction
                .prepare_cached("UPDATE tracks SET segment = ?1, slot = ?2 WHERE segment = ?3 AND slot = ?4")?
                .execute(params![segment, slot, old_segment, old_slot])?;
        }
        for id in old {
            transaction.execute("DELETE FROM tracks WHERE segment = ?1", [id])?;
            transaction.execute("DELETE FROM segments WHERE id = ?1", [id])?;
        }
        Ok(transaction.commit()?)
    }

    /// Forgets a segment whose file is gone, with its tracks. Returns how many.
    pub(crate) fn drop_segment(&mut self, segment: i64) -> Result<usize, RecognitionError> {
        let transaction = self.connection.transaction()?;
        let lost = transaction.execute("DELETE FROM tracks WHERE segment = ?1", [segment])?;
        transaction.execute("DELETE FROM segments WHERE id = ?1", [segment])?;
        transaction.commit()?;
        Ok(lost)
    }

    /// Notes where a known file is now, and what its tags say now.
    pub(crate) fn update(&mut self, id: TrackId, track: &TrackInfo) -> Result<(), RecognitionError> {
        self.connection.execute(
            "UPDATE tracks SET path = ?2, size_bytes = ?3, modified_millis = ?4, title = ?5, artist = ?6,
             album = ?7 WHERE id = ?1",
            params![
                id.0,
                path_text(&track.path),
                track.size_bytes,
                track.modified_millis,
                track.title,
                track.artist,
                track.album
            ],
        )?;
        Ok(())
    }

    pub(crate) fn remove(&mut self, ids: &[TrackId]) -> Result<usize, RecognitionError> {
        let transaction = self.connection.transaction()?;
        let mut removed = 0;
        for id in ids {
            removed += transaction.execute("DELETE FROM tracks WHERE id = ?1", [id.0])?;
        }
        transaction.commit()?;
        Ok(removed)
    }
}

/// The columns [`info`] reads.
const INFO: &str = "id, content, path, size_bytes, modified_millis, secs, title, artist, album";

fn info(row: &Row<'_>) -> rusqlite::Result<TrackInfo> {
    Ok(TrackInfo {
        id: TrackId(row.get(0)?),
        content: row.get(1)?,
        path: PathBuf::from(row.get::<_, String>(2)?),
        size_bytes: row.get(3)?,
        modified_millis: row.get(4)?,
        secs: row.get(5)?,
        title: row.get(6)?,
        artist: row.get(7)?,
        album: row.get(8)?,
    })
}

/// Paths are kept as text; one that is not is found again by its content.
pub(crate) fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
