//! Samples, and the names they go by.

use std::{collections::HashMap, sync::Arc};

use audio_signal::{SampleId, Wave};

/// Samples a bank can hold.
pub const MAX_SAMPLES: usize = 4_096;
/// The longest sample, in seconds of stereo at 48 kHz: 46 MB.
pub const MAX_SAMPLE_SECS: f32 = 120.0;

/// One sample in memory: stereo frames at their own rate.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleData {
    /// Left and right, −1–1.
    pub frames: Vec<[f32; 2]>,
    /// Frames per second, in Hz.
    pub rate_hz: u32,
}

impl SampleData {
    /// Returns its length at its own speed, in seconds.
    pub fn secs(&self) -> f32 {
        self.frames.len() as f32 / self.rate_hz.max(1) as f32
    }
}

/// A sample as it goes into the engine.
#[derive(Clone, Debug)]
pub struct LoadedSample {
    /// Its place in the bank.
    pub id: SampleId,
    /// Its sound.
    pub data: Arc<SampleData>,
}

/// The names of all sounds: what the score resolves `s`, `bank` and `n` with.
#[derive(Clone, Debug, Default)]
pub struct SoundTable {
    /// Per name (lower case), the samples it counts, in order: `name:0`, `name:1`, ….
    names: HashMap<String, Vec<(SampleId, f32)>>,
    next: u16,
}

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    /// An oscillator.
    Wave(Wave),
    /// A sample and its length in seconds.
    Sample(SampleId, f32),
}

impl SoundTable {
    /// Adds a sample behind those `name` has, and returns what the engine needs. `None` when the
    /// bank is full or the sample is empty or too long.
    pub fn add(&mut self, name: &str, data: SampleData) -> Option<LoadedSample> {
        let full = usize::from(self.next) >= MAX_SAMPLES;
        if full || data.frames.is_empty() || data.secs() > MAX_SAMPLE_SECS {
            return None;
        }
        let id = SampleId(self.next);
        self.next += 1;
        self.names.entry(name.to_lowercase()).or_default().push((id, data.secs()));
        Some(LoadedSample { id, data: Arc::new(data) })
    }

    /// Lets `name` mean what `existing` means now.
    pub fn alias(&mut self, name: &str, existing: &str) {
        if let Some(samples) = self.names.get(&existing.to_lowercase()).cloned() {
            self.names.insert(name.to_lowercase(), samples);
        }
    }

    /// Returns what `name` means: in `bank` first, then by itself. `n` counts on, and round.
    pub fn resolve(&self, bank: Option<&str>, name: &str, n: f64) -> Option<Resolved> {
        let name = name.to_lowercase();
        let banked = bank.map(|bank| format!("{}_{name}", bank.to_lowercase()));
        let found = banked.and_then(|banked| self.names.get(&banked)).or_else(|| self.names.get(&name));
        if let Some(samples) = found {
            let n = if n.is_finite() { n.round() as i64 } else { 0 };
            let idx = n.rem_euclid(samples.len().max(1) as i64) as usize;
            return samples.get(idx).map(|(id, secs)| Resolved::Sample(*id, *secs));
        }
        wave_named(&name).map(Resolved::Wave)
    }

    /// Returns all names with how many samples each has, sorted.
    pub fn names(&self) -> Vec<(&str, usize)> {
        let mut names: Vec<_> = self.names.iter().map(|(name, all)| (name.as_str(), all.len())).collect();
        names.sort_unstable();
        names
    }
}

/// The oscillators by name, for completion.
pub const WAVE_NAMES: [&str; 16] = [
    "sine", "sin", "triangle", "tri", "square", "sqr", "pulse", "sawtooth", "saw", "supersaw", "white",
    "pink", "brown", "crackle", "pluck", "noise",
];

fn wave_named(name: &str) -> Option<Wave> {
    Some(match name {
        "sine" | "sin" => Wave::Sine,
        "triangle" | "tri" => Wave::Triangle,
        "square" | "sqr" | "pulse" => Wave::Pulse,
        "sawtooth" | "saw" => Wave::Saw,
        "supersaw" => Wave::SuperSaw,
        "white" | "noise" => Wave::WhiteNoise,
        "pink" => Wave::PinkNoise,
        "brown" => Wave::BrownNoise,
        "crackle" => Wave::Crackle,
        "pluck" => Wave::Pluck,
        _ => return None,
    })
}
