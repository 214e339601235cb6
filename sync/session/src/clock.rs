use std::collections::VecDeque;

/// Samples kept: half a minute at two a second.
const MAX_SAMPLES: usize = 64;
/// Until so many samples the estimate jumps to what is best; after that nothing playing may notice.
const SETTLING_SAMPLES: usize = 32;
/// How fast a settled estimate moves, in seconds a second: 5 ms of drift in a second is inaudible.
const MAX_SLEW: f64 = 0.005;

/// What a member knows of room time, from pings: the difference between the room's clock and its own.
///
/// A reply that came back fast cannot be far wrong: its error is at most half of its round trip. So
/// the fastest of the last samples decides, and the estimate is slewed towards it, never stepped.
#[derive(Clone, Debug, Default)]
pub struct ClockEstimate {
    /// Round trip and offset, in seconds.
    samples: VecDeque<(f64, f64)>,
    num_seen: usize,
    offset_secs: f64,
    updated_secs: f64,
}

impl ClockEstimate {
    /// Takes a sample: the own clock when the ping left and when its answer came, and room time as
    /// the answer says; in seconds. One that goes back in time is passed over.
    pub fn add(&mut self, sent_secs: f64, received_secs: f64, room_secs: f64) {
        let round_trip = received_secs - sent_secs;
        if !(round_trip >= 0.0 && room_secs.is_finite()) {
            return;
        }
        self.samples.push_back((round_trip, room_secs - (sent_secs + round_trip / 2.0)));
        if self.samples.len() > MAX_SAMPLES {
            self.samples.pop_front();
        }
        self.num_seen += 1;
        let Some((_, best)) = self.samples.iter().min_by(|a, b| a.0.total_cmp(&b.0)) else { return };
        let way = best - self.offset_secs;
        let reach = MAX_SLEW * (received_secs - self.updated_secs).max(0.0);
        self.offset_secs += if self.num_seen <= SETTLING_SAMPLES { way } else { way.clamp(-reach, reach) };
        self.updated_secs = received_secs;
    }

    /// Returns room time at a moment of the own clock, `None` before the first sample.
    pub fn room_secs(&self, own_secs: f64) -> Option<f64> {
        (self.num_seen > 0).then_some(own_secs + self.offset_secs)
    }

    /// Returns the shortest round trip of the last samples, in seconds.
    pub fn round_trip_secs(&self) -> Option<f64> {
        self.samples.iter().map(|(round_trip, _)| *round_trip).min_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform in 0–1, the same each time.
    fn noise(state: &mut u64) -> f64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 11) as f64 / (1u64 << 53) as f64
    }

    #[test]
    fn jitter_of_twenty_milliseconds_each_way_leaves_three_after_ten_seconds() {
        let mut worst = Vec::new();
        for seed in 0..200u64 {
            let (mut random, mut clock, mut now) = (seed, ClockEstimate::default(), 100.0);
            let truth = 1_234.5;
            for n in 0..140 {
                let (there, back) = (noise(&mut random) * 0.02, noise(&mut random) * 0.02);
                clock.add(now, now + there + back, now + there + truth);
                if n >= 100 {
                    worst.push((clock.room_secs(now).unwrap() - now - truth).abs());
                }
                now += if n < 100 { 0.1 } else { 0.5 };
            }
        }
        worst.sort_by(f64::total_cmp);
        let p99 = worst[worst.len() * 99 / 100];
        assert!(p99 <= 0.003, "{p99}");
    }

    #[test]
    fn a_settled_clock_is_slewed_and_never_stepped() {
        let mut clock = ClockEstimate::default();
        let at = |n: i32| f64::from(n) * 0.5;
        (0..40).for_each(|n| clock.add(at(n), at(n) + 0.01, at(n) + 0.005 + 10.0));
        for n in 40..400 {
            let before = clock.room_secs(at(n)).unwrap();
            clock.add(at(n), at(n) + 0.001, at(n) + 0.0005 + 10.1);
            assert!((clock.room_secs(at(n)).unwrap() - before).abs() <= MAX_SLEW * 0.51);
        }
        assert!((clock.room_secs(0.0).unwrap() - 10.1).abs() < 1e-6);
    }
}
