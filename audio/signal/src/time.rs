use serde::{Deserialize, Serialize};

/// A position in a stream, counted in sample frames since the stream began.
///
/// Stream time, never wall time: a device that stops, stops this clock with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SampleTime(pub u64);

impl SampleTime {
    /// Returns the position in seconds at `sample_rate_hz`.
    pub fn secs(self, sample_rate_hz: u32) -> f64 {
        self.0 as f64 / f64::from(sample_rate_hz.max(1))
    }

    /// Returns the sample nearest to `secs` seconds; negative times become 0.
    pub fn from_secs(secs: f64, sample_rate_hz: u32) -> Self {
        Self((secs.max(0.0) * f64::from(sample_rate_hz)).round() as u64)
    }
}
