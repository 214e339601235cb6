//! `jamlight trial`: draws a scene nobody knows, in a process that may be killed.
//!
//! Hidden; the app runs it before a stranger's scene comes near the show. It says on standard output,
//! a line each, how far it is: `base MILLIS` (a frame of what plays now), `read ID` (the scene's
//! program), `compiled`, `drawn` (once, very small: the driver's compiler is done), `frame MILLIS` for each frame, `done`. What takes too long between two lines,
//! or ends without `done`, is the scene's fault.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use app_director::{Director, Moment};
use app_library::SceneLibrary;
use audio_signal::Transport;
use clap::Args;
use renderer_gpu::{AdapterChoice, Gpu, GpuSettings};
use renderer_stage::{Stage, StageSettings};
use sync_protocol::{DEFAULT_SCENE, Layer, LayerId, LayerSource, SceneId, Show};

use crate::offline::{Listener, install_pictures};
use crate::shelf::Shelf;

/// Size a scene is tried at, in pixels: the cost of a frame is mostly its pixels' already.
const SIZE: [u32; 2] = [320, 180];
/// Size of the very first frame: whatever it shows costs next to nothing, but the driver compiles for it.
const FIRST_SIZE: [u32; 2] = [16, 9];
/// Frames drawn after it, and those of them that count: the first ones may still compile.
const FRAMES: usize = 6;
const COUNTED: usize = 4;
const FPS: f64 = 30.0;
/// Where in the built-in track it is tried, in seconds: everything plays.
const FROM_SECS: f64 = 2.0;
/// What the scene is called here.
const TRIED: &str = "trial";

#[derive(Debug, Args)]
pub(super) struct TrialArgs {
    /// The scene's file.
    file: PathBuf,
    /// Scenes that play now; the default scene when none is named.
    #[arg(long)]
    against: Vec<String>,
    /// The user's scenes.
    #[arg(long)]
    scenes: Option<PathBuf>,
    /// Draws on the processor, as the show does.
    #[arg(long)]
    software: bool,
}

pub(super) fn run(args: &TrialArgs) -> Result<()> {
    std::thread::Builder::new().name("leash".to_owned()).spawn(|| {
        // Nothing is ever sent: the pipe's end is the message, and who hangs cannot hear it elsewhere.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    })?;
    let adapter = if args.software { AdapterChoice::Software } else { AdapterChoice::default() };
    let gpu = Gpu::new(&GpuSettings { adapter, ..GpuSettings::default() })?;
    let library = SceneLibrary::built_in();
    if let Some(folder) = &args.scenes {
        library.add_folder(folder);
    }
    let mut against: Vec<SceneId> = args.against.iter().map(|id| SceneId::from(id.as_str())).collect();
    against.retain(|id| library.compile(id).is_ok());
    if against.is_empty() {
        against.push(SceneId::from(DEFAULT_SCENE));
        library.compile(&SceneId::from(DEFAULT_SCENE))?;
    }
    let base = draw(&gpu, &library, &against, &mut |_| Ok(()))?;
    say(&format!("base {base:.3}"))?;
    let tried = SceneId::from(TRIED);
    let program = library.add_file(tried.clone(), &args.file)?;
    say(&format!("read {:032x}", program.id.0))?;
    draw(&gpu, &library, &[tried], &mut |line| say(line))?;
    say("done")
}

/// Draws a few frames of scenes over each other. Returns what one costs, in milliseconds.
fn draw(
    gpu: &Gpu,
    library: &SceneLibrary,
    scenes: &[SceneId],
    tell: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<f64> {
    let mut stage = Stage::new(gpu, StageSettings { size: FIRST_SIZE, ..StageSettings::default() })?;
    let mut layers = Vec::new();
    for (no, scene) in (1..).zip(scenes) {
        let program = library.program(scene).context("a scene that compiled is gone")?;
        let installed = stage.install(program)?;
        install_pictures(&mut stage, installed, library.pictures(scene))?;
        layers.push(Layer { id: LayerId(no), source: LayerSource::Scene(scene.clone()), ..Layer::default() });
    }
    tell("compiled")?;
    let show = Show { layers, ..Show::default() };
    let mut listener = Listener::open(None, &audio_analysis::Settings::default())?;
    let mut director = Director::new();
    let mut costs = Vec::with_capacity(FRAMES);
    for no in 0..=FRAMES {
        let size_px = if no == 0 { FIRST_SIZE } else { SIZE };
        stage.resize(size_px)?;
        let secs = FROM_SECS + no as f64 / FPS;
        let signal = Arc::new(listener.hear_until(secs)?.clone());
        let moment = Moment { size_px, ..Moment::new(secs, 1.0 / FPS) };
        let step = director.step(&show, &signal, &[], &Transport::default(), moment, &Shelf::new(library));
        let started = Instant::now();
        stage.render(&step.input)?;
        gpu.wait();
        if no == 0 {
            tell("drawn")?;
            continue;
        }
        let millis = started.elapsed().as_secs_f64() * 1000.0;
        costs.push(millis);
        tell(&format!("frame {millis:.3}"))?;
    }
    let mut counted = costs.split_off(FRAMES - COUNTED);
    counted.sort_by(f64::total_cmp);
    // The cheapest but one: what else this machine does is not the scene's.
    Ok(counted.get(1).copied().unwrap_or_default())
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
