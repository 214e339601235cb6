//! Seeded chance: the same time and seed always give the same number.

use std::sync::Arc;

use crate::query::Query;
use crate::signal::begin_of;
use crate::span::{Hap, Sources};
use crate::{Generator, Pattern, Ratio, Span, State, Value};

/// Cycles after which the legacy generator repeats.
const LEGACY_PERIOD: f64 = 300.0;
/// 2^29: the resolution of the legacy generator within its period.
const LEGACY_RANGE: f64 = 536_870_912.0;

fn xorwise(x: i32) -> i32 {
    let a = x.wrapping_shl(13) ^ x;
    let b = (a >> 17) ^ a;
    b.wrapping_shl(5) ^ b
}

fn legacy_numbers(t: f64, n: usize) -> Vec<f64> {
    let turns = t / LEGACY_PERIOD;
    let mut r = xorwise(((turns - turns.trunc()) * LEGACY_RANGE).trunc() as i32);
    let mut numbers = Vec::with_capacity(n);
    for _ in 0..n {
        numbers.push(f64::from(r % LEGACY_RANGE as i32) / LEGACY_RANGE);
        r = xorwise(r);
    }
    numbers
}

fn precise_number(t: f64, index: u32, seed: f64) -> f64 {
    let scaled = (t * LEGACY_RANGE).floor();
    let low = scaled.rem_euclid(4_294_967_296.0) as u32;
    let high = (scaled / 4_294_967_296.0).floor() as i64 as u32;
    let seed = seed as i64 as u32;
    let mut key = low
        ^ (high ^ 0x85eb_ca6b).wrapping_mul(0xc2b2_ae35)
        ^ (index ^ 0x7f4a_7c15).wrapping_mul(0x9e37_79b9)
        ^ (seed ^ 0x1656_67b1).wrapping_mul(0x27d4_eb2d);
    key ^= key >> 16;
    key = key.wrapping_mul(0x85eb_ca6b);
    key ^= key >> 13;
    key = key.wrapping_mul(0xc2b2_ae35);
    key ^= key >> 16;
    f64::from(key) / 4_294_967_296.0
}

/// Returns the random number at `t`, 0 (inclusive) to 1.
pub(crate) fn random_at(state: &State<'_>, t: f64) -> f64 {
    match state.generator {
        Generator::Legacy => legacy_numbers(t + state.seed, 1).first().copied().unwrap_or(0.0).abs(),
        Generator::Precise => precise_number(t, 0, state.seed),
    }
}

/// Returns `n` random numbers at `t`, whose order is what matters.
fn randoms_at(state: &State<'_>, t: f64, n: usize) -> Vec<f64> {
    match state.generator {
        Generator::Legacy if n == 1 => vec![random_at(state, t)],
        Generator::Legacy => legacy_numbers(t + state.seed, n),
        Generator::Precise => (0..n as u32).map(|i| precise_number(t, i, state.seed)).collect(),
    }
}

impl Pattern {
    /// Returns random numbers from 0 to 1, a new one at every moment.
    #[must_use]
    pub fn rand() -> Self {
        Self::signal(|state, t| Value::Number(random_at(state, t)))
    }

    /// Returns smooth noise from 0 to 1, one wave a cycle.
    #[must_use]
    pub fn perlin() -> Self {
        Self::signal(|state, t| {
            let (cycle, x) = (t.floor(), t - t.floor());
            let (a, b) = (random_at(state, cycle), random_at(state, cycle + 1.0));
            let smooth = 6.0 * x.powi(5) - 15.0 * x.powi(4) + 10.0 * x.powi(3);
            Value::Number(a + smooth * (b - a))
        })
    }

    /// Returns noise from 0 to 1 made of ramps.
    #[must_use]
    pub fn berlin() -> Self {
        Self::signal(|state, t| {
            let (cycle, x) = (t.floor(), t - t.floor());
            Value::Number((random_at(state, cycle) + x * random_at(state, cycle + 1.0)) / 2.0)
        })
    }

    /// Returns random whole numbers below `n`.
    #[must_use]
    pub fn irand(n: f64) -> Self {
        Self::signal(move |state, t| Value::Number((random_at(state, t) * n).trunc()))
    }

    /// Returns this pattern with random numbers started from `seed`.
    #[must_use]
    pub fn seed(&self, seed: f64) -> Self {
        self.with_state(move |state| state.seed = seed)
    }

    /// Returns this pattern with only the events whose chance `by`, sampled at their start, is
    /// over `threshold`.
    #[must_use]
    pub fn degrade_by_with(&self, by: &Self, threshold: f64) -> Self {
        let lucky = by.filter(move |hap| Ok(hap.value.as_number().is_some_and(|chance| chance > threshold)));
        self.apply_left(&lucky, |value, _| Ok(Some(value.clone())))
    }

    /// Returns this pattern without a random share `amount` of its events.
    #[must_use]
    pub fn degrade_by(&self, amount: f64) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let start = out.len();
            inner.ask(query, span, out);
            crate::apply::retain_from(out, start, |hap| chance(query, hap.whole_or_part()) > amount);
        })
    }

    /// Returns exactly the events `degrade_by(1 − amount)` removes.
    #[must_use]
    pub fn undegrade_by(&self, amount: f64) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let start = out.len();
            inner.ask(query, span, out);
            crate::apply::retain_from(out, start, |hap| 1.0 - chance(query, hap.whole_or_part()) > amount);
        })
    }

    /// Returns this pattern with `f` applied to a random share `amount` of its events.
    #[must_use]
    pub fn sometimes_by(&self, amount: f64, f: &dyn Fn(Self) -> Self) -> Self {
        Self::stack(vec![self.degrade_by(amount), f(self.undegrade_by(1.0 - amount))]).with_steps(None)
    }

    /// Returns this pattern with `f` applied to a random share `amount` of its cycles.
    #[must_use]
    pub fn some_cycles_by(&self, amount: f64, f: &dyn Fn(Self) -> Self) -> Self {
        let chance = Self::rand().segment(Ratio::ONE);
        let inverse =
            Self::rand().map(|x| Value::Number(1.0 - x.as_number().unwrap_or(0.0))).segment(Ratio::ONE);
        Self::stack(vec![
            self.degrade_by_with(&chance, amount),
            f(self.degrade_by_with(&inverse, 1.0 - amount)),
        ])
        .with_steps(None)
    }

    /// Returns one of `choices` as `chance`, from 0 to 1, picks: a pattern of patterns.
    #[must_use]
    pub fn choose_with(chance: &Self, choices: Vec<Self>) -> Self {
        let choices: Vec<Arc<Self>> = choices.into_iter().map(Arc::new).collect();
        chance.map(move |x| {
            let last = choices.len().saturating_sub(1);
            let at = (x.as_number().unwrap_or(0.0) * choices.len() as f64).floor().max(0.0) as usize;
            choices.get(at.min(last)).map_or(Value::Nothing, |choice| Value::Pattern(choice.clone()))
        })
    }

    /// Returns one of `choices` as `chance` picks, each as often as its weight says: a pattern of
    /// patterns.
    #[must_use]
    pub fn weighted_choose_with(chance: &Self, choices: Vec<(f64, Self)>) -> Self {
        let total: f64 = choices.iter().map(|(weight, _)| weight).sum();
        let mut sum = 0.0;
        let choices: Vec<(f64, Arc<Self>)> = choices
            .into_iter()
            .map(|(weight, choice)| {
                sum += weight;
                (sum, Arc::new(choice))
            })
            .collect();
        chance.map(move |x| {
            let at = x.as_number().unwrap_or(0.0) * total;
            let choice = choices.iter().find(|(below, _)| *below > at);
            choice.map_or(Value::Nothing, |(_, choice)| Value::Pattern(choice.clone()))
        })
    }

    /// Returns the numbers below `n` in a random order, new each cycle.
    #[must_use]
    pub fn randrun(n: usize) -> Self {
        let n = n.clamp(1, crate::build::MAX_SEQUENCE);
        let steps = Ratio::whole(n as i64);
        Self::from_fn(0, Some(steps), move |query, span, out| {
            crate::pattern::each_cycle(query, span, |part| {
                let cycle = part.begin.floor();
                if !query.spend(2 * n as u64) {
                    return;
                }
                let numbers = randoms_at(&query.state, cycle.to_f64() + 0.5, n);
                let mut order: Vec<(f64, usize)> =
                    numbers.into_iter().enumerate().map(|(i, x)| (x, i)).collect();
                order.sort_by(|a, b| a.0.total_cmp(&b.0));
                let first = ((part.begin - cycle) * steps).floor().numerator().max(0) as usize;
                for (place, (_, number)) in order.iter().enumerate().skip(first) {
                    let begin = cycle + Ratio::new(place as i64, n as i64);
                    let whole = Span::new(begin, begin + Ratio::ONE / steps);
                    let Some(part) = whole.intersection(part) else { break };
                    let value = Value::Number(*number as f64);
                    out.push(Hap { whole: Some(whole), part, value, sources: Sources::default() });
                }
            });
        })
    }

    /// Returns the `n` parts of each cycle in the order `order` says.
    #[must_use]
    pub fn rearrange(&self, order: &Self, n: i64) -> Self {
        let n = n.clamp(1, crate::build::MAX_SEQUENCE as i64);
        let parts: Vec<Arc<Self>> = (0..n)
            .map(|i| self.zoom(Ratio::new(i, n), Ratio::new(i + 1, n)).repeat_cycles(n).fast(Ratio::whole(n)))
            .map(Arc::new)
            .collect();
        order
            .map(move |i| {
                let at = i.as_number().unwrap_or(0.0).rem_euclid(n as f64) as usize;
                parts.get(at).map_or(Value::Nothing, |part| Value::Pattern(part.clone()))
            })
            .inner_join()
    }

    /// Returns the `n` parts of each cycle in random order, each once.
    #[must_use]
    pub fn shuffle(&self, n: i64) -> Self {
        self.rearrange(&Self::randrun(usize::try_from(n).unwrap_or(1)), n)
    }

    /// Returns `n` of the `n` parts of each cycle, picked at random.
    #[must_use]
    pub fn scramble(&self, n: i64) -> Self {
        self.rearrange(&Self::irand(n as f64).segment(Ratio::whole(n)), n)
    }
}

fn chance(query: &Query<'_>, span: Span) -> f64 {
    random_at(&query.state, begin_of(span))
}
