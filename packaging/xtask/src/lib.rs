//! The project's own chores.
//!
//! [`tidy`] checks what no compiler checks: the arrows between crates, the length of files, module
//! docs, machine paths. It is itself a test. [`react`] measures how a rendered picture follows the
//! music, [`flash`] whether it flashes too much, [`hostile`] whether the running app bears broken shaders.
//! [`guest`] builds the editor of the guest page. Nothing here ships.
#![expect(clippy::disallowed_methods, reason = "chores read the source tree and run programs")]

pub mod arrows;
pub mod flash;
pub mod guest;
pub mod hostile;
pub mod react;
pub mod tidy;

use std::path::PathBuf;

/// Returns the root of the workspace.
///
/// It is asked of cargo at run time: a target folder that two clones share may hold a program that the other one built.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    here.ancestors().nth(2).map_or(here.clone(), PathBuf::from)
}
