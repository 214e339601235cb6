//! `jamlight db`: looks after the rooms' journal.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::json;
use sync_protocol::{EventKind, MemberId, RoomId, Seq};
use sync_store::{Store, Until};

use crate::jam::{JamHome, TakeShelf};

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
    /// Takes what a person said and was called out of a room's past, and the sound of what was recorded
    /// while it was there.
    Erase {
        /// The room's name.
        room: String,
        /// What the person calls itself there.
        name: String,
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
        DbTask::Erase { room, name } => {
            let paths = super::host::paths(args.home.as_deref())?;
            // A room that is open would go on with what it remembers.
            let _lock = JamHome::open(&paths)?.lock()?;
            let room = super::host::room_id(room)?;
            let erased = erase(&store, &TakeShelf::of(&paths, &room), &room, name)?;
            if args.json {
                println!("{}", json!({"events": erased.num_events, "sounds": erased.num_sounds}));
            } else {
                println!(
                    "{} events and {} recordings of sound lost {name:?}",
                    erased.num_events, erased.num_sounds
                );
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

struct Erased {
    num_events: usize,
    num_sounds: usize,
}

fn erase(store: &Store, takes: &TakeShelf, room: &RoomId, name: &str) -> anyhow::Result<Erased> {
    let session =
        store.load(room, Until::Now)?.with_context(|| format!("there is no room {:?}", room.as_str()))?;
    let who: Vec<MemberId> = session.members().filter(|one| one.name == name).map(|one| one.id).collect();
    if who.is_empty() {
        bail!("nobody in the room {:?} is called {name:?}", room.as_str());
    }
    let mut there = Vec::new();
    let mut since = BTreeMap::new();
    for event in store.events(room, Seq(0), usize::MAX)? {
        match &event.kind {
            EventKind::MemberJoined { who: one } if who.contains(&one.id) => {
                since.entry(one.id).or_insert(event.at_millis);
            }
            EventKind::MemberLeft { who: id } | EventKind::MemberKicked { who: id, .. } => {
                there.extend(since.remove(id).map(|from| (from, event.at_millis)));
            }
            _ => {}
        }
    }
    there.extend(since.into_values().map(|from| (from, u64::MAX)));
    // The sound first: what fails after it can be asked for again by the same name.
    let num_sounds = takes.erase_sound(&there);
    let num_events = who.iter().map(|id| store.erase(room, *id)).sum::<Result<usize, _>>()?;
    Ok(Erased { num_events, num_sounds })
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
