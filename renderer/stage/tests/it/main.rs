//! The crate through its boundary, on the software adapter.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

#[path = "../../../../app/library/src/hydra.rs"]
mod chains;
mod foreign;
mod golden;
mod layers;
mod limiter;
mod loss;
mod mixing;
mod passes;
mod picture;
mod pictures;
mod quality;
mod rig;
mod song;
mod swaps;
