//! Functions that put patterns side by side, part by part, and those that join functions or convert numbers.

use audio_pattern::{Alignment, Controls, Op, Pattern, Ratio, Span, Value, bits, note_name, note_to_midi};

use super::make::{argument, chosen, joined, number, sequences};
use super::{Function, Kind, find, function};
use crate::code::At;
use crate::error::{Error, Result};
use crate::eval::Eval;
use crate::js::{Callable, Js};

/// How many cycles `queryArc` may ask for at once.
const MAX_ASKED_CYCLES: f64 = 64.0;

#[rustfmt::skip]
pub(super) fn functions() -> Vec<Function> {
    use Kind::{Free as F, Method as M, Values as V};
    let mut all = vec![
        function("into", &[], "(parts, function)", "changes loops of the parts that are true", M(2, |eval, p, a, at| {
            let parts = eval.sequence(argument(a, 0), at)?;
            Ok(Js::Pattern(p.into_parts(&parts, eval.change(argument(a, 1), at)?)))
        })),
        function("unjoin", &[], "(parts)", "a pattern of patterns: loops of the parts that are true", M(1, |eval, p, a, at| {
            Ok(Js::Pattern(p.unjoin(&eval.sequence(argument(a, 0), at)?)))
        })),
        function("structAll", &["structall"], "(beats)", "plays at every beat of the other, true or not", M(1, |eval, p, a, at| keep(eval, p, a, at, Alignment::Out))),
        function("maskAll", &["maskall"], "(other)", "plays where the other says anything", M(1, |eval, p, a, at| keep(eval, p, a, at, Alignment::In))),
        function("resetAll", &["resetall"], "(beats)", "restarts the cycle at every beat of the other", M(1, |eval, p, a, at| keep(eval, p, a, at, Alignment::Reset))),
        function("restartAll", &["restartall"], "(beats)", "restarts from the beginning at every beat of the other", M(1, |eval, p, a, at| keep(eval, p, a, at, Alignment::Restart))),
        function("discreteOnly", &[], "()", "keeps events, drops what is continuous", V(0, |p, _| Ok(p.filter(|hap| Ok(hap.whole.is_some()))))),
        function("removeUndefineds", &[], "()", "keeps events that say something", V(0, |p, _| Ok(p.filter(|hap| Ok(!matches!(hap.value, Value::Nothing)))))),
        function("filterWhen", &[], "(function)", "keeps events whose start passes", M(1, |eval, p, a, at| {
            let Js::Function(_) = argument(a, 0) else { return Err(Error::new("filterWhen needs a function of the time", at)) };
            let test = audio_pattern::Function::new(eval.handle(argument(a, 0), at));
            Ok(Js::Pattern(p.filter(move |hap| {
                let begin = Value::Number(hap.whole_or_part().begin.to_f64());
                Ok(test.call(std::slice::from_ref(&begin))?.truthy())
            })))
        })),
        function("queryArc", &[], "(begin, end)", "the events between two times, as a list", M(2, |eval, p, a, at| {
            asked(eval, p, argument(a, 0).number(), argument(a, 1).number(), at)
        })),
        function("firstCycle", &[], "()", "the events of the first cycle, as a list", M(0, |eval, p, _, at| asked(eval, p, 0.0, 1.0, at))),

        function("stepalt", &["s_alt"], "(patterns…)", "plays every pattern's steps one after another in one cycle", F(|eval, a, at| Ok(Js::Pattern(Pattern::stepcat(sequences(eval, a, at)?))))),
        function("stackLeft", &["stackleft"], "(patterns…)", "plays patterns at once, step by step, from the left", F(|eval, a, at| beside(eval, a, at, 0.0))),
        function("stackRight", &["stackright"], "(patterns…)", "plays patterns at once, step by step, up to the right", F(|eval, a, at| beside(eval, a, at, 1.0))),
        function("stackCentre", &["stackcentre"], "(patterns…)", "plays patterns at once, step by step, around the middle", F(|eval, a, at| beside(eval, a, at, 0.5))),
        function("stackBy", &["stackby"], "(by, patterns…)", "plays patterns at once; by left, right or centre", F(|eval, a, at| {
            let (by, patterns) = a.split_first().ok_or_else(|| Error::new("stackBy needs left, right or centre, and patterns", at))?;
            let place = match eval.reify(by, at)?.first_value() {
                Value::Text(word) if &*word == "right" => 1.0,
                Value::Text(word) if matches!(&*word, "centre" | "center") => 0.5,
                Value::Number(x) => x.clamp(0.0, 1.0),
                _ => 0.0,
            };
            beside(eval, patterns, at, place)
        })),
        function("seqPLoop", &["seqploop"], "([begin, end, pattern]…)", "plays patterns from one cycle to another, again and again", F(|eval, a, at| {
            eval.check_count(a.len(), at)?;
            let parts = a.iter().map(|part| match part {
                Js::List(part) => {
                    let part = part.get();
                    let time = |idx: usize| Ratio::from_f64(argument(&part, idx).number());
                    Ok((time(0), time(1), eval.sequence(argument(&part, 2), at)?))
                }
                _ => Err(Error::new("seqPLoop needs lists", at).hint("seqPLoop([0, 2, \"bd\"], [1, 3, \"cp\"])")),
            }).collect::<Result<Vec<_>>>()?;
            let total = parts.iter().map(|(_, end, _)| *end).fold(Ratio::ZERO, Ratio::max);
            if total.is_zero() {
                return Ok(Js::Pattern(Pattern::silence()));
            }
            let placed = parts.into_iter().filter(|(begin, end, _)| end > begin).map(|(begin, end, pattern)| {
                pattern.fast(end - begin).compress(begin / total, end / total)
            });
            Ok(Js::Pattern(Pattern::stack(placed.collect()).slow(total)))
        })),
        function("chooseInWith", &[], "(chance, values)", "picks by a pattern from 0 to 1, keeping the values' times", F(|eval, a, at| {
            let chance = eval.reify(argument(a, 0), at)?;
            let Js::List(values) = argument(a, 1) else { return Err(Error::new("chooseInWith needs a list", at)) };
            Ok(Js::Pattern(Pattern::choose_with(&chance, chosen(eval, &values.get(), at)?).inner_join()))
        })),
        function("parray", &[], "(patterns)", "patterns as one pattern of lists", F(|eval, a, at| {
            let Js::List(items) = argument(a, 0) else { return Err(Error::new("parray needs a list of patterns", at)) };
            let patterns = items.get().iter().map(|item| eval.reify(item, at)).collect::<Result<Vec<_>>>()?;
            Ok(Js::Pattern(Pattern::with_arguments(&patterns, |values| Pattern::pure(Value::list(values.to_vec())))))
        })),
        function("binaryL", &[], "(number)", "a number's bits, as a list", F(|eval, a, at| joined(eval, a, 1, at, |v| {
            let n = number(v, 0) as i64;
            bit_list(n, (64 - n.max(1).leading_zeros()) as usize)
        }))),
        function("binaryNL", &[], "(number, places)", "a number's bits in so many places, as a list", F(|eval, a, at| joined(eval, a, 2, at, |v| {
            bit_list(number(v, 0) as i64, number(v, 1).clamp(0.0, 64.0) as usize)
        }))),
        function("ref", &[], "(function)", "what a function gives, asked each time", F(|eval, a, at| {
            let Js::Function(_) = argument(a, 0) else { return Err(Error::new("ref needs a function", at)) };
            let function = audio_pattern::Function::new(eval.handle(argument(a, 0), at));
            Ok(Js::Pattern(Pattern::pure(1.0).try_map(move |_| function.call(&[]))))
        })),

        function("id", &[], "(value)", "the value itself", F(|_, a, _| Ok(argument(a, 0).clone()))),
        function("pipe", &[], "(functions…)", "a function that calls these in turn", F(|eval, a, at| chained(eval, "pipe", a, at, false))),
        function("compose", &[], "(functions…)", "a function that calls these in turn, the last first", F(|eval, a, at| chained(eval, "compose", a, at, true))),
        function("isPattern", &[], "(value)", "whether it is a pattern", F(|_, a, _| Ok(Js::Bool(matches!(argument(a, 0), Js::Pattern(_)))))),
        function("midiToFreq", &[], "(number)", "a MIDI number in hertz", F(|_, a, _| Ok(Js::Number(440.0 * ((argument(a, 0).number() - 69.0) / 12.0).exp2())))),
        function("freqToMidi", &[], "(hertz)", "a frequency as a MIDI number", F(|_, a, _| Ok(Js::Number(69.0 + 12.0 * (argument(a, 0).number() / 440.0).log2())))),
        function("noteToMidi", &[], "(name)", "a note's MIDI number", F(|eval, a, at| {
            let name = match argument(a, 0) {
                Js::Pattern(pattern) => pattern.first_value(),
                other => eval.value(other, at)?,
            };
            let name = name.as_text().unwrap_or_default();
            note_to_midi(name).map(Js::Number).ok_or_else(|| Error::new(format!("{name:?} is no note"), at))
        })),
        function("midi2note", &["midiToNote"], "(number)", "a MIDI number's note", F(|_, a, _| Ok(Js::text(&note_name(argument(a, 0).number() as i32))))),
    ];
    macro_rules! distortions {
        ($($name:literal)*) => { $(
            all.push(function($name, &[], "(amount:level)", "distorts in a way of its own", M(1, |eval, p, a, at| distorted(eval, p, a, at, $name))));
        )* };
    }
    distortions!("soft" "hard" "cubic" "diode" "asym" "fold" "sinefold" "chebyshev");
    all
}

fn bit_list(n: i64, places: usize) -> Pattern {
    let bits = bits(n, places).into_iter().map(|bit| Value::Number(f64::from(u8::from(bit))));
    Pattern::pure(Value::list(bits.collect()))
}

fn keep(eval: &Eval, pattern: &Pattern, arguments: &[Js], at: At, alignment: Alignment) -> Result<Js> {
    let other = eval.sequence(argument(arguments, 0), at)?;
    Ok(Js::Pattern(pattern.combine(Op::Keep, alignment, &other)))
}

/// Patterns at once, each step as long as the others': what is missing is silence, `place` of it before.
fn beside(eval: &Eval, arguments: &[Js], at: At, place: f64) -> Result<Js> {
    let patterns = sequences(eval, arguments, at)?;
    let steps = |pattern: &Pattern| pattern.steps().unwrap_or(Ratio::ONE);
    let most = patterns.iter().map(steps).fold(Ratio::ONE, Ratio::max);
    let placed = patterns.iter().map(|pattern| {
        let missing = most - steps(pattern);
        let before = missing * Ratio::from_f64(place);
        Pattern::timecat(vec![
            (before, Pattern::silence()),
            (steps(pattern), pattern.clone()),
            (missing - before, Pattern::silence()),
        ])
    });
    Ok(Js::Pattern(Pattern::stack(placed.collect()).with_steps(Some(most))))
}

/// Functions called one after another. With functions only it waits for what to call them with.
fn chained(eval: &Eval, name: &'static str, arguments: &[Js], at: At, last_first: bool) -> Result<Js> {
    let Some((value, functions)) = arguments.split_last() else { return Ok(Js::Undefined) };
    if let (Js::Function(_), Some(function)) = (value, find(name)) {
        return Ok(eval.arena.function(Callable::Partial(function, arguments.to_vec(), at)));
    }
    let call = |value: Js, function: &Js| eval.call(function, vec![value], at);
    if last_first {
        functions.iter().rev().try_fold(value.clone(), call)
    } else {
        functions.iter().try_fold(value.clone(), call)
    }
}

fn distorted(eval: &Eval, pattern: &Pattern, arguments: &[Js], at: At, kind: &'static str) -> Result<Js> {
    let amounts = eval.sequence(argument(arguments, 0), at)?.map(move |value| {
        let (amount, level) = match value {
            Value::List(list) => (list.first().cloned().unwrap_or_default(), list.get(1).cloned()),
            value => (value.clone(), None),
        };
        let controls = [
            ("distort", amount),
            ("distortvol", level.unwrap_or(Value::Number(1.0))),
            ("distorttype", Value::text(kind)),
        ];
        Value::Controls(controls.into_iter().collect::<Controls>())
    });
    Ok(Js::Pattern(pattern.combine(Op::Set, Alignment::In, &amounts)))
}

fn asked(eval: &Eval, pattern: &Pattern, begin: f64, end: f64, at: At) -> Result<Js> {
    if (end - begin).is_nan() || end - begin > MAX_ASKED_CYCLES {
        return Err(Error::new(format!("at most {MAX_ASKED_CYCLES} cycles can be asked for at once"), at));
    }
    let span = Span::new(Ratio::from_f64(begin), Ratio::from_f64(end));
    let haps = pattern.query(span).map_err(|fault| Error::new(fault.to_string(), at))?;
    eval.check_count(haps.len(), at)?;
    Ok(eval.arena.list(haps.iter().map(|hap| eval.js_hap(hap)).collect()))
}
