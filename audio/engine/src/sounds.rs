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
    names: HashMap<String, Samples>,
    /// What another machine lent: the names of its own samples mean those while they are here.
    lent: HashMap<String, Samples>,
    /// The places of what was lent.
    lent_ids: Vec<SampleId>,
    /// Places of samples that were lent and taken back.
    free: Vec<SampleId>,
    next: u16,
}

/// The samples of one name, each with its length in seconds.
type Samples = Vec<(SampleId, f32)>;

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
        let loaded = self.place(data)?;
        self.names.entry(name.to_lowercase()).or_default().push((loaded.id, loaded.data.secs()));
        Some(loaded)
    }

    /// Lets `name` mean samples of another machine, behind those of ours that both have, `num_shared`,
    /// until [`SoundTable::end_loan`]. Returns what the engine needs; what [`SoundTable::add`] would
    /// refuse is left out.
    pub fn lend(
        &mut self,
        name: &str,
        num_shared: usize,
        samples: impl IntoIterator<Item = SampleData>,
    ) -> Vec<LoadedSample> {
        let name = name.to_lowercase();
        let loaded: Vec<LoadedSample> = samples.into_iter().filter_map(|data| self.place(data)).collect();
        let shared = self.names.get(&name).into_iter().flatten().take(num_shared).copied();
        let lent = loaded.iter().map(|sample| (sample.id, sample.data.secs()));
        let all = shared.chain(lent).collect();
        self.lent.insert(name, all);
        self.lent_ids.extend(loaded.iter().map(|sample| sample.id));
        loaded
    }

    /// Gives back all that was lent. Returns what the engine is to load in its place, so that its
    /// memory comes back too: silence.
    pub fn end_loan(&mut self) -> Vec<LoadedSample> {
        self.lent.clear();
        let silence = Arc::new(SampleData { frames: Vec::new(), rate_hz: 1 });
        let ended = std::mem::take(&mut self.lent_ids);
        self.free.extend(&ended);
        ended.into_iter().map(|id| LoadedSample { id, data: silence.clone() }).collect()
    }

    /// Finds a sample its place in the bank.
    fn place(&mut self, data: SampleData) -> Option<LoadedSample> {
        if data.frames.is_empty() || data.secs() > MAX_SAMPLE_SECS {
            return None;
        }
        let id = match self.free.pop() {
            Some(id) => id,
            None if usize::from(self.next) >= MAX_SAMPLES => return None,
            None => {
                self.next += 1;
                SampleId(self.next - 1)
            }
        };
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
        let named = |name: &str| self.lent.get(name).or_else(|| self.names.get(name));
        let found = banked.and_then(|banked| named(&banked)).or_else(|| named(&name));
        if let Some(samples) = found {
            let n = if n.is_finite() { n.round() as i64 } else { 0 };
            let idx = n.rem_euclid(samples.len().max(1) as i64) as usize;
            return samples.get(idx).map(|(id, secs)| Resolved::Sample(*id, *secs));
        }
        wave_named(&name).map(Resolved::Wave)
    }

    /// Returns all names of this machine's own with how many samples each has, sorted.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(frames: usize) -> SampleData {
        SampleData { frames: vec![[0.5; 2]; frames], rate_hz: 100 }
    }

    fn secs(table: &SoundTable, name: &str, n: f64) -> Option<f32> {
        match table.resolve(None, name, n)? {
            Resolved::Sample(_, secs) => Some(secs),
            Resolved::Wave(_) => None,
        }
    }

    #[test]
    fn what_is_lent_stands_in_front_of_the_own_and_goes_back() {
        let mut table = SoundTable::default();
        for (name, frames) in [("bd", 100), ("bd", 200), ("kick", 300)] {
            table.add(name, sample(frames)).unwrap();
        }
        // The first `bd` is everybody's, the second one's own.
        let lent = table.lend("BD", 1, [sample(700), SampleData { frames: Vec::new(), rate_hz: 1 }]);
        assert_eq!(lent.len(), 1);
        table.lend("kick", 0, [sample(800)]);
        assert_eq!([0.0, 1.0, 2.0].map(|n| secs(&table, "bd", n)), [Some(1.0), Some(7.0), Some(1.0)]);
        assert_eq!(secs(&table, "kick", 0.0), Some(8.0));
        let silence = table.end_loan();
        assert!(silence.len() == 2 && silence.iter().all(|sample| sample.data.frames.is_empty()));
        assert_eq!([0.0, 1.0].map(|n| secs(&table, "bd", n)), [Some(1.0), Some(2.0)]);
        assert_eq!(secs(&table, "kick", 0.0), Some(3.0));
        assert!(table.end_loan().is_empty());
    }

    #[test]
    fn places_that_were_lent_are_used_again() {
        let mut table = SoundTable::default();
        for _ in 0..2 * MAX_SAMPLES {
            assert_eq!(table.lend("kick", 0, [sample(1)]).len(), 1);
            assert_eq!(table.end_loan().len(), 1);
        }
    }
}
