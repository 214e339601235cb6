//! The one HTTP stack of a host: everything that enters from the network comes through here.
//!
//! | path | what |
//! |---|---|
//! | `/j`, `/`, `/guest/…` | the guest page, from [`Settings::pages`] |
//! | `/room` | the room's own WebSocket: JSON, see below |
//! | `/room/stream`, `/room/say` | the same for browsers that refuse the WebSocket |
//! | `/yjs/<ticket>/<text>` | y-websocket version 1, for stock Yjs clients |
//! | `/api/v1/…` | REST: `docs/openapi.json` names everything |
//! | `/health`, `/ready`, `/metrics` | for machines; metrics on loopback only |
//! | `/drill/echo` | echoes WebSocket messages, when the drill is on |
//!
//! # The room socket
//!
//! Text frames, one JSON object each, of the types in `sync-protocol`; `docs/room-socket.json` is
//! their schema.
//! 1. The client sends a [`Hello`](sync_protocol::Hello) within five seconds:
//!    `{"protocol":1,"room":"…","credential":{"invite":"…"},"name":"ana"}`; when it comes back
//!    `{"credential":{"token":"…"},"after":123,…}`.
//! 2. The host answers `{"type":"welcome","me":7,"token":"…","ticket":"…","room_secs":12.5,"state":{…}}`.
//!    Without `state` the events that follow are all that was missed. Or `{"type":"closed","error":{…}}`.
//! 3. From then on the client sends [`FromMember`](sync_protocol::FromMember), for example
//!    `{"type":"ask","no":1,"command":"set_param","layer":1,"name":"warp","value":0.5}`, and hears
//!    [`ToMember`](sync_protocol::ToMember): `event`, `done`, `refused`, `presence`, `awareness`,
//!    `transport`, `signal`, `scene`, `pong`, `saving`, `closed`.
//!
//! Who says `{"type":"watch","pictures":true}` also gets small pictures of the show: binary messages,
//! one JPEG each, at most eight a second, the latest only.
//!
//! # Without a WebSocket
//!
//! `POST /room/stream` with the `Hello` as its JSON body answers with an endless row of frames: the
//! opcode a WebSocket would use (1 text, 2 binary, 8 close, 9 ping), the length as four bytes,
//! big-endian, then so many bytes. `POST /room/say` says up to 64 messages, one a line, under the
//! line's name (header `x-jamlight-line`, as the stream's answer gave it) and its own number
//! (`x-jamlight-no`, from 1): a number said twice counts once, one out of order is refused with 409.
//! Such a member must say something (a `ping`) within 25 seconds.
//!
//! A client that is too slow is closed with 1013 and comes back with its token and the last event it
//! saw; five messages that make no sense close with 1008.
#![expect(clippy::disallowed_methods, reason = "the edge to the network owns clocks and a thread")]

mod accept;
mod api;
mod bodies;
mod code;
mod describe;
mod door;
mod identity;
mod line;
mod live;
mod metrics;
mod paced;
mod pages;
mod room_socket;
mod server;
mod settings;
mod shelf;
mod socket;
mod streams;
mod yjs;

pub use code::ShortCode;
pub use describe::{openapi, room_messages};
pub use door::{Door, Invite, InviteId};
pub use identity::{Identity, IdentityError};
pub use live::{Framing, LiveChunk, LiveFeed};
pub use pages::{Page, guest_pages};
pub use server::{Server, ServerError};
pub use settings::{Certificate, Settings, SettingsError};
pub use shelf::{File, Shelf};
pub use streams::{Document, Pages, StreamServer, StreamSettings};
