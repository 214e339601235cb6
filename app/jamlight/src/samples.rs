//! Which sounds lie in the user's folders of samples, and which of them code names.
//!
//! The convention is Strudel's and Tidal's: `samples/kick/a.wav`, `samples/kick/b.wav` are the sounds
//! `kick:0` and `kick:1`, in the order of their names. A `strudel.json` in a folder names them otherwise:
//! `{"kick": ["a.wav", "b.wav"]}`, paths from that folder on. Nothing is fetched from the net.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

/// Extensions of what is decoded.
const EXTENSIONS: [&str; 7] = ["wav", "flac", "mp3", "ogg", "oga", "aif", "aiff"];
/// Names read at most: ten large collections.
const MAX_NAMES: usize = 10_000;
/// Files of one name at most: the engine's whole bank holds four times as many.
const MAX_FILES: usize = 1_024;
/// A map of names, in bytes: the largest public one has a tenth.
const MAX_MAP_BYTES: u64 = 4 << 20;

/// Names, lower case, with their files in the order of their numbers.
#[derive(Debug, Default)]
pub(crate) struct SampleIndex {
    names: BTreeMap<String, Vec<PathBuf>>,
    /// Folders that cannot be used, a sentence each.
    pub problems: Vec<String>,
}

impl SampleIndex {
    /// Looks through folders. Waits for the disk.
    pub(crate) fn of(folders: &[PathBuf]) -> Self {
        let mut all = Self::default();
        for folder in folders {
            let map = folder.join("strudel.json");
            if map.is_file() {
                match read_map(folder, &map) {
                    Ok(names) => all.names.extend(names),
                    Err(err) => all
                        .problems
                        .push(format!("The samples in {} cannot be used: {err:#}.", folder.display())),
                }
                continue;
            }
            // A folder that cannot be read holds no samples; a pattern that asks for one says so.
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            let folders = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
            for path in folders.take(MAX_NAMES) {
                let files = sounds_in(&path);
                if let (Some(name), false) = (path.file_name(), files.is_empty()) {
                    all.names.insert(name.to_string_lossy().to_lowercase(), files);
                }
            }
        }
        all
    }

    /// Returns every name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.names.keys()
    }

    /// Returns the files of a name.
    pub(crate) fn files(&self, name: &str) -> &[PathBuf] {
        self.names.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes a name out, with its files.
    pub(crate) fn take(&mut self, name: &str) -> Vec<PathBuf> {
        self.names.remove(name).unwrap_or_default()
    }

    /// Returns the names that stand in code: by themselves, or in two parts as a bank and a sound.
    pub(crate) fn named_in(&self, code: &str) -> Vec<String> {
        let lower = code.to_lowercase();
        let words: HashSet<&str> =
            lower.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').collect();
        let stands = |name: &str| {
            words.contains(name)
                || name
                    .split_once('_')
                    .is_some_and(|(bank, sound)| words.contains(bank) && words.contains(sound))
        };
        self.names.keys().filter(|name| stands(name)).cloned().collect()
    }
}

/// The sound files of one folder, by name.
fn sounds_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| is_sound(path)).collect();
    files.sort();
    files.truncate(MAX_FILES);
    files
}

/// Returns whether a file's ending is that of a sound.
pub(crate) fn is_sound(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// Reads a `strudel.json`: names to one path, a list, or a map from notes to paths.
fn read_map(folder: &Path, map: &Path) -> anyhow::Result<HashMap<String, Vec<PathBuf>>> {
    let size = std::fs::metadata(map)?.len();
    anyhow::ensure!(size <= MAX_MAP_BYTES, "strudel.json has {size} bytes, the limit is {MAX_MAP_BYTES}");
    let names: BTreeMap<String, serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(map)?)?;
    let mut all = HashMap::new();
    for (name, value) in names.into_iter().filter(|(name, _)| !name.starts_with('_')).take(MAX_NAMES) {
        let mut paths = Vec::new();
        texts(&value, &mut paths);
        let files = paths.iter().filter_map(|path| inside(folder, path)).filter(|path| is_sound(path));
        all.insert(name.to_lowercase(), files.take(MAX_FILES).collect());
    }
    Ok(all)
}

fn texts(value: &serde_json::Value, all: &mut Vec<String>) {
    match value {
        serde_json::Value::String(path) => all.push(path.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        serde_json::Value::Object(items) => items.values().for_each(|item| texts(item, all)),
        _ => {}
    }
}

/// A path that stays in its folder.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path);
    let stays = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    stays.then(|| folder.join(relative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_and_its_sound_may_stand_apart() {
        let names = ["tr808_bd", "tr808_sd", "kick"].map(|name| (name.to_owned(), Vec::new())).into();
        let index = SampleIndex { names, problems: Vec::new() };
        let check = |code: &str, expected: &[&str]| assert_eq!(index.named_in(code), expected, "{code}");
        check("s(\"bd\").bank(\"TR808\")", &["tr808_bd"]);
        check("s(\"tr808_sd:3 kick\")", &["kick", "tr808_sd"]);
        check("s(\"bd kicks\")", &[]);
    }

    #[test]
    fn a_map_names_files_of_its_folder_and_no_others() {
        let home = tempfile::tempdir().unwrap();
        let map = r#"{"_base": "https://example.org/", "hit": ["x/one.wav", "../two.wav", "/etc/passwd"], "piano": {"c4": "x/one.wav"}}"#;
        std::fs::write(home.path().join("strudel.json"), map).unwrap();
        let index = SampleIndex::of(&[home.path().to_owned()]);
        assert_eq!(index.files("hit").len(), 1);
        assert_eq!(index.files("piano").len(), 1);
        assert_eq!(index.names().count(), 2);
    }
}
