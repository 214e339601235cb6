use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use renderer_gpu::{CORNER_WGSL, FullScreen, Gpu, wgpu};

use crate::Placement;
use crate::placement::PlacementUniform;

/// How long the end of a surface waits for its last frames.
const DRAIN: Duration = Duration::from_secs(1);
/// Share of the frame's budget under which one frame in flight is enough, and over which it takes two. Between
/// them nothing changes, so that it does not flutter.
const LATENCY_SHARE: [f32; 2] = [0.45, 0.55];

const PRESENT_WGSL: &str = include_str!("../../../shaders/stage/present.wgsl");

/// Why a window cannot show anything.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurfaceError {
    /// The adapter cannot draw on this window.
    #[error(
        "adapter {adapter:?} cannot draw on this window: choose another adapter or start without a window"
    )]
    Unsupported {
        /// The adapter's name.
        adapter: String,
    },
}

/// What came of asking for the window's next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// Draw, then [`ShowSurface::present`].
    Ready,
    /// The window is hidden or late: skip this frame.
    Skip,
    /// The surface is gone, the device is not: drop this and make a new one.
    SurfaceGone,
    /// The device is gone: drop this, make the next generation and a new surface from its instance.
    DeviceLost,
}

/// What a window showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SurfaceStats {
    /// Pictures presented.
    pub num_presented: u64,
    /// Frames skipped because the window was hidden or late.
    pub num_skipped: u64,
    /// Times it was configured anew.
    pub num_configured: u64,
}

/// A window the show is on.
///
/// The caller makes the `wgpu::Surface` on the main thread from [`Gpu::instance`] and sends it here; the rest happens on
/// the render thread. Each frame: [`ShowSurface::acquire`], then look at the clock and draw, then
/// [`ShowSurface::present`]. Keep `panic = "unwind"`: wgpu 30.0.1 panics when a surface is dropped after a loss (wgpu
/// issue 9277), and the way round needs unwinding.
pub struct ShowSurface {
    gpu: Gpu,
    /// `None` only while it is dropped.
    surface: Option<wgpu::Surface<'static>>,
    config: wgpu::SurfaceConfiguration,
    acquired: Option<wgpu::SurfaceTexture>,
    stale: bool,
    /// As the picture is, and trimmed or a test card; made when first needed.
    pipelines: [Option<wgpu::RenderPipeline>; 4],
    module: wgpu::ShaderModule,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    place: wgpu::Buffer,
    stats: SurfaceStats,
}

impl ShowSurface {
    /// Takes a window's surface. `size` is the window's, in pixels.
    ///
    /// # Errors
    /// [`SurfaceError::Unsupported`] when the adapter cannot draw on it.
    pub fn new(gpu: &Gpu, surface: wgpu::Surface<'static>, size: [u32; 2]) -> Result<Self, SurfaceError> {
        let unsupported = || SurfaceError::Unsupported { adapter: gpu.name().to_owned() };
        let mut config = surface
            .get_default_config(gpu.adapter(), size[0].max(1), size[1].max(1))
            .ok_or_else(unsupported)?;
        // The picture is encoded already: no second curve.
        config.format = config.format.remove_srgb_suffix();
        config.view_formats = Vec::new();
        let modes = surface.get_capabilities(gpu.adapter()).present_modes;
        config.present_mode = if modes.contains(&wgpu::PresentMode::Mailbox) {
            wgpu::PresentMode::Mailbox
        } else {
            wgpu::PresentMode::Fifo
        };
        config.desired_maximum_frame_latency = 2;
        let module = gpu.device().create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("present"),
            source: wgpu::ShaderSource::Wgsl(format!("{CORNER_WGSL}\n{PRESENT_WGSL}").into()),
        });
        let layout = layout(gpu.device());
        let sampler = gpu.device().create_sampler(&wgpu::SamplerDescriptor {
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..wgpu::SamplerDescriptor::default()
        });
        let place = gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("present"),
            size: size_of::<PlacementUniform>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        surface.configure(gpu.device(), &config);
        let stats = SurfaceStats { num_configured: 1, ..SurfaceStats::default() };
        Ok(Self {
            gpu: gpu.clone(),
            surface: Some(surface),
            config,
            acquired: None,
            stale: false,
            pipelines: Default::default(),
            module,
            layout,
            sampler,
            place,
            stats,
        })
    }

    /// The window's size, in pixels.
    pub fn size(&self) -> [u32; 2] {
        [self.config.width, self.config.height]
    }

    /// How pictures wait for the screen.
    pub fn present_mode(&self) -> wgpu::PresentMode {
        self.config.present_mode
    }

    /// What it showed.
    pub fn stats(&self) -> SurfaceStats {
        self.stats
    }

    /// Follows the window's size.
    pub fn resize(&mut self, size: [u32; 2]) {
        let size = size.map(|side| side.max(1));
        if size != self.size() {
            [self.config.width, self.config.height] = size;
            self.stale = true;
        }
    }

    /// Says what a frame costs of its budget, 0–1 and above: cheap frames wait in a shorter queue.
    pub fn set_frame_cost(&mut self, share: f32) {
        let wanted = match self.config.desired_maximum_frame_latency {
            1 if share > LATENCY_SHARE[1] => 2,
            2 if share < LATENCY_SHARE[0] => 1,
            same => same,
        };
        if wanted != self.config.desired_maximum_frame_latency {
            self.config.desired_maximum_frame_latency = wanted;
            self.stale = true;
        }
    }

    /// Asks for the window's next frame; may wait for the screen. After it is the moment to look at the clock.
    pub fn acquire(&mut self) -> Acquired {
        self.gpu.poll();
        if self.gpu.is_lost() {
            return Acquired::DeviceLost;
        }
        if self.acquired.is_some() {
            return Acquired::Ready;
        }
        if self.stale {
            self.configure();
        }
        // An outdated surface is configured and asked once more.
        for _ in 0..2 {
            let Some(surface) = &self.surface else { return Acquired::SurfaceGone };
            match surface.get_current_texture() {
                wgpu::CurrentSurfaceTexture::Success(frame) => {
                    self.acquired = Some(frame);
                    return Acquired::Ready;
                }
                wgpu::CurrentSurfaceTexture::Suboptimal(frame) => {
                    self.acquired = Some(frame);
                    self.stale = true;
                    return Acquired::Ready;
                }
                wgpu::CurrentSurfaceTexture::Outdated => self.configure(),
                wgpu::CurrentSurfaceTexture::Timeout | wgpu::CurrentSurfaceTexture::Occluded => break,
                wgpu::CurrentSurfaceTexture::Lost | wgpu::CurrentSurfaceTexture::Validation => {
                    self.gpu.poll();
                    // After a loss wgpu says `Validation`.
                    return if self.gpu.is_lost() { Acquired::DeviceLost } else { Acquired::SurfaceGone };
                }
            }
        }
        self.stats.num_skipped += 1;
        Acquired::Skip
    }

    /// Shows a picture of encoded bytes (a stage's output) on the acquired frame, as `place` says. Returns whether it was presented;
    /// `false` without an acquired frame or when the device went meanwhile.
    pub fn present(&mut self, picture: &wgpu::Texture, place: &Placement) -> bool {
        let Some(frame) = self.acquired.take() else { return false };
        let view = frame.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let uniform = place.uniform([picture.width(), picture.height()], self.size());
        self.gpu.queue().write_buffer(&self.place, 0, bytemuck::bytes_of(&uniform));
        let pipeline = self.pipeline(place);
        let group = self.gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("present"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: self.place.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&self.sampler) },
                wgpu::BindGroupEntry {
                    binding: 2,
                    resource: wgpu::BindingResource::TextureView(
                        &picture.create_view(&wgpu::TextureViewDescriptor::default()),
                    ),
                },
            ],
        });
        let mut encoder = self
            .gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("present") });
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("present"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &view,
                    depth_slice: None,
                    resolve_target: None,
                    ops: wgpu::Operations {
                        load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                        store: wgpu::StoreOp::Store,
                    },
                })],
                ..wgpu::RenderPassDescriptor::default()
            });
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.draw(0..3, 0..1);
        }
        self.gpu.queue().submit([encoder.finish()]);
        self.gpu.poll();
        if self.gpu.is_lost() {
            release(frame);
            return false;
        }
        self.gpu.queue().present(frame);
        self.stats.num_presented += 1;
        true
    }

    fn pipeline(&mut self, place: &Placement) -> wgpu::RenderPipeline {
        let [card, trim] = [place.test_card, place.is_trimmed()].map(usize::from);
        let made = self.pipelines.get(card * 2 + trim).cloned().flatten();
        made.unwrap_or_else(|| {
            let device = self.gpu.device();
            let pipeline = pipeline(device, &self.module, &self.layout, self.config.format, [card, trim]);
            if let Some(slot) = self.pipelines.get_mut(card * 2 + trim) {
                *slot = Some(pipeline.clone());
            }
            pipeline
        })
    }

    fn configure(&mut self) {
        if let Some(surface) = &self.surface {
            surface.configure(self.gpu.device(), &self.config);
            self.stats.num_configured += 1;
        }
        self.stale = false;
    }
}

impl Drop for ShowSurface {
    fn drop(&mut self) {
        self.gpu.poll();
        if let Some(frame) = self.acquired.take()
            && self.gpu.is_lost()
        {
            release(frame);
        }
        // Submissions in flight hold the surface's textures: let them end, then drop the surface by itself.
        let drain = wgpu::PollType::Wait { submission_index: None, timeout: Some(DRAIN) };
        self.gpu.device().poll(drain).ok();
        let surface = self.surface.take();
        if catch_unwind(AssertUnwindSafe(move || drop(surface))).is_err() {
            tracing::debug!("a surface of a lost device was left behind");
        }
    }
}

/// Gives a frame of a dead device back. Its own drop releases it only while the thread unwinds, so unwind on
/// purpose; `resume_unwind` calls no panic hook.
fn release(frame: wgpu::SurfaceTexture) {
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _frame = frame;
        resume_unwind(Box::new(()));
    }));
    debug_assert!(unwound.is_err(), "resume_unwind always unwinds");
}

fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty,
        count: None,
    };
    let uniform = wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    let texture = wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable: true },
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("present"),
        entries: &[
            entry(0, uniform),
            entry(1, wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering)),
            entry(2, texture),
        ],
    })
}

fn pipeline(
    device: &wgpu::Device,
    module: &wgpu::ShaderModule,
    layout: &wgpu::BindGroupLayout,
    format: wgpu::TextureFormat,
    [card, trim]: [usize; 2],
) -> wgpu::RenderPipeline {
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("present"),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    let full_screen = FullScreen {
        label: "present",
        layout: Some(&pipeline_layout),
        vertex: module,
        fragment: module,
        entry: "present",
        constants: &[("CARD", card as f64), ("TRIM", trim as f64)],
        target: format.into(),
    };
    full_screen.pipeline(device)
}
