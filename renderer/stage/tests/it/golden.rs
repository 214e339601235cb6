//! Whole pictures, where a number cannot say it: small, on the software adapter, within a tolerance.
//! `UPDATE_GOLDEN=1 cargo test -p renderer-stage golden` draws them anew: look at each before committing it.

use std::path::Path;
use std::sync::Arc;

use image::RgbImage;
use renderer_scene::{Blend, LayerContent, LayerInput, SceneInput, SceneProgram, TransitionInput};
use renderer_stage::{Stage, StageSettings};

use crate::rig::{FRAMES_PER_SEC, draw, gpu, scene, settings};
use crate::song;

const SIZE: [u32; 2] = [96, 54];
/// Drivers round differently: so much per channel, of 255.
const TOLERANCE: u8 = 16;
/// Edges may land on the next pixel: this share may be further off.
const OUTLIERS: f64 = 0.005;

const TRAIL: &str = "/*---\n[[buffer]]\nname = \"trail\"\npersistent = true\n[[pass]]\nimage = \"fade\"\ntarget = \"trail\"\n[[pass]]\nimage = \"show\"\n---*/\n\
    fn fade(p: Pixel) -> vec4f {\n\
        let old = look(trail, (p.uv - 0.5) * 0.97 + 0.5).rgb * 0.93;\n\
        let at = 0.5 * vec2f(cos(frame.time.x * 3.0), sin(frame.time.x * 2.0));\n\
        return vec4f(old + palette(0.5 + 0.5 * frame.kick.w) * smoothstep(0.2, 0.1, length(p.pos - at)), 1.0);\n\
    }\n\
    fn show(p: Pixel) -> vec4f { return look(trail, p.uv); }";

const BARS: &str = "fn image(p: Pixel) -> vec4f {\n\
    let lit = step(1.0 - p.uv.y, 0.8 * spectrum(p.uv.x));\n\
    return vec4f(palette(0.2 + 0.6 * p.uv.x) * lit, lit);\n}";

const SPARKS: &str = "/*---\n[[storage]]\nname = \"sparks\"\ntype = \"vec4f\"\ncount = 256\n\
    [[pass]]\ncompute = \"fly\"\ngroups = [4, 1, 1]\n\
    [[pass]]\nvertex = \"corner_of\"\nfragment = \"light_of\"\nvertices = 6\ninstances = 256\nblend = \"add_on_clear\"\n---*/\n\
    @compute @workgroup_size(64) fn fly(@builtin(global_invocation_id) id: vec3u) {\n\
        let i = id.x;\n\
        if frame.time.z < 0.5 { let r = random2(i) * 2.0 - 1.0; sparks[i] = vec4f(r, r.yx * vec2f(-0.4, 0.4)); }\n\
        let s = sparks[i];\n\
        sparks[i] = vec4f(s.xy + s.zw * frame.time.y, s.zw * 0.99);\n\
    }\n\
    struct Lit { @builtin(position) at: vec4f, @location(0) corner: vec2f }\n\
    @vertex fn corner_of(@builtin(vertex_index) v: u32, @builtin(instance_index) i: u32) -> Lit {\n\
        let corner = vec2f(f32((v + v / 3u) % 2u), f32((v + v / 3u) / 2u % 2u)) * 2.0 - 1.0;\n\
        let size = 0.05 * vec2f(frame.size.y / frame.size.x, 1.0);\n\
        return Lit(vec4f(sparks_ro[i].xy + corner * size, 0.0, 1.0), corner);\n\
    }\n\
    @fragment fn light_of(in: Lit) -> @location(0) vec4f { return vec4f(palette(0.8) * max(1.0 - length(in.corner), 0.0), 0.0); }";

/// Draws frames and compares the last with the picture of this name.
fn check(
    name: &str,
    glow: f32,
    scenes: &[&Arc<SceneProgram>],
    frames: u64,
    layers: impl Fn(u64) -> Vec<LayerInput>,
) {
    let mut stage = Stage::new(&gpu(), StageSettings { bloom: glow, ..settings(SIZE) }).unwrap();
    for scene in scenes {
        stage.install((*scene).clone()).unwrap();
    }
    let pixels = (0..frames)
        .map(|frame| draw(&mut stage, &song::input(frame, FRAMES_PER_SEC, layers(frame))))
        .last()
        .unwrap();
    let got = RgbImage::from_fn(SIZE[0], SIZE[1], |x, y| {
        let [r, g, b, _] = pixels[(y * SIZE[0] + x) as usize];
        image::Rgb([r, g, b])
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.png"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        got.save(&file).unwrap();
    }
    let want = image::open(&file).unwrap().to_rgb8();
    let off = |x: u32, y: u32| {
        let pair = got.get_pixel(x, y).0.into_iter().zip(want.get_pixel(x, y).0);
        pair.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
    };
    let difference = RgbImage::from_fn(SIZE[0], SIZE[1], |x, y| image::Rgb([off(x, y).saturating_mul(4); 3]));
    let outliers = difference.pixels().filter(|p| p.0[0] > TOLERANCE.saturating_mul(4)).count();
    let share = outliers as f64 / f64::from(SIZE[0] * SIZE[1]);
    if share > OUTLIERS {
        let to = Path::new(env!("CARGO_TARGET_TMPDIR"));
        got.save(to.join(format!("{name}-got.png"))).unwrap();
        difference.save(to.join(format!("{name}-difference.png"))).unwrap();
        panic!(
            "{name}: {:.1} % of the pixels differ on {}; see {}",
            share * 100.0,
            stage.gpu().name(),
            to.display()
        );
    }
}

fn content(scene: &SceneProgram, instance: u64, frame: u64) -> SceneInput {
    SceneInput::Program(song::program(scene, instance, frame, FRAMES_PER_SEC))
}

#[test]
fn golden_feedback_glows() {
    let trail = scene(TRAIL);
    check("feedback", 0.4, &[&trail], 40, |frame| vec![song::layer(1, content(&trail, 1, frame))]);
}

#[test]
fn golden_particles_fly() {
    let sparks = scene(SPARKS);
    check("particles", 0.0, &[&sparks], 25, |frame| vec![song::layer(1, content(&sparks, 1, frame))]);
}

#[test]
fn golden_layers_blend_over_a_crossfade() {
    let (trail, bars, sparks) = (scene(TRAIL), scene(BARS), scene(SPARKS));
    check("layers", 0.2, &[&trail, &bars, &sparks], 16, |frame| {
        let transition = TransitionInput {
            from: content(&trail, 1, frame),
            to: content(&sparks, 2, frame),
            program: None,
            progress: 0.5,
        };
        let below = LayerInput {
            content: LayerContent::Transition(Box::new(transition)),
            ..song::layer(1, SceneInput::Solid([0.0; 4]))
        };
        let above =
            LayerInput { blend: Blend::Screen, opacity: 0.8, ..song::layer(2, content(&bars, 3, frame)) };
        vec![below, above]
    });
}
