use std::sync::Arc;

use renderer_scene::{
    Backdrop, Blend, LayerContent, LayerInput, PreviewRequest, ProgramInput, SceneInput, SceneProgram,
    TransitionInput,
};

use crate::rig::{FRAMES_PER_SEC, assert_all, code, draw, flat, one, scene, stage};
use crate::song;

fn input_of(scene: &Arc<SceneProgram>, instance: u64, frame: u64) -> ProgramInput {
    song::program(scene, instance, frame, FRAMES_PER_SEC)
}

fn solid(layer: u32, light: f32, blend: Blend, opacity: f32) -> LayerInput {
    let content = LayerContent::One(SceneInput::Solid([light, light, light, 1.0]));
    LayerInput { layer, content, opacity, blend, ..LayerInput::default() }
}

#[test]
fn every_blend_does_its_arithmetic_in_linear_light() {
    let (b, s): (f32, f32) = (0.5, 0.25);
    let soft = b - (1.0 - 2.0 * s) * b * (1.0 - b);
    let table = [
        (Blend::Normal, s),
        (Blend::Add, b + s),
        (Blend::Screen, b + s - b * s),
        (Blend::Multiply, b * s),
        (Blend::Difference, b - s),
        (Blend::Overlay, 2.0 * b * s),
        (Blend::Lighten, b),
        (Blend::Darken, s),
        (Blend::ColorDodge, b / (1.0 - s)),
        (Blend::ColorBurn, 0.0),
        (Blend::HardLight, 2.0 * s * b),
        (Blend::SoftLight, soft),
        (Blend::Exclusion, b + s - 2.0 * b * s),
        (Blend::Subtract, b - s),
        (Blend::Divide, b / s),
        (Blend::Luminosity, s),
    ];
    let mut stage = stage([2, 2]);
    // Light above the knee is compressed; the half opacity keeps the sums below it where they can be.
    for (blend, expected) in table {
        let layers = vec![solid(1, b, Blend::Normal, 1.0), solid(2, s, blend, 0.5)];
        let pixels = draw(&mut stage, &song::input(0, FRAMES_PER_SEC, layers));
        let mixed = b * 0.5 + expected * 0.5;
        let want = if mixed <= 0.6 { code(mixed) } else { code(tone(mixed)) };
        assert!(pixels[0][0].abs_diff(want) <= 1, "{blend:?}: {} is not {want}", pixels[0][0]);
    }
}

fn tone(light: f32) -> f32 {
    let t = ((light - 0.6) / 3.4).clamp(0.0, 1.0);
    0.6 + 0.4 * (t * 8.5 / (1.0 + 7.5 * t))
}

#[test]
fn a_crossfade_mixes_light_and_ends_where_it_should() {
    let (a, b) = (flat(0.5, 0.0, 0.0, 1.0), flat(0.0, 0.5, 0.0, 1.0));
    let mut stage = stage([4, 4]);
    stage.install(a.clone()).unwrap();
    stage.install(b.clone()).unwrap();
    for (progress, expected) in [(0.0, [0.5, 0.0]), (0.5, [0.25, 0.25]), (1.0, [0.0, 0.5])] {
        let transition = TransitionInput {
            from: SceneInput::Program(input_of(&a, 1, 0)),
            to: SceneInput::Program(input_of(&b, 2, 0)),
            program: None,
            progress,
        };
        let layer = LayerInput {
            content: LayerContent::Transition(Box::new(transition)),
            ..solid(1, 0.0, Blend::Normal, 1.0)
        };
        let pixels = draw(&mut stage, &song::input(0, FRAMES_PER_SEC, vec![layer]));
        assert_all(&pixels, [code(expected[0]), code(expected[1]), 0], 1);
    }
}

#[test]
fn a_transition_program_gets_both_pictures_and_the_progress() {
    let (a, b) = (flat(0.5, 0.0, 0.0, 1.0), flat(0.0, 0.5, 0.0, 1.0));
    let wipe = scene(
        "/*---\ninputs = 2\n---*/\nfn image(p: Pixel) -> vec4f { if p.uv.x < frame.extra.z { return look(to_image, p.uv); } return look(from_image, p.uv); }",
    );
    let mut stage = stage([4, 1]);
    for scene in [&a, &b, &wipe] {
        stage.install(scene.clone()).unwrap();
    }
    let transition = TransitionInput {
        from: SceneInput::Program(input_of(&a, 1, 0)),
        to: SceneInput::Program(input_of(&b, 2, 0)),
        program: Some(input_of(&wipe, 3, 0)),
        progress: 0.5,
    };
    let layer = LayerInput {
        content: LayerContent::Transition(Box::new(transition)),
        ..solid(1, 0.0, Blend::Normal, 1.0)
    };
    let pixels = draw(&mut stage, &song::input(0, FRAMES_PER_SEC, vec![layer]));
    assert_all(&pixels[..2], [0, code(0.5), 0], 1);
    assert_all(&pixels[2..], [code(0.5), 0, 0], 1);
}

#[test]
fn effects_run_in_order_on_their_layer() {
    let half = scene(
        "/*---\ninputs = 1\n---*/\nfn image(p: Pixel) -> vec4f { return vec4f(look(input, p.uv).rgb * 0.5, 1.0); }",
    );
    let lift = scene(
        "/*---\ninputs = 1\n---*/\nfn image(p: Pixel) -> vec4f { return vec4f(look(input, p.uv).rgb + 0.25, 1.0); }",
    );
    let mut stage = stage([2, 2]);
    stage.install(half.clone()).unwrap();
    stage.install(lift.clone()).unwrap();
    let layer = LayerInput {
        effects: vec![input_of(&half, 1, 0), input_of(&lift, 2, 0)],
        ..solid(1, 0.5, Blend::Normal, 1.0)
    };
    assert_all(&draw(&mut stage, &song::input(0, FRAMES_PER_SEC, vec![layer])), [code(0.5); 3], 1);
}

#[test]
fn a_missing_scene_leaves_out_its_layer_and_is_named() {
    let mut stage = stage([2, 2]);
    let absent = flat(0.3, 0.3, 0.3, 1.0);
    let layers =
        vec![solid(1, 0.5, Blend::Normal, 1.0), song::layer(2, SceneInput::Program(input_of(&absent, 1, 0)))];
    let report = stage.render(&song::input(0, FRAMES_PER_SEC, layers)).unwrap();
    assert_eq!(report.missing, [absent.id]);
    assert!(stage.read_output().unwrap().data[0].abs_diff(code(0.5)) <= 1);
}

#[test]
fn an_empty_show_is_black_and_so_is_a_blackout() {
    let mut stage = stage([2, 2]);
    assert_all(&draw(&mut stage, &song::input(0, FRAMES_PER_SEC, Vec::new())), [0; 3], 0);
    let mut input = song::input(1, FRAMES_PER_SEC, vec![solid(1, 0.5, Blend::Normal, 1.0)]);
    input.master.blackout = true;
    assert_all(&draw(&mut stage, &input), [0; 3], 0);
}

#[test]
fn a_frozen_stage_repeats_its_picture_and_then_goes_on() {
    let counter = scene("fn image(p: Pixel) -> vec4f { return vec4f(look(previous, p.uv).rgb + 0.1, 1.0); }");
    let mut stage = stage([2, 2]);
    stage.install(counter.clone()).unwrap();
    let mut input = one(&counter, 0);
    assert_all(&draw(&mut stage, &input), [code(0.1); 3], 1);
    input.master.frozen = true;
    for _ in 0..100 {
        assert_all(&draw(&mut stage, &input), [code(0.1); 3], 1);
    }
    input.master.frozen = false;
    assert_all(&draw(&mut stage, &input), [code(0.2); 3], 1);
}

#[test]
fn brightness_scales_light() {
    let mut stage = stage([2, 2]);
    let mut input = song::input(0, FRAMES_PER_SEC, vec![solid(1, 0.25, Blend::Normal, 1.0)]);
    input.master.brightness = 2.0;
    assert_all(&draw(&mut stage, &input), [code(0.5); 3], 1);
}

#[test]
fn previews_come_back_in_their_size_with_their_key() {
    let mut stage = stage([32, 32]);
    let layers = vec![solid(1, 0.5, Blend::Normal, 1.0), solid(2, 0.25, Blend::Add, 0.2)];
    let mut input = song::input(0, FRAMES_PER_SEC, layers);
    input.previews = vec![
        PreviewRequest { key: 11, layer: None, size: [8, 4], backdrop: Backdrop::Black },
        PreviewRequest { key: 12, layer: Some(2), size: [4, 4], backdrop: Backdrop::Black },
        PreviewRequest { key: 13, layer: None, size: [32, 32], backdrop: Backdrop::Black },
    ];
    stage.render(&input).unwrap();
    stage.gpu().wait();
    let (program, layer) = (stage.take_preview().unwrap(), stage.take_preview().unwrap());
    assert_eq!((program.key, program.width, program.height), (11, 8, 4));
    assert!(program.data[0].abs_diff(code(0.55)) <= 1, "{}", program.data[0]);
    assert_eq!((layer.key, layer.data.len()), (12, 64));
    assert!(layer.data[0].abs_diff(code(0.25)) <= 1, "{}", layer.data[0]);
    let whole = stage.take_preview().unwrap();
    assert_eq!(whole.data, stage.read_output().unwrap().data);
    assert!(stage.take_preview().is_none());
}

#[test]
fn glow_spreads_light_but_not_from_the_dark() {
    let point =
        scene("fn image(p: Pixel) -> vec4f { return vec4f(vec3f(6.0 * step(length(p.pos), 0.2)), 1.0); }");
    let settings = renderer_stage::StageSettings { bloom: 0.5, ..crate::rig::settings([64, 64]) };
    let mut stage = renderer_stage::Stage::new(&crate::rig::gpu(), settings).unwrap();
    stage.install(point.clone()).unwrap();
    let lit = draw(&mut stage, &one(&point, 0));
    let beside = lit[32 * 64 + 48][0];
    assert!(beside > 5, "the glow reaches beyond the disc: {beside}");
    let dark = flat(0.3, 0.3, 0.3, 1.0);
    stage.install(dark.clone()).unwrap();
    assert_all(&draw(&mut stage, &one(&dark, 1)), [code(0.3); 3], 1);
}

#[test]
fn what_each_layer_costs_is_told_some_frames_later() {
    let mut stage = stage([32, 32]);
    let layers = || vec![solid(7, 0.5, Blend::Normal, 1.0), solid(9, 0.25, Blend::Add, 0.2)];
    for frame in 0..3 {
        draw(&mut stage, &song::input(frame, FRAMES_PER_SEC, layers()));
    }
    let timings = stage.render(&song::input(3, FRAMES_PER_SEC, layers())).unwrap().timings;
    assert_eq!(timings.layers.iter().map(|(layer, _)| *layer).collect::<Vec<_>>(), [7, 9]);
    let sum = timings.layers.iter().map(|(_, millis)| millis).sum::<f32>();
    assert!(timings.total > 0.0 && sum <= timings.total, "{timings:?}");
}

#[test]
fn a_foreign_scene_shows_its_screen_colours_alone_and_under_a_layer() {
    let mut foreign = (*scene("fn image(p: Pixel) -> vec4f { return vec4f(1.0, 0.5, 0.25, 1.0); }")).clone();
    foreign.output_srgb = true;
    let foreign = Arc::new(foreign);
    let mut stage = stage([2, 2]);
    stage.install(foreign.clone()).unwrap();
    let alone = one(&foreign, 0);
    assert_all(&draw(&mut stage, &alone), [255, 128, 64], 1);
    let mut under = alone.clone();
    under.layers.push(solid(2, 0.0, Blend::Add, 1.0));
    assert_all(&draw(&mut stage, &under), [255, 128, 64], 1);
    let mut over = song::input(0, FRAMES_PER_SEC, vec![solid(1, 0.5, Blend::Normal, 1.0)]);
    over.layers.extend(alone.layers);
    assert_all(&draw(&mut stage, &over), [255, 128, 64], 1);
}

#[test]
fn a_layers_preview_is_seen_over_black_where_the_layer_is_clear() {
    let mut words = (*scene("fn image(p: Pixel) -> vec4f { return vec4f(1.0, 1.0, 1.0, 0.25); }")).clone();
    words.output_srgb = true;
    let words = Arc::new(words);
    let mut stage = stage([4, 4]);
    stage.install(words.clone()).unwrap();
    let mut input = one(&words, 0);
    let layer = Some(input.layers[0].layer);
    input.previews = vec![PreviewRequest { key: 1, layer, size: [2, 2], backdrop: Backdrop::Black }];
    draw(&mut stage, &input);
    stage.gpu().wait();
    let seen = stage.take_preview().unwrap();
    assert_eq!(
        [0, 3].map(|c| seen.data[c].abs_diff([64, 255][c / 3]) <= 1),
        [true; 2],
        "{:?}",
        &seen.data[..4]
    );
}

#[test]
fn what_no_layer_covers_is_clear_in_a_stream_and_looks_the_same_over_black() {
    // Half covered with straight light 0.2: premultiplied 0.1.
    let half = flat(0.2, 0.2, 0.2, 0.5);
    let mut stage = stage([4, 4]);
    stage.install(half.clone()).unwrap();
    let mut input = one(&half, 0);
    let backdrops = [Backdrop::Clear, Backdrop::Light, Backdrop::Key([0.0, 1.0, 0.0])];
    input.previews = (0..3)
        .map(|i| PreviewRequest { key: i, layer: None, size: [4, 4], backdrop: backdrops[i as usize] })
        .collect();
    let program = draw(&mut stage, &input)[5];
    stage.gpu().wait();
    let mut taken = std::iter::from_fn(|| stage.take_preview()).collect::<Vec<_>>();
    taken.sort_by_key(|pixels| pixels.key);
    let pixel = |i: usize| [0, 1, 2, 3].map(|c| taken[i].data[20 + c]);
    for (i, alpha) in [(0, 128_u8), (1, program[0])] {
        let [red, _, _, a] = pixel(i);
        assert!(a.abs_diff(alpha) <= 2, "{:?} for {program:?}", pixel(i));
        let over_black = (f32::from(red) * f32::from(a) / 255.0).round() as u8;
        assert!(over_black.abs_diff(program[0]) <= 2, "{:?} for {program:?}", pixel(i));
    }
    let [red, green, _, a] = pixel(2);
    assert_eq!((a, red.abs_diff(program[0]) <= 2, green), (255, true, 255));
}
