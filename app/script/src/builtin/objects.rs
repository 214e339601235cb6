//! Lists, objects, texts, numbers and `Math`: the part of JavaScript's own library live coders use.

use std::sync::Arc;

use audio_pattern::{Alignment, Op};

use crate::builtin;
use crate::code::{At, Word};
use crate::error::{Error, Result, nearest};
use crate::eval::Eval;
use crate::js::{Callable, Js, number_text};
use crate::light;

mod list;
mod text;

/// Names of JavaScript's own that user code can say.
pub(super) const GLOBALS: &[&str] = &[
    "Math",
    "Array",
    "Object",
    "Number",
    "String",
    "Boolean",
    "console",
    "parseInt",
    "parseFloat",
    "isNaN",
    "Infinity",
    "NaN",
    "globalThis",
];

const MATH: &[&str] = &[
    "abs", "acos", "asin", "atan", "atan2", "cbrt", "ceil", "cos", "exp", "floor", "hypot", "log", "log10",
    "log2", "max", "min", "pow", "random", "round", "sign", "sin", "sqrt", "tan", "tanh", "trunc",
];

const LIST_METHODS: &[&str] = &[
    "at",
    "concat",
    "entries",
    "every",
    "fill",
    "filter",
    "find",
    "findIndex",
    "flat",
    "flatMap",
    "forEach",
    "includes",
    "indexOf",
    "join",
    "keys",
    "map",
    "pop",
    "push",
    "reduce",
    "reverse",
    "shift",
    "slice",
    "some",
    "sort",
    "splice",
    "unshift",
];

const TEXT_METHODS: &[&str] = &[
    "at",
    "charAt",
    "charCodeAt",
    "concat",
    "endsWith",
    "includes",
    "indexOf",
    "padEnd",
    "padStart",
    "repeat",
    "replace",
    "replaceAll",
    "slice",
    "split",
    "startsWith",
    "substring",
    "toLowerCase",
    "toString",
    "toUpperCase",
    "trim",
];

/// The largest list a call may make.
const MAX_LIST: usize = 100_000;

/// What a namespace such as `Math` is: an object whose only entry is its name.
const NAMESPACE: &str = "\u{0}namespace";

pub(super) fn global(eval: &Eval, name: &str) -> Option<Js> {
    match name {
        "Infinity" => Some(Js::Number(f64::INFINITY)),
        "NaN" => Some(Js::Number(f64::NAN)),
        name if GLOBALS.contains(&name) => {
            Some(eval.arena.object(vec![(Arc::from(NAMESPACE), Js::text(name))]))
        }
        _ => None,
    }
}

fn namespace(value: &Js) -> Option<Arc<str>> {
    match value {
        Js::Object(entries) => entries.with(|all| match all.as_slice() {
            [(key, Js::Text(name))] if &**key == NAMESPACE => Some(name.clone()),
            _ => None,
        }),
        _ => None,
    }
}

fn alignment(name: &str) -> Option<Alignment> {
    Some(match name {
        "in" => Alignment::In,
        "out" => Alignment::Out,
        "mix" => Alignment::Mix,
        "squeeze" => Alignment::Squeeze,
        "squeezeout" | "squeezeOut" => Alignment::SqueezeOut,
        "reset" => Alignment::Reset,
        "restart" => Alignment::Restart,
        "poly" => Alignment::Poly,
        _ => return None,
    })
}

fn unknown(what: &str, name: &str, at: At, known: impl Iterator<Item = &'static str>) -> Error {
    let error = Error::new(format!("{what} has no {name}"), at);
    match nearest(name, known) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error,
    }
}

impl Eval {
    /// `object.name`, not called.
    pub(crate) fn member(&self, object: &Js, name: &Word, at: At) -> Result<Js> {
        match object {
            Js::Undefined | Js::Null => Err(Error::new(format!("{} has no {name}", object.kind()), at)),
            Js::Object(_) if namespace(object).is_some() => Ok(match &**name {
                "PI" => Js::Number(std::f64::consts::PI),
                "E" => Js::Number(std::f64::consts::E),
                "SQRT2" => Js::Number(std::f64::consts::SQRT_2),
                "LN2" => Js::Number(std::f64::consts::LN_2),
                _ => self.arena.function(Callable::Method(object.clone(), name.clone())),
            }),
            Js::Object(entries) => {
                self.runtime.spend_steps(entries.with(|all| all.len()) / 16, at)?;
                let found = entries
                    .with(|all| all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()));
                Ok(found.unwrap_or_default())
            }
            Js::List(list) if &**name == "length" => Ok(Js::Number(list.with(|all| all.len()) as f64)),
            Js::Function(callable) if matches!(&**callable, Callable::LightWord(_)) => match &**callable {
                Callable::LightWord(word) => light::word_member(word, name, at),
                _ => Ok(Js::Undefined),
            },
            Js::Text(text) if &**name == "length" => Ok(Js::Number(text.encode_utf16().count() as f64)),
            Js::Pattern(pattern) => match builtin::find(name).map(|found| &found.kind) {
                Some(builtin::Kind::Operator(op)) => {
                    Ok(self.arena.function(Callable::Operator(pattern.clone(), *op)))
                }
                None if alignment(name).is_none() && !self.is_registered(name) => Ok(Js::Undefined),
                _ => Ok(self.arena.function(Callable::Method(object.clone(), name.clone()))),
            },
            _ => Ok(self.arena.function(Callable::Method(object.clone(), name.clone()))),
        }
    }

    /// `object[index]`, not called.
    pub(crate) fn index(&self, object: &Js, index: &Js, at: At) -> Result<Js> {
        let place = || {
            let x = index.number();
            (x >= 0.0 && x == x.trunc()).then_some(x as usize)
        };
        match object {
            Js::List(list) => match place() {
                Some(place) => Ok(list.with(|all| all.get(place).cloned()).unwrap_or_default()),
                None => self.member(object, &index.display().into(), at),
            },
            Js::Text(text) => match place() {
                Some(place) => Ok(text
                    .chars()
                    .nth(place)
                    .map_or(Js::Undefined, |c| Js::text(c.encode_utf8(&mut [0; 4])))),
                None => self.member(object, &index.display().into(), at),
            },
            other => self.member(other, &index.display().into(), at),
        }
    }

    /// `object.name(arguments)`.
    pub(crate) fn call_method(&self, object: &Js, name: &str, arguments: Vec<Js>, at: At) -> Result<Js> {
        self.runtime.step(at)?;
        match object {
            Js::Pattern(pattern) => {
                // An alignment alone is that of `set`; reset and restart are functions of their own.
                if let (Some(how), false) = (alignment(name), matches!(name, "reset" | "restart")) {
                    return builtin::operate(self, pattern, Op::Set, Some(how), &arguments, at)
                        .map(Js::Pattern);
                }
                // On its own `choose` draws from chance; as a method, from its pattern.
                if name == "choose" {
                    let choices = self.arena.list(arguments);
                    return builtin::call_by_name(self, "chooseWith", vec![object.clone(), choices], at);
                }
                if let Some(function) = builtin::find(name) {
                    return builtin::method(self, function, pattern, &arguments, at);
                }
                let registered =
                    self.runtime.said.with(|said| said.registered.iter().find(|r| &*r.name == name).cloned());
                if let Some(registered) = registered {
                    let all = arguments.into_iter().chain([object.clone()]).collect();
                    return builtin::call_registered(self, &registered, all, at);
                }
                if let Some(key) = builtin::own::operators(name) {
                    let all: Vec<Js> = arguments.into_iter().chain([object.clone()]).collect();
                    return builtin::own::set(self, &[key], &all, at);
                }
                Err(unknown("a pattern", name, at, builtin::names()))
            }
            Js::Light(light) => light::method(self, light, name, &arguments, at),
            Js::Texture(texture) => light::texture_method(self, *texture, name, at),
            Js::List(_) | Js::Steps(_) if light::steps_in_time(name) => {
                light::list_method(self, object, name, &arguments, at)
            }
            Js::Function(callable) => match (&**callable, alignment(name)) {
                (Callable::LightWord(word), _) => light::word_member(word, name, at),
                (Callable::Operator(pattern, op), Some(alignment)) => {
                    builtin::operate(self, pattern, *op, Some(alignment), &arguments, at).map(Js::Pattern)
                }
                (Callable::Builtin(function), Some(alignment)) => match function.kind {
                    // `add.mix(x)` on its own: a function that waits for its pattern.
                    builtin::Kind::Operator(op) => self.operator_with(op, alignment, &arguments, at),
                    _ => Err(unknown("a function", name, at, std::iter::empty())),
                },
                (_, _) if matches!(name, "call" | "apply" | "bind" | "constructor") => {
                    Err(Error::new(format!("a function has no {name} here"), at))
                }
                // Functions compose: rev.fast(2) is x => x.rev().fast(2).
                _ => Err(unknown("a function", name, at, builtin::names())),
            },
            Js::List(_) => self.list_method(object, name, &arguments, at),
            Js::Text(text) => match name {
                // A text in single quotes is a word: as a pattern it says itself.
                _ if TEXT_METHODS.contains(&name) => self.text_method(text, name, &arguments, at),
                _ if builtin::find(name).is_some() => {
                    self.call_method(&Js::Pattern(self.reify(object, at)?), name, arguments, at)
                }
                _ => Err(unknown("a text", name, at, TEXT_METHODS.iter().copied())),
            },
            Js::Number(x) => match name {
                "toFixed" => {
                    let digits = arguments.first().map_or(0.0, Js::number).clamp(0.0, 20.0) as usize;
                    Ok(Js::text(&format!("{x:.digits$}")))
                }
                "toString" => Ok(Js::text(&number_text(*x))),
                _ => self.call_method(&Js::Pattern(self.reify(object, at)?), name, arguments, at),
            },
            Js::Object(_) => match namespace(object) {
                Some(space) => self.namespace_call(&space, name, &arguments, at),
                None => {
                    let function = self.member(object, &name.into(), at)?;
                    if matches!(function, Js::Undefined) {
                        return Err(Error::new(format!("the object has no {name}"), at));
                    }
                    self.call(&function, arguments, at)
                }
            },
            other => Err(Error::new(format!("{} has no {name}", other.kind()), at)),
        }
    }

    fn is_registered(&self, name: &str) -> bool {
        self.runtime.said.with(|said| said.registered.iter().any(|registered| &*registered.name == name))
    }

    fn operator_with(&self, op: Op, alignment: Alignment, arguments: &[Js], at: At) -> Result<Js> {
        let [other, pattern] = arguments else {
            return Err(Error::new("call this on a pattern", at).hint("x => x.add.mix(…)"));
        };
        let pattern = self.reify(pattern, at)?;
        builtin::operate(self, &pattern, op, Some(alignment), std::slice::from_ref(other), at)
            .map(Js::Pattern)
    }

    fn namespace_call(&self, space: &str, name: &str, arguments: &[Js], at: At) -> Result<Js> {
        let first = arguments.first().cloned().unwrap_or_default();
        let x = first.number();
        let y = || arguments.get(1).map_or(f64::NAN, Js::number);
        let entries = || match &first {
            Js::Object(entries) => entries.get(),
            Js::List(list) => {
                list.get().into_iter().enumerate().map(|(i, v)| (Word::from(i.to_string()), v)).collect()
            }
            _ => Vec::new(),
        };
        Ok(match (space, name) {
            ("Math", "random") => Js::Number(self.next_random()),
            ("Math", "max") => Js::Number(arguments.iter().map(Js::number).fold(f64::NEG_INFINITY, f64::max)),
            ("Math", "min") => Js::Number(arguments.iter().map(Js::number).fold(f64::INFINITY, f64::min)),
            ("Math", "hypot") => Js::Number(arguments.iter().map(|a| a.number().powi(2)).sum::<f64>().sqrt()),
            ("Math", "pow") => Js::Number(x.powf(y())),
            ("Math", "atan2") => Js::Number(x.atan2(y())),
            ("Math", name) => match math(name, x) {
                Some(result) => Js::Number(result),
                None => return Err(unknown("Math", name, at, MATH.iter().copied())),
            },
            ("Array", "from") => return self.array_from(arguments, at),
            ("Array", "of") => self.arena.list(arguments.to_vec()),
            ("Array", "isArray") => Js::Bool(matches!(first, Js::List(_))),
            ("Object", "keys") => {
                self.arena.list(entries().into_iter().map(|(key, _)| Js::Text(key)).collect())
            }
            ("Object", "values") => self.arena.list(entries().into_iter().map(|(_, value)| value).collect()),
            ("Object", "entries") => {
                let pairs =
                    entries().into_iter().map(|(key, value)| self.arena.list(vec![Js::Text(key), value]));
                self.arena.list(pairs.collect())
            }
            ("Object", "fromEntries") => {
                let pairs = self.items_of(&first, at)?;
                let mut object = Vec::new();
                for pair in pairs {
                    let pair = self.items_of(&pair, at)?;
                    let key = pair.first().map(Js::display).unwrap_or_default();
                    object.push((Word::from(key), pair.get(1).cloned().unwrap_or_default()));
                }
                self.arena.object(object)
            }
            ("Object", "assign") => {
                let Js::Object(target) = &first else { return Ok(first) };
                for other in arguments.iter().skip(1) {
                    if let Js::Object(other) = other {
                        for (key, value) in other.get() {
                            self.runtime.step(at)?;
                            target.with(|all| match all.iter_mut().find(|(name, _)| *name == key) {
                                Some(entry) => entry.1 = value,
                                None => all.push((key, value)),
                            });
                        }
                    }
                }
                first.clone()
            }
            ("Number", "isInteger") => Js::Bool(matches!(first, Js::Number(x) if x == x.trunc())),
            ("Number", "isNaN") => Js::Bool(x.is_nan()),
            ("console", _) => Js::Undefined,
            _ => return Err(Error::new(format!("{space} has no {name} here"), at)),
        })
    }

    /// Calls a name of JavaScript's own as a function: `Array(8)`, `Number("3")`.
    pub(crate) fn call_global(&self, space: &str, arguments: &[Js], at: At) -> Result<Js> {
        let first = arguments.first().cloned().unwrap_or_default();
        Ok(match space {
            "Array" => match (&first, arguments.len()) {
                (Js::Number(n), 1) => {
                    let items = vec![Js::Undefined; self.checked_length(*n, at)?];
                    self.arena.list(items)
                }
                _ => self.arena.list(arguments.to_vec()),
            },
            "Number" | "parseFloat" => Js::Number(match &first {
                Js::Text(text) if space == "parseFloat" => leading_number(text),
                first => first.number(),
            }),
            "parseInt" => Js::Number(match &first {
                Js::Text(text) => leading_number(text).trunc(),
                first => first.number().trunc(),
            }),
            "String" => Js::text(&first.display()),
            "Boolean" => Js::Bool(first.truthy()),
            "isNaN" => Js::Bool(first.number().is_nan()),
            other => return Err(Error::new(format!("{other} cannot be called"), at)),
        })
    }

    pub(crate) fn callable_global(&self, value: &Js, arguments: &[Js], at: At) -> Option<Result<Js>> {
        namespace(value).map(|space| self.call_global(&space, arguments, at))
    }

    fn checked_length(&self, n: f64, at: At) -> Result<usize> {
        if !(0.0..=MAX_LIST as f64).contains(&n) {
            return Err(Error::new(format!("a list has at most {MAX_LIST} elements"), at));
        }
        self.runtime.spend_steps(n as usize, at)?;
        self.runtime.spend_bytes(n as usize * 32, at)?;
        Ok(n as usize)
    }

    fn array_from(&self, arguments: &[Js], at: At) -> Result<Js> {
        let items = match arguments.first() {
            Some(Js::Object(entries)) => {
                let length = entries
                    .with(|all| all.iter().find(|(key, _)| &**key == "length").map(|(_, v)| v.number()));
                vec![Js::Undefined; self.checked_length(length.unwrap_or(0.0), at)?]
            }
            Some(other) => self.items_of(other, at)?,
            None => Vec::new(),
        };
        let items = match arguments.get(1) {
            Some(function) => self.mapped(&items, function, at)?,
            None => items,
        };
        Ok(self.arena.list(items))
    }

    pub(super) fn mapped(&self, items: &[Js], function: &Js, at: At) -> Result<Vec<Js>> {
        items
            .iter()
            .enumerate()
            .map(|(i, item)| self.call(function, vec![item.clone(), Js::Number(i as f64)], at))
            .collect()
    }

    fn next_random(&self) -> f64 {
        let n = self.runtime.said.with(|said| {
            said.random = said.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            said.random
        });
        let mut x = n;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn math(name: &str, x: f64) -> Option<f64> {
    Some(match name {
        "abs" => x.abs(),
        "acos" => x.acos(),
        "asin" => x.asin(),
        "atan" => x.atan(),
        "cbrt" => x.cbrt(),
        "ceil" => x.ceil(),
        "cos" => x.cos(),
        "exp" => x.exp(),
        "floor" => x.floor(),
        "log" => x.ln(),
        "log10" => x.log10(),
        "log2" => x.log2(),
        "round" => (x + 0.5).floor(),
        "sign" => {
            if x == 0.0 || x.is_nan() {
                x
            } else {
                x.signum()
            }
        }
        "sin" => x.sin(),
        "sqrt" => x.sqrt(),
        "tan" => x.tan(),
        "tanh" => x.tanh(),
        "trunc" => x.trunc(),
        _ => return None,
    })
}

/// The number a text starts with.
fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let end =
        text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+' | 'e')).unwrap_or(text.len());
    (0..=end).rev().find_map(|end| text.get(..end)?.parse().ok()).unwrap_or(f64::NAN)
}
