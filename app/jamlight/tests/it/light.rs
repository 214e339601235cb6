//! Hydra's text from the first letter to the last pixel: sketches of our own, drawn.

use std::sync::Arc;

use app_script::{Settings, evaluate};
use audio_signal::AudioFrame;
use renderer_gpu::{AdapterChoice, Gpu, GpuSettings};
use renderer_scene::{
    ExprInput, FaderInput, FrameInput, HitInput, LayerContent, LayerInput, MasterInput, ParamSlot,
    ProgramInput, SceneInput, SceneProgram,
};
use renderer_stage::{Stage, StageSettings};

const SIZE: [u32; 2] = [64, 36];
const FRAMES_PER_SEC: u32 = 30;
/// Frames drawn of each: feedback has built up, arrows have moved.
const FRAMES: u64 = 24;
/// Below these a picture is black, or one colour, in codes of 255.
const BLACK: u8 = 40;
const FLAT: f64 = 4.0;
/// Two pictures that differ by less on average are the same picture.
const ALIKE: f64 = 5.0;

const SKETCHES: [&str; 20] = [
    "osc(20, 0.1, 1.2).out()",
    "osc(8, .05, .8).rotate(() => time * .3).kaleid(5).out(o0)",
    "noise(4, .2).color(1.2, .3, .6).contrast(1.8).out()",
    "voronoi(6, .5, .2).colorama(.2).saturate(1.5).out()",
    "shape(4, .4, .02).repeat(4, 3).scrollX(.1, .05).out()",
    "gradient(.3).hue(() => beat / 8).posterize(5, .7).out()",
    "osc(30, .1).modulate(noise(3, .1), .25).color(.3, .9, 1.1).out()",
    "shape(3, .3, .01).scale([1, 1.4, .8].fast(2).smooth()).add(src(o0).scale(1.03).rotate(.04), .85).out()",
    "src(o1).diff(osc(12, 0, .6).rotate(1.57)).out(o0)\nosc(12, 0, 1.4).out(o1)",
    "solid(.1, .02, .2).add(shape(60, .25, .3).scrollX(() => Math.sin(time) * .2).color(1, .6, .1)).out()",
    "osc(16, .1, 2).pixelate(12, 9).brightness(.1).out()",
    "noise(6).thresh(.3, .1).mult(gradient()).out()",
    "const glow = x => x.luma(.2, .2).color(2, 1, .4)\nglow(voronoi(9, .2)).layer(shape(2, .1).rotate(.8).luma()).out()",
    "osc(40, 0, .3).modulateRotate(shape(40, .5, .6), 2).invert().out()",
    "osc(6, .2, 1).modulateScale(osc(3).rotate(.7), 1.2, .4).shift(.2, .1).out()",
    "shape(5, .5, .1).modulateKaleid(osc(4), 3).blend(gradient(.5), .4).out()",
    "noise(2.5, .1).modulateRepeat(osc(7, .1), 3, 2).modulateScrollX(voronoi(4), .3).b().color(.4, .2, 1.5).out()",
    "osc(\"<10 24>\", .1, () => a.fft[0] * 2 + .5).modulatePixelate(noise(2), 20, 4).out()",
    "speed = 1.5\nbpm = 120\nshape([3, 4, 6], .35, .05).mask(osc(18, 0).thresh(.4)).sum(.8, .5, .3, 1).out()",
    "osc(9, .1, .9).out(o2)\nnoise(3).out(o3)\nsrc(o2).modulateHue(src(o3), 12).mask(shape(4, .8, .3)).out()\nrender(o0)",
];

/// A moment of a made-up song of 120 beats a minute.
fn input(program: &SceneProgram, frame_idx: u64) -> FrameInput {
    let time_secs = frame_idx as f64 / f64::from(FRAMES_PER_SEC);
    let beat = time_secs * 2.0;
    let hit = HitInput { count: beat as u64 + 1, age_secs: (beat.fract() / 2.0) as f32, strength: 0.8 };
    let mut params: Vec<ParamSlot> = program.params.iter().map(|spec| spec.default_slot()).collect();
    let heard = ExprInput {
        time_secs,
        frame_idx,
        beat,
        tempo_bpm: 120.0,
        fft: &[0.7, 0.4, 0.3, 0.2],
        volume: 0.5,
        hits: [hit; 5],
        params: &params,
        size_px: SIZE,
        ..ExprInput::default()
    };
    let values: Vec<f32> =
        program.computed.iter().map(|computed| computed.expr.eval(&heard) as f32).collect();
    for (computed, value) in program.computed.iter().zip(values) {
        params[computed.param][0] = value;
    }
    let scene = ProgramInput {
        program: program.id,
        instance: 1,
        time_secs,
        frame_idx,
        images: vec![None; params.len()],
        params,
    };
    FrameInput {
        frame_idx,
        time_secs,
        dt_secs: if frame_idx == 0 { 0.0 } else { 1.0 / FRAMES_PER_SEC as f32 },
        seed: 7,
        signal: Arc::new(AudioFrame::default()),
        beat,
        beats_per_bar: 4,
        tempo_bpm: 120.0,
        beat_hit: hit,
        onset: hit,
        kick: hit,
        snare: hit,
        hat: hit,
        drop: hit,
        palette: [0.0, 0.25, 0.5, 0.75, 1.0].map(|x| [x, x * x, 1.0 - x, 1.0]),
        mouse: [0.0; 4],
        date: [2026.0, 6.0, 21.0, 0.0],
        pictures: [None, None],
        picture_mix: 0.0,
        layers: vec![LayerInput {
            layer: 1,
            content: LayerContent::One(SceneInput::Program(scene)),
            ..LayerInput::default()
        }],
        effects: Vec::new(),
        fader: FaderInput::default(),
        master: MasterInput { blackout: false, frozen: false, brightness: 1.0 },
        previews: Vec::new(),
    }
}

/// Evaluates, compiles and draws a sketch; the colours of its last picture.
fn drawn(gpu: &Gpu, sketch: &str) -> Vec<u8> {
    let said = evaluate(sketch, &Settings::default()).unwrap_or_else(|error| panic!("{sketch}\n{error}"));
    assert!(said.problems.is_empty(), "{sketch}: {:?}", said.problems);
    let program =
        Arc::new(said.sketch.unwrap_or_else(|| panic!("{sketch} paints nothing")).compile().unwrap());
    let settings = StageSettings {
        size: SIZE,
        bloom: 0.0,
        live: false,
        limit_flashes: false,
        ..StageSettings::default()
    };
    let mut stage = Stage::new(gpu, settings).unwrap();
    stage.install(program.clone()).unwrap();
    for frame_idx in 0..FRAMES {
        let report = stage.render(&input(&program, frame_idx)).unwrap();
        assert!(report.missing.is_empty() && report.faults.is_empty(), "{sketch}: {report:?}");
    }
    let pixels = stage.read_output().unwrap();
    pixels.data.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect()
}

fn deviation(values: &[u8]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    (values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt()
}

fn difference(a: &[u8], b: &[u8]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

#[test]
fn twenty_sketches_are_neither_black_nor_flat_nor_alike() {
    let gpu = Gpu::new(&GpuSettings { adapter: AdapterChoice::Software, ..GpuSettings::default() }).unwrap();
    let pictures: Vec<Vec<u8>> = SKETCHES.iter().map(|sketch| drawn(&gpu, sketch)).collect();
    for (idx, (sketch, picture)) in SKETCHES.iter().zip(&pictures).enumerate() {
        assert!(picture.iter().any(|value| *value > BLACK), "{sketch} is black");
        assert!(deviation(picture) > FLAT, "{sketch} is flat");
        for (other, earlier) in SKETCHES.iter().zip(&pictures).take(idx) {
            let apart = difference(picture, earlier);
            assert!(apart > ALIKE, "{sketch} looks like {other}: {apart}");
        }
    }
}
