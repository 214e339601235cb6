//! Hydra's chains: `osc(10, .1).rotate(() => time).out(o0)`.
//!
//! A chain is built as the code is evaluated, argument by argument, by `renderer-scene`, which knows
//! the functions. What moves is data: arrow functions become expressions ([`arrow`]), lists step in
//! time, patterns become what they say at each beat of their first cycles.

mod arrow;

use std::sync::Arc;

use audio_pattern::{Pattern, Span, State, Value};
use renderer_scene::hydra::{
    Arg, Chain, Function, FunctionKind, HydraError, MAX_PARAMS, NUM_OUTPUTS, Render, Sketch, SourcePicture,
    Texture, function,
};
use renderer_scene::{BinaryOp, Ease, Expr, ParamKind, ParamSpec, Steps, Var};

use crate::builtin;
use crate::code::At;
use crate::error::{Error, Result};
use crate::eval::Eval;
use crate::js::{Callable, Js, Scope};

/// Beats in a cycle: patterns count cycles, pictures beats.
const BEATS_PER_CYCLE: f64 = 4.0;
/// Cycles of a pattern that a chain repeats.
const PATTERN_CYCLES: i64 = 4;
/// Steps of a continuous pattern in a cycle.
const STEPS_PER_CYCLE: i64 = 8;
/// Values of a pattern in a chain at most: each is looked through at every frame.
const MAX_PATTERN_VALUES: usize = 32;

/// Statements of Hydra's about the browser or the microphone, which mean nothing here.
const NOTHINGS: [&str; 8] =
    ["initHydra", "setResolution", "setBins", "setSmooth", "setCutoff", "setScale", "show", "hide"];
/// Ways Hydra has to get pictures from elsewhere.
const INITS: [&str; 8] =
    ["init", "initCam", "initVideo", "initImage", "initScreen", "initStream", "initCanvas", "clear"];

/// A chain on its way.
#[derive(Clone)]
pub(crate) struct Light {
    chain: Chain,
    /// How much its copy costs, in steps.
    weight: usize,
    /// What the call would be in music, where its name means something there too: `shape(.3)`.
    pub(crate) pattern: Option<Pattern>,
}

/// What a program said about light.
#[derive(Clone, Default)]
pub(crate) struct Lights {
    outputs: [Option<Chain>; NUM_OUTPUTS as usize],
    sources: [SourcePicture; NUM_OUTPUTS as usize],
    render: Option<Render>,
    /// Faders, in the order they were named.
    params: Vec<ParamSpec>,
    /// Where a chain was begun, while none has gone to an output.
    begun: Option<At>,
}

/// A name of Hydra's on its own; `None` for any other.
pub(crate) fn global(eval: &Eval, name: &str) -> Option<Js> {
    if let Some(found) = function(name).filter(|found| found.kind == FunctionKind::Source) {
        return Some(eval.arena.function(Callable::Light(found)));
    }
    let texture = |of: fn(u8) -> Texture, idx: &str| {
        idx.parse().ok().filter(|idx| *idx < NUM_OUTPUTS).map(|idx| Js::Texture(of(idx)))
    };
    match (name.split_at_checked(1)?, name) {
        (("o", idx), _) if idx.len() == 1 => texture(Texture::Output, idx),
        (("s", idx), _) if idx.len() == 1 => texture(Texture::Source, idx),
        (
            _,
            "param" | "render" | "initHydra" | "setResolution" | "setFunction" | "loadScript" | "a" | "mouse",
        ) => Some(eval.arena.function(Callable::LightWord(name.into()))),
        _ => None,
    }
}

/// Calls a source: `osc(10)`.
pub(crate) fn source(eval: &Eval, function: &'static Function, arguments: &[Js], at: At) -> Result<Js> {
    // Names that mean something in music too get texts and patterns there.
    let musical = builtin::find(function.name);
    if let (Some(musical), Some(Js::Pattern(_) | Js::Text(_))) = (musical, arguments.first()) {
        return builtin::call(eval, musical, arguments.to_vec(), at);
    }
    eval.runtime.said.with(|said| said.lights.begun.get_or_insert(at).0);
    let args = numbers(eval, function, arguments, at)?;
    let chain = Chain::source(function.name, args).map_err(|error| refused(&error, at))?;
    let pattern = match (musical, arguments) {
        (Some(musical), [Js::Number(_)]) => match builtin::call(eval, musical, arguments.to_vec(), at)? {
            Js::Pattern(pattern) => Some(pattern),
            _ => None,
        },
        _ => None,
    };
    Ok(Js::Light(Arc::new(Light { chain, weight: 1, pattern })))
}

/// Calls a word of Hydra's that is no chain.
pub(crate) fn word(eval: &Eval, name: &str, arguments: &[Js], at: At) -> Result<Js> {
    match name {
        "render" => {
            let render = match arguments.first() {
                None | Some(Js::Undefined) => Render::All,
                Some(Js::Texture(Texture::Output(idx))) => Render::Output(*idx),
                Some(other) => {
                    let message = format!("render takes an output, not {}", other.kind());
                    return Err(Error::new(message, at).hint("render(o1), or render() for all four"));
                }
            };
            eval.runtime.said.with(|said| said.lights.render = Some(render));
        }
        "param" => return param(eval, arguments, at),
        "setFunction" => {
            return Err(Error::new("setFunction is not known here", at)
                .hint("write a scene of your own: jamlight scenes new"));
        }
        "loadScript" => {
            return Err(Error::new("scripts are not loaded from the net", at));
        }
        "a" | "mouse" => return Err(Error::new(format!("{name} is no function"), at)),
        _ => {}
    }
    Ok(Js::Undefined)
}

/// `param('glow', .2, 0, 1)`: a fader of the scene, which people, controllers and cues move.
fn param(eval: &Eval, arguments: &[Js], at: At) -> Result<Js> {
    let name = arguments.first().map(Js::display).unwrap_or_default();
    let given = |idx: usize, default: f32| match arguments.get(idx) {
        None | Some(Js::Undefined) => Some(default),
        Some(value) => Some(value.number() as f32).filter(|x| x.is_finite()),
    };
    let (Some(min), Some(max)) = (given(2, 0.0), given(3, 1.0)) else {
        return Err(Error::new("the range of a param is two numbers", at).hint("param('glow', .5, 0, 1)"));
    };
    let (Some(default), false) = (given(1, min), name.is_empty()) else {
        return Err(Error::new("a param has a name and a number", at).hint("param('glow', .5, 0, 1)"));
    };
    let kind =
        ParamKind::Float { min, max: max.max(min), default: default.clamp(min, max.max(min)), clock: false };
    let idx = eval.runtime.said.with(|said| {
        let params = &mut said.lights.params;
        match params.iter().position(|known| known.name == name) {
            Some(idx) => idx,
            None => {
                params.push(ParamSpec { label: name.clone(), name, kind });
                params.len() - 1
            }
        }
    });
    if idx >= MAX_PARAMS {
        return Err(Error::new(format!("a sketch has at most {MAX_PARAMS} params"), at));
    }
    Ok(Js::Live(Arc::new(Expr::Var(Var::Param(idx as u8)))))
}

/// A property of a word: `a.fft`, `mouse.x`. Only arrow functions see them move.
pub(crate) fn word_member(word: &str, name: &str, at: At) -> Result<Js> {
    if word == "a" && NOTHINGS.contains(&name) {
        return Ok(Js::Undefined);
    }
    let example = if word == "a" { "() => a.fft[0]" } else { "() => mouse.x / width" };
    Err(Error::new(format!("{word}.{name} changes all the time"), at)
        .hint(format!("put it in an arrow function: {example}")))
}

/// `texture.name(…)`.
pub(crate) fn texture_method(eval: &Eval, texture: Texture, name: &str, at: At) -> Result<Js> {
    match texture {
        Texture::Source(idx) if INITS.contains(&name) => {
            eval.runtime.said.with(|said| {
                if let Some(source) = said.lights.sources.get_mut(usize::from(idx)) {
                    *source =
                        if name == "clear" { SourcePicture::Empty } else { SourcePicture::Show(idx % 2) };
                }
                if name != "clear" {
                    let error = Error::new(format!("s{idx} shows the show's picture"), at)
                        .hint("cameras, videos and the net are not opened by code");
                    said.problems.push(error);
                }
            });
            Ok(Js::Undefined)
        }
        Texture::Source(idx) => {
            Err(Error::new(format!("s{idx} has no {name}"), at).hint(format!("src(s{idx}).{name}(…)")))
        }
        Texture::Output(idx) => {
            Err(Error::new(format!("o{idx} has no {name}"), at).hint(format!("src(o{idx}).{name}(…)")))
        }
    }
}

/// `chain.name(…)`.
pub(crate) fn method(eval: &Eval, light: &Arc<Light>, name: &str, arguments: &[Js], at: At) -> Result<Js> {
    if name == "out" {
        let output = match arguments.first() {
            None | Some(Js::Undefined) => 0,
            Some(Js::Texture(Texture::Output(idx))) => *idx,
            Some(other) => {
                return Err(
                    Error::new(format!("out takes an output, not {}", other.kind()), at).hint("out(o0)")
                );
            }
        };
        let chain = light.chain.clone();
        eval.runtime.said.with(|said| {
            if let Some(slot) = said.lights.outputs.get_mut(usize::from(output)) {
                *slot = Some(chain);
            }
        });
        return Ok(Js::Undefined);
    }
    let Some(found) = function(name) else {
        // A call that is music as well goes on as music.
        if let (Some(pattern), true) = (&light.pattern, builtin::find(name).is_some()) {
            return eval.call_method(&Js::Pattern(pattern.clone()), name, arguments.to_vec(), at);
        }
        let error = light.chain.clone().then(name, []).err();
        return Err(
            error.map_or_else(|| Error::new(format!("a chain has no {name}"), at), |e| refused(&e, at))
        );
    };
    let args = numbers(eval, found, arguments, at)?;
    let weight = light.weight + 1 + arguments.iter().map(weight_of).sum::<usize>();
    eval.runtime.spend_steps(weight, at)?;
    let chain = light.chain.clone().then(name, args).map_err(|error| refused(&error, at))?;
    Ok(Js::Light(Arc::new(Light { chain, weight, pattern: None })))
}

fn weight_of(argument: &Js) -> usize {
    match argument {
        Js::Light(light) => light.weight,
        Js::Function(_) => 16,
        Js::List(list) => list.with(|all| all.len()),
        _ => 1,
    }
}

fn refused(error: &HydraError, at: At) -> Error {
    Error::new(error.to_string(), at)
}

/// The arguments of a call; what is left out in the middle is its default.
fn numbers(eval: &Eval, function: &Function, arguments: &[Js], at: At) -> Result<Vec<Arg>> {
    let textures = usize::from(function.takes_texture);
    let given = arguments.iter().take(textures + function.numbers.len()).enumerate();
    given
        .map(|(idx, argument)| match (argument, idx < textures) {
            (Js::Texture(texture), _) => Ok(Arg::Texture(*texture)),
            (Js::Light(light), _) => Ok(Arg::Chain(light.chain.clone())),
            (Js::Undefined | Js::Null, false) => {
                Ok(Arg::from(function.numbers.get(idx - textures).map_or(0.0, |(_, default)| *default)))
            }
            // The chain itself says what it needs instead.
            (_, true) => Ok(Arg::from(0.0)),
            (argument, false) => Ok(Arg::Number(number(eval, argument, at)?)),
        })
        .collect()
}

/// What a number of a chain is, or becomes from frame to frame.
fn number(eval: &Eval, argument: &Js, at: At) -> Result<Expr> {
    match argument {
        Js::Number(x) => Ok(Expr::Number(*x)),
        Js::Bool(on) => Ok(Expr::Number(f64::from(u8::from(*on)))),
        Js::Function(callable) => match &**callable {
            Callable::Closure { code, scope } => arrow::expr(eval, code, scope, at),
            _ => Err(Error::new("a chain takes arrow functions only", at).hint("() => time")),
        },
        Js::List(_) => Ok(Expr::Steps(Box::new(steps(eval, argument, at)?))),
        Js::Live(expr) => Ok((**expr).clone()),
        Js::Steps(steps) => Ok(Expr::Steps(Box::new((**steps).clone()))),
        Js::Pattern(pattern) => from_pattern(eval, pattern, at),
        other => Err(Error::new(format!("a chain takes numbers, not {}", other.kind()), at)),
    }
}

fn steps(eval: &Eval, list: &Js, at: At) -> Result<Steps> {
    let items = eval.items_of(list, at)?;
    Ok(Steps::new(items.iter().map(|item| number(eval, item, at)).collect::<Result<_>>()?))
}

/// Whether a method of a list is one of Hydra's.
pub(crate) fn steps_in_time(name: &str) -> bool {
    matches!(name, "fast" | "smooth" | "ease" | "offset" | "fit")
}

/// Hydra's methods of lists: `[1, 2].fast(2).smooth()`.
pub(crate) fn list_method(eval: &Eval, list: &Js, name: &str, arguments: &[Js], at: At) -> Result<Js> {
    let given = |idx: usize, default: f64| match arguments.get(idx) {
        None | Some(Js::Undefined) => default,
        Some(value) => value.number(),
    };
    let mut steps = match list {
        Js::Steps(steps) => (**steps).clone(),
        list => self::steps(eval, list, at)?,
    };
    eval.runtime.spend_steps(steps.values.len(), at)?;
    match name {
        "fast" => steps.fast = given(0, 1.0),
        "offset" => steps.offset = given(0, 0.5),
        "fit" => steps.fit = Some([given(0, 0.0), given(1, 1.0)]),
        "smooth" => steps.smooth = given(0, 1.0),
        _ => {
            let wanted = arguments.first().map_or_else(|| "linear".to_owned(), Js::display);
            steps.ease = Ease::from_name(&wanted).ok_or_else(|| {
                Error::new(format!("there is no ease {wanted:?}"), at).hint("linear, easeInOutCubic, sin, …")
            })?;
            // An ease glides over the whole step.
            steps.smooth = if steps.smooth > 0.0 { steps.smooth } else { 1.0 };
        }
    }
    Ok(Js::Steps(Arc::new(steps)))
}

/// What a pattern says in its first cycles, again and again, on the beat.
fn from_pattern(eval: &Eval, pattern: &Pattern, at: At) -> Result<Expr> {
    let refused =
        |what: &str| Err(Error::new(what.to_owned(), at).hint("a chain takes a pattern of numbers"));
    let ask = |pattern: &Pattern, cycles: i64| {
        pattern
            .query_with(Span::cycles(0, cycles), &State::default())
            .map_err(|fault| Error::new(fault.to_string(), at))
    };
    if let Some(x) = pattern.constant().and_then(Value::as_number) {
        return Ok(Expr::Number(x));
    }
    let mut haps = ask(pattern, PATTERN_CYCLES)?;
    if haps.iter().any(|hap| hap.whole.is_none()) {
        haps = ask(&pattern.segment(audio_pattern::Ratio::from(STEPS_PER_CYCLE)), PATTERN_CYCLES)?;
    }
    eval.runtime.spend_steps(haps.len() * 8, at)?;
    haps.sort_by_key(|hap| hap.part.begin);
    if haps.len() > MAX_PATTERN_VALUES {
        return refused("this pattern says too many things for a chain");
    }
    let length = PATTERN_CYCLES as f64 * BEATS_PER_CYCLE;
    let place =
        Expr::Binary(BinaryOp::Remainder, Box::new(Expr::Var(Var::Beat)), Box::new(Expr::Number(length)));
    let mut expr = Expr::Number(0.0);
    for hap in haps.iter().rev() {
        let Ok(value) = hap.value.numeral() else { return refused("this pattern says no numbers") };
        let end = Expr::Number(hap.part.end.to_f64() * BEATS_PER_CYCLE);
        let before = Expr::Binary(BinaryOp::Less, Box::new(place.clone()), Box::new(end));
        expr = Expr::If(Box::new(before), Box::new(Expr::Number(value)), Box::new(expr));
    }
    Ok(expr)
}

impl Lights {
    /// The sketch of a program, if it says one. `speed` and `bpm` are variables of the program's.
    pub(crate) fn sketch(&self, scope: &Scope) -> Option<Sketch> {
        if self.outputs.iter().all(Option::is_none) {
            return None;
        }
        let mut sketch = Sketch::new("code");
        for param in &self.params {
            // Their places are those the expressions know: the order is the same.
            sketch.param(param.clone()).ok()?;
        }
        for (idx, chain) in self.outputs.iter().enumerate() {
            if let Some(chain) = chain {
                sketch = sketch.out(idx as u8, chain.clone()).ok()?;
            }
        }
        for (idx, picture) in self.sources.iter().enumerate() {
            sketch = sketch.source(idx as u8, picture.clone()).ok()?;
        }
        if let Some(render) = self.render {
            sketch = sketch.render(render).ok()?;
        }
        let number = |name: &str| match scope.get(name) {
            Some(Js::Number(x)) => Some(x),
            _ => None,
        };
        if let Some(speed) = number("speed") {
            sketch = sketch.speed(speed);
        }
        if let Some(bpm) = number("bpm") {
            sketch = sketch.bpm(bpm);
        }
        Some(sketch)
    }

    /// Where a chain was begun that goes nowhere.
    pub(crate) fn lost(&self) -> Option<At> {
        self.begun.filter(|_| self.outputs.iter().all(Option::is_none))
    }
}
