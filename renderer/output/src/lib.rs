//! Finished pictures on their way out: to windows and to bytes.
//!
//! [`ShowSurface`] puts them on a window that the caller made. Encoders write onto any [`std::io::Write`]; [`Ffmpeg`] feeds a child process. This crate opens no
//! file and no port: the caller hands it both. Pictures are straight RGBA, sRGB-encoded, 8 bits,
//! rows from the top without padding.

mod error;
mod ffmpeg;
mod matroska;
mod placement;
mod process;
mod record;
mod still;
mod surface;
mod y4m;

pub use error::OutputError;
pub use ffmpeg::{Container, Ffmpeg, FfmpegSettings, Sound};
pub use matroska::{Matroska, MatroskaWriter, SoundFormat, bgra_from_rgba};
pub use placement::Placement;
pub use record::{Recording, RecordingSettings};
pub use still::{write_jpeg, write_png};
pub use surface::{Acquired, ShowSurface, SurfaceError, SurfaceStats};
pub use y4m::Y4mWriter;

/// Returns the bytes of a picture of this size.
pub(crate) fn rgba_bytes(size: [u32; 2]) -> usize {
    size[0] as usize * size[1] as usize * 4
}

/// Checks that a picture has the bytes its size promises.
pub(crate) fn check_size(size: [u32; 2], rgba: &[u8]) -> Result<(), OutputError> {
    if rgba.len() == rgba_bytes(size) {
        Ok(())
    } else {
        Err(OutputError::WrongSize { width: size[0], height: size[1], got_bytes: rgba.len() })
    }
}
