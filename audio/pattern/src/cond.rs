//! Changes for some cycles, some parts, some copies.

use std::sync::Arc;

use crate::build::MAX_SEQUENCE;
use crate::{Fault, Pattern, Ratio, Value};

impl Pattern {
    /// Returns this pattern with `f` applied in the first of every `n` cycles.
    #[must_use]
    pub fn first_of(&self, n: i64, f: &dyn Fn(Self) -> Self) -> Self {
        self.one_of(n, 0, f)
    }

    /// Returns this pattern with `f` applied in the last of every `n` cycles.
    #[must_use]
    pub fn last_of(&self, n: i64, f: &dyn Fn(Self) -> Self) -> Self {
        self.one_of(n, n - 1, f)
    }

    fn one_of(&self, n: i64, turn: i64, f: &dyn Fn(Self) -> Self) -> Self {
        if n < 1 {
            return self.clone();
        }
        let (plain, changed) = (self.clone(), f(self.clone()));
        Self::from_fn(Self::depth_over([&plain, &changed]), None, move |query, span, out| {
            crate::pattern::each_cycle(query, span, |part| {
                let now = part.begin.floor().numerator() % n;
                // As with `slowcat_prime`: before cycle 0 only first turns sound.
                if now >= 0 {
                    let pattern = if now == turn { &changed } else { &plain };
                    pattern.ask(query, part, out);
                }
            });
        })
    }

    /// Returns `changed` where `on` is true, else this pattern.
    #[must_use]
    pub fn when(&self, on: &Self, changed: Self) -> Self {
        let (plain, changed) = (Arc::new(self.clone()), Arc::new(changed));
        on.map(move |on| Value::Pattern(if on.truthy() { changed.clone() } else { plain.clone() }))
            .inner_join()
            .with_steps(self.steps())
    }

    /// Returns this pattern with `f` applied to another of `n` parts each cycle.
    #[must_use]
    pub fn chunk(&self, n: i64, back: bool, fast: bool, f: &dyn Fn(Self) -> Self) -> Self {
        let n = n.clamp(1, MAX_SEQUENCE as i64);
        let beats: Vec<bool> = (0..n).map(|i| i == 0).collect();
        let parts = Self::bools(&beats).iter(n, !back);
        let pattern = if fast { self.clone() } else { self.repeat_cycles(n) };
        let changed = f(pattern.clone());
        pattern.when(&parts, changed).with_steps(self.steps())
    }

    /// Returns this pattern with `f` applied to a loop of another of its `n` parts each cycle; `back` goes
    /// from the last to the first.
    #[must_use]
    pub fn chunk_into(&self, n: i64, back: bool, f: Arc<dyn Fn(Self) -> Self + Send + Sync>) -> Self {
        let n = n.clamp(1, MAX_SEQUENCE as i64);
        let first = if back { n - 1 } else { 0 };
        let beats: Vec<bool> = (0..n).map(|i| i == first).collect();
        self.into_parts(&Self::bools(&beats).iter(n, !back), f)
    }

    /// Returns this pattern with `f` applied to each part that `parts` is true for, looped.
    #[must_use]
    pub fn into_parts(&self, parts: &Self, f: Arc<dyn Fn(Self) -> Self + Send + Sync>) -> Self {
        self.part_by_part(parts, f).inner_join().with_steps(self.steps())
    }

    /// Returns a pattern of patterns: loops of the parts of this one that `parts` is true for, and
    /// this one elsewhere.
    #[must_use]
    pub fn unjoin(&self, parts: &Self) -> Self {
        self.part_by_part(parts, Arc::new(|part| part))
    }

    fn part_by_part(&self, parts: &Self, f: Arc<dyn Fn(Self) -> Self + Send + Sync>) -> Self {
        let pattern = self.clone();
        parts.try_map_hap(move |hap| {
            let whole = hap.whole_or_part();
            let changed = hap.value.truthy() && hap.value.as_number() != Some(0.0);
            Ok(Value::pattern(if changed {
                f(pattern.ribbon(whole.begin, whole.length()))
            } else {
                pattern.clone()
            }))
        })
    }

    /// Returns this pattern with `f` applied to the events that start from `begin` to `end` of the
    /// cycle.
    #[must_use]
    pub fn within(&self, begin: Ratio, end: Ratio, f: &dyn Fn(Self) -> Self) -> Self {
        let inside = move |hap: &crate::Hap| {
            let at = hap.whole_or_part().begin.fract();
            at >= begin && at <= end
        };
        Self::stack(vec![
            f(self.filter(move |hap| Ok(inside(hap)))),
            self.filter(move |hap| Ok(!inside(hap))),
        ])
        .with_steps(self.steps())
    }

    /// Returns this pattern moved by `by` in the stereo field.
    #[must_use]
    pub fn panned(&self, by: f64) -> Self {
        self.map(move |value| {
            let Value::Controls(controls) = value else { return value.clone() };
            let mut controls = controls.clone();
            let pan = controls.number("pan").unwrap_or(0.5);
            controls.set(crate::Name::new("pan"), Value::Number(pan + by));
            Value::Controls(controls)
        })
    }

    /// Returns what `f` makes of this pattern on one side and the pattern itself on the other,
    /// `width` apart (0 to 1).
    #[must_use]
    pub fn jux_by(&self, width: f64, f: &dyn Fn(Self) -> Self) -> Self {
        let by = width / 2.0;
        Self::stack(vec![self.panned(-by), f(self.panned(by))]).with_steps(self.steps())
    }

    /// Returns the pattern that each value, an index or a key, picks from `choices`: a pattern of
    /// patterns. Indices stop at the ends, or wrap around.
    #[must_use]
    pub fn pick_with(&self, choices: Choices, wrap: bool) -> Self {
        self.try_map(move |value| Ok(choices.pick(value, wrap).map_or(Value::Nothing, Value::Pattern)))
    }

    /// Returns the events of each chord one after another, as `indices` say.
    #[must_use]
    pub fn arp(&self, indices: &Self) -> Self {
        let indices = indices.clone();
        self.collect_simultaneous()
            .map(move |chord| {
                let Value::List(notes) = chord else { return Value::Nothing };
                let notes = notes.clone();
                Value::pattern(indices.try_map(move |index| {
                    let at = index.numeral()?.rem_euclid(notes.len().max(1) as f64) as usize;
                    notes.get(at).cloned().ok_or_else(|| Fault::value("arp found no notes"))
                }))
            })
            .inner_join()
    }

    /// Returns each cycle's `position`-th of `parts` parts filled with the value.
    #[must_use]
    pub fn beat(&self, position: Ratio, parts: Ratio) -> Self {
        let begin = (position % parts) / parts;
        let end = begin + Ratio::ONE / parts;
        self.map(move |value| Value::pattern(Self::pure(value.clone()).compress(begin, end))).inner_join()
    }
}

/// Patterns to pick from: by index, or by key.
#[derive(Clone, Debug)]
pub enum Choices {
    /// By index.
    List(Vec<Arc<Pattern>>),
    /// By key.
    Keyed(Vec<(String, Arc<Pattern>)>),
}

impl Choices {
    fn pick(&self, value: &Value, wrap: bool) -> Option<Arc<Pattern>> {
        match self {
            Self::List(patterns) => {
                let count = patterns.len() as f64;
                let at = value.as_number().or_else(|| value.as_text()?.parse().ok())?.round();
                let at = if wrap { at.rem_euclid(count) } else { at.clamp(0.0, (count - 1.0).max(0.0)) };
                patterns.get(at as usize).cloned()
            }
            Self::Keyed(patterns) => {
                let key = match value {
                    Value::Text(text) => text.to_string(),
                    Value::Number(x) => x.to_string(),
                    _ => return None,
                };
                patterns.iter().find(|(name, _)| *name == key).map(|(_, pattern)| pattern.clone())
            }
        }
    }
}
