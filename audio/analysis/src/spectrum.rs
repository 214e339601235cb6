use std::sync::Arc;

use audio_signal::{SPECTRUM_BINS, WAVEFORM_SAMPLES};
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples of the long window behind chroma: 186 ms at 44.1 kHz, enough to part semitones from 100 Hz up.
pub(crate) const LONG_SAMPLES: usize = 8192;
/// Band edges of the flux filter bank start here: below is rumble.
const BANK_LOW_HZ: f64 = 30.0;
/// And end here: above, lossy encoders leave holes.
const BANK_HIGH_HZ: f64 = 16_000.0;
/// Bands per octave: a third of an octave parts a kick from a bass, a snare from a hat.
const BANDS_PER_OCTAVE: f64 = 6.0;
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

/// Log-spaced bands and their superflux: the positive change against the loudest neighbour 30 ms ago, so
/// vibrato and glides do not read as attacks.
pub(crate) struct Flux {
    bands: Vec<Band>,
    pub(crate) centres_hz: Vec<f32>,
    /// Compressed magnitudes of the last hops, newest first.
    levels: [Vec<f32>; FLUX_LAG + 1],
    pub(crate) flux: Vec<f32>,
}

impl Flux {
    pub(crate) fn new(sample_rate_hz: f64) -> Self {
        let bin_hz = sample_rate_hz / WAVEFORM_SAMPLES as f64;
        let top = BANK_HIGH_HZ.min(sample_rate_hz * 0.45);
        let edges: Vec<f64> = (0..)
            .map(|i| BANK_LOW_HZ * 2f64.powf(f64::from(i) / BANDS_PER_OCTAVE))
            .take_while(|hz| *hz < top)
            .collect();
        let mut bands = Vec::new();
        let mut centres_hz = Vec::new();
        for edge in edges.windows(3) {
            let (low, centre, high) = (edge[0], edge[1], edge[2]);
            let first_bin = (low / bin_hz).ceil() as usize;
            let last_bin = ((high / bin_hz).floor() as usize).min(SPECTRUM_BINS - 1);
            let mut weights: Vec<f32> = (first_bin..=last_bin)
                .map(|bin| {
                    let hz = bin as f64 * bin_hz;
                    ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0) as f32
                })
                .collect();
            let total: f32 = weights.iter().sum();
            if total > 0.0 {
                weights.iter_mut().for_each(|w| *w /= total);
                bands.push(Band { first_bin, weights });
                centres_hz.push(centre as f32);
            }
        }
        let zeros = vec![0.0; bands.len()];
        Self { levels: std::array::from_fn(|_| zeros.clone()), flux: zeros, bands, centres_hz }
    }

    /// Compressed magnitude of each band now, 0–6.9.
    pub(crate) fn levels(&self) -> &[f32] {
        &self.levels[0]
    }

    pub(crate) fn push(&mut self, magnitudes: &[f32; SPECTRUM_BINS]) {
        self.levels.rotate_right(1);
        let [now, .., past] = &mut self.levels;
        for (level, band) in now.iter_mut().zip(&self.bands) {
            let bins = magnitudes.iter().skip(band.first_bin);
            let sum: f32 = bins.zip(&band.weights).map(|(m, w)| m * w).sum();
            *level = (LOG_GAIN * sum).ln_1p();
        }
        for (i, flux) in self.flux.iter_mut().enumerate() {
            let around = &past[i.saturating_sub(1)..(i + 2).min(past.len())];
            let loudest = around.iter().fold(0.0f32, |a, b| a.max(*b));
            *flux = (now[i] - loudest).max(0.0);
        }
    }
}
