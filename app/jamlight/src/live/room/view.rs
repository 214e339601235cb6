//! Fills the panels' room from the seat, only as far as something changed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use app_desktop::{Deed, Person, Room};
use sync_protocol::{Event, MemberId, Presence, Seq};
use sync_session::Session;

use super::Member;
use crate::jam::deed;

/// Events in the timeline of the panel; the journal has all.
const MAX_DEEDS: usize = 1_000;
/// People listed who are not there any more.
const MAX_GONE: usize = 20;

/// What the panels see of the room, kept up to date.
#[derive(Default)]
pub(super) struct View {
    pub(super) room: Room,
    seen: Option<(Seq, BTreeMap<MemberId, Presence>)>,
    deeds: VecDeque<Deed>,
    deeds_changed: bool,
}

impl View {
    /// Forgets everything: the seat is in another room.
    pub(super) fn renew(&mut self) {
        let place = self.room.place.clone();
        let nearby = self.room.nearby.clone();
        *self =
            Self { room: Room { place, nearby, ..Room::default() }, deeds_changed: true, ..Self::default() };
    }

    /// Notes what happened.
    pub(super) fn happened(&mut self, member: &Member, event: &Event) {
        let deed = member.with_session(|session| {
            let name = |id: MemberId| {
                session.member(id).map_or_else(|| "somebody".to_owned(), |one| one.name.clone())
            };
            let who = session.member(event.member);
            Deed {
                seq: event.seq,
                at_millis: event.at_millis,
                who: who.map(|one| one.name.clone()).unwrap_or_default(),
                color: who.map_or([200; 3], |one| one.color),
                what: deed(event, name),
            }
            .into()
        });
        let Some(deed) = deed else { return };
        let deed: Deed = deed;
        // A sentence being typed, a fader being moved: one line, with the last word.
        if let Some(last) = self.deeds.back_mut().filter(|last| goes_on(last, &deed)) {
            *last = deed;
        } else {
            self.deeds.push_back(deed);
        }
        if self.deeds.len() > MAX_DEEDS {
            self.deeds.pop_front();
        }
        self.deeds_changed = true;
    }

    /// Brings everything up to date; returns whether anything changed.
    pub(super) fn refresh(&mut self, member: &Member) -> bool {
        let presence = member.presence();
        let seq = member.with_session(|session| session.seq());
        let now = (seq, presence);
        let deeds_changed = std::mem::take(&mut self.deeds_changed);
        if deeds_changed {
            self.room.history = self.deeds.iter().cloned().collect();
        }
        if self.seen.as_ref() == Some(&now) {
            return deeds_changed;
        }
        self.room.me = member.id();
        self.room.recording = member.with_session(|session| session.recording());
        let (people, chat, votes) = member
            .with_session(|session| {
                let chat: Arc<[_]> = session.chat().cloned().collect();
                let votes: Arc<[_]> = session.votes().cloned().collect();
                Some((people(session, &now.1), chat, votes))
            })
            .unwrap_or_default();
        (self.room.people, self.room.chat, self.room.votes) = (people, chat, votes);
        self.seen = Some(now);
        true
    }
}

fn goes_on(last: &Deed, next: &Deed) -> bool {
    // Words of both up to the value: `warp of layer 1:`, `wrote in code`.
    let stem = |deed: &Deed| match deed.what.split_once(": ") {
        Some((stem, _)) if stem.contains(" of layer ") || stem == "brightness" || stem == "picture mix" => {
            Some(stem.to_owned())
        }
        _ if deed.what.starts_with("wrote in ") => Some(deed.what.clone()),
        _ => None,
    };
    last.who == next.who && stem(next).is_some_and(|next| stem(last) == Some(next))
}

fn people(session: &Session, presence: &BTreeMap<MemberId, Presence>) -> Arc<[Person]> {
    let person = |member: &sync_protocol::Member| {
        let doing =
            presence.get(&member.id).filter(|_| member.online).map_or("", |presence| match presence {
                presence if presence.typing => "writes a message",
                presence if presence.idle => "idle",
                presence if presence.text.is_some() => "in the code",
                _ => "",
            });
        Person { member: member.clone(), doing: doing.to_owned() }
    };
    let (here, gone): (Vec<_>, Vec<_>) =
        session.members().map(person).partition(|person| person.member.online);
    // Tickets of editors that nobody used are no people.
    here.into_iter().chain(gone.into_iter().rev().take(MAX_GONE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gesture_is_one_line_and_two_people_are_two() {
        let deed = |who: &str, what: &str| Deed {
            seq: Seq(1),
            at_millis: 0,
            who: who.into(),
            color: [0; 3],
            what: what.into(),
        };
        let goes_on = |a: (&str, &str), b: (&str, &str)| goes_on(&deed(a.0, a.1), &deed(b.0, b.1));
        assert!(goes_on(("ana", "warp of layer 1: 0.10"), ("ana", "warp of layer 1: 0.20")));
        assert!(goes_on(("ana", "wrote in code"), ("ana", "wrote in code")));
        assert!(!goes_on(("ana", "warp of layer 1: 0.10"), ("ben", "warp of layer 1: 0.20")));
        assert!(!goes_on(("ana", "warp of layer 1: 0.10"), ("ana", "warp of layer 2: 0.20")));
        assert!(!goes_on(("ana", "ran code: a"), ("ana", "ran code: a")));
    }
}
