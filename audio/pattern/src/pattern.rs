//! The pattern: a function from a span of time to events.

use std::cell::Cell;
use std::sync::Arc;

use crate::query::{Meter, Query};
use crate::span::{Hap, SourceSpan, Sources, Span};
use crate::{Fault, Ratio, State, Value};

/// How deep patterns may nest. A query uses up to 4 KB of stack for each level, and threads may have
/// as little as 2 MB.
const MAX_DEPTH: u16 = 220;

/// How deep one question may run: joins make patterns while they are asked.
const MAX_NESTING: u16 = 256;

/// Work a look at the first cycle may take while patterns are built.
const GLANCE_WORK: u64 = 2_000;

thread_local! {
    /// Patterns this thread has made: what functions inside a pattern cost while it is asked.
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// Returns how many patterns this thread has made so far.
pub(crate) fn patterns_made() -> u64 {
    MADE.get()
}

/// A pattern of events in time. Cheap to clone, and the same question always gets the same answer.
#[derive(Clone)]
pub struct Pattern {
    node: Arc<dyn Node>,
    /// How many steps one cycle has, where that is known: what stepwise functions count.
    steps: Option<Ratio>,
    depth: u16,
}

/// What answers a question. Pushes events onto `out`, and touches nothing before them.
pub(crate) trait Node: Send + Sync {
    fn query(&self, query: &Query<'_>, span: Span, out: &mut Vec<Hap>);

    /// The one value of a pattern that says the same in every cycle.
    fn constant(&self) -> Option<(&Value, &Sources)> {
        None
    }

    /// Whether it never says anything.
    fn silent(&self) -> bool {
        false
    }
}

impl<F: Fn(&Query<'_>, Span, &mut Vec<Hap>) + Send + Sync> Node for F {
    fn query(&self, query: &Query<'_>, span: Span, out: &mut Vec<Hap>) {
        self(query, span, out);
    }
}

struct Pure {
    value: Value,
    sources: Sources,
}

impl Node for Pure {
    fn query(&self, query: &Query<'_>, span: Span, out: &mut Vec<Hap>) {
        let mut rest = Some(span);
        while let Some(span) = rest {
            if !query.spend_event() {
                return;
            }
            let (part, after) = span.split_first();
            let begin = part.begin.floor();
            let whole = Span::new(begin, begin + Ratio::ONE);
            out.push(Hap { whole: Some(whole), part, value: self.value.clone(), sources: self.sources });
            rest = after;
        }
    }

    fn constant(&self) -> Option<(&Value, &Sources)> {
        Some((&self.value, &self.sources))
    }
}

struct Silence;

impl Node for Silence {
    fn query(&self, _query: &Query<'_>, _span: Span, _out: &mut Vec<Hap>) {}

    fn silent(&self) -> bool {
        true
    }
}

impl Pattern {
    /// Returns the pattern that says `value` once a cycle.
    #[must_use]
    pub fn pure(value: impl Into<Value>) -> Self {
        Self::pure_with(value.into(), Sources::default())
    }

    /// Returns the pattern that says `value` once a cycle, written at `source`.
    #[must_use]
    pub fn pure_at(value: Value, source: SourceSpan) -> Self {
        Self::pure_with(value, Sources::one(source))
    }

    pub(crate) fn pure_with(value: Value, sources: Sources) -> Self {
        Self { node: Arc::new(Pure { value, sources }), steps: Some(Ratio::ONE), depth: 0 }.checked()
    }

    /// Returns the pattern without events, one step long.
    #[must_use]
    pub fn silence() -> Self {
        Self { node: Arc::new(Silence), steps: Some(Ratio::ONE), depth: 0 }
    }

    /// Returns the pattern without events, `steps` steps long.
    #[must_use]
    pub fn gap(steps: Ratio) -> Self {
        Self::silence().with_steps(Some(steps))
    }

    /// Returns a pattern whose every question fails with `fault`.
    #[must_use]
    pub fn fault(fault: Fault) -> Self {
        Self::from_fn(0, None, move |query, _, _| query.fail(fault.clone()))
    }

    /// Returns a pattern that answers with `node` and nests `depth` levels.
    pub(crate) fn from_fn(
        depth: u16,
        steps: Option<Ratio>,
        node: impl Fn(&Query<'_>, Span, &mut Vec<Hap>) + Send + Sync + 'static,
    ) -> Self {
        Self { node: Arc::new(node), steps, depth }.checked()
    }

    /// Returns a pattern made of this one, with the same steps.
    pub(crate) fn derive(
        &self,
        node: impl Fn(&Query<'_>, Span, &mut Vec<Hap>) + Send + Sync + 'static,
    ) -> Self {
        Self::from_fn(self.depth + 1, self.steps, node)
    }

    fn checked(self) -> Self {
        MADE.set(MADE.get() + 1);
        if self.depth <= MAX_DEPTH {
            return self;
        }
        Self::fault(Fault::TooDeep { limit: MAX_DEPTH })
    }

    /// Returns how deep the deepest of `patterns` is, plus one.
    pub(crate) fn depth_over<'a>(patterns: impl IntoIterator<Item = &'a Self>) -> u16 {
        patterns.into_iter().map(|pattern| pattern.depth).max().unwrap_or(0) + 1
    }

    /// Returns the number of steps in a cycle; `None` where it is not known.
    #[must_use]
    pub const fn steps(&self) -> Option<Ratio> {
        self.steps
    }

    /// Returns the same pattern counted as `steps` steps a cycle.
    #[must_use]
    pub fn with_steps(mut self, steps: Option<Ratio>) -> Self {
        self.steps = steps.filter(|steps| !steps.is_zero() && !steps.is_negative());
        self
    }

    /// Returns the value of a pattern that says one thing once a cycle.
    #[must_use]
    pub fn constant(&self) -> Option<&Value> {
        self.node.constant().map(|(value, _)| value)
    }

    pub(crate) fn constant_with_sources(&self) -> Option<(&Value, &Sources)> {
        self.node.constant()
    }

    /// Returns whether this pattern is known never to say anything.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        self.node.silent()
    }

    /// Returns the events of `span`, in no particular order.
    ///
    /// # Errors
    /// [`Fault::OverBudget`] where the pattern asks too much work, [`Fault::TooDeep`] where it
    /// nests too deep, [`Fault::Value`] and [`Fault::Script`] where a function inside fails.
    pub fn query(&self, span: Span) -> Result<Vec<Hap>, Fault> {
        self.query_with(span, &State::default())
    }

    /// Returns the events of `span` under `state`.
    ///
    /// # Errors
    /// As [`Pattern::query`].
    pub fn query_with(&self, span: Span, state: &State<'_>) -> Result<Vec<Hap>, Fault> {
        let meter = Meter::for_cycles(span.length().to_f64());
        let mut out = Vec::new();
        self.ask(&Query { state: *state, meter: &meter }, span, &mut out);
        match meter.fault() {
            Some(fault) => Err(fault),
            None => Ok(out),
        }
    }

    /// Returns the events of the first cycles for little work; none where that is not enough.
    pub(crate) fn glance(&self, cycles: i64) -> Vec<Hap> {
        let meter = Meter::with_work(GLANCE_WORK);
        let haps = self.collect(&Query { state: State::default(), meter: &meter }, Span::cycles(0, cycles));
        if meter.fault().is_some() { Vec::new() } else { haps }
    }

    /// Returns what the pattern says first, for arguments that are names; nothing where that takes
    /// much work.
    #[must_use]
    pub fn first_value(&self) -> Value {
        self.glance(1).into_iter().next().map(|hap| hap.value).unwrap_or_default()
    }

    /// Pushes the events of `span` onto `out`.
    pub(crate) fn ask(&self, query: &Query<'_>, span: Span, out: &mut Vec<Hap>) {
        if query.spend(1) && query.enter(MAX_NESTING) {
            let start = out.len();
            self.node.query(query, span, out);
            query.leave();
            // Every level handles every event that passes through it.
            query.spend(out.len().saturating_sub(start) as u64);
        }
    }

    /// Returns the events of `span` in a list of their own.
    pub(crate) fn collect(&self, query: &Query<'_>, span: Span) -> Vec<Hap> {
        let mut haps = Vec::new();
        self.ask(query, span, &mut haps);
        haps
    }

    /// Returns this pattern under a changed state.
    pub(crate) fn with_state(&self, change: impl Fn(&mut State<'_>) + Send + Sync + 'static) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let mut query = *query;
            change(&mut query.state);
            inner.ask(&query, span, out);
        })
    }

    /// Returns this pattern drawing from another generator of random numbers.
    #[must_use]
    pub fn with_generator(&self, generator: crate::Generator) -> Self {
        self.with_state(move |state| state.generator = generator)
    }

    /// Returns this pattern holding on to `guard` for as long as it lives.
    #[must_use]
    pub fn keeping(&self, guard: Arc<dyn Send + Sync>) -> Self {
        struct Keeping(Pattern, #[expect(dead_code, reason = "held for its drop")] Arc<dyn Send + Sync>);
        impl Node for Keeping {
            fn query(&self, query: &Query<'_>, span: Span, out: &mut Vec<Hap>) {
                self.0.ask(query, span, out);
            }
        }
        Self { node: Arc::new(Keeping(self.clone(), guard)), steps: self.steps, depth: self.depth + 1 }
            .checked()
    }

    /// Returns this pattern with `before` called at the start of every question: where a program
    /// refills the budget of its functions.
    #[must_use]
    pub fn metered(&self, before: impl Fn() + Send + Sync + 'static) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            before();
            inner.ask(query, span, out);
        })
    }

    /// Returns a pattern that asks this one cycle by cycle.
    pub(crate) fn split(
        &self,
        node: impl Fn(&Query<'_>, Span, &mut Vec<Hap>) + Send + Sync + 'static,
    ) -> Self {
        self.derive(move |query, span, out| each_cycle(query, span, |part| node(query, part, out)))
    }
}

/// Calls `visit` with each part of `span` that lies within one cycle, while there is work left.
pub(crate) fn each_cycle(query: &Query<'_>, span: Span, mut visit: impl FnMut(Span)) {
    let mut rest = Some(span);
    while let Some(span) = rest {
        if !query.spend(1) {
            return;
        }
        let (part, after) = span.split_first();
        visit(part);
        rest = after;
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pattern")
            .field("steps", &self.steps)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl Default for Pattern {
    fn default() -> Self {
        Self::silence()
    }
}
