//! The panels of the control window.
//!
//! Each is a function of a [`Model`] (plain data, made new for every frame) that puts wishes into a
//! [`CommandSender`]; [`shell_ui`] is all of them over the picture. What the window remembers between
//! frames is a [`Shell`], which outlives the window's GPU. This crate opens no window, device, file
//! or socket and knows no scene by name: the application fills the model and carries out the wishes.
//!
//! ```
//! use app_desktop::{CommandSender, Model, Shell, shell_ui};
//! let (ctx, mut shell, commands) = (egui::Context::default(), Shell::new(), CommandSender::new());
//! let model = Model::default();
//! let mut output = ctx.run_ui(egui::RawInput::default(), |ui| shell_ui(ui, &mut shell, &model, &commands));
//! output.textures_delta.clear();
//! assert!(commands.take().is_empty());
//! ```

mod action;
mod audio_panel;
mod browser;
mod cards;
mod chat;
mod code;
mod effects;
mod history;
mod inspector;
mod jam;
mod jam_model;
mod keys;
mod layers;
mod library;
mod mixing;
mod model;
mod modulation;
mod now_playing;
mod output_panel;
mod outputs;
mod palettes;
mod params;
mod people;
mod run_panel;
mod shell;
mod show_menu;
mod source_panel;
mod stage_model;
mod status_bar;
mod tempo_panel;
mod tokens;
mod widgets;

pub use action::{Action, BrowsePurpose, CommandSender, Intent};
pub use code::{Code, CodeProblem, CodeText, Completion, Example, RollNote};
pub use jam_model::{Check, Deed, Hosting, Nearby, Past, Person, Place, Room, RoomIntent, Visiting};
pub use mixing::{AlsoSource, MAX_ALSO, Mixing};
pub use model::{
    AudioChoice, Card, CardKind, Ear, Folder, FolderEntry, Look, Model, Monitor, Outputs, Performance,
    Picture, SceneEntry, ShowFile, SourceText, Theme,
};
pub use now_playing::{Online, OnlineService, Played, Playing};
pub use outputs::{MAX_MORE_SCREENS, OutputState, OutputWishes, Screen, ScreenPlace, StreamBackdrop};
pub use shell::{Mode, PaintPicture, PictureView, Shell, shell_ui};
pub use stage_model::{ImportTarget, LiveValue, Marks, StageView};
