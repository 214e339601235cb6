//! From a Command to the change it makes, and from a change to the new Show.

use std::collections::BTreeMap;

use sync_protocol::{
    Command, Deck, Envelope, ErrorCode, EventKind, Fade, Layer, LayerId, MAX_LAYERS, MAX_RUNNING, OPACITY,
    PictureSlot, Running, Show,
};

use crate::check::{self, refuse};

mod cues;

/// Returns the change a Command makes of this Show, `None` when it changes nothing.
///
/// # Errors
/// `NotFound`, `OutOfRange`, `Malformed` or `LimitReached`, each naming the field.
pub(crate) fn decide(
    show: &Show,
    earliest_beat: f64,
    command: &Command,
) -> Result<Option<EventKind>, Envelope> {
    let kind = match command.clone() {
        Command::ReplaceShow { show: new } => {
            check::show(&new)?;
            EventKind::ShowReplaced { show: new, was: Box::new(show.clone()) }
        }
        Command::SetTitle { title } => {
            check::name(&title, "title")?;
            EventKind::TitleChanged { title, was: show.title.clone() }
        }
        Command::AddLayer { source } => {
            check::source(&source)?;
            if show.layers.len() >= MAX_LAYERS || show.next_layer == u32::MAX {
                let message = format!("the show has {MAX_LAYERS} layers already: remove one first");
                return Err(refuse(ErrorCode::LimitReached, message, "layers"));
            }
            let layer = Layer { id: LayerId(show.next_layer), source, ..Layer::default() };
            EventKind::LayerAdded { layer: Box::new(layer), at_idx: show.layers.len() }
        }
        Command::RemoveLayer { layer } => {
            let (at_idx, found) = find(show, layer)?;
            if show.layers.len() == 1 {
                let message = "the last layer stays: give it another source instead";
                return Err(refuse(ErrorCode::LimitReached, message, "layer"));
            }
            EventKind::LayerRemoved { layer: Box::new(found.clone()), at_idx }
        }
        Command::MoveLayer { layer, to_idx } => {
            let (was_idx, _) = find(show, layer)?;
            if to_idx >= show.layers.len() {
                let message = format!("place {to_idx} is above the top, which is {}", show.layers.len() - 1);
                return Err(refuse(ErrorCode::OutOfRange, message, "to_idx"));
            }
            EventKind::LayerMoved { layer, to_idx, was_idx }
        }
        Command::SetSource { layer, source } => {
            check::source(&source)?;
            let (_, found) = find(show, layer)?;
            EventKind::SourceChanged {
                layer,
                source,
                params: Default::default(),
                was: found.source.clone(),
                was_params: found.params.clone(),
                // The new scene has other parameters; the opacity is the layer's.
                modulations: found
                    .modulations
                    .iter()
                    .filter(|(target, _)| *target == OPACITY)
                    .map(|(target, modulation)| (target.clone(), modulation.clone()))
                    .collect(),
                was_modulations: found.modulations.clone(),
            }
        }
        Command::SetParam { layer, name, value } => {
            check::param_name(&name)?;
            let (_, found) = find(show, layer)?;
            let was = found.params.get(&name).cloned();
            if let Some(value) = &value {
                check::param(value)?;
                check::num_params(found.params.len() + usize::from(was.is_none()))?;
            }
            EventKind::ParamChanged { layer, name, value, was }
        }
        Command::SetOpacity { layer, opacity } => {
            check::within(opacity, 0.0, 1.0, "opacity")?;
            EventKind::OpacityChanged { layer, opacity, was: find(show, layer)?.1.opacity }
        }
        Command::SetBlend { layer, blend } => {
            EventKind::BlendChanged { layer, blend, was: find(show, layer)?.1.blend }
        }
        Command::MuteLayer { layer, muted } => {
            if find(show, layer)?.1.muted == muted {
                return Ok(None);
            }
            EventKind::LayerMuted { layer, muted }
        }
        Command::SetModulation { layer, target, modulation } => {
            check::param_name(&target)?;
            let (_, found) = find(show, layer)?;
            let was = found.modulations.get(&target).cloned();
            if let Some(modulation) = &modulation {
                check::modulation(modulation)?;
                check::num_modulations(found.modulations.len() + usize::from(was.is_none()))?;
            }
            EventKind::ModulationChanged { layer, target, modulation, was }
        }
        Command::SetTransform { layer, transform } => {
            check::transform(&transform)?;
            EventKind::TransformChanged { layer, transform, was: find(show, layer)?.1.transform }
        }
        Command::SetMask { layer, mask } => {
            mask.as_ref().map_or(Ok(()), check::mask)?;
            EventKind::MaskChanged { layer, mask, was: find(show, layer)?.1.mask.clone() }
        }
        Command::SetEffects { layer, effects } => {
            check::effects(&effects)?;
            let was = match layer {
                Some(layer) => find(show, layer)?.1.effects.clone(),
                None => show.effects.clone(),
            };
            EventKind::EffectsChanged { layer, effects, was }
        }
        Command::SetDeck { layer, deck } => {
            EventKind::DeckChanged { layer, deck, was: find(show, layer)?.1.deck }
        }
        Command::SetCrossfade { position } => {
            check::within(position, 0.0, 1.0, "position")?;
            EventKind::Faded { fade: Fade::at(position), was: show.fade }
        }
        Command::Take { deck } => {
            let to = if deck == Deck::A { 0.0 } else { 1.0 };
            if show.fade.to == to {
                return Ok(None);
            }
            let start_beat = next_beat(earliest_beat, f64::from(show.transition.quantum_beats));
            let from = show.fade.position(start_beat);
            let duration_beats = show.transition.duration_beats;
            EventKind::Faded { fade: Fade { from, to, start_beat, duration_beats }, was: show.fade }
        }
        Command::SetPlaylist { playlist } => {
            check::playlist(&playlist)?;
            EventKind::PlaylistChanged { playlist, was: show.playlist.clone() }
        }
        Command::SetAutopilot { autopilot } => {
            check::autopilot(&autopilot)?;
            EventKind::AutopilotChanged { autopilot, was: show.autopilot.clone() }
        }
        Command::PutCue { cue, name, trigger, at_idx, retake } => {
            cues::put(show, cue, name, trigger, at_idx, retake)?
        }
        Command::RemoveCue { cue } => cues::remove(show, cue)?,
        Command::GoCue { cue } => cues::go(show, cue)?,
        Command::PlayCues { playing } => {
            if show.cues.playing == playing {
                return Ok(None);
            }
            EventKind::CuesPlayed { playing }
        }
        Command::SetPalette { palette } => {
            check::palette(&palette)?;
            EventKind::PaletteChanged { palette, was: show.palette.clone() }
        }
        Command::SetTransition { transition } => {
            check::transition(&transition)?;
            EventKind::TransitionChanged { transition, was: show.transition.clone() }
        }
        Command::SetTempo { tempo } => {
            check::tempo(&tempo)?;
            EventKind::TempoChanged { tempo, was: show.tempo.clone() }
        }
        Command::SetPicture { slot, picture } => {
            picture.as_ref().map_or(Ok(()), check::asset)?;
            let was = match slot {
                PictureSlot::A => show.pictures.a.clone(),
                PictureSlot::B => show.pictures.b.clone(),
            };
            EventKind::PictureChanged { slot, picture, was }
        }
        Command::SetPictureMix { mix } => {
            check::within(mix, 0.0, 1.0, "mix")?;
            EventKind::PictureMixChanged { mix, was: show.pictures.mix }
        }
        Command::SetBlackout { blackout } => {
            if show.master.blackout == blackout {
                return Ok(None);
            }
            EventKind::BlackoutChanged { blackout }
        }
        Command::SetFrozen { frozen } => {
            if show.master.frozen == frozen {
                return Ok(None);
            }
            EventKind::FrozenChanged { frozen }
        }
        Command::SetBrightness { brightness } => {
            check::brightness(brightness)?;
            EventKind::BrightnessChanged { brightness, was: show.master.brightness }
        }
        Command::Evaluate { text, block, code, quantum_beats } => {
            check::text_id(&text)?;
            check::block(&block)?;
            check::code(&code)?;
            check::quantum(quantum_beats)?;
            let slot = Running::slot(&text, &block);
            let was = show.running.get(&slot).cloned();
            let code = Some(code).filter(|code| !code.trim().is_empty());
            if was.is_none() && code.is_none() {
                return Ok(None);
            }
            if was.is_none() && show.running.len() >= MAX_RUNNING {
                let message = format!("{MAX_RUNNING} blocks run already: stop one first");
                return Err(refuse(ErrorCode::LimitReached, message, "block"));
            }
            let at_beat = next_beat(earliest_beat, quantum_beats);
            EventKind::Evaluated { text, block, code, quantum_beats, at_beat, was }
        }
        Command::Hush => EventKind::Hushed { running: BTreeMap::new(), was: show.running.clone() },
        Command::SetNowPlaying { playing } => {
            playing.as_deref().map_or(Ok(()), check::now_playing)?;
            if show.now_playing == playing {
                return Ok(None);
            }
            EventKind::NowPlayingChanged { playing, was: show.now_playing.clone() }
        }
        _ => return Ok(None),
    };
    // What changes nothing is no event: undo must never seem to do nothing.
    Ok((kind.inverse().as_ref() != Some(&kind)).then_some(kind))
}

/// Fits a change that was taken back or is to be made again to the Show of now: places are clamped,
/// what it replaces is what is there. `None` when it cannot be made any more.
pub(crate) fn fit(show: &Show, earliest_beat: f64, kind: EventKind) -> Option<EventKind> {
    Some(match kind {
        EventKind::ShowReplaced { show: new, .. } => {
            EventKind::ShowReplaced { show: new, was: Box::new(show.clone()) }
        }
        EventKind::LayerAdded { layer, at_idx } => {
            if show.layer(layer.id).is_some() || show.layers.len() >= MAX_LAYERS {
                return None;
            }
            EventKind::LayerAdded { layer, at_idx: at_idx.min(show.layers.len()) }
        }
        EventKind::LayerRemoved { layer, .. } => {
            let (at_idx, found) = find(show, layer.id).ok()?;
            if show.layers.len() == 1 {
                return None;
            }
            EventKind::LayerRemoved { layer: Box::new(found.clone()), at_idx }
        }
        EventKind::LayerMoved { layer, to_idx, .. } => {
            let (was_idx, _) = find(show, layer).ok()?;
            EventKind::LayerMoved { layer, to_idx: to_idx.min(show.layers.len() - 1), was_idx }
        }
        EventKind::SourceChanged { layer, source, params, modulations, .. } => {
            let (_, found) = find(show, layer).ok()?;
            let (was, was_params) = (found.source.clone(), found.params.clone());
            let was_modulations = found.modulations.clone();
            EventKind::SourceChanged { layer, source, params, was, was_params, modulations, was_modulations }
        }
        EventKind::ModulationChanged { layer, ref target, ref modulation, .. } => {
            let (_, found) = find(show, layer).ok()?;
            if modulation.is_some() && !found.modulations.contains_key(target) {
                check::num_modulations(found.modulations.len() + 1).ok()?;
            }
            kind
        }
        EventKind::EffectsChanged { layer: Some(layer), .. } => {
            find(show, layer).ok()?;
            kind
        }
        EventKind::CueChanged { .. } | EventKind::CueWent { .. } => cues::fit(show, kind)?,
        EventKind::ParamChanged { layer, ref name, ref value, .. } => {
            let (_, found) = find(show, layer).ok()?;
            if value.is_some() && !found.params.contains_key(name) {
                check::num_params(found.params.len() + 1).ok()?;
            }
            kind
        }
        EventKind::OpacityChanged { layer, .. }
        | EventKind::BlendChanged { layer, .. }
        | EventKind::TransformChanged { layer, .. }
        | EventKind::MaskChanged { layer, .. }
        | EventKind::DeckChanged { layer, .. }
        | EventKind::LayerMuted { layer, .. } => {
            find(show, layer).ok()?;
            kind
        }
        EventKind::Evaluated { text, block, code, quantum_beats, .. } => {
            let was = show.running.get(&Running::slot(&text, &block)).cloned();
            let at_beat = next_beat(earliest_beat, quantum_beats);
            EventKind::Evaluated { text, block, code, quantum_beats, at_beat, was }
        }
        EventKind::Hushed { running, .. } => EventKind::Hushed { running, was: show.running.clone() },
        other => other,
    })
}

/// Makes a change. One that names a layer which is not there changes nothing: the room never sends such.
pub(crate) fn apply(show: &mut Show, kind: &EventKind) {
    match kind.clone() {
        EventKind::ShowReplaced { show: new, .. } => {
            // What is heard goes on, whatever is on stage.
            let now_playing = show.now_playing.take();
            *show = Show { now_playing, ..*new };
        }
        EventKind::TitleChanged { title, .. } => show.title = title,
        EventKind::LayerAdded { layer, at_idx } => {
            show.next_layer = show.next_layer.max(layer.id.0.saturating_add(1));
            show.layers.insert(at_idx.min(show.layers.len()), *layer);
        }
        EventKind::LayerRemoved { layer, .. } => show.layers.retain(|other| other.id != layer.id),
        EventKind::LayerMoved { layer, to_idx, .. } => {
            if let Ok((was_idx, _)) = find(show, layer) {
                let moved = show.layers.remove(was_idx);
                show.layers.insert(to_idx.min(show.layers.len()), moved);
            }
        }
        EventKind::SourceChanged { layer, source, params, modulations, .. } => with(show, layer, |layer| {
            layer.source = source;
            layer.params = params;
            layer.modulations = modulations;
        }),
        EventKind::ModulationChanged { layer, target, modulation, .. } => {
            with(show, layer, |layer| match modulation {
                Some(modulation) => {
                    layer.modulations.insert(target, modulation);
                }
                None => {
                    layer.modulations.remove(&target);
                }
            })
        }
        EventKind::TransformChanged { layer, transform, .. } => {
            with(show, layer, |layer| layer.transform = transform)
        }
        EventKind::MaskChanged { layer, mask, .. } => with(show, layer, |layer| layer.mask = mask),
        EventKind::EffectsChanged { layer: Some(layer), effects, .. } => {
            with(show, layer, |layer| layer.effects = effects)
        }
        EventKind::EffectsChanged { layer: None, effects, .. } => show.effects = effects,
        EventKind::DeckChanged { layer, deck, .. } => with(show, layer, |layer| layer.deck = deck),
        EventKind::Faded { fade, .. } => show.fade = fade,
        EventKind::PlaylistChanged { playlist, .. } => show.playlist = playlist,
        EventKind::AutopilotChanged { autopilot, .. } => show.autopilot = autopilot,
        EventKind::CueChanged { id, now, .. } => cues::change(show, id, now),
        EventKind::CueWent { cue, look, .. } => cues::went(show, cue, *look),
        EventKind::CuesPlayed { playing } => show.cues.playing = playing,
        EventKind::ParamChanged { layer, name, value, .. } => with(show, layer, |layer| match value {
            Some(value) => {
                layer.params.insert(name, value);
            }
            None => {
                layer.params.remove(&name);
            }
        }),
        EventKind::OpacityChanged { layer, opacity, .. } => {
            with(show, layer, |layer| layer.opacity = opacity)
        }
        EventKind::BlendChanged { layer, blend, .. } => with(show, layer, |layer| layer.blend = blend),
        EventKind::LayerMuted { layer, muted } => with(show, layer, |layer| layer.muted = muted),
        EventKind::PaletteChanged { palette, .. } => show.palette = palette,
        EventKind::TransitionChanged { transition, .. } => show.transition = transition,
        EventKind::TempoChanged { tempo, .. } => show.tempo = tempo,
        EventKind::PictureChanged { slot: PictureSlot::A, picture, .. } => show.pictures.a = picture,
        EventKind::PictureChanged { slot: PictureSlot::B, picture, .. } => show.pictures.b = picture,
        EventKind::PictureMixChanged { mix, .. } => show.pictures.mix = mix,
        EventKind::BlackoutChanged { blackout } => show.master.blackout = blackout,
        EventKind::FrozenChanged { frozen } => show.master.frozen = frozen,
        EventKind::BrightnessChanged { brightness, .. } => show.master.brightness = brightness,
        EventKind::Evaluated { text, block, code, quantum_beats, at_beat, .. } => {
            let slot = Running::slot(&text, &block);
            match code {
                Some(code) => show.running.insert(slot, Running { code, at_beat, quantum_beats }),
                None => show.running.remove(&slot),
            };
        }
        EventKind::Hushed { running, .. } => show.running = running,
        EventKind::NowPlayingChanged { playing, .. } => show.now_playing = playing,
        _ => {}
    }
}

/// Returns the first multiple of a quantum that everyone can still reach. A quantum of 0 is now.
fn next_beat(earliest_beat: f64, quantum_beats: f64) -> f64 {
    if quantum_beats > 0.0 { (earliest_beat / quantum_beats).ceil() * quantum_beats } else { earliest_beat }
}

fn with(show: &mut Show, id: LayerId, change: impl FnOnce(&mut Layer)) {
    if let Some(layer) = show.layers.iter_mut().find(|layer| layer.id == id) {
        change(layer);
    }
}

fn find(show: &Show, id: LayerId) -> Result<(usize, &Layer), Envelope> {
    show.layers
        .iter()
        .enumerate()
        .find(|(_, layer)| layer.id == id)
        .ok_or_else(|| refuse(ErrorCode::NotFound, format!("there is no layer {id}"), "layer"))
}
