//! The master limiter: it looks ahead, so that peaks are met with a slope and not with a corner, and it looks between the
//! samples, where a converter draws its curve: what leaves here stays below the ceiling in the air too, and in an MP3.
//!
//! The gain a moment needs is held over the look-ahead (a running minimum), lifted slowly, and averaged
//! over the look-ahead. Each averaged gain is then no more than its moment needs: nothing passes the ceiling.

use std::f32::consts::PI;

use crate::dsp::Frame;

/// Frames the limiter sees at once: 1.3 ms at 48 kHz.
const LIMITER_FRAMES: usize = 64;
/// How long a frame takes through the engine's master limiter, in frames.
pub const LIMITER_LATENCY_FRAMES: usize = LIMITER_FRAMES - 1 + TAPS / 2;
/// The level neither a sample nor the curve between two exceeds: −1 dB is what players and encoders ask for, and a tenth
/// lies between the points that are looked at.
const CEILING: f32 = 0.88;
/// The gain comes back with this time constant, in seconds.
const RELEASE_SECS: f32 = 0.12;
/// Points of the curve that are looked at between two samples: four times oversampled, as loudness meters do.
const BETWEEN: usize = 3;
/// Samples that a point of the curve is made of.
const TAPS: usize = 16;

pub(crate) struct Limiter {
    curve: Curve,
    delayed: [Frame; LIMITER_FRAMES],
    /// What each of the last samples needs.
    needed: [f32; LIMITER_FRAMES],
    /// Gains whose average is applied.
    smoothed: [f32; LIMITER_FRAMES],
    sum: f64,
    lifted: f32,
    release: f32,
    at: usize,
}

impl Limiter {
    pub(crate) fn new(rate_hz: f32) -> Self {
        Self {
            curve: Curve::new(),
            delayed: [[0.0; 2]; LIMITER_FRAMES],
            needed: [1.0; LIMITER_FRAMES],
            smoothed: [1.0; LIMITER_FRAMES],
            sum: LIMITER_FRAMES as f64,
            lifted: 1.0,
            release: 1.0 - (-1.0 / (RELEASE_SECS * rate_hz)).exp(),
            at: 0,
        }
    }

    pub(crate) fn process(&mut self, block: &mut [Frame]) {
        for frame in block {
            for x in frame.iter_mut() {
                if !x.is_finite() {
                    *x = 0.0;
                }
            }
            let (known, peak) = self.curve.push(*frame);
            let need = if peak > CEILING { CEILING / peak } else { 1.0 };
            if let (Some(slot), Some(needed)) = (self.delayed.get_mut(self.at), self.needed.get_mut(self.at))
            {
                (*slot, *needed) = (known, need);
            }
            // Nothing to do is the rule: then the minimum is known without looking.
            let lowest = if need >= 1.0 && self.lifted >= 1.0 {
                1.0
            } else {
                self.needed.iter().copied().fold(1.0, f32::min)
            };
            self.lifted = lowest.min(self.lifted + (1.0 - self.lifted) * self.release);
            if self.lifted > 0.999_99 {
                self.lifted = lowest.min(1.0);
            }
            if let Some(slot) = self.smoothed.get_mut(self.at) {
                self.sum += f64::from(self.lifted) - f64::from(*slot);
                *slot = self.lifted;
            }
            let gain = (self.sum / LIMITER_FRAMES as f64) as f32;
            self.at = (self.at + 1) % LIMITER_FRAMES;
            let oldest = self.delayed.get(self.at).copied().unwrap_or([0.0; 2]);
            *frame = oldest.map(|x| (x * gain).clamp(-CEILING, CEILING));
        }
    }
}

/// The curve through the samples, looked at around one that came `TAPS / 2` ago.
struct Curve {
    /// How much each sample makes of each point between two.
    weights: [[f32; TAPS]; BETWEEN],
    /// The most a point can be above the loudest of its samples.
    reach: f32,
    /// The last samples twice over, so that they always lie in a row somewhere.
    seen: [Frame; 2 * TAPS],
    at: usize,
    /// The loudest sample of those seen, or of some before them.
    loudest: f32,
    /// Samples since it was looked for.
    age: usize,
    /// The peak between the last two samples.
    before: f32,
}

impl Curve {
    fn new() -> Self {
        let weights: [[f32; TAPS]; BETWEEN] = std::array::from_fn(|point| {
            let offset = (point + 1) as f32 / (BETWEEN + 1) as f32;
            let row: [f32; TAPS] = std::array::from_fn(|tap| {
                let x = tap as f32 - (TAPS / 2 - 1) as f32 - offset;
                let window = (PI * x / TAPS as f32).cos();
                (PI * x).sin() / (PI * x) * window * window
            });
            let sum: f32 = row.iter().sum();
            row.map(|weight| weight / sum)
        });
        let reach = weights.iter().map(|row| row.iter().map(|w| w.abs()).sum()).fold(1.0, f32::max);
        Self { weights, reach, seen: [[0.0; 2]; 2 * TAPS], at: 0, loudest: 0.0, age: 0, before: 0.0 }
    }

    /// Takes a sample and returns the one `TAPS / 2` before it, and the peak of the curve on both its sides.
    fn push(&mut self, frame: Frame) -> (Frame, f32) {
        for at in [self.at, self.at + TAPS] {
            if let Some(slot) = self.seen.get_mut(at) {
                *slot = frame;
            }
        }
        self.at = (self.at + 1) % TAPS;
        let row = self.seen.get(self.at..self.at + TAPS).unwrap_or_default();
        let level = |frame: &Frame| frame[0].abs().max(frame[1].abs());
        self.loudest = self.loudest.max(level(&frame));
        self.age += 1;
        if self.age >= TAPS {
            self.age = 0;
            self.loudest = row.iter().map(level).fold(0.0, f32::max);
        }
        let known = row.get(TAPS / 2 - 1).copied().unwrap_or_default();
        let mut after = 0.0f32;
        // Most music is never loud enough to be looked at more closely.
        if self.loudest * self.reach > CEILING {
            for weights in &self.weights {
                let mut point = [0.0f32; 2];
                for (frame, weight) in row.iter().zip(weights) {
                    point = [point[0] + frame[0] * weight, point[1] + frame[1] * weight];
                }
                after = after.max(level(&point));
            }
        }
        let before = std::mem::replace(&mut self.before, after);
        (known, level(&known).max(before).max(after))
    }
}
