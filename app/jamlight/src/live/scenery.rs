//! The library as the director may use it: programs that are on the stage.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};

use app_desktop::{Action, CardKind, Intent, SceneEntry};
use app_director::{Candidate, Scenes};
use app_library::{SceneLibrary, SceneOrigin};
use renderer_gpu::Gpu;
use renderer_scene::{FrameInput, PictureId, ProgramId, SceneProgram};
use renderer_stage::{MadeSteps, PreparedProgram, Stage, StageError};
use sync_protocol::{DEFAULT_SCENE, SceneId, Show};

use super::board::Board;
use super::heap;
use super::quarantine::Quarantine;
use super::trial::{Trial, Verdict, scale_for};

/// Passes of programs that stay compiled when they are drawn no more. On a processor none: each holds up to three
/// megabytes of everybody's memory and is back within a blink; a graphics card has room, and its compilers are slower.
const KEPT_PASSES_SOFTWARE: usize = 0;
const KEPT_PASSES: usize = 200;
/// Frames after which a program counts as drawn no more: past any flicker of a show that is edited.
const IDLE_FRAMES: u64 = 30;
/// Frames after which the device has let go what a program held, and its compiler too.
const SETTLED_FRAMES: u64 = 30;

/// Frames after which the stage's usual steps are made: the show comes first.
const STEPS_AFTER_FRAMES: u64 = 15;

/// What strangers' scenes are judged with.
#[derive(Clone)]
pub(crate) struct Gate {
    pub quarantine: Arc<Quarantine>,
    /// The user's scenes.
    pub folder: PathBuf,
    /// Whether the show is drawn by the processor.
    pub software: bool,
    /// Whether any scene of the show was drawn yet.
    pub played: Arc<AtomicBool>,
    /// Prints what becomes of scenes (drill `trace-scenes`).
    pub traces: bool,
}

impl Gate {
    /// Says what became of a scene, or of a program.
    pub(crate) fn trace(&self, what: impl FnOnce() -> String) {
        if self.traces {
            eprintln!("scene {}", what());
        }
    }

    /// Says at which share of its size a scene may be drawn; `None` when it may not. Blocks while a
    /// stranger's scene is tried: on a worker.
    pub(crate) fn share(
        &self,
        library: &SceneLibrary,
        scene: &SceneId,
        program: &SceneProgram,
        against: Vec<SceneId>,
        board: &Board,
    ) -> Option<f32> {
        let Some(SceneOrigin::File(file)) = library.entry(scene).map(|entry| entry.origin) else {
            return Some(1.0);
        };
        let (folder, software) = (self.folder.clone(), self.software);
        let trial = Trial { program: program.id, file, against, folder, software };
        match self.quarantine.judge(scene, &trial) {
            Verdict::Unknown => Some(1.0),
            Verdict::Fits(ratio) => {
                let share = scale_for(ratio);
                if share < 1.0 {
                    board.card(CardKind::Info, format!("Scene \"{scene}\" costs {ratio:.0} times what played when it was tried. It is drawn at {:.0} % of its size.", share * 100.0), None);
                }
                Some(share)
            }
            Verdict::Refused(reason) => {
                let lift = Action::App(Intent::LiftQuarantine(scene.clone()));
                board.card(
                    CardKind::Error,
                    format!("Scene \"{scene}\" is locked away: {reason}. What played before plays on."),
                    Some(("Try again", lift)),
                );
                None
            }
        }
    }
}

/// A program a worker made, and at which share of its size it is drawn; `None` when it may not come.
type Made = (SceneId, ProgramId, Option<Result<(PreparedProgram, f32), StageError>>);

/// The library as the director may use it now: programs that are on the stage. Others are tried and
/// compiled by a worker while what runs runs on.
pub(crate) struct Scenery {
    library: Arc<SceneLibrary>,
    /// What the stage can show beside programs.
    pub(crate) pictures: HashSet<PictureId>,
    gpu: Gpu,
    gate: Gate,
    board: Arc<Board>,
    /// The quarantine's count when refused scenes were last asked for.
    changes: u64,
    /// On the stage, and how many passes each has.
    ready: HashMap<ProgramId, usize>,
    /// The frame in which each was last drawn or named by the show.
    used: HashMap<ProgramId, u64>,
    frame: u64,
    /// The frame in which a program came or went since memory was last given back.
    changed: Option<u64>,
    asked: HashSet<ProgramId>,
    wanted: RefCell<Vec<(SceneId, Arc<SceneProgram>)>>,
    /// Scenes that were drawn lately.
    playing: RefCell<Vec<SceneId>>,
    prepared: Receiver<Made>,
    reply: Sender<Made>,
    /// The stage's usual steps, being made.
    steps: Option<Receiver<MadeSteps>>,
}

impl Scenery {
    pub(crate) fn new(gpu: &Gpu, library: Arc<SceneLibrary>, gate: Gate, board: Arc<Board>) -> Self {
        // Unbounded, but each program is asked for once.
        let (reply, prepared) = channel();
        Self {
            library,
            pictures: HashSet::new(),
            gpu: gpu.clone(),
            changes: gate.quarantine.changes(),
            gate: Gate { software: gpu.is_software(), ..gate },
            board,
            ready: HashMap::new(),
            used: HashMap::new(),
            frame: 0,
            changed: None,
            asked: HashSet::new(),
            wanted: RefCell::default(),
            playing: RefCell::default(),
            prepared,
            reply,
            steps: None,
        }
    }

    /// Puts on the stage what is ready. Returns whether anything was.
    pub(crate) fn take_prepared(&mut self, stage: &mut Stage, board: &Board) -> bool {
        self.take_steps(stage);
        let ready_before = self.ready.len();
        while let Ok((scene, id, made)) = self.prepared.try_recv() {
            // Refused: its card is shown.
            let Some(made) = made else {
                self.gate.trace(|| format!("{:032x} locked", id.0));
                continue;
            };
            let installed = made.map(|(prepared, share)| {
                let num_passes = prepared.program().passes.len();
                (stage.install_prepared(prepared), share, num_passes)
            });
            let plays = matches!(installed, Ok((true, ..)));
            self.gate.trace(|| format!("{:032x} {}", id.0, if plays { "plays" } else { "refused" }));
            match installed {
                Ok((true, share, num_passes)) => {
                    stage.set_program_scale(id, share);
                    if let Err(err) =
                        crate::offline::install_pictures(stage, id, self.library.pictures(&scene))
                    {
                        board.card(
                            CardKind::Warning,
                            format!("Scene \"{scene}\" lacks a picture: {err:#}."),
                            None,
                        );
                    }
                    if self.is_strange(&scene) {
                        self.gate.quarantine.came(id, &scene);
                    }
                    self.ready.insert(id, num_passes);
                    self.used.insert(id, self.frame);
                    self.changed.get_or_insert(self.frame);
                }
                Ok((false, ..)) | Err(StageError::Lost { .. }) => {}
                Err(err) => board.card(CardKind::Error, format!("{err}. What played before plays on."), None),
            }
        }
        // What a rebuild brought along, unless it is what cost the device.
        let quarantine = &self.gate.quarantine;
        for (_, program) in self.wanted.get_mut().extract_if(.., |(_, program)| {
            stage.has_program(program.id) && quarantine.reason(program.id).is_none()
        }) {
            self.ready.insert(program.id, program.passes.len());
            self.used.insert(program.id, self.frame);
        }
        if std::mem::replace(&mut self.changes, quarantine.changes()) != quarantine.changes() {
            // One that was let go is asked for again.
            let ready = &self.ready;
            self.asked.retain(|id| ready.contains_key(id));
        }
        self.ready.len() > ready_before
    }

    /// Has the stage's usual steps made by a worker, and takes them: no change of scenes waits for a compiler.
    fn take_steps(&mut self, stage: &mut Stage) {
        if let Some(made) = self.steps.as_ref().and_then(|steps| steps.try_recv().ok()) {
            stage.install_steps(made);
        }
        if self.steps.is_some() || self.frame < STEPS_AFTER_FRAMES {
            return;
        }
        let usual = stage.usual_steps();
        // One message: there is room for it.
        let (reply, steps) = sync_channel(1);
        self.steps = Some(steps);
        let worker = std::thread::Builder::new().name("steps".to_owned()).spawn(move || {
            // Nobody waits for it when the device went meanwhile.
            let _ = reply.send(usual.make());
        });
        if let Err(err) = worker {
            tracing::warn!(%err, "no thread to make the stage's steps");
        }
    }

    /// Takes programs off the stage that the show does not name and that were not drawn for long, but for the last few.
    pub(crate) fn put_away(&mut self, stage: &mut Stage, show: &Show, input: &FrameInput) {
        self.frame += 1;
        // Also what is named and not drawn: a layer that is hidden, a transition until the next change. And what is drawn
        // and not named: the last good of a scene whose new text still compiles.
        let named = show.scenes().filter_map(|scene| Some(self.library.program(scene)?.id));
        for id in named.chain(input.programs()) {
            self.used.insert(id, self.frame);
        }
        let mut room = if self.gate.software { KEPT_PASSES_SOFTWARE } else { KEPT_PASSES };
        let (frame, used) = (self.frame, &mut self.used);
        let age = |id: &ProgramId| frame - used.get(id).copied().unwrap_or(0);
        let mut idle: Vec<_> =
            self.ready.iter().map(|(&id, &num)| (id, num)).filter(|(id, _)| age(id) > IDLE_FRAMES).collect();
        idle.sort_unstable_by_key(|(id, _)| age(id));
        for (id, num_passes) in idle {
            if let Some(left) = room.checked_sub(num_passes) {
                room = left;
                continue;
            }
            stage.remove_program(id);
            self.ready.remove(&id);
            self.asked.remove(&id);
            used.remove(&id);
            self.changed.get_or_insert(frame);
        }
        // A graphics card's programs lie in its own memory.
        let settled = |at: &mut u64| self.gate.software && frame - *at >= SETTLED_FRAMES;
        if self.changed.take_if(settled).is_some()
            && let Err(err) = std::thread::Builder::new().name("heap".to_owned()).spawn(heap::give_back)
        {
            tracing::warn!(%err, "no thread to give memory back");
        }
    }

    /// Sends what the director missed to workers.
    pub(crate) fn prepare_wanted(&mut self) {
        let playing = std::mem::take(&mut *self.playing.borrow_mut());
        for (scene, program) in self.wanted.borrow_mut().iter() {
            if !self.asked.insert(program.id) {
                continue;
            }
            let (gpu, reply, scene, program) =
                (self.gpu.clone(), self.reply.clone(), scene.clone(), program.clone());
            let (library, gate, board) = (self.library.clone(), self.gate.clone(), self.board.clone());
            let against = playing.clone();
            let worker = std::thread::Builder::new().name("compile".to_owned()).spawn(move || {
                let share = gate.share(&library, &scene, &program, against, &board);
                let id = program.id;
                let made = share.map(|share| Ok((PreparedProgram::new(&gpu, program)?, share)));
                // Nobody waits for it when the device went meanwhile.
                let _ = reply.send((scene, id, made));
            });
            if let Err(err) = worker {
                tracing::warn!(%err, "no thread to compile a scene");
            }
        }
    }

    fn is_strange(&self, scene: &SceneId) -> bool {
        self.library.entry(scene).is_some_and(|entry| matches!(entry.origin, SceneOrigin::File(_)))
    }
}

impl Scenes for Scenery {
    fn program(&self, scene: &SceneId) -> Option<Arc<SceneProgram>> {
        let program = self.library.program(scene)?;
        if self.ready.contains_key(&program.id) {
            self.gate.played.store(true, Ordering::Release);
            let mut playing = self.playing.borrow_mut();
            if !playing.contains(scene) {
                playing.push(scene.clone());
            }
            return Some(program);
        }
        let mut wanted = self.wanted.borrow_mut();
        if !wanted.iter().any(|(_, known)| known.id == program.id) {
            wanted.push((scene.clone(), program));
        }
        drop(wanted);
        // A show that begins with a stranger's scene is not black while that is tried, nor when it may not come.
        let waits = self.is_strange(scene) && !self.gate.played.load(Ordering::Acquire);
        waits
            .then(|| self.library.program(&SceneId::from(DEFAULT_SCENE)))
            .flatten()
            .filter(|safe| self.ready.contains_key(&safe.id))
    }

    fn candidates(&self) -> Arc<[Candidate]> {
        let (scenes, marks) = (self.board.scenes.get(), self.board.marks.get());
        let candidate = |entry: &SceneEntry| Candidate {
            scene: entry.card.id.clone(),
            tags: entry.card.tags.clone(),
            rating: marks.ratings.get(&entry.card.id).copied().unwrap_or(0),
            favourite: marks.favourites.contains(&entry.card.id),
        };
        scenes.iter().filter(|entry| entry.problem.is_none()).map(candidate).collect()
    }

    fn picture_ready(&self, picture: PictureId) -> bool {
        PictureId::BUILT_IN.contains(&picture) || self.pictures.contains(&picture)
    }
}
