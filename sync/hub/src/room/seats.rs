//! Who sits in a room, and who of them is told what.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Instant;

use sync_protocol::{Envelope, EventKind, MemberId, Seq, TextId, ToMember};
use tracing::debug;

use super::{LEAVE_GRACE, Room};
use crate::fan_out::{Delivered, FanOut, Sent};

/// A connection's place in the room.
pub(super) struct Seat {
    pub(super) member: MemberId,
    pub(super) fan_out: Box<dyn FanOut>,
    pub(super) is_primary: bool,
    /// The hash of the only text it hears of. Two of one hash hear too much, and pass it over.
    pub(super) text: Option<u64>,
    /// The last event it has.
    pub(super) seen: Seq,
    /// Half its round trip, in seconds.
    pub(super) one_way_secs: f64,
}

impl Room {
    /// Tells the connection of a member that numbers its Commands.
    pub(super) fn answer(&mut self, member: MemberId, message: ToMember, now: Instant) {
        let primary = self.seats.iter().find(|(_, seat)| seat.member == member && seat.is_primary);
        if let Some(conn) = primary.map(|(conn, _)| *conn) {
            self.tell(conn, message, now);
        }
    }

    pub(super) fn tell(&mut self, conn: u64, message: ToMember, now: Instant) {
        if let Some(seat) = self.seats.get_mut(&conn)
            && seat.fan_out.deliver(&Sent::new(message)) != Delivered::Taken
        {
            self.drop_seat(conn, now);
        }
    }

    pub(super) fn tell_all(&mut self, sent: &Arc<Sent>) {
        self.tell_seats(sent, |_, _| true);
    }

    pub(super) fn tell_seats(&mut self, sent: &Arc<Sent>, mut wants: impl FnMut(u64, &mut Seat) -> bool) {
        let about = match &sent.message {
            ToMember::Event { event } => match &event.kind {
                EventKind::TextEdited { text, .. } => Some(hash(text)),
                _ => None,
            },
            ToMember::Awareness { text, .. } => Some(hash(text)),
            _ => None,
        };
        let is_for_all = matches!(sent.message, ToMember::Closed { .. });
        let mut lost = Vec::new();
        for (conn, seat) in &mut self.seats {
            let hears = is_for_all || seat.text.is_none_or(|text| about == Some(text));
            if hears && wants(*conn, seat) {
                match seat.fan_out.deliver(sent) {
                    Delivered::Taken => {}
                    delivered => lost.push((*conn, delivered)),
                }
            }
        }
        for (conn, delivered) in lost {
            debug!(room = %self.id, conn, ?delivered, "connection dropped");
            self.drop_seat(conn, Instant::now());
        }
    }

    pub(super) fn close_seats(&mut self, which: impl Fn(&Seat) -> bool, error: &Envelope, now: Instant) {
        let conns: Vec<u64> =
            self.seats.iter().filter(|(_, seat)| which(seat)).map(|(conn, _)| *conn).collect();
        for conn in conns {
            self.tell(conn, ToMember::Closed { error: error.clone() }, now);
            self.drop_seat(conn, now);
        }
    }

    pub(super) fn find_slowest(&mut self) {
        self.slowest_secs = self.seats.values().map(|seat| seat.one_way_secs).fold(0.0, f64::max);
    }

    pub(super) fn drop_seat(&mut self, conn: u64, now: Instant) {
        let Some(seat) = self.seats.remove(&conn) else { return };
        self.live.conn_left(conn);
        self.limits.remove(&conn);
        self.find_slowest();
        if !self.seats.values().any(|other| other.member == seat.member) {
            self.leaving.insert(seat.member, now + LEAVE_GRACE);
        }
    }
}

pub(super) fn hash(text: &TextId) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
