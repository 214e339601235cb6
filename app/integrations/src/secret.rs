use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Largest keys file that is read, in bytes: a hundred services.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// A key or password. It prints as `…`, and cannot be written by serde.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret, without spaces around it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the secret itself: for the request, and for nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Why the keys cannot be read or written. Never quotes what is in the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The system says no.
    #[error("the keys file cannot be used: {source}, path: {}", path.display())]
    File {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It is not `[service]` sections with `name = "value"` lines.
    #[error("the keys file cannot be read: each key is `name = \"value\"` under its `[service]`, path: {}", path.display())]
    Malformed {
        /// Where it is.
        path: PathBuf,
    },
}

/// Keys of services: a file of its own, readable by its owner only, never part of settings or shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    services: BTreeMap<String, BTreeMap<String, Secret>>,
}

impl Keys {
    /// Reads the file; without one there are no keys. One that others may read is closed to them first.
    ///
    /// # Errors
    /// [`KeysError::File`], [`KeysError::Malformed`].
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let failed = |source| KeysError::File { path: path.to_owned(), source };
        let malformed = || KeysError::Malformed { path: path.to_owned() };
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(err) => return Err(failed(err)),
        };
        if metadata.len() > MAX_FILE_BYTES {
            return Err(malformed());
        }
        close_to_others(path, &metadata).map_err(failed)?;
        let text = std::fs::read_to_string(path).map_err(failed)?;
        // The parser's own message would quote the line.
        let services = toml::from_str(&text).map_err(|_| malformed())?;
        Ok(Self { services })
    }

    /// Writes the file, whole at every moment, readable by its owner only.
    ///
    /// # Errors
    /// [`KeysError::File`].
    pub fn write(&self, path: &Path) -> Result<(), KeysError> {
        let mut text = String::from("# Keys of online services. Keep this file to yourself.\n");
        for (service, keys) in &self.services {
            text.push_str(&format!("\n[{service}]\n"));
            for (name, key) in keys {
                text.push_str(&format!("{name} = {}\n", toml::Value::String(key.expose().to_owned())));
            }
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let write = || {
            std::fs::create_dir_all(folder)?;
            // Such a file is its owner's alone from the start.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|failed| failed.error)?;
            Ok(())
        };
        write().map_err(|source| KeysError::File { path: path.to_owned(), source })
    }

    /// Returns a key, empty when there is none.
    pub fn get(&self, service: &str, name: &str) -> Secret {
        self.services.get(service).and_then(|keys| keys.get(name)).cloned().unwrap_or_default()
    }

    /// Sets a key; an empty one is taken away.
    pub fn set(&mut self, service: &str, name: &str, key: Secret) {
        let keys = self.services.entry(service.to_owned()).or_default();
        if key.is_empty() {
            _ = keys.remove(name)
        } else {
            _ = keys.insert(name.to_owned(), key)
        }
        self.services.retain(|_, keys| !keys.is_empty());
    }
}

#[cfg(unix)]
fn close_to_others(path: &Path, metadata: &std::fs::Metadata) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if metadata.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    tracing::warn!(path = %path.display(), "the keys file was readable by others: it is closed to them now");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

/// A user's own folder is closed to others by the system.
#[cfg(not(unix))]
fn close_to_others(_path: &Path, _metadata: &std::fs::Metadata) -> std::io::Result<()> {
    Ok(())
}
