//! What a value may be before it enters the Show: type, finiteness and size. Ranges of a scene's own
//! parameters are the director's business.

use std::collections::BTreeSet;

use sync_protocol::{
    AssetId, BEATS_PER_BAR_RANGE, Envelope, ErrorCode, Layer, LayerSource, MAX_BRIGHTNESS, MAX_CODE_BYTES,
    MAX_LAYERS, MAX_NAME_CHARS, MAX_PARAM_NAME_BYTES, MAX_PARAMS_PER_LAYER, MAX_QUANTUM_BEATS, MAX_RUNNING,
    MAX_SCENE_ID_BYTES, MAX_TRACK_CHARS, MAX_TRACK_SECS, MAX_TRANSITION_BEATS, NowPlaying,
    PALETTE_STOPS_RANGE, Palette, ParamValue, SHOW_VERSION, SceneId, Show, TEMPO_BPM_RANGE, TRACK_RATE_RANGE,
    TempoSettings, TextId, Transition,
};

mod mixing;

pub(crate) use mixing::{
    autopilot, cue_trigger, effects, mask, modulation, num_modulations, playlist, transform,
};

/// Length of an [`AssetId`]: SHA-256 in hexadecimal.
const ASSET_ID_CHARS: usize = 64;

pub(crate) fn refuse(code: ErrorCode, message: impl Into<String>, detail: impl Into<String>) -> Envelope {
    Envelope { detail: Some(detail.into()), ..Envelope::new(code, message) }
}

/// Refuses what is empty, too long, or would confuse a terminal or a reader of logs.
pub(crate) fn name(text: &str, field: &str) -> Result<(), Envelope> {
    let num_chars = text.chars().count();
    if text.trim().is_empty() || num_chars > MAX_NAME_CHARS {
        let message = format!("{field} has {num_chars} characters, it takes 1 to {MAX_NAME_CHARS}");
        return Err(refuse(ErrorCode::OutOfRange, message, field));
    }
    if text.chars().any(is_unprintable) {
        return Err(refuse(ErrorCode::Malformed, format!("{field} contains control characters"), field));
    }
    Ok(())
}

/// Control characters, and the marks that turn the direction of the text after them.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Refuses a number outside `low..=high`; a NaN is outside everything.
pub(crate) fn within(value: f32, low: f32, high: f32, field: &str) -> Result<(), Envelope> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(refuse(ErrorCode::OutOfRange, format!("{field} is {value}, it takes {low} to {high}"), field))
}

pub(crate) fn show(show: &Show) -> Result<(), Envelope> {
    if show.version != SHOW_VERSION {
        let message = format!("the show has version {}, this one reads {SHOW_VERSION}", show.version);
        return Err(refuse(ErrorCode::Malformed, message, "version"));
    }
    name(&show.title, "title")?;
    if show.layers.is_empty() || show.layers.len() > MAX_LAYERS {
        let message = format!("the show has {} layers, it takes 1 to {MAX_LAYERS}", show.layers.len());
        return Err(refuse(ErrorCode::LimitReached, message, "layers"));
    }
    let mut ids = BTreeSet::new();
    for one in &show.layers {
        if !ids.insert(one.id) || one.id.0 >= show.next_layer {
            let message =
                format!("layer id {} is used twice or not below next_layer {}", one.id, show.next_layer);
            return Err(refuse(ErrorCode::Malformed, message, "layers"));
        }
        layer(one)?;
    }
    palette(&show.palette)?;
    transition(&show.transition)?;
    tempo(&show.tempo)?;
    for picture in [&show.pictures.a, &show.pictures.b].into_iter().flatten() {
        asset(picture)?;
    }
    within(show.pictures.mix, 0.0, 1.0, "mix")?;
    effects(&show.effects)?;
    mixing::fade(&show.fade)?;
    playlist(&show.playlist)?;
    autopilot(&show.autopilot)?;
    mixing::cues(&show.cues)?;
    if show.running.len() > MAX_RUNNING {
        let message = format!("the show runs {} blocks, the limit is {MAX_RUNNING}", show.running.len());
        return Err(refuse(ErrorCode::LimitReached, message, "running"));
    }
    for (slot, running) in &show.running {
        text_id(&TextId(slot.clone()))?;
        code(&running.code)?;
        quantum(running.quantum_beats)?;
        if !running.at_beat.is_finite() {
            return Err(refuse(ErrorCode::OutOfRange, "a beat is not finite", "running"));
        }
    }
    brightness(show.master.brightness)
}

pub(crate) fn layer(layer: &Layer) -> Result<(), Envelope> {
    source(&layer.source)?;
    within(layer.opacity, 0.0, 1.0, "opacity")?;
    num_params(layer.params.len())?;
    mixing::modulations(&layer.modulations)?;
    effects(&layer.effects)?;
    transform(&layer.transform)?;
    layer.mask.as_ref().map_or(Ok(()), mask)?;
    layer.params.iter().try_for_each(|(name, value)| param_name(name).and_then(|()| param(value)))
}

pub(crate) fn source(source: &LayerSource) -> Result<(), Envelope> {
    match source {
        LayerSource::Scene(id) => scene(id),
        LayerSource::Picture(id) | LayerSource::Video(id) => asset(id),
        LayerSource::Camera(name) => mixing::file_name(name, "camera"),
        LayerSource::Text(text) => mixing::text(text),
        LayerSource::Slides(slides) => mixing::slides(slides),
        LayerSource::Solid(rgba) => rgba.iter().try_for_each(|value| within(*value, 0.0, 1.0, "source")),
    }
}

pub(crate) fn scene(id: &SceneId) -> Result<(), Envelope> {
    let text = id.as_str();
    if text.is_empty() || text.len() > MAX_SCENE_ID_BYTES || text.chars().any(is_unprintable) {
        let message = format!("a scene's name takes 1 to {MAX_SCENE_ID_BYTES} printable bytes");
        return Err(refuse(ErrorCode::Malformed, message, "scene"));
    }
    Ok(())
}

pub(crate) fn asset(id: &AssetId) -> Result<(), Envelope> {
    let text = id.as_str();
    if text.len() != ASSET_ID_CHARS || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        let message = format!(
            "{:?} is no SHA-256 in lower-case hexadecimal",
            text.chars().take(80).collect::<String>()
        );
        return Err(refuse(ErrorCode::Malformed, message, "asset"));
    }
    Ok(())
}

pub(crate) fn param_name(text: &str) -> Result<(), Envelope> {
    if text.is_empty() || text.len() > MAX_PARAM_NAME_BYTES || text.chars().any(is_unprintable) {
        let message = format!("a parameter's name takes 1 to {MAX_PARAM_NAME_BYTES} printable bytes");
        return Err(refuse(ErrorCode::Malformed, message, "name"));
    }
    Ok(())
}

pub(crate) fn param(value: &ParamValue) -> Result<(), Envelope> {
    if let ParamValue::Image(id) = value {
        return asset(id);
    }
    if value.is_finite() {
        return Ok(());
    }
    Err(refuse(ErrorCode::OutOfRange, "a parameter's value is not finite", "value"))
}

pub(crate) fn num_params(num: usize) -> Result<(), Envelope> {
    if num > MAX_PARAMS_PER_LAYER {
        let message = format!("the layer would set {num} parameters, the limit is {MAX_PARAMS_PER_LAYER}");
        return Err(refuse(ErrorCode::LimitReached, message, "params"));
    }
    Ok(())
}

pub(crate) fn palette(palette: &Palette) -> Result<(), Envelope> {
    name(&palette.name, "palette name")?;
    if !PALETTE_STOPS_RANGE.contains(&palette.stops.len()) {
        let message = format!("a palette takes 2 to 5 colours, this one has {}", palette.stops.len());
        return Err(refuse(ErrorCode::OutOfRange, message, "stops"));
    }
    palette.stops.iter().flatten().try_for_each(|value| within(*value, 0.0, 1.0, "stops"))
}

pub(crate) fn transition(transition: &Transition) -> Result<(), Envelope> {
    scene(&transition.scene)?;
    num_params(transition.params.len())?;
    transition.params.iter().try_for_each(|(name, value)| param_name(name).and_then(|()| param(value)))?;
    within(transition.duration_beats, 0.0, MAX_TRANSITION_BEATS, "duration_beats")?;
    within(transition.quantum_beats, 0.0, MAX_TRANSITION_BEATS, "quantum_beats")
}

pub(crate) fn tempo(tempo: &TempoSettings) -> Result<(), Envelope> {
    if !TEMPO_BPM_RANGE.contains(&tempo.bpm) {
        let message = format!("the tempo is {} beats per minute, it takes 20 to 999", tempo.bpm);
        return Err(refuse(ErrorCode::OutOfRange, message, "bpm"));
    }
    if !BEATS_PER_BAR_RANGE.contains(&tempo.beats_per_bar) {
        let message = format!("a bar takes 1 to 16 beats, not {}", tempo.beats_per_bar);
        return Err(refuse(ErrorCode::OutOfRange, message, "beats_per_bar"));
    }
    if !tempo.downbeat_secs.is_finite() {
        return Err(refuse(ErrorCode::OutOfRange, "the downbeat is not finite", "downbeat_secs"));
    }
    Ok(())
}

pub(crate) fn brightness(value: f32) -> Result<(), Envelope> {
    within(value, 0.0, MAX_BRIGHTNESS, "brightness")
}

/// A text's name: what a client appends to a URL.
pub(crate) fn text_id(id: &TextId) -> Result<(), Envelope> {
    let text = id.as_str();
    if text.is_empty() || text.len() > MAX_SCENE_ID_BYTES || text.chars().any(is_unprintable) {
        let message = format!("a text's name takes 1 to {MAX_SCENE_ID_BYTES} printable bytes");
        return Err(refuse(ErrorCode::Malformed, message, "text"));
    }
    Ok(())
}

pub(crate) fn block(block: &str) -> Result<(), Envelope> {
    if block.len() > MAX_PARAM_NAME_BYTES || block.chars().any(is_unprintable) {
        let message = format!("a block's name takes up to {MAX_PARAM_NAME_BYTES} printable bytes");
        return Err(refuse(ErrorCode::Malformed, message, "block"));
    }
    Ok(())
}

pub(crate) fn code(code: &str) -> Result<(), Envelope> {
    if code.len() > MAX_CODE_BYTES {
        let message = format!("the block has {} bytes of code, the limit is {MAX_CODE_BYTES}", code.len());
        return Err(refuse(ErrorCode::LimitReached, message, "code"));
    }
    Ok(())
}

pub(crate) fn quantum(beats: f64) -> Result<(), Envelope> {
    if (0.0..=MAX_QUANTUM_BEATS).contains(&beats) {
        return Ok(());
    }
    let message = format!("the quantum is {beats} beats, it takes 0 to {MAX_QUANTUM_BEATS}");
    Err(refuse(ErrorCode::OutOfRange, message, "quantum_beats"))
}

/// Plain text for people: not empty, not too long, with line breaks and no other control characters.
pub(crate) fn prose(text: &str, max_chars: usize, field: &str) -> Result<(), Envelope> {
    let num_chars = text.chars().count();
    if text.trim().is_empty() || num_chars > max_chars {
        let message = format!("{field} has {num_chars} characters, it takes 1 to {max_chars}");
        return Err(refuse(ErrorCode::OutOfRange, message, field));
    }
    if text.chars().any(|c| c != '\n' && is_unprintable(c)) {
        return Err(refuse(ErrorCode::Malformed, format!("{field} contains control characters"), field));
    }
    Ok(())
}

/// What a recogniser says: text for people, a plausible length and speed.
pub(crate) fn now_playing(playing: &NowPlaying) -> Result<(), Envelope> {
    let track = &playing.track;
    if track.title.trim().is_empty() {
        return Err(refuse(ErrorCode::OutOfRange, "a track needs a title", "title"));
    }
    let texts = [
        ("title", &track.title),
        ("artist", &track.artist),
        ("album", &track.album),
        ("source", &track.source),
    ];
    for (field, text) in texts {
        let num_chars = text.chars().count();
        if num_chars > MAX_TRACK_CHARS {
            let message = format!("{field} has {num_chars} characters, it takes {MAX_TRACK_CHARS}");
            return Err(refuse(ErrorCode::OutOfRange, message, field));
        }
        if text.chars().any(is_unprintable) {
            return Err(refuse(ErrorCode::Malformed, format!("{field} contains control characters"), field));
        }
    }
    if !(0.0..=MAX_TRACK_SECS).contains(&track.duration_secs) {
        return Err(refuse(ErrorCode::OutOfRange, "a track takes 0 to 86,400 s", "duration_secs"));
    }
    if !TRACK_RATE_RANGE.contains(&playing.rate) {
        return Err(refuse(ErrorCode::OutOfRange, "a track is played at 0.5 to 2 times its speed", "rate"));
    }
    Ok(())
}
