//! The one form every scene takes.
//!
//! A program is a list of passes run in order each frame. A pass draws a full-screen triangle (or
//! instanced vertices) or dispatches compute. It names what it binds, in its own binding numbers;
//! `renderer-stage` makes explicit layouts from that list, so no reflection is needed. Group 0
//! binding 0 is by custom the [`crate::FrameUniform`], the parameters are an array of 16-byte slots.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Expr, ParamSlot, ParamSpec, SizeExpr};

/// Wider or higher buffers are clamped, in pixels: what every desktop GPU allows.
pub const MAX_BUFFER_PX: u32 = 8192;

/// A program by content: the first 16 bytes of the SHA-256 of its sources and format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProgramId(pub u128);

/// The format an author wrote in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SceneKind {
    /// Our WGSL with a header.
    Native,
    /// Interactive Shader Format 1 or 2.
    Isf,
    /// Shadertoy, one or more tabs.
    Shadertoy,
    /// A Hydra chain.
    Hydra,
    /// A transition: takes two pictures and a progress.
    Transition,
}

/// A compiled module, valid for naga, shared by passes.
#[derive(Clone, Debug)]
pub struct ShaderModule {
    /// What error messages call it.
    pub label: String,
    /// The module. It is valid.
    pub module: Arc<naga::Module>,
}

impl ShaderModule {
    /// Keeps a valid module.
    pub fn new(label: impl Into<String>, module: &naga::Module) -> Self {
        // A copy is as large as what it holds; what a parser filled has room for twice as much, for as long as the
        // library lives.
        Self { label: label.into(), module: Arc::new(module.clone()) }
    }

    /// Returns the module with one of its entry points and what that one reaches.
    #[must_use]
    pub fn reached_from(&self, entry: &str) -> naga::Module {
        let mut module = (*self.module).clone();
        module.entry_points.retain(|point| point.name == entry);
        naga::compact::compact(&mut module, naga::compact::KeepUnused::No);
        module
    }
}

/// The size of a buffer.
#[derive(Clone, Debug, PartialEq)]
pub enum BufferSize {
    /// The render size times a factor.
    Scaled(f32),
    /// A fixed size in pixels.
    Fixed([u32; 2]),
    /// ISF size expressions in `$WIDTH`, `$HEIGHT` and `$parameter`, evaluated each frame.
    Expression {
        /// Width, in pixels.
        width: SizeExpr,
        /// Height, in pixels.
        height: SizeExpr,
    },
}

impl BufferSize {
    /// Returns the size in pixels, each side 1–[`MAX_BUFFER_PX`], for a render size and the values of
    /// the parameters.
    pub fn resolve(&self, render: [u32; 2], params: &[ParamSpec], slots: &[ParamSlot]) -> [u32; 2] {
        // A cast saturates and takes NaN to 0, so any result of an expression is safe here.
        let clamped = |side: f64| (side.round() as u32).clamp(1, MAX_BUFFER_PX);
        match self {
            Self::Scaled(factor) => render.map(|side| clamped(f64::from(side) * f64::from(*factor))),
            Self::Fixed(size) => size.map(|side| side.clamp(1, MAX_BUFFER_PX)),
            Self::Expression { width, height } => {
                [width, height].map(|expr| clamped(expr.eval(render, params, slots).floor()))
            }
        }
    }
}

/// The pixels of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BufferFormat {
    /// 8 bits, for formats that expect clamping.
    Rgba8,
    /// Half floats: ours by default.
    Rgba16F,
    /// Full floats: simulations.
    Rgba32F,
}

/// A texture that passes write and later passes read.
#[derive(Clone, Debug, PartialEq)]
pub struct BufferSpec {
    /// The author's name for it.
    pub name: String,
    /// Its size.
    pub size: BufferSize,
    /// Its pixels.
    pub format: BufferFormat,
    /// Whether it survives the frame. A persistent buffer is a pair: a pass reads last frame's
    /// half until the pass that writes it has run, and then this frame's.
    pub persistent: bool,
    /// Whether magnification interpolates.
    pub filter: bool,
}

/// Memory of a compute scene. Zeroed when the program starts, kept across frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageSpec {
    /// The author's name for it.
    pub name: String,
    /// Its size, in bytes.
    pub size_bytes: u64,
    /// The parameter whose whole part, at least 1, multiplies the size. It grows while the program runs, what is new is
    /// zero; it never shrinks.
    pub times: Option<usize>,
}

/// A sound texture, made from the Signal by the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AudioTexture {
    /// Ours, 512×4 Rgba16F. Row 0: r spectrum, log frequency 30 Hz–16 kHz, dB-scaled, smoothed (fast up, slow down);
    /// g the same with a 1 s tail; b waveform −1–1; a raw magnitude. Rows 1–3 are reserved and 0.
    Native,
    /// Shadertoy's 512×2: row 0 spectrum (smoothing 0.8, −100…−30 dB), row 1 waveform; 0–1 in r.
    Shadertoy,
    /// ISF `audio`: one row per channel, samples centred on 0.5.
    IsfWave {
        /// Samples wanted.
        width: u32,
    },
    /// ISF `audioFFT`: one row per channel, bins.
    IsfFft {
        /// Bins wanted.
        width: u32,
    },
}

/// Where an imported picture comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ImageSource {
    /// A path beside the scene file, as its author wrote it; the library resolves it.
    Path(String),
}

/// What a texture binding shows.
#[derive(Clone, Debug, PartialEq)]
pub enum TextureSource {
    /// A buffer of this program.
    Buffer(usize),
    /// The picture of an `Image` parameter, by its index in `params`. Black when none is set.
    Param(usize),
    /// An imported picture, by its index in `images`.
    Imported(usize),
    /// The sound.
    Audio(AudioTexture),
    /// The Show's picture A (0) or B (1).
    Picture(u8),
    /// What a filter or transition works on: 0 = `inputImage` or `startImage`, 1 = `endImage`.
    Input(u8),
    /// This program's finished output of the last frame.
    Previous,
    /// One pixel of transparent black: stands in where a pass would read the buffer it writes.
    Black,
}

/// How a texture is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SamplerKind {
    /// Bilinear, clamped at the edges.
    LinearClamp,
    /// Bilinear, repeating.
    LinearRepeat,
    /// Bilinear, mirrored.
    LinearMirror,
    /// Nearest, clamped.
    NearestClamp,
    /// Nearest, repeating.
    NearestRepeat,
}

/// One thing a pass binds.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The bind group.
    pub group: u32,
    /// The binding in it.
    pub binding: u32,
    /// What it is.
    pub kind: BindingKind,
}

/// What a binding is.
#[derive(Clone, Debug, PartialEq)]
pub enum BindingKind {
    /// The [`crate::FrameUniform`] with this pass's size and index.
    Frame,
    /// The parameters: `max(1, params.len())` slots of 16 bytes.
    Params,
    /// A texture (`texture_2d<f32>`).
    Texture(TextureSource),
    /// A sampler.
    Sampler(SamplerKind),
    /// A storage buffer by its index in `storages`.
    Storage {
        /// Which.
        storage: usize,
        /// Whether the pass only reads it. Vertex stages must.
        read_only: bool,
    },
    /// A buffer written by compute (`texture_storage_2d<…, write>`).
    StorageTexture(usize),
}

/// How many workgroups a compute pass dispatches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workgroups {
    /// A fixed count.
    Fixed([u32; 3]),
    /// A count whose x is multiplied by the whole part of a `Float` parameter, at least by 1.
    Times {
        /// The count for 1.
        counts: [u32; 3],
        /// The parameter, by index.
        param: usize,
    },
    /// Enough groups of this many invocations to cover a buffer.
    Cover {
        /// The buffer, by index.
        buffer: usize,
        /// Invocations per group, in x and y.
        group_size: [u32; 2],
    },
}

/// What a pass runs.
#[derive(Clone, Debug, PartialEq)]
pub enum PassKind {
    /// Vertices and fragments.
    Draw {
        /// Vertex entry point.
        vertex: String,
        /// The module of the vertex entry point, by index; `None` is the pass's own.
        vertex_module: Option<usize>,
        /// Fragment entry point of the module.
        fragment: String,
        /// Vertices of a triangle list: 3 for the full-screen triangle.
        vertices: u32,
        /// Instances: 1, or one per particle.
        instances: u32,
        /// A `Float` parameter by index, whose whole part, at least 1, multiplies the instances.
        times: Option<usize>,
        /// How fragments meet the target.
        blend: PassBlend,
    },
    /// Compute.
    Compute {
        /// Entry point of the module.
        entry: String,
        /// How many groups.
        workgroups: Workgroups,
    },
}

/// How fragments of a pass meet its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassBlend {
    /// They replace it. The target is not cleared before.
    Replace,
    /// They are added to a target cleared to 0.
    AddOnClear,
    /// They are added to what is there.
    Add,
    /// Source over, premultiplied, on a target cleared to 0.
    OverOnClear,
}

/// Where a pass draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassTarget {
    /// The program's output: Rgba16F, linear light, premultiplied alpha, at the render size.
    Output,
    /// A buffer, by index.
    Buffer(usize),
    /// Nothing: compute.
    None,
}

/// One pass.
#[derive(Clone, Debug)]
pub struct Pass {
    /// What error messages and timings call it.
    pub label: String,
    /// Its module, by index.
    pub module: usize,
    /// What it runs.
    pub kind: PassKind,
    /// Where it draws.
    pub target: PassTarget,
    /// What it binds.
    pub bindings: Vec<Binding>,
    /// What a shader reads as `PASSINDEX`.
    pub pass_index: u32,
}

/// A parameter with a value computed each frame, instead of one a person sets.
#[derive(Clone, Debug, PartialEq)]
pub struct ComputedParam {
    /// The parameter, by index.
    pub param: usize,
    /// Its value; the `x` of its slot. What is not finite leaves the last value.
    pub expr: Expr,
}

/// A scene, ready for any device.
#[derive(Clone, Debug)]
pub struct SceneProgram {
    /// Its content hash.
    pub id: ProgramId,
    /// What a person reads.
    pub name: String,
    /// The format it came from.
    pub kind: SceneKind,
    /// Search words.
    pub tags: Vec<String>,
    /// Who made it.
    pub author: String,
    /// One sentence about it.
    pub description: String,
    /// Its parameters, in the author's order.
    pub params: Vec<ParamSpec>,
    /// Parameters the director computes each frame. They belong to no panel.
    pub computed: Vec<ComputedParam>,
    /// Its buffers.
    pub buffers: Vec<BufferSpec>,
    /// Its compute memory.
    pub storages: Vec<StorageSpec>,
    /// Its imported pictures.
    pub images: Vec<ImageSource>,
    /// How many pictures it works on: 0 a generator, 1 a filter, 2 a transition.
    pub num_inputs: u8,
    /// Whether its output is sRGB-encoded (foreign formats) and the stage decodes it to linear light.
    pub output_srgb: bool,
    /// Its modules.
    pub modules: Vec<ShaderModule>,
    /// Its passes, in order. The last one that targets `Output` is the picture.
    pub passes: Vec<Pass>,
}

impl SceneProgram {
    /// Whether it shows pictures: the Show's, or those of its parameters.
    pub fn reads_pictures(&self) -> bool {
        self.passes.iter().flat_map(|pass| &pass.bindings).any(|binding| {
            matches!(binding.kind, BindingKind::Texture(TextureSource::Picture(_) | TextureSource::Param(_)))
        })
    }
}
