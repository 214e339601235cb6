//! `cargo xtask`: the project's own chores.
#![expect(clippy::disallowed_methods, reason = "chores read files and run programs")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use xtask::{flash, guest, hostile, react, root, tidy};

/// Size of the grey pictures `react` compares.
const REACT_SIZE: [usize; 2] = [160, 90];

#[derive(Parser)]
#[command(about = "The project's own chores")]
enum Chore {
    /// Checks what no compiler checks: arrows, file lengths, module docs, machine paths.
    Tidy,
    /// Builds the guest page's editor, which the server then embeds.
    Guest {
        /// Drives the page in Chromium too; what follows `--` goes to the driver.
        #[arg(long)]
        check: bool,
        /// For the driver.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Draws every golden picture anew. Look at each before committing it.
    Goldens,
    /// Draws the thumbnail of every built-in scene anew, for `assets/thumbnails`.
    Thumbnails {
        /// The built `jamlight`.
        #[arg(long)]
        jamlight: PathBuf,
        /// Scenes; all of ours when none is named.
        #[arg(long)]
        scene: Vec<String>,
    },
    /// Prints how closely each scene follows a song, −1–1.
    React(React),
    /// Prints whether scenes flash more than WCAG 2.3.1 allows, to clicks that sweep from 3 to 20 a second.
    Flash(Flash),
    /// Gives the running app shaders that mean harm and broken ones as the user's scenes. Wants a display.
    Hostile(hostile::Hostile),
}

/// Size and rate of the pictures `flash` looks at.
const FLASH_SIZE: [usize; 2] = [256, 144];
const FLASH_FPS: usize = 60;
/// Rates the clicks sweep over, in Hz.
const FLASH_HZ: [f64; 2] = [3.0, 20.0];

#[derive(clap::Args)]
struct Flash {
    /// The built `jamlight`.
    #[arg(long)]
    jamlight: PathBuf,
    /// Scenes; all built-in ones when none is named.
    #[arg(long)]
    scene: Vec<String>,
    /// How long, in seconds.
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
}

#[derive(clap::Args)]
struct React {
    /// The built `jamlight`.
    #[arg(long)]
    jamlight: PathBuf,
    /// A song.
    #[arg(long)]
    audio: PathBuf,
    /// Scenes; all of ours when none is named.
    #[arg(long)]
    scene: Vec<String>,
    /// Where in the song to begin, in seconds.
    #[arg(long, default_value_t = 0.0)]
    from: f64,
    /// How much of it, in seconds.
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// The least score that passes.
    #[arg(long, default_value_t = 0.3)]
    least: f64,
}

fn main() -> Result<()> {
    match Chore::parse() {
        Chore::Tidy => {
            let problems = tidy::problems(&root())?;
            for problem in &problems {
                println!("{problem}");
            }
            if problems.is_empty() { Ok(()) } else { bail!("{} to tidy", problems.len()) }
        }
        Chore::Guest { check: false, .. } => guest::build(&root()),
        Chore::Guest { check: true, arguments } => guest::check(&root(), &arguments),
        Chore::Goldens => goldens(),
        Chore::Thumbnails { jamlight, scene } => thumbnails(&jamlight, scene),
        Chore::React(args) => react_table(&args),
        Chore::Flash(args) => flash_table(&args),
        Chore::Hostile(args) => hostile::drive(&args),
    }
}

fn goldens() -> Result<()> {
    let mut tests = Command::new("cargo");
    tests.args(["test", "-p", "renderer-stage", "--test", "it", "golden"]);
    // The tests' own switch, in `renderer/stage/tests/it/picture.rs`.
    let status = tests.env("UPDATE_GOLDEN", "1").current_dir(root()).status().context("cargo test")?;
    if status.success() { Ok(()) } else { bail!("a golden picture could not be drawn") }
}

/// Size of a thumbnail, in pixels, and the second of the built-in track that it shows: all its voices are in.
const THUMBNAIL: (&str, &str) = ("240x136", "5.1");

fn thumbnails(jamlight: &Path, scenes: Vec<String>) -> Result<()> {
    let folder = root().join("assets/thumbnails");
    std::fs::create_dir_all(&folder)?;
    let still = std::env::temp_dir().join(format!("jamlight-thumbnail-{}.png", std::process::id()));
    for scene in if scenes.is_empty() { our_scenes(jamlight)? } else { scenes } {
        let (size, secs) = THUMBNAIL;
        let mut render = Command::new(jamlight);
        render.args(["render", "--scene", &scene, "--size", size, "--seconds", secs, "--out"]).arg(&still);
        let mut jpeg = Command::new("ffmpeg");
        jpeg.args(["-loglevel", "error", "-y", "-i"]).arg(&still).args(["-q:v", "4"]);
        jpeg.arg(folder.join(format!("{scene}.jpg")));
        for mut step in [render, jpeg] {
            if !step.stderr(Stdio::null()).status()?.success() {
                bail!("the thumbnail of {scene:?} cannot be drawn");
            }
        }
    }
    std::fs::remove_file(&still)?;
    Ok(())
}

fn react_table(args: &React) -> Result<()> {
    let onsets = onsets(&args.jamlight, &args.audio)?;
    let inside: Vec<f64> =
        onsets.into_iter().map(|t| t - args.from).filter(|t| (0.0..args.seconds).contains(t)).collect();
    let scenes = if args.scene.is_empty() { our_scenes(&args.jamlight)? } else { args.scene.clone() };
    println!("{:<24} {:>7}  {} onsets in {} s", "scene", "score", inside.len(), args.seconds);
    let mut low = 0;
    for scene in &scenes {
        let frames = frames(args, scene)?;
        let score = react::score(&frames, 30.0, &inside);
        low += usize::from(score < args.least);
        println!("{scene:<24} {score:>7.3}{}", if score < args.least { "  low" } else { "" });
    }
    if low > 0 {
        bail!("{low} of {} scenes score under {}", scenes.len(), args.least);
    }
    Ok(())
}

fn flash_table(args: &Flash) -> Result<()> {
    let dir = std::env::temp_dir().join(format!("jamlight-flash-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let clicks = dir.join("clicks.wav");
    std::fs::write(&clicks, flash::sweeping_clicks(args.seconds, FLASH_HZ[0], FLASH_HZ[1]))?;
    let scenes = if args.scene.is_empty() { our_scenes(&args.jamlight)? } else { args.scene.clone() };
    println!("{:<24} {:>10} {:>11} {:>13}", "scene", "violations", "worst share", "most flashes");
    let mut bad = 0;
    for scene in &scenes {
        let found = flashes(args, &clicks, &dir.join("flash.y4m"), scene)?;
        bad += usize::from(found.num_violations > 0);
        println!(
            "{scene:<24} {:>10} {:>11.3} {:>13.1}",
            found.num_violations, found.worst_share, found.most_flashes
        );
    }
    std::fs::remove_dir_all(&dir)?;
    if bad > 0 {
        bail!("{bad} of {} scenes flash too much", scenes.len());
    }
    Ok(())
}

fn flashes(args: &Flash, clicks: &Path, out: &Path, scene: &str) -> Result<flash::Flashes> {
    let size = format!("{}x{}", FLASH_SIZE[0], FLASH_SIZE[1]);
    let status = Command::new(&args.jamlight)
        .arg("render")
        .arg("--audio")
        .arg(clicks)
        .args(["--scene", scene, "--size", &size, "--fps", &FLASH_FPS.to_string()])
        .args(["--seconds", &args.seconds.to_string(), "--out"])
        .arg(out)
        .stderr(Stdio::null())
        .status()
        .context("jamlight render")?;
    if !status.success() {
        bail!("scene {scene:?} does not render");
    }
    let mut film = std::io::BufReader::new(std::fs::File::open(out)?);
    let mut line = Vec::new();
    std::io::BufRead::read_until(&mut film, b'\n', &mut line)?;
    let mut planes = vec![0; FLASH_SIZE[0] * FLASH_SIZE[1] * 3 / 2];
    let mut analyser = flash::Analyser::new(FLASH_SIZE, FLASH_FPS);
    loop {
        line.clear();
        if std::io::BufRead::read_until(&mut film, b'\n', &mut line)? == 0 {
            return Ok(analyser.found());
        }
        std::io::Read::read_exact(&mut film, &mut planes)?;
        analyser.frame(FLASH_SIZE[0], &flash::linear_from_y4m(FLASH_SIZE, &planes));
    }
}

fn json_of(jamlight: &Path, arguments: &[&std::ffi::OsStr]) -> Result<String> {
    let ran = Command::new(jamlight).args(arguments).stderr(Stdio::inherit()).output().context("jamlight")?;
    if !ran.status.success() {
        bail!("jamlight {arguments:?} failed");
    }
    Ok(String::from_utf8(ran.stdout)?)
}

fn onsets(jamlight: &Path, audio: &Path) -> Result<Vec<f64>> {
    let text =
        json_of(jamlight, &["analyze".as_ref(), "--online".as_ref(), "--json".as_ref(), audio.as_ref()])?;
    // One key of one flat object: a JSON crate would be a dependency for this line.
    let list = text
        .split("\"onsets\"")
        .nth(1)
        .and_then(|rest| rest.split('[').nth(1)?.split(']').next())
        .unwrap_or("");
    Ok(list.split(',').filter_map(|n| n.trim().parse().ok()).collect())
}

fn our_scenes(jamlight: &Path) -> Result<Vec<String>> {
    let text = json_of(jamlight, &["scenes".as_ref(), "list".as_ref(), "--json".as_ref()])?;
    Ok(text
        .split("\"id\"")
        .skip(1)
        .filter(|card| {
            card.split("\"kind\"")
                .nth(1)
                .map(|kind| kind.trim_start_matches([':', ' ', '"']))
                .is_some_and(|kind| kind.starts_with("native") || kind.starts_with("hydra"))
                && !card.contains("\"filter\"")
        })
        .filter_map(|card| Some(card.split('"').nth(1)?.to_owned()))
        .collect())
}

fn frames(args: &React, scene: &str) -> Result<Vec<Vec<u8>>> {
    let dir = std::env::temp_dir().join(format!("jamlight-react-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let out = dir.join("react.y4m");
    let status = Command::new(&args.jamlight)
        .arg("render")
        .arg("--audio")
        .arg(&args.audio)
        .args(["--scene", scene, "--size", &format!("{}x{}", REACT_SIZE[0], REACT_SIZE[1]), "--fps", "30"])
        .args(["--from", &args.from.to_string(), "--seconds", &args.seconds.to_string(), "--out"])
        .arg(&out)
        .stderr(Stdio::null())
        .status()
        .context("jamlight render")?;
    if !status.success() {
        bail!("scene {scene:?} does not render");
    }
    let bytes = std::fs::read(&out)?;
    std::fs::remove_dir_all(&dir)?;
    Ok(luma_planes(&bytes))
}

/// Returns the brightness plane of each frame of a y4m file (4:2:0 or 4:4:4).
fn luma_planes(bytes: &[u8]) -> Vec<Vec<u8>> {
    let header_end = bytes.iter().position(|b| *b == b'\n').unwrap_or(0);
    let header = String::from_utf8_lossy(&bytes[..header_end]);
    let luma = REACT_SIZE[0] * REACT_SIZE[1];
    let chroma = REACT_SIZE[0].div_ceil(2) * REACT_SIZE[1].div_ceil(2) * 2;
    let frame = if header.contains("C444") { luma * 3 } else { luma + chroma };
    let mut planes = Vec::new();
    let mut at = header_end + 1;
    while let Some(line_end) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b == b'\n')) {
        let start = at + line_end + 1;
        let Some(plane) = bytes.get(start..start + luma) else { break };
        planes.push(plane.to_vec());
        at = start + frame;
    }
    planes
}
