//! What one hop of the live ear costs.

use audio_analysis::{Analyser, Settings};
use criterion::{Criterion, criterion_group, criterion_main};

fn hop(c: &mut Criterion) {
    let rate = 48_000;
    let music: Vec<f32> = (0..rate * 2)
        .map(|i| {
            let t = i as f32 / rate as f32;
            let kick = (-(t % 0.5) * 30.0).exp() * (t * 340.0).sin();
            0.5 * kick + 0.1 * (t * 2764.6).sin() + 0.05 * (t * 9000.0).sin()
        })
        .collect();
    let mut analyser = Analyser::new(rate as u32, Settings::default());
    let mut hops = music.chunks_exact(480).cycle();
    c.bench_function("analysis hop, 10 ms at 48 kHz", |b| {
        b.iter(|| {
            if let Some(hop) = hops.next() {
                analyser.push(hop, 1, &mut |frame| {
                    std::hint::black_box(frame.beats);
                });
            }
        });
    });
}

criterion_group!(benches, hop);
criterion_main!(benches);
