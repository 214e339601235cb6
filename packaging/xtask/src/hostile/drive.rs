//! Puts shaders into the running app as its user's scenes, one after the other, and watches the show.
#![expect(clippy::disallowed_methods, reason = "chores read files, run programs and a clock")]

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::{Dice, GOOD, Text, hostile, mutant};

/// How long the app may take until it shows the good scenes.
const START: Duration = Duration::from_secs(60);
/// How often the start is looked at, and what comes back.
const LOOK: Duration = Duration::from_millis(150);
/// Within this the app says what it makes of a changed file: it may be trying another one for its thumbnail.
const NOTICED: Duration = Duration::from_secs(60);
/// The longest a trial may take, its process's start included.
const TRIAL: Duration = Duration::from_secs(90);
/// How many are done between two lines that say how far it is.
const SAY_EVERY: usize = 50;
/// How long the good scene may take to come back.
const BACK: Duration = Duration::from_secs(20);
/// What of 255 the mean colour may differ from the good scenes'.
const NEAR: f32 = 12.0;
const PORT: u16 = 47_961;

/// What is done.
#[derive(clap::Args, Debug)]
pub struct Hostile {
    /// The built `jamlight`.
    #[arg(long)]
    jamlight: PathBuf,
    /// Leaves out the shaders that mean harm.
    #[arg(long)]
    only_mutants: bool,
    /// Leaves out so many at the beginning: those that were done.
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// How many broken ones.
    #[arg(long, default_value_t = 1_000)]
    mutants: usize,
    /// Seed of what is broken.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ends after this many seconds, with what was done until then.
    #[arg(long, default_value_t = 36_000)]
    seconds: u64,
    /// Shaders to break: folders of .wgsl, .fs and .glsl.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
}

/// What came of it.
#[derive(Debug, Default)]
struct Tally {
    hostile: usize,
    mutants: usize,
    /// Those that compiled.
    tried: usize,
    played: usize,
    locked: usize,
    lost: usize,
}

/// Runs all of it and prints what came of it. Wants a display.
///
/// # Errors
/// When the app ends, a frame takes longer than half a second, or what was good does not stay.
pub fn drive(args: &Hostile) -> Result<()> {
    let mut files = Vec::new();
    args.folders.iter().for_each(|folder| collect(folder, &mut files));
    files.sort_by(|a, b| a.text.cmp(&b.text));
    if files.is_empty() {
        bail!("there is no shader in these folders");
    }
    let mut dice = Dice::new(args.seed);
    let mut shaders = if args.only_mutants { Vec::new() } else { hostile() };
    let num_hostile = shaders.len();
    shaders.extend((0..args.mutants).filter_map(|_| {
        let file = files.get(dice.below(files.len()))?;
        Some(Text { ending: file.ending, text: mutant(&file.text, &mut dice) })
    }));
    let mut show = Show::open(&args.jamlight)?;
    let mut tally = Tally::default();
    let started = Instant::now();
    for (no, shader) in shaders.iter().enumerate().skip(args.skip) {
        if started.elapsed().as_secs() > args.seconds {
            break;
        }
        if no > args.skip && no.is_multiple_of(SAY_EVERY) {
            println!("{no} after {:.0} s: {tally:?}", started.elapsed().as_secs_f32());
        }
        show.try_out(shader, &mut tally).with_context(|| format!("shader {no}:\n{:.2000}", shader.text))?;
        if no < num_hostile { tally.hostile += 1 } else { tally.mutants += 1 }
    }
    let gaps = show.gaps();
    let of = |share: f64| gaps.get(((gaps.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(0.0);
    println!("{tally:?} in {:.0} s, process deaths 0", started.elapsed().as_secs_f32());
    println!(
        "{} frames: median {:.0}, p99 {:.0}, longest {:.0} ms, {} over 500 ms",
        gaps.len(),
        of(0.5),
        of(0.99),
        of(1.0),
        gaps.iter().filter(|gap| **gap > 500.0).count()
    );
    if tally.lost > 0 || of(1.0) > 500.0 { bail!("the show did not bear it") } else { Ok(()) }
}

fn collect(path: &Path, files: &mut Vec<Text>) {
    if let Ok(entries) = std::fs::read_dir(path) {
        return entries.flatten().for_each(|entry| collect(&entry.path(), files));
    }
    let ending = path.extension().and_then(std::ffi::OsStr::to_str);
    let known = GOOD.iter().map(|(ending, _)| *ending).find(|known| Some(*known) == ending);
    if let (Some(ending), Ok(text)) = (known, std::fs::read_to_string(path)) {
        files.push(Text { ending, text });
    }
}

/// The running app.
struct Show {
    home: PathBuf,
    app: Child,
    /// When each frame was drawn. Held for a push.
    frames: Arc<Mutex<Vec<Instant>>>,
    /// What the app says of scenes.
    said: Receiver<String>,
    good: [f32; 3],
}

impl Drop for Show {
    fn drop(&mut self) {
        let _ = self.app.kill();
        let _ = self.app.wait();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl Show {
    /// Opens the app twice: once for an autosave, then with three layers of the user's scenes.
    fn open(jamlight: &Path) -> Result<Self> {
        let home = std::env::temp_dir().join(format!("jamlight-hostile-{}", std::process::id()));
        std::fs::create_dir_all(home.join("data/scenes"))?;
        for (ending, text) in GOOD {
            std::fs::write(home.join(format!("data/scenes/x{ending}.{ending}")), text)?;
        }
        let autosave = home.join("state/autosave.json");
        let mut first = start(jamlight, &home)?;
        let begun = Instant::now();
        while !autosave.exists() && begun.elapsed() < START {
            std::thread::sleep(LOOK);
        }
        first.kill()?;
        first.wait()?;
        let text = std::fs::read_to_string(&autosave).context("the app wrote no autosave")?;
        std::fs::write(&autosave, three_layers(&text)?)?;
        let mut app = start(jamlight, &home)?;
        let frames = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(app.stderr.take().context("no standard error")?).lines();
        let drawn = frames.clone();
        let (say, said) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line.starts_with("frame ") {
                    drawn.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(Instant::now());
                } else if let Some(of_scene) = line.strip_prefix("scene ") {
                    // Nobody listens when all is done.
                    let _ = say.send(of_scene.to_owned());
                }
            }
        });
        let mut show = Self { home, app, frames, said, good: [0.0; 3] };
        // Until all were tried, the default scene stands in.
        let (mut wanted, mut playing) = (HashSet::new(), HashSet::new());
        while wanted.len() < GOOD.len() || !wanted.is_subset(&playing) {
            let said = show.wait_for("", START)?;
            if let Some((name, program)) = said.split_once(" compiled ") {
                let good = GOOD.iter().any(|(ending, _)| name.strip_prefix('x') == Some(ending));
                wanted.extend(good.then(|| program.to_owned()));
            } else if let Some(program) = said.strip_suffix(" plays") {
                playing.insert(program.to_owned());
            }
        }
        let begun = Instant::now();
        let mut before = [0.0; 3];
        while !alike(before, show.good) || !show.good.iter().all(|share| *share > 40.0) {
            if begun.elapsed() > START {
                bail!("the good scenes do not play: {:?}", show.good);
            }
            std::thread::sleep(LOOK * 4);
            let now = show.colour().unwrap_or_default();
            before = std::mem::replace(&mut show.good, now);
        }
        show.frames.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        Ok(show)
    }

    /// Saves a shader over the good scene of its format and waits for what the app makes of it. What plays is replaced by
    /// the good one; what does not has left that where it was.
    fn try_out(&mut self, shader: &Text, tally: &mut Tally) -> Result<()> {
        let Some((ending, good)) = GOOD.iter().find(|(ending, _)| *ending == shader.ending) else {
            return Ok(());
        };
        self.said.try_iter().for_each(drop);
        self.save(ending, &shader.text)?;
        let said = self.wait_for(&format!("x{ending} "), NOTICED)?;
        let fate = match said.strip_prefix("compiled ") {
            Some(program) => {
                let fate = self.wait_for(&format!("{program} "), TRIAL)?;
                tally.tried += 1;
                fate
            }
            None => said,
        };
        let plays = fate == "plays";
        tally.played += usize::from(plays);
        tally.locked += usize::from(fate == "locked");
        if !plays {
            if !self.is_good() {
                tally.lost += 1;
                println!("not held: {:?}, good is {:?}\n{:.1500}", self.colour(), self.good, shader.text);
            }
            return Ok(());
        }
        self.save(ending, good)?;
        let begun = Instant::now();
        while !self.is_good() {
            if begun.elapsed() > BACK {
                bail!("the good scene does not come back: {:?}, good is {:?}", self.colour(), self.good);
            }
            self.lives()?;
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Puts a scene into the folder at once: half a file is another scene.
    fn save(&self, ending: &str, text: &str) -> Result<()> {
        let whole = self.home.join("whole");
        std::fs::write(&whole, text)?;
        Ok(std::fs::rename(whole, self.home.join(format!("data/scenes/x{ending}.{ending}")))?)
    }

    /// Returns what the app says next that begins so, without its beginning.
    fn wait_for(&mut self, beginning: &str, patience: Duration) -> Result<String> {
        let until = Instant::now() + patience;
        loop {
            match self.said.recv_timeout(until.saturating_duration_since(Instant::now()).min(LOOK)) {
                Ok(said) => {
                    if let Some(rest) = said.strip_prefix(beginning) {
                        return Ok(rest.to_owned());
                    }
                }
                Err(_) => {
                    self.lives()?;
                    if Instant::now() >= until {
                        bail!("the app says nothing of {beginning:?}");
                    }
                }
            }
        }
    }

    /// # Errors
    /// When the app has ended.
    fn lives(&mut self) -> Result<()> {
        match self.app.try_wait()? {
            Some(status) => bail!("the app ended: {status}"),
            None => Ok(()),
        }
    }

    fn is_good(&self) -> bool {
        self.colour().is_ok_and(|now| alike(now, self.good))
    }

    /// The mean colour of what is shown, 0–255.
    fn colour(&self) -> Result<[f32; 3]> {
        let mut stream = TcpStream::connect(("127.0.0.1", PORT))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /snapshot.png HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let start = answer.windows(4).position(|four| four == b"\r\n\r\n").context("no answer")? + 4;
        let mut ffmpeg = Command::new("ffmpeg")
            .args(["-loglevel", "error", "-f", "png_pipe", "-i", "-"])
            .args(["-vf", "scale=1:1:flags=area", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut input = ffmpeg.stdin.take().context("no input")?;
        input.write_all(answer.get(start..).unwrap_or_default())?;
        drop(input);
        let bytes = ffmpeg.wait_with_output()?.stdout;
        let [r, g, b] = *bytes.first_chunk().context("no picture")?;
        Ok([r, g, b].map(f32::from))
    }

    /// Milliseconds between frames, sorted.
    fn gaps(&self) -> Vec<f64> {
        let frames = self.frames.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut gaps: Vec<f64> = frames
            .windows(2)
            .filter_map(|two| Some(two.last()?.duration_since(*two.first()?).as_secs_f64() * 1000.0))
            .collect();
        gaps.sort_by(f64::total_cmp);
        gaps
    }
}

fn alike(a: [f32; 3], b: [f32; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= NEAR)
}

fn start(jamlight: &Path, home: &Path) -> Result<Child> {
    Command::new(jamlight)
        .args([
            "--no-supervisor",
            "--drill",
            "trace-frames",
            "--drill",
            "trace-scenes",
            "--stream-port",
            &PORT.to_string(),
            "--home",
        ])
        .arg(home)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} does not start", jamlight.display()))
}

/// Puts the good scenes of all formats over each other, in place of an autosave's one layer.
fn three_layers(autosave: &str) -> Result<String> {
    let (before, rest) = autosave.split_once("\"layers\": [").context("an autosave without layers")?;
    let (layers, after) = rest.split_once("\"next_layer\"").context("an autosave without a next layer")?;
    let end = layers.rfind(']').context("layers that do not end")?;
    let layer = layers.get(..end).unwrap_or_default();
    let (_, scene) = layer.split_once("\"scene\": \"").context("a layer without a scene")?;
    let (scene, _) = scene.split_once('"').context("a scene that does not end")?;
    let three: Vec<String> = (1..)
        .zip(GOOD)
        .map(|(id, (ending, _))| {
            layer
                .replace(&format!("\"{scene}\""), &format!("\"x{ending}\""))
                .replacen("\"id\": 1", &format!("\"id\": {id}"), 1)
                .replace("\"blend\": \"normal\"", "\"blend\": \"add\"")
        })
        .collect();
    let next = after.trim_start_matches([':', ' ', '1', '2', '3', '4']);
    Ok(format!("{before}\"layers\": [{}],\n\"next_layer\": 4{next}", three.join(",")))
}
