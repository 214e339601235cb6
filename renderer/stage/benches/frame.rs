//! One frame of each built-in scene at 640×360, from input to the finished picture:
//! `cargo bench -p renderer-stage --bench frame`

#![expect(clippy::unwrap_used, reason = "a bench that cannot run says so")]
#![expect(clippy::disallowed_methods, reason = "reads the scenes beside it")]

#[path = "../tests/it/song.rs"]
mod song;

use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use renderer_gpu::{Gpu, GpuSettings};
use renderer_scene::{SceneInput, native};
use renderer_stage::{Stage, StageSettings};

const FRAMES_PER_SEC: u32 = 30;

fn frames(c: &mut Criterion) {
    let gpu = Gpu::new(&GpuSettings::default()).unwrap();
    let mut group = c.benchmark_group("frame 640x360");
    group.sample_size(30);
    let folder = Path::new("../../shaders/scenes");
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "wgsl"));
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let scene = Arc::new(native::compile(&std::fs::read_to_string(&path).unwrap(), &name).unwrap());
        let settings = StageSettings { size: [640, 360], live: false, ..StageSettings::default() };
        let mut stage = Stage::new(&gpu, settings).unwrap();
        stage.install(scene.clone()).unwrap();
        let mut frame = 0;
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let program = song::program(&scene, 1, frame, FRAMES_PER_SEC);
                let layers = vec![song::layer(1, SceneInput::Program(program))];
                stage.render(&song::input(frame, FRAMES_PER_SEC, layers)).unwrap();
                gpu.wait();
                frame += 1;
            });
        });
    }
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
