//! What makes the raw sound of a voice: oscillators, noises, a string, a sample.

use std::sync::Arc;

use audio_signal::{NoteEvent, Sound, Wave};

use super::{Bank, is_pitched};
use crate::{
    dsp::{Frame, Noise, adsr, poly_step, sine, wrap},
    sounds::SampleData,
};

/// Saws of a super saw.
pub(super) const MAX_UNISON: usize = 8;
/// The string's delay line, in frames: 23 Hz at 48 kHz is its lowest note.
const STRING_FRAMES: usize = 2_048;

pub(super) struct Source {
    rate_hz: f32,
    noise: Noise,
    phases: [f32; MAX_UNISON],
    modulator: f32,
    width_phase: f32,
    vibrato: f32,
    /// State of pink and brown noise.
    pink: [f32; 3],
    brown: f32,
    string: Box<[f32; STRING_FRAMES]>,
    string_at: usize,
    string_last: f32,
    /// Position in the sample, in its own frames.
    position: f64,
}

impl Source {
    pub(super) fn new(rate_hz: f32, seed: u32) -> Self {
        Self {
            rate_hz,
            noise: Noise::new(seed),
            phases: [0.0; MAX_UNISON],
            modulator: 0.0,
            width_phase: 0.0,
            vibrato: 0.0,
            pink: [0.0; 3],
            brown: 0.0,
            string: Box::new([0.0; STRING_FRAMES]),
            string_at: 0,
            string_last: 0.0,
            position: 0.0,
        }
    }

    pub(super) fn start(&mut self, note: &NoteEvent, bank: &Bank) {
        // The note decides the noise, not the voice that happens to play it: offline twice is equal.
        self.noise = Noise::new((note.at.0 as u32).wrapping_mul(0x9e37_79b9) ^ note.freq_hz.to_bits());
        self.phases = [0.0; MAX_UNISON];
        if note.sound == Sound::Wave(Wave::SuperSaw) {
            for phase in &mut self.phases {
                *phase = self.noise.unit();
            }
        }
        (self.modulator, self.width_phase, self.vibrato) = (0.0, 0.0, 0.0);
        (self.pink, self.brown) = ([0.0; 3], 0.0);
        (self.string_at, self.string_last) = (0, 0.0);
        if note.sound == Sound::Wave(Wave::Pluck) {
            for slot in self.string.iter_mut() {
                *slot = self.noise.next();
            }
        }
        self.position = match sample_of(note, bank) {
            Some(data) => {
                let last = data.frames.len() as f64 - 1.0;
                let from = if note.speed < 0.0 { note.end } else { note.begin };
                (f64::from(from) * data.frames.len() as f64).min(last).max(0.0)
            }
            None => 0.0,
        };
    }

    /// Fills `out`; false when the sample has come to its end.
    pub(super) fn render(&mut self, note: &NoteEvent, secs: f32, out: &mut [Frame], bank: &Bank) -> bool {
        let bend = self.bend(note, secs, out.len());
        match note.sound {
            Sound::Sample(_) => match sample_of(note, bank) {
                Some(data) => self.play_sample(note, data, bend, out),
                None => {
                    out.fill([0.0; 2]);
                    false
                }
            },
            Sound::Wave(wave) => {
                self.oscillate(note, wave, secs, bend, out);
                true
            }
        }
    }

    /// How much higher than written it sounds now, as a factor.
    fn bend(&mut self, note: &NoteEvent, secs: f32, frames: usize) -> f32 {
        let mut semitones = 0.0;
        if note.vibrato_hz > 0.0 {
            self.vibrato = wrap(self.vibrato + note.vibrato_hz * frames as f32 / self.rate_hz);
            semitones += sine(self.vibrato) * note.vibrato_semitones;
        }
        if note.pitch_env_semitones != 0.0 {
            semitones += adsr(&note.pitch_env, secs, note.hold_secs) * note.pitch_env_semitones;
        }
        if note.accelerate != 0.0 {
            semitones += 12.0 * note.accelerate * (secs / note.hold_secs).min(1.0);
        }
        if semitones == 0.0 { 1.0 } else { (semitones / 12.0).exp2() }
    }

    fn oscillate(&mut self, note: &NoteEvent, wave: Wave, secs: f32, bend: f32, out: &mut [Frame]) {
        let hz = note.freq_hz * bend;
        let fm_hz = if note.fm_index > 0.0 && is_pitched(wave) {
            let level = note.fm_env.map_or(1.0, |env| adsr(&env, secs, note.hold_secs));
            note.fm_index * note.fm_ratio * hz * level
        } else {
            0.0
        };
        let modulator_step = hz * note.fm_ratio / self.rate_hz;
        let step_now = |modulator: &mut f32, rate_hz: f32| {
            if fm_hz == 0.0 {
                return (hz / rate_hz).min(0.49);
            }
            *modulator = wrap(*modulator + modulator_step);
            ((hz + sine(*modulator) * fm_hz) / rate_hz).clamp(-0.49, 0.49)
        };
        match wave {
            Wave::SuperSaw => self.super_saw(note, hz, out),
            Wave::Pluck => self.pluck(hz, out),
            Wave::Sine | Wave::Triangle | Wave::Saw | Wave::Pulse => {
                let [phase, ..] = &mut self.phases;
                for frame in out.iter_mut() {
                    let step = step_now(&mut self.modulator, self.rate_hz);
                    *phase = wrap(*phase + step);
                    let size = step.abs().max(1e-6);
                    let x = match wave {
                        Wave::Sine => sine(*phase),
                        // From zero, upwards, like the sine.
                        Wave::Triangle => 1.0 - 4.0 * (wrap(*phase + 0.25) - 0.5).abs(),
                        Wave::Saw => 2.0 * *phase - 1.0 - poly_step(*phase, size),
                        _ => {
                            let mut width = note.pulse_width;
                            if note.pulse_sweep > 0.0 {
                                self.width_phase = wrap(self.width_phase + note.pulse_rate_hz / self.rate_hz);
                                width = (width + 0.5 * note.pulse_sweep * sine(self.width_phase))
                                    .clamp(0.02, 0.98);
                            }
                            let fall = wrap(*phase + 1.0 - width);
                            let level = if *phase < width { 1.0 } else { -1.0 };
                            level + poly_step(*phase, size) - poly_step(fall, size)
                        }
                    };
                    *frame = [x, x];
                }
            }
            Wave::WhiteNoise => out.iter_mut().for_each(|frame| *frame = [self.noise.next(); 2]),
            Wave::PinkNoise => out.iter_mut().for_each(|frame| *frame = [self.pink(); 2]),
            Wave::BrownNoise => {
                for frame in out.iter_mut() {
                    self.brown = (self.brown + 0.02 * self.noise.next()) / 1.02;
                    *frame = [self.brown * 3.5; 2];
                }
            }
            Wave::Crackle => {
                for frame in out.iter_mut() {
                    // At density 1, a thousand clicks a second.
                    let click = self.noise.unit() < note.density * 1_000.0 / self.rate_hz;
                    *frame = [if click { self.noise.next() } else { 0.0 }; 2];
                }
            }
        }
        if note.noise > 0.0 && is_pitched(wave) {
            for frame in out.iter_mut() {
                let x = self.pink() * note.noise;
                *frame = frame.map(|y| y * (1.0 - 0.5 * note.noise) + x);
            }
        }
    }

    fn super_saw(&mut self, note: &NoteEvent, hz: f32, out: &mut [Frame]) {
        let count = usize::from(note.unison);
        let middle = (count as f32 - 1.0) / 2.0;
        let scale = 1.0 / (count as f32).sqrt();
        out.fill([0.0; 2]);
        for (i, phase) in self.phases.iter_mut().take(count).enumerate() {
            let side = if count > 1 { (i as f32 - middle) / middle } else { 0.0 };
            let step = (hz * (side * note.detune / 12.0).exp2() / self.rate_hz).min(0.49);
            // Neighbours in pitch lie on opposite sides.
            let place = if i % 2 == 0 { side } else { -side } * note.spread;
            let gains = [scale * (1.0 - place * 0.5), scale * (1.0 + place * 0.5)];
            for frame in out.iter_mut() {
                *phase += step;
                if *phase >= 1.0 {
                    *phase -= 1.0;
                }
                let x = 2.0 * *phase - 1.0 - poly_step(*phase, step);
                *frame = [frame[0] + x * gains[0], frame[1] + x * gains[1]];
            }
        }
    }

    /// A delay line as long as a period that loses its highs at each turn (Karplus and Strong, 1983).
    fn pluck(&mut self, hz: f32, out: &mut [Frame]) {
        let period = (self.rate_hz / hz.max(1.0)).clamp(2.0, (STRING_FRAMES - 2) as f32);
        // Half a frame is the averaging's own delay.
        let (whole, fraction) = ((period - 0.5) as usize, (period - 0.5).fract());
        for frame in out.iter_mut() {
            let read = |back: usize| {
                let idx = (self.string_at + STRING_FRAMES - back) % STRING_FRAMES;
                self.string.get(idx).copied().unwrap_or(0.0)
            };
            let x = read(whole) * (1.0 - fraction) + read(whole + 1) * fraction;
            let damped = 0.996 * 0.5 * (x + self.string_last);
            self.string_last = x;
            if let Some(slot) = self.string.get_mut(self.string_at) {
                *slot = damped;
            }
            self.string_at = (self.string_at + 1) % STRING_FRAMES;
            *frame = [x * 1.5; 2];
        }
    }

    /// White noise through three one-pole filters (Kellet's economy fit).
    fn pink(&mut self) -> f32 {
        let x = self.noise.next();
        let [a, b, c] = &mut self.pink;
        *a = 0.997_65 * *a + x * 0.099_046;
        *b = 0.963 * *b + x * 0.296_516_4;
        *c = 0.57 * *c + x * 1.052_691_3;
        (*a + *b + *c + x * 0.184_8) * 0.25
    }

    fn play_sample(&mut self, note: &NoteEvent, data: &SampleData, bend: f32, out: &mut [Frame]) -> bool {
        let len = data.frames.len() as f64;
        let step = f64::from(note.speed * bend) * f64::from(data.rate_hz) / f64::from(self.rate_hz);
        let (begin, end) = (f64::from(note.begin) * len, f64::from(note.end) * len);
        let looped = note.looped.map(|(from, to)| (f64::from(from) * len, f64::from(to) * len));
        let mut sounds = true;
        for frame in out.iter_mut() {
            if let Some((from, to)) = looped.filter(|(from, to)| to - from >= 1.0) {
                if (step >= 0.0 && self.position >= to) || (step < 0.0 && self.position < from) {
                    self.position = from + (self.position - from).rem_euclid(to - from);
                }
            } else if self.position >= end || self.position < begin.min(end) || step == 0.0 {
                sounds = false;
            }
            if !sounds {
                *frame = [0.0; 2];
                continue;
            }
            *frame = between(&data.frames, self.position);
            self.position += step;
        }
        sounds
    }
}

fn sample_of<'a>(note: &NoteEvent, bank: &'a Bank) -> Option<&'a Arc<SampleData>> {
    let Sound::Sample(id) = note.sound else { return None };
    bank.get(usize::from(id.0))?.as_ref()
}

/// A frame between frames: a cubic through the four around it.
fn between(frames: &[Frame], position: f64) -> Frame {
    let at = position as usize;
    let t = (position - at as f64) as f32;
    let get = |idx: usize| frames.get(idx).copied().unwrap_or([0.0; 2]);
    if t == 0.0 {
        return get(at);
    }
    let before = if at == 0 { get(0) } else { get(at - 1) };
    let (here, next, after) = (get(at), get(at + 1), get(at + 2));
    let mut out = [0.0; 2];
    for (i, out) in out.iter_mut().enumerate() {
        let (a, b, c, d) = (before[i], here[i], next[i], after[i]);
        *out = b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)));
    }
    out
}
