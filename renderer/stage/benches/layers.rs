//! What layers cost beside a copy of the picture, at 640×360 and 1280×720:
//! `cargo bench -p renderer-stage --bench layers`

#![expect(clippy::unwrap_used, reason = "a bench that cannot run says so")]

#[expect(dead_code, reason = "tests and the other bench use more of it")]
#[path = "../tests/it/song.rs"]
mod song;

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use renderer_gpu::{Gpu, GpuSettings};
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

criterion_group!(benches, layers);
criterion_main!(benches);
