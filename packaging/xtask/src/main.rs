//! The project's own chores. Filled by `tidy`.
fn main() {}
