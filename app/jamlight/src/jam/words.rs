//! What happened, in words: for the timeline and for transcripts.

use sync_protocol::{Event, EventKind, LayerSource, MemberId, ParamValue, Recording};

/// Says in a few words what an event did; `name` finds people. Empty for what nobody would list.
pub(crate) fn deed(event: &Event, name: impl Fn(MemberId) -> String) -> String {
    let done = match &event.kind {
        EventKind::ShowReplaced { show, .. } => format!("put {:?} on stage", show.title),
        EventKind::TitleChanged { title, .. } => format!("called the show {title:?}"),
        EventKind::LayerAdded { layer, .. } => format!("added layer {}: {}", layer.id, source(&layer.source)),
        EventKind::LayerRemoved { layer, .. } => format!("took layer {} away", layer.id),
        EventKind::LayerMoved { layer, .. } => format!("moved layer {layer}"),
        EventKind::SourceChanged { layer, source: new, .. } => format!("layer {layer} shows {}", source(new)),
        EventKind::ParamChanged { layer, name, value, .. } => {
            format!("{name} of layer {layer}: {}", number(value.as_ref()))
        }
        EventKind::OpacityChanged { layer, opacity, .. } => format!("opacity of layer {layer}: {opacity:.2}"),
        EventKind::BlendChanged { layer, blend, .. } => format!("blend of layer {layer}: {blend:?}"),
        EventKind::LayerMuted { layer, muted } => format!("layer {layer} {}", on_off(!muted)),
        EventKind::PaletteChanged { .. } => "changed the colours".to_owned(),
        EventKind::TransitionChanged { .. } => "changed the transition".to_owned(),
        EventKind::TempoChanged { tempo, .. } => {
            format!("tempo from {:?}, {:.1} bpm", tempo.source, tempo.bpm)
        }
        EventKind::PictureChanged { .. } => "chose another picture".to_owned(),
        EventKind::PictureMixChanged { mix, .. } => format!("picture mix: {mix:.2}"),
        EventKind::BlackoutChanged { blackout } => {
            if *blackout { "made it black" } else { "brought the light back" }.to_owned()
        }
        EventKind::FrozenChanged { frozen } => {
            if *frozen { "froze the picture" } else { "let the picture go" }.to_owned()
        }
        EventKind::BrightnessChanged { brightness, .. } => format!("brightness: {brightness:.2}"),
        EventKind::Evaluated { text, code, .. } => match code {
            Some(code) => format!("ran {text}: {}", first_line(code)),
            None => format!("stopped {text}"),
        },
        EventKind::Hushed { .. } => "stopped all code".to_owned(),
        EventKind::TextEdited { text, .. } => format!("wrote in {text}"),
        EventKind::MemberJoined { who } => format!("{} came in", who.name),
        EventKind::MemberLeft { who } => format!("{} left", name(*who)),
        EventKind::MemberChanged { who, was } => changed(who, was),
        EventKind::MemberKicked { who, banned } => {
            format!("sent {} away{}", name(*who), if *banned { " for good" } else { "" })
        }
        EventKind::Said { text } => format!("“{}”", first_line(text)),
        EventKind::MessageEdited { .. } => "changed a message".to_owned(),
        EventKind::VoteOpened { question, .. } => format!("asked: {question}"),
        EventKind::VoteCast { .. } => "voted".to_owned(),
        EventKind::VoteClosed { .. } => "ended the vote".to_owned(),
        EventKind::ParamOpened { layer, name, open } => {
            format!(
                "{} {name} of layer {layer} {} everyone",
                if *open { "opened" } else { "closed" },
                if *open { "to" } else { "for" }
            )
        }
        EventKind::RecordingChanged { recording, .. } => match recording {
            Some(Recording::Signal) => "began to record the room, without sound".to_owned(),
            Some(Recording::Sound) => "began to record the room with its sound".to_owned(),
            None => "ended the recording".to_owned(),
        },
        other => {
            // A kind that a newer version knows: its name is better than nothing.
            let debug = format!("{other:?}");
            debug.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
        }
    };
    match event.cause {
        sync_protocol::Cause::Done => done,
        sync_protocol::Cause::Undid { .. } => format!("undid: {done}"),
        sync_protocol::Cause::Redid { .. } => format!("redid: {done}"),
    }
}

fn changed(who: &sync_protocol::Member, was: &sync_protocol::Member) -> String {
    if who.role != was.role {
        format!("{} is now {:?}", who.name, who.role)
    } else if who.may_write != was.may_write {
        format!("{} may {}write", who.name, if who.may_write { "" } else { "not " })
    } else if who.muted != was.muted {
        format!("{} {}", if who.muted { "muted" } else { "unmuted" }, who.name)
    } else if who.wants_write != was.wants_write {
        format!("{} {}", who.name, if who.wants_write { "asks to write" } else { "asks no more" })
    } else if who.name != was.name {
        format!("{} is now called {}", was.name, who.name)
    } else {
        format!("{} changed colour", who.name)
    }
}

fn source(source: &LayerSource) -> String {
    match source {
        LayerSource::Scene(scene) => scene.to_string(),
        LayerSource::Solid(_) => "a colour".to_owned(),
        other => {
            let debug = format!("{other:?}");
            debug.split(['(', '{', ' ']).next().unwrap_or_default().to_lowercase()
        }
    }
}

fn number(value: Option<&ParamValue>) -> String {
    match value {
        None => "as the scene has it".to_owned(),
        Some(ParamValue::Number(number)) => format!("{number:.2}"),
        Some(other) => serde_json::to_string(other).unwrap_or_default(),
    }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// The first line, cut where a timeline ends.
fn first_line(text: &str) -> String {
    const MAX: usize = 60;
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    if line.chars().count() <= MAX && text.trim().lines().count() <= 1 {
        return line.to_owned();
    }
    line.chars().take(MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_protocol::{Cause, Seq};

    #[test]
    fn a_timeline_says_who_did_what_in_one_line() {
        let check = |kind: EventKind, cause: Cause, says: &str| {
            let event = Event { seq: Seq(1), member: MemberId(2), no: 0, at_millis: 0, cause, kind };
            assert_eq!(deed(&event, |_| "ben".to_owned()), says);
        };
        let kick = EventKind::MemberKicked { who: MemberId(3), banned: true };
        check(kick, Cause::Done, "sent ben away for good");
        let black = EventKind::BlackoutChanged { blackout: true };
        check(black, Cause::Undid { step: Seq(1), before: None }, "undid: made it black");
        let code = Some("\n  s(\"bd sd\")\n  .fast(2)\n".to_owned());
        let ran = EventKind::Evaluated {
            text: "code".into(),
            block: String::new(),
            code,
            quantum_beats: 4.0,
            at_beat: 8.0,
            was: None,
        };
        check(ran, Cause::Done, "ran code: s(\"bd sd\")…");
    }
}
