use std::sync::Arc;

use renderer_gpu::{Gpu, GpuSettings};
use renderer_scene::{PictureId, SceneInput};
use renderer_stage::{Picture, Stage, StageError, StageSettings};

use crate::rig::{FRAMES_PER_SEC, assert_all, draw, gpu, one, scene, settings, stage};
use crate::song;

fn plain(side: u32, rgb: [u8; 3]) -> Picture {
    let rgba = [rgb[0], rgb[1], rgb[2], 255].repeat((side * side) as usize);
    Picture { width: side, height: side, rgba: Arc::from(rgba) }
}

#[test]
fn a_picture_layer_shows_the_bytes_of_its_file() {
    let mut stage = stage([8, 8]);
    for (i, rgb) in [[255, 128, 0], [12, 200, 77]].into_iter().enumerate() {
        let id = PictureId(100 + i as u128);
        stage.put_picture(id, plain(4, rgb)).unwrap();
        let input = song::input(0, FRAMES_PER_SEC, vec![song::layer(1, SceneInput::Picture(id))]);
        assert_all(&draw(&mut stage, &input), rgb, 1);
    }
}

#[test]
fn a_wide_picture_covers_a_square_frame_by_its_middle() {
    let row = [[255_u8, 0, 0, 255], [0, 255, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]];
    let rgba = std::iter::repeat_n(row, 2).flatten().flatten().collect::<Vec<_>>();
    let mut stage = stage([4, 4]);
    stage.put_picture(PictureId(7), Picture { width: 4, height: 2, rgba: Arc::from(rgba) }).unwrap();
    let input = song::input(0, FRAMES_PER_SEC, vec![song::layer(1, SceneInput::Picture(PictureId(7)))]);
    let pixels = draw(&mut stage, &input);
    assert_all(&pixels[5..7], [0, 255, 0], 1);
}

#[test]
fn pictures_a_and_b_are_built_in_until_the_show_names_others() {
    let both = scene(
        "fn image(p: Pixel) -> vec4f { return vec4f(look(picture_a, p.uv).rgb, 1.0) * step(p.uv.x, 0.5) + vec4f(look(picture_b, p.uv).rgb, 1.0) * step(0.5, p.uv.x); }",
    );
    let mut stage = stage([32, 32]);
    stage.install(both.clone()).unwrap();
    let built_in = draw(&mut stage, &one(&both, 0));
    assert!(built_in.iter().filter(|p| p[0] > 20 || p[2] > 20).count() > 500, "both halves show something");
    stage.put_picture(PictureId(9), plain(2, [0, 99, 0])).unwrap();
    let mut input = one(&both, 1);
    input.pictures = [Some(PictureId(9)), Some(PictureId(9))];
    assert_all(&draw(&mut stage, &input), [0, 99, 0], 1);
}

#[test]
fn ten_thousand_swaps_leave_the_counters_where_they_were() {
    let morph = scene(
        "fn image(p: Pixel) -> vec4f { return mix(look(picture_a, p.uv), look(picture_b, p.uv), frame.extra.x); }",
    );
    let mut stage = stage([8, 8]);
    stage.install(morph.clone()).unwrap();
    let mut input = one(&morph, 0);
    stage.render(&input).unwrap();
    let before = stage.texture_stats();
    let mut most = 0;
    for swap in 0..10_000_u32 {
        let (id, side) = (PictureId(1000 + u128::from(swap)), (swap % 2) as usize);
        stage.put_picture(id, plain(16, [(swap % 251) as u8, 7, 9])).unwrap();
        let old = input.pictures[side].replace(id);
        // Each fortieth swap is seen; the others come and go between two frames.
        if swap % 40 == 0 {
            stage.render(&input).unwrap();
            most = most.max(stage.texture_stats().num_live);
        }
        if let Some(old) = old {
            stage.remove_picture(old);
        }
    }
    for side in 0..2 {
        stage.remove_picture(input.pictures[side].take().unwrap());
    }
    stage.render(&input).unwrap();
    let after = stage.texture_stats();
    assert_eq!((before.num_live, before.live_bytes), (after.num_live, after.live_bytes));
    assert!(most <= before.num_live + 3, "{most} textures at once, {} at rest", before.num_live);
}

#[test]
fn bytes_that_do_not_fill_a_picture_are_refused() {
    let error = stage([4, 4])
        .put_picture(PictureId(1), Picture { width: 3, height: 3, rgba: Arc::from(vec![0; 35]) });
    assert!(matches!(error, Err(StageError::PictureBytes { width: 3, height: 3, bytes: 35 })), "{error:?}");
}

#[test]
fn a_large_picture_arrives_over_frames_while_the_old_one_stays() {
    let show_a = scene("fn image(p: Pixel) -> vec4f { return look(picture_a, p.uv); }");
    let gpu = Gpu::new(&GpuSettings { upload_bytes_per_frame: 0, ..gpu().settings().clone() }).unwrap();
    let mut stage = Stage::new(&gpu, StageSettings { live: true, ..settings([4, 4]) }).unwrap();
    stage.install(show_a.clone()).unwrap();
    let (old, new) = (PictureId(50), PictureId(51));
    stage.put_picture(old, plain(16, [0, 100, 0])).unwrap();
    let mut input = one(&show_a, 0);
    input.pictures[0] = Some(old);
    assert_all(&draw(&mut stage, &input), [0, 100, 0], 1);
    // A quarter of a megabyte at 64 KiB a frame.
    stage.put_picture(new, plain(256, [100, 0, 0])).unwrap();
    input.pictures[0] = Some(new);
    for _ in 0..3 {
        assert_all(&draw(&mut stage, &input), [0, 100, 0], 1);
    }
    assert_all(&draw(&mut stage, &input), [100, 0, 0], 1);
}

#[test]
fn two_hundred_4k_pictures_stay_within_the_budget_and_can_be_called_back() {
    // One picture's bytes for all of them: it is the device's memory that counts.
    let bytes: Arc<[u8]> = Arc::from(vec![80; 3840 * 2160 * 4]);
    let big = || Picture { width: 3840, height: 2160, rgba: bytes.clone() };
    let budget_bytes = 128 * 1024 * 1024;
    let gpu_settings = GpuSettings { texture_budget_bytes: budget_bytes, ..gpu().settings().clone() };
    let gpu = Gpu::new(&gpu_settings).unwrap();
    let mut stage = Stage::new(&gpu, StageSettings { live: true, ..settings([8, 8]) }).unwrap();
    let show_a = scene("fn image(p: Pixel) -> vec4f { return look(picture_a, p.uv); }");
    stage.install(show_a.clone()).unwrap();
    let mut input = one(&show_a, 0);
    let mut refused = 0;
    for no in 0..200 {
        let id = PictureId(5_000 + no);
        refused += u32::from(stage.put_picture(id, big()).is_err());
        if no % 10 == 0 {
            input.pictures[0] = Some(id);
            stage.render(&input).unwrap();
        }
        let live = stage.texture_stats().live_bytes;
        assert!(live <= budget_bytes, "{live} bytes after picture {no}");
    }
    assert!(refused < 200, "at least some were taken");
    // Called back while they are still on their way.
    (0..200).for_each(|no| stage.remove_picture(PictureId(5_000 + no)));
    input.pictures[0] = None;
    stage.render(&input).unwrap();
    let live = stage.texture_stats().live_bytes;
    assert!(live < 3840 * 2160 * 4, "{live} bytes are left");
    assert_eq!(gpu.errors().total(), 0);
}
