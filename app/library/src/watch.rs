use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// Says which files of a folder changed. Ends when dropped.
#[derive(Debug)]
pub struct SceneWatch {
    changed: Receiver<PathBuf>,
    _watcher: RecommendedWatcher,
}

impl SceneWatch {
    /// Watches a folder, making it when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or the system has no watches left.
    pub fn new(folder: &Path) -> Result<Self, notify::Error> {
        std::fs::create_dir_all(folder).map_err(notify::Error::io)?;
        // Unbounded, but as long as a burst of saves: a file named twice is compiled once.
        let (sender, changed) = channel();
        let mut watcher = notify::recommended_watcher(move |event: Result<notify::Event, notify::Error>| {
            let Ok(event) = event else { return };
            if event.kind.is_create() || event.kind.is_modify() || event.kind.is_remove() {
                for path in event.paths {
                    // The receiver is gone only when the watch is being dropped.
                    let _ = sender.send(path);
                }
            }
        })?;
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(Self { changed, _watcher: watcher })
    }

    /// Returns the files that changed since the last call, each once. Never blocks.
    pub fn poll(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self.changed.try_iter().collect();
        paths.sort();
        paths.dedup();
        paths
    }
}
