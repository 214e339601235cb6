//! What was acknowledged is there, whatever ends the process or the power.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use sync_protocol::Seq;
use sync_session::{JournalError, Origin, Session};
use sync_store::{Store, Until};

use crate::disk::{Disk, Fault};
use crate::{ME, Room, say, title};

/// Names the database of the process that is to be killed.
const VICTIM: &str = "JAMLIGHT_TEST_VICTIM";
/// How often it is killed; more by `JAMLIGHT_TEST_KILLS`.
const NUM_KILLS: u64 = 12;

/// The same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// All that a session is, in a few letters.
fn digest(session: &Session) -> String {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(&session.state(None)).unwrap().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn ask(room: &mut Room, n: u64) {
    match n % 3 {
        0 => room.ask(n, say(&format!("message {n}"))),
        _ => room.ask(n, title(n)),
    }
}

/// Opens what is left, and says that it is whole, that nothing acknowledged is missing and that what
/// is there is what was.
fn check_rest(path: &Path, past: &[Session], acknowledged: Seq, when: &str) {
    let store = Store::open(path).unwrap_or_else(|error| panic!("{when}: {error}"));
    assert_eq!(store.verify().unwrap().problems, Vec::<String>::new(), "{when}");
    let rest = store.load(&"friday".into(), Until::Now).unwrap();
    let seq = rest.as_ref().map_or(Seq(0), Session::seq);
    assert!(seq >= acknowledged, "{when}: {acknowledged:?} was acknowledged, {seq:?} is there");
    if let Some(rest) = rest
        && seq > Seq(0)
    {
        assert_eq!(Some(&rest), past.iter().find(|then| then.seq() == seq), "{when}");
    }
}

#[test]
fn power_lost_at_any_write_takes_nothing_that_was_acknowledged() {
    const NUM_LOSSES: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::under(folder.path());
    let path = folder.path().join("jam.db");
    let store = Store::open(&path).unwrap();
    let mut past = Vec::new();
    // What was acknowledged when so many things had been done to the disk.
    let mut acknowledged = vec![(0, Seq(0))];
    let mut room = Room::new(&store);
    for n in 0..60 {
        past.push(room.session.clone());
        acknowledged.push((disk.num_ops(), room.session.seq()));
        ask(&mut room, n);
        if n % 25 == 24 {
            store.save_snapshot(&room.id, room.session.state(None)).unwrap();
        }
        if n % 20 == 19 {
            // The log goes into the file, which is where most can go wrong.
            let other = rusqlite::Connection::open(&path).unwrap();
            other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        }
    }
    past.push(room.session.clone());
    acknowledged.push((disk.num_ops(), room.session.seq()));
    let num_ops = disk.num_ops();
    let mut random = Random(1);
    for loss in 0..NUM_LOSSES {
        let at = num_ops * loss / NUM_LOSSES + random.next() as usize % (num_ops / NUM_LOSSES).max(1);
        let rest = tempfile::tempdir().unwrap();
        Disk::under(rest.path());
        disk.after_power_loss(at, rest.path(), || random.next());
        let seq = acknowledged.iter().rev().find(|(ops, _)| *ops <= at).unwrap().1;
        check_rest(&rest.path().join("jam.db"), &past, seq, &format!("power lost after {at} of {num_ops}"));
    }
}

#[test]
fn a_disk_that_fails_for_a_while_loses_nothing_and_says_so_when_it_is_well_again() {
    for fault in [Fault::Full, Fault::TornWrite, Fault::Sync] {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::under(folder.path());
        let path = folder.path().join("jam.db");
        let store = Store::open(&path).unwrap();
        let mut room = Room::new(&store);
        (0..5).for_each(|n| ask(&mut room, n));
        disk.fail(Some(fault));
        let (done, committed) = mpsc::channel();
        for n in 5..8 {
            let events = room.session.apply(Origin { member: ME, no: 0, at_millis: n }, title(n)).unwrap();
            let done = done.clone();
            let events = events.into_iter().map(Arc::new).collect();
            // Nobody listens any more at the end of the test.
            sync_session::Journal::append(
                &mut room.journal,
                &room.id,
                events,
                Box::new(move |commit| drop(done.send(commit))),
            );
            let failure = committed.recv().unwrap();
            assert!(matches!(failure, Err(JournalError::Waiting { .. })), "{fault:?}: {failure:?}");
        }
        disk.fail(None);
        let last = room.session.seq();
        let well = || committed.recv_timeout(Duration::from_secs(10)).unwrap();
        while well() != Ok(last) {}
        assert_eq!(store.load(&room.id, Until::Now).unwrap().unwrap(), room.session, "{fault:?}");
        assert!(store.verify().unwrap().problems.is_empty(), "{fault:?}");
        // And power may go right now.
        let rest = tempfile::tempdir().unwrap();
        disk.after_power_loss(disk.num_ops(), rest.path(), || 0);
        check_rest(&rest.path().join("jam.db"), &[room.session.clone()], last, &format!("after {fault:?}"));
    }
}

/// Not a test by itself: the process that [`a_killed_process_takes_nothing_that_was_acknowledged`]
/// starts and kills. It goes on where the store stands, and prints each number that is safe.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let store = Store::open(Path::new(&path)).unwrap();
    let mut room = match store.load(&"friday".into(), Until::Now).unwrap().filter(|room| room.seq() > Seq(0))
    {
        Some(session) => Room { id: "friday".into(), session, journal: store.journal() },
        None => Room::new(&store),
    };
    let mut out = std::io::stdout().lock();
    for n in room.session.seq().0.. {
        ask(&mut room, n);
        if n.is_multiple_of(40) {
            store.save_snapshot(&room.id, room.session.state(None)).unwrap();
        }
        // Short lines are written whole or not at all; the first may have the test's name before it.
        writeln!(out, "\nsafe {} {}", room.session.seq().0, digest(&room.session)).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_killed_process_takes_nothing_that_was_acknowledged() {
    let num_kills =
        std::env::var("JAMLIGHT_TEST_KILLS").ok().and_then(|num| num.parse().ok()).unwrap_or(NUM_KILLS);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jam.db");
    let mut random = Random(2);
    let mut acknowledged = Seq(0);
    for kill in 0..num_kills {
        let mut victim = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::victim", "--nocapture"])
            .env(VICTIM, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut safe = BufReader::new(victim.stdout.take().unwrap()).lines();
        // Some die before they have done anything, most in the middle of it.
        let mut last = None;
        for _ in 0..random.next() % 12 {
            last = safe.by_ref().map_while(Result::ok).find(|line| line.starts_with("safe "));
        }
        std::thread::sleep(Duration::from_micros(random.next() % 5_000));
        victim.kill().unwrap();
        last = safe.map_while(Result::ok).filter(|line| line.starts_with("safe ")).last().or(last);
        victim.wait().unwrap();
        let store = Store::open(&path).unwrap();
        assert_eq!(store.verify().unwrap().problems, Vec::<String>::new(), "kill {kill}");
        if let Some((seq, state)) = last.as_deref().and_then(|line| line[5..].split_once(' ')) {
            acknowledged = Seq(seq.parse().unwrap());
            let then = store.load(&"friday".into(), Until::Seq(acknowledged)).unwrap().unwrap();
            assert_eq!(digest(&then), state, "kill {kill}");
        }
        let rest = store.load(&"friday".into(), Until::Now).unwrap();
        assert!(rest.map_or(Seq(0), |rest| rest.seq()) >= acknowledged, "kill {kill}");
    }
    assert!(acknowledged > Seq(0), "no victim lived long enough");
}
