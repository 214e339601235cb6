//! Where the threads meet: slots that hold the newest of something, and counters.
//!
//! Latest wins: a writer replaces, a reader clones an `Arc`. Each lock is held for that copy only.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use app_desktop::{
    Action, AudioChoice, Card, CardKind, LiveValue, Marks, Monitor, Online, OutputState, OutputWishes,
    Performance, Picture, Playing, SceneEntry,
};
use audio_signal::{AudioFrame, Transport};
use sync_protocol::{HeardTrack, SceneCard, Show};

use super::ear::EarState;
use super::names::NamesSettings;
use super::score::Stand;
use super::tap::{PictureTap, SoundTap};

/// Cards kept; the oldest goes when there are more (`DropOldest`): nobody reads the hundredth.
const MAX_CARDS: usize = 12;

/// The newest of something.
#[derive(Debug, Default)]
pub(crate) struct Slot<T>(Mutex<T>);

impl<T: Clone> Slot<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn get(&self) -> T {
        lock(&self.0).clone()
    }

    pub(crate) fn set(&self, value: T) {
        *lock(&self.0) = value;
    }

    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut lock(&self.0))
    }
}

/// What was heard last, and when this machine heard it.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub frame: Arc<AudioFrame>,
    pub at: Instant,
    /// Beats against stream time.
    pub transport: Transport,
    /// Between the analysis and the air, in seconds: 0 for an input, the output's latency for a player.
    pub ahead_secs: f64,
    /// This stream's time less the mix's, in seconds, exactly, while the mix is what is heard.
    pub mix_offset_secs: Option<f64>,
}

impl Heard {
    /// Returns the stream time that sounds at an instant, in seconds.
    pub(crate) fn stream_secs(&self, at: Instant) -> f64 {
        // A stream that stopped holds its clock after this long.
        let since = at.saturating_duration_since(self.at).as_secs_f64().min(0.5);
        self.frame.time_secs + since - self.ahead_secs
    }
}

/// Where the show stands: what an autosave keeps.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clocks {
    /// Show time, in seconds.
    pub time_secs: f64,
    /// The transport of the last picture.
    pub transport: Transport,
    /// The beat of the last picture.
    pub beat: f64,
}

/// Where the threads meet.
pub(crate) struct Board {
    pub heard: Slot<Heard>,
    pub ear: Slot<Arc<EarState>>,
    pub audio_choices: Slot<Vec<AudioChoice>>,
    /// What code plays.
    pub score: Stand,
    pub picture: Slot<Option<Picture>>,
    /// Width × 2³² + height of the picture the control window wants, in pixels.
    pub wanted_picture: AtomicU64,
    pub performance: Slot<Performance>,
    pub clocks: Slot<Clocks>,
    /// Stream times of clicks heard and not yet drawn, in seconds: only for the drill `trace-clicks`.
    pub clicks: Slot<Vec<f64>>,
    /// What was recognised, for the panel.
    pub playing: Slot<Playing>,
    /// How much later the picture is than the sound, in milliseconds, −500–500.
    pub offset_millis: AtomicI32,
    /// Whether and how services outside are asked what plays, and how they are.
    pub names: Slot<Arc<NamesSettings>>,
    pub online: Slot<Online>,
    pub scenes: Slot<Arc<[SceneEntry]>>,
    /// Filters and transitions of the library.
    pub filters: Slot<Arc<[SceneCard]>>,
    pub transitions: Slot<Arc<[SceneCard]>>,
    /// Values of the modulated parameters in the last frame.
    pub moved: Slot<Arc<[LiveValue]>>,
    /// Small pictures of layers and decks.
    pub layer_pictures: Slot<Arc<BTreeMap<u32, Picture>>>,
    /// What the person thinks of scenes.
    pub marks: Slot<Arc<Marks>>,
    /// Number of the stage: a new one is given all pictures again.
    pub stage_no: AtomicU32,
    /// Whether the panels that show layers are open.
    pub mix_open: AtomicBool,
    /// Whether the editor is open.
    pub code_open: AtomicBool,
    /// Whether this machine sounds while it is a guest.
    pub guest_sounds: AtomicBool,
    pub monitors: Slot<Vec<Monitor>>,
    /// What a person wants of windows, streams and the flash limiter.
    pub outputs: Slot<Arc<OutputWishes>>,
    /// What became of streams and recordings.
    pub output_state: Slot<OutputState>,
    /// Finished pictures for streams and recordings.
    pub tap: Arc<PictureTap>,
    /// What is heard, for a recording.
    pub sound: Arc<SoundTap>,
    /// Whether the safe scene is shown instead of the show.
    pub panicked: AtomicBool,
    cards: Mutex<Cards>,
    /// Turns of the render thread: it lives while this moves.
    pub render_turns: AtomicU64,
    /// Whether the driver may be compiling for the show: slow, not dead.
    pub render_fresh: AtomicBool,
    /// Turns of the main thread.
    pub main_turns: AtomicU64,
    /// Losses of the control window's device.
    pub window_rebuilds: AtomicU32,
    /// Whether the control window wants thumbnails.
    pub library_seen: AtomicBool,
    /// Whether everything shall end.
    pub ending: AtomicBool,
}

#[derive(Default)]
struct Cards {
    next_id: u64,
    shown: VecDeque<Card>,
}

impl Board {
    pub(crate) fn new(now: Instant) -> Arc<Self> {
        let heard = Heard {
            frame: Arc::default(),
            at: now,
            transport: Transport::default(),
            ahead_secs: 0.0,
            mix_offset_secs: None,
        };
        Arc::new(Self {
            heard: Slot::new(heard),
            ear: Slot::default(),
            audio_choices: Slot::default(),
            score: Stand::default(),
            picture: Slot::default(),
            wanted_picture: AtomicU64::new(pack([1280, 720])),
            performance: Slot::default(),
            clocks: Slot::default(),
            clicks: Slot::default(),
            playing: Slot::default(),
            offset_millis: AtomicI32::new(0),
            names: Slot::default(),
            online: Slot::default(),
            scenes: Slot::new(Arc::from([])),
            filters: Slot::new(Arc::from([])),
            transitions: Slot::new(Arc::from([])),
            moved: Slot::new(Arc::from([])),
            layer_pictures: Slot::default(),
            marks: Slot::default(),
            stage_no: AtomicU32::new(0),
            mix_open: AtomicBool::new(false),
            code_open: AtomicBool::new(false),
            guest_sounds: AtomicBool::new(false),
            monitors: Slot::default(),
            outputs: Slot::default(),
            output_state: Slot::default(),
            tap: Arc::default(),
            sound: Arc::default(),
            panicked: AtomicBool::new(false),
            cards: Mutex::default(),
            render_turns: AtomicU64::new(0),
            render_fresh: AtomicBool::new(true),
            main_turns: AtomicU64::new(0),
            window_rebuilds: AtomicU32::new(0),
            library_seen: AtomicBool::new(false),
            ending: AtomicBool::new(false),
        })
    }

    /// Returns what plays, for texts that name it: what was recognised, else the file being played.
    pub(crate) fn track(&self, show: &Show) -> String {
        if let Some(playing) = &show.now_playing {
            let HeardTrack { title, artist, .. } = &playing.track;
            return if artist.is_empty() { title.clone() } else { format!("{artist} – {title}") };
        }
        let ear = self.ear.get();
        if ear.track_secs.is_some() { ear.source.clone() } else { String::new() }
    }

    /// Returns whether everything shall end.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    /// Shows a card. One that says the same is there already: nothing happens.
    pub(crate) fn card(&self, kind: CardKind, sentence: impl Into<String>, button: Option<(&str, Action)>) {
        let sentence = sentence.into();
        let mut cards = lock(&self.cards);
        if cards.shown.iter().any(|card| card.sentence == sentence) {
            return;
        }
        cards.next_id += 1;
        let id = cards.next_id;
        let button = button.map(|(label, action)| (label.to_owned(), action));
        cards.shown.push_back(Card { id, kind, sentence, button });
        while cards.shown.len() > MAX_CARDS {
            cards.shown.pop_front();
        }
    }

    pub(crate) fn dismiss(&self, id: u64) {
        lock(&self.cards).shown.retain(|card| card.id != id);
    }

    pub(crate) fn cards(&self) -> Vec<Card> {
        lock(&self.cards).shown.iter().cloned().collect()
    }
}

/// Packs a size into one number, so that both sides change together.
pub(crate) fn pack([width, height]: [u32; 2]) -> u64 {
    u64::from(width) << 32 | u64::from(height)
}

pub(crate) fn unpack(size: u64) -> [u32; 2] {
    [(size >> 32) as u32, size as u32]
}

/// Takes a lock. What it guards is whole at every moment, so a holder's panic does not matter.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
