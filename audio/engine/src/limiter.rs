//! The master limiter: it looks ahead, so that peaks are met with a slope and not with a corner.
//!
//! The gain a sample needs is held over the look-ahead (a running minimum), lifted slowly, and averaged
//! over the look-ahead. Each averaged gain is then no more than its sample needs: nothing passes the ceiling.

use crate::dsp::Frame;

/// Frames the limiter sees at once: 1.3 ms at 48 kHz.
const LIMITER_FRAMES: usize = 64;
/// How long a frame takes through the engine's master limiter, in frames.
pub const LIMITER_LATENCY_FRAMES: usize = LIMITER_FRAMES - 1;
/// The level no sample exceeds: −0.3 dB.
const CEILING: f32 = 0.966;
/// The gain comes back with this time constant, in seconds.
const RELEASE_SECS: f32 = 0.12;

pub(crate) struct Limiter {
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
            let peak = frame[0].abs().max(frame[1].abs());
            let need = if peak > CEILING { CEILING / peak } else { 1.0 };
            if let (Some(slot), Some(needed)) = (self.delayed.get_mut(self.at), self.needed.get_mut(self.at))
            {
                (*slot, *needed) = (*frame, need);
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
