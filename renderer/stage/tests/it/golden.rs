//! Whole pictures, where a number cannot say it: small, on the software adapter, within a tolerance.

use std::sync::Arc;

use renderer_scene::hydra::{Arg, Chain, FUNCTIONS, Function, FunctionKind, Sketch, Texture};
use renderer_scene::{Blend, LayerContent, LayerInput, SceneInput, SceneProgram, TransitionInput, native};
use renderer_stage::{Stage, StageSettings};

use crate::chains;
use crate::picture::Sheet;
use crate::rig::{FRAMES_PER_SEC, draw, gpu, last, scene, settings, stage};
use crate::song;

const SIZE: [u32; 2] = [96, 54];
/// Tiles of a sheet: large enough to tell one function from the next.
const TILE: [u32; 2] = [48, 27];
/// Frames before the picture of a scene: the last is 33 ms after a kick, when simulations have run for a while.
const SCENE_FRAMES: u64 = 17;
/// Simulations carry a rounding on: this share of a scene's picture may be further off.
const SCENE_OUTLIERS: f64 = 0.03;
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
    let mut sheet = Sheet::new(SIZE, 1);
    sheet.push(name, pixels);
    sheet.check(name, OUTLIERS).unwrap_or_else(|error| panic!("{error}, on {}", stage.gpu().name()));
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

const BELOW: &str = "fn image(p: Pixel) -> vec4f { return vec4f(palette(p.uv.x) * (0.15 + 0.85 * step(0.25, fract(p.uv.y * 3.0))), 1.0); }";
const ABOVE: &str = "fn image(p: Pixel) -> vec4f {\n\
    let a = smoothstep(1.1, 0.6, length(p.pos * vec2f(0.7, 1.0)));\n\
    return vec4f(mix(vec3f(0.05, 0.6, 0.3), vec3f(0.9, 0.5, 0.1), p.uv.y) * a, a);\n}";

#[test]
fn golden_blend_modes_are_told_apart() {
    let modes = [
        Blend::Normal,
        Blend::Add,
        Blend::Screen,
        Blend::Multiply,
        Blend::Difference,
        Blend::Overlay,
        Blend::Lighten,
        Blend::Darken,
        Blend::ColorDodge,
        Blend::ColorBurn,
        Blend::HardLight,
        Blend::SoftLight,
        Blend::Exclusion,
        Blend::Subtract,
        Blend::Divide,
        Blend::Luminosity,
    ];
    let (below, above) = (scene(BELOW), scene(ABOVE));
    let mut stage = stage(TILE);
    stage.install(below.clone()).unwrap();
    stage.install(above.clone()).unwrap();
    let mut sheet = Sheet::new(TILE, 4);
    for blend in modes {
        let layers = vec![
            song::layer(1, content(&below, 1, 0)),
            LayerInput { blend, opacity: 0.85, ..song::layer(2, content(&above, 2, 0)) },
        ];
        sheet.push(&format!("{blend:?}"), draw(&mut stage, &song::input(0, FRAMES_PER_SEC, layers)));
    }
    sheet.check("blends", OUTLIERS).unwrap();
}

#[test]
fn golden_crossfade_goes_from_one_to_the_other() {
    let (trail, bars) = (scene(ABOVE), scene(BELOW));
    let mut stage = stage(TILE);
    stage.install(trail.clone()).unwrap();
    stage.install(bars.clone()).unwrap();
    let mut sheet = Sheet::new(TILE, 5);
    for progress in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let transition = TransitionInput {
            from: content(&trail, 1, 0),
            to: content(&bars, 2, 0),
            program: None,
            progress,
        };
        let layer = LayerInput {
            content: LayerContent::Transition(Box::new(transition)),
            ..song::layer(1, SceneInput::Solid([0.0; 4]))
        };
        sheet.push(&progress.to_string(), draw(&mut stage, &song::input(0, FRAMES_PER_SEC, vec![layer])));
    }
    sheet.check("crossfade", OUTLIERS).unwrap();
}

/// The native programs of a folder of shaders, by file name.
#[expect(clippy::disallowed_methods, reason = "what is built in are files of the tree")]
fn shaders(folder: &str) -> Vec<(String, Arc<SceneProgram>)> {
    let folder = std::path::Path::new("../../shaders").join(folder);
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let source = std::fs::read_to_string(&path).unwrap();
            (name.clone(), Arc::new(native::compile(&source, &name).unwrap()))
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Every scene that is built in, as it looks after half a second of the made-up song.
#[test]
fn golden_scenes_look_as_they_did() {
    let chains =
        chains::scenes().iter().map(|chain| (chain.id.to_owned(), Arc::new(chain.compile().unwrap())));
    let all: Vec<_> = shaders("scenes").into_iter().chain(chains).collect();
    assert_eq!(all.len(), 32);
    let mut stage = Stage::new(&gpu(), StageSettings { bloom: 0.2, ..settings(SIZE) }).unwrap();
    let mut problems = Vec::new();
    for (instance, (name, program)) in (1..).zip(&all) {
        stage.install(program.clone()).unwrap();
        let frame = |frame| {
            song::input(frame, FRAMES_PER_SEC, vec![song::layer(1, content(program, instance, frame))])
        };
        for before in 0..SCENE_FRAMES - 1 {
            stage.render(&frame(before)).unwrap();
        }
        let pixels = draw(&mut stage, &frame(SCENE_FRAMES - 1));
        let (low, high) = pixels.iter().fold((255, 0), |(low, high), p| (p[1].min(low), p[1].max(high)));
        assert!(high - low > 32, "{name} is flat: {low} to {high}");
        let mut sheet = Sheet::new(SIZE, 1);
        sheet.push(name, pixels);
        problems.extend(sheet.check(&format!("scenes/{name}"), SCENE_OUTLIERS).err());
    }
    assert!(problems.is_empty(), "on {}:\n{}", stage.gpu().name(), problems.join("\n"));
}

#[test]
fn golden_transitions_begin_with_one_picture_and_end_with_the_other() {
    let (above, below) = (scene(ABOVE), scene(BELOW));
    let mut stage = stage(TILE);
    stage.install(above.clone()).unwrap();
    stage.install(below.clone()).unwrap();
    let one = |stage: &mut Stage, scene: &SceneProgram, instance: u64| {
        draw(stage, &song::input(0, FRAMES_PER_SEC, vec![song::layer(1, content(scene, instance, 0))]))
    };
    let ends = [one(&mut stage, &above, 11), one(&mut stage, &below, 12)];
    let mut sheet = Sheet::new(TILE, 5);
    for (name, program) in shaders("transitions") {
        stage.install(program.clone()).unwrap();
        for progress in [0.0, 0.3, 0.5, 0.7, 1.0] {
            let transition = TransitionInput {
                from: content(&above, 1, 0),
                to: content(&below, 2, 0),
                program: Some(song::program(&program, 3, 0, FRAMES_PER_SEC)),
                progress,
            };
            let layer = LayerInput {
                content: LayerContent::Transition(Box::new(transition)),
                ..song::layer(1, SceneInput::Solid([0.0; 4]))
            };
            let drawn = draw(&mut stage, &song::input(0, FRAMES_PER_SEC, vec![layer]));
            let end = if progress == 0.0 { Some(&ends[0]) } else { ends.get(1).filter(|_| progress == 1.0) };
            for (got, want) in end.into_iter().flat_map(|end| drawn.iter().zip(end)) {
                let off = got.iter().zip(want).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
                assert!(off <= 2, "{name} at {progress}: {got:?} is not {want:?}");
            }
            sheet.push(&format!("{name} {progress}"), drawn);
        }
    }
    sheet.check("transitions", OUTLIERS).unwrap();
}

/// A picture without symmetry: what turns, folds or shifts it is seen.
fn hydra_ground() -> Chain {
    let corner = Chain::source("shape", [3.0.into(), 0.25.into(), 0.02.into()])
        .unwrap()
        .then("scroll", [0.15.into(), 0.1.into()])
        .unwrap();
    Chain::source("gradient", [0.0.into()]).unwrap().then("add", [corner.into(), 0.6.into()]).unwrap()
}

fn hydra_chain(function: &Function) -> Chain {
    let stripes = Chain::source("osc", [18.0.into(), 0.1.into(), 1.2.into()]).unwrap();
    let cloud = Chain::source("noise", [4.0.into(), 0.1.into()]).unwrap();
    match (function.kind, function.name) {
        (FunctionKind::Source, "src") => Chain::source("src", [Texture::Output(1).into()]),
        // The last frame of itself, drawn smaller each time, under a shape.
        (FunctionKind::Source, "prev") => Chain::source("prev", [])
            .and_then(|chain| chain.then("scale", [0.7.into()]))
            .and_then(|chain| chain.then("add", [hydra_ground().into(), 0.4.into()])),
        // Defaults of these stand still or show one colour: something to see instead.
        (FunctionKind::Source, "solid") => Chain::source("solid", [0.2.into(), 0.7.into(), 0.4.into()]),
        (FunctionKind::Source, "osc") => Chain::source("osc", [18.0.into(), 0.1.into(), 1.2.into()]),
        (FunctionKind::Source, name) => Chain::source(name, []),
        (FunctionKind::Combine, name) => hydra_ground().then(name, [Arg::from(stripes)]),
        (FunctionKind::Modulate, "modulateHue") => {
            hydra_ground().then("modulateHue", [Arg::from(cloud), 30.0.into()])
        }
        (FunctionKind::Modulate, name) => hydra_ground().then(name, [Arg::from(cloud)]),
        (_, "sum") => hydra_ground().then("sum", [0.5.into(), 0.2.into(), 0.1.into(), 0.1.into()]),
        (_, name) => hydra_ground().then(name, []),
    }
    .unwrap()
}

#[test]
fn golden_hydra_functions_are_told_apart() {
    assert_eq!(FUNCTIONS.len(), 52, "every function of Hydra's");
    let mut stage = stage(TILE);
    let mut sheet = Sheet::new(TILE, 8);
    for function in FUNCTIONS {
        let other = Chain::source("osc", [9.0.into(), 0.1.into(), 0.7.into()]).unwrap();
        let sketch = Sketch::new(function.name).out(0, hydra_chain(function)).unwrap().out(1, other).unwrap();
        let program = Arc::new(sketch.compile().unwrap());
        // Two frames: an output that another reads is the last frame's.
        sheet.push(function.name, last(&mut stage, &program, 3));
    }
    sheet.check("hydra", OUTLIERS).unwrap();
}
