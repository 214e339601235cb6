//! Devices and players: from the sound card to samples and back.
//!
//! [`Input`] listens: an input, a named device, or what this machine plays. [`Output`] is the one
//! stream of this process that sounds; rings ([`Feed`]), instruments and the [`Player`] are mixed in its
//! callback, and a [`Tap`] gets a copy. [`FileReader`] and [`decode_file`] turn files into samples,
//! [`FlacFile`] samples into a file, [`read_tags`] says what a file calls itself.
//! [`BuiltInTrack`] is music without a file.
//!
//! A missing device is a state, never an error: [`DeviceState`] says what is wrong, and the device is
//! tried again for ever while silence (input) or a clock (output) stands in for it. No call of this
//! crate waits for a sound system, but [`devices`].
//!
//! It does not analyse, compose or draw, and it keeps no settings.
//!
//! ```
//! use audio_io::{BuiltInTrack, Output, OutputChoice, OutputSettings, Player, Track};
//! let settings = OutputSettings { choice: OutputChoice::Off, ..OutputSettings::default() };
//! let output = Output::open(settings)?;
//! let player = Player::new(&output)?;
//! player.play_track(Track::BuiltIn);
//! # Ok::<(), audio_io::AudioError>(())
//! ```

mod format;

mod decode;
mod encode;
mod resample;
mod tags;

mod connections;
mod devices;
mod error;
mod keeper;
mod link;

mod input;
mod mixer;
mod output;

mod builtin;
mod player;
mod priority;
#[cfg(target_os = "linux")]
mod pulse;

pub use builtin::BuiltInTrack;
pub use decode::{Claim, DecodeError, DecodeLimits, DecodeWarning, Decoded, FileReader, decode_file};
pub use devices::{DeviceInfo, DeviceKind, InputChoice, OutputChoice, devices};
pub use encode::{EncodeError, FlacFile};
pub use error::AudioError;
pub use format::{MIX_CHANNELS, MIX_RATE_HZ, StreamFormat};
pub use input::{Input, InputReader, InputSettings};
pub use keeper::DeviceState;
pub use mixer::{Feed, Instrument, InstrumentHandle, MAX_BLOCK_FRAMES, OutputClock, Tap};
pub use output::{Output, OutputSettings};
pub use player::{Player, PlayerState, Track};
pub use resample::Resampler;
pub use tags::{Cover, Tags, read_cover, read_tags};
