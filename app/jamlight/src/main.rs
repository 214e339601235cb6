//! A native instrument for light and sound.
fn main() {}
