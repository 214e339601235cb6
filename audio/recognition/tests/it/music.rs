//! Music made for tests: no two seeds share a bar.

use audio_recognition::{Fingerprint, Library, TrackInfo};

pub(crate) const RATE_HZ: u32 = 24_000;

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    pub(crate) fn noise(&mut self) -> f32 {
        self.below(1 << 20) as f32 / (1 << 19) as f32 - 1.0
    }
}

/// Chords and runs of plucked notes.
pub(crate) fn song(seed: u64, secs: u32) -> Vec<f32> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9) + 1);
    let mut samples = vec![0.0_f32; (secs * RATE_HZ) as usize];
    let mut at = 0.0_f32;
    while at < secs as f32 {
        for _ in 0..1 + random.below(3) {
            let hz = 220.0 * (random.below(36) as f32 / 12.0).exp2();
            let from = (at * RATE_HZ as f32) as usize;
            for (i, sample) in samples.iter_mut().skip(from).take(RATE_HZ as usize / 2).enumerate() {
                let t = i as f32 / RATE_HZ as f32;
                let turn = std::f32::consts::TAU * hz * t;
                *sample += 0.12
                    * (-6.0 * t).exp()
                    * (turn.sin() + 0.5 * (2.0 * turn).sin() + 0.3 * (3.0 * turn).sin());
            }
        }
        at += 0.12 + random.below(24) as f32 / 100.0;
    }
    samples
}

pub(crate) fn track(seed: u64) -> TrackInfo {
    let mut content = [7; 32];
    content[..8].copy_from_slice(&seed.to_le_bytes());
    TrackInfo {
        content,
        path: format!("music/{seed}.ogg").into(),
        size_bytes: 1_000 + seed,
        modified_millis: 5,
        secs: 40.0,
        title: format!("Song {seed}"),
        artist: "Nobody".to_owned(),
        ..TrackInfo::default()
    }
}

pub(crate) fn print(samples: &[f32]) -> Fingerprint {
    Fingerprint::of(samples, RATE_HZ, 1)
}

/// Adds songs by their seeds, each in one go.
pub(crate) fn add(library: &mut Library, seeds: impl IntoIterator<Item = u64>) {
    let mut change = library.change().unwrap();
    for seed in seeds {
        change.add(track(seed), &print(&song(seed, 40)).peaks).unwrap();
    }
    change.finish().unwrap();
}

/// What a library says of the seconds from 12 on of a song.
pub(crate) fn ask(library: &mut Library, seed: u64) -> Option<String> {
    let song = song(seed, 40);
    let clip = song.get(12 * RATE_HZ as usize..19 * RATE_HZ as usize).unwrap_or_default();
    library.recognize(&print(clip).peaks).unwrap().map(|found| found.track.title)
}
