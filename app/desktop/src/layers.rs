use egui::{Align2, Color32, CornerRadius, Rect, RichText, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};
use sync_protocol::{Command, Deck, Layer, LayerId, LayerSource, MAX_LAYERS, TextSource};

use crate::action::CommandSender;
use crate::inspector::Tab;
use crate::model::Model;
use crate::shell::Shell;
use crate::stage_model::{ImportTarget, StageView};
use crate::status_bar::{labelled, popup};
use crate::tokens::{SPACE_M, SPACE_S, TEXT_S, Tokens};
use crate::widgets::hold_button_ui;

/// Height of the strip, in points.
const HEIGHT: f32 = 132.0;
/// Size of a layer's picture, in points.
const PICTURE: egui::Vec2 = vec2(118.0, 66.0);
/// Width of the opacity fader beside it, in points.
const FADER: f32 = 14.0;
/// Size of a deck's picture, in points.
const DECK_PICTURE: egui::Vec2 = vec2(96.0, 54.0);
/// What a new colour layer shows.
const NEW_COLOUR: [f32; 4] = [0.72, 0.21, 0.46, 1.0];

/// The layers from bottom to top, left to right, and the crossfader between the decks.
pub(crate) fn layers_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let frame = egui::Frame::new().fill(shell.fill(model, tokens.panel)).inner_margin(SPACE_M);
    egui::Panel::bottom("layers").exact_size(HEIGHT).resizable(false).frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let decks = model.show.layers.iter().any(|layer| layer.deck.is_some());
            let mixer_width = if decks { 2.0 * DECK_PICTURE.x + 150.0 } else { 0.0 };
            let width = ui.available_width() - mixer_width;
            let strip = egui::ScrollArea::horizontal().id_salt("strip").max_width(width).auto_shrink(false);
            strip.show(ui, |ui| {
                ui.horizontal(|ui| strip_ui(ui, shell, model, commands));
            });
            if decks {
                mixer_ui(ui, shell, model, commands);
            }
        });
    });
}

fn strip_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    ui.spacing_mut().item_spacing.x = SPACE_M;
    let selected = shell.layer(model).map(|layer| layer.id);
    for (idx, layer) in model.show.layers.iter().enumerate() {
        let on = Some(layer.id) == selected;
        if ui.push_id(layer.id.0, |ui| tile_ui(ui, shell, model, layer, idx, on, commands)).inner {
            shell.selected = Some(layer.id);
            shell.tab = Tab::Layer;
        }
    }
    let free = model.show.layers.len() < MAX_LAYERS;
    let add =
        ui.add_enabled(free, egui::Button::new(RichText::new("+").heading()).min_size(vec2(36.0, PICTURE.y)));
    let add = labelled(add.on_hover_text("Add a layer on top"), "Add layer");
    popup(&add, |ui| add_ui(ui, shell, model, commands));
}

/// What a new layer may show.
fn add_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    ui.set_min_width(180.0);
    let scene = shell.scene(model).cloned().or(model.scenes.first().map(|entry| entry.card.id.clone()));
    let add = |source| commands.show(Command::AddLayer { source });
    let mut done = false;
    if let Some(scene) = scene
        && ui.button("Scene").on_hover_text("Then choose one in the library").clicked()
    {
        add(LayerSource::Scene(scene));
        done = true;
    }
    if ui.button("Words").clicked() {
        add(LayerSource::Text(TextSource::default()));
        done = true;
    }
    if ui.button("Colour").clicked() {
        add(LayerSource::Solid(NEW_COLOUR));
        done = true;
    }
    if ui.button("Camera").clicked() {
        add(LayerSource::Camera(String::new()));
        done = true;
    }
    if ui.button("Picture, video or folder…").clicked() {
        shell.browse_media(ImportTarget::NewLayer, commands);
        done = true;
    }
    ui.label(RichText::new("Or drop files on the window.").small());
    if done {
        shell.selected = None;
        ui.close();
    }
}

/// Returns whether it was chosen.
fn tile_ui(
    ui: &mut Ui,
    shell: &mut Shell,
    model: &Model,
    layer: &Layer,
    idx: usize,
    selected: bool,
    commands: &CommandSender,
) -> bool {
    let tokens = Tokens::in_use(ui);
    let name = name(model, layer);
    let mut chosen = false;
    ui.vertical(|ui| {
        ui.set_width(PICTURE.x + SPACE_S + FADER);
        ui.spacing_mut().item_spacing.y = SPACE_S;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = SPACE_S;
            let (rect, response) = ui.allocate_exact_size(PICTURE, Sense::click_and_drag());
            let label = format!("Layer {}: {name}", idx + 1);
            response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, selected, &label));
            chosen = response.clicked();
            picture_ui(ui, shell, model, layer.id, rect, layer.muted);
            caption_ui(ui, rect, &format!("{}  {name}", idx + 1), tokens);
            badges_ui(ui, rect, layer, tokens);
            let stroke = if selected {
                egui::Stroke::new(2.0, tokens.accent)
            } else if response.hovered() || response.has_focus() {
                egui::Stroke::new(1.0, tokens.text)
            } else {
                egui::Stroke::new(1.0, tokens.line)
            };
            ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
            reorder_ui(ui, &response, rect, idx, model, commands);
            menu_ui(&response, model, layer, idx, commands);
            fader_ui(ui, layer, idx, commands);
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = SPACE_S;
            ui.spacing_mut().button_padding = vec2(5.0, 2.0);
            ui.spacing_mut().interact_size.y = 24.0;
            let eye = eye_ui(ui, !layer.muted, tokens);
            let seen = if layer.muted { "hidden" } else { "seen" };
            eye.widget_info(|| {
                WidgetInfo::selected(
                    egui::Role::CheckBox,
                    true,
                    !layer.muted,
                    format!("Layer {} is {seen}", idx + 1),
                )
            });
            if eye.on_hover_text("Seen or hidden").clicked() {
                commands.show(Command::MuteLayer { layer: layer.id, muted: !layer.muted });
            }
            let blend = crate::inspector::BLENDS.iter().find(|(blend, _)| *blend == layer.blend);
            let text = RichText::new(blend.map_or("Normal", |(_, name)| name)).small();
            let combo = egui::ComboBox::from_id_salt("blend").selected_text(text).width(PICTURE.x - 38.0);
            let response = combo.height(420.0).show_ui(ui, |ui| {
                for (blend, name) in crate::inspector::BLENDS {
                    if ui.selectable_label(layer.blend == blend, name).clicked() {
                        commands.show(Command::SetBlend { layer: layer.id, blend });
                    }
                }
            });
            response.response.widget_info(|| {
                WidgetInfo::labeled(egui::Role::ComboBox, true, format!("Blend of layer {}", idx + 1))
            });
        });
    });
    chosen
}

/// The layer's own picture, as it is at this moment.
fn picture_ui(ui: &Ui, shell: &mut Shell, model: &Model, layer: LayerId, rect: Rect, muted: bool) {
    let tokens = Tokens::in_use(ui);
    ui.painter().rect_filled(rect, 4.0, tokens.well);
    let Some(picture) = model.stage.pictures.get(&StageView::layer_key(layer)) else { return };
    let Some(texture) = shell.texture(ui.ctx(), &format!("layer {layer}"), picture) else { return };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let tint = if muted { Color32::from_gray(70) } else { Color32::WHITE };
    ui.painter().image(texture, rect, whole, tint);
}

/// A name over the foot of a picture, readable on any.
fn caption_ui(ui: &Ui, rect: Rect, text: &str, tokens: Tokens) {
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - TEXT_S - 6.0), rect.max);
    let corners = CornerRadius { nw: 0, ne: 0, sw: 4, se: 4 };
    ui.painter().rect_filled(foot, corners, tokens.panel);
    let font = TextStyle::Small.resolve(ui.style());
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, tokens.text);
    job.wrap.max_width = foot.width() - 2.0 * SPACE_S;
    job.wrap.max_rows = 1;
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(foot.left() + SPACE_S, foot.top() + 2.0), galley, tokens.text);
}

/// The deck, and how many filters there are.
fn badges_ui(ui: &Ui, rect: Rect, layer: &Layer, tokens: Tokens) {
    let deck = layer.deck.map(|deck| if deck == Deck::A { "A".to_owned() } else { "B".to_owned() });
    let filters = (!layer.effects.is_empty()).then(|| format!("fx{}", layer.effects.len()));
    let mut right = rect.right() - SPACE_S;
    for badge in deck.into_iter().chain(filters) {
        let font = TextStyle::Small.resolve(ui.style());
        let galley = ui.painter().layout_no_wrap(badge, font, tokens.text);
        let place = Rect::from_min_size(
            pos2(right - galley.size().x - 6.0, rect.top() + SPACE_S),
            galley.size() + vec2(6.0, 2.0),
        );
        ui.painter().rect_filled(place, 3.0, tokens.panel);
        ui.painter().galley(place.min + vec2(3.0, 1.0), galley, tokens.text);
        right = place.left() - SPACE_S;
    }
}

/// Dragged onto another layer's picture, it takes that place.
fn reorder_ui(
    ui: &Ui,
    response: &egui::Response,
    rect: Rect,
    idx: usize,
    model: &Model,
    commands: &CommandSender,
) {
    let tokens = Tokens::in_use(ui);
    response.dnd_set_drag_payload(DraggedLayer(idx));
    if response.dnd_hover_payload::<DraggedLayer>().is_some_and(|from| from.0 != idx) {
        ui.painter().rect_stroke(rect, 4.0, egui::Stroke::new(3.0, tokens.accent), egui::StrokeKind::Inside);
    }
    if let Some(from) = response.dnd_release_payload::<DraggedLayer>()
        && from.0 != idx
        && let Some(layer) = model.show.layers.get(from.0)
    {
        commands.show(Command::MoveLayer { layer: layer.id, to_idx: idx });
    }
}

#[derive(Clone, Copy)]
struct DraggedLayer(usize);

/// The same for those who drag nothing.
fn menu_ui(response: &egui::Response, model: &Model, layer: &Layer, idx: usize, commands: &CommandSender) {
    response.context_menu(|ui| {
        let num = model.show.layers.len();
        if ui.add_enabled(idx + 1 < num, egui::Button::new("Up")).clicked() {
            commands.show(Command::MoveLayer { layer: layer.id, to_idx: idx + 1 });
            ui.close();
        }
        if ui.add_enabled(idx > 0, egui::Button::new("Down")).clicked() {
            commands.show(Command::MoveLayer { layer: layer.id, to_idx: idx - 1 });
            ui.close();
        }
        for (deck, name) in
            [(None, "Above the decks"), (Some(Deck::A), "On deck A"), (Some(Deck::B), "On deck B")]
        {
            if ui.selectable_label(layer.deck == deck, name).clicked() {
                commands.show(Command::SetDeck { layer: layer.id, deck });
                ui.close();
            }
        }
        if num > 1 && hold_button_ui(ui, "Remove") {
            commands.show(Command::RemoveLayer { layer: layer.id });
            ui.close();
        }
    });
}

/// Opacity as a fader as high as the picture.
fn fader_ui(ui: &mut Ui, layer: &Layer, idx: usize, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(FADER, PICTURE.y), Sense::click_and_drag());
    let id = layer.id;
    response.widget_info(|| {
        WidgetInfo::slider(true, f64::from(layer.opacity), format!("Opacity of layer {}", idx + 1))
    });
    if response.double_clicked() {
        commands.show(Command::SetOpacity { layer: id, opacity: 1.0 });
    } else if let Some(at) =
        response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked())
    {
        let opacity = ((rect.bottom() - at.y) / rect.height()).clamp(0.0, 1.0);
        commands.show(Command::SetOpacity { layer: id, opacity });
    }
    if response.has_focus() {
        let step = ui.input(|input| {
            f32::from(
                i8::from(input.key_pressed(egui::Key::ArrowUp))
                    - i8::from(input.key_pressed(egui::Key::ArrowDown)),
            )
        });
        if step != 0.0 {
            let opacity = (layer.opacity + step * 0.05).clamp(0.0, 1.0);
            commands.show(Command::SetOpacity { layer: id, opacity });
        }
    }
    ui.painter().rect_filled(rect, 3.0, tokens.well);
    let top = rect.bottom() - rect.height() * layer.opacity.clamp(0.0, 1.0);
    let filled = Rect::from_min_max(pos2(rect.left(), top), rect.max);
    let colour = if layer.muted { tokens.line } else { tokens.accent };
    ui.painter().rect_filled(filled, 3.0, colour.gamma_multiply(0.85));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_stroke(rect, 3.0, egui::Stroke::new(1.0, tokens.text), egui::StrokeKind::Inside);
    }
    response.on_hover_text(format!("Opacity {:.0} %", layer.opacity * 100.0));
}

/// An eye, open or crossed out.
fn eye_ui(ui: &mut Ui, open: bool, tokens: Tokens) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(28.0, 24.0), Sense::click());
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, tokens.hover);
    }
    let (middle, colour) = (rect.center(), if open { tokens.text } else { tokens.text_dim });
    let line = egui::Stroke::new(1.5, colour);
    for up in [-1.0, 1.0] {
        let lid = (0..=10).map(|i| {
            let t = i as f32 / 10.0 * 2.0 - 1.0;
            pos2(middle.x + 9.0 * t, middle.y + up * 5.5 * (1.0 - t * t))
        });
        ui.painter().add(egui::Shape::line(lid.collect(), line));
    }
    if open {
        ui.painter().circle_filled(middle, 3.0, colour);
    } else {
        ui.painter().line_segment([middle + vec2(-8.0, 7.0), middle + vec2(8.0, -7.0)], line);
    }
    response
}

/// What is on each deck, and the crossfader between them.
fn mixer_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let position = model.show.fade.position(model.ear.beat);
    ui.separator();
    ui.vertical(|ui| {
        ui.horizontal(|ui| {
            for (idx, (deck, name)) in [(Deck::A, "A"), (Deck::B, "B")].into_iter().enumerate() {
                let share = if deck == Deck::A { 1.0 - position } else { position };
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    let (rect, response) = ui.allocate_exact_size(DECK_PICTURE, Sense::click());
                    let label = format!("Take deck {name}");
                    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &label));
                    ui.painter().rect_filled(rect, 4.0, tokens.well);
                    let picture = StageView::DECKS.get(idx).and_then(|key| model.stage.pictures.get(key));
                    if let Some(texture) =
                        picture.and_then(|picture| shell.texture(ui.ctx(), &label, picture))
                    {
                        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                        ui.painter().image(texture, rect, whole, Color32::WHITE);
                    }
                    let live = share > 0.0;
                    let colour = if live { tokens.danger } else { tokens.line };
                    let width = if live { 2.0 } else { 1.0 };
                    ui.painter().rect_stroke(
                        rect,
                        4.0,
                        egui::Stroke::new(width, colour),
                        egui::StrokeKind::Inside,
                    );
                    caption_ui(ui, rect, if live { "on program" } else { "preview: click to take" }, tokens);
                    ui.painter().text(
                        rect.left_top() + vec2(6.0, 4.0),
                        Align2::LEFT_TOP,
                        name,
                        TextStyle::Body.resolve(ui.style()),
                        tokens.text,
                    );
                    let hint = "Fades to this deck on the beat, as long as a change of scene takes";
                    if response.on_hover_text(hint).clicked() {
                        commands.show(Command::Take { deck });
                    }
                });
            }
        });
        let mut wanted = position;
        ui.spacing_mut().slider_width = 2.0 * DECK_PICTURE.x + SPACE_M;
        ui.spacing_mut().interact_size.y = 28.0;
        let slider = ui.add(egui::Slider::new(&mut wanted, 0.0..=1.0).show_value(false));
        slider.widget_info(|| WidgetInfo::slider(true, f64::from(wanted), "Crossfader"));
        if slider.changed() {
            commands.show(Command::SetCrossfade { position: wanted });
        }
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
        LayerSource::Text(text) => {
            let first = text.text.lines().next().unwrap_or_default().trim();
            if first.is_empty() { "Words".to_owned() } else { first.to_owned() }
        }
        LayerSource::Slides(_) => "Slides".to_owned(),
    }
}
