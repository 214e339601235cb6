//! Hydra chains: a picture as functions of a picture.
//!
//! A [`Chain`] begins with a source and goes on with functions; numbers are [`Expr`]s, textures are
//! outputs, sources or further chains. A [`Sketch`] sends chains to the outputs o0–o3 and becomes a
//! program: one pass per output, in order, 8 bits, nearest, each output able to read the last frame
//! of all. Constants are written into the shader; what changes becomes a parameter that the
//! director computes. The text syntax is parsed elsewhere; this is what it builds.
//!
//! ```
//! use renderer_scene::hydra::{Arg, Chain, Sketch, Texture};
//! use renderer_scene::{Expr, Var};
//! let wobble = Chain::source("noise", [3.0.into()])?;
//! let chain = Chain::source("osc", [10.0.into(), 0.1.into()])?
//!     .then("rotate", [Arg::Number(Expr::Var(Var::Time))])?
//!     .then("modulate", [Arg::Chain(wobble)])?
//!     .then("blend", [Arg::Texture(Texture::Output(0)), 0.9.into()])?;
//! let program = Sketch::new("wobble").out(0, chain)?.compile()?;
//! assert_eq!(program.computed.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod functions;
mod generate;

use thiserror::Error;

use crate::{Expr, ImageSource, ParamSpec, SceneError, SceneProgram, Var};
pub use functions::{FUNCTIONS, Function, FunctionKind, function};

/// Outputs and sources: o0–o3, s0–s3.
pub const NUM_OUTPUTS: u8 = 4;
/// Calls in all chains of a sketch: ten times the longest of the gallery.
pub const MAX_CALLS: usize = 1024;
/// Chains within chains.
pub const MAX_CHAIN_DEPTH: usize = 32;
/// Parameters that change: what fits a uniform buffer everywhere, and to spare.
pub const MAX_COMPUTED: usize = 512;
/// Parameters set by hand: more faders than a panel can show.
pub const MAX_PARAMS: usize = 64;
/// Steps per minute of arrays, until a sketch sets `bpm`.
pub const DEFAULT_BPM: f64 = crate::DEFAULT_ARRAY_BPM;

/// Why a call or a sketch is refused.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum HydraError {
    /// There is no such function.
    #[error("there is no function {name:?}{}", suggestion.as_ref().map_or_else(String::new, |s| format!(", did you mean {s:?}?")))]
    UnknownFunction {
        /// As it was called.
        name: String,
        /// The nearest name there is.
        suggestion: Option<&'static str>,
    },
    /// A chain began with a function that changes one.
    #[error("{name:?} changes a picture: begin with a source, such as osc() or src(o0)")]
    NotASource {
        /// As it was called.
        name: &'static str,
    },
    /// A source was called on a chain.
    #[error("{name:?} is a source: it begins a chain and cannot be called on one")]
    IsASource {
        /// As it was called.
        name: &'static str,
    },
    /// The first argument is no texture.
    #[error("{name:?} needs a texture first: an output (o0), a source (s0) or a chain (noise())")]
    NeedsTexture {
        /// As it was called.
        name: &'static str,
    },
    /// A texture stands where a number belongs.
    #[error("{argument:?} of {name:?} is a number, not a texture")]
    NeedsNumber {
        /// As it was called.
        name: &'static str,
        /// Which argument.
        argument: &'static str,
    },
    /// A number is neither finite nor computed.
    #[error("{argument:?} of {name:?} is not a finite number")]
    NotFinite {
        /// As it was called.
        name: &'static str,
        /// Which argument.
        argument: &'static str,
    },
    /// An output or source outside of 0–3.
    #[error("there is no output or source {idx}: they go from 0 to 3")]
    NoSuchTexture {
        /// As it was written.
        idx: u8,
    },
    /// An expression breaks its limits.
    #[error("{argument:?} of {name:?}: {message}")]
    Expression {
        /// As it was called.
        name: &'static str,
        /// Which argument.
        argument: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A limit of the sketch is passed.
    #[error("a sketch has {used} {what}, the limit is {limit}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        used: usize,
        /// How many there may be.
        limit: usize,
    },
}

/// A texture by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Texture {
    /// o0–o3.
    Output(u8),
    /// s0–s3.
    Source(u8),
}

/// An argument of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// A number, constant or computed each frame.
    Number(Expr),
    /// An output or source.
    Texture(Texture),
    /// Another chain.
    Chain(Chain),
}

impl From<f64> for Arg {
    fn from(number: f64) -> Self {
        Self::Number(Expr::Number(number))
    }
}

impl From<Expr> for Arg {
    fn from(expr: Expr) -> Self {
        Self::Number(expr)
    }
}

impl From<Texture> for Arg {
    fn from(texture: Texture) -> Self {
        Self::Texture(texture)
    }
}

impl From<Chain> for Arg {
    fn from(chain: Chain) -> Self {
        Self::Chain(chain)
    }
}

/// A source and what is done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    calls: Vec<Call>,
    /// Calls in it and in the chains it holds.
    num_calls: usize,
    depth: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Call {
    function: &'static Function,
    texture: Option<Input>,
    /// One per number of the function.
    numbers: Vec<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
enum Input {
    Texture(Texture),
    Chain(Chain),
}

impl Chain {
    /// Begins a chain. Numbers left out have their defaults; arguments too many are ignored.
    ///
    /// # Errors
    /// An unknown function, one that is no source, or an argument that does not fit.
    pub fn source(name: &str, args: impl IntoIterator<Item = Arg>) -> Result<Self, HydraError> {
        let function = find(name)?;
        if function.kind != FunctionKind::Source {
            return Err(HydraError::NotASource { name: function.name });
        }
        Self { calls: Vec::new(), num_calls: 0, depth: 1 }.push(function, args)
    }

    /// Adds a function.
    ///
    /// # Errors
    /// An unknown function, a source, an argument that does not fit, or a chain too long or deep.
    pub fn then(self, name: &str, args: impl IntoIterator<Item = Arg>) -> Result<Self, HydraError> {
        let function = find(name)?;
        if function.kind == FunctionKind::Source {
            return Err(HydraError::IsASource { name: function.name });
        }
        self.push(function, args)
    }

    fn push(
        mut self,
        function: &'static Function,
        args: impl IntoIterator<Item = Arg>,
    ) -> Result<Self, HydraError> {
        let name = function.name;
        let mut args = args.into_iter();
        let texture = match (function.takes_texture, name) {
            (true, _) => Some(match args.next() {
                Some(Arg::Texture(texture)) => Input::Texture(checked(texture)?),
                Some(Arg::Chain(chain)) => Input::Chain(chain),
                _ => return Err(HydraError::NeedsTexture { name }),
            }),
            (false, _) => None,
        };
        let mut numbers = Vec::with_capacity(function.numbers.len());
        for (argument, default) in function.numbers {
            let number = match args.next() {
                None => Expr::Number(*default),
                Some(Arg::Number(expr)) => expr,
                Some(_) => return Err(HydraError::NeedsNumber { name, argument }),
            };
            number.check().map_err(|message| HydraError::Expression { name, argument, message })?;
            if number.as_constant().is_some_and(|constant| !constant.is_finite()) {
                return Err(HydraError::NotFinite { name, argument });
            }
            numbers.push(number);
        }
        self.num_calls += 1;
        if let Some(Input::Chain(chain)) = &texture {
            self.num_calls += chain.num_calls;
            self.depth = self.depth.max(chain.depth + 1);
        }
        limit("calls", self.num_calls, MAX_CALLS)?;
        limit("chains within chains", self.depth, MAX_CHAIN_DEPTH)?;
        self.calls.push(Call { function, texture, numbers });
        Ok(self)
    }
}

fn limit(what: &'static str, used: usize, limit: usize) -> Result<(), HydraError> {
    if used > limit { Err(HydraError::Limit { what, used, limit }) } else { Ok(()) }
}

fn checked(texture: Texture) -> Result<Texture, HydraError> {
    let (Texture::Output(idx) | Texture::Source(idx)) = texture;
    if idx < NUM_OUTPUTS { Ok(texture) } else { Err(HydraError::NoSuchTexture { idx }) }
}

fn find(name: &str) -> Result<&'static Function, HydraError> {
    function(name)
        .ok_or_else(|| HydraError::UnknownFunction { name: name.to_owned(), suggestion: nearest(name) })
}

/// Returns the function whose name is at most two edits away.
fn nearest(name: &str) -> Option<&'static str> {
    // Longer names match nothing, and the table of distances stays small.
    if name.len() > 32 {
        return None;
    }
    let lower = name.to_lowercase();
    let near = FUNCTIONS.iter().map(|function| (edits(&lower, &function.name.to_lowercase()), function.name));
    near.filter(|(distance, _)| *distance <= 2).min().map(|(_, name)| name)
}

/// Returns the Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (right, cell) in b.bytes().zip(row.iter_mut().skip(1)) {
            let next = (*cell + 1).min(before + 1).min(diagonal + usize::from(left != right));
            diagonal = std::mem::replace(cell, next);
            before = next;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// What a source shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourcePicture {
    /// Transparent black.
    #[default]
    Empty,
    /// The Show's picture A (0) or B (1).
    Show(u8),
    /// A picture beside the scene file.
    File(ImageSource),
}

/// What the stage shows of a sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Render {
    /// One output.
    Output(u8),
    /// All four, in quarters: o0 and o2 above o1 and o3.
    All,
}

/// A whole sketch.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    name: String,
    outputs: [Option<Chain>; NUM_OUTPUTS as usize],
    sources: [SourcePicture; NUM_OUTPUTS as usize],
    params: Vec<ParamSpec>,
    render: Render,
    speed: f64,
    bpm: f64,
}

impl Sketch {
    /// Makes an empty sketch that shows o0.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            outputs: Default::default(),
            sources: Default::default(),
            params: Vec::new(),
            render: Render::Output(0),
            speed: 1.0,
            bpm: DEFAULT_BPM,
        }
    }

    /// Sends a chain to an output; the last one sent stays.
    ///
    /// # Errors
    /// An output outside of 0–3.
    pub fn out(mut self, output: u8, chain: Chain) -> Result<Self, HydraError> {
        let slot =
            self.outputs.get_mut(usize::from(output)).ok_or(HydraError::NoSuchTexture { idx: output })?;
        *slot = Some(chain);
        Ok(self)
    }

    /// Says what a source shows.
    ///
    /// # Errors
    /// A source outside of 0–3.
    pub fn source(mut self, source: u8, picture: SourcePicture) -> Result<Self, HydraError> {
        let slot =
            self.sources.get_mut(usize::from(source)).ok_or(HydraError::NoSuchTexture { idx: source })?;
        *slot = picture;
        Ok(self)
    }

    /// Adds a parameter that a person sets, and returns the expression that reads it.
    ///
    /// # Errors
    /// More than [`MAX_PARAMS`].
    pub fn param(&mut self, spec: ParamSpec) -> Result<Expr, HydraError> {
        let idx = self.params.len();
        limit("parameters", idx + 1, MAX_PARAMS)?;
        self.params.push(spec);
        Ok(Expr::Var(Var::Param(idx as u8)))
    }

    /// Chooses what is shown.
    ///
    /// # Errors
    /// An output outside of 0–3.
    pub fn render(mut self, render: Render) -> Result<Self, HydraError> {
        if let Render::Output(idx) = render {
            checked(Texture::Output(idx))?;
        }
        self.render = render;
        Ok(self)
    }

    /// Sets how fast time runs, 1 is real time. What is not finite is left out.
    #[must_use]
    pub fn speed(mut self, speed: f64) -> Self {
        self.speed = if speed.is_finite() { speed } else { self.speed };
        self
    }

    /// Sets the tempo of arrays, in steps per minute. What is not finite is left out.
    #[must_use]
    pub fn bpm(mut self, bpm: f64) -> Self {
        self.bpm = if bpm.is_finite() { bpm } else { self.bpm };
        self
    }

    /// Makes the program.
    ///
    /// # Errors
    /// A limit of the sketch as a whole.
    pub fn compile(&self) -> Result<SceneProgram, SceneError> {
        let num_calls = self.outputs.iter().flatten().map(|chain| chain.num_calls).sum();
        limit("calls", num_calls, MAX_CALLS).map_err(|error| SceneError::whole(error.to_string()))?;
        generate::program(self)
    }
}
