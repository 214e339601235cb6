//! What user code can call. One table feeds evaluation, completion and the reference.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use audio_pattern::{Alignment, CONTROLS, Choices, ControlSpec, Fault, Join, Op, Pattern, Value};

use crate::code::At;
use crate::error::{Error, Result};
use crate::eval::Eval;
use crate::js::{Callable, Js, Registered};

mod assemble;
mod change;
mod make;
mod objects;
mod outside;
pub(crate) mod own;
mod shape;

/// Steps a function of the table costs: some make hundreds of patterns.
const METHOD_STEPS: usize = 96;

/// Functions that count as many steps as before, whatever pattern their argument is.
const KEEP_STEPS: [&str; 4] = ["early", "late", "scale", "scaleTranspose"];

/// A change a function of user code makes to a pattern.
pub(crate) type Change = Arc<dyn Fn(Pattern) -> Pattern + Send + Sync>;

/// One function of the language.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) signature: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) kind: Kind,
}

/// How a function takes its arguments. Each can be called as a method of a pattern, or on its own
/// with the pattern last.
pub(crate) enum Kind {
    /// So many arguments, each of which may be a pattern.
    Values(usize, fn(&Pattern, &[Value]) -> std::result::Result<Pattern, Fault>),
    /// The same for functions that count steps: what changes within a cycle follows itself.
    Steps(usize, fn(&Pattern, &[Value]) -> std::result::Result<Pattern, Fault>),
    /// So many arguments, each of which may be a pattern, and then a function.
    Change(usize, fn(&Pattern, &[Value], &Change) -> std::result::Result<Pattern, Fault>),
    /// A control.
    Control(&'static ControlSpec),
    /// Arithmetic with another pattern.
    Operator(Op),
    /// A method that reads its arguments itself; it needs so many.
    Method(usize, fn(&Eval, &Pattern, &[Js], At) -> Result<Js>),
    /// A function on its own; as a method the pattern comes first.
    Free(fn(&Eval, &[Js], At) -> Result<Js>),
    /// Picks patterns from a list or an object; how they are joined, and whether indices wrap.
    Pick(Join, bool),
    /// A pattern.
    Constant(fn() -> Pattern),
}

const fn function(
    name: &'static str,
    aliases: &'static [&'static str],
    signature: &'static str,
    doc: &'static str,
    kind: Kind,
) -> Function {
    Function { name, aliases, signature, doc, kind }
}

static ALL: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let mut all: Vec<Function> = Vec::new();
    all.extend(
        CONTROLS
            .iter()
            .map(|spec| function(spec.name, spec.aliases, "(value)", spec.doc, Kind::Control(spec))),
    );
    all.extend(
        Op::ALL.iter().map(|(op, name, doc)| function(name, &[], "(pattern)", doc, Kind::Operator(*op))),
    );
    all.extend(shape::functions());
    all.extend(change::functions());
    all.extend(make::functions());
    all.extend(assemble::functions());
    all.extend(outside::functions());
    all.extend(own::functions());
    all
});

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for function in ALL.iter() {
        for name in std::iter::once(&function.name).chain(function.aliases) {
            names.insert(*name, function);
        }
    }
    names
});

/// Every function of the table.
pub(crate) fn all() -> &'static [Function] {
    &ALL
}

pub(crate) fn find(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// Every name user code can say.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let light = renderer_scene::hydra::FUNCTIONS.iter().map(|function| function.name);
    BY_NAME.keys().copied().chain(objects::GLOBALS.iter().copied()).chain(light)
}

/// A name on its own.
pub(crate) fn global(eval: &Eval, name: &str) -> Option<Js> {
    if let Some(light) = crate::light::global(eval, name) {
        return Some(light);
    }
    if let Some(found) = find(name) {
        return Some(match &found.kind {
            Kind::Constant(make) => Js::Pattern(make()),
            _ => eval.arena.function(Callable::Builtin(found)),
        });
    }
    let registered =
        eval.runtime.said.with(|said| said.registered.iter().find(|r| &*r.name == name).cloned());
    if let Some(registered) = registered {
        return Some(eval.arena.function(Callable::Registered(registered, None)));
    }
    objects::global(eval, name)
}

/// The key a control writes, by any of its names.
pub(crate) fn canonical(name: &str) -> &str {
    match find(name).map(|found| &found.kind) {
        Some(Kind::Control(spec)) => spec.keys.first().copied().unwrap_or(name),
        _ => name,
    }
}

/// Calls a function of the table on its own: the pattern is the last argument.
pub(crate) fn call(eval: &Eval, function: &'static Function, arguments: Vec<Js>, at: At) -> Result<Js> {
    let before = match &function.kind {
        Kind::Free(call) => {
            eval.runtime.spend_steps(METHOD_STEPS, at)?;
            return call(eval, &arguments, at);
        }
        Kind::Constant(make) => return Ok(Js::Pattern(make())),
        Kind::Control(spec) => {
            return match arguments.as_slice() {
                [] => Ok(eval.arena.function(Callable::Builtin(function))),
                [value] => Ok(Js::Pattern(eval.sequence(value, at)?.control(spec.keys))),
                // With a pattern last it is the method.
                [value, .., pattern] => {
                    let pattern = eval.reify(pattern, at)?;
                    method(eval, function, &pattern, std::slice::from_ref(value), at)
                }
            };
        }
        Kind::Values(count, _) | Kind::Steps(count, _) => *count,
        Kind::Change(count, _) => count + 1,
        Kind::Operator(_) | Kind::Pick(..) => 1,
        Kind::Method(count, _) => *count,
    };
    if arguments.len() <= before {
        return Ok(eval.arena.function(Callable::Partial(function, arguments, at)));
    }
    // Picking reads either way round: the list is what is picked from.
    if let (Kind::Pick(..), [pattern, list @ (Js::List(_) | Js::Object(_))]) =
        (&function.kind, arguments.as_slice())
    {
        let pattern = eval.sequence(pattern, at)?;
        return method(eval, function, &pattern, std::slice::from_ref(list), at);
    }
    match arguments.split_last() {
        Some((pattern, first)) => {
            let pattern = eval.sequence(pattern, at)?;
            method(eval, function, &pattern, first, at)
        }
        None => Ok(Js::Undefined),
    }
}

/// Calls the function called `name`.
pub(crate) fn call_by_name(eval: &Eval, name: &str, arguments: Vec<Js>, at: At) -> Result<Js> {
    match find(name) {
        Some(function) => call(eval, function, arguments, at),
        None => Err(Error::new(format!("{name} is not defined"), at)),
    }
}

/// Calls a function of the table as a method of `pattern`.
pub(crate) fn method(
    eval: &Eval,
    function: &'static Function,
    pattern: &Pattern,
    arguments: &[Js],
    at: At,
) -> Result<Js> {
    eval.runtime.spend_steps(METHOD_STEPS, at)?;
    let needs = |count: usize| {
        if arguments.len() >= count {
            return Ok(());
        }
        let (name, signature) = (function.name, function.signature);
        let plural = if count == 1 { "" } else { "s" };
        Err(Error::new(format!("{name} needs {count} argument{plural}, got {}", arguments.len()), at)
            .hint(format!("{name}{signature}")))
    };
    let values = |count: usize| -> Result<Vec<Pattern>> {
        arguments.iter().take(count).map(|argument| eval.reify(argument, at)).collect()
    };
    Ok(Js::Pattern(match &function.kind {
        Kind::Values(count, apply) => {
            needs(*count)?;
            let (steps, pattern, apply) = (pattern.steps(), pattern.clone(), *apply);
            let made = joined(eval, &values(*count)?, at, move |values| apply(&pattern, values))?;
            if KEEP_STEPS.contains(&function.name) { made.with_steps(steps) } else { made }
        }
        Kind::Steps(count, apply) => {
            needs(*count)?;
            let (pattern, apply) = (pattern.clone(), *apply);
            joined_by(Join::Step, &values(*count)?, at, move |values| apply(&pattern, values))?
        }
        Kind::Change(count, apply) => {
            needs(count + 1)?;
            let change = eval.change(arguments.get(*count).unwrap_or(&Js::Undefined), at)?;
            let (pattern, apply) = (pattern.clone(), *apply);
            let changed = joined(eval, &values(*count)?, at, move |values| apply(&pattern, values, &change))?;
            eval.passed(at)?;
            changed
        }
        Kind::Control(spec) => match arguments {
            [] => pattern.control(spec.keys),
            [value, ..] => {
                let other = eval.sequence(value, at)?.control(spec.keys);
                pattern.combine(Op::Set, Alignment::In, &other)
            }
        },
        Kind::Operator(op) => operate(eval, pattern, *op, None, arguments, at)?,
        Kind::Method(count, call) => {
            needs(*count)?;
            let result = call(eval, pattern, arguments, at)?;
            eval.passed(at)?;
            return Ok(result);
        }
        Kind::Free(call) => {
            let all: Vec<Js> =
                std::iter::once(Js::Pattern(pattern.clone())).chain(arguments.iter().cloned()).collect();
            return call(eval, &all, at);
        }
        Kind::Pick(join, wrap) => {
            needs(1)?;
            pattern
                .pick_with(eval.choices(arguments.first().unwrap_or(&Js::Undefined), at)?, *wrap)
                .join(*join)
        }
        Kind::Constant(make) => make(),
    }))
}

/// Applies a function to arguments that may be patterns; a fault at once is an error here.
pub(crate) fn joined(
    _eval: &Eval,
    arguments: &[Pattern],
    at: At,
    apply: impl Fn(&[Value]) -> std::result::Result<Pattern, Fault> + Send + Sync + 'static,
) -> Result<Pattern> {
    joined_by(Join::Inner, arguments, at, apply)
}

fn joined_by(
    join: Join,
    arguments: &[Pattern],
    at: At,
    apply: impl Fn(&[Value]) -> std::result::Result<Pattern, Fault> + Send + Sync + 'static,
) -> Result<Pattern> {
    let constants: Option<Vec<Value>> =
        arguments.iter().map(|argument| argument.constant().cloned()).collect();
    if let Some(values) = constants {
        return apply(&values).map_err(|fault| Error::new(fault.to_string(), at));
    }
    Ok(Pattern::with_arguments_joined(join, arguments, move |values| {
        apply(values).unwrap_or_else(Pattern::fault)
    }))
}

/// `pattern.op(other)` and its alignments.
pub(crate) fn operate(
    eval: &Eval,
    pattern: &Pattern,
    op: Op,
    alignment: Option<Alignment>,
    arguments: &[Js],
    at: At,
) -> Result<Pattern> {
    let others = arguments.iter().map(|argument| eval.sequence(argument, at)).collect::<Result<Vec<_>>>()?;
    let other = match others.as_slice() {
        [one] => one.clone(),
        [] => return Err(Error::new("this needs a pattern", at)),
        _ => Pattern::fastcat(others),
    };
    Ok(pattern.combine(op, alignment.unwrap_or(Alignment::In), &other))
}

/// Calls a function the user registered; its pattern comes last.
pub(crate) fn call_registered(
    eval: &Eval,
    registered: &Arc<Registered>,
    arguments: Vec<Js>,
    at: At,
) -> Result<Js> {
    if let Js::Function(callable) = &registered.function
        && let Callable::Control(keys) = &**callable
    {
        return own::set(eval, keys, &arguments, at);
    }
    let count = registered.arity.saturating_sub(1);
    if arguments.len() <= count {
        return Ok(eval.arena.function(Callable::Registered(registered.clone(), Some(arguments))));
    }
    let Some((pattern, first)) = arguments.split_last() else { return Ok(Js::Undefined) };
    let pattern = eval.reify(pattern, at)?;
    let has_function = first.iter().any(|argument| matches!(argument, Js::Function(_)));
    if count == 0 || has_function {
        return eval.call(&registered.function, arguments, at);
    }
    let patterns = first.iter().map(|argument| eval.reify(argument, at)).collect::<Result<Vec<_>>>()?;
    let handle = eval.handle(&registered.function, at);
    let result = joined(eval, &patterns, at, move |values| {
        let arguments: Vec<Value> = values.iter().cloned().chain([Value::pattern(pattern.clone())]).collect();
        match audio_pattern::Call::call(&handle, &arguments)? {
            Value::Pattern(pattern) => Ok((*pattern).clone()),
            value => Ok(Pattern::pure(value)),
        }
    })?;
    Ok(Js::Pattern(result))
}

impl Eval {
    /// A list or an object of patterns to pick from.
    fn choices(&self, from: &Js, at: At) -> Result<Choices> {
        // A list among the choices is one value.
        let choice = |js: &Js| self.reify(js, at).map(Arc::new);
        match from {
            Js::List(list) => {
                let items = list.get();
                self.check_count(items.len(), at)?;
                Ok(Choices::List(items.iter().map(choice).collect::<Result<_>>()?))
            }
            Js::Object(entries) => {
                let entries = entries.get();
                self.check_count(entries.len(), at)?;
                let keyed = entries.iter().map(|(key, value)| Ok((key.to_string(), choice(value)?)));
                Ok(Choices::Keyed(keyed.collect::<Result<_>>()?))
            }
            other => Err(Error::new(
                format!("expected a list or an object to pick from, got {}", other.kind()),
                at,
            )),
        }
    }

    /// A function argument as a change of patterns.
    pub(crate) fn change(&self, function: &Js, at: At) -> Result<Change> {
        match function {
            Js::Function(_) => {
                let handle = self.handle(function, at);
                Ok(Arc::new(move |pattern| handle.transform(vec![Js::Pattern(pattern)])))
            }
            other => Err(Error::new(format!("expected a function, got {}", other.kind()), at)
                .hint("write it as x => x.fast(2), or name one: rev")),
        }
    }

    /// Passes on the first error of a function that was called by the pattern algebra.
    pub(crate) fn passed(&self, _at: At) -> Result<()> {
        match self.runtime.said.with(|said| said.failed.take()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
