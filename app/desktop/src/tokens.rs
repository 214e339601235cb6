//! Every colour, spacing, radius and type size of the panels. Nothing else holds a number for looks.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Visuals};

use crate::model::Theme;

/// Space between things that belong together, in points.
pub(crate) const SPACE_S: f32 = 4.0;
/// Space between things, in points.
pub(crate) const SPACE_M: f32 = 8.0;
/// Space between groups, in points.
pub(crate) const SPACE_L: f32 = 16.0;
/// Least size of anything one can hit on stage, in points.
pub(crate) const TARGET: f32 = 32.0;
/// The same in performance size, in points.
pub(crate) const TARGET_PERFORMANCE: f32 = 44.0;
/// Height of the status bar over its target size, in points.
pub(crate) const STATUS_PADDING: f32 = 8.0;
/// Width of the library, in points.
pub(crate) const LIBRARY_WIDTH: f32 = 272.0;
/// Width of the inspector, in points.
pub(crate) const INSPECTOR_WIDTH: f32 = 288.0;
/// Width of the room's panel, in points.
pub(crate) const ROOM_WIDTH: f32 = 320.0;
/// Size of a scene's thumbnail, in points.
pub(crate) const THUMBNAIL: egui::Vec2 = egui::vec2(120.0, 68.0);
/// Corner radius of panels and cards, in points.
pub(crate) const RADIUS: u8 = 8;
/// Smallest text, in points.
pub(crate) const TEXT_S: f32 = 12.0;
/// Body text, in points.
pub(crate) const TEXT_M: f32 = 14.0;
/// Headings, in points.
pub(crate) const TEXT_L: f32 = 17.0;
/// Seconds without the mouse after which panels fade.
pub(crate) const FADE_AFTER_SECS: f64 = 4.0;
/// Seconds the fade takes.
pub(crate) const FADE_SECS: f64 = 0.4;
/// Seconds a destructive button must be held.
pub(crate) const HOLD_SECS: f32 = 0.6;

/// The colours of a theme. Text on `panel` has a contrast of at least 4.5:1 in each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens {
    /// Behind everything, where no picture is.
    pub background: Color32,
    /// Panels over the picture: nearly opaque, so that text stays readable on any picture.
    pub panel: Color32,
    /// Wells, tracks and tiles inside a panel.
    pub well: Color32,
    /// A control under the pointer.
    pub hover: Color32,
    /// Lines.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text of less weight.
    pub text_dim: Color32,
    /// The one accent.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Something to look at.
    pub warning: Color32,
    /// Something wrong.
    pub danger: Color32,
    /// Level meters, and mini-notation in code.
    pub level: Color32,
    /// Numbers in code.
    pub number: Color32,
    /// What is called in code.
    pub call: Color32,
}

impl Tokens {
    /// Returns the colours of a theme.
    pub(crate) fn of(theme: Theme) -> Self {
        match theme {
            Theme::Dark => Self {
                background: Color32::BLACK,
                panel: Color32::from_rgba_premultiplied(15, 15, 19, 232),
                well: Color32::from_rgb(34, 34, 42),
                hover: Color32::from_rgb(52, 52, 64),
                line: Color32::from_rgb(58, 58, 70),
                text: Color32::from_rgb(240, 238, 232),
                text_dim: Color32::from_rgb(176, 174, 180),
                accent: Color32::from_rgb(255, 176, 92),
                on_accent: Color32::from_rgb(28, 18, 6),
                warning: Color32::from_rgb(250, 214, 96),
                danger: Color32::from_rgb(255, 110, 100),
                level: Color32::from_rgb(116, 214, 170),
                number: Color32::from_rgb(226, 160, 220),
                call: Color32::from_rgb(138, 196, 255),
            },
            Theme::Light => Self {
                background: Color32::BLACK,
                panel: Color32::from_rgba_premultiplied(236, 235, 231, 240),
                well: Color32::from_rgb(222, 220, 214),
                hover: Color32::from_rgb(206, 203, 196),
                line: Color32::from_rgb(184, 181, 174),
                text: Color32::from_rgb(24, 23, 28),
                text_dim: Color32::from_rgb(84, 82, 90),
                accent: Color32::from_rgb(154, 82, 0),
                on_accent: Color32::from_rgb(255, 250, 242),
                warning: Color32::from_rgb(126, 92, 0),
                danger: Color32::from_rgb(176, 30, 26),
                level: Color32::from_rgb(0, 112, 74),
                number: Color32::from_rgb(138, 36, 128),
                call: Color32::from_rgb(16, 82, 168),
            },
            Theme::HighContrast => Self {
                background: Color32::BLACK,
                panel: Color32::BLACK,
                well: Color32::from_rgb(28, 28, 28),
                hover: Color32::from_rgb(70, 70, 70),
                line: Color32::WHITE,
                text: Color32::WHITE,
                text_dim: Color32::from_rgb(224, 224, 224),
                accent: Color32::from_rgb(255, 208, 0),
                on_accent: Color32::BLACK,
                warning: Color32::from_rgb(255, 255, 120),
                danger: Color32::from_rgb(255, 132, 132),
                level: Color32::from_rgb(96, 255, 176),
                number: Color32::from_rgb(255, 176, 255),
                call: Color32::from_rgb(150, 210, 255),
            },
        }
    }

    /// Returns the colours the context was last styled with.
    pub(crate) fn in_use(ui: &egui::Ui) -> Self {
        Self::of(ui.ctx().data(|data| data.get_temp(theme_id())).unwrap_or_default())
    }
}

fn theme_id() -> egui::Id {
    egui::Id::unique("jamlight theme")
}

/// Styles a context: colours, spacing and type of the theme, targets of the size asked for.
pub(crate) fn apply(ctx: &egui::Context, theme: Theme, performance_size: bool) {
    let key = (theme, performance_size);
    let applied_id = egui::Id::unique("jamlight style applied");
    if ctx.data(|data| data.get_temp::<(Theme, bool)>(applied_id)) == Some(key) {
        return;
    }
    ctx.data_mut(|data| {
        data.insert_temp(applied_id, key);
        data.insert_temp(theme_id(), theme);
    });
    let tokens = Tokens::of(theme);
    let target = if performance_size { TARGET_PERFORMANCE } else { TARGET };
    let base = if theme == Theme::Light { egui::Theme::Light } else { egui::Theme::Dark };
    ctx.set_theme(base);
    ctx.all_styles_mut(|style| {
        style.visuals = visuals(tokens, base);
        style.spacing.item_spacing = egui::vec2(SPACE_M, SPACE_S);
        style.spacing.interact_size = egui::vec2(target, target);
        style.spacing.button_padding = egui::vec2(10.0, 6.0);
        style.spacing.slider_width = 150.0;
        style.spacing.slider_rail_height = 6.0;
        style.spacing.window_margin = Margin::same(SPACE_L as i8);
        style.spacing.menu_margin = Margin::same(SPACE_M as i8);
        style.spacing.combo_width = 140.0;
        style.text_styles = [
            (TextStyle::Small, FontId::new(TEXT_S, FontFamily::Proportional)),
            (TextStyle::Body, FontId::new(TEXT_M, FontFamily::Proportional)),
            (TextStyle::Button, FontId::new(TEXT_M, FontFamily::Proportional)),
            (TextStyle::Heading, FontId::new(TEXT_L, FontFamily::Proportional)),
            (TextStyle::Monospace, FontId::new(TEXT_M - 1.0, FontFamily::Monospace)),
        ]
        .into();
    });
}

fn visuals(tokens: Tokens, base: egui::Theme) -> Visuals {
    let mut v = base.default_visuals();
    v.weak_text_color = Some(tokens.text_dim);
    v.panel_fill = tokens.panel;
    v.window_fill = tokens.panel;
    v.extreme_bg_color = tokens.well;
    v.faint_bg_color = tokens.well;
    v.hyperlink_color = tokens.accent;
    v.warn_fg_color = tokens.warning;
    v.error_fg_color = tokens.danger;
    v.window_stroke = Stroke::new(1.0, tokens.line);
    v.window_corner_radius = CornerRadius::same(RADIUS);
    v.menu_corner_radius = CornerRadius::same(RADIUS);
    v.selection.bg_fill = tokens.accent;
    v.selection.stroke = Stroke::new(1.0, tokens.on_accent);
    v.slider_trailing_fill = true;
    let radius = CornerRadius::same(6);
    let states = [
        (&mut v.widgets.noninteractive, tokens.panel, tokens.line),
        (&mut v.widgets.inactive, tokens.well, tokens.line),
        (&mut v.widgets.hovered, tokens.hover, tokens.text_dim),
        (&mut v.widgets.active, tokens.hover, tokens.accent),
        (&mut v.widgets.open, tokens.hover, tokens.text_dim),
    ];
    for (state, fill, line) in states {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, line);
        state.fg_stroke = Stroke::new(1.5, tokens.text);
        state.corner_radius = radius;
        state.expansion = 0.0;
    }
    v.widgets.inactive.bg_stroke = Stroke::NONE;
    v
}

/// Returns text whose digits keep their places while they change.
pub(crate) fn tabular(text: impl Into<String>) -> egui::RichText {
    egui::RichText::new(text).monospace()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG's contrast of two opaque colours, 1–21.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let light = |c: Color32| {
            let c = egui::Rgba::from(c);
            0.2126 * c.r() + 0.7152 * c.g() + 0.0722 * c.b() + 0.05
        };
        (light(a) / light(b)).max(light(b) / light(a))
    }

    #[test]
    fn what_is_selected_is_read_on_the_accent() {
        for theme in [Theme::Dark, Theme::Light, Theme::HighContrast] {
            let v = visuals(Tokens::of(theme), egui::Theme::Dark);
            // It would stand before the colour of what is selected.
            assert_eq!(v.override_text_color, None);
            assert!(contrast(v.selection.stroke.color, v.selection.bg_fill) >= 4.5, "{theme:?}");
        }
    }
}
