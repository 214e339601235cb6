//! The ear: turns audio blocks into [`audio_signal::AudioFrame`]s.
//!
//! [`Analyser`] is the causal path used live: push blocks of any size, get one frame per hop of 10 ms.
//! [`analyze`] reads a whole recording and may look ahead; [`analyze_online`] gives the same report from
//! the causal path. Both share one front end (spectrum, flux, chroma), so what a person tunes on files
//! is what a room hears.
//!
//! Owns no device, thread, file or clock: stream time is counted in the samples that were pushed, and
//! the same samples give the same frames whatever the block sizes. Devices, mixing and the A/V offset
//! belong to the caller.
//!
//! ```
//! use audio_analysis::{Analyser, Settings};
//! let mut analyser = Analyser::new(48_000, Settings::default());
//! let mut frames = 0;
//! analyser.push(&[0.0; 4_800], 1, &mut |frame| {
//!     assert!(frame.silent);
//!     frames += 1;
//! });
//! assert_eq!(frames, 10);
//! ```

mod analyser;
mod bands;
mod beat;
mod hits;
mod key;
mod leader;
mod loudness;
mod report;
mod settings;
mod song;
mod spectrum;
mod training;

pub use analyser::{Analyser, HOPS_PER_SECOND};
pub use leader::{PulseClock, TapTempo, TempoLeader};
pub use report::{Analysis, analyze, analyze_online};
pub use settings::{Settings, SettingsError};
pub use training::beat_network_inputs;
