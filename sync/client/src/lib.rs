//! The way of a member to a room on another machine.
//!
//! [`Client::join`] keeps a connection by a [`JoinLink`](sync_protocol::JoinLink): it checks the
//! host's key before it says a word, comes back with jitter when the connection is cut, hears what it
//! missed, and sends again what was not answered, so that each Command has one effect. Meanwhile its
//! user goes on working on its own copy ([`Mirror`](sync_session::Mirror)).
//!
//! Knows no window and no file: what it holds is read from any thread.
#![expect(clippy::disallowed_methods, reason = "the edge to the network owns a clock and a thread")]

mod client;
mod code;
mod connection;
mod fetch;
mod tls;

pub use client::{Client, ClientError, State};
pub use code::{CodeError, link_by_code};
pub use fetch::{FetchError, Fetched};
