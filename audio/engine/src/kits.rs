//! Our own sounds, made from numbers when the engine starts: two drum machines and a few tones.
//!
//! Each sound is a row of the tables below: tones whose pitch falls, noise in a band, metal (six square
//! waves out of tune, as the old machines had) and a drive. The rows and what they make are CC0: do
//! with them what you like.

mod table;

use crate::{
    dsp::{Noise, Svf, SvfTuning, part, sine, wrap},
    sounds::{LoadedSample, SampleData, SoundTable},
};
use table::{Recipe, Tone};

/// The banks of drums there are; `bank("ember")` plays the second.
pub const BANKS: [&str; 2] = ["lumen", "ember"];
/// Versions of each sound, `bd:0`, `bd:1`, `bd:2`: lower and longer, as it is, higher and shorter.
const VARIANTS: [f32; 3] = [1.0, 0.84, 1.2];
/// Square waves of the metal, as multiples of its pitch.
const METAL_RATIOS: [f32; 6] = [1.0, 1.342, 1.231, 1.653, 1.9523, 2.1523];
/// Frames of one period: 94 Hz at its own rate.
const PERIOD_FRAMES: usize = 512;
/// The peak of a period.
const PERIOD_PEAK: f32 = 0.4;
/// The rate the sounds are made at, in Hz.
const RATE_HZ: u32 = 48_000;

/// Makes all sounds and names them: each as `bank_name` and, for the first bank and the tones, as `name`.
///
/// Returns what goes into an engine's bank. Deterministic; takes some tens of milliseconds.
pub fn install_kits(sounds: &mut SoundTable) -> Vec<LoadedSample> {
    let mut loaded = Vec::new();
    for (bank, recipes) in BANKS.iter().zip([&table::LUMEN, &table::EMBER]) {
        for recipe in recipes {
            for tune in VARIANTS {
                let data = render(recipe, tune);
                let name = format!("{bank}_{}", recipe.name);
                loaded.extend(sounds.add(&name, data));
            }
        }
    }
    for recipe in &table::TONES {
        loaded.extend(sounds.add(recipe.name, render(recipe, 1.0)));
    }
    for (name, harmonics) in &table::PERIODS {
        loaded.extend(sounds.add(name, period(harmonics)));
    }
    let first = BANKS.first().copied().unwrap_or_default();
    for recipe in &table::LUMEN {
        sounds.alias(recipe.name, &format!("{first}_{}", recipe.name));
    }
    loaded
}

/// Makes one sound; `tune` is a factor on every pitch, and shortens what it raises.
fn render(recipe: &Recipe, tune: f32) -> SampleData {
    let rate = RATE_HZ as f32;
    let secs = recipe.secs / tune.sqrt();
    let len = (secs * rate) as usize;
    let mut noise = Noise::new(
        recipe.name.bytes().fold(0x811c_9dc5, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193)),
    );
    let mut band = [Svf::default(); 2];
    let mut metal_filter = Svf::default();
    let low_cut = SvfTuning::new(recipe.noise.low_hz * tune, 1.0, rate);
    let high_cut = SvfTuning::new(recipe.noise.high_hz * tune, 1.2, rate);
    let metal_cut = SvfTuning::new(recipe.metal.low_hz, 0.9, rate);
    // Everything that falls: by one factor a sample, to −60 dB in its time.
    let falling = |secs: f32| {
        let factor = if secs > 0.0 { (-6.9 * tune.sqrt() / (secs * rate)).exp() } else { 0.0 };
        Falling { level: 1.0, factor }
    };
    let mut tones: Vec<_> = recipe
        .tones
        .iter()
        .map(|tone| (tone, 0.0f32, falling(tone.bend_secs), falling(tone.fall_secs)))
        .collect();
    let mut hiss_level = falling(recipe.noise.fall_secs);
    let mut metal_level = falling(recipe.metal.fall_secs);
    let mut metal = [0.0f32; METAL_RATIOS.len()];
    // A clap is several hands, this far apart, and then the room.
    let hand_frames = 0.011 * rate;
    let clap_frames = (recipe.noise.hands - 1.0).max(0.0) * hand_frames;
    let mut frames = Vec::with_capacity(len);
    for i in 0..len {
        let mut x = 0.0;
        for (Tone { from_hz, to_hz, level, .. }, phase, bend, fall) in &mut tones {
            let hz = (to_hz + (from_hz - to_hz) * bend.next()) * tune;
            *phase = wrap(*phase + hz / rate);
            x += sine(*phase) * level * fall.next();
        }
        let hiss = noise.next();
        if recipe.noise.level > 0.0 {
            let [first, second] = &mut band;
            let low = first.next([hiss; 2], &low_cut).high;
            let inside = second.next(low, &high_cut).low[0];
            let hand = i as f32 / hand_frames;
            let level = if (i as f32) < clap_frames { (-4.0 * part(hand)).exp() } else { hiss_level.next() };
            x += inside * level * recipe.noise.level;
        }
        if recipe.metal.level > 0.0 {
            let mut sum = 0.0;
            for (phase, ratio) in metal.iter_mut().zip(METAL_RATIOS) {
                *phase = wrap(*phase + recipe.metal.hz * ratio * tune / rate);
                sum += if *phase < 0.5 { 1.0 } else { -1.0 };
            }
            let bright = metal_filter.next([sum / 6.0 + hiss * 0.15; 2], &metal_cut).high[0];
            x += bright * recipe.metal.level * metal_level.next();
        }
        let driven = (x * recipe.drive).tanh();
        // The last hundredth goes to silence whatever the row says.
        let end = ((len - i) as f32 / (0.01 * len as f32)).min(1.0);
        frames.push([driven * end; 2]);
    }
    let peak = frames.iter().fold(1e-6f32, |peak, frame| peak.max(frame[0].abs()));
    let scale = recipe.peak / peak;
    frames.iter_mut().for_each(|frame| *frame = frame.map(|x| x * scale));
    SampleData { frames, rate_hz: RATE_HZ }
}

/// One period of a wave from the levels of its harmonics.
fn period(harmonics: &[f32]) -> SampleData {
    let sum = |i: usize| {
        let turn = i as f32 / PERIOD_FRAMES as f32;
        let harmonic = |(n, level): (usize, &f32)| sine(wrap(turn * (n + 1) as f32)) * level;
        harmonics.iter().enumerate().map(harmonic).sum::<f32>()
    };
    let wave: Vec<f32> = (0..PERIOD_FRAMES).map(sum).collect();
    let peak = wave.iter().fold(1e-6f32, |peak, x| peak.max(x.abs()));
    // As loud as the oscillators, which are softer than samples.
    let frames = wave.into_iter().map(|x| [x * PERIOD_PEAK / peak; 2]).collect();
    SampleData { frames, rate_hz: RATE_HZ }
}

/// A level that falls by the same factor each sample. It starts at 1.
struct Falling {
    level: f32,
    factor: f32,
}

impl Falling {
    fn next(&mut self) -> f32 {
        let now = self.level;
        self.level *= self.factor;
        now
    }
}
