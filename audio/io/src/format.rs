/// The rate of everything our own mixer, players and instruments make, in Hz.
///
/// One rate for the whole house: a device that runs at another is converted at its edge.
pub const MIX_RATE_HZ: u32 = 48_000;

/// Channels of the mix and of what an input delivers: left, right.
pub const MIX_CHANNELS: u16 = 2;

/// How samples lie in a stream of interleaved `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamFormat {
    /// Frames per second, in Hz. Never 0.
    pub sample_rate_hz: u32,
    /// Samples per frame. Never 0.
    pub channels: u16,
}

impl StreamFormat {
    /// The format of the mix: stereo at [`MIX_RATE_HZ`].
    pub const MIX: Self = Self { sample_rate_hz: MIX_RATE_HZ, channels: MIX_CHANNELS };

    /// Returns how long `num_samples` interleaved samples last, in seconds.
    pub fn secs(self, num_samples: u64) -> f64 {
        num_samples as f64 / f64::from(self.channels.max(1)) / f64::from(self.sample_rate_hz.max(1))
    }

    /// Returns how many interleaved samples last `secs` seconds, whole frames only.
    pub fn num_samples(self, secs: f64) -> u64 {
        (secs.max(0.0) * f64::from(self.sample_rate_hz)) as u64 * u64::from(self.channels)
    }
}

/// Folds one frame of any width to left and right.
///
/// One channel sounds on both sides; of more than two, the even ones go left and the odd ones right,
/// so that a signal on inputs 3 and 4 of a large interface is heard.
pub(crate) fn stereo_from_frame(frame: &[f32]) -> [f32; 2] {
    match frame {
        [] => [0.0, 0.0],
        [mono] => [*mono, *mono],
        [left, right] => [*left, *right],
        wide => {
            let side = |offset: usize| wide.iter().skip(offset).step_by(2).sum::<f32>();
            let scale = (2.0 / wide.len() as f32).sqrt();
            [side(0) * scale, side(1) * scale]
        }
    }
}
