//! Shared texts: convergence, hostile bytes, drafts.

use proptest::prelude::*;
use sync_protocol::{
    Blob, Command, ErrorCode, MAX_TEXT_UPDATE_BYTES, MAX_TEXTS, Member, MemberId, Role, TextId, ToMember,
};
use sync_session::{Mirror, Notice, Origin, Session};

use crate::{ME, by, jam};

fn main_text() -> TextId {
    TextId::from("main")
}

/// Gives the room what one mirror has to say, and everyone what the room says.
fn answer(session: &mut Session, mirrors: &mut [Mirror], idx: usize) {
    while let Some(asked) = mirrors[idx].next_to_send() {
        let (no, member) = (asked.no, mirrors[idx].me());
        match session.apply(Origin { no, ..by(member) }, asked.command) {
            Ok(events) => {
                for event in events {
                    for mirror in mirrors.iter_mut() {
                        mirror.receive(&ToMember::Event { event: event.clone() }).unwrap();
                    }
                }
            }
            Err(error) => {
                mirrors[idx].receive(&ToMember::Refused { no, error }).unwrap();
            }
        }
    }
}

fn room_of(num: u32) -> (Session, Vec<Mirror>) {
    let mut session = jam();
    for id in 3..=num {
        session.join(Origin::default(), Member::new(MemberId(id), "p", Role::Performer)).unwrap();
    }
    let mirrors = (1..=num).map(|id| Mirror::new(MemberId(id), session.clone())).collect();
    (session, mirrors)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn eight_members_who_edit_at_random_end_with_one_text(
        edits in proptest::collection::vec((0..8usize, 0..40u32, 0..6u32, "[a-zé😀]{0,4}", 0..4u8), 1..60)
    ) {
        let (mut session, mut mirrors) = room_of(8);
        for (idx, start, len, insert, turn) in edits {
            mirrors[idx].edit_text(0, &main_text(), start..start + len, &insert).unwrap();
            match turn {
                0 => answer(&mut session, &mut mirrors, idx),
                // A cut: what was sent is lost, the state comes whole, the rest is sent again.
                1 => {
                    let state = session.state(Some(mirrors[idx].me()));
                    mirrors[idx].rejoin(Session::from_state(state));
                }
                _ => {}
            }
        }
        (0..8).for_each(|idx| answer(&mut session, &mut mirrors, idx));
        let text = session.text(&main_text());
        for mirror in &mirrors {
            prop_assert_eq!(mirror.text(&main_text()), text.clone());
            prop_assert_eq!(mirror.confirmed().text(&main_text()), text.clone());
        }
    }

    #[test]
    fn no_bytes_of_a_guest_stop_the_room(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut session = jam();
        let edit = Command::EditText { text: main_text(), update: Blob(bytes.clone()) };
        let _ = session.apply(by(ME), edit);
        session.text_missing_in(&main_text(), &bytes);
        session.apply(by(ME), Command::Say { text: "still here".into() }).unwrap();
    }
}

#[test]
fn positions_count_utf16_units_as_browsers_do() {
    let (mut session, mut mirrors) = room_of(2);
    mirrors[0].edit_text(0, &main_text(), 0..0, "é😀x").unwrap();
    mirrors[0].edit_text(0, &main_text(), 3..4, "y").unwrap();
    answer(&mut session, &mut mirrors, 0);
    assert_eq!(session.text(&main_text()).unwrap(), "é😀y");
}

#[test]
fn ones_own_edit_is_in_the_text_before_the_room_has_seen_it_and_goes_when_refused() {
    let (_, mut mirrors) = room_of(2);
    let mine = &mut mirrors[1];
    mine.edit_text(0, &main_text(), 0..0, "draft").unwrap();
    assert_eq!(mine.text(&main_text()).unwrap(), "draft");
    let no = mine.next_to_send().unwrap().no;
    let error = sync_protocol::Envelope::new(ErrorCode::Forbidden, "no");
    let notice = mine.receive(&ToMember::Refused { no, error }).unwrap();
    assert!(matches!(notice, Some(Notice::Refused { .. })));
    assert_eq!(mine.text(&main_text()), None);
    mine.edit_text(0, &main_text(), 0..0, "again").unwrap();
    assert_eq!(mine.text(&main_text()).unwrap(), "again");
}

#[test]
fn texts_are_limited_in_number_and_edits_in_size() {
    let mut session = jam();
    let edit =
        |n: usize, update: Vec<u8>| Command::EditText { text: TextId(format!("t{n}")), update: Blob(update) };
    for n in 0..MAX_TEXTS {
        session.apply(by(ME), edit(n, vec![0, 0])).unwrap();
    }
    assert_eq!(session.apply(by(ME), edit(999, vec![0, 0])).unwrap_err().code, ErrorCode::LimitReached);
    let huge = edit(0, vec![0; MAX_TEXT_UPDATE_BYTES + 1]);
    assert_eq!(session.apply(by(ME), huge).unwrap_err().code, ErrorCode::LimitReached);
    assert_eq!(session.apply(by(ME), edit(0, vec![9, 9, 9])).unwrap_err().code, ErrorCode::Malformed);
}
