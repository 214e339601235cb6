//! What happened, who did it, and the room as it was.

use egui::{RichText, Ui};
use sync_protocol::{Command, LayerSource, Right, Seq};

use crate::action::{CommandSender, Intent};
use crate::jam_model::{Deed, Past, Place, Room, RoomIntent};
use crate::model::Model;
use crate::people::color;
use crate::tokens::{SPACE_M, SPACE_S, Tokens, tabular};

/// The timeline, newest first; a click looks back to that moment.
pub(crate) fn history_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let room = &model.room;
    let tokens = Tokens::in_use(ui);
    let kept = matches!(room.place, Place::Hosting(_));
    if room.history.is_empty() {
        ui.label("Nothing happened yet. What people change, say and play shows up here.");
        return;
    }
    if kept {
        scrub_ui(ui, room, commands);
        if ui
            .button("Export")
            .on_hover_text("As JSON lines, Markdown and a page, into the data folder")
            .clicked()
        {
            commands.app(Intent::Room(RoomIntent::Export));
        }
    } else {
        ui.label(
            RichText::new("Looking back needs the room to be open: only then it is kept.")
                .color(tokens.text_dim),
        );
    }
    if let Some(past) = &room.past {
        past_ui(ui, model, past, commands);
    }
    ui.add_space(SPACE_M);
    let deeds = &room.history;
    let row = ui.text_style_height(&egui::TextStyle::Body) + SPACE_S;
    egui::ScrollArea::vertical().auto_shrink(false).show_rows(ui, row, deeds.len(), |ui, rows| {
        for deed in rows.filter_map(|row| deeds.get(deeds.len() - 1 - row)) {
            deed_ui(ui, room, deed, kept, commands);
        }
    });
}

/// One slider over all that is kept.
fn scrub_ui(ui: &mut Ui, room: &Room, commands: &CommandSender) {
    let (Some(first), Some(last)) = (room.history.first(), room.history.last()) else { return };
    let now = last.seq.0;
    let mut at = room.past.as_ref().map_or(now, |past| past.seq.0);
    ui.spacing_mut().slider_width = ui.available_width() - 110.0;
    let slider = egui::Slider::new(&mut at, first.seq.0..=now.max(first.seq.0 + 1))
        .custom_formatter(|seq, _| time_of(room, Seq(seq as u64)))
        .text("Moment");
    if ui.add(slider).changed() {
        let wanted = (at < now).then_some(Seq(at));
        commands.app(Intent::Room(RoomIntent::LookBack(wanted)));
    }
}

fn past_ui(ui: &mut Ui, model: &Model, past: &Past, commands: &CommandSender) {
    let room = &model.room;
    let tokens = Tokens::in_use(ui);
    egui::Frame::new().fill(tokens.well).inner_margin(SPACE_M).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.strong(format!("{} as it was at {}", past.show.title, time_of(room, past.seq)));
        for layer in &past.show.layers {
            let source = match &layer.source {
                LayerSource::Scene(scene) => model.scene_name(scene),
                _ => "a colour or a picture".to_owned(),
            };
            ui.label(format!("Layer {}: {source}", layer.id));
        }
        egui::ScrollArea::vertical().id_salt("past texts").max_height(160.0).show(ui, |ui| {
            for (name, text) in &past.texts {
                ui.label(RichText::new(name).color(tokens.text_dim));
                ui.label(tabular(text));
            }
        });
        ui.horizontal(|ui| {
            if room.my_role().has(Right::Rule) && ui.button("Put this show on stage").clicked() {
                commands.show(Command::ReplaceShow { show: past.show.clone() });
                commands.app(Intent::Room(RoomIntent::LookBack(None)));
            }
            if ui.button("Back to now").clicked() {
                commands.app(Intent::Room(RoomIntent::LookBack(None)));
            }
        });
    });
}

fn deed_ui(ui: &mut Ui, room: &Room, deed: &Deed, kept: bool, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let seen = room.past.as_ref().is_some_and(|past| past.seq == deed.seq);
    let response = ui
        .horizontal(|ui| {
            ui.label(tabular(clock(deed.at_millis)).small().color(tokens.text_dim));
            ui.label(RichText::new(&deed.who).strong().color(color(deed.color)));
            let what = RichText::new(&deed.what).color(if seen { tokens.accent } else { tokens.text });
            ui.add(egui::Label::new(what).truncate());
        })
        .response;
    if kept {
        // Over the words, which would take the click for themselves.
        let id = ui.scope_id().with(("deed", deed.seq.0));
        let response =
            ui.interact(response.rect, id, egui::Sense::click()).on_hover_text("Look back to this moment");
        response.widget_info(|| {
            let name = format!("{} {}", deed.who, deed.what);
            egui::WidgetInfo::labeled(egui::Role::Button, true, name)
        });
        if response.clicked() {
            commands.app(Intent::Room(RoomIntent::LookBack(Some(deed.seq))));
        }
    }
}

/// When the event of this number was, or the last one before it that is listed.
fn time_of(room: &Room, seq: Seq) -> String {
    let deed = room.history.iter().rev().find(|deed| deed.seq <= seq).or(room.history.first());
    clock(deed.map_or(0, |deed| deed.at_millis))
}

/// The time of day in UTC. The panels know no time zone; what counts is the distance.
fn clock(at_millis: u64) -> String {
    let secs = at_millis / 1_000;
    format!("{:02}:{:02}:{:02}", secs / 3_600 % 24, secs / 60 % 60, secs % 60)
}
