//! The project's own chores.
//!
//! [`tidy`] checks what no compiler checks: the arrows between crates, the length of files, module
//! docs, machine paths. It is itself a test. [`react`] measures how a rendered picture follows the
//! music, [`flash`] whether it flashes too much. [`guest`] builds the editor of the guest page. Nothing
//! here ships.
#![expect(clippy::disallowed_methods, reason = "chores read the source tree and run programs")]

pub mod arrows;
pub mod flash;
pub mod guest;
pub mod react;
pub mod tidy;

use std::path::PathBuf;

/// Returns the root of the workspace.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or(here.clone(), PathBuf::from)
}
