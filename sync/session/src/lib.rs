//! The state machine of one room.
//!
//! [`Session::apply`] decides a [`Command`](sync_protocol::Command) and says what happened;
//! [`Session::replay`] takes over what another copy decided. Both end in the same state, so the
//! journal is the session. [`Mirror`] is a member's copy: what the room confirmed, and on top of it
//! what this member asked for and the room has not answered yet.
//!
//! Nothing here reads a clock, a disk or a socket: time, numbers and ids are arguments.
//!
//! ```
//! use sync_protocol::{Command, MemberId, Show};
//! use sync_session::{Origin, Session};
//!
//! let mut session = Session::new(Show::default());
//! let me = Origin { member: MemberId(1), ..Origin::default() };
//! let events = session.apply(me, Command::SetTitle { title: "Friday".to_owned() }).unwrap();
//! let mut copy = Session::new(Show::default());
//! copy.replay(&events[0]).unwrap();
//! assert_eq!(copy.show().title, "Friday");
//! ```

mod change;
mod check;
mod clock;
mod desk;
mod journal;
mod mirror;
mod people;
mod session;
mod talk;
mod text;

pub use clock::ClockEstimate;
pub use journal::{Journal, JournalError, MemoryJournal, OnCommitted};
pub use mirror::{Mirror, Notice};
pub use session::{Origin, ReplayError, Session};
