//! Notes, scales and chords.

mod note;
mod scale;

pub use note::{note_name, note_to_midi};
