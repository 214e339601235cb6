//! What the panels see: plain data, made new for each frame of the window, cheap to clone.

use std::path::PathBuf;
use std::sync::Arc;

use sync_protocol::{SceneCard, SceneId, Show};

use crate::action::Action;
use crate::code::Code;
use crate::jam_model::Room;
use crate::mixing::Mixing;
use crate::now_playing::Playing;
use crate::outputs::{OutputState, OutputWishes};
use crate::stage_model::StageView;

/// Everything the panels show.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// What is on stage: confirmed and pending changes applied.
    pub show: Arc<Show>,
    /// Where the show is kept.
    pub file: ShowFile,
    /// The library, in the order of the keys 1–8.
    pub scenes: Arc<[SceneEntry]>,
    /// The stage beside the Show.
    pub stage: StageView,
    /// The finished picture, as large as asked for by [`crate::Shell::wanted_picture`].
    pub picture: Option<Picture>,
    /// What is heard.
    pub ear: Ear,
    /// Screens and the show's own window.
    pub outputs: Outputs,
    /// How fast the show is drawn.
    pub performance: Performance,
    /// What went wrong or deserves a look, newest last.
    pub cards: Vec<Card>,
    /// How the panels look.
    pub look: Look,
    /// A folder asked for with [`crate::Intent::ListFolder`].
    pub folder: Option<Folder>,
    /// The code of the room.
    pub code: Code,
    /// The text of the selected layer's scene.
    pub source: Option<SourceText>,
    /// The room: who is in it, how others come in.
    pub room: Room,
    /// What was recognised.
    pub playing: Playing,
}

impl Model {
    /// Returns what a scene is called, its id when the library does not have it.
    pub(crate) fn scene_name(&self, scene: &SceneId) -> String {
        let entry = self.scenes.iter().find(|entry| entry.card.id == *scene);
        entry.map_or_else(|| scene.to_string(), |entry| entry.card.name.clone())
    }
}

/// Pixels for a panel. Clones share them; a new `version` uploads them again.
#[derive(Clone, PartialEq)]
pub struct Picture {
    /// Width and height, in pixels.
    pub size: [u32; 2],
    /// Changes with the pixels.
    pub version: u64,
    /// Opaque RGBA, sRGB-encoded, rows from the top, `width × height × 4` bytes.
    pub rgba: Arc<Vec<u8>>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{}, version {})", self.size[0], self.size[1], self.version)
    }
}

/// One scene of the library.
#[derive(Clone, Debug)]
pub struct SceneEntry {
    /// Its name and controls.
    pub card: SceneCard,
    /// What it looks like; `None` until it was drawn once.
    pub thumbnail: Option<Picture>,
    /// Why it cannot be shown: one sentence with line and column.
    pub problem: Option<String>,
}

/// Where the show is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShowFile {
    /// The file; `None` for a show that was never saved.
    pub path: Option<PathBuf>,
    /// Whether it differs from the file.
    pub changed: bool,
    /// Shows opened before, newest first.
    pub recent: Vec<PathBuf>,
    /// Whether something can be undone.
    pub can_undo: bool,
    /// Whether something can be redone.
    pub can_redo: bool,
}

/// What is heard, and from where.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    /// What plays, as a person says it: "Monitor of Built-in Audio", "song.ogg".
    pub source: String,
    /// Which of the choices is meant; `None` is automatic.
    pub chosen: Option<AudioChoice>,
    /// What one can choose.
    pub choices: Vec<AudioChoice>,
    /// Why nothing is heard, and what helps; `None` while all is well.
    pub problem: Option<String>,
    /// Levels 0–1: all, bass, mid, mid-high, high.
    pub levels: [f32; 5],
    /// Beats per minute; 0 while unknown.
    pub tempo_bpm: f32,
    /// How sure the tempo is, 0–1.
    pub confidence: f32,
    /// The beat at this moment, from a downbeat at 0.
    pub beat: f64,
    /// Beats in a bar.
    pub beats_per_bar: u8,
    /// The key, as people write it.
    pub key: Option<String>,
    /// Loudness, in LUFS; −70 is silence.
    pub loudness_lufs: f32,
    /// Position and length of the track being played, in seconds; `None` for a live input.
    pub track_secs: Option<(f64, f64)>,
    /// Whether the track stands still.
    pub paused: bool,
    /// What else is listened to, and how loud each source counts.
    pub mixing: Mixing,
    /// Levels of the sources, 0–1: the first, then those of `mixing`. `None`: it is waited for.
    pub source_levels: Vec<Option<f32>>,
    /// How much later the picture is than the sound, in milliseconds, −500–500.
    pub picture_offset_millis: i32,
}

/// Where sound may come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AudioChoice {
    /// What this machine plays, else the default input, else the built-in track.
    Automatic,
    /// A device by its name.
    Device(String),
    /// The built-in track.
    BuiltIn,
    /// A file.
    File(PathBuf),
}

impl std::fmt::Display for AudioChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Automatic => f.write_str("Automatic"),
            Self::Device(name) => f.write_str(name),
            Self::BuiltIn => f.write_str("Built-in track"),
            Self::File(path) => {
                write!(f, "{}", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy())
            }
        }
    }
}

/// Screens and the show's own window.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    /// The screens of this machine.
    pub monitors: Vec<Monitor>,
    /// The one chosen by name; `None` is the second, or the only one.
    pub chosen: Option<String>,
    /// Whether the show's own window is open.
    pub open: bool,
    /// Where it is, or why it is not where it should be.
    pub sentence: String,
    /// What a person wants of windows and streams.
    pub wishes: OutputWishes,
    /// What became of streams and recordings.
    pub state: OutputState,
}

/// A screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    /// Its name, as the system calls it.
    pub name: String,
    /// Width and height, in pixels.
    pub size: [u32; 2],
}

/// How fast the show is drawn. True numbers: presents, not passes of a loop.
#[derive(Clone, Debug, Default)]
pub struct Performance {
    /// Pictures of the show in the last second.
    pub frames_per_sec: f32,
    /// Times between the last pictures, oldest first, in milliseconds.
    pub frame_millis: Arc<[f32]>,
    /// Width and height of the picture shown, in pixels.
    pub size: [u32; 2],
    /// Width and height it is drawn at, in pixels.
    pub internal_size: [u32; 2],
    /// The GPU's name.
    pub adapter: String,
    /// GPUs lost and replaced since the start.
    pub num_rebuilds: u32,
    /// Pictures that waited for a compiler since the start: the first few, until all that is usual has been made.
    pub num_compiled: u32,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKind {
    /// Good to know.
    Info,
    /// Something fell back.
    Warning,
    /// Something does not work.
    Error,
}

/// A sentence with a button.
#[derive(Clone, Debug)]
pub struct Card {
    /// What [`crate::Intent::DismissCard`] names.
    pub id: u64,
    /// How much it matters.
    pub kind: CardKind,
    /// What happened, for a person.
    pub sentence: String,
    /// What helps: label and action.
    pub button: Option<(String, Action)>,
}

/// How the panels look. Kept in the settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// The colours.
    pub theme: Theme,
    /// Scale of everything, 0.75–2.
    pub scale: f32,
    /// Whether targets grow to 44 points.
    pub performance_size: bool,
    /// Whether nothing fades or blinks.
    pub reduced_motion: bool,
    /// Size of code, in points, 10–48.
    pub code_font_size: f32,
    /// How much of the picture is hidden behind code, 0–1.
    pub code_backdrop: f32,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            theme: Theme::Dark,
            scale: 1.0,
            performance_size: false,
            reduced_motion: false,
            code_font_size: 18.0,
            code_backdrop: 0.55,
        }
    }
}

/// The colours of the panels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Light on dark.
    #[default]
    Dark,
    /// Dark on light.
    Light,
    /// White on black, with lines.
    HighContrast,
}

/// A folder to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Folder {
    /// Where.
    pub path: PathBuf,
    /// Folders first, by name.
    pub entries: Vec<FolderEntry>,
    /// Why it could not be read.
    pub problem: Option<String>,
}

/// A file or folder.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderEntry {
    /// Where.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// The text of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceText {
    /// Whose.
    pub scene: SceneId,
    /// The file; `None` for a built-in one.
    pub path: Option<PathBuf>,
    /// What is in it.
    pub text: Arc<str>,
    /// The line of its problem, from 1, and what is wrong there.
    pub problem: Option<(u32, String)>,
}
