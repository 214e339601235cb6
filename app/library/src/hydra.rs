//! The built-in scenes that are Hydra chains.
//!
//! Each is a function that fills a sketch. Colours come from the Show's palette, parameters set by
//! hand are declared first, and what moves with the music is an expression over hits and levels.

mod chains;

use renderer_scene::hydra::{Chain, HydraError, Sketch};
use renderer_scene::{Expr, HitKind, MathFn, ParamKind, ParamSpec, SceneError, SceneProgram, Var};

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
    chains::SCENES
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
