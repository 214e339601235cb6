//! Draws both ends of every transition under the folders given, and lists those that do not begin with the one
//! picture or end with the other: `cargo run -p renderer-stage --example ends -- FOLDER…`
//!
//! Of gl-transitions' 125 eight do not, by their authors' own formulas: see [`BY_FORMULA`].

#![expect(clippy::disallowed_methods, reason = "a tool that reads files")]

#[expect(dead_code, reason = "tests and the other example use more of it")]
#[path = "../tests/it/song.rs"]
mod song;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use renderer_gpu::{Gpu, GpuSettings};
use renderer_scene::{LayerContent, LayerInput, PictureId, SceneInput, TransitionInput, transition};
use renderer_stage::{Stage, StageSettings};

const SIZE: [u32; 2] = [256, 256];
/// What of 255 an end may differ in any pixel.
const NEAR: u8 = 2;

/// What the formula itself does not keep, at progress 0 or 1.
const BY_FORMULA: [(&str, &str); 8] = [
    ("AdvancedMosaic", "its smallest tile is 0.005 of the picture, at both ends"),
    ("BlockDissolve", "`rand` of the first block is 0, and `step(0.0, 0.0)` is 1: it has changed at 0"),
    ("BowTieHorizontal", "the soft edge of 0.005 still touches the middle of two sides at 1"),
    ("BowTieVertical", "the soft edge of 0.005 still touches the middle of two sides at 1"),
    (
        "InvertedPageCurl",
        "begins with MIN_AMOUNT -0.16, where the cylinder of radius 0.159 lies in the picture",
    ),
    ("Radial", "the angle comes down to 0.25 pi at 0: less than the smoothness of 1"),
    ("tangentMotionBlur", "`normpdf` is exp(-5) at both ends: a little blur, and it wraps"),
    ("undulatingBurnOut", "the gradient is -1 around the centre at 0: `mix` goes beyond the first picture"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    std::env::args().skip(1).for_each(|folder| collect(Path::new(&folder), &mut files));
    files.sort();
    let settings = StageSettings {
        size: SIZE,
        bloom: 0.0,
        live: false,
        limit_flashes: false,
        ..StageSettings::default()
    };
    let mut stage = Stage::new(&Gpu::new(&GpuSettings::default())?, settings)?;
    let plain = [draw(&mut stage, None, 0.0)?, draw(&mut stage, None, 1.0)?];
    let (mut all, mut good) = (0, 0);
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let program = Arc::new(transition::compile(&std::fs::read_to_string(&file)?, &name)?);
        stage.install(program.clone())?;
        let mut away = [0; 2];
        for ((end, plain), away) in [0.0, 1.0].into_iter().zip(&plain).zip(&mut away) {
            let drawn = draw(&mut stage, Some(&program), end)?;
            *away = drawn.iter().zip(plain).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
        }
        stage.remove_program(program.id);
        all += 1;
        if away.iter().all(|away| *away <= NEAR) {
            good += 1;
        } else {
            let why =
                BY_FORMULA.iter().find(|(known, _)| *known == name).map_or("unknown why", |(_, why)| why);
            println!("{name}: {away:?}, {why}");
        }
    }
    println!("{good} of {all} begin with the one picture and end with the other, within {NEAR}/255");
    Ok(())
}

fn draw(
    stage: &mut Stage,
    program: Option<&Arc<renderer_scene::SceneProgram>>,
    progress: f32,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let [from, to] = PictureId::BUILT_IN.map(SceneInput::Picture);
    let content = match program {
        Some(program) => LayerContent::Transition(Box::new(TransitionInput {
            from,
            to,
            program: Some(song::program(program, 7, 0, 30)),
            progress,
        })),
        None => LayerContent::One(if progress < 0.5 { from } else { to }),
    };
    let layers = vec![LayerInput { layer: 1, content, ..LayerInput::default() }];
    stage.render(&song::input(0, 30, layers))?;
    Ok(stage.read_output()?.data)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) if path.extension().is_some_and(|ending| ending == "glsl") => files.push(path.to_owned()),
        Err(_) => {}
    }
}
