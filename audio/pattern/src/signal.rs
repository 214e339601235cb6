//! Continuous patterns: a value at every moment.

use std::f64::consts::TAU;

use crate::span::{Hap, Sources};
use crate::{Alignment, Op, Pattern, Span, State, Value};

/// Returns the start of a span in cycles.
pub(crate) fn begin_of(span: Span) -> f64 {
    span.begin.to_f64()
}

impl Pattern {
    /// Returns a continuous pattern of `f`, sampled where each question begins.
    #[must_use]
    pub fn signal(f: impl Fn(&State<'_>, f64) -> Value + Send + Sync + 'static) -> Self {
        Self::from_fn(0, None, move |query, span, out| {
            let value = f(&query.state, begin_of(span));
            out.push(Hap { whole: None, part: span, value, sources: Sources::default() });
        })
    }

    fn wave(f: fn(f64) -> f64) -> Self {
        Self::signal(move |_, t| Value::Number(f(t)))
    }

    /// Returns the time in cycles.
    #[must_use]
    pub fn time() -> Self {
        Self::wave(|t| t)
    }

    /// Returns a ramp from 0 to 1 each cycle.
    #[must_use]
    pub fn saw() -> Self {
        Self::wave(saw)
    }

    /// Returns a ramp from 1 to 0 each cycle.
    #[must_use]
    pub fn isaw() -> Self {
        Self::wave(|t| 1.0 - saw(t))
    }

    /// Returns a sine from 0 to 1, one turn a cycle.
    #[must_use]
    pub fn sine() -> Self {
        Self::wave(sine)
    }

    /// Returns a cosine from 0 to 1, one turn a cycle.
    #[must_use]
    pub fn cosine() -> Self {
        Self::wave(|t| sine(t + 0.25))
    }

    /// Returns 0 in the first half of each cycle, 1 in the second.
    #[must_use]
    pub fn square() -> Self {
        Self::wave(|t| ((t * 2.0) % 2.0).floor())
    }

    /// Returns a triangle from 0 to 1 and back each cycle.
    #[must_use]
    pub fn tri() -> Self {
        Self::fastcat(vec![Self::saw(), Self::isaw()]).with_steps(None)
    }

    /// Returns a triangle from 1 to 0 and back each cycle.
    #[must_use]
    pub fn itri() -> Self {
        Self::fastcat(vec![Self::isaw(), Self::saw()]).with_steps(None)
    }

    /// Returns what comes from outside under `name`; 0 where nothing does.
    #[must_use]
    pub fn outside(name: &str) -> Self {
        let name = name.to_owned();
        Self::signal(move |state, t| Value::Number(state.signals.signal(&name, t).unwrap_or(0.0)))
    }

    /// Returns this pattern with 0 to 1 stretched to `low` to `high`.
    #[must_use]
    pub fn range(&self, low: f64, high: f64) -> Self {
        let by = |op, x| move |pattern: Self| pattern.combine(op, Alignment::In, &Self::pure(x));
        by(Op::Add, low)(by(Op::Mul, high - low)(self.clone()))
    }

    /// Returns each number changed by `f`.
    #[must_use]
    pub fn numbers(&self, f: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Self {
        self.try_map(move |value| match value {
            Value::Controls(_) => Ok(value.clone()),
            value => value.numeral().map(|x| Value::Number(f(x))),
        })
    }
}

fn saw(t: f64) -> f64 {
    // Below 0 it runs from -1 to 0, as others have it.
    t % 1.0
}

fn sine(t: f64) -> f64 {
    ((TAU * t).sin() + 1.0) / 2.0
}
