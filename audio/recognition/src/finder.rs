//! From samples to a constellation of spectral peaks.
//!
//! A peak is a local maximum of the spectrogram which at most a few stronger maxima surround, within
//! 0.4 s and 0.4 octaves. Only ranks within a neighbourhood count, so level, equaliser and loudness of
//! other registers change nothing, and the density is the same for a flute and for a band.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::peak::{LOW_HZ, NUM_PITCHES, PITCHES_PER_OCTAVE, Peak, pitch_from_hz};

/// Length of the window: two partials 31 Hz apart are two peaks.
const WINDOW_SECS: f64 = 0.128;
/// From one spectrum to the next. Peaks are placed between them by interpolation.
const HOP_SECS: f64 = 0.032;
/// Ticks in a hop.
const TICKS_PER_HOP: u32 = 2;
/// A peak is the highest point within so many hops before and after it: 64 ms.
const LOCAL_HOPS: usize = 2;
/// …and within this ratio of frequency: a semitone.
const LOCAL_RATIO: f64 = 1.059_463;
/// Neighbourhood in which ranks are compared, in hops each way: 0.4 s.
const RANK_HOPS: u64 = 13;
/// …and in pitch steps each way: 0.4 octaves.
const RANK_PITCHES: f32 = 0.4 * PITCHES_PER_OCTAVE as f32;
/// Peaks stronger than one that is kept, within its neighbourhood. Sets the density: about 30 a second.
const MAX_STRONGER: usize = 3;
/// Spectra are quieter than this, in dBFS, only in digital silence and dither.
const FLOOR_DB: f32 = -100.0;
/// Added per octave above 200 Hz, so that strength falls as evenly as music does.
const TILT_DB_PER_OCTAVE: f32 = 3.0;
/// Rates that are listened to, in Hz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=384_000;

/// Finds peaks in a stream. The same samples give the same peaks, whatever the block sizes.
pub struct PeakFinder {
    rate_hz: f64,
    window: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
    scratch: Vec<Complex32>,
    input: Vec<f32>,
    output: Vec<Complex32>,
    /// Mono samples not yet left behind by the window.
    samples: Vec<f32>,
    /// The frame the channels of which came in part with the last block: sum and channels so far.
    partial: (f32, u16),
    /// Hops analysed so far.
    hops: u64,
    /// Sample of the stream at which `samples` begins.
    begin: u64,
    bins: Bins,
    /// Power spectra of the last hops, oldest first.
    powers: VecDeque<Vec<f32>>,
    /// Local maxima, by hop, that wait for their rank.
    maxima: VecDeque<Maximum>,
    /// How many of `maxima` have their rank: they are kept to rank others by.
    ranked: usize,
}

struct Bins {
    low: usize,
    high: usize,
    /// How many bins a semitone is, by bin from `low`.
    reach: Vec<usize>,
    hz: f64,
}

#[derive(Clone, Copy)]
struct Maximum {
    hop: u64,
    tick: u32,
    pitch: f32,
    level_db: f32,
}

impl PeakFinder {
    /// Makes a finder for samples of this rate, in Hz. Rates no sound card has are taken as the nearest
    /// one that some card has, 8–384 kHz.
    pub fn new(rate_hz: u32) -> Self {
        let rate_hz = f64::from(rate_hz.clamp(*RATES_HZ.start(), *RATES_HZ.end()));
        let len = smooth_even_at_least((WINDOW_SECS * rate_hz) as usize);
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(len);
        // Full scale is 0 dB: a sine's peak bin is half the sum of the window.
        let window: Vec<f32> = (0..len)
            .map(|i| {
                let turn = std::f64::consts::TAU * (i as f64 + 0.5) / len as f64;
                ((1.0 - turn.cos()) * 2.0 / len as f64) as f32
            })
            .collect();
        let hz = rate_hz / len as f64;
        let low = ((LOW_HZ / hz).ceil() as usize).max(2);
        let top_hz = LOW_HZ * (f64::from(NUM_PITCHES) / PITCHES_PER_OCTAVE).exp2();
        // A bin is left at the top for the comparison with the next higher.
        let high = ((top_hz / hz) as usize).min(len / 2 - 2);
        let reach = (low..high).map(|bin| ((bin as f64 * (LOCAL_RATIO - 1.0)) as usize).max(1)).collect();
        Self {
            rate_hz,
            window,
            scratch: fft.make_scratch_vec(),
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            fft,
            samples: Vec::new(),
            partial: (0.0, 0),
            hops: 0,
            begin: 0,
            bins: Bins { low, high, reach, hz },
            powers: VecDeque::new(),
            maxima: VecDeque::new(),
            ranked: 0,
        }
    }

    /// Returns the stream time that has been looked at, in ticks. Peaks come about 0.6 s later.
    pub fn ticks(&self) -> u32 {
        tick_of_hop(self.hops)
    }

    /// Takes interleaved samples and appends the peaks that are certain by now to `out`, in order of
    /// their ticks.
    pub fn push(&mut self, samples: &[f32], channels: u16, out: &mut Vec<Peak>) {
        let channels = channels.max(1);
        for &sample in samples {
            let (sum, count) = self.partial;
            let sum = sum + if sample.is_finite() { sample } else { 0.0 };
            self.partial = if count + 1 >= channels {
                self.samples.push(sum / f32::from(channels));
                (0.0, 0)
            } else {
                (sum, count + 1)
            };
        }
        while let Some(from) = self.hop_ready() {
            self.transform(from);
            self.hops += 1;
            self.find_maxima();
            self.rank(self.hops.saturating_sub(RANK_HOPS + LOCAL_HOPS as u64 + 1), out);
        }
        let done = self.hop_sample(self.hops).saturating_sub(self.begin) as usize;
        // Moved seldom, so that the copies stay cheap.
        if done > 4 * self.window.len() {
            self.samples.drain(..done.min(self.samples.len()));
            self.begin = self.hop_sample(self.hops);
        }
    }

    /// Ends the stream: appends the peaks that had waited for what follows.
    pub fn finish(mut self, out: &mut Vec<Peak>) {
        for _ in 0..LOCAL_HOPS {
            self.powers.push_back(vec![0.0; self.bins.high + 1]);
            self.hops += 1;
            self.find_maxima();
        }
        self.rank(u64::MAX, out);
    }

    fn hop_sample(&self, hop: u64) -> u64 {
        (hop as f64 * HOP_SECS * self.rate_hz).round() as u64
    }

    /// Where in `samples` the next window begins, once it is filled.
    fn hop_ready(&self) -> Option<usize> {
        let from = (self.hop_sample(self.hops) - self.begin) as usize;
        (from + self.window.len() <= self.samples.len()).then_some(from)
    }

    fn transform(&mut self, from: usize) {
        let samples = self.samples.get(from..).unwrap_or_default();
        for ((x, s), w) in self.input.iter_mut().zip(samples).zip(&self.window) {
            *x = s * w;
        }
        // The buffers come from the plan itself, so their lengths fit and this cannot fail.
        let _ = self.fft.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
        let mut power = if self.powers.len() > 2 * LOCAL_HOPS {
            self.powers.pop_front().unwrap_or_default()
        } else {
            Vec::new()
        };
        power.clear();
        power.extend(self.output.iter().take(self.bins.high + 1).map(Complex32::norm_sqr));
        self.powers.push_back(power);
    }

    /// Looks for maxima in the hop that now has neighbours on both sides.
    fn find_maxima(&mut self) {
        // At the start of the stream the hops before it are missing, which is silence.
        let Some(middle) = self.powers.len().checked_sub(LOCAL_HOPS + 1) else { return };
        let Some(hop) = self.hops.checked_sub(LOCAL_HOPS as u64 + 1) else { return };
        let Some(here) = self.powers.get(middle) else { return };
        let before = middle.checked_sub(1).and_then(|i| self.powers.get(i));
        let after = self.powers.get(middle + 1);
        let floor = 10_f32.powf(FLOOR_DB / 10.0);
        let first = self.maxima.len();
        for (bin, reach) in (self.bins.low..self.bins.high).zip(&self.bins.reach) {
            let Some(&[left, power, right]) = here.get(bin - 1..bin + 2) else { continue };
            if power <= floor || power <= left || power < right {
                continue;
            }
            let around = (bin - reach).max(1)..(bin + reach + 1).min(self.bins.high + 1);
            let stands_out = self.powers.iter().enumerate().all(|(i, powers)| {
                let there = powers.get(around.clone()).unwrap_or_default();
                // Of two equal hops the first one counts.
                if i < middle { there.iter().all(|p| *p < power) } else { there.iter().all(|p| *p <= power) }
            });
            if !stands_out {
                continue;
            }
            let pitch =
                pitch_from_hz((bin as f64 + f64::from(vertex(left, power, right))) * self.bins.hz) as f32;
            if !(0.0..f32::from(NUM_PITCHES)).contains(&pitch) {
                continue;
            }
            let at = |powers: Option<&Vec<f32>>| powers.and_then(|p| p.get(bin)).copied().unwrap_or_default();
            let late = vertex(at(before), power, at(after)) * TICKS_PER_HOP as f32;
            let tick = tick_of_hop(hop).saturating_add_signed(late.round() as i32);
            let level_db = 10.0 * power.log10() + TILT_DB_PER_OCTAVE * pitch / PITCHES_PER_OCTAVE as f32;
            self.maxima.push_back(Maximum { hop, tick, pitch, level_db });
        }
        self.maxima.make_contiguous()[first..].sort_by_key(|maximum| maximum.tick);
    }

    /// Ranks the maxima before this hop and gives out those that few stronger ones surround.
    fn rank(&mut self, before_hop: u64, out: &mut Vec<Peak>) {
        while let Some(&maximum) = self.maxima.get(self.ranked).filter(|next| next.hop < before_hop) {
            let stronger = |other: &&Maximum| {
                other.level_db > maximum.level_db
                    && other.hop.abs_diff(maximum.hop) <= RANK_HOPS
                    && (other.pitch - maximum.pitch).abs() <= RANK_PITCHES
            };
            if self.maxima.iter().filter(stronger).take(MAX_STRONGER + 1).count() <= MAX_STRONGER {
                out.push(Peak {
                    tick: maximum.tick,
                    pitch: (maximum.pitch as u16).min(NUM_PITCHES - 1),
                    level: (maximum.level_db - FLOOR_DB).clamp(0.0, 255.0) as u8,
                });
            }
            self.ranked += 1;
            while self.maxima.front().is_some_and(|first| first.hop + RANK_HOPS < maximum.hop) {
                self.maxima.pop_front();
                self.ranked -= 1;
            }
        }
    }
}

fn tick_of_hop(hop: u64) -> u32 {
    u32::try_from(hop * u64::from(TICKS_PER_HOP)).unwrap_or(u32::MAX)
}

/// Where a parabola through three powers, in dB, has its top: −0.5–0.5 from the middle one.
fn vertex(left: f32, middle: f32, right: f32) -> f32 {
    let [left, middle, right] = [left, middle, right].map(|power| (power + 1e-20).ln());
    let bend = left - 2.0 * middle + right;
    if bend >= 0.0 { 0.0 } else { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) }
}

/// The next even number without prime factors over 7: such transforms are quick.
fn smooth_even_at_least(len: usize) -> usize {
    let is_smooth = |len: &usize| {
        let mut rest = *len;
        for factor in [2, 3, 5, 7] {
            while rest.is_multiple_of(factor) {
                rest /= factor;
            }
        }
        rest == 1 && len.is_multiple_of(2)
    };
    (len.max(16)..).find(is_smooth).unwrap_or(len)
}
