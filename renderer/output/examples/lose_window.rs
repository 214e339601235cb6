//! Loses the device of a real window again and again, at any moment, and counts what survives:
//! `xvfb-run cargo run -p renderer-output --example lose_window -- 40`
//!
//! It ends with the losses, the time to the next presented picture, and fails on an abort or a stuck window.

#![expect(clippy::disallowed_methods, reason = "a drill for a person: clocks, a thread, a window")]

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use renderer_gpu::{Gpu, GpuSettings, wgpu};
use renderer_output::{Acquired, Placement, ShowSurface};
use winit::application::ApplicationHandler;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::window::{Window, WindowId};

/// What the render thread asks the main thread for: a surface of its new instance.
type Wanted = (wgpu::Instance, mpsc::Sender<wgpu::Surface<'static>>);

struct App {
    window: Option<Arc<Window>>,
    losses: u32,
    wanted: mpsc::Receiver<Wanted>,
    asks: mpsc::Sender<Wanted>,
    done: Arc<AtomicBool>,
    render: Option<std::thread::JoinHandle<Vec<f64>>>,
}

impl ApplicationHandler for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        let attributes = Window::default_attributes().with_title("lose_window");
        let Ok(window) = event_loop.create_window(attributes) else { return event_loop.exit() };
        let size = window.inner_size();
        self.window = Some(Arc::new(window));
        let (asks, done, losses) = (self.asks.clone(), self.done.clone(), self.losses);
        let run = move || {
            let times = lose(losses, [size.width, size.height], &asks);
            done.store(true, Ordering::Release);
            times.unwrap_or_default()
        };
        self.render = std::thread::Builder::new().name("render".into()).spawn(run).ok();
    }

    fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, _: WindowEvent) {}

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        if let (Ok((instance, answer)), Some(window)) = (self.wanted.try_recv(), &self.window)
            && let Ok(surface) = instance.create_surface(window.clone())
        {
            answer.send(surface).ok();
        }
        if self.done.load(Ordering::Acquire) {
            event_loop.exit();
        }
        event_loop.set_control_flow(ControlFlow::WaitUntil(Instant::now() + Duration::from_millis(2)));
    }
}

/// Presents, loses, comes back. Returns the milliseconds from each loss to the next presented picture.
fn lose(losses: u32, size: [u32; 2], asks: &mpsc::Sender<Wanted>) -> Result<Vec<f64>, Box<dyn Error>> {
    let settings = GpuSettings::default();
    let mut generation = renderer_gpu::Generation(1);
    let mut times = Vec::new();
    let mut lost_at: Option<Instant> = None;
    let mut random = 4242_u64;
    while times.len() < losses as usize {
        let instance = Gpu::new_instance();
        let (answer, surface) = mpsc::channel();
        asks.send((instance.clone(), answer))?;
        let surface = surface.recv_timeout(Duration::from_secs(5))?;
        let gpu = Gpu::for_surface(instance, Some(&surface), &settings, generation)?;
        generation = gpu.next_generation();
        let picture = gpu.device().create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d { width: 64, height: 36, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::RENDER_ATTACHMENT,
            view_formats: &[],
        });
        let mut window = ShowSurface::new(&gpu, surface, size)?;
        // From another thread, at any moment of the frame: the worst a driver does.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (victim, after) = (gpu.clone(), Duration::from_micros(20_000 + (random >> 33) % 150_000));
        let kill = move || {
            std::thread::sleep(after);
            let at = Instant::now();
            victim.lose();
            at
        };
        let killer = std::thread::Builder::new().name("killer".into()).spawn(kill)?;
        loop {
            match window.acquire() {
                Acquired::Ready => {
                    if window.present(&picture, &Placement::default())
                        && let Some(at) = lost_at.take()
                    {
                        times.push(at.elapsed().as_secs_f64() * 1000.0);
                    }
                }
                Acquired::Skip => std::thread::sleep(Duration::from_millis(2)),
                Acquired::SurfaceGone | Acquired::DeviceLost => break,
            }
            if gpu.is_lost() {
                break;
            }
        }
        lost_at = killer.join().ok();
    }
    Ok(times)
}

fn main() -> Result<(), Box<dyn Error>> {
    let losses = std::env::args().nth(1).map_or(Ok(20), |n| n.parse())?;
    let (asks, wanted) = mpsc::channel();
    let mut app =
        App { window: None, losses, wanted, asks, done: Arc::new(AtomicBool::new(false)), render: None };
    EventLoop::new()?.run_app(&mut app)?;
    let mut times = app.render.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
    times.sort_by(f64::total_cmp);
    let at =
        |share: f64| times.get(((times.len() as f64 - 1.0) * share) as usize).copied().unwrap_or(f64::NAN);
    println!(
        "{} losses, next picture after {:.0}/{:.0}/{:.0} ms (min/median/max)",
        times.len(),
        at(0.0),
        at(0.5),
        at(1.0)
    );
    if times.len() < losses as usize { Err("the window did not come back".into()) } else { Ok(()) }
}
