//! Sounds with a known truth.

/// The rate of every test sound, in Hz.
pub(crate) const RATE: u32 = 44_100;

/// A small xorshift: noise that is the same in every run.
pub(crate) struct Noise(u32);

impl Noise {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed.max(1))
    }

    /// Uniform, −1–1.
    pub(crate) fn sample(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}

pub(crate) fn silence(secs: f64) -> Vec<f32> {
    vec![0.0; (secs * f64::from(RATE)) as usize]
}

/// Mixes `sound` into `track` from `secs` on; what lies beyond the end is cut.
pub(crate) fn mix(track: &mut [f32], secs: f64, gain: f32, sound: &[f32]) {
    let start = (secs * f64::from(RATE)).round() as usize;
    for (t, s) in track.iter_mut().skip(start).zip(sound) {
        *t += gain * s;
    }
}

fn stroke(secs: f32, mut shape: impl FnMut(f32) -> f32) -> Vec<f32> {
    (0..(secs * RATE as f32) as usize).map(|i| shape(i as f32 / RATE as f32)).collect()
}

pub(crate) fn kick() -> Vec<f32> {
    // The sweep's phase is the integral of 50 + 150·exp(−40 t) Hz.
    stroke(0.25, |t| {
        let phase = 50.0 * t + 150.0 / 40.0 * (1.0 - (-40.0 * t).exp());
        (phase * std::f32::consts::TAU).sin() * (-12.0 * t).exp()
    })
}

pub(crate) fn snare() -> Vec<f32> {
    let mut noise = Noise::new(7);
    stroke(0.15, |t| {
        (0.6 * noise.sample() + 0.4 * (190.0 * std::f32::consts::TAU * t).sin()) * (-25.0 * t).exp()
    })
}

pub(crate) fn hat() -> Vec<f32> {
    let mut noise = Noise::new(9);
    let mut last = 0.0;
    // The difference of white noise leans to the top.
    stroke(0.05, |t| {
        let n = noise.sample();
        let high = n - last;
        last = n;
        high * 0.5 * (-80.0 * t).exp()
    })
}

/// A tone with eight falling partials.
pub(crate) fn tone(hz: f32, secs: f32) -> Vec<f32> {
    stroke(secs, |t| {
        let fade = (t * 100.0).min(1.0) * ((secs - t) * 50.0).clamp(0.0, 1.0);
        let partials = (1..=8).map(|k| (hz * k as f32 * std::f32::consts::TAU * t).sin() / (k * k) as f32);
        partials.sum::<f32>() * fade
    })
}

pub(crate) fn hz(midi_note: i32) -> f32 {
    440.0 * 2f32.powf((midi_note - 69) as f32 / 12.0)
}

/// A rock beat: kick on one and three, snare on two and four, hats on the eighths, a bass note on the one.
/// `swing` delays the off-beat, in turns of the beat (0.5 straight, 0.667 triplets).
pub(crate) fn drums(beats: &[f64], swing: f64, secs: f64) -> Vec<f32> {
    let mut track = silence(secs);
    let (kick, snare, hat, bass) = (kick(), snare(), hat(), tone(hz(36), 0.4));
    for (i, pair) in beats.windows(2).enumerate() {
        let (now, next) = (pair[0], pair[1]);
        if i % 2 == 0 {
            mix(&mut track, now, 0.8, &kick);
        } else {
            mix(&mut track, now, 0.5, &snare);
        }
        if i % 4 == 0 {
            mix(&mut track, now, 0.3, &bass);
        }
        mix(&mut track, now, 0.15, &hat);
        mix(&mut track, now + (next - now) * swing, 0.12, &hat);
    }
    track
}

/// Beats of a steady tempo.
pub(crate) fn steady(bpm: f64, first_secs: f64, secs: f64) -> Vec<f64> {
    (0..).map(|i| first_secs + f64::from(i) * 60.0 / bpm).take_while(|t| *t < secs).collect()
}

/// The share of `expected` from `from_secs` on that has a `heard` within `tolerance_secs`.
pub(crate) fn share_found(expected: &[f64], heard: &[f64], from_secs: f64, tolerance_secs: f64) -> f64 {
    let late: Vec<f64> = expected.iter().copied().filter(|t| *t >= from_secs).collect();
    let found = late.iter().filter(|t| heard.iter().any(|h| (h - **t).abs() <= tolerance_secs)).count();
    found as f64 / late.len().max(1) as f64
}
