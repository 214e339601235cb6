//! When what a room decided goes to the disk: at once, or in turns.

use std::time::{Duration, Instant};

use sync_protocol::EventKind;

use super::wall_millis;
use crate::rate::Bucket;

/// How long moves wait for a kept event to be written with: what a crash may cost of a fader's way.
const MOVES_WAIT: Duration = Duration::from_millis(250);
/// Commits that a room makes at once after a rest. Where it goes on, what comes is committed and sent in
/// turns, which all rooms take together: one sync of the disk is for all, and one write to a member for
/// all that happened. No fingers are quicker than twenty turns a second; to a crowd, that each turn costs
/// a write to each, eight still look like typing.
const COMMITS_BURST: f64 = 5.0;
const MIN_TURN: Duration = Duration::from_millis(50);
const MAX_TURN: Duration = Duration::from_millis(125);
/// Changes of the show that are committed at once, and how many a second after that: more than hands make, and no
/// script keeps the disk from the other rooms. On a busy host they take their turn too.
const CHANGES_BURST: f64 = 20.0;
const CHANGES_PER_SEC: f64 = 20.0;
/// Members for whom a turn is as long as [`MIN_TURN`]; for more it grows with them.
const EASY_MEMBERS: u32 = 40;

/// The turns that one room takes.
#[derive(Debug)]
pub(super) struct Turns {
    commits_at_once: Bucket,
    changes_at_once: Bucket,
    /// Whether one that would not wait does.
    change_waits: bool,
}

impl Turns {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            commits_at_once: Bucket::new(MIN_TURN.as_secs_f64().recip(), COMMITS_BURST, now),
            changes_at_once: Bucket::new(CHANGES_PER_SEC, CHANGES_BURST, now),
            change_waits: false,
        }
    }

    /// Returns how long events wait that were decided together, `None` when they go at once. On a busy
    /// host everything takes its turn, the longest there is.
    pub(super) fn wait<'a>(
        &mut self,
        mut kinds: impl Iterator<Item = &'a EventKind> + Clone,
        num_seats: usize,
        is_busy: bool,
        now: Instant,
    ) -> Option<Duration> {
        if kinds.clone().all(EventKind::is_move) {
            return Some(MOVES_WAIT);
        }
        if is_busy {
            return Some(until_next(MAX_TURN));
        }
        let turn = turn(num_seats);
        let at_once = if kinds.all(may_wait) {
            self.commits_at_once.set_rate(turn.as_secs_f64().recip());
            self.commits_at_once.take(now)
        } else {
            let at_once = self.changes_at_once.take(now);
            self.change_waits |= at_once.is_err();
            at_once
        };
        at_once.err().map(|_| until_next(turn))
    }

    /// Says that a turn was taken, and whether anybody waited for it: moves alone are nobody's.
    pub(super) fn took(&mut self, is_awaited: bool, now: Instant) {
        if is_awaited {
            self.commits_at_once.empty(now);
        }
        if std::mem::take(&mut self.change_waits) {
            self.changes_at_once.empty(now);
        }
    }
}

fn turn(num_seats: usize) -> Duration {
    let num = u32::try_from(num_seats).unwrap_or(u32::MAX);
    (MIN_TURN.saturating_mul(num) / EASY_MEMBERS).clamp(MIN_TURN, MAX_TURN)
}

/// Whether others may hear of it a turn later: only what comes in numbers. A scene that is put on stage, a right that is
/// taken and whatever kind is added later are heard at once.
fn may_wait(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::TextEdited { .. }
            | EventKind::Said { .. }
            | EventKind::MessageEdited { .. }
            | EventKind::VoteCast { .. }
            | EventKind::MemberJoined { .. }
            | EventKind::MemberLeft { .. }
    )
}

/// Returns how long the next turn is away: all rooms of a host take theirs together.
fn until_next(turn: Duration) -> Duration {
    let millis = turn.as_millis() as u64;
    Duration::from_millis(millis - wall_millis() % millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_goes_at_once_but_takes_its_turn_on_a_busy_host_or_after_many() {
        let now = Instant::now();
        let change = EventKind::TitleChanged { title: "b".into(), was: "a".into() };
        let mut turns = Turns::new(now);
        let mut wait = |is_busy| turns.wait([&change].into_iter(), 2, is_busy, now);
        assert_eq!(wait(false), None);
        assert!(wait(true).is_some_and(|wait| wait <= MAX_TURN));
        let num_at_once = (0..100).filter(|_| wait(false).is_none()).count();
        assert_eq!(num_at_once, CHANGES_BURST as usize - 1);
        assert!(wait(false).is_some_and(|wait| wait <= MIN_TURN));
    }
}
