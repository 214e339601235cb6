//! One text to write in: colours, partners of brackets, what sounds, what is wrong, completion.

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, LayoutJob};
use egui::text_edit::TextEditState;
use egui::{
    Color32, Event, EventFilter, FontId, Galley, Id, Key, Modifiers, Pos2, Rect, Stroke, StrokeKind,
    TextEdit, Ui,
};
use sync_protocol::TextId;

use super::complete::{Chosen, Popup};
use super::text::{LineMap, edit, follow, utf16};
use super::{CodeText, Edit, highlight};
use crate::model::{Model, Theme};
use crate::tokens::{TEXT_S, Tokens};

/// What one step of indentation is.
const INDENT: &str = "  ";

/// Keys that stay with the text instead of moving the focus.
const KEPT_KEYS: EventFilter =
    EventFilter { tab: true, escape: true, horizontal_arrows: true, vertical_arrows: true };

/// A text as it is shown here.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    pub(crate) text: String,
    /// The cursor, in characters.
    cursor: usize,
    /// The text and look that `job` lays out.
    laid_out: Option<(String, f32, Theme)>,
    job: LayoutJob,
    /// The running and the written text that `map` is between.
    mapped: Option<(Arc<str>, String)>,
    map: LineMap,
}

impl Buffer {
    /// Returns the cursor, in bytes.
    pub(crate) fn cursor_byte(&self) -> usize {
        byte_of(&self.text, self.cursor)
    }

    /// Takes what the others wrote meanwhile; the cursor stays where it was in what it was in.
    fn take_shared(&mut self, shared: &str) -> bool {
        let Some((range, insert)) = edit(&self.text, shared) else { return false };
        self.cursor = follow(self.cursor, &self.text, &range, insert);
        self.text = shared.to_owned();
        true
    }
}

fn editor_id(text: &TextId) -> Id {
    Id::unique("code editor").with(text.as_str())
}

/// Lets the person write.
pub(crate) fn focus(ui: &Ui, text: &TextId) {
    ui.memory_mut(|memory| memory.request_focus(editor_id(text)));
}

/// The editor. Returns what the person changed.
pub(crate) fn editor_ui(
    ui: &mut Ui,
    buffer: &mut Buffer,
    popup: &mut Popup,
    text: &TextId,
    shared: Option<&CodeText>,
    model: &Model,
    hint: &str,
) -> Option<Edit> {
    let tokens = Tokens::in_use(ui);
    let id = editor_id(text);
    let focused = ui.memory(|memory| memory.has_focus(id));
    if buffer.take_shared(shared.map_or("", |shared| &shared.text)) {
        place_cursor(ui, id, buffer.cursor);
    }
    let before = buffer.text.clone();
    let chosen = if focused { popup.take_keys(ui) } else { Chosen::Nothing };
    let asked = focused && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Space));
    if focused {
        // One step back at a time: first the list, then the writing, then the mode.
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            ui.memory_mut(|memory| memory.surrender_focus(id));
        }
        indent_keys(ui, buffer);
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Slash)) {
            toggle_comment(buffer);
        }
    }
    let font = FontId::monospace(model.look.code_font_size);
    let (look, size) = (model.look.theme, font.size);
    let laid_out = (buffer.laid_out.take(), std::mem::take(&mut buffer.job));
    let laid_out = std::cell::RefCell::new(laid_out);
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _wrap: f32| -> Arc<Galley> {
        let (known, job) = &mut *laid_out.borrow_mut();
        let fits = known
            .as_ref()
            .is_some_and(|(of, at, theme)| of == text.as_str() && *at == size && *theme == look);
        if !fits {
            *job = highlight::job(text.as_str(), &font, tokens);
            *known = Some((text.as_str().to_owned(), size, look));
        }
        ui.fonts_mut(|fonts| fonts.layout_job(job.clone()))
    };
    let mut clicked = Chosen::Nothing;
    let mut cursor = None;
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let output = TextEdit::multiline(&mut buffer.text)
            .id(id)
            .hint_text(hint)
            .code_editor()
            .event_filter(KEPT_KEYS)
            .frame(egui::Frame::NONE)
            .desired_width(f32::INFINITY)
            .min_size(ui.available_size())
            .layouter(&mut layouter)
            .show(ui);
        let response = &output.response.response;
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::TextInput, true, format!("Code of {text}"))
        });
        cursor = output.cursor_range.map(|range| range.primary);
        let page = Page { galley: &output.galley, at: output.galley_pos, text: &output.galley.job.text };
        if let Some(shared) = shared {
            if let Some(running) = &shared.running {
                mark_glows(
                    ui,
                    &page,
                    shared,
                    buffer_map(&mut buffer.map, &mut buffer.mapped, running, page.text),
                );
            }
            mark_problems(ui, &page, shared);
        }
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        if let Some(cursor) = cursor.filter(|_| has_focus) {
            mark_partners(ui, &page, cursor.index.0);
            // The page may be a frame behind what was typed.
            if buffer.text != before || asked {
                popup.look(&model.code, &buffer.text, byte_of(&buffer.text, cursor.index.0), asked);
            } else if cursor.index.0 != buffer.cursor {
                popup.close();
            }
            clicked = popup.popup_ui(ui, page.rect(cursor.index.0, cursor.index.0));
        } else {
            popup.close();
        }
    });
    (buffer.laid_out, buffer.job) = laid_out.into_inner();
    if let Some(cursor) = cursor {
        buffer.cursor = cursor.index.0;
    }
    for choice in [chosen, clicked] {
        if let Chosen::Insert { from, text } = choice {
            insert_word(buffer, from, &text);
            place_cursor(ui, id, buffer.cursor);
            focus_id(ui, id);
        }
    }
    edit(&before, &buffer.text).map(|(range, insert)| (utf16(&before, &range), insert.to_owned()))
}

fn focus_id(ui: &Ui, id: Id) {
    ui.memory_mut(|memory| memory.request_focus(id));
}

fn buffer_map<'a>(
    map: &'a mut LineMap,
    mapped: &mut Option<(Arc<str>, String)>,
    running: &Arc<str>,
    text: &str,
) -> &'a LineMap {
    let known = mapped.as_ref().is_some_and(|(from, to)| Arc::ptr_eq(from, running) && to == text);
    if !known {
        *map = LineMap::new(running, text);
        *mapped = Some((running.clone(), text.to_owned()));
    }
    map
}

/// Text on the screen.
struct Page<'a> {
    galley: &'a Galley,
    at: Pos2,
    text: &'a str,
}

impl Page<'_> {
    /// Where characters of one line are.
    fn rect(&self, from: usize, to: usize) -> Rect {
        let start = self.galley.pos_from_cursor(CCursor::new(from));
        let end = self.galley.pos_from_cursor(CCursor::new(to));
        start.union(end).translate(self.at.to_vec2())
    }

    fn chars(&self, byte: usize) -> usize {
        self.text.get(..byte).map_or(0, |text| text.chars().count())
    }
}

/// Lights up what sounds.
fn mark_glows(ui: &Ui, page: &Page<'_>, shared: &CodeText, map: &LineMap) {
    let tokens = Tokens::in_use(ui);
    for place in shared.glows.iter().filter_map(|span| map.find(*span)) {
        let rect = page.rect(page.chars(place.start), page.chars(place.end)).expand(1.0);
        ui.painter().rect_filled(rect, 3.0, tokens.accent.gamma_multiply(0.28));
        ui.painter().rect_stroke(rect, 3.0, Stroke::new(1.0, tokens.accent), StrokeKind::Outside);
    }
}

/// Underlines what is wrong and says why at the end of its line.
fn mark_problems(ui: &Ui, page: &Page<'_>, shared: &CodeText) {
    let tokens = Tokens::in_use(ui);
    for problem in &shared.problems {
        let colour = if problem.stops { tokens.danger } else { tokens.warning };
        let Some((start, line)) = line_at(page.text, problem.line) else { continue };
        let first = page.chars(start);
        let length = line.chars().count();
        let column = (problem.column.saturating_sub(1) as usize).min(length);
        let word = line.chars().skip(column).take_while(|c| c.is_alphanumeric()).count().max(1);
        let rect = page.rect(first + column, first + (column + word).min(length.max(column)));
        wave(ui, rect, colour);
        let end = page.rect(first + length, first + length);
        let at = end.right_center() + egui::vec2(18.0, 0.0);
        ui.painter().text(
            at,
            egui::Align2::LEFT_CENTER,
            &problem.message,
            FontId::proportional(TEXT_S),
            colour,
        );
    }
}

/// A wavy line under a place.
fn wave(ui: &Ui, rect: Rect, colour: Color32) {
    let right = rect.right().max(rect.left() + 6.0);
    let num = ((right - rect.left()) / 3.0).ceil() as usize;
    let points = (0..=num).map(|i| {
        let y = rect.bottom() + if i.is_multiple_of(2) { 0.0 } else { 2.0 };
        egui::pos2(rect.left() + 3.0 * i as f32, y)
    });
    ui.painter().line(points.collect(), Stroke::new(1.5, colour));
}

/// Frames the bracket at the cursor and the one it belongs to.
fn mark_partners(ui: &Ui, page: &Page<'_>, cursor: usize) {
    let tokens = Tokens::in_use(ui);
    let byte = byte_of(page.text, cursor);
    let before = page.text.get(..byte).and_then(|text| text.chars().next_back()).map(|c| byte - c.len_utf8());
    let pair = [Some(byte), before]
        .into_iter()
        .flatten()
        .find_map(|at| highlight::partner(page.text, at).map(|other| [at, other]));
    for at in pair.into_iter().flatten() {
        let first = page.chars(at);
        let rect = page.rect(first, first + 1);
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.0, tokens.text_dim), StrokeKind::Outside);
    }
}

/// Where a line (from 1) starts, and what is in it.
fn line_at(text: &str, line: u32) -> Option<(usize, &str)> {
    let mut start = 0;
    for (idx, content) in text.split('\n').enumerate() {
        if idx + 1 == line as usize {
            return Some((start, content));
        }
        start += content.len() + 1;
    }
    None
}

fn byte_of(text: &str, chars: usize) -> usize {
    text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
}

fn place_cursor(ui: &Ui, id: Id, cursor: usize) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(cursor))));
    state.store(ui.ctx(), id);
}

/// Tab indents by spaces; a new line begins where the last one did.
fn indent_keys(ui: &Ui, buffer: &Buffer) {
    let before = buffer.text.get(..buffer.cursor_byte()).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let depth: String = line.chars().take_while(|c| *c == ' ').collect();
    ui.input_mut(|input| {
        for event in &mut input.events {
            match event {
                Event::Key { key: Key::Tab, pressed: true, modifiers, .. } if modifiers.is_none() => {
                    *event = Event::Paste(INDENT.to_owned());
                }
                Event::Key { key: Key::Enter, pressed: true, modifiers, .. }
                    if modifiers.is_none() && !depth.is_empty() =>
                {
                    *event = Event::Paste(format!("\n{depth}"));
                }
                _ => {}
            }
        }
    });
}

/// Makes the cursor's line a comment, or code again.
fn toggle_comment(buffer: &mut Buffer) {
    let at = buffer.cursor_byte();
    let start = buffer.text.get(..at).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
    let rest = buffer.text.get(start..).unwrap_or_default();
    match ["// ", "//"].iter().find(|mark| rest.starts_with(**mark)) {
        Some(mark) => buffer.text.replace_range(start..start + mark.len(), ""),
        None => buffer.text.insert_str(start, "// "),
    }
}

/// Puts a suggestion in place of the word that begins at a byte.
fn insert_word(buffer: &mut Buffer, from: usize, word: &str) {
    let to = buffer.cursor_byte();
    if from <= to && buffer.text.is_char_boundary(from) {
        buffer.text.replace_range(from..to, word);
        buffer.cursor = buffer.text.get(..from).map_or(0, |text| text.chars().count()) + word.chars().count();
    }
}
