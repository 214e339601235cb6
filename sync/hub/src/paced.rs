use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sync_protocol::{Asked, MAX_MOVES_PER_SEC, MemberId, ShowKey};

/// Time between two moves of one key.
const INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / MAX_MOVES_PER_SEC as u64);

/// Holds back moves that come faster than an eye can follow: of each key the latest waits its turn.
#[derive(Debug, Default)]
pub(crate) struct PacedMoves {
    keys: BTreeMap<ShowKey, Paced>,
}

#[derive(Debug)]
struct Paced {
    free_at: Instant,
    held: Option<(MemberId, Asked)>,
}

/// What to do with a move that came in.
#[derive(Debug, PartialEq)]
pub(crate) enum Pace {
    /// Make it now.
    Now(Asked),
    /// It waits; the one it replaced, if any, is answered by it.
    Held(Option<(MemberId, u64)>),
}

impl PacedMoves {
    pub(crate) fn offer(&mut self, key: ShowKey, member: MemberId, asked: Asked, now: Instant) -> Pace {
        let paced = self.keys.entry(key).or_insert(Paced { free_at: now, held: None });
        if paced.held.is_none() && paced.free_at <= now {
            paced.free_at = now + INTERVAL;
            return Pace::Now(asked);
        }
        let replaced = paced.held.replace((member, asked));
        Pace::Held(replaced.map(|(member, asked)| (member, asked.no)))
    }

    /// Returns when the next held move is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.keys.values().filter(|paced| paced.held.is_some()).map(|paced| paced.free_at).min()
    }

    /// Takes the held moves that are due, and forgets keys that have come to rest.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<(MemberId, Asked)> {
        let mut due = Vec::new();
        self.keys.retain(|_, paced| {
            if paced.free_at > now {
                return true;
            }
            let held = paced.held.take();
            let moves_on = held.is_some();
            due.extend(held);
            paced.free_at = now + INTERVAL;
            moves_on
        });
        in_order_of_asking(due)
    }

    /// Takes all held moves: something comes that must not overtake them.
    pub(crate) fn take_all(&mut self, now: Instant) -> Vec<(MemberId, Asked)> {
        let held = self.keys.values_mut().filter_map(|paced| {
            let held = paced.held.take()?;
            paced.free_at = now + INTERVAL;
            Some(held)
        });
        in_order_of_asking(held.collect())
    }
}

fn in_order_of_asking(mut moves: Vec<(MemberId, Asked)>) -> Vec<(MemberId, Asked)> {
    moves.sort_by_key(|(member, asked)| (*member, asked.no));
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_protocol::Command;

    fn brightness(no: u64) -> Asked {
        Asked { no, command: Command::SetBrightness { brightness: no as f32 / 100.0 } }
    }

    #[test]
    fn one_key_moves_at_most_thirty_times_a_second_and_its_last_value_arrives() {
        let (start, me) = (Instant::now(), MemberId(1));
        let mut paced = PacedMoves::default();
        let mut made = Vec::new();
        for milli in 0..1_000 {
            let now = start + Duration::from_millis(milli);
            made.extend(paced.take_due(now).into_iter().map(|(_, asked)| asked.no));
            if let Pace::Now(asked) = paced.offer(ShowKey::Brightness, me, brightness(milli + 1), now) {
                made.push(asked.no);
            }
        }
        assert!((29..=30).contains(&made.len()), "{} moves", made.len());
        let after = start + Duration::from_secs(2);
        assert_eq!(paced.take_due(after), [(me, brightness(1_000))]);
        assert!(paced.take_due(after + Duration::from_secs(1)).is_empty());
        assert!(paced.keys.is_empty(), "a key at rest is forgotten");
    }

    #[test]
    fn a_replaced_move_is_named_so_that_its_member_gets_an_answer() {
        let now = Instant::now();
        let mut paced = PacedMoves::default();
        assert_eq!(
            paced.offer(ShowKey::Brightness, MemberId(1), brightness(1), now),
            Pace::Now(brightness(1))
        );
        assert_eq!(paced.offer(ShowKey::Brightness, MemberId(1), brightness(2), now), Pace::Held(None));
        let held = paced.offer(ShowKey::Brightness, MemberId(2), brightness(9), now);
        assert_eq!(held, Pace::Held(Some((MemberId(1), 2))));
    }
}
