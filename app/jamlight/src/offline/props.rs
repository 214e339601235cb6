//! Pictures, words and videos of a show, given to a stage frame by frame without a clock.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ChildStdout;
use std::sync::Arc;

use anyhow::Result;
use app_director::layer_text;
use app_library::{MediaStore, Paths};
use renderer_scene::PictureId;
use renderer_stage::{Picture, Stage};
use sync_protocol::Show;

use crate::media::{Decoder, Fonts, FrameForm, MAX_SPARE, SPARE_FOR, Want, absent, scaled, wants};

/// Shape of a video's frames, width by height: the live ones have it too, so that both cut a video alike.
const VIDEO_SHAPE: [u32; 2] = [16, 9];
/// Largest height of a video's frames, in pixels: 4K.
const MAX_VIDEO_HEIGHT_PX: u32 = 2160;

/// What a show has on stage beside programs.
pub(crate) struct Props {
    store: MediaStore,
    fonts: Fonts,
    form: FrameForm,
    track: String,
    kept: BTreeMap<PictureId, Kept>,
    problems: BTreeSet<String>,
    /// Whether the film's first picture has had its own.
    has_begun: bool,
}

/// What the stage has, or cannot have.
struct Kept {
    wanted_secs: f64,
    reel: Option<Reel>,
}

impl Props {
    /// Finds things where an installation keeps them, for a film of a size and rate. `song` names the track
    /// in words until the show knows it.
    pub(crate) fn new(paths: &Paths, size: [u32; 2], fps: u32, song: Option<&Path>) -> Self {
        let name = song.and_then(Path::file_name).unwrap_or_default();
        Self {
            store: MediaStore::new(paths.pictures(), paths.videos_file()),
            fonts: Fonts::new(paths.fonts()),
            form: FrameForm { size: video_size(size), fps },
            track: name.to_string_lossy().into_owned(),
            kept: BTreeMap::new(),
            problems: BTreeSet::new(),
            has_begun: false,
        }
    }

    /// Returns the name of what plays.
    pub(crate) fn track(&self) -> &str {
        &self.track
    }

    /// Returns what could not be seen, a sentence each.
    pub(crate) fn problems(&self) -> impl Iterator<Item = String> {
        self.problems.iter().cloned()
    }

    /// Gives the stage what the show names at a moment; each video goes on by one frame. A video that is
    /// there at a film's first picture began with the song. One that breaks off leaves its last frame.
    ///
    /// # Errors
    /// The device has no room.
    pub(crate) fn give(&mut self, stage: &mut Stage, show: &Show, beat: f64, secs: f64) -> Result<()> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        for (id, want) in wants(show, beat, &self.track) {
            if let Some(kept) = self.kept.get_mut(&id) {
                kept.wanted_secs = secs;
                continue;
            }
            let begins_secs = if is_first { secs } else { 0.0 };
            let reel = match self.make(&want, begins_secs) {
                Ok(Made::Picture(picture)) => {
                    stage.put_frame(id, picture)?;
                    None
                }
                Ok(Made::Reel(reel)) => Some(reel),
                Err(problem) => {
                    self.problems.insert(problem);
                    None
                }
            };
            self.kept.insert(id, Kept { wanted_secs: secs, reel });
        }
        for (id, kept) in &mut self.kept {
            match kept.reel.as_mut().map(Reel::next) {
                Some(Ok(frame)) => stage.put_frame(*id, frame)?,
                Some(Err(problem)) => {
                    self.problems.insert(problem);
                    kept.reel = None;
                }
                None => {}
            }
        }
        self.let_go(stage, secs);
        Ok(())
    }

    fn make(&mut self, want: &Want, begins_secs: f64) -> Result<Made, String> {
        match want {
            Want::Still(asset) => match self.store.picture(asset) {
                Ok(Some(picture)) => Ok(Made::Picture(scaled(picture))),
                Ok(None) => Err(absent("picture")),
                Err(err) => Err(format!("A picture cannot be shown: {err}.")),
            },
            Want::Text(source) => {
                let words = layer_text(source, &self.track);
                self.fonts.draw(&words, &source.font, source.color).map(Made::Picture)
            }
            Want::Video(asset) => match self.store.video(asset) {
                Some(path) => Reel::open(path, self.form, begins_secs).map(Made::Reel),
                None => Err(absent("video")),
            },
            Want::Camera(_) => Err("A film has no camera: its layer stays dark.".to_owned()),
            // The film has them from its beginning.
            Want::BuiltIn(_) => Err(absent("picture")),
        }
    }

    fn let_go(&mut self, stage: &mut Stage, secs: f64) {
        let spare = self.kept.iter().filter(|(_, kept)| kept.wanted_secs < secs);
        let mut spare: Vec<(f64, PictureId)> =
            spare.map(|(id, kept)| (secs - kept.wanted_secs, *id)).collect();
        spare.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (idx, (unwanted_secs, id)) in spare.into_iter().enumerate() {
            if idx >= MAX_SPARE || unwanted_secs > SPARE_FOR.as_secs_f64() {
                self.kept.remove(&id);
                stage.remove_picture(id);
            }
        }
    }
}

enum Made {
    Picture(Picture),
    Reel(Reel),
}

/// A video, one frame for each of the film's, again and again.
struct Reel {
    decoder: Decoder,
    pipe: ChildStdout,
    form: FrameForm,
    path: PathBuf,
}

impl Reel {
    /// Opens it so many seconds in: decoded, not sought, so that the frame is the very one.
    fn open(path: PathBuf, form: FrameForm, begins_secs: f64) -> Result<Self, String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut input: Vec<OsString> = ["-stream_loop", "-1", "-i"].map(OsString::from).into();
        input.push(path.clone().into());
        let (decoder, pipe) = Decoder::start(&input, form, &name)?;
        let mut reel = Self { decoder, pipe, form, path };
        let over_bytes = (begins_secs * f64::from(form.fps)).round() as u64 * form.frame_bytes() as u64;
        // A pipe that breaks here is the next frame's error.
        let _ = std::io::copy(&mut reel.pipe.by_ref().take(over_bytes), &mut std::io::sink());
        Ok(reel)
    }

    fn next(&mut self) -> Result<Picture, String> {
        let mut rgba = vec![0; self.form.frame_bytes()];
        if self.pipe.read_exact(&mut rgba).is_err() {
            let last = self.decoder.last_words();
            return Err(format!("A video cannot be decoded: {last}: {}.", self.path.display()));
        }
        let [width, height] = self.form.size;
        Ok(Picture { width, height, rgba: Arc::from(rgba) })
    }
}

/// Returns the size of a video's frames that covers a film, in pixels.
fn video_size([width, height]: [u32; 2]) -> [u32; 2] {
    let [wide, high] = VIDEO_SHAPE;
    let tall = height.max((width * high).div_ceil(wide)).next_multiple_of(2).min(MAX_VIDEO_HEIGHT_PX);
    [(tall * wide / high).next_multiple_of(2), tall]
}
