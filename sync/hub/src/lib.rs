//! One task owns one room: it orders what members ask, journals it, and fans it out.
//!
//! Knows no socket: a member is a mailbox it sends to and a [`FanOut`] it is told through, in this
//! process ([`Member`]), behind a socket (`sync-server`), or one day on another host.
//!
//! ```
//! use sync_hub::Hub;
//! use sync_protocol::{Command, Show};
//!
//! let (hub, me) = Hub::solo(Show::default()).unwrap();
//! me.send(Command::SetBlackout { blackout: true }).unwrap();
//! assert!(me.show().master.blackout, "on this machine's stage at once");
//! hub.stop();
//! ```
#![expect(clippy::disallowed_methods, reason = "a room stamps events and paces moves by the host's clock")]

mod awareness;
mod fan_out;
mod hub;
mod live;
mod member;
mod paced;
mod rate;
mod room;

pub use fan_out::{Delivered, FanOut, Sent};
pub use hub::{Conn, HOST, Hub, HubError, RoomHandle};
pub use member::Member;
pub use room::{BeginJournal, Entry, Join, TakeSeat};
// What a room is made of.
pub use sync_session::{Journal, Session};
