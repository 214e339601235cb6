use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use app_director::Candidate;
use app_library::{SceneLibrary, ShowFile};
use sync_protocol::{Command, LayerId, LayerSource, MemberId, SceneId, Show, Transition};
use sync_session::{Origin, Session};

use super::past::Past;
use super::replay::Replay;
use super::saved::SavedShow;
use super::{RenderArgs, host};
use crate::live::{CODE_SCENE_PREFIX, SampleFolders};
use crate::offline::{Hearing, Listener, Song};
use crate::settings::Settings;

/// Seed of everything random in a film of scenes.
const DEFAULT_SEED: u32 = 1;

/// What decides what is on stage.
pub(super) enum Source {
    /// Scenes, in equal parts of a song.
    Scenes { scenes: Scenes, session: Box<Session>, song: Box<Song> },
    /// A show that was saved, led by a song.
    Show(Box<SavedShow>),
    /// A jam as it was.
    Jam { jam: Box<Jam>, replay: Box<Replay> },
}

pub(super) struct Scenes {
    library: Arc<SceneLibrary>,
    ids: Vec<SceneId>,
}

/// A jam that was kept.
pub(super) struct Jam {
    past: Past,
    library: Arc<SceneLibrary>,
    ear: audio_analysis::Settings,
    sample_folders: Vec<std::path::PathBuf>,
}

impl Source {
    /// Opens what the arguments name.
    ///
    /// # Errors
    /// It is not there, cannot be read, does not compile.
    pub(super) fn open(args: &RenderArgs, settings: &Settings) -> Result<Self> {
        let song = |tempo| {
            let listener = Listener::open(args.audio.as_deref(), &settings.ear)?;
            Song::new(listener, args.fps, args.from, tempo)
        };
        if let Some(file) = &args.show {
            let show = ShowFile::read(file)?;
            let song = song(&show.tempo)?;
            return Ok(Self::Show(Box::new(SavedShow::new(show, song, args, settings)?)));
        }
        let Some(name) = &args.session else {
            let scenes = load_scenes(&args.scene, args.home.as_deref())?;
            let show = first_show(args, &scenes)?;
            let song = Box::new(song(&show.tempo)?);
            return Ok(Self::Scenes { scenes, session: Box::new(Session::new(show)), song });
        };
        let past = Past::open(args.home.as_deref(), name)?;
        let library = load_past(&past, args.home.as_deref())?;
        let sample_folders = settings.live.sample_folders(&host::paths(args.home.as_deref())?);
        let jam = Box::new(Jam { past, library, ear: settings.ear.clone(), sample_folders });
        let mut replay = jam.replay(args.from)?;
        if args.audio.is_some() {
            let tempo = jam.past.clone().show_at(args.from)?.tempo.clone();
            replay = replay.led_by(song(&tempo)?);
        }
        Ok(Self::Jam { jam, replay: Box::new(replay) })
    }

    pub(super) fn library(&self) -> &Arc<SceneLibrary> {
        match self {
            Self::Scenes { scenes, .. } => &scenes.library,
            Self::Show(saved) => saved.library(),
            Self::Jam { jam, .. } => &jam.library,
        }
    }

    /// Returns how long it claims to be, in seconds.
    pub(super) fn claimed_secs(&self) -> Option<f64> {
        match self {
            Self::Scenes { song, .. } => song.listener().claimed_secs(),
            Self::Show(saved) => saved.song().claimed_secs(),
            Self::Jam { jam, .. } => Some(jam.past.secs()),
        }
    }

    /// Whether a song is over. A jam goes on in silence.
    pub(super) fn ended(&self) -> bool {
        match self {
            Self::Scenes { song, .. } => song.listener().ended(),
            Self::Show(saved) => saved.song().ended(),
            Self::Jam { .. } => false,
        }
    }

    /// Returns what was not as promised.
    pub(super) fn warnings(&self) -> Vec<String> {
        match self {
            Self::Scenes { song, .. } => song.listener().warnings(),
            Self::Show(saved) => saved.warnings(),
            Self::Jam { replay, .. } => replay.warnings(),
        }
    }

    /// Returns what the autopilot may choose from.
    pub(super) fn candidates(&self) -> Arc<[Candidate]> {
        match self {
            Self::Show(saved) => saved.candidates(),
            // Scenes have none, and what a jam's autopilot did is in its journal.
            Self::Scenes { .. } | Self::Jam { .. } => Arc::default(),
        }
    }

    /// Lets a saved show do what its autopilot and its cues would like.
    ///
    /// # Errors
    /// The show refuses it.
    pub(super) fn propose(&mut self, proposals: Vec<Command>) -> Result<()> {
        match self {
            Self::Show(saved) => saved.propose(proposals),
            Self::Scenes { .. } | Self::Jam { .. } => Ok(()),
        }
    }

    /// Returns the jam when it has a sound of its own.
    pub(super) fn sounding_jam(&self) -> Option<&Jam> {
        match self {
            Self::Jam { jam, .. } if jam.past.takes().next().is_some() => Some(jam),
            _ => None,
        }
    }

    /// Returns the show and what is heard at a share of the film, 0–1, which is so many seconds after the
    /// beginning.
    ///
    /// # Errors
    /// A recording or the journal cannot be read any more.
    pub(super) fn at(&mut self, share: f64, secs: f64) -> Result<(Arc<Show>, Hearing)> {
        match self {
            Self::Scenes { scenes, session, song } => {
                let part = (share * scenes.ids.len() as f64) as usize;
                let scene = scenes.ids.get(part).or(scenes.ids.last()).context("a film needs a scene")?;
                change_scene(session, scene)?;
                let hearing = song.hear(secs, &session.show().tempo)?;
                Ok((session.show().clone(), hearing))
            }
            Self::Show(saved) => saved.at(secs),
            Self::Jam { replay, .. } => replay.at(secs),
        }
    }
}

impl Jam {
    /// Begins it for a film that begins at `from_secs`.
    ///
    /// # Errors
    /// The journal has a gap.
    pub(super) fn replay(&self, from_secs: f64) -> Result<Replay> {
        let samples = SampleFolders::open(&self.sample_folders, &|warning| eprintln!("jamlight: {warning}"));
        Replay::new(self.past.clone(), self.library.clone(), &self.ear, samples, from_secs)
    }
}

/// Compiles what a room had on stage.
fn load_past(past: &Past, home: Option<&Path>) -> Result<Arc<SceneLibrary>> {
    let library = SceneLibrary::built_in();
    library.add_folder(&host::paths(home)?.scenes());
    compile_written(&library, &past.scenes()?);
    Ok(Arc::new(library))
}

/// Compiles scenes but those that code paints: they come with the code. What is not there is named and not
/// drawn.
pub(super) fn compile_written<'a>(library: &SceneLibrary, scenes: impl IntoIterator<Item = &'a SceneId>) {
    let written = |scene: &&SceneId| !scene.as_str().starts_with(CODE_SCENE_PREFIX);
    for scene in scenes.into_iter().filter(written) {
        if let Err(problem) = library.compile(scene) {
            eprintln!("jamlight: {problem}");
        }
    }
}

fn load_scenes(names: &[String], home: Option<&Path>) -> Result<Scenes> {
    let library = crate::cli::scenes::open_library();
    if home.is_some() {
        library.add_folder(&host::paths(home)?.scenes());
    }
    let mut ids = Vec::new();
    for name in names {
        let path = Path::new(name);
        let id = SceneId::from(name.as_str());
        if path.extension().is_some() && path.is_file() {
            library.add_file(id.clone(), path)?;
        } else {
            library.compile(&id)?;
        }
        ids.push(id);
    }
    // The transition is optional: without it the stage crossfades.
    let _ = library.compile(&Transition::default().scene);
    Ok(Scenes { library: Arc::new(library), ids })
}

fn first_show(args: &RenderArgs, scenes: &Scenes) -> Result<Show> {
    let mut show = Show { seed: args.seed.unwrap_or(DEFAULT_SEED), ..Show::default() };
    let first = scenes.ids.first().context("a film needs a scene")?;
    let layer = show.layers.first_mut().context("a show has a layer")?;
    layer.source = LayerSource::Scene(first.clone());
    for setting in &args.set {
        layer.params.insert(setting.name.clone(), sync_protocol::ParamValue::Number(setting.value));
    }
    Ok(show)
}

fn change_scene(session: &mut Session, scene: &SceneId) -> Result<()> {
    let source = LayerSource::Scene(scene.clone());
    let layer = session.show().layers.first().map_or(LayerId(1), |layer| layer.id);
    if session.show().layer(layer).is_some_and(|layer| layer.source != source) {
        let origin = Origin { member: MemberId(1), no: 0, at_millis: 0 };
        session.apply(origin, Command::SetSource { layer, source })?;
    }
    Ok(())
}
