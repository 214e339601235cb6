//! `jamlight db`: looks after the rooms' journal.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::json;
use sync_store::Store;

use crate::jam::JamHome;

/// Looks after what rooms left behind.
#[derive(Debug, clap::Args)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    task: DbTask,
    /// The file; the journal of this installation unless given.
    #[arg(long, value_name = "FILE", global = true)]
    file: Option<PathBuf>,
    /// Keeps the journal under this folder: tests, portable installations.
    #[arg(long, value_name = "FOLDER", global = true)]
    home: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum DbTask {
    /// Checks the file and replays every room from its first event.
    Verify,
    /// Lists the rooms.
    Rooms,
    /// Copies it while it is in use, and checks the copy.
    Backup {
        /// The copy.
        to: PathBuf,
    },
}

/// Does it.
pub(crate) fn run(args: &DbArgs) -> anyhow::Result<()> {
    let path = match &args.file {
        Some(file) => file.clone(),
        None => JamHome::database_file(&super::host::paths(args.home.as_deref())?),
    };
    if !path.is_file() {
        bail!("no room was ever open here, path: {}", path.display());
    }
    let store = Store::open(&path).with_context(|| format!("path: {}", path.display()))?;
    match &args.task {
        DbTask::Verify => verify(&store, args.json),
        DbTask::Rooms => {
            let rooms = store.rooms()?;
            if args.json {
                println!("{}", json!(rooms));
            } else {
                rooms.iter().for_each(|room| println!("{room}"));
            }
            Ok(())
        }
        DbTask::Backup { to } => {
            let backup = store.back_up(to)?;
            if args.json {
                println!("{}", json!({"path": backup.path, "num_events": backup.num_events}));
            } else {
                println!("{} events are safe in {}", backup.num_events, backup.path.display());
            }
            Ok(())
        }
    }
}

fn verify(store: &Store, as_json: bool) -> anyhow::Result<()> {
    let report = store.verify()?;
    if as_json {
        let line =
            json!({"rooms": report.num_rooms, "events": report.num_events, "problems": report.problems});
        println!("{line}");
    } else {
        println!(
            "{} rooms, {} events, {} problems",
            report.num_rooms,
            report.num_events,
            report.problems.len()
        );
        report.problems.iter().for_each(|problem| println!("{problem}"));
    }
    match report.problems.len() {
        0 => Ok(()),
        1 => bail!("the journal has a problem; restore a backup or start a room of another name"),
        num => bail!("the journal has {num} problems; restore a backup or start a room of another name"),
    }
}
