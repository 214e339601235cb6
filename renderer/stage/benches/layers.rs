//! What layers cost beside a copy of the picture, at 640×360 and 1280×720:
//! `cargo bench -p renderer-stage --bench layers`

#![expect(clippy::unwrap_used, reason = "a bench that cannot run says so")]

#[expect(dead_code, reason = "tests and the other bench use more of it")]
#[path = "../tests/it/song.rs"]
mod song;

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use renderer_gpu::{CORNER_WGSL, FullScreen, Gpu, GpuSettings};
use renderer_scene::{PictureId, SceneInput};
use renderer_stage::{Picture, Stage, StageSettings};

const FRAMES_PER_SEC: u32 = 30;
const SIZES: [[u32; 2]; 2] = [[640, 360], [1280, 720]];

fn layers(c: &mut Criterion) {
    let gpu = Gpu::new(&GpuSettings::default()).unwrap();
    for size in SIZES {
        let mut group = c.benchmark_group(format!("layers {}x{}", size[0], size[1]));
        group.sample_size(30);
        group.bench_function("copy", |bench| {
            let [from, to] = [(); 2].map(|()| {
                gpu.device().create_texture(&wgpu::TextureDescriptor {
                    label: None,
                    size: wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
                    mip_level_count: 1,
                    sample_count: 1,
                    dimension: wgpu::TextureDimension::D2,
                    format: wgpu::TextureFormat::Rgba16Float,
                    usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST,
                    view_formats: &[],
                })
            });
            bench.iter(|| {
                let mut encoder = gpu.device().create_command_encoder(&Default::default());
                encoder.copy_texture_to_texture(from.as_image_copy(), to.as_image_copy(), from.size());
                gpu.queue().submit([encoder.finish()]);
                gpu.wait();
            });
        });
        group.bench_function("drawn copy", |bench| {
            let copy = DrawnCopy::new(&gpu, size);
            bench.iter(|| copy.draw(&gpu));
        });
        for num in [0, 1, 4, 8] {
            let settings = StageSettings { size, bloom: 0.0, live: false, ..StageSettings::default() };
            let mut stage = Stage::new(&gpu, settings).unwrap();
            let rgba: Arc<[u8]> = Arc::from(vec![90; size[0] as usize * size[1] as usize * 4]);
            stage.put_picture(PictureId(9), Picture { width: size[0], height: size[1], rgba }).unwrap();
            let mut frame = 0;
            group.bench_function(format!("{num} layers"), |bench| {
                bench.iter(|| {
                    let content = || SceneInput::Picture(PictureId(9));
                    let layers = (0..num).map(|no| song::layer(no + 1, content())).collect();
                    stage.render(&song::input(frame, FRAMES_PER_SEC, layers)).unwrap();
                    gpu.wait();
                    frame += 1;
                });
            });
        }
        group.finish();
    }
}

/// A copy as a shader makes it: one pass over the picture that reads one texture.
struct DrawnCopy {
    target: wgpu::Texture,
    pipeline: wgpu::RenderPipeline,
    group: wgpu::BindGroup,
}

impl DrawnCopy {
    fn new(gpu: &Gpu, size: [u32; 2]) -> Self {
        let device = gpu.device();
        let format = wgpu::TextureFormat::Rgba16Float;
        let texture = |usage| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: None,
                size: wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage,
                view_formats: &[],
            })
        };
        let from = texture(wgpu::TextureUsages::TEXTURE_BINDING);
        let target = texture(wgpu::TextureUsages::RENDER_ATTACHMENT);
        let text = format!(
            "{CORNER_WGSL}\n@group(0) @binding(0) var source: texture_2d<f32>;\n\
             @fragment fn copy(in: Corner) -> @location(0) vec4f {{ return textureLoad(source, vec2i(in.at.xy), 0); }}"
        );
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(text.into()),
        });
        let pipeline = FullScreen {
            label: "copy",
            layout: None,
            vertex: &module,
            fragment: &module,
            entry: "copy",
            constants: &[],
            target: format.into(),
        }
        .pipeline(device);
        let view = from.create_view(&wgpu::TextureViewDescriptor::default());
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::TextureView(&view),
            }],
        });
        Self { target, pipeline, group }
    }

    fn draw(&self, gpu: &Gpu) {
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        let view = self.target.create_view(&wgpu::TextureViewDescriptor::default());
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
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
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        pass.draw(0..3, 0..1);
        drop(pass);
        gpu.queue().submit([encoder.finish()]);
        gpu.wait();
    }
}

criterion_group!(benches, layers);
criterion_main!(benches);
