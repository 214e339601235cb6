use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use app_director::Candidate;
use app_library::{Marks, SceneLibrary};
use sync_protocol::{Command, MemberId, Pick, SceneId, Show};
use sync_session::{Origin, Session};

use super::code::Code;
use super::source::compile_written;
use super::{RenderArgs, host};
use crate::live::SampleFolders;
use crate::offline::{Hearing, Listener, Song};
use crate::settings::Settings;

/// A show from its file, as it goes on by itself while a song plays: cues and autopilot have their way.
pub(super) struct SavedShow {
    library: Arc<SceneLibrary>,
    session: Session,
    song: Song,
    code: Code,
    candidates: Arc<[Candidate]>,
}

impl SavedShow {
    /// Compiles what the show may bring on stage. What is not there is named and not drawn.
    ///
    /// # Errors
    /// There is no home folder.
    pub(super) fn new(mut show: Show, song: Song, args: &RenderArgs, settings: &Settings) -> Result<Self> {
        let paths = host::paths(args.home.as_deref())?;
        if let Some(seed) = args.seed {
            show.seed = seed;
        }
        let library = SceneLibrary::built_in();
        library.add_folder(&paths.scenes());
        let mut named: BTreeSet<SceneId> = show.scenes().chain(&show.playlist.scenes).cloned().collect();
        for look in show.cues.cues.iter().map(|cue| &cue.look) {
            let (layers, effects) = (look.layers.clone(), look.effects.clone());
            named.extend(Show { layers, effects, ..Show::default() }.scenes().cloned());
        }
        compile_written(&library, &named);
        let candidates = match show.autopilot.pick {
            Pick::Library => candidates(&library, &Marks::read(&paths.marks_file())),
            Pick::Off | Pick::InOrder | Pick::Shuffled => Arc::default(),
        };
        let warn = |warning| eprintln!("jamlight: {warning}");
        let samples = SampleFolders::open(&settings.live.sample_folders(&paths), &warn);
        Ok(Self {
            library: Arc::new(library),
            session: Session::new(show),
            song,
            code: Code::new(samples),
            candidates,
        })
    }

    pub(super) fn library(&self) -> &Arc<SceneLibrary> {
        &self.library
    }

    /// Returns what leads it.
    pub(super) fn song(&self) -> &Listener {
        self.song.listener()
    }

    pub(super) fn candidates(&self) -> Arc<[Candidate]> {
        self.candidates.clone()
    }

    /// Returns what was not as promised.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.song.listener().warnings().into_iter().chain(self.code.warnings(&[])).collect()
    }

    /// Returns the show and what is heard at a moment.
    ///
    /// # Errors
    /// The song cannot be read any more.
    pub(super) fn at(&mut self, secs: f64) -> Result<(Arc<Show>, Hearing)> {
        let show = self.session.show().clone();
        let hearing = self.song.hear(secs, &show.tempo)?;
        self.code.follow(&show, hearing.transport.beat_at(secs), None, &self.library);
        Ok((show, hearing))
    }

    /// Does what autopilot and cues would like.
    ///
    /// # Errors
    /// The show refuses it.
    pub(super) fn propose(&mut self, proposals: Vec<Command>) -> Result<()> {
        let origin = Origin { member: MemberId(1), no: 0, at_millis: 0 };
        for command in proposals {
            self.session.apply(origin, command)?;
        }
        Ok(())
    }
}

/// Everything in the library that draws by itself, with what the person thinks of it.
fn candidates(library: &SceneLibrary, marks: &Marks) -> Arc<[Candidate]> {
    compile_written(library, &library.ids());
    let by_itself = |scene: &SceneId| library.program(scene).is_some_and(|program| program.num_inputs == 0);
    let cards = library.cards().into_iter().filter(|card| by_itself(&card.id));
    let candidate = |card: sync_protocol::SceneCard| Candidate {
        rating: marks.ratings.get(&card.id).copied().unwrap_or(0),
        favourite: marks.favourites.contains(&card.id),
        scene: card.id,
        tags: card.tags,
    };
    cards.map(candidate).collect()
}
