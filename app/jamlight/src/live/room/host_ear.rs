//! The beat and the sound of a room: told by its host, followed by its guests.

use std::time::{Duration, Instant};

use app_director::Conductor;
use audio_signal::Transport;

use super::Member;
use crate::jam::{DigestEar, digest};
use crate::live::board::{Board, Heard};

/// Tells the room where the beat is and what is heard, when this machine hosts. To be called about
/// ten times a second; what comes too often the room drops.
pub(crate) fn share(member: &Member, heard: &Heard) {
    if member.is_guest() {
        return;
    }
    let now_secs = heard.stream_secs(Instant::now());
    member.share_transport(&heard.transport, now_secs);
}

/// Tells guests without sound of their own what is heard here. To be called about thirty times a
/// second.
pub(crate) fn share_signal(member: &Member, heard: &Heard) {
    let has_guests = |session: &sync_session::Session| session.members().filter(|one| one.online).count() > 1;
    if !member.is_guest() && member.with_session(has_guests) {
        member.share_signal(digest(&heard.frame));
    }
}

/// Returns the transport of a guest: the room's beat in this machine's stream time. `None` in the own
/// room, and until the room's beat is known. `frame_secs` is the stream time of the newest frame,
/// which sounds in `ahead_secs`.
pub(crate) fn follow(
    member: &Member,
    conductor: &mut Conductor,
    frame_secs: f64,
    ahead_secs: f64,
) -> Option<Transport> {
    if !member.is_guest() {
        return None;
    }
    let room = member.transport()?;
    let beat = room.beat_at(member.room_secs()? + ahead_secs);
    Some(conductor.follow(frame_secs, beat, room.tempo_bpm, room.beats_per_bar, room.confidence))
}

/// Between two frames: the host's digest comes thirty times a second.
const FRAME: Duration = Duration::from_millis(25);
/// Longest step of a frame: what a picture would take as well.
const MAX_STEP: Duration = Duration::from_millis(200);
/// Hears through the host's ear: a machine without an input of its own.
#[derive(Debug, Default)]
pub(crate) struct HostEar {
    ear: DigestEar,
    made_at: Option<Instant>,
}

impl HostEar {
    /// Hears through the host's ear when this machine is a guest and `deaf`: publishes a frame in the
    /// place of the analyser's, a few dozen times a second. Returns whether it does.
    pub(crate) fn turn(
        &mut self,
        board: &Board,
        member: &Member,
        conductor: &mut Conductor,
        deaf: bool,
    ) -> bool {
        let Some(digest) = member.signal().filter(|_| deaf) else {
            *self = Self::default();
            return false;
        };
        let now = Instant::now();
        let step = self.made_at.map_or(FRAME, |made_at| now - made_at);
        if step >= FRAME {
            self.made_at = Some(now);
            let before = board.heard.get();
            let frame = self.ear.frame(&before.frame, digest, step.min(MAX_STEP).as_secs_f64());
            let transport = follow(member, conductor, frame.time_secs, 0.0).unwrap_or(before.transport);
            board.heard.set(Heard { frame, at: now, transport, ahead_secs: 0.0, mix_offset_secs: None });
        }
        true
    }
}
