//! The show's own window: its screen, its surfaces, its coming and going.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use app_desktop::Monitor;
use winit::dpi::PhysicalPosition;
use winit::event_loop::ActiveEventLoop;
use winit::monitor::MonitorHandle;
use winit::window::{Fullscreen, Window, WindowId};

use super::board::{Board, lock};
use super::render::RenderOrder;

/// Where the render thread asks the main thread for surfaces: only there may they be made.
#[derive(Default)]
pub(crate) struct SurfaceDesk {
    state: Mutex<SurfaceState>,
}

#[derive(Default)]
struct SurfaceState {
    /// The generation asked for, and the instance to make its surface from.
    asked: Option<(u64, Option<wgpu::Instance>)>,
    made: Option<(u64, wgpu::Surface<'static>)>,
    /// Whether the render thread let go of the window.
    closed: bool,
}

impl SurfaceDesk {
    /// Asks for a surface of a generation. Returns `false` when that was asked already.
    pub(crate) fn ask(&self, generation: u64, instance: wgpu::Instance) -> bool {
        let mut state = lock(&self.state);
        if state.asked.as_ref().is_some_and(|(asked, _)| *asked == generation) {
            return false;
        }
        state.asked = Some((generation, Some(instance)));
        true
    }

    /// Takes the surface of a generation, if it was made. One of another generation is dropped.
    pub(crate) fn take(&self, generation: u64) -> Option<wgpu::Surface<'static>> {
        let mut state = lock(&self.state);
        let (made_for, surface) = state.made.take()?;
        state.asked = None;
        (made_for == generation).then_some(surface)
    }

    /// The render thread let go of the window.
    pub(crate) fn closed(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        (state.asked, state.made) = (None, None);
    }

    fn serve(&self, window: &Arc<Window>, board: &Board) {
        let mut state = lock(&self.state);
        let Some((generation, instance)) = &mut state.asked else { return };
        let Some(instance) = instance.take() else { return };
        let generation = *generation;
        match instance.create_surface(window.clone()) {
            Ok(surface) => state.made = Some((generation, surface)),
            Err(err) => board.card(
                app_desktop::CardKind::Error,
                format!("The show's window cannot be drawn on: {err}."),
                None,
            ),
        }
    }

    fn take_closed(&self) -> bool {
        std::mem::take(&mut lock(&self.state).closed)
    }
}

/// The show's window, on the main thread.
pub(crate) struct Outputs {
    surfaces: Arc<SurfaceDesk>,
    orders: Sender<RenderOrder>,
    board: Arc<Board>,
    window: Option<Arc<Window>>,
    closing: bool,
    /// Whether the person wants it open.
    pub wanted: bool,
    /// The screen's name, `None` for automatic.
    pub monitor: Option<String>,
    /// The screen it is on.
    on: Option<String>,
    /// While it is held, the screen saver and sleep stay away.
    awake: Option<Sender<()>>,
}

impl Outputs {
    pub(crate) fn new(surfaces: Arc<SurfaceDesk>, orders: Sender<RenderOrder>, board: Arc<Board>) -> Self {
        Self {
            surfaces,
            orders,
            board,
            window: None,
            closing: false,
            wanted: false,
            monitor: None,
            on: None,
            awake: None,
        }
    }

    /// Brings the window to where it is wanted. Called on every turn of the main loop.
    pub(crate) fn turn(&mut self, event_loop: &ActiveEventLoop) {
        let monitors: Vec<MonitorHandle> = event_loop.available_monitors().collect();
        self.board.monitors.set(monitors.iter().map(described).collect());
        if self.surfaces.take_closed() {
            // The render thread holds it no more: now it may go.
            self.window = None;
            self.closing = false;
        }
        if self.closing {
            return;
        }
        match (self.wanted, &self.window) {
            (true, None) => self.open(event_loop, &monitors),
            (false, Some(_)) => self.close(),
            (true, Some(window)) => {
                let window = window.clone();
                self.surfaces.serve(&window, &self.board);
                self.follow(&window, &monitors);
            }
            (false, None) => {}
        }
    }

    /// Closes the window; it goes when the render thread let go of it.
    pub(crate) fn close(&mut self) {
        self.awake = None;
        if self.window.is_some() && !self.closing {
            self.closing = true;
            // A render thread that is gone holds no window either.
            if self.orders.send(RenderOrder::Close).is_err() {
                self.window = None;
            }
        }
    }

    /// Returns whether this is the show's window.
    pub(crate) fn is(&self, id: WindowId) -> bool {
        self.window.as_ref().is_some_and(|window| window.id() == id)
    }

    pub(crate) fn resized(&self, size: winit::dpi::PhysicalSize<u32>) {
        // The render thread ends after this one: it hears it.
        let _ = self.orders.send(RenderOrder::Resized([size.width, size.height]));
    }

    /// Where it is, for people.
    pub(crate) fn sentence(&self) -> String {
        match (&self.window, &self.on, &self.monitor) {
            (None, _, _) => "The show has no window of its own.".to_owned(),
            (Some(_), Some(on), Some(wanted)) if on != wanted => {
                format!("{wanted} is not there. The show waits on {on} and returns by itself.")
            }
            (Some(_), Some(on), _) => format!("The show is on {on}."),
            (Some(_), None, _) => "The show is open.".to_owned(),
        }
    }

    fn open(&mut self, event_loop: &ActiveEventLoop, monitors: &[MonitorHandle]) {
        let target = self.target(monitors);
        let mut attributes = Window::default_attributes().with_title("Jamlight show").with_decorations(false);
        if let Some(monitor) = target {
            attributes = attributes
                .with_position(monitor.position())
                .with_inner_size(monitor.size())
                .with_fullscreen(Some(Fullscreen::Borderless(Some(monitor.clone()))));
        }
        match event_loop.create_window(attributes) {
            Ok(window) => {
                let window = Arc::new(window);
                window.set_cursor_visible(false);
                self.on = target.and_then(MonitorHandle::name);
                let _ = self.orders.send(RenderOrder::Open(window.clone()));
                self.window = Some(window);
                self.keep_awake();
            }
            Err(err) => {
                self.wanted = false;
                self.board.card(
                    app_desktop::CardKind::Error,
                    format!("The show's window cannot be opened: {err}."),
                    None,
                );
            }
        }
    }

    /// Moves the window when its screen came back, went away, or another was chosen.
    fn follow(&mut self, window: &Window, monitors: &[MonitorHandle]) {
        let Some(target) = self.target(monitors) else { return };
        let name = target.name();
        if name == self.on {
            return;
        }
        self.on = name;
        window.set_fullscreen(None);
        let PhysicalPosition { x, y } = target.position();
        window.set_outer_position(PhysicalPosition::new(x, y));
        let _ = window.request_inner_size(target.size());
        window.set_fullscreen(Some(Fullscreen::Borderless(Some(target.clone()))));
    }

    /// The screen wanted, else the second, else the only one.
    fn target<'m>(&self, monitors: &'m [MonitorHandle]) -> Option<&'m MonitorHandle> {
        let named = self.monitor.as_ref().and_then(|wanted| {
            let exact = monitors.iter().find(|monitor| monitor.name().as_ref() == Some(wanted));
            exact.or_else(|| {
                monitors.iter().find(|monitor| monitor.name().is_some_and(|name| name.contains(wanted)))
            })
        });
        named.or_else(|| monitors.get(1)).or_else(|| monitors.first())
    }

    /// Keeps the screen saver and sleep away while the window is open. Asking the desktop may take
    /// a while, so a thread does it.
    fn keep_awake(&mut self) {
        let (hold, held) = channel::<()>();
        let asked = std::thread::Builder::new().name("awake".to_owned()).spawn(move || {
            let awake = keepawake::Builder::default()
                .display(true)
                .idle(true)
                .sleep(true)
                .reason("A show is on")
                .app_name("Jamlight")
                .create();
            if let Err(err) = &awake {
                tracing::info!(%err, "the screen saver cannot be held off here");
            }
            // Nothing is ever sent: the other end's drop is the message.
            let _ = held.recv();
        });
        if let Err(err) = asked {
            tracing::warn!(%err, "no thread to hold the screen saver off");
        }
        self.awake = Some(hold);
    }
}

fn described(monitor: &MonitorHandle) -> Monitor {
    let size = monitor.size();
    Monitor { name: monitor.name().unwrap_or_else(|| "Screen".to_owned()), size: [size.width, size.height] }
}
