//! The instruments of the built-in track. Each makes one sample at a time at [`MIX_RATE_HZ`].

use std::f32::consts::{FRAC_PI_2, TAU};

use crate::MIX_RATE_HZ;

const RATE: f32 = MIX_RATE_HZ as f32;

/// What an envelope is multiplied by each sample to fall to 1/1000 in `secs`.
fn fall(secs: f32) -> f32 {
    (-6.9 / (secs * RATE)).exp()
}

fn hz_from_note(note: i32) -> f32 {
    440.0 * ((note - 69) as f32 / 12.0).exp2()
}

/// White noise, −1–1, from a xorshift generator.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as i32 as f32 / 2_147_483_648.0
    }
}

/// A state-variable filter (trapezoidal, two poles).
#[derive(Default)]
struct Filter {
    a: f32,
    b: f32,
}

impl Filter {
    /// Returns low, band and high pass of `x`.
    fn next(&mut self, x: f32, cutoff_hz: f32, damping: f32) -> [f32; 3] {
        let g = (std::f32::consts::PI * (cutoff_hz / RATE).min(0.45)).tan();
        let high = (x - (damping + g) * self.a - self.b) / (1.0 + g * (g + damping));
        let band = g * high + self.a;
        let low = g * band + self.b;
        self.a = g * high + band;
        self.b = g * band + low;
        [low, band, high]
    }
}

/// A saw without the worst of its aliases (two-sample polynomial step).
#[derive(Clone, Copy, Default)]
struct Saw {
    phase: f32,
}

impl Saw {
    fn next(&mut self, hz: f32) -> f32 {
        let step = hz / RATE;
        self.phase = (self.phase + step).fract();
        let smooth = if self.phase < step {
            let t = self.phase / step;
            t + t - t * t - 1.0
        } else if self.phase > 1.0 - step {
            let t = (self.phase - 1.0) / step;
            t * t + t + t + 1.0
        } else {
            0.0
        };
        2.0 * self.phase - 1.0 - smooth
    }
}

/// A sine whose pitch falls from a click to a thump.
#[derive(Default)]
pub(super) struct Kick {
    level: f32,
    pitch: f32,
    phase: f32,
}

impl Kick {
    pub(super) fn hit(&mut self, level: f32) {
        (self.level, self.pitch, self.phase) = (level, 1.0, 0.0);
    }

    pub(super) fn next(&mut self) -> f32 {
        let hz = 48.0 + 170.0 * self.pitch * self.pitch + 900.0 * self.pitch.powi(12);
        self.phase = (self.phase + hz / RATE).fract();
        self.pitch *= fall(0.28);
        self.level *= fall(0.38);
        ((self.phase * TAU).sin() * self.level * 1.6).tanh()
    }

    /// How loud it still is, 0–1: what the others duck by.
    pub(super) fn envelope(&self) -> f32 {
        self.level.min(1.0)
    }
}

/// Noise through a band, over a short tone.
pub(super) struct Snare {
    level: f32,
    tone: f32,
    phase: f32,
    noise: Noise,
    filter: Filter,
}

impl Default for Snare {
    fn default() -> Self {
        Self { level: 0.0, tone: 0.0, phase: 0.0, noise: Noise(0x1234_5678), filter: Filter::default() }
    }
}

impl Snare {
    pub(super) fn hit(&mut self, level: f32) {
        (self.level, self.tone) = (level, level);
    }

    pub(super) fn next(&mut self) -> f32 {
        self.phase = (self.phase + (175.0 + 60.0 * self.tone) / RATE).fract();
        self.level *= fall(0.22);
        self.tone *= fall(0.11);
        let [_, band, high] = self.filter.next(self.noise.next(), 1_900.0, 0.9);
        (band * 0.9 + high * 0.35) * self.level + (self.phase * TAU).sin() * self.tone * 0.7
    }
}

/// High noise, short when closed, long when open.
pub(super) struct Hat {
    level: f32,
    fall: f32,
    noise: [Noise; 2],
    filters: [Filter; 2],
}

impl Default for Hat {
    fn default() -> Self {
        Self {
            level: 0.0,
            fall: 0.0,
            noise: [Noise(0x2545_f491), Noise(0x9e37_79b9)],
            filters: [Filter::default(), Filter::default()],
        }
    }
}

impl Hat {
    pub(super) fn open(&mut self, level: f32) {
        (self.level, self.fall) = (level, fall(0.24));
    }

    pub(super) fn close(&mut self, level: f32) {
        (self.level, self.fall) = (level, fall(0.06));
    }

    pub(super) fn next(&mut self) -> [f32; 2] {
        self.level *= self.fall;
        let level = self.level;
        let [left, right] = &mut self.noise;
        let (common, left, right) = (left.next(), left.next(), right.next());
        let [a, b] = &mut self.filters;
        let [_, _, left] = a.next(common * 0.6 + left * 0.4, 7_800.0, 0.7);
        let [_, _, right] = b.next(common * 0.6 + right * 0.4, 7_800.0, 0.7);
        [left * level, right * level]
    }
}

/// A saw and a sine an octave below, through a low pass with an envelope.
#[derive(Default)]
pub(super) struct Bass {
    hz: f32,
    left: f32,
    level: f32,
    bite: f32,
    saw: Saw,
    sub: f32,
    filter: Filter,
}

impl Bass {
    pub(super) fn play(&mut self, note: i32, frames: f32) {
        self.hz = hz_from_note(note);
        (self.left, self.bite) = (frames, 1.0);
    }

    pub(super) fn next(&mut self, open: f32) -> f32 {
        self.left -= 1.0;
        let target = if self.left > 0.0 { 1.0 } else { 0.0 };
        self.level += (target - self.level) * 0.004;
        self.bite *= fall(0.2);
        self.sub = (self.sub + self.hz / RATE).fract();
        let raw = self.saw.next(self.hz) * 0.7;
        let cutoff = 120.0 + open * (500.0 + 2_200.0 * self.bite);
        let [low, _, _] = self.filter.next(raw, cutoff, 0.6);
        ((low + (self.sub * TAU).sin() * 0.6) * self.level * 1.3).tanh()
    }
}

/// Four notes of two detuned saws each, left and right, through one filter a side.
#[derive(Default)]
pub(super) struct Chords {
    hz: [f32; 4],
    saws: [[Saw; 4]; 2],
    left: f32,
    level: f32,
    loudness: f32,
    attack: f32,
    filters: [Filter; 2],
    drift: f32,
}

impl Chords {
    pub(super) fn play(&mut self, notes: [i32; 4], loudness: f32, frames: f32, attack_secs: f32) {
        self.loudness = loudness;
        self.hz = notes.map(hz_from_note);
        self.left = frames;
        self.attack = 1.0 / (attack_secs * RATE).max(1.0);
    }

    pub(super) fn next(&mut self, brightness: f32) -> [f32; 2] {
        self.left -= 1.0;
        if self.left > 0.0 {
            self.level = (self.level + self.attack * 4.0).min(1.0);
        } else {
            self.level *= fall(0.25);
        }
        self.drift = (self.drift + 0.13 / RATE).fract();
        let wobble = 1.0 + 0.2 * (self.drift * TAU).sin();
        let cutoff = (180.0 + 7_500.0 * brightness * (0.4 + 0.6 * self.level)) * wobble;
        let mut out = [0.0; 2];
        let sides = self.saws.iter_mut().zip(&mut self.filters).zip([0.996, 1.004]);
        for (out, ((saws, filter), detune)) in out.iter_mut().zip(sides) {
            let sum: f32 = saws.iter_mut().zip(self.hz).map(|(saw, hz)| saw.next(hz * detune)).sum();
            let [low, _, _] = filter.next(sum * 0.35, cutoff, 0.8);
            *out = low * self.level * self.loudness;
        }
        out
    }
}

/// Two operators: a bell that closes quickly.
#[derive(Default)]
pub(super) struct Pluck {
    hz: f32,
    phase: f32,
    level: f32,
    bite: f32,
}

impl Pluck {
    pub(super) fn play(&mut self, note: i32, level: f32) {
        (self.hz, self.level, self.bite) = (hz_from_note(note), level, 1.0);
        self.phase = 0.0;
    }

    pub(super) fn next(&mut self) -> f32 {
        self.phase += self.hz / RATE;
        // The modulator runs at twice the pitch: whole turns may be dropped.
        self.phase = self.phase.fract();
        self.level *= fall(0.35);
        self.bite *= fall(0.16);
        let modulator = (self.phase * 2.0 * TAU).sin() * 2.2 * self.bite;
        (self.phase * TAU + modulator).sin() * self.level
    }
}

/// Noise whose band climbs for four bars.
pub(super) struct Riser {
    noise: Noise,
    filter: Filter,
}

impl Default for Riser {
    fn default() -> Self {
        Self { noise: Noise(0x0bad_cafe), filter: Filter::default() }
    }
}

impl Riser {
    pub(super) fn next(&mut self, build: f32) -> f32 {
        let [_, band, _] = self.filter.next(self.noise.next(), 300.0 + 7_000.0 * build * build, 0.5);
        band * build * build
    }
}

/// An echo that swaps sides.
pub(super) struct Echo {
    lines: [Vec<f32>; 2],
    at: usize,
}

impl Echo {
    pub(super) fn new(frames: usize) -> Self {
        Self { lines: [vec![0.0; frames.max(1)], vec![0.0; frames.max(1)]], at: 0 }
    }

    pub(super) fn next(&mut self, x: f32) -> [f32; 2] {
        let [left, right] = &mut self.lines;
        let (Some(l), Some(r)) = (left.get_mut(self.at), right.get_mut(self.at)) else { return [0.0; 2] };
        let heard = [*l, *r];
        *l = x + *r * 0.45;
        *r = heard[0] * 0.75;
        self.at = (self.at + 1) % left.len();
        heard
    }
}

/// A small hall: eight delay lines feeding each other through a Householder matrix.
pub(super) struct Room {
    lines: [Vec<f32>; 8],
    damped: [f32; 8],
    at: usize,
}

/// Lengths in frames: primes, so that no echoes fall together. 25 to 60 ms.
const ROOM_FRAMES: [usize; 8] = [1_201, 1_433, 1_667, 1_867, 2_089, 2_347, 2_609, 2_879];

impl Room {
    pub(super) fn new() -> Self {
        Self { lines: ROOM_FRAMES.map(|frames| vec![0.0; frames]), damped: [0.0; 8], at: 0 }
    }

    pub(super) fn next(&mut self, x: f32) -> [f32; 2] {
        let mut heard = [0.0f32; 8];
        for ((heard, line), damped) in heard.iter_mut().zip(&self.lines).zip(&mut self.damped) {
            let out = line.get(self.at % line.len().max(1)).copied().unwrap_or(0.0);
            // Highs die first, as in a room with people in it.
            *damped += (out - *damped) * 0.45;
            *heard = *damped;
        }
        let mean = heard.iter().sum::<f32>() * 0.25;
        for (line, heard) in self.lines.iter_mut().zip(heard) {
            let len = line.len().max(1);
            if let Some(slot) = line.get_mut(self.at % len) {
                *slot = x + (heard - mean) * 0.82;
            }
        }
        self.at = self.at.wrapping_add(1);
        let side = |offset: usize| heard.iter().skip(offset).step_by(2).sum::<f32>() * FRAC_PI_2 * 0.3;
        [side(0), side(1)]
    }
}
