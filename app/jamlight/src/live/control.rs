//! The control window: eframe on a device of its own, made again when that device is lost.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use app_desktop::{CardKind, Mode, shell_ui};
use eframe::{EframeWinitApplication, NativeOptions, UserEvent, egui_wgpu};
use renderer_gpu::SMALL_BLOCK_BYTES;
use winit::event_loop::EventLoop;

use super::desk::Desk;
use super::picture::{paint_picture, prepare_window};

/// Panics of the panels in a row after which only the picture and the cards are drawn.
const MAX_PANICS_IN_A_ROW: u32 = 3;

/// What the main loop knows of the control window.
#[derive(Default)]
pub(crate) struct ControlState {
    /// Set from any thread when the window's device is gone.
    pub lost: Arc<AtomicBool>,
    /// The context of the window that lives, for its memory.
    pub ctx: RefCell<Option<egui::Context>>,
    /// The memory of the window before, for the next one.
    pub memory: RefCell<Option<egui::Memory>>,
    /// Where the window was: outer position and inner size, in points.
    pub place: RefCell<Option<egui::Rect>>,
}

/// Makes one control window: it appears when the main loop resumes it.
pub(crate) fn spare(
    event_loop: &EventLoop<UserEvent>,
    state: Rc<ControlState>,
    desk: Rc<RefCell<Desk>>,
) -> EframeWinitApplication<'static> {
    let size = desk.borrow().window_size();
    let viewport = egui::ViewportBuilder::default()
        .with_title("Jamlight")
        .with_app_id("jamlight")
        .with_inner_size(size)
        .with_min_inner_size([640.0, 360.0]);
    // The picture is dithered already, and on a machine without a GPU the panels pay for every pixel.
    let mut options = NativeOptions { viewport, dithering: false, ..NativeOptions::default() };
    let place = state.clone();
    options.window_builder = Some(Box::new(move |builder| match *place.place.borrow() {
        Some(rect) => builder.with_position(rect.min).with_inner_size(rect.size()),
        None => builder,
    }));
    if let egui_wgpu::WgpuSetup::CreateNew(setup) = &mut options.wgpu_options.wgpu_setup {
        // OpenGL would cost its driver's memory and start-up, and nobody needs it.
        setup.instance_descriptor.backends &= wgpu::Backends::PRIMARY;
        // Panels need little: blocks for a game's worth of textures would stand empty.
        let usual = setup.device_descriptor.clone();
        setup.device_descriptor = Arc::new(move |adapter| wgpu::DeviceDescriptor {
            memory_hints: wgpu::MemoryHints::Manual {
                suballocated_device_memory_block_size: SMALL_BLOCK_BYTES..SMALL_BLOCK_BYTES,
            },
            ..usual(adapter)
        });
    }
    let lost = state.lost.clone();
    options.wgpu_options.on_surface_status = Arc::new(move |status| match status {
        wgpu::CurrentSurfaceTexture::Outdated => egui_wgpu::SurfaceErrorAction::Reconfigure,
        wgpu::CurrentSurfaceTexture::Lost => egui_wgpu::SurfaceErrorAction::RecreateSurface,
        wgpu::CurrentSurfaceTexture::Validation => {
            // What a surface of a lost device says.
            lost.store(true, Ordering::Release);
            egui_wgpu::SurfaceErrorAction::SkipFrame
        }
        _ => egui_wgpu::SurfaceErrorAction::SkipFrame,
    });
    let create = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
        if let Some(render_state) = &cc.wgpu_render_state {
            guard(&render_state.device, &state.lost);
            prepare_window(render_state);
            desk.borrow().note_adapter(&render_state.adapter.get_info());
        }
        state.lost.store(false, Ordering::Release);
        if let Some(memory) = state.memory.borrow_mut().take() {
            cc.egui_ctx.memory_mut(|of_new| *of_new = memory);
        }
        *state.ctx.borrow_mut() = Some(cc.egui_ctx.clone());
        {
            let shell = &mut desk.borrow_mut().shell;
            shell.forget_textures();
            shell.paint_picture_with(paint_picture);
        }
        Ok(Box::new(ControlWindow { state, desk, num_frames: 0, panics_in_a_row: 0 }))
    };
    eframe::create_native("jamlight", options, Box::new(create), event_loop)
}

/// Notes a loss instead of panicking: wgpu's own handler of errors panics.
fn guard(device: &wgpu::Device, lost: &Arc<AtomicBool>) {
    let flag = lost.clone();
    device.set_device_lost_callback(move |_, _| flag.store(true, Ordering::Release));
    let flag = lost.clone();
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        if !flag.load(Ordering::Acquire) {
            tracing::warn!(%error, "the control window's device refused something");
        }
    }));
}

struct ControlWindow {
    state: Rc<ControlState>,
    desk: Rc<RefCell<Desk>>,
    num_frames: u64,
    panics_in_a_row: u32,
}

impl eframe::App for ControlWindow {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.num_frames += 1;
        if self.desk.borrow().drills.trace_frames {
            eprintln!("window {}", self.num_frames);
        }
        let desk = &mut *self.desk.borrow_mut();
        let place = ui.ctx().input(|input| {
            let viewport = input.viewport();
            viewport
                .outer_rect
                .zip(viewport.inner_rect)
                .map(|(outer, inner)| egui::Rect::from_min_size(outer.min, inner.size()))
        });
        if place.is_some() {
            *self.state.place.borrow_mut() = place;
        }
        let model = desk.model();
        let drill = desk.drills.panic_panel_every.is_some_and(|every| self.num_frames.is_multiple_of(every));
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            if self.panics_in_a_row < MAX_PANICS_IN_A_ROW {
                shell_ui(ui, &mut desk.shell, &model, &desk.commands);
            }
            assert!(!drill, "drill: a panel panics");
        }));
        match drawn {
            Ok(()) => self.panics_in_a_row = 0,
            Err(_) => {
                self.panics_in_a_row += 1;
                desk.shell.set_mode(Mode::Play);
                desk.board.card(CardKind::Error, "A panel stopped and was started again. The show is not touched; a report is in the crashes folder.", None);
            }
        }
        desk.obey();
        if desk.drills.lose_window_every.is_some_and(|every| self.num_frames.is_multiple_of(every))
            && let Some(render_state) = frame.wgpu_render_state()
        {
            render_state.device.destroy();
        }
        desk.schedule_repaint(ui.ctx());
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        [0.0, 0.0, 0.0, 1.0]
    }
}
