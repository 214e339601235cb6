use egui::{RichText, Ui, vec2};
use sync_protocol::{Command, Layer, LayerSource, MAX_LAYERS};

use crate::action::CommandSender;
use crate::model::Model;
use crate::shell::Shell;
use crate::status_bar::labelled;
use crate::tokens::{SPACE_M, SPACE_S, Tokens};
use crate::widgets::hold_button_ui;

/// Height of the strip, in points.
const HEIGHT: f32 = 112.0;
/// Width of a layer in it, in points.
const LAYER_WIDTH: f32 = 172.0;

/// The layers from bottom to top, left to right, and the morph between the two pictures.
pub(crate) fn layers_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let frame = egui::Frame::new().fill(tokens.panel).inner_margin(SPACE_M);
    egui::Panel::bottom("layers").exact_size(HEIGHT).resizable(false).frame(frame).show(ui, |ui| {
        egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
            ui.horizontal(|ui| {
                let selected = shell.layer(model).map(|layer| layer.id);
                for (idx, layer) in model.show.layers.iter().enumerate() {
                    let on = Some(layer.id) == selected;
                    if layer_ui(ui, model, layer, idx, on, commands) {
                        shell.selected = Some(layer.id);
                    }
                }
                let free = model.show.layers.len() < MAX_LAYERS;
                let source = shell.layer(model).map(|layer| layer.source.clone());
                let add = ui.add_enabled(free, egui::Button::new("+")).on_hover_text("Add a layer on top");
                if labelled(add, "Add layer").clicked()
                    && let Some(source) = source
                {
                    commands.show(Command::AddLayer { source });
                    shell.selected = None;
                }
                ui.separator();
                mix_ui(ui, model, commands);
            });
        });
    });
}

/// Returns whether it was chosen.
fn layer_ui(
    ui: &mut Ui,
    model: &Model,
    layer: &Layer,
    idx: usize,
    selected: bool,
    commands: &CommandSender,
) -> bool {
    let tokens = Tokens::in_use(ui);
    let mut chosen = false;
    let stroke =
        if selected { egui::Stroke::new(2.0, tokens.accent) } else { egui::Stroke::new(1.0, tokens.line) };
    egui::Frame::new().stroke(stroke).corner_radius(6).inner_margin(SPACE_S).show(ui, |ui| {
        ui.set_width(LAYER_WIDTH);
        ui.vertical(|ui| {
            let title = RichText::new(format!("{}  {}", idx + 1, name(model, layer)));
            let button =
                egui::Button::selectable(selected, title).truncate().min_size(vec2(LAYER_WIDTH, 0.0));
            chosen = ui.add(button).clicked();
            ui.horizontal(|ui| {
                let mute = ui.selectable_label(layer.muted, "Mute");
                if mute.clicked() {
                    commands.show(Command::MuteLayer { layer: layer.id, muted: !layer.muted });
                }
                if labelled(ui.button("<"), "Move layer down").clicked() && idx > 0 {
                    commands.show(Command::MoveLayer { layer: layer.id, to_idx: idx - 1 });
                }
                if labelled(ui.button(">"), "Move layer up").clicked() && idx + 1 < model.show.layers.len() {
                    commands.show(Command::MoveLayer { layer: layer.id, to_idx: idx + 1 });
                }
                if model.show.layers.len() > 1 && hold_button_ui(ui, "×") {
                    commands.show(Command::RemoveLayer { layer: layer.id });
                }
            });
            let mut opacity = layer.opacity;
            ui.spacing_mut().slider_width = LAYER_WIDTH - SPACE_S;
            ui.spacing_mut().interact_size.y = 18.0;
            let slider = ui.add(egui::Slider::new(&mut opacity, 0.0..=1.0).show_value(false));
            slider.widget_info(|| {
                egui::WidgetInfo::slider(true, f64::from(opacity), format!("Opacity of layer {}", idx + 1))
            });
            if slider.double_clicked() {
                commands.show(Command::SetOpacity { layer: layer.id, opacity: 1.0 });
            } else if slider.changed() {
                commands.show(Command::SetOpacity { layer: layer.id, opacity });
            }
        });
    });
    chosen
}

fn mix_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    ui.vertical(|ui| {
        ui.label("Pictures");
        ui.horizontal(|ui| {
            ui.label("A");
            let mut mix = model.show.pictures.mix;
            let slider = ui.add(egui::Slider::new(&mut mix, 0.0..=1.0).show_value(false));
            slider.widget_info(|| egui::WidgetInfo::slider(true, f64::from(mix), "Mix of the pictures"));
            if slider.changed() {
                commands.show(Command::SetPictureMix { mix });
            }
            ui.label("B");
        });
    });
}

/// What a person calls what a layer shows.
pub(crate) fn name(model: &Model, layer: &Layer) -> String {
    match &layer.source {
        LayerSource::Scene(id) => model
            .scenes
            .iter()
            .find(|entry| entry.card.id == *id)
            .map_or_else(|| id.to_string(), |entry| entry.card.name.clone()),
        LayerSource::Picture(_) => "Picture".to_owned(),
        LayerSource::Solid(_) => "Colour".to_owned(),
        LayerSource::Video(_) => "Video".to_owned(),
        LayerSource::Camera(_) => "Camera".to_owned(),
        LayerSource::Text(text) => text.text.lines().next().unwrap_or_default().to_owned(),
        LayerSource::Slides(_) => "Slides".to_owned(),
    }
}
