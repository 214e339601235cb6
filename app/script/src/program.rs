//! Evaluating a program.

use std::sync::Arc;

use audio_pattern::{Fault, Generator, Pattern, Span, State};
use renderer_scene::hydra::Sketch;

use crate::code::{At, Word};
use crate::error::{Error, Result, ScriptError};
use crate::eval::{Eval, Flow};
use crate::js::{Arena, Js, Runtime, Said, Scope};
use crate::lower::lower;

/// What an evaluation starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The tempo where the code sets none, in cycles per second.
    pub cps: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cps: audio_pattern::DEFAULT_CPS }
    }
}

/// A named part of a program: `drums: s("bd*4")`.
#[derive(Clone, Debug)]
pub struct Part {
    /// The name; `$` parts are numbered `$0`, `$1`, ….
    pub name: String,
    /// What it plays; silence where it is muted (`_drums:`).
    pub pattern: Pattern,
    /// Whether it is muted.
    pub muted: bool,
    /// The bytes of the source it was written in.
    pub span: (u32, u32),
}

/// What user code says.
#[derive(Clone, Debug)]
pub struct Program {
    /// Everything that plays.
    pub pattern: Pattern,
    /// The tempo, in cycles per second.
    pub cps: f64,
    /// Whether the code set the tempo itself.
    pub sets_tempo: bool,
    /// The named parts, in the order written.
    pub parts: Vec<Part>,
    /// What it paints, if it paints anything.
    pub sketch: Option<Sketch>,
    /// What does not stop the program but should be known, with places.
    pub problems: Vec<ScriptError>,
}

/// Evaluates user code. It cannot reach anything outside itself, and ends within its budget of
/// steps, memory and depth.
///
/// # Errors
/// [`ScriptError`] with the first thing that is wrong: the program as a whole is refused, so that
/// the last good one plays on.
pub fn evaluate(source: &str, settings: &Settings) -> std::result::Result<Program, ScriptError> {
    run(source, settings).map_err(|error| ScriptError::new(source, error))
}

fn run(source: &str, settings: &Settings) -> Result<Program> {
    let code = Arc::new(lower(source)?);
    let runtime = Arc::new(Runtime::new(code.clone()));
    let arena = Arc::new(Arena::default());
    let eval = Eval::new(runtime.clone(), arena.clone());
    let scope: Arc<Scope> = arena.scope(None);
    let end = (source.len() as u32, source.len() as u32);
    let last = match eval.block(&code.body, &scope)? {
        Flow::Next(value) | Flow::Return(value) => value,
        Flow::Break | Flow::Continue => Js::Undefined,
    };
    let said = runtime.said.get();
    let last = eval.as_pattern(&last, end)?;
    let sketch = said.lights.sketch(&scope);
    let mut parts = parts(&said);
    if parts.is_empty()
        && let Some(pattern) = last
    {
        parts.push(Part { name: String::new(), pattern, muted: false, span: (0, end.0) });
    }
    for function in &said.each {
        for part in parts.iter_mut().filter(|part| !part.muted) {
            part.pattern = eval.change(function, end)?(part.pattern.clone());
        }
    }
    let mut pattern =
        Pattern::stack(parts.iter().filter(|part| !part.muted).map(|part| part.pattern.clone()).collect());
    if parts.is_empty() {
        pattern = Pattern::silence();
    }
    for function in &said.all {
        pattern = eval.change(function, end)?(pattern);
    }
    eval.passed(end)?;
    if said.generator != Generator::default() {
        pattern = pattern.with_generator(said.generator);
    }
    runtime.refill();
    let pattern = pattern.keeping(arena).metered(move || runtime.refill());
    let mut problems = said.problems;
    if let Some(at) = said.lights.lost().filter(|_| parts.is_empty()) {
        problems.push(Error::new("this chain goes nowhere", at).hint("end it with .out()"));
    }
    let problems = problems.into_iter().map(|problem| ScriptError::new(source, problem)).collect();
    Ok(Program {
        pattern,
        cps: said.cps.unwrap_or(settings.cps),
        sets_tempo: said.cps.is_some(),
        parts,
        sketch,
        problems,
    })
}

fn parts(said: &Said) -> Vec<Part> {
    let muted = |name: &str| name.starts_with('_') || name.ends_with('_');
    let solo = |name: &str| name.len() > 1 && name.starts_with('S');
    let any_solo = said.labels.iter().any(|(name, ..)| solo(name) && !muted(name));
    said.labels
        .iter()
        .map(|(name, pattern, span)| Part {
            name: name.to_string(),
            pattern: pattern.clone(),
            muted: muted(name) || (any_solo && !solo(name)),
            span: *span,
        })
        .collect()
}

impl Said {
    /// Notes a part; one named `$` gets a number, any other replaces the last of its name.
    pub(crate) fn label(&mut self, name: &Word, pattern: Pattern, at: At) {
        let name = if name.contains('$') {
            Word::from(format!("{name}{}", self.labels.len()))
        } else {
            name.clone()
        };
        match self.labels.iter_mut().find(|(known, ..)| *known == name) {
            Some(entry) => *entry = (name, pattern, at),
            None => self.labels.push((name, pattern, at)),
        }
    }
}

impl Program {
    /// Returns the events of `span` at the program's tempo.
    ///
    /// # Errors
    /// Any [`Fault`]: the caller keeps the last good program playing.
    pub fn query(&self, span: Span) -> std::result::Result<Vec<audio_pattern::Hap>, Fault> {
        self.pattern.query_with(span, &State { cps: self.cps, ..State::default() })
    }
}

/// Makes sure that an evaluation error is as small as it looks.
const _: () = assert!(std::mem::size_of::<Error>() < 128);
