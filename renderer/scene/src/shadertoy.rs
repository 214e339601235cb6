//! Shadertoy: `mainImage` in one text, or several: Common, Buffer A–D and Image.
//!
//! A buffer keeps full floats from frame to frame; read before it is drawn it shows the last
//! frame. Nothing of the site is bundled: its pictures come from the user's folder, and a noise of
//! ours stands in for those that are missing.

mod import;

pub use import::{compile_json, tabs_from_files};

use crate::foreign::{self, Alpha};
use crate::glsl::{self, Host, HostGlobal, HostTexture, Preprocessor, Rows};
use crate::{
    AudioTexture, BufferFormat, BufferSize, BufferSpec, ImageSource, Pass, PassTarget, SamplerKind,
    SceneError, SceneKind, SceneProgram, ShaderModule, TextureSource,
};

/// Lines of Common begin after this, so that the two texts of a pass keep their lines apart. No
/// text within the size limit has as many.
const COMMON_FIRST_LINE: u32 = 1 << 20;

/// Which text of a Shadertoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TabKind {
    /// Put before each of the others.
    Common,
    /// Buffer A (0) to D (3).
    Buffer(u8),
    /// The picture.
    Image,
}

impl TabKind {
    fn label(self) -> &'static str {
        match self {
            Self::Common => "Common",
            Self::Buffer(0) => "Buffer A",
            Self::Buffer(1) => "Buffer B",
            Self::Buffer(2) => "Buffer C",
            Self::Buffer(_) => "Buffer D",
            Self::Image => "Image",
        }
    }
}

/// What a channel of a pass reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Channel {
    /// Nothing: transparent black.
    #[default]
    Empty,
    /// The sound: 512 bins in the first row, 512 samples in the second.
    Audio,
    /// Buffer A (0) to D (3).
    Buffer(u8),
    /// A picture beside the scene file.
    File(String),
    /// The Show's picture A (0) or B (1).
    Picture(u8),
    /// 256×256 of white noise.
    Noise,
}

/// A channel and how it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSpec {
    /// What it reads.
    pub channel: Channel,
    /// How.
    pub sampler: SamplerKind,
}

impl Default for ChannelSpec {
    fn default() -> Self {
        Self { channel: Channel::Empty, sampler: SamplerKind::LinearClamp }
    }
}

/// One text of a Shadertoy.
#[derive(Clone, Debug, PartialEq)]
pub struct Tab {
    /// Which.
    pub kind: TabKind,
    /// Its GLSL.
    pub code: String,
    /// What its channels read.
    pub channels: [ChannelSpec; 4],
}

/// Whether a text looks like a Shadertoy.
pub fn is_shadertoy(source: &str) -> bool {
    source.contains("mainImage") && !crate::transition::is_transition(source)
}

/// Compiles a single text. It hears the sound on iChannel0 and sees the Show's pictures on 1 and 2
/// and noise on 3.
///
/// # Errors
/// The first fault, at the author's line and column.
pub fn compile(source: &str, name: &str) -> Result<SceneProgram, SceneError> {
    let channel = |channel, sampler| ChannelSpec { channel, sampler };
    let channels = [
        channel(Channel::Audio, SamplerKind::LinearClamp),
        channel(Channel::Picture(0), SamplerKind::LinearRepeat),
        channel(Channel::Picture(1), SamplerKind::LinearRepeat),
        channel(Channel::Noise, SamplerKind::LinearRepeat),
    ];
    compile_tabs(&[Tab { kind: TabKind::Image, code: source.to_owned(), channels }], name)
}

/// Compiles the texts of one Shadertoy.
///
/// # Errors
/// The first fault, at the line and column of its text; the message begins with the text's name
/// when there are several.
pub fn compile_tabs(tabs: &[Tab], name: &str) -> Result<SceneProgram, SceneError> {
    let mut ordered: Vec<&Tab> = tabs.iter().filter(|tab| tab.kind != TabKind::Common).collect();
    ordered.sort_by_key(|tab| tab.kind);
    if ordered.windows(2).any(|pair| matches!(pair, [a, b] if a.kind == b.kind)) {
        return Err(SceneError::whole("the same text is there twice"));
    }
    if ordered.last().is_none_or(|tab| tab.kind != TabKind::Image) {
        return Err(SceneError::whole("there is no Image text"));
    }
    let common = tabs.iter().find(|tab| tab.kind == TabKind::Common).map(|tab| tab.code.as_str());

    let described: Vec<String> =
        tabs.iter().map(|tab| format!("{:?} {:?}\n{}", tab.kind, tab.channels, tab.code)).collect();
    let texts: Vec<&str> = described.iter().map(String::as_str).collect();
    let mut program = foreign::program(SceneKind::Shadertoy, name, &texts);
    program.buffers = buffers(&ordered);
    program.modules.push(foreign::fullscreen_module()?);
    if ordered.iter().any(|tab| tab.channels.iter().any(|spec| spec.channel == Channel::Noise)) {
        add_noise(&mut program)?;
    }
    for tab in ordered {
        add_pass(tab, common, tabs.len() > 1, &mut program)?;
    }
    Ok(program)
}

fn buffers(tabs: &[&Tab]) -> Vec<BufferSpec> {
    let drawn = tabs.iter().filter(|tab| matches!(tab.kind, TabKind::Buffer(_)));
    drawn
        .map(|tab| BufferSpec {
            name: tab.kind.label().to_owned(),
            size: BufferSize::Scaled(1.0),
            format: BufferFormat::Rgba32F,
            persistent: true,
            filter: true,
        })
        .collect()
}

const NOISE_NAME: &str = "noise";
/// Side of the noise, in pixels: what the site's has.
const NOISE_SIZE_PX: u32 = 256;

/// Four bytes of PCG hash per pixel.
const NOISE_WGSL: &str = "
@fragment
fn noise(@builtin(position) at: vec4f) -> @location(0) vec4f {
    let pixel = vec2u(at.xy);
    var state = (pixel.y * 256u + pixel.x) * 747796405u + 2891336453u;
    state = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    state = (state >> 22u) ^ state;
    return unpack4x8unorm(state);
}
";

fn add_noise(program: &mut SceneProgram) -> Result<(), SceneError> {
    program.buffers.push(BufferSpec {
        name: NOISE_NAME.to_owned(),
        size: BufferSize::Fixed([NOISE_SIZE_PX; 2]),
        format: BufferFormat::Rgba8,
        persistent: false,
        filter: true,
    });
    program.modules.push(foreign::wgsl_module(NOISE_NAME, NOISE_WGSL)?);
    program.passes.push(Pass {
        label: NOISE_NAME.to_owned(),
        module: program.modules.len() - 1,
        kind: foreign::fullscreen_draw(0, NOISE_NAME),
        target: PassTarget::Buffer(program.buffers.len() - 1),
        bindings: Vec::new(),
        pass_index: 0,
    });
    Ok(())
}

/// Samples per second that `iSampleRate` tells.
const SAMPLE_RATE_HZ: &str = "48000.0";

fn host_of(tab: &Tab, program: &mut SceneProgram) -> Host {
    let mut host = Host {
        globals: vec![
            HostGlobal::new("vec3", "iResolution", "vec3(jl_frame.size.xy, 1.0)"),
            HostGlobal::new("float", "iTime", "jl_frame.time.x"),
            HostGlobal::new("float", "iGlobalTime", "jl_frame.time.x"),
            HostGlobal::new("float", "iTimeDelta", "jl_frame.time.y"),
            HostGlobal::new("float", "iFrameRate", "1.0 / max(jl_frame.time.y, 0.001)"),
            HostGlobal::new("int", "iFrame", "int(jl_frame.time.z + 0.5)"),
            HostGlobal::new("vec4", "iMouse", "jl_frame.mouse"),
            HostGlobal::new("vec4", "iDate", "jl_frame.date"),
            HostGlobal::new("float", "iSampleRate", SAMPLE_RATE_HZ),
            HostGlobal {
                array: "[4]",
                ..HostGlobal::new("float", "iChannelTime", "float[4](iTime, iTime, iTime, iTime)")
            },
        ],
        ..Host::default()
    };
    let mut sizes = Vec::new();
    for (idx, spec) in tab.channels.iter().enumerate() {
        let buffer = |name: &str| program.buffers.iter().position(|buffer| buffer.name == name);
        let (rows, source) = match &spec.channel {
            Channel::Empty => (Rows::Plain, TextureSource::Black),
            Channel::Audio => (Rows::Plain, TextureSource::Audio(AudioTexture::Shadertoy)),
            Channel::Buffer(letter) => match buffer(TabKind::Buffer(*letter).label()) {
                Some(buffer) => (Rows::TopFirst, TextureSource::Buffer(buffer)),
                None => (Rows::Plain, TextureSource::Black),
            },
            Channel::File(path) => {
                let image = ImageSource::Path(path.clone());
                let known = program.images.iter().position(|other| *other == image);
                let image = known.unwrap_or_else(|| {
                    program.images.push(image);
                    program.images.len() - 1
                });
                (Rows::TopFirst, TextureSource::Imported(image))
            }
            Channel::Picture(letter) => (Rows::TopFirst, TextureSource::Picture(*letter)),
            Channel::Noise => {
                (Rows::TopFirst, buffer(NOISE_NAME).map_or(TextureSource::Black, TextureSource::Buffer))
            }
        };
        let name = format!("iChannel{idx}");
        sizes.push(format!("vec3(jl_size(jl_t_{name}, jl_s_{:?}), 1.0)", spec.sampler));
        host.textures.push(HostTexture { name, rows, source, sampler: spec.sampler, persistent: true });
    }
    let sizes = format!("vec3[4]({})", sizes.join(", "));
    host.globals.push(HostGlobal { array: "[4]", ..HostGlobal::new("vec3", "iChannelResolution", sizes) });
    host
}

fn add_pass(
    tab: &Tab,
    common: Option<&str>,
    several: bool,
    program: &mut SceneProgram,
) -> Result<(), SceneError> {
    let named = |error: SceneError| {
        let (text, line) = match error.line.checked_sub(COMMON_FIRST_LINE) {
            Some(line) => (TabKind::Common, line + 1),
            None => (tab.kind, error.line),
        };
        let message = if several { format!("{}: {}", text.label(), error.message) } else { error.message };
        SceneError { line, message, ..error }
    };
    let target = match tab.kind {
        TabKind::Image | TabKind::Common => PassTarget::Output,
        TabKind::Buffer(_) => {
            let buffer = program.buffers.iter().position(|buffer| buffer.name == tab.kind.label());
            buffer.map_or(PassTarget::Output, PassTarget::Buffer)
        }
    };
    let mut host = host_of(tab, program);
    let compiled = compile_pass(tab, common, target, &mut host).map_err(named)?;
    let bindings = glsl::bindings(&host, &[&compiled], target);
    program.modules.push(ShaderModule::new(tab.kind.label(), &compiled.module));
    program.passes.push(Pass {
        label: tab.kind.label().to_owned(),
        module: program.modules.len() - 1,
        kind: foreign::fullscreen_draw(0, "main"),
        target,
        bindings,
        pass_index: u32::try_from(program.passes.len()).unwrap_or(u32::MAX),
    });
    Ok(())
}

fn compile_pass(
    tab: &Tab,
    common: Option<&str>,
    target: PassTarget,
    host: &mut Host,
) -> Result<glsl::Compiled, SceneError> {
    let mut preprocessor = Preprocessor::default();
    preprocessor.define("GL_ES", "1");
    preprocessor.define("__VERSION__", "300");
    preprocessor.define("HW_PERFORMANCE", "1");
    let mut tokens = Vec::new();
    if let Some(common) = common {
        tokens = glsl::read(&mut preprocessor, common, COMMON_FIRST_LINE)?.0;
    }
    tokens.extend(glsl::read(&mut preprocessor, &tab.code, 1)?.0);
    let unit = glsl::unit(&tokens)?;
    if !unit.has_function("mainImage") {
        return Err(SceneError::whole(
            "the text has no `void mainImage(out vec4 fragColor, in vec2 fragCoord)`",
        ));
    }
    // The sizes read every channel, so only who wants them gets them.
    if !unit.mentions("iChannelResolution") {
        host.globals.retain(|global| global.name != "iChannelResolution");
    }
    let call = "vec4 jl_color = vec4(0.0); mainImage(jl_color, jl_FragCoord.xy);";
    foreign::fragment(&unit, host, call, "jl_color", target, Alpha::Opaque)
}
