//! How much of a core the instrument takes: a block of 256 frames at 48 kHz lasts 5.33 ms, a quarter is 1.33 ms.

use audio_engine::{Engine, EngineSettings, SoundTable, install_kits};
use audio_signal::{Adsr, NoteEvent, NoteFilter, Sound, Wave};
use criterion::{Criterion, criterion_group, criterion_main};

/// An engine with 64 voices that sound for ever, all of them in reverb and delay.
fn busy(wave: impl Fn(usize) -> Wave, effects: bool) -> Engine {
    let (mut engine, mut input) = Engine::new(EngineSettings::default());
    for i in 0..64 {
        let mut note = NoteEvent {
            hold_secs: 600.0,
            sound: Sound::Wave(wave(i)),
            freq_hz: 80.0 + 17.0 * i as f32,
            gain: 0.2,
            env: Adsr { sustain: 1.0, ..Adsr::SYNTH },
            orbit: (i % 4) as u8,
            delay: 0.3,
            room: 0.4,
            low_pass: NoteFilter { cutoff_hz: 900.0, resonance: 8.0, env_octaves: 2.0, ..NoteFilter::OFF },
            ..NoteEvent::default()
        };
        if effects {
            note.high_pass = NoteFilter { cutoff_hz: 60.0, ..NoteFilter::OFF };
            (note.distort, note.phaser_hz, note.tremolo_hz, note.crush) = (0.5, 0.5, 4.0, 8.0);
        }
        assert!(input.play(note));
    }
    let mut block = [0.0; 512];
    for _ in 0..100 {
        engine.fill(&mut block);
    }
    assert_eq!(input.meters().voices.load(std::sync::atomic::Ordering::Relaxed), 64);
    engine
}

fn voices(c: &mut Criterion) {
    let mut block = [0.0; 512];
    let mixed = |i: usize| [Wave::Saw, Wave::Pulse, Wave::Triangle, Wave::Sine][i % 4];
    for (name, mut engine) in [
        ("64 voices, low pass, reverb, delay: 256 frames", busy(mixed, false)),
        ("64 super saws, low pass, reverb, delay: 256 frames", busy(|_| Wave::SuperSaw, false)),
        ("64 voices, six effects each, reverb, delay: 256 frames", busy(mixed, true)),
    ] {
        c.bench_function(name, |b| b.iter(|| engine.fill(&mut block)));
    }
    c.bench_function("make both kits", |b| b.iter(|| install_kits(&mut SoundTable::default())));
}

criterion_group!(benches, voices);
criterion_main!(benches);
