use std::time::Duration;

/// Whether a service is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// It is asked.
    Closed,
    /// It failed too often and is left alone for so long.
    Open {
        /// How long still.
        retry_in: Duration,
    },
    /// One question is on its way to find out whether it is back.
    HalfOpen,
}

/// Leaves a failing service alone, and lets one question through now and then. Time is an argument:
/// anything that only grows.
#[derive(Clone, Debug)]
pub(crate) struct Breaker {
    failures: u32,
    open_until: Option<Duration>,
    probing: bool,
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Self { failures: 0, open_until: None, probing: false }
    }

    /// Asks for leave to call. After [`Ok`] exactly one of [`Breaker::succeeded`], [`Breaker::failed`] and
    /// [`Breaker::let_go`] must follow.
    pub(crate) fn enter(&mut self, now: Duration) -> Result<(), Duration> {
        match self.open_until {
            None => Ok(()),
            Some(until) if now < until => Err(until - now),
            // Another question is finding out.
            Some(_) if self.probing => Err(Duration::ZERO),
            Some(_) => {
                self.probing = true;
                Ok(())
            }
        }
    }

    pub(crate) fn succeeded(&mut self) {
        *self = Self::new();
    }

    pub(crate) fn failed(&mut self, now: Duration, most: u32, rest: Duration) {
        self.failures = self.failures.saturating_add(1);
        if self.probing || self.failures >= most {
            self.open_until = Some(now + rest);
            self.probing = false;
        }
    }

    /// The call ended without saying anything about the service.
    pub(crate) fn let_go(&mut self) {
        self.probing = false;
    }

    pub(crate) fn state(&self, now: Duration) -> BreakerState {
        match self.open_until {
            None => BreakerState::Closed,
            Some(_) if self.probing => BreakerState::HalfOpen,
            Some(until) => BreakerState::Open { retry_in: until.saturating_sub(now) },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REST: Duration = Duration::from_secs(30);

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_probe_closes_it() {
        let mut breaker = Breaker::new();
        let at = Duration::from_secs;
        for _ in 0..2 {
            assert_eq!(breaker.enter(at(0)), Ok(()));
            breaker.failed(at(0), 3, REST);
        }
        breaker.succeeded();
        for _ in 0..3 {
            assert_eq!(breaker.enter(at(1)), Ok(()));
            breaker.failed(at(1), 3, REST);
        }
        assert_eq!(breaker.enter(at(2)), Err(Duration::from_secs(29)));
        assert_eq!(breaker.enter(at(31)), Ok(()));
        assert_eq!(breaker.state(at(31)), BreakerState::HalfOpen);
        assert!(breaker.enter(at(31)).is_err(), "one probe at a time");
        breaker.failed(at(32), 3, REST);
        assert!(breaker.enter(at(61)).is_err());
        assert_eq!(breaker.enter(at(62)), Ok(()));
        breaker.succeeded();
        assert_eq!(breaker.state(at(62)), BreakerState::Closed);
    }

    proptest! {
        /// Whatever happens: no more than `most` calls fail in a row before it rests, and while it is not
        /// closed there is never a second call on its way.
        #[test]
        fn it_never_lets_a_crowd_through(steps in prop::collection::vec((0_u8..4, 0_u64..20), 1..200), most in 1_u32..6) {
            let mut breaker = Breaker::new();
            let mut now = Duration::ZERO;
            let mut in_flight = 0_u32;
            let mut failed_in_a_row = 0;
            for (what, secs) in steps {
                now += Duration::from_secs(secs);
                match what {
                    0 | 1 => if breaker.enter(now).is_ok() {
                        in_flight += 1;
                        let closed = breaker.state(now) == BreakerState::Closed;
                        prop_assert!(closed || failed_in_a_row >= most);
                        // One at a time keeps the model simple.
                        if what == 0 { breaker.succeeded(); failed_in_a_row = 0; } else {
                            breaker.failed(now, most, REST);
                            failed_in_a_row += 1;
                            if failed_in_a_row >= most {
                                let is_open = matches!(breaker.state(now), BreakerState::Open { .. });
                                prop_assert!(is_open, "after {failed_in_a_row} failures");
                            }
                        }
                        in_flight -= 1;
                    },
                    2 => if breaker.enter(now).is_ok() { breaker.let_go(); },
                    _ => { let _ = breaker.state(now); }
                }
                prop_assert_eq!(in_flight, 0);
            }
        }
    }
}
