use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use crate::StoreError;

/// `JAML`, so that `file` and we can tell our databases from others.
const APPLICATION_ID: i32 = 0x4A41_4D4C;

/// Pages of the log that are copied into the file at once, 16 MB: rooms go on writing the same pages, and
/// each is copied once.
const PAGES_PER_CHECKPOINT: u32 = 4_000;

/// One numbered step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1, gapless.
    pub number: u32,
    /// What it brings.
    pub name: &'static str,
    up: &'static str,
    down: &'static str,
}

/// Every step, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "journal",
        up: include_str!("../migrations/0001_journal.up.sql"),
        down: include_str!("../migrations/0001_journal.down.sql"),
    },
    Migration {
        number: 2,
        name: "no index by time",
        up: include_str!("../migrations/0002_no_index_by_time.up.sql"),
        down: include_str!("../migrations/0002_no_index_by_time.down.sql"),
    },
];

/// Opens a database with the settings every connection has.
pub(crate) fn connect(path: &Path) -> Result<Connection, StoreError> {
    use rusqlite::config::DbConfig::{SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_TRUSTED_SCHEMA};
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_db_config(SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", PAGES_PER_CHECKPOINT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // What is erased is overwritten, not only unlinked.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// Returns the schema a database has, 0 for a new one.
pub(crate) fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings a database to a schema, up or down, each step in its own transaction.
///
/// # Errors
/// `TooNew`, `Drift`, or what SQLite says; the database then has the last schema that worked.
pub(crate) fn migrate(connection: &mut Connection, path: &Path, target: u32) -> Result<(), StoreError> {
    let known = MIGRATIONS.last().map_or(0, |last| last.number);
    let found = version(connection)?;
    if found > known {
        return Err(StoreError::TooNew { found, known, path: path.to_owned() });
    }
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (
             number INTEGER NOT NULL PRIMARY KEY,
             name   TEXT    NOT NULL,
             sha256 BLOB    NOT NULL CHECK (length(sha256) = 32)
         ) STRICT",
    )?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    for step in MIGRATIONS.iter().filter(|step| step.number <= found) {
        let applied: Option<Vec<u8>> = connection
            .query_row("SELECT sha256 FROM migrations WHERE number = ?1", [step.number], |row| row.get(0))
            .optional()?;
        if applied.as_deref() != Some(&hash(step.up)[..]) {
            return Err(StoreError::Drift { number: step.number });
        }
    }
    for step in MIGRATIONS.iter().filter(|step| step.number > found && step.number <= target) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step.up)?;
        let applied = params![step.number, step.name, hash(step.up)];
        transaction.execute("INSERT INTO migrations (number, name, sha256) VALUES (?1, ?2, ?3)", applied)?;
        transaction.pragma_update(None, "user_version", step.number)?;
        transaction.commit()?;
    }
    for step in MIGRATIONS.iter().rev().filter(|step| step.number <= found && step.number > target) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step.down)?;
        transaction.execute("DELETE FROM migrations WHERE number = ?1", [step.number])?;
        transaction.pragma_update(None, "user_version", step.number - 1)?;
        transaction.commit()?;
    }
    Ok(())
}

pub(crate) fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema_of(connection: &Connection) -> Vec<String> {
        let query =
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'migrations' ORDER BY name";
        let mut statement = connection.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn up_and_down_and_up_again_is_the_same_schema_at_every_step() {
        let path = Path::new(":memory:");
        for target in 1..=MIGRATIONS.len() as u32 {
            let mut connection = connect(path).unwrap();
            migrate(&mut connection, path, target - 1).unwrap();
            let before = schema_of(&connection);
            migrate(&mut connection, path, target).unwrap();
            let there = schema_of(&connection);
            migrate(&mut connection, path, target - 1).unwrap();
            assert_eq!(schema_of(&connection), before, "down {target}");
            migrate(&mut connection, path, target).unwrap();
            assert_eq!(schema_of(&connection), there, "up {target}");
        }
    }

    #[test]
    fn a_changed_migration_and_a_newer_file_are_refused() {
        let path = Path::new(":memory:");
        let mut connection = connect(path).unwrap();
        migrate(&mut connection, path, 1).unwrap();
        connection.execute("UPDATE migrations SET sha256 = zeroblob(32)", []).unwrap();
        assert!(matches!(migrate(&mut connection, path, 1), Err(StoreError::Drift { number: 1 })));
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(migrate(&mut connection, path, 1), Err(StoreError::TooNew { found: 99, .. })));
    }
}
