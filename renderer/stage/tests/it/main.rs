//! The crate through its boundary, on the software adapter.

mod song;
mod stage;
