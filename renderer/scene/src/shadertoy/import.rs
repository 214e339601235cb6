use serde_json::Value;

use super::{Channel, ChannelSpec, Tab, TabKind, compile_tabs};
use crate::{SamplerKind, SceneError, SceneProgram};

/// Longer exports are refused, in bytes.
const MAX_JSON_BYTES: usize = 2 * 1024 * 1024;

/// Compiles an export of Shadertoy: what its site, API and export tools write. `name` is used when
/// the export has none.
///
/// # Errors
/// Malformed JSON, a kind of text or channel that is not supported, or a fault in a text.
pub fn compile_json(json: &str, name: &str) -> Result<SceneProgram, SceneError> {
    if json.len() > MAX_JSON_BYTES {
        return Err(SceneError::whole(format!("the export is longer than {MAX_JSON_BYTES} bytes")));
    }
    let value: Value = serde_json::from_str(json).map_err(|error| {
        let at = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        SceneError::new(at(error.line()), at(error.column()), "the export is malformed JSON")
    })?;
    // The site writes a list of shaders, its API an object around one.
    let shader = value.as_array().and_then(|list| list.first()).unwrap_or(&value);
    let shader = shader.get("Shader").unwrap_or(shader);
    let passes = shader.get("renderpass").and_then(Value::as_array);
    let passes = passes
        .ok_or_else(|| SceneError::whole("this JSON is no Shadertoy export: it has no \"renderpass\""))?;

    let outputs = buffer_outputs(passes);
    let mut tabs = Vec::new();
    for pass in passes {
        tabs.extend(tab(pass, &outputs)?);
    }
    let info = |key: &str| shader.get("info").and_then(|info| info.get(key));
    let text = |key: &str| info(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let title = Some(text("name")).filter(|title| !title.is_empty()).unwrap_or_else(|| name.to_owned());
    let mut program = compile_tabs(&tabs, &title)?;
    program.author = text("username");
    program.description = text("description");
    let tags = info("tags").and_then(Value::as_array).into_iter().flatten();
    program.tags = tags.filter_map(Value::as_str).map(str::to_lowercase).collect();
    Ok(program)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Ids are strings in newer exports and numbers in older ones.
fn id(value: &Value) -> String {
    match value.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn kind(pass: &Value) -> Result<Option<TabKind>, SceneError> {
    Ok(Some(match text(pass, "type") {
        "common" => TabKind::Common,
        "image" => TabKind::Image,
        "buffer" => TabKind::Buffer(match text(pass, "name").trim().chars().last() {
            Some('A' | 'a') | None => 0,
            Some('B' | 'b') => 1,
            Some('C' | 'c') => 2,
            Some('D' | 'd') => 3,
            Some(_) => {
                return Err(SceneError::whole(format!(
                    "a buffer has the unknown name {:?}",
                    text(pass, "name")
                )));
            }
        }),
        // Sound comes from the music here.
        "sound" => return Ok(None),
        "cubemap" => return Err(SceneError::whole("Shadertoys with a Cube text are not supported")),
        other => {
            return Err(SceneError::whole(format!("the export has a text of the unknown type {other:?}")));
        }
    }))
}

/// Which output id belongs to which buffer.
fn buffer_outputs(passes: &[Value]) -> Vec<(String, u8)> {
    let mut found = Vec::new();
    for pass in passes {
        if let Ok(Some(TabKind::Buffer(letter))) = kind(pass) {
            let outputs = pass.get("outputs").and_then(Value::as_array).into_iter().flatten();
            found.extend(outputs.map(|output| (id(output), letter)));
        }
    }
    found
}

fn tab(pass: &Value, outputs: &[(String, u8)]) -> Result<Option<Tab>, SceneError> {
    let Some(kind) = kind(pass)? else { return Ok(None) };
    let mut channels: [ChannelSpec; 4] = Default::default();
    for input in pass.get("inputs").and_then(Value::as_array).into_iter().flatten() {
        let idx = input.get("channel").and_then(Value::as_u64).unwrap_or(0) as usize;
        let Some(slot) = channels.get_mut(idx) else {
            return Err(SceneError::whole(format!(
                "an input of {} has channel {idx}, the last is 3",
                kind.label()
            )));
        };
        *slot = ChannelSpec { channel: channel(input, outputs)?, sampler: sampler(input) };
    }
    Ok(Some(Tab { kind, code: text(pass, "code").to_owned(), channels }))
}

fn channel(input: &Value, outputs: &[(String, u8)]) -> Result<Channel, SceneError> {
    let ty =
        [text(input, "ctype"), text(input, "type")].into_iter().find(|ty| !ty.is_empty()).unwrap_or_default();
    let path = ["filepath", "src"]
        .map(|key| text(input, key))
        .into_iter()
        .find(|path| !path.is_empty())
        .unwrap_or_default();
    Ok(match ty {
        "music" | "musicstream" | "mic" => Channel::Audio,
        "buffer" => {
            let by_id = outputs.iter().find(|(output, _)| *output == id(input)).map(|(_, letter)| *letter);
            // Some exports name the buffer in a path only: /media/previz/buffer00.png.
            let by_path = path
                .rfind("buffer0")
                .and_then(|at| path.get(at + 7..at + 8))
                .and_then(|digit| digit.parse().ok());
            Channel::Buffer(by_id.or(by_path).unwrap_or(0).min(3))
        }
        // A picture of the site is not ours to bundle; one beside the export is the user's.
        "texture" if path.starts_with("/media/") || path.is_empty() => Channel::Noise,
        "texture" => Channel::File(path.to_owned()),
        "webcam" | "video" => Channel::Picture(0),
        "keyboard" | "" => Channel::Empty,
        "cubemap" => return Err(SceneError::whole("cube maps as channels are not supported")),
        "volume" => return Err(SceneError::whole("volume textures as channels are not supported")),
        other => return Err(SceneError::whole(format!("a channel has the unknown type {other:?}"))),
    })
}

fn sampler(input: &Value) -> SamplerKind {
    let sampler = input.get("sampler").unwrap_or(&Value::Null);
    match (text(sampler, "filter") == "nearest", text(sampler, "wrap") == "repeat") {
        (true, true) => SamplerKind::NearestRepeat,
        (true, false) => SamplerKind::NearestClamp,
        (false, true) => SamplerKind::LinearRepeat,
        (false, false) => SamplerKind::LinearClamp,
    }
}

/// Makes texts of the files of a folder: `common.glsl`, `buffer_a.glsl` (or `BufferA.frag`) to D and
/// `image.glsl` (or `main`). Other files are left out.
///
/// A line such as `#iChannel0 "audio"` names what a channel reads: `audio`, `noise`, `self`, `a` to
/// `d` (or the file of a buffer) or a picture's file. Without any, channels 0 to 3 read the buffers
/// A to D that exist; the first other one is the sound.
pub fn tabs_from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Tab> {
    let mut tabs: Vec<Tab> = files
        .into_iter()
        .filter_map(|(file, code)| {
            let kind = kind_of_file(file)?;
            Some(Tab { kind, code: code.to_owned(), channels: Default::default() })
        })
        .collect();
    let letters: Vec<u8> = tabs
        .iter()
        .filter_map(|tab| match tab.kind {
            TabKind::Buffer(letter) => Some(letter),
            _ => None,
        })
        .collect();
    for tab in &mut tabs {
        take_channel_lines(tab, &letters);
    }
    tabs
}

fn kind_of_file(file: &str) -> Option<TabKind> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name.split('.').next().unwrap_or(name).to_lowercase().replace(['_', '-', ' '], "");
    Some(match stem.as_str() {
        "common" => TabKind::Common,
        "image" | "main" => TabKind::Image,
        "a" | "buffera" | "bufa" => TabKind::Buffer(0),
        "b" | "bufferb" | "bufb" => TabKind::Buffer(1),
        "c" | "bufferc" | "bufc" => TabKind::Buffer(2),
        "d" | "bufferd" | "bufd" => TabKind::Buffer(3),
        _ => return None,
    })
}

fn take_channel_lines(tab: &mut Tab, letters: &[u8]) {
    let mut named = false;
    let mut lines = Vec::new();
    for line in tab.code.lines() {
        let directive = line.trim_start().strip_prefix("#iChannel").and_then(|rest| {
            let (idx, what) = (rest.get(..1)?.parse::<usize>().ok()?, rest.get(1..)?);
            Some((idx, what.trim().trim_matches('"').to_owned()))
        });
        let Some((idx, what)) = directive else {
            lines.push(line);
            continue;
        };
        // An empty line stays, so that the others keep their numbers.
        lines.push("");
        if what.starts_with("::") {
            continue;
        }
        let file = what.trim_start_matches("file://");
        let channel = match (what.as_str(), kind_of_file(file), tab.kind) {
            ("self", _, TabKind::Buffer(letter)) => Channel::Buffer(letter),
            ("audio" | "music" | "mic", ..) => Channel::Audio,
            ("noise", ..) => Channel::Noise,
            (_, Some(TabKind::Buffer(letter)), _) => Channel::Buffer(letter),
            _ => Channel::File(file.to_owned()),
        };
        if let Some(slot) = tab.channels.get_mut(idx) {
            slot.channel = channel;
            named = true;
        }
    }
    let code = lines.join("\n");
    tab.code = code;
    if named {
        return;
    }
    let mut heard = false;
    for (slot, letter) in tab.channels.iter_mut().zip(0..) {
        slot.channel = if letters.contains(&letter) {
            Channel::Buffer(letter)
        } else if heard {
            Channel::Noise
        } else {
            heard = true;
            Channel::Audio
        };
    }
}
