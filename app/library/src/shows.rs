use std::path::{Path, PathBuf};

use audio_signal::Transport;
use serde::{Deserialize, Serialize};
use sync_protocol::{SHOW_VERSION, Show};

use crate::files::{read_limited, write_atomic};

/// Largest show file read: an evening's show is a few kilobytes.
pub const MAX_SHOW_BYTES: u64 = 8 << 20;
/// Shows remembered as opened lately: what fits a menu.
pub const RECENT_SHOWS: usize = 12;

/// Why a show could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShowError {
    /// The file system refused.
    #[error("cannot {verb} the show: {source}: {}", path.display())]
    Io {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: std::io::Error,
    },
    /// Larger than [`MAX_SHOW_BYTES`].
    #[error("the show is larger than {MAX_SHOW_BYTES} bytes, which no show is: {}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Not the JSON of a show.
    #[error("this is not a Jamlight show: {source}: {}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Written by a newer Jamlight.
    #[error("the show has version {version}, this Jamlight reads up to {SHOW_VERSION}; update Jamlight: {}", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

/// A show on disk: readable, versioned JSON.
#[derive(Debug)]
pub struct ShowFile;

impl ShowFile {
    /// Reads a show.
    ///
    /// # Errors
    /// [`ShowError`], naming the file.
    pub fn read(path: &Path) -> Result<Show, ShowError> {
        let show: Show = read_json(path)?;
        if show.version > SHOW_VERSION {
            return Err(ShowError::TooNew { path: path.to_owned(), version: show.version });
        }
        Ok(Show { version: SHOW_VERSION, ..show })
    }

    /// Writes a show, atomically.
    ///
    /// # Errors
    /// [`ShowError::Io`], with the old file untouched.
    pub fn write(path: &Path, show: &Show) -> Result<(), ShowError> {
        write_json(path, show)
    }
}

/// Everything needed to go on after the process died: the show, and where its clocks stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Autosave {
    /// The show.
    pub show: Show,
    /// The file it was opened from or saved to.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Show time, in seconds.
    pub time_secs: f64,
    /// The Transport, its origin at `beat`.
    pub transport: Transport,
    /// The beat when it was saved.
    pub beat: f64,
    /// When it was saved, in milliseconds since 1970 (wall time: it bridges two processes).
    pub saved_at_unix_millis: u64,
    /// Whether the process ended as it should.
    pub clean: bool,
}

impl Autosave {
    /// Reads the autosave; `None` when there is none.
    ///
    /// # Errors
    /// [`ShowError`] when it is there and cannot be read.
    pub fn read(path: &Path) -> Result<Option<Self>, ShowError> {
        match read_json(path) {
            Ok(autosave) => Ok(Some(autosave)),
            Err(ShowError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(err) => Err(err),
        }
    }

    /// Writes the autosave, atomically.
    ///
    /// # Errors
    /// [`ShowError::Io`], with the old one untouched.
    pub fn write(&self, path: &Path) -> Result<(), ShowError> {
        write_json(path, self)
    }

    /// Returns the beat at a wall time: the clock ran on while nobody looked.
    pub fn beat_at(&self, unix_millis: u64) -> f64 {
        let away_secs = unix_millis.saturating_sub(self.saved_at_unix_millis) as f64 / 1000.0;
        self.beat + away_secs * self.transport.tempo_bpm / 60.0
    }
}

/// Shows opened lately, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recents {
    /// Newest first, each once, at most [`RECENT_SHOWS`].
    pub files: Vec<PathBuf>,
}

impl Recents {
    /// Reads the list; a missing or broken one is empty, since it can be made again.
    pub fn read(path: &Path) -> Self {
        read_json(path).unwrap_or_default()
    }

    /// Puts a file first and writes the list.
    ///
    /// # Errors
    /// [`ShowError::Io`].
    pub fn add(&mut self, list: &Path, file: &Path) -> Result<(), ShowError> {
        self.files.retain(|known| known != file);
        self.files.insert(0, file.to_owned());
        self.files.truncate(RECENT_SHOWS);
        write_json(list, self)
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ShowError> {
    let bytes = read_limited(path, MAX_SHOW_BYTES)
        .map_err(|source| ShowError::Io { verb: "read", path: path.to_owned(), source })?
        .ok_or_else(|| ShowError::TooLarge { path: path.to_owned() })?;
    serde_json::from_slice(&bytes).map_err(|source| ShowError::Malformed { path: path.to_owned(), source })
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), ShowError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|source| ShowError::Malformed { path: path.to_owned(), source })?;
    bytes.push(b'\n');
    write_atomic(path, &bytes).map_err(|source| ShowError::Io {
        verb: "write",
        path: path.to_owned(),
        source,
    })
}
