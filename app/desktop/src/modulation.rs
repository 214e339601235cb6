//! The editor of what moves a parameter.

use egui::{RichText, Ui};
use sync_protocol::{Band, HitKind, MAX_MOD_CURVE, MAX_MOD_SECS, MAX_STEPS, ModSource, Modulation, Wave};

use crate::params::{Range, slider_ui};
use crate::tokens::{SPACE_M, Tokens};

/// Width of the editor, in points.
const WIDTH: f32 = 280.0;
/// Lengths offered, in beats.
const BEATS: [f32; 9] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
const BANDS: [(Band, &str); 5] = [
    (Band::All, "all"),
    (Band::Bass, "bass"),
    (Band::Mid, "mid"),
    (Band::MidHigh, "high mid"),
    (Band::High, "high"),
];
pub(crate) const HITS: [(HitKind, &str); 8] = [
    (HitKind::Kick, "kick"),
    (HitKind::Snare, "snare"),
    (HitKind::Hat, "hat"),
    (HitKind::Onset, "any onset"),
    (HitKind::Beat, "beat"),
    (HitKind::Downbeat, "downbeat"),
    (HitKind::Drop, "drop"),
    (HitKind::Section, "section"),
];
const WAVES: [(Wave, &str); 4] =
    [(Wave::Sine, "sine"), (Wave::Triangle, "triangle"), (Wave::Saw, "saw"), (Wave::Square, "square")];

fn name(source: &ModSource) -> &'static str {
    match source {
        ModSource::Level { .. } => "Level of a band",
        ModSource::Hits { .. } => "Hits of a band",
        ModSource::Presence { .. } => "Presence of a band",
        ModSource::Intensity => "Energy of the song",
        ModSource::BuildUp => "Build-up",
        ModSource::Phase { .. } => "Ramp over beats",
        ModSource::Lfo { .. } => "Wave",
        ModSource::Envelope { .. } => "Envelope on a hit",
        ModSource::Steps { .. } => "Steps",
        ModSource::Walk { .. } => "Random walk",
    }
}

fn choices() -> [ModSource; 10] {
    let band = Band::Bass;
    [
        ModSource::Level { band },
        ModSource::Hits { band },
        ModSource::Presence { band },
        ModSource::Intensity,
        ModSource::BuildUp,
        ModSource::Phase { beats: 4.0 },
        ModSource::Lfo { wave: Wave::Sine, beats: 4.0, phase: 0.0 },
        ModSource::Envelope { hit: HitKind::Kick, attack_secs: 0.0, release_secs: 0.4 },
        ModSource::Steps { values: vec![0.0, 1.0, 0.5, 0.75], beats: 1.0, glide: false },
        ModSource::Walk { beats: 8.0 },
    ]
}

/// Returns what the person wants: `Some(None)` is that nothing moves it.
pub(crate) fn modulation_ui(
    ui: &mut Ui,
    label: &str,
    modulation: Option<&Modulation>,
) -> Option<Option<Modulation>> {
    ui.set_width(WIDTH);
    let tokens = Tokens::in_use(ui);
    ui.strong(format!("What moves {label}"));
    let mut wanted = modulation.cloned();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().button_padding = egui::vec2(6.0, 2.0);
        if ui.selectable_label(modulation.is_none(), "Nothing").clicked() {
            wanted = None;
        }
        for source in choices() {
            let current = modulation.is_some_and(|modulation| name(&modulation.source) == name(&source));
            if ui.selectable_label(current, name(&source)).clicked() && !current {
                wanted = Some(Modulation { source, ..modulation.cloned().unwrap_or_default() });
            }
        }
    });
    ui.separator();
    if let Some(modulation) = &mut wanted {
        source_ui(ui, &mut modulation.source);
        ui.add_space(SPACE_M);
        number_ui(ui, "Depth", &mut modulation.depth, -1.0, 1.0, 0.5);
        number_ui(ui, "Curve", &mut modulation.curve, -MAX_MOD_CURVE, MAX_MOD_CURVE, 0.0);
        number_ui(ui, "Rise, s", &mut modulation.rise_secs, 0.0, MAX_MOD_SECS / 4.0, 0.0);
        number_ui(ui, "Fall, s", &mut modulation.fall_secs, 0.0, MAX_MOD_SECS / 4.0, 0.0);
        ui.label(
            RichText::new("The slider stays yours: it is where the movement starts.")
                .small()
                .color(tokens.text_dim),
        );
    }
    (wanted.as_ref() != modulation).then_some(wanted)
}

fn source_ui(ui: &mut Ui, source: &mut ModSource) {
    match source {
        ModSource::Level { band } | ModSource::Hits { band } | ModSource::Presence { band } => {
            pick_ui(ui, band, &BANDS);
        }
        ModSource::Intensity | ModSource::BuildUp => {}
        ModSource::Phase { beats } | ModSource::Walk { beats } => beats_ui(ui, beats),
        ModSource::Lfo { wave, beats, phase } => {
            pick_ui(ui, wave, &WAVES);
            beats_ui(ui, beats);
            number_ui(ui, "Start", phase, 0.0, 1.0, 0.0);
        }
        ModSource::Envelope { hit, attack_secs, release_secs } => {
            pick_ui(ui, hit, &HITS);
            number_ui(ui, "Attack, s", attack_secs, 0.0, 2.0, 0.0);
            number_ui(ui, "Release, s", release_secs, 0.0, 4.0, 0.4);
        }
        ModSource::Steps { values, beats, glide } => {
            steps_ui(ui, values);
            beats_ui(ui, beats);
            ui.toggle_value(glide, "Glide");
        }
    }
}

/// One bar a step, each dragged up and down; a button more, a button less.
fn steps_ui(ui: &mut Ui, values: &mut Vec<f32>) {
    let tokens = Tokens::in_use(ui);
    let width = (WIDTH - 16.0) / values.len().max(1) as f32;
    let size = egui::vec2(WIDTH - 16.0, 64.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Steps"));
    if let Some(at) = response.interact_pointer_pos() {
        let idx = ((at.x - rect.left()) / width).max(0.0) as usize;
        if let Some(value) = values.get_mut(idx) {
            *value = ((rect.bottom() - at.y) / rect.height()).clamp(0.0, 1.0);
        }
    }
    ui.painter().rect_filled(rect, 4.0, tokens.well);
    for (idx, value) in values.iter().enumerate() {
        let left = rect.left() + width * idx as f32;
        let top = rect.bottom() - rect.height() * value.max(0.02);
        let bar = egui::Rect::from_min_max(
            egui::pos2(left + 1.0, top),
            egui::pos2(left + width - 1.0, rect.bottom()),
        );
        ui.painter().rect_filled(bar, 2.0, tokens.accent.gamma_multiply(0.8));
    }
    ui.horizontal(|ui| {
        ui.label(format!("{} steps", values.len()));
        if ui.add_enabled(values.len() > 1, egui::Button::new("–")).on_hover_text("One less").clicked() {
            values.pop();
        }
        if ui
            .add_enabled(values.len() < MAX_STEPS, egui::Button::new("+"))
            .on_hover_text("One more")
            .clicked()
        {
            values.push(0.5);
        }
    });
}

fn beats_ui(ui: &mut Ui, beats: &mut f32) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().button_padding = egui::vec2(5.0, 2.0);
        ui.label("Beats");
        for choice in BEATS {
            let text = match choice {
                0.25 => "¼".to_owned(),
                0.5 => "½".to_owned(),
                whole => format!("{whole}"),
            };
            ui.selectable_value(beats, choice, text);
        }
    });
}

pub(crate) fn pick_ui<T: PartialEq + Copy>(ui: &mut Ui, value: &mut T, choices: &[(T, &str)]) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().button_padding = egui::vec2(5.0, 2.0);
        for (choice, name) in choices {
            ui.selectable_value(value, *choice, *name);
        }
    });
}

fn number_ui(ui: &mut Ui, label: &str, value: &mut f32, min: f32, max: f32, default: f32) {
    ui.horizontal(|ui| {
        if let Some(wanted) = slider_ui(ui, label, *value, &Range { min, max, live: None, spare: 0.0 }, None)
        {
            *value = wanted.unwrap_or(default);
        }
    });
}
