//! The user's own samples: folders of folders, found at the start and decoded when a pattern asks.
//!
//! The convention is Strudel's and Tidal's: `samples/kick/a.wav`, `samples/kick/b.wav` are the sounds
//! `kick:0` and `kick:1`, in the order of their names. A `strudel.json` in a folder names them otherwise:
//! `{"kick": ["a.wav", "b.wav"]}`, paths from that folder on. Nothing is fetched from the net.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::Context as _;
use app_desktop::CardKind;
use audio_engine::{MAX_SAMPLE_SECS, SampleData};
use audio_io::{DecodeLimits, decode_file};

use crate::live::board::Board;

/// Extensions of what is decoded.
const EXTENSIONS: [&str; 7] = ["wav", "flac", "mp3", "ogg", "oga", "aif", "aiff"];
/// Names read at most: ten large collections.
const MAX_NAMES: usize = 10_000;
/// Files of one name at most: the engine's whole bank holds four times as many.
const MAX_FILES: usize = 1_024;
/// A map of names, in bytes: the largest public one has a tenth.
const MAX_MAP_BYTES: u64 = 4 << 20;
/// Decoded samples kept, in bytes: a quarter of a small machine's memory.
const MAX_BYTES: usize = 1 << 30;

/// One name's samples, decoded.
pub(crate) struct Taken {
    pub name: String,
    pub samples: Vec<SampleData>,
}

/// The way to the worker that reads samples.
pub(crate) struct SampleReader {
    /// Takes code, or a single name: whatever of our names stands in it is read, once.
    /// Unbounded, but evaluations only.
    pub ask: Sender<String>,
    pub taken: Receiver<Taken>,
}

/// Starts the worker. It ends when nobody can ask it any more.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(board: Arc<Board>, folders: Vec<PathBuf>) -> anyhow::Result<SampleReader> {
    let (ask, asked) = channel::<String>();
    let (reply, taken) = channel();
    let worker = move || {
        let index = index(&folders, &board);
        let names: Vec<String> = index.keys().cloned().collect();
        board.score.sounds.change(|sounds| {
            let mut all: Vec<String> = sounds.iter().cloned().chain(names).collect();
            all.sort_unstable();
            all.dedup();
            *sounds = all.into();
        });
        let mut bytes_left = MAX_BYTES;
        let mut left = index;
        while let Ok(code) = asked.recv() {
            for name in named(&code, &left) {
                let files = left.remove(&name).unwrap_or_default();
                let samples = files.iter().filter_map(|file| read(file, &mut bytes_left, &board)).collect();
                if reply.send(Taken { name, samples }).is_err() {
                    return;
                }
            }
        }
    };
    std::thread::Builder::new()
        .name("samples".to_owned())
        .spawn(worker)
        .context("the thread that reads samples cannot start")?;
    Ok(SampleReader { ask, taken })
}

/// The names that stand in code: by themselves, or in two parts as a bank and a sound.
fn named(code: &str, index: &BTreeMap<String, Vec<PathBuf>>) -> Vec<String> {
    let lower = code.to_lowercase();
    let words: HashSet<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').collect();
    let stands = |name: &str| {
        words.contains(name)
            || name.split_once('_').is_some_and(|(bank, sound)| words.contains(bank) && words.contains(sound))
    };
    index.keys().filter(|name| stands(name)).cloned().collect()
}

/// Every name with its files, lower case.
fn index(folders: &[PathBuf], board: &Board) -> BTreeMap<String, Vec<PathBuf>> {
    let mut all = BTreeMap::new();
    for folder in folders {
        let map = folder.join("strudel.json");
        if map.is_file() {
            match read_map(folder, &map) {
                Ok(names) => all.extend(names),
                Err(err) => {
                    let sentence = format!("The samples in {} cannot be used: {err:#}.", folder.display());
                    board.card(CardKind::Warning, sentence, None);
                }
            }
            continue;
        }
        // A folder that cannot be read holds no samples; a pattern that asks for one says so.
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).take(MAX_NAMES) {
            let files = sounds_in(&path);
            if let (Some(name), false) = (path.file_name(), files.is_empty()) {
                all.insert(name.to_string_lossy().to_lowercase(), files);
            }
        }
    }
    all
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

fn is_sound(path: &Path) -> bool {
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

fn read(file: &Path, bytes_left: &mut usize, board: &Board) -> Option<SampleData> {
    let limits = DecodeLimits { max_secs: f64::from(MAX_SAMPLE_SECS) - 0.1 };
    let decoded = match decode_file(file, &limits) {
        Ok(decoded) => decoded,
        Err(err) => {
            board.card(CardKind::Warning, format!("The sample {} is left out: {err}.", file.display()), None);
            return None;
        }
    };
    let channels = usize::from(decoded.format.channels.max(1));
    let frames: Vec<[f32; 2]> = decoded
        .samples
        .chunks_exact(channels)
        .map(|frame| match frame {
            [mono] => [*mono; 2],
            [left, right, ..] => [*left, *right],
            [] => [0.0; 2],
        })
        .collect();
    let bytes = frames.len() * size_of::<[f32; 2]>();
    if bytes > *bytes_left {
        board.card(CardKind::Warning, "The samples in use fill a gigabyte: further ones are left out.", None);
        return None;
    }
    *bytes_left -= bytes;
    Some(SampleData { frames, rate_hz: decoded.format.sample_rate_hz })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn wav(path: &Path, frames: u32) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 44_100,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for _ in 0..frames {
            writer.write_sample(16_384i16).unwrap();
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn folders_are_names_and_files_count_in_order() {
        let home = tempfile::tempdir().unwrap();
        wav(&home.path().join("Kick/b.wav"), 200);
        wav(&home.path().join("Kick/a.wav"), 100);
        std::fs::write(home.path().join("Kick/notes.txt"), "no sound").unwrap();
        let board = Board::new(Instant::now());
        let reader = start(board.clone(), vec![home.path().to_owned(), home.path().join("missing")]).unwrap();
        reader.ask.send("$: s(\"bd Kick*2\")".to_owned()).unwrap();
        let taken = reader.taken.recv().unwrap();
        let lengths: Vec<usize> = taken.samples.iter().map(|sample| sample.frames.len()).collect();
        assert_eq!(lengths, [100, 200]);
        assert_eq!(taken.samples[0].rate_hz, 44_100);
        assert!(board.score.sounds.get().contains(&"kick".to_owned()));
    }

    #[test]
    fn a_bank_and_its_sound_may_stand_apart() {
        let index: BTreeMap<String, Vec<PathBuf>> =
            ["tr808_bd", "tr808_sd", "kick"].map(|name| (name.to_owned(), Vec::new())).into();
        let check = |code: &str, expected: &[&str]| assert_eq!(named(code, &index), expected, "{code}");
        check("s(\"bd\").bank(\"TR808\")", &["tr808_bd"]);
        check("s(\"tr808_sd:3 kick\")", &["kick", "tr808_sd"]);
        check("s(\"bd kicks\")", &[]);
    }

    #[test]
    fn a_map_names_files_of_its_folder_and_no_others() {
        let home = tempfile::tempdir().unwrap();
        wav(&home.path().join("x/one.wav"), 10);
        let map = r#"{"_base": "https://example.org/", "hit": ["x/one.wav", "../two.wav", "/etc/passwd"], "piano": {"c4": "x/one.wav"}}"#;
        std::fs::write(home.path().join("strudel.json"), map).unwrap();
        let names = index(&[home.path().to_owned()], &Board::new(Instant::now()));
        assert_eq!(names.get("hit").map(Vec::len), Some(1));
        assert_eq!(names.get("piano").map(Vec::len), Some(1));
        assert_eq!(names.len(), 2);
    }
}
