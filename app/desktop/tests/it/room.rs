//! The room's panel: how others come in, who is there, what is said, what happened.
#![expect(clippy::expect_used, reason = "a test that fails says why")]

use std::sync::Arc;

use app_desktop::{
    Action, Check, Deed, Hosting, Intent, Mode, Model, Nearby, Past, Person, Place, Room, RoomIntent,
    Visiting,
};
use egui::Key;
use egui_kittest::{Harness, kittest::Queryable};
use sync_protocol::{ChatMessage, Command, Member, MemberId, Recording, Role, Seq, Show, Vote};

use super::{Window, model, window};

const ME: MemberId = MemberId(1);
const BEN: MemberId = MemberId(2);

fn person(id: MemberId, name: &str, role: Role) -> Person {
    Person { member: Member::new(id, name, role), doing: String::new() }
}

fn hosting(check: Check) -> Place {
    Place::Hosting(Arc::new(Hosting {
        link: "https://192.168.1.4:7700/j#v1.jam.key.secret".into(),
        address: "192.168.1.4:7700".into(),
        code: vec![vec![true; 21]; 21],
        key: "12ab 34cd".into(),
        spoken: None,
        check,
        num_watchers: 0,
        recorded_mib: 0,
    }))
}

fn said(seq: u64, member: MemberId, text: &str) -> ChatMessage {
    ChatMessage { seq: Seq(seq), member, at_millis: 0, text: text.into(), edited: false }
}

fn room() -> Room {
    Room {
        me: ME,
        people: Arc::from([person(ME, "ana", Role::Host), person(BEN, "ben", Role::Performer)]),
        ..Room::default()
    }
}

/// A window with the room's panel open at a tab.
fn at(tab: &str, room: Room) -> Harness<'static, Window> {
    let mut window = window(Mode::Play, Model { room, ..model() });
    window.run_steps(2);
    window.get_by_label("Room").click();
    window.run_steps(2);
    window.get_all_by_label(tab).last().expect("the tab").click();
    window.run_steps(3);
    window.state().commands.take();
    window
}

#[track_caller]
fn click(window: &mut Harness<'static, Window>, label: &str) -> Vec<Action> {
    window.get_by_label(label).click();
    window.run_steps(2);
    window.state().commands.take()
}

fn intent(intent: RoomIntent) -> Vec<Action> {
    vec![Action::App(Intent::Room(intent))]
}

#[test]
fn one_click_opens_the_room() {
    let mut window = at("Jam", Room::default());
    assert_eq!(click(&mut window, "Open the room"), intent(RoomIntent::Open));
}

#[test]
fn a_pasted_link_joins_under_the_name_that_was_typed() {
    let mut window = at("Jam", Room::default());
    window.get_by_label("Your name").focus();
    window.run_steps(2);
    window.get_by_label("Your name").type_text("cleo");
    window.get_by_label("Link, or address and code").focus();
    window.run_steps(2);
    window.get_by_label("Link, or address and code").type_text("https://h:1/j#v1.a.b.c");
    window.run_steps(2);
    let join = RoomIntent::Join { link: "https://h:1/j#v1.a.b.c".into(), name: "cleo".into() };
    assert_eq!(click(&mut window, "Join"), intent(join));
}

#[test]
fn a_host_sees_the_code_the_address_and_the_key() {
    let mut window = at("Jam", Room { place: hosting(Check::Fine), ..room() });
    assert!(window.query_by_label("192.168.1.4:7700").is_some());
    assert!(window.query_by_label_contains("12ab 34cd").is_some());
    assert!(window.query_by_label("Others can reach this machine.").is_some());
    assert!(window.query_by_label("One guest is here.").is_some());
    assert_eq!(click(&mut window, "New link"), intent(RoomIntent::NewLink));
    window.get_by_label("Code of the link").click();
    window.run_steps(2);
    assert!(window.query_by_label("Close the large code").is_some(), "large enough for the back row");
    window.key_press(Key::Escape);
    window.run_steps(2);
    assert!(window.query_by_label("Close the large code").is_none());
    assert!(window.query_by_label("New link").is_some(), "one step at a time");
}

#[test]
fn who_cannot_scan_reads_an_address_its_code_and_how_long_that_is_good() {
    let with = |tries| {
        let hosting = Hosting { spoken: Some(("114 013".to_owned(), tries)), ..Hosting::default() };
        at("Jam", Room { place: Place::Hosting(Arc::new(hosting)), ..room() })
    };
    let window = with(3);
    assert!(window.query_by_label("114 013").is_some());
    assert!(window.query_by_label_contains("left, then it changes").is_none());
    assert!(with(2).query_by_label("2 tries are left, then it changes.").is_some());
}

#[test]
fn a_closed_door_names_the_command_that_opens_it() {
    let why = "Nothing answers at port 7700 of this machine: a firewall keeps everyone out.".to_owned();
    let check = Check::Blocked { why: why.clone(), command: "sudo ufw allow 7700/tcp".into() };
    let mut window = at("Jam", Room { place: hosting(check), ..room() });
    assert!(window.query_by_label(&why).is_some());
    assert!(window.query_by_label("sudo ufw allow 7700/tcp").is_some());
    assert_eq!(click(&mut window, "Look again"), intent(RoomIntent::Check));
}

#[test]
fn a_guest_reads_how_the_connection_is_and_can_leave() {
    let visiting = Visiting {
        address: "192.168.1.4:7700".into(),
        seated: true,
        state: "The host does not answer. The show goes on; trying again.".into(),
        connected: false,
        sounds: false,
    };
    let place = Place::Visiting(Arc::new(visiting));
    let mut window = at("Jam", Room { place, me: BEN, ..room() });
    assert!(window.query_by_label_contains("trying again").is_some());
    assert_eq!(click(&mut window, "This machine sounds"), intent(RoomIntent::Sound(true)));
    assert_eq!(click(&mut window, "Leave the room"), intent(RoomIntent::Leave));
}

#[test]
fn rooms_of_the_network_are_offered_as_a_hint() {
    let nearby = Nearby { name: "Kiez".into(), address: "192.168.1.9:7700".into() };
    let mut window = at("Jam", Room { nearby: Arc::from([nearby]), ..Room::default() });
    assert!(
        click(&mut window, "Kiez — 192.168.1.9:7700").is_empty(),
        "it fills the field, and joins nothing"
    );
}

#[test]
fn a_host_gives_roles_and_mutes() {
    let mut window = at("People", Room { place: hosting(Check::Fine), ..room() });
    let muted = Command::SetMuted { member: BEN, muted: true };
    assert_eq!(click(&mut window, "muted"), [Action::Show(muted)]);
    let write = Command::SetWrite { member: BEN, may_write: false };
    assert_eq!(click(&mut window, "writes"), [Action::Show(write)]);
}

#[test]
fn sending_somebody_away_takes_a_held_button() {
    let mut window = at("People", Room { place: hosting(Check::Fine), ..room() });
    window.get_by_label("Send ben away").hover();
    window.run_steps(1);
    let at = window.get_by_label("Send ben away").rect().center();
    let press = |pressed| egui::Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    window.event(egui::Event::PointerMoved(at));
    window.event(press(true));
    window.run_steps(12);
    window.event(press(false));
    window.run_steps(2);
    let kick = Command::Kick { member: BEN, banned: false };
    assert_eq!(window.state().commands.take(), [Action::Show(kick)]);
}

#[test]
fn a_guest_moderates_nobody_and_may_ask_to_write() {
    let mut people = [person(ME, "ana", Role::Host), person(BEN, "ben", Role::Performer)];
    people[1].member.may_write = false;
    let mut window = at("People", Room { me: BEN, people: Arc::from(people), ..Room::default() });
    assert!(window.query_by_label("muted").is_none());
    assert_eq!(click(&mut window, "Ask to write"), [Action::Show(Command::RequestWrite { wanted: true })]);
}

#[test]
fn what_is_typed_is_said_and_keys_do_nothing_meanwhile() {
    let chat = [said(3, BEN, "<b>hello</b>")];
    let mut window = at("Chat", Room { chat: Arc::from(chat), ..room() });
    assert!(window.query_by_label("<b>hello</b>").is_some(), "as it was typed");
    window.get_by_label("Say something").focus();
    window.run_steps(2);
    window.get_by_label("Say something").type_text("hi b");
    window.key_press(Key::B);
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(2);
    let shown: Vec<Command> = window
        .state()
        .commands
        .take()
        .into_iter()
        .filter_map(|action| match action {
            Action::Show(command) => Some(command),
            Action::App(_) => None,
        })
        .collect();
    assert_eq!(shown, [Command::Say { text: "hi b".into() }]);
}

#[test]
fn who_opens_the_chat_writes_at_once_and_blacks_nothing_out() {
    let mut window = at("Chat", room());
    window.key_press(Key::B);
    window.run_steps(2);
    let asked = window.state().commands.take();
    assert!(!asked.iter().any(|action| matches!(action, Action::Show(_))), "{asked:?}");
}

#[test]
fn a_host_nobody_came_to_yet_is_told_how_they_come() {
    let people = Arc::from([person(ME, "ana", Role::Host)]);
    let closed = at("People", Room { people: Arc::clone(&people), ..room() });
    assert!(closed.query_by_label_contains("Open the room").is_some());
    let open = at("People", Room { people, place: hosting(Check::Fine), ..room() });
    assert!(open.query_by_label_contains("Send them the link").is_some());
}

#[test]
fn a_vote_is_one_click() {
    let vote = Vote {
        seq: Seq(9),
        question: "Faster?".into(),
        options: vec!["yes".into(), "no".into()],
        ballots: [(BEN, 1)].into(),
        open: true,
    };
    let mut window = at("Chat", Room { votes: Arc::from([vote]), ..room() });
    assert_eq!(
        click(&mut window, "no  1"),
        [Action::Show(Command::CastVote { vote: Seq(9), option_idx: 1 })]
    );
}

#[test]
fn the_past_can_be_looked_at_and_put_on_stage_again() {
    let deed = Deed {
        seq: Seq(5),
        at_millis: 0,
        who: "ben".into(),
        color: [200; 3],
        what: "took layer 2 away".into(),
    };
    let past = Past { seq: Seq(4), show: Box::default(), texts: vec![("code".into(), "s(\"bd\")".into())] };
    let history: Arc<[Deed]> = Arc::from([deed]);
    let mut window = at("History", Room { place: hosting(Check::Fine), history: history.clone(), ..room() });
    assert_eq!(click(&mut window, "ben took layer 2 away"), intent(RoomIntent::LookBack(Some(Seq(5)))));
    let mut window =
        at("History", Room { place: hosting(Check::Fine), history, past: Some(Arc::new(past)), ..room() });
    assert!(window.query_by_label("s(\"bd\")").is_some());
    assert!(window.query_by_label_contains("as it was at 00:00:").is_some(), "people know no event numbers");
    let back = [
        Action::Show(Command::ReplaceShow { show: Box::new(Show::default()) }),
        Action::App(Intent::Room(RoomIntent::LookBack(None))),
    ];
    assert_eq!(click(&mut window, "Put this show on stage"), back);
}

#[test]
fn a_host_records_without_sound_unless_it_says_so_and_can_stop() {
    let set = |recording| [Action::Show(Command::SetRecording { recording })];
    let mut window = at("Jam", Room { place: hosting(Check::Fine), ..room() });
    assert_eq!(click(&mut window, "Record the jam"), set(Some(Recording::Signal)));
    assert!(click(&mut window, "With the sound this machine hears").is_empty());
    assert_eq!(click(&mut window, "Record the jam"), set(Some(Recording::Sound)));
    let recording = Some(Recording::Sound);
    let mut window = at("Jam", Room { place: hosting(Check::Fine), recording, ..room() });
    assert_eq!(click(&mut window, "Stop recording the jam"), set(None));
}

/// Nobody is recorded without being told what of it is kept, whatever they look at.
#[test]
fn everyone_in_a_recorded_room_reads_what_is_kept_and_only_the_host_has_the_switch() {
    let visiting = Visiting { seated: true, connected: true, ..Visiting::default() };
    for kept in [Recording::Signal, Recording::Sound] {
        for tab in ["Jam", "People", "Chat", "History"] {
            let place = Place::Visiting(Arc::new(visiting.clone()));
            let window = at(tab, Room { place, me: BEN, recording: Some(kept), ..room() });
            assert!(window.query_by_label(kept.sentence()).is_some(), "{kept:?} in {tab}");
            assert!(window.query_by_label("The jam is recorded").is_some());
            assert!(window.query_by_label("Record the jam").is_none());
            assert!(window.query_by_label("Stop recording the jam").is_none());
        }
    }
    let window = at("Jam", room());
    assert!(window.query_by_label("The jam is recorded").is_none());
}

#[test]
fn who_asks_to_write_gets_a_yes_or_a_not_now() {
    let mut ben = person(BEN, "ben", Role::Performer);
    (ben.member.may_write, ben.member.wants_write) = (false, true);
    let people: Arc<[Person]> = Arc::from([person(ME, "ana", Role::Host), ben]);
    let asked = Room { people, place: hosting(Check::Fine), ..room() };
    for (answer, may_write) in [("Let ben write", true), ("Not now", false)] {
        let mut window = at("People", asked.clone());
        let set = Action::Show(Command::SetWrite { member: BEN, may_write });
        assert_eq!(click(&mut window, answer), [set]);
    }
}
