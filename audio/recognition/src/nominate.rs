//! Which places of an index may sound like this? Those at which landmarks of a query line up.
//!
//! A landmark found at tick `p` of the index and `t` of the query votes for a start at `p − t`. Votes for
//! the same start, within a few ticks, are counted; a count of three is rare by chance.

use crate::RecognitionError;
use crate::landmark::Asked;
use crate::segment::Segment;

/// Ticks of a bin of starts: what a speed between those tried drifts within a few seconds.
const BIN_TICKS: u32 = 8;
/// Votes a place needs: two neighbouring bins together.
const MIN_VOTES: u32 = 3;
/// Counters of the first pass for each speed, as a power of two: several times the votes, so that few
/// share one, and small enough for a processor's cache.
const COUNTER_BITS: u32 = 18;
/// Entries that are asked of a large index for each speed, at most. What is rare is read first: it tells more,
/// and what is common is most of a large library.
const MAX_ENTRIES_READ: u64 = 50_000;

/// A place that may be it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nominee {
    /// Tick of the index at the query's tick 0, plus [`ORIGIN`].
    pub(crate) start: i64,
    /// At which of the speeds asked.
    pub(crate) rate_idx: u8,
    pub(crate) votes: u32,
}

/// Added to starts, so that none is negative.
const ORIGIN: u32 = 1 << 20;
/// Starts of different speeds are this far apart, as a power of two: more than the ticks of a segment.
const RATE_SHIFT: u32 = 40;
/// Bits of a tick of a query: 16 s.
const TICK_BITS: u32 = 10;
const TICKS: u64 = (1 << TICK_BITS) - 1;

/// Returns the places of a segment with the most votes, best first. `asked` is in order.
pub(crate) fn nominate(
    segment: &Segment,
    asked: &[Asked],
    most: usize,
) -> Result<Vec<Nominee>, RecognitionError> {
    // Two passes: small counters that several starts share first, then only what they let through.
    let num_rates = asked.iter().map(|asked| usize::from(asked.rate_idx) + 1).max().unwrap_or_default();
    let mut counters = vec![0_u8; num_rates << COUNTER_BITS];
    let mut votes: Vec<Vote> = Vec::new();
    segment.look_up(asked, MAX_ENTRIES_READ * num_rates as u64, &mut |place, asked| {
        let vote = Vote::new(place, asked);
        if let Some(counter) = counters.get_mut(counter_of(vote.bin())) {
            *counter = counter.saturating_add(1);
        }
        votes.push(vote);
    })?;
    let count = |bin: u64| u32::from(counters.get(counter_of(bin)).copied().unwrap_or_default());
    votes.retain(|vote| {
        let bin = vote.bin();
        count(bin) + count(bin.saturating_sub(1)).max(count(bin + 1)) >= MIN_VOTES
    });
    votes.sort_unstable();
    // One peak of the query votes once for a place, however often its landmarks are found there.
    votes.dedup();
    let mut nominees: Vec<Nominee> = Vec::new();
    let mut from = 0;
    let mut ticks = Vec::new();
    for end in 1..=votes.len() {
        let Some(last) = votes.get(end - 1).map(Vote::start) else { break };
        while votes.get(from).is_some_and(|vote| vote.start() + u64::from(BIN_TICKS) < last) {
            from += 1;
        }
        if end - from < MIN_VOTES as usize {
            continue;
        }
        let window = votes.get(from..end).unwrap_or_default();
        ticks.clear();
        ticks.extend(window.iter().map(Vote::tick));
        ticks.sort_unstable();
        ticks.dedup();
        if ticks.len() < MIN_VOTES as usize {
            continue;
        }
        let middle = window.get(window.len() / 2).map_or(last, Vote::start);
        let nominee = Nominee {
            start: (middle & ((1 << RATE_SHIFT) - 1)) as i64 - i64::from(ORIGIN),
            rate_idx: (middle >> RATE_SHIFT) as u8,
            votes: ticks.len() as u32,
        };
        match nominees.last_mut() {
            Some(before)
                if nominee.rate_idx == before.rate_idx
                    && nominee.start - before.start <= i64::from(BIN_TICKS) =>
            {
                if nominee.votes > before.votes {
                    *before = nominee;
                }
            }
            _ => nominees.push(nominee),
        }
    }
    nominees.sort_by_key(|nominee| (std::cmp::Reverse(nominee.votes), nominee.start));
    nominees.truncate(most);
    Ok(nominees)
}

/// Where the query begins, and at which of its ticks that was heard. In order of the starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Vote(u64);

impl Vote {
    fn new(place: u32, asked: Asked) -> Self {
        let start = u64::from(place) + u64::from(ORIGIN) - u64::from(asked.tick.min(ORIGIN));
        let start = start | u64::from(asked.rate_idx) << RATE_SHIFT;
        Self(start << TICK_BITS | u64::from(asked.tick) & TICKS)
    }

    /// With the speed in its high bits.
    fn start(&self) -> u64 {
        self.0 >> TICK_BITS
    }

    fn tick(&self) -> u64 {
        self.0 & TICKS
    }

    fn bin(&self) -> u64 {
        self.start() / u64::from(BIN_TICKS)
    }
}

fn counter_of(bin: u64) -> usize {
    // Neighbouring bins stay apart, and different tracks spread.
    let rate_idx = (bin * u64::from(BIN_TICKS)) >> RATE_SHIFT;
    let place = bin.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - COUNTER_BITS);
    (rate_idx << COUNTER_BITS | place) as usize
}
