use egui::{RichText, Ui};
use sync_protocol::{
    BlendMode, Command, Deck, Layer, LayerSource, MAX_TRANSITION_BEATS, Mask, MaskShape, OPACITY, ParamCard,
    ParamShape, ParamValue, PictureSlot, SceneCard, Transform, Transition,
};

use crate::action::CommandSender;
use crate::effects::effects_ui;
use crate::layers::name;
use crate::model::Model;
use crate::palettes::palette_ui;
use crate::params::{Param, ParamChange, Range, param_ui, slider_ui};
use crate::run_panel::run_ui;
use crate::shell::Shell;
use crate::source_panel::source_ui;
use crate::stage_model::ImportTarget;
use crate::tokens::{INSPECTOR_WIDTH, SPACE_L, SPACE_M, Tokens};
use crate::widgets::hold_button_ui;

/// Every blend mode with its name.
pub(crate) const BLENDS: [(BlendMode, &str); 16] = [
    (BlendMode::Normal, "Normal"),
    (BlendMode::Add, "Add"),
    (BlendMode::Screen, "Screen"),
    (BlendMode::Multiply, "Multiply"),
    (BlendMode::Difference, "Difference"),
    (BlendMode::Overlay, "Overlay"),
    (BlendMode::Lighten, "Lighten"),
    (BlendMode::Darken, "Darken"),
    (BlendMode::ColorDodge, "Dodge"),
    (BlendMode::ColorBurn, "Burn"),
    (BlendMode::HardLight, "Hard light"),
    (BlendMode::SoftLight, "Soft light"),
    (BlendMode::Exclusion, "Exclusion"),
    (BlendMode::Subtract, "Subtract"),
    (BlendMode::Divide, "Divide"),
    (BlendMode::Luminosity, "Luminosity"),
];
/// Beats of a choice "on the next": a beat, a bar of four, a phrase of four bars.
const QUANTA: [(f32, &str); 4] = [(0.0, "at once"), (1.0, "beat"), (4.0, "bar"), (16.0, "phrase")];

/// What the inspector shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    /// The selected layer.
    #[default]
    Layer,
    /// What holds for the whole show.
    Show,
    /// What happens by itself: cues, playlist, autopilot.
    Run,
}

/// The selected layer's controls, what holds for the whole show, what happens by itself.
pub(crate) fn inspector_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let frame = egui::Frame::new().fill(shell.fill(model, tokens.panel)).inner_margin(SPACE_M);
    egui::Panel::right("inspector").exact_size(INSPECTOR_WIDTH).resizable(false).frame(frame).show(
        ui,
        |ui| {
            ui.horizontal(|ui| {
                for (tab, name) in [(Tab::Layer, "Layer"), (Tab::Show, "Show"), (Tab::Run, "Cues")] {
                    ui.selectable_value(&mut shell.tab, tab, name);
                }
            });
            ui.separator();
            egui::ScrollArea::vertical().id_salt(shell.tab as u8).auto_shrink(false).show(
                ui,
                |ui| match shell.tab {
                    Tab::Layer => {
                        if let Some(layer) = shell.layer(model) {
                            ui.push_id(layer.id.0, |ui| layer_ui(ui, shell, model, layer, commands));
                        }
                    }
                    Tab::Show => show_ui(ui, shell, model, commands),
                    Tab::Run => run_ui(ui, shell, model, commands),
                },
            );
        },
    );
}

fn layer_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, layer: &Layer, commands: &CommandSender) {
    ui.add(egui::Label::new(RichText::new(name(model, layer)).heading()).truncate());
    match &layer.source {
        LayerSource::Scene(_) => scene_ui(ui, shell, model, layer, commands),
        source => source_ui(ui, shell, model, layer, source, commands),
    }
    ui.add_space(SPACE_M);
    ui.separator();
    let id = layer.id;
    let card = ParamCard {
        name: OPACITY.to_owned(),
        label: "Opacity".to_owned(),
        shape: ParamShape::Float { min: 0.0, max: 1.0 },
        default: Some(ParamValue::Number(1.0)),
    };
    let set = ParamValue::Number(f64::from(layer.opacity));
    let opacity = Param {
        card: &card,
        set: Some(&set),
        modulation: layer.modulations.get(OPACITY),
        live: model.stage.value(Some(id), None, OPACITY),
    };
    match ui.push_id(OPACITY, |ui| param_ui(ui, &opacity)).inner {
        Some(ParamChange::Value(value)) => {
            let opacity = if let Some(ParamValue::Number(number)) = value { number as f32 } else { 1.0 };
            commands.show(Command::SetOpacity { layer: id, opacity });
        }
        Some(ParamChange::Modulation(modulation)) => {
            commands.show(Command::SetModulation { layer: id, target: OPACITY.to_owned(), modulation });
        }
        Some(ParamChange::Browse) | None => {}
    }
    ui.horizontal(|ui| {
        let current =
            BLENDS.iter().find(|(blend, _)| *blend == layer.blend).map_or("Normal", |(_, name)| name);
        let combo = egui::ComboBox::from_id_salt("blend").selected_text(current).width(116.0);
        let response = combo.height(420.0).show_ui(ui, |ui| {
            for (blend, name) in BLENDS {
                if ui.selectable_label(layer.blend == blend, name).clicked() {
                    commands.show(Command::SetBlend { layer: id, blend });
                }
            }
        });
        response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Blend"));
        ui.label("Deck");
        for (deck, name) in [(None, "–"), (Some(Deck::A), "A"), (Some(Deck::B), "B")] {
            if ui.selectable_label(layer.deck == deck, name).clicked() {
                commands.show(Command::SetDeck { layer: id, deck });
            }
        }
    });
    ui.add_space(SPACE_M);
    effects_ui(ui, model, Some(id), &layer.effects, commands);
    ui.add_space(SPACE_M);
    egui::CollapsingHeader::new("Place").id_salt("place").show(ui, |ui| {
        let mut transform = layer.transform;
        place_ui(ui, &mut transform);
        if transform != layer.transform {
            commands.show(Command::SetTransform { layer: id, transform });
        }
    });
    egui::CollapsingHeader::new("Mask").id_salt("mask").show(ui, |ui| {
        let mut mask = layer.mask.clone();
        mask_ui(ui, model, layer, &mut mask);
        if mask != layer.mask {
            commands.show(Command::SetMask { layer: id, mask });
        }
    });
    if model.show.layers.len() > 1 {
        ui.add_space(SPACE_M);
        if hold_button_ui(ui, "Remove layer") {
            commands.show(Command::RemoveLayer { layer: id });
        }
    }
}

fn scene_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, layer: &Layer, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let LayerSource::Scene(scene) = &layer.source else { return };
    let Some(entry) = model.scenes.iter().find(|entry| entry.card.id == *scene) else { return };
    if !entry.card.author.is_empty() {
        ui.label(RichText::new(format!("by {}", entry.card.author)).small().color(tokens.text_dim));
    }
    for card in &entry.card.params {
        let param = Param {
            card,
            set: layer.params.get(&card.name),
            modulation: layer.modulations.get(&card.name),
            live: model.stage.value(Some(layer.id), None, &card.name),
        };
        let (id, name) = (layer.id, card.name.clone());
        match ui.push_id(&card.name, |ui| param_ui(ui, &param)).inner {
            Some(ParamChange::Value(value)) => commands.show(Command::SetParam { layer: id, name, value }),
            Some(ParamChange::Modulation(modulation)) => {
                commands.show(Command::SetModulation { layer: id, target: name, modulation });
            }
            Some(ParamChange::Browse) => {
                shell.browse_media(ImportTarget::Param { layer: id, name }, commands);
            }
            None => {}
        }
    }
    if entry.card.params.is_empty() {
        ui.label(RichText::new("This scene has no controls.").color(tokens.text_dim));
    }
}

fn place_ui(ui: &mut Ui, transform: &mut Transform) {
    number_ui(ui, "Across", &mut transform.offset[0], -1.0, 1.0, 0.0);
    number_ui(ui, "Up", &mut transform.offset[1], -1.0, 1.0, 0.0);
    number_ui(ui, "Width", &mut transform.scale[0], -2.0, 2.0, 1.0);
    number_ui(ui, "Height", &mut transform.scale[1], -2.0, 2.0, 1.0);
    let mut both = transform.scale[0];
    number_ui(ui, "Size", &mut both, 0.05, 2.0, 1.0);
    if both != transform.scale[0] {
        let share = both / if transform.scale[0] == 0.0 { 1.0 } else { transform.scale[0] };
        transform.scale = [both, (transform.scale[1] * share).clamp(-8.0, 8.0)];
    }
    number_ui(ui, "Turn", &mut transform.turn, -0.5, 0.5, 0.0);
    if ui.button("As it was").clicked() {
        *transform = Transform::default();
    }
}

fn mask_ui(ui: &mut Ui, model: &Model, layer: &Layer, mask: &mut Option<Mask>) {
    let shape = mask.as_ref().map(|mask| mask.shape.clone());
    ui.horizontal_wrapped(|ui| {
        let is_layer = matches!(shape, Some(MaskShape::Layer(_)));
        if ui.selectable_label(shape.is_none(), "None").clicked() {
            *mask = None;
        }
        for (new, name) in [(MaskShape::Ellipse, "Disc"), (MaskShape::Rectangle, "Box")] {
            if ui.selectable_label(shape == Some(new.clone()), name).clicked() {
                mask.get_or_insert_default().shape = new;
            }
        }
        let below = model.show.layers.iter().take_while(|other| other.id != layer.id).last();
        let button = ui.add_enabled(below.is_some(), egui::Button::selectable(is_layer, "Layer below"));
        if let Some(below) = below
            && button.on_hover_text("Seen where the layer below is bright").clicked()
        {
            mask.get_or_insert_default().shape = MaskShape::Layer(below.id);
        }
        for (slot, name) in [(&model.show.pictures.a, "Picture A"), (&model.show.pictures.b, "Picture B")] {
            let new = slot.clone().map(MaskShape::Picture);
            let on = new.is_some() && shape == new;
            if let Some(new) = new
                && ui.selectable_label(on, name).clicked()
            {
                mask.get_or_insert_default().shape = new;
            }
        }
    });
    let Some(mask) = mask else { return };
    if matches!(mask.shape, MaskShape::Ellipse | MaskShape::Rectangle) {
        number_ui(ui, "Across", &mut mask.centre[0], 0.0, 1.0, 0.5);
        number_ui(ui, "Up", &mut mask.centre[1], 0.0, 1.0, 0.5);
        number_ui(ui, "Width", &mut mask.size[0], 0.0, 1.0, 0.35);
        number_ui(ui, "Height", &mut mask.size[1], 0.0, 1.0, 0.35);
        number_ui(ui, "Softness", &mut mask.feather, 0.0, 1.0, 0.05);
    }
    ui.toggle_value(&mut mask.inverted, "Inside out");
}

/// One number of the panel's own.
pub(crate) fn number_ui(ui: &mut Ui, label: &str, value: &mut f32, min: f32, max: f32, default: f32) {
    ui.push_id(label, |ui| {
        ui.horizontal(|ui| {
            let range = Range { min, max, live: None, spare: 0.0 };
            if let Some(wanted) = slider_ui(ui, label, *value, &range, None) {
                *value = wanted.unwrap_or(default);
            }
        });
    });
}

fn show_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let show = &model.show;
    ui.heading("Show");
    let mut brightness = show.master.brightness;
    number_ui(ui, "Brightness", &mut brightness, 0.0, 2.0, 1.0);
    if brightness != show.master.brightness {
        commands.show(Command::SetBrightness { brightness });
    }
    let mut frozen = show.master.frozen;
    if ui.toggle_value(&mut frozen, "Freeze").changed() {
        commands.show(Command::SetFrozen { frozen });
    }
    ui.add_space(SPACE_M);
    palette_ui(ui, &show.palette, commands);
    ui.add_space(SPACE_L);
    transition_ui(ui, model, commands);
    ui.add_space(SPACE_L);
    effects_ui(ui, model, None, &show.effects, commands);
    ui.add_space(SPACE_L);
    pictures_ui(ui, shell, model, commands);
}

/// How one scene becomes the next: which transition, its parameters, how long, from when.
fn transition_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let Transition { scene, params, .. } = &model.show.transition;
    let mut wanted = model.show.transition.clone();
    ui.strong("Change of scene");
    let cards = &model.stage.transitions;
    let card: Option<&SceneCard> = cards.iter().find(|card| card.id == *scene);
    let current = card.map_or("Crossfade", |card| card.name.as_str());
    let combo = egui::ComboBox::from_id_salt("transition").selected_text(current).width(ui.available_width());
    let response = combo.height(420.0).show_ui(ui, |ui| {
        let crossfade = Transition::default().scene;
        if ui.selectable_label(card.is_none(), "Crossfade").clicked() {
            wanted.scene = crossfade;
            wanted.params.clear();
        }
        for card in cards.iter() {
            if ui.selectable_label(card.id == *scene, &card.name).clicked() {
                wanted.scene = card.id.clone();
                wanted.params.clear();
            }
        }
    });
    response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Transition"));
    for card in card.iter().flat_map(|card| &card.params) {
        let param = Param { card, set: params.get(&card.name), modulation: None, live: None };
        match ui.push_id(&card.name, |ui| param_ui(ui, &param)).inner {
            Some(ParamChange::Value(Some(value))) => {
                wanted.params.insert(card.name.clone(), value);
            }
            Some(ParamChange::Value(None)) => {
                wanted.params.remove(&card.name);
            }
            _ => {}
        }
    }
    number_ui(ui, "Beats", &mut wanted.duration_beats, 0.0, MAX_TRANSITION_BEATS.min(16.0), 4.0);
    wanted.duration_beats = (wanted.duration_beats * 2.0).round() / 2.0;
    ui.horizontal_wrapped(|ui| {
        ui.label("Begins");
        for (beats, name) in QUANTA {
            ui.selectable_value(&mut wanted.quantum_beats, beats, name);
        }
    });
    if wanted != model.show.transition {
        commands.show(Command::SetTransition { transition: wanted });
    }
}

/// The two pictures that scenes may show, and the morph between them.
fn pictures_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    ui.strong("Pictures for scenes");
    let mut mix = model.show.pictures.mix;
    number_ui(ui, "A to B", &mut mix, 0.0, 1.0, 0.0);
    if mix != model.show.pictures.mix {
        commands.show(Command::SetPictureMix { mix });
    }
    for (slot, name, set) in [
        (PictureSlot::A, "A", model.show.pictures.a.is_some()),
        (PictureSlot::B, "B", model.show.pictures.b.is_some()),
    ] {
        ui.horizontal(|ui| {
            ui.label(name);
            if ui.button("Choose a picture…").clicked() {
                shell.browse_media(ImportTarget::Slot(slot), commands);
            }
            if set && ui.button("Built-in").clicked() {
                commands.show(Command::SetPicture { slot, picture: None });
            }
        });
    }
}
