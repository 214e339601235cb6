//! What the formats from elsewhere share: how their pictures end, and the vertices under them.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use sha2::{Digest, Sha256};

use crate::glsl::{self, Compiled, Host, Stage, Unit};
use crate::{
    Binding, BindingKind, Pass, PassBlend, PassKind, PassTarget, ProgramId, SamplerKind, SceneError,
    SceneKind, SceneProgram, ShaderModule, TextureSource, guard,
};

/// What the alpha of an author's colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alpha {
    /// Colours are not multiplied by it.
    Straight,
    /// It means nothing: the picture covers.
    Opaque,
}

/// The output variables of a fragment stage. Foreign hosts draw into 8 bits, so what is out of range
/// or no number ends here: a comparison with NaN is false.
const FINISH_GLSL: &str = "
layout(location=0) out vec4 jl_out;
vec4 jl_FragColor;
float jl_number(float x) { if (x >= 0.0) { return min(x, 1.0); } return 0.0; }
vec4 jl_finish(vec4 c) { return vec4(jl_number(c.r), jl_number(c.g), jl_number(c.b), jl_number(c.a)); }
";

/// Compiles a fragment stage: `call` runs the author's code and `color` is its result.
pub(crate) fn fragment(
    unit: &Unit,
    host: &Host,
    call: &str,
    color: &str,
    target: PassTarget,
    alpha: Alpha,
) -> Result<Compiled, SceneError> {
    let finish = match (target, alpha) {
        (PassTarget::Output, Alpha::Straight) => format!("jl_finish({color})"),
        (PassTarget::Output, Alpha::Opaque) => format!("vec4(jl_finish({color}).rgb, 1.0)"),
        _ => color.to_owned(),
    };
    let entry = format!("    {call}\n    jl_out = {finish};\n");
    let text = unit.write(host, Stage::Fragment, FINISH_GLSL, &entry)?;
    glsl::compile(&text, Stage::Fragment)
}

/// The triangle that covers a target.
const FULLSCREEN_WGSL: &str = "
@vertex
fn fullscreen(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((i << 1u) & 2u), f32(i & 2u));
    return vec4f(corner * 2.0 - 1.0, 0.0, 1.0);
}
";

/// Shows a buffer that also is the picture. A comparison with NaN is false.
const PRESENT_WGSL: &str = "
struct Frame { size: vec4f }
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var samp: sampler;
@group(0) @binding(2) var<uniform> frame: Frame;

fn read(at: vec4f) -> vec4f {
    let c = textureSampleLevel(picture, samp, at.xy * frame.size.zw, 0.0);
    return select(vec4f(0.0), min(c, vec4f(1.0)), c >= vec4f(0.0));
}

@fragment
fn straight(@builtin(position) at: vec4f) -> @location(0) vec4f {
    return read(at);
}

@fragment
fn opaque(@builtin(position) at: vec4f) -> @location(0) vec4f {
    return vec4f(read(at).rgb, 1.0);
}
";

/// Parses, guards and validates WGSL of ours or made by us.
pub(crate) fn wgsl_module(label: &str, text: &str) -> Result<ShaderModule, SceneError> {
    let mut module = naga::front::wgsl::parse_str(text).map_err(|error| {
        let place = error.location(text);
        let (line, column) = place.map_or((1, 1), |place| (place.line_number, place.line_position));
        SceneError::new(line, column, format!("{label}: {}", error.message()))
    })?;
    guard::bound_loops(&mut module, guard::MAX_LOOP_STEPS);
    guard::check_size(&module)?;
    Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .map_err(|error| SceneError::whole(format!("{label}: {}", error.as_inner())))?;
    naga::compact::compact(&mut module, naga::compact::KeepUnused::No);
    Ok(ShaderModule::new(label, &module))
}

/// Returns the module of [`fullscreen_draw`].
pub(crate) fn fullscreen_module() -> Result<ShaderModule, SceneError> {
    wgsl_module("fullscreen", FULLSCREEN_WGSL)
}

/// A draw of the triangle of module `vertex_module` with a fragment entry point of the pass's own.
pub(crate) fn fullscreen_draw(vertex_module: usize, fragment: &str) -> PassKind {
    PassKind::Draw {
        vertex: "fullscreen".to_owned(),
        vertex_module: Some(vertex_module),
        fragment: fragment.to_owned(),
        vertices: 3,
        instances: 1,
        times: None,
        blend: PassBlend::Replace,
    }
}

/// Adds a pass that shows a buffer as the picture.
pub(crate) fn add_present(
    program: &mut SceneProgram,
    buffer: usize,
    sampler: SamplerKind,
    alpha: Alpha,
) -> Result<(), SceneError> {
    let vertex_module = program.modules.iter().position(|module| module.label == "fullscreen");
    let vertex_module = match vertex_module {
        Some(idx) => idx,
        None => {
            program.modules.push(fullscreen_module()?);
            program.modules.len() - 1
        }
    };
    program.modules.push(wgsl_module("present", PRESENT_WGSL)?);
    let fragment = match alpha {
        Alpha::Straight => "straight",
        Alpha::Opaque => "opaque",
    };
    let kinds = [
        BindingKind::Texture(TextureSource::Buffer(buffer)),
        BindingKind::Sampler(sampler),
        BindingKind::Frame,
    ];
    program.passes.push(Pass {
        label: "present".to_owned(),
        module: program.modules.len() - 1,
        kind: fullscreen_draw(vertex_module, fragment),
        target: PassTarget::Output,
        bindings: kinds
            .into_iter()
            .zip(0..)
            .map(|(kind, binding)| Binding { group: 0, binding, kind })
            .collect(),
        pass_index: u32::try_from(program.passes.len()).unwrap_or(u32::MAX),
    });
    Ok(())
}

/// Returns a name in words for people: `colorSeparation` and `color_separation` are "Color separation".
pub(crate) fn label_of(name: &str) -> String {
    let mut label = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.trim_start_matches('_').chars() {
        let part = if c == '_' { ' ' } else { c };
        if part.is_uppercase() && before.is_lowercase() {
            label.push(' ');
            label.extend(part.to_lowercase());
        } else if label.is_empty() {
            label.extend(part.to_uppercase());
        } else {
            label.push(part);
        }
        before = part;
    }
    label
}

/// Changes whenever this crate makes other programs of the same texts.
const TRANSLATION_VERSION: u32 = 1;

/// Returns the id of a program made of some texts.
pub(crate) fn program_id(kind: SceneKind, texts: &[&str]) -> ProgramId {
    let mut hash = Sha256::new();
    hash.update(format!("jamlight {kind:?} {TRANSLATION_VERSION}\0"));
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    let digest = hash.finalize();
    ProgramId(digest.iter().take(16).fold(0, |id, byte| (id << 8) | u128::from(*byte)))
}

/// An empty program of some texts. Its output is as screens show it, alpha straight, and so are the
/// pictures it reads.
pub(crate) fn program(kind: SceneKind, name: &str, texts: &[&str]) -> SceneProgram {
    SceneProgram {
        id: program_id(kind, texts),
        name: name.to_owned(),
        kind,
        tags: Vec::new(),
        author: String::new(),
        description: String::new(),
        params: Vec::new(),
        computed: Vec::new(),
        buffers: Vec::new(),
        storages: Vec::new(),
        images: Vec::new(),
        num_inputs: 0,
        output_srgb: true,
        modules: Vec::new(),
        passes: Vec::new(),
    }
}
