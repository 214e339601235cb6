//! The instrument: patterns to notes, notes to sound.
//!
//! Two halves that share nothing but rings. The planning half ([`Score`]) asks a pattern a moment ahead and
//! gives [`Planned`] notes and cues, on the score's thread. The sounding half ([`Engine`]) lives in the audio
//! callback: [`Engine::fill`] starts each note on its very sample and never allocates, locks, waits or
//! panics. [`EngineInput`] is the way in. [`Bounce`] runs both without a clock.
//!
//! Sounds are oscillators and samples; [`SoundTable`] knows their names, [`install_kits`] makes our own.
//! It opens no device and reads no file: whoever has samples hands them in.
//!
//! ```
//! use audio_engine::{Engine, EngineSettings};
//! use audio_signal::NoteEvent;
//! let (mut engine, mut input) = Engine::new(EngineSettings::default());
//! assert!(input.play(NoteEvent { freq_hz: 220.0, ..NoteEvent::default() }));
//! let mut block = [0.0; 512];
//! engine.fill(&mut block);
//! assert!(block.iter().any(|sample| *sample != 0.0));
//! ```

mod score;

mod engine;
mod voice;

mod limiter;
mod orbit;

mod dsp;
mod kits;
mod sounds;

mod bounce;

pub use bounce::Bounce;
pub use engine::{
    Engine, EngineInput, EngineMeters, EngineSettings, MAX_BLOCK_FRAMES, MAX_ORBITS, MAX_VOICES,
};
pub use kits::{BANKS, install_kits};
pub use limiter::LIMITER_LATENCY_FRAMES;
pub use score::{BEATS_PER_CYCLE, DEFAULT_LOOKAHEAD_SECS, Glow, Plan, Planned, Score, ScoreSettings};
pub use sounds::{LoadedSample, MAX_SAMPLE_SECS, MAX_SAMPLES, Resolved, SampleData, SoundTable, WAVE_NAMES};
