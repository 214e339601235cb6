use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use app_library::Paths;
use sync_protocol::RoomId;

use super::Take;

/// What the files of lines end with.
const LINES: &str = "take";
/// What the files of sound end with.
pub(super) const SOUND: &str = "flac";
const MILLIS_PER_DAY: u64 = 24 * 60 * 60 * 1_000;

/// The takes of one room, beside the journal.
#[derive(Clone, Debug)]
pub(crate) struct TakeShelf {
    /// Of all rooms.
    all: PathBuf,
    folder: PathBuf,
}

impl TakeShelf {
    /// Returns the shelf of a room. Nothing is made or read.
    pub(crate) fn of(paths: &Paths, room: &RoomId) -> Self {
        let all = paths.state.join("jam").join("takes");
        let folder = all.join(room.as_str());
        Self { all, folder }
    }

    /// Returns where the room's takes are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of a new take's lines; its folder is there then, for this user only.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(super) fn path_of(&self, began_millis: u64) -> anyhow::Result<PathBuf> {
        crate::jam::home::make_private_folder(&self.folder)
            .with_context(|| format!("cannot make the folder {}", self.folder.display()))?;
        Ok(self.folder.join(format!("{began_millis}.{LINES}")))
    }

    /// Returns the room's takes, oldest first. One that cannot be read is named in the log and left out.
    pub(crate) fn takes(&self) -> Vec<Take> {
        let read = |path: &PathBuf| {
            Take::read(path).inspect_err(|err| tracing::warn!("a take is left out: {err:#}")).ok()
        };
        let mut takes: Vec<Take> =
            files(&self.folder).iter().filter(|path| is(path, LINES)).filter_map(read).collect();
        takes.sort_by_key(|take| take.began_millis);
        takes
    }

    /// Returns the files of the room's takes.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        files(&self.folder)
    }

    /// Returns how much all rooms' takes take, in bytes.
    pub(crate) fn num_bytes(&self) -> u64 {
        let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
        folders(&self.all).iter().flat_map(|folder| files(folder)).map(|path| size(&path)).sum()
    }

    /// Removes what is older than so many days, of all rooms. Returns how many files went.
    pub(crate) fn forget_older(&self, days: u32, now_millis: u64) -> usize {
        let oldest = now_millis.saturating_sub(u64::from(days) * MILLIS_PER_DAY);
        let is_old = |path: &PathBuf| {
            let began = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            began.is_some_and(|began| began < oldest)
        };
        let old: Vec<PathBuf> =
            folders(&self.all).iter().flat_map(|folder| files(folder)).filter(is_old).collect();
        old.iter().filter(|path| remove(path)).count()
    }

    /// Removes the sound of takes that lie within stretches of time, in milliseconds since 1970: somebody's
    /// voice may be in it, and nobody can take it out. Returns how many files went.
    pub(crate) fn erase_sound(&self, stretches: &[(u64, u64)]) -> usize {
        let met = |take: &Take| {
            let ends_millis = take.began_millis
                + Duration::try_from_secs_f64(take.secs).unwrap_or_default().as_millis() as u64;
            stretches.iter().any(|(from, until)| *from <= ends_millis && take.began_millis <= *until)
        };
        let sounds = self.takes().into_iter().filter(met).filter_map(|take| take.sound);
        sounds.filter(|path| remove(path)).count()
    }
}

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|one| one == extension)
}

fn remove(path: &Path) -> bool {
    std::fs::remove_file(path).inspect_err(|err| tracing::warn!(%err, "a take stays")).is_ok()
}

/// The files of takes in a folder, by name; none when it is not there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is(path, LINES) || is(path, SOUND))
        .collect();
    files.sort();
    files
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}
