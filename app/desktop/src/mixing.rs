use egui::{Ui, vec2};
use serde::{Deserialize, Serialize};

use crate::action::{CommandSender, Intent};
use crate::model::{AudioChoice, Model};
use crate::status_bar::{labelled, popup};
use crate::widgets::meter_ui;

/// Devices listened to besides the first one, at most.
pub const MAX_ALSO: usize = 3;
/// Gains of sources, in dB: a whisper to a microphone, a line input that is far too hot.
const GAIN_DB: std::ops::RangeInclusive<f32> = -40.0..=30.0;

/// How several sources become the one that is analysed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mixing {
    /// Gain of the first source, in dB, −40–30.
    pub gain_db: f32,
    /// Devices listened to besides; one that is not there is waited for.
    pub also: Vec<AlsoSource>,
}

/// A device listened to besides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlsoSource {
    /// Its name, as the system calls it.
    pub device: String,
    /// Its gain, in dB, −40–30.
    pub gain_db: f32,
}

impl Mixing {
    /// Returns what is out of its range, one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let gains = std::iter::once(self.gain_db).chain(self.also.iter().map(|also| also.gain_db));
        let mut wrong: Vec<String> = gains
            .filter(|gain| !GAIN_DB.contains(gain))
            .map(|gain| format!("gain_db is {gain}, choose {} to {}", GAIN_DB.start(), GAIN_DB.end()))
            .collect();
        if self.also.len() > MAX_ALSO {
            wrong.push(format!("{} devices are mixed in, at most {MAX_ALSO} can be", self.also.len()));
        }
        wrong
    }
}

/// Gain and meter of each source, and more of them.
pub(crate) fn mixing_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let mixing = &model.ear.mixing;
    let mut wanted = mixing.clone();
    let level = |i: usize| model.ear.source_levels.get(i).copied().flatten();
    source_ui(ui, "This source", &mut wanted.gain_db, level(0));
    let mut gone = None;
    for (i, also) in wanted.also.iter_mut().enumerate() {
        ui.push_id(("also", i), |ui| {
            if source_ui(ui, &also.device, &mut also.gain_db, level(i + 1)) {
                gone = Some(i);
            }
        });
    }
    if let Some(i) = gone {
        wanted.also.remove(i);
    }
    let free = wanted.also.len() < MAX_ALSO;
    let add = labelled(ui.add_enabled(free, egui::Button::new("Mix in…")), "Mix in another device");
    popup(&add, |ui| {
        let devices = model.ear.choices.iter().filter_map(|choice| match choice {
            AudioChoice::Device(name) if model.ear.chosen.as_ref() != Some(choice) => Some(name),
            _ => None,
        });
        let mut none = true;
        for device in devices.filter(|name| mixing.also.iter().all(|also| also.device != **name)) {
            none = false;
            if ui.button(device).clicked() {
                wanted.also.push(AlsoSource { device: device.clone(), gain_db: 0.0 });
            }
        }
        if none {
            ui.label("There is no other device.");
        }
    });
    if wanted != *mixing {
        commands.app(Intent::SetMixing(wanted));
    }
}

/// One source; returns whether it shall go. The first one stays.
fn source_ui(ui: &mut Ui, name: &str, gain_db: &mut f32, level: Option<f32>) -> bool {
    let mut gone = false;
    ui.horizontal(|ui| {
        ui.add_sized(vec2(110.0, 16.0), egui::Label::new(name).truncate());
        match level {
            Some(level) => meter_ui(ui, &format!("{name} input"), level, vec2(60.0, 10.0)),
            None => {
                let absent = egui::Label::new(egui::RichText::new("waited for").weak().small());
                ui.add_sized(vec2(60.0, 10.0), absent).on_hover_text("It is mixed in as soon as it is there.")
            }
        };
        let gain = egui::DragValue::new(gain_db).range(GAIN_DB).speed(0.25).fixed_decimals(1).suffix(" dB");
        labelled(ui.add(gain), &format!("Gain of {name}"));
        if name != "This source" {
            gone = labelled(ui.small_button("×"), &format!("Leave out {name}")).clicked();
        }
    });
    gone
}
