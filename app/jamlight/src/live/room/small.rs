//! The small picture that guests see: one JPEG for all of them.

use app_desktop::Picture;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

/// Largest small picture, in pixels.
const MAX_SIZE: [u32; 2] = [320, 180];
/// JPEG's quality, 1–100: about 10 kB, and no blocks that one sees at this size.
const QUALITY: u8 = 60;

/// Makes the picture small, keeping its shape, and encodes it; `None` for a picture without pixels.
pub(super) fn jpeg(picture: &Picture) -> Option<Vec<u8>> {
    let [width, height] = picture.size;
    if width == 0 || height == 0 || picture.rgba.len() < width as usize * height as usize * 4 {
        return None;
    }
    let size = fit(picture.size);
    let mut rgb = Vec::with_capacity(size[0] as usize * size[1] as usize * 3);
    for y in 0..size[1] {
        let rows = span(y, size[1], height);
        for x in 0..size[0] {
            let columns = span(x, size[0], width);
            rgb.extend(mean(picture, columns, rows.clone()));
        }
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode(&rgb, size[0], size[1], ExtendedColorType::Rgb8)
        .ok()?;
    Some(bytes)
}

fn fit([width, height]: [u32; 2]) -> [u32; 2] {
    let scale =
        (f64::from(MAX_SIZE[0]) / f64::from(width)).min(f64::from(MAX_SIZE[1]) / f64::from(height)).min(1.0);
    [width, height].map(|side| ((f64::from(side) * scale).round() as u32).max(1))
}

/// The pixels that become pixel `at` of `to`: at least one, at most every second of them.
fn span(at: u32, to: u32, from: u32) -> std::ops::Range<u32> {
    let begin = (u64::from(at) * u64::from(from) / u64::from(to)) as u32;
    let end = (u64::from(at + 1) * u64::from(from) / u64::from(to)) as u32;
    begin..end.max(begin + 1).min(from)
}

fn mean(picture: &Picture, columns: std::ops::Range<u32>, rows: std::ops::Range<u32>) -> [u8; 3] {
    let (mut sum, mut num) = ([0u32; 3], 0u32);
    for y in rows {
        for x in columns.clone() {
            let at = (y as usize * picture.size[0] as usize + x as usize) * 4;
            if let Some(pixel) = picture.rgba.get(at..at + 3) {
                sum.iter_mut().zip(pixel).for_each(|(sum, channel)| *sum += u32::from(*channel));
                num += 1;
            }
        }
    }
    sum.map(|sum| (sum / num.max(1)) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_small_picture_keeps_shape_and_colour() {
        let size = [1280, 800];
        let pixels: Vec<u8> = (0..size[0] * size[1]).flat_map(|_| [200, 30, 90, 255]).collect();
        let picture = Picture { size, version: 1, rgba: Arc::new(pixels) };
        let bytes = jpeg(&picture).unwrap();
        assert!(bytes.len() < sync_protocol::MAX_PICTURE_BYTES);
        let small = image::load_from_memory(&bytes).unwrap().to_rgb8();
        assert_eq!((small.width(), small.height()), (288, 180));
        let pixel = small.get_pixel(100, 100).0;
        assert!(pixel.iter().zip([200u8, 30, 90]).all(|(a, b)| a.abs_diff(b) < 6), "{pixel:?}");
        assert_eq!(jpeg(&Picture { size: [0, 0], version: 1, rgba: Arc::default() }), None);
    }
}
