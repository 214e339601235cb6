//! The flash limiter: what it holds back, and what it leaves alone.

use std::sync::Arc;

use renderer_gpu::Gpu;
use renderer_scene::SceneProgram;
use renderer_stage::{Stage, StageSettings};

use crate::rig::{FRAMES_PER_SEC, flat, gpu, one, scene, settings};

const SIZE: [u32; 2] = [128, 72];
/// The guideline: three flashes a second, of two changes each.
const MAX_CHANGES: usize = 6;

fn luminance(pixel: &[u8]) -> f32 {
    let linear = |code: u8| {
        let c = f32::from(code) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(pixel[0]) + 0.7152 * linear(pixel[1]) + 0.0722 * linear(pixel[2])
}

/// The most changes of a tenth against the last direction within any second.
fn most_changes(values: &[f32]) -> usize {
    let (mut furthest, mut direction, mut changes) = (values[0], 0.0_f32, Vec::new());
    for (frame, value) in values.iter().enumerate() {
        let away = value - furthest;
        if direction != 0.0 && away * direction >= 0.0 {
            furthest = *value;
        } else if away.abs() >= 0.1 && value.min(furthest) < 0.8 {
            (direction, furthest) = (away.signum(), *value);
            changes.push(frame);
        }
    }
    let within = |from: &usize| {
        changes.iter().filter(|at| (*from..*from + FRAMES_PER_SEC as usize).contains(at)).count()
    };
    changes.iter().map(within).max().unwrap_or(0)
}

/// Draws two scenes by turns, each for so many frames, and returns one pixel's luminance in each.
fn flashing(
    stage: &mut Stage,
    scenes: [&Arc<SceneProgram>; 2],
    hold: u64,
    frames: u64,
    pixel: usize,
) -> Vec<f32> {
    for scene in scenes {
        stage.install(scene.clone()).unwrap();
    }
    (0..frames)
        .map(|frame| {
            stage.render(&one(scenes[(frame / hold % 2) as usize], frame)).unwrap();
            luminance(&stage.read_output().unwrap().data[pixel * 4..])
        })
        .collect()
}

fn whole(limit: bool, scenes: [&Arc<SceneProgram>; 2], hold: u64) -> Vec<f32> {
    let settings = StageSettings { limit_flashes: limit, ..settings(SIZE) };
    let middle = (SIZE[0] * SIZE[1] / 2 + SIZE[0] / 2) as usize;
    flashing(&mut Stage::new(&gpu(), settings).unwrap(), scenes, hold, 90, middle)
}

#[test]
fn a_strobe_is_held_to_three_flashes_a_second_at_every_rate() {
    let (black, white) = (flat(0.0, 0.0, 0.0, 1.0), flat(1.0, 1.0, 1.0, 1.0));
    for hold in [1, 2, 3] {
        let free = most_changes(&whole(false, [&black, &white], hold));
        assert!(free > MAX_CHANGES, "the strobe itself: {free} changes");
        let held = most_changes(&whole(true, [&black, &white], hold));
        assert!(held <= MAX_CHANGES, "{held} changes within a second with {hold} frames each");
    }
}

#[test]
fn a_flash_on_each_beat_passes_untouched() {
    let (dark, bright) = (flat(0.1, 0.1, 0.1, 1.0), flat(0.5, 0.5, 0.5, 1.0));
    // 120 beats a minute: two flashes a second.
    let hold = u64::from(FRAMES_PER_SEC) / 4;
    assert_eq!(whole(true, [&dark, &bright], hold), whole(false, [&dark, &bright], hold));
}

#[test]
fn a_small_light_may_flicker() {
    let spot = "fn image(p: Pixel) -> vec4f { return vec4f(vec3f(step(length(p.uv - 0.5), 0.05)), 1.0); }";
    let (black, spot) = (flat(0.0, 0.0, 0.0, 1.0), scene(spot));
    let free = whole(false, [&black, &spot], 1);
    assert!(most_changes(&free) > MAX_CHANGES);
    assert_eq!(whole(true, [&black, &spot], 1), free);
}

#[test]
fn red_flashes_are_held_where_their_brightness_would_pass() {
    // A luminance of 0.085 is no general flash; saturated red is.
    let (black, red) = (flat(0.0, 0.0, 0.0, 1.0), flat(0.4, 0.0, 0.0, 1.0));
    let reds = |values: &[f32]| {
        let scaled: Vec<f32> = values.iter().map(|v| v / 0.2126 * 0.1 / 0.0625).collect();
        most_changes(&scaled)
    };
    assert!(reds(&whole(false, [&black, &red], 2)) > MAX_CHANGES);
    assert!(reds(&whole(true, [&black, &red], 2)) <= MAX_CHANGES);
}

#[test]
fn a_lost_device_changes_no_limited_picture() {
    let (black, white) = (flat(0.0, 0.0, 0.0, 1.0), flat(1.0, 1.0, 1.0, 1.0));
    let film = |lose_at: &[u64]| {
        let settings = StageSettings { limit_flashes: true, ..settings([32, 18]) };
        let mut stage = Stage::new(&gpu(), settings).unwrap();
        for scene in [&black, &white] {
            stage.install(scene.clone()).unwrap();
        }
        let draw = |frame: u64| {
            if lose_at.contains(&frame) {
                stage.gpu().lose();
            }
            let input = one([&black, &white][(frame / 2 % 2) as usize], frame);
            stage.render_exact(&input, &mut Gpu::rebirth).unwrap().0.data
        };
        (0..80).map(draw).collect::<Vec<_>>()
    };
    assert_eq!(film(&[]), film(&[13, 70]));
}
