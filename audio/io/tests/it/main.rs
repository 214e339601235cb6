//! Through the crate's boundary: files, the built-in track, and players with no device.

#[cfg(test)]
mod files;
#[cfg(test)]
mod playing;
