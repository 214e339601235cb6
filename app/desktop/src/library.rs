use egui::{Align2, FontId, Rect, Sense, TextStyle, Ui, pos2, vec2};

use crate::action::CommandSender;
use crate::keys::show_scene;
use crate::model::{Model, SceneEntry};
use crate::shell::Shell;
use crate::tokens::{LIBRARY_WIDTH, SPACE_M, SPACE_S, TEXT_S, THUMBNAIL, Tokens};

/// Tags offered as buttons: the most frequent ones.
const MAX_TAGS: usize = 8;
/// Scenes with a key of their own.
const NUM_KEYS: usize = 8;

/// All scenes as moving or still thumbnails; a click puts one on the selected layer.
pub(crate) fn library_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let frame = egui::Frame::new().fill(tokens.panel).inner_margin(SPACE_M);
    egui::Panel::left("library").exact_size(LIBRARY_WIDTH).resizable(false).frame(frame).show(ui, |ui| {
        ui.heading("Library");
        if model.scenes.is_empty() {
            ui.label("No scenes yet. Put .wgsl, .fs or Shadertoy files into the scenes folder (see `jamlight doctor`) and they appear here.");
            return;
        }
        let search = egui::TextEdit::singleline(&mut shell.search).hint_text("Search scenes").desired_width(f32::INFINITY);
        let response = ui.add(search);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search scenes"));
        tags_ui(ui, shell, model);
        let found: Vec<usize> =
            model.scenes.iter().enumerate().filter(|(_, entry)| matches(entry, shell)).map(|(idx, _)| idx).collect();
        if found.is_empty() {
            ui.label("Nothing found. Try fewer letters, or another tag.");
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(SPACE_M, SPACE_M);
                for idx in found {
                    if let Some(entry) = model.scenes.get(idx)
                        && tile_ui(ui, shell, model, idx, entry)
                    {
                        show_scene(shell, model, idx, commands);
                    }
                }
            });
        });
    });
}

fn tags_ui(ui: &mut Ui, shell: &mut Shell, model: &Model) {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for tag in model.scenes.iter().flat_map(|entry| &entry.card.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let mut tags: Vec<_> = counts.into_iter().collect();
    tags.sort_by_key(|(tag, count)| (std::cmp::Reverse(*count), *tag));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().button_padding = vec2(6.0, 2.0);
        for (tag, _) in tags.into_iter().take(MAX_TAGS) {
            let on = shell.tag.as_deref() == Some(tag);
            if ui.selectable_label(on, tag).clicked() {
                shell.tag = (!on).then(|| tag.to_owned());
            }
        }
    });
    ui.add_space(SPACE_S);
}

fn matches(entry: &SceneEntry, shell: &Shell) -> bool {
    let wanted = shell.search.to_lowercase();
    let card = &entry.card;
    let tagged = shell.tag.as_ref().is_none_or(|tag| card.tags.contains(tag));
    let words = || [&card.name, &card.author, &card.kind].into_iter().chain(&card.tags);
    tagged
        && (wanted.is_empty()
            || card.id.as_str().contains(&wanted)
            || words().any(|word| word.to_lowercase().contains(&wanted)))
}

/// Returns whether it was clicked.
fn tile_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, idx: usize, entry: &SceneEntry) -> bool {
    let tokens = Tokens::in_use(ui);
    let name_height = TEXT_S + 2.0 * SPACE_S;
    let (rect, response) = ui.allocate_exact_size(THUMBNAIL + vec2(0.0, name_height), Sense::click());
    let current = shell.scene(model) == Some(&entry.card.id);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, current, &entry.card.name));
    if !ui.is_rect_visible(rect) {
        return response.clicked();
    }
    let picture = Rect::from_min_size(rect.min, THUMBNAIL);
    ui.painter().rect_filled(picture, 4.0, tokens.well);
    let texture = entry
        .thumbnail
        .as_ref()
        .and_then(|thumbnail| shell.texture(ui.ctx(), &format!("scene {}", entry.card.id), thumbnail));
    if let Some(texture) = texture {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture, picture, whole, egui::Color32::WHITE);
    }
    let small = TextStyle::Small.resolve(ui.style());
    if let Some(problem) = &entry.problem {
        ui.painter().text(
            picture.center(),
            Align2::CENTER_CENTER,
            "does not compile",
            small.clone(),
            tokens.danger,
        );
        response.clone().on_hover_text(problem);
    }
    let line = if current {
        egui::Stroke::new(2.0, tokens.accent)
    } else if response.hovered() || response.has_focus() {
        egui::Stroke::new(1.0, tokens.text)
    } else {
        egui::Stroke::new(1.0, tokens.line)
    };
    ui.painter().rect_stroke(picture, 4.0, line, egui::StrokeKind::Inside);
    if idx < NUM_KEYS {
        let badge = Rect::from_min_size(picture.min + vec2(4.0, 4.0), vec2(16.0, 16.0));
        ui.painter().rect_filled(badge, 3.0, tokens.panel);
        ui.painter().text(
            badge.center(),
            Align2::CENTER_CENTER,
            (idx + 1).to_string(),
            FontId::monospace(TEXT_S),
            tokens.text,
        );
    }
    let at = pos2(rect.left() + 2.0, picture.bottom() + SPACE_S);
    let colour = if current { tokens.accent } else { tokens.text };
    let galley = ui.painter().layout_no_wrap(entry.card.name.clone(), small, colour);
    ui.painter().with_clip_rect(rect).galley(at, galley, colour);
    response.clicked() && entry.problem.is_none()
}
