//! What the panels of the room see.

use std::sync::Arc;

use sync_protocol::{ChatMessage, Member, MemberId, Recording, Role, Seq, Vote};

/// The room: who is in it, what was said, how others come in.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// Where this machine's seat is.
    pub place: Place,
    /// Who this machine is there.
    pub me: MemberId,
    /// Everyone who is or was there, those who are there first.
    pub people: Arc<[Person]>,
    /// The last messages, oldest first.
    pub chat: Arc<[ChatMessage]>,
    /// The last votes, oldest first.
    pub votes: Arc<[Vote]>,
    /// What the host keeps beside the journal now; `None` is nothing.
    pub recording: Option<Recording>,
    /// What happened, newest last.
    pub history: Arc<[Deed]>,
    /// The room as it was at a moment that somebody looks back to.
    pub past: Option<Arc<Past>>,
    /// Rooms that were heard of on this network.
    pub nearby: Arc<[Nearby]>,
    /// What went wrong with opening or joining a room: a sentence.
    pub problem: Option<String>,
}

impl Room {
    /// Returns this machine's member.
    pub fn my_self(&self) -> Option<&Person> {
        self.people.iter().find(|person| person.member.id == self.me)
    }

    /// Returns this machine's role; alone, it hosts.
    pub fn my_role(&self) -> Role {
        self.my_self().map_or(Role::Host, |person| person.member.role)
    }

    /// Returns how many are there now, this machine included.
    pub fn num_online(&self) -> usize {
        self.people.iter().filter(|person| person.member.online).count().max(1)
    }
}

/// Where a machine's seat is.
#[derive(Clone, Debug, Default)]
pub enum Place {
    /// In its own room, which nobody else can reach.
    #[default]
    Alone,
    /// The room is being opened.
    Opening,
    /// In its own room, which is open to others.
    Hosting(Arc<Hosting>),
    /// In another machine's room, or on the way there.
    Visiting(Arc<Visiting>),
}

/// A room that is open to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hosting {
    /// The link that lets people in, with its secret.
    pub link: String,
    /// `host:port`, as people may have to type it.
    pub address: String,
    /// The link as a code: rows of modules, `true` for dark.
    pub code: Vec<Vec<bool>>,
    /// The host's key as people compare it; empty without TLS.
    pub key: String,
    /// Digits that let somebody in who has no link, and how many tries are left.
    pub spoken: Option<(String, u32)>,
    /// Whether others can reach it.
    pub check: Check,
    /// Guests who see pictures of the show.
    pub num_watchers: usize,
    /// How much the recording has, in MiB; 0 while there is none.
    pub recorded_mib: u64,
}

/// What the look at the own address from outside found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// It is looked at.
    #[default]
    Running,
    /// Others can reach this machine.
    Fine,
    /// They can probably not, and why; with the command that helps, if one does.
    Blocked {
        /// A sentence.
        why: String,
        /// What to type in a terminal; empty when nothing helps.
        command: String,
    },
}

/// Another machine's room.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visiting {
    /// Its address.
    pub address: String,
    /// Whether its show is on stage here.
    pub seated: bool,
    /// How the connection is: a sentence.
    pub state: String,
    /// Whether the connection is there now.
    pub connected: bool,
    /// Whether this machine sounds: in most rooms one does.
    pub sounds: bool,
}

/// Somebody in the room.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Name, colour, role, switches.
    pub member: Member,
    /// What it is doing now: `writes`, `idle`, or nothing.
    pub doing: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// Its number in the room.
    pub seq: Seq,
    /// When, in milliseconds since 1970.
    pub at_millis: u64,
    /// Who did it.
    pub who: String,
    /// That person's colour.
    pub color: [u8; 3],
    /// What: `set warp of layer 1 to 0.5`.
    pub what: String,
}

/// The room as it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// After which event.
    pub seq: Seq,
    /// The show that was on stage.
    pub show: Box<sync_protocol::Show>,
    /// The shared texts by name.
    pub texts: Vec<(String, String)>,
}

/// A room heard of on this network. A hint: the key or the code decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearby {
    /// What it calls itself.
    pub name: String,
    /// `host:port`.
    pub address: String,
}

/// What the panels of the room ask for, beside Commands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RoomIntent {
    /// Opens the room to others.
    Open,
    /// Sends everyone away and closes it; the show goes on.
    Close,
    /// Looks again whether others can reach it.
    Check,
    /// Makes a new link; the one before is not good any more for newcomers.
    NewLink,
    /// Puts a safe scene on stage, sends everyone away and takes every invite back.
    Panic,
    /// Joins another machine's room.
    Join {
        /// The link, or `host:port` and the digits of a short code.
        link: String,
        /// What this person is called there.
        name: String,
    },
    /// Leaves it; the own show comes back.
    Leave,
    /// Lets this machine sound while it is a guest, or not.
    Sound(bool),
    /// Wants to see the room as it was after an event; `None` looks at now again.
    LookBack(Option<Seq>),
    /// Wants to know of rooms on this network.
    LookRound,
    /// Writes the history to files.
    Export,
    /// Notes that this person types in the chat, or stopped.
    Typing(bool),
}
