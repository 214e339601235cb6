//! Asking a pattern: the state that travels with a question, and what can go wrong.

use std::cell::{Cell, RefCell};

use thiserror::Error;

/// Work units a query may spend before it is refused, whatever its length. One unit is one
/// pattern asked or one event passed on: about 50 ns, so that a refused query ends within 50 ms
/// and its events fit in 32 MB.
const BASE_WORK: u64 = 120_000;

/// Work units added for each cycle asked: ten times what a dense tune spends.
const WORK_PER_CYCLE: u64 = 30_000;

/// Work units one event costs where it is made: its memory counts, too.
const EVENT_WORK: u64 = 4;

/// The tempo assumed where none is said, in cycles per second.
pub const DEFAULT_CPS: f64 = 0.5;

/// Why a pattern gave no events.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The query would have taken too long or made too many events.
    #[error("the pattern makes too many events or asks too much work; make it slower or simpler")]
    OverBudget,
    /// Patterns were nested deeper than the limit.
    #[error("patterns are nested deeper than {limit} levels; build them from fewer calls")]
    TooDeep {
        /// The limit.
        limit: u16,
    },
    /// A value was not of the kind a function needs.
    #[error("{message}")]
    Value {
        /// What was wrong, in words.
        message: String,
    },
    /// User code failed while the pattern was asked.
    #[error("line {line}, column {column}: {message}")]
    Script {
        /// What was wrong, in words.
        message: String,
        /// The line, from 1.
        line: u32,
        /// The column, from 1.
        column: u32,
    },
}

impl Fault {
    /// Returns a [`Fault::Value`].
    #[must_use]
    pub fn value(message: impl Into<String>) -> Self {
        Self::Value { message: message.into() }
    }
}

/// Values from outside that patterns may read: what the analyser hears, knobs.
pub trait Signals: Sync {
    /// Returns the signal `name` at `cycle`; `None` where it is unknown.
    fn signal(&self, name: &str, cycle: f64) -> Option<f64>;
}

/// No signals at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSignals;

impl Signals for NoSignals {
    fn signal(&self, _name: &str, _cycle: f64) -> Option<f64> {
        None
    }
}

/// Which generator makes random numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generator {
    /// Repeats every 300 cycles; what everybody's patterns were written with.
    #[default]
    Legacy,
    /// Never repeats, finer.
    Precise,
}

/// What a question carries besides its time.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// The tempo, in cycles per second: `fit` and `loopAt` need it.
    pub cps: f64,
    /// The seed random numbers start from.
    pub seed: f64,
    /// The generator of random numbers.
    pub generator: Generator,
    /// Values from outside.
    pub signals: &'a dyn Signals,
}

impl Default for State<'_> {
    fn default() -> Self {
        Self { cps: DEFAULT_CPS, seed: 0.0, generator: Generator::default(), signals: &NoSignals }
    }
}

/// The work one question may spend, and the first fault met.
pub(crate) struct Meter {
    left: Cell<u64>,
    depth: Cell<u16>,
    fault: RefCell<Option<Fault>>,
}

impl Meter {
    pub(crate) fn for_cycles(cycles: f64) -> Self {
        let extra = (cycles.clamp(0.0, 100_000.0) as u64).saturating_mul(WORK_PER_CYCLE);
        Self::with_work(BASE_WORK + extra)
    }

    pub(crate) fn with_work(work: u64) -> Self {
        Self { left: Cell::new(work), depth: Cell::new(0), fault: RefCell::new(None) }
    }

    pub(crate) fn fault(self) -> Option<Fault> {
        self.fault.into_inner()
    }
}

/// A question on its way down a pattern.
#[derive(Clone, Copy)]
pub(crate) struct Query<'a> {
    pub(crate) state: State<'a>,
    pub(crate) meter: &'a Meter,
}

impl Query<'_> {
    /// Spends `units` of work; false once there is none left or something failed.
    pub(crate) fn spend(&self, units: u64) -> bool {
        match self.meter.left.get().checked_sub(units) {
            Some(left) => {
                self.meter.left.set(left);
                true
            }
            None => {
                self.fail(Fault::OverBudget);
                false
            }
        }
    }

    /// Spends the work of making one event.
    pub(crate) fn spend_event(&self) -> bool {
        self.spend(EVENT_WORK)
    }

    /// Goes one level down; false where that is too deep.
    pub(crate) fn enter(&self, limit: u16) -> bool {
        let depth = self.meter.depth.get();
        if depth >= limit {
            self.fail(Fault::TooDeep { limit });
            return false;
        }
        self.meter.depth.set(depth + 1);
        true
    }

    /// Comes back up.
    pub(crate) fn leave(&self) {
        self.meter.depth.set(self.meter.depth.get().saturating_sub(1));
    }

    /// Notes a fault; the first one counts, and no more work is done.
    pub(crate) fn fail(&self, fault: Fault) {
        self.meter.left.set(0);
        self.meter.fault.borrow_mut().get_or_insert(fault);
    }
}
