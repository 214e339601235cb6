//! What the panels ask for.

use std::cell::RefCell;
use std::ops::Range;
use std::path::PathBuf;

use sync_protocol::{Command, LayerId, SceneId, TextId};

use crate::jam_model::RoomIntent;
use crate::mixing::Mixing;
use crate::model::{AudioChoice, Look};
use crate::outputs::OutputWishes;
use crate::stage_model::ImportTarget;

/// A wish of the person at the window.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Changes the Show; goes to the room.
    Show(Command),
    /// Changes this machine only; goes to the application.
    App(Intent),
}

/// What concerns this machine and not the Show.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Intent {
    /// Listens to something else.
    ListenTo(AudioChoice),
    /// Plays on or stands still.
    PauseTrack(bool),
    /// Goes to a place of the track, in seconds.
    SeekTrack(f64),
    /// A tap of the tempo, now.
    Tap,
    /// Opens or closes the show's own window.
    ToggleOutput,
    /// Chooses its screen; `None` is automatic.
    ChooseMonitor(Option<String>),
    /// Changes windows, streams and the flash limiter.
    SetOutputs(Box<OutputWishes>),
    /// Sets what else is listened to, and how loud each source counts.
    SetMixing(Mixing),
    /// Sets how much later the picture is than the sound, in milliseconds, −500–500.
    SetPictureOffset(i32),
    /// Lets services outside name what the library does not know, or no longer.
    AskOnline(bool),
    /// Begins or ends a recording.
    ToggleRecording,
    /// Shows the safe scene at once, or goes back to the show.
    TogglePanic,
    /// Lets a scene that was locked away try again.
    LiftQuarantine(SceneId),
    /// Starts an empty show.
    NewShow,
    /// Opens a show file.
    OpenShow(PathBuf),
    /// Saves to the show's file.
    SaveShow,
    /// Saves to another file.
    SaveShowAs(PathBuf),
    /// Reads a folder for the browser; `None` is where the person was last.
    ListFolder {
        /// Which folder.
        path: Option<PathBuf>,
        /// What for: decides which files are listed.
        purpose: BrowsePurpose,
    },
    /// Wants the text of a layer's scene in the model.
    ShowSource(LayerId),
    /// Changes a shared text, and makes it if it is new.
    EditText {
        /// Which.
        text: TextId,
        /// What is replaced, in UTF-16 units.
        range: Range<u32>,
        /// What stands there from now on.
        insert: String,
    },
    /// Lets code take over, if it is good; what is wrong with it comes back in the model.
    Evaluate {
        /// The text it is written in.
        text: TextId,
        /// The code.
        code: String,
        /// It takes over on a multiple of so many beats; 0 is at once.
        quantum_beats: f64,
        /// The layer for its light, where none shows it yet.
        layer: Option<LayerId>,
    },
    /// Brings files and folders in.
    Import {
        /// Which.
        paths: Vec<PathBuf>,
        /// Where they are shown.
        target: ImportTarget,
    },
    /// Writes the person's own scenes among these as one pack.
    ExportPack {
        /// Which.
        scenes: Vec<SceneId>,
        /// The zip.
        to: PathBuf,
    },
    /// Marks a scene as a favourite, or no longer.
    SetFavourite(SceneId, bool),
    /// Gives a scene stars, 1–5; 0 takes them back.
    Rate(SceneId, u8),
    /// Takes a card away.
    DismissCard(u64),
    /// Changes how the panels look.
    SetLook(Look),
    /// Opens, joins, leaves a room.
    Room(RoomIntent),
    /// Ends the application.
    Quit,
}

/// What a file is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowsePurpose {
    /// A show to open.
    OpenShow,
    /// A place to save the show.
    SaveShow,
    /// A track to play.
    PlayTrack,
    /// Pictures, videos, scenes and packs to bring in.
    Media,
    /// A place to write a pack.
    SavePack,
}

/// Where panels put their wishes.
///
/// Unbounded, but emptied after each frame of the window: a frame makes at most a few.
#[derive(Debug, Default)]
pub struct CommandSender {
    queue: RefCell<Vec<Action>>,
}

impl CommandSender {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to change the Show.
    pub fn show(&self, command: Command) {
        self.queue.borrow_mut().push(Action::Show(command));
    }

    /// Asks to change this machine.
    pub fn app(&self, intent: Intent) {
        self.queue.borrow_mut().push(Action::App(intent));
    }

    /// Asks for either.
    pub fn send(&self, action: Action) {
        self.queue.borrow_mut().push(action);
    }

    /// Takes what was asked for since the last call, in order.
    pub fn take(&self) -> Vec<Action> {
        self.queue.take()
    }
}
