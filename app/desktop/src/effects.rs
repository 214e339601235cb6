//! A chain of filters: of a layer, or of the whole picture.

use egui::{RichText, Ui};
use sync_protocol::{Command, Effect, LayerId, MAX_EFFECTS, SceneCard};

use crate::action::CommandSender;
use crate::model::Model;
use crate::params::{Param, ParamChange, param_ui};
use crate::status_bar::{labelled, popup};
use crate::tokens::{SPACE_S, Tokens};

/// The filters of a layer, `None` for the whole picture.
pub(crate) fn effects_ui(
    ui: &mut Ui,
    model: &Model,
    layer: Option<LayerId>,
    effects: &[Effect],
    commands: &CommandSender,
) {
    let tokens = Tokens::in_use(ui);
    let mut wanted = effects.to_vec();
    ui.horizontal(|ui| {
        ui.strong("Filters");
        let free = effects.len() < MAX_EFFECTS;
        let add = labelled(ui.add_enabled(free, egui::Button::new("+")), "Add filter");
        popup(&add, |ui| {
            if model.stage.filters.is_empty() {
                ui.label("No filters in the library yet.");
            }
            ui.horizontal_wrapped(|ui| {
                for card in model.stage.filters.iter() {
                    if ui.button(&card.name).clicked() {
                        wanted.push(new(card, effects));
                        ui.close();
                    }
                }
            });
        });
        if effects.is_empty() {
            ui.label(RichText::new("none").color(tokens.text_dim));
        }
    });
    for (idx, effect) in effects.iter().enumerate() {
        ui.push_id(("effect", effect.id), |ui| {
            effect_ui(ui, model, layer, idx, effect, &mut wanted);
        });
    }
    if wanted != effects {
        commands.show(Command::SetEffects { layer, effects: wanted });
    }
}

fn effect_ui(
    ui: &mut Ui,
    model: &Model,
    layer: Option<LayerId>,
    idx: usize,
    effect: &Effect,
    wanted: &mut Vec<Effect>,
) {
    let tokens = Tokens::in_use(ui);
    let card = model.stage.filters.iter().find(|card| card.id == effect.scene);
    let name = card.map_or(effect.scene.as_str(), |card| card.name.as_str());
    egui::Frame::new().fill(tokens.well.gamma_multiply(0.5)).corner_radius(6).inner_margin(SPACE_S).show(
        ui,
        |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().button_padding = egui::vec2(6.0, 2.0);
                let on = !effect.bypassed;
                let toggle = ui.selectable_label(on, name).on_hover_text("On or off");
                if toggle.clicked()
                    && let Some(effect) = wanted.get_mut(idx)
                {
                    effect.bypassed = on;
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if labelled(ui.button("×"), &format!("Remove {name}")).clicked() {
                        wanted.retain(|other| other.id != effect.id);
                    }
                    let later = ui.add_enabled(idx + 1 < wanted.len(), egui::Button::new("v"));
                    if labelled(later, &format!("{name} later")).clicked() {
                        wanted.swap(idx, idx + 1);
                    }
                    let earlier = ui.add_enabled(idx > 0, egui::Button::new("^"));
                    if labelled(earlier, &format!("{name} earlier")).clicked() {
                        wanted.swap(idx, idx - 1);
                    }
                });
            });
            let Some(card) = card else {
                ui.label(
                    RichText::new("This machine has not got this filter.").small().color(tokens.warning),
                );
                return;
            };
            for param in card.params.iter().filter(|_| !effect.bypassed) {
                let shown = Param {
                    card: param,
                    set: effect.params.get(&param.name),
                    modulation: effect.modulations.get(&param.name),
                    live: model.stage.value(layer, Some(effect.id), &param.name),
                };
                let change = ui.push_id(&param.name, |ui| param_ui(ui, &shown)).inner;
                let Some(effect) = wanted.iter_mut().find(|other| other.id == effect.id) else { continue };
                match change {
                    Some(ParamChange::Value(Some(value))) => {
                        effect.params.insert(param.name.clone(), value);
                    }
                    Some(ParamChange::Value(None)) => {
                        effect.params.remove(&param.name);
                    }
                    Some(ParamChange::Modulation(Some(modulation))) => {
                        effect.modulations.insert(param.name.clone(), modulation);
                    }
                    Some(ParamChange::Modulation(None)) => {
                        effect.modulations.remove(&param.name);
                    }
                    Some(ParamChange::Browse) | None => {}
                }
            }
        },
    );
}

fn new(card: &SceneCard, effects: &[Effect]) -> Effect {
    let id = effects.iter().map(|effect| effect.id.saturating_add(1)).max().unwrap_or(1);
    Effect {
        id,
        scene: card.id.clone(),
        params: Default::default(),
        modulations: Default::default(),
        bypassed: false,
    }
}
