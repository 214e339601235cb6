//! `jamlight bench`: how fast this machine draws each scene, as the app draws it while it plays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use app_director::{Conductor, Director, Moment};
use app_library::{Paths, SceneLibrary};
use clap::Args;
use renderer_gpu::Gpu;
use renderer_stage::{ScaleControl, Stage, StageSettings};
use sync_protocol::{LayerSource, SceneId, Show};

use super::render::Size;
use crate::live::{MAX_IN_FLIGHT, WEAK_BUDGET_SECS};
use crate::offline::{Listener, install_pictures};
use crate::settings::Settings;
use crate::shelf::Shelf;

/// Time that is not counted, in seconds: drivers compile, the internal resolution settles.
const RUN_UP_SECS: f64 = 2.0;
/// How often the device is asked whether it is done.
const POLL: Duration = Duration::from_micros(200);

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// A scene by name; several as wanted. Without it, every built-in scene.
    #[arg(long)]
    scene: Vec<String>,
    /// Picture size, in pixels.
    #[arg(long, default_value = "640x360")]
    size: Size,
    /// How long each scene is measured, in seconds.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
}

/// What one scene took.
struct Figures {
    median_ms: f64,
    p95_ms: f64,
    scale: f32,
}

pub(super) fn run(args: &BenchArgs) -> Result<()> {
    let settings = Paths::platform().map(|paths| Settings::load(&paths).0).unwrap_or_default();
    let gpu = Gpu::new(&settings.gpu)?;
    let library = SceneLibrary::built_in();
    let scenes: Vec<SceneId> = if args.scene.is_empty() {
        library.ids()
    } else {
        args.scene.iter().map(|name| SceneId::from(name.as_str())).collect()
    };
    println!("{} at {}x{}", gpu.describe(), args.size.0[0], args.size.0[1]);
    println!("{:<16} {:>9} {:>9} {:>8}", "scene", "median ms", "p95 ms", "drawn at");
    for scene in scenes {
        let program = library.compile(&scene)?;
        if program.num_inputs > 0 {
            continue;
        }
        let figures = measure(&gpu, &library, &scene, args, &settings)
            .with_context(|| format!("scene {:?}", scene.as_str()))?;
        println!(
            "{:<16} {:>9.1} {:>9.1} {:>7.0}%",
            scene.as_str(),
            figures.median_ms,
            figures.p95_ms,
            figures.scale * 100.0
        );
    }
    Ok(())
}

/// Draws a scene to the built-in track as fast as the device does, two pictures under way at a time.
fn measure(
    gpu: &Gpu,
    library: &SceneLibrary,
    scene: &SceneId,
    args: &BenchArgs,
    settings: &Settings,
) -> Result<Figures> {
    let mut show = Show::default();
    show.layers.first_mut().context("a show has a layer")?.source = LayerSource::Scene(scene.clone());
    let mut listener = Listener::open(None, &settings.ear)?;
    let (mut conductor, mut director) = (Conductor::new(), Director::new());
    let mut stage = Stage::new(gpu, StageSettings { size: args.size.0, ..StageSettings::default() })?;
    let program = stage.install(library.compile(scene)?)?;
    install_pictures(&mut stage, program, library.pictures(scene))?;
    let mut scale = ScaleControl::new(WEAK_BUDGET_SECS);
    let under_way = Arc::new(AtomicU32::new(0));
    let mut intervals = Vec::new();
    let start = Instant::now();
    let mut last = start;
    loop {
        while under_way.load(Ordering::Acquire) >= MAX_IN_FLIGHT {
            gpu.poll();
            std::thread::sleep(POLL);
        }
        let now = Instant::now();
        let (secs, interval) = ((now - start).as_secs_f64(), (now - last).as_secs_f64());
        last = now;
        if secs > RUN_UP_SECS {
            intervals.push(interval * 1000.0);
        }
        if secs > RUN_UP_SECS + args.seconds {
            break;
        }
        let signal = Arc::new(listener.hear_until(secs)?.clone());
        let transport = conductor.update(&signal, &show.tempo);
        let step =
            director.step(&show, &signal, &[], &transport, Moment::new(secs, interval), &Shelf::new(library));
        stage.set_scale(scale.scale());
        stage.render(&step.input)?;
        under_way.fetch_add(1, Ordering::AcqRel);
        let done = under_way.clone();
        gpu.queue().on_submitted_work_done(move || {
            done.fetch_sub(1, Ordering::AcqRel);
        });
        scale.frame(interval as f32);
    }
    intervals.sort_by(f64::total_cmp);
    let at = |share: f64| {
        intervals.get((intervals.len() as f64 * share) as usize).copied().unwrap_or(f64::INFINITY)
    };
    Ok(Figures { median_ms: at(0.5), p95_ms: at(0.95), scale: scale.scale() })
}
