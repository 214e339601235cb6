//! The Interactive Shader Format, versions 1 and 2: one GLSL file that begins with JSON, and
//! perhaps a vertex shader beside it.
//!
//! An image input named `inputImage` makes a filter, `startImage` and `endImage` make a transition;
//! their `progress` comes from the stage. Colours are as an 8-bit host gives them: encoded, alpha
//! straight, the bottom row first.

mod header;

use crate::foreign::{self, Alpha};
use crate::glsl::{self, Compiled, Host, HostGlobal, HostTexture, Preprocessor, Rows, Stage, Unit};
use crate::{
    AudioTexture, BufferFormat, BufferSize, BufferSpec, ImageSource, ParamKind, Pass, PassBlend, PassKind,
    PassTarget, SamplerKind, SceneError, SceneKind, SceneProgram, ShaderModule, SizeExpr, TextureSource,
};
use header::{Header, Input, InputKind};

/// More pictures than this in one pass are refused: what every GPU binds.
const MAX_TEXTURES: usize = 16;

/// Whether a text looks like ISF: a comment with JSON comes first.
pub fn is_isf(source: &str) -> bool {
    let text = source.trim_start_matches('\u{feff}').trim_start();
    text.strip_prefix("/*").is_some_and(|rest| rest.trim_start_matches('*').trim_start().starts_with('{'))
}

/// Compiles an ISF file. `vs` is the text of the `.vs` file beside it, if there is one; faults in it
/// say so.
///
/// # Errors
/// The first fault, at the author's line and column.
pub fn compile(fs: &str, vs: Option<&str>, name: &str) -> Result<SceneProgram, SceneError> {
    let header = Header::parse(fs)?;
    let unit = parse(fs)?;
    let mut program = foreign::program(SceneKind::Isf, name, &[fs, vs.unwrap_or_default()]);
    program.description.clone_from(&header.description);
    program.author.clone_from(&header.credit);
    program.tags.clone_from(&header.tags);

    let mut host = host_of(&header, &unit, &mut program)?;
    let in_vertex = |error: SceneError| SceneError {
        message: format!("in the vertex shader: {}", error.message),
        ..error
    };
    let vertex = vs.map(|vs| vertex_stage(vs, &mut host).map_err(in_vertex)).transpose()?;
    if vertex.is_none() {
        host.globals.push(HostGlobal::new("vec2", "isf_FragNormCoord", "jl_FragCoord.xy * jl_frame.size.zw"));
    }
    build_passes(&header, &unit, &host, vertex, &mut program)?;
    Ok(program)
}

fn parse(source: &str) -> Result<Unit, SceneError> {
    let mut preprocessor = Preprocessor::default();
    // Texts choose between `varying` and `in` by this.
    preprocessor.define("__VERSION__", "410");
    let (tokens, _) = glsl::read(&mut preprocessor, source, 1)?;
    let unit = glsl::unit(&tokens)?;
    if unit.has_function("main") { Ok(unit) } else { Err(SceneError::whole("the text has no `void main()`")) }
}

/// Fills in parameters, buffers and pictures, and returns what the author's text sees of them.
fn host_of(header: &Header, unit: &Unit, program: &mut SceneProgram) -> Result<Host, SceneError> {
    let image_names: Vec<&str> = header
        .inputs
        .iter()
        .filter(|input| matches!(&input.kind, InputKind::Param(spec) if spec.kind == ParamKind::Image))
        .map(|input| input.name.as_str())
        .collect();
    let is_transition = image_names.contains(&"startImage") && image_names.contains(&"endImage");
    let is_filter = !is_transition && image_names.contains(&"inputImage");
    program.num_inputs = if is_transition { 2 } else { u8::from(is_filter) };

    let mut host = Host {
        globals: vec![
            HostGlobal::new("int", "PASSINDEX", "int(jl_frame.extra.y + 0.5)"),
            HostGlobal::new("vec2", "RENDERSIZE", "jl_frame.size.xy"),
            HostGlobal::new("float", "TIME", "jl_frame.time.x"),
            HostGlobal::new("float", "TIMEDELTA", "jl_frame.time.y"),
            HostGlobal::new("vec4", "DATE", "jl_frame.date"),
            HostGlobal::new("int", "FRAMEINDEX", "int(jl_frame.time.z + 0.5)"),
        ],
        ..Host::default()
    };
    let texture = |name: &str, rows: Rows, source: TextureSource| HostTexture {
        name: name.to_owned(),
        rows,
        source,
        sampler: SamplerKind::LinearClamp,
        persistent: false,
    };
    for Input { name, kind, in_pixels } in &header.inputs {
        match kind {
            InputKind::Audio { width } => {
                let source = TextureSource::Audio(AudioTexture::IsfWave { width: *width });
                host.textures.push(texture(name, Rows::Plain, source));
            }
            InputKind::AudioFft { width } => {
                let source = TextureSource::Audio(AudioTexture::IsfFft { width: *width });
                host.textures.push(texture(name, Rows::Plain, source));
            }
            InputKind::Param(_) if is_transition && name == "progress" => {
                host.globals.push(HostGlobal::new("float", name, "jl_frame.extra.z"));
            }
            InputKind::Param(spec) if spec.kind == ParamKind::Image => {
                let source = match name.as_str() {
                    "inputImage" if is_filter => TextureSource::Input(0),
                    "startImage" if is_transition => TextureSource::Input(0),
                    "endImage" if is_transition => TextureSource::Input(1),
                    _ => {
                        program.params.push(spec.clone());
                        TextureSource::Param(program.params.len() - 1)
                    }
                };
                host.textures.push(texture(name, Rows::TopFirst, source));
            }
            InputKind::Param(spec) => {
                let slot = format!("jl_params.slot[{}]", program.params.len());
                let (ty, value) = match &spec.kind {
                    ParamKind::Float { .. } | ParamKind::Image => ("float", format!("{slot}.x")),
                    ParamKind::Choice { .. } => ("int", format!("int(round({slot}.x))")),
                    ParamKind::Bool { .. } | ParamKind::Event => ("bool", format!("{slot}.x >= 0.5")),
                    ParamKind::Color { .. } => ("vec4", slot),
                    ParamKind::Point { .. } if *in_pixels => {
                        ("vec2", format!("{slot}.xy * jl_frame.size.xy"))
                    }
                    ParamKind::Point { .. } => ("vec2", format!("{slot}.xy")),
                };
                host.globals.push(HostGlobal::new(ty, name, value));
                program.params.push(spec.clone());
            }
        }
    }
    host.num_params = program.params.len();
    for (name, path) in &header.imported {
        program.images.push(ImageSource::Path(path.clone()));
        host.textures.push(texture(name, Rows::TopFirst, TextureSource::Imported(program.images.len() - 1)));
    }
    program.buffers = buffers(header)?;
    for (idx, buffer) in program.buffers.iter().enumerate() {
        host.textures.push(HostTexture {
            persistent: buffer.persistent,
            ..texture(&buffer.name, Rows::TopFirst, TextureSource::Buffer(idx))
        });
    }
    if host.textures.len() > MAX_TEXTURES {
        return Err(SceneError::whole(format!(
            "{} pictures and buffers, the limit is {MAX_TEXTURES}",
            host.textures.len()
        )));
    }
    add_image_variables(unit, &mut host);
    Ok(host)
}

/// Hosts keep more about each picture than the specification says, and some files use it.
fn add_image_variables(unit: &Unit, host: &mut Host) {
    for texture in &host.textures {
        let size = format!("jl_size(jl_t_{}, jl_s_{:?})", texture.name, texture.sampler);
        for (suffix, ty, value) in [
            ("imgRect", "vec4", format!("vec4(0.0, 0.0, {size})")),
            ("imgSize", "vec2", size.clone()),
            ("flip", "bool", "false".to_owned()),
        ] {
            let name = format!("_{}_{suffix}", texture.name);
            if unit.mentions(&name) {
                host.globals.push(HostGlobal::new(ty, &name, value));
            }
        }
    }
}

fn buffers(header: &Header) -> Result<Vec<BufferSpec>, SceneError> {
    let mut buffers: Vec<BufferSpec> = Vec::new();
    for pass in &header.passes {
        let Some(name) = &pass.target else { continue };
        let persistent = pass.persistent || header.persistent.contains(name);
        let size = match (&pass.width, &pass.height) {
            (None, None) => BufferSize::Scaled(1.0),
            (width, height) => BufferSize::Expression {
                width: width.clone().map_or_else(|| SizeExpr::parse("$WIDTH"), Ok)?,
                height: height.clone().map_or_else(|| SizeExpr::parse("$HEIGHT"), Ok)?,
            },
        };
        match buffers.iter_mut().find(|buffer| buffer.name == *name) {
            Some(buffer) => {
                // Written twice in a frame: the second pass reads what the first one wrote.
                buffer.persistent = true;
                if pass.float {
                    buffer.format = BufferFormat::Rgba32F;
                }
            }
            None => buffers.push(BufferSpec {
                name: name.clone(),
                size,
                format: if pass.float { BufferFormat::Rgba32F } else { BufferFormat::Rgba8 },
                persistent,
                filter: true,
            }),
        }
    }
    Ok(buffers)
}

/// Vertices of the quad that a custom vertex shader bends.
const QUAD_VERTICES: u32 = 6;

/// What a vertex text sees beside the host's globals.
const VERTEX_GLSL: &str = "
vec4 jl_Position;
vec4 jl_Vertex;
void isf_vertShaderInit() {
    jl_Position = jl_Vertex;
    isf_FragNormCoord = jl_Vertex.xy * 0.5 + 0.5;
}
";

const VERTEX_ENTRY: &str = "
    jl_author_main();
    gl_Position = jl_Position;
";

fn vertex_stage(source: &str, host: &mut Host) -> Result<Compiled, SceneError> {
    let unit = parse(source)?;
    host.varyings = glsl::collect_varyings(unit.globals())?;
    host.varyings.push(glsl::frag_norm_coord());
    let mut globals = host.globals.clone();
    globals.push(HostGlobal::new("int", "jl_corner", "int(gl_VertexIndex)"));
    let x = "jl_corner == 1 || jl_corner == 4 || jl_corner == 5 ? 1.0 : -1.0";
    let y = "jl_corner == 2 || jl_corner == 3 || jl_corner == 5 ? 1.0 : -1.0";
    globals.push(HostGlobal::new("vec2", "jl_at", format!("vec2({x}, {y})")));
    let vertex_host = Host { globals, functions: VERTEX_GLSL.to_owned(), ..host.clone() };
    let entry = format!("    jl_Vertex = vec4(jl_at, 0.0, 1.0);\n    isf_vertShaderInit();\n{VERTEX_ENTRY}");
    let text = unit.write(&vertex_host, Stage::Vertex, "", &entry)?;
    glsl::compile(&text, Stage::Vertex)
}

fn build_passes(
    header: &Header,
    unit: &Unit,
    host: &Host,
    vertex: Option<Compiled>,
    program: &mut SceneProgram,
) -> Result<(), SceneError> {
    let default_pass = [header::PassHeader::default()];
    let passes = if header.passes.is_empty() { &default_pass[..] } else { &header.passes };
    let targets: Vec<Option<PassTarget>> = passes
        .iter()
        .enumerate()
        .map(|(idx, pass)| match &pass.target {
            Some(name) => {
                program.buffers.iter().position(|buffer| buffer.name == *name).map(PassTarget::Buffer)
            }
            None if idx + 1 == passes.len() => Some(PassTarget::Output),
            // It draws the picture, but a later pass replaces it.
            None => None,
        })
        .collect();

    let color = result_name(unit);
    let stage = |target: PassTarget| {
        foreign::fragment(unit, host, "jl_author_main();", &color, target, Alpha::Straight)
    };
    let wants =
        |output: bool| targets.iter().flatten().any(|target| (*target == PassTarget::Output) == output);
    let to_output = if wants(true) { Some(stage(PassTarget::Output)?) } else { None };
    let to_buffer = if wants(false) { Some(stage(PassTarget::Buffer(0))?) } else { None };

    let mut pending: Vec<(Pass, usize)> = Vec::new();
    for (idx, target) in targets.iter().enumerate() {
        let Some(target) = *target else { continue };
        let Some(fragment) = (if target == PassTarget::Output { &to_output } else { &to_buffer }) else {
            continue;
        };
        let stages: Vec<&Compiled> = vertex.iter().chain([fragment]).collect();
        let bindings = glsl::bindings(host, &stages, target);
        // What a bent quad leaves open stays black.
        let blend = if vertex.is_some() || unit.mentions("discard") {
            PassBlend::AddOnClear
        } else {
            PassBlend::Replace
        };
        let kind = PassKind::Draw {
            vertex: if vertex.is_some() { "main" } else { "fullscreen" }.to_owned(),
            vertex_module: Some(0),
            fragment: "main".to_owned(),
            vertices: if vertex.is_some() { QUAD_VERTICES } else { 3 },
            instances: 1,
            times: None,
            blend,
        };
        let module = if target == PassTarget::Output { 1 } else { 2 };
        let label =
            passes.get(idx).and_then(|pass| pass.target.clone()).unwrap_or_else(|| "output".to_owned());
        let pass_index = u32::try_from(idx).unwrap_or(u32::MAX);
        pending.push((Pass { label, module: 0, kind, target, bindings, pass_index }, module));
    }

    let shader = |label: &str, compiled: Compiled| ShaderModule::new(label, &compiled.module);
    program.modules.push(match vertex {
        Some(vertex) => shader("vertex", vertex),
        None => foreign::fullscreen_module()?,
    });
    let output_idx = program.modules.len();
    program.modules.extend(to_output.map(|compiled| shader("output", compiled)));
    let buffer_idx = program.modules.len();
    program.modules.extend(to_buffer.map(|compiled| shader("buffer", compiled)));
    for (mut pass, module) in pending {
        pass.module = if module == 1 { output_idx } else { buffer_idx };
        program.passes.push(pass);
    }
    match targets.last() {
        // The last pass is the picture even where it also is a buffer.
        Some(Some(PassTarget::Buffer(buffer))) => {
            foreign::add_present(program, *buffer, SamplerKind::LinearClamp, Alpha::Straight)
        }
        _ => Ok(()),
    }
}

/// The variable an author's text leaves its colour in.
fn result_name(unit: &Unit) -> String {
    if unit.mentions("gl_FragColor") {
        return "jl_FragColor".to_owned();
    }
    let own = unit.globals().find(|global| global.storage == glsl::Storage::Out);
    own.map_or_else(|| "jl_FragColor".to_owned(), |global| global.name.text.to_string())
}
