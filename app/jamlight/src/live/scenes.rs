//! Compiles the library's scenes on a worker, watches the user's, and draws their thumbnails.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use app_desktop::{CardKind, Picture, SceneEntry};
use app_director::{Director, Moment};
use app_library::{SceneLibrary, SceneWatch};
use audio_signal::Transport;
use renderer_gpu::{Gpu, GpuSettings};
use renderer_scene::{ProgramId, SceneProgram};
use renderer_stage::{Stage, StageSettings};
use sync_protocol::{Layer, LayerSource, SceneCard, SceneId, Show};

use crate::offline::Listener;
use crate::shelf::Shelf;

use super::board::Board;
use super::scenery::Gate;
use super::wake::Waker;

/// How often changed files are looked for.
const WATCH_EVERY: Duration = Duration::from_millis(200);
/// Size of a thumbnail, in pixels.
const THUMBNAIL: [u32; 2] = [240, 136];
/// Pictures a scene gets to unfold before its thumbnail is taken, at [`THUMBNAIL_FPS`].
const THUMBNAIL_FRAMES: u32 = 40;
const THUMBNAIL_FPS: f64 = 20.0;
/// Rest between thumbnails: the show comes first.
const THUMBNAIL_REST: Duration = Duration::from_millis(30);

/// What the worker needs.
pub(crate) struct ScenesStart {
    pub board: Arc<Board>,
    pub library: Arc<SceneLibrary>,
    pub folder: PathBuf,
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
    let worker = Worker { start, thumbnails: HashMap::new() };
    std::thread::Builder::new()
        .name("scenes".to_owned())
        .spawn(move || worker.run())
        .context("the scenes' thread cannot start")
}

struct Worker {
    start: ScenesStart,
    thumbnails: HashMap<ProgramId, Picture>,
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
        while !self.start.board.is_ending() {
            std::thread::sleep(WATCH_EVERY);
            let changed = watch.as_ref().map(SceneWatch::poll).unwrap_or_default();
            let ids: Vec<SceneId> = changed
                .iter()
                .filter_map(|file| self.start.library.name_of(&self.start.folder, file))
                .collect();
            for id in &ids {
                self.compile(id);
            }
            if !ids.is_empty() {
                self.publish();
            }
            if self.start.board.library_seen.load(Ordering::Relaxed) {
                self.draw_missing();
            }
        }
    }

    fn compile(&self, id: &SceneId) {
        if let Err(problem) = self.start.library.compile(id) {
            self.start.board.card(CardKind::Error, format!("{problem}. What played before plays on."), None);
        }
    }

    fn publish(&self) {
        let cards: HashMap<SceneId, SceneCard> =
            self.start.library.cards().into_iter().map(|card| (card.id.clone(), card)).collect();
        let entries = self.start.library.ids().into_iter().filter_map(|id| {
            let entry = self.start.library.entry(&id)?;
            // Filters and transitions need pictures to work on: they are not for a layer.
            if entry.program.as_ref().is_some_and(|program| program.num_inputs > 0) {
                return None;
            }
            let thumbnail =
                entry.program.as_ref().and_then(|program| self.thumbnails.get(&program.id)).cloned();
            let card = cards.get(&id).cloned().unwrap_or_else(|| nameless(&id));
            let locked = entry.program.as_ref().and_then(|program| {
                let reason = self.start.gate.quarantine.reason(program.id)?;
                Some(format!("This scene is locked away: {reason}."))
            });
            let problem = entry.problem.map(|problem| problem.to_string()).or(locked);
            Some(SceneEntry { card, thumbnail, problem })
        });
        self.start.board.scenes.set(entries.collect());
        self.start.waker.wake();
    }

    /// Draws the thumbnails that are missing, on a device that goes again afterwards.
    fn draw_missing(&mut self) {
        let library = self.start.library.clone();
        let missing: Vec<(SceneId, Arc<SceneProgram>)> = library
            .ids()
            .into_iter()
            .filter_map(|id| Some((id.clone(), library.program(&id)?)))
            .filter(|(_, program)| program.num_inputs == 0 && !self.thumbnails.contains_key(&program.id))
            .collect();
        if missing.is_empty() {
            return;
        }
        let Ok(gpu) = Gpu::new(&self.start.gpu) else { return };
        for (id, program) in missing {
            if self.start.board.is_ending() {
                return;
            }
            let gate = Gate { software: gpu.is_software(), ..self.start.gate.clone() };
            if gate.share(&library, &id, &program, Vec::new(), &self.start.board).is_none() {
                self.thumbnails.insert(program.id, blank());
                self.publish();
                continue;
            }
            let picture = match draw(&gpu, &library, &id, program.clone()) {
                Ok(picture) => picture,
                Err(err) => {
                    tracing::warn!(%err, scene = %id, "no thumbnail");
                    blank()
                }
            };
            self.thumbnails.insert(program.id, picture);
            self.publish();
        }
    }
}

/// What stands for a scene that shows nothing.
fn blank() -> Picture {
    Picture { size: [1, 1], version: 0, rgba: Arc::from([0, 0, 0, 255]) }
}

/// A scene to the built-in track, two seconds in.
fn draw(
    gpu: &Gpu,
    library: &Arc<SceneLibrary>,
    id: &SceneId,
    program: Arc<SceneProgram>,
) -> anyhow::Result<Picture> {
    let version = program.id.0 as u64;
    let mut stage =
        Stage::new(gpu, StageSettings { size: THUMBNAIL, live: true, ..StageSettings::default() })?;
    let installed = stage.install(program)?;
    crate::offline::install_pictures(&mut stage, installed, library.pictures(id))?;
    let layer =
        Layer { id: sync_protocol::LayerId(1), source: LayerSource::Scene(id.clone()), ..Layer::default() };
    let show = Show { layers: vec![layer], ..Show::default() };
    let mut listener = Listener::open(None, &audio_analysis::Settings::default())?;
    let mut director = Director::new();
    for no in 0..THUMBNAIL_FRAMES {
        let secs = 2.0 + f64::from(no) / THUMBNAIL_FPS;
        let signal = Arc::new(listener.hear_until(secs)?.clone());
        let moment = Moment { size_px: THUMBNAIL, ..Moment::new(secs, 1.0 / THUMBNAIL_FPS) };
        let step = director.step(&show, &signal, &[], &Transport::default(), moment, &Shelf(library));
        stage.render(&step.input)?;
        gpu.wait();
    }
    std::thread::sleep(THUMBNAIL_REST);
    let pixels = stage.read_output()?;
    Ok(Picture { size: [pixels.width, pixels.height], version, rgba: pixels.data.into() })
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
