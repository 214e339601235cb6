//! What a host gives its guests from its disk: scenes, pictures and samples of the show, and the past.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use app_library::{MAX_PICTURE_BYTES, MAX_SCENE_BYTES, Paths, SceneLibrary, SceneOrigin};
use sync_protocol::{AssetId, Envelope, ErrorCode, Event, MAX_SAMPLE_BYTES, RoomId, SceneId, Seq, Sound};
use sync_server::{File, Shelf};
use sync_store::{Store, StoreError};

use super::sounds::Sounds;
use super::transcript::{Form, transcript};

/// The disk of a host.
#[derive(Debug)]
pub(crate) struct HostShelf {
    store: Arc<Store>,
    library: Arc<SceneLibrary>,
    pictures: PathBuf,
    sounds: Sounds,
}

impl HostShelf {
    /// Looks into a journal, a library, the folder of pictures, and folders of samples.
    pub(crate) fn new(
        store: Arc<Store>,
        library: Arc<SceneLibrary>,
        paths: &Paths,
        samples: Vec<PathBuf>,
    ) -> Self {
        Self { store, library, pictures: paths.pictures(), sounds: Sounds::new(samples) }
    }
}

impl Shelf for HostShelf {
    fn scene(&self, scene: &SceneId) -> Option<File> {
        // The library knows the path; the guest's name is only looked up.
        match self.library.entry(scene)?.origin {
            SceneOrigin::File(path) => read(&path, MAX_SCENE_BYTES),
            SceneOrigin::BuiltIn => None,
        }
    }

    fn asset(&self, asset: &AssetId) -> Option<File> {
        match self.sounds.find(asset) {
            Some(sample) => read(&sample, MAX_SAMPLE_BYTES as u64),
            None => read(&find_asset(&self.pictures, asset)?, MAX_PICTURE_BYTES),
        }
    }

    fn sounds(&self, code: &[String]) -> Vec<Sound> {
        self.sounds.named_in(code)
    }

    fn events(&self, room: &RoomId, after: Seq, limit: usize) -> Result<Vec<Event>, Envelope> {
        self.store.events(room, after, limit).map_err(internal)
    }

    fn export(&self, room: &RoomId, form: &str) -> Result<Option<File>, Envelope> {
        let Some(form) = Form::ALL.into_iter().find(|known| known.extension() == form) else {
            return Ok(None);
        };
        let transcript = transcript(&self.store, room).map_err(|err| {
            Envelope::new(ErrorCode::Internal, format!("the history cannot be read: {err}"))
        })?;
        Ok(Some(File { extension: form.extension().to_owned(), bytes: transcript.write(form).into() }))
    }
}

fn internal(err: StoreError) -> Envelope {
    Envelope::new(ErrorCode::Internal, format!("the history cannot be read: {err}"))
}

/// Returns the file of a foreign file kept in a folder: its name is its content, its ending whatever it was saved with.
pub(crate) fn find_asset(folder: &Path, asset: &AssetId) -> Option<PathBuf> {
    let mut files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.find(|path| path.file_stem().is_some_and(|stem| stem == asset.as_str()))
}

fn read(path: &Path, max_bytes: u64) -> Option<File> {
    if std::fs::metadata(path).ok()?.len() > max_bytes {
        return None;
    }
    let extension =
        path.extension().map(|extension| extension.to_string_lossy().into_owned()).unwrap_or_default();
    Some(File { extension, bytes: std::fs::read(path).ok()?.into() })
}
