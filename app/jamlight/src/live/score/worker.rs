//! Evaluates code away from the score: a hard text costs this thread time, never the notes.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::Context as _;
use app_desktop::{CardKind, CodeProblem};
use app_script::{Program, ScriptError, Settings, evaluate};
use renderer_scene::SceneProgram;
use renderer_scene::hydra::Sketch;
use sync_protocol::{Command, LayerId, LayerSource, Running, SceneId, TextId};

use super::Way;
use crate::live::board::{Board, lock};
use crate::live::room::Member;

/// Programs kept by their text: those that run, those just tried, and a few to go back to.
const MAX_KEPT: usize = 32;

/// What a text became.
pub(crate) struct Evaluated {
    pub program: Program,
    /// The picture it paints, if it paints one.
    pub light: Option<Arc<SceneProgram>>,
}

/// What the worker is asked for.
pub(crate) enum Job {
    /// A person wants this to run: when it is good, the room is asked.
    Try {
        text: TextId,
        code: String,
        quantum_beats: f64,
        /// The layer that shows the light of it, where none does yet.
        layer: Option<LayerId>,
        /// When the key was read.
        asked: Instant,
    },
    /// The room runs this: the score needs it.
    Load { slot: Arc<str>, code: Arc<str> },
}

/// What became of a [`Job::Load`].
pub(crate) struct Loaded {
    pub code: Arc<str>,
    pub evaluated: Option<Arc<Evaluated>>,
}

/// Programs by their text, the last used last.
#[derive(Clone, Default)]
pub(crate) struct Shelf(Arc<Mutex<Vec<Kept>>>);

#[derive(Clone)]
struct Kept {
    code: Arc<str>,
    evaluated: Arc<Evaluated>,
}

impl Shelf {
    pub(crate) fn get(&self, code: &str) -> Option<Arc<Evaluated>> {
        let mut all = lock(&self.0);
        let idx = all.iter().position(|kept| *kept.code == *code)?;
        let kept = all.remove(idx);
        all.push(kept.clone());
        Some(kept.evaluated)
    }

    fn put(&self, code: Arc<str>, evaluated: Arc<Evaluated>) {
        let mut all = lock(&self.0);
        all.retain(|kept| kept.code != code);
        if all.len() >= MAX_KEPT {
            all.remove(0);
        }
        all.push(Kept { code, evaluated });
    }
}

/// The scene that shows the light of a text's code.
pub(crate) fn scene_of(text: &str) -> SceneId {
    SceneId(format!("{}{text}", super::CODE_SCENE_PREFIX))
}

pub(crate) struct Worker {
    pub board: Arc<Board>,
    pub member: Member,
    pub shelf: Shelf,
    pub reply: Sender<Loaded>,
}

/// Starts the worker. It ends when nobody can ask it any more.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(worker: Worker) -> anyhow::Result<Sender<Job>> {
    // Unbounded, but a person's key presses and the room's running blocks only.
    let (jobs, inbox) = channel();
    std::thread::Builder::new()
        .name("evaluate".to_owned())
        // The parser and the evaluator recurse; their depth is limited for this.
        .stack_size(8 << 20)
        .spawn(move || worker.run(&inbox))
        .context("the thread that evaluates code cannot start")?;
    Ok(jobs)
}

impl Worker {
    fn run(self, inbox: &Receiver<Job>) {
        while let Ok(job) = inbox.recv() {
            match job {
                Job::Try { text, code, quantum_beats, layer, asked } => {
                    self.try_code(text, code, quantum_beats, layer, asked)
                }
                Job::Load { slot, code } => {
                    let evaluated = self.evaluate(&slot, &code);
                    if self.reply.send(Loaded { code, evaluated }).is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn try_code(
        &self,
        text: TextId,
        code: String,
        quantum_beats: f64,
        layer: Option<LayerId>,
        asked: Instant,
    ) {
        let slot = Running::slot(&text, "");
        let Some(evaluated) = self.evaluate(&slot, &code) else { return };
        self.board.score.way.set(Some(Way { asked, evaluated: Instant::now(), taken_over: None }));
        let light = evaluated.light.is_some();
        let scene = scene_of(text.as_str());
        self.send(Command::Evaluate { text, block: String::new(), code, quantum_beats });
        let source = LayerSource::Scene(scene);
        let show = self.member.show();
        let shown = show.layers.iter().any(|layer| layer.source == source);
        let layer = layer.or_else(|| show.layers.last().map(|layer| layer.id));
        if let Some(layer) = layer.filter(|_| light && !shown) {
            self.send(Command::SetSource { layer, source });
        }
    }

    fn send(&self, command: Command) {
        if let Err(refusal) = self.member.send(command) {
            self.board.card(CardKind::Warning, refusal.message, None);
        }
    }

    /// Evaluates, and says what is wrong. `None` when nothing of it can run.
    fn evaluate(&self, slot: &str, code: &str) -> Option<Arc<Evaluated>> {
        let found = match self.shelf.get(code) {
            Some(known) => Ok(known),
            None => make(code).inspect(|made| self.shelf.put(Arc::from(code), made.clone())),
        };
        let problems = match &found {
            Ok(evaluated) => evaluated.program.problems.iter().map(|error| problem(error, false)).collect(),
            Err(problem) => vec![problem.clone()],
        };
        tell(&self.board, slot, problems);
        found.ok()
    }
}

/// Evaluates code, and makes the picture it paints.
///
/// # Errors
/// What is wrong, and where.
pub(crate) fn make(code: &str) -> Result<Arc<Evaluated>, CodeProblem> {
    let program = evaluate(code, &Settings::default()).map_err(|error| problem(&error, true))?;
    let light = program.sketch.as_ref().map(Sketch::compile).transpose().map_err(|error| CodeProblem {
        line: error.line,
        column: error.column,
        message: error.message,
        hint: None,
        stops: true,
    })?;
    Ok(Arc::new(Evaluated { program, light: light.map(Arc::new) }))
}

fn problem(error: &ScriptError, stops: bool) -> CodeProblem {
    CodeProblem {
        line: error.line,
        column: error.column,
        message: error.message.clone(),
        hint: error.hint.clone(),
        stops,
    }
}

/// Replaces what is wrong with a block of code.
pub(crate) fn tell(board: &Board, slot: &str, problems: Vec<CodeProblem>) {
    board.score.problems.change(|all| {
        let mut new: BTreeMap<String, Vec<CodeProblem>> = (**all).clone();
        if problems.is_empty() {
            new.remove(slot);
        } else {
            new.insert(slot.to_owned(), problems);
        }
        *all = Arc::new(new);
    });
}
