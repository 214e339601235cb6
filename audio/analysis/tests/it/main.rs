//! Laws of the ear, on sounds made here.

mod sounds;
mod stream;
mod tempo;
mod tone;
