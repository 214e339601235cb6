//! The evaluator's values, and the arena that takes them apart at the end.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use audio_pattern::{Generator, Op, Pattern, Value};
use renderer_scene::hydra::Texture;
use renderer_scene::{Expr, Steps};

use crate::builtin::Function;
use crate::code::{At, Code, FunctionCode, Word};
use crate::error::{Error, Result};
use crate::light::{Light, Lights};

/// Steps of evaluation for one program, and again for what its functions do in one query: a step
/// is one expression or statement, about 50 ns.
pub(crate) const MAX_STEPS: i64 = 400_000;

/// Bytes of text, lists, objects and scopes one program may make.
pub(crate) const MAX_BYTES: i64 = 24 << 20;

/// How many elements and bytes of a list are shown as text, and how deep: lists may hold themselves.
const MAX_SHOWN: usize = 65_536;
const MAX_SHOWN_DEPTH: u32 = 8;

/// How deep calls may nest.
pub(crate) const MAX_CALLS: u32 = 48;

/// An object's names and values, in the order written.
pub(crate) type Entries = Vec<(Word, Js)>;

/// A value of user code.
#[derive(Clone, Default)]
pub(crate) enum Js {
    #[default]
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    List(Arc<Cell<Vec<Js>>>),
    Object(Arc<Cell<Entries>>),
    Pattern(Pattern),
    Function(Arc<Callable>),
    /// A chain of Hydra's.
    Light(Arc<Light>),
    /// An output or source of Hydra's.
    Texture(Texture),
    /// A list that steps in time.
    Steps(Arc<Steps>),
    /// A number of a chain that changes from frame to frame.
    Live(Arc<Expr>),
}

/// Something shared and changeable. The lock guards one short read or write, never a call.
#[derive(Default)]
pub(crate) struct Cell<T>(Mutex<T>);

impl<T: Default> Cell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Default + Clone> Cell<T> {
    pub(crate) fn get(&self) -> T {
        self.with(|value| value.clone())
    }
}

/// What can be called.
pub(crate) enum Callable {
    /// A function of the user's.
    Closure { code: Arc<FunctionCode>, scope: Arc<Scope> },
    /// A function of the table, on its own.
    Builtin(&'static Function),
    /// A function of the table that waits for its pattern.
    Partial(&'static Function, Vec<Js>, At),
    /// A function the user registered; waits for its pattern where it has arguments.
    Registered(Arc<Registered>, Option<Vec<Js>>),
    /// A control the user named, by the keys it writes.
    Control(Vec<Word>),
    /// `pattern.add`, to be called itself or by its `out`, `mix`, ….
    Operator(Pattern, Op),
    /// A method taken off its object.
    Method(Js, Word),
    /// A source of Hydra's.
    Light(&'static renderer_scene::hydra::Function),
    /// Another word of Hydra's.
    LightWord(Word),
}

/// A function made a method by `register`.
pub(crate) struct Registered {
    pub(crate) name: Word,
    pub(crate) function: Js,
    pub(crate) arity: usize,
}

/// The variables of one block or call.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) variables: Cell<Vec<Variable>>,
    pub(crate) parent: Option<Arc<Scope>>,
}

#[derive(Clone, Default)]
pub(crate) struct Variable {
    pub(crate) name: Word,
    pub(crate) value: Js,
    pub(crate) constant: bool,
}

impl Scope {
    pub(crate) fn get(&self, name: &str) -> Option<Js> {
        let mut scope = Some(self);
        while let Some(at) = scope {
            let found =
                at.variables.with(|all| all.iter().rev().find(|v| &*v.name == name).map(|v| v.value.clone()));
            if found.is_some() {
                return found;
            }
            scope = at.parent.as_deref();
        }
        None
    }

    pub(crate) fn declare(&self, name: &Word, value: Js, constant: bool) {
        self.variables.with(|all| match all.iter_mut().find(|variable| variable.name == *name) {
            Some(variable) => variable.value = value,
            None => all.push(Variable { name: name.clone(), value, constant }),
        });
    }

    /// Sets a variable; `Err(true)` for a constant, `Err(false)` where there is none.
    pub(crate) fn assign(&self, name: &str, value: &Js) -> std::result::Result<(), bool> {
        let mut scope = Some(self);
        while let Some(at) = scope {
            let done = at.variables.with(|all| {
                all.iter_mut().find(|v| &*v.name == name).map(|variable| {
                    if variable.constant {
                        return Err(true);
                    }
                    variable.value = value.clone();
                    Ok(())
                })
            });
            if let Some(done) = done {
                return done;
            }
            scope = at.parent.as_deref();
        }
        Err(false)
    }
}

/// Everything a program's evaluation makes that can point at itself. Dropping the arena empties
/// all of it first, so that neither a cycle nor a long chain outlives the program or overflows a
/// stack.
#[derive(Default)]
pub(crate) struct Arena {
    lists: Cell<Vec<Arc<Cell<Vec<Js>>>>>,
    objects: Cell<Vec<Arc<Cell<Entries>>>>,
    scopes: Cell<Vec<Arc<Scope>>>,
    functions: Cell<Vec<Arc<Callable>>>,
}

impl Drop for Arena {
    fn drop(&mut self) {
        // Each content is dropped while the arena still holds what it points at.
        let lists = self.lists.with(std::mem::take);
        let objects = self.objects.with(std::mem::take);
        let scopes = self.scopes.with(std::mem::take);
        let functions = self.functions.with(std::mem::take);
        for list in &lists {
            drop(list.with(std::mem::take));
        }
        for object in &objects {
            drop(object.with(std::mem::take));
        }
        for scope in &scopes {
            drop(scope.variables.with(std::mem::take));
        }
        drop(functions);
        // Youngest first: a scope's parent is older, so no drop runs down a chain.
        for scope in scopes.into_iter().rev() {
            drop(scope);
        }
    }
}

/// What all evaluation of one program shares: its code, its budget, what it said about itself.
pub(crate) struct Runtime {
    pub(crate) code: Arc<Code>,
    pub(crate) steps: AtomicI64,
    pub(crate) bytes: AtomicI64,
    pub(crate) calls: AtomicU32,
    pub(crate) said: Cell<Said>,
}

/// What a program said besides patterns.
#[derive(Clone, Default)]
pub(crate) struct Said {
    pub(crate) cps: Option<f64>,
    pub(crate) generator: Generator,
    pub(crate) labels: Vec<(Word, Pattern, At)>,
    pub(crate) all: Vec<Js>,
    pub(crate) each: Vec<Js>,
    pub(crate) registered: Vec<Arc<Registered>>,
    pub(crate) chords: Arc<audio_pattern::ChordBook>,
    pub(crate) problems: Vec<Error>,
    /// The first error inside a function that could not pass it on itself.
    pub(crate) failed: Option<Error>,
    pub(crate) random: u64,
    pub(crate) lights: Lights,
}

impl Said {
    /// Makes a function a method, in place of the one of that name.
    pub(crate) fn register(&mut self, registered: Arc<Registered>) {
        self.registered.retain(|known| known.name != registered.name);
        self.registered.push(registered);
    }
}

impl Runtime {
    pub(crate) fn new(code: Arc<Code>) -> Self {
        Self {
            code,
            steps: AtomicI64::new(MAX_STEPS),
            bytes: AtomicI64::new(MAX_BYTES),
            calls: AtomicU32::new(0),
            said: Cell::default(),
        }
    }

    pub(crate) fn refill(&self) {
        self.steps.store(MAX_STEPS, Ordering::Relaxed);
        self.bytes.store(MAX_BYTES, Ordering::Relaxed);
    }

    pub(crate) fn step(&self, at: At) -> Result<()> {
        self.spend_steps(1, at)
    }

    pub(crate) fn spend_steps(&self, n: usize, at: At) -> Result<()> {
        let n = i64::try_from(n).unwrap_or(i64::MAX / 4);
        if self.steps.fetch_sub(n, Ordering::Relaxed) >= n {
            return Ok(());
        }
        self.steps.store(0, Ordering::Relaxed);
        Err(Error::new(format!("the code takes more than {MAX_STEPS} steps"), at)
            .hint("is there an endless loop?"))
    }

    pub(crate) fn spend_bytes(&self, n: usize, at: At) -> Result<()> {
        let n = i64::try_from(n).unwrap_or(i64::MAX / 4);
        if self.bytes.fetch_sub(n, Ordering::Relaxed) >= n {
            return Ok(());
        }
        self.bytes.store(0, Ordering::Relaxed);
        Err(Error::new(format!("the code makes more than {} MB of text and lists", MAX_BYTES >> 20), at))
    }
}

impl Arena {
    pub(crate) fn list(&self, items: Vec<Js>) -> Js {
        let list = Arc::new(Cell::new(items));
        self.lists.with(|all| all.push(list.clone()));
        Js::List(list)
    }

    pub(crate) fn object(&self, entries: Entries) -> Js {
        let object = Arc::new(Cell::new(entries));
        self.objects.with(|all| all.push(object.clone()));
        Js::Object(object)
    }

    pub(crate) fn scope(&self, parent: Option<Arc<Scope>>) -> Arc<Scope> {
        let scope = Arc::new(Scope { variables: Cell::default(), parent });
        self.scopes.with(|all| all.push(scope.clone()));
        scope
    }

    /// Whether anything made here can be called later, and so needs what was made with it.
    pub(crate) fn has_functions(&self) -> bool {
        self.functions.with(|all| !all.is_empty())
    }

    pub(crate) fn function(&self, callable: Callable) -> Js {
        let function = Arc::new(callable);
        self.functions.with(|all| all.push(function.clone()));
        Js::Function(function)
    }
}

impl Js {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Pattern(_) => "a pattern",
            Self::Function(_) => "a function",
            Self::Light(_) => "a chain",
            Self::Texture(_) => "an output",
            Self::Steps(_) => "a list",
            Self::Live(_) => "a fader",
        }
    }

    pub(crate) fn truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(b) => *b,
            Self::Number(x) => *x != 0.0 && !x.is_nan(),
            Self::Text(text) => !text.is_empty(),
            _ => true,
        }
    }

    pub(crate) fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// The number JavaScript makes of it; a constant pattern is its value.
    pub(crate) fn number(&self) -> f64 {
        match self {
            Self::Undefined
            | Self::Object(_)
            | Self::Function(_)
            | Self::Light(_)
            | Self::Texture(_)
            | Self::Steps(_)
            | Self::Live(_) => f64::NAN,
            Self::Null => 0.0,
            Self::Bool(b) => f64::from(u8::from(*b)),
            Self::Number(x) => *x,
            Self::Text(text) => match text.trim() {
                "" => 0.0,
                text => text.parse().unwrap_or(f64::NAN),
            },
            Self::List(list) => list.with(|items| match items.as_slice() {
                [] => 0.0,
                [Self::Number(x)] => *x,
                _ => f64::NAN,
            }),
            Self::Pattern(pattern) => {
                pattern.constant().and_then(|value| value.numeral().ok()).unwrap_or(f64::NAN)
            }
        }
    }

    /// The text JavaScript makes of it; of a list no more than a limit.
    pub(crate) fn display(&self) -> String {
        let (mut text, mut left) = (String::new(), MAX_SHOWN);
        self.write(&mut text, &mut left, MAX_SHOWN_DEPTH);
        text
    }

    fn write(&self, out: &mut String, left: &mut usize, depth: u32) {
        match self {
            Self::Undefined => out.push_str("undefined"),
            Self::Null => out.push_str("null"),
            Self::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Self::Number(x) => out.push_str(&number_text(*x)),
            Self::Text(text) => {
                *left = left.saturating_sub(if depth < MAX_SHOWN_DEPTH { text.len() } else { 0 });
                out.push_str(text);
            }
            Self::List(list) if depth > 0 => {
                let items = list.with(|all| all.iter().take(*left).cloned().collect::<Vec<_>>());
                for (index, item) in items.iter().enumerate() {
                    if *left == 0 {
                        return;
                    }
                    *left -= 1;
                    if index > 0 {
                        out.push(',');
                    }
                    if !item.is_nullish() {
                        item.write(out, left, depth - 1);
                    }
                }
            }
            Self::List(_) => {}
            Self::Object(_) => out.push_str("[object Object]"),
            Self::Pattern(pattern) => match pattern.constant() {
                Some(value) => Self::from_plain(value).write(out, left, 0),
                None => out.push_str("[pattern]"),
            },
            Self::Function(_) => out.push_str("[function]"),
            Self::Light(_) | Self::Texture(_) | Self::Steps(_) | Self::Live(_) => out.push_str("[light]"),
        }
    }

    fn from_plain(value: &Value) -> Self {
        match value {
            Value::Number(x) => Self::Number(*x),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Bool(b) => Self::Bool(*b),
            _ => Self::Undefined,
        }
    }
}

/// A number as JavaScript writes it.
pub(crate) fn number_text(x: f64) -> String {
    if x.is_infinite() {
        return if x > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    if x == 0.0 {
        return "0".into();
    }
    let size = x.abs();
    if (1e-6..1e21).contains(&size) {
        x.to_string()
    } else {
        format!("{x:e}").replace('e', if size >= 1.0 { "e+" } else { "e" })
    }
}
