use std::sync::Arc;

use audio_signal::{SPECTRUM_BINS, WAVEFORM_SAMPLES};
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples of the long window behind chroma: 186 ms at 44.1 kHz, enough to part semitones from 100 Hz up.
pub(crate) const LONG_SAMPLES: usize = 8192;
/// Centres of the flux bank begin here: below is rumble.
const BANK_LOW_HZ: f64 = 30.0;
/// And end here: above, lossy encoders leave holes.
const BANK_HIGH_HZ: f64 = 16_000.0;
/// A sixth of an octave parts a kick from a bass, a snare from a hat…
const BANDS_PER_OCTAVE: f64 = 6.0;
/// …but no band is narrower than a bin at any usual rate, so the bank is the same for all of them.
const SPACING_MIN_HZ: f64 = 25.0;
/// Compression of magnitudes before differences: a full-scale sine becomes log(1001) ≈ 6.9.
const LOG_GAIN: f32 = 1000.0;
/// Superflux lag in hops: 30 ms, a soft attack's rise.
const FLUX_LAG: usize = 3;

/// The newest samples and their magnitudes.
pub(crate) struct Spectrum {
    samples: Vec<f32>,
    window: Vec<f32>,
    scale: f32,
    fft: Arc<dyn RealToComplex<f32>>,
    input: Vec<f32>,
    output: Vec<Complex32>,
    scratch: Vec<Complex32>,
    pub(crate) magnitudes: [f32; SPECTRUM_BINS],
}

/// Blackman: side lobes under −58 dB, so a loud kick does not leak into the hats' bands.
pub(crate) fn blackman(len: usize) -> Vec<f32> {
    (0..len)
        .map(|i| {
            let x = std::f64::consts::TAU * (i as f64 + 0.5) / len as f64;
            (0.42 - 0.5 * x.cos() + 0.08 * (2.0 * x).cos()) as f32
        })
        .collect()
}

impl Spectrum {
    pub(crate) fn new() -> Self {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WAVEFORM_SAMPLES);
        let window = blackman(WAVEFORM_SAMPLES);
        Self {
            samples: vec![0.0; LONG_SAMPLES],
            scale: 2.0 / window.iter().sum::<f32>(),
            window,
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
            magnitudes: [0.0; SPECTRUM_BINS],
        }
    }

    /// Appends one hop and recomputes the magnitudes.
    pub(crate) fn push(&mut self, hop: &[f32]) {
        let hop = &hop[hop.len().saturating_sub(LONG_SAMPLES)..];
        self.samples.copy_within(hop.len().., 0);
        let keep = LONG_SAMPLES - hop.len();
        self.samples[keep..].copy_from_slice(hop);
        let newest = &self.samples[LONG_SAMPLES - WAVEFORM_SAMPLES..];
        for ((x, s), w) in self.input.iter_mut().zip(newest).zip(&self.window) {
            *x = s * w;
        }
        // The buffers come from the plan itself, so their lengths fit and this cannot fail.
        let _ = self.fft.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
        for (m, c) in self.magnitudes.iter_mut().zip(&self.output) {
            *m = (c.re * c.re + c.im * c.im).sqrt() * self.scale;
        }
    }

    /// The newest [`WAVEFORM_SAMPLES`], oldest first.
    pub(crate) fn waveform(&self) -> &[f32] {
        &self.samples[LONG_SAMPLES - WAVEFORM_SAMPLES..]
    }

    /// The newest [`LONG_SAMPLES`], oldest first.
    pub(crate) fn long_window(&self) -> &[f32] {
        &self.samples
    }
}

struct Band {
    first_bin: usize,
    weights: Vec<f32>,
}

/// The loudest recent moment is brought to this spectral amplitude before compression, so that a quiet
/// microphone and a hot mix look alike.
const GAIN_TARGET: f32 = 0.5;
/// The gain forgets a loud moment by half in this long, in seconds.
const GAIN_HALF_LIFE_SECS: f64 = 10.0;
/// Noise is never lifted by more than this: 46 dB.
const GAIN_MAX: f32 = 200.0;

/// Log-spaced bands and their superflux: the positive change against the loudest neighbour 30 ms ago, so
/// vibrato and glides do not read as attacks.
pub(crate) struct Flux {
    bands: Vec<Band>,
    peak: f32,
    keep_peak: f32,
    pub(crate) centres_hz: Vec<f32>,
    /// Compressed magnitudes of the last hops, newest first.
    levels: [Vec<f32>; FLUX_LAG + 1],
    pub(crate) flux: Vec<f32>,
    /// Amplitudes of the last hops under the same gain, newest first, compressed by a root only.
    roots: [Vec<f32>; FLUX_LAG],
    /// The positive change of the roots in 20 ms: unlike `flux`, a faint noise beside a loud stroke stays faint.
    pub(crate) rise: Vec<f32>,
}

/// Edges of the bank, in Hz. Each inner one is the centre of a triangle between its neighbours.
fn bank_edges() -> Vec<f64> {
    let mut edges = vec![BANK_LOW_HZ - SPACING_MIN_HZ];
    let mut hz = BANK_LOW_HZ;
    while hz < BANK_HIGH_HZ {
        edges.push(hz);
        hz = (hz * 2f64.powf(1.0 / BANDS_PER_OCTAVE)).max(hz + SPACING_MIN_HZ);
    }
    edges.push(hz);
    edges
}

impl Flux {
    pub(crate) fn new(sample_rate_hz: f64, hop_secs: f64) -> Self {
        let bin_hz = sample_rate_hz / WAVEFORM_SAMPLES as f64;
        let mut bands = Vec::new();
        let mut centres_hz = Vec::new();
        for edge in bank_edges().windows(3) {
            let (low, centre, high) = (edge[0], edge[1], edge[2]);
            let first_bin = (low / bin_hz).ceil() as usize;
            let end_bin = ((high / bin_hz).floor() as usize + 1).min(SPECTRUM_BINS);
            let mut weights: Vec<f32> = (first_bin..end_bin)
                .map(|bin| {
                    let hz = bin as f64 * bin_hz;
                    ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0) as f32
                })
                .collect();
            // A band above a slow stream's reach stays empty, and hears nothing.
            let total = weights.iter().sum::<f32>().max(1e-6);
            weights.iter_mut().for_each(|w| *w /= total);
            bands.push(Band { first_bin, weights });
            centres_hz.push(centre as f32);
        }
        let zeros = vec![0.0; bands.len()];
        Self {
            levels: std::array::from_fn(|_| zeros.clone()),
            roots: std::array::from_fn(|_| zeros.clone()),
            rise: zeros.clone(),
            flux: zeros,
            bands,
            centres_hz,
            peak: GAIN_TARGET / GAIN_MAX,
            keep_peak: 0.5f64.powf(hop_secs / GAIN_HALF_LIFE_SECS) as f32,
        }
    }

    /// Compressed magnitude of each band now, about 0–7.
    pub(crate) fn levels(&self) -> &[f32] {
        &self.levels[0]
    }

    pub(crate) fn push(&mut self, magnitudes: &[f32; SPECTRUM_BINS]) {
        let amplitude = magnitudes.iter().map(|m| m * m).sum::<f32>().sqrt();
        self.peak = (self.peak * self.keep_peak).max(amplitude).max(GAIN_TARGET / GAIN_MAX);
        let gain = LOG_GAIN * GAIN_TARGET / self.peak;
        self.levels.rotate_right(1);
        self.roots.rotate_right(1);
        let [now, .., past] = &mut self.levels;
        let [root_now, _, root_past] = &mut self.roots;
        for ((level, root), band) in now.iter_mut().zip(root_now.iter_mut()).zip(&self.bands) {
            let bins = magnitudes.iter().skip(band.first_bin);
            let sum: f32 = bins.zip(&band.weights).map(|(m, w)| m * w).sum();
            *level = (gain * sum).ln_1p();
            *root = (gain / LOG_GAIN * sum).sqrt();
        }
        for ((rise, now), past) in self.rise.iter_mut().zip(&*root_now).zip(&*root_past) {
            *rise = (now - past).max(0.0);
        }
        for (i, flux) in self.flux.iter_mut().enumerate() {
            let around = &past[i.saturating_sub(1)..(i + 2).min(past.len())];
            let loudest = around.iter().fold(0.0f32, |a, b| a.max(*b));
            *flux = (now[i] - loudest).max(0.0);
        }
    }
}
