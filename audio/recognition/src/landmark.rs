//! Landmarks: three peaks near each other, written down as one number.
//!
//! A number holds where the first peak lies, roughly, and the steps in pitch and time from it to the
//! other two, exactly. What a turntable changes least comes first in it: the speeds of a query ask for
//! numbers that lie side by side. The index keeps few landmarks of each peak; a query makes many, so that those of
//! the index are among them although noise added peaks and hid others. A query is also made at the
//! speeds a turntable has: its peaks are moved, not its sound.

use crate::peak::{NUM_PITCHES, Peak, pitch_shift};

/// Bits of a landmark's number.
pub(crate) const HASH_BITS: u32 = 26;
/// Speed at which a stream is played, over that of the record.
pub(crate) const RATES: [f64; 7] = [1.0, 0.973, 1.027, 0.947, 1.054, 0.922, 1.081];

/// Neighbours of a peak begin so many ticks after it: 64 ms.
const MIN_TICKS: u32 = 4;
/// …and end here: 1.3 s.
const MAX_TICKS: u32 = 80;
/// …and are so near in pitch: 0.75 octaves.
const MAX_PITCHES: i32 = 180;
/// A cell of the first pitch: two semitones, wider than the error of the nearest of [`RATES`].
const ANCHOR_CELL: i32 = 40;
/// A cell of a step in pitch: a third of a semitone.
const STEP_CELL: i32 = 7;
/// A cell of a step in time: 64 ms.
const TICK_CELL: u32 = 4;
/// Cells of a step in pitch, with room for a probe beyond the border.
const NUM_STEPS: u32 = (2 * MAX_PITCHES / STEP_CELL + 3) as u32;
/// Cells of a step in time, with room for a probe, and a multiple of eight: what a bucket of the largest
/// index holds differs in the last step alone.
const NUM_TICKS: u32 = (MAX_TICKS / TICK_CELL + 2).next_multiple_of(8);
/// Cells of the first pitch, with room for a probe and a speed on either side.
const NUM_ANCHORS: u32 = NUM_PITCHES as u32 / ANCHOR_CELL as u32 + 2 * ANCHOR_MARGIN + 1;
const ANCHOR_MARGIN: u32 = 2;

const _: () = assert!(
    NUM_ANCHORS * NUM_STEPS * NUM_STEPS * NUM_TICKS * NUM_TICKS <= 1 << HASH_BITS,
    "a number has its bits"
);

/// A landmark: its number and the tick of its first peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Landmark {
    pub(crate) hash: u32,
    pub(crate) tick: u32,
}

/// A landmark of a query at one of [`RATES`]. In order of its number first, so that speeds which share one
/// look it up once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    pub(crate) hash: u32,
    /// Which of the speeds.
    pub(crate) rate_idx: u8,
    pub(crate) tick: u32,
}

/// How many landmarks are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// The strongest so many neighbours of a peak are joined with it, two by two.
    pub(crate) neighbours: usize,
    /// How many of a landmark's cells, those nearest to a border, are tried on both sides of it.
    pub(crate) probes: usize,
}

impl Effort {
    /// For the index: three landmarks per peak.
    pub(crate) const KEPT: Self = Self { neighbours: 3, probes: 0 };
    /// For a query: ten per peak, two on each of two borders.
    pub(crate) const ASKED: Self = Self { neighbours: 5, probes: 1 };
}

/// Returns the landmarks of a constellation that is played at `rate` times its speed, as they would be
/// at its own. `peaks` are in order of their ticks.
pub(crate) fn landmarks(peaks: &[Peak], rate: f64, effort: Effort, out: &mut Vec<Landmark>) {
    let shift = pitch_shift(rate).round() as i32;
    let moved: Vec<Moved> = peaks
        .iter()
        .map(|peak| Moved {
            tick: (f64::from(peak.tick) * rate).round() as u32,
            pitch: i32::from(peak.pitch) - shift,
            level: peak.level,
        })
        .collect();
    let mut zone: Vec<&Moved> = Vec::new();
    for (i, anchor) in moved.iter().enumerate() {
        zone.clear();
        let later = moved.get(i + 1..).unwrap_or_default().iter();
        zone.extend(later.take_while(|peak| peak.tick <= anchor.tick + MAX_TICKS).filter(|peak| {
            peak.tick >= anchor.tick + MIN_TICKS && (peak.pitch - anchor.pitch).abs() <= MAX_PITCHES
        }));
        // Stable, so that of equals the first ones are taken.
        zone.sort_by_key(|peak| std::cmp::Reverse(peak.level));
        zone.truncate(effort.neighbours);
        for (j, one) in zone.iter().enumerate() {
            for other in zone.get(j + 1..).unwrap_or_default() {
                let in_order = (one.tick, one.pitch) <= (other.tick, other.pitch);
                let [b, c] = if in_order { [one, other] } else { [other, one] };
                write_down(anchor, b, c, effort.probes, out);
            }
        }
    }
}

struct Moved {
    tick: u32,
    pitch: i32,
    level: u8,
}

/// A value in its cell, and the cell it nearly fell into.
struct Cell {
    at: i32,
    nearly: i32,
    /// How far the border is, in cells: 0–0.5.
    border: f32,
}

impl Cell {
    fn new(value: i32, size: i32) -> Self {
        let at = value.div_euclid(size);
        let inside = (value.rem_euclid(size) as f32 + 0.5) / size as f32;
        let nearly = if inside < 0.5 { at - 1 } else { at + 1 };
        Self { at, nearly, border: inside.min(1.0 - inside) }
    }
}

fn write_down(a: &Moved, b: &Moved, c: &Moved, probes: usize, out: &mut Vec<Landmark>) {
    let ticks = |peak: &Moved| Cell::new((peak.tick - a.tick) as i32, TICK_CELL as i32);
    let step = |peak: &Moved| Cell::new(peak.pitch - a.pitch, STEP_CELL);
    let cells = [Cell::new(a.pitch, ANCHOR_CELL), step(b), step(c), ticks(b), ticks(c)];
    let mut values = [0; 5];
    for (value, cell) in values.iter_mut().zip(&cells) {
        *value = cell.at;
    }
    out.push(Landmark { hash: hash(values), tick: a.tick });
    if probes == 0 {
        return;
    }
    let mut nearest: [usize; 5] = [0, 1, 2, 3, 4];
    nearest.sort_by(|i, j| cells[*i].border.total_cmp(&cells[*j].border));
    let doubtful = nearest.get(..probes.min(nearest.len())).unwrap_or_default();
    for choice in 1_usize..1 << doubtful.len() {
        let mut values = values;
        for (bit, &i) in doubtful.iter().enumerate() {
            if choice >> bit & 1 == 1 {
                values[i] = cells[i].nearly;
            }
        }
        out.push(Landmark { hash: hash(values), tick: a.tick });
    }
}

/// Joins the cells to a number of [`HASH_BITS`] bits: what differs in the steps in time alone is near.
fn hash([anchor, step_b, step_c, ticks_b, ticks_c]: [i32; 5]) -> u32 {
    let half = NUM_STEPS as i32 / 2;
    let cell = |value: i32, num: u32| value.clamp(0, num as i32 - 1) as u32;
    let mut number = cell(anchor + ANCHOR_MARGIN as i32, NUM_ANCHORS);
    number = number * NUM_STEPS + cell(step_b + half, NUM_STEPS);
    number = number * NUM_STEPS + cell(step_c + half, NUM_STEPS);
    number = number * NUM_TICKS + cell(ticks_b, NUM_TICKS);
    number * NUM_TICKS + cell(ticks_c, NUM_TICKS)
}
