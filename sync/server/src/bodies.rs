use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_protocol::{Credential, Event, MemberId, Role, RoomId, Secret, Seq};

use crate::door::Invite;

/// How long an invite works unless it says otherwise: an evening.
pub(crate) const INVITE_SECS: u64 = 12 * 60 * 60;
/// How many an invite lets in unless it says otherwise.
pub(crate) const INVITE_USES: u32 = 200;
/// Longest life of an invite: a month.
pub(crate) const MAX_INVITE_SECS: u64 = 31 * 24 * 60 * 60;
/// Events in one answer, unless it asks for fewer, and at most.
pub(crate) const PAGE: usize = 200;
pub(crate) const MAX_PAGE: usize = 1_000;

/// Who wants to come in.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct JoinBody {
    /// Which room.
    pub(crate) room: RoomId,
    /// An invite's secret, or the token of an earlier visit.
    pub(crate) credential: Credential,
    /// What it calls itself, 1 to 64 characters.
    pub(crate) name: String,
}

/// A new member, or one that came back.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Joined {
    /// Who it is.
    pub(crate) me: MemberId,
    /// What it may do.
    pub(crate) role: Role,
    /// The bearer token of every other request. Replaces the one it came with.
    pub(crate) token: Secret,
    /// What to put after `/yjs/` for a stock Yjs client.
    pub(crate) ticket: Secret,
}

/// A room as a list shows it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RoomCard {
    /// Which.
    pub(crate) id: RoomId,
    /// What its show is called.
    pub(crate) title: String,
    /// How many are there now.
    pub(crate) num_online: usize,
    /// The number of its last event.
    pub(crate) seq: Seq,
}

/// What a request made happen, safe on the host's disk.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Happened {
    /// In order; empty when everything was so already.
    pub(crate) events: Vec<Event>,
}

/// A new invite.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct InviteBody {
    /// What its guests may do.
    pub(crate) role: Role,
    /// How many it lets in; 200 unless it says otherwise.
    #[serde(default)]
    pub(crate) uses: Option<u32>,
    /// How long it works, in seconds, at most a month; twelve hours unless it says otherwise.
    #[serde(default)]
    pub(crate) secs: Option<u64>,
}

/// An invite, and the link that is nowhere else.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Invited {
    #[serde(flatten)]
    pub(crate) invite: Invite,
    /// `https://HOST:PORT/j#v1.<room>.<key fingerprint>.<secret>`.
    pub(crate) link: String,
}

/// A new ticket for a client that can only hold a URL.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TicketBody {
    /// What its member is called.
    pub(crate) name: String,
    /// What it may do.
    pub(crate) role: Role,
}

/// A ticket as a URL.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Ticket {
    /// For a stock Yjs client, which appends the name of a text.
    pub(crate) yjs_url: String,
}

/// Which page of the past.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct PageQuery {
    /// Where the page before ended: its `next`. The first page without.
    pub(crate) after: Option<String>,
    /// Events on it, at most 1,000; 200 unless it says otherwise.
    pub(crate) limit: Option<usize>,
}

/// A page of the past.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EventPage {
    /// Oldest first.
    pub(crate) events: Vec<Event>,
    /// What to ask for next as `after`; absent when this is all there is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}
