use app_library::Paths;
use sync_protocol::{Recording, RoomId};

use super::JamSettings;
use super::take::{Listens, Recorder, TakeShelf};
use crate::live::unix_millis;

/// Keeps a take going while the room's switch is on.
#[derive(Debug)]
pub(crate) struct Recordings {
    shelf: TakeShelf,
    max_bytes: u64,
    take: Option<Recorder>,
}

impl Recordings {
    /// Makes it for a room, and removes recordings that are older than the settings want.
    pub(crate) fn of(paths: &Paths, room: &RoomId, settings: &JamSettings) -> Self {
        let shelf = TakeShelf::of(paths, room);
        if settings.recording_days > 0 {
            shelf.forget_older(settings.recording_days, unix_millis());
        }
        Self { shelf, max_bytes: settings.recording_max_mib << 20, take: None }
    }

    /// Begins or ends a take as the switch says; to be called a few times a second. Ending one waits for
    /// its files.
    ///
    /// # Errors
    /// Why there is no take although there should be one: the switch is to go off.
    pub(crate) fn follow<L: Listens + 'static>(
        &mut self,
        wanted: Option<Recording>,
        source: impl FnOnce(Recording) -> L,
    ) -> anyhow::Result<()> {
        if let Some(problem) = self.take.as_ref().and_then(Recorder::problem) {
            let problem = problem.to_owned();
            self.take = None;
            anyhow::bail!(problem);
        }
        if self.take.as_ref().map(Recorder::recording) != wanted {
            // The one before ends before the next begins.
            self.take = None;
            self.take = wanted
                .map(|recording| Recorder::start(&self.shelf, recording, self.max_bytes, source(recording)))
                .transpose()?;
        }
        Ok(())
    }

    /// Ends the take, if there is one, and waits for its files.
    pub(crate) fn end(&mut self) {
        self.take = None;
    }

    /// Returns how much the take has, in bytes; 0 while there is none.
    pub(crate) fn num_bytes(&self) -> u64 {
        self.take.as_ref().map_or(0, Recorder::num_bytes)
    }

    /// Returns the room's takes.
    pub(crate) fn shelf(&self) -> &TakeShelf {
        &self.shelf
    }
}
