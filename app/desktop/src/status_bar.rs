use egui::{Align, Layout, PopupCloseBehavior, Response, RichText, Ui, vec2};

use crate::action::{CommandSender, Intent};
use crate::audio_panel::audio_ui;
use crate::jam::unread;
use crate::jam_model::Place;
use crate::model::Model;
use crate::now_playing::{bar_text, now_playing_ui};
use crate::output_panel::output_ui;
use crate::people::num_asking;
use crate::shell::{Mode, Shell};
use crate::show_menu::show_menu_ui;
use crate::tempo_panel::tempo_ui;
use crate::tokens::{SPACE_M, STATUS_PADDING, Tokens, tabular};
use crate::widgets::{beat_lamps_ui, meter_ui, minutes, spark_ui};
use sync_protocol::Command;

/// A frame longer than this is drawn in the warning colour: below 30 frames a second.
const SLOW_MILLIS: f32 = 34.0;
/// Longest name of an input in the bar, in characters.
const MAX_NAME_CHARS: usize = 24;

/// The bar at the foot of the window: always the same things at the same places. Each opens its panel.
pub(crate) fn status_bar_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let height = ui.spacing().interact_size.y + STATUS_PADDING;
    let frame = egui::Frame::new()
        .fill(shell.fill(model, tokens.panel))
        .inner_margin(egui::Margin::symmetric(SPACE_M as i8, 4));
    egui::Panel::bottom("status bar")
        .exact_size(height)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                input_ui(ui, model, shell, commands);
                tempo_button_ui(ui, model, commands);
                if let Some(key) = &model.ear.key {
                    ui.label(tabular(key)).on_hover_text("Key");
                }
                playing_ui(ui, model, commands);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    right_ui(ui, shell, model, commands)
                });
            });
        });
}

fn input_ui(ui: &mut Ui, model: &Model, shell: &mut Shell, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let source = if model.ear.source.is_empty() { "No sound" } else { &model.ear.source };
    let mut text = RichText::new(shortened(source));
    if model.ear.problem.is_some() {
        text = text.color(tokens.warning);
    }
    let button = labelled(ui.button(text), "Input");
    let level = model.ear.levels[0];
    meter_ui(ui, "Input level", level, vec2(64.0, 10.0));
    popup(&button, |ui| audio_ui(ui, shell, model, commands));
}

fn tempo_button_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let known = model.ear.tempo_bpm > 0.0;
    let text = if known { format!("{:5.1}", model.ear.tempo_bpm) } else { "  –  ".to_owned() };
    let button = labelled(ui.button(tabular(text)), "Tempo");
    beat_lamps_ui(ui, model.ear.beat, model.ear.beats_per_bar, known);
    popup(&button, |ui| tempo_ui(ui, model, commands));
}

/// What plays; opens its panel.
fn playing_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let known = model.show.now_playing.is_some();
    let text = RichText::new(bar_text(model)).color(if known { tokens.text } else { tokens.text_dim });
    let button = labelled(ui.button(text), "Now playing");
    popup(&button, |ui| now_playing_ui(ui, model, commands));
}

fn right_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let menu = labelled(ui.button("Menu"), "Menu");
    popup(&menu, |ui| show_menu_ui(ui, shell, model, commands));
    for (mode, name) in [(Mode::Code, "Code"), (Mode::Mix, "Mix"), (Mode::Play, "Play")] {
        if ui.selectable_label(shell.mode == mode, name).clicked() {
            shell.mode = mode;
        }
    }
    let black = model.show.master.blackout;
    let mut blackout = RichText::new(if black { "BLACK" } else { "Black" });
    if black {
        blackout = blackout.color(tokens.danger).strong();
    }
    let response = ui.selectable_label(false, blackout).on_hover_text("Blackout (B)");
    if labelled(response, "Blackout").clicked() {
        commands.show(Command::SetBlackout { blackout: !black });
    }
    let state = &model.outputs.state;
    if state.panicked {
        let safe = RichText::new("SAFE SCENE").color(tokens.danger).strong();
        let response = ui.selectable_label(false, safe).on_hover_text("Back to the show (P)");
        if labelled(response, "Back to the show").clicked() {
            commands.app(Intent::TogglePanic);
        }
    }
    if let Some(secs) = state.recording_secs {
        let lamp = tabular(format!("REC {}", minutes(secs))).color(tokens.danger);
        let response = ui.selectable_label(false, lamp).on_hover_text("Stop recording (R)");
        if labelled(response, "Recording").clicked() {
            commands.app(Intent::ToggleRecording);
        }
    }
    if state.num_readers > 0 {
        ui.label(RichText::new("Live").color(tokens.accent)).on_hover_text("A stream is being read");
    }
    if !model.outputs.wishes.limit_flashes {
        ui.label(RichText::new("Flashes free").color(tokens.warning))
            .on_hover_text("The flash limiter is off");
    }
    let screen = RichText::new("Output").color(if model.outputs.open { tokens.accent } else { tokens.text });
    let output = labelled(ui.button(screen), "Outputs");
    popup(&output, |ui| output_ui(ui, model, commands));
    room_button_ui(ui, shell, model);
    spark_ui(ui, &model.performance.frame_millis, SLOW_MILLIS, vec2(60.0, 20.0));
    let fps = format!("{:3.0} fps", model.performance.frames_per_sec);
    let performance = &model.performance;
    ui.label(tabular(fps)).on_hover_ui(|ui| {
        ui.label(format!("Shown at {}×{}", performance.size[0], performance.size[1]));
        ui.label(format!("Drawn at {}×{}", performance.internal_size[0], performance.internal_size[1]));
        ui.label(&performance.adapter);
        if performance.num_rebuilds > 0 {
            ui.label(format!("GPU replaced {} times", performance.num_rebuilds));
        }
        ui.label(format!("{} pictures waited for a compiler", performance.num_compiled));
    });
    if ui.available_width() > 160.0 {
        let changed = if model.file.changed { " •" } else { "" };
        ui.add(
            egui::Label::new(RichText::new(format!("{}{changed}", model.show.title)).color(tokens.text_dim))
                .truncate(),
        );
    }
}

/// Who is here; opens the room.
fn room_button_ui(ui: &mut Ui, shell: &mut Shell, model: &Model) {
    let tokens = Tokens::in_use(ui);
    let room = &model.room;
    let (text, colour) = match &room.place {
        Place::Alone | Place::Opening => ("Jam".to_owned(), tokens.text),
        Place::Hosting(_) => (format!("Jam {}", room.num_online()), tokens.accent),
        Place::Visiting(visiting) if visiting.connected => {
            (format!("Jam {}", room.num_online()), tokens.accent)
        }
        Place::Visiting(_) => ("Jam …".to_owned(), tokens.warning),
    };
    if let Some(recording) = room.recording {
        let lamp = RichText::new("Recorded").color(tokens.danger);
        let lamp = ui.selectable_label(false, lamp).on_hover_text(recording.sentence());
        if labelled(lamp, "The jam is recorded").clicked() {
            shell.room.open = true;
        }
    }
    let has_news = !shell.room.open && unread(room, &shell.room) + num_asking(room) > 0;
    let text = if has_news { format!("{text} •") } else { text };
    // On the accent, which marks it as open, the accent cannot be read.
    let text = tabular(text);
    let text = if shell.room.open { text } else { text.color(colour) };
    let button = ui.selectable_label(shell.room.open, text);
    if labelled(button.on_hover_text("The room: people, chat, history (J)"), "Room").clicked() {
        shell.room.open = !shell.room.open;
    }
}

/// Gives a control the name that people who do not see it, and tests, find it by.
pub(crate) fn labelled(response: Response, name: &str) -> Response {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    response
}

/// A panel that opens at a button and stays until one clicks beside it.
pub(crate) fn popup(button: &Response, contents: impl FnOnce(&mut Ui)) {
    egui::Popup::menu(button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_min_width(280.0);
        contents(ui);
    });
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_NAME_CHARS {
        return text.to_owned();
    }
    text.chars().take(MAX_NAME_CHARS - 1).chain(['…']).collect()
}
