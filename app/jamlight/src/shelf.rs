//! The library as the director sees it.

use std::sync::Arc;

use app_director::Scenes;
use app_library::SceneLibrary;
use renderer_scene::SceneProgram;
use sync_protocol::SceneId;

/// Looks scenes up in a library, never compiling: last good or nothing.
pub(crate) struct Shelf<'a>(pub &'a SceneLibrary);

impl Scenes for Shelf<'_> {
    fn program(&self, scene: &SceneId) -> Option<Arc<SceneProgram>> {
        self.0.program(scene)
    }
}
