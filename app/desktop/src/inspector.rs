use egui::{RichText, Ui};
use sync_protocol::{
    BlendMode, Command, Layer, MAX_TRANSITION_BEATS, ParamCard, ParamShape, ParamValue, Transition,
};

use crate::action::CommandSender;
use crate::layers::name;
use crate::model::Model;
use crate::palettes::palette_ui;
use crate::shell::Shell;
use crate::tokens::{INSPECTOR_WIDTH, SPACE_L, SPACE_M, Tokens};

const BLENDS: [(BlendMode, &str); 8] = [
    (BlendMode::Normal, "Normal"),
    (BlendMode::Add, "Add"),
    (BlendMode::Screen, "Screen"),
    (BlendMode::Multiply, "Multiply"),
    (BlendMode::Difference, "Difference"),
    (BlendMode::Overlay, "Overlay"),
    (BlendMode::Lighten, "Lighten"),
    (BlendMode::Darken, "Darken"),
];

/// Leaves room for the value and a label of two words beside it.
const SLIDER_WIDTH: f32 = 84.0;

/// The selected layer's controls, then what holds for the whole show.
pub(crate) fn inspector_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let frame = egui::Frame::new().fill(tokens.panel).inner_margin(SPACE_M);
    egui::Panel::right("inspector").exact_size(INSPECTOR_WIDTH).resizable(false).frame(frame).show(
        ui,
        |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.spacing_mut().slider_width = SLIDER_WIDTH;
                if let Some(layer) = shell.layer(model) {
                    ui.heading(name(model, layer));
                    scene_ui(ui, shell, model, layer, commands);
                    let current = BLENDS
                        .iter()
                        .find(|(blend, _)| *blend == layer.blend)
                        .map_or("Normal", |(_, name)| name);
                    egui::ComboBox::from_label("Blend").selected_text(current).show_ui(ui, |ui| {
                        for (blend, name) in BLENDS {
                            if ui.selectable_label(layer.blend == blend, name).clicked() {
                                commands.show(Command::SetBlend { layer: layer.id, blend });
                            }
                        }
                    });
                }
                ui.add_space(SPACE_L);
                ui.heading("Show");
                show_ui(ui, model, commands);
            });
        },
    );
}

fn scene_ui(ui: &mut Ui, shell: &Shell, model: &Model, layer: &Layer, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let entry = shell.scene(model).and_then(|id| model.scenes.iter().find(|entry| entry.card.id == *id));
    let Some(entry) = entry else { return };
    if !entry.card.author.is_empty() {
        ui.label(RichText::new(format!("by {}", entry.card.author)).small().color(tokens.text_dim));
    }
    for card in &entry.card.params {
        let set = layer.params.get(&card.name);
        let wanted = ui.push_id(&card.name, |ui| param_ui(ui, card, set)).inner;
        if let Some(value) = wanted {
            commands.show(Command::SetParam { layer: layer.id, name: card.name.clone(), value });
        }
    }
    if entry.card.params.is_empty() {
        ui.label(RichText::new("This scene has no controls.").color(tokens.text_dim));
    }
}

/// One parameter. Returns the new value when the person changed it: `Some(None)` is the default.
fn param_ui(ui: &mut Ui, card: &ParamCard, set: Option<&ParamValue>) -> Option<Option<ParamValue>> {
    let value = set.or(card.default.as_ref());
    match &card.shape {
        ParamShape::Float { min, max } => {
            let mut number = if let Some(ParamValue::Number(number)) = value { *number } else { *min };
            let slider = egui::Slider::new(&mut number, *min..=*max).text(&card.label).max_decimals(3);
            let response = ui.add(slider).on_hover_text("Double-click resets");
            if response.double_clicked() {
                return Some(None);
            }
            response.changed().then_some(Some(ParamValue::Number(number)))
        }
        ParamShape::Choice { options } => {
            let current =
                if let Some(ParamValue::Number(number)) = value { number.round() as i32 } else { 0 };
            let label = options.iter().find(|(option, _)| *option == current).map_or("", |(_, label)| label);
            let mut picked = None;
            egui::ComboBox::from_label(&card.label).selected_text(label).show_ui(ui, |ui| {
                for (option, label) in options {
                    if ui.selectable_label(*option == current, label).clicked() {
                        picked = Some(Some(ParamValue::Number(f64::from(*option))));
                    }
                }
            });
            picked
        }
        ParamShape::Bool => {
            let mut on = matches!(value, Some(ParamValue::Bool(true)));
            let response = ui.toggle_value(&mut on, &card.label);
            response.changed().then_some(Some(ParamValue::Bool(on)))
        }
        ParamShape::Event => ui.button(&card.label).clicked().then_some(Some(ParamValue::Bool(true))),
        ParamShape::Color => {
            let mut colour = if let Some(ParamValue::Color(colour)) = value { *colour } else { [1.0; 4] };
            ui.horizontal(|ui| {
                let response = ui.color_edit_button_rgba_unmultiplied(&mut colour);
                ui.label(&card.label);
                response.changed().then_some(Some(ParamValue::Color(colour)))
            })
            .inner
        }
        ParamShape::Point { min, max } => {
            let mut point = if let Some(ParamValue::Point(point)) = value { *point } else { *min };
            ui.label(&card.label);
            let x = ui.add(egui::Slider::new(&mut point[0], min[0]..=max[0]).text("across"));
            let y = ui.add(egui::Slider::new(&mut point[1], min[1]..=max[1]).text("up"));
            if x.double_clicked() || y.double_clicked() {
                return Some(None);
            }
            (x.changed() || y.changed()).then_some(Some(ParamValue::Point(point)))
        }
        ParamShape::Image => {
            ui.label(format!("{}: takes a picture", card.label));
            None
        }
    }
}

fn show_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let show = &model.show;
    let mut brightness = show.master.brightness;
    let slider = ui.add(egui::Slider::new(&mut brightness, 0.0..=2.0).text("Brightness"));
    if slider.double_clicked() {
        commands.show(Command::SetBrightness { brightness: 1.0 });
    } else if slider.changed() {
        commands.show(Command::SetBrightness { brightness });
    }
    let mut frozen = show.master.frozen;
    if ui.toggle_value(&mut frozen, "Freeze").changed() {
        commands.show(Command::SetFrozen { frozen });
    }
    ui.add_space(SPACE_M);
    palette_ui(ui, &show.palette, commands);
    ui.add_space(SPACE_M);
    let Transition { duration_beats, quantum_beats, .. } = show.transition;
    let mut wanted = show.transition.clone();
    ui.add(
        egui::Slider::new(&mut wanted.duration_beats, 0.0..=MAX_TRANSITION_BEATS.min(16.0))
            .step_by(0.5)
            .text("Fade, beats"),
    );
    egui::ComboBox::from_label("Change on").selected_text(quantum_name(quantum_beats)).show_ui(ui, |ui| {
        for quantum in [0.0, 1.0, 4.0, 16.0] {
            ui.selectable_value(&mut wanted.quantum_beats, quantum, quantum_name(quantum));
        }
    });
    if wanted.duration_beats != duration_beats || wanted.quantum_beats != quantum_beats {
        commands.show(Command::SetTransition { transition: wanted });
    }
}

fn quantum_name(beats: f32) -> String {
    match beats {
        0.0 => "at once".to_owned(),
        1.0 => "the next beat".to_owned(),
        beats => format!("every {beats} beats"),
    }
}
