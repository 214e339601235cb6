//! Through the crate's boundary: notes in, sound out, no clock.

#[cfg(test)]
mod planning;
#[cfg(test)]
mod sounding;
