//! Notes, scales and chords.

mod note;
mod scale;
mod scales;
mod voicing;
mod voicings;

pub use note::{note_name, note_to_midi};
pub use voicing::ChordBook;
