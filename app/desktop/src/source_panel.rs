//! Controls of layers that show no scene: words, colours, pictures, videos, cameras, slides.

use egui::{RichText, Ui};
use sync_protocol::{Command, Layer, LayerSource, MAX_LAYER_TEXT_CHARS};

use crate::action::CommandSender;
use crate::inspector::number_ui;
use crate::model::Model;
use crate::shell::Shell;
use crate::stage_model::ImportTarget;
use crate::tokens::Tokens;

pub(crate) fn source_ui(
    ui: &mut Ui,
    shell: &mut Shell,
    _model: &Model,
    layer: &Layer,
    source: &LayerSource,
    commands: &CommandSender,
) {
    let tokens = Tokens::in_use(ui);
    let mut wanted = source.clone();
    match &mut wanted {
        LayerSource::Text(text) => {
            let edit = egui::TextEdit::multiline(&mut text.text)
                .desired_rows(3)
                .char_limit(MAX_LAYER_TEXT_CHARS)
                .desired_width(f32::INFINITY);
            let response = ui.add(edit);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "The words"));
            ui.label(RichText::new("{track} becomes what plays.").small().color(tokens.text_dim));
            ui.horizontal(|ui| {
                ui.color_edit_button_rgba_unmultiplied(&mut text.color);
                let font =
                    egui::TextEdit::singleline(&mut text.font).hint_text("font.ttf of the fonts folder");
                ui.add(font.desired_width(f32::INFINITY));
            });
        }
        LayerSource::Solid(colour) => {
            ui.horizontal(|ui| {
                ui.color_edit_button_rgba_unmultiplied(colour);
                ui.label("Colour");
            });
        }
        LayerSource::Slides(slides) => {
            ui.label(format!("{} pictures", slides.pictures.len()));
            number_ui(ui, "Beats each", &mut slides.beats, 1.0, 64.0, 16.0);
            slides.beats = slides.beats.round().max(1.0);
        }
        LayerSource::Camera(name) => {
            ui.horizontal(|ui| {
                ui.label("Camera");
                ui.add(egui::TextEdit::singleline(name).hint_text("the first").desired_width(f32::INFINITY));
            });
            ui.label(
                RichText::new("Each machine of a jam shows its own camera.").small().color(tokens.text_dim),
            );
        }
        LayerSource::Picture(_) | LayerSource::Video(_) | LayerSource::Scene(_) => {}
    }
    let takes_file =
        matches!(source, LayerSource::Picture(_) | LayerSource::Video(_) | LayerSource::Slides(_));
    if takes_file && ui.button("Another file…").clicked() {
        shell.browse_media(ImportTarget::Layer(layer.id), commands);
    }
    if wanted != *source {
        commands.show(Command::SetSource { layer: layer.id, source: wanted });
    }
}
