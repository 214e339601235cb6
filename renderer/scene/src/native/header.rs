use std::ops::Range;

use serde::Deserialize;
use toml::{Spanned, Value};

use crate::{BufferFormat, BufferSize, BufferSpec, ParamKind, ParamSpec, PassBlend, SceneError};

/// Parameters of one scene: more faders than a panel can show.
const MAX_PARAMS: usize = 64;
/// Buffers of one scene: a pass can bind 16 textures, five of them ours.
const MAX_BUFFERS: usize = 10;
/// Storages of one scene: the portable limit is 8 per stage, each may be bound twice.
const MAX_STORAGES: usize = 4;
/// Passes of one scene.
const MAX_PASSES: usize = 32;
/// One storage, in bytes.
pub(super) const MAX_STORAGE_BYTES: u64 = 64 * 1024 * 1024;
/// A buffer may be this much larger than the picture.
pub(super) const MAX_BUFFER_SCALE: f32 = 2.0;
/// Sides of a fixed buffer, in pixels: what every adapter can do.
const MAX_BUFFER_SIDE: u32 = 8192;
/// Vertices of one instance and instances of one pass.
const MAX_INSTANCES: u32 = 1 << 20;
/// Workgroups in one dimension: the portable limit.
const MAX_GROUPS: u32 = 65_535;

const OPEN: &str = "/*---";
const CLOSE: &str = "---*/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHeader {
    name: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    author: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    inputs: u8,
    #[serde(default)]
    param: Vec<Spanned<RawParam>>,
    #[serde(default)]
    buffer: Vec<Spanned<RawBuffer>>,
    #[serde(default)]
    storage: Vec<Spanned<RawStorage>>,
    #[serde(default)]
    pass: Vec<Spanned<RawPass>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParam {
    name: String,
    label: Option<String>,
    #[serde(default = "float_type", rename = "type")]
    kind: String,
    min: Option<Value>,
    max: Option<Value>,
    default: Option<Value>,
    #[serde(default)]
    clock: bool,
    #[serde(default)]
    options: Vec<String>,
}

fn float_type() -> String {
    "float".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBuffer {
    name: String,
    scale: Option<f32>,
    size: Option<[u32; 2]>,
    format: Option<String>,
    #[serde(default)]
    persistent: bool,
    #[serde(default = "yes")]
    filter: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStorage {
    name: String,
    #[serde(rename = "type")]
    element: String,
    count: u32,
    times: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPass {
    image: Option<String>,
    vertex: Option<String>,
    fragment: Option<String>,
    compute: Option<String>,
    target: Option<String>,
    vertices: Option<u32>,
    instances: Option<u32>,
    blend: Option<String>,
    groups: Option<[u32; 3]>,
    times: Option<String>,
    cover: Option<String>,
}

/// What the header says, checked.
pub(super) struct Header {
    pub(super) name: Option<String>,
    pub(super) description: String,
    pub(super) author: String,
    pub(super) tags: Vec<String>,
    pub(super) inputs: u8,
    pub(super) params: Vec<ParamSpec>,
    pub(super) buffers: Vec<BufferSpec>,
    pub(super) storages: Vec<StorageHeader>,
    pub(super) passes: Vec<PassHeader>,
}

/// One `[[storage]]`.
pub(super) struct StorageHeader {
    pub(super) name: String,
    pub(super) element: String,
    pub(super) count: u32,
    pub(super) times: Option<String>,
}

/// One `[[pass]]`.
#[derive(Clone)]
pub(super) struct PassHeader {
    /// Where the author wrote it.
    pub(super) line: u32,
    pub(super) image: Option<String>,
    pub(super) vertex: Option<String>,
    pub(super) fragment: Option<String>,
    pub(super) compute: Option<String>,
    pub(super) target: Option<String>,
    pub(super) vertices: u32,
    pub(super) instances: u32,
    pub(super) blend: PassBlend,
    pub(super) groups: Option<[u32; 3]>,
    pub(super) times: Option<String>,
    pub(super) cover: Option<String>,
}

impl Default for PassHeader {
    /// A full-screen triangle on the output.
    fn default() -> Self {
        Self {
            line: 1,
            image: None,
            vertex: None,
            fragment: None,
            compute: None,
            target: None,
            vertices: 3,
            instances: 1,
            blend: PassBlend::Replace,
            groups: None,
            times: None,
            cover: None,
        }
    }
}

/// Makes faults at places of the header.
struct Faults<'a> {
    source: &'a str,
    /// Where the TOML starts in the source.
    offset: usize,
}

impl Faults<'_> {
    fn at(&self, span: Range<usize>, message: impl Into<String>) -> SceneError {
        SceneError::at(self.source, self.offset + span.start, message)
    }
}

impl Header {
    /// Reads the header at the start of a file; a file without one has the default header.
    pub(super) fn parse(source: &str) -> Result<Self, SceneError> {
        let lead = source.len() - source.trim_start().len();
        let (offset, text) = match source.get(lead..).and_then(|rest| rest.strip_prefix(OPEN)) {
            None => (0, ""),
            Some(rest) => match rest.find(CLOSE) {
                Some(end) => (lead + OPEN.len(), rest.get(..end).unwrap_or_default()),
                None => {
                    return Err(SceneError::at(
                        source,
                        lead,
                        format!("the header has no end: {CLOSE:?} is missing"),
                    ));
                }
            },
        };
        let faults = Faults { source, offset };
        let raw: RawHeader = toml::from_str(text)
            .map_err(|e| faults.at(e.span().unwrap_or_default(), format!("header: {}", e.message())))?;
        if raw.inputs > 2 {
            return Err(SceneError::at(source, offset, format!("inputs = {}, the most is 2", raw.inputs)));
        }
        for (what, used, limit) in [
            ("params", raw.param.len(), MAX_PARAMS),
            ("buffers", raw.buffer.len(), MAX_BUFFERS),
            ("storages", raw.storage.len(), MAX_STORAGES),
            ("passes", raw.pass.len(), MAX_PASSES),
        ] {
            if used > limit {
                return Err(SceneError::at(source, offset, format!("{used} {what}, the limit is {limit}")));
            }
        }
        Ok(Self {
            name: raw.name,
            description: raw.description,
            author: raw.author,
            tags: raw.tags,
            inputs: raw.inputs,
            params: each(raw.param, &faults, param)?,
            buffers: each(raw.buffer, &faults, buffer)?,
            storages: each(raw.storage, &faults, storage)?,
            passes: each(raw.pass, &faults, pass)?,
        })
    }

    /// Returns the parameter that multiplies a pass.
    pub(super) fn pass_times(&self, pass: &PassHeader) -> Result<Option<usize>, String> {
        let Some(name) = &pass.times else { return Ok(None) };
        let (param, most) = self.times(name)?;
        let (used, limit) = match pass.groups {
            Some(groups) => (groups[0].saturating_mul(most), MAX_GROUPS),
            None => (pass.instances.saturating_mul(most), MAX_INSTANCES),
        };
        if used > limit {
            return Err(format!("times = {name:?} can reach {used}, the limit is {limit}"));
        }
        Ok(Some(param))
    }

    /// Returns the parameter that multiplies something, and its largest value.
    pub(super) fn times(&self, name: &str) -> Result<(usize, u32), String> {
        let param = self.params.iter().enumerate().find(|(_, param)| param.name == name);
        match param.map(|(idx, param)| (idx, &param.kind)) {
            Some((idx, ParamKind::Float { max, .. })) => Ok((idx, max.max(1.0) as u32)),
            _ => Err(format!("times = {name:?} is no float [[param]]")),
        }
    }

    pub(super) fn buffer_idx(&self, name: &str) -> Option<usize> {
        self.buffers.iter().position(|b| b.name == name)
    }
}

fn each<R, T>(
    raws: Vec<Spanned<R>>,
    faults: &Faults<'_>,
    check: impl Fn(R, u32) -> Result<T, String>,
) -> Result<Vec<T>, SceneError> {
    raws.into_iter()
        .map(|raw| {
            let span = raw.span();
            let line = faults.at(span.clone(), "").line;
            check(raw.into_inner(), line).map_err(|message| faults.at(span, message))
        })
        .collect()
}

fn identifier(name: &str) -> Result<(), String> {
    let mut chars = name.chars();
    let head = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
    if head && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') && name.len() <= 64 {
        Ok(())
    } else {
        Err(format!("{name:?} is no name: use a letter, then letters, digits and _, at most 64"))
    }
}

fn number(value: &Value) -> Option<f32> {
    let number = match value {
        Value::Integer(i) => *i as f32,
        Value::Float(f) => *f as f32,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn numbers<const N: usize>(value: &Value) -> Option<[f32; N]> {
    let list = value.as_array()?.iter().map(number).collect::<Option<Vec<_>>>()?;
    list.try_into().ok()
}

fn read<T>(
    name: &str,
    field: &str,
    value: &Option<Value>,
    or: T,
    get: impl Fn(&Value) -> Option<T>,
) -> Result<T, String> {
    match value {
        None => Ok(or),
        Some(value) => {
            get(value).ok_or_else(|| format!("param {name:?}: {field} = {value} does not fit its type"))
        }
    }
}

fn param(raw: RawParam, _line: u32) -> Result<ParamSpec, String> {
    identifier(&raw.name)?;
    let name = raw.name.as_str();
    let kind = match raw.kind.as_str() {
        "float" => {
            let min = read(name, "min", &raw.min, 0.0, number)?;
            let max = read(name, "max", &raw.max, 1.0, number)?;
            if min >= max {
                return Err(format!("param {name:?}: min {min} is not below max {max}"));
            }
            let default = read(name, "default", &raw.default, min, number)?;
            if !(min..=max).contains(&default) {
                return Err(format!("param {name:?}: default {default} is outside {min}–{max}"));
            }
            ParamKind::Float { min, max, default, clock: raw.clock }
        }
        "choice" => {
            if raw.options.is_empty() {
                return Err(format!("param {name:?}: a choice needs options = [\"…\", …]"));
            }
            let default = read(name, "default", &raw.default, 0, |v| {
                v.as_integer().and_then(|i| i32::try_from(i).ok())
            })?;
            let options =
                raw.options.iter().cloned().enumerate().map(|(i, label)| (i as i32, label)).collect();
            ParamKind::Choice { options, default }
        }
        "bool" => ParamKind::Bool { default: read(name, "default", &raw.default, false, Value::as_bool)? },
        "event" => ParamKind::Event,
        "color" => ParamKind::Color { default: read(name, "default", &raw.default, [1.0; 4], numbers::<4>)? },
        "point" => ParamKind::Point {
            min: read(name, "min", &raw.min, [-1.0; 2], numbers::<2>)?,
            max: read(name, "max", &raw.max, [1.0; 2], numbers::<2>)?,
            default: read(name, "default", &raw.default, [0.0; 2], numbers::<2>)?,
        },
        "image" => ParamKind::Image,
        other => {
            return Err(format!(
                "param {name:?}: {other:?} is no type; use float, choice, bool, event, color, point or image"
            ));
        }
    };
    let label = raw.label.unwrap_or_else(|| words(name));
    Ok(ParamSpec { name: raw.name, label, kind })
}

/// `line_width` → "Line width".
fn words(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut chars = spaced.chars();
    chars.next().map_or_else(String::new, |head| head.to_uppercase().chain(chars).collect())
}

fn buffer(raw: RawBuffer, _line: u32) -> Result<BufferSpec, String> {
    identifier(&raw.name)?;
    let size = match (raw.scale, raw.size) {
        (Some(_), Some(_)) => return Err(format!("buffer {:?} has both scale and size", raw.name)),
        (None, Some(size)) if size.iter().all(|side| (1..=MAX_BUFFER_SIDE).contains(side)) => {
            BufferSize::Fixed(size)
        }
        (None, Some(size)) => {
            return Err(format!("buffer {:?} is {size:?}, each side must be 1–{MAX_BUFFER_SIDE}", raw.name));
        }
        (scale, None) => {
            let scale = scale.unwrap_or(1.0);
            if !(scale > 0.0 && scale <= MAX_BUFFER_SCALE) {
                return Err(format!(
                    "buffer {:?} has scale {scale}, it must be above 0, at most {MAX_BUFFER_SCALE}",
                    raw.name
                ));
            }
            BufferSize::Scaled(scale)
        }
    };
    let format = match raw.format.as_deref() {
        None | Some("rgba16f") => BufferFormat::Rgba16F,
        Some("rgba8") => BufferFormat::Rgba8,
        Some("rgba32f") => BufferFormat::Rgba32F,
        Some(other) => {
            return Err(format!(
                "buffer {:?}: {other:?} is no format; use rgba16f, rgba8 or rgba32f",
                raw.name
            ));
        }
    };
    Ok(BufferSpec { name: raw.name, size, format, persistent: raw.persistent, filter: raw.filter })
}

fn storage(raw: RawStorage, _line: u32) -> Result<StorageHeader, String> {
    identifier(&raw.name)?;
    if raw.count == 0 {
        return Err(format!("storage {:?} has no elements", raw.name));
    }
    Ok(StorageHeader { name: raw.name, element: raw.element, count: raw.count, times: raw.times })
}

fn pass(raw: RawPass, line: u32) -> Result<PassHeader, String> {
    let kinds = [raw.image.is_some(), raw.fragment.is_some(), raw.compute.is_some()];
    if kinds.iter().filter(|k| **k).count() != 1 {
        return Err("a pass has exactly one of image, fragment and compute".to_owned());
    }
    let (vertices, instances) = (raw.vertices.unwrap_or(3), raw.instances.unwrap_or(1));
    if !(1..=MAX_INSTANCES).contains(&vertices) || !(1..=MAX_INSTANCES).contains(&instances) {
        return Err(format!("{vertices} vertices × {instances} instances: each must be 1–{MAX_INSTANCES}"));
    }
    if let Some(groups) = raw.groups
        && groups.iter().any(|g| !(1..=MAX_GROUPS).contains(g))
    {
        return Err(format!("groups = {groups:?}: each must be 1–{MAX_GROUPS}"));
    }
    let blend = match raw.blend.as_deref() {
        None | Some("replace") => PassBlend::Replace,
        Some("add") => PassBlend::Add,
        Some("add_on_clear") => PassBlend::AddOnClear,
        Some("over_on_clear") => PassBlend::OverOnClear,
        Some(other) => {
            return Err(format!("{other:?} is no blend; use replace, add, add_on_clear or over_on_clear"));
        }
    };
    if let Some(image) = &raw.image {
        identifier(image)?;
    }
    Ok(PassHeader {
        line,
        image: raw.image,
        vertex: raw.vertex,
        fragment: raw.fragment,
        compute: raw.compute,
        target: raw.target,
        vertices,
        instances,
        blend,
        groups: raw.groups,
        times: raw.times,
        cover: raw.cover,
    })
}
