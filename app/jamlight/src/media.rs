//! What a show has on stage beside programs, live and offline: pictures, words, videos, cameras.

mod decoder;
mod text;

use std::sync::Arc;
use std::time::Duration;

use app_director::{picture_id, source_picture_id};
use renderer_scene::PictureId;
use renderer_stage::Picture;
use sync_protocol::{AssetId, Layer, LayerSource, MaskShape, ParamValue, Show, TextSource};

pub(crate) use decoder::{Decoder, FrameForm};
pub(crate) use text::Fonts;

/// Largest side of a picture on stage, in pixels: a 4K output's. Larger ones are scaled down.
const MAX_SIDE_PX: u32 = 3840;
/// Pictures kept after nobody wants them: changing back and forth reads no disk.
pub(crate) const MAX_SPARE: usize = 6;
/// How long they are kept: longer than any transition.
pub(crate) const SPARE_FOR: Duration = Duration::from_secs(60);

/// What the show names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Want {
    BuiltIn(usize),
    Still(AssetId),
    Video(AssetId),
    Camera(String),
    Text(TextSource),
}

/// Says that this machine lacks something the show names.
pub(crate) fn absent(what: &str) -> String {
    format!("The show has a {what} that this machine has not got. Drop its file on the window to bring it.")
}

/// Everything of a show that is no program, each under the id the director gives it.
pub(crate) fn wants(show: &Show, beat: f64, track: &str) -> Vec<(PictureId, Want)> {
    let still = |asset: &AssetId| Some((picture_id(asset)?, Want::Still(asset.clone())));
    let mut wants: Vec<(PictureId, Want)> =
        [&show.pictures.a, &show.pictures.b].into_iter().flatten().filter_map(still).collect();
    for layer in &show.layers {
        let own = match &layer.source {
            LayerSource::Picture(asset) => Some(Want::Still(asset.clone())),
            LayerSource::Video(asset) => Some(Want::Video(asset.clone())),
            LayerSource::Camera(name) => Some(Want::Camera(name.clone())),
            LayerSource::Text(text) => Some(Want::Text(text.clone())),
            LayerSource::Slides(slides) => {
                // The one that is seen, the next, and the one before: beats may go back.
                let num = slides.pictures.len().max(1);
                let place = (beat / f64::from(slides.beats.max(0.25))).max(0.0) as usize;
                let near = [place + num - 1, place, place + 1].map(|idx| slides.pictures.get(idx % num));
                wants.extend(near.into_iter().flatten().filter_map(still));
                None
            }
            LayerSource::Scene(_) | LayerSource::Solid(_) => None,
        };
        wants.extend(source_picture_id(&layer.source, track).zip(own));
        wants.extend(pictures_of(layer).filter_map(still));
    }
    wants
}

fn pictures_of(layer: &Layer) -> impl Iterator<Item = &AssetId> {
    let params = layer.params.values().chain(layer.effects.iter().flat_map(|effect| effect.params.values()));
    let images = params.filter_map(|value| match value {
        ParamValue::Image(asset) => Some(asset),
        _ => None,
    });
    let mask = layer.mask.as_ref().and_then(|mask| match &mask.shape {
        MaskShape::Picture(asset) => Some(asset),
        _ => None,
    });
    images.chain(mask)
}

/// A decoded picture as the stage takes it, not larger than any output.
pub(crate) fn scaled(picture: app_library::Picture) -> Picture {
    let [width, height] = picture.size;
    let longest = width.max(height);
    if longest <= MAX_SIDE_PX {
        return Picture { width, height, rgba: picture.rgba.into() };
    }
    let side = |side: u32| (u64::from(side) * u64::from(MAX_SIDE_PX) / u64::from(longest)).max(1) as u32;
    let Some(image) = image::RgbaImage::from_raw(width, height, picture.rgba) else {
        return Picture { width: 1, height: 1, rgba: Arc::from([0, 0, 0, 255]) };
    };
    let small = image::imageops::thumbnail(&image, side(width), side(height));
    Picture { width: small.width(), height: small.height(), rgba: small.into_raw().into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_protocol::Slides;

    #[test]
    fn of_a_slide_show_only_the_neighbours_are_wanted() {
        let asset = |n: usize| AssetId(format!("{n:064x}").chars().rev().collect());
        let pictures = (0..200).map(asset).collect();
        let layer =
            Layer { source: LayerSource::Slides(Slides { pictures, beats: 2.0 }), ..Layer::default() };
        let show = Show { layers: vec![layer], ..Show::default() };
        let wanted = |beat: f64| wants(&show, beat, "").into_iter().map(|(_, want)| want).collect::<Vec<_>>();
        let near = |all: [usize; 3]| all.map(|n| Want::Still(asset(n))).to_vec();
        assert_eq!(wanted(0.0), near([199, 0, 1]));
        assert_eq!(wanted(401.0), near([199, 0, 1]));
        assert_eq!(wanted(5.0), near([1, 2, 3]));
    }

    #[test]
    fn a_picture_larger_than_any_output_is_scaled_down_in_its_shape() {
        let size = [7680, 40];
        let picture = app_library::Picture {
            id: AssetId::from(""),
            size,
            rgba: vec![9; size[0] as usize * size[1] as usize * 4],
        };
        let small = scaled(picture);
        assert_eq!([small.width, small.height], [3840, 20]);
    }
}
