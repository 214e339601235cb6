use renderer_stage::ScaleControl;

use crate::rig::{draw, one, scene, stage};

const BUDGET_SECS: f32 = 1.0 / 30.0;

/// Runs frames on a machine with a fixed and a per-pixel cost (at full size), in milliseconds, with a little noise.
fn run(control: &mut ScaleControl, fixed_ms: f32, pixels_ms: f32, frames: u32) -> Vec<f32> {
    (0..frames)
        .map(|i| {
            let noise = 1.0 + 0.08 * ((i * 7919 % 100) as f32 / 50.0 - 1.0);
            let cost_ms = (fixed_ms + pixels_ms * control.scale().powi(2)) * noise;
            control.frame(cost_ms / 1000.0)
        })
        .collect()
}

fn changes(scales: &[f32]) -> usize {
    scales.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

#[test]
fn a_strong_machine_keeps_the_full_size() {
    let scales = run(&mut ScaleControl::new(BUDGET_SECS), 2.0, 20.0, 600);
    assert!(scales.iter().all(|s| *s == 1.0));
}

#[test]
fn a_weak_machine_is_within_budget_in_under_two_seconds() {
    for (fixed_ms, pixels_ms) in [(5.0, 40.0), (2.0, 90.0), (10.0, 60.0)] {
        let mut control = ScaleControl::new(BUDGET_SECS);
        run(&mut control, fixed_ms, pixels_ms, 60);
        let cost_ms = fixed_ms + pixels_ms * control.scale().powi(2);
        assert!(cost_ms <= 33.4, "{fixed_ms} + {pixels_ms} ms: {cost_ms} ms at {}", control.scale());
    }
}

#[test]
fn it_never_goes_below_half() {
    let mut control = ScaleControl::new(BUDGET_SECS);
    let scales = run(&mut control, 50.0, 500.0, 600);
    assert_eq!(scales.last(), Some(&0.5));
    assert!(scales.iter().all(|s| *s >= 0.5));
}

#[test]
fn it_does_not_flutter_between_two_sizes() {
    for pixels_ms in 20..120 {
        let mut control = ScaleControl::new(BUDGET_SECS);
        let scales = run(&mut control, 4.0, pixels_ms as f32, 30 * 120);
        assert!(changes(&scales) <= 12, "{pixels_ms} ms: {} changes in two minutes", changes(&scales));
    }
}

#[test]
fn it_comes_back_when_the_load_is_gone() {
    let mut control = ScaleControl::new(BUDGET_SECS);
    run(&mut control, 2.0, 100.0, 120);
    assert!(control.scale() < 0.7);
    let scales = run(&mut control, 2.0, 8.0, 30 * 20);
    assert_eq!(scales.last(), Some(&1.0));
}

#[test]
fn one_long_frame_changes_nothing() {
    let mut control = ScaleControl::new(BUDGET_SECS);
    run(&mut control, 2.0, 20.0, 60);
    assert_eq!(control.frame(2.0), 1.0);
    assert!(run(&mut control, 2.0, 20.0, 120).iter().all(|s| *s == 1.0));
}

#[test]
fn a_dear_program_is_drawn_smaller_and_still_fills_the_picture() {
    let ramp =
        scene("fn image(p: Pixel) -> vec4f { return vec4f(p.uv.x * 0.5, floor(p.px.x) * 0.01, 0.0, 1.0); }");
    let mut stage = stage([32, 16]);
    stage.install(ramp.clone()).unwrap();
    let whole = draw(&mut stage, &one(&ramp, 0));
    stage.set_program_scale(ramp.id, 0.5);
    let small = draw(&mut stage, &one(&ramp, 1));
    for (a, b) in whole.iter().zip(&small) {
        assert!(a[0].abs_diff(b[0]) <= 24, "{a:?} {b:?}");
    }
    // Its own pixels are half as many: the last column is number 15, not 31.
    assert!(small[31][1] < whole[31][1]);
    stage.set_program_scale(ramp.id, 1.0);
    assert_eq!(draw(&mut stage, &one(&ramp, 0)), whole);
}
