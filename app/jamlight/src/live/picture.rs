//! How the control window draws the show's picture.
//!
//! egui's own shader filters by hand in a branch that a processor that draws runs for every pixel, needed or not:
//! it took ten times as long as this pass, and most of a core for a picture as large as the window.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use app_desktop::{Picture, PictureView};
use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, ScreenDescriptor};
use egui::epaint::{PaintCallback, PaintCallbackInfo};
use renderer_gpu::{CORNER_WGSL, FullScreen};

const PICTURE_WGSL: &str = include_str!("../../../../shaders/stage/window.wgsl");

/// Returns what draws the picture, and the colours of what lies over it.
pub(crate) fn paint_picture(picture: &Picture, view: PictureView) -> PaintCallback {
    Callback::new_paint_callback(view.area, ShowPicture(picture.clone(), view))
}

/// Makes what [`paint_picture`] needs on the window's device.
pub(crate) fn prepare_window(render_state: &eframe::egui_wgpu::RenderState) {
    let painter = Painter::new(&render_state.device, render_state.target_format);
    render_state.renderer.write().callback_resources.insert(painter);
}

struct ShowPicture(Picture, PictureView);

impl ShowPicture {
    /// The picture's place in pixels of the window: its corner and its size.
    fn place(&self, pixels_per_point: f32) -> [f32; 4] {
        let [left, top, right, bottom] = corners(self.1.place, pixels_per_point);
        [left, top, right - left, bottom - top]
    }
}

/// A place's corners in whole pixels.
fn corners(place: egui::Rect, pixels_per_point: f32) -> [f32; 4] {
    [place.left(), place.top(), place.right(), place.bottom()].map(|side| (side * pixels_per_point).round())
}

impl CallbackTrait for ShowPicture {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(painter) = resources.get_mut::<Painter>() {
            let scale = screen.pixels_per_point;
            let [_, _, width, height] = self.place(scale);
            painter.upload(encoder, &self.0, [width, height].map(|side| side as u32));
            let colour = |colour: egui::Color32| colour.to_array().map(|part| f32::from(part) / 255.0);
            let (free, over_free, panels) = (self.1.free, colour(self.1.over_free), colour(self.1.panels));
            let view = [self.place(scale), corners(free, scale), over_free, panels];
            let bytes = view.map(|four| four.map(f32::to_le_bytes));
            queue.write_buffer(&painter.view, 0, bytes.as_flattened().as_flattened());
        }
        Vec::new()
    }

    fn paint(
        &self,
        info: PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        if let Some(painter) = resources.get::<Painter>()
            && let Some(uploaded) = &painter.uploaded
        {
            let [_, _, width, height] = self.place(info.pixels_per_point);
            let place = [width, height].map(|side| side as u32);
            let shown = painter.stretched.as_ref().unwrap_or(&uploaded.texture);
            pass.set_pipeline(painter.pipeline(shown.size == place));
            pass.set_bind_group(0, &shown.group, &[]);
            pass.draw(0..3, 0..1);
        }
    }
}

/// What lives on the window's device.
struct Painter {
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    view: wgpu::Buffer,
    device: wgpu::Device,
    target: wgpu::TextureFormat,
    module: wgpu::ShaderModule,
    pipeline_layout: wgpu::PipelineLayout,
    /// For a picture of another size and for one of the place's own, made when first needed.
    pipelines: [OnceLock<wgpu::RenderPipeline>; 2],
    stretch: OnceLock<wgpu::RenderPipeline>,
    /// Of the texture: read as the target is written, so that the picture's bytes arrive as they are.
    format: wgpu::TextureFormat,
    uploaded: Option<Uploaded>,
    /// The uploaded picture at the size of its place, where that is larger.
    stretched: Option<Bound>,
    staging: Staging,
}

struct Uploaded {
    version: u64,
    texture: Bound,
}

/// A texture and what binds it.
struct Bound {
    size: [u32; 2],
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    group: wgpu::BindGroup,
}

impl Painter {
    fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("picture"),
            source: wgpu::ShaderSource::Wgsl(format!("{CORNER_WGSL}\n{PICTURE_WGSL}").into()),
        });
        let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty,
            count: None,
        };
        let texture = wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: true },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        };
        let sampler = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
        let view = wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: false,
            min_binding_size: None,
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("picture"),
            entries: &[entry(0, texture), entry(1, sampler), entry(2, view)],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("picture"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        Self {
            device: device.clone(),
            target,
            module,
            pipeline_layout,
            pipelines: [const { OnceLock::new() }; 2],
            stretch: OnceLock::new(),
            layout,
            sampler: device.create_sampler(&wgpu::SamplerDescriptor {
                mag_filter: wgpu::FilterMode::Linear,
                min_filter: wgpu::FilterMode::Linear,
                ..wgpu::SamplerDescriptor::default()
            }),
            view: device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("view"),
                size: size_of::<[[f32; 4]; 4]>() as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            format: if target.is_srgb() {
                wgpu::TextureFormat::Rgba8UnormSrgb
            } else {
                wgpu::TextureFormat::Rgba8Unorm
            },
            uploaded: None,
            stretched: None,
            staging: Staging::default(),
        }
    }

    fn pipeline(&self, exact: bool) -> &wgpu::RenderPipeline {
        let [filtered, direct] = &self.pipelines;
        (if exact { direct } else { filtered })
            .get_or_init(|| self.make("show", self.target, &[("EXACT", f64::from(u8::from(exact)))]))
    }

    fn make(
        &self,
        entry: &str,
        target: wgpu::TextureFormat,
        constants: &[(&str, f64)],
    ) -> wgpu::RenderPipeline {
        let full_screen = FullScreen {
            label: "picture",
            layout: Some(&self.pipeline_layout),
            vertex: &self.module,
            fragment: &self.module,
            entry,
            constants,
            target: target.into(),
        };
        full_screen.pipeline(&self.device)
    }

    fn texture(&self, [width, height]: [u32; 2], usage: wgpu::TextureUsages) -> Bound {
        let texture = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: self.format,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | usage,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("picture"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::TextureView(&view) },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&self.sampler) },
                wgpu::BindGroupEntry { binding: 2, resource: self.view.as_entire_binding() },
            ],
        });
        Bound { size: [width, height], texture, view, group }
    }

    fn upload(&mut self, encoder: &mut wgpu::CommandEncoder, picture: &Picture, place: [u32; 2]) {
        let [width, height] = picture.size;
        let side_limit = self.device.limits().max_texture_dimension_2d;
        let whole = picture.rgba.len() as u64 == u64::from(width) * u64::from(height) * 4;
        if width == 0 || height == 0 || width.max(height) > side_limit || !whole {
            return;
        }
        if self.uploaded.as_ref().is_none_or(|uploaded| uploaded.texture.size != picture.size) {
            let texture = self.texture(picture.size, wgpu::TextureUsages::COPY_DST);
            // No version has this number: the pixels follow.
            self.uploaded = Some(Uploaded { version: u64::MAX, texture });
        }
        let mut stretched = self.stretched.take();
        let Some(uploaded) = &mut self.uploaded else { return };
        let is_new = uploaded.version != picture.version;
        if is_new {
            self.staging.upload(&self.device, encoder, &uploaded.texture.texture, &picture.rgba);
            uploaded.version = picture.version;
        }
        if width >= place[0] || height >= place[1] || place[0].max(place[1]) > side_limit {
            return;
        }
        if is_new || stretched.as_ref().is_none_or(|stretched| stretched.size != place) {
            stretched = stretched.filter(|stretched| stretched.size == place);
            stretched.get_or_insert_with(|| self.texture(place, wgpu::TextureUsages::RENDER_ATTACHMENT));
            self.draw_stretched(encoder, stretched.as_ref());
        }
        self.stretched = stretched;
    }

    fn draw_stretched(&self, encoder: &mut wgpu::CommandEncoder, to: Option<&Bound>) {
        let Some((from, to)) = self.uploaded.as_ref().zip(to) else { return };
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("stretch"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &to.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..wgpu::RenderPassDescriptor::default()
        });
        pass.set_pipeline(self.stretch.get_or_init(|| self.make("stretch", self.format, &[])));
        pass.set_bind_group(0, &from.texture.group, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// The buffers in which pictures travel, written by turns.
///
/// The queue's own are made and given back for each picture: megabytes of new pages every time, and four of them alive.
#[derive(Default)]
struct Staging {
    size_bytes: u64,
    /// Those the device has read. What comes back after the size changed goes to a list that nobody reads.
    free: Arc<Mutex<Vec<wgpu::Buffer>>>,
}

impl Staging {
    /// Copies tightly packed rows of four bytes a pixel over a texture when the encoder's commands run.
    fn upload(
        &mut self,
        device: &wgpu::Device,
        encoder: &mut wgpu::CommandEncoder,
        texture: &wgpu::Texture,
        rgba: &[u8],
    ) {
        let packed = texture.width() * 4;
        let padded = packed.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let size_bytes = u64::from(padded) * u64::from(texture.height());
        if self.size_bytes != size_bytes {
            *self = Self { size_bytes, free: Arc::default() };
        }
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let buffer = free.unwrap_or_else(|| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("picture"),
                size: size_bytes,
                usage: wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: true,
            })
        });
        // Refused only by a device that went, and with it this window.
        let Ok(mut bytes) = buffer.get_mapped_range_mut(..) else { return };
        let (packed, step) = (packed as usize, padded as usize);
        if packed == step {
            bytes.slice(..).copy_from_slice(rgba);
        } else {
            for (number, row) in rgba.chunks_exact(packed).enumerate() {
                bytes.slice(number * step..number * step + packed).copy_from_slice(row);
            }
        }
        drop(bytes);
        buffer.unmap();
        encoder.copy_buffer_to_texture(
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(padded),
                    rows_per_image: None,
                },
            },
            texture.as_image_copy(),
            texture.size(),
        );
        let (free, back) = (self.free.clone(), buffer.clone());
        encoder.map_buffer_on_submit(&buffer, wgpu::MapMode::Write, .., move |mapped| {
            if mapped.is_ok() {
                free.lock().unwrap_or_else(PoisonError::into_inner).push(back);
            }
        });
    }
}
