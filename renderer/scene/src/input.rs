use std::sync::Arc;

use audio_signal::AudioFrame;
use serde::{Deserialize, Serialize};

use crate::{ParamSlot, ProgramId};

/// A picture by content: the first 16 bytes of the SHA-256 of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PictureId(pub u128);

impl PictureId {
    /// The two pictures every stage has: what the Show's A and B are until a person brings others.
    pub const BUILT_IN: [Self; 2] = [Self(0), Self(1)];
}

/// Everything one picture on stage depends on. The same input gives the same pixels.
#[derive(Clone, Debug)]
pub struct FrameInput {
    /// Frames since the show began. What shaders read as the frame number.
    pub frame_idx: u64,
    /// Show time, in seconds.
    pub time_secs: f64,
    /// Time since the last frame, in seconds: at most 0.05, 0 on the first.
    pub dt_secs: f32,
    /// Seed of everything random.
    pub seed: u32,
    /// What is heard. Extrapolated values (beat, hit ages) are in the fields below.
    pub signal: Arc<AudioFrame>,
    /// The beat at the moment of presentation.
    pub beat: f64,
    /// Beats in a bar.
    pub beats_per_bar: u8,
    /// Beats per minute.
    pub tempo_bpm: f32,
    /// Tracked beats.
    pub beat_hit: HitInput,
    /// Any onset.
    pub onset: HitInput,
    /// Kick drums.
    pub kick: HitInput,
    /// Snares and claps.
    pub snare: HitInput,
    /// Hats.
    pub hat: HitInput,
    /// Drops.
    pub drop: HitInput,
    /// Five stops from dark to bright: linear RGB, alpha 1.
    pub palette: [[f32; 4]; 5],
    /// Pointer: x and y in pixels from the bottom left while down, then where it went down.
    pub mouse: [f32; 4],
    /// Year, month, day, seconds in the day.
    pub date: [f32; 4],
    /// The Show's pictures A and B; `None` is the built-in one.
    pub pictures: [Option<PictureId>; 2],
    /// The morph between them: 0 is A.
    pub picture_mix: f32,
    /// From the bottom to the top.
    pub layers: Vec<LayerInput>,
    /// Filters over all layers in order, each with one input.
    pub effects: Vec<ProgramInput>,
    /// The crossfader between the decks.
    pub fader: FaderInput,
    /// What stands over all layers.
    pub master: MasterInput,
    /// Smaller pictures wanted beside the program.
    pub previews: Vec<PreviewRequest>,
}

impl FrameInput {
    /// Returns every program that is drawn. Some come twice.
    pub fn programs(&self) -> impl Iterator<Item = ProgramId> {
        let layers = self.layers.iter().flat_map(|layer| {
            let (scenes, program) = match &layer.content {
                LayerContent::One(scene) => ([Some(scene), None], None),
                LayerContent::Transition(change) => {
                    ([Some(&change.from), Some(&change.to)], change.program.as_ref())
                }
            };
            let scenes = scenes.into_iter().flatten().filter_map(|scene| match scene {
                SceneInput::Program(program) => Some(program),
                _ => None,
            });
            scenes.chain(program).chain(&layer.effects)
        });
        layers.chain(&self.effects).chain(&self.fader.program).map(|program| program.program)
    }
}

/// One kind of hit at the moment of presentation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HitInput {
    /// Hits so far.
    pub count: u64,
    /// Seconds since the last one; large when there was none.
    pub age_secs: f32,
    /// Its strength, 0–1.
    pub strength: f32,
}

/// Seconds in which a hit's envelope falls to a third: a spark is over within 150 ms.
const HIT_DECAY_SECS: f32 = 0.12;

impl HitInput {
    /// Returns its strength when it fell, decayed by its age: 0 when there was none.
    pub fn envelope(&self) -> f32 {
        if self.count == 0 { 0.0 } else { self.strength * (-self.age_secs.max(0.0) / HIT_DECAY_SECS).exp() }
    }
}

/// One layer.
#[derive(Clone, Debug)]
pub struct LayerInput {
    /// The Show's id of the layer.
    pub layer: u32,
    /// What it shows.
    pub content: LayerContent,
    /// Opacity, 0–1.
    pub opacity: f32,
    /// How it meets the layers below.
    pub blend: Blend,
    /// Filters applied to it in order, each with one input.
    pub effects: Vec<ProgramInput>,
    /// Where it lies.
    pub placement: Placement,
    /// The part that is seen; `None` is all.
    pub mask: Option<MaskInput>,
    /// 0 and 1 are the decks A and B; `None` lies above both.
    pub deck: Option<u8>,
}

impl Default for LayerInput {
    /// Nothing, without any change.
    fn default() -> Self {
        Self {
            layer: 0,
            content: LayerContent::One(SceneInput::Solid([0.0; 4])),
            opacity: 1.0,
            blend: Blend::Normal,
            effects: Vec::new(),
            placement: Placement::default(),
            mask: None,
            deck: None,
        }
    }
}

/// Where a layer's picture lies on the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// From the middle, right and up, in stages.
    pub offset: [f32; 2],
    /// Width and height, in stages; below 0 mirrors.
    pub scale: [f32; 2],
    /// Counter-clockwise, in turns.
    pub turn: f32,
}

impl Default for Placement {
    /// As it is.
    fn default() -> Self {
        Self { offset: [0.0; 2], scale: [1.0; 2], turn: 0.0 }
    }
}

/// The part of a layer that is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaskInput {
    /// Its form.
    pub form: MaskForm,
    /// Its middle, in stages from the bottom left.
    pub centre: [f32; 2],
    /// Half of its width and height, in heights of the stage.
    pub size: [f32; 2],
    /// Width of its soft edge, in heights of the stage.
    pub feather: f32,
    /// Whether what is outside is seen instead.
    pub inverted: bool,
}

/// The form of a mask.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MaskForm {
    /// An ellipse.
    Ellipse,
    /// A rectangle.
    Rectangle,
    /// Where a picture is bright.
    Picture(PictureId),
    /// Where a layer drawn before this one is bright.
    Layer(u32),
}

/// The crossfader between the decks.
#[derive(Clone, Debug, Default)]
pub struct FaderInput {
    /// 0 is deck A, 1 is deck B.
    pub position: f32,
    /// A transition program; `None` is the crossfade.
    pub program: Option<ProgramInput>,
}

/// What a layer shows.
#[derive(Clone, Debug)]
pub enum LayerContent {
    /// One scene, picture or colour.
    One(SceneInput),
    /// On the way from one to another.
    Transition(Box<TransitionInput>),
}

/// A scene, picture or colour.
#[derive(Clone, Debug)]
pub enum SceneInput {
    /// A program.
    Program(ProgramInput),
    /// A picture, fitted to cover.
    Picture(PictureId),
    /// A picture seen whole, the rest transparent: words.
    Card(PictureId),
    /// Linear premultiplied RGBA.
    Solid([f32; 4]),
}

/// A running program.
#[derive(Clone, Debug)]
pub struct ProgramInput {
    /// Which program.
    pub program: ProgramId,
    /// Whose buffers and memory: the same number keeps them from frame to frame.
    pub instance: u64,
    /// Seconds since this instance began.
    pub time_secs: f64,
    /// Frames since this instance began.
    pub frame_idx: u64,
    /// One slot per parameter, clamped.
    pub params: Vec<ParamSlot>,
    /// One picture per parameter; `None` for all but images.
    pub images: Vec<Option<PictureId>>,
}

/// A change from one source to another.
#[derive(Clone, Debug)]
pub struct TransitionInput {
    /// What leaves.
    pub from: SceneInput,
    /// What comes.
    pub to: SceneInput,
    /// The transition program; `None` is the crossfade.
    pub program: Option<ProgramInput>,
    /// 0 shows `from`, 1 shows `to`.
    pub progress: f32,
}

/// What stands over all layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MasterInput {
    /// Black at once.
    pub blackout: bool,
    /// The stage shows the last composed picture again and advances nothing.
    pub frozen: bool,
    /// Linear gain, 0–2.
    pub brightness: f32,
}

/// A smaller picture wanted beside the program.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewRequest {
    /// Given back with the pixels.
    pub key: u64,
    /// `None` is the finished picture; else one layer before blending, or one of
    /// [`PreviewRequest::DECKS`].
    pub layer: Option<u32>,
    /// Its size, in pixels.
    pub size: [u32; 2],
    /// What the finished picture stands on; a layer stands on black.
    pub backdrop: Backdrop,
}

/// What a finished picture stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Backdrop {
    /// Black, as on a screen.
    #[default]
    Black,
    /// Nothing: where no layer covers it, it is clear. Straight alpha.
    Clear,
    /// Nothing: what is dark is clear. Straight alpha.
    Light,
    /// A colour in the place of what is dark, to be keyed out: sRGB-encoded, 0–1.
    Key([f32; 3]),
}

impl PreviewRequest {
    /// What stands for the decks A and B in [`PreviewRequest::layer`]: no layer has these numbers.
    pub const DECKS: [u32; 2] = [u32::MAX - 1, u32::MAX];
}

/// How a layer meets what is below it, in linear light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the blend modes of every compositor")]
pub enum Blend {
    #[default]
    Normal,
    Add,
    Screen,
    Multiply,
    Difference,
    Overlay,
    Lighten,
    Darken,
    ColorDodge,
    ColorBurn,
    HardLight,
    SoftLight,
    Exclusion,
    Subtract,
    Divide,
    Luminosity,
}
