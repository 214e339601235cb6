//! Compiles the library's scenes on a worker, watches the user's, and sees to their thumbnails.

mod thumbnails;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::{CardKind, Picture, SceneEntry};
use app_library::{SceneLibrary, SceneWatch};
use renderer_gpu::{Gpu, GpuSettings};
use renderer_scene::{ProgramId, SceneProgram};
use sync_protocol::{SceneCard, SceneId};

use super::board::Board;
use super::scenery::Gate;
use super::wake::Waker;

/// How often changed files are looked for.
const WATCH_EVERY: Duration = Duration::from_millis(200);
/// Thumbnails nobody asked for yet are drawn so long after the start: the show comes first.
const THUMBNAILS_AFTER: Duration = Duration::from_secs(20);

/// What the worker needs.
pub(crate) struct ScenesStart {
    pub board: Arc<Board>,
    pub library: Arc<SceneLibrary>,
    pub folder: PathBuf,
    /// Where thumbnails are kept.
    pub thumbnails: PathBuf,
    pub waker: Arc<Waker>,
    pub gpu: GpuSettings,
    /// Scenes of the show: they come first.
    pub first: Vec<SceneId>,
    /// What strangers' scenes are judged with.
    pub gate: Gate,
}

/// Starts the worker. It ends with the board.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(start: ScenesStart) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let worker = Worker { start, thumbnails: HashMap::new(), started: Instant::now() };
    std::thread::Builder::new()
        .name("scenes".to_owned())
        .spawn(move || worker.run())
        .context("the scenes' thread cannot start")
}

struct Worker {
    start: ScenesStart,
    thumbnails: HashMap<ProgramId, Picture>,
    started: Instant,
}

impl Worker {
    fn run(mut self) {
        // The show's own scenes first; some may be the user's.
        self.start.library.add_folder(&self.start.folder);
        for id in self.start.first.clone() {
            self.compile(&id);
        }
        for id in self.start.library.ids() {
            if self.start.board.is_ending() {
                return;
            }
            if self.start.library.program(&id).is_none() {
                self.compile(&id);
            }
        }
        self.read_kept();
        self.publish();
        let watch = SceneWatch::new(&self.start.folder)
            .map_err(|err| {
                self.start.board.card(
                    CardKind::Warning,
                    format!("Scenes are not watched for changes: {err}."),
                    None,
                )
            })
            .ok();
        let changed = || watch.as_ref().map(SceneWatch::poll).unwrap_or_default();
        let mut seen = Vec::new();
        while !self.start.board.is_ending() {
            if seen.is_empty() {
                std::thread::sleep(WATCH_EVERY);
                seen = changed();
            }
            let ids: Vec<SceneId> = std::mem::take(&mut seen)
                .iter()
                .filter_map(|file| self.start.library.name_of(&self.start.folder, file))
                .collect();
            for id in &ids {
                self.compile(id);
            }
            if !ids.is_empty() {
                self.publish();
            }
            if self.start.board.library_seen.load(Ordering::Relaxed)
                || self.started.elapsed() > THUMBNAILS_AFTER
            {
                seen = self.draw_missing(changed);
            }
        }
    }

    fn compile(&self, id: &SceneId) {
        match self.start.library.compile(id) {
            Ok(program) => self.start.gate.trace(|| format!("{id} compiled {:032x}", program.id.0)),
            Err(problem) => {
                self.start.gate.trace(|| format!("{id} refused"));
                self.start.board.card(
                    CardKind::Error,
                    format!("{problem}. What played before plays on."),
                    None,
                );
            }
        }
    }

    fn publish(&self) {
        let cards: HashMap<SceneId, SceneCard> =
            self.start.library.cards().into_iter().map(|card| (card.id.clone(), card)).collect();
        let entry = |id: SceneId| {
            let entry = self.start.library.entry(&id)?;
            let thumbnail =
                entry.program.as_ref().and_then(|program| self.thumbnails.get(&program.id)).cloned();
            let card = cards.get(&id).cloned().unwrap_or_else(|| nameless(&id));
            let locked = entry.program.as_ref().and_then(|program| {
                let reason = self.start.gate.quarantine.reason(program.id)?;
                Some(format!("This scene is locked away: {reason}."))
            });
            let problem = entry.problem.map(|problem| problem.to_string()).or(locked);
            Some(SceneEntry { card, thumbnail, problem })
        };
        // Filters and transitions work on other pictures: they are not for a layer.
        let num_inputs =
            |id: &SceneId| self.start.library.program(id).map_or(0, |program| program.num_inputs);
        let with_inputs = |num: u8| -> Arc<[SceneCard]> {
            let of = |id: &SceneId| Some(cards.get(id)?.clone()).filter(|_| num_inputs(id) == num);
            self.start.library.ids().iter().filter_map(of).collect()
        };
        self.start.board.filters.set(with_inputs(1));
        self.start.board.transitions.set(with_inputs(2));
        let ids = self.start.library.ids().into_iter().filter(|id| num_inputs(id) == 0);
        self.start.board.scenes.set(ids.filter_map(entry).collect());
        self.start.waker.wake();
    }

    /// Takes the thumbnails that come with the built-in scenes, and those of earlier runs.
    fn read_kept(&mut self) {
        for id in self.start.library.ids() {
            let Some(program) = self.start.library.program(&id) else { continue };
            let built_in = || {
                let picture = self.start.library.thumbnail(&id)?;
                let version = program.id.0 as u64;
                Some(Picture { size: picture.size, version, rgba: Arc::new(picture.rgba) })
            };
            if let Some(picture) = built_in().or_else(|| thumbnails::read(&self.start.thumbnails, program.id))
            {
                self.thumbnails.insert(program.id, picture);
            }
        }
    }

    /// Draws the thumbnails that are missing, on a device that goes again afterwards. Who saves a scene does not wait for
    /// all of them: returns the files that changed meanwhile.
    fn draw_missing(&mut self, changed: impl Fn() -> Vec<PathBuf>) -> Vec<PathBuf> {
        let library = self.start.library.clone();
        let programs: Vec<(SceneId, Arc<SceneProgram>)> =
            library.ids().into_iter().filter_map(|id| Some((id.clone(), library.program(&id)?))).collect();
        // A scene that is saved a thousand times leaves no thousand pictures.
        self.thumbnails.retain(|known, _| programs.iter().any(|(_, program)| program.id == *known));
        let missing: Vec<_> = programs
            .into_iter()
            .filter(|(_, program)| program.num_inputs == 0 && !self.thumbnails.contains_key(&program.id))
            .collect();
        if missing.is_empty() {
            return Vec::new();
        }
        let Ok(gpu) = Gpu::new(&self.start.gpu) else { return Vec::new() };
        let painter = thumbnails::Painter::new(&gpu);
        for (id, program) in missing {
            let mut seen = changed();
            if self.start.board.is_ending() || !seen.is_empty() {
                return seen;
            }
            let gate = Gate { software: gpu.is_software(), ..self.start.gate.clone() };
            if gate.share(&library, &id, &program, Vec::new(), &self.start.board).is_none() {
                self.thumbnails.insert(program.id, blank());
                self.publish();
                continue;
            }
            let mut goes_on = || {
                seen = changed();
                seen.is_empty() && !self.start.board.is_ending()
            };
            let drawn = painter.as_ref().map_err(ToString::to_string).and_then(|painter| {
                painter.draw(&library, &id, program.clone(), &mut goes_on).map_err(|err| format!("{err:#}"))
            });
            if !seen.is_empty() {
                return seen;
            }
            let picture = match drawn {
                Ok(picture) => {
                    thumbnails::keep(&self.start.thumbnails, program.id, &picture);
                    picture
                }
                Err(err) => {
                    tracing::warn!(err, scene = %id, "no thumbnail");
                    blank()
                }
            };
            self.thumbnails.insert(program.id, picture);
            self.publish();
        }
        Vec::new()
    }
}

/// What stands for a scene that shows nothing.
fn blank() -> Picture {
    Picture { size: [1, 1], version: 0, rgba: Arc::new(vec![0, 0, 0, 255]) }
}

/// The card of a scene that never compiled.
fn nameless(id: &SceneId) -> SceneCard {
    SceneCard {
        id: id.clone(),
        name: id.to_string(),
        kind: String::new(),
        tags: Vec::new(),
        author: String::new(),
        params: Vec::new(),
    }
}
