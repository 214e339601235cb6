//! The room at the right edge: how others come in, who is there, what is said, what happened.

use egui::{Rect, Ui, vec2};
use sync_protocol::{Command, Recording, Right, Role};

use crate::action::{CommandSender, Intent};
use crate::chat::chat_ui;
use crate::history::history_ui;
use crate::jam_model::{Check, Hosting, Place, Room, RoomIntent, Visiting};
use crate::model::Model;
use crate::people::{num_asking, people_ui};
use crate::shell::Shell;
use crate::tokens::{ROOM_WIDTH, SPACE_L, SPACE_M, SPACE_S, TEXT_L, Tokens, tabular};
use crate::widgets::hold_button_ui;

/// Tries a new short code has: what is fewer is worth a word.
const MAX_TRIES: u32 = 3;
/// Light modules round a code, as its standard wants.
const QUIET: usize = 4;

/// What part of the room is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RoomTab {
    #[default]
    Jam,
    People,
    Chat,
    History,
}

/// What the window remembers of the room's panel.
#[derive(Debug, Default)]
pub(crate) struct RoomPanel {
    pub open: bool,
    pub tab: RoomTab,
    /// Whether rooms of the network were asked for.
    pub looked_round: bool,
    /// The link somebody is typing.
    pub link: String,
    /// The name this person wants there; kept for the next room.
    pub name: String,
    /// The message somebody is typing.
    pub draft: String,
    /// Whether the line takes the keys as soon as it is there: who opens the chat wants to write.
    pub takes_keys: bool,
    /// The last message that was on screen.
    pub read: u64,
    /// Whether the next recording shall hold the sound: only when somebody said so.
    pub with_sound: bool,
    /// Whether the code fills the window, for a room full of phones.
    pub large_code: bool,
}

/// The panel, when it is open.
pub(crate) fn room_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    if !shell.room.open {
        return;
    }
    let tokens = Tokens::in_use(ui);
    let room = &model.room;
    let frame = egui::Frame::new().fill(shell.fill(model, tokens.panel)).inner_margin(SPACE_M);
    let panel = &mut shell.room;
    egui::Panel::right("room").exact_size(ROOM_WIDTH).resizable(false).frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let news = [(RoomTab::Chat, unread(room, panel)), (RoomTab::People, num_asking(room))];
            for (tab, name) in [
                (RoomTab::Jam, "Jam"),
                (RoomTab::People, "People"),
                (RoomTab::Chat, "Chat"),
                (RoomTab::History, "History"),
            ] {
                let num = news.iter().find(|(of, num)| *of == tab && *num > 0);
                let text = num.map_or(name.to_owned(), |(_, num)| format!("{name} {num}"));
                let response = ui.selectable_value(&mut panel.tab, tab, text);
                if response.clicked() {
                    panel.takes_keys = tab == RoomTab::Chat;
                }
                crate::status_bar::labelled(response, name);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if crate::status_bar::labelled(ui.button("×"), "Close the room's panel").clicked() {
                    panel.open = false;
                }
            });
        });
        ui.add_space(SPACE_M);
        recorded_ui(ui, room);
        match panel.tab {
            RoomTab::Jam => jam_ui(ui, panel, room, commands),
            RoomTab::People => people_ui(ui, room, commands),
            RoomTab::Chat => chat_ui(ui, panel, room, commands),
            RoomTab::History => history_ui(ui, model, commands),
        }
    });
    if panel.large_code
        && let Place::Hosting(hosting) = &room.place
    {
        large_code_ui(ui, panel, hosting);
    }
}

/// Returns how many messages came since the chat was looked at.
pub(crate) fn unread(room: &Room, panel: &RoomPanel) -> usize {
    let mine = room.me;
    room.chat.iter().filter(|said| said.seq.0 > panel.read && said.member != mine).count()
}

fn jam_ui(ui: &mut Ui, panel: &mut RoomPanel, room: &Room, commands: &CommandSender) {
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if let Some(problem) = &room.problem {
            ui.colored_label(Tokens::in_use(ui).warning, problem);
            ui.add_space(SPACE_M);
        }
        match &room.place {
            Place::Alone => alone_ui(ui, panel, room, commands),
            Place::Opening => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label("The room is being opened…");
                });
            }
            Place::Hosting(hosting) => hosting_ui(ui, panel, room, hosting, commands),
            Place::Visiting(visiting) => visiting_ui(ui, visiting, commands),
        }
    });
}

fn alone_ui(ui: &mut Ui, panel: &mut RoomPanel, room: &Room, commands: &CommandSender) {
    if !std::mem::replace(&mut panel.looked_round, true) {
        commands.app(Intent::Room(RoomIntent::LookRound));
    }
    ui.heading("Play with others");
    ui.label("Open this show to people on your network. They join with a phone, a browser or Jamlight; nothing of the show stops or starts anew.");
    ui.add_space(SPACE_S);
    if wide(ui, "Open the room").clicked() {
        commands.app(Intent::Room(RoomIntent::Open));
    }
    ui.add_space(SPACE_L);
    ui.heading("Join a room");
    ui.label("Paste the link you were given, or type the host's address and its code. Your own show waits until you leave.");
    let name = ui.label("Your name").id;
    ui.add(egui::TextEdit::singleline(&mut panel.name).hint_text("Guest").char_limit(64)).labelled_by(name);
    let link = ui.label("Link, or address and code").id;
    let hint = "https://… or 192.168.1.5:7700 123 456";
    let edit = ui.add(egui::TextEdit::singleline(&mut panel.link).hint_text(hint)).labelled_by(link);
    let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    let ready = !panel.link.trim().is_empty();
    let clicked = ui.add_enabled(ready, egui::Button::new("Join")).clicked();
    if ready && (clicked || entered) {
        let name = if panel.name.trim().is_empty() { "Guest" } else { panel.name.trim() };
        let join = RoomIntent::Join { link: panel.link.trim().to_owned(), name: name.to_owned() };
        commands.app(Intent::Room(join));
    }
    if !room.nearby.is_empty() {
        ui.add_space(SPACE_L);
        ui.heading("On this network");
        ui.label("Ask the host for the six digits.");
        for nearby in room.nearby.iter() {
            if ui.button(format!("{} — {}", nearby.name, nearby.address)).clicked() {
                panel.link = format!("{} ", nearby.address);
            }
        }
    }
}

fn hosting_ui(ui: &mut Ui, panel: &mut RoomPanel, room: &Room, hosting: &Hosting, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    ui.heading("The room is open");
    let code = code_ui(ui, &hosting.code, ui.available_width());
    let code = code.on_hover_text("Click for the whole window");
    if code.clicked() {
        panel.large_code = true;
    }
    ui.label("Scan it, or send the link:");
    ui.horizontal(|ui| {
        if ui.button("Copy link").clicked() {
            ui.ctx().copy_text(hosting.link.clone());
        }
        if ui.button("New link").on_hover_text("The old one lets nobody in any more").clicked() {
            commands.app(Intent::Room(RoomIntent::NewLink));
        }
    });
    ui.add_space(SPACE_M);
    match &hosting.spoken {
        Some((digits, tries)) => {
            ui.label("Or say the address and its code:");
            ui.label(tabular(&hosting.address).size(TEXT_L));
            ui.label(tabular(digits).size(1.4 * TEXT_L).strong());
            if *tries < MAX_TRIES {
                let tries = if *tries == 1 { "One try is".to_owned() } else { format!("{tries} tries are") };
                ui.colored_label(tokens.warning, format!("{tries} left, then it changes."));
            }
        }
        None => drop(ui.label(tabular(&hosting.address).color(tokens.text_dim))),
    }
    ui.add_space(SPACE_M);
    if !hosting.key.is_empty() {
        ui.label(format!("Key of this machine: {}", hosting.key)).on_hover_text(
            "A browser warns once, because no authority signed it. Who wants to be sure compares these letters.",
        );
    }
    ui.add_space(SPACE_M);
    match &hosting.check {
        Check::Running => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Can others reach this machine?");
            });
        }
        Check::Fine => {
            ui.colored_label(tokens.level, "Others can reach this machine.");
        }
        Check::Blocked { why, command } => {
            ui.colored_label(tokens.warning, why);
            if !command.is_empty() {
                ui.horizontal_wrapped(|ui| {
                    ui.label(tabular(command));
                    if ui.button("Copy").clicked() {
                        ui.ctx().copy_text(command.clone());
                    }
                });
            }
            if ui.button("Look again").clicked() {
                commands.app(Intent::Room(RoomIntent::Check));
            }
        }
    }
    ui.label(match room.num_online() {
        1 => "Nobody has come yet.".to_owned(),
        2 => "One guest is here.".to_owned(),
        num => format!("{} guests are here.", num - 1),
    });
    ui.add_space(SPACE_L);
    recording_ui(ui, panel, room, hosting, commands);
    ui.add_space(SPACE_L);
    ui.horizontal(|ui| {
        if hold_button_ui(ui, "Close the room") {
            commands.app(Intent::Room(RoomIntent::Close));
        }
        if hold_button_ui(ui, "Panic") {
            commands.app(Intent::Room(RoomIntent::Panic));
        }
    });
    ui.label("Panic: a safe scene, everyone out, every link void. Ctrl-Z brings the show back.");
}

/// Says what is kept of everyone who is here, whatever part of the room is shown.
fn recorded_ui(ui: &mut Ui, room: &Room) {
    let Some(recording) = room.recording else { return };
    let tokens = Tokens::in_use(ui);
    egui::Frame::new().fill(tokens.well).inner_margin(SPACE_S).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            let (rect, _) =
                ui.allocate_exact_size(vec2(12.0, ui.spacing().interact_size.y), egui::Sense::hover());
            let centre = egui::pos2(rect.center().x, rect.top() + 9.0);
            ui.painter().circle_filled(centre, 5.0, tokens.danger);
            ui.add(egui::Label::new(recording.sentence()).wrap());
        });
    });
    ui.add_space(SPACE_M);
}

/// The host's switch.
fn recording_ui(
    ui: &mut Ui,
    panel: &mut RoomPanel,
    room: &Room,
    hosting: &Hosting,
    commands: &CommandSender,
) {
    let tokens = Tokens::in_use(ui);
    if !room.my_role().has(Right::Rule) {
        return;
    }
    ui.heading("Recording");
    if room.recording.is_some() {
        ui.horizontal(|ui| {
            if ui.button("Stop recording the jam").clicked() {
                commands.show(Command::SetRecording { recording: None });
            }
            ui.label(tabular(format!("{} MiB", hosting.recorded_mib)).color(tokens.text_dim));
        });
        return;
    }
    ui.label("For a film of this jam. Everyone here sees that it is on and what it keeps.");
    ui.checkbox(&mut panel.with_sound, "With the sound this machine hears");
    if ui.button("Record the jam").clicked() {
        let recording = if panel.with_sound { Recording::Sound } else { Recording::Signal };
        commands.show(Command::SetRecording { recording: Some(recording) });
    }
}

fn visiting_ui(ui: &mut Ui, visiting: &Visiting, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    ui.heading(if visiting.seated { "You are a guest" } else { "Joining…" });
    ui.label(tabular(&visiting.address).color(tokens.text_dim));
    let colour = if visiting.connected { tokens.level } else { tokens.warning };
    ui.colored_label(colour, &visiting.state);
    if visiting.seated {
        ui.label("The host's show is on your stage, on the same beat.");
        ui.add_space(SPACE_M);
        let mut sounds = visiting.sounds;
        if ui.checkbox(&mut sounds, "This machine sounds").changed() {
            commands.app(Intent::Room(RoomIntent::Sound(sounds)));
        }
        ui.label(match visiting.sounds {
            true => "What the room's code plays is heard here too, with the host's own samples.",
            false => "The host's machine is heard; this one paints.",
        });
    }
    ui.add_space(SPACE_M);
    if wide(ui, "Leave the room").clicked() {
        commands.app(Intent::Room(RoomIntent::Leave));
    }
}

fn wide(ui: &mut Ui, text: &str) -> egui::Response {
    let tokens = Tokens::in_use(ui);
    let text = egui::RichText::new(text).color(tokens.on_accent).strong();
    ui.add_sized(
        [ui.available_width(), ui.spacing().interact_size.y],
        egui::Button::new(text).fill(tokens.accent),
    )
}

/// A code as phones read it: dark on light, whatever the theme.
fn code_ui(ui: &mut Ui, code: &[Vec<bool>], size: f32) -> egui::Response {
    // As many whole pixels to a module as fit, and no white beyond the quiet zone.
    let size = module_size(ui, code, size) * (code.len() + 2 * QUIET) as f32;
    let (rect, response) = ui.allocate_exact_size(vec2(size, size), egui::Sense::click());
    paint_code(ui, code, rect);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Code of the link"));
    response
}

fn paint_code(ui: &Ui, code: &[Vec<bool>], rect: Rect) {
    ui.painter().rect_filled(rect, 4.0, egui::Color32::WHITE);
    let scale = ui.ctx().pixels_per_point();
    let module = module_size(ui, code, rect.width());
    let origin = rect.center() - vec2(1.0, 1.0) * module * code.len() as f32 / 2.0;
    let origin = egui::pos2((origin.x * scale).round() / scale, (origin.y * scale).round() / scale);
    for (y, row) in code.iter().enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, dark)| **dark) {
            let place = origin + vec2(x as f32, y as f32) * module;
            ui.painter().rect_filled(
                Rect::from_min_size(place, vec2(module, module)),
                0.0,
                egui::Color32::BLACK,
            );
        }
    }
}

/// The side of a module in points: whole pixels, since a blurred edge costs a phone its distance.
fn module_size(ui: &Ui, code: &[Vec<bool>], size: f32) -> f32 {
    let scale = ui.ctx().pixels_per_point();
    (size * scale / (code.len() + 2 * QUIET) as f32).floor().max(1.0) / scale
}

/// The code over the whole window, for people at the other end of the room.
fn large_code_ui(ui: &mut Ui, panel: &mut RoomPanel, hosting: &Hosting) {
    let area = ui.ctx().content_rect();
    egui::Area::new(egui::Id::unique("large code")).order(egui::Order::Foreground).fixed_pos(area.min).show(
        ui.ctx(),
        |ui| {
            let (rect, response) = ui.allocate_exact_size(area.size(), egui::Sense::click());
            ui.painter().rect_filled(rect, 0.0, egui::Color32::from_black_alpha(220));
            // What can be scanned, and below it what can be typed.
            let line = rect.height() / 12.0;
            let lines = if hosting.spoken.is_some() { 2.0 } else { 1.0 } * line;
            let side = rect.width().min(rect.height() - lines) * 0.9;
            let code = Rect::from_center_size(rect.center() - vec2(0.0, lines / 2.0), vec2(side, side));
            paint_code(ui, &hosting.code, code);
            let digits = hosting.spoken.as_ref().map(|(digits, _)| digits.as_str());
            for (n, words) in [Some(hosting.address.as_str()), digits].into_iter().flatten().enumerate() {
                let at = egui::pos2(rect.center().x, code.bottom() + line * (n as f32 + 0.6));
                let font = egui::FontId::monospace(line * 0.7);
                ui.painter().text(at, egui::Align2::CENTER_CENTER, words, font, egui::Color32::WHITE);
            }
            response
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Close the large code"));
            if response.clicked() {
                panel.large_code = false;
            }
        },
    );
}

/// What people call a role.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Display => "Screen",
        Role::Viewer => "Viewer",
        Role::Performer => "Performer",
        Role::CoHost => "Co-host",
        Role::Host => "Host",
    }
}
