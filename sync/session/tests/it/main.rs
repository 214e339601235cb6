//! Laws of the room's state machine, through its public door.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod people;
mod show;
mod simulation;
mod talk;
mod text;

use sync_protocol::{Member, MemberId, Role, Show};
use sync_session::{Origin, Session};

const ME: MemberId = MemberId(1);
const OTHER: MemberId = MemberId(2);

/// A room with a host and a performer in it.
fn jam() -> Session {
    let mut session = Session::new(Show::default());
    for (id, role) in [(ME, Role::Host), (OTHER, Role::Performer)] {
        session.join(Origin::default(), Member::new(id, "somebody", role)).unwrap();
    }
    session
}

fn by(member: MemberId) -> Origin {
    Origin { member, ..Origin::default() }
}
