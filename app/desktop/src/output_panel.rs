use egui::{DragValue, Ui};

use crate::action::{CommandSender, Intent};
use crate::model::Model;
use crate::outputs::{MAX_MORE_SCREENS, OutputWishes, STREAM_PORT, Screen, ScreenPlace, StreamBackdrop};
use crate::tokens::Tokens;

const BACKDROPS: [(StreamBackdrop, &str); 4] = [
    (StreamBackdrop::Black, "Black"),
    (StreamBackdrop::Clear, "Clear between layers"),
    (StreamBackdrop::Light, "Clear where dark"),
    (StreamBackdrop::Key, "Key colour"),
];
const SIZES: [[u32; 2]; 4] = [[640, 360], [1280, 720], [1920, 1080], [3840, 2160]];
const CORNERS: [&str; 4] = ["Top left", "Top right", "Bottom right", "Bottom left"];
const EDGES: [&str; 4] = ["Left", "Top", "Width", "Height"];

/// The show's windows, its streams, its recording, and the safety of the room.
pub(crate) fn output_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    ui.set_max_width(360.0);
    egui::ScrollArea::vertical().max_height(480.0).show(ui, |ui| {
        let mut wishes = model.outputs.wishes.clone();
        windows_ui(ui, model, &mut wishes, commands);
        ui.separator();
        streams_ui(ui, model, &mut wishes);
        ui.separator();
        recording_ui(ui, model, commands);
        ui.separator();
        safety_ui(ui, model, &mut wishes, commands);
        if wishes != model.outputs.wishes {
            commands.app(Intent::SetOutputs(Box::new(wishes)));
        }
    });
}

fn windows_ui(ui: &mut Ui, model: &Model, wishes: &mut OutputWishes, commands: &CommandSender) {
    let outputs = &model.outputs;
    ui.heading("Output");
    if !outputs.sentence.is_empty() {
        ui.label(&outputs.sentence);
    }
    let label = if outputs.open { "Close the show's window" } else { "Open the show's window" };
    if ui.button(label).on_hover_text("Full screen (F)").clicked() {
        commands.app(Intent::ToggleOutput);
    }
    if ui.selectable_label(outputs.chosen.is_none(), "Screen: automatic").clicked() {
        commands.app(Intent::ChooseMonitor(None));
    }
    for monitor in &outputs.monitors {
        let chosen = outputs.chosen.as_deref() == Some(&monitor.name);
        let text = format!("{} ({}×{})", monitor.name, monitor.size[0], monitor.size[1]);
        if ui.selectable_label(chosen, text).clicked() {
            commands.app(Intent::ChooseMonitor(Some(monitor.name.clone())));
        }
    }
    place_ui(ui, "Placement", &mut wishes.place);
    let mut remove = None;
    for (idx, screen) in wishes.more.iter_mut().enumerate() {
        ui.push_id(idx, |ui| {
            let name = format!("Screen {}", idx + 2);
            ui.horizontal(|ui| {
                ui.checkbox(&mut screen.open, &name);
                monitor_ui(ui, model, screen);
                if ui.button("Remove").clicked() {
                    remove = Some(idx);
                }
            });
            place_ui(ui, &format!("Placement of screen {}", idx + 2), &mut screen.place);
        });
    }
    if let Some(idx) = remove {
        wishes.more.remove(idx);
    }
    if wishes.more.len() < MAX_MORE_SCREENS && ui.button("Add a screen").clicked() {
        wishes.more.push(Screen { open: true, ..Screen::default() });
    }
}

fn monitor_ui(ui: &mut Ui, model: &Model, screen: &mut Screen) {
    let shown = if screen.monitor.is_empty() { "Automatic" } else { &screen.monitor }.to_owned();
    egui::ComboBox::from_id_salt("monitor").selected_text(shown).show_ui(ui, |ui| {
        ui.selectable_value(&mut screen.monitor, String::new(), "Automatic");
        for monitor in &model.outputs.monitors {
            ui.selectable_value(&mut screen.monitor, monitor.name.clone(), &monitor.name);
        }
    });
}

fn place_ui(ui: &mut Ui, name: &str, place: &mut ScreenPlace) {
    ui.collapsing(name, |ui| {
        ui.checkbox(&mut place.test_card, "Test card");
        ui.add(egui::Slider::new(&mut place.brightness, 0.0..=2.0).text("Brightness"));
        ui.add(egui::Slider::new(&mut place.gamma, 0.5..=2.0).text("Gamma"));
        ui.label("Part of the picture");
        egui::Grid::new("crop").show(ui, |ui| {
            for (idx, (label, value)) in EDGES.iter().zip(&mut place.crop).enumerate() {
                let least = if idx < 2 { 0.0 } else { 0.05 };
                ui.label(*label);
                ui.add(DragValue::new(value).range(least..=1.0).speed(0.002).fixed_decimals(3));
                if idx % 2 == 1 {
                    ui.end_row();
                }
            }
        });
        ui.label("Corners on the wall");
        egui::Grid::new("corners").show(ui, |ui| {
            for (label, corner) in CORNERS.iter().zip(&mut place.corners) {
                ui.label(*label);
                for value in corner {
                    ui.add(DragValue::new(value).range(0.0..=1.0).speed(0.001).fixed_decimals(3));
                }
                ui.end_row();
            }
        });
        if ui.button("Reset").clicked() {
            *place = ScreenPlace::default();
        }
    });
}

fn streams_ui(ui: &mut Ui, model: &Model, wishes: &mut OutputWishes) {
    let state = &model.outputs.state;
    ui.heading("Stream");
    let mut on = wishes.stream_port != 0;
    if ui.checkbox(&mut on, "Stream to OBS on this machine").changed() {
        wishes.stream_port = if on { STREAM_PORT } else { 0 };
    }
    if let Some(problem) = &state.stream_problem {
        ui.colored_label(Tokens::in_use(ui).warning, problem);
    }
    for (name, address) in &state.streams {
        ui.horizontal(|ui| {
            ui.label(name);
            if ui.button("Copy address").on_hover_text(address).clicked() {
                ui.ctx().copy_text(address.clone());
            }
        });
    }
    if on {
        if !state.streams.is_empty() {
            ui.label("In OBS: add a Media Source, untick Local File, paste the OBS address.");
        }
        if state.overlay.is_some() {
            ui.label("What plays goes into a Browser Source: its address is under Now playing.");
        }
        if state.num_readers > 0 {
            ui.label(format!("{} reading", state.num_readers));
        }
    }
    ui.horizontal(|ui| {
        let shown = format!("{}×{}", wishes.stream_size[0], wishes.stream_size[1]);
        egui::ComboBox::from_label("Size").selected_text(shown).show_ui(ui, |ui| {
            for size in SIZES {
                ui.selectable_value(&mut wishes.stream_size, size, format!("{}×{}", size[0], size[1]));
            }
        });
    });
    ui.horizontal(|ui| {
        let shown = BACKDROPS.iter().find(|(backdrop, _)| *backdrop == wishes.backdrop);
        egui::ComboBox::from_label("Background").selected_text(shown.map_or("", |(_, name)| name)).show_ui(
            ui,
            |ui| {
                for (backdrop, name) in BACKDROPS {
                    ui.selectable_value(&mut wishes.backdrop, backdrop, name);
                }
            },
        );
        if wishes.backdrop == StreamBackdrop::Key {
            ui.color_edit_button_srgb(&mut wishes.key_colour);
        }
    });
}

fn recording_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    ui.heading("Recording");
    let (label, hint) = match model.outputs.state.recording_secs {
        Some(secs) => (format!("Stop recording ({})", crate::widgets::minutes(secs)), "Stop (R)"),
        None => ("Record the show".to_owned(), "Picture and sound into your recordings folder (R)"),
    };
    if ui.button(label).on_hover_text(hint).clicked() {
        commands.app(Intent::ToggleRecording);
    }
}

fn safety_ui(ui: &mut Ui, model: &Model, wishes: &mut OutputWishes, commands: &CommandSender) {
    ui.heading("Safety");
    ui.checkbox(&mut wishes.limit_flashes, "Limit flashes")
        .on_hover_text("At most three large flashes a second (WCAG 2.3.1): people with photosensitive epilepsy may be in the room");
    if !wishes.limit_flashes {
        ui.colored_label(Tokens::in_use(ui).warning, "Flashes are not limited: warn the audience.");
    }
    let panicked = model.outputs.state.panicked;
    let label = if panicked { "Back to the show" } else { "Panic: safe scene" };
    if ui.button(label).on_hover_text("At once (P)").clicked() {
        commands.app(Intent::TogglePanic);
    }
}
