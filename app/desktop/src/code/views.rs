//! Views that code asks for: `.pianoroll()` shows its notes, `.scope()` the sound.

use egui::{Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{CodeText, RollNote};
use crate::tokens::{SPACE_M, Tokens};

/// Height of a view, in points.
const HEIGHT: f32 = 84.0;
/// Seconds of a piano roll before and after now.
const PAST_SECS: f32 = 4.0;
const FUTURE_SECS: f32 = 0.5;
/// Rows of a piano roll at least, in semitones: few notes are not drawn as slabs.
const MIN_ROWS: f32 = 12.0;

/// What a text's running code asks to see.
pub(crate) fn views_ui(ui: &mut Ui, text: &CodeText, wave: &[f32]) {
    let Some(running) = &text.running else { return };
    let asks = |names: &[&str]| names.iter().any(|name| running.contains(name));
    let roll = asks(&["pianoroll(", "punchcard(", "wordfall("]);
    let scope = asks(&["scope("]);
    if !roll && !scope {
        return;
    }
    egui::Panel::bottom("code views").frame(egui::Frame::new()).show_separator_line(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            let width = ui.available_width() / if roll && scope { 2.0 } else { 1.0 } - SPACE_M;
            if roll {
                roll_ui(ui, &text.roll, width);
            }
            if scope {
                scope_ui(ui, wave, width);
            }
        });
    });
}

fn view_ui(ui: &mut Ui, label: &str, width: f32) -> Rect {
    let (rect, response) = ui.allocate_exact_size(vec2(width.max(1.0), HEIGHT), Sense::hover());
    let tokens = Tokens::in_use(ui);
    ui.painter().rect_filled(rect, 4.0, tokens.background.gamma_multiply(0.5));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
    rect
}

fn roll_ui(ui: &mut Ui, notes: &[RollNote], width: f32) {
    let tokens = Tokens::in_use(ui);
    let rect = view_ui(ui, "Piano roll", width);
    let x = |secs: f32| rect.left() + (secs + PAST_SECS) / (PAST_SECS + FUTURE_SECS) * rect.width();
    let (low, high) = notes
        .iter()
        .fold((f32::MAX, f32::MIN), |(low, high), note| (low.min(note.pitch), high.max(note.pitch)));
    let rows = (high - low + 1.0).max(MIN_ROWS);
    let row = rect.height() / rows;
    for note in notes {
        let bottom = rect.bottom() - (note.pitch - low) * row;
        let sounds = note.from_secs <= 0.0 && note.until_secs > 0.0;
        let colour = if sounds { tokens.accent } else { tokens.text_dim };
        let bar = Rect::from_min_max(
            pos2(x(note.from_secs), bottom - row),
            pos2(x(note.until_secs).max(x(note.from_secs) + 2.0), bottom),
        );
        ui.painter().rect_filled(bar.intersect(rect), 1.0, colour);
    }
    ui.painter().vline(x(0.0), rect.y_range(), Stroke::new(1.0, tokens.text));
}

fn scope_ui(ui: &mut Ui, wave: &[f32], width: f32) {
    let tokens = Tokens::in_use(ui);
    let rect = view_ui(ui, "Scope", width);
    // It begins where the sound rises through zero: a steady tone stands still.
    let half = wave.len() / 2;
    let begin = wave.windows(2).take(half).position(|pair| matches!(pair, [a, b] if *a <= 0.0 && *b > 0.0));
    let shown = wave.get(begin.unwrap_or(0)..).unwrap_or_default();
    let shown = shown.get(..half.min(shown.len())).unwrap_or_default();
    let step = rect.width() / shown.len().max(2) as f32;
    let point = |(idx, sample): (usize, &f32)| {
        pos2(
            rect.left() + step * idx as f32,
            rect.center().y - sample.clamp(-1.0, 1.0) * rect.height() * 0.48,
        )
    };
    ui.painter().line(shown.iter().enumerate().map(point).collect(), Stroke::new(1.5, tokens.level));
}
