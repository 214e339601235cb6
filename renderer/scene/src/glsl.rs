//! GLSL as people wrote it for OpenGL, made into modules that naga accepts.
//!
//! The steps: tokens → preprocessor → items → rewritten text → naga → loop guard → validation.
//! Every token remembers its place, so that an error of any step is at the author's line and column.

mod body;
mod compile;
mod condition;
mod emit;
mod parse;
mod preprocess;
mod rewrite;
mod token;
mod types;
mod unit;
mod varying;
mod words;

pub(crate) use compile::{Compiled, bindings, compile, read, unit};
pub(crate) use parse::{Global, Storage};
pub(crate) use preprocess::Preprocessor;
pub(crate) use token::Comment;
pub(crate) use unit::{Host, HostGlobal, HostTexture, Rows, Stage, Unit};
pub(crate) use varying::{collect as collect_varyings, frag_norm_coord};
