//! A stage on the software adapter, and the shortest way from a scene to pixels.

use std::sync::Arc;

use renderer_gpu::{AdapterChoice, Gpu, GpuSettings};
use renderer_scene::{FrameInput, SceneInput, SceneProgram, native};
use renderer_stage::{Stage, StageSettings};

use crate::song;

pub(crate) const FRAMES_PER_SEC: u32 = 30;

pub(crate) fn gpu() -> Gpu {
    Gpu::new(&GpuSettings { adapter: AdapterChoice::Software, ..GpuSettings::default() }).unwrap()
}

/// Offline, without glow and limiter: what a scene draws is what comes out.
pub(crate) fn settings(size: [u32; 2]) -> StageSettings {
    StageSettings { size, bloom: 0.0, live: false, limit_flashes: false, ..StageSettings::default() }
}

pub(crate) fn stage(size: [u32; 2]) -> Stage {
    Stage::new(&gpu(), settings(size)).unwrap()
}

pub(crate) fn scene(source: &str) -> Arc<SceneProgram> {
    Arc::new(native::compile(source, "test").unwrap())
}

/// A scene of one colour, linear light.
pub(crate) fn flat(r: f32, g: f32, b: f32, a: f32) -> Arc<SceneProgram> {
    scene(&format!("fn image(p: Pixel) -> vec4f {{ return vec4f({r:?}, {g:?}, {b:?}, 1.0) * {a:?}; }}"))
}

/// The scene as a layer's content, its instance numbered 1.
pub(crate) fn content(scene: &SceneProgram, frame: u64) -> SceneInput {
    SceneInput::Program(song::program(scene, 1, frame, FRAMES_PER_SEC))
}

pub(crate) fn one(scene: &SceneProgram, frame: u64) -> FrameInput {
    song::input(frame, FRAMES_PER_SEC, vec![song::layer(1, content(scene, frame))])
}

/// Draws one input, which nothing may go wrong with, and returns its pixels.
pub(crate) fn draw(stage: &mut Stage, input: &FrameInput) -> Vec<[u8; 4]> {
    let report = stage.render(input).unwrap();
    assert!(report.missing.is_empty() && report.faults.is_empty(), "{report:?}");
    let pixels = stage.read_output().unwrap();
    assert_eq!(stage.gpu().errors().total(), 0, "the device refused a call");
    pixels.data.chunks(4).map(|p| [p[0], p[1], p[2], p[3]]).collect()
}

/// Draws frames 0 to `frames - 1` of a scene and returns the pixels of the last.
pub(crate) fn last(stage: &mut Stage, scene: &Arc<SceneProgram>, frames: u64) -> Vec<[u8; 4]> {
    stage.install(scene.clone()).unwrap();
    (0..frames).map(|frame| draw(stage, &one(scene, frame))).last().unwrap()
}

/// The screen code of linear light below the knee of the tone curve.
pub(crate) fn code(light: f32) -> u8 {
    let c = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (c * 255.0).round() as u8
}

/// Fails unless every channel of every pixel is within `tolerance` of `expected`.
pub(crate) fn assert_all(pixels: &[[u8; 4]], expected: [u8; 3], tolerance: u8) {
    for (i, pixel) in pixels.iter().enumerate() {
        for (channel, want) in expected.iter().enumerate() {
            assert!(
                pixel[channel].abs_diff(*want) <= tolerance,
                "pixel {i} is {pixel:?}, expected {expected:?}"
            );
        }
    }
}
