//! A native instrument for light and sound.
//!
//! This crate wires the rooms of the house together and is the only one that sees them all: the
//! command line, the threads, the windows, the supervisor. What it decides itself is who talks to
//! whom. ARCHITECTURE.md is the map.
#![expect(clippy::disallowed_methods, reason = "the binary owns clocks, threads, files and the environment")]

mod cli;
mod jam;
mod live;
mod media;
mod offline;
mod samples;
mod settings;
mod shelf;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
