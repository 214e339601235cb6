use egui::Ui;

use crate::action::{CommandSender, Intent};
use crate::model::Model;

/// The show's own window and its screen.
pub(crate) fn output_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let outputs = &model.outputs;
    ui.heading("Output");
    if !outputs.sentence.is_empty() {
        ui.label(&outputs.sentence);
    }
    let label = if outputs.open { "Close the show's window" } else { "Open the show's window" };
    if ui.button(label).on_hover_text("Full screen (F)").clicked() {
        commands.app(Intent::ToggleOutput);
    }
    if ui.selectable_label(outputs.chosen.is_none(), "Screen: automatic").clicked() {
        commands.app(Intent::ChooseMonitor(None));
    }
    for monitor in &outputs.monitors {
        let chosen = outputs.chosen.as_deref() == Some(&monitor.name);
        let text = format!("{} ({}×{})", monitor.name, monitor.size[0], monitor.size[1]);
        if ui.selectable_label(chosen, text).clicked() {
            commands.app(Intent::ChooseMonitor(Some(monitor.name.clone())));
        }
    }
}
