//! Decks, places, masks, the master chain, moving pictures.

use std::sync::Arc;

use renderer_scene::{
    Backdrop, Blend, FrameInput, LayerInput, MaskForm, MaskInput, PictureId, Placement, PreviewRequest,
    SceneInput,
};
use renderer_stage::Picture;

use crate::rig::{FRAMES_PER_SEC, assert_all, code, draw, scene, stage};
use crate::song;

fn solid(layer: u32, light: f32) -> LayerInput {
    song::layer(layer, SceneInput::Solid([light, light, light, 1.0]))
}

fn input(layers: Vec<LayerInput>) -> FrameInput {
    song::input(0, FRAMES_PER_SEC, layers)
}

fn mask(form: MaskForm, inverted: bool) -> MaskInput {
    MaskInput { form, centre: [0.5; 2], size: [0.25; 2], feather: 0.0, inverted }
}

#[test]
fn the_crossfader_mixes_two_decks_and_what_has_none_lies_above() {
    let mut stage = stage([4, 4]);
    let deck = |layer, light, deck| LayerInput { deck: Some(deck), ..solid(layer, light) };
    for (position, expected) in [(0.0, 0.5), (0.5, 0.375), (1.0, 0.25)] {
        let mut input = input(vec![deck(1, 0.5, 0), deck(2, 0.25, 1)]);
        input.fader.position = position;
        assert_all(&draw(&mut stage, &input), [code(expected); 3], 1);
    }
    let above = LayerInput { blend: Blend::Add, ..solid(3, 0.125) };
    assert_all(&draw(&mut stage, &input(vec![deck(1, 0.5, 0), above])), [code(0.625); 3], 1);
}

#[test]
fn a_deck_can_be_seen_before_it_is_on_the_program() {
    let mut stage = stage([4, 4]);
    let mut input = input(vec![
        LayerInput { deck: Some(0), ..solid(1, 0.5) },
        LayerInput { deck: Some(1), ..solid(2, 0.25) },
    ]);
    let preview = PreviewRequest {
        key: 5,
        layer: Some(PreviewRequest::DECKS[1]),
        size: [2, 2],
        backdrop: Backdrop::Black,
    };
    input.previews.push(preview);
    assert_all(&draw(&mut stage, &input), [code(0.5); 3], 1);
    stage.gpu().wait();
    let seen = stage.take_preview().unwrap();
    assert!(seen.data[0].abs_diff(code(0.25)) <= 1, "{:?}", &seen.data[..4]);
}

#[test]
fn a_layer_lies_where_its_placement_says() {
    let mut stage = stage([8, 8]);
    let placement = Placement { offset: [0.25, 0.25], scale: [0.5, 0.5], turn: 0.0 };
    let pixels = draw(&mut stage, &input(vec![LayerInput { placement, ..solid(1, 0.5) }]));
    for (idx, pixel) in pixels.iter().enumerate() {
        let (x, y) = (idx % 8, idx / 8);
        let expected = if x >= 4 && y < 4 { code(0.5) } else { 0 };
        assert!(pixel[0].abs_diff(expected) <= 1, "{x} {y} {pixel:?}");
    }
}

#[test]
fn a_quarter_turn_takes_the_right_side_up() {
    let half = scene("fn image(p: Pixel) -> vec4f { return vec4f(vec3f(step(0.5, p.uv.x) * 0.5), 1.0); }");
    let mut stage = stage([8, 8]);
    stage.install(half.clone()).unwrap();
    let placement = Placement { turn: 0.25, ..Placement::default() };
    let content = SceneInput::Program(song::program(&half, 1, 0, FRAMES_PER_SEC));
    let pixels = draw(&mut stage, &input(vec![LayerInput { placement, ..song::layer(1, content) }]));
    assert!(pixels[3][0].abs_diff(code(0.5)) <= 2 && pixels[8 * 7 + 3][0] == 0, "{pixels:?}");
}

#[test]
fn masks_show_their_inside_or_their_outside() {
    let mut stage = stage([8, 8]);
    let picture = [[255_u8; 4], [0, 0, 0, 255]].concat();
    stage.put_picture(PictureId(9), Picture { width: 2, height: 1, rgba: Arc::from(picture) }).unwrap();
    let mut lit = |form, inverted| {
        let layer = LayerInput { mask: Some(mask(form, inverted)), ..solid(2, 0.5) };
        let pixels = draw(&mut stage, &input(vec![solid(1, 0.0), layer]));
        pixels.iter().map(|pixel| pixel[0] > code(0.25)).collect::<Vec<_>>()
    };
    let inside = lit(MaskForm::Rectangle, false);
    assert_eq!(inside.iter().filter(|lit| **lit).count(), 16);
    assert!(lit(MaskForm::Rectangle, true).iter().zip(&inside).all(|(out, inside)| out != inside));
    let disc = lit(MaskForm::Ellipse, false).iter().filter(|lit| **lit).count();
    assert!((8..=16).contains(&disc), "{disc}");
    let by_picture = lit(MaskForm::Picture(PictureId(9)), false);
    assert!(by_picture[0] && !by_picture[7]);
    assert!(lit(MaskForm::Layer(1), false).iter().all(|lit| !lit), "the layer below is dark");
}

#[test]
fn the_master_chain_works_on_all_layers_together() {
    let half = scene(
        "/*---\ninputs = 1\n---*/\nfn image(p: Pixel) -> vec4f { return vec4f(look(input, p.uv).rgb * 0.5, 1.0); }",
    );
    let mut stage = stage([2, 2]);
    stage.install(half.clone()).unwrap();
    let mut input = input(vec![solid(1, 0.25), LayerInput { blend: Blend::Add, ..solid(2, 0.25) }]);
    input.effects = vec![song::program(&half, 1, 0, FRAMES_PER_SEC)];
    assert_all(&draw(&mut stage, &input), [code(0.25); 3], 1);
}

#[test]
fn each_frame_of_a_video_is_seen_at_once_and_survives_a_loss() {
    let mut stage = stage([2, 2]);
    let plain = |side: u32, value: u8| Picture {
        width: side,
        height: side,
        rgba: Arc::from([value, value, value, 255].repeat((side * side) as usize)),
    };
    let id = PictureId(77);
    let input = || input(vec![song::layer(1, SceneInput::Picture(id))]);
    for (side, value) in [(2, 200), (2, 90), (4, 30)] {
        stage.put_frame(id, plain(side, value)).unwrap();
        assert_all(&draw(&mut stage, &input()), [value; 3], 1);
    }
}

#[test]
fn words_are_seen_whole_on_nothing() {
    let mut stage = stage([4, 4]);
    let rgba = [[255_u8, 255, 255, 255]; 4].concat();
    stage.put_picture(PictureId(8), Picture { width: 4, height: 1, rgba: Arc::from(rgba) }).unwrap();
    let card = song::layer(2, SceneInput::Card(PictureId(8)));
    let pixels = draw(&mut stage, &input(vec![solid(1, 0.25), card]));
    assert!(pixels[0][0].abs_diff(code(0.25)) <= 1, "{:?}", pixels[0]);
    assert!(pixels[4 + 1][0] > 200 || pixels[8 + 1][0] > 200, "{pixels:?}");
}
