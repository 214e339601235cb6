use std::path::PathBuf;

/// Why a library does not answer or does not take a track.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecognitionError {
    /// A file of the index cannot be made, read, renamed or removed.
    #[error("the index file cannot be used: {source}, path: {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of the index is not what was written.
    #[error("the index file is damaged ({what}): add the music again, path: {}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The index was made by a newer version.
    #[error("the index has version {found}, this program knows {known}: update first, path: {}", path.display())]
    TooNew {
        /// Its version.
        found: u32,
        /// The newest one known here.
        known: u32,
        /// Where it is.
        path: PathBuf,
    },
    /// The catalogue refuses.
    #[error("the catalogue of the library says: {source}")]
    Catalogue {
        /// What it says.
        #[from]
        source: rusqlite::Error,
    },
    /// Somebody else adds to the library.
    #[error("another program is changing this library: wait until it is done, path: {}", path.display())]
    Busy {
        /// The library's folder.
        path: PathBuf,
    },
    /// A part of the index is full.
    #[error("the track is too long: {secs:.0} s, the limit is {limit:.0} s")]
    TooLong {
        /// Its length, in seconds.
        secs: f64,
        /// The limit, in seconds.
        limit: f64,
    },
}
