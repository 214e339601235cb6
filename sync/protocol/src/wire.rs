use audio_signal::Transport;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Blob, Command, Envelope, Event, MemberId, Presence, RoomId, RoomState, SceneCard, SceneId, Secret, Seq,
    TextId,
};

/// A Command on its way to the room, with the member's own number for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// The member's number: rising, from 1. The same Command sent twice keeps it, and counts once.
    /// 0 has no number and gets no answer of its own.
    #[serde(default)]
    pub no: u64,
    /// What is asked for.
    #[serde(flatten)]
    pub command: Command,
}

/// The version of everything in this file. A host answers another one with `Closed`.
pub const PROTOCOL_VERSION: u32 = 1;

/// The first message on a `/room` socket; nothing is sent before it, and it must come within five
/// seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`].
    pub protocol: u32,
    /// Which room.
    pub room: RoomId,
    /// Why it may come in.
    pub credential: Credential,
    /// What it calls itself, 1–64 characters.
    pub name: String,
    /// The last event it has, when it comes back with its copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
}

/// Why somebody may come in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// It was invited: the secret of a link. It becomes a new member, and is given a token.
    Invite(Secret),
    /// It was there before: the token it was given. It is the same member, and is given a new one.
    Token(Secret),
}

/// What a member tells its room. JSON objects with a `type`; the first on a socket is the `hello`
/// described in `sync-server`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FromMember {
    /// Asks for a Command.
    Ask(Asked),
    /// What it is doing now. Latest wins.
    Presence {
        /// What.
        presence: Presence,
    },
    /// Where its cursors are in a text, as a y-protocols awareness update. Latest wins.
    Awareness {
        /// Which text.
        text: TextId,
        /// The update.
        update: Blob,
    },
    /// Where the beat is. Only the host's counts. Latest wins.
    Transport {
        /// Where.
        transport: RoomTransport,
    },
    /// What the host hears, for members without an input. Only the host's counts. Latest wins.
    Signal {
        /// What.
        signal: SignalDigest,
    },
    /// Wants to see small pictures of the show, or no more. They come as binary messages on a room's
    /// socket, one JPEG each; the latest counts, and they are the first thing dropped under load.
    Watch {
        /// Whether it wants them.
        pictures: bool,
    },
    /// Asks what a scene's controls are.
    Scene {
        /// Which.
        scene: SceneId,
    },
    /// Asks what time it is in the room.
    Ping {
        /// Comes back as it is: the member's own clock, in seconds.
        sent_secs: f64,
        /// The shortest round trip it has seen, in milliseconds; 0 when it does not know.
        #[serde(default)]
        round_trip_millis: f32,
    },
}

/// Where the beat is, in the room's own time: seconds since the room opened on the host's clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoomTransport {
    /// The beat at `at_room_secs`. A multiple of `beats_per_bar` starts a bar.
    pub beat: f64,
    /// When, in room time.
    pub at_room_secs: f64,
    /// Beats per minute, 20–999.
    pub tempo_bpm: f64,
    /// Beats in a bar, 1–16.
    pub beats_per_bar: u8,
    /// How sure its source is, 0–1.
    pub confidence: f32,
}

impl RoomTransport {
    /// Makes it of a machine's own transport, of whose stream time `now_secs` is now, which is
    /// `room_secs` in the room.
    pub fn new(transport: &Transport, now_secs: f64, room_secs: f64) -> Self {
        Self {
            beat: transport.beat_at(now_secs),
            at_room_secs: room_secs,
            tempo_bpm: transport.tempo_bpm,
            beats_per_bar: transport.beats_per_bar,
            confidence: transport.confidence,
        }
    }

    /// Returns the beat at a room time in seconds.
    pub fn beat_at(&self, room_secs: f64) -> f64 {
        self.beat + (room_secs - self.at_room_secs) * self.tempo_bpm / 60.0
    }

    /// Returns whether its numbers are ones a machine can follow.
    pub fn is_valid(&self) -> bool {
        self.beat.is_finite()
            && self.at_room_secs.is_finite()
            && crate::TEMPO_BPM_RANGE.contains(&self.tempo_bpm)
            && crate::BEATS_PER_BAR_RANGE.contains(&self.beats_per_bar)
    }
}

/// What the host hears, small enough to send thirty times a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignalDigest {
    /// Level of the whole, 0–1.
    pub level: f32,
    /// Level of bass, mid, mid-high and high, 0–1.
    pub bands: [f32; 4],
    /// Hits so far, of the whole and of each band: a reader that skips some misses none.
    pub hits: [u32; 5],
    /// Strength of the last hit of each, 0–1.
    pub strengths: [f32; 5],
}

/// What a room tells one member. JSON objects with a `type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToMember {
    /// The first message: the member is in.
    Welcome {
        /// Who it is.
        me: MemberId,
        /// What it comes back with. Replaces the one it came with.
        token: Secret,
        /// What to put after `/yjs/` to edit texts with a stock Yjs client: `/yjs/<ticket>/<text>`.
        ticket: Secret,
        /// Room time now, in seconds.
        room_secs: f64,
        /// The whole room; absent when the events that follow are all that was missed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<Box<RoomState>>,
    },
    /// Something happened.
    Event {
        /// What.
        event: Event,
    },
    /// The member's Command was right and changed nothing.
    Done {
        /// Its number.
        no: u64,
    },
    /// The member's Command was refused; nothing changed.
    Refused {
        /// Its number.
        no: u64,
        /// Why.
        error: Envelope,
    },
    /// What another member is doing now.
    Presence {
        /// Who.
        member: MemberId,
        /// What.
        presence: Presence,
    },
    /// Where the cursors of others are in a text, as a y-protocols awareness update.
    Awareness {
        /// Which text.
        text: TextId,
        /// The update.
        update: Blob,
    },
    /// Where the beat is.
    Transport {
        /// Where.
        transport: RoomTransport,
    },
    /// What the host hears.
    Signal {
        /// What.
        signal: SignalDigest,
    },
    /// What a scene's controls are: for each scene on stage after the welcome, and when asked.
    Scene {
        /// Which.
        scene: SceneId,
        /// What to draw its controls from; absent when the host does not know it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        card: Option<Box<SceneCard>>,
    },
    /// The answer to a ping.
    Pong {
        /// The asker's own clock, as it was sent.
        sent_secs: f64,
        /// Room time, in seconds.
        room_secs: f64,
    },
    /// Whether what happens reaches the disk. Sent when it changes; it does until then.
    Saving {
        /// `false` while the disk is full or failing: the show goes on, unsaved.
        saved: bool,
        /// What the disk said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// The member is out: the last message.
    Closed {
        /// Why.
        error: Envelope,
    },
}
