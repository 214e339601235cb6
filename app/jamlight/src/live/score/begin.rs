//! When the score begins: not before there is code.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use anyhow::Context as _;
use app_desktop::CardKind;
use app_library::SceneLibrary;
use audio_io::Output;
use sync_protocol::{Layer, LayerSource};

use super::worker::{self, Job, Shelf, Worker};
use super::{CODE_SCENE_PREFIX, Player, SampleAsk, samples};
use crate::live::board::Board;
use crate::live::room::Member;

/// How often a machine without code looks whether there is some.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the score needs.
pub(crate) struct ScoreStart {
    pub board: Arc<Board>,
    pub member: Member,
    pub output: Output,
    pub library: Arc<SceneLibrary>,
    /// Folders of the user's own samples.
    pub samples: Vec<PathBuf>,
    /// Prints the way of each evaluation (drill `trace-code`).
    pub traces: bool,
}

/// The ways to a score that was started.
pub(crate) struct ScoreDesk {
    /// Takes code to evaluate.
    pub jobs: Sender<Job>,
    /// Takes samples that a host lends.
    pub samples: Sender<SampleAsk>,
    pub thread: std::thread::JoinHandle<()>,
}

/// Starts the score and its worker. Both end with the board and with the senders given back. The instrument and its
/// sounds, 28 MB, are made when somebody opens the editor or the room runs code.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(start: ScoreStart) -> anyhow::Result<ScoreDesk> {
    let shelf = Shelf::default();
    // Unbounded, but one answer for each question of the score.
    let (reply, loaded) = channel();
    let jobs = worker::start(Worker {
        board: start.board.clone(),
        member: start.member.clone(),
        shelf: shelf.clone(),
        reply,
    })?;
    let samples = samples::start(start.board.clone(), start.samples.clone())?;
    let lends = samples.ask.clone();
    let asks = jobs.clone();
    let thread = std::thread::Builder::new()
        .name("score".to_owned())
        .stack_size(8 << 20)
        .spawn(move || {
            while !start.is_wanted() {
                if start.board.is_ending() {
                    return;
                }
                std::thread::sleep(LOOK_EVERY);
            }
            let board = start.board.clone();
            match Player::new(start, shelf, asks, samples) {
                Ok(player) => player.run(&loaded),
                Err(err) => {
                    board.card(
                        CardKind::Error,
                        format!("Code cannot be heard: {err:#}. Restart Jamlight."),
                        None,
                    );
                }
            }
        })
        .context("the score's thread cannot start")?;
    Ok(ScoreDesk { jobs, samples: lends, thread })
}

impl ScoreStart {
    /// Whether code runs, shows itself, or is about to be written.
    fn is_wanted(&self) -> bool {
        let show = self.member.show();
        let painted = |layer: &Layer| matches!(&layer.source, LayerSource::Scene(id) if id.as_str().starts_with(CODE_SCENE_PREFIX));
        self.board.code_open.load(Ordering::Relaxed)
            || !show.running.is_empty()
            || show.layers.iter().any(painted)
    }
}
