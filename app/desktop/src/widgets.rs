//! Small widgets that egui has not: meters, lamps, graphs, a button to hold.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::tokens::{HOLD_SECS, Tokens};

/// A level, 0–1.
pub(crate) fn meter_ui(ui: &mut Ui, label: &str, level: f32, size: egui::Vec2) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let tokens = Tokens::in_use(ui);
    let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
    ui.painter().rect_filled(rect, 2.0, tokens.well);
    let colour = if level > 0.97 { tokens.danger } else { tokens.level };
    let filled = if size.x >= size.y {
        Rect::from_min_size(rect.min, vec2(rect.width() * level, rect.height()))
    } else {
        Rect::from_min_max(egui::pos2(rect.left(), rect.bottom() - rect.height() * level), rect.max)
    };
    ui.painter().rect_filled(filled, 2.0, colour);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, label);
        info.value = Some(f64::from(level));
        info
    });
    response
}

/// One lamp per beat of the bar; the first is larger. The current one is lit and fades towards the next.
pub(crate) fn beat_lamps_ui(ui: &mut Ui, beat: f64, beats_per_bar: u8, known: bool) -> Response {
    let num = usize::from(beats_per_bar.clamp(1, 16));
    let step = 14.0;
    let (rect, response) = ui.allocate_exact_size(vec2(step * num as f32, 18.0), Sense::hover());
    let tokens = Tokens::in_use(ui);
    let place = beat.rem_euclid(num as f64);
    for idx in 0..num {
        let centre = egui::pos2(rect.left() + step * (idx as f32 + 0.5), rect.center().y);
        let radius = if idx == 0 { 5.0 } else { 4.0 };
        ui.painter().circle_filled(centre, radius, tokens.well);
        if known && idx == place as usize {
            let light = 1.0 - 0.7 * place.fract() as f32;
            ui.painter().circle_filled(centre, radius, tokens.accent.gamma_multiply(light));
        }
    }
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("Beat {} of {num}", place as usize + 1))
    });
    response
}

/// Times of the last frames as a line of bars; those over `limit` in the warning colour.
pub(crate) fn spark_ui(ui: &mut Ui, millis: &[f32], limit: f32, size: egui::Vec2) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let tokens = Tokens::in_use(ui);
    ui.painter().rect_filled(rect, 2.0, tokens.well);
    let num = (rect.width() / 2.0) as usize;
    let newest = &millis[millis.len().saturating_sub(num)..];
    let top = limit * 2.0;
    for (idx, value) in newest.iter().enumerate() {
        let x = rect.right() - 2.0 * (newest.len() - idx) as f32;
        let height = (value / top).clamp(0.02, 1.0) * rect.height();
        let colour = if *value > limit { tokens.warning } else { tokens.level };
        let bar =
            Rect::from_min_max(egui::pos2(x, rect.bottom() - height), egui::pos2(x + 1.5, rect.bottom()));
        ui.painter().rect_filled(bar, 0.0, colour);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Frame times"));
    response
}

/// A button for something destructive: held with the mouse until it is full, or pressed with the keyboard.
pub(crate) fn hold_button_ui(ui: &mut Ui, text: &str) -> bool {
    let response = ui.add(egui::Button::new(text).sense(Sense::click_and_drag()));
    let tokens = Tokens::in_use(ui);
    let id = response.id.with("held");
    let held = response.is_pointer_button_down_on();
    let before: f32 = ui.data(|data| data.get_temp(id)).unwrap_or(0.0);
    let now = if held { before + ui.input(|input| input.stable_dt) / HOLD_SECS } else { 0.0 };
    ui.data_mut(|data| data.insert_temp(id, now));
    if held {
        let mut fill = response.rect;
        fill.set_width(fill.width() * now.min(1.0));
        ui.painter().rect_filled(fill, 6.0, tokens.danger.gamma_multiply(0.4));
        ui.ctx().request_repaint();
    }
    let by_mouse = held && before < 1.0 && now >= 1.0;
    let by_keyboard = response.clicked() && !ui.input(|input| input.pointer.any_released());
    response.on_hover_text("Hold to do it");
    by_mouse || by_keyboard
}

/// Seconds as minutes and seconds.
pub(crate) fn minutes(secs: f64) -> String {
    let secs = secs.max(0.0) as u64;
    format!("{}:{:02}", secs / 60, secs % 60)
}
