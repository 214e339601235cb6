//! Our own scenes: one WGSL file with a small header.
//!
//! The file is plain WGSL. A block comment at its start may hold a TOML header:
//!
//! ```wgsl
//! /*---
//! name = "Ember Field"
//! description = "Sparks over slow smoke; a kick throws a ring of them."
//! author = "You"
//! tags = ["particles", "warm"]
//! # inputs = 1                   # 1: an effect, reads `input`. 2: a transition, reads `from_image` and `to_image`
//!
//! [[param]]
//! name = "speed"                 # params.speed; with `clock` also params.speed_clock, its integral in unit-seconds
//! label = "Speed"                # default: the name in words
//! type = "float"                 # float (default) | choice | bool | event | color | point | image
//! min = 0.0                      # float 0, point [-1, -1]
//! max = 4.0                      # float 1, point [1, 1]
//! default = 1.0
//! clock = true
//!
//! [[buffer]]                     # a texture named `trail`; compute passes write it as `trail_out`
//! name = "trail"
//! scale = 0.5                    # of the render size (default 1), or size = [256, 256]
//! format = "rgba16f"             # rgba16f (default) | rgba8 | rgba32f
//! persistent = true              # keeps last frame; default false
//! filter = true                  # bilinear; default true
//!
//! [[storage]]                    # memory of a simulation, zeroed at the start, kept from frame to frame
//! name = "sparks"                # `sparks` (read_write) in compute passes, `sparks_ro` (read) anywhere
//! type = "Spark"                 # the element, a type of this file
//! count = 4096
//! times = "thousands"            # a float parameter: multiplies the count by its whole part
//!
//! [[pass]]                       # passes run in this order
//! compute = "step"               # an @compute entry point
//! groups = [64, 1, 1]            # or cover = "trail": enough groups to cover that buffer
//!
//! [[pass]]
//! image = "fade"                 # fn fade(p: Pixel) -> vec4f
//! target = "trail"               # a buffer; default: the output
//!
//! [[pass]]
//! vertex = "spark_vertex"        # entry points; the default vertex is the full-screen triangle
//! fragment = "spark_fragment"
//! vertices = 6
//! instances = 4096
//! times = "thousands"            # likewise multiplies the instances, or the groups in x
//! blend = "add"                  # replace (default) | add | add_on_clear | over_on_clear
//! ---*/
//! ```
//!
//! Without any `[[pass]]` there is one: `fn image(p: Pixel) -> vec4f`, or the file's only `@fragment`
//! entry point. Its result is linear light with premultiplied alpha and may exceed 1.
//!
//! The file sees `frame` (`shaders/common/frame.wgsl`), `params` (numbers, switches 0 or 1 and choices as
//! `f32`, points as `vec2f`, colours as sRGB `vec4f`), the textures `audio`, `previous` (its own last
//! output), `picture_a`, `picture_b`, each buffer and each image parameter by name, the samplers `samp`,
//! `samp_repeat`, `samp_mirror`, `samp_nearest`, and every function of `shaders/common`. Our text is
//! appended to the author's, so that every line and column of an error is the author's.

mod declare;
mod header;

use naga::valid::{Capabilities, GlobalUse, ModuleInfo, ValidationFlags, Validator};
use sha2::{Digest, Sha256};

use crate::{
    Binding, BindingKind, BufferSize, FRAME_WGSL, Pass, PassKind, PassTarget, ProgramId, SceneError,
    SceneKind, SceneProgram, ShaderModule, StorageSpec, TONE_WGSL, Workgroups, guard,
};
use declare::Declarations;
use header::{Header, PassHeader};

/// The longest file, in bytes: ten times the longest scene we know.
pub const MAX_SOURCE_BYTES: usize = 256 * 1024;

/// Functions every native scene may call, in the order they are appended.
const COMMON_WGSL: &[&str] = &[
    FRAME_WGSL,
    include_str!("../../../shaders/common/native.wgsl"),
    include_str!("../../../shaders/common/hash.wgsl"),
    include_str!("../../../shaders/common/light.wgsl"),
    include_str!("../../../shaders/common/noise.wgsl"),
    include_str!("../../../shaders/common/shape.wgsl"),
    TONE_WGSL,
];

/// Returns the text every native scene may call, for documentation and completion.
pub fn common_wgsl() -> String {
    COMMON_WGSL.join("\n")
}

/// Compiles one native scene. `name` is used when the header gives none.
///
/// # Errors
/// The first fault of header or WGSL, at the author's line and column; or a limit exceeded.
pub fn compile(source: &str, name: &str) -> Result<SceneProgram, SceneError> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(SceneError::whole(format!(
            "scene {name:?} is {} bytes long, the limit is {MAX_SOURCE_BYTES}",
            source.len()
        )));
    }
    let header = Header::parse(source)?;
    let declarations = Declarations::new(&header)?;
    let passes = if header.passes.is_empty() { vec![default_pass(source)] } else { header.passes.clone() };

    let mut text = String::with_capacity(source.len() + 16 * 1024);
    text.push_str(source);
    text.push('\n');
    for common in COMMON_WGSL {
        text.push_str(common);
        text.push('\n');
    }
    text.push_str(&declarations.wgsl);
    for (i, pass) in passes.iter().enumerate() {
        if let Some(image) = &pass.image {
            text.push_str(&format!(
                "@fragment fn jl_pass_{i}(@builtin(position) at: vec4f) -> @location(0) vec4f {{ return {image}(pixel_at(at.xy)); }}\n"
            ));
        }
    }

    let mut module = naga::front::wgsl::parse_str(&text).map_err(|e| parse_error(source, &e))?;
    // Only what every adapter can do: a scene that compiles here runs everywhere.
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .map_err(|e| validation_error(source, &e))?;

    if let Some(span) = guard::endless_loop(&module) {
        return Err(place(source, guard::ENDLESS.to_owned(), &[(span, String::new())]));
    }

    let storages = storage_specs(&header, &module)?;
    let built = passes
        .iter()
        .enumerate()
        .map(|(i, pass)| build_pass(i, pass, &header, &declarations, &module, &info))
        .collect::<Result<Vec<_>, _>>()?;
    if !built.iter().any(|p| p.target == PassTarget::Output) {
        return Err(SceneError::at(
            source,
            0,
            "no pass draws the output: leave out `target` in the last pass",
        ));
    }
    naga::compact::compact(&mut module, naga::compact::KeepUnused::No);
    guard::bound_loops(&mut module, guard::MAX_LOOP_STEPS);
    guard::check_size(&module)?;

    let num_inputs = header.inputs;
    Ok(SceneProgram {
        id: content_id(source),
        name: header.name.unwrap_or_else(|| name.to_owned()),
        kind: if num_inputs == 2 { SceneKind::Transition } else { SceneKind::Native },
        tags: header.tags,
        author: header.author,
        description: header.description,
        params: header.params,
        computed: Vec::new(),
        buffers: header.buffers,
        storages,
        images: Vec::new(),
        num_inputs,
        output_srgb: false,
        modules: vec![ShaderModule::new(name, &module)],
        passes: built,
    })
}

fn content_id(source: &str) -> ProgramId {
    let mut hash = Sha256::new();
    hash.update(b"jamlight native 1\0");
    for common in COMMON_WGSL {
        hash.update(common.as_bytes());
    }
    hash.update(source.as_bytes());
    let id = hash.finalize().into_iter().take(16).fold(0, |id: u128, byte| id << 8 | u128::from(byte));
    ProgramId(id)
}

fn default_pass(source: &str) -> PassHeader {
    if source.contains("@fragment") {
        PassHeader { fragment: Some(String::new()), ..PassHeader::default() }
    } else {
        PassHeader { image: Some("image".to_owned()), ..PassHeader::default() }
    }
}

fn storage_specs(header: &Header, module: &naga::Module) -> Result<Vec<StorageSpec>, SceneError> {
    let mut layouter = naga::proc::Layouter::default();
    layouter.update(module.to_ctx()).map_err(|e| SceneError::whole(e.to_string()))?;
    header
        .storages
        .iter()
        .map(|storage| {
            let stride = module
                .global_variables
                .iter()
                .find(|(_, global)| global.name.as_deref() == Some(&storage.name))
                .and_then(|(_, global)| match module.types[global.ty].inner {
                    naga::TypeInner::Array { stride, .. } => Some(u64::from(stride)),
                    _ => None,
                })
                .ok_or_else(|| SceneError::whole(format!("storage {:?} has no array type", storage.name)))?;
            let size_bytes = stride * u64::from(storage.count);
            let times = storage.times.as_deref().map(|name| header.times(name)).transpose();
            let times = times.map_err(SceneError::whole)?;
            let most_bytes = size_bytes.saturating_mul(times.map_or(1, |(_, most)| u64::from(most)));
            if most_bytes > header::MAX_STORAGE_BYTES {
                return Err(SceneError::whole(format!(
                    "storage {:?} can take {most_bytes} bytes, the limit is {}",
                    storage.name,
                    header::MAX_STORAGE_BYTES
                )));
            }
            Ok(StorageSpec { name: storage.name.clone(), size_bytes, times: times.map(|(param, _)| param) })
        })
        .collect()
}

fn build_pass(
    i: usize,
    pass: &PassHeader,
    header: &Header,
    declarations: &Declarations,
    module: &naga::Module,
    info: &ModuleInfo,
) -> Result<Pass, SceneError> {
    let fault = |message: String| SceneError { line: pass.line, column: 1, message };
    let target =
        match &pass.target {
            None if pass.compute.is_some() => PassTarget::None,
            None => PassTarget::Output,
            Some(name) => PassTarget::Buffer(header.buffer_idx(name).ok_or_else(|| {
                fault(format!("pass {} draws into {name:?}, which is no [[buffer]]", i + 1))
            })?),
        };
    let find = |name: &str, stage: naga::ShaderStage| {
        module
            .entry_points
            .iter()
            .position(|entry| entry.stage == stage && (entry.name == name || name.is_empty()))
            .ok_or_else(|| fault(format!("pass {} wants {name:?}, which is no {stage:?} entry point", i + 1)))
    };
    let times = header.pass_times(pass).map_err(fault)?;
    let (entries, kind, label) = if let Some(entry) = &pass.compute {
        let idx = find(entry, naga::ShaderStage::Compute)?;
        let workgroups = match (&pass.cover, pass.groups) {
            (Some(name), None) => {
                let buffer = header
                    .buffer_idx(name)
                    .ok_or_else(|| fault(format!("cover = {name:?} is no [[buffer]]")))?;
                let size = module.entry_points.get(idx).map_or([1; 3], |entry| entry.workgroup_size);
                Workgroups::Cover { buffer, group_size: [size[0], size[1]] }
            }
            (None, Some(counts)) => match times {
                Some(param) => Workgroups::Times { counts, param },
                None => Workgroups::Fixed(counts),
            },
            _ => {
                return Err(fault(format!(
                    "compute pass {entry:?} needs either `groups = [x, y, z]` or `cover = \"buffer\"`"
                )));
            }
        };
        (vec![idx], PassKind::Compute { entry: entry.clone(), workgroups }, entry.clone())
    } else {
        let vertex = pass.vertex.clone().unwrap_or_else(|| "fullscreen".to_owned());
        let wanted = if pass.image.is_some() {
            format!("jl_pass_{i}")
        } else {
            pass.fragment.clone().unwrap_or_default()
        };
        let vertex_idx = find(&vertex, naga::ShaderStage::Vertex)?;
        let fragment_idx = find(&wanted, naga::ShaderStage::Fragment)?;
        let fragment =
            module.entry_points.get(fragment_idx).map_or_else(String::new, |entry| entry.name.clone());
        let label = pass.image.clone().unwrap_or_else(|| fragment.clone());
        let kind = PassKind::Draw {
            vertex_module: None,
            vertex,
            fragment,
            vertices: pass.vertices,
            instances: pass.instances,
            times,
            blend: pass.blend,
        };
        (vec![vertex_idx, fragment_idx], kind, label)
    };

    let mut bindings = Vec::new();
    for (handle, global) in module.global_variables.iter() {
        let used = entries.iter().any(|&e| info.get_entry_point(e)[handle] != GlobalUse::empty());
        let Some(known) = global.name.as_deref().and_then(|name| declarations.find(name)) else { continue };
        if used {
            bindings.push(known.binding.clone());
        }
    }
    check_target(&bindings, target, header, &label).map_err(fault)?;
    Ok(Pass { label, module: 0, kind, target, bindings, pass_index: i as u32 })
}

/// A pass may read its own target only where the buffer has a second half to read.
fn check_target(
    bindings: &[Binding],
    target: PassTarget,
    header: &Header,
    label: &str,
) -> Result<(), String> {
    let PassTarget::Buffer(idx) = target else { return Ok(()) };
    let Some(buffer) = header.buffers.get(idx) else { return Ok(()) };
    let reads = bindings
        .iter()
        .any(|b| matches!(b.kind, BindingKind::Texture(crate::TextureSource::Buffer(i)) if i == idx));
    if reads && !buffer.persistent {
        return Err(format!(
            "pass {label:?} reads and draws {:?}: give that buffer `persistent = true`",
            buffer.name
        ));
    }
    if let BufferSize::Scaled(scale) = buffer.size
        && !(scale > 0.0 && scale <= header::MAX_BUFFER_SCALE)
    {
        return Err(format!(
            "buffer {:?} has scale {scale}, it must be in 0–{}",
            buffer.name,
            header::MAX_BUFFER_SCALE
        ));
    }
    Ok(())
}

fn parse_error(source: &str, error: &naga::front::wgsl::ParseError) -> SceneError {
    let mut message = error.message().to_owned();
    for note in error.notes() {
        message.push_str("; ");
        message.push_str(note);
    }
    let spans = error.labels().map(|(span, label)| (span, label.to_owned())).collect::<Vec<_>>();
    place(source, message, &spans)
}

fn validation_error(source: &str, error: &naga::WithSpan<naga::valid::ValidationError>) -> SceneError {
    let mut message = error.as_inner().to_string();
    let mut cause = std::error::Error::source(error.as_inner());
    while let Some(inner) = cause {
        message.push_str(": ");
        message.push_str(&inner.to_string());
        cause = inner.source();
    }
    let spans = error.spans().cloned().collect::<Vec<_>>();
    place(source, message, &spans)
}

/// Puts a fault at the first of its spans that lies in the author's text.
fn place(source: &str, mut message: String, spans: &[(naga::Span, String)]) -> SceneError {
    let own = spans
        .iter()
        .filter_map(|(span, label)| Some((span.to_range()?, label)))
        .find(|(range, _)| range.start < source.len());
    match own {
        Some((range, label)) => {
            if !label.is_empty() && !message.contains(label.as_str()) {
                message = format!("{message} ({label})");
            }
            SceneError::at(source, range.start, message)
        }
        None if message.contains("identifier") && message.contains("image") => SceneError::at(
            source,
            0,
            "no picture: write `fn image(p: Pixel) -> vec4f`, an @fragment entry point, or a [[pass]] in the header",
        ),
        None => SceneError::at(source, 0, message),
    }
}
