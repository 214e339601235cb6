//! What lies between a record and a microphone.

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn noise(&mut self) -> f32 {
        (self.unit() * 2.0 - 1.0) as f32
    }
}

/// Plays a clip faster or slower, like a turntable.
pub(crate) fn at_speed(clip: &[f32], rate: f32, wanted: usize) -> Vec<f32> {
    (0..wanted)
        .map(|i| {
            let at = f64::from(rate) * i as f64;
            let (whole, part) = (at as usize, at.fract() as f32);
            let sample = |i: usize| clip.get(i).copied().unwrap_or_default();
            // Four-point Hermite: clean up to where peaks are looked for.
            let [a, b, c, d] = [whole.saturating_sub(1), whole, whole + 1, whole + 2].map(sample);
            let c1 = 0.5 * (c - a);
            let c2 = a - 2.5 * b + 2.0 * c - 0.5 * d;
            let c3 = 0.5 * (d - a) + 1.5 * (b - c);
            ((c3 * part + c2) * part + c1) * part + b
        })
        .collect()
}

/// A small loud room, a small microphone: 0.6 s of reverberation, 130–6,000 Hz.
pub(crate) fn microphone(clip: &[f32], rate_hz: f32, random: &mut Random) -> Vec<f32> {
    let taps: Vec<(usize, f32)> = (0..500)
        .map(|_| {
            let secs = 0.005 + 0.6 * random.unit() as f32;
            let gain = 10_f32.powf(-3.0 * secs / 0.6) * if random.unit() < 0.5 { -0.18 } else { 0.18 };
            ((secs * rate_hz) as usize, gain)
        })
        .collect();
    let mut wet = clip.to_vec();
    for (delay, gain) in taps {
        for (out, dry) in wet.iter_mut().skip(delay).zip(clip) {
            *out += gain * dry;
        }
    }
    for _ in 0..2 {
        low_pass(&mut wet, 6_000.0 / rate_hz);
        let mut low = wet.clone();
        low_pass(&mut low, 130.0 / rate_hz);
        for (sample, low) in wet.iter_mut().zip(low) {
            *sample -= low;
        }
    }
    wet
}

fn low_pass(samples: &mut [f32], turns: f32) {
    let share = 1.0 - (-std::f32::consts::TAU * turns).exp();
    let mut state = 0.0;
    for sample in samples {
        state += share * (*sample - state);
        *sample = state;
    }
}

/// Adds pink noise at this distance below the clip's level, in dB.
pub(crate) fn add_noise(clip: &mut [f32], snr_db: f32, random: &mut Random) {
    let mut poles = [0.0_f32; 3];
    let noise: Vec<f32> = clip
        .iter()
        .map(|_| {
            // Three poles, an octave-wide compromise each: pink within half a dB.
            let white = random.noise();
            for (pole, (feedback, gain)) in
                poles.iter_mut().zip([(0.997_65, 0.099_046), (0.963, 0.296_516_4), (0.57, 1.052_691_3)])
            {
                *pole = feedback * *pole + gain * white;
            }
            poles.iter().sum::<f32>() + 0.1848 * white
        })
        .collect();
    let power = |samples: &[f32]| samples.iter().map(|x| x * x).sum::<f32>() + 1e-9;
    let gain = (power(clip) / power(&noise)).sqrt() * 10_f32.powf(-snr_db / 20.0);
    for (sample, noise) in clip.iter_mut().zip(noise) {
        *sample += gain * noise;
    }
}
