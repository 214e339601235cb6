//! Wakes the main thread from any other.

use std::sync::Mutex;
use std::time::Instant;

use eframe::UserEvent;
use winit::event_loop::EventLoopProxy;

use super::board::lock;

/// The number of a repaint nobody asked for: how the main loop knows a wake. Not the largest one,
/// since eframe adds one to it.
pub(crate) const WAKE: u64 = u64::MAX - 1;

/// Wakes the main thread: it looks at the board and at what it was asked for.
pub(crate) struct Waker {
    /// Guards a handle that not every system lets threads share; held for one send.
    proxy: Mutex<EventLoopProxy<UserEvent>>,
}

impl Waker {
    pub(crate) fn new(proxy: EventLoopProxy<UserEvent>) -> Self {
        Self { proxy: Mutex::new(proxy) }
    }

    /// Wakes it. eframe fixes the type of the events, so the wake is dressed as one of its own.
    pub(crate) fn wake(&self) {
        let event = UserEvent::RequestRepaint {
            viewport_id: egui::ViewportId::ROOT,
            when: Instant::now(),
            cumulative_pass_nr: WAKE,
        };
        // Fails only when the loop has ended: then nobody needs waking.
        let _ = lock(&self.proxy).send_event(event);
    }
}
