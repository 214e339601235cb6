use egui::text::{LayoutJob, TextFormat};

use crate::action::{CommandSender, Intent};
use crate::model::Model;
use crate::shell::Shell;
use crate::tokens::Tokens;

/// The text of the selected layer's scene over the picture. The library watches the file: what a
/// person saves in any editor runs at once, and a mistake is marked here while the last good runs on.
pub(crate) fn source_ui(ui: &mut egui::Ui, shell: &Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let Some(layer) = shell.layer(model) else { return };
    let scene = shell.scene(model);
    if model.source.as_ref().map(|source| &source.scene) != scene {
        commands.app(Intent::ShowSource(layer.id));
    }
    let Some(source) = model.source.as_ref().filter(|source| Some(&source.scene) == scene) else {
        ui.label("This layer shows no scene with a text.");
        return;
    };
    ui.horizontal(|ui| {
        ui.heading(source.scene.as_str());
        match &source.path {
            Some(path) => ui.label(format!("{} — saved changes run at once", path.display())),
            None => ui.label("built in: `jamlight scenes new` makes one of your own"),
        };
    });
    if let Some((line, message)) = &source.problem {
        ui.colored_label(tokens.danger, format!("line {line}: {message}"));
    }
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let mut job = LayoutJob::default();
        let font = egui::TextStyle::Monospace.resolve(ui.style());
        for (idx, line) in source.text.lines().enumerate() {
            let wrong = source.problem.as_ref().is_some_and(|(at, _)| *at as usize == idx + 1);
            let colour = if wrong { tokens.danger } else { tokens.text };
            job.append(&format!("{:4}  ", idx + 1), 0.0, TextFormat::simple(font.clone(), tokens.text_dim));
            job.append(&format!("{line}\n"), 0.0, TextFormat::simple(font.clone(), colour));
        }
        job.wrap.max_width = f32::INFINITY;
        ui.add(egui::Label::new(job).selectable(true));
    });
}
