//! The show's windows as the render thread holds them: surfaces of this device, and who waits for one.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use app_desktop::{CardKind, OutputWishes, ScreenPlace};
use renderer_gpu::Gpu;
use renderer_output::{Acquired, Placement, ShowSurface};
use winit::window::Window;

use super::board::Board;
use super::outputs::SurfaceDesk;
use super::wake::Waker;

/// Which of the show's windows: 0 is its own, the others are the further screens.
pub(crate) type ScreenIdx = usize;

/// What the render thread is asked for.
pub(crate) enum RenderOrder {
    /// Shows on this window from now on.
    Open(ScreenIdx, Arc<Window>),
    /// The window has this size, in pixels.
    Resized(ScreenIdx, [u32; 2]),
    /// Shows on this window no more.
    Close(ScreenIdx),
}

struct Screen {
    idx: ScreenIdx,
    /// Held until its surface is gone.
    _window: Arc<Window>,
    size: [u32; 2],
    surface: Option<ShowSurface>,
    acquired: bool,
}

/// The show's windows.
pub(crate) struct Screens {
    all: Vec<Screen>,
    inbox: Receiver<RenderOrder>,
    surfaces: Arc<SurfaceDesk>,
    waker: Arc<Waker>,
}

impl Screens {
    pub(crate) fn new(inbox: Receiver<RenderOrder>, surfaces: Arc<SurfaceDesk>, waker: Arc<Waker>) -> Self {
        Self { all: Vec::new(), inbox, surfaces, waker }
    }

    /// Hears which windows come, change and go.
    pub(crate) fn take_orders(&mut self) {
        loop {
            match self.inbox.try_recv() {
                Ok(RenderOrder::Open(idx, window)) => {
                    self.all.retain(|screen| screen.idx != idx);
                    let size = window.inner_size();
                    let size = [size.width.max(1), size.height.max(1)];
                    self.all.push(Screen { idx, _window: window, size, surface: None, acquired: false });
                }
                Ok(RenderOrder::Resized(idx, size)) => {
                    if let Some(screen) = self.all.iter_mut().find(|screen| screen.idx == idx) {
                        screen.size = size.map(|side| side.max(1));
                        if let Some(surface) = &mut screen.surface {
                            surface.resize(screen.size);
                        }
                    }
                }
                Ok(RenderOrder::Close(idx)) => {
                    // The surface goes first: the main thread drops the window after it.
                    self.all.retain_mut(|screen| {
                        if screen.idx == idx {
                            screen.surface = None;
                        }
                        screen.idx != idx
                    });
                    self.surfaces.closed(idx);
                    self.waker.wake();
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
        }
    }

    /// Asks the main thread for the surfaces that are missing and takes those that are there.
    pub(crate) fn ready(&mut self, gpu: &Gpu, board: &Board) {
        let number = gpu.generation().0;
        for screen in self.all.iter_mut().filter(|screen| screen.surface.is_none()) {
            match self.surfaces.take(screen.idx, number) {
                Some(made) => match ShowSurface::new(gpu, made, screen.size) {
                    Ok(ready) => screen.surface = Some(ready),
                    Err(err) => {
                        board.card(CardKind::Error, format!("The show's window stays dark: {err}."), None);
                    }
                },
                None => {
                    if self.surfaces.ask(screen.idx, number, gpu.instance().clone()) {
                        self.waker.wake();
                    }
                }
            }
        }
    }

    /// Asks the windows for their next frames. Returns `false` when the device is gone.
    pub(crate) fn acquire(&mut self) -> bool {
        for screen in &mut self.all {
            let Some(surface) = &mut screen.surface else { continue };
            screen.acquired = match surface.acquire() {
                Acquired::Ready => true,
                Acquired::Skip => false,
                Acquired::SurfaceGone => {
                    screen.surface = None;
                    false
                }
                Acquired::DeviceLost => return false,
            };
        }
        true
    }

    /// Whether any window is drawn on.
    pub(crate) fn are_shown(&self) -> bool {
        self.all.iter().any(|screen| screen.surface.is_some())
    }

    /// The size of the show: that of its own window, else of the largest; `None` without windows.
    pub(crate) fn size(&self) -> Option<[u32; 2]> {
        let area = |screen: &&Screen| u64::from(screen.size[0]) * u64::from(screen.size[1]);
        let own = self.all.iter().find(|screen| screen.idx == 0);
        own.or_else(|| self.all.iter().max_by_key(area)).map(|screen| screen.size)
    }

    /// Shows a picture on every window that is ready. Returns whether any showed it.
    pub(crate) fn present(&mut self, picture: &wgpu::Texture, wishes: &OutputWishes) -> bool {
        let mut shown = false;
        for screen in &mut self.all {
            if let (Some(surface), true) = (&mut screen.surface, std::mem::take(&mut screen.acquired)) {
                shown |= surface.present(picture, &placement(place_of(wishes, screen.idx)));
            }
        }
        shown
    }

    /// Says what a frame costs of its budget.
    pub(crate) fn set_frame_cost(&mut self, share: f32) {
        for surface in self.all.iter_mut().filter_map(|screen| screen.surface.as_mut()) {
            surface.set_frame_cost(share);
        }
    }

    /// Lets the surfaces of a device go; the windows stay.
    pub(crate) fn drop_surfaces(&mut self) {
        for screen in &mut self.all {
            (screen.surface, screen.acquired) = (None, false);
        }
    }

    /// Whether there is any window, drawn on or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// How the picture lies on a screen.
pub(crate) fn place_of(wishes: &OutputWishes, idx: ScreenIdx) -> &ScreenPlace {
    idx.checked_sub(1).and_then(|idx| wishes.more.get(idx)).map_or(&wishes.place, |screen| &screen.place)
}

fn placement(place: &ScreenPlace) -> Placement {
    let ScreenPlace { crop, corners, brightness, gamma, test_card } = place.clone();
    Placement { crop, corners, brightness, gamma, test_card }
}
