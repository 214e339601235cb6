//! The show's windows: their screens, their surfaces, their coming and going.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use app_desktop::{CardKind, Monitor};
use winit::dpi::PhysicalPosition;
use winit::event_loop::ActiveEventLoop;
use winit::monitor::MonitorHandle;
use winit::window::{Fullscreen, Window, WindowId};

use super::board::{Board, lock};
use super::screens::{RenderOrder, ScreenIdx};

/// Where the render thread asks the main thread for surfaces: only there may they be made.
#[derive(Default)]
pub(crate) struct SurfaceDesk {
    states: Mutex<BTreeMap<ScreenIdx, SurfaceState>>,
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
    pub(crate) fn ask(&self, idx: ScreenIdx, generation: u64, instance: wgpu::Instance) -> bool {
        let mut states = lock(&self.states);
        let state = states.entry(idx).or_default();
        if state.asked.as_ref().is_some_and(|(asked, _)| *asked == generation) {
            return false;
        }
        state.asked = Some((generation, Some(instance)));
        true
    }

    /// Takes the surface of a generation, if it was made. One of another generation is dropped.
    pub(crate) fn take(&self, idx: ScreenIdx, generation: u64) -> Option<wgpu::Surface<'static>> {
        let mut states = lock(&self.states);
        let state = states.get_mut(&idx)?;
        let (made_for, surface) = state.made.take()?;
        state.asked = None;
        (made_for == generation).then_some(surface)
    }

    /// The render thread let go of the window.
    pub(crate) fn closed(&self, idx: ScreenIdx) {
        lock(&self.states).insert(idx, SurfaceState { closed: true, ..SurfaceState::default() });
    }

    fn serve(&self, idx: ScreenIdx, window: &Arc<Window>, board: &Board) {
        let mut states = lock(&self.states);
        let Some(state) = states.get_mut(&idx) else { return };
        let Some((generation, instance)) = &mut state.asked else { return };
        let Some(instance) = instance.take() else { return };
        let generation = *generation;
        match instance.create_surface(window.clone()) {
            Ok(surface) => state.made = Some((generation, surface)),
            Err(err) => {
                board.card(CardKind::Error, format!("The show's window cannot be drawn on: {err}."), None);
            }
        }
    }

    fn take_closed(&self, idx: ScreenIdx) -> bool {
        lock(&self.states).get_mut(&idx).is_some_and(|state| std::mem::take(&mut state.closed))
    }
}

/// One of the show's windows.
#[derive(Default)]
struct Output {
    window: Option<Arc<Window>>,
    closing: bool,
    /// Whether the person wants it open.
    wanted: bool,
    /// The screen's name, `None` for automatic.
    monitor: Option<String>,
    /// The screen it is on.
    on: Option<String>,
}

/// The show's windows, on the main thread.
pub(crate) struct Outputs {
    surfaces: Arc<SurfaceDesk>,
    orders: Sender<RenderOrder>,
    board: Arc<Board>,
    /// The show's own window first.
    all: Vec<Output>,
    /// While it is held, the screen saver and sleep stay away.
    awake: Option<Sender<()>>,
}

impl Outputs {
    pub(crate) fn new(surfaces: Arc<SurfaceDesk>, orders: Sender<RenderOrder>, board: Arc<Board>) -> Self {
        Self { surfaces, orders, board, all: vec![Output::default()], awake: None }
    }

    /// Says whether the show's own window is wanted, and where.
    pub(crate) fn want(&mut self, wanted: bool, monitor: Option<&str>) {
        let wishes = self.board.outputs.get();
        let more = wishes
            .more
            .iter()
            .map(|screen| (screen.open, Some(screen.monitor.as_str()).filter(|name| !name.is_empty())));
        let wished: Vec<_> = std::iter::once((wanted, monitor)).chain(more).collect();
        while self.all.len() < wished.len() {
            self.all.push(Output::default());
        }
        for (idx, output) in self.all.iter_mut().enumerate() {
            let (wanted, monitor) = wished.get(idx).copied().unwrap_or((false, None));
            output.wanted = wanted;
            output.monitor = monitor.map(str::to_owned);
        }
    }

    /// Whether the show's own window is wanted; not any more when it could not be opened.
    pub(crate) fn is_wanted(&self) -> bool {
        self.all.first().is_some_and(|output| output.wanted)
    }

    /// Brings the windows to where they are wanted. Called on every turn of the main loop.
    pub(crate) fn turn(&mut self, event_loop: &ActiveEventLoop) {
        let monitors: Vec<MonitorHandle> = event_loop.available_monitors().collect();
        self.board.monitors.set(monitors.iter().map(described).collect());
        let mut any_open = false;
        for (idx, output) in self.all.iter_mut().enumerate() {
            if self.surfaces.take_closed(idx) {
                // The render thread holds it no more: now it may go.
                (output.window, output.closing) = (None, false);
            }
            if output.closing {
                continue;
            }
            match (output.wanted, &output.window) {
                (true, None) => output.open(idx, event_loop, &monitors, &self.orders, &self.board),
                (false, Some(_)) => output.close(idx, &self.orders),
                (true, Some(window)) => {
                    let window = window.clone();
                    self.surfaces.serve(idx, &window, &self.board);
                    output.follow(idx, &window, &monitors);
                }
                (false, None) => {}
            }
            any_open |= output.window.is_some() && !output.closing;
        }
        if any_open != self.awake.is_some() {
            self.awake = any_open.then(keep_awake);
        }
    }

    /// Closes the windows; they go when the render thread let go of them.
    pub(crate) fn close(&mut self) {
        self.awake = None;
        for (idx, output) in self.all.iter_mut().enumerate() {
            output.close(idx, &self.orders);
        }
    }

    /// Returns which of the show's windows this is.
    pub(crate) fn which(&self, id: WindowId) -> Option<ScreenIdx> {
        self.all.iter().position(|output| output.window.as_ref().is_some_and(|window| window.id() == id))
    }

    pub(crate) fn resized(&self, idx: ScreenIdx, size: winit::dpi::PhysicalSize<u32>) {
        // The render thread ends after this one: it hears it.
        let _ = self.orders.send(RenderOrder::Resized(idx, [size.width, size.height]));
    }

    /// Where they are, for people.
    pub(crate) fn sentence(&self) -> String {
        let own = self.all.first().map_or_else(String::new, Output::sentence);
        let num_more = self.all.iter().skip(1).filter(|output| output.window.is_some()).count();
        match num_more {
            0 => own,
            1 => format!("{own} One further screen is open."),
            num => format!("{own} {num} further screens are open."),
        }
    }
}

impl Output {
    fn sentence(&self) -> String {
        match (&self.window, &self.on, &self.monitor) {
            (None, _, _) => "The show has no window of its own.".to_owned(),
            (Some(_), Some(on), Some(wanted)) if on != wanted => {
                format!("{wanted} is not there. The show waits on {on} and returns by itself.")
            }
            (Some(_), Some(on), _) => format!("The show is on {on}."),
            (Some(_), None, _) => "The show is open.".to_owned(),
        }
    }

    fn open(
        &mut self,
        idx: ScreenIdx,
        event_loop: &ActiveEventLoop,
        monitors: &[MonitorHandle],
        orders: &Sender<RenderOrder>,
        board: &Board,
    ) {
        let target = self.target(idx, monitors);
        let title = match idx {
            0 => "Jamlight show".to_owned(),
            more => format!("Jamlight show, screen {}", more + 1),
        };
        let mut attributes = Window::default_attributes().with_title(title).with_decorations(false);
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
                let _ = orders.send(RenderOrder::Open(idx, window.clone()));
                self.window = Some(window);
            }
            Err(err) => {
                self.wanted = false;
                board.card(CardKind::Error, format!("The show's window cannot be opened: {err}."), None);
            }
        }
    }

    fn close(&mut self, idx: ScreenIdx, orders: &Sender<RenderOrder>) {
        if self.window.is_some() && !self.closing {
            self.closing = true;
            // A render thread that is gone holds no window either.
            if orders.send(RenderOrder::Close(idx)).is_err() {
                self.window = None;
            }
        }
    }

    /// Moves the window when its screen came back, went away, or another was chosen.
    fn follow(&mut self, idx: ScreenIdx, window: &Window, monitors: &[MonitorHandle]) {
        let Some(target) = self.target(idx, monitors) else { return };
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

    /// The screen wanted, else the second for the show's own window and the following ones for further
    /// windows, else the only one.
    fn target<'m>(&self, idx: ScreenIdx, monitors: &'m [MonitorHandle]) -> Option<&'m MonitorHandle> {
        let named = self.monitor.as_ref().and_then(|wanted| {
            let exact = monitors.iter().find(|monitor| monitor.name().as_ref() == Some(wanted));
            exact.or_else(|| {
                monitors.iter().find(|monitor| monitor.name().is_some_and(|name| name.contains(wanted)))
            })
        });
        named.or_else(|| monitors.get(idx + 1)).or_else(|| monitors.first())
    }
}

/// Keeps the screen saver and sleep away while the window is open. Asking the desktop may take
/// a while, so a thread does it.
fn keep_awake() -> Sender<()> {
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
    hold
}

fn described(monitor: &MonitorHandle) -> Monitor {
    let size = monitor.size();
    Monitor { name: monitor.name().unwrap_or_else(|| "Screen".to_owned()), size: [size.width, size.height] }
}
