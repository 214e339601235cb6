//! A streaming resampler that allocates only when made, so it may run in the audio callback.
//!
//! Windowed sinc, 32 taps, 256 phases with linear interpolation between neighbours. Going down in
//! rate, the cut-off goes down with it.

/// Taps of the kernel: enough for −80 dB of images at a transition of a tenth of the band.
const TAPS: usize = 32;
/// Positions between two input frames for which a kernel is stored.
const PHASES: usize = 256;
/// Shape of the Kaiser window: about −80 dB of side lobes.
const KAISER_BETA: f64 = 8.0;
/// Input frames fetched at once.
const FETCH_FRAMES: usize = 256;

/// Converts interleaved stereo from one rate to another, pulling from a source.
pub struct Resampler {
    /// `PHASES + 1` kernels of `TAPS`, the last for interpolation.
    kernels: Vec<[f32; TAPS]>,
    /// Input frames per output frame.
    step: f64,
    /// Position between the two middle taps of the window, in input frames, 0–1.
    fraction: f64,
    /// The last `TAPS` input frames, oldest first from `head`.
    window: [[f32; 2]; TAPS],
    head: usize,
    fetched: [f32; FETCH_FRAMES * 2],
    next_fetched: usize,
    passthrough: bool,
}

impl Resampler {
    /// Makes one from rate to rate, in Hz. Allocates its table.
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        let step = f64::from(from_hz.max(1)) / f64::from(to_hz.max(1));
        let passthrough = from_hz == to_hz;
        // 0.94 of the lower Nyquist: the transition band stays below it.
        let cutoff = 0.94 / step.max(1.0);
        let kernels =
            if passthrough { Vec::new() } else { (0..=PHASES).map(|phase| kernel(phase, cutoff)).collect() };
        Self {
            kernels,
            step,
            fraction: 0.0,
            window: [[0.0; 2]; TAPS],
            head: 0,
            fetched: [0.0; FETCH_FRAMES * 2],
            next_fetched: FETCH_FRAMES * 2,
            passthrough,
        }
    }

    /// Fills `out` (interleaved stereo) with as many input frames as that takes from `pull`.
    ///
    /// `pull` must fill the whole block it is given, with silence after its end.
    pub fn fill(&mut self, out: &mut [f32], mut pull: impl FnMut(&mut [f32])) {
        if self.passthrough {
            return pull(out);
        }
        for frame in out.chunks_exact_mut(2) {
            while self.fraction >= 1.0 {
                self.advance(&mut pull);
                self.fraction -= 1.0;
            }
            let [left, right] = self.interpolate();
            frame.copy_from_slice(&[left, right]);
            self.fraction += self.step;
        }
    }

    /// Forgets what was heard: the next frame starts from silence.
    pub fn reset(&mut self) {
        self.window = [[0.0; 2]; TAPS];
        self.next_fetched = self.fetched.len();
        self.fraction = 0.0;
    }

    /// Returns the delay of the kernel in output frames.
    pub fn latency_frames(&self) -> usize {
        if self.passthrough { 0 } else { ((TAPS / 2) as f64 / self.step).round() as usize }
    }

    fn advance(&mut self, pull: &mut impl FnMut(&mut [f32])) {
        if self.next_fetched >= self.fetched.len() {
            pull(&mut self.fetched);
            self.next_fetched = 0;
        }
        let frame = self.fetched.get(self.next_fetched..self.next_fetched + 2).unwrap_or(&[0.0, 0.0]);
        if let (Some(slot), [left, right]) = (self.window.get_mut(self.head), frame) {
            *slot = [*left, *right];
        }
        self.head = (self.head + 1) % TAPS;
        self.next_fetched += 2;
    }

    fn interpolate(&self) -> [f32; 2] {
        let position = self.fraction * PHASES as f64;
        let phase = (position as usize).min(PHASES - 1);
        let between = (position - phase as f64) as f32;
        let (Some(a), Some(b)) = (self.kernels.get(phase), self.kernels.get(phase + 1)) else {
            return [0.0; 2];
        };
        let (newest, oldest) = self.window.split_at(self.head);
        let mut sum = [0.0f32; 2];
        for ((frame, a), b) in oldest.iter().chain(newest).zip(a).zip(b) {
            let weight = a + (b - a) * between;
            sum[0] += frame[0] * weight;
            sum[1] += frame[1] * weight;
        }
        sum
    }
}

/// The kernel for an output frame `phase / PHASES` of an input frame after the middle tap.
fn kernel(phase: usize, cutoff: f64) -> [f32; TAPS] {
    let offset = phase as f64 / PHASES as f64;
    let mut taps = [0.0f64; TAPS];
    for (i, tap) in taps.iter_mut().enumerate() {
        let x = i as f64 - (TAPS / 2 - 1) as f64 - offset;
        let angle = std::f64::consts::PI * cutoff * x;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
        let edge = (x / (TAPS / 2) as f64).clamp(-1.0, 1.0);
        *tap = cutoff * sinc * bessel_i0(KAISER_BETA * (1.0 - edge * edge).sqrt()) / bessel_i0(KAISER_BETA);
    }
    // Every phase passes a constant unchanged: no ripple at the phase rate.
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| (tap / sum) as f32)
}

/// The modified Bessel function of order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..32 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resamples a sine and returns its level and the level of all that is not that sine, in dB.
    fn check(from_hz: u32, to_hz: u32, tone_hz: f64) -> (f64, f64) {
        let mut n = 0u64;
        let mut resampler = Resampler::new(from_hz, to_hz);
        let mut out = vec![0.0; 2 * 20_000];
        resampler.fill(&mut out, |block| {
            for frame in block.chunks_exact_mut(2) {
                let x = (std::f64::consts::TAU * tone_hz * n as f64 / f64::from(from_hz)).sin() as f32;
                frame.fill(x);
                n += 1;
            }
        });
        let left: Vec<f64> = out.iter().step_by(2).skip(2_000).take(16_000).map(|x| f64::from(*x)).collect();
        let w = std::f64::consts::TAU * tone_hz / f64::from(to_hz);
        let (mut s, mut c) = (0.0, 0.0);
        for (i, x) in left.iter().enumerate() {
            s += x * (w * i as f64).sin() * 2.0 / left.len() as f64;
            c += x * (w * i as f64).cos() * 2.0 / left.len() as f64;
        }
        let rest: f64 = left
            .iter()
            .enumerate()
            .map(|(i, x)| (x - s * (w * i as f64).sin() - c * (w * i as f64).cos()).powi(2))
            .sum::<f64>()
            / left.len() as f64;
        (10.0 * (s * s + c * c).log10(), 10.0 * (rest * 2.0 + 1e-12).log10())
    }

    #[test]
    fn tones_keep_their_level_and_gain_no_others() {
        for (from, to, tone) in
            [(44_100, 48_000, 1_000.0), (48_000, 44_100, 997.0), (96_000, 48_000, 8_000.0)]
        {
            let (level, rest) = check(from, to, tone);
            assert!(level.abs() < 0.1, "{from} to {to}: {level} dB");
            assert!(rest < -60.0, "{from} to {to}: noise at {rest} dB");
        }
    }

    #[test]
    fn equal_rates_pass_bits_through() {
        let mut out = [0.0; 8];
        Resampler::new(48_000, 48_000).fill(&mut out, |block| {
            for (i, x) in block.iter_mut().enumerate() {
                *x = i as f32;
            }
        });
        assert_eq!(out, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    }
}
