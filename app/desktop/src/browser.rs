use std::path::PathBuf;

use egui::{Align2, Ui};
use sync_protocol::SceneId;

use crate::action::{BrowsePurpose, CommandSender, Intent};
use crate::model::Model;
use crate::shell::Shell;
use crate::stage_model::ImportTarget;
use crate::tokens::{SPACE_M, Tokens};

/// The file extension of shows.
const SHOW_EXTENSION: &str = "jamlight";
/// The file extension of packs.
const PACK_EXTENSION: &str = "zip";

/// What the file browser remembers.
#[derive(Debug)]
pub(crate) struct Browser {
    purpose: BrowsePurpose,
    name: String,
    /// Where what is brought in is shown.
    pub(crate) target: ImportTarget,
    /// What goes into a pack.
    pub(crate) scenes: Vec<SceneId>,
}

impl Browser {
    pub(crate) fn new(purpose: BrowsePurpose) -> Self {
        Self { purpose, name: String::new(), target: ImportTarget::default(), scenes: Vec::new() }
    }
}

/// Chooses a file. Lies over the show without stopping it; the application lists the folders.
pub(crate) fn browser_ui(ui: &mut Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    let Some(browser) = &mut shell.browser else { return };
    let title = match browser.purpose {
        BrowsePurpose::OpenShow => "Open a show",
        BrowsePurpose::SaveShow => "Save the show",
        BrowsePurpose::PlayTrack => "Play a file",
        BrowsePurpose::Media => "Bring in pictures, videos, scenes, packs",
        BrowsePurpose::SavePack => "Write the scenes shown as a pack",
    };
    if browser.name.is_empty() {
        match browser.purpose {
            BrowsePurpose::SaveShow => browser.name.clone_from(&model.show.title),
            BrowsePurpose::SavePack => "My scenes".clone_into(&mut browser.name),
            _ => {}
        }
    }
    let mut open = true;
    let mut picked = None;
    egui::Window::new(title)
        .open(&mut open)
        .collapsible(false)
        .anchor(Align2::CENTER_CENTER, egui::Vec2::ZERO)
        .default_size([520.0, 420.0])
        .show(ui.ctx(), |ui| picked = contents_ui(ui, browser, model, commands));
    if let Some(path) = picked {
        commands.app(match browser.purpose {
            BrowsePurpose::OpenShow => Intent::OpenShow(path),
            BrowsePurpose::SaveShow => Intent::SaveShowAs(path),
            BrowsePurpose::PlayTrack => Intent::ListenTo(crate::AudioChoice::File(path)),
            BrowsePurpose::Media => {
                Intent::Import { paths: vec![path], target: std::mem::take(&mut browser.target) }
            }
            BrowsePurpose::SavePack => {
                Intent::ExportPack { scenes: std::mem::take(&mut browser.scenes), to: path }
            }
        });
        open = false;
    }
    if !open {
        shell.browser = None;
    }
}

/// Returns the file that was picked.
fn contents_ui(
    ui: &mut Ui,
    browser: &mut Browser,
    model: &Model,
    commands: &CommandSender,
) -> Option<PathBuf> {
    let Some(folder) = &model.folder else {
        ui.spinner();
        return None;
    };
    let purpose = browser.purpose;
    let go = |path: PathBuf| commands.app(Intent::ListFolder { path: Some(path), purpose });
    let mut picked = None;
    ui.horizontal(|ui| {
        let parent = folder.path.parent();
        if ui.add_enabled(parent.is_some(), egui::Button::new("Up")).clicked()
            && let Some(parent) = parent
        {
            go(parent.to_owned());
        }
        ui.label(folder.path.display().to_string());
    });
    if let Some(problem) = &folder.problem {
        ui.colored_label(Tokens::in_use(ui).danger, problem);
    }
    egui::ScrollArea::vertical().max_height(300.0).auto_shrink(false).show(ui, |ui| {
        if folder.entries.is_empty() && folder.problem.is_none() {
            ui.label("Nothing fitting here.");
        }
        for entry in &folder.entries {
            let name = entry.path.file_name().unwrap_or(entry.path.as_os_str()).to_string_lossy();
            let text = if entry.is_folder { format!("{name}/") } else { name.into_owned() };
            if ui.selectable_label(false, text).clicked() {
                match (entry.is_folder, purpose) {
                    (true, _) => go(entry.path.clone()),
                    (false, BrowsePurpose::SaveShow | BrowsePurpose::SavePack) => {
                        browser.name =
                            entry.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    }
                    (false, _) => picked = Some(entry.path.clone()),
                }
            }
        }
    });
    if purpose == BrowsePurpose::Media
        && ui
            .button("Show this folder's pictures one after the other")
            .on_hover_text("A folder with a pack.toml is brought in as a pack")
            .clicked()
    {
        picked = Some(folder.path.clone());
    }
    let extension = match purpose {
        BrowsePurpose::SaveShow => Some(SHOW_EXTENSION),
        BrowsePurpose::SavePack => Some(PACK_EXTENSION),
        _ => None,
    };
    if let Some(extension) = extension {
        ui.add_space(SPACE_M);
        ui.horizontal(|ui| {
            let label = ui.label("Name");
            ui.text_edit_singleline(&mut browser.name).labelled_by(label.id);
            // A separator in the name would leave the folder one sees.
            let name = browser.name.trim().replace(['/', '\\'], "-");
            let path = folder.path.join(&name).with_added_extension(extension);
            let exists = folder.entries.iter().any(|entry| entry.path == path);
            let label = if exists { "Replace" } else { "Save here" };
            if ui.add_enabled(!name.is_empty(), egui::Button::new(label)).clicked() {
                picked = Some(path);
            }
        });
    }
    picked
}
