//! Reads folders of music into the library: a few files at a time, the catalogue on one thread.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use anyhow::{Context as _, Result};
use audio_io::{DecodeLimits, FileReader, read_tags};
use audio_recognition::{Known, Library, Peak, PeakFinder, TrackInfo};
use indicatif::ProgressBar;
use sha2::{Digest as _, Sha256};

/// What a file of music may be called.
const ENDS: [&str; 9] = ["wav", "flac", "mp3", "ogg", "oga", "m4a", "mp4", "aac", "aif"];
/// Folders within folders: deeper is a loop.
const MAX_DEPTH: usize = 64;
/// Samples decoded at once.
const BLOCK: usize = 65_536;
/// Shortest track, in seconds: below is a sound, not music.
const MIN_SECS: f64 = 3.0;
/// Finished files that wait for the catalogue. When full, readers wait.
const QUEUE: usize = 4;

/// What became of the files.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub added: usize,
    pub moved: usize,
    pub same: usize,
    pub skipped: usize,
}

/// A file's path from the root, whatever it is given as.
pub(super) fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// Returns the audio files of these folders, and these files, each once.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = BTreeSet::new();
    for path in paths {
        let metadata = path.metadata().with_context(|| format!("cannot read {}", path.display()))?;
        let path = absolute(path);
        if metadata.is_dir() { collect(&path, 0, &mut files) } else { _ = files.insert(path) }
    }
    Ok(files.into_iter().collect())
}

fn collect(folder: &Path, depth: usize, files: &mut BTreeSet<PathBuf>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(err) => return eprintln!("jamlight: left out: {}: {err}", folder.display()),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
        if path.is_dir() {
            // A link may lead back up.
            if depth < MAX_DEPTH && !path.is_symlink() {
                collect(&path, depth + 1, files);
            }
        } else if end.is_some_and(|end| ENDS.contains(&end.as_str())) {
            files.insert(path);
        }
    }
}

/// A file that has been read.
struct Read {
    track: TrackInfo,
    /// `None`: its content was known already.
    peaks: Option<Vec<Peak>>,
}

/// Adds files. When `stop` is set, the files in work are let go and the rest is kept.
pub(super) fn add(
    library: &mut Library,
    files: &[PathBuf],
    stop: &AtomicBool,
    bar: &ProgressBar,
) -> Result<Done> {
    let mut done = Done::default();
    let known: std::collections::HashSet<[u8; 32]> =
        library.tracks()?.iter().map(|track| track.content).collect();
    let mut change = library.change()?;
    let mut unsure = Vec::new();
    for file in files {
        let (size_bytes, modified_millis) = size_and_date(file).unwrap_or_default();
        match change.knows(file, size_bytes, modified_millis)? {
            Known::Same => done.same += 1,
            Known::Unsure => unsure.push(file.as_path()),
        }
    }
    bar.set_position(done.same as u64);
    let next = AtomicUsize::new(0);
    let workers =
        std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
    std::thread::scope(|scope| {
        // Bounded: a reader waits while the catalogue writes.
        let (sender, finished) = sync_channel(QUEUE);
        for i in 0..workers {
            let sender = sender.clone();
            let (next, unsure, known) = (&next, &unsure, &known);
            let work = move || {
                while !stop.load(Ordering::Relaxed) {
                    let Some(file) = unsure.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    if sender.send((*file, read(file, known, stop))).is_err() {
                        return;
                    }
                }
            };
            std::thread::Builder::new()
                .name(format!("music-{i}"))
                .spawn_scoped(scope, work)
                .context("a thread that reads music cannot start")?;
        }
        drop(sender);
        for (file, read) in finished {
            bar.inc(1);
            bar.set_message(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
            let outcome = match read {
                Ok(None) => continue,
                Ok(Some(Read { track, peaks: None })) => {
                    change.moved(&track)?;
                    done.moved += 1;
                    continue;
                }
                Ok(Some(Read { track, peaks: Some(peaks) })) => {
                    // The same file may lie in two places of what is added now.
                    if change.moved(&track)? {
                        done.moved += 1;
                        continue;
                    }
                    change.add(track, &peaks).map_err(anyhow::Error::from)
                }
                Err(err) => Err(err),
            };
            match outcome {
                Ok(()) => done.added += 1,
                Err(err) => {
                    done.skipped += 1;
                    bar.suspend(|| eprintln!("jamlight: skipped: {}", format!("{err:#}").replace('\n', " ")));
                }
            }
        }
        change.finish()?;
        Ok(done)
    })
}

fn size_and_date(file: &Path) -> std::io::Result<(u64, i64)> {
    let metadata = file.metadata()?;
    let since = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok((metadata.len(), i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// Reads a file. `None` when it was told to stop.
fn read(file: &Path, known: &std::collections::HashSet<[u8; 32]>, stop: &AtomicBool) -> Result<Option<Read>> {
    let (size_bytes, modified_millis) =
        size_and_date(file).with_context(|| format!("cannot read {}", file.display()))?;
    let content = content(file).with_context(|| format!("cannot read {}", file.display()))?;
    let tags = read_tags(file);
    let title = if tags.title.is_empty() { super::stem(file) } else { tags.title };
    let mut track = TrackInfo {
        content,
        path: file.to_owned(),
        size_bytes,
        modified_millis,
        title,
        artist: tags.artist,
        album: tags.album,
        ..TrackInfo::default()
    };
    if known.contains(&content) {
        return Ok(Some(Read { track, peaks: None }));
    }
    let mut reader = FileReader::open(file, &DecodeLimits::STREAM)?;
    let format = reader.format();
    let mut finder = PeakFinder::new(format.sample_rate_hz);
    let mut peaks = Vec::new();
    let mut block = vec![0.0; BLOCK];
    loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let num_samples = reader.read(&mut block)?;
        if num_samples == 0 {
            break;
        }
        finder.push(block.get(..num_samples).unwrap_or_default(), format.channels, &mut peaks);
    }
    finder.finish(&mut peaks);
    track.secs = reader.position_secs();
    anyhow::ensure!(track.secs >= MIN_SECS, "the sound is shorter than {MIN_SECS} s: {}", file.display());
    anyhow::ensure!(!peaks.is_empty(), "the file is silent: {}", file.display());
    Ok(Some(Read { track, peaks: Some(peaks) }))
}

/// Hash of all bytes: a file that moved is the same track.
fn content(file: &Path) -> std::io::Result<[u8; 32]> {
    let mut file = std::fs::File::open(file)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(block.get(..read).unwrap_or_default());
    }
}
