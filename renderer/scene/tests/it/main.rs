//! The crate through its boundary.

mod dialect;
mod expr;
mod foreign;
mod guard;
mod hydra;
mod isf;
mod native;
mod scenes;
