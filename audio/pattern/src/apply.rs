//! Values changed, and two patterns put together.

use crate::pattern::patterns_made;
use std::sync::Arc;

use crate::op::Op;
use crate::query::Query;
use crate::span::Hap;
use crate::{Fault, Pattern, Span, Value};

/// Whose times the result of combining two patterns has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// The left pattern's.
    In,
    /// The right pattern's.
    Out,
    /// Where both overlap.
    Mix,
    /// A cycle of the right squeezed into each event of the left.
    Squeeze,
    /// A cycle of the left squeezed into each event of the right.
    SqueezeOut,
    /// The left restarts its cycle at each event of the right.
    Reset,
    /// The left restarts from cycle 0 at each event of the right.
    Restart,
    /// Step by step.
    Poly,
}

impl Pattern {
    /// Returns this pattern with each value changed by `map`.
    #[must_use]
    pub fn map(&self, map: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Self {
        self.try_map(move |value| Ok(map(value)))
    }

    /// Returns this pattern with each value changed by `map`, which may fail.
    #[must_use]
    pub fn try_map(&self, map: impl Fn(&Value) -> Result<Value, Fault> + Send + Sync + 'static) -> Self {
        if let Some((value, sources)) = self.constant_with_sources() {
            return match map(value) {
                Ok(value) => Self::pure_with(value, *sources).with_steps(self.steps()),
                Err(fault) => Self::fault(fault),
            };
        }
        self.try_map_hap(move |hap| map(&hap.value))
    }

    /// Returns this pattern with each value changed by `map`, which sees the whole event.
    #[must_use]
    pub fn try_map_hap(&self, map: impl Fn(&Hap) -> Result<Value, Fault> + Send + Sync + 'static) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let start = out.len();
            inner.ask(query, span, out);
            for hap in out.iter_mut().skip(start) {
                let before = patterns_made();
                match map(hap) {
                    Ok(value) => hap.value = value,
                    Err(fault) => return query.fail(fault),
                }
                // What a function makes while it is asked is work as well.
                if !query.spend(patterns_made() - before) {
                    return;
                }
            }
        })
    }

    /// Returns this pattern with only the events `keep` says yes to.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&Hap) -> Result<bool, Fault> + Send + Sync + 'static) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let start = out.len();
            inner.ask(query, span, out);
            retain_from(out, start, |hap| {
                keep(hap).unwrap_or_else(|fault| {
                    query.fail(fault);
                    false
                })
            });
        })
    }

    /// Returns only the events that have a whole: nothing continuous.
    pub(crate) fn discrete_only(&self) -> Self {
        self.filter(|hap| Ok(hap.whole.is_some()))
    }

    /// Combines two patterns by `op`, as Strudel's `.op.alignment(other)`.
    #[must_use]
    pub fn combine(&self, op: Op, alignment: Alignment, other: &Self) -> Self {
        let join = |outer: &Self, inner: &Self, flip: bool| {
            let inner = inner.clone();
            outer.map(move |a| {
                let a = a.clone();
                let combined =
                    inner.try_map_op(move |b| if flip { op.apply(b, &a) } else { op.apply(&a, b) });
                Value::pattern(combined)
            })
        };
        match alignment {
            Alignment::In => self.apply_left(other, move |a, b| op.apply(a, b)),
            Alignment::Out => self.apply_right(other, move |a, b| op.apply(a, b)),
            Alignment::Mix => self.apply_both(other, move |a, b| op.apply(a, b)),
            Alignment::Squeeze => join(self, other, false).squeeze_join(),
            Alignment::SqueezeOut => join(other, self, true).squeeze_join(),
            Alignment::Reset => join(other, self, true).reset_join(false),
            Alignment::Restart => join(other, self, true).reset_join(true),
            // The steps are the left's, and the right is what is changed.
            Alignment::Poly => join(self, other, true).poly_join(),
        }
    }

    /// Like `try_map`, where `None` removes the event.
    fn try_map_op(
        &self,
        map: impl Fn(&Value) -> Result<Option<Value>, Fault> + Send + Sync + 'static,
    ) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let start = out.len();
            inner.ask(query, span, out);
            retain_from(out, start, |hap| replace(query, hap, map(&hap.value)));
        })
    }

    /// Returns this pattern's events, each put together with what `other` says during it.
    #[must_use]
    pub fn apply_left(
        &self,
        other: &Self,
        combine: impl Fn(&Value, &Value) -> Result<Option<Value>, Fault> + Send + Sync + 'static,
    ) -> Self {
        let (left, right) = (self.clone(), other.clone());
        let depth = Self::depth_over([self, other]);
        if let Some((value, sources)) = other.constant_with_sources() {
            let (value, sources) = (value.clone(), *sources);
            return Self::from_fn(depth, self.steps(), move |query, span, out| {
                let start = out.len();
                left.ask(query, span, out);
                split_at_cycles(out, start, |hap| hap.whole_or_part());
                retain_from(out, start, |hap| {
                    hap.sources.merge(&sources);
                    replace(query, hap, combine(&hap.value, &value))
                });
            });
        }
        Self::from_fn(depth, self.steps(), move |query, span, out| {
            let start = out.len();
            left.ask(query, span, out);
            let (mut rights, mut more) = (Vec::new(), Vec::new());
            // One event on the right for each on the left is what there mostly is: it is changed in
            // its place, and only what is beyond that goes to a list.
            retain_from(out, start, |hap| {
                rights.clear();
                right.ask(query, hap.whole_or_part(), &mut rights);
                let mut first = None;
                for other in &rights {
                    let Some(part) = hap.part.intersection(other.part) else { continue };
                    match combine(&hap.value, &other.value) {
                        Ok(Some(value)) => {
                            let mut sources = hap.sources;
                            sources.merge(&other.sources);
                            let joined = Hap { whole: hap.whole, part, value, sources };
                            if first.is_none() { first = Some(joined) } else { more.push(joined) }
                        }
                        Ok(None) => {}
                        Err(fault) => query.fail(fault),
                    }
                }
                match first {
                    Some(joined) => {
                        *hap = joined;
                        true
                    }
                    None => false,
                }
            });
            out.append(&mut more);
        })
    }

    /// Returns `other`'s events, each put together with what this pattern says during it.
    #[must_use]
    pub fn apply_right(
        &self,
        other: &Self,
        combine: impl Fn(&Value, &Value) -> Result<Option<Value>, Fault> + Send + Sync + 'static,
    ) -> Self {
        other.apply_left(self, move |b, a| combine(a, b)).with_steps(other.steps())
    }

    /// Returns both patterns put together where their events overlap.
    #[must_use]
    pub fn apply_both(
        &self,
        other: &Self,
        combine: impl Fn(&Value, &Value) -> Result<Option<Value>, Fault> + Send + Sync + 'static,
    ) -> Self {
        let (left, right) = (self.clone(), other.clone());
        let steps = match (self.steps(), other.steps()) {
            (Some(a), Some(b)) => Some(a.lcm(b)),
            _ => None,
        };
        Self::from_fn(Self::depth_over([self, other]), steps, move |query, span, out| {
            let lefts = left.collect(query, span);
            let rights = right.collect(query, span);
            for a in &lefts {
                for b in &rights {
                    if !query.spend(1) {
                        return;
                    }
                    let Some(part) = a.part.intersection(b.part) else { continue };
                    let whole = match (a.whole, b.whole) {
                        (Some(x), Some(y)) => Some(x.overlap(y)),
                        _ => None,
                    };
                    let mut sources = a.sources;
                    sources.merge(&b.sources);
                    push_combined(query, whole, part, sources, combine(&a.value, &b.value), out);
                }
            }
        })
    }

    /// Calls each value, which is a function, with what `other` says during it.
    #[must_use]
    pub fn call_each(&self, other: &Self) -> Self {
        self.apply_left(other, call)
    }

    /// Calls each value, which is a function, at the times of what `other` says.
    #[must_use]
    pub fn call_from_right(&self, other: &Self) -> Self {
        self.apply_right(other, call)
    }

    /// Calls each value, which is a function, where it meets what `other` says.
    #[must_use]
    pub fn call_both(&self, other: &Self) -> Self {
        self.apply_both(other, call)
    }

    /// Returns events as a list of simultaneous ones: one event of each whole, its value the list
    /// of values that share it.
    #[must_use]
    pub fn collect_simultaneous(&self) -> Self {
        let inner = self.clone();
        self.split_by_cycle(move |query, span, out| {
            let start = out.len();
            for hap in inner.collect(query, span) {
                let same = |other: &&mut Hap| other.whole == hap.whole && other.part == hap.part;
                match out.iter_mut().skip(start).find(same) {
                    Some(Hap { value: Value::List(list), .. }) => Arc::make_mut(list).push(hap.value),
                    _ => out.push(Hap { value: Value::list(vec![hap.value]), ..hap }),
                }
            }
        })
    }

    fn split_by_cycle(&self, node: impl Fn(&Query<'_>, Span, &mut Vec<Hap>) + Send + Sync + 'static) -> Self {
        self.split(node)
    }
}

fn push_combined(
    query: &Query<'_>,
    whole: Option<Span>,
    part: Span,
    sources: crate::span::Sources,
    value: Result<Option<Value>, Fault>,
    out: &mut Vec<Hap>,
) {
    match value {
        Ok(Some(value)) => out.push(Hap { whole, part, value, sources }),
        Ok(None) => {}
        Err(fault) => query.fail(fault),
    }
}

fn replace(query: &Query<'_>, hap: &mut Hap, value: Result<Option<Value>, Fault>) -> bool {
    match value {
        Ok(Some(value)) => {
            hap.value = value;
            true
        }
        Ok(None) => false,
        Err(fault) => {
            query.fail(fault);
            false
        }
    }
}

/// Removes the events from `start` on that `keep` says no to, in order.
pub(crate) fn retain_from(out: &mut Vec<Hap>, start: usize, mut keep: impl FnMut(&mut Hap) -> bool) {
    let mut kept = start;
    for at in start..out.len() {
        if out.get_mut(at).is_some_and(&mut keep) {
            if kept != at {
                out.swap(kept, at);
            }
            kept += 1;
        }
    }
    out.truncate(kept);
}

/// Cuts the events from `start` on where `extent` crosses a cycle: a constant speaks anew in each.
fn split_at_cycles(out: &mut Vec<Hap>, start: usize, extent: impl Fn(&Hap) -> Span) {
    if out.iter().skip(start).all(|hap| extent(hap).within_cycle()) {
        return;
    }
    let haps: Vec<Hap> = out.drain(start..).collect();
    for hap in haps {
        let mut rest = Some(hap.part);
        while let Some(span) = rest {
            let (part, after) = span.split_first();
            out.push(Hap { part, ..hap.clone() });
            rest = after;
        }
    }
}

fn call(function: &Value, value: &Value) -> Result<Option<Value>, Fault> {
    match function {
        Value::Function(function) => function.call(std::slice::from_ref(value)).map(Some),
        _ => Err(Fault::value("this pattern has no functions to call")),
    }
}
