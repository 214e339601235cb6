use egui::{Align2, FontId, Rect, Sense, TextStyle, Ui, pos2, vec2};
use sync_protocol::{Command, LayerSource};

use crate::action::{CommandSender, Intent};
use crate::keys::show_scene;
use crate::model::{Model, SceneEntry};
use crate::run_panel::frequent_tags;
use crate::shell::Shell;
use crate::stage_model::ImportTarget;
use crate::status_bar::{labelled, popup};
use crate::tokens::{LIBRARY_WIDTH, SPACE_M, SPACE_S, TEXT_S, THUMBNAIL, Tokens};

/// Tags offered as buttons: the most frequent ones.
const MAX_TAGS: usize = 8;
/// Scenes with a key of their own.
const NUM_KEYS: usize = 8;

/// Which scenes of the library are looked at, beside search and tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shelf {
    favourites: bool,
    hide_broken: bool,
    best_first: bool,
}

/// All scenes as thumbnails; a click puts one on the selected layer, a right click marks it.
pub(crate) fn library_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let frame = egui::Frame::new().fill(shell.fill(model, tokens.panel)).inner_margin(SPACE_M);
    egui::Panel::left("library").exact_size(LIBRARY_WIDTH).resizable(false).frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.heading("Library");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let more = labelled(ui.button("…"), "Library menu");
                popup(&more, |ui| more_ui(ui, shell, model, commands));
            });
        });
        if model.scenes.is_empty() {
            ui.label("No scenes yet. Drop .wgsl, .fs or Shadertoy files, or a pack, on the window and they appear here.");
            return;
        }
        let search =
            egui::TextEdit::singleline(&mut shell.search).hint_text("Search scenes").desired_width(f32::INFINITY);
        let response = ui.add(search);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search scenes"));
        tags_ui(ui, shell, model);
        let found = found(shell, model);
        if found.is_empty() {
            ui.label("Nothing found. Try fewer letters, or another tag.");
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(SPACE_M, SPACE_M);
                for idx in found {
                    if let Some(entry) = model.scenes.get(idx)
                        && tile_ui(ui, shell, model, idx, entry, commands)
                    {
                        show_scene(shell, model, idx, commands);
                    }
                }
            });
        });
    });
}

/// What one does with many scenes.
fn more_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    ui.set_min_width(220.0);
    ui.toggle_value(&mut shell.shelf.hide_broken, "Hide scenes that do not compile");
    ui.toggle_value(&mut shell.shelf.best_first, "Most stars first");
    ui.separator();
    if ui.button("Bring in scenes or a pack…").clicked() {
        shell.browse_media(ImportTarget::NewLayer, commands);
        ui.close();
    }
    if ui
        .button("Write the scenes shown as a pack…")
        .on_hover_text("Your own ones among those that search and tags leave")
        .clicked()
    {
        let scenes = found(shell, model)
            .into_iter()
            .filter_map(|idx| Some(model.scenes.get(idx)?.card.id.clone()))
            .collect();
        shell.browse_pack(scenes, commands);
        ui.close();
    }
}

/// The places of the scenes that search, tag and shelf leave.
fn found(shell: &Shell, model: &Model) -> Vec<usize> {
    let marks = &model.stage.marks;
    let wanted = |entry: &SceneEntry| {
        matches(entry, shell)
            && (!shell.shelf.favourites || marks.favourites.contains(&entry.card.id))
            && (!shell.shelf.hide_broken || entry.problem.is_none())
    };
    let mut found: Vec<usize> =
        model.scenes.iter().enumerate().filter(|(_, entry)| wanted(entry)).map(|(idx, _)| idx).collect();
    if shell.shelf.best_first {
        let stars = |idx: &usize| {
            model.scenes.get(*idx).and_then(|entry| marks.ratings.get(&entry.card.id)).copied().unwrap_or(0)
        };
        found.sort_by_key(|idx| std::cmp::Reverse(stars(idx)));
    }
    found
}

fn tags_ui(ui: &mut Ui, shell: &mut Shell, model: &Model) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().button_padding = vec2(6.0, 2.0);
        ui.spacing_mut().interact_size.y = 22.0;
        let favourites = ui.selectable_label(shell.shelf.favourites, "*");
        if labelled(favourites.on_hover_text("Favourites only"), "Favourites only").clicked() {
            shell.shelf.favourites = !shell.shelf.favourites;
        }
        for tag in frequent_tags(model).into_iter().take(MAX_TAGS) {
            let on = shell.tag.as_deref() == Some(tag.as_str());
            if ui.selectable_label(on, &tag).clicked() {
                shell.tag = (!on).then_some(tag);
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

/// What a person thinks of a scene, and what else one does with it.
fn mark_ui(response: &egui::Response, model: &Model, entry: &SceneEntry, commands: &CommandSender) {
    let id = &entry.card.id;
    let stars = model.stage.marks.ratings.get(id).copied().unwrap_or(0);
    let favourite = model.stage.marks.favourites.contains(id);
    response.context_menu(|ui| {
        let name = if favourite { "No favourite any more" } else { "Favourite" };
        if ui.button(name).clicked() {
            commands.app(Intent::SetFavourite(id.clone(), !favourite));
            ui.close();
        }
        ui.horizontal(|ui| {
            for star in 1..=5u8 {
                let text = if star <= stars { "*" } else { "·" };
                if labelled(ui.button(text), &format!("{star} stars")).clicked() {
                    commands.app(Intent::Rate(id.clone(), if star == stars { 0 } else { star }));
                }
            }
        });
        if ui.button("Add to the playlist").clicked() {
            let mut playlist = model.show.playlist.clone();
            playlist.scenes.push(id.clone());
            commands.show(Command::SetPlaylist { playlist });
            ui.close();
        }
        if ui.button("On a layer of its own").clicked() {
            commands.show(Command::AddLayer { source: LayerSource::Scene(id.clone()) });
            ui.close();
        }
        if !entry.card.author.is_empty() {
            ui.label(egui::RichText::new(format!("{} by {}", entry.card.kind, entry.card.author)).small());
        }
    });
}

/// Returns whether it was clicked.
fn tile_ui(
    ui: &mut Ui,
    shell: &mut Shell,
    model: &Model,
    idx: usize,
    entry: &SceneEntry,
    commands: &CommandSender,
) -> bool {
    let tokens = Tokens::in_use(ui);
    let name_height = TEXT_S + 2.0 * SPACE_S;
    let (rect, response) = ui.allocate_exact_size(THUMBNAIL + vec2(0.0, name_height), Sense::click());
    let current = shell.scene(model) == Some(&entry.card.id);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, current, &entry.card.name));
    mark_ui(&response, model, entry, commands);
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
    let marks = &model.stage.marks;
    let stars = usize::from(marks.ratings.get(&entry.card.id).copied().unwrap_or(0));
    let heart = if marks.favourites.contains(&entry.card.id) { "+" } else { "" };
    if stars > 0 || !heart.is_empty() {
        let at = picture.right_top() + vec2(-4.0, 4.0);
        let text = format!("{heart}{}", "*".repeat(stars));
        let galley = ui.painter().layout_no_wrap(text, small.clone(), tokens.accent);
        let place =
            Rect::from_min_size(at - vec2(galley.size().x + 6.0, 0.0), galley.size() + vec2(6.0, 2.0));
        ui.painter().rect_filled(place, 3.0, tokens.panel);
        ui.painter().galley(place.min + vec2(3.0, 1.0), galley, tokens.accent);
    }
    let at = pos2(rect.left() + 2.0, picture.bottom() + SPACE_S);
    let colour = if current { tokens.accent } else { tokens.text };
    let galley = ui.painter().layout_no_wrap(entry.card.name.clone(), small, colour);
    ui.painter().with_clip_rect(rect).galley(at, galley, colour);
    response.clicked() && entry.problem.is_none()
}
