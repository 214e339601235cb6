//! The library as the director may use it: programs that are on the stage.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use app_desktop::CardKind;
use app_director::Scenes;
use app_library::SceneLibrary;
use renderer_gpu::Gpu;
use renderer_scene::{ProgramId, SceneProgram};
use renderer_stage::{PreparedProgram, Stage, StageError};
use sync_protocol::SceneId;

use super::board::Board;

/// The library as the director may use it now: programs that are on the stage. Others are compiled
/// by a worker while what runs runs on.
pub(crate) struct Scenery {
    library: Arc<SceneLibrary>,
    gpu: Gpu,
    ready: HashSet<ProgramId>,
    asked: HashSet<ProgramId>,
    wanted: RefCell<Vec<(SceneId, Arc<SceneProgram>)>>,
    prepared: Receiver<(SceneId, Result<PreparedProgram, StageError>)>,
    reply: Sender<(SceneId, Result<PreparedProgram, StageError>)>,
}

impl Scenery {
    pub(crate) fn new(gpu: &Gpu, library: Arc<SceneLibrary>) -> Self {
        // Unbounded, but each program is asked for once.
        let (reply, prepared) = channel();
        Self {
            library,
            gpu: gpu.clone(),
            ready: HashSet::new(),
            asked: HashSet::new(),
            wanted: RefCell::default(),
            prepared,
            reply,
        }
    }

    /// Puts on the stage what is ready. Returns whether anything was.
    pub(crate) fn take_prepared(&mut self, stage: &mut Stage, board: &Board) -> bool {
        let ready_before = self.ready.len();
        while let Ok((scene, prepared)) = self.prepared.try_recv() {
            let installed =
                prepared.map(|prepared| (prepared.program().id, stage.install_prepared(prepared)));
            match installed {
                Ok((id, true)) => {
                    if let Err(err) =
                        crate::offline::install_pictures(stage, id, self.library.pictures(&scene))
                    {
                        board.card(
                            CardKind::Warning,
                            format!("Scene \"{scene}\" lacks a picture: {err:#}."),
                            None,
                        );
                    }
                    self.ready.insert(id);
                }
                Ok((_, false)) | Err(StageError::Lost { .. }) => {}
                Err(err) => board.card(CardKind::Error, format!("{err}. What played before plays on."), None),
            }
        }
        // What a rebuild brought along.
        for (_, program) in self.wanted.get_mut().extract_if(.., |(_, program)| stage.has_program(program.id))
        {
            self.ready.insert(program.id);
        }
        self.ready.len() > ready_before
    }

    /// Sends what the director missed to workers.
    pub(crate) fn prepare_wanted(&mut self) {
        for (scene, program) in self.wanted.borrow_mut().iter() {
            if !self.asked.insert(program.id) {
                continue;
            }
            let (gpu, reply, scene, program) =
                (self.gpu.clone(), self.reply.clone(), scene.clone(), program.clone());
            let worker = std::thread::Builder::new().name("compile".to_owned()).spawn(move || {
                // Nobody waits for it when the device went meanwhile.
                let _ = reply.send((scene, PreparedProgram::new(&gpu, program)));
            });
            if let Err(err) = worker {
                tracing::warn!(%err, "no thread to compile a scene");
            }
        }
    }
}

impl Scenes for Scenery {
    fn program(&self, scene: &SceneId) -> Option<Arc<SceneProgram>> {
        let program = self.library.program(scene)?;
        if self.ready.contains(&program.id) {
            return Some(program);
        }
        let mut wanted = self.wanted.borrow_mut();
        if !wanted.iter().any(|(_, known)| known.id == program.id) {
            wanted.push((scene.clone(), program));
        }
        None
    }
}
