//! The window's contents as a whole: the picture, the three modes over it, the keys, the fade.

use std::collections::HashMap;

use egui::{Key, Modifiers, Rect, TextureHandle, TextureOptions};
use sync_protocol::{Layer, LayerId, LayerSource, SceneId};

use crate::action::{BrowsePurpose, CommandSender, Intent};
use crate::browser::{Browser, browser_ui};
use crate::cards::cards_ui;
use crate::code::{self, code_ui};
use crate::inspector::{Tab, inspector_ui};
use crate::jam::{RoomPanel, room_ui};
use crate::keys;
use crate::layers::layers_ui;
use crate::library::{Shelf, library_ui};
use crate::model::{Model, Picture};
use crate::stage_model::ImportTarget;
use crate::status_bar::status_bar_ui;
use crate::tokens::{self, FADE_AFTER_SECS, FADE_SECS, Tokens};

/// Largest picture asked for, in pixels: what a read-back costs little at.
const MAX_PICTURE: [u32; 2] = [1280, 720];

/// What lies over the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The picture and a thin status bar.
    #[default]
    Play,
    /// Library, layers and inspector.
    Mix,
    /// Code over the picture.
    Code,
}

impl Mode {
    /// Returns the mode after this one.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Play => Self::Mix,
            Self::Mix => Self::Code,
            Self::Code => Self::Play,
        }
    }
}

/// Where the picture is in the window, and what lies over it: painted with it, since a second look at every pixel of the
/// window is what a processor that draws has no time for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureView {
    /// All that is painted, in points: black where the picture is not.
    pub area: Rect,
    /// The picture's place in it.
    pub place: Rect,
    /// What the panels leave free.
    pub free: Rect,
    /// The colour over what is free.
    pub over_free: egui::Color32,
    /// The colour of the panels.
    pub panels: egui::Color32,
}

/// Draws the picture without egui's own shader.
pub type PaintPicture = fn(&Picture, PictureView) -> egui::epaint::PaintCallback;

/// What the window remembers between frames. It outlives the window's GPU.
#[derive(Default)]
pub struct Shell {
    pub(crate) mode: Mode,
    pub(crate) selected: Option<LayerId>,
    pub(crate) search: String,
    pub(crate) tag: Option<String>,
    pub(crate) shelf: Shelf,
    /// What the inspector shows.
    pub(crate) tab: Tab,
    pub(crate) browser: Option<Browser>,
    pub(crate) room: RoomPanel,
    pub(crate) code: code::Desk,
    /// Whether Tab changed the mode in this frame: egui moved the focus for it as well.
    pub(crate) tabbed: bool,
    /// When the person last did something, in the context's seconds.
    touched_secs: f64,
    /// 1 while panels are there, 0 when they faded.
    presence: f32,
    textures: HashMap<String, (u64, TextureHandle)>,
    wanted_picture: [u32; 2],
    paint_picture: Option<PaintPicture>,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell")
            .field("mode", &self.mode)
            .field("selected", &self.selected)
            .finish_non_exhaustive()
    }
}

impl Shell {
    /// Makes the shell of a window that just opened: Play, nothing selected.
    pub fn new() -> Self {
        Self { presence: 1.0, wanted_picture: MAX_PICTURE, ..Self::default() }
    }

    /// The fill of what lies over the picture: none where the picture is painted with it.
    pub(crate) fn fill(&self, model: &Model, colour: egui::Color32) -> egui::Color32 {
        match self.paint_picture {
            Some(_) if model.picture.is_some() => egui::Color32::TRANSPARENT,
            _ => colour,
        }
    }

    /// Draws the large picture this way; without it, as a texture of egui's.
    pub fn paint_picture_with(&mut self, paint: PaintPicture) {
        self.paint_picture = Some(paint);
    }

    /// Returns the size of picture worth reading back, in pixels.
    pub fn wanted_picture(&self) -> [u32; 2] {
        self.wanted_picture
    }

    /// Whether panels lie over the picture: they fade while nobody touches anything.
    pub fn shows_panels(&self) -> bool {
        self.presence > 0.0
    }

    /// Returns the mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Changes the mode.
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// Puts the next scene on the selected layer: the key Space, pressed on another window.
    pub fn next_scene(&self, model: &Model, commands: &CommandSender) {
        keys::next_scene(self, model, commands);
    }

    /// Puts a scene of the library on the selected layer, by its place from 0.
    pub fn show_scene(&self, model: &Model, idx: usize, commands: &CommandSender) {
        keys::show_scene(self, model, idx, commands);
    }

    /// Forgets what lives in the GPU. To be called when the window got a new context.
    pub fn forget_textures(&mut self) {
        self.textures.clear();
        self.touched_secs = 0.0;
    }

    /// Returns the layer that the panels work on: the selected one, else the topmost.
    pub(crate) fn layer<'m>(&self, model: &'m Model) -> Option<&'m Layer> {
        self.selected.and_then(|id| model.show.layer(id)).or(model.show.layers.last())
    }

    /// Returns the scene of that layer.
    pub(crate) fn scene<'m>(&self, model: &'m Model) -> Option<&'m SceneId> {
        match &self.layer(model)?.source {
            LayerSource::Scene(id) => Some(id),
            _ => None,
        }
    }

    /// Returns the texture of a picture, uploaded if it is new.
    pub(crate) fn texture(
        &mut self,
        ctx: &egui::Context,
        name: &str,
        picture: &Picture,
    ) -> Option<egui::TextureId> {
        if let Some((version, handle)) = self.textures.get_mut(name) {
            if *version != picture.version {
                handle.set(image(picture)?, TextureOptions::LINEAR);
                *version = picture.version;
            }
            return Some(handle.id());
        }
        let handle = ctx.load_texture(name, image(picture)?, TextureOptions::LINEAR);
        let id = handle.id();
        self.textures.insert(name.to_owned(), (picture.version, handle));
        Some(id)
    }

    /// Opens the file browser.
    pub(crate) fn browse(&mut self, purpose: BrowsePurpose, commands: &CommandSender) {
        self.browser = Some(Browser::new(purpose));
        commands.app(Intent::ListFolder { path: None, purpose });
    }

    /// Opens the file browser for something to be shown somewhere.
    pub(crate) fn browse_media(&mut self, target: ImportTarget, commands: &CommandSender) {
        self.browse(BrowsePurpose::Media, commands);
        if let Some(browser) = &mut self.browser {
            browser.target = target;
        }
    }

    /// Opens the file browser for a place to write these scenes as a pack.
    pub(crate) fn browse_pack(&mut self, scenes: Vec<SceneId>, commands: &CommandSender) {
        self.browse(BrowsePurpose::SavePack, commands);
        if let Some(browser) = &mut self.browser {
            browser.scenes = scenes;
        }
    }

    /// Notes what the person does and fades the panels when it is nothing.
    fn fade(&mut self, ui: &egui::Ui, model: &Model) {
        let (now_secs, active) =
            ui.input(|input| (input.time, input.pointer.any_down() || input.events.iter().any(is_a_touch)));
        // Code is played with the keys, and people read it.
        let busy = self.mode == Mode::Code
            || self.browser.is_some()
            || egui::Popup::is_any_open(ui.ctx())
            || ui.ctx().text_edit_focused();
        if active || busy || self.touched_secs == 0.0 {
            self.touched_secs = now_secs;
        }
        let idle_secs = now_secs - self.touched_secs - FADE_AFTER_SECS;
        let fade_secs = if model.look.reduced_motion { f64::EPSILON } else { FADE_SECS };
        self.presence = (1.0 - idle_secs.max(0.0) / fade_secs).clamp(0.0, 1.0) as f32;
        if idle_secs < 0.0 {
            ui.ctx().request_repaint_after_secs(-idle_secs as f32);
        } else if self.presence > 0.0 {
            ui.ctx().request_repaint();
        }
    }
}

/// Whether an event is something a person did.
fn is_a_touch(event: &egui::Event) -> bool {
    use egui::Event::{AccessKitActionRequest, Key, MouseWheel, PointerButton, PointerMoved, Text, Touch};
    matches!(
        event,
        PointerMoved(_)
            | PointerButton { .. }
            | MouseWheel { .. }
            | Touch { .. }
            | Key { .. }
            | Text(_)
            | AccessKitActionRequest(_)
    )
}

fn image(picture: &Picture) -> Option<egui::ColorImage> {
    let size = picture.size.map(|side| side as usize);
    // Opaque pixels are premultiplied as they are: a copy, thirty times a second.
    let pixels: &[egui::Color32] = bytemuck::try_cast_slice(&picture.rgba).ok()?;
    (size[0] > 0 && pixels.len() == size[0] * size[1]).then(|| egui::ColorImage::new(size, pixels.to_vec()))
}

/// The whole window.
pub fn shell_ui(ui: &mut egui::Ui, shell: &mut Shell, model: &Model, commands: &CommandSender) {
    tokens::apply(ui.ctx(), model.look.theme, model.look.performance_size);
    ui.ctx().set_zoom_factor(model.look.scale.clamp(0.75, 2.0));
    keys::handle(ui, shell, model, commands);
    shell.fade(ui, model);
    let picture = ui.painter().add(egui::Shape::Noop);
    let mut free = ui.ctx().content_rect();
    if shell.presence > 0.0 {
        ui.scope(|ui| {
            ui.multiply_opacity(shell.presence);
            status_bar_ui(ui, shell, model, commands);
            room_ui(ui, shell, model, commands);
            if shell.mode == Mode::Mix {
                layers_ui(ui, shell, model, commands);
                library_ui(ui, shell, model, commands);
                inspector_ui(ui, shell, model, commands);
            }
            free = ui.available_rect_before_wrap();
            if shell.mode == Mode::Code {
                code_ui(ui, shell, model, commands);
            }
        });
    } else {
        ui.ctx().set_cursor_icon(egui::CursorIcon::None);
    }
    let shape = picture_shape(ui, shell, model, free);
    ui.painter().set(picture, shape);
    drops_ui(ui, commands);
    cards_ui(ui, model, commands);
    browser_ui(ui, shell, model, commands);
    if std::mem::take(&mut shell.tabbed) {
        // A focused button would take Space, which is the next scene.
        ui.memory_mut(|memory| memory.focused().map(|id| memory.surrender_focus(id)));
    }
}

/// Files dropped on the window come in; while they hover, it says so.
fn drops_ui(ui: &egui::Ui, commands: &CommandSender) {
    let (dropped, hovering) =
        ui.input(|input| (input.raw.dropped_files.clone(), !input.raw.hovered_files.is_empty()));
    let paths: Vec<_> = dropped.iter().map(|file| file.path().to_owned()).collect();
    if !paths.is_empty() {
        commands.app(Intent::Import { paths, target: ImportTarget::NewLayer });
    }
    if hovering {
        let tokens = Tokens::in_use(ui);
        let area = ui.ctx().content_rect().shrink(12.0);
        let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop here"));
        let painter = ui.ctx().layer_painter(layer);
        painter.rect_stroke(area, 12.0, egui::Stroke::new(3.0, tokens.accent), egui::StrokeKind::Inside);
        let text = "Drop to bring it on stage: pictures, videos, folders, scenes, packs, tracks, shows";
        let font = egui::FontId::proportional(22.0);
        let galley = painter.layout_no_wrap(text.to_owned(), font, tokens.text);
        let place = Rect::from_center_size(area.center(), galley.size() + egui::vec2(32.0, 20.0));
        painter.rect_filled(place, 8.0, tokens.panel);
        painter.galley(place.center() - galley.size() / 2.0, galley, tokens.text);
    }
}

/// The picture, as large as it goes without changing its shape, and the colours of what lies over it.
fn picture_shape(ui: &egui::Ui, shell: &mut Shell, model: &Model, free: Rect) -> egui::Shape {
    let area = ui.ctx().content_rect();
    let scale = ui.ctx().pixels_per_point();
    shell.wanted_picture = fit([(area.width() * scale) as u32, (area.height() * scale) as u32], MAX_PICTURE);
    let tokens = Tokens::in_use(ui);
    let background = egui::Shape::rect_filled(area, 0.0, tokens.background);
    let Some(picture) = &model.picture else { return background };
    let aspect = picture.size[0] as f32 / picture.size[1].max(1) as f32;
    let size = if area.width() / area.height() > aspect {
        egui::vec2(area.height() * aspect, area.height())
    } else {
        egui::vec2(area.width(), area.width() / aspect)
    };
    let place = Rect::from_center_size(area.center(), size);
    if let Some(paint) = shell.paint_picture {
        let over_free = match shell.mode {
            Mode::Code => code::backdrop(ui, model).gamma_multiply(shell.presence),
            Mode::Play | Mode::Mix => egui::Color32::TRANSPARENT,
        };
        let panels = tokens.panel.gamma_multiply(shell.presence);
        return paint(picture, PictureView { area, place, free, over_free, panels }).into();
    }
    let Some(texture) = shell.texture(ui.ctx(), "program", picture) else { return background };
    let whole = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
    egui::Shape::Vec(vec![background, egui::Shape::image(texture, place, whole, egui::Color32::WHITE)])
}

/// Scales `size` down until it fits into `limit`, keeping its shape; even sides, at least 2.
fn fit(size: [u32; 2], limit: [u32; 2]) -> [u32; 2] {
    let [w, h] = size.map(|side| side.max(2) as f32);
    let scale = (limit[0] as f32 / w).min(limit[1] as f32 / h).min(1.0);
    [w, h].map(|side| ((side * scale) as u32 & !1).max(2))
}

/// Whether a key was pressed while nobody types.
pub(crate) fn pressed(ui: &egui::Ui, modifiers: Modifiers, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(modifiers, key))
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn the_picture_keeps_its_shape_and_never_exceeds_the_read_back() {
        assert_eq!(fit([1280, 800], [1280, 720]), [1152, 720]);
        assert_eq!(fit([640, 360], [1280, 720]), [640, 360]);
        assert_eq!(fit([3840, 2160], [1280, 720]), [1280, 720]);
        assert_eq!(fit([0, 0], [1280, 720]), [2, 2]);
    }
}
