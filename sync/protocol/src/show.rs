use std::collections::BTreeMap;

use audio_signal::TempoSource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AssetId, Autopilot, CueList, Deck, Effect, Fade, LayerId, Mask, Modulation, NowPlaying, ParamValue,
    Playlist, SceneId, Slides, TextId, TextSource, Transform,
};

/// The version new show files are written with. Older ones are read and upgraded by `app-library`.
pub const SHOW_VERSION: u32 = 1;
/// The scene a new show opens with.
pub const DEFAULT_SCENE: &str = "aurora-ring";
/// The transition that is no scene: the stage mixes one picture into the other by itself.
pub const CROSSFADE: &str = "crossfade";

/// The document of what is on stage. Plain data; changed only by `sync-session`'s `apply`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Show {
    /// The format's version, see [`SHOW_VERSION`].
    pub version: u32,
    /// What a person calls it.
    pub title: String,
    /// Seed of everything random in the picture.
    pub seed: u32,
    /// From the bottom to the top.
    pub layers: Vec<Layer>,
    /// The id the next layer gets.
    pub next_layer: u32,
    /// The colours every scene takes.
    pub palette: Palette,
    /// How one scene becomes the next.
    pub transition: Transition,
    /// Who leads the tempo.
    pub tempo: TempoSettings,
    /// The two pictures scenes may show.
    pub pictures: Pictures,
    /// What stands over all layers.
    pub master: Master,
    /// Filters over all layers, in order.
    pub effects: Vec<Effect>,
    /// The crossfader between the decks.
    pub fade: Fade,
    /// Scenes to be shown one after the other.
    pub playlist: Playlist,
    /// How scenes change by themselves.
    pub autopilot: Autopilot,
    /// Looks of the stage, and when they come.
    pub cues: CueList,
    /// The code that runs, by `text/block`. A late joiner runs the same without the texts' past.
    pub running: BTreeMap<String, Running>,
    /// What is playing, `None` while it is unknown. Heard, not made: no undo, and another show leaves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now_playing: Option<Box<NowPlaying>>,
}

impl Default for Show {
    /// One layer with the default scene: never an empty stage.
    fn default() -> Self {
        Self {
            version: SHOW_VERSION,
            title: "Untitled".to_owned(),
            seed: 1,
            layers: vec![Layer { id: LayerId(1), ..Layer::default() }],
            next_layer: 2,
            palette: Palette::default(),
            transition: Transition::default(),
            tempo: TempoSettings::default(),
            pictures: Pictures::default(),
            master: Master::default(),
            effects: Vec::new(),
            fade: Fade::default(),
            playlist: Playlist::default(),
            autopilot: Autopilot::default(),
            cues: CueList::default(),
            running: BTreeMap::new(),
            now_playing: None,
        }
    }
}

impl Show {
    /// Returns a layer by its id.
    pub fn layer(&self, id: LayerId) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// Returns every scene it names that may be on stage: of layers, of effects, and the transition if it is one. Some
    /// come twice.
    pub fn scenes(&self) -> impl Iterator<Item = &SceneId> {
        let sources = self.layers.iter().filter_map(|layer| match &layer.source {
            LayerSource::Scene(scene) => Some(scene),
            _ => None,
        });
        let effects = self.layers.iter().flat_map(|layer| &layer.effects).chain(&self.effects);
        let transition = Some(&self.transition.scene).filter(|scene| scene.as_str() != CROSSFADE);
        sources.chain(effects.map(|effect| &effect.scene)).chain(transition)
    }
}

/// What a layer shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LayerSource {
    /// A scene of the library.
    Scene(SceneId),
    /// A still picture by content.
    Picture(AssetId),
    /// One colour: straight RGBA, sRGB-encoded.
    Solid([f32; 4]),
    /// A moving picture by content; a machine without the file shows nothing.
    Video(AssetId),
    /// A camera of each machine's own, by name; empty is the first.
    Camera(String),
    /// Words.
    Text(TextSource),
    /// Still pictures one after the other.
    Slides(Slides),
}

/// One layer of the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Layer {
    /// Its id, never reused.
    pub id: LayerId,
    /// What it shows.
    pub source: LayerSource,
    /// Parameters that differ from the scene's defaults.
    pub params: BTreeMap<String, ParamValue>,
    /// Opacity, 0–1.
    pub opacity: f32,
    /// How it meets the layers below.
    pub blend: BlendMode,
    /// Whether it is left out of the picture.
    pub muted: bool,
    /// What moves its parameters, by the parameter's name; [`crate::OPACITY`] is its opacity.
    pub modulations: BTreeMap<String, Modulation>,
    /// Filters over it, in order.
    pub effects: Vec<Effect>,
    /// Where it lies on the stage.
    pub transform: Transform,
    /// The part of it that is seen; `None` is all.
    pub mask: Option<Mask>,
    /// The deck it belongs to; `None` lies above both.
    pub deck: Option<Deck>,
}

impl Default for Layer {
    fn default() -> Self {
        Self {
            id: LayerId(0),
            source: LayerSource::Scene(SceneId::from(DEFAULT_SCENE)),
            params: BTreeMap::new(),
            opacity: 1.0,
            blend: BlendMode::Normal,
            muted: false,
            modulations: BTreeMap::new(),
            effects: Vec::new(),
            transform: Transform::default(),
            mask: None,
            deck: None,
        }
    }
}

/// How a layer meets what is below it, in linear light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlendMode {
    /// Source over.
    #[default]
    Normal,
    /// Sum: light on light.
    Add,
    /// Inverse multiply.
    Screen,
    /// Product.
    Multiply,
    /// Absolute difference.
    Difference,
    /// Multiply the dark, screen the bright.
    Overlay,
    /// The brighter of both.
    Lighten,
    /// The darker of both.
    Darken,
    /// Brightens what is below, the more the brighter the layer.
    ColorDodge,
    /// Darkens what is below, the more the darker the layer.
    ColorBurn,
    /// Multiplies where the layer is dark, screens where it is bright.
    HardLight,
    /// The same, gently.
    SoftLight,
    /// Difference with less contrast.
    Exclusion,
    /// What is below less the layer.
    Subtract,
    /// What is below divided by the layer.
    Divide,
    /// The layer's brightness with the colours below.
    Luminosity,
}

/// The Show's colours: 3–5 stops from dark to bright, interpolated in OKLab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Palette {
    /// What a person calls it.
    pub name: String,
    /// sRGB-encoded RGB, 0–1, from the darkest to the brightest; 2–5 of them.
    pub stops: Vec<[f32; 3]>,
}

impl Default for Palette {
    /// Night blue to warm white, by way of violet and ember.
    fn default() -> Self {
        Self {
            name: "Ember".to_owned(),
            stops: vec![
                [0.016, 0.020, 0.063],
                [0.157, 0.106, 0.420],
                [0.714, 0.208, 0.463],
                [0.984, 0.553, 0.290],
                [1.000, 0.933, 0.824],
            ],
        }
    }
}

/// How one scene becomes the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Transition {
    /// A transition of the library; `crossfade` is always there.
    pub scene: SceneId,
    /// How long it takes, in beats. 0 cuts.
    pub duration_beats: f32,
    /// It begins on a multiple of so many beats. 0 begins at once.
    pub quantum_beats: f32,
    /// Parameters that differ from the transition's defaults.
    pub params: BTreeMap<String, ParamValue>,
}

impl Default for Transition {
    fn default() -> Self {
        Self {
            scene: SceneId::from(CROSSFADE),
            duration_beats: 4.0,
            quantum_beats: 1.0,
            params: BTreeMap::new(),
        }
    }
}

/// Who leads the tempo, and the last tempo set by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TempoSettings {
    /// Who leads.
    #[schemars(with = "String")]
    pub source: TempoSource,
    /// Beats per minute when a person leads, 20–999.
    pub bpm: f64,
    /// Beats in a bar, 1–16.
    pub beats_per_bar: u8,
    /// Stream time of a downbeat when a person leads, in seconds.
    pub downbeat_secs: f64,
}

impl Default for TempoSettings {
    fn default() -> Self {
        Self { source: TempoSource::Heard, bpm: 120.0, beats_per_bar: 4, downbeat_secs: 0.0 }
    }
}

/// One of the two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PictureSlot {
    /// The picture shown at mix 0.
    A,
    /// The picture shown at mix 1.
    B,
}

/// Two pictures that scenes may show, and the morph between them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Pictures {
    /// Picture A; `None` is the built-in one.
    pub a: Option<AssetId>,
    /// Picture B; `None` is the built-in one.
    pub b: Option<AssetId>,
    /// 0 is A, 1 is B.
    pub mix: f32,
}

/// One block of code that runs, on every machine from the same beat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Running {
    /// The code itself, whatever its text has become since.
    pub code: String,
    /// The beat on which it took over.
    pub at_beat: f64,
    /// It took over on a multiple of so many beats. 0 was at once.
    pub quantum_beats: f64,
}

impl Running {
    /// Returns the key of a block in [`Show::running`].
    pub fn slot(text: &TextId, block: &str) -> String {
        format!("{text}/{block}")
    }
}

/// What stands over all layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Master {
    /// Black at once, everything keeps running behind it.
    pub blackout: bool,
    /// The picture stands still.
    pub frozen: bool,
    /// Linear gain on the finished picture, 0–2.
    pub brightness: f32,
}

impl Default for Master {
    fn default() -> Self {
        Self { blackout: false, frozen: false, brightness: 1.0 }
    }
}
