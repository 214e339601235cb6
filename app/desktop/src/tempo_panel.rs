use audio_signal::TempoSource;
use egui::Ui;
use sync_protocol::{Command, TEMPO_BPM_RANGE, TempoSettings};

use crate::action::{CommandSender, Intent};
use crate::model::Model;

/// Who leads the tempo.
pub(crate) fn tempo_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let settings = &model.show.tempo;
    ui.heading("Tempo");
    for (source, name) in [
        (TempoSource::Heard, "Follow the music"),
        (TempoSource::Tap, "By hand"),
        (TempoSource::Code, "By code"),
    ] {
        if ui.selectable_label(settings.source == source, name).clicked() {
            let bpm = if model.ear.tempo_bpm > 0.0 { f64::from(model.ear.tempo_bpm) } else { settings.bpm };
            set(commands, TempoSettings { source, bpm, ..settings.clone() });
        }
    }
    ui.horizontal(|ui| {
        if ui.button("Tap").on_hover_text("Tap on the beat (T)").clicked() {
            commands.app(Intent::Tap);
        }
        let mut bpm = settings.bpm;
        let drag =
            egui::DragValue::new(&mut bpm).range(TEMPO_BPM_RANGE).speed(0.1).fixed_decimals(1).suffix(" bpm");
        let response = ui.add_enabled(settings.source == TempoSource::Tap, drag);
        if response.changed() {
            set(commands, TempoSettings { bpm, ..settings.clone() });
        }
        let mut beats = settings.beats_per_bar;
        let drag = egui::DragValue::new(&mut beats).range(1..=16).suffix(" beats a bar");
        if ui.add_enabled(settings.source == TempoSource::Tap, drag).changed() {
            set(commands, TempoSettings { beats_per_bar: beats, ..settings.clone() });
        }
    });
    if settings.source == TempoSource::Heard {
        let sure = (model.ear.confidence * 100.0).round();
        ui.label(format!("{sure} % sure of the beat"));
    }
}

fn set(commands: &CommandSender, tempo: TempoSettings) {
    commands.show(Command::SetTempo { tempo });
}
