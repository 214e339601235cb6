//! Foreign formats on the stage: the conventions of each, seen in pixels.

use std::sync::Arc;

use renderer_scene::shadertoy::{Channel, ChannelSpec, Tab, TabKind};
use renderer_scene::{LayerContent, LayerInput, SceneInput, TransitionInput, isf, shadertoy, transition};

use crate::rig::{FRAMES_PER_SEC, assert_all, draw, flat, last, stage};
use crate::song;

#[test]
fn isf_shows_its_colours_with_the_origin_at_the_bottom_left() {
    let source = "/*{\"INPUTS\": [{\"NAME\": \"level\", \"TYPE\": \"float\", \"DEFAULT\": 0.5}]}*/\n\
        void main() { gl_FragColor = vec4(level, step(0.5, isf_FragNormCoord.y), 0.0, 1.0); }";
    let scene = Arc::new(isf::compile(source, None, "isf").unwrap());
    let pixels = last(&mut stage([2, 2]), &scene, 1);
    assert_all(&pixels[..2], [128, 255, 0], 1);
    assert_all(&pixels[2..], [128, 0, 0], 1);
}

#[test]
fn an_isf_filter_sees_what_the_screen_would() {
    let source = "/*{\"INPUTS\": [{\"NAME\": \"inputImage\", \"TYPE\": \"image\"}]}*/\n\
        void main() { gl_FragColor = vec4(1.0 - IMG_THIS_PIXEL(inputImage).rgb, 1.0); }";
    let filter = Arc::new(isf::compile(source, None, "invert").unwrap());
    let below = flat(0.5, 0.0, 1.0, 1.0);
    let mut stage = stage([2, 2]);
    stage.install(below.clone()).unwrap();
    stage.install(filter.clone()).unwrap();
    let content = SceneInput::Program(song::program(&below, 1, 0, FRAMES_PER_SEC));
    let plain = draw(&mut stage, &song::input(0, FRAMES_PER_SEC, vec![song::layer(1, content.clone())]))[0];
    let layer =
        LayerInput { effects: vec![song::program(&filter, 2, 0, FRAMES_PER_SEC)], ..song::layer(1, content) };
    let pixels = draw(&mut stage, &song::input(1, FRAMES_PER_SEC, vec![layer]));
    assert_all(&pixels, [255 - plain[0], 255 - plain[1], 255 - plain[2]], 1);
}

#[test]
fn isf_hears_the_spectrum() {
    let source = "/*{\"INPUTS\": [{\"NAME\": \"fft\", \"TYPE\": \"audioFFT\", \"MAX\": 64}]}*/\n\
        void main() { gl_FragColor = vec4(vec3(IMG_NORM_PIXEL(fft, vec2(isf_FragNormCoord.x, 0.5)).r), 1.0); }";
    let scene = Arc::new(isf::compile(source, None, "fft").unwrap());
    let heard = last(&mut stage([64, 1]), &scene, 1);
    assert!(
        heard[0][0] > 100 && heard[60][0] < heard[0][0],
        "bass over treble: {:?} {:?}",
        heard[0],
        heard[60]
    );
}

#[test]
fn shadertoy_buffers_remember_and_the_sound_has_two_rows() {
    let tab = |kind, source: &str, channels| Tab { kind, code: source.to_owned(), channels };
    let count = "void mainImage(out vec4 c, in vec2 p) { c = texelFetch(iChannel0, ivec2(p), 0) + 0.1; }";
    let show = "void mainImage(out vec4 c, in vec2 p) {\n\
        c = vec4(texelFetch(iChannel0, ivec2(p), 0).r, texelFetch(iChannel1, ivec2(3, 0), 0).r, texelFetch(iChannel1, ivec2(3, 1), 0).r, 1.0);\n}";
    let mut own: [ChannelSpec; 4] = std::array::from_fn(|_| ChannelSpec::default());
    own[0].channel = Channel::Buffer(0);
    let mut both = own.clone();
    both[1].channel = Channel::Audio;
    let tabs = [tab(TabKind::Buffer(0), count, own), tab(TabKind::Image, show, both)];
    let scene = Arc::new(shadertoy::compile_tabs(&tabs, "toy").unwrap());
    let pixels = last(&mut stage([4, 4]), &scene, 3);
    assert!(pixels[0][0].abs_diff(77) <= 1, "three frames of 0.1: {:?}", pixels[0]);
    assert!(pixels[0][1] > 60, "the kick is in the low bins: {:?}", pixels[0]);
    assert!(
        pixels[0][2].abs_diff(128) < 100 && pixels[0][2] != 0,
        "samples lie about the middle: {:?}",
        pixels[0]
    );
}

#[test]
fn a_gl_transition_shows_either_end_untouched() {
    let source = "vec4 transition(vec2 uv) { return mix(getFromColor(uv), getToColor(uv), progress); }";
    let fade = Arc::new(transition::compile(source, "fade").unwrap());
    let (from, to) = (flat(0.5, 0.2, 0.05, 1.0), flat(0.02, 0.9, 2.0, 1.0));
    let mut stage = stage([4, 4]);
    for scene in [&from, &to, &fade] {
        stage.install(scene.clone()).unwrap();
    }
    let side = |scene, instance| SceneInput::Program(song::program(scene, instance, 0, FRAMES_PER_SEC));
    for (progress, end) in [(0.0, &from), (1.0, &to)] {
        let plain = song::input(0, FRAMES_PER_SEC, vec![song::layer(1, side(end, 9))]);
        let [r, g, b, _] = draw(&mut stage, &plain)[0];
        let transition = TransitionInput {
            from: side(&from, 1),
            to: side(&to, 2),
            program: Some(song::program(&fade, 3, 0, FRAMES_PER_SEC)),
            progress,
        };
        let layer = LayerInput {
            content: LayerContent::Transition(Box::new(transition)),
            ..song::layer(1, SceneInput::Solid([0.0; 4]))
        };
        assert_all(&draw(&mut stage, &song::input(0, FRAMES_PER_SEC, vec![layer])), [r, g, b], 2);
    }
}
