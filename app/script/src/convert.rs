//! Between user code's values and patterns' values.

use std::sync::Arc;

use audio_pattern::{Call, Controls, Fault, Hap, Name, Pattern, Ratio, Value};

use crate::code::At;
use crate::error::{Error, Result};
use crate::eval::Eval;
use crate::js::{Arena, Js, Runtime};

/// How deep lists in lists are read.
const MAX_DEPTH: u32 = 12;

/// A function of user code as patterns hold it. It brings its own evaluator and shares the
/// program's budget; what it makes lives until its result is read.
pub(crate) struct Handle {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) function: Js,
    pub(crate) at: At,
}

impl Handle {
    /// Calls with values and gives the result as a value.
    fn call_values(&self, arguments: &[Value]) -> Result<Value> {
        let arena = Arc::new(Arena::default());
        let eval = Eval::new(self.runtime.clone(), arena.clone());
        let arguments = arguments.iter().map(|value| eval.js(value)).collect();
        let result = eval.call(&self.function, arguments, self.at)?;
        let value = eval.value(&result, self.at)?;
        Ok(match value {
            // Functions inside the pattern may need what the call made.
            Value::Pattern(pattern) if arena.has_functions() => Value::pattern(pattern.keeping(arena)),
            Value::Function(function) => {
                Value::Function(audio_pattern::Function::new(Kept { function, _made: arena }))
            }
            value => value,
        })
    }

    fn call_js(&self, arguments: impl FnOnce(&Eval) -> Vec<Js>) -> Result<Js> {
        let arena = Arc::new(Arena::default());
        let eval = Eval::new(self.runtime.clone(), arena);
        let arguments = arguments(&eval);
        eval.call(&self.function, arguments, self.at)
    }

    /// Calls with patterns and gives a pattern; an error becomes a pattern that faults.
    pub(crate) fn transform(&self, arguments: Vec<Js>) -> Pattern {
        let arena = Arc::new(Arena::default());
        let eval = Eval::new(self.runtime.clone(), arena.clone());
        let result =
            eval.call(&self.function, arguments, self.at).and_then(|result| eval.reify(&result, self.at));
        match result {
            Ok(pattern) if arena.has_functions() => pattern.keeping(arena),
            Ok(pattern) => pattern,
            Err(error) => {
                let fault = error.clone().into_fault(&self.runtime.code.source);
                self.runtime.said.with(|said| said.failed.get_or_insert(error).at);
                Pattern::fault(fault)
            }
        }
    }

    /// Calls with an event as an object and reads the answer as yes or no.
    pub(crate) fn test_hap(&self, hap: &Hap) -> std::result::Result<bool, Fault> {
        self.call_js(|eval| vec![eval.js_hap(hap)])
            .map(|result| result.truthy())
            .map_err(|error| error.into_fault(&self.runtime.code.source))
    }
}

/// A function that a call gave, and what the call made: it may say more than its own arguments.
struct Kept {
    function: audio_pattern::Function,
    _made: Arc<Arena>,
}

impl Call for Kept {
    fn call(&self, arguments: &[Value]) -> std::result::Result<Value, Fault> {
        self.function.call(arguments)
    }
}

impl Call for Handle {
    fn call(&self, arguments: &[Value]) -> std::result::Result<Value, Fault> {
        self.call_values(arguments).map_err(|error| error.into_fault(&self.runtime.code.source))
    }
}

impl Eval {
    /// A pattern's value as user code sees it.
    pub(crate) fn js(&self, value: &Value) -> Js {
        match value {
            Value::Nothing => Js::Undefined,
            Value::Bool(b) => Js::Bool(*b),
            Value::Number(x) => Js::Number(*x),
            Value::Text(text) => Js::Text(text.clone()),
            Value::List(items) => self.arena.list(items.iter().map(|item| self.js(item)).collect()),
            Value::Controls(controls) => self.arena.object(
                controls.iter().map(|(name, value)| (Arc::from(name.as_str()), self.js(value))).collect(),
            ),
            Value::Pattern(pattern) => Js::Pattern((**pattern).clone()),
            Value::Function(_) => Js::Undefined,
        }
    }

    pub(crate) fn js_hap(&self, hap: &Hap) -> Js {
        let time = |t: Ratio| Js::Number(t.to_f64());
        let span = |span: audio_pattern::Span| {
            self.arena.object(vec![
                (Arc::from("begin"), time(span.begin)),
                (Arc::from("end"), time(span.end)),
                (Arc::from("duration"), time(span.length())),
            ])
        };
        self.arena.object(vec![
            (Arc::from("value"), self.js(&hap.value)),
            (Arc::from("whole"), hap.whole.map_or(Js::Undefined, span)),
            (Arc::from("part"), span(hap.part)),
            (Arc::from("duration"), time(hap.duration())),
        ])
    }

    /// A value of user code as a pattern's value.
    pub(crate) fn value(&self, js: &Js, at: At) -> Result<Value> {
        self.value_within(js, at, MAX_DEPTH)
    }

    fn value_within(&self, js: &Js, at: At, depth: u32) -> Result<Value> {
        if depth == 0 {
            return Err(Error::new(format!("lists nest deeper than {MAX_DEPTH} levels"), at));
        }
        Ok(match js {
            Js::Undefined | Js::Null => Value::Nothing,
            Js::Bool(b) => Value::Bool(*b),
            Js::Number(x) => Value::Number(*x),
            Js::Text(text) => Value::Text(text.clone()),
            Js::List(items) => {
                let items = items.get();
                self.runtime.spend_steps(items.len(), at)?;
                Value::list(
                    items.iter().map(|item| self.value_within(item, at, depth - 1)).collect::<Result<_>>()?,
                )
            }
            Js::Object(entries) => {
                let mut controls = Controls::new();
                for (name, value) in entries.get() {
                    self.runtime.step(at)?;
                    // A constant pattern in an object is the value it says.
                    let value = match &value {
                        Js::Pattern(pattern) => {
                            pattern.constant().cloned().unwrap_or_else(|| Value::pattern(pattern.clone()))
                        }
                        value => self.value_within(value, at, depth - 1)?,
                    };
                    controls.set(Name::new(&name), value);
                }
                Value::Controls(controls)
            }
            Js::Pattern(pattern) => Value::pattern(pattern.clone()),
            Js::Function(_) => Value::Function(audio_pattern::Function::new(self.handle(js, at))),
            Js::Light(light) => match &light.pattern {
                Some(pattern) => Value::pattern(pattern.clone()),
                None => return Err(Error::new("a chain is light: it has no place in a pattern", at)),
            },
            Js::Texture(_) | Js::Steps(_) | Js::Live(_) => {
                return Err(Error::new(format!("{} of light has no place in a pattern", js.kind()), at));
            }
        })
    }

    /// A value as a pattern: patterns are themselves, anything else says itself once a cycle.
    pub(crate) fn reify(&self, js: &Js, at: At) -> Result<Pattern> {
        match js {
            Js::Pattern(pattern) => Ok(pattern.clone()),
            Js::Light(light) if light.pattern.is_some() => {
                Ok(light.pattern.clone().unwrap_or_else(Pattern::silence))
            }
            Js::Undefined | Js::Null => Ok(Pattern::silence()),
            js => Ok(Pattern::pure(self.value(js, at)?)),
        }
    }

    /// A value as an element of a sequence: lists are sequences themselves.
    pub(crate) fn sequence(&self, js: &Js, at: At) -> Result<Pattern> {
        self.sequence_within(js, at, MAX_DEPTH)
    }

    fn sequence_within(&self, js: &Js, at: At, depth: u32) -> Result<Pattern> {
        match js {
            Js::List(_) if depth == 0 => {
                Err(Error::new(format!("lists nest deeper than {MAX_DEPTH} levels"), at))
            }
            Js::List(items) => {
                let items = items.get();
                self.check_count(items.len(), at)?;
                let parts = items
                    .iter()
                    .map(|item| self.sequence_within(item, at, depth - 1))
                    .collect::<Result<_>>()?;
                Ok(Pattern::fastcat(parts))
            }
            js => self.reify(js, at),
        }
    }

    pub(crate) fn check_count(&self, count: usize, at: At) -> Result<()> {
        self.runtime.spend_steps(count, at)?;
        if count > audio_pattern::MAX_SEQUENCE {
            let limit = audio_pattern::MAX_SEQUENCE;
            return Err(Error::new(format!("a sequence has more than {limit} elements"), at));
        }
        Ok(())
    }

    /// A function as patterns hold it.
    pub(crate) fn handle(&self, function: &Js, at: At) -> Handle {
        Handle { runtime: self.runtime.clone(), function: function.clone(), at }
    }
}
