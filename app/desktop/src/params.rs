//! One parameter: its name, a slider over the free width, its value, and what moves it.

use egui::{Align2, Rect, Response, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};
use sync_protocol::{Modulation, ParamCard, ParamShape, ParamValue};

use crate::modulation::modulation_ui;
use crate::status_bar::popup;
use crate::tokens::{SPACE_S, Tokens};

/// Width of a parameter's name, in points.
const NAME_WIDTH: f32 = 88.0;
/// Width of its value, in points.
const VALUE_WIDTH: f32 = 46.0;
/// Width of the button for what moves it, in points.
const WAVE_WIDTH: f32 = 26.0;
/// Height of a row, in points.
const ROW_HEIGHT: f32 = 26.0;

/// A parameter as a row shows it.
pub(crate) struct Param<'a> {
    pub card: &'a ParamCard,
    /// What is set; `None` is the scene's default.
    pub set: Option<&'a ParamValue>,
    /// What moves it.
    pub modulation: Option<&'a Modulation>,
    /// Its value at this moment, when something moves it.
    pub live: Option<f32>,
}

/// What a person changed of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ParamChange {
    /// Its value; `None` is the default.
    Value(Option<ParamValue>),
    /// What moves it.
    Modulation(Option<Modulation>),
    /// A picture is wanted for it.
    Browse,
}

/// One parameter with everything about it. Returns what the person changed.
pub(crate) fn param_ui(ui: &mut Ui, param: &Param<'_>) -> Option<ParamChange> {
    let card = param.card;
    let value = param.set.or(card.default.as_ref());
    let number = if let Some(ParamValue::Number(number)) = value { Some(*number) } else { None };
    match &card.shape {
        ParamShape::Float { min, max } => {
            let mut changed = None;
            ui.horizontal(|ui| {
                let number = number.unwrap_or(*min);
                let range = Range { min: *min as f32, max: *max as f32, live: param.live, spare: WAVE_WIDTH };
                let wanted = slider_ui(ui, &card.label, number as f32, &range, param.modulation);
                changed = match wanted {
                    Some(None) => Some(ParamChange::Value(None)),
                    Some(Some(number)) => {
                        Some(ParamChange::Value(Some(ParamValue::Number(exact(number, *min, *max)))))
                    }
                    None => None,
                };
                changed = changed.take().or(wave_ui(ui, &card.label, param.modulation));
            });
            changed
        }
        ParamShape::Choice { options } => {
            let current = number.map_or(0, |number| number.round() as i32);
            let label = options.iter().find(|(option, _)| *option == current).map_or("", |(_, label)| label);
            let mut picked = None;
            ui.horizontal(|ui| {
                name_ui(ui, &card.label);
                let width = ui.available_width() - WAVE_WIDTH - 2.0 * SPACE_S;
                let combo = egui::ComboBox::from_id_salt("choice").selected_text(label).width(width);
                let response = combo.show_ui(ui, |ui| {
                    for (option, label) in options {
                        if ui.selectable_label(*option == current, label).clicked() {
                            picked = Some(ParamChange::Value(Some(ParamValue::Number(f64::from(*option)))));
                        }
                    }
                });
                let name = card.label.clone();
                response.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
                picked = picked.take().or(wave_ui(ui, &card.label, param.modulation));
            });
            picked
        }
        ParamShape::Bool => {
            let mut on = matches!(value, Some(ParamValue::Bool(true)));
            ui.horizontal(|ui| {
                let response = ui.toggle_value(&mut on, &card.label);
                let changed = response.changed().then_some(ParamChange::Value(Some(ParamValue::Bool(on))));
                changed.or(wave_ui(ui, &card.label, param.modulation))
            })
            .inner
        }
        ParamShape::Event => {
            ui.horizontal(|ui| {
                // The director sees a rising edge: pressed while held.
                let response = ui.add(egui::Button::new(&card.label).sense(Sense::click_and_drag()));
                let held = response.is_pointer_button_down_on();
                let was = matches!(value, Some(ParamValue::Bool(true)));
                let change = match (held || response.clicked(), was) {
                    (true, false) => Some(ParamChange::Value(Some(ParamValue::Bool(true)))),
                    (false, true) => Some(ParamChange::Value(None)),
                    _ => None,
                };
                change.or(wave_ui(ui, &card.label, param.modulation))
            })
            .inner
        }
        ParamShape::Color => {
            let mut colour = if let Some(ParamValue::Color(colour)) = value { *colour } else { [1.0; 4] };
            ui.horizontal(|ui| {
                name_ui(ui, &card.label);
                let response = ui.color_edit_button_rgba_unmultiplied(&mut colour);
                response.changed().then_some(ParamChange::Value(Some(ParamValue::Color(colour))))
            })
            .inner
        }
        ParamShape::Point { min, max } => {
            let mut point = if let Some(ParamValue::Point(point)) = value { *point } else { *min };
            let mut changed = None;
            for (axis, way) in ["across", "up"].into_iter().enumerate() {
                ui.horizontal(|ui| {
                    let range = Range { min: min[axis], max: max[axis], live: None, spare: 0.0 };
                    let label = format!("{} {way}", card.label);
                    match slider_ui(ui, &label, point[axis], &range, None) {
                        Some(None) => changed = Some(ParamChange::Value(None)),
                        Some(Some(number)) => {
                            point[axis] = number;
                            changed = Some(ParamChange::Value(Some(ParamValue::Point(point))));
                        }
                        None => {}
                    }
                });
            }
            changed
        }
        ParamShape::Image => {
            ui.horizontal(|ui| {
                name_ui(ui, &card.label);
                let has = param.set.is_some();
                let text = if has { "Another picture…" } else { "Choose a picture…" };
                let mut change = ui.button(text).clicked().then_some(ParamChange::Browse);
                if has && ui.button("×").on_hover_text("None").clicked() {
                    change = Some(ParamChange::Value(None));
                }
                change
            })
            .inner
        }
    }
}

/// A range of values, and where something has moved it at this moment.
pub(crate) struct Range {
    pub min: f32,
    pub max: f32,
    pub live: Option<f32>,
    /// Width kept free beside it, in points.
    pub spare: f32,
}

/// Name, slider, value. Returns the new value: `Some(None)` is the default, by double click.
pub(crate) fn slider_ui(
    ui: &mut Ui,
    label: &str,
    value: f32,
    range: &Range,
    modulation: Option<&Modulation>,
) -> Option<Option<f32>> {
    let tokens = Tokens::in_use(ui);
    ui.spacing_mut().item_spacing.x = SPACE_S;
    ui.spacing_mut().interact_size.y = ROW_HEIGHT;
    name_ui(ui, label);
    let (min, max) = (range.min, range.max.max(range.min + f32::EPSILON));
    let mut number = value;
    ui.spacing_mut().slider_width =
        (ui.available_width() - VALUE_WIDTH - range.spare - 3.0 * SPACE_S).max(40.0);
    let slider = ui.add(egui::Slider::new(&mut number, min..=max).show_value(false));
    slider.widget_info(|| WidgetInfo::slider(true, f64::from(number), label));
    if let Some(modulation) = modulation {
        let reach = Reach { from: value, to: value + modulation.depth * (max - min), live: range.live };
        reach_ui(ui, slider.rect, min, max, &reach, tokens);
    }
    let decimals = if max - min >= 20.0 { 1 } else { 2 };
    let speed = f64::from(max - min) / 200.0;
    let mut typed = number;
    let drag = egui::DragValue::new(&mut typed).range(min..=max).speed(speed).max_decimals(decimals);
    let response = ui.add_sized(vec2(VALUE_WIDTH, ROW_HEIGHT - 4.0), drag);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, format!("{label}, value")));
    let slider = slider.on_hover_text("Double-click resets");
    if slider.double_clicked() {
        return Some(None);
    }
    (slider.changed() || response.changed()).then_some(Some(if response.changed() { typed } else { number }))
}

struct Reach {
    from: f32,
    to: f32,
    live: Option<f32>,
}

/// How far something moves the value, and where it is now, over the slider.
fn reach_ui(ui: &Ui, rect: Rect, min: f32, max: f32, reach: &Reach, tokens: Tokens) {
    let handle = rect.height() / 2.5;
    let rail = rect.shrink2(vec2(handle, 0.0));
    let x = |value: f32| rail.left() + rail.width() * ((value - min) / (max - min)).clamp(0.0, 1.0);
    let y = rect.center().y;
    let line = egui::Stroke::new(3.0, tokens.accent.gamma_multiply(0.45));
    ui.painter().line_segment([pos2(x(reach.from), y), pos2(x(reach.to), y)], line);
    if let Some(live) = reach.live {
        let mark = Rect::from_center_size(pos2(x(live), y), vec2(3.0, rect.height() * 0.8));
        ui.painter().rect_filled(mark, 1.5, tokens.accent);
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(33));
    }
}

/// A name of a fixed width: a long one in two small rows, and what is longer still on hover. Its control carries it for
/// those who do not see.
fn name_ui(ui: &mut Ui, label: &str) {
    let colour = Tokens::in_use(ui).text;
    let laid_out = |style: TextStyle, max_rows: usize| {
        let mut job =
            egui::text::LayoutJob::simple(label.to_owned(), style.resolve(ui.style()), colour, NAME_WIDTH);
        job.wrap.max_rows = max_rows;
        ui.painter().layout_job(job)
    };
    let mut galley = laid_out(TextStyle::Body, 1);
    if galley.elided {
        galley = laid_out(TextStyle::Small, 2);
    }
    let height = galley.size().y.max(ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(vec2(NAME_WIDTH, height), Sense::hover());
    let at = Align2::LEFT_CENTER.anchor_size(pos2(rect.left(), rect.center().y), galley.size()).min;
    let elided = galley.elided;
    ui.painter().galley(at, galley, colour);
    if elided {
        response.on_hover_text(label);
    }
}

/// The button for what moves a parameter, and its editor.
fn wave_ui(ui: &mut Ui, label: &str, modulation: Option<&Modulation>) -> Option<ParamChange> {
    let tokens = Tokens::in_use(ui);
    let button = wave_button_ui(ui, modulation.is_some(), tokens);
    button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("{label}, moved by")));
    let mut change = None;
    popup(&button, |ui| change = modulation_ui(ui, label, modulation).map(ParamChange::Modulation));
    change
}

fn wave_button_ui(ui: &mut Ui, on: bool, tokens: Tokens) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(WAVE_WIDTH, ROW_HEIGHT), Sense::click());
    let hovered = response.hovered() || response.has_focus();
    if hovered {
        ui.painter().rect_filled(rect.shrink(2.0), 4.0, tokens.hover);
    }
    let colour = if on { tokens.accent } else { tokens.text_dim };
    let wave = (0..=12).map(|i| {
        let t = i as f32 / 12.0;
        let y = (t * std::f32::consts::TAU).sin() * rect.height() * 0.18;
        pos2(rect.left() + 5.0 + t * (rect.width() - 10.0), rect.center().y - y)
    });
    let line = egui::Stroke::new(if on { 2.0 } else { 1.2 }, colour);
    ui.painter().add(egui::Shape::line(wave.collect(), line));
    response
}

/// A slider's number as a person would write it: half a thousandth of the range is noise.
fn exact(number: f32, min: f64, max: f64) -> f64 {
    let step = 10f64.powf(((max - min).abs().max(1e-9)).log10().floor() - 4.0);
    ((f64::from(number) / step).round() * step).clamp(min, max)
}
