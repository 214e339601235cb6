use std::sync::Arc;

use egui::{ProgressBar, RichText, ScrollArea, Ui};

use crate::action::{CommandSender, Intent};
use crate::model::Model;
use crate::outputs::{OutputWishes, STREAM_PORT};
use crate::tokens::{SPACE_M, Tokens, tabular};
use crate::widgets::minutes;

/// Longest name in the status bar, in characters.
const MAX_BAR_CHARS: usize = 32;
/// Speeds this near to the record's are the record's.
const SAME_RATE: f64 = 0.003;
/// Height of the list of what played, in points.
const HISTORY_HEIGHT: f32 = 200.0;

/// What the recogniser knows beside the show's "now playing".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playing {
    /// Tracks in the user's library; 0: nothing can be recognised yet.
    pub num_tracks: u64,
    /// What was recognised, newest first.
    pub history: Arc<[Played]>,
    /// Services outside.
    pub online: Online,
    /// The folder in which other programs find what plays, as text, JSON and a picture.
    pub folder: String,
    /// The wall clock at this frame, in milliseconds since 1970.
    pub now_millis: u64,
}

/// The services outside that are asked about what the library does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Online {
    /// Whether a person wants them asked.
    pub wanted: bool,
    /// Each of them; empty while they are not wanted.
    pub services: Arc<[OnlineService]>,
}

/// A service outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnlineService {
    /// Its name, for people.
    pub name: String,
    /// How it is: "ready", or what is wrong and what helps. Never a key.
    pub state: String,
    /// Whether it is asked and answers.
    pub well: bool,
}

/// A track that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// "Artist – Title".
    pub name: String,
    /// When it was recognised, in milliseconds since 1970.
    pub at_millis: u64,
}

/// Returns what the status bar says.
pub(crate) fn bar_text(model: &Model) -> String {
    let name = match &model.show.now_playing {
        Some(playing) => playing.track.name(),
        None if model.playing.num_tracks > 0 || model.playing.online.wanted => "Unknown track".to_owned(),
        None => "Name tracks".to_owned(),
    };
    let cut = name.chars().count() > MAX_BAR_CHARS;
    if cut { name.chars().take(MAX_BAR_CHARS - 1).chain(['…']).collect() } else { name }
}

/// What plays, where it is, and what played before.
pub(crate) fn now_playing_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    ui.heading("Now playing");
    match &model.show.now_playing {
        Some(playing) => {
            let track = &playing.track;
            ui.label(RichText::new(&track.title).strong());
            for line in [&track.artist, &track.album] {
                if !line.is_empty() {
                    ui.label(line);
                }
            }
            let position = playing.position_secs(model.playing.now_millis);
            let mut text = minutes(position.max(0.0));
            if track.duration_secs > 0.0 {
                text = format!("{text} / {}", minutes(track.duration_secs));
                ui.add(
                    ProgressBar::new((position / track.duration_secs).clamp(0.0, 1.0) as f32)
                        .desired_height(6.0),
                );
            }
            if (playing.rate - 1.0).abs() > SAME_RATE {
                text = format!("{text}   {:+.1} %", (playing.rate - 1.0) * 100.0);
            }
            ui.label(tabular(text));
            if track.source != "library" && !track.source.is_empty() {
                ui.label(RichText::new(format!("named by {}", track.source)).color(tokens.text_dim));
            }
            // It moves by itself.
            ui.ctx().request_repaint_after_secs(0.5);
        }
        None if model.playing.num_tracks == 0 => {
            ui.label("Tracks are named as they play once your music is known:");
            ui.code("jamlight library add FOLDER");
        }
        None => {
            let tracks = model.playing.num_tracks;
            ui.label(format!("Nothing of your {tracks} tracks is heard."));
        }
    }
    ui.add_space(SPACE_M);
    online_ui(ui, model, commands);
    elsewhere_ui(ui, model, commands);
    if model.playing.history.is_empty() {
        return;
    }
    ui.add_space(SPACE_M);
    ui.horizontal(|ui| {
        ui.heading("Played");
        if ui.button("Copy").on_hover_text("Copies the list, oldest first").clicked() {
            let names: Vec<&str> =
                model.playing.history.iter().rev().map(|played| played.name.as_str()).collect();
            ui.ctx().copy_text(names.join("\n"));
        }
    });
    ScrollArea::vertical().id_salt("played").max_height(HISTORY_HEIGHT).show(ui, |ui| {
        for played in model.playing.history.iter() {
            ui.horizontal(|ui| {
                let ago = model.playing.now_millis.saturating_sub(played.at_millis) / 60_000;
                ui.label(tabular(format!("{ago:3} min")).color(tokens.text_dim));
                ui.add(egui::Label::new(&played.name).truncate());
            });
        }
    });
}

/// Where a stream finds what plays.
fn elsewhere_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    if model.playing.folder.is_empty() {
        return;
    }
    ui.horizontal(|ui| {
        ui.label("For your stream:");
        let page = "A page with title, cover and tempo over nothing: a Browser Source in OBS";
        match &model.outputs.state.overlay {
            Some(address) => {
                if ui.button("Copy page address").on_hover_text(format!("{page}\n{address}")).clicked() {
                    ui.ctx().copy_text(address.clone());
                }
            }
            None => {
                if ui.button("Serve page").on_hover_text(page).clicked() {
                    let stream_port = STREAM_PORT;
                    let wishes = OutputWishes { stream_port, ..model.outputs.wishes.clone() };
                    commands.app(Intent::SetOutputs(Box::new(wishes)));
                }
            }
        }
        let folder = &model.playing.folder;
        let files = format!(
            "nowplaying.txt, nowplaying.json, the cover, and the page's overlay.html to edit\n{folder}"
        );
        if ui.button("Copy folder of files").on_hover_text(files).clicked() {
            ui.ctx().copy_text(folder.clone());
        }
    });
}

/// Whether services outside are asked, and how they are.
fn online_ui(ui: &mut Ui, model: &Model, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    let online = &model.playing.online;
    let mut wanted = online.wanted;
    let what = "Ten seconds of what is heard go to the service whenever your library does not know it";
    if ui.checkbox(&mut wanted, "Ask online services").on_hover_text(what).changed() {
        commands.app(Intent::AskOnline(wanted));
    }
    for service in online.services.iter() {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(&service.name).color(tokens.text_dim));
            let color = if service.well { tokens.text } else { tokens.warning };
            ui.label(RichText::new(&service.state).color(color));
        });
    }
}
