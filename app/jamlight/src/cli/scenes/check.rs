//! `jamlight scenes check`: is each file a scene, and does it show something?

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use app_library::{SceneLibrary, SceneProblem};
use clap::Args;
use renderer_gpu::{Gpu, GpuSettings};
use renderer_scene::SceneKind;
use serde::Serialize;
use sync_protocol::{LayerSource, SceneId, Show};

use crate::offline::{Film, Listener, Song};

/// Size a scene is tried at, in pixels.
const SIZE: [u32; 2] = [192, 108];
/// Frames per second of the trial.
const FPS: u32 = 30;
/// Frames looked at: the first, and as the sound goes on.
const LOOKED_AT: [u64; 4] = [1, 15, 30, 60];
/// What the file is called while it is looked at.
const CHECKED: &str = "checked";
/// A channel up to this is black, of 255.
const BLACK: u8 = 8;
/// A picture whose standard deviation is up to this is flat, of 255.
const FLAT: f64 = 2.0;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scene files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Prints JSON: an array.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    file: String,
    format: Option<SceneKind>,
    ok: bool,
    error: Option<RowError>,
    /// Every picture looked at is black, or of one colour.
    black: bool,
    flat: bool,
    /// Pixels of the worst picture looked at whose light is no finite number.
    not_finite: usize,
}

#[derive(Debug, Serialize)]
struct RowError {
    line: u32,
    column: u32,
    message: String,
}

pub(super) fn run(args: &CheckArgs) -> Result<()> {
    let gpu = Gpu::new(&GpuSettings::default())?;
    let mut rows = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let row = check(&gpu, file);
        if !args.json {
            print_words(&row);
        }
        rows.push(row);
    }
    if args.json {
        println!("{}", serde_json::to_string(&rows)?);
    }
    match rows.iter().filter(|row| !row.ok).count() {
        0 => Ok(()),
        1 => bail!("1 of {} files is no scene", rows.len()),
        many => bail!("{many} of {} files are no scenes", rows.len()),
    }
}

fn check(gpu: &Gpu, file: &Path) -> Row {
    let mut row = Row {
        file: file.display().to_string(),
        format: None,
        ok: false,
        error: None,
        black: false,
        flat: false,
        not_finite: 0,
    };
    let library = SceneLibrary::default();
    let outcome = library.add_file(SceneId::from(CHECKED), file).and_then(|program| {
        row.format = Some(program.kind);
        look(gpu, library).map_err(|err| SceneProblem {
            file: file.display().to_string(),
            line: 1,
            column: 1,
            message: format!("{err:#}"),
        })
    });
    match outcome {
        Ok(seen) => {
            (row.ok, row.black, row.flat, row.not_finite) = (true, seen.black, seen.flat, seen.not_finite)
        }
        Err(SceneProblem { line, column, message, .. }) => {
            row.error = Some(RowError { line, column, message })
        }
    }
    row
}

/// What was seen of a scene.
struct Seen {
    black: bool,
    flat: bool,
    not_finite: usize,
}

fn look(gpu: &Gpu, library: SceneLibrary) -> Result<Seen> {
    let mut show = Show::default();
    for layer in &mut show.layers {
        layer.source = LayerSource::Scene(SceneId::from(CHECKED));
    }
    let listener = Listener::open(None, &audio_analysis::Settings::default())?;
    let mut song = Song::new(listener, FPS, 0.0, &show.tempo)?;
    let mut film = Film::new(gpu, Arc::new(library), SIZE, FPS, 0.0)?;
    let mut seen = Seen { black: true, flat: true, not_finite: 0 };
    for frame in 1..=LOOKED_AT[LOOKED_AT.len() - 1] {
        let hearing = song.hear(film.secs(), &show.tempo)?;
        let pixels = film.next(&show, &hearing)?;
        if LOOKED_AT.contains(&frame) {
            let colours: Vec<u8> = pixels.data.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
            seen.black &= colours.iter().all(|value| *value <= BLACK);
            seen.flat &= deviation(&colours) <= FLAT;
            seen.not_finite = seen.not_finite.max(film.num_not_finite()?);
        }
    }
    Ok(seen)
}

fn deviation(values: &[u8]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    (values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt()
}

fn print_words(row: &Row) {
    match &row.error {
        Some(error) => println!("{}:{}:{}: {}", row.file, error.line, error.column, error.message),
        None if row.black => println!("{}: compiles, but shows black", row.file),
        None if row.flat => println!("{}: compiles, but shows one colour", row.file),
        None if row.not_finite > 0 => {
            println!("{}: compiles, but {} pixels are no numbers", row.file, row.not_finite)
        }
        None => println!("{}: good", row.file),
    }
}
