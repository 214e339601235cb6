//! Sound from more than one device: each at its own rate, with its own gain and meter.

use std::collections::VecDeque;

use app_desktop::{AlsoSource, Mixing};
use audio_io::{Input, InputChoice, InputReader, InputSettings, MIX_RATE_HZ, Resampler};

/// Frames a resampler may fetch at once.
const FETCH_FRAMES: usize = 256;
/// Sound of an added device that waits for the first one, in samples; the oldest goes when there is more
/// (`DropOldest`): two clocks drift, and a device may stop. 100 ms.
const MAX_WAITING: usize = MIX_RATE_HZ as usize / 10 * 2;
/// How long it is watched how little waits, in samples: a second. What is never needed goes, so that a hiccup
/// does not make a device late for the rest of the evening.
const WATCH: usize = MIX_RATE_HZ as usize * 2;
/// What may wait even so, in samples: 4 ms, a device's own unevenness.
const SPARE: usize = MIX_RATE_HZ as usize / 250 * 2;
/// How fast a meter falls, in shares per second.
const METER_FALL_PER_SEC: f32 = 1.5;
/// What a meter shows, in dBFS: its empty end.
const METER_FLOOR_DB: f32 = -60.0;

/// Brings interleaved stereo of any rate to the mix rate.
#[derive(Default)]
pub(crate) struct ToMix {
    resampler: Option<(u32, Resampler)>,
    pending: Vec<f32>,
}

impl ToMix {
    /// Hands `samples` on to `sink` at the mix rate.
    pub(crate) fn push(&mut self, samples: &[f32], rate_hz: u32, mut sink: impl FnMut(&[f32])) {
        if rate_hz == MIX_RATE_HZ {
            return sink(samples);
        }
        let fits = self.resampler.as_ref().is_some_and(|(rate, _)| *rate == rate_hz);
        let mut resampler = match self.resampler.take().filter(|_| fits) {
            Some((_, resampler)) => resampler,
            None => Resampler::new(rate_hz, MIX_RATE_HZ),
        };
        self.pending.extend_from_slice(samples);
        let mut out = [0.0; 128];
        // 64 frames out take at most one fetch in, for every rate a card has.
        while self.pending.len() >= 2 * FETCH_FRAMES {
            resampler.fill(&mut out, |fetch| {
                let ready = fetch.len().min(self.pending.len());
                fetch.fill(0.0);
                if let (Some(to), Some(from)) = (fetch.get_mut(..ready), self.pending.get(..ready)) {
                    to.copy_from_slice(from);
                }
                self.pending.drain(..ready);
            });
            sink(&out);
        }
        self.resampler = Some((rate_hz, resampler));
    }
}

/// A peak meter.
#[derive(Clone, Copy, Debug, Default)]
struct Meter(f32);

impl Meter {
    fn push(&mut self, stereo: &[f32]) {
        let peak = stereo.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let level = (1.0 - 20.0 * peak.max(1e-6).log10() / METER_FLOOR_DB).clamp(0.0, 1.0);
        let secs = stereo.len() as f32 / (2.0 * MIX_RATE_HZ as f32);
        self.0 = (self.0 - METER_FALL_PER_SEC * secs).max(level);
    }
}

/// A device that is listened to besides the first one.
struct Also {
    wish: AlsoSource,
    /// Its thread ends with it.
    input: Input,
    reader: InputReader,
    to_mix: ToMix,
    waiting: VecDeque<f32>,
    watch: Watch,
    meter: Meter,
}

/// How little waited since a second began, in samples.
#[derive(Clone, Copy)]
struct Watch {
    least: usize,
    mixed: usize,
}

impl Default for Watch {
    fn default() -> Self {
        Self { least: usize::MAX, mixed: 0 }
    }
}

impl Watch {
    /// Takes note of a mix. Returns how many samples wait in vain.
    fn idle_after(&mut self, mixed: usize, waiting: usize) -> usize {
        self.least = self.least.min(waiting);
        self.mixed += mixed;
        if self.mixed < WATCH {
            return 0;
        }
        std::mem::take(self).least.saturating_sub(SPARE) / 2 * 2
    }
}

/// The mix of the first source with the others.
#[derive(Default)]
pub(crate) struct Sources {
    gain_db: f32,
    meter: Meter,
    also: Vec<Also>,
    mixed: Vec<f32>,
}

impl Sources {
    /// Takes what a person wishes: opens what is new, and lets go of what is not wanted.
    pub(crate) fn choose(&mut self, mixing: &Mixing) {
        self.gain_db = mixing.gain_db;
        self.also.retain(|also| mixing.also.iter().any(|wish| wish.device == also.wish.device));
        for wish in &mixing.also {
            if let Some(also) = self.also.iter_mut().find(|also| also.wish.device == wish.device) {
                also.wish.gain_db = wish.gain_db;
                continue;
            }
            let choice = InputChoice::Device(wish.device.clone());
            match Input::open(InputSettings { choice, ..InputSettings::default() }) {
                Ok((input, reader)) => self.also.push(Also {
                    wish: wish.clone(),
                    input,
                    reader,
                    to_mix: ToMix::default(),
                    waiting: VecDeque::new(),
                    watch: Watch::default(),
                    meter: Meter::default(),
                }),
                Err(err) => tracing::warn!(%err, device = wish.device, "a device is not listened to"),
            }
        }
    }

    /// Takes what the added devices have. Returns how many samples wait for the first source at least.
    pub(crate) fn fetch(&mut self, block: &mut [f32]) -> usize {
        for Also { reader, to_mix, waiting, .. } in &mut self.also {
            loop {
                let num_samples = reader.read(block);
                if num_samples == 0 {
                    break;
                }
                let heard = block.get(..num_samples).unwrap_or_default();
                to_mix.push(heard, reader.format().sample_rate_hz, |samples| waiting.extend(samples));
            }
            let too_many = waiting.len().saturating_sub(MAX_WAITING);
            waiting.drain(..too_many);
        }
        self.also.iter().map(|also| also.waiting.len()).max().unwrap_or_default()
    }

    /// Returns the first source's samples with the others' added, each at its gain.
    pub(crate) fn mix(&mut self, first: &[f32]) -> &[f32] {
        self.mixed.clear();
        let gain = from_db(self.gain_db);
        self.mixed.extend(first.iter().map(|sample| sample * gain));
        self.meter.push(&self.mixed);
        for also in &mut self.also {
            let gain = from_db(also.wish.gain_db);
            let num_samples = also.waiting.len().min(first.len());
            let mut heard: Vec<f32> = also.waiting.drain(..num_samples).map(|sample| sample * gain).collect();
            heard.resize(first.len(), 0.0);
            let idle = also.watch.idle_after(first.len(), also.waiting.len());
            also.waiting.drain(..idle.min(also.waiting.len()));
            also.meter.push(&heard);
            self.mixed.iter_mut().zip(&heard).for_each(|(mixed, sample)| *mixed += sample);
        }
        &self.mixed
    }

    /// Whether more than the first source is listened to.
    pub(crate) fn has_more(&self) -> bool {
        !self.also.is_empty()
    }

    /// Returns the levels, 0–1: of the first source, then of the others. `None`: it is waited for.
    pub(crate) fn levels(&self) -> Vec<Option<f32>> {
        let also = self.also.iter().map(|also| also.input.state().is_live().then_some(also.meter.0));
        std::iter::once(Some(self.meter.0)).chain(also).collect()
    }
}

fn from_db(db: f32) -> f32 {
    10_f32.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_rate_becomes_the_mix_rate() {
        for rate_hz in [8_000, 44_100, 48_000, 96_000] {
            let mut to_mix = ToMix::default();
            let mut out = 0;
            for _ in 0..100 {
                to_mix.push(&vec![0.25; rate_hz as usize / 100 * 2], rate_hz, |samples| out += samples.len());
            }
            let expected = MIX_RATE_HZ as usize * 2;
            assert!(out <= expected && out + 4_096 > expected, "{rate_hz} Hz: {out}");
        }
    }

    #[test]
    fn each_source_has_its_gain_and_its_meter() {
        let mut sources = Sources::default();
        let wish = |gain_db| AlsoSource { device: "no such device".to_owned(), gain_db };
        sources.choose(&Mixing { gain_db: -20.0, also: vec![wish(6.0)] });
        sources.also[0].waiting.extend([0.1; 6]);
        let mixed = sources.mix(&[1.0; 8]).to_vec();
        assert!((mixed[0] - (0.1 + 0.1 * 1.995)).abs() < 1e-3, "{mixed:?}");
        assert!((mixed[7] - 0.1).abs() < 1e-6, "what is missing is silence: {mixed:?}");
        let first = sources.levels()[0].unwrap();
        assert!((first - 40.0 / 60.0).abs() < 0.01 && sources.also[0].meter.0 > first);
        assert_eq!(sources.levels()[1], None, "it is waited for");
        sources.choose(&Mixing::default());
        assert_eq!(sources.mix(&[0.5; 2]), [0.5; 2]);
        assert_eq!(sources.levels().len(), 1);
    }

    #[test]
    fn a_hiccup_does_not_make_a_device_late_for_the_evening() {
        let mut sources = Sources::default();
        let wish = AlsoSource { device: "no such device".to_owned(), gain_db: 0.0 };
        sources.choose(&Mixing { gain_db: 0.0, also: vec![wish] });
        // The first source stood still for 80 ms; then both give 10 ms at a time.
        sources.also[0].waiting.extend([0.0; MIX_RATE_HZ as usize / 1_000 * 80 * 2]);
        let block = [0.0; MIX_RATE_HZ as usize / 100 * 2];
        for _ in 0..110 {
            sources.also[0].waiting.extend(block);
            sources.mix(&block);
        }
        assert_eq!(sources.also[0].waiting.len(), SPARE);
    }
}
