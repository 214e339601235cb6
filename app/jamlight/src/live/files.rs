//! The one thread that touches the disk for the app: shows, settings, folders, the autosave.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use app_desktop::{BrowsePurpose, Folder, FolderEntry, SourceText};
use app_library::{
    Autosave, Marks, MediaKind, Paths, Recents, SceneLibrary, SceneOrigin, SettingsFile, ShowFile,
};
use sync_protocol::{SceneId, Show};

use super::board::Board;
use super::room::Member;
use super::settings::{LiveSettings, first_folder};
use super::wake::Waker;

/// How often the show is saved for the case of a crash.
const AUTOSAVE_EVERY: Duration = Duration::from_secs(5);
/// Entries of a folder listed at most: more than anyone reads through.
const MAX_ENTRIES: usize = 2_000;
/// Extensions of what the player plays.
const TRACKS: [&str; 7] = ["wav", "flac", "mp3", "ogg", "oga", "m4a", "mp4"];
/// Extensions of what is brought in beside pictures and videos: packs and scenes.
const IMPORTS: [&str; 5] = ["zip", "wgsl", "fs", "glsl", "frag"];
/// The extension of shows.
pub(crate) const SHOW_EXTENSION: &str = "jamlight";

/// What the disk is asked for.
#[derive(Debug)]
pub(crate) enum Job {
    Open(PathBuf),
    Save {
        path: PathBuf,
        show: Arc<Show>,
    },
    List {
        path: Option<PathBuf>,
        purpose: BrowsePurpose,
    },
    Source(SceneId),
    Settings(Box<LiveSettings>),
    Marks(Arc<app_desktop::Marks>),
    /// The file that the show belongs to from now on, for the autosave.
    Belongs(Option<PathBuf>),
    /// Saves once more and ends.
    End,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Done {
    Opened { path: PathBuf, show: Box<Show>, recent: Vec<PathBuf> },
    Saved { path: PathBuf, show: Arc<Show>, recent: Vec<PathBuf> },
    Listed(Folder),
    Source(SourceText),
    Failed(String),
}

/// The worker's start.
pub(crate) struct FilesStart {
    pub paths: Paths,
    pub board: Arc<Board>,
    pub member: Member,
    pub library: Arc<SceneLibrary>,
    pub waker: Arc<Waker>,
    pub file: Option<PathBuf>,
}

/// The way to the worker.
pub(crate) struct Files {
    /// Unbounded, but a person's clicks only.
    pub jobs: Sender<Job>,
    pub done: Receiver<Done>,
    /// Taken by whoever waits for its end.
    pub thread: Option<std::thread::JoinHandle<()>>,
}

/// Starts the worker.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(start: FilesStart) -> anyhow::Result<Files> {
    let (jobs, inbox) = channel();
    let (reply, done) = channel();
    let worker =
        Worker { reply, last_folder: None, file: start.file.clone(), kept_texts: String::new(), start };
    let thread = std::thread::Builder::new()
        .name("files".to_owned())
        .spawn(move || worker.run(&inbox))
        .context("the files' thread cannot start")?;
    Ok(Files { jobs, done, thread: Some(thread) })
}

struct Worker {
    start: FilesStart,
    reply: Sender<Done>,
    last_folder: Option<PathBuf>,
    file: Option<PathBuf>,
    /// The texts as they were last kept.
    kept_texts: String,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Job>) {
        let mut saved_at = Instant::now();
        loop {
            match inbox.recv_timeout(AUTOSAVE_EVERY.saturating_sub(saved_at.elapsed())) {
                Ok(Job::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(job) => {
                    if let Some(done) = self.work(job) {
                        // Nobody is left to hear of it when the app ends.
                        let _ = self.reply.send(done);
                        self.start.waker.wake();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.autosave(false);
                    saved_at = Instant::now();
                }
            }
        }
        self.autosave(true);
    }

    fn work(&mut self, job: Job) -> Option<Done> {
        match job {
            Job::Open(path) => Some(match ShowFile::read(&path) {
                Ok(show) => {
                    self.file = Some(path.clone());
                    Done::Opened { recent: self.remember(&path), path, show: Box::new(show) }
                }
                Err(err) => Done::Failed(err.to_string()),
            }),
            Job::Save { path, show } => Some(match ShowFile::write(&path, &show) {
                Ok(()) => {
                    self.file = Some(path.clone());
                    Done::Saved { recent: self.remember(&path), path, show }
                }
                Err(err) => Done::Failed(err.to_string()),
            }),
            Job::List { path, purpose } => {
                let path = path
                    .or_else(|| self.last_folder.clone())
                    .unwrap_or_else(|| first_folder(&self.start.paths));
                let folder = list(&path, purpose);
                self.last_folder = Some(path);
                Some(Done::Listed(folder))
            }
            Job::Source(id) => source(&self.start.library, &id).map(Done::Source),
            Job::Settings(settings) => {
                let saved =
                    SettingsFile::open(&self.start.paths.settings_file()).save_section("live", &*settings);
                saved.err().map(|err| Done::Failed(format!("the settings cannot be saved: {err}")))
            }
            Job::Marks(marks) => {
                let marks = app_desktop::Marks::clone(&marks);
                let marks = Marks { favourites: marks.favourites, ratings: marks.ratings };
                let written = marks.write(&self.start.paths.marks_file());
                written.err().map(|err| Done::Failed(format!("favourites are not kept: {err}")))
            }
            Job::Belongs(file) => {
                self.file = file;
                None
            }
            Job::End => None,
        }
    }

    fn remember(&self, path: &Path) -> Vec<PathBuf> {
        let list = self.start.paths.recents_file();
        let mut recents = Recents::read(&list);
        if let Err(err) = recents.add(&list, path) {
            tracing::warn!(%err, "the list of recent shows is not kept");
        }
        recents.files
    }

    fn autosave(&mut self, clean: bool) {
        let clocks = self.start.board.clocks.get();
        let autosave = Autosave {
            show: (*self.start.member.own().show()).clone(),
            file: self.file.clone(),
            time_secs: clocks.time_secs,
            transport: clocks.transport,
            beat: clocks.beat,
            saved_at_unix_millis: unix_millis(),
            clean,
        };
        if let Err(err) = super::code::keep(&self.start.paths, &self.start.member, &mut self.kept_texts) {
            let sentence = format!("The texts are not kept for the next start: {err}.");
            self.start.board.card(app_desktop::CardKind::Warning, sentence, None);
        }
        if let Err(err) = autosave.write(&self.start.paths.autosave_file()) {
            let sentence = format!("The show is not kept for the case of a crash: {err}");
            self.start.board.card(app_desktop::CardKind::Warning, sentence, None);
        }
    }
}

/// Wall time in milliseconds since 1970: it bridges two processes.
pub(crate) fn unix_millis() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn list(path: &Path, purpose: BrowsePurpose) -> Folder {
    let wanted = |file: &Path| {
        let extension =
            file.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
        match purpose {
            BrowsePurpose::OpenShow | BrowsePurpose::SaveShow => extension == SHOW_EXTENSION,
            BrowsePurpose::PlayTrack => TRACKS.contains(&extension.as_str()),
            BrowsePurpose::SavePack => extension == "zip",
            BrowsePurpose::Media => MediaKind::of(file).is_some() || IMPORTS.contains(&extension.as_str()),
        }
    };
    let read = match std::fs::read_dir(path) {
        Ok(read) => read,
        Err(err) => {
            let problem = Some(format!("This folder cannot be read: {err}"));
            return Folder { path: path.to_owned(), entries: Vec::new(), problem };
        }
    };
    let mut entries: Vec<FolderEntry> = read
        .flatten()
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| FolderEntry { is_folder: entry.path().is_dir(), path: entry.path() })
        .filter(|entry| entry.is_folder || wanted(&entry.path))
        .take(MAX_ENTRIES)
        .collect();
    entries.sort_by_key(|entry| (!entry.is_folder, entry.path.to_string_lossy().to_lowercase()));
    Folder { path: path.to_owned(), entries, problem: None }
}

fn source(library: &SceneLibrary, id: &SceneId) -> Option<SourceText> {
    let entry = library.entry(id)?;
    let problem = entry.problem.map(|problem| (problem.line, problem.message));
    let (path, text) = match entry.origin {
        SceneOrigin::File(path) => (Some(path.clone()), std::fs::read_to_string(path).unwrap_or_default()),
        SceneOrigin::BuiltIn => (None, SceneLibrary::built_in_text(id).unwrap_or_default().to_owned()),
    };
    Some(SourceText { scene: id.clone(), path, text: Arc::from(text), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lists_folders_first_and_only_what_fits() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("zebra")).unwrap();
        for name in ["song.MP3", "a.jamlight", "notes.txt", ".hidden.mp3"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names = |purpose| -> Vec<String> {
            let listed = list(folder.path(), purpose);
            listed
                .entries
                .iter()
                .filter_map(|entry| Some(entry.path.file_name()?.to_string_lossy().into_owned()))
                .collect()
        };
        assert_eq!(names(BrowsePurpose::PlayTrack), ["zebra", "song.MP3"]);
        assert_eq!(names(BrowsePurpose::OpenShow), ["zebra", "a.jamlight"]);
    }
}
