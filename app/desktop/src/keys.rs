//! One key for each thing.

use egui::{Key, Modifiers};
use sync_protocol::{Command, LayerSource};

use crate::action::{BrowsePurpose, CommandSender, Intent};
use crate::model::Model;
use crate::shell::{Mode, Shell, pressed};

const SCENE_KEYS: [Key; 8] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8];

/// Turns keys into actions. Keys without a modifier rest while a text field has the focus.
pub(crate) fn handle(ui: &egui::Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let shift = Modifiers::COMMAND | Modifiers::SHIFT;
    if pressed(ui, shift, Key::S) {
        shell.browse(BrowsePurpose::SaveShow, commands);
    }
    if pressed(ui, Modifiers::COMMAND, Key::S) {
        save(shell, model, commands);
    }
    if pressed(ui, Modifiers::COMMAND, Key::O) {
        shell.browse(BrowsePurpose::OpenShow, commands);
    }
    if pressed(ui, Modifiers::COMMAND, Key::N) {
        commands.app(Intent::NewShow);
    }
    if pressed(ui, Modifiers::COMMAND, Key::Period) {
        commands.show(Command::Hush);
    }
    if ui.ctx().text_edit_focused() {
        return;
    }
    if pressed(ui, shift, Key::Z) || pressed(ui, Modifiers::COMMAND, Key::Y) {
        commands.show(Command::Redo);
    }
    if pressed(ui, Modifiers::COMMAND, Key::Z) {
        commands.show(Command::Undo);
    }
    if pressed(ui, Modifiers::COMMAND, Key::Q) {
        commands.app(Intent::Quit);
    }
    if pressed(ui, Modifiers::NONE, Key::F) {
        commands.app(Intent::ToggleOutput);
    }
    if pressed(ui, Modifiers::NONE, Key::B) {
        commands.show(Command::SetBlackout { blackout: !model.show.master.blackout });
    }
    if pressed(ui, Modifiers::NONE, Key::Z) {
        commands.show(Command::SetFrozen { frozen: !model.show.master.frozen });
    }
    if pressed(ui, Modifiers::NONE, Key::P) {
        commands.app(Intent::TogglePanic);
    }
    if pressed(ui, Modifiers::NONE, Key::R) {
        commands.app(Intent::ToggleRecording);
    }
    if pressed(ui, Modifiers::NONE, Key::T) {
        commands.app(Intent::Tap);
    }
    if pressed(ui, Modifiers::NONE, Key::J) {
        shell.room.open = !shell.room.open;
    }
    if pressed(ui, Modifiers::NONE, Key::Tab) {
        shell.mode = shell.mode.next();
        shell.tabbed = true;
    }
    // An open popup takes its own Escape: one step at a time.
    if !egui::Popup::is_any_open(ui.ctx()) && pressed(ui, Modifiers::NONE, Key::Escape) {
        escape(shell, model, commands);
    }
    // Space on a focused button presses it; anywhere else it goes on.
    if ui.memory(|memory| memory.focused().is_none()) && pressed(ui, Modifiers::NONE, Key::Space) {
        next_scene(shell, model, commands);
    }
    for (idx, key) in SCENE_KEYS.into_iter().enumerate() {
        if pressed(ui, Modifiers::NONE, key) {
            show_scene(shell, model, idx, commands);
        }
    }
}

/// Saves where the show is kept, or asks for a place.
pub(crate) fn save(shell: &mut Shell, model: &Model, commands: &CommandSender) {
    if model.file.path.is_some() {
        commands.app(Intent::SaveShow);
    } else {
        shell.browse(BrowsePurpose::SaveShow, commands);
    }
}

/// One step back towards Play; never out of the application.
fn escape(shell: &mut Shell, model: &Model, commands: &CommandSender) {
    if shell.browser.take().is_some() {
        return;
    }
    if std::mem::take(&mut shell.room.large_code) || std::mem::take(&mut shell.room.open) {
        return;
    }
    if shell.mode != Mode::Play {
        shell.mode = Mode::Play;
    } else if model.outputs.open {
        commands.app(Intent::ToggleOutput);
    }
}

/// Puts the scene after the current one on the selected layer.
pub(crate) fn next_scene(shell: &Shell, model: &Model, commands: &CommandSender) {
    let current =
        shell.scene(model).and_then(|id| model.scenes.iter().position(|entry| entry.card.id == *id));
    let num = model.scenes.len();
    let order = (1..=num).map(|step| current.map_or(step - 1, |idx| idx + step) % num.max(1));
    if let Some(idx) =
        order.into_iter().find(|idx| model.scenes.get(*idx).is_some_and(|entry| entry.problem.is_none()))
    {
        show_scene(shell, model, idx, commands);
    }
}

/// Puts a scene of the library on the selected layer.
pub(crate) fn show_scene(shell: &Shell, model: &Model, idx: usize, commands: &CommandSender) {
    if let (Some(layer), Some(entry)) = (shell.layer(model), model.scenes.get(idx)) {
        commands
            .show(Command::SetSource { layer: layer.id, source: LayerSource::Scene(entry.card.id.clone()) });
    }
}
