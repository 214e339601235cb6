//! `jamlight db`: looks after the rooms' journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

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
        /// What the person calls itself there, or once did.
        name: String,
        /// Which of several who were called so, by the number that is listed then; may be repeated.
        #[arg(long = "member", value_name = "NUMBER")]
        members: Vec<u32>,
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
        DbTask::Erase { room, name, members } => {
            let paths = super::host::paths(args.home.as_deref())?;
            // A room that is open would go on with what it remembers.
            let _lock = JamHome::open(&paths)?.lock()?;
            let room = super::host::room_id(room)?;
            let erased = erase(&store, &TakeShelf::of(&paths, &room), &room, name, members)?;
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

/// What the journal knows of a person.
#[derive(Default)]
struct Past {
    names: BTreeSet<String>,
    /// When it was there, in milliseconds since 1970.
    there: Vec<(u64, u64)>,
    came_millis: Option<u64>,
    num_said: usize,
    last_said: String,
}

fn erase(
    store: &Store,
    takes: &TakeShelf,
    room: &RoomId,
    name: &str,
    members: &[u32],
) -> anyhow::Result<Erased> {
    let mut called = pasts(store, room)?;
    called.retain(|_, past| past.names.contains(name));
    if called.is_empty() {
        bail!("nobody in the room {:?} is called {name:?}", room.as_str());
    }
    if let Some(other) = members.iter().find(|id| !called.contains_key(&MemberId(**id))) {
        bail!("number {other} was never called {name:?}: it is one of {}", list(&called));
    }
    if members.is_empty() && called.len() > 1 {
        bail!(
            "{} people were called {name:?}: say --member with the number of each who asked for it, of {}",
            called.len(),
            list(&called)
        );
    }
    called.retain(|id, _| members.is_empty() || members.contains(&id.0));
    // The sound first: what fails after it can be asked for again by the same name.
    let there: Vec<(u64, u64)> = called.values().flat_map(|past| past.there.iter().copied()).collect();
    let num_sounds = takes.erase_sound(&there);
    let num_events = called.keys().map(|id| store.erase(room, *id)).sum::<Result<usize, _>>()?;
    Ok(Erased { num_events, num_sounds })
}

/// Everyone who ever was in a room.
fn pasts(store: &Store, room: &RoomId) -> anyhow::Result<BTreeMap<MemberId, Past>> {
    let session =
        store.load(room, Until::Now)?.with_context(|| format!("there is no room {:?}", room.as_str()))?;
    let mut pasts: BTreeMap<MemberId, Past> = BTreeMap::new();
    for one in session.members() {
        pasts.entry(one.id).or_default().names.insert(one.name.clone());
    }
    for event in store.events(room, Seq(0), usize::MAX)? {
        match event.kind {
            EventKind::MemberJoined { who } => {
                let past = pasts.entry(who.id).or_default();
                past.names.insert(who.name);
                past.came_millis.get_or_insert(event.at_millis);
            }
            EventKind::MemberChanged { who, was } => {
                pasts.entry(who.id).or_default().names.extend([who.name, was.name]);
            }
            EventKind::MemberLeft { who } | EventKind::MemberKicked { who, .. } => {
                let past = pasts.entry(who).or_default();
                past.there.extend(past.came_millis.take().map(|from| (from, event.at_millis)));
            }
            EventKind::Said { text } => {
                let past = pasts.entry(event.member).or_default();
                (past.num_said, past.last_said) = (past.num_said + 1, text);
            }
            _ => {}
        }
    }
    for past in pasts.values_mut() {
        past.there.extend(past.came_millis.take().map(|from| (from, u64::MAX)));
    }
    Ok(pasts)
}

/// What tells people of one name apart.
fn list(called: &BTreeMap<MemberId, Past>) -> String {
    let now_secs = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let line = |(id, past): (&MemberId, &Past)| {
        let came = past.there.first().map(|(from, _)| ago(now_secs.saturating_sub(from / 1_000)));
        let came = came.unwrap_or_else(|| "before the journal began".to_owned());
        let said = match past.num_said {
            0 => "said nothing".to_owned(),
            num => format!("{num} messages, the last {:?}", short(&past.last_said)),
        };
        format!("{} (came {came}, {said})", id.0)
    };
    called.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn ago(secs: u64) -> String {
    match secs {
        0..3_600 => format!("{} min ago", secs / 60),
        3_600..172_800 => format!("{} h ago", secs / 3_600),
        _ => format!("{} days ago", secs / 86_400),
    }
}

/// Enough of a message to know it again.
fn short(said: &str) -> String {
    let mut start: String = super::host::clean(said).chars().take(40).collect();
    if start.len() < said.len() {
        start.push('…');
    }
    start
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
