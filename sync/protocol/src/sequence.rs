use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Effect, Fade, HeardTrack, HitKind, Layer, LayerId, Palette, SceneId};

/// Scenes to be shown one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Playlist {
    /// In order.
    pub scenes: Vec<SceneId>,
}

/// Who chooses scenes while nobody does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// Nobody.
    #[default]
    Off,
    /// The playlist, in order.
    InOrder,
    /// The playlist, each once before any comes again.
    Shuffled,
    /// The library: by tags, rating and the music's energy, and what was shown least.
    Library,
}

/// How scenes change by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Autopilot {
    /// Who chooses.
    pub pick: Pick,
    /// On which layer; `None` is the lowest.
    pub layer: Option<LayerId>,
    /// How long a scene stays, in beats, 1–1,024.
    pub beats: f32,
    /// Whether a new section or a drop of the music changes the scene as well.
    pub on_sections: bool,
    /// Only scenes with one of these tags; empty is all.
    pub tags: Vec<String>,
    /// Only favourites.
    pub favourites: bool,
    /// Whether calm music gets calm scenes and hard music hard ones.
    pub follow_energy: bool,
}

impl Default for Autopilot {
    /// Off; every sixteen bars when it is switched on.
    fn default() -> Self {
        Self {
            pick: Pick::Off,
            layer: None,
            beats: 64.0,
            on_sections: false,
            tags: Vec::new(),
            favourites: false,
            follow_energy: true,
        }
    }
}

/// A cue of the list, by a number that is never reused within a Show.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct CueId(pub u32);

impl std::fmt::Display for CueId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A look of the stage, and when it comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cue {
    /// Its number.
    pub id: CueId,
    /// What a person calls it.
    pub name: String,
    /// When it comes after the cue before it, while the list plays.
    pub trigger: CueTrigger,
    /// What it puts on stage.
    pub look: Look,
}

/// When a cue comes: counted from the cue before it, or with a track.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "when", rename_all = "snake_case")]
pub enum CueTrigger {
    /// When a person says so.
    #[default]
    Manual,
    /// After a time.
    Secs {
        /// In seconds, 0–86,400.
        after: f64,
    },
    /// After some beats.
    Beats {
        /// 0–65,536.
        after: f64,
    },
    /// At a hit.
    Hit {
        /// Which kind.
        hit: HitKind,
        /// The how many-th, from 1.
        nth: u32,
    },
    /// Whenever a track is recognised, wherever the list stands.
    Track {
        /// Its title, or "Artist – Title"; capitals do not matter. Empty: any track that no other cue names.
        name: String,
    },
}

impl CueTrigger {
    /// Returns whether a track that begins brings the cue, by its name.
    fn names(&self, track: &HeardTrack) -> bool {
        let Self::Track { name } = self else { return false };
        let name = name.trim().to_lowercase();
        !name.is_empty() && (name == track.title.to_lowercase() || name == track.name().to_lowercase())
    }
}

/// What a cue keeps of the stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    /// From the bottom to the top.
    pub layers: Vec<Layer>,
    /// The colours.
    pub palette: Palette,
    /// The master chain.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// The crossfader.
    #[serde(default)]
    pub fade: Fade,
}

/// The cues of a show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CueList {
    /// In order.
    pub cues: Vec<Cue>,
    /// The number the next one gets; from 1.
    pub next_cue: u32,
    /// The one that came last.
    pub current: Option<CueId>,
    /// Whether triggers count.
    pub playing: bool,
}

impl CueList {
    /// Returns a cue and its place.
    pub fn get(&self, id: CueId) -> Option<(usize, &Cue)> {
        self.cues.iter().enumerate().find(|(_, cue)| cue.id == id)
    }

    /// Returns the cue that comes after the current one; the first when none came yet.
    pub fn next(&self) -> Option<&Cue> {
        match self.current.and_then(|id| self.get(id)) {
            Some((at_idx, _)) => self.cues.get(at_idx + 1),
            None => self.cues.first(),
        }
    }

    /// Returns the cue that a track brings: the first that names it, else the first for any track.
    pub fn for_track(&self, track: &HeardTrack) -> Option<&Cue> {
        let any = |cue: &&Cue| matches!(&cue.trigger, CueTrigger::Track { name } if name.trim().is_empty());
        let named = self.cues.iter().find(|cue| cue.trigger.names(track));
        named.or_else(|| self.cues.iter().find(any))
    }
}
