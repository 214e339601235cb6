//! Modulations, filters, masks, playlists and cues.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::{
    AUTOPILOT_BEATS_RANGE, Autopilot, CueList, CueTrigger, Effect, Envelope, ErrorCode, Fade,
    MAX_AUTOPILOT_TAGS, MAX_CUE_BEATS, MAX_CUE_SECS, MAX_CUE_TRACK_CHARS, MAX_CUES, MAX_EFFECTS,
    MAX_LAYER_TEXT_CHARS, MAX_LAYERS, MAX_MOD_CURVE, MAX_MOD_SECS, MAX_MODULATIONS, MAX_NAME_CHARS,
    MAX_PLAYLIST, MAX_SLIDES, MAX_STEPS, MOD_BEATS_RANGE, Mask, MaskShape, ModSource, Modulation, Playlist,
    SLIDE_BEATS_RANGE, Slides, TextSource, Transform,
};

use super::{asset, is_unprintable, layer, num_params, palette, param, param_name, refuse, scene, within};

/// A mask's middle may lie a stage outside of the stage.
const MASK_CENTRE: (f32, f32) = (-1.0, 2.0);
/// Largest half of a mask, in heights of the stage.
const MAX_MASK_SIZE: f32 = 4.0;
/// Farthest place of a layer, in stages.
const MAX_OFFSET: f32 = 2.0;
/// Largest layer, in stages.
const MAX_SCALE: f32 = 8.0;

pub(crate) fn modulation(modulation: &Modulation) -> Result<(), Envelope> {
    within(modulation.depth, -1.0, 1.0, "depth")?;
    within(modulation.curve, -MAX_MOD_CURVE, MAX_MOD_CURVE, "curve")?;
    within(modulation.rise_secs, 0.0, MAX_MOD_SECS, "rise_secs")?;
    within(modulation.fall_secs, 0.0, MAX_MOD_SECS, "fall_secs")?;
    let beats = |beats: f32| within(beats, *MOD_BEATS_RANGE.start(), *MOD_BEATS_RANGE.end(), "beats");
    match &modulation.source {
        ModSource::Phase { beats: length } | ModSource::Walk { beats: length } => beats(*length),
        ModSource::Lfo { beats: length, phase, .. } => {
            beats(*length)?;
            within(*phase, 0.0, 1.0, "phase")
        }
        ModSource::Envelope { attack_secs, release_secs, .. } => {
            within(*attack_secs, 0.0, MAX_MOD_SECS, "attack_secs")?;
            within(*release_secs, 0.0, MAX_MOD_SECS, "release_secs")
        }
        ModSource::Steps { values, beats: length, .. } => {
            beats(*length)?;
            if values.is_empty() {
                return Err(refuse(ErrorCode::OutOfRange, "a sequence has at least one step", "values"));
            }
            at_most(values.len(), MAX_STEPS, "values")?;
            values.iter().try_for_each(|value| within(*value, 0.0, 1.0, "values"))
        }
        _ => Ok(()),
    }
}

pub(crate) fn num_modulations(num: usize) -> Result<(), Envelope> {
    at_most(num, MAX_MODULATIONS, "modulations")
}

pub(crate) fn modulations(all: &BTreeMap<String, Modulation>) -> Result<(), Envelope> {
    num_modulations(all.len())?;
    all.iter().try_for_each(|(target, one)| param_name(target).and_then(|()| modulation(one)))
}

pub(crate) fn effects(effects: &[Effect]) -> Result<(), Envelope> {
    at_most(effects.len(), MAX_EFFECTS, "effects")?;
    let mut ids = BTreeSet::new();
    for effect in effects {
        if !ids.insert(effect.id) {
            let message = format!("effect id {} is used twice", effect.id);
            return Err(refuse(ErrorCode::Malformed, message, "effects"));
        }
        scene(&effect.scene)?;
        num_params(effect.params.len())?;
        modulations(&effect.modulations)?;
        effect.params.iter().try_for_each(|(name, value)| param_name(name).and_then(|()| param(value)))?;
    }
    Ok(())
}

pub(crate) fn transform(transform: &Transform) -> Result<(), Envelope> {
    transform.offset.iter().try_for_each(|offset| within(*offset, -MAX_OFFSET, MAX_OFFSET, "offset"))?;
    transform.scale.iter().try_for_each(|scale| within(*scale, -MAX_SCALE, MAX_SCALE, "scale"))?;
    within(transform.turn, -1.0, 1.0, "turn")
}

pub(crate) fn mask(mask: &Mask) -> Result<(), Envelope> {
    if let MaskShape::Picture(picture) = &mask.shape {
        asset(picture)?;
    }
    mask.centre.iter().try_for_each(|centre| within(*centre, MASK_CENTRE.0, MASK_CENTRE.1, "centre"))?;
    mask.size.iter().try_for_each(|size| within(*size, 0.0, MAX_MASK_SIZE, "size"))?;
    within(mask.feather, 0.0, 1.0, "feather")
}

pub(crate) fn fade(fade: &Fade) -> Result<(), Envelope> {
    within(fade.from, 0.0, 1.0, "fade")?;
    within(fade.to, 0.0, 1.0, "fade")?;
    if !fade.start_beat.is_finite() {
        return Err(refuse(ErrorCode::OutOfRange, "a beat is not finite", "fade"));
    }
    within(fade.duration_beats, 0.0, sync_protocol::MAX_TRANSITION_BEATS, "fade")
}

pub(crate) fn playlist(playlist: &Playlist) -> Result<(), Envelope> {
    at_most(playlist.scenes.len(), MAX_PLAYLIST, "playlist")?;
    playlist.scenes.iter().try_for_each(scene)
}

pub(crate) fn autopilot(autopilot: &Autopilot) -> Result<(), Envelope> {
    within(autopilot.beats, *AUTOPILOT_BEATS_RANGE.start(), *AUTOPILOT_BEATS_RANGE.end(), "beats")?;
    at_most(autopilot.tags.len(), MAX_AUTOPILOT_TAGS, "tags")?;
    autopilot.tags.iter().try_for_each(|tag| super::name(tag, "tags"))
}

pub(crate) fn cue_trigger(trigger: &CueTrigger) -> Result<(), Envelope> {
    let (after, limit) = match trigger {
        CueTrigger::Secs { after } => (*after, MAX_CUE_SECS),
        CueTrigger::Beats { after } => (*after, MAX_CUE_BEATS),
        CueTrigger::Hit { nth: 0, .. } => {
            return Err(refuse(ErrorCode::OutOfRange, "hits are counted from 1", "nth"));
        }
        CueTrigger::Track { name } => return at_most(name.chars().count(), MAX_CUE_TRACK_CHARS, "name"),
        CueTrigger::Hit { .. } | CueTrigger::Manual => return Ok(()),
    };
    if (0.0..=limit).contains(&after) {
        return Ok(());
    }
    Err(refuse(ErrorCode::OutOfRange, format!("a cue waits 0 to {limit}, not {after}"), "after"))
}

pub(crate) fn cues(list: &CueList) -> Result<(), Envelope> {
    at_most(list.cues.len(), MAX_CUES, "cues")?;
    let mut ids = BTreeSet::new();
    for cue in &list.cues {
        if !ids.insert(cue.id) || cue.id.0 >= list.next_cue {
            let message = format!("cue id {} is used twice or not below next_cue {}", cue.id, list.next_cue);
            return Err(refuse(ErrorCode::Malformed, message, "cues"));
        }
        super::name(&cue.name, "name")?;
        cue_trigger(&cue.trigger)?;
        if cue.look.layers.is_empty() {
            return Err(refuse(ErrorCode::OutOfRange, "a cue has at least one layer", "cues"));
        }
        at_most(cue.look.layers.len(), MAX_LAYERS, "layers")?;
        cue.look.layers.iter().try_for_each(layer)?;
        palette(&cue.look.palette)?;
        effects(&cue.look.effects)?;
        fade(&cue.look.fade)?;
    }
    Ok(())
}

pub(crate) fn text(source: &TextSource) -> Result<(), Envelope> {
    let num_chars = source.text.chars().count();
    at_most(num_chars, MAX_LAYER_TEXT_CHARS, "text")?;
    if source.text.chars().any(|c| c != '\n' && is_unprintable(c)) {
        return Err(refuse(ErrorCode::Malformed, "the text contains control characters", "text"));
    }
    file_name(&source.font, "font")?;
    source.color.iter().try_for_each(|value| within(*value, 0.0, 1.0, "color"))
}

pub(crate) fn slides(slides: &Slides) -> Result<(), Envelope> {
    at_most(slides.pictures.len(), MAX_SLIDES, "slides")?;
    slides.pictures.iter().try_for_each(asset)?;
    within(slides.beats, *SLIDE_BEATS_RANGE.start(), *SLIDE_BEATS_RANGE.end(), "beats")
}

/// The name of a file or device of a machine; it may be empty, and never a path.
pub(crate) fn file_name(name: &str, field: &str) -> Result<(), Envelope> {
    let bad = name.chars().any(|c| is_unprintable(c) || matches!(c, '/' | '\\'));
    if bad || name.starts_with("..") || name.chars().count() > MAX_NAME_CHARS {
        let message = format!("{field} takes up to {MAX_NAME_CHARS} printable characters and no path");
        return Err(refuse(ErrorCode::Malformed, message, field));
    }
    Ok(())
}

fn at_most(num: usize, limit: usize, field: &str) -> Result<(), Envelope> {
    if num <= limit {
        return Ok(());
    }
    Err(refuse(ErrorCode::LimitReached, format!("{field} has {num} entries, the limit is {limit}"), field))
}
