use crate::spectrum::Flux;

/// How much one hop sounds like a beat.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Activity {
    /// Like any beat, 0–1.
    pub(crate) beat: f32,
    /// Like the first of a bar, 0–1, given that it is a beat.
    pub(crate) downbeat: f32,
}

/// Bands under this weigh more: beats are carried by kick and bass.
const LOW_HZ: f32 = 260.0;
const LOW_WEIGHT: f32 = 1.6;
const MEAN_SECS: f64 = 0.4;
const PEAK_HALF_LIFE_SECS: f64 = 6.0;

/// Turns flux into beat activity.
pub(crate) struct Activation {
    mean: f32,
    peak: f32,
    low_peak: f32,
    keep_mean: f32,
    keep_peak: f32,
}

impl Activation {
    /// The activation peaks this long after the beat, in seconds.
    pub(crate) const LATENCY_SECS: f64 = 0.02;

    pub(crate) fn new(hop_secs: f64) -> Self {
        Self {
            mean: 0.0,
            peak: 1e-3,
            low_peak: 1e-3,
            keep_mean: (-hop_secs / MEAN_SECS).exp() as f32,
            keep_peak: 0.5f64.powf(hop_secs / PEAK_HALF_LIFE_SECS) as f32,
        }
    }

    pub(crate) fn push(&mut self, flux: &Flux) -> Activity {
        let (mut sum, mut low) = (0.0, 0.0);
        for (value, hz) in flux.flux.iter().zip(&flux.centres_hz) {
            if *hz < LOW_HZ {
                sum += value * LOW_WEIGHT;
                low += value;
            } else {
                sum += value;
            }
        }
        let sum = sum / flux.flux.len().max(1) as f32;
        self.mean = self.mean * self.keep_mean + sum * (1.0 - self.keep_mean);
        let above = (sum - self.mean).max(0.0);
        self.peak = (self.peak * self.keep_peak).max(above).max(1e-3);
        self.low_peak = (self.low_peak * self.keep_peak).max(low).max(1e-3);
        Activity { beat: above / self.peak, downbeat: 0.3 + 0.4 * low / self.low_peak }
    }
}
