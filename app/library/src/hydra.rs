//! The built-in scenes that are Hydra chains: data, written in Rust. It knows `renderer-scene` only, so that the
//! golden pictures of the stage can read this file as they read the shaders.
//!
//! Each is a function that fills a sketch. Colours come from the Show's palette, parameters set by
//! hand are declared first, and what moves with the music is an expression over hits and levels.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use renderer_scene::hydra::{Arg, Chain, HydraError, Render, Sketch, Texture};
use renderer_scene::{BinaryOp, Expr, HitKind, MathFn, ParamKind, ParamSpec, SceneError, SceneProgram, Var};

/// A scene of ours that is a chain.
pub(crate) struct HydraScene {
    /// Its name in commands and shows.
    pub(crate) id: &'static str,
    name: &'static str,
    description: &'static str,
    tags: &'static [&'static str],
    build: fn(Sketch) -> Result<Sketch, HydraError>,
}

/// Returns every chain that is built in.
pub(crate) fn scenes() -> &'static [HydraScene] {
    SCENES
}

impl HydraScene {
    /// Makes the program.
    pub(crate) fn compile(&self) -> Result<SceneProgram, SceneError> {
        let sketch =
            (self.build)(Sketch::new(self.name)).map_err(|error| SceneError::whole(error.to_string()))?;
        let mut program = sketch.compile()?;
        program.author = "Jamlight".to_owned();
        program.description = self.description.to_owned();
        program.tags = self.tags.iter().map(|tag| (*tag).to_owned()).collect();
        Ok(program)
    }
}

/// A slider of a sketch: label, range and where it starts. Its name is the label in lower case.
fn slider(sketch: &mut Sketch, label: &str, [min, max]: [f32; 2], default: f32) -> Result<Expr, HydraError> {
    sketch.param(ParamSpec {
        name: label.to_lowercase().replace(' ', "_"),
        label: label.to_owned(),
        kind: ParamKind::Float { min, max, default, clock: false },
    })
}

/// A slider that is a speed: what it returns is its integral, in unit-seconds.
fn speed(sketch: &mut Sketch, label: &str, [min, max]: [f32; 2], default: f32) -> Result<Expr, HydraError> {
    let slider = sketch.param(ParamSpec {
        name: label.to_lowercase().replace(' ', "_"),
        label: label.to_owned(),
        kind: ParamKind::Float { min, max, default, clock: true },
    })?;
    Ok(match slider {
        Expr::Var(Var::Param(idx)) => Expr::Var(Var::ParamClock(idx)),
        other => other,
    })
}

/// The level of a band, 0–1: bass 0, mid 1, upper mid 2, high 3.
fn level(band: u8) -> Expr {
    Expr::Fft(Box::new(Expr::Number(f64::from(band))))
}

/// A spark on each hit, 0–1.
fn hit(kind: HitKind) -> Expr {
    Expr::Var(Var::Hit(kind))
}

/// 1 on the beat, eased to 0 before the next.
fn swing() -> Expr {
    let left = Expr::Number(1.0) - Var::BeatPhase;
    left.clone() * left
}

/// The sine of an expression, in radians.
fn sin(x: impl Into<Expr>) -> Expr {
    Expr::Call(MathFn::Sin, vec![x.into()])
}

/// Multiplies a grey chain by a stop of the Show's palette, dark 0 to bright 4, and by a brightness.
fn inked(chain: Chain, stop: u8, brightness: impl Into<Expr>) -> Result<Chain, HydraError> {
    let brightness = brightness.into();
    let channel = |channel: u8| (Expr::Var(Var::Palette { stop, channel }) * brightness.clone()).into();
    chain.then("color", [channel(0), channel(1), channel(2)])
}

/// What every note does to a picture, as in the scenes written as shaders: a breath of light that is over within 80 ms,
/// so that of six notes a second each is seen. It begins a little below 1, for an output holds no more than white. A
/// scene whose own motion would drown it takes an `amount` above 1.
fn lit(chain: Chain, amount: f64) -> Result<Chain, HydraError> {
    let fresh = Expr::Number(1.0) - Expr::Var(Var::HitAge(HitKind::Onset)) * 12.5;
    let light = Expr::Call(MathFn::Max, vec![fresh, Expr::Number(0.0)]) * (0.62 * amount) + 0.92;
    chain.then("color", [light.clone().into(), light.clone().into(), light.into()])
}

/// Shows a loop: output 0 keeps what it has drawn, and the light of the notes is added to what is seen of it only.
fn shown(sketch: Sketch, seen: Chain) -> Result<Sketch, HydraError> {
    sketch.out(1, lit(seen, 1.0)?)?.render(Render::Output(1))
}

type Built<T> = Result<T, HydraError>;

/// Arguments of a function: numbers, expressions, textures, chains.
macro_rules! args {
    ($($arg:expr),* $(,)?) => { [$(Arg::from($arg)),*] };
}

static SCENES: &[HydraScene] = &[
    HydraScene {
        id: "broken-tape",
        name: "Broken Tape",
        description: "A tape that lost its key frames: blocks drag the picture along. A kick brings a new one, snares tear it, bass moves the blocks.",
        tags: &["hydra", "glitch", "feedback", "datamosh", "rough"],
        build: broken_tape,
    },
    HydraScene {
        id: "contour-lines",
        name: "Contour Lines",
        description: "The map of a land that moves: fine lines of equal height. A kick lifts the land, bass folds it, hats light the peaks.",
        tags: &["hydra", "lines", "landscape", "minimal", "calm"],
        build: contour_lines,
    },
    HydraScene {
        id: "data-choir",
        name: "Data Choir",
        description: "Rows of bars that sing in black and white, each at its own speed. Kicks widen the bars, snares shift the rows, hats flip single ones.",
        tags: &["hydra", "bars", "graphic", "minimal", "hard"],
        build: data_choir,
    },
    HydraScene {
        id: "halftone-hymn",
        name: "Halftone Hymn",
        description: "A poster printed in two inks that do not quite meet: dots grow where it is loud. A kick presses the first plate, a snare the second.",
        tags: &["hydra", "halftone", "print", "graphic", "warm"],
        build: halftone_hymn,
    },
    HydraScene {
        id: "op-choir",
        name: "Op Choir",
        description: "Two gratings, never quite parallel: what is seen is in neither. Bass and kicks bend them, the beat slides one over the other.",
        tags: &["hydra", "op-art", "moire", "lines", "graphic"],
        build: op_choir,
    },
    HydraScene {
        id: "petal-engine",
        name: "Petal Engine",
        description: "A kaleidoscope that looks into itself. A kick opens the flower, the middle voices twist its petals, hats draw a ring.",
        tags: &["hydra", "kaleidoscope", "feedback", "organic", "flower"],
        build: petal_engine,
    },
    HydraScene {
        id: "quiet-fields",
        name: "Quiet Fields",
        description: "Fields of colour with soft edges, one above the other, for slow music. Each field is a band; a kick warms the middle one.",
        tags: &["hydra", "colour-field", "calm", "slow", "minimal"],
        build: quiet_fields,
    },
    HydraScene {
        id: "sun-machine",
        name: "Sun Machine",
        description: "A rising sun as on an old poster: rays, discs and slats. A kick throws the rays, the beat beats in the disc, snares swap light and dark.",
        tags: &["hydra", "rays", "poster", "geometric", "drive"],
        build: sun_machine,
    },
];

fn time() -> Expr {
    Expr::Var(Var::Time)
}

fn source(name: &str, args: impl IntoIterator<Item = Arg>) -> Built<Chain> {
    Chain::source(name, args)
}

/// Keeps circles round whatever the shape of the picture.
fn round(chain: Chain) -> Built<Chain> {
    chain.then("scale", args![1.0, Expr::Var(Var::Height) / Var::Width])
}

/// What output 0 showed, a little darker: 8 bits never reach black by a factor alone.
fn past(keep: impl Into<Expr>) -> Built<Chain> {
    let keep = keep.into();
    source("src", args![Texture::Output(0)])?
        .then("color", args![keep.clone(), keep.clone(), keep])?
        .then("brightness", args![-0.006])
}

/// The remainder of a division, as steps that come round.
fn wrapped(x: impl Into<Expr>, length: f64) -> Expr {
    Expr::Binary(BinaryOp::Remainder, Box::new(x.into()), Box::new(length.into()))
}

fn floor(x: impl Into<Expr>) -> Expr {
    Expr::Call(MathFn::Floor, vec![x.into()])
}

fn count(kind: HitKind) -> Expr {
    Expr::Var(Var::HitCount(kind))
}

fn op_choir(mut sketch: Sketch) -> Built<Sketch> {
    let lines = slider(&mut sketch, "Lines", [20.0, 120.0], 84.0)?;
    let bend = slider(&mut sketch, "Bend", [0.0, 0.5], 0.16)?;
    let turn = speed(&mut sketch, "Turn", [-1.0, 1.0], 0.3)?;
    let swell = bend * (level(0) * 0.7 + hit(HitKind::Kick) * 0.9 + 0.25);
    let drift = source("noise", args![1.5, 0.10])?;
    let first = source("osc", args![lines.clone(), 0.012])?
        .then("modulate", args![drift, swell.clone()])?
        .then("rotate", args![turn.clone() * 0.21])?
        .then("thresh", args![0.5, 0.22])?;
    let lens = round(source("shape", args![80.0, 0.05, 1.1])?)?;
    let second = source("osc", args![lines * 1.06, -0.012])?
        .then("modulateScale", args![lens, swell * 2.0, 1.0])?
        .then("scrollX", args![swing() * 0.008])?
        .then("rotate", args![turn * -0.17 + 0.12])?
        .then("thresh", args![0.5, 0.22])?;
    let spot = round(source("shape", args![80.0, hit(HitKind::Kick) * 0.10 + 0.62, 0.85])?)?;
    let light = level(1) * 0.22 + hit(HitKind::Kick) * 0.30 + hit(HitKind::Snare) * 0.15 + 0.42;
    let chain = inked(first.then("diff", args![second])?, 4, light)?.then("mask", args![spot])?;
    sketch.out(0, lit(chain, 1.0)?)
}

fn petal_engine(mut sketch: Sketch) -> Built<Sketch> {
    let sides = slider(&mut sketch, "Sides", [3.0, 12.0], 7.0)?;
    let echo = slider(&mut sketch, "Echo", [0.5, 0.97], 0.90)?;
    let turn = speed(&mut sketch, "Turn", [-1.0, 1.0], 0.3)?;
    let kick = hit(HitKind::Kick);
    let twist = source("osc", args![4.0, 0.06])?;
    let petal = source("shape", args![4.0, kick.clone() * 0.10 + level(0) * 0.08 + 0.06, 0.16])?
        .then("scroll", args![sin(time() * 0.23) * 0.05 + 0.30, 0.5])?
        .then("modulateRotate", args![twist, level(1) * 1.3 + sin(time() * 0.17) * 0.7 + 0.9])?
        .then("kaleid", args![sides.clone()])?
        .then("rotate", args![turn.clone() * 0.5])?;
    let vein = source("osc", args![26.0, 0.05])?
        .then("thresh", args![0.82, 0.10])?
        .then("modulate", args![source("noise", args![2.5, 0.2])?, 0.2])?
        .then("kaleid", args![sides])?
        .then("rotate", args![turn * -0.4])?;
    let outer = round(source("shape", args![90.0, hit(HitKind::Snare) * 0.10 + 0.50, 0.012])?)?;
    let inner = round(source("shape", args![90.0, hit(HitKind::Snare) * 0.10 + 0.485, 0.012])?)?;
    let ring = inked(outer.then("diff", args![inner])?, 4, hit(HitKind::Hat) * 0.8)?;
    let flower = inked(round(petal.clone())?, 3, kick.clone() * 0.35 + level(0) * 0.12 + 0.10)?;
    let veins =
        inked(round(vein.then("mask", args![petal])?)?, 4, level(2) * 0.5 + kick.clone() * 0.3 + 0.06)?;
    let chain = past(echo)?
        .then("scale", args![kick * 0.035 + 1.014])?
        .then("rotate", args![sin(time() * 0.19) * 0.016])?
        .then("add", args![flower])?
        .then("add", args![veins])?
        .then("add", args![ring])?;
    shown(sketch.out(0, chain)?, source("src", args![Texture::Output(0)])?)
}

fn broken_tape(mut sketch: Sketch) -> Built<Sketch> {
    let blocks = slider(&mut sketch, "Blocks", [6.0, 60.0], 22.0)?;
    let drag = slider(&mut sketch, "Drag", [0.0, 1.0], 0.5)?;
    let fresh = slider(&mut sketch, "Key frames", [0.0, 1.0], 0.5)?;
    let kick = hit(HitKind::Kick);
    // The film on the tape: cells and a horizon, anew with each kick.
    let cells = source("voronoi", args![4.0, 0.35, 0.2])?
        .then("scroll", args![count(HitKind::Kick) * 0.37, count(HitKind::Kick) * 0.21])?
        .then("contrast", args![2.2])?
        .then("brightness", args![-0.22])?;
    let bars = source("osc", args![9.0, 0.03])?
        .then("rotate", args![FRAC_PI_2])?
        .then("modulate", args![source("noise", args![3.0, 0.1])?, 0.25])?
        .then("thresh", args![0.78, 0.05])?;
    let film =
        inked(cells, 2, level(0) * 0.5 + 0.55)?.then("add", args![inked(bars, 3, level(1) * 0.6 + 0.25)?])?;
    // The motion that has lost its picture.
    let motion = source("noise", args![3.0, 0.35])?
        .then("pixelate", args![blocks.clone(), blocks * Expr::Var(Var::Height) / Var::Width])?;
    let pull = drag * (level(0) * 0.010 + hit(HitKind::Snare) * 0.09 + kick.clone() * 0.02 + 0.004);
    let line = source("osc", args![400.0, 0.0])?.then("rotate", args![FRAC_PI_2])?;
    let chain = source("src", args![Texture::Output(0)])?
        .then("modulate", args![motion, pull])?
        .then("scrollX", args![hit(HitKind::Hat) * 0.006])?
        .then("brightness", args![-0.004])?
        .then("blend", args![film, fresh * (kick * 0.55 + 0.03)])?;
    // Scan lines and a band of noise at the head switch lie over it, outside of the loop.
    let head = source("noise", args![90.0, 9.0])?
        .then("pixelate", args![160.0, 240.0])?
        .then("thresh", args![0.55, 0.1])?
        .then(
            "mask",
            args![
                source("shape", args![4.0, 0.02, 0.03])?
                    .then("scale", args![1.0, 60.0, 1.6])?
                    .then("scrollY", args![0.44])?
            ],
        )?;
    let seen = source("src", args![Texture::Output(0)])?
        .then("mult", args![line, 0.25])?
        .then("add", args![inked(head, 4, hit(HitKind::Snare) * 0.6 + 0.12)?])?;
    shown(sketch.out(0, chain)?, seen)
}

fn contour_lines(mut sketch: Sketch) -> Built<Sketch> {
    let lines = slider(&mut sketch, "Lines", [3.0, 24.0], 6.0)?;
    let size = slider(&mut sketch, "Size of the land", [0.6, 4.0], 1.3)?;
    let flow = speed(&mut sketch, "Flow", [0.0, 2.0], 0.5)?;
    let kick = hit(HitKind::Kick);
    let fold = source("noise", args![2.6, 0.06])?.then("scrollY", args![flow.clone() * 0.02])?;
    let hills = source("noise", args![size, 0.05])?
        .then("scrollX", args![flow * 0.03])?
        .then("modulate", args![fold, level(0) * 0.10 + 0.10])?;
    // Heights, wrapped around, jump once per line: what is just below the jump is the line.
    let contours = |per_unit: Expr, width: f64| -> Built<Chain> {
        hills
            .clone()
            .then("brightness", args![hit(HitKind::Kick) * 0.04 + time() * 0.012])?
            .then("color", args![per_unit.clone(), per_unit.clone(), per_unit])?
            .then("shift", args![0.001, 0.001, 0.001])?
            .then("thresh", args![Expr::Number(1.0 - width), width * 0.5])
    };
    let height = hills.clone().then("brightness", args![0.5])?;
    let fine = inked(contours(lines.clone(), 0.16)?, 3, level(1) * 0.35 + kick.clone() * 0.35 + 0.30)?;
    let bold = contours(lines / 5.0, 0.05)?;
    let peaks = hills.clone().then("thresh", args![0.52, 0.10])?;
    let water = hills.then("invert", args![])?.then("thresh", args![1.30, 0.25])?;
    let chain = fine
        .then("add", args![inked(bold, 4, level(0) * 0.4 + kick * 0.4 + 0.25)?])?
        .then(
            "add",
            args![inked(
                height.clone().then("mask", args![peaks])?,
                4,
                hit(HitKind::Hat) * 0.55 + level(2) * 0.20
            )?],
        )?
        .then(
            "add",
            args![inked(height.then("mask", args![water])?, 2, hit(HitKind::Snare) * 0.5 + level(0) * 0.35)?],
        )?;
    sketch.out(0, lit(chain, 1.0)?)
}

fn data_choir(mut sketch: Sketch) -> Built<Sketch> {
    let rows = slider(&mut sketch, "Rows", [2.0, 24.0], 9.0)?;
    let bars = slider(&mut sketch, "Bars", [20.0, 240.0 - 140.0], 90.0)?;
    let pace = speed(&mut sketch, "Speed", [0.0, 2.0], 0.6)?;
    let kick = hit(HitKind::Kick);
    // Each row slides at a speed of its own; a snare throws them all aside.
    let lanes = source("noise", args![60.0, 0.0])?
        .then("scrollX", args![count(HitKind::Snare) * 0.13])?
        .then("pixelate", args![1.0, rows.clone()])?;
    let row = |scale: f64, threshold: Expr| -> Built<Chain> {
        source("noise", args![scale, 0.15])?
            .then("thresh", args![threshold, 0.01])?
            .then("pixelate", args![bars.clone(), rows.clone()])?
            .then("scrollX", args![pace.clone() * 0.04])?
            .then("modulateScrollX", args![lanes.clone(), pace.clone() * 0.11 + count(HitKind::Snare) * 0.05])
    };
    let wide = row(34.0, Expr::Number(0.66) - kick.clone() * 0.40 - level(0) * 0.22)?;
    let thin = row(90.0, Expr::Number(0.80) - level(2) * 0.45)?;
    let single = source("noise", args![12.0, 0.0])?
        .then("scroll", args![count(HitKind::Hat) * 0.173, count(HitKind::Hat) * 0.317])?
        .then("pixelate", args![9.0, rows.clone()])?
        .then("thresh", args![0.55, 0.01])?;
    // Rows are parted by black.
    let gaps = source("osc", args![rows * TAU, 0.0])?
        .then("rotate", args![FRAC_PI_2])?
        .then("thresh", args![0.06, 0.02])?;
    let chain = inked(wide, 4, kick.clone() * 0.40 + level(0) * 0.20 + 0.24)?
        .then("add", args![inked(thin, 3, level(2) * 0.7 + 0.18)?])?
        .then("add", args![inked(single, 4, hit(HitKind::Hat) * 0.6)?])?
        .then("mult", args![gaps])?;
    sketch.out(0, lit(chain, 1.7)?)
}

fn halftone_hymn(mut sketch: Sketch) -> Built<Sketch> {
    let dots = slider(&mut sketch, "Dots", [16.0, 80.0], 40.0)?;
    let ink = slider(&mut sketch, "Ink", [0.2, 1.0], 0.6)?;
    let drift = speed(&mut sketch, "Drift", [0.0, 2.0], 0.5)?;
    let kick = hit(HitKind::Kick);
    let snare = hit(HitKind::Snare);
    // What is printed: a large slow form for each plate.
    let form = |scale: f64, lane: f64| -> Built<Chain> {
        let bend = source("noise", args![scale * 1.6, 0.07])?;
        source("noise", args![scale, 0.06])?
            .then("scroll", args![drift.clone() * 0.03 + lane, drift.clone() * 0.021 + lane])?
            .then("modulate", args![bend, level(0) * 0.2 + 0.12])
    };
    // A screen of soft dots at its own angle; where form and screen pass the threshold there is ink.
    let screen = |angle: f64, plate: Chain, press: Expr| -> Built<Chain> {
        let down = dots.clone() * Expr::Var(Var::Height) / Var::Width;
        source("shape", args![60.0, 0.0, 0.95])?
            .then("repeat", args![dots.clone(), down])?
            .then("rotate", args![angle])?
            .then("add", args![plate, 0.85])?
            .then("brightness", args![press - 0.12])?
            .then("thresh", args![0.80, 0.06])
    };
    let first = screen(0.26, form(1.7, 0.0)?, kick.clone() * 0.22 + level(0) * 0.28 + ink.clone() * 0.2)?;
    let second = screen(1.05, form(2.6, 0.4)?, snare.clone() * 0.25 + level(2) * 0.35 + ink * 0.1)?
        .then("scroll", args![0.006, -0.009])?;
    let grain = source("noise", args![300.0, 0.0])?.then("brightness", args![1.3])?;
    let chain = inked(first, 3, kick * 0.30 + 0.50)?
        .then("add", args![inked(second, 1, snare * 0.5 + level(1) * 0.4 + 0.75)?])?
        .then("mult", args![grain, 0.35])?;
    sketch.out(0, lit(chain, 1.0)?)
}

fn quiet_fields(mut sketch: Sketch) -> Built<Sketch> {
    let edge = slider(&mut sketch, "Softness", [0.02, 0.4], 0.13)?;
    let frays = slider(&mut sketch, "Frayed edges", [0.0, 0.1], 0.035)?;
    let drift = speed(&mut sketch, "Drift", [0.0, 2.0], 0.6)?;
    let kick = hit(HitKind::Kick);
    let field = |at: Expr, tall: Expr, stop: u8, light: Expr| -> Built<Chain> {
        let fray = source("noise", args![14.0, 0.08])?
            .then("blend", args![source("noise", args![3.0, 0.05])?, 0.5])?;
        let shape = source("shape", args![4.0, 0.30, edge.clone()])?
            .then("scale", args![1.0, 1.75, tall])?
            .then("scrollY", args![at])?
            .then("modulate", args![fray.clone(), frays.clone()])?;
        // Paint laid on in many thin coats: it is never even.
        let coats = fray
            .then("scroll", args![drift.clone() * 0.01, drift.clone() * 0.007])?
            .then("brightness", args![1.0])?;
        inked(shape.then("mult", args![coats, 0.45])?, stop, light)
    };
    let wander = |lane: f64| sin(drift.clone() * (0.11 + lane * 0.03) + lane * 2.1) * 0.02;
    let high = field(
        wander(1.0) - 0.255,
        level(2) * 0.10 + 0.42,
        2,
        level(2) * 0.5 + hit(HitKind::Snare) * 0.22 + 0.42,
    )?;
    let middle = field(
        wander(2.0) + 0.045,
        level(0) * 0.16 + kick.clone() * 0.05 + 0.60,
        3,
        level(0) * 0.28 + kick.clone() * 0.30 + 0.34,
    )?;
    let low = field(
        wander(3.0) + 0.33,
        level(1) * 0.12 + 0.34,
        1,
        level(1) * 0.9 + hit(HitKind::Snare) * 0.3 + 0.85,
    )?;
    let seam = field(
        wander(2.0) * 1.4 + 0.232,
        hit(HitKind::Hat) * 0.02 + 0.035,
        4,
        hit(HitKind::Hat) * 0.4 + level(3) * 0.35 + 0.16,
    )?;
    let chain = high
        .then("add", args![middle])?
        .then("add", args![low])?
        .then("add", args![seam])?
        .then("blend", args![Texture::Output(0), 0.55])?;
    shown(sketch.out(0, chain)?, source("src", args![Texture::Output(0)])?)
}

fn sun_machine(mut sketch: Sketch) -> Built<Sketch> {
    let rays = slider(&mut sketch, "Rays", [6.0, 40.0], 18.0)?;
    let size = slider(&mut sketch, "Sun", [0.2, 0.9], 0.52)?;
    let turn = speed(&mut sketch, "Turn", [-1.0, 1.0], 0.35)?;
    let kick = hit(HitKind::Kick);
    // A kaleidoscope folds all angles into one wedge: half of it, cut by a slope through the middle, is a ray.
    let half = Expr::Number(FRAC_PI_2) / rays.clone();
    let through_middle =
        (Expr::Call(MathFn::Sin, vec![half.clone()]) - Expr::Call(MathFn::Cos, vec![half.clone()]) + 1.0)
            * 0.5;
    let swap = wrapped(count(HitKind::Snare), 2.0) * PI / rays.clone();
    let burst = round(
        source("gradient", args![0.0])?
            .then("rotate", args![half])?
            .then("g", args![])?
            .then("thresh", args![through_middle, 0.004])?
            .then("kaleid", args![rays])?
            .then("rotate", args![turn.clone() * 0.3 + kick.clone() * 0.06 + swap])?,
    )?;
    let reach = round(source("shape", args![90.0, kick.clone() * 0.25 + level(0) * 0.2 + 0.85, 0.75])?)?;
    let pulse = swing() * 0.012 + kick.clone() * 0.035 + level(0) * 0.03;
    let disc = round(source("shape", args![90.0, size.clone() + pulse.clone(), 0.008])?)?;
    let halo = round(source("shape", args![90.0, size.clone() + pulse.clone() * 2.2 + 0.035, 0.006])?)?;
    let slats = source("osc", args![62.0, 0.04])?
        .then("rotate", args![FRAC_PI_2])?
        .then("thresh", args![Expr::Number(0.40) - level(1) * 0.25, 0.05])?;
    let heart = round(
        source(
            "shape",
            args![
                wrapped(floor(Expr::Var(Var::Beat) / 16.0), 4.0) + 3.0,
                size * 0.36 + kick.clone() * 0.05,
                0.01
            ],
        )?
        .then("rotate", args![turn * -0.6])?,
    )?;
    let sky = inked(burst.then("mask", args![reach])?, 2, level(0) * 0.35 + kick.clone() * 0.35 + 0.35)?;
    let sun =
        inked(disc.clone().then("mult", args![slats])?, 3, level(0) * 0.18 + kick.clone() * 0.25 + 0.50)?;
    // The disc covers the rays, with a black rim around it.
    let chain = sky
        .then("mult", args![halo.then("invert", args![])?])?
        .then("add", args![sun])?
        .then("add", args![inked(heart, 4, hit(HitKind::Hat) * 0.35 + hit(HitKind::Snare) * 0.4 + 0.10)?])?;
    sketch.out(0, lit(chain, 1.0)?)
}
