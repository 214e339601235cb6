//! Does a place in a record sound like this? All peaks are compared, not only landmarks.
//!
//! Around the nominated place, every nearby start and speed is tried: how many of the query's peaks have
//! a peak of the record at their place? What chance gives is known from the record itself: how much of
//! the time each pitch is occupied. How far the best fit is above chance says that they have something in
//! common: a recording, or a drum loop. Which of the two, [`agreement`] says: noise and rooms hide what is
//! soft first, so of one recording the strongest peaks are always there, on both sides.

use crate::peak::{NUM_PITCHES, PITCHES_PER_OCTAVE, Peak, TICKS_PER_SECOND, pitch_shift};

/// A peak may be late or early by so many ticks: half a hop, and the grid of the search.
const TICK_TOLERANCE: i64 = 2;
/// …and higher or lower by so many pitch steps: 0.4 semitones.
const PITCH_TOLERANCE: i32 = 8;
/// Pitch steps of one column of the grid: a quarter of a semitone.
const COLUMN_PITCHES: i32 = 5;
/// Columns of the grid.
const NUM_COLUMNS: usize = NUM_PITCHES as usize / COLUMN_PITCHES as usize + 1;
const WORDS: usize = NUM_COLUMNS.div_ceil(64);
/// Starts that are tried around the nominated one, in ticks each way.
const SEARCH_TICKS: i64 = 6;
/// Speeds that are tried around the nominated one: half the distance between those of a query, in
/// steps of half a percent.
const SEARCH_RATES: [f64; 7] = [-0.015, -0.01, -0.005, 0.0, 0.005, 0.01, 0.015];
/// Music around the place that tells what chance is, in ticks: 20 s each way.
pub(crate) const SURROUNDINGS_TICKS: u32 = 1_250;

/// How well a query fits a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    /// Tick of the record at the query's tick 0.
    pub(crate) start: f64,
    /// Speed of the query over that of the record.
    pub(crate) rate: f64,
    /// How far the query's peaks that were found are above what chance gives, in standard deviations.
    pub(crate) sigmas: f64,
}

/// Where a record has peaks, tolerances included: a row of bits per tick.
pub(crate) struct Grid {
    first: i64,
    rows: Vec<[u64; WORDS]>,
    /// Share of the rows that are occupied, by column.
    chance: Vec<f64>,
}

impl Grid {
    /// Makes the grid of these ticks.
    pub(crate) fn new(peaks: &[Peak], ticks: std::ops::Range<i64>) -> Self {
        let mut rows = vec![[0_u64; WORDS]; (ticks.end - ticks.start).max(1) as usize];
        for peak in peaks {
            let pitch = i32::from(peak.pitch);
            let columns = (pitch - PITCH_TOLERANCE).max(0) / COLUMN_PITCHES
                ..=(pitch + PITCH_TOLERANCE) / COLUMN_PITCHES;
            let row = i64::from(peak.tick) - ticks.start;
            let from = (row - TICK_TOLERANCE).clamp(0, rows.len() as i64) as usize;
            let end = (row + TICK_TOLERANCE + 1).clamp(0, rows.len() as i64) as usize;
            for row in rows.get_mut(from..end).unwrap_or_default() {
                for column in columns.clone() {
                    if let Some(word) = row.get_mut(column as usize / 64) {
                        *word |= 1 << (column % 64);
                    }
                }
            }
        }
        let mut occupied = vec![0_u32; WORDS * 64];
        for row in &rows {
            for (word, counts) in row.iter().zip(occupied.chunks_exact_mut(64)) {
                let mut rest: u64 = *word;
                while rest != 0 {
                    counts[rest.trailing_zeros() as usize] += 1;
                    rest &= rest - 1;
                }
            }
        }
        let chance = occupied.iter().map(|count| f64::from(*count) / rows.len() as f64).collect();
        Self { first: ticks.start, rows, chance }
    }

    fn has(&self, tick: i64, column: usize) -> bool {
        let row = usize::try_from(tick - self.first).ok().and_then(|row| self.rows.get(row));
        row.and_then(|row| row.get(column / 64)).is_some_and(|word| word >> (column % 64) & 1 == 1)
    }

    /// Whether there is a peak, and how probable that is by chance.
    fn hit(&self, tick: i64, column: usize) -> (bool, f64) {
        (self.has(tick, column), self.chance.get(column).copied().unwrap_or_default())
    }
}

/// Fits a query to a place. `record` holds the peaks around it, `grid` is made of them, `num_ticks` is
/// the record's length, `start` the tick at which the query's tick 0 is thought to be.
pub(crate) fn fit(
    query: &[Peak],
    record: &[Peak],
    grid: &Grid,
    num_ticks: u32,
    start: i64,
    rate: f64,
) -> Option<Fit> {
    let mut best: Option<Fit> = None;
    for change in SEARCH_RATES {
        let rate = rate * (1.0 + change);
        let shift = pitch_shift(rate);
        let moved: Vec<(i64, usize)> = query
            .iter()
            .filter_map(|peak| Some(((f64::from(peak.tick) * rate).round() as i64, column_of(peak, -shift)?)))
            .collect();
        for start in start - SEARCH_TICKS..=start + SEARCH_TICKS {
            let mut matched = 0_u32;
            let (mut expected, mut variance) = (0.0, 0.0);
            for &(tick, column) in &moved {
                let tick = start + tick;
                if tick < 0 || tick >= i64::from(num_ticks) {
                    continue;
                }
                matched += u32::from(grid.has(tick, column));
                let chance = grid.chance.get(column).copied().unwrap_or_default();
                expected += chance;
                variance += chance * (1.0 - chance);
            }
            // One more than the variance: a handful of peaks in a near-empty record proves nothing.
            let sigmas = (f64::from(matched) - expected) / (variance + 1.0).sqrt();
            if best.is_none_or(|best| sigmas > best.sigmas) {
                best = Some(Fit { start: start as f64, rate, sigmas });
            }
        }
    }
    best.map(|best| refined(best, query, record))
}

/// Returns how much the strong peaks of the query and of the record there have in common, 0–1, above what
/// chance gives: the mean of both ways. `grid` is that of the record.
pub(crate) fn agreement(fit: &Fit, query: &[Peak], record: &[Peak], grid: &Grid, num_ticks: u32) -> f64 {
    let shift = pitch_shift(fit.rate);
    let there = query.iter().filter_map(|peak| {
        let tick = (fit.start + f64::from(peak.tick) * fit.rate).round() as i64;
        let is_inside = (0..i64::from(num_ticks)).contains(&tick);
        Some((peak.level, grid.hit(tick, column_of(peak, -shift)?))).filter(|_| is_inside)
    });
    let last = query.last().map_or(0, |last| i64::from(last.tick));
    let heard = Grid::new(query, 0..last + 1);
    let back = record.iter().filter_map(|peak| {
        let tick = ((f64::from(peak.tick) - fit.start) / fit.rate).round() as i64;
        let is_inside = (0..=last).contains(&tick);
        Some((peak.level, heard.hit(tick, column_of(peak, shift)?))).filter(|_| is_inside)
    });
    (strong_share(there.collect()) + strong_share(back.collect())) / 2.0
}

/// The column of a peak that is moved in pitch, unless that leads outside.
fn column_of(peak: &Peak, shift: f64) -> Option<usize> {
    let pitch = f64::from(peak.pitch) + 0.5 + shift;
    (0.0..f64::from(NUM_PITCHES)).contains(&pitch).then_some(pitch as usize / COLUMN_PITCHES as usize)
}

/// The share of the peaks that were found, above chance. Each counts by the square of its rank among them:
/// the strongest fifth for a half, the softest for nothing. `peaks`: level, and what [`Grid::hit`] said.
fn strong_share(mut peaks: Vec<(u8, (bool, f64))>) -> f64 {
    peaks.sort_by_key(|(level, _)| *level);
    let (mut found, mut possible) = (0.0, 0.0);
    for (rank, (_, (is_hit, chance))) in (1_u32..).zip(&peaks) {
        let weight = f64::from(rank).powi(2);
        found += weight * (f64::from(u8::from(*is_hit)) - chance);
        possible += weight * (1.0 - chance);
    }
    if possible > 0.0 { (found / possible).max(0.0) } else { 0.0 }
}

/// Reads rate and start off the pairs of peaks that fit: finer than the grid of the search.
fn refined(fit: Fit, query: &[Peak], record: &[Peak]) -> Fit {
    let shift = pitch_shift(fit.rate);
    let mut shifts = Vec::new();
    let mut pairs = Vec::new();
    for peak in query {
        let (tick, pitch) = (fit.start + f64::from(peak.tick) * fit.rate, f64::from(peak.pitch) - shift);
        let from = record.partition_point(|other| f64::from(other.tick) < tick - TICK_TOLERANCE as f64);
        let near = record
            .iter()
            .skip(from)
            .take_while(|other| f64::from(other.tick) <= tick + TICK_TOLERANCE as f64);
        let off = |other: &&Peak| (f64::from(other.pitch) - pitch).abs();
        if let Some(pair) = near.min_by(|one, other| off(one).total_cmp(&off(other)))
            && off(&pair) <= f64::from(PITCH_TOLERANCE)
        {
            shifts.push(f64::from(peak.pitch) - f64::from(pair.pitch));
            pairs.push((peak.tick, pair.tick));
        }
    }
    let Some(shift) = middle_mean(&mut shifts) else { return fit };
    let rate = (shift / PITCHES_PER_OCTAVE).exp2();
    let mut starts: Vec<f64> =
        pairs.iter().map(|(asked, found)| f64::from(*found) - rate * f64::from(*asked)).collect();
    Fit { start: middle_mean(&mut starts).unwrap_or(fit.start), rate, ..fit }
}

/// The mean of the middle half: as steady as a median, as fine as a mean.
fn middle_mean(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.get(values.len() / 4..values.len() - values.len() / 4)?;
    (!middle.is_empty()).then(|| middle.iter().sum::<f64>() / middle.len() as f64)
}

/// Returns seconds for ticks.
pub(crate) fn secs(ticks: f64) -> f64 {
    ticks / TICKS_PER_SECOND
}
