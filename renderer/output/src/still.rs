use std::io::Write;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};

use crate::{OutputError, check_size};

/// Writes a PNG. The same pixels give the same bytes.
///
/// # Errors
/// [`OutputError::WrongSize`], or the writer's own.
pub fn write_png(to: impl Write, size: [u32; 2], rgba: &[u8]) -> Result<(), OutputError> {
    check_size(size, rgba)?;
    PngEncoder::new_with_quality(to, CompressionType::Fast, FilterType::Adaptive).write_image(
        rgba,
        size[0],
        size[1],
        ExtendedColorType::Rgba8,
    )?;
    Ok(())
}

/// Writes a JPEG at `quality` 1–100; alpha is dropped.
///
/// # Errors
/// [`OutputError::WrongSize`], or the writer's own.
pub fn write_jpeg(to: impl Write, size: [u32; 2], rgba: &[u8], quality: u8) -> Result<(), OutputError> {
    check_size(size, rgba)?;
    let rgb: Vec<u8> = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    JpegEncoder::new_with_quality(to, quality.clamp(1, 100)).write_image(
        &rgb,
        size[0],
        size[1],
        ExtendedColorType::Rgb8,
    )?;
    Ok(())
}
