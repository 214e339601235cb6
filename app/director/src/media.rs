//! Names of the pictures that do not come from a file as it is: words, cameras, videos.

use renderer_scene::PictureId;
use sync_protocol::{AssetId, LayerSource, TextSource};

/// What stands in a text for the track that plays.
const TRACK: &str = "{track}";

/// Returns the renderer's id of an asset: the first 16 bytes of its SHA-256.
pub fn picture_id(asset: &AssetId) -> Option<PictureId> {
    u128::from_str_radix(asset.as_str().get(..32)?, 16).ok().map(PictureId)
}

/// Returns what a text layer says while a track plays.
pub fn layer_text(source: &TextSource, track: &str) -> String {
    source.text.replace(TRACK, track)
}

/// Returns the id of the picture of a text layer: another text, font or colour is another picture.
pub fn text_picture_id(source: &TextSource, track: &str) -> PictureId {
    let color = source.color.map(|value| (value * 255.0).round() as u8);
    let text = layer_text(source, track);
    named(&[b"text", text.as_bytes(), source.font.as_bytes(), &color])
}

/// Returns the id under which a source's only picture comes: the newest frame of a video or camera, a
/// still, words. `None` for everything else.
pub fn source_picture_id(source: &LayerSource, track: &str) -> Option<PictureId> {
    match source {
        LayerSource::Picture(asset) => picture_id(asset),
        LayerSource::Video(asset) => Some(named(&[b"video", asset.as_str().as_bytes()])),
        LayerSource::Camera(name) => Some(named(&[b"camera", name.as_bytes()])),
        LayerSource::Text(text) => Some(text_picture_id(text, track)),
        LayerSource::Scene(_) | LayerSource::Solid(_) | LayerSource::Slides(_) => None,
    }
}

/// FNV-1a, 128 bits: these names never leave the machine.
fn named(parts: &[&[u8]]) -> PictureId {
    let mut hash: u128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D;
    for part in parts {
        for byte in part.iter().chain([&0xFF]) {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
        }
    }
    PictureId(hash)
}
