//! Functions that make patterns, and those that speak to the whole program.

use audio_pattern::{Generator, Join, Pattern, Ratio, Value, bits};

use super::{Function, Kind, function};
use crate::code::At;
use crate::error::{Error, Result};
use crate::eval::Eval;
use crate::js::{Js, Registered};

#[rustfmt::skip]
pub(super) fn functions() -> Vec<Function> {
    use Kind::{Constant as K, Free as F, Method as M};
    vec![
        function("silence", &["nothing"], "", "no events", K(Pattern::silence)),
        function("sine", &[], "", "a sine from 0 to 1 each cycle", K(Pattern::sine)),
        function("cosine", &[], "", "a cosine from 0 to 1 each cycle", K(Pattern::cosine)),
        function("saw", &[], "", "a ramp from 0 to 1 each cycle", K(Pattern::saw)),
        function("isaw", &[], "", "a ramp from 1 to 0 each cycle", K(Pattern::isaw)),
        function("tri", &[], "", "a triangle from 0 to 1 and back", K(Pattern::tri)),
        function("itri", &[], "", "a triangle from 1 to 0 and back", K(Pattern::itri)),
        function("square", &[], "", "0, then 1", K(Pattern::square)),
        function("sine2", &[], "", "a sine from -1 to 1", K(|| bipolar(&Pattern::sine()))),
        function("cosine2", &[], "", "a cosine from -1 to 1", K(|| bipolar(&Pattern::cosine()))),
        function("saw2", &[], "", "a ramp from -1 to 1", K(|| bipolar(&Pattern::saw()))),
        function("isaw2", &[], "", "a ramp from 1 to -1", K(|| bipolar(&Pattern::isaw()))),
        function("itri2", &[], "", "a triangle from 1 to -1 and back", K(|| bipolar(&Pattern::itri()))),
        function("tri2", &[], "", "a triangle from -1 to 1 and back", K(|| bipolar(&Pattern::tri()))),
        function("square2", &[], "", "-1, then 1", K(|| bipolar(&Pattern::square()))),
        function("time", &[], "", "the time in cycles", K(Pattern::time)),
        function("rand", &[], "", "random numbers from 0 to 1", K(Pattern::rand)),
        function("rand2", &[], "", "random numbers from -1 to 1", K(|| bipolar(&Pattern::rand()))),
        function("perlin", &[], "", "smooth noise from 0 to 1", K(Pattern::perlin)),
        function("berlin", &[], "", "noise of ramps from 0 to 1", K(Pattern::berlin)),
        function("brand", &[], "", "true or false at random", K(|| brand_by(0.5))),
        function("mousex", &["mouseX"], "", "the mouse from left to right, 0 to 1", K(|| Pattern::outside("mousex"))),
        function("mousey", &["mouseY"], "", "the mouse from top to bottom, 0 to 1", K(|| Pattern::outside("mousey"))),
        function("brandBy", &[], "(chance)", "true at random, as often as the chance", F(|eval, a, at| joined(eval, a, 1, at, |v| brand_by(number(v, 0))))),
        function("irand", &[], "(n)", "random whole numbers below n", F(|eval, a, at| joined(eval, a, 1, at, |v| Pattern::irand(number(v, 0))))),
        function("run", &[], "(n)", "the numbers from 0 below n", F(|eval, a, at| joined(eval, a, 1, at, |v| counted(v, 0, |n| Pattern::run(n as i64))))),
        function("randrun", &[], "(n)", "the numbers below n in random order", F(|eval, a, at| joined(eval, a, 1, at, |v| counted(v, 0, Pattern::randrun)))),
        function("steady", &[], "(value)", "one value at every moment", F(|eval, a, at| {
            let value = eval.value(argument(a, 0), at)?;
            Ok(Js::Pattern(Pattern::signal(move |_, _| value.clone())))
        })),
        function("signal", &[], "(function)", "a function of time, in cycles", F(|eval, a, at| {
            let function = audio_pattern::Function::new(eval.handle(argument(a, 0), at));
            let time = Pattern::time();
            Ok(Js::Pattern(time.try_map(move |t| function.call(std::slice::from_ref(t)))))
        })),
        function("input", &["signalIn"], "(name)", "a value from outside: a level, a knob", F(|_, a, _| Ok(Js::Pattern(Pattern::outside(&argument(a, 0).display()))))),
        function("pure", &[], "(value)", "one value each cycle", F(|eval, a, at| Ok(Js::Pattern(Pattern::pure(eval.value(argument(a, 0), at)?))))),
        function("reify", &[], "(value)", "a value as a pattern", F(|eval, a, at| Ok(Js::Pattern(eval.reify(argument(a, 0), at)?)))),
        function("mini", &[], "(text)", "reads mini-notation", F(|eval, a, at| {
            let parts = a.iter().map(|text| match text {
                Js::Text(text) => audio_pattern::mini(text).map_err(|error| Error::new(format!("mini-notation: {error}"), at)),
                other => eval.reify(other, at),
            }).collect::<Result<Vec<_>>>()?;
            Ok(Js::Pattern(Pattern::fastcat(parts)))
        })),
        function("gap", &[], "(steps)", "silence of some steps", F(|_, a, _| Ok(Js::Pattern(Pattern::gap(Ratio::from_f64(argument(a, 0).number())))))),
        function("stack", &["polyrhythm", "pr"], "(patterns…)", "plays patterns at once", F(|eval, a, at| Ok(Js::Pattern(Pattern::stack(sequences(eval, a, at)?))))),
        function("seq", &["sequence", "fastcat"], "(patterns…)", "plays patterns one after another in one cycle", F(|eval, a, at| Ok(Js::Pattern(Pattern::fastcat(sequences(eval, a, at)?))))),
        function("cat", &["slowcat"], "(patterns…)", "plays one pattern each cycle", F(|eval, a, at| Ok(Js::Pattern(Pattern::slowcat(sequences(eval, a, at)?))))),
        function("slowcatPrime", &[], "(patterns…)", "plays one pattern each cycle, skipping theirs", F(|eval, a, at| Ok(Js::Pattern(Pattern::slowcat_prime(sequences(eval, a, at)?))))),
        function("arrange", &[], "([cycles, pattern]…)", "plays sections, each so many cycles long", F(|eval, a, at| Ok(Js::Pattern(Pattern::arrange(weighted(eval, a, at)?))))),
        function("timecat", &["timeCat", "stepcat", "s_cat"], "([weight, pattern]…)", "plays patterns in one cycle by weight or steps", F(|eval, a, at| Ok(Js::Pattern(Pattern::timecat(weighted(eval, a, at)?))))),
        function("polymeter", &["pm", "s_polymeter"], "(patterns…)", "plays patterns at one pace", F(|eval, a, at| Ok(Js::Pattern(Pattern::polymeter(sequences(eval, a, at)?, None))))),
        function("zip", &["stepzip", "s_zip"], "(patterns…)", "plays one step of each pattern in turn", F(|eval, a, at| Ok(Js::Pattern(Pattern::zip(sequences(eval, a, at)?))))),
        function("tour", &["s_tour"], "(patterns…)", "moves the pattern through the others", M(1, |eval, p, a, at| Ok(Js::Pattern(p.tour(&sequences(eval, a, at)?))))),
        function("choose", &["chooseOut"], "(values…)", "picks at random at every moment", F(|eval, a, at| Ok(Js::Pattern(Pattern::choose_with(&Pattern::rand(), chosen(eval, a, at)?).outer_join())))),
        function("choose2", &[], "(values…)", "picks by this pattern from -1 to 1", M(1, |eval, p, a, at| {
            let chance = p.numbers(|x| (x + 1.0) / 2.0);
            Ok(Js::Pattern(Pattern::choose_with(&chance, chosen(eval, a, at)?).outer_join()))
        })),
        function("chooseIn", &[], "(values…)", "picks at random, keeping the values' times", F(|eval, a, at| Ok(Js::Pattern(Pattern::choose_with(&Pattern::rand(), chosen(eval, a, at)?).inner_join())))),
        function("chooseCycles", &["randcat"], "(patterns…)", "picks at random each cycle", F(|eval, a, at| Ok(Js::Pattern(Pattern::choose_with(&Pattern::rand().segment(Ratio::ONE), chosen(eval, a, at)?).inner_join())))),
        function("wchoose", &[], "([value, weight]…)", "picks at random by weight", F(|eval, a, at| Ok(Js::Pattern(Pattern::weighted_choose_with(&Pattern::rand(), weights(eval, a, at)?).outer_join())))),
        function("wchooseCycles", &["wrandcat"], "([pattern, weight]…)", "picks at random by weight each cycle", F(|eval, a, at| Ok(Js::Pattern(Pattern::weighted_choose_with(&Pattern::rand().segment(Ratio::ONE), weights(eval, a, at)?).inner_join())))),
        function("binary", &[], "(number)", "a number's bits", F(|eval, a, at| joined(eval, a, 1, at, |v| {
            let n = number(v, 0) as i64;
            Pattern::bools(&bits(n, (64 - n.max(1).leading_zeros()) as usize))
        }))),
        function("binaryN", &[], "(number, places)", "a number's bits in so many places", F(|eval, a, at| joined(eval, a, 2, at, |v| {
            Pattern::bools(&bits(number(v, 0) as i64, number(v, 1).max(0.0) as usize))
        }))),
        function("morph", &[], "(from, to, by)", "beats on their way to others", F(|eval, a, at| {
            let from = eval.value(argument(a, 0), at)?;
            let to = eval.value(argument(a, 1), at)?;
            let by = eval.reify(argument(a, 2), at)?;
            super::joined(eval, &[by], at, move |v| Ok(Pattern::morph(&beats(&from), &beats(&to), Ratio::from_f64(number(v, 0))))).map(Js::Pattern)
        })),
        function("slider", &[], "(value, low, high, step)", "a value to drag in the editor", F(|eval, a, at| Ok(Js::Pattern(eval.reify(argument(a, 0), at)?)))),

        function("chooseWith", &[], "(chance, values)", "picks by a pattern from 0 to 1", F(|eval, a, at| {
            let chance = eval.reify(argument(a, 0), at)?;
            let Js::List(values) = argument(a, 1) else { return Err(Error::new("chooseWith needs a list", at)) };
            Ok(Js::Pattern(Pattern::choose_with(&chance, chosen(eval, &values.get(), at)?).outer_join()))
        })),
        function("slice", &[], "(n, indices)", "plays parts of a sample", M(2, |eval, p, a, at| {
            Ok(Js::Pattern(p.slice(&eval.reify(argument(a, 0), at)?, &eval.sequence(argument(a, 1), at)?)))
        })),
        function("splice", &[], "(n, indices)", "plays parts of a sample, sped to fit", M(2, |eval, p, a, at| {
            Ok(Js::Pattern(p.splice(&eval.reify(argument(a, 0), at)?, &eval.sequence(argument(a, 1), at)?)))
        })),
        function("scrub", &[], "(positions)", "plays a sample from positions in it", M(1, |eval, p, a, at| Ok(Js::Pattern(p.scrub(&eval.sequence(argument(a, 0), at)?))))),
        function("bite", &[], "(n, indices)", "plays parts of the cycle", M(2, |eval, p, a, at| {
            let indices = eval.sequence(argument(a, 1), at)?;
            let p = p.clone();
            super::joined(eval, &[eval.reify(argument(a, 0), at)?], at, move |v| Ok(p.bite(Ratio::from_f64(number(v, 0)), &indices))).map(Js::Pattern)
        })),
        function("struct", &[], "(beats)", "plays at the beats", M(1, |eval, p, a, at| Ok(Js::Pattern(p.structured(&sequence(eval, a, at)?))))),
        function("mask", &[], "(on)", "plays while on", M(1, |eval, p, a, at| keep_if(eval, p, a, at, audio_pattern::Alignment::In))),
        function("reset", &[], "(beats)", "restarts the cycle at the beats", M(1, |eval, p, a, at| keep_if(eval, p, a, at, audio_pattern::Alignment::Reset))),
        function("restart", &[], "(beats)", "restarts from the beginning at the beats", M(1, |eval, p, a, at| keep_if(eval, p, a, at, audio_pattern::Alignment::Restart))),
        function("as", &[], "(names)", "reads a:b as the named controls", M(1, |eval, p, a, at| {
            let names = match argument(a, 0) {
                Js::Pattern(pattern) => pattern.first_value(),
                other => eval.value(other, at)?,
            };
            let names: Vec<String> = match &names {
                Value::List(list) => list.iter().filter_map(|name| name.as_text().map(String::from)).collect(),
                Value::Text(text) => text.split(':').map(String::from).collect(),
                _ => return Err(Error::new("as needs the names of controls", at).hint("as(\"note:clip\")")),
            };
            Ok(Js::Pattern(p.map(move |value| {
                let values = match value {
                    Value::List(list) => list.to_vec(),
                    value => vec![value.clone()],
                };
                Value::Controls(names.iter().map(|name| super::canonical(name)).zip(values).collect())
            }).with_steps(None)))
        })),
        function("resetJoin", &[], "()", "joins a pattern of patterns, each from its cycle's start", Kind::Values(0, |p, _| Ok(p.join(Join::Reset)))),
        function("restartJoin", &[], "()", "joins a pattern of patterns, each from its beginning", Kind::Values(0, |p, _| Ok(p.join(Join::Restart)))),
        function("polyJoin", &[], "()", "joins a pattern of patterns, step by step", Kind::Values(0, |p, _| Ok(p.join(Join::Poly)))),
        function("stepJoin", &[], "()", "joins a pattern of patterns, one after another by their steps", Kind::Values(0, |p, _| Ok(p.join(Join::Step)))),
        function("join", &["mixJoin"], "()", "joins a pattern of patterns", Kind::Values(0, |p, _| Ok(p.mix_join()))),
        function("innerJoin", &[], "()", "joins a pattern of patterns, keeping the inner times", Kind::Values(0, |p, _| Ok(p.inner_join()))),
        function("outerJoin", &[], "()", "joins a pattern of patterns, keeping the outer times", Kind::Values(0, |p, _| Ok(p.outer_join()))),
        function("squeezeJoin", &[], "()", "joins a pattern of patterns, squeezed into each event", Kind::Values(0, |p, _| Ok(p.squeeze_join()))),
        function("appLeft", &[], "(pattern)", "calls these functions with the other's values", M(1, |eval, p, a, at| Ok(Js::Pattern(p.call_each(&sequence(eval, a, at)?))))),
        function("appRight", &[], "(pattern)", "calls these functions at the other's times", M(1, |eval, p, a, at| Ok(Js::Pattern(p.call_from_right(&sequence(eval, a, at)?))))),
        function("appBoth", &[], "(pattern)", "calls these functions where both meet", M(1, |eval, p, a, at| Ok(Js::Pattern(p.call_both(&sequence(eval, a, at)?))))),

        function("setcpm", &["setCpm"], "(cycles per minute)", "sets the tempo", F(|eval, a, at| set_tempo(eval, argument(a, 0).number() / 60.0, at))),
        function("setcps", &["setCps"], "(cycles per second)", "sets the tempo", F(|eval, a, at| set_tempo(eval, argument(a, 0).number(), at))),
        function("all", &[], "(function)", "changes everything that plays", F(|eval, a, _| {
            eval.runtime.said.with(|said| said.all.push(argument(a, 0).clone()));
            Ok(Js::Undefined)
        })),
        function("each", &[], "(function)", "changes each part that plays", F(|eval, a, _| {
            eval.runtime.said.with(|said| said.each.push(argument(a, 0).clone()));
            Ok(Js::Undefined)
        })),
        function("useRNG", &[], "(name)", "chooses the random generator: legacy or precise", F(|eval, a, at| {
            let generator = match argument(a, 0).display().as_str() {
                "legacy" => Generator::Legacy,
                "precise" => Generator::Precise,
                other => return Err(Error::new(format!("there is no generator {other:?}"), at).hint("legacy or precise")),
            };
            eval.runtime.said.with(|said| said.generator = generator);
            Ok(Js::Undefined)
        })),
        function("register", &[], "(name, (…arguments, pattern) => …)", "makes a method of your own", F(register)),
        function("p", &[], "(name)", "plays this pattern under a name", M(1, |eval, p, a, at| {
            let name = argument(a, 0).display();
            eval.runtime.said.with(|said| said.label(&name.into(), p.clone(), at));
            Ok(Js::Pattern(p.clone()))
        })),
        function("cue", &[], "(name, values)", "says values to a parameter of the picture", F(|eval, a, at| {
            let name = argument(a, 0).display();
            if name.is_empty() || a.len() < 2 {
                return Err(Error::new("cue needs a parameter's name and its values", at).hint("cue(\"glow\", sine.segment(16))"));
            }
            let name: std::sync::Arc<str> = name.into();
            Ok(Js::Pattern(eval.sequence(argument(a, 1), at)?.map(move |value| {
                Value::Controls(std::iter::once((&*name, value.clone())).collect())
            })))
        })),
        function("q", &[], "(name)", "mutes this pattern", M(0, |_, _, _, _| Ok(Js::Pattern(Pattern::silence())))),
        function("log", &["logValues", "console"], "()", "shows events", Kind::Values(0, |p, _| Ok(p.clone()))),
    ]
}

pub(super) fn argument(arguments: &[Js], at: usize) -> &Js {
    arguments.get(at).unwrap_or(&Js::Undefined)
}

pub(super) fn number(values: &[Value], at: usize) -> f64 {
    values.get(at).and_then(|value| value.numeral().ok()).unwrap_or(0.0)
}

/// A pattern of so many steps; a fault where they are too many.
fn counted(values: &[Value], at: usize, make: impl Fn(usize) -> Pattern) -> Pattern {
    let n = number(values, at).max(0.0);
    if n > audio_pattern::MAX_SEQUENCE as f64 {
        let limit = audio_pattern::MAX_SEQUENCE;
        return Pattern::fault(audio_pattern::Fault::Value {
            message: format!("{n} steps are more than {limit}"),
        });
    }
    make(n as usize)
}

fn bipolar(pattern: &Pattern) -> Pattern {
    pattern.numbers(|x| x * 2.0 - 1.0)
}

fn brand_by(chance: f64) -> Pattern {
    Pattern::rand().map(move |x| Value::Bool(x.as_number().is_some_and(|x| x < chance)))
}

fn beats(value: &Value) -> Vec<bool> {
    match value {
        Value::List(items) => items.iter().map(Value::truthy).collect(),
        value => vec![value.truthy()],
    }
}

pub(super) fn joined(
    eval: &Eval,
    arguments: &[Js],
    count: usize,
    at: At,
    make: fn(&[Value]) -> Pattern,
) -> Result<Js> {
    if arguments.len() < count {
        return Err(Error::new(format!("this needs {count} arguments, got {}", arguments.len()), at));
    }
    let patterns = arguments.iter().take(count).map(|one| eval.reify(one, at)).collect::<Result<Vec<_>>>()?;
    super::joined(eval, &patterns, at, move |values| Ok(make(values))).map(Js::Pattern)
}

fn sequence(eval: &Eval, arguments: &[Js], at: At) -> Result<Pattern> {
    match arguments {
        [one] => eval.sequence(one, at),
        many => Ok(Pattern::fastcat(sequences(eval, many, at)?)),
    }
}

pub(super) fn sequences(eval: &Eval, arguments: &[Js], at: At) -> Result<Vec<Pattern>> {
    eval.check_count(arguments.len(), at)?;
    arguments.iter().map(|one| eval.sequence(one, at)).collect()
}

pub(super) fn chosen(eval: &Eval, arguments: &[Js], at: At) -> Result<Vec<Pattern>> {
    if arguments.is_empty() {
        return Err(Error::new("there is nothing to choose from", at));
    }
    sequences(eval, arguments, at)
}

/// `[weight, pattern]` pairs, or patterns that weigh as much as they have steps.
fn weighted(eval: &Eval, arguments: &[Js], at: At) -> Result<Vec<(Ratio, Pattern)>> {
    eval.check_count(arguments.len(), at)?;
    arguments
        .iter()
        .map(|argument| match argument {
            Js::List(pair) => {
                let pair = pair.get();
                let weight = Ratio::from_f64(self::argument(&pair, 0).number());
                Ok((weight, eval.sequence(self::argument(&pair, 1), at)?))
            }
            other => {
                let pattern = eval.reify(other, at)?;
                Ok((pattern.steps().unwrap_or(Ratio::ONE), pattern))
            }
        })
        .collect()
}

/// `[value, weight]` pairs.
fn weights(eval: &Eval, arguments: &[Js], at: At) -> Result<Vec<(f64, Pattern)>> {
    eval.check_count(arguments.len(), at)?;
    arguments
        .iter()
        .map(|argument| match argument {
            Js::List(pair) => {
                let pair = pair.get();
                Ok((self::argument(&pair, 1).number(), eval.sequence(self::argument(&pair, 0), at)?))
            }
            other => Ok((1.0, eval.reify(other, at)?)),
        })
        .collect()
}

fn keep_if(
    eval: &Eval,
    pattern: &Pattern,
    arguments: &[Js],
    at: At,
    alignment: audio_pattern::Alignment,
) -> Result<Js> {
    let on = sequence(eval, arguments, at)?;
    Ok(Js::Pattern(pattern.combine(audio_pattern::Op::KeepIf, alignment, &on)))
}

fn set_tempo(eval: &Eval, cps: f64, at: At) -> Result<Js> {
    if !(cps > 0.0 && cps.is_finite()) {
        return Err(Error::new("the tempo must be a number above 0", at));
    }
    eval.runtime.said.with(|said| said.cps = Some(cps));
    Ok(Js::Undefined)
}

fn register(eval: &Eval, arguments: &[Js], at: At) -> Result<Js> {
    let names = match argument(arguments, 0) {
        Js::List(names) => names.get(),
        one => vec![one.clone()],
    };
    let function = argument(arguments, 1).clone();
    let Js::Function(callable) = &function else {
        return Err(Error::new("register needs a name and a function", at));
    };
    let arity = match &**callable {
        crate::js::Callable::Closure { code, .. } => code.parameters.len(),
        _ => 1,
    };
    let mut last = Js::Undefined;
    for name in names {
        let name = match &name {
            Js::Pattern(pattern) => {
                pattern.constant().and_then(|v| v.as_text().map(String::from)).unwrap_or_default()
            }
            other => other.display(),
        };
        let registered =
            std::sync::Arc::new(Registered { name: name.into(), function: function.clone(), arity });
        eval.runtime.said.with(|said| said.register(registered.clone()));
        last = eval.arena.function(crate::js::Callable::Registered(registered, None));
    }
    Ok(last)
}
