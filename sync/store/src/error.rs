use std::path::PathBuf;

use sync_protocol::{RoomId, Seq};

/// Why something is not stored or not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database refuses.
    #[error("the database says: {source}")]
    Sqlite {
        /// What it says.
        #[from]
        source: rusqlite::Error,
    },
    /// The file was made by a newer version.
    #[error("the database has schema {found}, this version knows {known}: update first, path: {path}")]
    TooNew {
        /// Its schema.
        found: u32,
        /// The newest one known here.
        known: u32,
        /// Where it is.
        path: PathBuf,
    },
    /// A migration was changed after it had been applied.
    #[error("migration {number} is not the one this database was made with: restore a backup")]
    Drift {
        /// Which.
        number: u32,
    },
    /// A record cannot be read.
    #[error("event {seq} of room {room:?} cannot be read: {reason}")]
    Damaged {
        /// Whose.
        room: RoomId,
        /// Which.
        seq: Seq,
        /// Why.
        reason: String,
    },
    /// A backup does not pass its check, and was not kept.
    #[error("the backup is damaged: {reason}")]
    BadBackup {
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be made, renamed or removed.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether trying again later can help: the disk is full or busy.
    pub fn is_transient(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
        match self {
            Self::Sqlite { source } => matches!(
                source.sqlite_error_code(),
                Some(DiskFull | DatabaseBusy | DatabaseLocked | SystemIoFailure)
            ),
            _ => false,
        }
    }
}
