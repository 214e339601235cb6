use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sync_protocol::AssetId;

use crate::files::{read_limited, write_atomic};
use crate::pictures::{MAX_PICTURE_BYTES, Picture, PictureError, decode_picture};

/// Largest index of moving pictures read, in bytes: ten thousand paths.
const MAX_INDEX_BYTES: u64 = 4 << 20;
/// Bytes read at a time to know a file by its content.
const CHUNK_BYTES: usize = 1 << 20;
/// Pictures taken from one folder: what one slide show may hold.
const MAX_FOLDER_PICTURES: usize = 256;
/// Files of a folder looked at while searching pictures.
const MAX_FOLDER_FILES: usize = 10_000;
const PICTURES: [&str; 6] = ["png", "jpg", "jpeg", "webp", "gif", "svg"];
const VIDEOS: [&str; 8] = ["mp4", "mkv", "webm", "mov", "avi", "m4v", "mpg", "ogv"];

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// A still picture.
    Picture,
    /// A moving picture.
    Video,
}

impl MediaKind {
    /// Returns what a file is, `None` when it is neither.
    pub fn of(file: &Path) -> Option<Self> {
        let extension = file.extension()?.to_string_lossy().to_lowercase();
        if PICTURES.contains(&extension.as_str()) {
            return Some(Self::Picture);
        }
        VIDEOS.contains(&extension.as_str()).then_some(Self::Video)
    }
}

/// Why a file was not let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The file system refused.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A copy or the index could not be written.
    #[error("{} cannot be kept: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// It is no picture we read.
    #[error("{}: {source}", path.display())]
    Picture {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: PictureError,
    },
    /// A folder without a picture in it.
    #[error("{} holds no PNG, JPEG, WebP or GIF", path.display())]
    NoPictures {
        /// Which folder.
        path: PathBuf,
    },
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct VideoIndex {
    videos: BTreeMap<AssetId, PathBuf>,
}

/// Pictures and videos by content.
///
/// Pictures are copied: a show keeps them when the stick is pulled. Videos are large and stay where
/// they are; the index remembers where that is.
#[derive(Debug)]
pub struct MediaStore {
    pictures: PathBuf,
    index: PathBuf,
}

impl MediaStore {
    /// Keeps pictures in one folder and the index of videos in a file.
    pub fn new(pictures: PathBuf, index: PathBuf) -> Self {
        Self { pictures, index }
    }

    /// Lets a picture in. The same content twice is one picture.
    ///
    /// # Errors
    /// [`MediaError`]: unreadable, no picture we read, or no room for the copy.
    pub fn import_picture(&self, path: &Path) -> Result<AssetId, MediaError> {
        let refused = |source| MediaError::Picture { path: path.to_owned(), source };
        let read = |source| MediaError::Read { path: path.to_owned(), source };
        let size_bytes = std::fs::metadata(path).map_err(read)?.len();
        let bytes = read_limited(path, MAX_PICTURE_BYTES)
            .map_err(read)?
            .ok_or(PictureError::TooLarge { size_bytes })
            .map_err(refused)?;
        // Decoded to the end: what is kept can be shown.
        let picture = decode_picture(&bytes).map_err(refused)?;
        let copy = self.pictures.join(picture.id.as_str());
        if !copy.exists() {
            write_atomic(&copy, &bytes).map_err(|source| MediaError::Write { path: copy, source })?;
        }
        Ok(picture.id)
    }

    /// Lets in the pictures of a folder, by name. Those that cannot be read are left out.
    ///
    /// # Errors
    /// [`MediaError`]: the folder is unreadable or holds no picture.
    pub fn import_folder(&self, folder: &Path) -> Result<Vec<AssetId>, MediaError> {
        let entries = std::fs::read_dir(folder)
            .map_err(|source| MediaError::Read { path: folder.to_owned(), source })?;
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .take(MAX_FOLDER_FILES)
            .map(|entry| entry.path())
            .filter(|path| path.is_file() && MediaKind::of(path) == Some(MediaKind::Picture))
            .collect();
        files.sort();
        let ids: Vec<AssetId> = files
            .iter()
            .filter_map(|file| {
                self.import_picture(file).inspect_err(|err| tracing::warn!(%err, "picture left out")).ok()
            })
            .take(MAX_FOLDER_PICTURES)
            .collect();
        if ids.is_empty() {
            return Err(MediaError::NoPictures { path: folder.to_owned() });
        }
        Ok(ids)
    }

    /// Learns where a video is. Slow for a large one: its content is its name.
    ///
    /// # Errors
    /// [`MediaError`]: unreadable, or the index cannot be written.
    pub fn import_video(&self, path: &Path) -> Result<AssetId, MediaError> {
        let id = hash(path).map_err(|source| MediaError::Read { path: path.to_owned(), source })?;
        let mut index = self.read_index();
        index.videos.insert(id.clone(), std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        let write = |source| MediaError::Write { path: self.index.clone(), source };
        let bytes = serde_json::to_vec(&index).map_err(|err| write(err.into()))?;
        write_atomic(&self.index, &bytes).map_err(write)?;
        Ok(id)
    }

    /// Reads and decodes a picture, `None` when this machine has not got it.
    ///
    /// # Errors
    /// [`MediaError`] when its file is damaged.
    pub fn picture(&self, id: &AssetId) -> Result<Option<Picture>, MediaError> {
        let path = self.pictures.join(id.as_str());
        let bytes = match read_limited(&path, MAX_PICTURE_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(MediaError::Read { path, source }),
        };
        decode_picture(&bytes).map(Some).map_err(|source| MediaError::Picture { path, source })
    }

    /// Returns where a video is, `None` when this machine has not got it.
    pub fn video(&self, id: &AssetId) -> Option<PathBuf> {
        self.read_index().videos.remove(id).filter(|path| path.is_file())
    }

    fn read_index(&self) -> VideoIndex {
        // An index that is lost costs the way to the videos, not the videos.
        let bytes = read_limited(&self.index, MAX_INDEX_BYTES).ok().flatten().unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

fn hash(path: &Path) -> std::io::Result<AssetId> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; CHUNK_BYTES]);
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            read => hash.update(chunk.get(..read).unwrap_or_default()),
        }
    }
    Ok(AssetId(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}
