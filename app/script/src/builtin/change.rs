//! Functions that take a function: what to do to some of a pattern.

use std::sync::Arc;

use audio_pattern::{Alignment, Fault, Join, Op, Pattern, Ratio, Value};

use super::{Function, Kind, function};
use crate::code::At;
use crate::error::{Error, Result};
use crate::eval::Eval;
use crate::js::Js;

/// How often `applyN` and `plyWith` may apply.
const MAX_APPLY: i64 = 64;

/// How many parts or copies `chunk` and `echo` may make.
const MAX_COPIES: i64 = 256;

fn number(values: &[Value], at: usize) -> std::result::Result<f64, Fault> {
    values.get(at).unwrap_or(&Value::Nothing).numeral()
}

fn ratio(values: &[Value], at: usize) -> std::result::Result<Ratio, Fault> {
    number(values, at).map(Ratio::from_f64)
}

fn whole(values: &[Value], at: usize) -> std::result::Result<i64, Fault> {
    number(values, at).map(|x| x.floor() as i64)
}

/// A number of parts or copies, at most `most`.
fn count(values: &[Value], at: usize, most: i64) -> std::result::Result<i64, Fault> {
    let n = whole(values, at)?;
    if n > most {
        return Err(Fault::value(format!("{n} times is more than {most}")));
    }
    Ok(n.max(0))
}

#[rustfmt::skip]
pub(super) fn functions() -> Vec<Function> {
    use Kind::{Change as C, Method as M};
    let mut all = vec![
        function("every", &["firstOf"], "(n, function)", "changes the first of every n cycles", C(1, |p, v, f| Ok(p.first_of(whole(v, 0)?, &**f)))),
        function("lastOf", &[], "(n, function)", "changes the last of every n cycles", C(1, |p, v, f| Ok(p.last_of(whole(v, 0)?, &**f)))),
        function("off", &[], "(cycles, function)", "adds a later, changed copy", C(1, |p, v, f| Ok(Pattern::stack(vec![p.clone(), f(p.late(ratio(v, 0)?))])))),
        function("jux", &[], "(function)", "changes one side", C(0, |p, _, f| Ok(p.jux_by(1.0, &**f)))),
        function("juxBy", &["juxby"], "(width, function)", "changes one side, not all the way out", C(1, |p, v, f| Ok(p.jux_by(number(v, 0)?, &**f)))),
        function("sometimesBy", &[], "(share, function)", "changes a random share of events", C(1, |p, v, f| Ok(p.sometimes_by(number(v, 0)?, &**f)))),
        function("sometimes", &[], "(function)", "changes half of the events", C(0, |p, _, f| Ok(p.sometimes_by(0.5, &**f)))),
        function("often", &[], "(function)", "changes three quarters of the events", C(0, |p, _, f| Ok(p.sometimes_by(0.75, &**f)))),
        function("rarely", &[], "(function)", "changes a quarter of the events", C(0, |p, _, f| Ok(p.sometimes_by(0.25, &**f)))),
        function("almostNever", &[], "(function)", "changes a tenth of the events", C(0, |p, _, f| Ok(p.sometimes_by(0.1, &**f)))),
        function("almostAlways", &[], "(function)", "changes nine tenths of the events", C(0, |p, _, f| Ok(p.sometimes_by(0.9, &**f)))),
        function("always", &[], "(function)", "changes all events", C(0, |p, _, f| Ok(f(p.clone())))),
        function("never", &[], "(function)", "changes nothing", C(0, |p, _, _| Ok(p.clone()))),
        function("someCyclesBy", &["somecyclesBy", "somecyclesby"], "(share, function)", "changes a random share of cycles", C(1, |p, v, f| Ok(p.some_cycles_by(number(v, 0)?, &**f)))),
        function("someCycles", &["somecycles"], "(function)", "changes half of the cycles", C(0, |p, _, f| Ok(p.some_cycles_by(0.5, &**f)))),
        function("inside", &[], "(factor, function)", "changes it slowed down, then speeds it up again", C(1, |p, v, f| Ok(p.inside(ratio(v, 0)?, &**f)))),
        function("outside", &[], "(factor, function)", "changes it sped up, then slows it down again", C(1, |p, v, f| Ok(p.inside(Ratio::ONE / ratio(v, 0)?, &**f)))),
        function("chunk", &["slowchunk", "slowChunk"], "(n, function)", "changes another of n parts each cycle", C(1, |p, v, f| Ok(p.chunk(count(v, 0, MAX_COPIES)?, false, false, &**f)))),
        function("chunkBack", &["chunkback"], "(n, function)", "changes another of n parts each cycle, backwards", C(1, |p, v, f| Ok(p.chunk(count(v, 0, MAX_COPIES)?, true, false, &**f)))),
        function("fastChunk", &["fastchunk"], "(n, function)", "changes another of n parts each cycle, all cycles going on", C(1, |p, v, f| Ok(p.chunk(count(v, 0, MAX_COPIES)?, false, true, &**f)))),
        function("chunkInto", &["chunkinto"], "(n, function)", "changes a loop of another of n parts each cycle", C(1, |p, v, f| Ok(p.chunk_into(count(v, 0, MAX_COPIES)?, false, f.clone())))),
        function("chunkBackInto", &["chunkbackinto"], "(n, function)", "changes a loop of another of n parts each cycle, backwards", C(1, |p, v, f| Ok(p.chunk_into(count(v, 0, MAX_COPIES)?, true, f.clone())))),
        function("within", &[], "(begin, end, function)", "changes events that start between two times", C(2, |p, v, f| Ok(p.within(ratio(v, 0)?, ratio(v, 1)?, &**f)))),
        function("applyN", &[], "(n, function)", "changes n times over", C(1, |p, v, f| Ok((0..count(v, 0, MAX_APPLY)?).fold(p.clone(), |p, _| f(p))))),
        function("apply", &[], "(function)", "changes", C(0, |p, _, f| Ok(f(p.clone())))),
        function("plyWith", &["plywith"], "(n, function)", "repeats each event, changed once more each time", C(1, |p, v, f| {
            let n = count(v, 0, MAX_APPLY)?;
            let f = f.clone();
            Ok(p.map(move |value| {
                let mut copy = Pattern::pure(value.clone());
                let mut copies = Vec::new();
                for _ in 0..n {
                    copies.push(copy.clone());
                    copy = f(copy);
                }
                Value::pattern(Pattern::fastcat(copies))
            }).squeeze_join())
        })),
        function("when", &[], "(on, function)", "changes while on is true", M(2, |eval, p, a, at| {
            let on = eval.sequence(argument(a, 0), at)?;
            let f = eval.change(argument(a, 1), at)?;
            Ok(Js::Pattern(p.when(&on, f(p.clone()))))
        })),
        function("layer", &[], "(functions…)", "plays every changed copy", M(1, |eval, p, a, at| {
            let copies = a.iter().map(|f| Ok(eval.change(f, at)?(p.clone()))).collect::<Result<_>>()?;
            Ok(Js::Pattern(Pattern::stack(copies)))
        })),
        function("superimpose", &[], "(functions…)", "adds every changed copy", M(1, |eval, p, a, at| {
            let mut copies = vec![p.clone()];
            for f in a {
                copies.push(eval.change(f, at)?(p.clone()));
            }
            Ok(Js::Pattern(Pattern::stack(copies)))
        })),
        function("echo", &[], "(times, cycles, feedback)", "adds later, softer copies", Kind::Values(3, |p, v| {
            let feedback = number(v, 2)?;
            Ok(p.echo_with(count(v, 0, MAX_COPIES)?, ratio(v, 1)?, &|copy, i| {
                copy.combine(Op::Set, Alignment::In, &Pattern::pure(feedback.powi(i as i32)).control(&["gain"]))
            }))
        })),
        function("stut", &[], "(times, feedback, cycles)", "adds later, softer copies", Kind::Values(3, |p, v| {
            let feedback = number(v, 1)?;
            Ok(p.echo_with(count(v, 0, MAX_COPIES)?, ratio(v, 2)?, &|copy, i| {
                copy.combine(Op::Set, Alignment::In, &Pattern::pure(feedback.powi(i as i32)).control(&["gain"]))
            }))
        })),
        function("echoWith", &["echowith", "stutWith", "stutwith"], "(times, cycles, (pattern, i) => …)", "adds later, changed copies", M(3, |eval, p, a, at| {
            let handle = Arc::new(checked(eval, argument(a, 2), at)?);
            let (p, times) = (p.clone(), [eval.reify(argument(a, 0), at)?, eval.reify(argument(a, 1), at)?]);
            super::joined(eval, &times, at, move |v| {
                Ok(p.echo_with(count(v, 0, MAX_COPIES)?, ratio(v, 1)?, &|copy, i| handle.transform(vec![Js::Pattern(copy), Js::Number(i as f64)])))
            }).map(Js::Pattern)
        })),
        function("plyForEach", &["plyforeach"], "(n, (pattern, i) => …)", "repeats each event, the i-th changed by i", M(2, |eval, p, a, at| {
            let handle = Arc::new(checked(eval, argument(a, 1), at)?);
            let (p, n) = (p.clone(), eval.reify(argument(a, 0), at)?);
            super::joined(eval, &[n], at, move |v| {
                let n = count(v, 0, MAX_APPLY)?;
                let handle = handle.clone();
                Ok(p.map(move |value| {
                    let copies = (0..n).map(|i| {
                        let copy = Pattern::pure(value.clone());
                        if i == 0 { copy } else { handle.transform(vec![Js::Pattern(copy), Js::Number(i as f64)]) }
                    });
                    Value::pattern(Pattern::fastcat(copies.collect()))
                }).squeeze_join())
            }).map(Js::Pattern)
        })),
        function("pickF", &["pickmodF"], "(indices, functions)", "changes by the function picked", M(2, |eval, p, a, at| {
            let indices = eval.sequence(argument(a, 0), at)?;
            let Js::List(functions) = argument(a, 1) else {
                return Err(Error::new("pickF needs a list of functions", at));
            };
            let changed = functions.get().iter().map(|f| Ok(Arc::new(eval.change(f, at)?(p.clone())))).collect::<Result<_>>()?;
            let choices = audio_pattern::Choices::List(changed);
            Ok(Js::Pattern(indices.pick_with(choices, false).join(Join::Inner)))
        })),
        function("fmap", &["withValue"], "(function)", "changes each value", M(1, |eval, p, a, at| {
            let function = audio_pattern::Function::new(checked(eval, argument(a, 0), at)?);
            Ok(Js::Pattern(p.try_map_hap(move |hap| function.call(std::slice::from_ref(&hap.value)))))
        })),
        function("filterValues", &[], "(function)", "keeps events whose value passes", M(1, |eval, p, a, at| {
            let function = audio_pattern::Function::new(checked(eval, argument(a, 0), at)?);
            Ok(Js::Pattern(p.filter(move |hap| Ok(function.call(std::slice::from_ref(&hap.value))?.truthy()))))
        })),
        function("filter", &["filterHaps"], "(function)", "keeps events that pass", M(1, |eval, p, a, at| {
            let handle = checked(eval, argument(a, 0), at)?;
            Ok(Js::Pattern(p.filter(move |hap| handle.test_hap(hap))))
        })),
        function("arpWith", &[], "(function)", "plays chords as the function picks from their notes", M(1, |eval, p, a, at| {
            let function = audio_pattern::Function::new(checked(eval, argument(a, 0), at)?);
            let chords = p.collect_simultaneous();
            Ok(Js::Pattern(chords.try_map(move |notes| function.call(std::slice::from_ref(notes))).join(Join::Inner)))
        })),
    ];
    macro_rules! bind {
        ($($name:literal $join:ident $doc:literal),*) => { $(
            all.push(function($name, &[], "(function)", $doc, M(1, |eval, p, a, at| bind(eval, p, a, at, Join::$join))));
        )* };
    }
    bind!("bind" Mix "makes a pattern of each value", "innerBind" Inner "makes a pattern of each value, keeping its times",
        "outerBind" Outer "makes a pattern of each value, keeping these times", "squeezeBind" Squeeze "makes a pattern of each value, squeezed into its event",
        "resetBind" Reset "makes a pattern of each value, from its cycle's start", "restartBind" Restart "makes a pattern of each value, from its beginning",
        "polyBind" Poly "makes a pattern of each value, step by step",
        "stepBind" Step "makes a pattern of each value, one after another by their steps");
    macro_rules! pick {
        ($($name:literal $join:ident $wrap:literal $doc:literal),*) => { $(
            all.push(function($name, &[], "(choices)", $doc, Kind::Pick(Join::$join, $wrap)));
        )* };
    }
    pick!("pick" Inner false "picks patterns by index or name", "pickmod" Inner true "picks patterns by index, wrapping around",
        "pickOut" Outer false "picks patterns, keeping the picker's times", "pickmodOut" Outer true "picks patterns, keeping the picker's times, wrapping around",
        "pickReset" Reset false "picks patterns, each from its cycle's start", "pickmodReset" Reset true "picks patterns, each from its cycle's start, wrapping around",
        "pickRestart" Restart false "picks patterns, each from its beginning", "pickmodRestart" Restart true "picks patterns, each from its beginning, wrapping around",
        "inhabit" Squeeze false "picks patterns, squeezed into each event", "inhabitmod" Squeeze true "picks patterns, squeezed into each event, wrapping around",
        "pickSqueeze" Squeeze false "picks patterns, squeezed into each event", "pickmodSqueeze" Squeeze true "picks patterns, squeezed into each event, wrapping around",
        "squeeze" Squeeze true "picks patterns, squeezed into each event, wrapping around");
    all
}

fn argument(arguments: &[Js], at: usize) -> &Js {
    arguments.get(at).unwrap_or(&Js::Undefined)
}

/// A function argument as patterns hold it.
fn checked(eval: &Eval, function: &Js, at: At) -> Result<crate::convert::Handle> {
    match function {
        Js::Function(_) => Ok(eval.handle(function, at)),
        other => Err(Error::new(format!("expected a function, got {}", other.kind()), at)),
    }
}

fn bind(eval: &Eval, pattern: &Pattern, arguments: &[Js], at: At, join: Join) -> Result<Js> {
    let function = audio_pattern::Function::new(checked(eval, argument(arguments, 0), at)?);
    Ok(Js::Pattern(pattern.bind(join, move |value| match function.call(std::slice::from_ref(value))? {
        Value::Pattern(pattern) => Ok((*pattern).clone()),
        value => Ok(Pattern::pure(value)),
    })))
}
