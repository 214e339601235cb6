use egui::{Color32, Rect, Sense, Ui, pos2, vec2};
use sync_protocol::{Command, Palette};

use crate::action::CommandSender;
use crate::tokens::Tokens;

/// Palettes to start from: each dark to bright, few hues, made for projectors.
const PRESETS: [(&str, [[f32; 3]; 5]); 6] = [
    (
        "Ember",
        [
            [0.016, 0.020, 0.063],
            [0.157, 0.106, 0.420],
            [0.714, 0.208, 0.463],
            [0.984, 0.553, 0.290],
            [1.0, 0.933, 0.824],
        ],
    ),
    (
        "Deep sea",
        [
            [0.008, 0.020, 0.047],
            [0.024, 0.137, 0.278],
            [0.031, 0.408, 0.494],
            [0.259, 0.776, 0.659],
            [0.902, 1.0, 0.886],
        ],
    ),
    (
        "Aurora",
        [
            [0.012, 0.020, 0.051],
            [0.075, 0.110, 0.353],
            [0.118, 0.514, 0.486],
            [0.471, 0.882, 0.486],
            [0.941, 1.0, 0.780],
        ],
    ),
    (
        "Rose",
        [
            [0.039, 0.012, 0.047],
            [0.306, 0.055, 0.286],
            [0.796, 0.153, 0.408],
            [1.0, 0.518, 0.529],
            [1.0, 0.914, 0.886],
        ],
    ),
    (
        "Sodium",
        [
            [0.024, 0.016, 0.008],
            [0.235, 0.094, 0.020],
            [0.678, 0.302, 0.024],
            [0.984, 0.671, 0.161],
            [1.0, 0.953, 0.757],
        ],
    ),
    (
        "Silver",
        [
            [0.008, 0.010, 0.016],
            [0.110, 0.129, 0.169],
            [0.345, 0.384, 0.443],
            [0.690, 0.722, 0.757],
            [0.984, 0.988, 1.0],
        ],
    ),
];

/// The show's colours: presets to choose from, stops to change.
pub(crate) fn palette_ui(ui: &mut Ui, palette: &Palette, commands: &CommandSender) {
    ui.label("Colours");
    ui.horizontal_wrapped(|ui| {
        for (name, stops) in PRESETS {
            if swatch_ui(ui, name, &stops, palette.name == name) {
                commands.show(Command::SetPalette {
                    palette: Palette { name: name.to_owned(), stops: stops.to_vec() },
                });
            }
        }
    });
    let mut wanted = palette.clone();
    ui.horizontal(|ui| {
        for stop in &mut wanted.stops {
            let mut bytes = stop.map(|channel| (channel.clamp(0.0, 1.0) * 255.0).round() as u8);
            if ui.color_edit_button_srgb(&mut bytes).changed() {
                *stop = bytes.map(|byte| f32::from(byte) / 255.0);
            }
        }
    });
    if wanted.stops != palette.stops {
        wanted.name = "Own".to_owned();
        commands.show(Command::SetPalette { palette: wanted });
    }
}

/// Returns whether it was clicked.
fn swatch_ui(ui: &mut Ui, name: &str, stops: &[[f32; 3]], selected: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(80.0, ui.spacing().interact_size.y), Sense::click());
    let tokens = Tokens::in_use(ui);
    let width = rect.width() / stops.len().max(1) as f32;
    for (idx, stop) in stops.iter().enumerate() {
        let [r, g, b] = stop.map(|channel| (channel * 255.0) as u8);
        let left = rect.left() + width * idx as f32;
        let band = Rect::from_min_max(pos2(left, rect.top()), pos2(left + width, rect.bottom()));
        ui.painter().rect_filled(band, 0.0, Color32::from_rgb(r, g, b));
    }
    let line = if selected { tokens.accent } else { tokens.line };
    ui.painter().rect_stroke(
        rect,
        2.0,
        egui::Stroke::new(if selected { 2.0 } else { 1.0 }, line),
        egui::StrokeKind::Inside,
    );
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::Button, true, selected, format!("Palette {name}"))
    });
    response.on_hover_text(name).clicked()
}
