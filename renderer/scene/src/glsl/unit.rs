//! From items to a module: the host's declarations, the author's text rewritten for naga, and an
//! entry point of ours that calls the author's.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::emit::Emitter;
use super::parse::{Function, Global, Item, Storage};
use super::rewrite::{self, Scope};
use super::token::Token;
use super::{body, varying, words};
use crate::{SamplerKind, SceneError, TextureSource};

pub(crate) use super::varying::Varying;

/// Which row of a picture comes first. To GLSL row 0 is the bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// The top one: all that is drawn or loaded.
    TopFirst = 0,
    /// Data without a top: rows as they are.
    Plain = 1,
}

/// A picture the host gives to the author under a name.
#[derive(Clone, Debug)]
pub(crate) struct HostTexture {
    pub(crate) name: String,
    pub(crate) rows: Rows,
    pub(crate) source: TextureSource,
    pub(crate) sampler: SamplerKind,
    /// Whether it is a pair of buffers: one can be read while the other is drawn.
    pub(crate) persistent: bool,
}

/// A variable the host sets before the author's `main`.
#[derive(Clone, Debug)]
pub(crate) struct HostGlobal {
    pub(crate) ty: &'static str,
    pub(crate) name: String,
    /// `[4]` for an array, else empty.
    pub(crate) array: &'static str,
    /// GLSL over `jl_frame` and `jl_params`.
    pub(crate) value: String,
}

impl HostGlobal {
    pub(crate) fn new(ty: &'static str, name: &str, value: impl Into<String>) -> Self {
        let name = words::renamed(name).unwrap_or(name).to_owned();
        Self { ty, name, array: "", value: value.into() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Vertex,
    Fragment,
}

/// What a format gives its authors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    pub(crate) textures: Vec<HostTexture>,
    pub(crate) globals: Vec<HostGlobal>,
    pub(crate) num_params: usize,
    /// Functions of the format, in GLSL, after the globals.
    pub(crate) functions: String,
    /// What crosses from vertex to fragment.
    pub(crate) varyings: Vec<Varying>,
}

/// Binding of the first texture; sampler kinds follow the textures.
pub(crate) const FIRST_TEXTURE_BINDING: u32 = 2;

impl Host {
    pub(crate) fn texture_binding(&self, idx: usize) -> u32 {
        FIRST_TEXTURE_BINDING + idx as u32
    }

    /// Sampler kinds in use, in the order of their bindings.
    pub(crate) fn samplers(&self) -> Vec<SamplerKind> {
        let mut kinds = Vec::new();
        for texture in &self.textures {
            if !kinds.contains(&texture.sampler) {
                kinds.push(texture.sampler);
            }
        }
        kinds
    }

    pub(crate) fn sampler_binding(&self, idx: usize) -> u32 {
        FIRST_TEXTURE_BINDING + (self.textures.len() + idx) as u32
    }

    fn declare(&self, stage: Stage, out: &mut Emitter) {
        out.ours(FRAME_GLSL);
        out.ours(&format!(
            "layout(std140, set=0, binding=1) uniform JlParams {{ vec4 slot[{}]; }} jl_params;\n",
            self.num_params.max(1)
        ));
        for (idx, texture) in self.textures.iter().enumerate() {
            let binding = self.texture_binding(idx);
            out.ours(&format!("layout(set=0, binding={binding}) uniform texture2D jl_t_{};\n", texture.name));
        }
        for (idx, kind) in self.samplers().into_iter().enumerate() {
            let binding = self.sampler_binding(idx);
            out.ours(&format!("layout(set=0, binding={binding}) uniform sampler jl_s_{kind:?};\n"));
        }
        if !self.textures.is_empty() {
            out.ours(TEXTURE_GLSL);
        }
        if stage == Stage::Fragment {
            out.ours("vec4 jl_FragCoord;\n");
        }
        for global in &self.globals {
            out.ours(&format!("{} {}{};\n", global.ty, global.name, global.array));
        }
        varying::declare(&self.varyings, stage, out);
        out.ours(&self.functions);
    }
}

const VERSION_GLSL: &str = "#version 450 core\n";

/// The head of [`crate::FrameUniform`] and what foreign formats need of it.
const FRAME_GLSL: &str = "
layout(std140, set=0, binding=0) uniform JlFrame {
    vec4 size; vec4 time; vec4 beat; vec4 all; vec4 bass; vec4 mid; vec4 mid_high; vec4 high;
    vec4 beat_hit; vec4 onset; vec4 kick; vec4 snare; vec4 hat; vec4 drop;
    vec4 mood; vec4 key; vec4 mouse; vec4 date; vec4 extra;
} jl_frame;
";

/// Reading pictures. Levels are explicit: pictures have one, and implicit ones are not allowed in
/// branches.
const TEXTURE_GLSL: &str = "
vec4 jl_tex(texture2D t, sampler s, int rows, vec2 uv) {
    if (rows == 0) { uv.y = 1.0 - uv.y; }
    return textureLod(sampler2D(t, s), uv, 0.0);
}
ivec2 jl_isize(texture2D t, sampler s) { return textureSize(sampler2D(t, s), 0); }
vec2 jl_size(texture2D t, sampler s) { return vec2(jl_isize(t, s)); }
vec4 jl_px(texture2D t, sampler s, int rows, vec2 px) { return jl_tex(t, s, rows, px / jl_size(t, s)); }
vec4 jl_texproj(texture2D t, sampler s, int rows, vec3 p) { return jl_tex(t, s, rows, p.xy / p.z); }
vec4 jl_texproj(texture2D t, sampler s, int rows, vec4 p) { return jl_tex(t, s, rows, p.xy / p.w); }
vec4 jl_texel(texture2D t, sampler s, int rows, ivec2 p) {
    ivec2 size = jl_isize(t, s);
    if (p.x < 0 || p.y < 0 || p.x >= size.x || p.y >= size.y) { return vec4(0.0); }
    if (rows == 0) { p.y = size.y - 1 - p.y; }
    return texelFetch(sampler2D(t, s), p, 0);
}
";

/// Powers of negative numbers are undefined in GLSL, yet drivers that multiply out constant exponents
/// made them work, and authors rely on it. Here they are what a multiplication gives.
const POW_GLSL: &str = "
float jl_pow(float x, float y) {
    float p = pow(abs(x), y);
    if (x < 0.0 && fract(y * 0.5) == 0.5) { p = -p; }
    return p;
}
vec2 jl_pow(vec2 x, vec2 y) { return vec2(jl_pow(x.x, y.x), jl_pow(x.y, y.y)); }
vec3 jl_pow(vec3 x, vec3 y) { return vec3(jl_pow(x.xy, y.xy), jl_pow(x.z, y.z)); }
vec4 jl_pow(vec4 x, vec4 y) { return vec4(jl_pow(x.xy, y.xy), jl_pow(x.zw, y.zw)); }
";

/// An author's text, split and ready to be written out for any stage and target.
pub(crate) struct Unit {
    pub(crate) items: Vec<Item>,
}

impl Unit {
    /// Whether the text defines a function.
    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.functions().any(|function| function.name.is(name))
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.items.iter().filter_map(|item| match item {
            Item::Function(function) => Some(function),
            _ => None,
        })
    }

    pub(crate) fn globals(&self) -> impl Iterator<Item = &Global> {
        self.items.iter().filter_map(|item| match item {
            Item::Global(global) => Some(global),
            _ => None,
        })
    }

    /// Whether a word stands anywhere in the text.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        let within = |tokens: &[Token]| tokens.iter().any(|token| token.is(word));
        self.items.iter().any(|item| match item {
            Item::Function(function) => within(&function.body),
            Item::Struct(tokens) => within(tokens),
            Item::Global(global) => {
                within(&global.ty) || global.init.as_ref().is_some_and(|init| within(init))
            }
        })
    }

    /// Writes the unit for one stage. `entry` is the body of `main` after everything is set;
    /// `declare` is what it needs declared.
    pub(crate) fn write(
        &self,
        host: &Host,
        stage: Stage,
        declare: &str,
        entry: &str,
    ) -> Result<Emitter, SceneError> {
        let mut out = Emitter::default();
        out.ours(VERSION_GLSL);
        if self.mentions("pow") {
            out.ours(POW_GLSL);
        }
        host.declare(stage, &mut out);
        out.ours(declare);
        let host_names: HashSet<&str> = host.globals.iter().map(|global| global.name.as_str()).collect();

        let mut scope = Scope::new(host, self.functions());
        let mut start = Emitter::default();
        for item in &self.items {
            match item {
                Item::Struct(tokens) => {
                    out.tokens(&rewrite::rename(tokens));
                    out.ours(";\n");
                }
                Item::Global(global) => {
                    write_global(global, host, &host_names, &mut scope, &mut out, &mut start)?
                }
                Item::Function(_) => {}
            }
        }
        for function in in_call_order(self.functions().collect()) {
            scope.write_function(function, &mut out)?;
        }
        out.ours("void main() {\n");
        if stage == Stage::Fragment {
            out.ours("    jl_FragCoord = vec4(gl_FragCoord.x, jl_frame.size.y - gl_FragCoord.y, gl_FragCoord.zw);\n");
        }
        for global in &host.globals {
            out.ours(&format!("    {} = {};\n", global.name, global.value));
        }
        if stage == Stage::Fragment {
            varying::copy_in(&host.varyings, &mut out);
        }
        out.append(start);
        out.ours(entry);
        if stage == Stage::Vertex {
            varying::copy_out(&host.varyings, &mut out);
        }
        out.ours("}\n");
        Ok(out)
    }
}

/// Writes one global. Its value moves to the start of `main` unless naga can compute it: uniforms
/// are only known there.
fn write_global(
    global: &Global,
    host: &Host,
    host_names: &HashSet<&str>,
    scope: &mut Scope<'_>,
    out: &mut Emitter,
    start: &mut Emitter,
) -> Result<(), SceneError> {
    let name = words::renamed(&global.name.text).unwrap_or(&global.name.text);
    if host_names.contains(name) || host.varyings.iter().any(|varying| varying.name == name) {
        return Ok(());
    }
    if global.ty.first().is_some_and(|ty| ty.text.starts_with("sampler")) {
        return if host.textures.iter().any(|texture| texture.name == name) {
            Ok(())
        } else {
            Err(global.name.pos.error(format!("the sampler {name:?} has no picture: declare it as an input")))
        };
    }
    if let ([ty], []) = (global.ty.as_slice(), global.array.as_slice()) {
        scope.types.note(&global.name.text, &ty.text);
    }
    // `float a[] = …` is as long as its list.
    let ty = sized(&global.ty, global.init.as_deref());
    let array = sized(&global.array, global.init.as_deref());
    let declare = |out: &mut Emitter| {
        out.tokens(&ty);
        out.token(&rewrite::renamed_token(&global.name));
        out.tokens(&array);
    };
    let Some(init) = &global.init else {
        declare(out);
        out.ours(";\n");
        return Ok(());
    };
    let constant = scope.is_constant(init, &HashMap::new());
    if global.storage == Storage::Const && constant {
        scope.constants.insert(global.name.text.clone());
        out.ours("const ");
        declare(out);
        out.ours(" = ");
        out.tokens(&scope.expression(init)?);
        out.ours(";\n");
        return Ok(());
    }
    declare(out);
    if constant {
        out.ours(" = ");
        out.tokens(&scope.expression(init)?);
        out.ours(";\n");
        return Ok(());
    }
    out.ours(";\n");
    start.ours("    ");
    start.token(&rewrite::renamed_token(&global.name));
    start.ours(" = ");
    start.tokens(&scope.expression(init)?);
    start.ours(";\n");
    Ok(())
}

/// Fills in the length of an array that leaves it to its list.
fn sized(tokens: &[Token], init: Option<&[Token]>) -> Vec<Token> {
    let mut out = rewrite::rename(tokens);
    let empty =
        out.windows(2).position(|pair| matches!(pair, [open, close] if open.is("[") && close.is("]")));
    let list =
        init.and_then(|init| init.get(init.iter().position(|token| token.is("(") || token.is("{"))?..));
    if let (Some(open), Some(length)) = (empty, list.and_then(body::array_length))
        && let Some(pos) = out.get(open).map(|token| token.pos)
    {
        out.insert(open + 1, Token::number(length, pos));
    }
    out
}

/// Puts callees before callers, as naga's modules want them; else the author's order stays.
fn in_call_order(functions: Vec<&Function>) -> Vec<&Function> {
    let mut by_name: HashMap<Rc<str>, Vec<usize>> = HashMap::new();
    for (idx, function) in functions.iter().enumerate() {
        by_name.entry(function.name.text.clone()).or_default().push(idx);
    }
    let callees: Vec<Vec<usize>> = functions
        .iter()
        .enumerate()
        .map(|(caller, function)| {
            let names = function.body.windows(2).filter_map(|pair| match pair {
                [name, open] if open.is("(") && name.is_word() => by_name.get(&name.text),
                _ => None,
            });
            // An overload that stands before the caller is the one it means; one that only follows was
            // announced by a prototype.
            let mut found: Vec<usize> = names
                .filter(|overloads| !overloads.iter().any(|callee| *callee < caller))
                .flatten()
                .copied()
                .collect();
            found.sort_unstable();
            found.dedup();
            found
        })
        .collect();
    let mut done = vec![false; functions.len()];
    let mut order = Vec::with_capacity(functions.len());
    for root in 0..functions.len() {
        // A stack of (function, next callee): depth-first without recursion.
        let mut stack = vec![(root, 0)];
        while let Some((idx, next)) = stack.pop() {
            if done.get(idx).copied().unwrap_or(true) {
                continue;
            }
            match callees.get(idx).and_then(|list| list.get(next)) {
                Some(callee) => {
                    stack.push((idx, next + 1));
                    // A cycle is left for naga to refuse.
                    if !stack.iter().any(|(open, _)| open == callee) {
                        stack.push((*callee, 0));
                    }
                }
                None => {
                    if let Some(flag) = done.get_mut(idx) {
                        *flag = true;
                    }
                    order.extend(functions.get(idx).copied());
                }
            }
        }
    }
    order
}
