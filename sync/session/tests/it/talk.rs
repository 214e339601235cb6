//! Chat, votes, evaluation, and a room as data.

use sync_protocol::{Command, ErrorCode, EventKind, MAX_CHAT_KEPT, Member, MemberId, Role, Seq};
use sync_session::{Origin, Session};

use crate::{ME, OTHER, by, jam};

fn say(text: &str) -> Command {
    Command::Say { text: text.into() }
}

fn evaluate(code: &str, quantum_beats: f64) -> Command {
    Command::Evaluate { text: "main".into(), block: "d1".into(), code: code.into(), quantum_beats }
}

#[test]
fn a_message_is_changed_by_its_author_and_taken_away_by_a_moderator() {
    let mut session = jam();
    let message = session.apply(by(OTHER), say("hello")).unwrap()[0].seq;
    let edit = |text: &str| Command::EditMessage { message, text: text.into() };
    assert_eq!(session.apply(by(ME), edit("bye")).unwrap_err().code, ErrorCode::Forbidden);
    session.apply(by(OTHER), edit("hello all")).unwrap();
    assert_eq!(
        (session.chat().last().unwrap().text.as_str(), session.chat().last().unwrap().edited),
        ("hello all", true)
    );
    session.apply(by(ME), edit("")).unwrap();
    assert_eq!(session.chat().last().unwrap().text, "");
    assert_eq!(session.apply(by(OTHER), edit("again")).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn chat_takes_text_and_no_control_characters_and_keeps_the_last() {
    let mut session = jam();
    for text in ["", " ", "a\u{1b}[31m", "\u{202E}evil", &"x".repeat(2_001)] {
        assert!(session.apply(by(ME), say(text)).is_err(), "{text:?}");
    }
    for n in 0..=MAX_CHAT_KEPT {
        session.apply(by(ME), say(&format!("two\nlines {n}"))).unwrap();
    }
    assert_eq!(session.chat().count(), MAX_CHAT_KEPT);
    assert_eq!(session.chat().next().unwrap().text, "two\nlines 1");
}

#[test]
fn everyone_has_one_vote_until_it_ends() {
    let mut session = jam();
    let options = vec!["ink".into(), "fog".into()];
    let vote = session.apply(by(ME), Command::OpenVote { question: "next?".into(), options }).unwrap()[0].seq;
    let cast = |option_idx| Command::CastVote { vote, option_idx };
    session.apply(by(OTHER), cast(0)).unwrap();
    session.apply(by(OTHER), cast(1)).unwrap();
    assert!(session.apply(by(OTHER), cast(1)).unwrap().is_empty());
    assert_eq!(session.apply(by(OTHER), cast(2)).unwrap_err().code, ErrorCode::OutOfRange);
    session.apply(by(ME), Command::CloseVote { vote }).unwrap();
    assert_eq!(session.apply(by(ME), cast(0)).unwrap_err().code, ErrorCode::NotFound);
    let ended = session.votes().last().unwrap();
    assert_eq!((ended.ballots.get(&OTHER), ended.ballots.len(), ended.open), (Some(&1), 1, false));
}

#[test]
fn an_evaluation_waits_for_the_next_beat_of_its_quantum_that_all_can_reach() {
    let check = |earliest_beat: f64, quantum: f64, expected: f64| {
        let event =
            jam().apply_on_beat(by(ME), earliest_beat, evaluate("s('bd')", quantum)).unwrap().remove(0);
        let EventKind::Evaluated { at_beat, .. } = event.kind else { panic!("{event:?}") };
        assert_eq!(at_beat, expected, "{earliest_beat} {quantum}");
    };
    check(0.0, 4.0, 0.0);
    check(0.1, 4.0, 4.0);
    check(4.0, 4.0, 4.0);
    check(17.3, 0.0, 17.3);
    check(17.3, 0.5, 17.5);
    check(-3.0, 4.0, 0.0);
}

#[test]
fn undoing_an_evaluation_brings_the_last_code_back_on_a_beat_to_come() {
    let mut session = jam();
    session.apply_on_beat(by(OTHER), 0.5, evaluate("one", 4.0)).unwrap();
    session.apply_on_beat(by(OTHER), 8.5, evaluate("two", 4.0)).unwrap();
    session.apply_on_beat(by(OTHER), 20.5, Command::Undo).unwrap();
    let running = session.show().running["main/d1"].clone();
    assert_eq!((running.code.as_str(), running.at_beat), ("one", 24.0));
    session.apply_on_beat(by(OTHER), 30.0, Command::Hush).unwrap();
    assert!(session.show().running.is_empty());
    session.apply_on_beat(by(OTHER), 31.0, Command::Undo).unwrap();
    assert_eq!(session.show().running["main/d1"].code, "one");
}

#[test]
fn a_room_as_data_is_the_room() {
    let mut session = jam();
    session.join(Origin::default(), Member::new(MemberId(3), "screen", Role::Display)).unwrap();
    for (n, command) in
        [say("hi"), evaluate("x", 1.0), Command::SetTitle { title: "t".into() }, Command::Undo]
            .into_iter()
            .enumerate()
    {
        session.apply(Origin { no: n as u64 + 1, ..by(OTHER) }, command).unwrap();
    }
    let line = serde_json::to_string(&session.state(None)).unwrap();
    let mut copy = Session::from_state(serde_json::from_str(&line).unwrap());
    assert_eq!(copy, session);
    assert_eq!((copy.last_no(OTHER), copy.seq()), (4, Seq(7)));
    assert_eq!(copy.apply(by(OTHER), Command::Redo), session.apply(by(OTHER), Command::Redo));
}
