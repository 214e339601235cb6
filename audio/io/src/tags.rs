//! What a file says about itself: title, artist, album, cover.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::TaggedFileExt as _;
use lofty::picture::{MimeType, PictureType};
use lofty::probe::Probe;
use lofty::tag::Accessor as _;

/// Longest title, artist or album that is taken, in characters: what a line on a screen holds.
const MAX_TEXT_CHARS: usize = 200;
/// Largest cover that is taken, in bytes: a square of 3,000 pixels as JPEG.
const MAX_COVER_BYTES: usize = 8 << 20;

/// What a file says about itself. Empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// The track's title, at most 200 characters.
    pub title: String,
    /// Who plays.
    pub artist: String,
    /// Where it is from.
    pub album: String,
}

/// A cover picture as it lies in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// `jpg` or `png`.
    pub extension: &'static str,
    /// The picture's bytes: nobody has looked whether they are a picture.
    pub bytes: Vec<u8>,
}

/// Reads a file's tags. A file without tags, or with broken ones, has none: the sound is what counts.
pub fn read_tags(path: &Path) -> Tags {
    let clean = |text: Option<std::borrow::Cow<'_, str>>| -> String {
        let text = text.unwrap_or_default();
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ").chars().take(MAX_TEXT_CHARS).collect()
    };
    with_tag(path, false, |tag| Tags {
        title: clean(tag.title()),
        artist: clean(tag.artist()),
        album: clean(tag.album()),
    })
    .unwrap_or_default()
}

/// Reads the cover that lies in a file: the front, or else the first picture, JPEG or PNG up to 8 MiB.
pub fn read_cover(path: &Path) -> Option<Cover> {
    with_tag(path, true, |tag| {
        let usable = |picture: &&lofty::picture::Picture| {
            matches!(picture.mime_type(), Some(MimeType::Jpeg | MimeType::Png))
                && (1..=MAX_COVER_BYTES).contains(&picture.data().len())
        };
        let pictures = || tag.pictures().iter().filter(usable);
        let picture = pictures()
            .find(|picture| picture.pic_type() == PictureType::CoverFront)
            .or_else(|| pictures().next())?;
        let extension = if picture.mime_type() == Some(&MimeType::Png) { "png" } else { "jpg" };
        Some(Cover { extension, bytes: picture.data().to_vec() })
    })
    .flatten()
}

fn with_tag<T>(path: &Path, covers: bool, read: impl FnOnce(&lofty::tag::Tag) -> T) -> Option<T> {
    let options =
        ParseOptions::new().read_properties(false).read_cover_art(covers).parsing_mode(ParsingMode::Relaxed);
    // Foreign bytes: a reader that breaks down is a file without tags.
    let file = catch_unwind(AssertUnwindSafe(|| {
        Probe::open(path).ok()?.options(options).guess_file_type().ok()?.read().ok()
    }))
    .ok()??;
    file.primary_tag().or_else(|| file.first_tag()).map(read)
}
