use std::sync::Arc;

use audio_signal::{Key, Mode};
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::spectrum::{LONG_SAMPLES, blackman};

/// Chroma is read from fundamentals and low partials only: above, partials stop being octaves and fifths.
const LOW_HZ: f32 = 55.0;
const HIGH_HZ: f32 = 2_100.0;
/// A peak also speaks for the fundamentals it may be a partial of, each weighted by this power.
const SUBHARMONIC_DECAY: f32 = 0.55;
const NUM_SUBHARMONICS: usize = 4;
/// Peaks more than 50 dB under the loudest are noise.
const PEAK_SHARE: f32 = 0.003;
/// Chroma shown to a scene follows within this time, in seconds.
const CHROMA_SECS: f32 = 0.35;
/// The live key forgets slowly: two choruses, in seconds.
const KEY_MEMORY_SECS: f32 = 60.0;
/// No key is named before this much tonal music, in seconds.
const KEY_MIN_SECS: f32 = 3.0;
/// Nor under this correlation with its profile: drums and noise stay under it.
const KEY_MIN_CORRELATION: f32 = 0.5;
/// Share of a window's energy that must lie in its peaks to be tonal. Noise spreads, notes stand out.
const TONAL_MIN: f32 = 0.25;

/// How much each degree of the scale is heard in popular and electronic music, tonic first: the triad
/// stands out, the scale follows, the minor mode's sixth and seventh waver. Numbers are our own.
const MAJOR_PROFILE: [f32; 12] = [1.0, 0.10, 0.42, 0.12, 0.58, 0.38, 0.10, 0.78, 0.12, 0.38, 0.16, 0.30];
const MINOR_PROFILE: [f32; 12] = [1.0, 0.12, 0.36, 0.56, 0.12, 0.38, 0.10, 0.78, 0.28, 0.14, 0.42, 0.22];

/// Hops of 10 ms between two looks.
pub(crate) const HOPS_PER_LOOK: u64 = 10;

/// Chroma, tuning and key.
pub(crate) struct Harmony {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex32>,
    scratch: Vec<Complex32>,
    magnitudes: Vec<f32>,
    bin_hz: f32,
    look_secs: f32,
    /// Weighted sum of the unit vectors of all deviations from equal temperament: its angle is the tuning.
    tuning: (f32, f32),
    long: [f32; 12],
    tonal_secs: f32,
    forget: f32,
    /// Pitch classes of the last look as shares of 1; all 0 without tones.
    pub(crate) classes: [f32; 12],
    /// Energy of each pitch class now, the loudest 1.
    pub(crate) chroma: [f32; 12],
    pub(crate) key: Option<Key>,
    pub(crate) confidence: f32,
}

impl Harmony {
    /// `memory_secs` is how long the key remembers; infinite for a whole recording.
    pub(crate) fn new(sample_rate_hz: f32, hop_secs: f32, memory_secs: f32) -> Self {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(LONG_SAMPLES);
        let look_secs = hop_secs * HOPS_PER_LOOK as f32;
        Self {
            window: blackman(LONG_SAMPLES),
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            magnitudes: vec![0.0; LONG_SAMPLES / 2 + 1],
            fft,
            bin_hz: sample_rate_hz / LONG_SAMPLES as f32,
            look_secs,
            tuning: (1e-3, 0.0),
            long: [0.0; 12],
            tonal_secs: 0.0,
            forget: (-look_secs / memory_secs).exp(),
            classes: [0.0; 12],
            chroma: [0.0; 12],
            key: None,
            confidence: 0.0,
        }
    }

    pub(crate) fn live(sample_rate_hz: f32, hop_secs: f32) -> Self {
        Self::new(sample_rate_hz, hop_secs, KEY_MEMORY_SECS)
    }

    /// Takes the newest [`LONG_SAMPLES`].
    pub(crate) fn look(&mut self, samples: &[f32], silent: bool) {
        self.classes = [0.0; 12];
        let keep = (-self.look_secs / CHROMA_SECS).exp();
        if silent {
            self.chroma.iter_mut().for_each(|c| *c *= keep);
            return;
        }
        for ((x, s), w) in self.input.iter_mut().zip(samples).zip(&self.window) {
            *x = s * w;
        }
        // The buffers come from the plan itself, so their lengths fit and this cannot fail.
        let _ = self.fft.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
        for (m, c) in self.magnitudes.iter_mut().zip(&self.output) {
            *m = (c.re * c.re + c.im * c.im).sqrt();
        }
        let (now, tonal) = self.pitch_classes();
        let total: f32 = now.iter().sum();
        if total <= 0.0 {
            return;
        }
        self.classes = now.map(|class| class / total);
        let loudest = now.iter().fold(0.0f32, |a, b| a.max(*b));
        for (shown, new) in self.chroma.iter_mut().zip(now) {
            *shown = *shown * keep + new / loudest * (1.0 - keep);
        }
        if tonal > TONAL_MIN {
            self.tonal_secs += self.look_secs;
            for (sum, new) in self.long.iter_mut().zip(now) {
                *sum = *sum * self.forget + new / total * tonal;
            }
            self.decide();
        }
    }

    /// Chroma of this window from its spectral peaks, and the share of energy that lies in them.
    fn pitch_classes(&mut self) -> ([f32; 12], f32) {
        let first = ((LOW_HZ / self.bin_hz) as usize).max(2);
        let end = ((HIGH_HZ / self.bin_hz) as usize).min(self.magnitudes.len() - 2);
        let range = self.magnitudes.get(first..end).unwrap_or_default();
        let loudest = range.iter().fold(0.0f32, |a, b| a.max(*b));
        let energy: f32 = range.iter().map(|m| m * m).sum();
        let mut classes = [0.0f32; 12];
        let mut in_peaks = 0.0;
        let tuning = self.tuning.1.atan2(self.tuning.0) / std::f32::consts::TAU;
        let mut turn = (0.0f32, 0.0f32);
        for (i, around) in self.magnitudes[first - 1..=end].windows(3).enumerate() {
            let [left, mid, right] = [around[0], around[1], around[2]];
            if mid <= left || mid < right || mid < loudest * PEAK_SHARE {
                continue;
            }
            // Parabola through log magnitudes: exact for a Gaussian window, close for Blackman.
            let (l, m, r) = (left.max(1e-9).ln(), mid.max(1e-9).ln(), right.max(1e-9).ln());
            let offset = (0.5 * (l - r) / (l - 2.0 * m + r).min(-1e-9)).clamp(-0.5, 0.5);
            let hz = ((first + i) as f32 + offset) * self.bin_hz;
            let pitch = 12.0 * (hz / 440.0).log2() + 69.0;
            let peak_energy = left * left + mid * mid + right * right;
            in_peaks += peak_energy;
            let weight = mid.sqrt();
            let angle = (pitch - pitch.round()) * std::f32::consts::TAU;
            turn.0 += weight * angle.cos();
            turn.1 += weight * angle.sin();
            let mut share = 1.0;
            for partial in 1..=NUM_SUBHARMONICS {
                let pitch = pitch - tuning - 12.0 * (partial as f32).log2();
                let near = pitch.round();
                let off = (pitch - near) * 2.0;
                let class = (near as i32).rem_euclid(12) as usize;
                classes[class] += weight * share * (1.0 - off * off);
                share *= SUBHARMONIC_DECAY;
            }
        }
        let norm = (turn.0 * turn.0 + turn.1 * turn.1).sqrt().max(1e-9);
        // 20 s of memory at ten looks a second: instruments are tuned once per song.
        self.tuning = (self.tuning.0 * 0.995 + turn.0 / norm, self.tuning.1 * 0.995 + turn.1 / norm);
        (classes, (in_peaks / energy.max(1e-12)).min(1.0))
    }

    fn decide(&mut self) {
        let (mut best, mut second) = ((-1.0f32, 0u8, Mode::Major), -1.0f32);
        for (mode, profile) in [(Mode::Major, &MAJOR_PROFILE), (Mode::Minor, &MINOR_PROFILE)] {
            for tonic in 0..12u8 {
                let score = correlation(&self.long, profile, usize::from(tonic));
                if score > best.0 {
                    second = best.0;
                    best = (score, tonic, mode);
                } else if score > second {
                    second = score;
                }
            }
        }
        if self.tonal_secs < KEY_MIN_SECS || best.0 < KEY_MIN_CORRELATION {
            self.key = None;
            self.confidence = 0.0;
            return;
        }
        self.key = Some(Key { tonic: best.1, mode: best.2 });
        self.confidence = (best.0 * 0.5 + (best.0 - second) * 4.0).clamp(0.0, 1.0);
    }
}

/// Pearson's r between chroma and a profile moved to a tonic.
fn correlation(chroma: &[f32; 12], profile: &[f32; 12], tonic: usize) -> f32 {
    let mean_c = chroma.iter().sum::<f32>() / 12.0;
    let mean_p = profile.iter().sum::<f32>() / 12.0;
    let (mut cp, mut cc, mut pp) = (0.0, 0.0, 0.0);
    for (i, c) in chroma.iter().enumerate() {
        let (c, p) = (c - mean_c, profile[(i + 12 - tonic) % 12] - mean_p);
        cp += c * p;
        cc += c * c;
        pp += p * p;
    }
    cp / (cc * pp).sqrt().max(1e-12)
}
