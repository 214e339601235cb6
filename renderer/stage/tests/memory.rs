//! What the process holds: alone in its process, so that nothing else is counted.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot run fails")]
#![expect(clippy::disallowed_methods, reason = "asks the system what the process holds")]

#[path = "it/song.rs"]
mod song;

use std::sync::Arc;

use renderer_gpu::{AdapterChoice, Gpu, GpuSettings};
use renderer_scene::{PictureId, SceneInput, SceneProgram, native};
use renderer_stage::{Picture, Stage, StageSettings};

const FRAMES_PER_SEC: u32 = 30;

/// A scene that begins anew in its first frame, as feedback scenes do. Where a driver makes a shader for each
/// value of the clock, and keeps it, this one takes megabytes a frame.
const CLOCKED: &str = "/*---
name = \"Clocked\"
---*/
fn image(p: Pixel) -> vec4f {
    if frame.time.z < 1.5 && frame.extra.y < 0.5 {
        return vec4f(p.uv, 0.0, 1.0);
    }
    var light = vec3f(0.0);
    for (var i = 0; i < 24; i++) {
        light += hue(noise2(p.uv * f32(i + 1) + frame.time.x)) * pulse(frame.kick, 0.1);
    }
    return vec4f(light, 1.0);
}";

/// A scene that shows both pictures.
const MORPH: &str = "/*---
name = \"Morph\"
---*/
fn image(p: Pixel) -> vec4f { return mix(look(picture_a, p.uv), look(picture_b, p.uv), frame.extra.x); }";

fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn stage(source: &str) -> (Stage, Arc<SceneProgram>) {
    let gpu = Gpu::new(&GpuSettings { adapter: AdapterChoice::Software, ..GpuSettings::default() }).unwrap();
    let settings = StageSettings { size: [64, 36], live: true, ..StageSettings::default() };
    let mut stage = Stage::new(&gpu, settings).unwrap();
    let program = Arc::new(native::compile(source, "memory").unwrap());
    stage.install(program.clone()).unwrap();
    (stage, program)
}

#[test]
fn a_long_show_takes_no_more_memory() {
    let (mut stage, clocked) = stage(CLOCKED);
    let mut held = 0;
    for frame in 0..180 {
        let layer = song::layer(1, SceneInput::Program(song::program(&clocked, 1, frame, FRAMES_PER_SEC)));
        stage.render(&song::input(frame, FRAMES_PER_SEC, vec![layer])).unwrap();
        stage.gpu().wait();
        if frame == 60 {
            held = resident_bytes();
        }
    }
    let grown = resident_bytes().saturating_sub(held);
    assert!(grown < 8 << 20, "{} MB in 120 frames", grown >> 20);
    swaps();
}

/// Pictures A and B, each replaced five thousand times.
fn swaps() {
    let (mut stage, morph) = stage(MORPH);
    let before = stage.texture_stats();
    let mut shown = [None::<PictureId>; 2];
    let mut held = 0;
    for swap in 0..10_000_u32 {
        let (id, side) = (PictureId(1_000 + u128::from(swap)), (swap % 2) as usize);
        let rgba = Arc::from(vec![(swap % 251) as u8; 64 * 64 * 4]);
        stage.put_picture(id, Picture { width: 64, height: 64, rgba }).unwrap();
        let old = shown[side].replace(id);
        if swap % 10 == 0 {
            let frame = u64::from(swap / 10);
            let layer = song::layer(1, SceneInput::Program(song::program(&morph, 1, frame, FRAMES_PER_SEC)));
            let mut input = song::input(frame, FRAMES_PER_SEC, vec![layer]);
            input.pictures = shown;
            stage.render(&input).unwrap();
            stage.gpu().wait();
        }
        if let Some(old) = old {
            stage.remove_picture(old);
        }
        if swap == 2_000 {
            held = resident_bytes();
        }
    }
    let grown = resident_bytes().saturating_sub(held);
    for id in shown.into_iter().flatten() {
        stage.remove_picture(id);
    }
    for frame in 0..400 {
        stage.render(&song::input(1_000 + frame, FRAMES_PER_SEC, Vec::new())).unwrap();
    }
    let after = stage.texture_stats();
    println!("{} KB more after 8,000 swaps, {before:?}, {after:?}", grown >> 10);
    assert!(grown <= 1 << 20, "{} KB more after 8,000 swaps", grown >> 10);
    assert!(after.live_bytes <= before.live_bytes, "{before:?}, then {after:?}");
}
