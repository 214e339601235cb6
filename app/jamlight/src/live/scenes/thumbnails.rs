//! What scenes look like: drawn once, small, to the built-in track, and kept by content.
//!
//! A scene that changed is another program with another id, so what is kept is never out of date.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use app_desktop::Picture;
use app_director::{Director, Moment};
use app_library::SceneLibrary;
use audio_signal::{AudioFrame, Transport};
use renderer_gpu::Gpu;
use renderer_scene::{ProgramId, SceneProgram};
use renderer_stage::{Stage, StageSettings};
use sync_protocol::{Layer, LayerId, LayerSource, SceneId, Show};

use crate::offline::Listener;
use crate::shelf::Shelf;

/// Size of a thumbnail, in pixels.
const SIZE: [u32; 2] = [240, 136];
/// Pictures a scene gets to unfold before its thumbnail is taken, at [`FRAMES_PER_SEC`].
const NUM_FRAMES: u32 = 40;
const FRAMES_PER_SEC: f64 = 20.0;
/// The music begins here, in seconds: where the built-in track has all its voices.
const FROM_SECS: f64 = 2.0;
/// Rest after each frame as a multiple of what it took: the show comes first.
const REST: f32 = 2.0;
/// Longest rest after a frame.
const MAX_REST: Duration = Duration::from_millis(100);

/// Draws thumbnails on a device of its own, which goes with it.
pub(super) struct Painter<'a> {
    gpu: &'a Gpu,
    /// The music, heard once for all.
    heard: Vec<Arc<AudioFrame>>,
}

impl<'a> Painter<'a> {
    /// Hears the music.
    ///
    /// # Errors
    /// When the built-in track cannot be heard.
    pub(super) fn new(gpu: &'a Gpu) -> anyhow::Result<Self> {
        let mut listener = Listener::open(None, &audio_analysis::Settings::default())?;
        let at = |no: u32| FROM_SECS + f64::from(no) / FRAMES_PER_SEC;
        let heard = (0..NUM_FRAMES).map(|no| Ok(Arc::new(listener.hear_until(at(no))?.clone())));
        Ok(Self { gpu, heard: heard.collect::<anyhow::Result<_>>()? })
    }

    /// Draws a scene two seconds into its life, for as long as it may go on.
    ///
    /// # Errors
    /// When it does not compile on this device, the device is gone, or something else came first.
    pub(super) fn draw(
        &self,
        library: &Arc<SceneLibrary>,
        id: &SceneId,
        program: Arc<SceneProgram>,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> anyhow::Result<Picture> {
        let version = program.id.0 as u64;
        let mut stage =
            Stage::new(self.gpu, StageSettings { size: SIZE, live: true, ..StageSettings::default() })?;
        crate::offline::put_built_in(&mut stage)?;
        let installed = stage.install(program)?;
        crate::offline::install_pictures(&mut stage, installed, library.pictures(id))?;
        let layer = Layer { id: LayerId(1), source: LayerSource::Scene(id.clone()), ..Layer::default() };
        let show = Show { layers: vec![layer], ..Show::default() };
        let mut director = Director::new();
        for signal in &self.heard {
            let began = Instant::now();
            let moment = Moment { size_px: SIZE, ..Moment::new(signal.time_secs, 1.0 / FRAMES_PER_SEC) };
            let step = director.step(&show, signal, &[], &Transport::default(), moment, &Shelf::new(library));
            stage.render(&step.input)?;
            self.gpu.wait();
            anyhow::ensure!(goes_on(), "something else comes first");
            std::thread::sleep(began.elapsed().mul_f32(REST).min(MAX_REST));
        }
        let pixels = stage.read_output()?;
        Ok(Picture { size: [pixels.width, pixels.height], version, rgba: Arc::new(pixels.data) })
    }
}

/// Reads the thumbnail of an earlier run.
pub(super) fn read(folder: &Path, program: ProgramId) -> Option<Picture> {
    let image = image::open(path(folder, program)).ok()?.into_rgba8();
    let size = [image.width(), image.height()];
    // A file somebody changed is drawn anew.
    (size == SIZE).then(|| Picture { size, version: program.0 as u64, rgba: Arc::new(image.into_raw()) })
}

/// Keeps a thumbnail for later runs. One that cannot be kept is drawn again then.
pub(super) fn keep(folder: &Path, program: ProgramId, picture: &Picture) {
    let [width, height] = picture.size;
    let mut png = std::io::Cursor::new(Vec::new());
    let written = image::write_buffer_with_format(
        &mut png,
        &picture.rgba,
        width,
        height,
        image::ExtendedColorType::Rgba8,
        image::ImageFormat::Png,
    )
    .map_err(std::io::Error::other)
    .and_then(|()| app_library::write_atomic(&path(folder, program), png.get_ref()));
    if let Err(err) = written {
        tracing::warn!(%err, "a thumbnail is not kept");
    }
}

fn path(folder: &Path, program: ProgramId) -> PathBuf {
    folder.join(format!("{:032x}.png", program.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_thumbnail_comes_back_and_a_strange_file_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let rgba = Arc::new((0..SIZE[0] * SIZE[1] * 4).map(|i| (i % 251) as u8).collect::<Vec<_>>());
        let picture = Picture { size: SIZE, version: 7, rgba };
        keep(folder.path(), ProgramId(7), &picture);
        assert_eq!(read(folder.path(), ProgramId(7)), Some(picture));
        std::fs::write(folder.path().join(format!("{:032x}.png", 8)), "no picture").unwrap();
        assert_eq!(read(folder.path(), ProgramId(8)), None);
    }
}
