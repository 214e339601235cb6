//! Who is in the room, and what each may do.

use egui::{Color32, RichText, Ui};
use sync_protocol::{Command, Right, Role};

use crate::action::CommandSender;
use crate::jam::role_name;
use crate::jam_model::{Person, Place, Room};
use crate::tokens::{SPACE_M, SPACE_S, Tokens};
use crate::widgets::hold_button_ui;

/// Everyone, those who are there first; for a host and co-hosts with their switches.
pub(crate) fn people_ui(ui: &mut Ui, room: &Room, commands: &CommandSender) {
    let moderates = room.my_role().has(Right::Moderate);
    let rules = room.my_role().has(Right::Rule);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if room.people.len() <= 1 {
            ui.label(match room.place {
                Place::Hosting(_) => {
                    "Nobody has come yet. Send them the link, or let them scan the code in the tab Jam."
                }
                _ => "You are alone. Open the room in the tab Jam, and people can join.",
            });
        }
        for person in room.people.iter() {
            person_ui(ui, room, person, moderates, rules, commands);
            ui.add_space(SPACE_S);
        }
        if let Some(me) = room.my_self()
            && me.member.role == Role::Performer
            && !me.member.may_write
        {
            ui.add_space(SPACE_M);
            let (text, wanted) =
                if me.member.wants_write { ("Take the request back", false) } else { ("Ask to write", true) };
            if ui.button(text).clicked() {
                commands.show(Command::RequestWrite { wanted });
            }
        }
    });
}

/// Returns how many wait for an answer of this person, who may give one.
pub(crate) fn num_asking(room: &Room) -> usize {
    let answers = room.my_role().has(Right::Moderate);
    room.people.iter().filter(|person| answers && person.member.online && person.member.wants_write).count()
}

fn person_ui(
    ui: &mut Ui,
    room: &Room,
    person: &Person,
    moderates: bool,
    rules: bool,
    commands: &CommandSender,
) {
    let tokens = Tokens::in_use(ui);
    let member = &person.member;
    let who = member.id;
    let is_me = who == room.me;
    let name = &member.name;
    ui.horizontal(|ui| {
        lamp_ui(ui, color(member.color), member.online);
        let mut text = RichText::new(name).strong();
        if !member.online {
            text = RichText::new(name).color(tokens.text_dim);
        }
        ui.add(egui::Label::new(text).truncate());
        let mut notes = vec![role_name(member.role)];
        notes.extend(is_me.then_some("you"));
        notes.extend((!person.doing.is_empty()).then_some(person.doing.as_str()));
        notes.extend(member.muted.then_some("muted"));
        notes.extend((member.role == Role::Performer && !member.may_write).then_some("may not write"));
        ui.label(RichText::new(notes.join(", ")).color(tokens.text_dim));
    });
    if member.wants_write && moderates {
        ui.horizontal(|ui| {
            ui.colored_label(tokens.warning, "asks to write");
            if ui.button(format!("Let {name} write")).clicked() {
                commands.show(Command::SetWrite { member: who, may_write: true });
            }
            if ui.button("Not now").on_hover_text(format!("Takes {name}'s request off the list")).clicked() {
                commands.show(Command::SetWrite { member: who, may_write: false });
            }
        });
    }
    if is_me || member.role == Role::Host || !moderates || !member.online {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if rules {
            let roles = egui::ComboBox::from_id_salt(("role", who.0)).selected_text(role_name(member.role));
            roles.width(96.0).show_ui(ui, |ui| {
                for role in [Role::CoHost, Role::Performer, Role::Viewer, Role::Display] {
                    if ui.selectable_label(member.role == role, role_name(role)).clicked() {
                        commands.show(Command::SetRole { member: who, role });
                    }
                }
            });
        }
        if member.role == Role::Performer {
            let mut may_write = member.may_write;
            if ui.checkbox(&mut may_write, "writes").clicked() {
                commands.show(Command::SetWrite { member: who, may_write });
            }
        }
        let mut muted = member.muted;
        if ui.checkbox(&mut muted, "muted").clicked() {
            commands.show(Command::SetMuted { member: who, muted });
        }
        if hold_button_ui(ui, &format!("Send {name} away")) {
            commands.show(Command::Kick { member: who, banned: false });
        }
        if hold_button_ui(ui, &format!("Ban {name}")) {
            commands.show(Command::Kick { member: who, banned: true });
        }
    });
}

/// A dot of a person's colour: filled for who is there.
fn lamp_ui(ui: &mut Ui, colour: Color32, online: bool) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(12.0, 12.0), egui::Sense::hover());
    if online {
        ui.painter().circle_filled(rect.center(), 5.0, colour);
    } else {
        ui.painter().circle_stroke(rect.center(), 5.0, egui::Stroke::new(1.5, colour));
    }
}

pub(crate) fn color([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}
