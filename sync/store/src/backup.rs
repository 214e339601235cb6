use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup;

use crate::{Store, StoreError, schema};

/// Pages copied at once: 4 MiB, between which the writer gets its turn.
const PAGES_PER_STEP: i32 = 1_024;

/// A backup that passed its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Where it is.
    pub path: PathBuf,
    /// How many events it has.
    pub num_events: u64,
}

impl Store {
    /// Copies the database while it is in use, checks the copy, and only then gives it its name.
    ///
    /// # Errors
    /// What SQLite or the system says; [`StoreError::BadBackup`].
    pub fn back_up(&self, to: &Path) -> Result<Backup, StoreError> {
        let connection = schema::connect(self.path())?;
        let num_events = copy(&connection, to)?;
        Ok(Backup { path: to.to_owned(), num_events })
    }
}

/// Copies through a `.part` file and returns the number of events in the copy.
pub(crate) fn copy(from: &Connection, to: &Path) -> Result<u64, StoreError> {
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let file = |source| StoreError::File { path: part.clone(), source };
    if part.exists() {
        std::fs::remove_file(&part).map_err(file)?;
    }
    let mut copy = Connection::open(&part)?;
    backup::Backup::new(from, &mut copy)?.run_to_completion(PAGES_PER_STEP, Duration::ZERO, None)?;
    // One file, without a log beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let verdict: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::BadBackup { reason: verdict });
    }
    let num_events = copy.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?;
    copy.close().map_err(|(_, source)| StoreError::Sqlite { source })?;
    std::fs::File::open(&part).and_then(|part| part.sync_all()).map_err(file)?;
    std::fs::rename(&part, to).map_err(file)?;
    Ok(num_events)
}
