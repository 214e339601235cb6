//! The last seconds of what is heard, small enough to send.

use std::collections::VecDeque;
use std::sync::Arc;

use audio_io::MIX_RATE_HZ;

/// Frames of the mix that become one sample.
const FRAMES: u32 = 3;

/// Mono, a third of the mix's rate: more than any service listens to.
#[derive(Debug, Default)]
pub(crate) struct Snippet {
    samples: VecDeque<f32>,
    /// Sum of the values of a sample that has not all of its frames yet, and how many those are.
    partial: (f32, u32),
}

impl Snippet {
    /// Rate of its samples, in Hz.
    pub(crate) const RATE_HZ: u32 = MIX_RATE_HZ / FRAMES;
    /// Length, in seconds.
    pub(crate) const SECS: f64 = 10.0;
    const LEN: usize = Self::SECS as usize * Self::RATE_HZ as usize;

    /// Takes interleaved stereo at the mix rate.
    pub(crate) fn push(&mut self, stereo: &[f32]) {
        for value in stereo {
            self.partial = (self.partial.0 + value, self.partial.1 + 1);
            if self.partial.1 == 2 * FRAMES {
                self.samples.push_back(self.partial.0 / (2 * FRAMES) as f32);
                self.partial = (0.0, 0);
            }
        }
        let too_many = self.samples.len().saturating_sub(Self::LEN);
        self.samples.drain(..too_many);
    }

    pub(crate) fn clear(&mut self) {
        self.samples.clear();
        self.partial = (0.0, 0);
    }

    /// Whether it has its length.
    pub(crate) fn is_full(&self) -> bool {
        self.samples.len() >= Self::LEN
    }

    /// Returns a copy, oldest first.
    pub(crate) fn samples(&self) -> Arc<[f32]> {
        self.samples.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_newest_ten_seconds_in_mono() {
        let mut snippet = Snippet::default();
        for block in 0..12_u16 {
            assert_eq!(snippet.is_full(), block >= 10);
            let stereo: Vec<f32> =
                std::iter::repeat_n([f32::from(block), 0.0], MIX_RATE_HZ as usize).flatten().collect();
            snippet.push(&stereo);
        }
        let samples = snippet.samples();
        assert_eq!(samples.len(), 160_000);
        assert_eq!((samples.first(), samples.last()), (Some(&1.0), Some(&5.5)));
    }
}
