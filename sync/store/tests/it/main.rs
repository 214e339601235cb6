//! What survives: through the store's public door, on real files.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may panic, and look at files")]

mod crash;
mod disk;

use std::path::Path;
use std::sync::{Arc, mpsc};

use sync_protocol::{Command, Event, LayerId, Member, MemberId, Role, RoomId, Seq, Show};
use sync_session::{Journal, Origin, Session};
use sync_store::{Store, StoreJournal, Until};

const ME: MemberId = MemberId(1);

struct Room {
    id: RoomId,
    session: Session,
    journal: StoreJournal,
}

impl Room {
    fn new(store: &Store) -> Self {
        let mut room =
            Self { id: "friday".into(), session: Session::new(Show::default()), journal: store.journal() };
        let joined =
            room.session.join(Origin { member: ME, ..Origin::default() }, Member::new(ME, "ana", Role::Host));
        room.keep(vec![joined.unwrap().unwrap()]);
        room
    }

    fn ask(&mut self, at_millis: u64, command: Command) {
        let events = self.session.apply(Origin { member: ME, no: 0, at_millis }, command).unwrap();
        self.keep(events);
    }

    /// Waits until the disk has it.
    fn keep(&mut self, events: Vec<Event>) {
        let (done, committed) = mpsc::channel();
        let events: Vec<_> = events.into_iter().map(Arc::new).collect();
        let last = events.last().unwrap().seq;
        self.journal.append(&self.id, events, Box::new(move |commit| drop(done.send(commit))));
        assert_eq!(committed.recv().unwrap(), Ok(last));
    }
}

fn title(n: u64) -> Command {
    Command::SetTitle { title: format!("title {n}") }
}

fn say(text: &str) -> Command {
    Command::Say { text: text.into() }
}

/// What a crash would leave: the files as they are, without a goodbye.
fn copy_files(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        if Path::new(&name(from)).exists() {
            std::fs::copy(name(from), name(to)).unwrap();
        }
    }
}

#[test]
fn every_acknowledged_event_survives_a_crash_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jam.db")).unwrap();
    let mut room = Room::new(&store);
    for n in 0..20 {
        let command = if n % 2 == 0 {
            title(n)
        } else {
            Command::SetOpacity { layer: LayerId(1), opacity: 0.1 / n as f32 }
        };
        room.ask(n, command);
        let crashed = folder.path().join(format!("crash-{n}.db"));
        copy_files(store.path(), &crashed);
        let reopened = Store::open(&crashed).unwrap();
        assert_eq!(reopened.load(&room.id, Until::Now).unwrap().unwrap(), room.session, "after {n}");
        assert!(reopened.verify().unwrap().problems.is_empty());
    }
}

#[test]
fn a_room_comes_back_from_a_snapshot_and_what_came_after_and_from_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jam.db")).unwrap();
    let mut room = Room::new(&store);
    let mut past = Vec::new();
    for n in 1..=30 {
        room.ask(n * 1_000, title(n));
        past.push(room.session.clone());
        if n % 10 == 0 {
            store.save_snapshot(&room.id, room.session.state(None)).unwrap();
        }
    }
    assert_eq!(store.load(&room.id, Until::Now).unwrap().unwrap(), room.session);
    for (idx, then) in past.iter().enumerate() {
        let by_time = store.load(&room.id, Until::Millis((idx as u64 + 1) * 1_000 + 500)).unwrap().unwrap();
        let by_number = store.load(&room.id, Until::Seq(then.seq())).unwrap().unwrap();
        assert_eq!((&by_time, &by_number), (then, then));
    }
    assert_eq!(store.load(&"nobody".into(), Until::Now).unwrap(), None);
}

#[test]
fn a_damaged_snapshot_is_passed_over_and_reported_by_nobody_being_harmed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jam.db");
    let store = Store::open(&path).unwrap();
    let mut room = Room::new(&store);
    for n in 0..5 {
        room.ask(n, title(n));
        store.save_snapshot(&room.id, room.session.state(None)).unwrap();
    }
    let vandal = rusqlite::Connection::open(&path).unwrap();
    vandal.execute("UPDATE snapshots SET body = replace(body, 'title 4', 'title 9')", []).unwrap();
    assert_eq!(store.load(&room.id, Until::Now).unwrap().unwrap(), room.session);
    assert!(store.verify().unwrap().problems.is_empty());
}

#[test]
fn the_journal_is_append_only_and_gapless_whoever_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jam.db");
    let store = Store::open(&path).unwrap();
    let mut room = Room::new(&store);
    room.ask(1, title(1));
    let vandal = rusqlite::Connection::open(&path).unwrap();
    for statement in [
        "DELETE FROM events",
        "UPDATE events SET seq = seq + 1",
        "UPDATE events SET member = 2",
        "INSERT INTO events VALUES ('friday', 9, 1, 1, 'said', '{}')",
        "INSERT INTO events VALUES ('nowhere', 1, 1, 1, 'said', '{}')",
        "INSERT INTO events VALUES ('friday', 3, 1, 1, 'said', 'no json')",
        "INSERT INTO events VALUES ('friday', 'three', 1, 1, 'said', '{}')",
    ] {
        vandal.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        assert!(vandal.execute(statement, []).is_err(), "{statement}");
    }
    assert_eq!(store.events(&room.id, Seq(0), 10).unwrap().len(), 2);
}

#[test]
fn a_backup_taken_while_writing_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jam.db")).unwrap();
    let mut room = Room::new(&store);
    (0..50).for_each(|n| room.ask(n, title(n)));
    let backup = store.back_up(&folder.path().join("backup.db")).unwrap();
    (50..60).for_each(|n| room.ask(n, title(n)));
    assert_eq!(backup.num_events, 51);
    let restored = Store::open(&backup.path).unwrap();
    let then = store.load(&room.id, Until::Seq(Seq(51))).unwrap();
    assert_eq!(restored.load(&room.id, Until::Now).unwrap(), then);
}

#[test]
fn search_finds_words_and_takes_nothing_as_an_operator() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jam.db")).unwrap();
    let mut room = Room::new(&store);
    for text in ["more bass please", "the bass is fine", "NOT \"quoted\" OR *"] {
        room.ask(1, say(text));
    }
    let check = |words: &str, expected: usize| {
        assert_eq!(store.search(words, 10).unwrap().len(), expected, "{words}")
    };
    check("bass", 2);
    check("bass fine", 1);
    check("NOT", 1);
    check("\"quoted\" OR *", 1);
    check("'; DROP TABLE events --", 0);
    check("", 0);
    assert_eq!(store.search("please", 1).unwrap()[0].excerpt, "more bass [please]");
}

#[test]
fn one_persons_words_can_be_taken_out_and_the_room_still_replays() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jam.db")).unwrap();
    let mut room = Room::new(&store);
    room.ask(1, say("my secret"));
    room.ask(2, title(1));
    assert_eq!(store.events_of(&room.id, ME).unwrap().len(), 3);
    assert_eq!(store.erase(&room.id, ME).unwrap(), 2);
    let session = store.load(&room.id, Until::Now).unwrap().unwrap();
    assert_eq!(
        (session.chat().next().unwrap().text.as_str(), session.member(ME).unwrap().name.as_str()),
        ("", "gone")
    );
    assert_eq!(session.show().title, "title 1");
    assert!(store.search("secret", 1).unwrap().is_empty());
    drop(store);
    let bytes = std::fs::read(folder.path().join("jam.db")).unwrap();
    assert!(!bytes.windows(9).any(|window| window == b"my secret"), "not even in free pages");
}

#[test]
fn what_the_disk_refuses_waits_and_goes_with_the_next_commit_that_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jam.db");
    let store = Store::open(&path).unwrap();
    let mut room = Room::new(&store);
    let vandal = rusqlite::Connection::open(&path).unwrap();
    vandal
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        )
        .unwrap();
    let (done, committed) = mpsc::channel();
    for n in 0..3 {
        let events = room.session.apply(Origin { member: ME, no: 0, at_millis: n }, title(n)).unwrap();
        let done = done.clone();
        let on_committed = Box::new(move |commit| drop(done.send(commit)));
        room.journal.append(&room.id, events.into_iter().map(Arc::new).collect(), on_committed);
        let refusal = committed.recv().unwrap().unwrap_err().to_string();
        assert!(refusal.contains("disk full"), "{refusal}");
    }
    vandal.execute_batch("DROP TRIGGER full").unwrap();
    room.ask(9, title(9));
    assert_eq!(store.load(&room.id, Until::Now).unwrap().unwrap(), room.session);
}

/// A show that was opened to others in the middle of it.
#[test]
fn a_room_that_was_journaled_late_stands_on_what_it_was_then() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("rooms.db")).unwrap();
    let id: RoomId = "late".into();
    let mut session = Session::new(Show::default());
    let origin = Origin { member: ME, ..Origin::default() };
    session.join(origin, Member::new(ME, "ana", Role::Host)).unwrap();
    for n in 0..5 {
        session.apply(origin, title(n)).unwrap();
    }
    let (journal, safe) = store.journal_on(&id, session.state(None)).unwrap();
    let mut room = Room { id: id.clone(), session, journal };
    room.ask(1, title(77));
    room.ask(2, say("hello"));
    safe.recv().unwrap().unwrap();
    assert_eq!(store.load(&id, Until::Now).unwrap().unwrap(), room.session);
    // A later snapshot is no reason to forget the first.
    store.save_snapshot(&id, room.session.state(None)).unwrap();
    room.ask(3, title(78));
    assert_eq!(store.load(&id, Until::Now).unwrap().unwrap().show().title, "title 78");
    let report = store.verify().unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}
