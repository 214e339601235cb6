//! Per-frame parameters as plain data.
//!
//! An [`Expr`] is what a live coder's arrow function or array becomes: a small tree of arithmetic
//! over time, beat, pointer and spectrum. The director evaluates it each frame; it has no loops,
//! state or side effects, so its cost is its size.

mod arithmetic;
mod steps;

use serde::{Deserialize, Serialize};

use crate::{HitInput, ParamSlot};
pub use steps::{Ease, Steps};

/// More nodes than this are refused by [`Expr::check`]: 100 times what sketches use.
pub const MAX_EXPR_NODES: usize = 4096;
/// Deeper trees are refused, so that evaluation cannot exhaust the stack.
pub const MAX_EXPR_DEPTH: usize = 64;

/// A number computed each frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Expr {
    /// A constant.
    Number(f64),
    /// Something of the frame.
    Var(Var),
    /// A band of the spectrum, 0–1, by index; outside the bands it is 0.
    Fft(Box<Expr>),
    /// An operator on one value.
    Unary(UnaryOp, Box<Expr>),
    /// An operator on two values.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// A function of `Math`.
    Call(MathFn, Vec<Expr>),
    /// The second when the first is true (neither 0 nor NaN), else the third.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A stepped list: Hydra's arrays.
    Steps(Box<Steps>),
}

/// What an expression can read of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Var {
    /// Scene time, in seconds.
    Time,
    /// Seconds since the last frame.
    TimeDelta,
    /// Frames since the scene began.
    Frame,
    /// The beat at the moment of presentation.
    Beat,
    /// Beat phase, 0–1.
    BeatPhase,
    /// Tempo of the Transport, in beats per minute.
    Tempo,
    /// Tempo of the sketch's arrays, in steps per minute.
    Bpm,
    /// Pointer, in pixels from the left.
    MouseX,
    /// Pointer, in pixels from the top, as a browser gives it.
    MouseY,
    /// Render width, in pixels.
    Width,
    /// Render height, in pixels.
    Height,
    /// Overall level, 0–1.
    Volume,
    /// How fresh a hit is: its strength when it falls, then less (see [`HitInput::envelope`]).
    Hit(HitKind),
    /// Hits of a kind so far.
    HitCount(HitKind),
    /// Seconds since the last hit of a kind; large when there was none.
    HitAge(HitKind),
    /// The clock of a band by index, in seconds: it runs faster when the band is loud. Outside the bands 0.
    Clock(u8),
    /// A channel (red 0, green 1, blue 2) of a stop of the Show's palette (dark 0 to bright 4), 0–1, sRGB-encoded.
    Palette {
        /// Which stop.
        stop: u8,
        /// Which channel.
        channel: u8,
    },
    /// A parameter set by hand, by index in the program's parameters: the `x` of its slot.
    Param(u8),
    /// The clock of such a parameter: the `y` of its slot.
    ParamClock(u8),
}

/// A kind of hit that expressions can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the Signal's hits")]
pub enum HitKind {
    Beat,
    Onset,
    Kick,
    Snare,
    Hat,
}

/// How many kinds of hits there are.
pub const NUM_HIT_KINDS: usize = 5;

/// An operator on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the operators")]
pub enum UnaryOp {
    Negate,
    Not,
}

/// An operator on two values, as JavaScript computes it on numbers. Comparisons give 1 or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the operators")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    /// The first if it is false, else the second.
    And,
    /// The first if it is true, else the second.
    Or,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
}

/// A function of JavaScript's `Math`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of Math")]
pub enum MathFn {
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Sinh,
    Cosh,
    Tanh,
    Abs,
    Floor,
    Ceil,
    Round,
    Trunc,
    Sign,
    Sqrt,
    Cbrt,
    Exp,
    Log,
    Log2,
    Log10,
    Pow,
    Hypot,
    Min,
    Max,
    /// 0–1, new each frame, from the frame's seed.
    Random,
}

/// Everything an expression can read.
#[derive(Clone, Copy, Debug)]
pub struct ExprInput<'a> {
    /// Scene time, in seconds.
    pub time_secs: f64,
    /// Seconds since the last frame.
    pub dt_secs: f64,
    /// Frames since the scene began.
    pub frame_idx: u64,
    /// Seed of `Math.random()`.
    pub seed: u32,
    /// The beat at the moment of presentation.
    pub beat: f64,
    /// Tempo of the Transport, in beats per minute.
    pub tempo_bpm: f64,
    /// Tempo of the sketch's arrays, in steps per minute; Hydra starts at 30.
    pub array_bpm: f64,
    /// Pointer in pixels, from the top left.
    pub mouse_px: [f64; 2],
    /// Render size, in pixels.
    pub size_px: [u32; 2],
    /// Bands of the spectrum, low to high, 0–1.
    pub fft: &'a [f32],
    /// Overall level, 0–1.
    pub volume: f64,
    /// The hits at the moment of presentation, in the order of [`HitKind`].
    pub hits: [HitInput; NUM_HIT_KINDS],
    /// The clocks of the bands of `fft`, in seconds.
    pub clocks_secs: [f64; 4],
    /// The Show's palette, dark to bright: red, green, blue, 0–1, sRGB-encoded.
    pub palette: [[f32; 3]; 5],
    /// The program's parameters; those set by hand are known before the computed ones.
    pub params: &'a [ParamSlot],
}

impl Default for ExprInput<'_> {
    fn default() -> Self {
        Self {
            time_secs: 0.0,
            dt_secs: 0.0,
            frame_idx: 0,
            seed: 0,
            beat: 0.0,
            tempo_bpm: 120.0,
            array_bpm: DEFAULT_ARRAY_BPM,
            mouse_px: [0.0; 2],
            size_px: [1280, 720],
            fft: &[],
            volume: 0.0,
            hits: Default::default(),
            clocks_secs: [0.0; 4],
            palette: DEFAULT_PALETTE,
            params: &[],
        }
    }
}

/// Steps per minute of a Hydra array, until the sketch sets `bpm`.
pub const DEFAULT_ARRAY_BPM: f64 = 30.0;

/// Greys from black to white, where no Show gives a palette.
const DEFAULT_PALETTE: [[f32; 3]; 5] = [[0.0; 3], [0.25; 3], [0.5; 3], [0.75; 3], [1.0; 3]];

impl From<f64> for Expr {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl Expr {
    /// Returns the value for a frame. It may be NaN or infinite, as the arithmetic says.
    pub fn eval(&self, input: &ExprInput<'_>) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Var(var) => var.read(input),
            Self::Fft(idx) => {
                let idx = idx.eval(input).floor();
                let band = if idx >= 0.0 { input.fft.get(idx as usize) } else { None };
                band.map_or(0.0, |band| f64::from(*band))
            }
            Self::Unary(op, value) => {
                let value = value.eval(input);
                match op {
                    UnaryOp::Negate => -value,
                    UnaryOp::Not => number(!truthy(value)),
                }
            }
            Self::Binary(op, left, right) => {
                let left = left.eval(input);
                match op {
                    BinaryOp::And if !truthy(left) => left,
                    BinaryOp::Or if truthy(left) => left,
                    _ => op.apply(left, right.eval(input)),
                }
            }
            Self::Call(function, args) => function.call(args, input),
            Self::If(condition, yes, no) => {
                if truthy(condition.eval(input)) {
                    yes.eval(input)
                } else {
                    no.eval(input)
                }
            }
            Self::Steps(steps) => steps.eval(input),
        }
    }

    /// Returns the constant value, if nothing in it changes from frame to frame.
    pub fn as_constant(&self) -> Option<f64> {
        self.is_constant().then(|| self.eval(&ExprInput::default()))
    }

    /// Returns the tree with every node, from the leaves to the root, changed by `change`.
    pub fn map(&self, change: &mut impl FnMut(Expr) -> Expr) -> Expr {
        let mut child = |expr: &Expr| Box::new(expr.map(change));
        let mapped = match self {
            Self::Number(_) | Self::Var(_) => self.clone(),
            Self::Fft(idx) => Self::Fft(child(idx)),
            Self::Unary(op, value) => Self::Unary(*op, child(value)),
            Self::Binary(op, left, right) => Self::Binary(*op, child(left), child(right)),
            Self::If(condition, yes, no) => Self::If(child(condition), child(yes), child(no)),
            Self::Call(function, args) => Self::Call(*function, args.iter().map(|arg| *child(arg)).collect()),
            Self::Steps(steps) => {
                let values = steps.values.iter().map(|value| *child(value)).collect();
                Self::Steps(Box::new(Steps { values, ..(**steps).clone() }))
            }
        };
        change(mapped)
    }

    fn is_constant(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Call(MathFn::Random, _) | Self::Var(_) | Self::Fft(_) | Self::Steps(_) => false,
            _ => self.children().iter().all(|child| child.is_constant()),
        }
    }

    fn children(&self) -> Vec<&Expr> {
        match self {
            Self::Number(_) | Self::Var(_) => Vec::new(),
            Self::Fft(a) | Self::Unary(_, a) => vec![a],
            Self::Binary(_, a, b) => vec![a, b],
            Self::If(a, b, c) => vec![a, b, c],
            Self::Call(_, args) => args.iter().collect(),
            Self::Steps(steps) => steps.children(),
        }
    }

    /// Checks the limits: [`MAX_EXPR_NODES`] and [`MAX_EXPR_DEPTH`].
    ///
    /// # Errors
    /// A sentence that says which limit is passed.
    pub fn check(&self) -> Result<(), String> {
        let mut stack = vec![(self, 1)];
        let mut num_nodes = 0;
        while let Some((expr, depth)) = stack.pop() {
            num_nodes += 1;
            if num_nodes > MAX_EXPR_NODES {
                return Err(format!("expression has more than {MAX_EXPR_NODES} parts"));
            }
            if depth > MAX_EXPR_DEPTH {
                return Err(format!("expression is nested deeper than {MAX_EXPR_DEPTH}"));
            }
            stack.extend(expr.children().into_iter().map(|child| (child, depth + 1)));
        }
        Ok(())
    }
}

fn truthy(value: f64) -> bool {
    value != 0.0 && !value.is_nan()
}

fn number(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

/// What JavaScript's `ToInt32` gives.
fn int32(value: f64) -> i32 {
    if value.is_finite() { value.trunc().rem_euclid(4_294_967_296.0) as u32 as i32 } else { 0 }
}

fn slot<'a>(input: &ExprInput<'a>, idx: u8) -> Option<&'a ParamSlot> {
    input.params.get(usize::from(idx))
}

impl Var {
    fn read(self, input: &ExprInput<'_>) -> f64 {
        match self {
            Self::Time => input.time_secs,
            Self::TimeDelta => input.dt_secs,
            Self::Frame => input.frame_idx as f64,
            Self::Beat => input.beat,
            Self::BeatPhase => input.beat.rem_euclid(1.0),
            Self::Tempo => input.tempo_bpm,
            Self::Bpm => input.array_bpm,
            Self::MouseX => input.mouse_px[0],
            Self::MouseY => input.mouse_px[1],
            Self::Width => f64::from(input.size_px[0]),
            Self::Height => f64::from(input.size_px[1]),
            Self::Volume => input.volume,
            Self::Hit(kind) => input.hits.get(kind as usize).map_or(0.0, |hit| f64::from(hit.envelope())),
            Self::HitCount(kind) => input.hits.get(kind as usize).map_or(0.0, |hit| hit.count as f64),
            Self::HitAge(kind) => {
                input.hits.get(kind as usize).map_or(f64::from(f32::MAX), |hit| f64::from(hit.age_secs))
            }
            Self::Clock(band) => input.clocks_secs.get(usize::from(band)).copied().unwrap_or(0.0),
            Self::Palette { stop, channel } => {
                let stop = input.palette.get(usize::from(stop));
                stop.and_then(|rgb| rgb.get(usize::from(channel))).map_or(0.0, |value| f64::from(*value))
            }
            Self::Param(idx) => slot(input, idx).map_or(0.0, |slot| f64::from(slot[0])),
            Self::ParamClock(idx) => slot(input, idx).map_or(0.0, |slot| f64::from(slot[1])),
        }
    }
}

impl BinaryOp {
    fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => left % right,
            // JavaScript differs from IEEE 754 in these two: 1 ** NaN and 1 ** Infinity are NaN.
            Self::Power if left.abs() == 1.0 && !right.is_finite() => f64::NAN,
            Self::Power => left.powf(right),
            Self::Less => number(left < right),
            Self::LessEqual => number(left <= right),
            Self::Greater => number(left > right),
            Self::GreaterEqual => number(left >= right),
            Self::Equal => number(left == right),
            Self::NotEqual => number(left != right),
            Self::And | Self::Or => right,
            Self::BitAnd => f64::from(int32(left) & int32(right)),
            Self::BitOr => f64::from(int32(left) | int32(right)),
            Self::BitXor => f64::from(int32(left) ^ int32(right)),
            Self::ShiftLeft => f64::from(int32(left).wrapping_shl(int32(right) as u32)),
            Self::ShiftRight => f64::from(int32(left).wrapping_shr(int32(right) as u32)),
        }
    }
}

impl MathFn {
    /// Returns the function of a name of `Math`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "sin" => Self::Sin,
            "cos" => Self::Cos,
            "tan" => Self::Tan,
            "asin" => Self::Asin,
            "acos" => Self::Acos,
            "atan" => Self::Atan,
            "atan2" => Self::Atan2,
            "sinh" => Self::Sinh,
            "cosh" => Self::Cosh,
            "tanh" => Self::Tanh,
            "abs" => Self::Abs,
            "floor" => Self::Floor,
            "ceil" => Self::Ceil,
            "round" => Self::Round,
            "trunc" => Self::Trunc,
            "sign" => Self::Sign,
            "sqrt" => Self::Sqrt,
            "cbrt" => Self::Cbrt,
            "exp" => Self::Exp,
            "log" => Self::Log,
            "log2" => Self::Log2,
            "log10" => Self::Log10,
            "pow" => Self::Pow,
            "hypot" => Self::Hypot,
            "min" => Self::Min,
            "max" => Self::Max,
            "random" => Self::Random,
            _ => return None,
        })
    }

    fn call(self, args: &[Expr], input: &ExprInput<'_>) -> f64 {
        let arg = |idx: usize| args.get(idx).map_or(f64::NAN, |arg| arg.eval(input));
        // Math.min and Math.max are NaN as soon as one argument is; f64::min is not.
        let fold = |start: f64, pick: fn(f64, f64) -> f64| {
            args.iter().map(|arg| arg.eval(input)).fold(start, |best, value| {
                if best.is_nan() || value.is_nan() { f64::NAN } else { pick(best, value) }
            })
        };
        match self {
            Self::Sin => arg(0).sin(),
            Self::Cos => arg(0).cos(),
            Self::Tan => arg(0).tan(),
            Self::Asin => arg(0).asin(),
            Self::Acos => arg(0).acos(),
            Self::Atan => arg(0).atan(),
            Self::Atan2 => arg(0).atan2(arg(1)),
            Self::Sinh => arg(0).sinh(),
            Self::Cosh => arg(0).cosh(),
            Self::Tanh => arg(0).tanh(),
            Self::Abs => arg(0).abs(),
            Self::Floor => arg(0).floor(),
            Self::Ceil => arg(0).ceil(),
            // Halves go up, also below zero.
            Self::Round => (arg(0) + 0.5).floor(),
            Self::Trunc => arg(0).trunc(),
            Self::Sign => {
                let value = arg(0);
                if value == 0.0 { value } else { value.signum() }
            }
            Self::Sqrt => arg(0).sqrt(),
            Self::Cbrt => arg(0).cbrt(),
            Self::Exp => arg(0).exp(),
            Self::Log => arg(0).ln(),
            Self::Log2 => arg(0).log2(),
            Self::Log10 => arg(0).log10(),
            Self::Pow => BinaryOp::Power.apply(arg(0), arg(1)),
            Self::Hypot => args.iter().map(|arg| arg.eval(input).powi(2)).sum::<f64>().sqrt(),
            Self::Min => fold(f64::INFINITY, f64::min),
            Self::Max => fold(f64::NEG_INFINITY, f64::max),
            Self::Random => random(input),
        }
    }
}

/// One number per frame and seed: the same in all machines of a room.
fn random(input: &ExprInput<'_>) -> f64 {
    let mut bits = input.frame_idx.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ u64::from(input.seed).wrapping_mul(0xD1B5_4A32_D192_ED03);
    bits = (bits ^ (bits >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    bits = (bits ^ (bits >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    ((bits ^ (bits >> 32)) >> 11) as f64 / (1u64 << 53) as f64
}
