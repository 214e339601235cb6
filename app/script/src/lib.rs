//! User code: JavaScript as live coders write it, made into patterns and pictures.
//!
//! The code is parsed by a real parser, lowered to a small tree and walked by our own evaluator. It
//! can say what patterns play and what chains paint and nothing else: there is no host to reach, and every evaluation and
//! every query has a budget of steps, memory and depth. Texts in double quotes and backticks are
//! mini-notation.
//!
//! Sound, time and the screen are others' concern: a [`Program`] is data.
//!
//! ```
//! use app_script::{Settings, evaluate};
//! let program = evaluate(r#"note("c e g").s("saw").every(2, x => x.rev())"#, &Settings::default()).unwrap();
//! assert_eq!(program.query(audio_pattern::Span::cycles(0, 1)).unwrap().len(), 3);
//! ```

mod builtin;
mod code;
mod convert;
mod error;
mod eval;
mod guard;
mod js;
mod json;
mod light;
mod lower;
mod program;
mod reference;

pub use error::ScriptError;
pub use json::haps_json;
pub use program::{Part, Program, Settings, evaluate};
pub use reference::{Entry, reference, reference_page};
