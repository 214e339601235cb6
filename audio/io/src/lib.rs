//! Devices and players.
mod decode;
mod devices;
mod error;
mod format;
mod resample;
pub use decode::{Claim, DecodeError, DecodeLimits, DecodeWarning, Decoded, FileReader, decode_file};
pub use devices::{DeviceInfo, DeviceKind, InputChoice, OutputChoice, devices};
pub use error::AudioError;
pub use format::{MIX_CHANNELS, MIX_RATE_HZ, StreamFormat};
pub use resample::Resampler;
