//! The crate through its boundary.

mod native;
