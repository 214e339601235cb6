//! A name for what is playing: fingerprints of the user's own music, and an index of them.
//!
//! [`PeakFinder`] turns samples into a constellation of spectral [`Peak`]s, live or from a file. A
//! [`Library`] keeps the constellations of tracks in a folder. A query is answered in two steps: landmarks
//! of three peaks *nominate* places in tracks, and then all peaks of the query are compared with all peaks
//! there. Only that comparison decides, so a landmark may be wrong, and unknown music stays unknown: what
//! is strong must agree, both ways, so that neither a drum loop nor a bass line that two tracks share is a
//! name. Another mix of the same recording has the same name.
//! Noise, rooms, equalisers, encoders, level and a turntable's ±8 % change which peaks there are, never
//! how the common ones lie to each other.
//!
//! It decodes nothing, listens to no device and asks nobody outside: samples, tags and hashes are
//! arguments. Its only files are those of its index.
//!
//! ```
//! use audio_recognition::{Fingerprint, Library, TrackInfo};
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let music: Vec<f32> = (0_u32..480_000).map(|i| (i.wrapping_mul(i) % 997) as f32 / 997.0 - 0.5).collect();
//! let print = Fingerprint::of(&music, 48_000, 1);
//! let mut library = Library::open(folder)?;
//! let mut change = library.change()?;
//! change.add(TrackInfo { title: "Squares".to_owned(), ..TrackInfo::default() }, &print.peaks)?;
//! change.finish()?;
//! let heard = Fingerprint::of(&music[96_000..336_000], 48_000, 1);
//! let found = library.recognize(&heard.peaks)?;
//! assert_eq!(found.map(|found| found.track.title).as_deref(), Some("Squares"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![expect(clippy::disallowed_methods, reason = "the index is files; everything else here is pure")]

mod finder;
mod peak;

mod landmark;
mod nominate;
mod verify;

mod catalogue;
mod library;
mod segment;

mod error;
mod track;

pub use error::RecognitionError;
pub use finder::PeakFinder;
pub use library::{Change, Known, Library};
pub use peak::{Peak, TICKS_PER_SECOND};
pub use track::{Fingerprint, Recognition, TrackId, TrackInfo};
