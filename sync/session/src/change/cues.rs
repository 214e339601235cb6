//! What Commands about cues change.

use sync_protocol::{Cue, CueId, CueTrigger, Envelope, ErrorCode, EventKind, Look, MAX_CUES, Show};

use crate::check::{self, refuse};

pub(super) fn put(
    show: &Show,
    cue: Option<CueId>,
    name: String,
    trigger: CueTrigger,
    at_idx: usize,
    retake: bool,
) -> Result<EventKind, Envelope> {
    check::name(&name, "name")?;
    check::cue_trigger(&trigger)?;
    let (id, was, look) = match cue {
        Some(id) => {
            let (was_idx, found) = find(show, id)?;
            let look = if retake { look(show) } else { found.look.clone() };
            (id, Some((was_idx, Box::new(found.clone()))), look)
        }
        None if show.cues.cues.len() >= MAX_CUES || show.cues.next_cue == u32::MAX => {
            let message = format!("the list has {MAX_CUES} cues already: remove one first");
            return Err(refuse(ErrorCode::LimitReached, message, "cues"));
        }
        None => (CueId(show.cues.next_cue.max(1)), None, look(show)),
    };
    let last = show.cues.cues.len() - usize::from(was.is_some());
    let now = Some((at_idx.min(last), Box::new(Cue { id, name, trigger, look })));
    Ok(EventKind::CueChanged { id, now, was })
}

pub(super) fn remove(show: &Show, id: CueId) -> Result<EventKind, Envelope> {
    let (at_idx, found) = find(show, id)?;
    Ok(EventKind::CueChanged { id, now: None, was: Some((at_idx, Box::new(found.clone()))) })
}

pub(super) fn go(show: &Show, id: CueId) -> Result<EventKind, Envelope> {
    let (_, found) = find(show, id)?;
    Ok(EventKind::CueWent {
        cue: Some(id),
        look: Box::new(found.look.clone()),
        was_cue: show.cues.current,
        was: Box::new(look(show)),
    })
}

/// See [`super::fit`].
pub(super) fn fit(show: &Show, kind: EventKind) -> Option<EventKind> {
    Some(match kind {
        EventKind::CueChanged { id, now, .. } => {
            let was = show.cues.get(id).map(|(at_idx, cue)| (at_idx, Box::new(cue.clone())));
            let full = was.is_none() && show.cues.cues.len() >= MAX_CUES;
            if full || (was.is_none() && now.is_none()) {
                return None;
            }
            let last = show.cues.cues.len() - usize::from(was.is_some());
            let now = now.map(|(at_idx, cue)| (at_idx.min(last), cue));
            EventKind::CueChanged { id, now, was }
        }
        EventKind::CueWent { cue, look: new, .. } => {
            EventKind::CueWent { cue, look: new, was_cue: show.cues.current, was: Box::new(look(show)) }
        }
        other => other,
    })
}

pub(super) fn change(show: &mut Show, id: CueId, now: Option<(usize, Box<Cue>)>) {
    let list = &mut show.cues;
    list.cues.retain(|cue| cue.id != id);
    if let Some((at_idx, cue)) = now {
        list.next_cue = list.next_cue.max(id.0.saturating_add(1));
        list.cues.insert(at_idx.min(list.cues.len()), *cue);
    }
}

pub(super) fn went(show: &mut Show, cue: Option<CueId>, look: Look) {
    let Look { layers, palette, effects, fade } = look;
    let above = layers.iter().map(|layer| layer.id.0.saturating_add(1)).max().unwrap_or(0);
    show.next_layer = show.next_layer.max(above);
    show.layers = layers;
    show.palette = palette;
    show.effects = effects;
    show.fade = fade;
    show.cues.current = cue;
}

/// What a cue keeps of the show as it is.
fn look(show: &Show) -> Look {
    Look {
        layers: show.layers.clone(),
        palette: show.palette.clone(),
        effects: show.effects.clone(),
        fade: show.fade,
    }
}

fn find(show: &Show, id: CueId) -> Result<(usize, &Cue), Envelope> {
    show.cues.get(id).ok_or_else(|| refuse(ErrorCode::NotFound, format!("there is no cue {id}"), "cue"))
}
