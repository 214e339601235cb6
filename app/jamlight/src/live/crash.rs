//! Crash reports: one text file each, in the state folder.

use std::backtrace::Backtrace;
use std::path::{Path, PathBuf};

use super::files::unix_millis;

/// Reports kept; the oldest go.
const MAX_REPORTS: usize = 20;

/// Writes a report for each panic, caught or not, and goes on with the hook before.
pub(crate) fn install_hook(folder: PathBuf) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        let report = format!(
            "{info}\nthread: {}\n\n{}\n",
            thread.name().unwrap_or("unnamed"),
            Backtrace::force_capture()
        );
        write(&folder, &report);
        before(info);
    }));
}

/// Writes one report. A disk that refuses is not worth another failure here.
pub(crate) fn write(folder: &Path, what: &str) {
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        let path = folder.join(format!("crash-{}.txt", unix_millis()));
        std::fs::write(
            path,
            format!(
                "Jamlight {} on {} {}\n{what}",
                env!("CARGO_PKG_VERSION"),
                std::env::consts::OS,
                std::env::consts::ARCH
            ),
        )
    });
    if let Err(err) = written {
        tracing::warn!(%err, "no crash report");
    }
    let Ok(read) = std::fs::read_dir(folder) else { return };
    let mut reports: Vec<PathBuf> = read
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    reports.sort();
    for old in reports.iter().rev().skip(MAX_REPORTS) {
        // One that stays is removed the next time.
        let _ = std::fs::remove_file(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_do_not_fill_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        for no in 0..MAX_REPORTS + 5 {
            std::fs::write(folder.path().join(format!("crash-{no:013}.txt")), "old").unwrap();
        }
        write(folder.path(), "new");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), MAX_REPORTS);
    }
}
