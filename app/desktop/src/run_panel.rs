//! What happens by itself: cues, playlist, autopilot.

use egui::{RichText, Ui};
use sync_protocol::{
    Autopilot, Command, Cue, CueTrigger, HitKind, Layer, LayerSource, MAX_CUE_TRACK_CHARS, MAX_CUES,
    MAX_PLAYLIST, Pick,
};

use crate::action::CommandSender;
use crate::inspector::number_ui;
use crate::layers;
use crate::model::Model;
use crate::modulation::{HITS, pick_ui};
use crate::shell::Shell;
use crate::status_bar::{labelled, popup};
use crate::tokens::{SPACE_L, SPACE_S, Tokens};

/// Tags offered to the autopilot: the most frequent ones.
const MAX_TAGS: usize = 12;
/// Tracks offered to a cue: the last ones that played.
const MAX_TRACK_CHOICES: usize = 6;
/// Longest name on a cue's button, in characters.
const MAX_BUTTON_CHARS: usize = 16;
/// Longest name that a new cue takes from what it shows, in characters.
const MAX_LOOK_CHARS: usize = 40;
const PICKS: [(Pick, &str); 4] = [
    (Pick::Off, "Off"),
    (Pick::InOrder, "Playlist"),
    (Pick::Shuffled, "Shuffle"),
    (Pick::Library, "By the music"),
];

pub(crate) fn run_ui(ui: &mut Ui, shell: &Shell, model: &Model, commands: &CommandSender) {
    cues_ui(ui, model, commands);
    ui.add_space(SPACE_L);
    autopilot_ui(ui, model, commands);
    ui.add_space(SPACE_L);
    playlist_ui(ui, shell, model, commands);
}

/// What a new cue is called: after the uppermost scene, picture or video that is seen, with a number from the second on.
fn look_name(model: &Model) -> String {
    let cues = &model.show.cues.cues;
    let seen = |layer: &&Layer| !layer.muted && !matches!(layer.source, LayerSource::Text(_));
    let stem: String = match model.show.layers.iter().rev().find(seen) {
        Some(layer) => layers::name(model, layer).chars().take(MAX_LOOK_CHARS).collect(),
        None => "Look".to_owned(),
    };
    let numbered = (2..=cues.len() + 1).map(|number| format!("{stem} {number}"));
    let mut names = std::iter::once(stem.clone()).chain(numbered);
    names.find(|name| cues.iter().all(|cue| cue.name != *name)).unwrap_or(stem)
}

fn cues_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let list = &model.show.cues;
    ui.heading("Cues");
    ui.horizontal(|ui| {
        let free = list.cues.len() < MAX_CUES;
        let keep = ui.add_enabled(free, egui::Button::new("Keep this look"));
        if keep.on_hover_text("Layers, filters, colours, crossfader: as they are now").clicked() {
            let name = look_name(model);
            let at_idx = list.cues.len();
            commands.show(Command::PutCue {
                cue: None,
                name,
                trigger: CueTrigger::Manual,
                at_idx,
                retake: true,
            });
        }
        let next = list.next();
        let go = ui.add_enabled(next.is_some(), egui::Button::new(RichText::new("GO").strong()));
        if let Some(next) = next
            && go.on_hover_text(format!("Next: {}", next.name)).clicked()
        {
            commands.show(Command::GoCue { cue: next.id });
        }
        let mut playing = list.playing;
        if ui.toggle_value(&mut playing, "Run").on_hover_text("Cues come by themselves").changed() {
            commands.show(Command::PlayCues { playing });
        }
    });
    if list.cues.is_empty() {
        ui.label(
            RichText::new(
                "A cue keeps the whole stage. Build a look, keep it, build the next; GO steps through them.",
            )
            .color(tokens.text_dim),
        );
    }
    for (idx, cue) in list.cues.iter().enumerate() {
        ui.push_id(("cue", cue.id.0), |ui| cue_ui(ui, idx, cue, model, commands));
    }
}

fn cue_ui(ui: &mut Ui, idx: usize, cue: &Cue, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let on = model.show.cues.current == Some(cue.id);
    let put = |name: String, trigger: CueTrigger, at_idx: usize, retake: bool| {
        commands.show(Command::PutCue { cue: Some(cue.id), name, trigger, at_idx, retake });
    };
    ui.horizontal(|ui| {
        let go = ui.selectable_label(on, format!("{}", idx + 1)).on_hover_text("Put it on stage");
        if labelled(go, &format!("Go to cue {}", cue.name)).clicked() {
            commands.show(Command::GoCue { cue: cue.id });
        }
        let width = (ui.available_width() - 110.0).max(60.0);
        let name = RichText::new(&cue.name).color(if on { tokens.accent } else { tokens.text });
        ui.add_sized([width, 24.0], egui::Label::new(name).truncate());
        let edit = labelled(ui.button(trigger_name(&cue.trigger)), &format!("Edit cue {}", cue.name));
        popup(&edit, |ui| {
            let mut name = cue.name.clone();
            if ui.text_edit_singleline(&mut name).changed() && !name.trim().is_empty() {
                put(name, cue.trigger.clone(), idx, false);
            }
            let mut trigger = cue.trigger.clone();
            trigger_ui(ui, &mut trigger, model);
            if trigger != cue.trigger {
                put(cue.name.clone(), trigger, idx, false);
            }
            ui.horizontal(|ui| {
                if ui.button("Take the look of now").clicked() {
                    put(cue.name.clone(), cue.trigger.clone(), idx, true);
                }
                if idx > 0 && ui.button("^").on_hover_text("Earlier").clicked() {
                    put(cue.name.clone(), cue.trigger.clone(), idx - 1, false);
                }
                if ui.button("v").on_hover_text("Later").clicked() {
                    put(cue.name.clone(), cue.trigger.clone(), idx + 1, false);
                }
                if ui.button("×").on_hover_text("Remove; Ctrl-Z brings it back").clicked() {
                    commands.show(Command::RemoveCue { cue: cue.id });
                }
            });
        });
    });
}

fn trigger_name(trigger: &CueTrigger) -> String {
    match trigger {
        CueTrigger::Manual => "by hand".to_owned(),
        CueTrigger::Secs { after } => format!("{after:.0} s"),
        CueTrigger::Beats { after } => format!("{after:.0} beats"),
        CueTrigger::Hit { hit, nth } => {
            let name = HITS.iter().find(|(kind, _)| kind == hit).map_or("hit", |(_, name)| name);
            if *nth == 1 { name.to_string() } else { format!("{nth}× {name}") }
        }
        CueTrigger::Track { name } if name.is_empty() => "any track".to_owned(),
        CueTrigger::Track { name } if name.chars().count() > MAX_BUTTON_CHARS => {
            name.chars().take(MAX_BUTTON_CHARS - 1).chain(['…']).collect()
        }
        CueTrigger::Track { name } => name.clone(),
    }
}

fn trigger_ui(ui: &mut Ui, trigger: &mut CueTrigger, model: &Model) {
    let with_track = matches!(trigger, CueTrigger::Track { .. });
    ui.label(if with_track { "Comes whenever the track is heard" } else { "Comes after the cue before it" });
    ui.horizontal_wrapped(|ui| {
        let kinds = [
            (CueTrigger::Manual, "by hand"),
            (CueTrigger::Secs { after: 30.0 }, "after seconds"),
            (CueTrigger::Beats { after: 64.0 }, "after beats"),
            (CueTrigger::Hit { hit: HitKind::Drop, nth: 1 }, "at a hit"),
            (CueTrigger::Track { name: heard_name(model).unwrap_or_default() }, "with a track"),
        ];
        for (kind, name) in kinds {
            let on = std::mem::discriminant(&kind) == std::mem::discriminant(trigger);
            if ui.selectable_label(on, name).clicked() && !on {
                *trigger = kind;
            }
        }
    });
    match trigger {
        CueTrigger::Manual => {}
        CueTrigger::Secs { after } => {
            ui.add(egui::DragValue::new(after).range(0.0..=3_600.0).speed(1.0).suffix(" s"));
        }
        CueTrigger::Beats { after } => {
            ui.add(egui::DragValue::new(after).range(0.0..=4_096.0).speed(1.0).suffix(" beats"));
        }
        CueTrigger::Hit { hit, nth } => {
            pick_ui(ui, hit, &HITS);
            ui.add(egui::DragValue::new(nth).range(1..=1_000).prefix("the "));
        }
        CueTrigger::Track { name } => {
            let hint = "any track that no other cue names";
            ui.add(egui::TextEdit::singleline(name).hint_text(hint).char_limit(MAX_CUE_TRACK_CHARS));
            let played = model.playing.history.iter().map(|played| &played.name);
            for other in played.take(MAX_TRACK_CHOICES) {
                if ui.selectable_label(name == other, other).clicked() {
                    name.clone_from(other);
                }
            }
        }
    }
}

/// The track that plays, else the one that played last.
fn heard_name(model: &Model) -> Option<String> {
    let playing = model.show.now_playing.as_ref().map(|playing| playing.track.name());
    playing.or_else(|| model.playing.history.first().map(|played| played.name.clone()))
}

fn autopilot_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let autopilot = &model.show.autopilot;
    let mut wanted: Autopilot = autopilot.clone();
    ui.heading("Autopilot");
    pick_ui(ui, &mut wanted.pick, &PICKS);
    if wanted.pick != Pick::Off {
        let mut bars = wanted.beats / 4.0;
        number_ui(ui, "Every, bars", &mut bars, 1.0, 64.0, 16.0);
        wanted.beats = bars.round().max(1.0) * 4.0;
        ui.horizontal_wrapped(|ui| {
            ui.toggle_value(&mut wanted.on_sections, "New sections too")
                .on_hover_text("A new part of the song, or a drop, changes the scene as well");
        });
    }
    if wanted.pick == Pick::Library {
        ui.horizontal_wrapped(|ui| {
            ui.toggle_value(&mut wanted.follow_energy, "Follow the energy")
                .on_hover_text("Calm music gets calm scenes, hard music hard ones");
            ui.toggle_value(&mut wanted.favourites, "Favourites only");
        });
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().button_padding = egui::vec2(6.0, 2.0);
            for tag in frequent_tags(model).into_iter().take(MAX_TAGS) {
                let on = wanted.tags.contains(&tag);
                if ui.selectable_label(on, &tag).clicked() {
                    if on {
                        wanted.tags.retain(|other| *other != tag);
                    } else {
                        wanted.tags.push(tag);
                    }
                }
            }
        });
    }
    if wanted != *autopilot {
        commands.show(Command::SetAutopilot { autopilot: wanted });
    }
}

/// The tags of the library, the most frequent first.
pub(crate) fn frequent_tags(model: &Model) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for tag in model.scenes.iter().flat_map(|entry| &entry.card.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let mut tags: Vec<_> = counts.into_iter().collect();
    tags.sort_by_key(|(tag, count)| (std::cmp::Reverse(*count), *tag));
    tags.into_iter().map(|(tag, _)| tag.to_owned()).collect()
}

fn playlist_ui(ui: &mut Ui, shell: &Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let playlist = &model.show.playlist;
    let mut wanted = playlist.clone();
    ui.heading("Playlist");
    ui.horizontal(|ui| {
        let current = shell.scene(model);
        let free = playlist.scenes.len() < MAX_PLAYLIST;
        if ui.add_enabled(free && current.is_some(), egui::Button::new("Add this scene")).clicked() {
            wanted.scenes.extend(current.cloned());
        }
        if ui
            .add_enabled(!model.stage.marks.favourites.is_empty(), egui::Button::new("Add favourites"))
            .clicked()
        {
            let new = model.stage.marks.favourites.iter().filter(|scene| !playlist.scenes.contains(scene));
            wanted.scenes.extend(new.take(MAX_PLAYLIST - playlist.scenes.len()).cloned());
        }
    });
    if playlist.scenes.is_empty() {
        ui.label(
            RichText::new(
                "Empty. Add the scene on stage, your favourites, or right-click a scene in the library.",
            )
            .color(tokens.text_dim),
        );
    }
    for (idx, scene) in playlist.scenes.iter().enumerate() {
        ui.push_id(("scene", idx), |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = SPACE_S;
                let on = shell.scene(model) == Some(scene);
                let name = model.scene_name(scene);
                let text = RichText::new(&name).color(if on { tokens.accent } else { tokens.text });
                let width = (ui.available_width() - 90.0).max(60.0);
                let button = egui::Button::selectable(on, text).truncate();
                if ui.add_sized([width, 24.0], button).clicked()
                    && let Some(layer) = shell.layer(model)
                {
                    let source = LayerSource::Scene(scene.clone());
                    commands.show(Command::SetSource { layer: layer.id, source });
                }
                if labelled(ui.small_button("^"), &format!("{name} earlier")).clicked() && idx > 0 {
                    wanted.scenes.swap(idx, idx - 1);
                }
                if labelled(ui.small_button("×"), &format!("{name} out of the playlist")).clicked() {
                    wanted.scenes.remove(idx);
                }
            });
        });
    }
    if wanted != *playlist {
        commands.show(Command::SetPlaylist { playlist: wanted });
    }
}
