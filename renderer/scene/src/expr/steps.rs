use serde::{Deserialize, Serialize};

use super::{Expr, ExprInput};

/// A list that steps in time: `[1, 2, 3].fast(2).smooth()`.
///
/// The step is `floor(time * bpm / 60 * fast + offset)` modulo the length. Smoothing glides into
/// the next value over the last `smooth` part of the step, shaped by the ease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// The values; an empty list is 0.
    pub values: Vec<Expr>,
    /// Speed: 1 is one step per step of `bpm`.
    pub fast: f64,
    /// Share of each step spent gliding, 0–1.
    pub smooth: f64,
    /// The shape of the glide.
    pub ease: Ease,
    /// Shift, in steps.
    pub offset: f64,
    /// Stretches the values so that their lowest and highest become these.
    pub fit: Option<[f64; 2]>,
}

/// The shape of a glide, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the usual ones of easing")]
pub enum Ease {
    #[default]
    Linear,
    InQuad,
    OutQuad,
    InOutQuad,
    InCubic,
    OutCubic,
    InOutCubic,
    InQuart,
    OutQuart,
    InOutQuart,
    InQuint,
    OutQuint,
    InOutQuint,
    Sin,
}

impl Ease {
    /// Returns the shape of one of the names live coders use, such as `easeInQuad`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "linear" => Self::Linear,
            "easeInQuad" => Self::InQuad,
            "easeOutQuad" => Self::OutQuad,
            "easeInOutQuad" => Self::InOutQuad,
            "easeInCubic" => Self::InCubic,
            "easeOutCubic" => Self::OutCubic,
            "easeInOutCubic" => Self::InOutCubic,
            "easeInQuart" => Self::InQuart,
            "easeOutQuart" => Self::OutQuart,
            "easeInOutQuart" => Self::InOutQuart,
            "easeInQuint" => Self::InQuint,
            "easeOutQuint" => Self::OutQuint,
            "easeInOutQuint" => Self::InOutQuint,
            "sin" => Self::Sin,
            _ => return None,
        })
    }

    /// Returns the eased value of `x`, 0–1.
    pub fn apply(self, x: f64) -> f64 {
        let rise = |power: i32| x.powi(power);
        let fall = |power: i32| 1.0 - (1.0 - x).powi(power);
        let both = |power: i32| {
            if x < 0.5 { 0.5 * (2.0 * x).powi(power) } else { 1.0 - 0.5 * (2.0 - 2.0 * x).powi(power) }
        };
        match self {
            Self::Linear => x,
            Self::InQuad => rise(2),
            Self::OutQuad => fall(2),
            Self::InOutQuad => both(2),
            Self::InCubic => rise(3),
            Self::OutCubic => fall(3),
            Self::InOutCubic => both(3),
            Self::InQuart => rise(4),
            Self::OutQuart => fall(4),
            Self::InOutQuart => both(4),
            Self::InQuint => rise(5),
            Self::OutQuint => fall(5),
            Self::InOutQuint => both(5),
            Self::Sin => 0.5 - 0.5 * (std::f64::consts::PI * x).cos(),
        }
    }
}

impl Steps {
    /// Makes a list with no glide, speed 1.
    pub fn new(values: Vec<Expr>) -> Self {
        Self { values, fast: 1.0, smooth: 0.0, ease: Ease::Linear, offset: 0.0, fit: None }
    }

    pub(super) fn children(&self) -> Vec<&Expr> {
        self.values.iter().collect()
    }

    pub(super) fn eval(&self, input: &ExprInput<'_>) -> f64 {
        let num_values = self.values.len();
        let position = input.time_secs * self.fast * (input.array_bpm / 60.0) + self.offset;
        if num_values == 0 || !position.is_finite() {
            return 0.0;
        }
        let step = position.floor();
        let value = |step: f64| {
            let idx = step.rem_euclid(num_values as f64) as usize;
            self.values.get(idx).map_or(0.0, |value| value.eval(input))
        };
        let here = value(step);
        let glide_start = 1.0 - self.smooth.clamp(0.0, 1.0);
        let phase = position - step;
        let raw = if phase > glide_start {
            let eased = self.ease.apply((phase - glide_start) / (1.0 - glide_start));
            here + (value(step + 1.0) - here) * eased
        } else {
            here
        };
        match self.fit {
            Some(range) => self.fitted(raw, range, input),
            None => raw,
        }
    }

    fn fitted(&self, raw: f64, [low, high]: [f64; 2], input: &ExprInput<'_>) -> f64 {
        let (least, most) = self
            .values
            .iter()
            .map(|value| value.eval(input))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
                (least.min(value), most.max(value))
            });
        if most > least { low + (raw - least) / (most - least) * (high - low) } else { low }
    }
}
