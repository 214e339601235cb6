//! Patterns: what a live coder writes, as functions from time to events.
//!
//! A [`Pattern`] is asked for a [`Span`] of exact rational time and answers with [`Hap`]s. Patterns
//! are made from mini-notation ([`mini`]), from signals and chance, and from each other by the pattern
//! algebra that is [`Pattern`]'s methods. The same question always gets the same answer: there is no
//! clock, no hidden state and no real randomness here, and every question has a budget of work.
//!
//! What a value means as sound is `audio-engine`'s concern, user code is `app-script`'s.
//!
//! ```
//! use audio_pattern::{mini, Span};
//! let pattern = mini("bd [sd sd]").unwrap();
//! let haps = pattern.query(Span::cycles(0, 1)).unwrap();
//! assert_eq!(haps.len(), 3);
//! ```

mod apply;
mod build;
mod cond;
mod controls;
mod euclid;
mod join;
mod mini;
mod op;
mod pattern;
mod query;
mod random;
mod ratio;
mod sample;
mod signal;
mod span;
mod step;
mod time;
mod tonal;
mod value;

pub use apply::Alignment;
pub use build::MAX_SEQUENCE;
pub use cond::Choices;
pub use controls::{CONTROLS, ControlSpec, Controls, Name};
pub use euclid::{bits, bjorklund};
pub use join::Join;
pub use mini::{MiniError, mini, mini_at};
pub use op::Op;
pub use pattern::Pattern;
pub use query::{DEFAULT_CPS, Fault, Generator, NoSignals, Signals, State};
pub use ratio::Ratio;
pub use span::{Hap, SourceSpan, Sources, Span};
pub use tonal::{ChordBook, note_name, note_to_midi};
pub use value::{Call, Function, Value};
