//! The application with windows.
//!
//! A parent process, the supervisor, holds a child, the engine (see [`supervisor`]). The engine has a
//! thread for each room of the house, and they meet only on the [`board`]:
//!
//! - main: the control window (eframe, its own device) and the outputs' windows (`windows`, `control`);
//! - render: the show, on its own device (`render`);
//! - ear: what is heard (`ear`); score: what code plays (`score`); scenes: what compiles and watches (`scenes`);
//! - media: pictures, videos, cameras, words (`media`);
//! - recogniser: names what is heard (`recogniser`, `tracker`); names: asks services outside (`names`);
//! - files: what touches the disk (`files`); pulse: the sign of life (`pulse`).
//!
//! A lost device, a panic in a panel, a scene that does not compile: each costs its own room a moment
//! and shows a card.

mod args;
mod board;
mod clicks;
mod code;
mod control;
mod crash;
mod desk;
mod drill;
mod ear;
mod engine;
mod files;
mod heap;
mod media;
mod meter;
mod model;
mod names;
mod offset;
mod outputs;
mod overlay;
mod picture;
mod pulse;
mod quarantine;
mod recogniser;
mod record;
mod render;
mod room;
mod scenery;
mod scenes;
mod score;
mod screens;
mod settings;
mod snippet;
mod sources;
mod streams;
mod supervisor;
mod tap;
mod tracker;
mod trial;
mod wake;
mod windows;

pub(crate) use args::LiveArgs;
pub(crate) use files::unix_millis;
pub(crate) use names::ACRCLOUD;
pub(crate) use render::{MAX_IN_FLIGHT, WEAK_BUDGET_SECS};
pub(crate) use score::{
    CODE_SCENE_PREFIX, Evaluated, KEPT_PAST, MAX_WAIT_BEATS, SampleFolders, Senses, evaluate, scene_of,
};
pub(crate) use settings::LiveSettings;

/// Opens the app: as the supervisor, or as the engine it started.
///
/// # Errors
/// One line for the person: no display, no home folder, wrong drill.
pub(crate) fn run(args: LiveArgs) -> anyhow::Result<()> {
    let drills = args.drills()?;
    if args.engine || args.no_supervisor { engine::run(&args, drills) } else { supervisor::run(&args) }
}
