//! Renders a scene file with a made-up song into PNG frames, to look at it:
//! `cargo run -p renderer-stage --example still -- --scene shaders/scenes/x.wgsl --frames 3 --every 15 --size 640x360 --out DIR`

#![expect(
    clippy::disallowed_methods,
    reason = "a program for a person: reads a file and a clock, writes pictures"
)]

#[path = "../tests/it/song.rs"]
mod song;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use renderer_gpu::{Gpu, GpuSettings, Pixels};
use renderer_scene::{SceneInput, native};
use renderer_stage::{Stage, StageSettings};

const USAGE: &str = "still --scene FILE [--frames N] [--every N] [--from N] [--fps N] [--size WxH] [--scale S] [--bloom X] [--param NAME=X]… [--lose-every N] [--time] [--out DIR]
  --frames  pictures to write (3)        --every  frames from one picture to the next (15)
  --from    first frame written (0; all before are drawn)
  --lose-every  loses the device before each so many frames: the pictures are the same
  --time    prints the time a frame takes; writes nothing";

struct Options {
    scene: PathBuf,
    frames: u64,
    every: u64,
    from: u64,
    frames_per_sec: u32,
    size: [u32; 2],
    scale: f32,
    bloom: f32,
    params: Vec<(String, f32)>,
    lose_every: u64,
    time: bool,
    out: PathBuf,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        scene: PathBuf::new(),
        frames: 3,
        every: 15,
        from: 0,
        frames_per_sec: 30,
        size: [640, 360],
        scale: 1.0,
        bloom: StageSettings::default().bloom,
        params: Vec::new(),
        lose_every: u64::MAX,
        time: false,
        out: PathBuf::from("target/still"),
    };
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        if flag == "--time" {
            options.time = true;
            continue;
        }
        let value = args.next().ok_or(USAGE)?;
        match flag.as_str() {
            "--scene" => options.scene = value.into(),
            "--frames" => options.frames = value.parse()?,
            "--every" => options.every = value.parse::<u64>()?.max(1),
            "--from" => options.from = value.parse()?,
            "--fps" => options.frames_per_sec = value.parse::<u32>()?.max(1),
            "--scale" => options.scale = value.parse()?,
            "--lose-every" => options.lose_every = value.parse::<u64>()?.max(1),
            "--bloom" => options.bloom = value.parse()?,
            "--out" => options.out = value.into(),
            "--size" => {
                let (w, h) = value.split_once('x').ok_or(USAGE)?;
                options.size = [w.parse()?, h.parse()?];
            }
            "--param" => {
                let (name, x) = value.split_once('=').ok_or(USAGE)?;
                options.params.push((name.to_owned(), x.parse()?));
            }
            _ => return Err(USAGE.into()),
        }
    }
    if options.scene.as_os_str().is_empty() { Err(USAGE.into()) } else { Ok(options) }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let source = std::fs::read_to_string(&options.scene)?;
    let stem = options.scene.file_stem().map_or("scene".into(), |s| s.to_string_lossy().into_owned());
    let scene = Arc::new(
        native::compile(&source, &stem).map_err(|error| format!("{}:{error}", options.scene.display()))?,
    );
    let gpu = Gpu::new(&GpuSettings::default())?;
    let settings =
        StageSettings { size: options.size, bloom: options.bloom, live: false, ..StageSettings::default() };
    let mut stage = Stage::new(&gpu, settings)?;
    stage.set_scale(options.scale);
    let started = Instant::now();
    stage.install(scene.clone())?;
    println!(
        "{}: {} passes on {}, compiled in {:.0} ms",
        scene.name,
        scene.passes.len(),
        gpu.name(),
        millis(started)
    );

    let (mut times, mut device) = (Vec::new(), Vec::new());
    let last = options.from + (options.frames.max(1) - 1) * options.every;
    for frame in 0..=last {
        let mut program = song::program(&scene, 1, frame, options.frames_per_sec);
        for (name, x) in &options.params {
            let i = scene
                .params
                .iter()
                .position(|p| p.name == *name)
                .ok_or(format!("there is no param {name:?}"))?;
            program.params[i][0] = *x;
        }
        let layers = vec![song::layer(1, SceneInput::Program(program))];
        let input = song::input(frame, options.frames_per_sec, layers);
        if frame % options.lose_every == options.lose_every - 1 {
            stage.gpu().lose();
        }
        let wanted = frame >= options.from && (frame - options.from).is_multiple_of(options.every);
        let started = Instant::now();
        let report = if options.time {
            let report = stage.render(&input)?;
            gpu.wait();
            times.push(millis(started));
            device.push(f64::from(report.timings.total));
            report
        } else {
            let (pixels, report) = stage.render_exact(&input, &mut Gpu::rebirth)?;
            if wanted {
                write(&pixels, &options.out, &stem, frame)?;
            }
            report
        };
        for fault in &report.faults {
            println!("frame {frame}: {fault}");
        }
    }
    if options.time {
        for (what, times) in [("a frame", &mut times), ("on the device", &mut device)] {
            print_times(what, times.split_off(times.len().min(4)));
        }
    }
    let refused = stage.gpu().errors().total();
    if refused > 0 {
        return Err(format!("the device refused {refused} calls").into());
    }
    Ok(())
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn print_times(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!("{what}, {} frames: median {:.1} ms, 95 % {:.1} ms", times.len(), at(0.5), at(0.95));
}

fn write(pixels: &Pixels, dir: &Path, stem: &str, frame: u64) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!("{stem}-{frame:06}.png"));
    image::save_buffer(&path, &pixels.data, pixels.width, pixels.height, image::ExtendedColorType::Rgba8)?;
    println!("{}", path.display());
    Ok(())
}
