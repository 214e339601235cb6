//! Functions that count steps.

use crate::build::MAX_SEQUENCE;
use crate::{Pattern, Ratio, Value};

impl Pattern {
    /// Returns the first `n` steps, the last for `n` below 0.
    #[must_use]
    pub fn take(&self, n: Ratio) -> Self {
        let Some(steps) = self.steps() else { return Self::silence() };
        if n.is_zero() {
            return Self::silence().with_steps(None);
        }
        if n.abs() >= steps {
            return self.clone();
        }
        if n.is_negative() {
            self.zoom(Ratio::ONE + n / steps, Ratio::ONE)
        } else {
            self.zoom(Ratio::ZERO, n / steps)
        }
    }

    /// Returns all but the first `n` steps, the last for `n` below 0.
    #[must_use]
    pub fn drop(&self, n: Ratio) -> Self {
        let Some(steps) = self.steps() else { return Self::silence() };
        if n.is_zero() {
            return self.clone();
        }
        if n.abs() >= steps {
            return Self::silence();
        }
        self.take(if n.is_negative() { steps + n } else { n - steps })
    }

    /// Returns the same pattern counted as `factor` times as many steps.
    #[must_use]
    pub fn expand(&self, factor: Ratio) -> Self {
        let steps = self.steps().map(|steps| steps * factor);
        self.clone().with_steps(steps)
    }

    /// Returns this pattern `factor` times as fast, counted as so many more steps.
    #[must_use]
    pub fn extend(&self, factor: Ratio) -> Self {
        self.fast(factor).with_steps(self.steps().map(|steps| steps * factor))
    }

    /// Returns each cycle `n` times in one.
    #[must_use]
    pub fn replicate(&self, n: i64) -> Self {
        let factor = Ratio::whole(n.max(1));
        self.repeat_cycles(n).fast(factor).with_steps(self.steps().map(|steps| steps * factor))
    }

    fn shrinking(&self, amount: Ratio) -> Vec<Self> {
        let Some(steps) = self.steps() else { return Vec::new() };
        if amount.is_zero() {
            let count = steps.ceil().numerator().clamp(0, MAX_SEQUENCE as i64);
            return (0..count).map(|_| self.clone()).collect();
        }
        let count = (steps / amount.abs()).ceil().numerator().clamp(0, MAX_SEQUENCE as i64);
        (0..count).map(|i| self.drop(amount * Ratio::whole(i))).collect()
    }

    /// Returns the pattern again and again, `amount` steps shorter each time.
    #[must_use]
    pub fn shrink(&self, amount: Ratio) -> Self {
        Self::stepcat(self.shrinking(amount)).cut_at_cycles()
    }

    /// Returns the pattern again and again, `amount` steps longer each time.
    #[must_use]
    pub fn grow(&self, amount: Ratio) -> Self {
        let mut stages = self.shrinking(-amount);
        stages.reverse();
        Self::stepcat(stages).cut_at_cycles()
    }

    /// Returns one step of each pattern in turn.
    #[must_use]
    pub fn zip(patterns: Vec<Self>) -> Self {
        let counted: Vec<_> = patterns.into_iter().filter_map(|p| Some((p.steps()?, p))).collect();
        let Some(steps) = counted.iter().map(|(steps, _)| *steps).reduce(Ratio::lcm) else {
            return Self::silence();
        };
        let slowed = counted.into_iter().map(|(steps, pattern)| pattern.slow(steps)).collect();
        Self::slowcat(slowed).fast(steps).with_steps(Some(steps))
    }

    /// Returns the `n` parts of each cycle that `indices` ask for, squeezed into their events; there is
    /// none before the first.
    #[must_use]
    pub fn bite(&self, n: Ratio, indices: &Self) -> Self {
        let pattern = self.clone();
        indices
            .bind(crate::Join::Squeeze, move |index| {
                let index = Ratio::from_f64(index.numeral()?);
                if index.is_negative() {
                    return Ok(Self::silence());
                }
                let begin = (index / n).fract();
                Ok(pattern.zoom(begin, begin + Ratio::ONE / n))
            })
            .with_steps(self.steps())
    }

    /// Returns each cycle's steps as a round: this pattern put at each place among `others`.
    #[must_use]
    pub fn tour(&self, others: &[Self]) -> Self {
        let count = others.len();
        let rounds = (0..=count).map(|i| {
            let at = count - i;
            let (before, after) = others.split_at(at);
            Self::stepcat(before.iter().chain(std::iter::once(self)).chain(after).cloned().collect())
        });
        Self::stepcat(rounds.collect())
    }

    /// Returns ratios of lists: `3:2` is 1.5.
    #[must_use]
    pub fn ratios(&self) -> Self {
        self.try_map(|value| match value {
            Value::List(list) => {
                let mut numbers = list.iter().map(Value::numeral);
                let first = numbers.next().unwrap_or(Ok(1.0))?;
                numbers.try_fold(first, |ratio, x| Ok(ratio / x?)).map(Value::Number)
            }
            value => Ok(value.clone()),
        })
    }
}
