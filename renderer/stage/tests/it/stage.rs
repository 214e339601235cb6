use std::sync::Arc;

use renderer_gpu::{AdapterChoice, Gpu, GpuSettings};
use renderer_scene::{SceneInput, SceneProgram, native};
use renderer_stage::{Stage, StageSettings};

use crate::song;

fn gpu() -> Gpu {
    Gpu::new(&GpuSettings { adapter: AdapterChoice::Software, ..GpuSettings::default() }).unwrap()
}

fn stage(gpu: &Gpu, size: [u32; 2]) -> Stage {
    Stage::new(gpu, StageSettings { size, bloom: 0.0, live: false }).unwrap()
}

fn scene(source: &str) -> Arc<SceneProgram> {
    Arc::new(native::compile(source, "test").unwrap())
}

/// Draws frames of one scene and returns the last.
fn last_frame(stage: &mut Stage, scene: &Arc<SceneProgram>, frames: u64) -> Vec<u8> {
    stage.install(scene.clone()).unwrap();
    for frame in 0..frames {
        let program = SceneInput::Program(song::program(scene, 1, frame, 30));
        let report = stage.render(&song::input(frame, 30, vec![song::layer(1, program)])).unwrap();
        assert!(report.missing.is_empty() && report.faults.is_empty(), "{report:?}");
    }
    let data = stage.read_output().unwrap().data;
    assert_eq!(stage.gpu().errors().total(), 0);
    data
}

#[test]
fn a_flat_scene_is_its_colour_on_the_screen() {
    let gpu = gpu();
    let flat = scene("fn image(p: Pixel) -> vec4f { return vec4f(0.5, 0.0, 0.25, 1.0); }");
    let pixels = last_frame(&mut stage(&gpu, [8, 4]), &flat, 1);
    for pixel in pixels.chunks(4) {
        // The sRGB codes of 0.5 and 0.25, below the knee of the tone curve.
        assert!(pixel[0].abs_diff(188) <= 1 && pixel[1] == 0 && pixel[2].abs_diff(137) <= 1, "{pixel:?}");
    }
}
