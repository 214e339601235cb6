//! Transitions in the form of gl-transitions: `vec4 transition(vec2 uv)` over `progress`, `ratio`,
//! `getFromColor` and `getToColor`, with parameters as `uniform float power; // = 5.0`.

use crate::foreign::{self, Alpha};
use crate::glsl::{self, Comment, Global, Host, HostGlobal, HostTexture, Preprocessor, Rows, Storage};
use crate::{
    ParamKind, ParamSpec, Pass, PassTarget, SamplerKind, SceneError, SceneKind, SceneProgram, ShaderModule,
    TextureSource,
};

/// Four times the most parameters in the corpus.
const MAX_PARAMS: usize = 64;

/// Whether a text looks like a transition.
pub fn is_transition(source: &str) -> bool {
    source.match_indices("transition").any(|(at, word)| {
        let before = source.get(..at).unwrap_or_default().trim_end();
        let after = source.get(at + word.len()..).unwrap_or_default().trim_start();
        before.ends_with("vec4") && after.starts_with('(')
    })
}

/// Compiles a transition. What it shows at progress 0 and 1 is its author's promise.
///
/// # Errors
/// The first fault, at the author's line and column.
pub fn compile(source: &str, name: &str) -> Result<SceneProgram, SceneError> {
    let mut preprocessor = Preprocessor::default();
    preprocessor.define("GL_ES", "1");
    let (tokens, comments) = glsl::read(&mut preprocessor, source, 1)?;
    let unit = glsl::unit(&tokens)?;
    if !unit.has_function("transition") {
        return Err(SceneError::whole("the text has no `vec4 transition(vec2 uv)`"));
    }
    let mut program = foreign::program(SceneKind::Transition, name, &[source]);
    program.num_inputs = 2;
    program.tags.push("transition".to_owned());
    program.author = tagged(&comments, "author").unwrap_or_default();

    let picture = |name: &str, source: TextureSource| HostTexture {
        name: name.to_owned(),
        rows: Rows::TopFirst,
        source,
        sampler: SamplerKind::LinearClamp,
        persistent: false,
    };
    let mut host = Host {
        textures: vec![
            picture("jl_from", TextureSource::Input(0)),
            picture("jl_to", TextureSource::Input(1)),
        ],
        globals: vec![
            HostGlobal::new("float", "progress", "jl_frame.extra.z"),
            HostGlobal::new("float", "ratio", "jl_frame.size.x * jl_frame.size.w"),
        ],
        functions: INPUTS_GLSL.to_owned(),
        ..Host::default()
    };
    for global in unit.globals().filter(|global| global.storage == Storage::Uniform) {
        let name = &*global.name.text;
        if host.globals.iter().any(|known| known.name == name) {
            continue;
        }
        if global.ty.first().is_some_and(|ty| ty.is("sampler2D")) {
            host.textures.push(picture(name, TextureSource::Param(program.params.len())));
            program.params.push(ParamSpec {
                name: name.to_owned(),
                label: foreign::label_of(name),
                kind: ParamKind::Image,
            });
        } else {
            add_param(global, default_of(global, &comments).as_deref(), &mut host, &mut program)?;
        }
        if program.params.len() > MAX_PARAMS {
            return Err(global.name.pos.error(format!("more than {MAX_PARAMS} parameters")));
        }
    }
    host.num_params = program.params.len();

    let uv = "jl_FragCoord.xy * jl_frame.size.zw";
    let call = format!("vec4 jl_color = transition({uv});");
    let compiled = foreign::fragment(&unit, &host, &call, "jl_color", PassTarget::Output, Alpha::Straight)?;
    let bindings = glsl::bindings(&host, &[&compiled], PassTarget::Output);
    program.modules = vec![foreign::fullscreen_module()?, ShaderModule::new("transition", &compiled.module)];
    program.passes.push(Pass {
        label: "transition".to_owned(),
        module: 1,
        kind: foreign::fullscreen_draw(0, "main"),
        target: PassTarget::Output,
        bindings,
        pass_index: 0,
    });
    Ok(program)
}

const INPUTS_GLSL: &str = "
vec4 getFromColor(vec2 uv) { return jl_tex(jl_t_jl_from, jl_s_LinearClamp, 0, uv); }
vec4 getToColor(vec2 uv) { return jl_tex(jl_t_jl_to, jl_s_LinearClamp, 0, uv); }
";

/// Returns what follows `Author:` in a comment.
fn tagged(comments: &[Comment], tag: &str) -> Option<String> {
    comments.iter().find_map(|comment| {
        let (key, value) = comment.text.trim().split_once(':')?;
        key.trim().eq_ignore_ascii_case(tag).then(|| value.trim().to_owned())
    })
}

/// Returns the text of a default: an initialiser, or what follows `=` in a comment on the same line.
fn default_of(global: &Global, comments: &[Comment]) -> Option<String> {
    if let Some(init) = &global.init {
        return Some(init.iter().map(|token| &*token.text).collect());
    }
    let pos = global.name.pos;
    let beside =
        comments.iter().find(|comment| comment.pos.line == pos.line && comment.pos.column > pos.column)?;
    let value = beside.text.trim().strip_prefix('=')?;
    Some(value.split(';').next().unwrap_or_default().trim().to_owned())
}

/// Reads `0.5`, `true`, `vec3(1.0, 0.5, 0)` or `vec2(1)`.
fn numbers(text: &str, num_parts: usize) -> Option<Vec<f32>> {
    let number = |text: &str| match text.trim() {
        "true" => Some(1.0),
        "false" => Some(0.0),
        text => text.trim_end_matches(['f', 'F']).parse().ok().filter(|number: &f32| number.is_finite()),
    };
    let inside = match text.split_once('(') {
        Some((_, rest)) => rest.split(')').next()?,
        None => text.split_whitespace().next()?,
    };
    let mut parts: Vec<f32> = inside.split(',').map(number).collect::<Option<_>>()?;
    if let [one] = parts.as_slice() {
        parts = vec![*one; num_parts];
    }
    (parts.len() == num_parts).then_some(parts)
}

fn add_param(
    global: &Global,
    default: Option<&str>,
    host: &mut Host,
    program: &mut SceneProgram,
) -> Result<(), SceneError> {
    let name = global.name.text.to_string();
    let (ty, num_parts) = match global.ty.first().map_or("", |ty| &ty.text) {
        "float" => ("float", 1),
        "int" => ("int", 1),
        "bool" => ("bool", 1),
        "vec2" => ("vec2", 2),
        "ivec2" => ("ivec2", 2),
        "vec3" => ("vec3", 3),
        "vec4" => ("vec4", 4),
        other => return Err(global.name.pos.error(format!("a parameter cannot be a {other:?}"))),
    };
    let parts = default.and_then(|text| numbers(text, num_parts)).unwrap_or_else(|| vec![0.0; num_parts]);
    let slot = format!("jl_params.slot[{}]", program.params.len());
    let is_color = num_parts >= 3 && parts.iter().all(|part| (0.0..=1.0).contains(part));
    let (kind, value) = match (parts.as_slice(), ty) {
        ([on], "bool") => (ParamKind::Bool { default: *on >= 0.5 }, format!("{slot}.x >= 0.5")),
        ([number], "int") => (number_kind(*number), format!("int(round({slot}.x))")),
        ([number], _) => (number_kind(*number), format!("{slot}.x")),
        ([x, y], _) => {
            let reach = |part: f32| (2.0 * part.abs()).max(1.0);
            let default = [*x, *y];
            let kind =
                ParamKind::Point { min: default.map(|part| -reach(part)), max: default.map(reach), default };
            (kind, if ty == "ivec2" { format!("ivec2(round({slot}.xy))") } else { format!("{slot}.xy") })
        }
        (&[r, g, b, ref rest @ ..], _) if is_color => {
            let default = [r, g, b, rest.first().copied().unwrap_or(1.0)];
            (ParamKind::Color { default }, if ty == "vec3" { format!("{slot}.xyz") } else { slot })
        }
        _ => {
            // Three or four numbers that are no colour: one parameter each.
            let first = program.params.len();
            for (part, axis) in parts.iter().zip(["x", "y", "z", "w"]) {
                let name = format!("{name}.{axis}");
                program.params.push(ParamSpec {
                    label: foreign::label_of(&name),
                    name,
                    kind: number_kind(*part),
                });
            }
            let slots: Vec<String> =
                (first..first + num_parts).map(|idx| format!("jl_params.slot[{idx}].x")).collect();
            host.globals.push(HostGlobal::new(ty, &name, format!("{ty}({})", slots.join(", "))));
            return Ok(());
        }
    };
    host.globals.push(HostGlobal::new(ty, &name, value));
    program.params.push(ParamSpec { label: foreign::label_of(&name), name, kind });
    Ok(())
}

/// A range around a default, since the format names none: from 0, or as far below, to twice as far.
fn number_kind(default: f32) -> ParamKind {
    let reach = (2.0 * default.abs()).max(1.0);
    ParamKind::Float { min: if default < 0.0 { -reach } else { 0.0 }, max: reach, default, clock: false }
}
