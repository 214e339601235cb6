//! Scene packs: a folder or a zip of it, with scenes, their pictures and a description.
//!
//! ```text
//! pack.toml        name, author, licence, description, tags
//! scenes/…         every format the library reads, with the pictures they name beside them
//! thumbnails/…     optional: NAME.png for scenes/NAME.fs
//! ```
//! What is imported lies under `packs/NAME/` of the user's scenes, so its scenes are called
//! `packs/NAME/…`. A pack is read to its end before anything is written: a bad one changes nothing.

use std::io::{Read as _, Seek, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::read_limited;

/// Files of a pack: the largest public corpus has 400.
pub const MAX_PACK_FILES: usize = 2_000;
/// All files of a pack together, unpacked, in bytes.
pub const MAX_PACK_BYTES: u64 = 256 << 20;
/// One file of a pack, in bytes: a large picture.
pub const MAX_PACK_FILE_BYTES: u64 = 64 << 20;
/// Folders inside folders.
const MAX_DEPTH: usize = 8;
/// Length of a pack's name, in characters.
const MAX_NAME_CHARS: usize = 64;
/// What a pack may hold; everything else is refused, programs above all.
const EXTENSIONS: [&str; 14] =
    ["wgsl", "fs", "vs", "glsl", "frag", "json", "png", "jpg", "jpeg", "webp", "gif", "md", "txt", "toml"];
const MANIFEST: &str = "pack.toml";

/// What a pack says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PackInfo {
    /// Its name: 1–64 letters, digits, spaces, dots, dashes and underscores.
    pub name: String,
    /// Who made it.
    pub author: String,
    /// Under which licence, as SPDX writes it.
    pub licence: String,
    /// What it is.
    pub description: String,
    /// Search words.
    pub tags: Vec<String>,
}

/// Why a pack was refused. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The file system refused.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// It could not be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// It is no zip.
    #[error("this is no zip: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// Without a description, or with one that cannot be read.
    #[error("the pack has no {MANIFEST} that can be read: {0}")]
    Manifest(String),
    /// Its name would not be a folder's.
    #[error(
        "the pack's name {name:?} takes 1 to {MAX_NAME_CHARS} letters, digits, spaces, dots, dashes, underscores"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A path that leads out of the pack, or a link.
    #[error("the pack holds {path:?}, which leads out of it")]
    Escape {
        /// The path as the pack has it.
        path: String,
    },
    /// A file that belongs in no pack.
    #[error("the pack holds {path:?}; scenes, pictures and texts only")]
    Unwanted {
        /// The path as the pack has it.
        path: String,
    },
    /// More than anyone needs.
    #[error("the pack has more than {limit} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// No scene in it.
    #[error("the pack has no scenes folder with a scene in it")]
    Empty,
}

/// A pack in memory: what it says of itself, and its files by their path in it.
#[derive(Debug)]
pub struct Pack {
    /// What it says of itself.
    pub info: PackInfo,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Pack {
    /// Reads a folder or a zip, whole, within the limits.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn read(path: &Path) -> Result<Self, PackError> {
        let read = |source| PackError::Read { path: path.to_owned(), source };
        if path.is_dir() {
            let mut files = Files::default();
            files.read_folder(path, Path::new(""), MAX_DEPTH)?;
            return files.into_pack();
        }
        Self::from_zip(std::fs::File::open(path).map_err(read)?)
    }

    /// Reads a zip, whole, within the limits.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn from_zip(zip: impl std::io::Read + Seek) -> Result<Self, PackError> {
        let mut archive = zip::ZipArchive::new(zip)?;
        if archive.len() > MAX_PACK_FILES * 2 {
            return Err(PackError::TooMuch { what: "files", limit: MAX_PACK_FILES as u64 });
        }
        let mut files = Files::default();
        for idx in 0..archive.len() {
            let mut entry = archive.by_index(idx)?;
            if entry.is_dir() {
                continue;
            }
            let name = entry.name()?.into_owned();
            if entry.is_symlink() {
                return Err(PackError::Escape { path: name });
            }
            // What a zip says of its sizes is not believed.
            let mut bytes = Vec::new();
            entry
                .by_ref()
                .take(MAX_PACK_FILE_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(|source| PackError::Read { path: PathBuf::from(&name), source })?;
            files.add(&name, bytes)?;
        }
        files.into_pack()
    }

    /// Returns the scenes' paths inside of the pack's `scenes` folder.
    pub fn scenes(&self) -> impl Iterator<Item = &Path> {
        self.files
            .iter()
            .filter_map(|(path, _)| path.strip_prefix("scenes").ok())
            .filter(|path| is_scene(path))
    }

    /// Writes it under the user's scenes, in place of an older one of that name. Returns its folder.
    ///
    /// # Errors
    /// [`PackError::Write`]; what was there before is still there.
    pub fn install(&self, scenes: &Path) -> Result<PathBuf, PackError> {
        let packs = scenes.join("packs");
        let folder = packs.join(&self.info.name);
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| PackError::Write { path, source }
        };
        std::fs::create_dir_all(&packs).map_err(write(&packs))?;
        let new = tempfile::tempdir_in(&packs).map_err(write(&packs))?;
        for (path, bytes) in &self.files {
            // Scenes lie where the library looks, and find their pictures where they were.
            let inside = path.strip_prefix("scenes").unwrap_or(path);
            let target = new.path().join(inside);
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent).map_err(write(parent))?;
            }
            std::fs::write(&target, bytes).map_err(write(&target))?;
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(write(&folder))?;
        }
        let new = new.keep();
        std::fs::rename(&new, &folder).map_err(write(&folder))?;
        Ok(folder)
    }

    /// Writes it as a zip.
    ///
    /// # Errors
    /// [`PackError::Zip`].
    pub fn write_zip(&self, to: impl Write + Seek) -> Result<(), PackError> {
        let mut zip = zip::ZipWriter::new(to);
        let options = zip::write::SimpleFileOptions::default();
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| PackError::Write { path, source }
        };
        for (path, bytes) in &self.files {
            zip.start_file(path.to_string_lossy().replace('\\', "/"), options)?;
            zip.write_all(bytes).map_err(write(path))?;
        }
        zip.finish()?;
        Ok(())
    }

    /// Makes a pack of scene files, each with what lies beside it: its vertex shader and the pictures it
    /// may name.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn of_scenes(info: PackInfo, scenes: &[PathBuf]) -> Result<Self, PackError> {
        let manifest = toml::to_string(&info).map_err(|err| PackError::Manifest(err.to_string()))?;
        let mut files = Files::default();
        files.add(MANIFEST, manifest.into_bytes())?;
        let mut taken = std::collections::BTreeSet::new();
        for scene in scenes {
            let beside = scene.parent().and_then(|folder| std::fs::read_dir(folder).ok());
            let others = beside.into_iter().flatten().flatten().map(|entry| entry.path()).filter(|path| {
                let vertex =
                    path.extension().is_some_and(|e| e == "vs") && path.file_stem() == scene.file_stem();
                path.is_file() && (vertex || is_picture(path))
            });
            for path in std::iter::once(scene.clone()).chain(others) {
                let Some(name) = path.file_name().filter(|_| taken.insert(path.clone())) else { continue };
                let bytes = read_whole(&path)?;
                files.add(&format!("scenes/{}", name.to_string_lossy()), bytes)?;
            }
        }
        files.into_pack()
    }
}

#[derive(Default)]
struct Files {
    files: Vec<(PathBuf, Vec<u8>)>,
    num_bytes: u64,
}

impl Files {
    fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), PackError> {
        let path = inside(name)?;
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        if !EXTENSIONS.contains(&extension.as_str()) {
            // What systems leave in folders is passed over.
            let litter = path.iter().any(|part| part.to_string_lossy().starts_with(['.', '_']));
            let named = ["LICENSE", "LICENCE", "Thumbs.db"].iter().any(|known| path.ends_with(known));
            return if litter || named { Ok(()) } else { Err(PackError::Unwanted { path: name.to_owned() }) };
        }
        self.num_bytes += bytes.len() as u64;
        if bytes.len() as u64 > MAX_PACK_FILE_BYTES {
            return Err(PackError::TooMuch { what: "bytes in one file", limit: MAX_PACK_FILE_BYTES });
        }
        if self.num_bytes > MAX_PACK_BYTES {
            return Err(PackError::TooMuch { what: "bytes", limit: MAX_PACK_BYTES });
        }
        self.files.push((path, bytes));
        if self.files.len() > MAX_PACK_FILES {
            return Err(PackError::TooMuch { what: "files", limit: MAX_PACK_FILES as u64 });
        }
        Ok(())
    }

    fn read_folder(&mut self, root: &Path, at: &Path, depth: usize) -> Result<(), PackError> {
        let folder = root.join(at);
        let read = |source| PackError::Read { path: folder.clone(), source };
        let mut entries: Vec<_> = std::fs::read_dir(&folder).map_err(read)?.flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let inside = at.join(entry.file_name());
            let kind = entry.file_type().map_err(read)?;
            if kind.is_symlink() {
                return Err(PackError::Escape { path: inside.display().to_string() });
            }
            if kind.is_dir() {
                if depth == 0 {
                    return Err(PackError::TooMuch {
                        what: "folders inside folders",
                        limit: MAX_DEPTH as u64,
                    });
                }
                self.read_folder(root, &inside, depth - 1)?;
            } else {
                self.add(&inside.to_string_lossy(), read_whole(&entry.path())?)?;
            }
        }
        Ok(())
    }

    fn into_pack(mut self) -> Result<Pack, PackError> {
        // A zip of a folder has everything one level down.
        let first = self.files.first().and_then(|(path, _)| path.iter().next()).map(PathBuf::from);
        if let Some(first) = first
            && !self.files.iter().any(|(path, _)| path == Path::new(MANIFEST))
            && self.files.iter().all(|(path, _)| path.starts_with(&first) && *path != first)
        {
            for (path, _) in &mut self.files {
                *path = path.strip_prefix(&first).map(Path::to_owned).unwrap_or_default();
            }
        }
        let manifest = self.files.iter().find(|(path, _)| path == Path::new(MANIFEST));
        let (_, bytes) = manifest.ok_or_else(|| PackError::Manifest("there is none".to_owned()))?;
        let text = std::str::from_utf8(bytes).map_err(|err| PackError::Manifest(err.to_string()))?;
        let info: PackInfo = toml::from_str(text).map_err(|err| PackError::Manifest(err.to_string()))?;
        let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_');
        let num_chars = info.name.chars().count();
        let is_name = (1..=MAX_NAME_CHARS).contains(&num_chars)
            && info.name.chars().all(plain)
            && info.name.trim() == info.name
            && !info.name.starts_with('.');
        if !is_name {
            return Err(PackError::Name { name: info.name });
        }
        let pack = Pack { info, files: self.files };
        if pack.scenes().next().is_none() {
            return Err(PackError::Empty);
        }
        Ok(pack)
    }
}

fn read_whole(path: &Path) -> Result<Vec<u8>, PackError> {
    read_limited(path, MAX_PACK_FILE_BYTES)
        .map_err(|source| PackError::Read { path: path.to_owned(), source })?
        .ok_or(PackError::TooMuch { what: "bytes in one file", limit: MAX_PACK_FILE_BYTES })
}

/// A path that stays where it is unpacked, whatever system wrote it.
fn inside(name: &str) -> Result<PathBuf, PackError> {
    let escape = || PackError::Escape { path: name.chars().take(200).collect() };
    let plain = name.replace('\\', "/");
    if plain.contains([':', '\0']) || plain.starts_with('/') {
        return Err(escape());
    }
    let path = PathBuf::from(plain);
    let normal = path.components().all(|part| matches!(part, Component::Normal(_)));
    let num = path.components().count();
    if normal && (1..=MAX_DEPTH + 1).contains(&num) { Ok(path) } else { Err(escape()) }
}

fn is_scene(path: &Path) -> bool {
    path.extension().is_some_and(|e| ["wgsl", "fs", "glsl", "frag", "json"].iter().any(|known| e == *known))
}

fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|e| ["png", "jpg", "jpeg", "webp", "gif"].iter().any(|known| e == *known))
}
