use egui::{Align2, vec2};

use crate::action::{CommandSender, Intent};
use crate::model::{CardKind, Model};
use crate::tokens::{RADIUS, SPACE_L, SPACE_M, Tokens};

/// Cards shown at once; older ones wait their turn.
const MAX_SHOWN: usize = 4;
/// Width of a card, in points.
const WIDTH: f32 = 340.0;

/// Sentences with a button each, at the top right, over everything. They do not fade.
pub(crate) fn cards_ui(ui: &mut egui::Ui, model: &Model, commands: &CommandSender) {
    if model.cards.is_empty() {
        return;
    }
    let tokens = Tokens::in_use(ui);
    egui::Area::new(egui::Id::unique("cards"))
        .order(egui::Order::Foreground)
        .anchor(Align2::CENTER_TOP, vec2(0.0, SPACE_L))
        .accessible_name("Messages")
        .show(ui.ctx(), |ui| {
            for card in model.cards.iter().rev().take(MAX_SHOWN) {
                let colour = match card.kind {
                    CardKind::Info => tokens.text_dim,
                    CardKind::Warning => tokens.warning,
                    CardKind::Error => tokens.danger,
                };
                egui::Frame::new()
                    .fill(tokens.panel.to_opaque())
                    .stroke(egui::Stroke::new(1.0, colour))
                    .corner_radius(RADIUS)
                    .inner_margin(SPACE_M)
                    .show(ui, |ui| {
                        ui.set_width(WIDTH);
                        ui.add(egui::Label::new(&card.sentence).wrap());
                        ui.horizontal(|ui| {
                            if let Some((label, action)) = &card.button
                                && ui.button(label).clicked()
                            {
                                commands.send(action.clone());
                                commands.app(Intent::DismissCard(card.id));
                            }
                            if ui.button("Dismiss").clicked() {
                                commands.app(Intent::DismissCard(card.id));
                            }
                        });
                    });
            }
        });
}
