//! How fast the show is: pictures that were shown, not turns of a loop.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app_desktop::Performance;

/// Frame times kept for the panel's graph: four seconds at 30/s.
const KEPT: usize = 120;
/// How often the panels get new numbers.
const EVERY: Duration = Duration::from_millis(250);
/// The rate is counted over this long.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts pictures.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    times: VecDeque<Instant>,
    millis: VecDeque<f32>,
    total: u64,
    num_rebuilds: u32,
    num_compiled: u32,
    told: Option<Instant>,
}

impl Meter {
    /// A picture was shown.
    pub(crate) fn shown(&mut self, at: Instant) {
        if let Some(last) = self.times.back() {
            self.millis.push_back((at - *last).as_secs_f32() * 1000.0);
            while self.millis.len() > KEPT {
                self.millis.pop_front();
            }
        }
        self.times.push_back(at);
        self.total += 1;
    }

    /// A picture waited for a compiler.
    pub(crate) fn compiled(&mut self) {
        self.num_compiled += 1;
    }

    /// The device was replaced.
    pub(crate) fn rebuilt(&mut self) {
        self.num_rebuilds += 1;
    }

    /// Returns how many pictures were shown so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Returns the numbers for the panels, a few times a second.
    pub(crate) fn performance(
        &mut self,
        now: Instant,
        size: [u32; 2],
        internal_size: [u32; 2],
        adapter: &str,
    ) -> Option<Performance> {
        if self.told.is_some_and(|told| now - told < EVERY) {
            return None;
        }
        self.told = Some(now);
        // One older than the window stays: it is where the first interval begins.
        while self.times.get(1).is_some_and(|second| now.saturating_duration_since(*second) > WINDOW) {
            self.times.pop_front();
        }
        Some(Performance {
            frames_per_sec: rate(&self.times, now),
            frame_millis: self.millis.iter().copied().collect::<Arc<[f32]>>(),
            size,
            internal_size,
            adapter: adapter.to_owned(),
            num_rebuilds: self.num_rebuilds,
            num_compiled: self.num_compiled,
        })
    }
}

/// Intervals per second, up to now: a picture that does not come makes it fall, to any depth.
fn rate(times: &VecDeque<Instant>, now: Instant) -> f32 {
    let (Some(first), Some(last)) = (times.front(), times.back()) else { return 0.0 };
    let num = times.len() as f32 - 1.0;
    let shown = (*last - *first).as_secs_f32();
    let waiting = now.saturating_duration_since(*last).as_secs_f32();
    if num < 1.0 {
        return 0.0;
    }
    // The picture being waited for counts against the rate once it is late.
    let late = (waiting - shown / num).max(0.0);
    num / (shown + late).max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_true_at_one_ten_and_sixty() {
        for per_sec in [1.0_f64, 10.0, 60.0] {
            let start = Instant::now();
            let mut meter = Meter::default();
            let mut got = 0.0;
            for no in 0..240 {
                let at = start + Duration::from_secs_f64(f64::from(no) / per_sec);
                meter.shown(at);
                if let Some(performance) = meter.performance(at, [1, 1], [1, 1], "") {
                    got = f64::from(performance.frames_per_sec);
                }
            }
            assert!((got / per_sec - 1.0).abs() < 0.1, "{got} at {per_sec}");
        }
    }

    #[test]
    fn a_picture_that_never_comes_makes_the_rate_fall() {
        let start = Instant::now();
        let mut meter = Meter::default();
        for no in 0..60 {
            meter.shown(start + Duration::from_millis(16 * no));
        }
        let later = start + Duration::from_secs(11);
        let performance = meter.performance(later, [1, 1], [1, 1], "").unwrap();
        assert!(performance.frames_per_sec < 1.0, "{}", performance.frames_per_sec);
    }
}
