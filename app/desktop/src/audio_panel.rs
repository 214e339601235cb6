use egui::{Ui, vec2};

use crate::action::{BrowsePurpose, CommandSender, Intent};
use crate::inspector::number_ui;
use crate::mixing::mixing_ui;
use crate::model::{AudioChoice, Model};
use crate::shell::Shell;
use crate::tokens::{SPACE_M, Tokens, tabular};
use crate::widgets::{meter_ui, minutes};

const BANDS: [&str; 5] = ["All", "Bass", "Mid", "Mid high", "High"];

/// Where sound comes from, what is heard of it, and why not when nothing is.
pub(crate) fn audio_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let ear = &model.ear;
    ui.heading("Listening");
    if let Some(problem) = &ear.problem {
        ui.colored_label(tokens.warning, problem);
    }
    let chosen = ear.chosen.clone().unwrap_or(AudioChoice::Automatic);
    for choice in &ear.choices {
        if ui.selectable_label(*choice == chosen, choice.to_string()).clicked() {
            commands.app(Intent::ListenTo(choice.clone()));
        }
    }
    if ui.button("Play a file…").clicked() {
        shell.browse(BrowsePurpose::PlayTrack, commands);
    }
    if let Some((position, length)) = ear.track_secs {
        track_ui(ui, ear.paused, position, length, commands);
    }
    ui.add_space(SPACE_M);
    for (name, level) in BANDS.into_iter().zip(ear.levels) {
        ui.horizontal(|ui| {
            ui.add_sized(vec2(64.0, 16.0), egui::Label::new(name));
            meter_ui(ui, &format!("{name} level"), level, vec2(180.0, 10.0));
        });
    }
    mixing_ui(ui, model, commands);
    let mut offset = ear.picture_offset_millis as f32;
    number_ui(ui, "Picture, ms", &mut offset, -500.0, 500.0, 0.0);
    let offset = offset.round() as i32;
    if offset != ear.picture_offset_millis {
        commands.app(Intent::SetPictureOffset(offset));
    }
    ui.label(tabular(format!("{:6.1} LUFS", ear.loudness_lufs)))
        .on_hover_text("Loudness now (EBU R128, 400 ms)");
}

fn track_ui(ui: &mut Ui, paused: bool, position: f64, length: f64, commands: &CommandSender) {
    ui.horizontal(|ui| {
        if ui.button(if paused { "Play" } else { "Pause" }).clicked() {
            commands.app(Intent::PauseTrack(!paused));
        }
        let mut wanted = position;
        let slider = egui::Slider::new(&mut wanted, 0.0..=length.max(0.1)).show_value(false);
        if ui.add(slider).drag_stopped() {
            commands.app(Intent::SeekTrack(wanted));
        }
        ui.label(tabular(format!("{} / {}", minutes(position), minutes(length))));
    });
}
