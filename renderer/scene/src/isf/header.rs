use serde_json::{Map, Value};

use crate::foreign::label_of;
use crate::{ParamKind, ParamSpec, SceneError, SizeExpr};

/// Four times the most inputs in the corpus.
const MAX_INPUTS: usize = 128;
/// Four times the most passes in the corpus.
const MAX_PASSES: usize = 64;
/// Pictures a scene may bring.
const MAX_IMPORTED: usize = 16;
/// Options of one list.
const MAX_OPTIONS: usize = 256;
/// Samples or bins of sound, when the author names no width.
const DEFAULT_AUDIO_WIDTH: u32 = 512;
/// The widest sound texture, in samples or bins.
const MAX_AUDIO_WIDTH: u32 = 2048;

/// What an ISF file says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    pub(super) description: String,
    pub(super) credit: String,
    pub(super) tags: Vec<String>,
    pub(super) inputs: Vec<Input>,
    pub(super) passes: Vec<PassHeader>,
    /// Name and path.
    pub(super) imported: Vec<(String, String)>,
    /// ISF 1: names of buffers kept from frame to frame.
    pub(super) persistent: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) kind: InputKind,
    /// A point without a range: 0–1 for a person, pixels for the text.
    pub(super) in_pixels: bool,
}

#[derive(Clone, Debug)]
pub(super) enum InputKind {
    Param(ParamSpec),
    Audio { width: u32 },
    AudioFft { width: u32 },
}

#[derive(Clone, Debug, Default)]
pub(super) struct PassHeader {
    pub(super) target: Option<String>,
    pub(super) persistent: bool,
    pub(super) float: bool,
    pub(super) width: Option<SizeExpr>,
    pub(super) height: Option<SizeExpr>,
}

impl Header {
    /// Reads the JSON of the comment that begins a file.
    pub(super) fn parse(source: &str) -> Result<Self, SceneError> {
        let fail = |at: usize, message: &str| SceneError::at(source, at, message);
        let open = source
            .find("/*")
            .ok_or_else(|| fail(0, "an ISF file begins with a comment that holds JSON: /*{ … }*/"))?;
        let before = source.get(..open).unwrap_or_default();
        if !before.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
            return Err(fail(0, "an ISF file begins with a comment that holds JSON, before any code"));
        }
        let body = source.get(open + 2..).unwrap_or_default();
        let close = body.find("*/").ok_or_else(|| fail(open, "this comment has no end: '*/' is missing"))?;
        let body = body.get(..close).unwrap_or_default();
        let start =
            body.find('{').ok_or_else(|| fail(open, "the first comment holds no JSON: '{' is missing"))?;
        let json = body.get(start..).unwrap_or_default();
        let value: Value = match serde_json::Deserializer::from_str(json).into_iter().next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                return Err(fail(
                    open + 2 + start + byte_offset(json, error.line(), error.column()),
                    &json_message(&error),
                ));
            }
            None => return Err(fail(open, "the first comment holds no JSON")),
        };
        let here = |message: String| fail(open, &message);
        let map =
            value.as_object().ok_or_else(|| here("the JSON of an ISF file must be an object".to_owned()))?;
        Self::from_map(map).map_err(here)
    }

    fn from_map(map: &Map<String, Value>) -> Result<Self, String> {
        let mut tags: Vec<String> = Vec::new();
        for key in ["CATEGORIES", "KEYWORDS"] {
            tags.extend(list(map, key).iter().filter_map(Value::as_str).map(str::to_lowercase));
        }
        let mut seen: Vec<String> = Vec::new();
        let mut inputs = Vec::new();
        for input in list(map, "INPUTS").iter().filter_map(Value::as_object) {
            let input = input_from_map(input)?;
            check_name(&input.name, &mut seen)?;
            inputs.push(input);
        }
        limit("inputs", inputs.len(), MAX_INPUTS)?;
        let mut passes = Vec::new();
        for pass in list(map, "PASSES").iter().filter_map(Value::as_object) {
            passes.push(pass_from_map(pass)?);
        }
        limit("passes", passes.len(), MAX_PASSES)?;
        for target in passes.iter().filter_map(|pass: &PassHeader| pass.target.as_ref()) {
            if !seen.contains(target) {
                check_name(target, &mut seen)?;
            }
        }
        let persistent = match map.get("PERSISTENT_BUFFERS") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::Object(buffers)) => {
                for (name, buffer) in buffers {
                    let sizes = pass_from_map(buffer.as_object().unwrap_or(&Map::new()))?;
                    for pass in passes.iter_mut().filter(|pass| pass.target.as_ref() == Some(name)) {
                        pass.width = pass.width.take().or_else(|| sizes.width.clone());
                        pass.height = pass.height.take().or_else(|| sizes.height.clone());
                        pass.float |= sizes.float;
                    }
                }
                buffers.keys().cloned().collect()
            }
            _ => Vec::new(),
        };
        Ok(Self {
            description: text(map, "DESCRIPTION"),
            credit: text(map, "CREDIT"),
            tags,
            inputs,
            passes,
            imported: imported(map, &mut seen)?,
            persistent,
        })
    }
}

/// Returns where in a text a line and column (from 1, in bytes) are.
fn byte_offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    before + column.saturating_sub(1)
}

fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    format!("malformed JSON: {message}")
}

fn limit(what: &str, used: usize, limit: usize) -> Result<(), String> {
    if used > limit { Err(format!("{used} {what}, the limit is {limit}")) } else { Ok(()) }
}

fn check_name(name: &str, seen: &mut Vec<String>) -> Result<(), String> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("the name {name:?} is no word GLSL knows: use letters, digits and '_'"));
    }
    if seen.iter().any(|other| other == name) {
        return Err(format!("two things are named {name:?}"));
    }
    seen.push(name.to_owned());
    Ok(())
}

fn list<'a>(map: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    map.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(map: &Map<String, Value>, key: &str) -> String {
    map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Numbers, switches, and numbers in quotes: authors write all of them.
fn number(value: &Value) -> Option<f32> {
    match value {
        Value::Number(number) => number.as_f64().map(|number| number as f32),
        Value::Bool(truth) => Some(f32::from(u8::from(*truth))),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f32| number.is_finite())
}

fn numbers<const N: usize>(value: Option<&Value>, fallback: [f32; N]) -> [f32; N] {
    let Some(list) = value.and_then(Value::as_array) else { return fallback };
    let mut numbers = fallback;
    for (slot, value) in numbers.iter_mut().zip(list) {
        *slot = number(value).unwrap_or(*slot);
    }
    numbers
}

fn input_from_map(map: &Map<String, Value>) -> Result<Input, String> {
    let name = text(map, "NAME");
    let find = |key: &str| map.get(key).and_then(number);
    let width = || find("MAX").map_or(DEFAULT_AUDIO_WIDTH, |max| (max as u32).clamp(1, MAX_AUDIO_WIDTH));
    let mut in_pixels = false;
    let kind = match text(map, "TYPE").as_str() {
        "float" => {
            let (min, max) = range(find("MIN"), find("MAX"), find("DEFAULT"));
            let default = find("DEFAULT").unwrap_or((min + max) / 2.0).clamp(min, max);
            ParamKind::Float { min, max, default, clock: false }
        }
        "long" | "int" => choice(map)?,
        "bool" => ParamKind::Bool { default: find("DEFAULT").unwrap_or(0.0) >= 0.5 },
        "event" => ParamKind::Event,
        "color" => ParamKind::Color {
            default: numbers(map.get("DEFAULT"), [0.0, 0.0, 0.0, 1.0]).map(|part: f32| part.clamp(0.0, 1.0)),
        },
        "point2D" => {
            let default: [f32; 2] = numbers(map.get("DEFAULT"), [0.0, 0.0]);
            let unranged = map.get("MIN").is_none() || map.get("MAX").is_none();
            in_pixels = unranged && default.iter().all(|part| (0.0..=1.0).contains(part));
            let min: [f32; 2] = numbers(map.get("MIN"), default.map(|part| part.min(0.0)));
            let max: [f32; 2] =
                numbers(map.get("MAX"), default.map(|part| if part > 1.0 { part * 2.0 } else { 1.0 }));
            ParamKind::Point { min, max, default }
        }
        "image" => ParamKind::Image,
        "audio" => return Ok(Input { name, kind: InputKind::Audio { width: width() }, in_pixels }),
        "audioFFT" => return Ok(Input { name, kind: InputKind::AudioFft { width: width() }, in_pixels }),
        other => return Err(format!("input {name:?} has the unknown type {other:?}")),
    };
    let label = match text(map, "LABEL") {
        label if label.is_empty() => label_of(&name),
        label => label,
    };
    Ok(Input { kind: InputKind::Param(ParamSpec { name: name.clone(), label, kind }), name, in_pixels })
}

/// A range that holds the default even where the author forgot a side.
fn range(min: Option<f32>, max: Option<f32>, default: Option<f32>) -> (f32, f32) {
    let default = default.unwrap_or(0.0);
    let low = min.unwrap_or_else(|| default.min(0.0));
    let high = max.unwrap_or_else(|| default.max(1.0));
    (low.min(high), low.max(high))
}

fn choice(map: &Map<String, Value>) -> Result<ParamKind, String> {
    let find = |key: &str| map.get(key).and_then(number).map(|number| number as i32);
    let labels = list(map, "LABELS");
    let mut options: Vec<(i32, String)> = Vec::new();
    for (idx, value) in list(map, "VALUES").iter().enumerate() {
        let value = number(value).map_or(idx as i32, |number| number as i32);
        let label = labels.get(idx).map_or_else(
            || value.to_string(),
            |label| label.as_str().map_or_else(|| label.to_string(), str::to_owned),
        );
        options.push((value, label));
    }
    if options.is_empty() {
        let default = find("DEFAULT").unwrap_or(0);
        let (low, high) = (find("MIN").unwrap_or(default.min(0)), find("MAX").unwrap_or(default.max(1)));
        let last = high.max(low).min(low.saturating_add(MAX_OPTIONS as i32 - 1));
        options.extend((low..=last).map(|value| (value, value.to_string())));
    }
    limit("options of one list", options.len(), MAX_OPTIONS)?;
    let first = options.first().map_or(0, |(value, _)| *value);
    Ok(ParamKind::Choice { default: find("DEFAULT").unwrap_or(first), options })
}

fn pass_from_map(map: &Map<String, Value>) -> Result<PassHeader, String> {
    let size = |key: &str| match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(source)) => SizeExpr::parse(source).map(Some).map_err(|error| error.message),
        Some(value) => SizeExpr::parse(&value.to_string()).map(Some).map_err(|error| error.message),
    };
    let truth = |key: &str| map.get(key).and_then(number).is_some_and(|number| number >= 0.5);
    let target = Some(text(map, "TARGET")).filter(|target| !target.is_empty());
    Ok(PassHeader {
        target,
        persistent: truth("PERSISTENT"),
        float: truth("FLOAT"),
        width: size("WIDTH")?,
        height: size("HEIGHT")?,
    })
}

fn imported(map: &Map<String, Value>, seen: &mut Vec<String>) -> Result<Vec<(String, String)>, String> {
    let path = |value: &Value| match value {
        Value::String(path) => path.clone(),
        Value::Object(map) => text(map, "PATH"),
        _ => String::new(),
    };
    let found: Vec<(String, String)> = match map.get("IMPORTED") {
        Some(Value::Object(map)) => map.iter().map(|(name, value)| (name.clone(), path(value))).collect(),
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_object)
            .map(|item| (text(item, "NAME"), text(item, "PATH")))
            .collect(),
        _ => Vec::new(),
    };
    limit("imported pictures", found.len(), MAX_IMPORTED)?;
    for (name, path) in &found {
        check_name(name, seen)?;
        if path.is_empty() {
            return Err(format!("the imported picture {name:?} has no PATH"));
        }
    }
    Ok(found)
}
