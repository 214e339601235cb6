//! A voice's filters and effects, in the order live coders know: low, high and band pass, vowel, coarse,
//! crush, shape, distortion, tremolo, compressor, phaser, chorus. What a note does not ask for costs nothing.

use std::f32::consts::SQRT_2;

use audio_signal::{Adsr, FilterSlope, NoteEvent, NoteFilter};

use super::is_steep;
use crate::dsp::{Frame, Svf, SvfTuning, adsr, gain_from_db, part, sine, wrap};

/// Formants of five sung vowels: frequency in Hz, level, quality (the tenor of Csound's table).
const VOWELS: [[(f32, f32, f32); 5]; 5] = [
    [
        (660.0, 1.0, 8.0),
        (1_120.0, 0.501, 12.0),
        (2_750.0, 0.071, 22.0),
        (3_000.0, 0.063, 23.0),
        (3_350.0, 0.013, 24.0),
    ],
    [
        (440.0, 1.0, 6.0),
        (1_800.0, 0.2, 22.0),
        (2_700.0, 0.126, 27.0),
        (3_000.0, 0.1, 25.0),
        (3_300.0, 0.1, 27.0),
    ],
    [
        (270.0, 1.0, 7.0),
        (1_850.0, 0.063, 20.0),
        (2_900.0, 0.063, 29.0),
        (3_350.0, 0.016, 28.0),
        (3_590.0, 0.016, 30.0),
    ],
    [
        (430.0, 1.0, 10.0),
        (820.0, 0.316, 10.0),
        (2_700.0, 0.05, 27.0),
        (3_000.0, 0.079, 25.0),
        (3_300.0, 0.02, 27.0),
    ],
    [
        (370.0, 1.0, 9.0),
        (630.0, 0.1, 10.0),
        (2_750.0, 0.071, 27.0),
        (3_000.0, 0.032, 25.0),
        (3_400.0, 0.02, 28.0),
    ],
];
/// The vowel filter takes most of a sound away; this brings it back to where it was.
const VOWEL_MAKE_UP: f32 = 4.0;
/// Stages of the phaser.
const PHASER_STAGES: usize = 4;
/// The chorus's delay line, in frames: 42 ms at 48 kHz.
const CHORUS_FRAMES: usize = 2_048;

pub(super) struct Chain {
    rate_hz: f32,
    low: [Svf; 2],
    high: [Svf; 2],
    band: Svf,
    formants: [Svf; 5],
    held: Frame,
    hold_left: f32,
    tremolo: f32,
    follower: f32,
    phaser: [Frame; PHASER_STAGES],
    phaser_phase: f32,
    chorus: Box<[Frame; CHORUS_FRAMES]>,
    chorus_at: usize,
    chorus_phase: f32,
}

impl Chain {
    pub(super) fn new(rate_hz: f32) -> Self {
        Self {
            rate_hz,
            low: [Svf::default(); 2],
            high: [Svf::default(); 2],
            band: Svf::default(),
            formants: [Svf::default(); 5],
            held: [0.0; 2],
            hold_left: 0.0,
            tremolo: 0.0,
            follower: 0.0,
            phaser: [[0.0; 2]; PHASER_STAGES],
            phaser_phase: 0.0,
            chorus: Box::new([[0.0; 2]; CHORUS_FRAMES]),
            chorus_at: 0,
            chorus_phase: 0.0,
        }
    }

    pub(super) fn start(&mut self, note: &NoteEvent) {
        self.low = [Svf::default(); 2];
        self.high = [Svf::default(); 2];
        self.band = Svf::default();
        self.formants = [Svf::default(); 5];
        (self.held, self.hold_left) = ([0.0; 2], 0.0);
        self.tremolo = note.tremolo_phase.rem_euclid(1.0);
        self.follower = 0.0;
        (self.phaser, self.phaser_phase) = ([[0.0; 2]; PHASER_STAGES], 0.0);
        if note.chorus > 0.0 {
            self.chorus.fill([0.0; 2]);
        }
        (self.chorus_at, self.chorus_phase) = (0, 0.0);
    }

    /// Works on one control span, at most [`super::CONTROL_FRAMES`] long, `secs` into the note.
    pub(super) fn process(&mut self, note: &NoteEvent, secs: f32, out: &mut [Frame]) {
        let rate_hz = self.rate_hz;
        let damping_from_db = |db: f32| 10.0f32.powf(-db / 20.0);
        let tuning = |filter: &NoteFilter, damping: f32| {
            let NoteFilter { cutoff_hz, env_octaves, env_anchor, env, .. } = *filter;
            let sweep = if env_octaves == 0.0 {
                0.0
            } else {
                adsr(&never_flat(env), secs, note.hold_secs) - env_anchor
            };
            SvfTuning::new(cutoff_hz * (env_octaves * sweep).exp2(), damping, rate_hz)
        };
        if note.low_pass.cutoff_hz > 0.0 {
            let damping = damping_from_db(note.low_pass.resonance);
            let first_tuning = tuning(&note.low_pass, damping);
            let [first, second] = &mut self.low;
            for frame in out.iter_mut() {
                if note.slope == FilterSlope::Ladder {
                    *frame = frame.map(soft);
                }
                *frame = first.next(*frame, &first_tuning).low;
            }
            if is_steep(note.slope) {
                let tuning = tuning(&note.low_pass, SQRT_2);
                out.iter_mut().for_each(|frame| *frame = second.next(*frame, &tuning).low);
            }
        }
        if note.high_pass.cutoff_hz > 0.0 {
            let damping = damping_from_db(note.high_pass.resonance);
            let first_tuning = tuning(&note.high_pass, damping);
            let [first, second] = &mut self.high;
            out.iter_mut().for_each(|frame| *frame = first.next(*frame, &first_tuning).high);
            if is_steep(note.slope) {
                let tuning = tuning(&note.high_pass, SQRT_2);
                out.iter_mut().for_each(|frame| *frame = second.next(*frame, &tuning).high);
            }
        }
        if note.band_pass.cutoff_hz > 0.0 {
            let damping = 1.0 / note.band_pass.resonance.max(0.1);
            let tuning = tuning(&note.band_pass, damping);
            for frame in out.iter_mut() {
                *frame = self.band.next(*frame, &tuning).band.map(|x| x * damping);
            }
        }
        if let Some(formants) = usize::from(note.vowel).checked_sub(1).and_then(|idx| VOWELS.get(idx)) {
            self.sing(formants, out);
        }
        if note.coarse > 1.0 {
            for frame in out.iter_mut() {
                if self.hold_left < 1.0 {
                    self.held = *frame;
                    self.hold_left += note.coarse;
                }
                self.hold_left -= 1.0;
                *frame = self.held;
            }
        }
        if note.crush >= 1.0 {
            let steps = (note.crush - 1.0).exp2();
            // Adding and taking away 1.5 × 2²³ rounds to whole numbers.
            let round = |x: f32| (x.clamp(-64.0, 64.0) * steps + 12_582_912.0) - 12_582_912.0;
            out.iter_mut().for_each(|frame| *frame = frame.map(|x| round(x) / steps));
        }
        if note.shape > 0.0 {
            bend(out, 2.0 * note.shape / (1.0 - note.shape), note.distort_gain);
        }
        if note.distort > 0.0 {
            bend(out, note.distort.exp() - 1.0, note.distort_gain);
        }
        if note.tremolo_hz > 0.0 {
            for frame in out.iter_mut() {
                self.tremolo = wrap(self.tremolo + note.tremolo_hz / self.rate_hz);
                // From loud to loud over a turn.
                let gain = 1.0 - note.tremolo_depth * 0.5 * (1.0 - sine(wrap(self.tremolo + 0.25)));
                *frame = frame.map(|x| x * gain);
            }
        }
        if note.compressor_db < 0.0 {
            self.compress(note, out);
        }
        if note.phaser_hz > 0.0 {
            self.phase(note, out);
        }
        if note.chorus > 0.0 {
            self.thicken(note.chorus, out);
        }
    }

    fn sing(&mut self, formants: &[(f32, f32, f32); 5], out: &mut [Frame]) {
        let rate_hz = self.rate_hz;
        let tunings =
            formants.map(|(hz, level, q)| (SvfTuning::new(hz, 1.0 / q, rate_hz), level * VOWEL_MAKE_UP / q));
        for frame in out.iter_mut() {
            let mut sum = [0.0; 2];
            for (filter, (tuning, level)) in self.formants.iter_mut().zip(&tunings) {
                let band = filter.next(*frame, tuning).band;
                sum = [sum[0] + band[0] * level, sum[1] + band[1] * level];
            }
            *frame = sum;
        }
    }

    fn compress(&mut self, note: &NoteEvent, out: &mut [Frame]) {
        let threshold = gain_from_db(note.compressor_db);
        let follow = |secs: f32| 1.0 - (-1.0 / (secs * self.rate_hz)).exp();
        let (up, down) = (follow(note.compressor_attack), follow(note.compressor_release));
        let slope = 1.0 / note.compressor_ratio - 1.0;
        let mut gain = 1.0;
        for (i, frame) in out.iter_mut().enumerate() {
            let peak = frame[0].abs().max(frame[1].abs());
            self.follower += (peak - self.follower) * if peak > self.follower { up } else { down };
            // The power once every few frames is as good as on each.
            if i % 4 == 0 {
                gain = if self.follower > threshold { (self.follower / threshold).powf(slope) } else { 1.0 };
            }
            *frame = frame.map(|x| x * gain);
        }
    }

    fn phase(&mut self, note: &NoteEvent, out: &mut [Frame]) {
        self.phaser_phase = wrap(self.phaser_phase + note.phaser_hz * out.len() as f32 / self.rate_hz);
        let hz = note.phaser_center_hz + 0.5 * note.phaser_sweep_hz * sine(self.phaser_phase);
        let t = (std::f32::consts::PI * (hz / self.rate_hz).clamp(0.000_5, 0.45)).tan();
        let a = (t - 1.0) / (t + 1.0);
        for frame in out.iter_mut() {
            let mut x = *frame;
            for stage in &mut self.phaser {
                for (x, state) in x.iter_mut().zip(stage) {
                    let y = a * *x + *state;
                    *state = *x - a * y;
                    *x = y;
                }
            }
            let depth = note.phaser_depth * 0.5;
            *frame = [frame[0] * (1.0 - depth) + x[0] * depth, frame[1] * (1.0 - depth) + x[1] * depth];
        }
    }

    fn thicken(&mut self, depth: f32, out: &mut [Frame]) {
        for frame in out.iter_mut() {
            self.chorus_phase = wrap(self.chorus_phase + 0.6 / self.rate_hz);
            if let Some(slot) = self.chorus.get_mut(self.chorus_at) {
                *slot = *frame;
            }
            let mut wet = [0.0; 2];
            for (i, wet) in wet.iter_mut().enumerate() {
                // The sides swing against each other: it turns wide.
                let swing = sine(wrap(self.chorus_phase + 0.5 * i as f32));
                let back = (0.012 + 0.006 * swing) * self.rate_hz;
                let (whole, between) = (back as usize, part(back));
                let read = |back: usize| {
                    let idx = (self.chorus_at + CHORUS_FRAMES - back.min(CHORUS_FRAMES - 1)) % CHORUS_FRAMES;
                    self.chorus.get(idx).map_or(0.0, |frame| frame[i])
                };
                *wet = read(whole) * (1.0 - between) + read(whole + 1) * between;
            }
            self.chorus_at = (self.chorus_at + 1) % CHORUS_FRAMES;
            *frame = [frame[0] + wet[0] * depth * 0.7, frame[1] + wet[1] * depth * 0.7];
        }
    }
}

/// Bends the line between in and out: straight at 0, nearly square at 100.
fn bend(out: &mut [Frame], k: f32, gain: f32) {
    for frame in out {
        *frame = frame.map(|x| (1.0 + k) * x / (1.0 + k * x.abs()) * gain);
    }
}

fn soft(x: f32) -> f32 {
    x / (1.0 + x * x).sqrt()
}

/// A filter's envelope with no time in it would jump and click.
fn never_flat(env: Adsr) -> Adsr {
    Adsr { attack: env.attack.max(0.001), release: env.release.max(0.001), ..env }
}
