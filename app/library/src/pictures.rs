use std::io::Cursor;

use image::{ImageDecoder as _, ImageReader, Limits};
use sha2::{Digest as _, Sha256};
use sync_protocol::AssetId;

/// Largest picture file let in: a 100-megapixel JPEG.
pub const MAX_PICTURE_BYTES: u64 = 64 << 20;
/// Largest side of a picture, in pixels: what every GPU we run on can hold as one texture.
pub const MAX_PICTURE_SIDE_PX: u32 = 8192;
/// Largest decoded picture, in bytes: one square of the largest side in RGBA.
const MAX_DECODED_BYTES: u64 = MAX_PICTURE_SIDE_PX as u64 * MAX_PICTURE_SIDE_PX as u64 * 4;

/// An SVG says so within so many bytes.
const SVG_WITHIN_BYTES: usize = 1024;

/// Why a picture was not let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Larger than [`MAX_PICTURE_BYTES`].
    #[error("the picture has {size_bytes} bytes, the limit is {MAX_PICTURE_BYTES}; save it smaller")]
    TooLarge {
        /// Its size.
        size_bytes: u64,
    },
    /// Larger than [`MAX_PICTURE_SIDE_PX`].
    #[error("the picture is {width}×{height}, the limit is {MAX_PICTURE_SIDE_PX} a side; scale it down")]
    TooWide {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// None of the formats we read.
    #[error("this is not a picture we read; use PNG, JPEG, WebP or GIF")]
    UnknownFormat,
    /// Vector graphics.
    #[error("SVG pictures are not read, for they may hold programs and links; save it as PNG")]
    Svg,
    /// The bytes do not hold what they promise.
    #[error("the picture is damaged: {0}")]
    Damaged(image::ImageError),
}

/// A decoded picture.
#[derive(Clone, PartialEq)]
pub struct Picture {
    /// By content of its file.
    pub id: AssetId,
    /// Width and height, in pixels.
    pub size: [u32; 2],
    /// Straight RGBA, sRGB-encoded, rows from the top, no padding.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").field("id", &self.id).field("size", &self.size).finish_non_exhaustive()
    }
}

/// Decodes a foreign picture, sizes checked before a pixel is made.
///
/// # Errors
/// [`PictureError`].
pub fn decode_picture(bytes: &[u8]) -> Result<Picture, PictureError> {
    let size_bytes = bytes.len() as u64;
    if size_bytes > MAX_PICTURE_BYTES {
        return Err(PictureError::TooLarge { size_bytes });
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|err| PictureError::Damaged(err.into()))?;
    if reader.format().is_none() {
        let start = bytes.get(..SVG_WITHIN_BYTES).unwrap_or(bytes);
        if String::from_utf8_lossy(start).to_lowercase().contains("<svg") {
            return Err(PictureError::Svg);
        }
        return Err(PictureError::UnknownFormat);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(PictureError::Damaged)?;
    let (width, height) = decoder.dimensions();
    if width > MAX_PICTURE_SIDE_PX || height > MAX_PICTURE_SIDE_PX {
        return Err(PictureError::TooWide { width, height });
    }
    let rgba = image::DynamicImage::from_decoder(decoder).map_err(PictureError::Damaged)?.into_rgba8();
    let id = AssetId(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect());
    Ok(Picture { id, size: [width, height], rgba: rgba.into_raw() })
}

/// Returns built-in picture A (0) or B (1): made by `examples/built_in_pictures.rs`.
///
/// # Errors
/// [`PictureError`] never, as a test shows.
pub fn built_in_picture(side: usize) -> Result<Picture, PictureError> {
    let bytes: &[u8] = if side == 0 {
        include_bytes!("../../../assets/pictures/dusk.jpg")
    } else {
        include_bytes!("../../../assets/pictures/pool.jpg")
    };
    decode_picture(bytes)
}
