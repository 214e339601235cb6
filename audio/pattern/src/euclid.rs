//! Rhythms that spread beats evenly.

use crate::build::MAX_SEQUENCE;
use crate::{Alignment, Op, Pattern, Ratio, Value};

/// Returns `pulses` beats spread over `steps` by Bjorklund's method; inverted for a negative
/// number of pulses.
#[must_use]
pub fn bjorklund(pulses: i64, steps: i64) -> Vec<bool> {
    let steps = usize::try_from(steps).unwrap_or(0).min(MAX_SEQUENCE);
    let count = usize::try_from(pulses.unsigned_abs()).unwrap_or(steps).min(steps);
    let mut heads = vec![vec![true]; count];
    let mut tails = vec![vec![false]; steps - count];
    while heads.len().min(tails.len()) > 1 {
        let pairs = heads.len().min(tails.len());
        let rest = if heads.len() > pairs { heads.split_off(pairs) } else { tails.split_off(pairs) };
        for (head, tail) in heads.iter_mut().zip(tails) {
            head.extend(tail);
        }
        tails = rest;
    }
    let invert = pulses < 0;
    heads.into_iter().chain(tails).flatten().map(|beat| beat != invert).collect()
}

/// Returns the bits of `number`, the highest first, in `width` places.
#[must_use]
pub fn bits(number: i64, width: usize) -> Vec<bool> {
    let width = width.min(MAX_SEQUENCE);
    (0..width).rev().map(|place| place < 64 && (number >> place.min(63)) & 1 == 1).collect()
}

impl Pattern {
    /// Returns a sequence of truth values.
    #[must_use]
    pub fn bools(beats: &[bool]) -> Self {
        Self::fastcat(beats.iter().map(|beat| Self::pure(*beat)).collect())
    }

    /// Returns this pattern's values at the times where `structure` is true.
    #[must_use]
    pub fn structured(&self, structure: &Self) -> Self {
        self.combine(Op::KeepIf, Alignment::Out, structure)
    }

    /// Returns this pattern's values at the beats of a sequence.
    fn at_beats(&self, beats: &[bool]) -> Self {
        let steps = Some(Ratio::whole(beats.len() as i64));
        let parts = beats.iter().map(|beat| if *beat { Self::pure(true) } else { Self::silence() });
        let structure = Self::fastcat(parts.collect());
        structure.apply_left(self, |_, value| Ok(Some(value.clone()))).with_steps(steps)
    }

    /// Returns this pattern's values at `pulses` beats spread over `steps`, `rotation` steps later.
    #[must_use]
    pub fn euclid(&self, pulses: i64, steps: i64, rotation: i64) -> Self {
        let mut beats = bjorklund(pulses, steps);
        if !beats.is_empty() {
            let by = rotation.rem_euclid(beats.len() as i64) as usize;
            beats.rotate_right(by);
        }
        self.at_beats(&beats)
    }

    /// Returns the same with each beat held until the next.
    #[must_use]
    pub fn euclid_legato(&self, pulses: i64, steps: i64, rotation: i64) -> Self {
        if pulses < 1 || steps < 1 {
            return Self::silence();
        }
        let mut beats = bjorklund(pulses, steps);
        let first = beats.iter().position(|beat| *beat).unwrap_or(0);
        beats.rotate_left(first);
        let mut lengths: Vec<i64> = Vec::new();
        for beat in &beats {
            match lengths.last_mut() {
                Some(length) if !beat => *length += 1,
                _ => lengths.push(1),
            }
        }
        let parts = lengths.into_iter().map(|n| (Ratio::whole(n), Self::pure(true))).collect();
        self.structured(&Self::timecat(parts)).late(Ratio::new(rotation, steps))
    }

    /// Returns the beats of `from` on their way to those of `to`, `by` of the way.
    #[must_use]
    pub fn morph(from: &[bool], to: &[bool], by: Ratio) -> Self {
        let length = Ratio::new(1, from.len() as i64);
        let places = |beats: &[bool]| -> Vec<Ratio> {
            let n = beats.len() as i64;
            beats
                .iter()
                .enumerate()
                .filter(|(_, beat)| **beat)
                .map(|(i, _)| Ratio::new(i as i64, n))
                .collect()
        };
        let beats = places(from).into_iter().zip(places(to)).map(|(a, b)| {
            let begin = a + (b - a) * by;
            Self::pure(Value::Bool(true)).compress(begin, (begin + length).min(Ratio::ONE))
        });
        Self::stack(beats.collect())
    }

    /// Returns the rhythm of `euclid` on its way to an even one, `by` of the way.
    #[must_use]
    pub fn euclidish(&self, pulses: i64, steps: i64, by: Ratio) -> Self {
        let from = bjorklund(pulses, steps);
        let even = vec![true; from.iter().filter(|beat| **beat).count()];
        self.structured(&Self::morph(&from, &even, by)).with_steps(Some(Ratio::whole(steps)))
    }
}
