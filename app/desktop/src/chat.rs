//! What is said, and what the room is asked.

use egui::{RichText, Ui};
use sync_protocol::{ChatMessage, Command, MAX_CHAT_CHARS, MAX_QUESTION_CHARS, MemberId, Right, Vote};

use crate::action::{CommandSender, Intent};
use crate::jam::RoomPanel;
use crate::jam_model::{Room, RoomIntent};
use crate::people::color;
use crate::tokens::{SPACE_M, SPACE_S, Tokens};

/// The talk, newest at the foot, and the line to write in.
pub(crate) fn chat_ui(ui: &mut Ui, panel: &mut RoomPanel, room: &Room, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    panel.read = room.chat.last().map_or(panel.read, |said| said.seq.0);
    let muted = room.my_self().is_some_and(|me| me.member.muted);
    egui::Panel::bottom("chat line").frame(egui::Frame::new()).show_separator_line(false).show(ui, |ui| {
        if muted {
            ui.label("The host has muted you.");
        } else {
            line_ui(ui, panel, room, commands);
        }
    });
    egui::ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
        if room.chat.is_empty() && room.votes.is_empty() {
            ui.label("Nothing was said yet.");
        }
        for said in room.chat.iter() {
            message_ui(ui, room, said, commands);
        }
        for vote in room.votes.iter().filter(|vote| vote.open) {
            ui.add_space(SPACE_M);
            vote_ui(ui, room, vote, commands);
        }
        let typing: Vec<&str> = room
            .people
            .iter()
            .filter(|person| person.doing == "writes a message" && person.member.id != room.me)
            .map(|person| person.member.name.as_str())
            .collect();
        if !typing.is_empty() {
            ui.label(RichText::new(format!("{} …", typing.join(", "))).color(tokens.text_dim));
        }
    });
}

fn line_ui(ui: &mut Ui, panel: &mut RoomPanel, room: &Room, commands: &CommandSender) {
    let edit = egui::TextEdit::singleline(&mut panel.draft)
        .hint_text("Say something; /ask question? one, two")
        .char_limit(MAX_CHAT_CHARS)
        .desired_width(f32::INFINITY);
    let edit = ui.add(edit);
    edit.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Say something"));
    if std::mem::take(&mut panel.takes_keys) {
        edit.request_focus();
    }
    if edit.changed() {
        commands.app(Intent::Room(RoomIntent::Typing(!panel.draft.is_empty())));
    }
    if edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
        let text = std::mem::take(&mut panel.draft).trim().to_owned();
        if let Some(command) = spoken(&text, room) {
            commands.show(command);
            commands.app(Intent::Room(RoomIntent::Typing(false)));
        }
        edit.request_focus();
    }
}

/// What a line asks for: a question for the room, or words.
fn spoken(text: &str, room: &Room) -> Option<Command> {
    if let Some(asked) = text.strip_prefix("/ask ").filter(|_| room.my_role().has(Right::Moderate))
        && let Some((question, options)) = asked.split_once('?')
    {
        let question: String = question.trim().chars().take(MAX_QUESTION_CHARS - 1).chain(['?']).collect();
        let options =
            options.split(',').map(|option| option.trim().to_owned()).filter(|option| !option.is_empty());
        return Some(Command::OpenVote { question, options: options.collect() });
    }
    (!text.is_empty()).then(|| Command::Say { text: text.to_owned() })
}

fn message_ui(ui: &mut Ui, room: &Room, said: &ChatMessage, commands: &CommandSender) {
    let tokens = Tokens::in_use(ui);
    if said.text.is_empty() {
        return;
    }
    let (name, colour) = who(room, said.member);
    let response = ui
        .horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = SPACE_S;
            ui.label(RichText::new(name).strong().color(colour));
            ui.label(&said.text);
            if said.edited {
                ui.label(RichText::new("changed").small().color(tokens.text_dim));
            }
        })
        .response;
    if said.member == room.me || room.my_role().has(Right::Moderate) {
        let response =
            ui.interact(response.rect, ui.scope_id().with(("said", said.seq.0)), egui::Sense::click());
        response.context_menu(|ui| {
            if ui.button("Take the message away").clicked() {
                commands.show(Command::EditMessage { message: said.seq, text: String::new() });
                ui.close();
            }
        });
    }
}

fn vote_ui(ui: &mut Ui, room: &Room, vote: &Vote, commands: &CommandSender) {
    ui.strong(&vote.question);
    for (idx, option) in vote.options.iter().enumerate() {
        let num = vote.ballots.values().filter(|ballot| **ballot == idx).count();
        let mine = vote.ballots.get(&room.me) == Some(&idx);
        if ui.selectable_label(mine, format!("{option}  {num}")).clicked() {
            commands.show(Command::CastVote { vote: vote.seq, option_idx: idx });
        }
    }
    if room.my_role().has(Right::Moderate) && ui.button("End the vote").clicked() {
        commands.show(Command::CloseVote { vote: vote.seq });
    }
}

fn who(room: &Room, id: MemberId) -> (&str, egui::Color32) {
    let person = room.people.iter().find(|person| person.member.id == id);
    person.map_or(("gone", egui::Color32::GRAY), |person| {
        (person.member.name.as_str(), color(person.member.color))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_with_answers_is_a_vote_and_everything_else_is_said() {
        let room = Room::default();
        assert_eq!(
            spoken("/ask faster? yes, no", &room),
            Some(Command::OpenVote { question: "faster?".into(), options: vec!["yes".into(), "no".into()] })
        );
        assert_eq!(spoken("/ask nothing", &room), Some(Command::Say { text: "/ask nothing".into() }));
        assert_eq!(spoken("", &room), None);
    }
}
