//! `jamlight library`: the user's own music, so that it is recognised when it plays.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};
use audio_recognition::{Library, TrackId, TrackInfo};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

mod scan;

#[derive(Debug, Args)]
pub(super) struct LibraryArgs {
    #[command(subcommand)]
    task: LibraryTask,
    /// Keeps the library under this folder: tests, portable installations.
    #[arg(long, global = true, value_name = "FOLDER")]
    home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum LibraryTask {
    /// Adds music: files, and folders with all that is in them. What is there already is not read again.
    Add {
        /// Folders or audio files: wav, flac, mp3, ogg, m4a.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Lists the music that is recognised.
    List {
        /// Prints JSON: an array of tracks.
        #[arg(long)]
        json: bool,
    },
    /// Takes music out. The files themselves stay.
    Remove {
        /// Files, or folders with all that is in them.
        #[arg(required_unless_present = "missing")]
        paths: Vec<PathBuf>,
        /// Takes out what is no longer on the disk.
        #[arg(long, conflicts_with = "paths")]
        missing: bool,
    },
}

pub(super) fn run(args: &LibraryArgs) -> Result<()> {
    let open = || open(args.home.as_deref());
    match &args.task {
        LibraryTask::Add { paths } => add(open, paths),
        LibraryTask::List { json } => list(open()?, *json),
        LibraryTask::Remove { paths, missing } => remove(open()?, paths, *missing),
    }
}

/// Opens the library under `home`, or of this user; what is damaged goes to standard error.
pub(super) fn open(home: Option<&Path>) -> Result<Library> {
    let paths = super::host::paths(home)?;
    let library = Library::open(&paths.recognition())?;
    for problem in library.problems() {
        eprintln!("jamlight: {problem}");
    }
    Ok(library)
}

fn add(open: impl FnOnce() -> Result<Library>, paths: &[PathBuf]) -> Result<()> {
    let files = scan::files(paths)?;
    if files.is_empty() {
        bail!(
            "no audio files in {}",
            paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).context("cannot catch Ctrl-C")?;
    let mut library = open()?;
    let bar = ProgressBar::new(files.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} files, {eta} left  {wide_msg}") {
        bar.set_style(style);
    }
    let done = scan::add(&mut library, &files, &stop, &bar);
    bar.finish_and_clear();
    let done = done?;
    println!(
        "{} added, {} moved, {} already there, {} skipped; {} tracks, {:.1} MB",
        done.added,
        done.moved,
        done.same,
        done.skipped,
        library.num_tracks()?,
        library.index_bytes() as f64 / 1e6
    );
    if stop.load(Ordering::Relaxed) {
        bail!("stopped; what was done is kept, the same command goes on from here");
    }
    if done.skipped == files.len() {
        bail!("none of these files can be read");
    }
    Ok(())
}

fn list(library: Library, json: bool) -> Result<()> {
    let tracks = library.tracks()?;
    if json {
        let rows: Vec<_> = tracks.iter().map(track_json).collect();
        println!("{}", serde_json::to_string(&rows)?);
        return Ok(());
    }
    for track in &tracks {
        println!("{:>7}  {}  ({})", minutes(track.secs), name(track), track.path.display());
    }
    Ok(())
}

fn remove(mut library: Library, paths: &[PathBuf], missing: bool) -> Result<()> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| scan::absolute(path)).collect();
    let goes = |track: &&TrackInfo| {
        if missing { !track.path.exists() } else { paths.iter().any(|path| track.path.starts_with(path)) }
    };
    let ids: Vec<TrackId> = library.tracks()?.iter().filter(goes).map(|track| track.id).collect();
    if ids.is_empty() && !missing {
        bail!("nothing of this is in the library; `jamlight library list` says what is");
    }
    let mut change = library.change()?;
    let removed = change.remove(&ids)?;
    change.finish()?;
    println!("{removed} removed, {} tracks left", library.num_tracks()?);
    Ok(())
}

/// A track as scripts see it.
pub(super) fn track_json(track: &TrackInfo) -> serde_json::Value {
    serde_json::json!({
        "id": track.id, "title": track.title, "artist": track.artist, "album": track.album,
        "duration": track.secs, "path": track.path,
    })
}

/// "Artist – Title", or the title alone.
pub(super) fn name(track: &TrackInfo) -> String {
    if track.artist.is_empty() {
        track.title.clone()
    } else {
        format!("{} – {}", track.artist, track.title)
    }
}

pub(super) fn minutes(secs: f64) -> String {
    let secs = secs.round() as i64;
    let sign = if secs < 0 { "-" } else { "" };
    format!("{sign}{}:{:02}", secs.abs() / 60, secs.abs() % 60)
}

/// The file's name without its end, for what has no title.
fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "untitled".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
