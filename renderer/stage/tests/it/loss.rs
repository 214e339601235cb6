use std::sync::Arc;

use renderer_scene::{FrameInput, SceneInput, SceneProgram};
use renderer_stage::{Stage, StageError};

use crate::rig::{FRAMES_PER_SEC, assert_all, code, gpu, one, scene, settings, stage};
use crate::song;

const FEEDBACK: &str = "/*---\n[[buffer]]\nname = \"trail\"\npersistent = true\n[[pass]]\nimage = \"fade\"\ntarget = \"trail\"\n[[pass]]\nimage = \"show\"\n---*/\n\
    fn fade(p: Pixel) -> vec4f {\n\
        let old = look(trail, (p.uv - 0.5) * 0.97 + 0.5).rgb * 0.96;\n\
        return vec4f(old + 0.4 * frame.kick.w * vec3f(random(u32(p.px.x) + 64u * u32(p.px.y)), spectrum(p.uv.x), 0.3), 1.0);\n\
    }\n\
    fn show(p: Pixel) -> vec4f { return look(trail, p.uv) + look(previous, p.uv) * 0.3; }";

const PARTICLES: &str = "/*---\n[[buffer]]\nname = \"field\"\nsize = [32, 32]\nformat = \"rgba32f\"\npersistent = true\nfilter = false\n\
    [[storage]]\nname = \"cells\"\ntype = \"vec4f\"\ncount = 64\n\
    [[pass]]\ncompute = \"move_cells\"\ngroups = [1, 1, 1]\n[[pass]]\ncompute = \"diffuse\"\ncover = \"field\"\n[[pass]]\nimage = \"show\"\n---*/\n\
    @compute @workgroup_size(64) fn move_cells(@builtin(local_invocation_index) i: u32) {\n\
        cells[i] = fract(cells[i] * 1.01 + vec4f(random(i) * 0.05, frame.bass.x * 0.03, frame.kick.w * 0.1, 0.01));\n\
    }\n\
    @compute @workgroup_size(8, 8) fn diffuse(@builtin(global_invocation_id) id: vec3u) {\n\
        let at = vec2i(id.xy);\n\
        let near = textureLoad(field, (at + vec2i(1, 0)) % 32, 0) + textureLoad(field, (at + vec2i(0, 1)) % 32, 0);\n\
        textureStore(field_out, at, near * 0.45 + cells[(id.x + id.y * 3u) % 64u] * 0.1);\n\
    }\n\
    fn show(p: Pixel) -> vec4f { return vec4f(textureLoad(field, vec2i(p.uv * 32.0), 0).rgb, 1.0); }";

const FRAMES: u64 = 70;

fn render(stage: &mut Stage, scene: &Arc<SceneProgram>, lose_before: impl Fn(u64) -> bool) -> Vec<Vec<u8>> {
    stage.install(scene.clone()).unwrap();
    (0..FRAMES)
        .map(|frame| {
            if lose_before(frame) {
                stage.gpu().lose();
            }
            let (pixels, report) = stage.render_exact(&one(scene, frame), &mut |gpu| gpu.rebirth()).unwrap();
            assert!(report.faults.is_empty(), "{report:?}");
            pixels.data
        })
        .collect()
}

#[test]
fn a_lost_device_changes_no_pixel_of_an_offline_render() {
    for source in [FEEDBACK, PARTICLES] {
        let scene = scene(source);
        let calm = render(&mut stage([32, 32]), &scene, |_| false);
        assert!(calm.windows(2).any(|pair| pair[0] != pair[1]), "the scene moves");
        let mut stage = stage([32, 32]);
        // Early, twice in a row, and after the first checkpoint.
        let rough = render(&mut stage, &scene, |frame| matches!(frame, 1 | 20 | 21 | 65));
        for (frame, (a, b)) in calm.iter().zip(&rough).enumerate() {
            assert!(a == b, "frame {frame} differs after a loss");
        }
        assert_eq!(stage.gpu().generation().0, 5);
    }
}

#[test]
fn memory_that_grows_with_a_parameter_keeps_what_it_holds_and_survives_a_loss() {
    // Each column counts the frames since the parameter reached it.
    let scene = scene(
        "/*---\n[[param]]\nname = \"crowd\"\nmin = 1.0\nmax = 4.0\ndefault = 1.0\n\
         [[storage]]\nname = \"counts\"\ntype = \"vec4f\"\ncount = 1\ntimes = \"crowd\"\n\
         [[pass]]\ncompute = \"count\"\ngroups = [1, 1, 1]\ntimes = \"crowd\"\n[[pass]]\nimage = \"show\"\n---*/\n\
         @compute @workgroup_size(1) fn count(@builtin(global_invocation_id) id: vec3u) { counts[id.x].x += 1.0; }\n\
         fn show(p: Pixel) -> vec4f {\n\
             let x = u32(p.px.x);\n\
             return vec4f(vec3f(select(0.0, counts_ro[x].x * 0.005, x < arrayLength(&counts_ro))), 1.0);\n\
         }",
    );
    let input = |frame: u64| -> FrameInput {
        let mut program = song::program(&scene, 1, frame, FRAMES_PER_SEC);
        let crowd = if frame < 10 {
            1.0
        } else if frame < 30 {
            3.0
        } else {
            2.0
        };
        program.params = vec![[crowd, 0.0, 0.0, 0.0]];
        song::input(frame, FRAMES_PER_SEC, vec![song::layer(1, SceneInput::Program(program))])
    };
    for lost_before in [None, Some(12), Some(61)] {
        let mut stage = stage([4, 1]);
        stage.install(scene.clone()).unwrap();
        let mut pixels = Vec::new();
        for frame in 0..FRAMES {
            if lost_before == Some(frame) {
                stage.gpu().lose();
            }
            let (picture, report) = stage.render_exact(&input(frame), &mut |gpu| gpu.rebirth()).unwrap();
            assert!(report.faults.is_empty(), "{report:?}");
            pixels = picture.data.chunks(4).map(|p| [p[0], p[1], p[2], p[3]]).collect();
        }
        for (column, frames) in [70, 60, 20, 0].into_iter().enumerate() {
            assert_all(&pixels[column..=column], [code(frames as f32 * 0.005); 3], 1);
        }
    }
}

#[test]
fn a_live_show_goes_on_from_its_last_checkpoint() {
    let scene = scene("fn image(p: Pixel) -> vec4f { return vec4f(look(previous, p.uv).rgb + 0.004, 1.0); }");
    let mut stage =
        Stage::new(&gpu(), renderer_stage::StageSettings { live: true, ..settings([4, 4]) }).unwrap();
    stage.install(scene.clone()).unwrap();
    let mut brightness = Vec::new();
    for frame in 0..150 {
        if frame == 140 {
            stage.gpu().lose();
            let lost = stage.render(&one(&scene, frame)).unwrap_err();
            assert!(matches!(lost, StageError::Lost { .. }), "{lost}");
            let next = stage.gpu().rebirth().unwrap();
            stage.rebuild(&next).unwrap();
        }
        stage.render(&one(&scene, frame)).unwrap();
        stage.gpu().wait();
        brightness.push(stage.read_output().unwrap().data[0]);
    }
    let (before, after) = (brightness[139], brightness[140]);
    assert!(after < before, "the picture went back: {before} to {after}");
    // The last checkpoint is of 4 s, frame 120; it may have arrived a frame or two later.
    assert!(brightness[117..=122].contains(&after), "it went back at most 2 s: {before} to {after}");
}

#[test]
fn a_device_that_dies_while_the_stage_is_rebuilt_costs_nothing_but_time() {
    let scene = scene(FEEDBACK);
    let calm = render(&mut stage([32, 32]), &scene, |_| false);
    let mut stage = stage([32, 32]);
    stage.install(scene.clone()).unwrap();
    let mut dead_on_arrival = 0;
    for frame in 0..30 {
        if frame % 10 == 9 {
            stage.gpu().lose();
            dead_on_arrival = 2;
        }
        let mut remake = |gpu: &renderer_gpu::Gpu| {
            let next = gpu.rebirth()?;
            if dead_on_arrival > 0 {
                dead_on_arrival -= 1;
                next.lose();
                next.wait();
            }
            Ok(next)
        };
        let (pixels, _) = stage.render_exact(&one(&scene, frame), &mut remake).unwrap();
        assert!(pixels.data == calm[frame as usize], "frame {frame} differs");
    }
    assert_eq!(stage.gpu().generation().0, 10);
}

#[test]
fn a_live_rebuild_compiles_what_is_on_stage_and_no_more() {
    let (shown, spare) = (scene(FEEDBACK), scene(PARTICLES));
    let mut stage =
        Stage::new(&gpu(), renderer_stage::StageSettings { live: true, ..settings([4, 4]) }).unwrap();
    stage.install(shown.clone()).unwrap();
    stage.install(spare.clone()).unwrap();
    stage.render(&one(&shown, 0)).unwrap();
    let next = stage.gpu().rebirth().unwrap();
    stage.rebuild(&next).unwrap();
    assert!(stage.has_program(shown.id) && !stage.has_program(spare.id));
}

#[test]
fn textures_are_counted_the_same_after_a_loss() {
    let scene = scene(FEEDBACK);
    let mut stage = stage([32, 32]);
    render(&mut stage, &scene, |_| false);
    let before = stage.texture_stats();
    stage.gpu().lose();
    stage.render_exact(&one(&scene, FRAMES), &mut |gpu| gpu.rebirth()).unwrap();
    let after = stage.texture_stats();
    assert_eq!((before.num_live, before.live_bytes), (after.num_live, after.live_bytes));
}
