use std::time::Instant;

/// A token bucket: so many at once, so many a second after that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    per_sec: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    pub(crate) fn new(per_sec: f64, burst: f64, now: Instant) -> Self {
        Self { per_sec, burst, tokens: burst, filled_at: now }
    }

    /// Fills it at another rate from now on.
    pub(crate) fn set_rate(&mut self, per_sec: f64) {
        self.per_sec = per_sec;
    }

    /// Takes all there are.
    pub(crate) fn empty(&mut self, now: Instant) {
        (self.tokens, self.filled_at) = (0.0, now);
    }

    /// Takes one, or says in how many seconds there will be one.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), f64> {
        let secs = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.filled_at = now;
        self.tokens = (self.tokens + secs * self.per_sec).min(self.burst);
        if self.tokens < 1.0 {
            return Err((1.0 - self.tokens) / self.per_sec);
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn twice_the_limit_admits_the_burst_and_the_rate_and_says_when_to_come_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, 5.0, start);
        let admitted = (0..40).filter(|n| bucket.take(start + Duration::from_millis(50 * n)).is_ok()).count();
        assert_eq!(admitted, 5 + 19, "5 at once, then 10 a second for 1.95 s");
        let retry = bucket.take(start + Duration::from_millis(1_951)).unwrap_err();
        assert!(bucket.take(start + Duration::from_secs_f64(1.951 + retry + 1e-6)).is_ok());
    }
}
