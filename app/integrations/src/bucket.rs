use std::time::Duration;

/// Lets so many questions a second through, and a few at once. Time is an argument.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    /// Questions that may be asked now.
    tokens: f64,
    filled_at: Duration,
    /// The service itself asked for quiet until then.
    quiet_until: Duration,
}

impl Bucket {
    pub(crate) fn new(burst: u32) -> Self {
        Self { tokens: f64::from(burst), filled_at: Duration::ZERO, quiet_until: Duration::ZERO }
    }

    /// Takes leave for one question, or says how long there is none.
    pub(crate) fn take(&mut self, now: Duration, per_sec: f64, burst: u32) -> Result<(), Duration> {
        if now < self.quiet_until {
            return Err(self.quiet_until - now);
        }
        let since_secs = now.saturating_sub(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + since_secs * per_sec).min(f64::from(burst.max(1)));
        self.filled_at = now;
        // Sums of fractions fall a hair short.
        if self.tokens < 1.0 - 1e-9 {
            return Err(Duration::from_secs_f64((1.0 - self.tokens) / per_sec.max(0.001)));
        }
        self.tokens -= 1.0;
        Ok(())
    }

    pub(crate) fn quiet_until(&mut self, until: Duration) {
        self.quiet_until = self.quiet_until.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lets_a_burst_through_and_then_the_rate() {
        let mut bucket = Bucket::new(2);
        let at = Duration::from_millis;
        let taken: Vec<u64> =
            (0..40).map(|i| i * 50).filter(|t| bucket.take(at(*t), 2.0, 2).is_ok()).collect();
        assert_eq!(taken, [0, 50, 500, 1_000, 1_500]);
        bucket.quiet_until(at(9_000));
        assert_eq!(bucket.take(at(8_000), 2.0, 2), Err(at(1_000)));
        assert_eq!(bucket.take(at(9_000), 2.0, 2), Ok(()));
    }
}
