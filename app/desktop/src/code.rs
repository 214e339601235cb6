//! Code over the picture: tabs of shared texts, the editor, what runs and what is wrong.

mod complete;
mod editor;
mod highlight;
mod model;
mod source;
mod text;
mod views;

use std::collections::BTreeMap;
use std::ops::Range;

use egui::{Key, Modifiers};
use sync_protocol::{Command, TextId};

use crate::action::{CommandSender, Intent};
use crate::model::{Look, Model};
use crate::shell::{Shell, pressed};
use crate::tokens::{SPACE_M, TARGET, Tokens};

use complete::Popup;
use editor::{Buffer, editor_ui};
pub use model::{Code, CodeProblem, CodeText, Completion, Example, RollNote};
use source::source_ui;
use views::views_ui;

/// The text a room begins with.
const FIRST_TEXT: &str = "main";
/// Sizes of code, in points.
pub(crate) const FONT_SIZES: std::ops::RangeInclusive<f32> = 10.0..=48.0;
/// A step of the size, in points.
const FONT_STEP: f32 = 2.0;
/// When code takes over: the choices, in beats. 0 is at once.
const QUANTA: [(f64, &str); 5] = [
    (0.0, "at once"),
    (1.0, "on the beat"),
    (4.0, "on the bar"),
    (8.0, "every 2 bars"),
    (16.0, "every 4 bars"),
];
/// An empty text says how to begin.
const HINT: &str = "$: s(\"bd hh sd hh\")\n\n// Ctrl-Enter plays it, Ctrl-. stops everything.\n// osc(10, .1).out() paints. \"Open example\" has more.";

/// What the editor remembers between frames.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The text in front; `None` is the first.
    tab: Option<TextId>,
    /// Whether the layer's scene is in front instead.
    shows_scene: bool,
    buffers: BTreeMap<TextId, Buffer>,
    popup: Popup,
    quantum_beats: f64,
}

/// What lies between the picture and the code.
pub(crate) fn backdrop(ui: &egui::Ui, model: &Model) -> egui::Color32 {
    Tokens::in_use(ui).background.gamma_multiply(model.look.code_backdrop.clamp(0.0, 1.0))
}

/// The code of the room, or the text of the selected layer's scene.
pub(crate) fn code_ui(ui: &mut egui::Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let mut desk = std::mem::take(&mut shell.code);
    let id = desk.in_front(model);
    let asked = keys(ui, &desk, &id);
    let frame = egui::Frame::new().fill(shell.fill(model, backdrop(ui, model))).inner_margin(SPACE_M);
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        bar_ui(ui, &mut desk, &id, shell, model, commands);
        if desk.shows_scene {
            source_ui(ui, shell, model, commands);
        } else {
            let shared = text_of(model, &id);
            foot_ui(ui, &desk, &id, model);
            if let Some(shared) = shared {
                views_ui(ui, shared, &model.code.wave);
            }
            let buffer = desk.buffers.entry(id.clone()).or_default();
            if let Some((range, insert)) = editor_ui(ui, buffer, &mut desk.popup, &id, shared, model, HINT) {
                commands.app(Intent::EditText { text: id.clone(), range, insert });
            }
        }
    });
    // Only now: what was typed in the same frame belongs to it.
    if let Some(all) = asked {
        desk.evaluate(&id, all, shell, model, commands);
    }
    shell.code = desk;
}

/// A text of the model.
fn text_of<'m>(model: &'m Model, id: &TextId) -> Option<&'m CodeText> {
    model.code.texts.iter().find(|text| text.id == *id)
}

impl Desk {
    /// The text in front.
    fn in_front(&self, model: &Model) -> TextId {
        self.tab
            .clone()
            .or_else(|| model.code.texts.first().map(|text| text.id.clone()))
            .unwrap_or_else(|| TextId::from(FIRST_TEXT))
    }

    /// Every text there is, and the one in front.
    fn tabs(&self, model: &Model, in_front: &TextId) -> Vec<TextId> {
        let mut ids: Vec<TextId> = model.code.texts.iter().map(|text| text.id.clone()).collect();
        if !ids.contains(in_front) {
            ids.push(in_front.clone());
        }
        ids
    }

    /// Puts a new text in front, with something in it.
    fn open(&mut self, name: &str, content: &str, model: &Model, commands: &CommandSender) {
        let taken = |id: &TextId| model.code.texts.iter().any(|text| text.id == *id && !text.text.is_empty());
        let id = std::iter::once(name.to_owned())
            .chain((2..100).map(|no| format!("{name} {no}")))
            .map(TextId)
            .find(|id| !taken(id))
            .unwrap_or_else(|| TextId::from(name));
        if !content.is_empty() {
            commands.app(Intent::EditText { text: id.clone(), range: 0..0, insert: content.to_owned() });
        }
        self.tab = Some(id);
        self.shows_scene = false;
    }

    fn evaluate(&self, id: &TextId, all: bool, shell: &Shell, model: &Model, commands: &CommandSender) {
        let text = text_of(model, id);
        let buffer = self.buffers.get(id);
        let written = buffer.map_or_else(|| text.map_or("", |text| &text.text), |buffer| &buffer.text);
        let running = text.and_then(|text| text.running.as_deref()).unwrap_or_default();
        let code = match buffer.filter(|_| !all) {
            Some(buffer) => text::with_paragraph(running, written, buffer.cursor_byte()),
            None => written.to_owned(),
        };
        let layer = shell.layer(model).map(|layer| layer.id);
        commands.app(Intent::Evaluate { text: id.clone(), code, quantum_beats: self.quantum_beats, layer });
    }
}

/// Takes the editor's keys; returns whether all of the text (or one paragraph) is to be evaluated.
fn keys(ui: &egui::Ui, desk: &Desk, id: &TextId) -> Option<bool> {
    if desk.shows_scene {
        return None;
    }
    let shift = Modifiers::COMMAND | Modifiers::SHIFT;
    let paragraph = pressed(ui, shift, Key::Enter) || pressed(ui, Modifiers::ALT, Key::Enter);
    let all = pressed(ui, Modifiers::COMMAND, Key::Enter);
    if ui.memory(|memory| memory.focused().is_none()) && pressed(ui, Modifiers::NONE, Key::Enter) {
        editor::focus(ui, id);
    }
    (all || paragraph).then_some(all)
}

/// Tabs on the left, what one does on the right.
fn bar_ui(
    ui: &mut egui::Ui,
    desk: &mut Desk,
    id: &TextId,
    shell: &Shell,
    model: &Model,
    commands: &CommandSender,
) {
    let tokens = Tokens::in_use(ui);
    ui.horizontal_wrapped(|ui| {
        for tab in desk.tabs(model, id) {
            let runs = text_of(model, &tab).is_some_and(|text| text.running.is_some());
            let wrong = text_of(model, &tab).is_some_and(|text| text.problems.iter().any(|one| one.stops));
            let colour = if wrong {
                tokens.danger
            } else if runs {
                tokens.accent
            } else {
                tokens.text
            };
            let in_front = !desk.shows_scene && tab == *id;
            // The one in front stands on the accent already.
            let name = egui::RichText::new(tab.as_str());
            let name = if in_front { name } else { name.color(colour) };
            let state = if wrong {
                "Not evaluated: see the line below"
            } else if runs {
                "Runs"
            } else {
                "Does not run"
            };
            if ui.selectable_label(in_front, name).on_hover_text(state).clicked() {
                desk.tab = Some(tab);
                desk.shows_scene = false;
            }
        }
        if ui.button("+").on_hover_text("A new text").clicked() {
            let no = model.code.texts.len() + 1;
            desk.open(&format!("text {no}"), "", model, commands);
        }
        if ui
            .selectable_label(desk.shows_scene, "Scene")
            .on_hover_text("The text of the layer's scene")
            .clicked()
        {
            desk.shows_scene = true;
        }
        ui.separator();
        let run = ui.add_enabled(!desk.shows_scene, egui::Button::new("Evaluate"));
        if run.on_hover_text("Ctrl-Enter; only this paragraph: Alt-Enter").clicked() {
            desk.evaluate(id, true, shell, model, commands);
        }
        if ui.button("Hush").on_hover_text("Stops all code at once (Ctrl-.)").clicked() {
            commands.show(Command::Hush);
        }
        let chosen = QUANTA.iter().find(|(beats, _)| *beats == desk.quantum_beats);
        egui::ComboBox::from_id_salt("quantum")
            .selected_text(chosen.map_or("at once", |(_, name)| name))
            .show_ui(ui, |ui| {
                for (beats, name) in QUANTA {
                    ui.selectable_value(&mut desk.quantum_beats, beats, name);
                }
            })
            .response
            .on_hover_text("When evaluated code takes over");
        ui.menu_button("Open example", |ui| {
            ui.set_min_width(TARGET * 8.0);
            egui::ScrollArea::vertical().max_height(TARGET * 12.0).show(ui, |ui| {
                for example in model.code.examples.iter() {
                    if ui.button(format!("{} — {}", example.name, example.kind)).clicked() {
                        desk.open(&example.name, &example.code, model, commands);
                        ui.close();
                    }
                }
            });
        });
        look_ui(ui, &model.look, commands);
    });
}

/// How code looks: its size, and how much of the picture shows behind it.
fn look_ui(ui: &mut egui::Ui, look: &Look, commands: &CommandSender) {
    for (label, step) in [("A-", -FONT_STEP), ("A+", FONT_STEP)] {
        if ui.button(label).on_hover_text("Size of the code").clicked() {
            let code_font_size = (look.code_font_size + step).clamp(*FONT_SIZES.start(), *FONT_SIZES.end());
            commands.app(Intent::SetLook(Look { code_font_size, ..*look }));
        }
    }
    let mut backdrop = look.code_backdrop;
    let slider = egui::Slider::new(&mut backdrop, 0.0..=1.0).show_value(false).text("backdrop");
    if ui.add(slider).changed() {
        commands.app(Intent::SetLook(Look { code_backdrop: backdrop, ..*look }));
    }
}

/// What is wrong, or what the word at the cursor does.
fn foot_ui(ui: &mut egui::Ui, desk: &Desk, id: &TextId, model: &Model) {
    let tokens = Tokens::in_use(ui);
    let problems = text_of(model, id).map(|text| text.problems.as_slice()).unwrap_or_default();
    let help = desk.buffers.get(id).and_then(|buffer| complete::help(&model.code, buffer));
    egui::Panel::bottom("code foot").frame(egui::Frame::new()).show_separator_line(false).show(ui, |ui| {
        for problem in problems.iter().take(3) {
            let colour = if problem.stops { tokens.danger } else { tokens.warning };
            ui.colored_label(colour, sentence(problem));
        }
        match help {
            Some(help) => ui.label(help),
            None => ui.label(
                egui::RichText::new(
                    "Ctrl-Enter evaluates · Alt-Enter the paragraph · Ctrl-. hush · Ctrl-Space completes",
                )
                .color(tokens.text_dim),
            ),
        };
    });
}

fn sentence(problem: &CodeProblem) -> String {
    let CodeProblem { line, column, message, hint, .. } = problem;
    let hint = hint.as_ref().map_or_else(String::new, |hint| format!(" — {hint}"));
    format!("line {line}, column {column}: {message}{hint}")
}

/// An edit of a shared text: what range, in UTF-16 units, becomes what.
type Edit = (Range<u32>, String);
