//! Small parts that voices and orbits are made of. One sample at a time, no memory but their own.

use std::f32::consts::{PI, TAU};

use audio_signal::Adsr;

/// A stereo frame.
pub(crate) type Frame = [f32; 2];

/// White noise, −1–1, from a multiplied xorshift generator: a seed makes it the same each time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise(u32);

impl Noise {
    pub(crate) fn new(seed: u32) -> Self {
        // A xorshift stays at zero for ever.
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        // The product takes away what neighbours have in common.
        self.0.wrapping_mul(0x9e37_79b1) as i32 as f32 / 2_147_483_648.0
    }

    /// The next number in 0–1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.next() * 0.5 + 0.5
    }
}

/// Coefficients of a state-variable filter (trapezoidal integration).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SvfTuning {
    g: f32,
    k: f32,
    a: f32,
}

impl SvfTuning {
    /// `damping` is 1/Q: 2 is flat, towards 0 it rings.
    pub(crate) fn new(cutoff_hz: f32, damping: f32, rate_hz: f32) -> Self {
        let g = (PI * (cutoff_hz / rate_hz).clamp(0.000_2, 0.49)).tan();
        let k = damping.clamp(0.005, 4.0);
        Self { g, k, a: 1.0 / (1.0 + g * (g + k)) }
    }
}

/// A stereo state-variable filter.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Svf {
    low: Frame,
    band: Frame,
}

/// What a filter lets through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Passes {
    pub(crate) low: Frame,
    pub(crate) band: Frame,
    pub(crate) high: Frame,
}

impl Svf {
    pub(crate) fn next(&mut self, x: Frame, tuning: &SvfTuning) -> Passes {
        let SvfTuning { g, k, a } = *tuning;
        let mut out = Passes { low: [0.0; 2], band: [0.0; 2], high: [0.0; 2] };
        for (i, (low, band)) in self.low.iter_mut().zip(&mut self.band).enumerate() {
            out.high[i] = (x[i] - (k + g) * *band - *low) * a;
            out.band[i] = g * out.high[i] + *band;
            out.low[i] = g * out.band[i] + *low;
            *band = g * out.high[i] + out.band[i];
            *low = g * out.band[i] + out.low[i];
        }
        out
    }
}

/// Brings a phase back into 0–1. Steps below a turn, the usual ones, cost a comparison: `fract` is a
/// call into the mathematics library on processors without its instruction.
pub(crate) fn wrap(phase: f32) -> f32 {
    if (0.0..1.0).contains(&phase) {
        phase
    } else if (1.0..2.0).contains(&phase) {
        phase - 1.0
    } else {
        // A hair below zero would round to 1 itself.
        let wrapped = phase.rem_euclid(1.0);
        if wrapped < 1.0 { wrapped } else { 0.0 }
    }
}

/// The part of a position behind its whole frames. For positions that are not negative.
pub(crate) fn part(position: f32) -> f32 {
    position - position as u32 as f32
}

/// Takes the worst of the aliases off a step at phase 0 (two-sample polynomial).
pub(crate) fn poly_step(phase: f32, step: f32) -> f32 {
    if phase < step {
        let t = phase / step;
        t + t - t * t - 1.0
    } else if phase > 1.0 - step {
        let t = (phase - 1.0) / step;
        t * t + t + t + 1.0
    } else {
        0.0
    }
}

/// A sine of a phase in turns, 0–1, to about 1e-4: a parabola, corrected once.
pub(crate) fn sine(phase: f32) -> f32 {
    let x = phase - 0.5;
    let y = 8.0 * x * (2.0 * x.abs() - 1.0);
    y * (0.775 + 0.225 * y.abs())
}

/// The level of an envelope, a pure function of time: what it is cannot drift.
pub(crate) fn adsr(env: &Adsr, secs: f32, hold_secs: f32) -> f32 {
    let held = |secs: f32| {
        if secs < env.attack {
            secs / env.attack
        } else if secs < env.attack + env.decay {
            1.0 - (1.0 - env.sustain) * (secs - env.attack) / env.decay
        } else {
            env.sustain
        }
    };
    if secs < hold_secs {
        return held(secs);
    }
    let past = secs - hold_secs;
    if past >= env.release { 0.0 } else { held(hold_secs) * (1.0 - past / env.release) }
}

/// Left and right gain of a position 0–1, equal in power.
pub(crate) fn pan_gains(pan: f32) -> Frame {
    let angle = pan.clamp(0.0, 1.0) * TAU * 0.25;
    [angle.cos(), angle.sin()]
}

/// A linear gain from dB.
pub(crate) fn gain_from_db(db: f32) -> f32 {
    10.0f32.powf(db / 20.0)
}
