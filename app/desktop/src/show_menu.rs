use egui::Ui;
use sync_protocol::Command;

use crate::action::{BrowsePurpose, CommandSender, Intent};
use crate::keys;
use crate::model::{Look, Model, Theme};
use crate::shell::Shell;
use crate::tokens::SPACE_M;
use crate::widgets::hold_button_ui;

/// Show files, undo, and how the panels look.
pub(crate) fn show_menu_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let mut title = model.show.title.clone();
    let edit = ui.add(egui::TextEdit::singleline(&mut title).hint_text("Title").desired_width(260.0));
    if edit.changed() && !title.is_empty() {
        commands.show(Command::SetTitle { title });
    }
    ui.horizontal(|ui| {
        if item(ui, "New", "Ctrl-N") {
            commands.app(Intent::NewShow);
        }
        if item(ui, "Open…", "Ctrl-O") {
            shell.browse(BrowsePurpose::OpenShow, commands);
        }
        if item(ui, "Save", "Ctrl-S") {
            keys::save(shell, model, commands);
        }
        if item(ui, "Save as…", "Ctrl-Shift-S") {
            shell.browse(BrowsePurpose::SaveShow, commands);
        }
    });
    if !model.file.recent.is_empty() {
        ui.menu_button("Recent", |ui| {
            for path in &model.file.recent {
                let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
                if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                    commands.app(Intent::OpenShow(path.clone()));
                    ui.close();
                }
            }
        });
    }
    ui.horizontal(|ui| {
        let undo = ui.add_enabled(model.file.can_undo, egui::Button::new("Undo")).on_hover_text("Ctrl-Z");
        if undo.clicked() {
            commands.show(Command::Undo);
        }
        let redo = ui.add_enabled(model.file.can_redo, egui::Button::new("Redo")).on_hover_text("Ctrl-Y");
        if redo.clicked() {
            commands.show(Command::Redo);
        }
    });
    ui.add_space(SPACE_M);
    look_ui(ui, model.look, commands);
    ui.add_space(SPACE_M);
    if hold_button_ui(ui, "Quit") {
        commands.app(Intent::Quit);
    }
}

fn item(ui: &mut Ui, name: &str, key: &str) -> bool {
    let clicked = ui.button(name).on_hover_text(key).clicked();
    if clicked {
        ui.close();
    }
    clicked
}

fn look_ui(ui: &mut Ui, look: Look, commands: &CommandSender) {
    let mut wanted = look;
    ui.horizontal(|ui| {
        for (theme, name) in
            [(Theme::Dark, "Dark"), (Theme::Light, "Light"), (Theme::HighContrast, "High contrast")]
        {
            ui.selectable_value(&mut wanted.theme, theme, name);
        }
    });
    ui.horizontal(|ui| {
        ui.label("Size");
        for scale in [0.75, 1.0, 1.25, 1.5, 2.0] {
            ui.selectable_value(&mut wanted.scale, scale, format!("{} %", scale * 100.0));
        }
    });
    ui.toggle_value(&mut wanted.performance_size, "Large targets for the stage");
    ui.toggle_value(&mut wanted.reduced_motion, "Reduced motion");
    if wanted != look {
        commands.app(Intent::SetLook(wanted));
    }
}
