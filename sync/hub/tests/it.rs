//! A room on its own thread, driven through its public door.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests wait for a real thread, and may panic"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sync_hub::{Hub, Member};
use sync_protocol::{Command, ErrorCode, Event, EventKind, LayerId, RoomId, Seq, Show};
use sync_session::{Journal, JournalError, MemoryJournal, Notice, OnCommitted, Session};

fn opacity(opacity: f32) -> Command {
    Command::SetOpacity { layer: LayerId(1), opacity }
}

/// Waits until the room has answered everything, and returns what it said.
fn settle(me: &Member) -> Vec<Notice> {
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut notices = Vec::new();
    loop {
        notices.extend(me.poll());
        if me.num_pending() == 0 || Instant::now() > deadline {
            notices.extend(me.poll());
            return notices;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn events(notices: &[Notice]) -> Vec<Arc<Event>> {
    let event = |notice: &Notice| match notice {
        Notice::Happened(event) => Some(Arc::clone(event)),
        _ => None,
    };
    notices.iter().filter_map(event).collect()
}

#[test]
fn a_change_is_on_ones_own_stage_before_the_room_has_seen_it() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    me.send(Command::SetBlackout { blackout: true }).unwrap();
    me.send(Command::SetFrozen { frozen: true }).unwrap();
    assert!(me.show().master.blackout && me.show().master.frozen);
    assert_eq!(events(&settle(&me)).len(), 2);
    hub.stop();
}

#[test]
fn a_stopped_room_has_decided_what_was_asked_before_and_refuses_what_comes_after() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    for n in 0..500 {
        me.send(Command::SetTitle { title: format!("{n}") }).unwrap();
    }
    hub.stop();
    assert_eq!(me.show().title, "499");
    assert_eq!(events(&settle(&me)).len(), 500);
    assert_eq!(me.send(Command::Undo).unwrap_err().code, ErrorCode::Closed);
    assert_eq!(me.show().title, "499", "the stage goes back");
}

#[test]
fn a_flood_of_moves_leaves_the_room_paced_and_ends_on_its_last_value() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    let start = Instant::now();
    for step in 0..20_000u32 {
        me.send(opacity((step % 100) as f32 / 100.0)).unwrap();
    }
    me.send(opacity(0.123)).unwrap();
    assert_eq!(me.show().layers[0].opacity, 0.123, "on the own stage at once");
    let moves = events(&settle(&me));
    let limit = start.elapsed().as_secs_f64() * 30.0 + 2.0;
    assert!((moves.len() as f64) <= limit, "{} moves in {:?}", moves.len(), start.elapsed());
    let EventKind::OpacityChanged { opacity, .. } = moves.last().unwrap().kind else { panic!("{moves:?}") };
    assert_eq!((opacity, me.show().layers[0].opacity), (0.123, 0.123));
    hub.stop();
}

#[test]
fn a_kept_command_never_overtakes_a_move_that_waits() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    for step in 1..=10 {
        me.send(opacity(step as f32 / 20.0)).unwrap();
    }
    me.send(Command::SetTitle { title: "then".into() }).unwrap();
    let happened = events(&settle(&me));
    assert!(matches!(happened.last().unwrap().kind, EventKind::TitleChanged { .. }));
    assert_eq!(me.show().layers[0].opacity, 0.5);
    let seqs: Vec<u64> = happened.iter().map(|event| event.seq.0).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seqs:?}");
    hub.stop();
}

#[test]
fn two_members_of_one_process_see_the_same_show() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    let panels = me.clone();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..50).for_each(|n| me.send(Command::SetTitle { title: format!("a{n}") }).unwrap()));
        scope.spawn(|| {
            (0..50).for_each(|n| panels.send(Command::SetTitle { title: format!("b{n}") }).unwrap())
        });
    });
    assert_eq!(events(&settle(&me)).len(), 100);
    assert_eq!(me.show(), panels.show());
    hub.stop();
}

/// A disk that is written by hand.
#[derive(Clone, Default)]
struct SlowDisk(Arc<Mutex<Vec<(Seq, OnCommitted)>>>);

impl SlowDisk {
    fn commit(&self, outcome: impl Fn(Seq) -> Result<Seq, JournalError>) {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap());
        waiting.into_iter().for_each(|(seq, on_committed)| on_committed(outcome(seq)));
    }
}

impl Journal for SlowDisk {
    fn append(&mut self, _room: &RoomId, events: Vec<Arc<Event>>, on_committed: OnCommitted) {
        self.0.lock().unwrap().push((events.last().unwrap().seq, on_committed));
    }
}

fn until(mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !done() {
        assert!(Instant::now() < deadline, "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn kept_events_wait_for_the_disk_and_the_own_stage_does_not() {
    let disk = SlowDisk::default();
    let (hub, me) =
        Hub::solo_with("test".into(), Session::new(Show::default()), Box::new(disk.clone())).unwrap();
    me.send(Command::SetTitle { title: "safe".into() }).unwrap();
    // The title, and that the host came in.
    until(|| disk.0.lock().unwrap().len() == 2);
    assert_eq!((me.num_pending(), me.show().title.as_str()), (1, "safe"));
    disk.commit(Ok);
    assert_eq!(events(&settle(&me)).len(), 1);
    hub.stop();
}

#[test]
fn a_failing_disk_is_said_and_the_show_goes_on() {
    let disk = SlowDisk::default();
    let (hub, me) =
        Hub::solo_with("test".into(), Session::new(Show::default()), Box::new(disk.clone())).unwrap();
    me.send(Command::SetTitle { title: "unsaved".into() }).unwrap();
    until(|| disk.0.lock().unwrap().len() == 2);
    disk.commit(|_| Err(JournalError::Waiting { reason: "disk full".into() }));
    let notices = settle(&me);
    assert!(
        matches!(&notices[0], Notice::Saving { saved: false, problem: Some(text) } if text.contains("disk full"))
    );
    assert_eq!(events(&notices).len(), 1);
    me.send(Command::SetTitle { title: "saved".into() }).unwrap();
    until(|| disk.0.lock().unwrap().len() == 1);
    disk.commit(Ok);
    let mut notices = settle(&me);
    until(|| {
        notices.extend(me.poll());
        notices.iter().any(|notice| matches!(notice, Notice::Saving { saved: true, .. }))
    });
    hub.stop();
}

#[test]
fn undo_goes_through_the_room_like_everything_else() {
    let (hub, me) =
        Hub::solo_with("test".into(), Session::new(Show::default()), Box::new(MemoryJournal)).unwrap();
    me.send(Command::SetTitle { title: "one".into() }).unwrap();
    me.send(Command::Undo).unwrap();
    assert_eq!(me.show().title, Show::default().title);
    settle(&me);
    assert_eq!(*me.show(), Show::default());
    me.send(Command::Redo).unwrap();
    settle(&me);
    assert_eq!(me.show().title, "one");
    hub.stop();
}
