//! What survives a room: its journal and snapshots in one SQLite file.
//!
//! [`Store`] owns one writer thread. What arrives while the disk is busy is one commit (group commit
//! without a timer); an event is acknowledged when it is on the disk (`WAL`, `synchronous = FULL`).
//! Reads have connections of their own and never wait for the writer.
//!
//! Knows no room that runs: a session is loaded from here, and its events come back through
//! [`StoreJournal`].
#![expect(
    clippy::disallowed_methods,
    reason = "this crate owns a file, a thread and the time of its records"
)]

mod backup;
mod error;
mod journal;
mod read;
mod schema;
mod store;

pub use backup::Backup;
pub use error::StoreError;
pub use journal::StoreJournal;
pub use read::{Found, Report, Until};
pub use schema::{MIGRATIONS, Migration};
pub use store::Store;
