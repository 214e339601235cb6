//! The one HTTP stack of a host: everything that enters from the network comes through here.
//!
//! | path | what |
//! |---|---|
//! | `/j`, `/`, `/guest/…` | the guest page, from [`Settings::pages`] |
//! | `/room` | the room's own WebSocket: JSON, see below |
//! | `/yjs/<ticket>/<text>` | y-websocket version 1, for stock Yjs clients |
//! | `/api/v1/…` | REST: `join`, `state`, `members`, `commands`, `invites`, `tickets` |
//! | `/health`, `/ready`, `/metrics` | for machines; metrics on loopback only |
//! | `/drill/echo` | echoes WebSocket messages, when the drill is on |
//!
//! # The room socket
//!
//! Text frames, one JSON object each, of the types in `sync-protocol`.
//! 1. The client sends a [`Hello`](sync_protocol::Hello) within five seconds:
//!    `{"protocol":1,"room":"…","credential":{"invite":"…"},"name":"ana"}`; when it comes back
//!    `{"credential":{"token":"…"},"after":123,…}`.
//! 2. The host answers `{"type":"welcome","me":7,"token":"…","ticket":"…","room_secs":12.5,"state":{…}}`.
//!    Without `state` the events that follow are all that was missed. Or `{"type":"closed","error":{…}}`.
//! 3. From then on the client sends [`FromMember`](sync_protocol::FromMember), for example
//!    `{"type":"ask","no":1,"command":"set_param","layer":1,"name":"warp","value":0.5}`, and hears
//!    [`ToMember`](sync_protocol::ToMember): `event`, `done`, `refused`, `presence`, `awareness`,
//!    `transport`, `signal`, `pong`, `saving`, `closed`.
//!
//! Who says `{"type":"watch","pictures":true}` also gets small pictures of the show: binary messages,
//! one JPEG each, at most eight a second, the latest only.
//!
//! A client that is too slow is closed with 1013 and comes back with its token and the last event it
//! saw; five messages that make no sense close with 1008.
#![expect(clippy::disallowed_methods, reason = "the edge to the network owns clocks and a thread")]

mod api;
mod door;
mod identity;
mod metrics;
mod pages;
mod room_socket;
mod server;
mod settings;
mod socket;
mod yjs;

pub use door::{Door, Invite, InviteId};
pub use identity::{Identity, IdentityError};
pub use pages::Page;
pub use server::{Server, ServerError};
pub use settings::{Settings, SettingsError};
