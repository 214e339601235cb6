//! Writes the WGSL of a sketch: one fragment entry point per output, one line per call.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Call, Chain, FunctionKind, Input, MAX_COMPUTED, Render, Sketch, SourcePicture, Texture, limit};
use crate::foreign;
use crate::{
    Binding, BindingKind, BufferFormat, BufferSize, BufferSpec, ComputedParam, DEFAULT_ARRAY_BPM, Expr,
    ParamKind, ParamSpec, Pass, PassTarget, SamplerKind, SceneError, SceneKind, SceneProgram, TextureSource,
    Var,
};

const FUNCTIONS_WGSL: &str = include_str!("../../../../shaders/common/hydra.wgsl");

/// Bindings: the outputs, then the sources, then the samplers.
const FIRST_OUTPUT: u32 = 2;
const FIRST_SOURCE: u32 = 6;
const NEAREST: u32 = 10;
const LINEAR: u32 = 11;

pub(super) fn program(sketch: &Sketch) -> Result<SceneProgram, SceneError> {
    let mut writer = Writer {
        sketch,
        computed: Vec::new(),
        reads: BTreeSet::new(),
        code: String::new(),
        num_names: 0,
        output: 0,
    };
    let mut entries = String::new();
    let mut drawn = Vec::new();
    for (chain, output) in sketch.outputs.iter().zip(0u8..) {
        let Some(chain) = chain else { continue };
        writer.output = output;
        writer.reads.clear();
        writer.code.clear();
        let color = writer.chain(chain, "st");
        let _ =
            write!(entries, "{}{}    return {color};\n}}\n", entry_head(&format!("o{output}")), writer.code);
        drawn.push((output, writer.reads.clone()));
    }
    let shown: Vec<u8> = match sketch.render {
        Render::Output(output) => vec![output],
        Render::All => vec![0, 1, 2, 3],
    };
    entries.push_str(&show_entry(sketch.render));
    let computed = writer.computed;
    limit("numbers that change", computed.len(), MAX_COMPUTED)
        .map_err(|error| SceneError::whole(error.to_string()))?;

    let num_params = sketch.params.len() + computed.len();
    let text = format!("{}{FUNCTIONS_WGSL}\n{entries}", head(num_params.max(1), sketch.speed));
    let described = format!("{computed:?} {:?} {:?}", sketch.sources, sketch.params);
    let mut program = foreign::program(SceneKind::Hydra, &sketch.name, &[&text, &described]);
    program.modules = vec![foreign::fullscreen_module()?, foreign::wgsl_module("chain", &text)?];
    program.params.clone_from(&sketch.params);
    for (idx, expr) in computed.into_iter().enumerate() {
        program.computed.push(ComputedParam { param: program.params.len(), expr });
        program.params.push(ParamSpec {
            name: format!("number {}", idx + 1),
            label: format!("Number {}", idx + 1),
            kind: ParamKind::Float { min: f32::MIN, max: f32::MAX, default: 0.0, clock: false },
        });
    }
    // Outputs that nobody draws stay what they begin as: black.
    program.buffers = drawn.iter().map(|(output, _)| buffer(*output)).collect();
    let sources = source_textures(sketch, &mut program);
    for (output, reads) in &drawn {
        let target = program.buffers.iter().position(|buffer| buffer.name == format!("o{output}"));
        let target = target.map_or(PassTarget::Output, PassTarget::Buffer);
        add_pass(&format!("o{output}"), target, reads, &sources, &mut program);
    }
    let reads = shown.into_iter().map(Texture::Output).collect();
    add_pass("show", PassTarget::Output, &reads, &sources, &mut program);
    Ok(program)
}

fn head(num_params: usize, speed: f64) -> String {
    let mut text = format!(
        "struct Frame {{ size: vec4f, time: vec4f }}
@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> params: array<vec4f, {num_params}>;
@group(0) @binding({NEAREST}) var nearest: sampler;
@group(0) @binding({LINEAR}) var linear: sampler;
fn environment() -> HydraEnv {{ return HydraEnv(frame.time.x * {}, frame.size.xy); }}
",
        literal(speed)
    );
    for idx in 0..super::NUM_OUTPUTS {
        let (output, source) = (FIRST_OUTPUT + u32::from(idx), FIRST_SOURCE + u32::from(idx));
        let _ = write!(
            text,
            "@group(0) @binding({output}) var tex_o{idx}: texture_2d<f32>;
@group(0) @binding({source}) var tex_s{idx}: texture_2d<f32>;
fn look_o{idx}(st: vec2f) -> vec4f {{ return textureSampleLevel(tex_o{idx}, nearest, vec2f(st.x, 1.0 - st.y), 0.0); }}
fn look_s{idx}(st: vec2f) -> vec4f {{ return textureSampleLevel(tex_s{idx}, linear, vec2f(st.x, 1.0 - st.y), 0.0); }}
"
        );
    }
    text
}

fn entry_head(name: &str) -> String {
    format!(
        "@fragment
fn {name}(@builtin(position) at: vec4f) -> @location(0) vec4f {{
    let env = environment();
    let st = vec2f(at.x, frame.size.y - at.y) * frame.size.zw;
"
    )
}

fn show_entry(render: Render) -> String {
    let body = match render {
        Render::Output(output) => format!("    let c = look_o{output}(st);\n"),
        Render::All => "    let quarter = fract(st * 2.0);
    let left = select(look_o1(quarter), look_o0(quarter), st.y >= 0.5);
    let right = select(look_o3(quarter), look_o2(quarter), st.y >= 0.5);
    let c = select(left, right, st.x >= 0.5);
"
        .to_owned(),
    };
    format!("{}{body}    return vec4f(c.rgb, 1.0);\n}}\n", entry_head("show"))
}

fn buffer(output: u8) -> BufferSpec {
    BufferSpec {
        name: format!("o{output}"),
        size: BufferSize::Scaled(1.0),
        format: BufferFormat::Rgba8,
        persistent: true,
        filter: false,
    }
}

fn source_textures(sketch: &Sketch, program: &mut SceneProgram) -> Vec<TextureSource> {
    let texture = |picture: &SourcePicture| match picture {
        SourcePicture::Empty => TextureSource::Black,
        SourcePicture::Show(side) => TextureSource::Picture(*side),
        SourcePicture::File(image) => {
            program.images.push(image.clone());
            TextureSource::Imported(program.images.len() - 1)
        }
    };
    sketch.sources.iter().map(texture).collect()
}

fn add_pass(
    entry: &str,
    target: PassTarget,
    reads: &BTreeSet<Texture>,
    sources: &[TextureSource],
    program: &mut SceneProgram,
) {
    let mut kinds = vec![(0, BindingKind::Frame)];
    if !program.computed.is_empty() {
        kinds.push((1, BindingKind::Params));
    }
    for texture in reads {
        let (binding, source) = match texture {
            Texture::Output(idx) => {
                let buffer = program.buffers.iter().position(|buffer| buffer.name == format!("o{idx}"));
                (FIRST_OUTPUT + u32::from(*idx), buffer.map_or(TextureSource::Black, TextureSource::Buffer))
            }
            Texture::Source(idx) => {
                let source = sources.get(usize::from(*idx)).cloned().unwrap_or(TextureSource::Black);
                (FIRST_SOURCE + u32::from(*idx), source)
            }
        };
        kinds.push((binding, BindingKind::Texture(source)));
    }
    if reads.iter().any(|texture| matches!(texture, Texture::Output(_))) {
        kinds.push((NEAREST, BindingKind::Sampler(SamplerKind::NearestRepeat)));
    }
    if reads.iter().any(|texture| matches!(texture, Texture::Source(_))) {
        kinds.push((LINEAR, BindingKind::Sampler(SamplerKind::LinearRepeat)));
    }
    program.passes.push(Pass {
        label: entry.to_owned(),
        module: 1,
        kind: foreign::fullscreen_draw(0, entry),
        target,
        bindings: kinds.into_iter().map(|(binding, kind)| Binding { group: 0, binding, kind }).collect(),
        pass_index: u32::try_from(program.passes.len()).unwrap_or(u32::MAX),
    });
}

/// A constant as WGSL. It is finite; a float holds it after clamping.
fn literal(number: f64) -> String {
    let number = number.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
    format!("({number:?}f)")
}

struct Writer<'a> {
    sketch: &'a Sketch,
    /// What becomes parameters, each once.
    computed: Vec<Expr>,
    /// Textures the output at hand reads.
    reads: BTreeSet<Texture>,
    code: String,
    num_names: usize,
    /// The output at hand, for `prev()`.
    output: u8,
}

impl Writer<'_> {
    /// Writes a chain at coordinates `st` and returns the name of its colour.
    fn chain(&mut self, chain: &Chain, st: &str) -> String {
        // Coordinates are made from the last call to the source, colours from the source to the last.
        let mut st = st.to_owned();
        let mut color = String::new();
        let mut pending: Vec<(&Call, String)> = Vec::new();
        for call in chain.calls.iter().rev() {
            match call.function.kind {
                FunctionKind::Source => color = self.source(call, &st),
                FunctionKind::Coord => st = self.call(call, &[&st]),
                FunctionKind::Modulate => {
                    let texture = self.input(call, &st);
                    st = self.call(call, &[&st, &texture]);
                }
                FunctionKind::Color | FunctionKind::Combine => pending.push((call, st.clone())),
            }
        }
        for (call, st) in pending.into_iter().rev() {
            color = if call.function.kind == FunctionKind::Combine {
                let texture = self.input(call, &st);
                self.call(call, &[&color, &texture])
            } else {
                self.call(call, &[&color])
            };
        }
        color
    }

    fn source(&mut self, call: &Call, st: &str) -> String {
        match call.function.name {
            "src" => self.input(call, st),
            "prev" => self.look(Texture::Output(self.output), st),
            _ => self.call(call, &[st]),
        }
    }

    fn input(&mut self, call: &Call, st: &str) -> String {
        match &call.texture {
            Some(Input::Texture(texture)) => self.look(*texture, st),
            Some(Input::Chain(chain)) => self.chain(chain, st),
            None => "vec4f()".to_owned(),
        }
    }

    fn look(&mut self, texture: Texture, st: &str) -> String {
        self.reads.insert(texture);
        match texture {
            Texture::Output(idx) => self.line(&format!("look_o{idx}({st})")),
            Texture::Source(idx) => self.line(&format!("look_s{idx}({st})")),
        }
    }

    fn call(&mut self, call: &Call, before: &[&str]) -> String {
        let mut args: Vec<String> = before.iter().map(|arg| (*arg).to_owned()).collect();
        args.push("env".to_owned());
        for number in &call.numbers {
            args.push(self.number(number));
        }
        self.line(&format!("hydra_{}({})", call.function.name, args.join(", ")))
    }

    fn number(&mut self, number: &Expr) -> String {
        if let Some(constant) = number.as_constant() {
            return literal(constant);
        }
        let expr = self.timed(number);
        let known = self.computed.iter().position(|other| *other == expr);
        let idx = known.unwrap_or_else(|| {
            self.computed.push(expr);
            self.computed.len() - 1
        });
        format!("params[{}].x", self.sketch.params.len() + idx)
    }

    /// The sketch's own time and tempo, written into an expression.
    fn timed(&self, expr: &Expr) -> Expr {
        let Sketch { speed, bpm, .. } = *self.sketch;
        expr.map(&mut |expr| match expr {
            Expr::Var(Var::Time) if speed != 1.0 => Expr::Binary(
                crate::BinaryOp::Multiply,
                Box::new(Expr::Var(Var::Time)),
                Box::new(Expr::Number(speed)),
            ),
            Expr::Var(Var::Bpm) => Expr::Number(bpm),
            Expr::Steps(mut steps) => {
                steps.fast *= speed * bpm / DEFAULT_ARRAY_BPM;
                Expr::Steps(steps)
            }
            other => other,
        })
    }

    fn line(&mut self, value: &str) -> String {
        let name = format!("v{}", self.num_names);
        self.num_names += 1;
        let _ = writeln!(self.code, "    let {name} = {value};");
        name
    }
}
