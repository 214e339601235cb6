//! The samples of this machine that a host gives its guests: those that running code names, by content.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use sync_protocol::{AssetId, MAX_SAMPLE_BYTES, MAX_SOUND_FILES, Sound};

use crate::samples::SampleIndex;

/// The user's samples, as a host offers them.
#[derive(Debug, Default)]
pub(crate) struct Sounds {
    folders: Vec<PathBuf>,
    /// Found when somebody asks first; what is added later is offered by the next room.
    index: OnceLock<SampleIndex>,
    /// What was offered. Held while files are read: guests who ask at once wait for one reading.
    offered: Mutex<Offered>,
}

#[derive(Debug, Default)]
struct Offered {
    by_path: HashMap<PathBuf, (SystemTime, AssetId)>,
    by_content: HashMap<AssetId, PathBuf>,
}

impl Sounds {
    pub(crate) fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders, ..Self::default() }
    }

    /// Returns what pieces of code name. Waits for the disk. Files too large to travel are left out.
    pub(crate) fn named_in(&self, code: &[String]) -> Vec<Sound> {
        let index = self.index.get_or_init(|| SampleIndex::of(&self.folders));
        let mut offered = self.offered.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files_left = MAX_SOUND_FILES;
        let names = index.named_in(&code.join("\n")).into_iter();
        let sounds = names.map(|name| {
            let files = index.files(&name).iter().filter_map(|path| offered.offer(path));
            let files: Vec<AssetId> = files.take(files_left).collect();
            files_left -= files.len();
            Sound { name, files }
        });
        sounds.filter(|sound| !sound.files.is_empty()).collect()
    }

    /// Returns the file of a sample that was offered.
    pub(crate) fn find(&self, asset: &AssetId) -> Option<PathBuf> {
        self.offered.lock().unwrap_or_else(PoisonError::into_inner).by_content.get(asset).cloned()
    }
}

impl Offered {
    /// Reads a file, unless it is known as it is.
    fn offer(&mut self, path: &Path) -> Option<AssetId> {
        let about = std::fs::metadata(path).ok().filter(|about| about.len() <= MAX_SAMPLE_BYTES as u64)?;
        let changed = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        if let Some((known, asset)) = self.by_path.get(path)
            && *known == changed
        {
            return Some(asset.clone());
        }
        let asset = AssetId(sha256(&std::fs::read(path).ok()?));
        self.by_path.insert(path.to_owned(), (changed, asset.clone()));
        self.by_content.insert(asset.clone(), path.to_owned());
        Some(asset)
    }
}

/// Returns the name of a file by its content.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
