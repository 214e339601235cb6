use std::collections::VecDeque;

/// Samples kept: a minute at two a second. More would only be older.
const MAX_SAMPLES: usize = 128;
/// Until so many samples the estimate jumps to what is best; after that nothing playing may notice.
const SETTLING_SAMPLES: usize = 32;
/// How fast a settled estimate moves, in seconds a second: 5 ms of drift in a second is inaudible.
const MAX_SLEW: f64 = 0.005;
/// How far two machines' clocks drift apart at most, in seconds a second: what a sample says loosens
/// by so much as it ages. Crystals keep to 50 parts in a million, and here are two.
const MAX_DRIFT: f64 = 100e-6;

/// What a member knows of room time, from pings: the difference between the room's clock and its own.
///
/// Each answered ping bounds it from both sides: the room's clock was read after the ping had left, and
/// before its answer came. The fastest way there of all samples gives the least upper bound, the
/// fastest way back the greatest lower one, and the truth is between; they need not be of one sample,
/// which is why this needs far fewer than waiting for one ping that is fast both ways. The estimate is
/// the middle. It is slewed, never stepped.
#[derive(Clone, Debug, Default)]
pub struct ClockEstimate {
    samples: VecDeque<Sample>,
    num_seen: usize,
    offset_secs: f64,
    updated_secs: f64,
}

/// One answered ping; all in seconds.
#[derive(Clone, Copy, Debug)]
struct Sample {
    received_secs: f64,
    round_trip_secs: f64,
    /// Room time less own time is at least this.
    least_secs: f64,
    /// And at most this.
    most_secs: f64,
}

impl ClockEstimate {
    /// Takes a sample: the own clock when the ping left and when its answer came, and room time as
    /// the answer says; in seconds. One that goes back in time is passed over.
    pub fn add(&mut self, sent_secs: f64, received_secs: f64, room_secs: f64) {
        let round_trip_secs = received_secs - sent_secs;
        if !(round_trip_secs >= 0.0 && room_secs.is_finite()) {
            return;
        }
        let (least_secs, most_secs) = (room_secs - received_secs, room_secs - sent_secs);
        let sample = Sample { received_secs, round_trip_secs, least_secs, most_secs };
        self.samples.push_back(sample);
        if self.samples.len() > MAX_SAMPLES {
            self.samples.pop_front();
        }
        self.num_seen += 1;
        let (mut least, mut most) = self.bounds(received_secs);
        if least > most {
            // A machine that slept: what was true before is not true any more.
            self.samples.clear();
            self.samples.push_back(sample);
            (least, most) = (least_secs, most_secs);
        }
        let way = least.midpoint(most) - self.offset_secs;
        let reach = MAX_SLEW * (received_secs - self.updated_secs).max(0.0);
        self.offset_secs += if self.num_seen <= SETTLING_SAMPLES { way } else { way.clamp(-reach, reach) };
        self.updated_secs = received_secs;
    }

    fn bounds(&self, now_secs: f64) -> (f64, f64) {
        let (mut least, mut most) = (f64::NEG_INFINITY, f64::INFINITY);
        for sample in &self.samples {
            let loosened_secs = MAX_DRIFT * (now_secs - sample.received_secs).max(0.0);
            least = least.max(sample.least_secs - loosened_secs);
            most = most.min(sample.most_secs + loosened_secs);
        }
        (least, most)
    }

    /// Returns room time at a moment of the own clock, `None` before the first sample.
    pub fn room_secs(&self, own_secs: f64) -> Option<f64> {
        (self.num_seen > 0).then_some(own_secs + self.offset_secs)
    }

    /// Returns the shortest round trip of the last samples, in seconds.
    pub fn round_trip_secs(&self) -> Option<f64> {
        self.samples.iter().map(|sample| sample.round_trip_secs).min_by(f64::total_cmp)
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
    fn jitter_of_twenty_milliseconds_each_way_leaves_one_after_ten_seconds() {
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
        assert!(p99 <= 0.001, "{p99}");
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

    #[test]
    fn two_crystals_that_drift_apart_are_followed() {
        let (mut random, mut clock, mut worst) = (7, ClockEstimate::default(), 0.0f64);
        let drift = 60e-6;
        for n in 0..2_400 {
            let now = if n < 100 { f64::from(n) * 0.1 } else { 10.0 + f64::from(n - 100) * 0.5 };
            let (there, back) = (noise(&mut random) * 0.02, noise(&mut random) * 0.02);
            let room = |own: f64| 55.0 + own * (1.0 + drift);
            clock.add(now, now + there + back, room(now + there));
            if n >= 100 {
                worst = worst.max((clock.room_secs(now).unwrap() - room(now)).abs());
            }
        }
        assert!(worst <= 0.003, "{worst}");
    }
}
