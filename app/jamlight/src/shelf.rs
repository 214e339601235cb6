//! The library as the director sees it.

use std::sync::Arc;

use app_director::{Candidate, Scenes};
use app_library::SceneLibrary;
use renderer_scene::SceneProgram;
use sync_protocol::SceneId;

/// Looks scenes up in a library, never compiling: last good or nothing.
pub(crate) struct Shelf<'a> {
    library: &'a SceneLibrary,
    candidates: Arc<[Candidate]>,
}

impl<'a> Shelf<'a> {
    /// Looks scenes up there; the autopilot finds none to choose from.
    pub(crate) fn new(library: &'a SceneLibrary) -> Self {
        Self::with_candidates(library, Arc::default())
    }

    /// Lets the autopilot choose from these.
    pub(crate) fn with_candidates(library: &'a SceneLibrary, candidates: Arc<[Candidate]>) -> Self {
        Self { library, candidates }
    }
}

impl Scenes for Shelf<'_> {
    fn program(&self, scene: &SceneId) -> Option<Arc<SceneProgram>> {
        self.library.program(scene)
    }

    fn candidates(&self) -> Arc<[Candidate]> {
        self.candidates.clone()
    }
}
