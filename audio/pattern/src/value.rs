//! What an event can say.

use std::fmt;
use std::sync::Arc;

use crate::{Controls, Fault, Pattern};

/// A value of an event. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing: JavaScript's `undefined`.
    #[default]
    Nothing,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A word: a sample's name, a note, a scale.
    Text(Arc<str>),
    /// Several values, such as `bd:3`.
    List(Arc<Vec<Value>>),
    /// Named controls: `{note, s, gain, …}`.
    Controls(Controls),
    /// A pattern, on its way to be joined.
    Pattern(Arc<Pattern>),
    /// A function of user code.
    Function(Function),
}

/// A function among values, called at query time.
#[derive(Clone)]
pub struct Function(Arc<dyn Call>);

/// What can be called with values. The implementer keeps its own budget and gives a fault when
/// it is spent; calls come from any thread and must be deterministic.
pub trait Call: Send + Sync {
    /// Calls with `arguments`.
    ///
    /// # Errors
    /// Any [`Fault`]: it ends the query.
    fn call(&self, arguments: &[Value]) -> Result<Value, Fault>;
}

impl Function {
    /// Wraps something callable.
    #[must_use]
    pub fn new(call: impl Call + 'static) -> Self {
        Self(Arc::new(call))
    }

    /// Calls it.
    ///
    /// # Errors
    /// Whatever the function fails with.
    pub fn call(&self, arguments: &[Value]) -> Result<Value, Fault> {
        self.0.call(arguments)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("function")
    }
}

impl Value {
    /// Returns the word `text`.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// Returns `pattern` as a value.
    #[must_use]
    pub fn pattern(pattern: Pattern) -> Self {
        Self::Pattern(Arc::new(pattern))
    }

    /// Returns the list of `items`.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Arc::new(items))
    }

    /// Returns the number, if this is one.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(x) => Some(*x),
            Self::Bool(b) => Some(f64::from(u8::from(*b))),
            _ => None,
        }
    }

    /// Returns the word, if this is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns whether JavaScript would take it for true.
    #[must_use]
    pub fn truthy(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Bool(b) => *b,
            Self::Number(x) => *x != 0.0 && !x.is_nan(),
            Self::Text(text) => !text.is_empty(),
            _ => true,
        }
    }

    /// Reads a number: a number as it is, a word as a decimal or a note name.
    ///
    /// # Errors
    /// [`Fault::Value`] for anything else.
    pub fn numeral(&self) -> Result<f64, Fault> {
        match self {
            Self::Number(x) => Ok(*x),
            Self::Bool(b) => Ok(f64::from(u8::from(*b))),
            Self::Text(text) => text
                .trim()
                .parse::<f64>()
                .ok()
                .or_else(|| crate::tonal::note_to_midi(text))
                .ok_or_else(|| Fault::value(format!("{text:?} is neither a number nor a note"))),
            other => Err(Fault::value(format!("{} is no number", other.kind()))),
        }
    }

    /// Returns the kind of value in a word, for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "a word",
            Self::List(_) => "a list",
            Self::Controls(_) => "a set of controls",
            Self::Pattern(_) => "a pattern",
            Self::Function(_) => "a function",
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Controls(a), Self::Controls(b)) => a == b,
            _ => false,
        }
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::Number(x)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<Controls> for Value {
    fn from(controls: Controls) -> Self {
        Self::Controls(controls)
    }
}
