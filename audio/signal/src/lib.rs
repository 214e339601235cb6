//! The words every group shares about sound.
//!
//! Plain data with no dependency but serde's derive: [`AudioFrame`] is what the analyser heard up to
//! one instant, [`Transport`] maps stream time to beats, [`Cue`] is what a pattern says to the picture.
//! Nothing here computes sound, opens a device or knows a clock.
//!
//! ```
//! use audio_signal::Transport;
//! let transport = Transport { tempo_bpm: 120.0, ..Transport::default() };
//! assert_eq!(transport.beat_at(1.0), 2.0);
//! ```

mod cue;
mod frame;
mod note;
mod time;
mod transport;

pub use cue::{Cue, CueValue};
pub use frame::{AudioFrame, BandSignal, Hit, Key, Mode, SPECTRUM_BINS, WAVEFORM_SAMPLES};
pub use note::{Adsr, FilterSlope, NoteEvent, NoteFilter, SampleId, Sound, Wave};
pub use time::SampleTime;
pub use transport::{TempoSource, Transport};
