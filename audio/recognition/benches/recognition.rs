//! What indexing a minute of music and one question cost.

use audio_recognition::{Fingerprint, Library, Peak, TrackInfo};
use criterion::{Criterion, criterion_group, criterion_main};

const RATE_HZ: u32 = 48_000;

/// Runs of notes; each seed its own.
fn song(seed: u64, secs: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let mut samples = vec![0.0_f32; (secs * RATE_HZ) as usize];
    let mut at = 0;
    while at < samples.len() {
        for _ in 0..3 {
            let hz = 220.0 * (below(36) as f32 / 12.0).exp2();
            for (i, sample) in samples.iter_mut().skip(at).take(12_000).enumerate() {
                let t = i as f32 / RATE_HZ as f32;
                *sample += 0.1 * (-8.0 * t).exp() * (std::f32::consts::TAU * hz * t).sin();
            }
        }
        at += 4_800 + below(4_800) as usize;
    }
    samples
}

fn recognition(c: &mut Criterion) {
    let minute = song(1, 60);
    c.bench_function("fingerprint of a minute at 48 kHz", |b| {
        b.iter(|| Fingerprint::of(std::hint::black_box(&minute), RATE_HZ, 1));
    });

    let songs: Vec<Vec<Peak>> =
        (1..=20).map(|seed| Fingerprint::of(&song(seed, 60), RATE_HZ, 1).peaks).collect();
    let add = |library: &mut Library| -> Result<(), audio_recognition::RecognitionError> {
        let mut change = library.change()?;
        for (i, peaks) in songs.iter().enumerate() {
            let track = TrackInfo { content: [i as u8; 32], title: i.to_string(), ..TrackInfo::default() };
            change.add(TrackInfo { path: i.to_string().into(), ..track }, peaks)?;
        }
        change.finish()
    };
    c.bench_function("index 20 fingerprints of a minute", |b| {
        b.iter(|| {
            let folder = tempfile::tempdir().ok();
            let library = folder.as_ref().and_then(|folder| Library::open(folder.path()).ok());
            assert!(
                library.is_some_and(|mut library| add(&mut library).is_ok()),
                "the folder takes an index"
            );
        });
    });

    let Ok(folder) = tempfile::tempdir() else { return };
    let Ok(mut library) = Library::open(folder.path()) else { return };
    assert!(add(&mut library).is_ok(), "the folder takes an index");
    let window = |peaks: &[Peak]| -> Vec<Peak> {
        peaks.iter().filter(|peak| (1_000..1_625).contains(&peak.tick)).copied().collect()
    };
    let known = songs.get(7).map(|peaks| window(peaks)).unwrap_or_default();
    c.bench_function("question of 10 s, known", |b| b.iter(|| library.recognize(&known).is_ok()));
    let stranger = window(&Fingerprint::of(&song(99, 30), RATE_HZ, 1).peaks);
    c.bench_function("question of 10 s, unknown: all speeds", |b| {
        b.iter(|| library.recognize(&stranger).is_ok())
    });
}

criterion_group!(benches, recognition);
criterion_main!(benches);
