//! `jamlight render`: a song becomes a film, the same each time.

mod code;
mod past;
mod replay;
mod saved;
mod source;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, anyhow, bail};
use app_library::Paths;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use renderer_gpu::Gpu;
use renderer_output::{Container, Ffmpeg, FfmpegSettings, Sound, Y4mWriter, write_png};
use sync_protocol::DEFAULT_SCENE;

use super::host;
use crate::offline::{Film, Props};
use crate::settings::Settings;
use source::Source;

/// Largest side of a film, in pixels: 8K, and what a device can hold.
const MAX_SIDE_PX: u32 = 8192;
/// Fastest film, in frames per second.
const MAX_FPS: u32 = 240;
/// Longest film when neither the command line nor the file says, in seconds.
const MAX_SECS: f64 = 12.0 * 3600.0;
/// How long a single picture's scene runs up before it is taken, in seconds: feedback needs a past.
const STILL_RUN_UP_SECS: f64 = 2.0;
/// Pictures between the stage and the encoder. When full, the stage waits: nothing is late offline.
const ENCODER_QUEUE: usize = 4;

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// The song: wav, flac, mp3, ogg or m4a. Without it, the built-in track; for a session, what was
    /// recorded of it.
    #[arg(long)]
    audio: Option<PathBuf>,
    /// A room of this machine by name: what happened in it, from its first event on, happens again. What
    /// was recorded leads the picture, and sounds together with what code played.
    #[arg(long, value_name = "ROOM", conflicts_with_all = ["scene", "set", "seed"])]
    session: Option<String>,
    /// A show that was saved: its layers, pictures, videos, words, cues and autopilot. What its code plays
    /// is seen, not heard.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["session", "scene", "set"])]
    show: Option<PathBuf>,
    /// Looks for the room, scenes, pictures and videos under this folder: tests, portable installations.
    #[arg(long, value_name = "FOLDER")]
    home: Option<PathBuf>,
    /// A scene by name, or a scene file. Several share the film in equal parts.
    #[arg(long, visible_alias = "scene2", default_values_t = [DEFAULT_SCENE.to_owned()])]
    scene: Vec<String>,
    /// Picture size, in pixels.
    #[arg(long, default_value = "1280x720")]
    size: Size,
    /// Frames per second.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_FPS)))]
    fps: u32,
    /// Where in the song to begin, in seconds.
    #[arg(long, default_value_t = 0.0)]
    from: f64,
    /// How much of it, in seconds; without it, to the end. One picture is taken at the end of them.
    #[arg(long)]
    seconds: Option<f64>,
    /// Seed of everything random: 1, or the show's own.
    #[arg(long)]
    seed: Option<u32>,
    /// A parameter of the first scene, as name=number.
    #[arg(long, value_name = "NAME=NUMBER")]
    set: Vec<Setting>,
    /// What to make: .mp4 .mkv .webm .y4m, one .png, or a folder (with a slash at its end) of PNG; .flac
    /// for the sound of a session alone.
    #[arg(long)]
    out: PathBuf,
    /// For tests: `lose-device-every=N`.
    #[arg(long, hide = true)]
    drill: Vec<String>,
}

/// Width and height, as `1280x720`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size(pub [u32; 2]);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sides =
            text.split_once(['x', 'X', '×']).and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
        match sides {
            Some(size) if size.iter().all(|side| (1..=MAX_SIDE_PX).contains(side)) => Ok(Self(size)),
            _ => Err(format!("a size is two numbers of 1 to {MAX_SIDE_PX}, such as 1280x720")),
        }
    }
}

#[derive(Clone, Debug)]
struct Setting {
    name: String,
    value: f64,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split_once('=')
            .and_then(|(name, value)| Some(Self { name: name.to_owned(), value: value.parse().ok()? }))
            .ok_or_else(|| "a parameter is set as name=number".to_owned())
    }
}

pub(super) fn run(args: &RenderArgs) -> Result<()> {
    let lose_every = lose_device_every(&args.drill)?;
    if !args.from.is_finite() || args.from < 0.0 || args.seconds.is_some_and(|s| !s.is_finite() || s <= 0.0) {
        bail!("--from and --seconds are seconds from 0 on, and --seconds more than 0");
    }
    let settings = Paths::platform().map(|paths| Settings::load(&paths).0).unwrap_or_default();
    let mut source = Source::open(args, &settings)?;
    let target = Target::of(&args.out)?;
    let claimed_secs = source.claimed_secs().map_or(MAX_SECS, |claimed| (claimed - args.from).max(0.0));
    let film_secs = match (args.seconds, target.is_still()) {
        (Some(seconds), _) => seconds,
        (None, true) => STILL_RUN_UP_SECS,
        (None, false) => claimed_secs,
    };
    let to_the_end = args.seconds.is_none() && !target.is_still() && args.session.is_none();
    let num_frames = ((film_secs * f64::from(args.fps)).round() as u64).max(1);
    if let Target::Sound(to) = &target {
        return write_sound(&source, args, to, film_secs);
    }
    let sound = sound_of(&source, args, &target, film_secs)?;
    // Whether the picture can be written is known before a device is made.
    let encoder = Encoder::start(target, args.size.0, args.fps, sound.as_ref().map(FilmSound::track))?;
    let stop = stop_flag()?;
    let progress = progress_bar(num_frames);
    let mut drawn = 0;
    let mut shoot = || -> Result<Vec<String>> {
        let gpu = Gpu::new(&settings.gpu)?;
        let library = Arc::clone(source.library());
        let mut film = Film::new(&gpu, library, args.size.0, args.fps, args.from)?;
        if args.show.is_some() || args.session.is_some() {
            let paths = host::paths(args.home.as_deref())?;
            film = film.with_props(Props::new(&paths, args.size.0, args.fps, args.audio.as_deref()));
        }
        film = film.with_candidates(source.candidates());
        for idx in 0..num_frames {
            if stop.load(Ordering::Relaxed) || (to_the_end && source.ended()) {
                break;
            }
            let (show, hearing) = source.at(idx as f64 / num_frames as f64, film.secs())?;
            if lose_every.is_some_and(|every| idx > 0 && idx.is_multiple_of(every)) {
                film.lose_device();
            }
            encoder.send(film.next(&show, &hearing)?.data)?;
            source.propose(film.take_proposals())?;
            drawn += 1;
            progress.inc(1);
        }
        Ok(source.warnings().into_iter().chain(film.warnings()).collect())
    };
    let shot = shoot();
    progress.finish_and_clear();
    // The encoder's own reason says more than "it has ended".
    encoder.finish(shot.is_ok() && drawn > 0)?;
    for warning in shot? {
        eprintln!("jamlight: {warning}");
    }
    if drawn == 0 {
        bail!("nothing to render: the song ends before {} s", args.from);
    }
    if stop.load(Ordering::Relaxed) {
        eprintln!("jamlight: stopped after {drawn} of {num_frames} pictures; what is there is whole");
    }
    Ok(())
}

/// The sound of a film: a file that is there, or one made for it that goes with this.
enum FilmSound {
    Song(Sound),
    Jam(Sound),
}

impl FilmSound {
    fn track(&self) -> Sound {
        let (Self::Song(sound) | Self::Jam(sound)) = self;
        sound.clone()
    }
}

impl Drop for FilmSound {
    fn drop(&mut self) {
        if let Self::Jam(sound) = self {
            // It is in the film; a failure to remove is no second failure.
            let _ = std::fs::remove_file(&sound.file);
        }
    }
}

fn sound_of(source: &Source, args: &RenderArgs, target: &Target, seconds: f64) -> Result<Option<FilmSound>> {
    let Target::Film(film, _) = target else { return Ok(None) };
    if let Some(file) = &args.audio {
        let song = Sound { file: file.clone(), from_secs: args.from, seconds };
        return Ok(Some(FilmSound::Song(song)));
    }
    let Some(jam) = source.sounding_jam() else { return Ok(None) };
    let file = PathBuf::from(format!("{}.part.flac", film.display()));
    let sound = FilmSound::Jam(Sound { file: file.clone(), from_secs: 0.0, seconds });
    jam.replay(args.from)?.write_sound(&file, args.from, seconds)?;
    Ok(Some(sound))
}

/// Writes what a jam sounded like, without a picture.
fn write_sound(source: &Source, args: &RenderArgs, to: &Path, seconds: f64) -> Result<()> {
    let jam = source
        .sounding_jam()
        .filter(|_| args.audio.is_none())
        .context("a .flac is the sound of a jam that was recorded: give --session of one, and no --audio")?;
    let part = PathBuf::from(format!("{}.part", to.display()));
    if let Err(err) = jam.replay(args.from)?.write_sound(&part, args.from, seconds) {
        // Nothing is left under either name; a failure to remove is no second failure.
        let _ = std::fs::remove_file(&part);
        return Err(err);
    }
    std::fs::rename(&part, to).with_context(|| format!("cannot name {}", to.display()))
}

fn lose_device_every(drill: &[String]) -> Result<Option<u64>> {
    let mut every = None;
    for order in drill {
        match order.split_once('=') {
            Some(("lose-device-every", n)) => {
                every = Some(n.parse::<u64>().ok().filter(|n| *n > 0).context("a drill needs a number")?)
            }
            _ => bail!("render knows no drill {order:?}"),
        }
    }
    Ok(every)
}

fn stop_flag() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).context("cannot catch Ctrl-C")?;
    Ok(stop)
}

fn progress_bar(num_frames: u64) -> ProgressBar {
    let bar = ProgressBar::new(num_frames);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} pictures, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// What to make.
#[derive(Debug)]
enum Target {
    Film(PathBuf, Container),
    Y4m(PathBuf),
    Still(PathBuf),
    Sound(PathBuf),
    Folder(PathBuf),
}

impl Target {
    fn of(out: &Path) -> Result<Self> {
        let named_folder = out.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
        if named_folder || out.is_dir() {
            std::fs::create_dir_all(out)
                .with_context(|| format!("cannot make the folder {}", out.display()))?;
            return Ok(Self::Folder(out.to_owned()));
        }
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            bail!("there is no folder {}", folder.display());
        }
        let extension = out.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
        match extension.as_str() {
            "y4m" => Ok(Self::Y4m(out.to_owned())),
            "png" => Ok(Self::Still(out.to_owned())),
            "flac" => Ok(Self::Sound(out.to_owned())),
            other => Container::of_extension(other).map(|container| Self::Film(out.to_owned(), container)).ok_or_else(|| {
                anyhow!("cannot make {:?}; choose .mp4 .mkv .webm .y4m .png, or a folder with a slash at its end", out.display().to_string())
            }),
        }
    }

    fn is_still(&self) -> bool {
        matches!(self, Self::Still(_))
    }
}

/// Encodes on a thread of its own, so that drawing goes on meanwhile.
struct Encoder {
    pictures: Option<SyncSender<Vec<u8>>>,
    thread: JoinHandle<Result<()>>,
    /// The file to take its final name, and that name.
    finished: Option<(PathBuf, PathBuf)>,
}

impl Encoder {
    fn start(target: Target, size: [u32; 2], fps: u32, sound: Option<Sound>) -> Result<Self> {
        let (pictures, inbox) = sync_channel::<Vec<u8>>(ENCODER_QUEUE);
        let part = |path: &Path| PathBuf::from(format!("{}.part", path.display()));
        let finished = match &target {
            Target::Film(path, _) | Target::Y4m(path) | Target::Still(path) => {
                Some((part(path), path.clone()))
            }
            Target::Folder(_) | Target::Sound(_) => None,
        };
        // Whatever can fail at the start fails here, before a picture is drawn.
        let mut sink: Box<dyn Sink> = match target {
            Target::Film(path, container) => {
                // ffmpeg says little about a place it may not write to.
                File::create(part(&path)).with_context(|| format!("cannot write {}", path.display()))?;
                let program = "ffmpeg".to_owned();
                let settings = FfmpegSettings { program, size, fps, sound, container, out: part(&path) };
                let child =
                    Ffmpeg::start(&settings).inspect_err(|_| drop(std::fs::remove_file(part(&path))))?;
                Box::new(FilmSink(child))
            }
            Target::Y4m(path) => {
                let file =
                    File::create(part(&path)).with_context(|| format!("cannot write {}", path.display()))?;
                Box::new(Y4mSink(Y4mWriter::new(BufWriter::new(file), size, fps)?))
            }
            Target::Still(path) => {
                let file =
                    File::create(part(&path)).with_context(|| format!("cannot write {}", path.display()))?;
                Box::new(StillSink { file: BufWriter::new(file), size, last: Vec::new() })
            }
            Target::Sound(path) => bail!("there is no picture in {}", path.display()),
            Target::Folder(folder) => Box::new(FolderSink { folder, size, idx: 0 }),
        };
        let thread = std::thread::Builder::new().name("encoder".to_owned()).spawn(move || {
            for picture in inbox {
                sink.picture(&picture)?;
            }
            sink.finish()
        })?;
        Ok(Self { pictures: Some(pictures), thread, finished })
    }

    fn send(&self, picture: Vec<u8>) -> Result<()> {
        let pictures = self.pictures.as_ref().context("the encoder has ended")?;
        pictures.send(picture).map_err(|_| anyhow!("the encoder has ended"))
    }

    /// Waits for the last picture; `keep` gives the file its name, else it is removed.
    fn finish(mut self, keep: bool) -> Result<()> {
        drop(self.pictures.take());
        let encoded = self.thread.join().unwrap_or_else(|_| Err(anyhow!("the encoder broke down")));
        let Some((part, name)) = self.finished else { return encoded };
        if keep && encoded.is_ok() {
            std::fs::rename(&part, &name).with_context(|| format!("cannot name {}", name.display()))?;
        } else {
            // Nothing is left under either name; a failure to remove is no second failure.
            let _ = std::fs::remove_file(&part);
        }
        encoded
    }
}

trait Sink: Send {
    fn picture(&mut self, rgba: &[u8]) -> Result<()>;
    fn finish(self: Box<Self>) -> Result<()>;
}

struct FilmSink(Ffmpeg);

impl Sink for FilmSink {
    fn picture(&mut self, rgba: &[u8]) -> Result<()> {
        Ok(self.0.frame(rgba)?)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(self.0.finish()?)
    }
}

struct Y4mSink(Y4mWriter<BufWriter<File>>);

impl Sink for Y4mSink {
    fn picture(&mut self, rgba: &[u8]) -> Result<()> {
        Ok(self.0.frame(rgba)?)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.0.finish()?;
        Ok(())
    }
}

struct StillSink {
    file: BufWriter<File>,
    size: [u32; 2],
    last: Vec<u8>,
}

impl Sink for StillSink {
    fn picture(&mut self, rgba: &[u8]) -> Result<()> {
        self.last.clear();
        self.last.extend_from_slice(rgba);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if !self.last.is_empty() {
            write_png(&mut self.file, self.size, &self.last)?;
        }
        Ok(self.file.flush()?)
    }
}

struct FolderSink {
    folder: PathBuf,
    size: [u32; 2],
    idx: u64,
}

impl Sink for FolderSink {
    fn picture(&mut self, rgba: &[u8]) -> Result<()> {
        let name = self.folder.join(format!("{:06}.png", self.idx));
        let part = name.with_extension("png.part");
        let file = File::create(&part).with_context(|| format!("cannot write {}", name.display()))?;
        let mut file = BufWriter::new(file);
        write_png(&mut file, self.size, rgba)?;
        file.flush()?;
        std::fs::rename(&part, &name)?;
        self.idx += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
