//! The main loop: the control window and its spares, the show's window, wakes from the other threads.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use eframe::{EframeWinitApplication, UserEvent};
use winit::application::ApplicationHandler;
use winit::event::{ElementState, KeyEvent, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::keyboard::{Key, NamedKey};
use winit::window::WindowId;

use super::board::Board;
use super::control::{self, ControlState};
use super::desk::Desk;
use super::outputs::Outputs;
use super::screens::ScreenIdx;
use super::wake::WAKE;

/// Control windows made before the loop starts: eframe makes none while it runs. Each lost device
/// uses one up; after the last the supervisor restarts the engine.
const SPARES: usize = 64;
/// Longest sleep of the main loop: screens that come and go are seen within it.
const LONGEST_SLEEP: Duration = Duration::from_millis(250);

/// The main thread's part of the app.
pub(crate) struct Windows {
    control: Option<EframeWinitApplication<'static>>,
    spares: Vec<EframeWinitApplication<'static>>,
    state: Rc<ControlState>,
    desk: Rc<RefCell<Desk>>,
    outputs: Outputs,
    board: Arc<Board>,
    shown_version: u64,
    /// Whether every spare was used up.
    pub exhausted: bool,
}

impl Windows {
    pub(crate) fn new(
        event_loop: &EventLoop<UserEvent>,
        desk: Desk,
        outputs: Outputs,
        board: Arc<Board>,
    ) -> Self {
        let desk = Rc::new(RefCell::new(desk));
        let state = Rc::new(ControlState::default());
        let mut spares: Vec<_> =
            (0..=SPARES).map(|_| control::spare(event_loop, state.clone(), desk.clone())).collect();
        let control = spares.pop();
        Self { control, spares, state, desk, outputs, board, shown_version: 0, exhausted: false }
    }

    /// Saves for the last time, then lets the windows go.
    pub(crate) fn end(self) {
        self.desk.borrow_mut().end();
        let Self { control, spares, .. } = self;
        // A device that went with its window may panic in the window's drop.
        let _ = catch_unwind(AssertUnwindSafe(move || drop((control, spares))));
    }

    /// Hands an event to the control window. Whatever goes wrong in there costs that window only.
    fn forward(
        &mut self,
        event_loop: &ActiveEventLoop,
        hand: impl FnOnce(&mut EframeWinitApplication<'static>),
    ) {
        let Some(control) = &mut self.control else { return };
        let panicked = catch_unwind(AssertUnwindSafe(|| hand(control))).is_err();
        if panicked || self.state.lost.swap(false, Ordering::AcqRel) {
            self.renew(event_loop);
        }
    }

    /// Puts a spare in the place of the control window, with the memory of the old one.
    fn renew(&mut self, event_loop: &ActiveEventLoop) {
        if let Some(ctx) = self.state.ctx.borrow_mut().take() {
            *self.state.memory.borrow_mut() = Some(ctx.memory(Clone::clone));
        }
        let old = self.control.take();
        let _ = catch_unwind(AssertUnwindSafe(move || drop(old)));
        self.state.lost.store(false, Ordering::Release);
        self.board.window_rebuilds.fetch_add(1, Ordering::Relaxed);
        let Some(mut next) = self.spares.pop() else {
            self.exhausted = true;
            event_loop.exit();
            return;
        };
        if catch_unwind(AssertUnwindSafe(|| next.resumed(event_loop))).is_err() {
            // The device is not back yet: the next turn tries the next spare.
            self.state.lost.store(true, Ordering::Release);
            std::thread::sleep(Duration::from_millis(100));
        }
        self.control = Some(next);
    }

    /// Looks at what the other threads and the panels want.
    fn turn(&mut self, event_loop: &ActiveEventLoop) {
        self.board.main_turns.fetch_add(1, Ordering::Relaxed);
        {
            let mut desk = self.desk.borrow_mut();
            self.outputs.want(desk.output_wanted, desk.monitor.as_deref());
            self.outputs.turn(event_loop);
            desk.output_wanted = self.outputs.is_wanted();
            desk.output_open = desk.output_wanted;
            desk.output_sentence = self.outputs.sentence();
            if desk.quit || self.board.is_ending() {
                event_loop.exit();
            }
        }
        let version = self.board.picture.get().map_or(0, |picture| picture.version);
        if version != self.shown_version {
            self.shown_version = version;
            if let Some(ctx) = &*self.state.ctx.borrow() {
                // Not at once but very soon: egui answers "at once" with two frames.
                ctx.request_repaint_after(Duration::from_nanos(1));
            }
        }
        let latest = Instant::now() + LONGEST_SLEEP;
        match event_loop.control_flow() {
            ControlFlow::WaitUntil(until) if until <= latest => {}
            ControlFlow::Poll => {}
            _ => event_loop.set_control_flow(ControlFlow::WaitUntil(latest)),
        }
    }

    /// Each of the show's windows takes the few keys that matter while it is in front.
    fn output_event(&mut self, idx: ScreenIdx, event: WindowEvent) {
        let mut desk = self.desk.borrow_mut();
        match event {
            WindowEvent::Resized(size) => self.outputs.resized(idx, size),
            WindowEvent::CloseRequested => desk.close_screen(idx),
            WindowEvent::KeyboardInput {
                event: KeyEvent { logical_key, state: ElementState::Pressed, repeat: false, .. },
                ..
            } => match logical_key.as_ref() {
                Key::Named(NamedKey::Escape) => desk.close_screen(idx),
                Key::Character(text) if text.eq_ignore_ascii_case("f") => desk.close_screen(idx),
                Key::Character(text) => desk.key(text),
                Key::Named(NamedKey::Space) => desk.key(" "),
                _ => {}
            },
            _ => {}
        }
    }
}

impl ApplicationHandler<UserEvent> for Windows {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.forward(event_loop, |control| control.resumed(event_loop));
        self.turn(event_loop);
    }

    fn suspended(&mut self, event_loop: &ActiveEventLoop) {
        self.forward(event_loop, |control| control.suspended(event_loop));
    }

    fn new_events(&mut self, event_loop: &ActiveEventLoop, cause: StartCause) {
        self.forward(event_loop, |control| control.new_events(event_loop, cause));
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        if let Some(idx) = self.outputs.which(id) {
            self.output_event(idx, event);
        } else {
            self.forward(event_loop, |control| control.window_event(event_loop, id, event));
        }
    }

    fn device_event(
        &mut self,
        event_loop: &ActiveEventLoop,
        id: winit::event::DeviceId,
        event: winit::event::DeviceEvent,
    ) {
        self.forward(event_loop, |control| control.device_event(event_loop, id, event));
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: UserEvent) {
        if !matches!(event, UserEvent::RequestRepaint { cumulative_pass_nr: WAKE, .. }) {
            self.forward(event_loop, |control| control.user_event(event_loop, event));
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.forward(event_loop, |control| control.about_to_wait(event_loop));
        self.turn(event_loop);
    }

    fn exiting(&mut self, event_loop: &ActiveEventLoop) {
        self.board.ending.store(true, Ordering::Release);
        self.outputs.close();
        if let Some(control) = &mut self.control {
            let _ = catch_unwind(AssertUnwindSafe(|| control.exiting(event_loop)));
        }
    }
}
