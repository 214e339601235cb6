//! Completion: the functions of the language, and inside mini-notation the names of sounds.

use egui::{Key, Modifiers, Ui};

use crate::code::editor::Buffer;
use crate::code::highlight::{Kind, tokens};
use crate::code::model::Code;
use crate::tokens::{SPACE_S, Tokens};

/// Suggestions shown at once.
const MAX_SHOWN: usize = 8;
/// Letters after which suggestions come by themselves.
const MIN_LETTERS: usize = 2;

/// The list of suggestions at the cursor.
#[derive(Debug, Default)]
pub(crate) struct Popup {
    open: bool,
    selected: usize,
    found: Vec<Found>,
    /// Where the word begins that they complete, in bytes.
    from: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    insert: String,
    signature: String,
    doc: String,
}

/// What a key did to the list.
pub(crate) enum Chosen {
    Nothing,
    /// Replaces the word that begins at this byte.
    Insert {
        from: usize,
        text: String,
    },
}

impl Popup {
    /// Takes the keys that are the list's while it is open. To be called before the text sees them.
    pub(crate) fn take_keys(&mut self, ui: &Ui) -> Chosen {
        if !self.open || self.found.is_empty() {
            return Chosen::Nothing;
        }
        let take = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if take(Key::Escape) {
            self.open = false;
        }
        if take(Key::ArrowDown) {
            self.selected = (self.selected + 1) % self.found.len();
        }
        if take(Key::ArrowUp) {
            self.selected = (self.selected + self.found.len() - 1) % self.found.len();
        }
        if take(Key::Tab) || take(Key::Enter) {
            self.open = false;
            if let Some(found) = self.found.get(self.selected) {
                return Chosen::Insert { from: self.from, text: found.insert.clone() };
            }
        }
        Chosen::Nothing
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open && !self.found.is_empty()
    }

    pub(crate) fn close(&mut self) {
        self.open = false;
    }

    /// Looks for suggestions after the text changed, or because they were asked for.
    pub(crate) fn look(&mut self, code: &Code, text: &str, cursor: usize, asked: bool) {
        let from = word_start(text, cursor);
        let word = text.get(from..cursor).unwrap_or_default();
        let in_notation = tokens(text)
            .into_iter()
            .find(|(range, _)| range.start < cursor && cursor <= range.end)
            .is_some_and(|(range, kind)| kind == Kind::Notation && cursor < range.end.max(cursor + 1));
        let in_comment = tokens(text)
            .into_iter()
            .any(|(range, kind)| kind == Kind::Comment && range.start < cursor && cursor <= range.end);
        let enough = asked || word.chars().count() >= MIN_LETTERS;
        self.found = if !enough || in_comment || (word.is_empty() && !asked) {
            Vec::new()
        } else if in_notation {
            sounds(code, word)
        } else {
            functions(code, word)
        };
        // A word that is whole already needs no list.
        if !asked && self.found.len() == 1 && self.found.first().is_some_and(|one| one.insert == word) {
            self.found.clear();
        }
        self.open = !self.found.is_empty();
        self.selected = 0;
        self.from = from;
    }

    /// Draws the list at the cursor. Returns what was clicked.
    pub(crate) fn popup_ui(&mut self, ui: &Ui, at: egui::Rect) -> Chosen {
        if !self.is_open() {
            return Chosen::Nothing;
        }
        let tokens = Tokens::in_use(ui);
        let mut chosen = Chosen::Nothing;
        // Above the line where there is no room below it.
        let below = ui.ctx().content_rect().bottom() - at.bottom() > 28.0 * MAX_SHOWN as f32;
        let (place, pivot) = if below {
            (at.left_bottom() + egui::vec2(0.0, SPACE_S), egui::Align2::LEFT_TOP)
        } else {
            (at.left_top() - egui::vec2(0.0, SPACE_S), egui::Align2::LEFT_BOTTOM)
        };
        egui::Area::new(egui::Id::unique("completion"))
            .order(egui::Order::Foreground)
            .fixed_pos(place)
            .pivot(pivot)
            .show(ui.ctx(), |ui| {
                egui::Frame::popup(ui.style()).show(ui, |ui| {
                    let first = self.selected.saturating_sub(MAX_SHOWN - 1);
                    for (idx, found) in self.found.iter().enumerate().skip(first).take(MAX_SHOWN) {
                        let mut job = egui::text::LayoutJob::default();
                        let font = egui::TextStyle::Monospace.resolve(ui.style());
                        let (name, dim) = if idx == self.selected {
                            (tokens.on_accent, tokens.on_accent)
                        } else {
                            (tokens.text, tokens.text_dim)
                        };
                        let mut part = |text: &str, colour| {
                            job.append(text, 0.0, egui::TextFormat::simple(font.clone(), colour));
                        };
                        part(&found.insert, name);
                        part(&found.signature, dim);
                        part("  ", dim);
                        part(&found.doc, dim);
                        let is_selected = idx == self.selected;
                        let response = ui.selectable_label(is_selected, job);
                        let label = format!("{}{}", found.insert, found.signature);
                        response.widget_info(|| {
                            egui::WidgetInfo::selected(egui::Role::Button, true, is_selected, &label)
                        });
                        if response.clicked() {
                            chosen = Chosen::Insert { from: self.from, text: found.insert.clone() };
                        }
                    }
                });
            });
        if matches!(chosen, Chosen::Insert { .. }) {
            self.open = false;
        }
        chosen
    }
}

fn functions(code: &Code, word: &str) -> Vec<Found> {
    let lower = word.to_lowercase();
    let starts = |name: &str| name.to_lowercase().starts_with(&lower);
    let mut found: Vec<Found> = code
        .reference
        .iter()
        .filter(|entry| starts(&entry.name))
        .map(|entry| Found {
            insert: entry.name.clone(),
            signature: entry.signature.clone(),
            doc: entry.doc.clone(),
        })
        .collect();
    found.sort_by_key(|found| (!found.insert.starts_with(word), found.insert.len()));
    found
}

fn sounds(code: &Code, word: &str) -> Vec<Found> {
    let found =
        |name: &String| Found { insert: name.clone(), signature: String::new(), doc: "sound".to_owned() };
    code.sounds.iter().filter(|name| name.starts_with(word)).map(found).collect()
}

/// The byte at which the word before the cursor begins.
fn word_start(text: &str, cursor: usize) -> usize {
    let before = text.get(..cursor).unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    before.char_indices().rev().take_while(|(_, c)| is_word(*c)).last().map_or(cursor, |(at, _)| at)
}

/// What the word at the cursor does, or the function whose arguments it is in.
pub(crate) fn help(code: &Code, buffer: &Buffer) -> Option<String> {
    let (text, cursor) = (buffer.text.as_str(), buffer.cursor_byte());
    let entry = |word: &str| code.reference.binary_search_by(|entry| entry.name.as_str().cmp(word)).ok();
    let pieces = tokens(text);
    let calls =
        |(range, kind): &&(std::ops::Range<usize>, Kind)| *kind == Kind::Call && range.start <= cursor;
    let line = text.get(..cursor)?.rfind('\n').map_or(0, |at| at + 1);
    let call = pieces.iter().filter(calls).rfind(|(range, _)| range.start >= line)?;
    let entry = code.reference.get(entry(text.get(call.0.clone())?)?)?;
    Some(format!("{}{} — {}", entry.name, entry.signature, entry.doc))
}
