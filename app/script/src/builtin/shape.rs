//! Functions whose arguments are values: times, amounts, counts.

use audio_pattern::{Alignment, Fault, Op, Pattern, Ratio, Value};

use super::{Function, Kind, function};

fn value(values: &[Value], at: usize) -> &Value {
    values.get(at).unwrap_or(&Value::Nothing)
}

fn number(values: &[Value], at: usize) -> Result<f64, Fault> {
    value(values, at).numeral()
}

fn ratio(values: &[Value], at: usize) -> Result<Ratio, Fault> {
    number(values, at).map(Ratio::from_f64)
}

fn whole(values: &[Value], at: usize) -> Result<i64, Fault> {
    number(values, at).map(|x| x.floor() as i64)
}

/// How many parts a function may cut a pattern into.
const MAX_PARTS: i64 = 256;

/// A number of parts or copies.
fn count(values: &[Value], at: usize) -> Result<i64, Fault> {
    let n = whole(values, at)?;
    if n > MAX_PARTS {
        return Err(Fault::value(format!("{n} parts are more than {MAX_PARTS}")));
    }
    Ok(n)
}

/// How finely samples are cut, which need not be whole.
fn parts(values: &[Value]) -> Result<f64, Fault> {
    count(values, 0)?;
    values.first().unwrap_or(&Value::Nothing).numeral()
}

fn checked_beats(beats: i64, steps: i64) -> Result<(), Fault> {
    if beats.saturating_abs() > steps {
        return Err(Fault::value(format!("({beats},{steps}) asks for more beats than there are steps")));
    }
    if steps > audio_pattern::MAX_SEQUENCE as i64 {
        return Err(Fault::value(format!("a rhythm has at most {} steps", audio_pattern::MAX_SEQUENCE)));
    }
    Ok(())
}

fn listed(values: &[Value], at: usize) -> Vec<f64> {
    match value(values, at) {
        Value::List(items) => items.iter().filter_map(Value::as_number).collect(),
        value => value.as_number().into_iter().collect(),
    }
}

#[rustfmt::skip]
pub(super) fn functions() -> Vec<Function> {
    use Kind::{Steps as S, Values as V};
    vec![
        function("fast", &[], "(factor)", "speeds up", V(1, |p, v| Ok(p.fast(ratio(v, 0)?)))),
        function("slow", &["sparsity"], "(factor)", "slows down", V(1, |p, v| Ok(p.slow(ratio(v, 0)?)))),
        function("early", &[], "(cycles)", "starts earlier", V(1, |p, v| Ok(p.early(ratio(v, 0)?)))),
        function("late", &[], "(cycles)", "starts later", V(1, |p, v| Ok(p.late(ratio(v, 0)?)))),
        function("hurry", &[], "(factor)", "speeds up, samples too", V(1, |p, v| Ok(p.hurry(ratio(v, 0)?)))),
        function("rev", &[], "()", "plays each cycle backwards", V(0, |p, _| Ok(p.rev()))),
        function("revv", &[], "()", "plays all of time backwards", V(0, |p, _| Ok(p.revv()))),
        function("palindrome", &[], "()", "plays every other cycle backwards", V(0, |p, _| Ok(p.palindrome()))),
        function("iter", &[], "(n)", "starts each cycle one of n parts later", V(1, |p, v| Ok(p.iter(count(v, 0)?, false)))),
        function("iterBack", &["iterback"], "(n)", "starts each cycle one of n parts earlier", V(1, |p, v| Ok(p.iter(count(v, 0)?, true)))),
        function("ply", &[], "(n)", "repeats each event n times in its time", V(1, |p, v| Ok(p.ply(ratio(v, 0)?)))),
        function("segment", &["seg"], "(n)", "samples n times a cycle", V(1, |p, v| Ok(p.segment(ratio(v, 0)?)))),
        function("fastGap", &["fastgap", "densityGap"], "(factor)", "speeds up and leaves a gap", V(1, |p, v| Ok(p.fast_gap(ratio(v, 0)?)))),
        function("compress", &[], "(begin, end)", "squeezes the cycle between two times", V(2, |p, v| Ok(p.compress(ratio(v, 0)?, ratio(v, 1)?)))),
        function("focus", &[], "(begin, end)", "squeezes cycles between two times, over and over", V(2, |p, v| Ok(p.focus(ratio(v, 0)?, ratio(v, 1)?)))),
        function("zoom", &["zoomArc", "zoomarc"], "(begin, end)", "plays a part of the cycle over all of it", V(2, |p, v| Ok(p.zoom(ratio(v, 0)?, ratio(v, 1)?)))),
        function("ribbon", &["rib"], "(offset, cycles)", "loops some cycles from an offset", V(2, |p, v| Ok(p.ribbon(ratio(v, 0)?, ratio(v, 1)?)))),
        function("linger", &[], "(fraction)", "repeats the first part of each cycle", V(1, |p, v| Ok(p.linger(ratio(v, 0)?)))),
        function("repeatCycles", &[], "(n)", "plays each cycle n times", V(1, |p, v| Ok(p.repeat_cycles(whole(v, 0)?)))),
        function("swingBy", &[], "(amount, n)", "delays the second half of each of n parts", V(2, |p, v| Ok(p.swing_by(ratio(v, 0)?, ratio(v, 1)?)))),
        function("swing", &[], "(n)", "swings by a third", V(1, |p, v| Ok(p.swing_by(Ratio::new(1, 3), ratio(v, 0)?)))),
        function("brak", &[], "()", "syncopates every other cycle", V(0, |p, _| Ok(p.brak()))),
        function("press", &[], "()", "starts each event half way", V(0, |p, _| Ok(p.press_by(Ratio::new(1, 2))))),
        function("pressBy", &[], "(fraction)", "starts each event at a fraction of it", V(1, |p, v| Ok(p.press_by(ratio(v, 0)?)))),
        function("cpm", &[], "(cycles per minute)", "plays at a tempo of its own", V(1, |p, v| Ok(p.fast(ratio(v, 0)? / Ratio::whole(30))))),

        function("euclid", &[], "(beats, steps)", "spreads beats over steps", V(2, |p, v| {
            let (beats, steps) = (whole(v, 0)?, whole(v, 1)?);
            checked_beats(beats, steps)?;
            Ok(p.euclid(beats, steps, 0))
        })),
        function("euclidRot", &["euclidrot"], "(beats, steps, rotation)", "spreads beats over steps, rotated", V(3, |p, v| {
            let (beats, steps) = (whole(v, 0)?, whole(v, 1)?);
            checked_beats(beats, steps)?;
            Ok(p.euclid(beats, steps, whole(v, 2)?))
        })),
        function("euclidLegato", &[], "(beats, steps)", "spreads beats over steps, each held", V(2, |p, v| {
            let (beats, steps) = (whole(v, 0)?, whole(v, 1)?);
            checked_beats(beats, steps)?;
            Ok(p.euclid_legato(beats, steps, 0))
        })),
        function("euclidLegatoRot", &[], "(beats, steps, rotation)", "spreads beats over steps, each held, rotated", V(3, |p, v| {
            let (beats, steps) = (whole(v, 0)?, whole(v, 1)?);
            checked_beats(beats, steps)?;
            Ok(p.euclid_legato(beats, steps, whole(v, 2)?))
        })),
        function("bjork", &[], "([beats, steps, rotation])", "spreads beats over steps, as a list", V(1, |p, v| {
            let list = listed(v, 0);
            let at = |i: usize| list.get(i).copied().unwrap_or(0.0) as i64;
            let steps = if list.len() > 1 { at(1) } else { at(0) };
            checked_beats(at(0), steps)?;
            Ok(p.euclid(at(0), steps, at(2)))
        })),
        function("euclidish", &["eish"], "(beats, steps, even)", "spreads beats over steps, on the way to even", V(3, |p, v| {
            let (beats, steps) = (whole(v, 0)?, whole(v, 1)?);
            checked_beats(beats, steps)?;
            Ok(p.euclidish(beats, steps, ratio(v, 2)?))
        })),
        function("beat", &[], "(position, parts)", "plays at one of the cycle's parts", V(2, |p, v| Ok(p.beat(ratio(v, 0)?, ratio(v, 1)?)))),

        function("degradeBy", &[], "(amount)", "drops a random share of events", V(1, |p, v| Ok(p.degrade_by(number(v, 0)?)))),
        function("degrade", &[], "()", "drops half of the events at random", V(0, |p, _| Ok(p.degrade_by(0.5)))),
        function("undegradeBy", &[], "(amount)", "keeps what degradeBy(1 - amount) drops", V(1, |p, v| Ok(p.undegrade_by(number(v, 0)?)))),
        function("undegrade", &[], "()", "keeps what degrade drops", V(0, |p, _| Ok(p.undegrade_by(0.5)))),
        function("shuffle", &[], "(n)", "plays n parts in random order, each once", V(1, |p, v| Ok(p.shuffle(count(v, 0)?)))),
        function("scramble", &[], "(n)", "plays n parts picked at random", V(1, |p, v| Ok(p.scramble(count(v, 0)?)))),
        function("seed", &[], "(n)", "starts random numbers from a seed", V(1, |p, v| Ok(p.seed(number(v, 0)?)))),

        function("chop", &[], "(n)", "cuts samples into n pieces", V(1, |p, v| Ok(p.chop(parts(v)?)))),
        function("striate", &[], "(n)", "interlaces n pieces of each sample", V(1, |p, v| Ok(p.striate(parts(v)?)))),
        function("loopAt", &["loopat"], "(cycles)", "stretches a sample over cycles", V(1, |p, v| Ok(p.loop_at(ratio(v, 0)?)))),
        function("loopAtCps", &["loopatcps"], "(cycles, cycles per second)", "stretches a sample over cycles at a tempo", V(2, |p, v| {
            let (cycles, speed) = (ratio(v, 0)?, number(v, 1)? / number(v, 0)?);
            let controls = [("speed", Value::Number(speed)), ("unit", Value::text("c"))].into_iter().collect::<audio_pattern::Controls>();
            Ok(p.combine(Op::Set, Alignment::In, &Pattern::pure(controls)).slow(cycles))
        })),
        function("fit", &[], "()", "speeds a sample to fit its event", V(0, |p, _| Ok(p.fit()))),

        function("take", &["s_add"], "(steps)", "keeps the first steps", S(1, |p, v| Ok(p.take(ratio(v, 0)?)))),
        function("drop", &["s_sub"], "(steps)", "drops the first steps", S(1, |p, v| Ok(p.drop(ratio(v, 0)?)))),
        function("expand", &["s_expand"], "(factor)", "counts as more steps", S(1, |p, v| Ok(p.expand(ratio(v, 0)?)))),
        function("contract", &["s_contract"], "(factor)", "counts as fewer steps", S(1, |p, v| Ok(p.expand(Ratio::ONE / ratio(v, 0)?)))),
        function("extend", &["s_extend"], "(factor)", "repeats and counts as more steps", S(1, |p, v| Ok(p.extend(ratio(v, 0)?)))),
        function("replicate", &[], "(n)", "repeats each cycle's steps", S(1, |p, v| Ok(p.replicate(count(v, 0)?)))),
        function("shrink", &[], "(steps)", "repeats, shorter each time", S(1, |p, v| Ok(p.shrink(ratio(v, 0)?)))),
        function("grow", &[], "(steps)", "repeats, longer each time", S(1, |p, v| Ok(p.grow(ratio(v, 0)?)))),
        function("pace", &["steps"], "(n)", "plays n steps a cycle", V(1, |p, v| Ok(p.pace(ratio(v, 0)?)))),

        function("range", &[], "(low, high)", "stretches 0..1 to low..high", V(2, |p, v| Ok(p.range(number(v, 0)?, number(v, 1)?)))),
        function("range2", &[], "(low, high)", "stretches -1..1 to low..high", V(2, |p, v| {
            Ok(p.numbers(|x| (x + 1.0) / 2.0).range(number(v, 0)?, number(v, 1)?))
        })),
        function("rangex", &[], "(low, high)", "stretches 0..1 to low..high, exponentially", V(2, |p, v| {
            Ok(p.range(number(v, 0)?.ln(), number(v, 1)?.ln()).numbers(f64::exp))
        })),
        function("round", &[], "()", "rounds to the nearest whole number", V(0, |p, _| Ok(p.numbers(|x| (x + 0.5).floor())))),
        function("floor", &[], "()", "rounds down", V(0, |p, _| Ok(p.numbers(f64::floor)))),
        function("ceil", &[], "()", "rounds up", V(0, |p, _| Ok(p.numbers(f64::ceil)))),
        function("log2", &[], "()", "the logarithm to base 2", V(0, |p, _| Ok(p.numbers(f64::log2)))),
        function("fromBipolar", &[], "()", "maps -1..1 to 0..1", V(0, |p, _| Ok(p.numbers(|x| (x + 1.0) / 2.0)))),
        function("toBipolar", &[], "()", "maps 0..1 to -1..1", V(0, |p, _| Ok(p.numbers(|x| x * 2.0 - 1.0)))),
        function("ratio", &[], "()", "reads a:b as a divided by b", V(0, |p, _| Ok(p.ratios()))),
        function("inv", &["invert"], "()", "turns true and false around", V(0, |p, _| Ok(p.map(|value| Value::Bool(!value.truthy()))))),
        function("asNumber", &[], "()", "reads words as numbers", V(0, |p, _| Ok(p.numbers(|x| x)))),
        function("bypass", &[], "(on)", "silences where on is true", V(1, |p, v| {
            Ok(if value(v, 0).truthy() && value(v, 0).as_number() != Some(0.0) { Pattern::silence() } else { p.clone() })
        })),
        function("hush", &[], "()", "silences", V(0, |_, _| Ok(Pattern::silence()))),
        function("collect", &[], "()", "gathers simultaneous events into lists", V(0, |p, _| Ok(p.collect_simultaneous()))),
        function("onsetsOnly", &[], "()", "keeps events whose start is there", V(0, |p, _| Ok(p.filter(|hap| Ok(hap.has_onset()))))),

        function("scale", &[], "(name)", "reads numbers as steps of a scale, notes as its nearest", V(1, |p, v| p.scale(value(v, 0)))),
        function("scaleTranspose", &["scaleTrans", "strans"], "(steps)", "moves notes by steps of their scale", V(1, |p, v| Ok(p.scale_transpose(number(v, 0)?)))),
        function("transpose", &["trans"], "(interval)", "moves notes by half tones or an interval", V(1, |p, v| p.transpose(value(v, 0)))),
        function("rootNotes", &["rootnotes"], "(octave)", "the roots of chords", V(1, |p, v| Ok(p.root_notes(whole(v, 0)?)))),
        function("arp", &[], "(indices)", "plays chords note by note", Kind::Method(1, |eval, p, a, at| {
            Ok(crate::js::Js::Pattern(p.arp(&eval.sequence(a.first().unwrap_or(&crate::js::Js::Undefined), at)?)))
        })),

        function("adsr", &[], "(a:d:s:r)", "attack, decay, sustain and release in one", Kind::Method(1, |eval, p, a, at| {
            let other = eval.sequence(a.first().unwrap_or(&crate::js::Js::Undefined), at)?;
            Ok(crate::js::Js::Pattern(p.combine(Op::Set, Alignment::In, &envelope(&other, &["attack", "decay", "sustain", "release"]))))
        })),
        function("ad", &[], "(a:d)", "attack and decay in one", Kind::Method(1, |eval, p, a, at| {
            let other = eval.sequence(a.first().unwrap_or(&crate::js::Js::Undefined), at)?;
            Ok(crate::js::Js::Pattern(p.combine(Op::Set, Alignment::In, &envelope(&other, &["attack", "decay"]))))
        })),
        function("ar", &[], "(a:r)", "attack and release in one", Kind::Method(1, |eval, p, a, at| {
            let other = eval.sequence(a.first().unwrap_or(&crate::js::Js::Undefined), at)?;
            Ok(crate::js::Js::Pattern(p.combine(Op::Set, Alignment::In, &envelope(&other, &["attack", "release"]))))
        })),
        function("ds", &[], "(d:s)", "decay and sustain in one", Kind::Method(1, |eval, p, a, at| {
            let other = eval.sequence(a.first().unwrap_or(&crate::js::Js::Undefined), at)?;
            Ok(crate::js::Js::Pattern(p.combine(Op::Set, Alignment::In, &envelope(&other, &["decay", "sustain"]))))
        })),
    ]
}

/// Lists as the controls of `keys`; one value alone sets them all.
fn envelope(pattern: &Pattern, keys: &'static [&'static str]) -> Pattern {
    pattern.map(move |value| {
        let list = match value {
            Value::List(list) => list.to_vec(),
            value => vec![value.clone()],
        };
        let last = list.last().cloned();
        let at = |i: usize| list.get(i).cloned().or_else(|| last.clone());
        Value::Controls(keys.iter().enumerate().filter_map(|(i, key)| Some((*key, at(i)?))).collect())
    })
}
