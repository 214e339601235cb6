//! Patterns of patterns made into patterns.

use crate::query::Query;
use crate::span::Hap;
use crate::{Fault, Pattern, Ratio, Span, Value};

/// How the times of an event of a pattern of patterns and of its inner events are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Wholes are the inner pattern's.
    Inner,
    /// Wholes are the outer pattern's.
    Outer,
    /// Wholes are where both overlap.
    Mix,
    /// A cycle of the inner pattern is squeezed into each outer event.
    Squeeze,
    /// The inner pattern's cycle starts at each outer event.
    Reset,
    /// The inner pattern starts from cycle 0 at each outer event.
    Restart,
    /// Inner and outer agree step by step.
    Poly,
    /// The inner patterns of each cycle follow each other, each as long as it has steps.
    Step,
}

impl Pattern {
    /// Returns what `f` makes of each value, joined by `join`.
    #[must_use]
    pub fn bind(
        &self,
        join: Join,
        f: impl Fn(&Value) -> Result<Self, Fault> + Send + Sync + 'static,
    ) -> Self {
        // Not at once even for a constant: what `f` makes may bind again, without end.
        self.try_map_hap(move |hap| f(&hap.value).map(Value::pattern)).join(join)
    }

    /// Returns this pattern of patterns joined by `join`. Values that are no pattern count as
    /// patterns that say only them.
    #[must_use]
    pub fn join(&self, join: Join) -> Self {
        match join {
            Join::Inner => self.inner_join(),
            Join::Outer => self.outer_join(),
            Join::Mix => self.mix_join(),
            Join::Squeeze => self.squeeze_join(),
            Join::Reset => self.reset_join(false),
            Join::Restart => self.reset_join(true),
            Join::Poly => self.poly_join(),
            Join::Step => self.step_join(),
        }
    }

    /// Returns `f` of the arguments' values: at once where all are constant, else joined as
    /// they change.
    #[must_use]
    pub fn with_arguments(arguments: &[Self], f: impl Fn(&[Value]) -> Self + Send + Sync + 'static) -> Self {
        Self::with_arguments_joined(Join::Inner, arguments, f)
    }

    /// Returns `f` of the arguments' values, joined by `join` where they change.
    #[must_use]
    pub fn with_arguments_joined(
        join: Join,
        arguments: &[Self],
        f: impl Fn(&[Value]) -> Self + Send + Sync + 'static,
    ) -> Self {
        let constants: Option<Vec<Value>> =
            arguments.iter().map(|argument| argument.constant().cloned()).collect();
        if let Some(values) = constants {
            return f(&values);
        }
        let Some((first, rest)) = arguments.split_first() else { return f(&[]) };
        let lists = first.map(|value| Value::list(vec![value.clone()]));
        let lists = rest.iter().fold(lists, |lists, argument| {
            lists.apply_left(argument, |list, value| {
                let mut values = match list {
                    Value::List(values) => values.to_vec(),
                    _ => Vec::new(),
                };
                values.push(value.clone());
                Ok(Some(Value::list(values)))
            })
        });
        lists
            .map(move |list| match list {
                Value::List(values) => Value::pattern(f(values)),
                _ => Value::Nothing,
            })
            .join(join)
    }

    /// Joins; wholes are the inner pattern's.
    #[must_use]
    pub fn inner_join(&self) -> Self {
        if let Some(Value::Pattern(inner)) = self.constant() {
            return inner.cut_at_cycles();
        }
        self.join_with(|query, outer, inner, out| {
            let start = out.len();
            inner.ask(query, outer.part, out);
            for hap in out.iter_mut().skip(start) {
                hap.sources.merge(&outer.sources);
            }
        })
    }

    /// Cuts a pattern's parts at cycles, as a constant outer pattern would.
    pub(crate) fn cut_at_cycles(&self) -> Self {
        let inner = self.clone();
        self.split(move |query, span, out| inner.ask(query, span, out))
    }

    /// Joins; wholes are the outer pattern's.
    #[must_use]
    pub fn outer_join(&self) -> Self {
        self.join_with(|query, outer, inner, out| {
            let start = out.len();
            inner.ask(query, outer.part, out);
            for hap in out.iter_mut().skip(start) {
                hap.whole = outer.whole;
                hap.sources.merge(&outer.sources);
            }
        })
        .with_steps(self.steps())
    }

    /// Joins; wholes are where both overlap.
    #[must_use]
    pub fn mix_join(&self) -> Self {
        self.join_with(|query, outer, inner, out| {
            let start = out.len();
            inner.ask(query, outer.part, out);
            for hap in out.iter_mut().skip(start) {
                hap.whole = match (hap.whole, outer.whole) {
                    (Some(a), Some(b)) => Some(a.overlap(b)),
                    _ => None,
                };
                hap.sources.merge(&outer.sources);
            }
        })
    }

    /// Joins; a cycle of the inner pattern is squeezed into each outer event.
    #[must_use]
    pub fn squeeze_join(&self) -> Self {
        self.discrete_only().join_with(|query, outer, inner, out| {
            let whole = outer.whole_or_part();
            let inner = inner.focus(whole.begin, whole.end);
            push_clipped(query, outer, &inner, out);
        })
    }

    /// Joins; the inner pattern's cycle starts at each outer event, from cycle 0 if `restart`.
    #[must_use]
    pub fn reset_join(&self, restart: bool) -> Self {
        self.discrete_only().join_with(move |query, outer, inner, out| {
            let onset = outer.whole_or_part().begin;
            let inner = inner.late(if restart { onset } else { onset.fract() });
            push_clipped(query, outer, &inner, out);
        })
    }

    /// Joins; the inner pattern plays as many steps as the outer has, event by event.
    #[must_use]
    pub fn poly_join(&self) -> Self {
        let outer_steps = self.steps();
        self.map(move |value| match (value, outer_steps) {
            (Value::Pattern(inner), Some(outer)) => match inner.steps() {
                Some(steps) => Value::pattern(inner.fast(outer / steps)),
                None => value.clone(),
            },
            _ => value.clone(),
        })
        .outer_join()
    }

    /// Joins; the inner patterns of a cycle follow each other, each as long as it has steps. The cycle is
    /// the one in which the query begins: whoever wants each cycle's own asks cycle by cycle.
    #[must_use]
    pub fn step_join(&self) -> Self {
        let outer = self.discrete_only();
        let steps = in_steps(Ratio::ZERO, outer.glance(1)).steps();
        let node = outer.clone();
        outer
            .derive(move |query, span, out| {
                let cycle = span.begin.floor();
                let haps = node.collect(query, Span::new(cycle, cycle + Ratio::ONE));
                in_steps(cycle, haps).ask(query, span, out);
            })
            .with_steps(steps)
    }

    fn join_with(
        &self,
        join: impl Fn(&Query<'_>, &Hap, &Self, &mut Vec<Hap>) + Send + Sync + 'static,
    ) -> Self {
        let outer = self.clone();
        self.derive(move |query, span, out| {
            for hap in outer.collect(query, span) {
                match &hap.value {
                    Value::Pattern(inner) => join(query, &hap, inner, out),
                    Value::Nothing => {}
                    value => join(query, &hap, &Self::pure(value.clone()), out),
                }
            }
        })
        .with_steps(None)
    }

    /// Returns this pattern with each cycle played in `begin` to `end`, over and over: the cycle
    /// `begin` lies in falls exactly between them.
    #[must_use]
    pub fn focus(&self, begin: Ratio, end: Ratio) -> Self {
        if end <= begin {
            return Self::silence();
        }
        let (inner, cycle, length) = (self.clone(), begin.floor(), end - begin);
        self.derive(move |query, span, out| {
            let start = out.len();
            inner.ask(query, span.map(|t| (t - begin) / length + cycle), out);
            for hap in out.iter_mut().skip(start) {
                let back = |t: Ratio| (t - cycle) * length + begin;
                hap.part = hap.part.map(back);
                hap.whole = hap.whole.map(|whole| whole.map(back));
            }
        })
    }
}

/// The patterns of a cycle's events one after another by their steps; gaps keep their share.
fn in_steps(cycle: Ratio, mut haps: Vec<Hap>) -> Pattern {
    haps.sort_by_key(|hap| hap.part.begin);
    let mut parts: Vec<(Ratio, Option<Pattern>)> = Vec::new();
    let mut at = cycle;
    for hap in haps {
        if hap.part.begin > at {
            parts.push((hap.part.begin - at, None));
        }
        at = hap.part.end;
        if let Value::Pattern(inner) = &hap.value {
            parts.push((hap.part.length(), Some((**inner).clone())));
        }
    }
    if at < cycle + Ratio::ONE {
        parts.push((cycle + Ratio::ONE - at, None));
    }
    let known = |(length, pattern): &(Ratio, Option<Pattern>)| Some((*length, pattern.as_ref()?.steps()?));
    let (time, steps) = parts
        .iter()
        .filter_map(known)
        .fold((Ratio::ZERO, Ratio::ZERO), |(time, steps), (length, own)| (time + length, steps + own));
    let pace = if time.is_zero() { Ratio::ONE } else { steps / time };
    Pattern::timecat(
        parts
            .into_iter()
            .map(|(length, pattern)| {
                let pattern = pattern.unwrap_or_else(|| Pattern::gap(length * pace));
                (pattern.steps().unwrap_or(length * pace), pattern)
            })
            .collect(),
    )
}

/// Pushes the inner events during `outer`, cut where it ends.
fn push_clipped(query: &Query<'_>, outer: &Hap, inner: &Pattern, out: &mut Vec<Hap>) {
    let bounds = outer.whole_or_part();
    let start = out.len();
    inner.ask(query, outer.part, out);
    crate::apply::retain_from(out, start, |hap| {
        let Some(part) = hap.part.intersection(outer.part) else { return false };
        hap.part = part;
        if let Some(whole) = hap.whole {
            let Some(whole) = Span::intersection(whole, bounds) else { return false };
            hap.whole = Some(whole);
        }
        hap.sources.merge(&outer.sources);
        true
    });
}
