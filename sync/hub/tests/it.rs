//! A room on its own thread, driven through its public door.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests wait for a real thread, and may panic"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sync_hub::{Conn, Delivered, Entry, FanOut, Hub, Join, Member, Sent};
use sync_protocol::{
    Asked, Blob, Command, Envelope, ErrorCode, Event, EventKind, FromMember, LayerId, Member as Profile,
    MemberId, Presence, Role, RoomId, Seq, Show, ToMember, Transport,
};
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
        waiting.into_iter().for_each(|(seq, mut on_committed)| on_committed(outcome(seq)));
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
fn where_much_happens_it_is_committed_together_and_heard_in_order_when_it_is_safe() {
    let disk = SlowDisk::default();
    let (hub, me) =
        Hub::solo_with("test".into(), Session::new(Show::default()), Box::new(disk.clone())).unwrap();
    let take_seat =
        |_: Entry<'_>| Box::new(Queue { room: Heard::default(), places: usize::MAX }) as Box<dyn FanOut>;
    let who = Profile::new(MemberId(2), "editor", Role::Performer);
    let text = Some("t".into());
    let beside = Join { who, is_primary: false, after: None, text, take_seat: Box::new(take_seat) };
    let editor = block_on(hub.room().join(beside)).unwrap();
    let num_commits = || disk.0.lock().unwrap().len();
    until(|| num_commits() == 2);
    for n in 0..60 {
        // A text is made by an edit of nothing.
        let command = Command::EditText { text: format!("t{n}").as_str().into(), update: Blob(vec![0, 0]) };
        block_on(hub.room().say(editor, FromMember::Ask(Asked { no: 0, command }))).unwrap();
    }
    until(|| disk.0.lock().unwrap().last().is_some_and(|(seq, _)| *seq == Seq(62)));
    assert!(num_commits() < 2 + 60 / 2, "{} commits", num_commits());
    assert!(events(&settle(&me)).is_empty(), "nobody hears what is not safe");
    disk.commit(Ok);
    let mut heard = Vec::new();
    until(|| {
        heard.extend(events(&me.poll().collect::<Vec<_>>()).iter().map(|event| event.seq.0));
        heard.last() == Some(&62)
    });
    assert_eq!(heard, (2..=62).collect::<Vec<_>>());
    hub.stop();
}

#[test]
fn what_changes_the_show_waits_for_no_turn() {
    let disk = SlowDisk::default();
    let (hub, me) =
        Hub::solo_with("test".into(), Session::new(Show::default()), Box::new(disk.clone())).unwrap();
    let written = || disk.0.lock().unwrap().last().map_or(0, |(seq, _)| seq.0);
    let mut slowest = Duration::MAX;
    // Three tries, for a machine that was elsewhere.
    for _ in 0..3 {
        let start = Instant::now();
        for n in 0..6 {
            let before = written();
            me.send(Command::SetTitle { title: format!("{:?} {n}", start.elapsed()) }).unwrap();
            until(|| written() > before);
        }
        slowest = slowest.min(start.elapsed());
    }
    assert!(slowest < Duration::from_millis(100), "six changes took {slowest:?}");
    hub.stop();
}

#[test]
fn a_script_that_changes_the_show_shares_the_syncs_of_the_disk() {
    let disk = SlowDisk::default();
    let (hub, me) =
        Hub::solo_with("test".into(), Session::new(Show::default()), Box::new(disk.clone())).unwrap();
    for n in 0..200 {
        me.send(Command::SetTitle { title: n.to_string() }).unwrap();
    }
    // The last title, and that the host came in.
    until(|| disk.0.lock().unwrap().last().is_some_and(|(seq, _)| seq.0 == 201));
    let num_commits = disk.0.lock().unwrap().len();
    assert!((15..60).contains(&num_commits), "{num_commits} commits for 200 changes");
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

/// A member behind a queue of its own, as a socket is.
struct Queue {
    room: Arc<Mutex<Vec<ToMember>>>,
    places: usize,
}

impl FanOut for Queue {
    fn deliver(&mut self, sent: &Arc<Sent>) -> Delivered {
        let mut queue = self.room.lock().unwrap();
        if queue.len() >= self.places {
            return Delivered::Full;
        }
        queue.push(sent.message.clone());
        Delivered::Taken
    }
}

type Heard = Arc<Mutex<Vec<ToMember>>>;

#[test]
fn an_editor_beside_its_member_does_not_rename_it_and_leaves_it_in_the_room() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    let (ana, ..) = join(&hub, 2, Role::Performer, usize::MAX, None);
    let command = Command::SetProfile { name: "ana".into(), color: [1, 2, 3] };
    block_on(hub.room().say(ana, FromMember::Ask(Asked { no: 1, command }))).unwrap();
    let take_seat = |_: Entry<'_>| Box::new(Queue { room: Heard::default(), places: 0 }) as Box<dyn FanOut>;
    let who = Profile::new(MemberId(2), "guest", Role::Performer);
    let beside = Join { who, is_primary: false, after: None, text: None, take_seat: Box::new(take_seat) };
    let editor = block_on(hub.room().join(beside)).unwrap();
    block_on(hub.room().leave(editor)).unwrap();
    let session = block_on(hub.room().session()).unwrap();
    let member = session.member(MemberId(2)).unwrap();
    assert_eq!((member.name.as_str(), member.online), ("ana", true));
    drop(me);
    hub.stop();
}

fn join(hub: &Hub, id: u32, role: Role, places: usize, after: Option<Seq>) -> (Conn, Heard, Option<usize>) {
    let heard = Heard::default();
    let (room, num_missed) = (Arc::clone(&heard), Arc::new(Mutex::new(None)));
    let own_missed = Arc::clone(&num_missed);
    let take_seat = move |entry: Entry<'_>| {
        let missed =
            entry.missed.map(|missed| missed.iter().map(|sent| sent.message.clone()).collect::<Vec<_>>());
        *own_missed.lock().unwrap() = missed.as_ref().map(Vec::len);
        room.lock().unwrap().extend(missed.into_iter().flatten().chain(entry.live));
        Box::new(Queue { room, places }) as Box<dyn FanOut>
    };
    let who = Profile::new(MemberId(id), "guest", role);
    let join = Join { who, is_primary: true, after, text: None, take_seat: Box::new(take_seat) };
    let conn = block_on(hub.room().join(join)).unwrap();
    let num_missed = *num_missed.lock().unwrap();
    (conn, heard, num_missed)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn seqs(heard: &Heard) -> Vec<u64> {
    let seq = |message: &ToMember| match message {
        ToMember::Event { event } => Some(event.seq.0),
        _ => None,
    };
    heard.lock().unwrap().iter().filter_map(seq).collect()
}

#[test]
fn an_evicted_member_resumes_without_gap_and_the_others_notice_nothing() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    let (_, slow, _) = join(&hub, 2, Role::Viewer, 5, None);
    let (_, quick, _) = join(&hub, 3, Role::Viewer, usize::MAX, None);
    (0..100).for_each(|n| me.send(Command::SetTitle { title: format!("{n}") }).unwrap());
    settle(&me);
    let last = *seqs(&quick).last().unwrap();
    assert_eq!((seqs(&quick).len(), seqs(&slow).len()), (100, 5), "and that somebody came in");
    let seen = *seqs(&slow).last().unwrap();
    let (_, again, num_missed) = join(&hub, 2, Role::Viewer, usize::MAX, Some(Seq(seen)));
    assert_eq!(num_missed, Some((last - seen) as usize));
    assert_eq!(seqs(&again), (seen + 1..=last).collect::<Vec<_>>());
    hub.stop();
}

#[test]
fn a_copy_from_before_the_tail_or_from_a_future_that_was_lost_gets_the_whole_state() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    (0..5_000).for_each(|n| {
        me.send(Command::SetTitle { title: format!("{n}") }).unwrap();
        if n % 500 == 0 {
            settle(&me);
        }
    });
    settle(&me);
    for after in [Seq(1), Seq(99_999)] {
        assert_eq!(join(&hub, 2, Role::Viewer, usize::MAX, Some(after)).2, None, "{after}");
    }
    hub.stop();
}

#[test]
fn a_thousand_cursors_a_second_leave_at_most_ten_and_the_last_arrives() {
    let (hub, _me) = Hub::solo(Show::default()).unwrap();
    let (ana, ..) = join(&hub, 2, Role::Performer, usize::MAX, None);
    let (_, ben, _) = join(&hub, 3, Role::Viewer, usize::MAX, None);
    let start = Instant::now();
    for at in 0..1_000u32 {
        let presence = Presence { selection: Some([at, at]), ..Presence::default() };
        block_on(hub.room().say(ana, FromMember::Presence { presence })).unwrap();
    }
    let heard = || -> Vec<u32> {
        let cursor = |message: &ToMember| match message {
            ToMember::Presence { presence, .. } => presence.selection.map(|selection| selection[1]),
            _ => None,
        };
        ben.lock().unwrap().iter().filter_map(cursor).collect()
    };
    until(|| heard().last() == Some(&999));
    assert!(heard().len() as f64 <= start.elapsed().as_secs_f64() * 10.0 + 2.0, "{:?}", heard());
    hub.stop();
}

#[test]
fn a_guest_that_floods_is_told_when_to_come_back_and_may_not_what_its_role_may_not() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    let (ana, heard, _) = join(&hub, 2, Role::Viewer, usize::MAX, None);
    let ask = |no: u64, command: Command| {
        block_on(hub.room().say(ana, FromMember::Ask(Asked { no, command }))).unwrap()
    };
    ask(1, Command::SetBlackout { blackout: true });
    (2..=30).for_each(|no| ask(no, Command::Say { text: "hey".into() }));
    until(|| heard.lock().unwrap().len() >= 30);
    let refusals: Vec<Envelope> = heard
        .lock()
        .unwrap()
        .iter()
        .filter_map(|message| match message {
            ToMember::Refused { error, .. } => Some(error.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(refusals[0].code, ErrorCode::Forbidden);
    assert!(
        refusals[1..].iter().all(|one| one.code == ErrorCode::RateLimited && one.retry_after.unwrap() <= 1.0)
    );
    assert!((15..=20).contains(&refusals.len()), "10 at once, then one a second: {}", refusals.len());
    assert!(!me.show().master.blackout);
    hub.stop();
}

#[test]
fn an_evaluation_takes_over_on_one_beat_that_lies_ahead() {
    let (hub, me) = Hub::solo(Show::default()).unwrap();
    me.share_transport(&Transport { tempo_bpm: 120.0, ..Transport::default() }, 100.0);
    let beat_now = 200.0;
    me.send(Command::Evaluate {
        text: "main".into(),
        block: "d1".into(),
        code: "x".into(),
        quantum_beats: 4.0,
    })
    .unwrap();
    assert!(me.show().running.is_empty(), "only the room knows the beat");
    settle(&me);
    let at_beat = me.show().running["main/d1"].at_beat;
    assert!(at_beat > beat_now && at_beat <= beat_now + 8.0 && at_beat % 4.0 == 0.0, "{at_beat}");
    me.send(Command::Hush).unwrap();
    assert!(me.show().running.is_empty(), "a hush is at once");
    hub.stop();
}
