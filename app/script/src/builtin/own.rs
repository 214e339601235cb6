//! What a program adds to the language for itself: names of controls, and chords.

use std::sync::Arc;

use audio_pattern::{Alignment, Op, Value};

use super::make::argument;
use super::{Function, Kind, function};
use crate::code::{At, Word};
use crate::error::{Error, Result};
use crate::eval::Eval;
use crate::js::{Callable, Js, Registered};

#[rustfmt::skip]
pub(super) fn functions() -> Vec<Function> {
    use Kind::{Free as F, Method as M};
    vec![
        function("registerControl", &[], "(name, aliases…)", "makes a control of your own; a list of names reads a:b", F(|eval, a, at| {
            let keys = names(argument(a, 0), at)?;
            for name in keys.first().into_iter().cloned().chain(aliases(a, at)?) {
                control(eval, &name, keys.clone());
            }
            Ok(Js::Undefined)
        })),
        function("createParam", &[], "(name)", "makes a control of your own, and gives it", F(|eval, a, at| {
            let keys = names(argument(a, 0), at)?;
            let Some(name) = keys.first().cloned() else { return Err(Error::new("createParam needs a name", at)) };
            Ok(control(eval, &name, keys))
        })),
        function("createParams", &[], "(names…)", "makes controls of your own, and gives them by their names", F(|eval, a, at| {
            let mut made = Vec::new();
            for name in a {
                for name in names(name, at)? {
                    made.push((name.clone(), control(eval, &name, vec![name.clone()])));
                }
            }
            Ok(eval.arena.object(made))
        })),
        function("addVoicings", &[], "(dictionary, chords)", "adds chords of your own: `{m: ['0 3 7', '3m 5P 8P']}`", F(|eval, a, at| {
            let dictionary = word(argument(a, 0), at)?;
            let Js::Object(chords) = argument(a, 1) else { return Err(Error::new("addVoicings needs a name and an object of chords", at)) };
            for (quality, voicings) in chords.get() {
                let voicings: Vec<String> = names(&voicings, at)?.iter().map(ToString::to_string).collect();
                let added = eval.runtime.said.with(|said| Arc::make_mut(&mut said.chords).add(&dictionary, &quality, &voicings));
                added.map_err(|fault| Error::new(fault.to_string(), at))?;
            }
            Ok(Js::Undefined)
        })),
        function("setDefaultVoicings", &["setVoicings"], "(dictionary)", "the dictionary of chords where none is named", F(|eval, a, at| {
            let dictionary = word(argument(a, 0), at)?;
            eval.runtime.said.with(|said| Arc::make_mut(&mut said.chords).set_default(&dictionary));
            Ok(Js::Undefined)
        })),
        function("voicing", &[], "()", "plays chords as voicings that lie close together", M(0, |eval, p, _, at| {
            let book = eval.runtime.said.with(|said| said.chords.clone());
            if let Some(symbol) = p.unknown_chord(&book) {
                let problem = Error::new(format!("nobody here knows the chord {symbol:?}: it is silent"), at).hint("try Am7, F^7 or C7b9");
                eval.runtime.said.with(|said| said.problems.push(problem));
            }
            Ok(Js::Pattern(p.voicing(&book)))
        })),
        function("voicings", &[], "(dictionary)", "plays chord symbols as voicings of a dictionary", M(0, |eval, p, a, at| {
            let book = eval.runtime.said.with(|said| said.chords.clone());
            let dictionary = match a {
                [] => Value::text("lefthand"),
                [name, ..] => Value::text(&word(name, at)?),
            };
            let chords = p.map(move |symbol| {
                Value::Controls([("chord", symbol.clone()), ("dictionary", dictionary.clone())].into_iter().collect())
            });
            Ok(Js::Pattern(chords.voicing(&book).map(|voice| match voice {
                Value::Controls(controls) => controls.get("note").cloned().unwrap_or_default(),
                other => other.clone(),
            })))
        })),
    ]
}

/// A control that writes these keys, from now on a method as well.
fn control(eval: &Eval, name: &Word, keys: Vec<Word>) -> Js {
    let function = eval.arena.function(Callable::Control(keys));
    let registered = Arc::new(Registered { name: name.clone(), function: function.clone(), arity: 2 });
    eval.runtime.said.with(|said| said.register(registered));
    function
}

/// Operators among others: `fm12` is how deep the first sways the second.
pub(crate) fn operators(name: &str) -> Option<Word> {
    let digits = name.strip_prefix("fmi").or_else(|| name.strip_prefix("fm"))?;
    let known = digits.len() == 2 && digits.bytes().all(|digit| (b'1'..=b'8').contains(&digit));
    known.then(|| format!("fmi{digits}").into())
}

/// Calls a control by its keys: a value alone is a pattern of it, with a pattern last it is set there.
pub(crate) fn set(eval: &Eval, keys: &[Word], arguments: &[Js], at: At) -> Result<Js> {
    let keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
    let Some(value) = arguments.first() else { return Err(Error::new("a control needs a value", at)) };
    let value = eval.sequence(value, at)?.control(&keys);
    Ok(Js::Pattern(match arguments {
        [_, .., pattern] => eval.reify(pattern, at)?.combine(Op::Set, Alignment::In, &value),
        _ => value,
    }))
}

fn aliases(arguments: &[Js], at: At) -> Result<Vec<Word>> {
    arguments.iter().skip(1).map(|name| word(name, at)).collect()
}

fn names(js: &Js, at: At) -> Result<Vec<Word>> {
    match js {
        Js::List(names) => names.get().iter().map(|name| word(name, at)).collect(),
        one => Ok(vec![word(one, at)?]),
    }
}

/// A word, whichever quotes it stands in.
fn word(js: &Js, at: At) -> Result<Word> {
    let word = match js {
        Js::Pattern(pattern) => pattern.first_value().as_text().map(Word::from),
        Js::Text(text) => Some(text.clone()),
        Js::Number(x) => Some(x.to_string().into()),
        _ => None,
    };
    word.ok_or_else(|| {
        Error::new(format!("expected a name, got {}", js.kind()), at).hint("write it in single quotes")
    })
}
