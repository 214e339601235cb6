//! `jamlight render`: a song becomes a film, the same each time.

mod past;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, anyhow, bail};
use app_library::{Paths, SceneLibrary};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use renderer_gpu::Gpu;
use renderer_output::{Container, Ffmpeg, FfmpegSettings, Sound, Y4mWriter, write_png};
use sync_protocol::{Command, DEFAULT_SCENE, LayerId, LayerSource, MemberId, SceneId, Show, Transition};
use sync_session::{Origin, Session};

use crate::offline::{Film, Listener};
use crate::settings::Settings;

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
    /// The song: wav, flac, mp3, ogg or m4a. Without it, the built-in track; for a session, silence.
    #[arg(long)]
    audio: Option<PathBuf>,
    /// A room of this machine by name: what happened in it, from its first event on, happens again.
    #[arg(long, value_name = "ROOM", conflicts_with_all = ["scene", "set", "seed"])]
    session: Option<String>,
    /// Looks for the room under this folder: tests, portable installations.
    #[arg(long, value_name = "FOLDER", requires = "session")]
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
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// A parameter of the first scene, as name=number.
    #[arg(long, value_name = "NAME=NUMBER")]
    set: Vec<Setting>,
    /// What to make: .mp4 .mkv .webm .y4m, one .png, or a folder (with a slash at its end) of PNG.
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
    let listener = match (&args.audio, &args.session) {
        (None, Some(_)) => Listener::silent(&settings.ear),
        (audio, _) => Listener::open(audio.as_deref(), &settings.ear)?,
    };
    let mut stage = match &args.session {
        Some(name) => {
            let past = past::Past::open(args.home.as_deref(), name)?;
            Source::Past { library: load_past(&past, args.home.as_deref())?, past: Box::new(past) }
        }
        None => {
            let scenes = load_scenes(&args.scene)?;
            let session = Box::new(Session::new(first_show(args, &scenes)?));
            Source::Scenes { scenes, session }
        }
    };
    let target = Target::of(&args.out)?;
    let film_secs = match (args.seconds, target.is_still()) {
        (Some(seconds), _) => seconds,
        (None, true) => STILL_RUN_UP_SECS,
        (None, false) => match &stage {
            Source::Past { past, .. } => (past.secs() - args.from).max(0.0),
            Source::Scenes { .. } => {
                listener.claimed_secs().map_or(MAX_SECS, |claimed| (claimed - args.from).max(0.0))
            }
        },
    };
    let to_the_end = args.seconds.is_none() && !target.is_still() && args.session.is_none();
    let num_frames = ((film_secs * f64::from(args.fps)).round() as u64).max(1);

    let sound = args.audio.as_ref().map(|file| Sound {
        file: file.clone(),
        from_secs: args.from,
        seconds: film_secs,
    });
    // Whether the picture can be written is known before a device is made.
    let encoder = Encoder::start(target, args.size.0, args.fps, sound)?;
    let stop = stop_flag()?;
    let progress = progress_bar(num_frames);
    let mut drawn = 0;
    let shoot = || -> Result<Vec<String>> {
        let gpu = Gpu::new(&settings.gpu)?;
        let library = Arc::clone(stage.library());
        let show = stage.show(0.0, args.from)?;
        let mut film = Film::new(&gpu, listener, library, args.size.0, args.fps, args.from, show)?;
        for idx in 0..num_frames {
            if stop.load(Ordering::Relaxed) || (to_the_end && film.listener().ended()) {
                break;
            }
            let show =
                stage.show(idx as f64 / num_frames as f64, args.from + idx as f64 / f64::from(args.fps))?;
            if lose_every.is_some_and(|every| idx > 0 && idx.is_multiple_of(every)) {
                film.lose_device();
            }
            encoder.send(film.next(show)?.data)?;
            drawn += 1;
            progress.inc(1);
        }
        Ok(film.listener().warnings())
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

/// What decides what is on stage.
enum Source {
    Scenes { scenes: Scenes, session: Box<Session> },
    Past { library: Arc<SceneLibrary>, past: Box<past::Past> },
}

impl Source {
    fn library(&self) -> &Arc<SceneLibrary> {
        match self {
            Self::Scenes { scenes, .. } => &scenes.library,
            Self::Past { library, .. } => library,
        }
    }

    /// Returns the show at a share of the film, 0–1, which is so many seconds after the beginning.
    fn show(&mut self, share: f64, secs: f64) -> Result<&Show> {
        match self {
            Self::Scenes { scenes, session } => {
                let part = (share * scenes.ids.len() as f64) as usize;
                let scene = scenes.ids.get(part).or(scenes.ids.last()).context("a film needs a scene")?;
                change_scene(session, scene)?;
                Ok(session.show())
            }
            Self::Past { past, .. } => past.show_at(secs),
        }
    }
}

struct Scenes {
    library: Arc<SceneLibrary>,
    ids: Vec<SceneId>,
}

/// Compiles what a room had on stage. What is not there any more is named and not drawn.
fn load_past(past: &past::Past, home: Option<&Path>) -> Result<Arc<SceneLibrary>> {
    let library = SceneLibrary::built_in();
    library.add_folder(&super::host::paths(home)?.scenes());
    for scene in past.scenes()? {
        if let Err(problem) = library.compile(&scene) {
            eprintln!("jamlight: {problem}");
        }
    }
    Ok(Arc::new(library))
}

fn load_scenes(names: &[String]) -> Result<Scenes> {
    let library = super::scenes::open_library();
    let mut ids = Vec::new();
    for name in names {
        let path = Path::new(name);
        let id = SceneId::from(name.as_str());
        if path.extension().is_some() && path.is_file() {
            library.add_file(id.clone(), path)?;
        } else {
            library.compile(&id)?;
        }
        ids.push(id);
    }
    // The transition is optional: without it the stage crossfades.
    let _ = library.compile(&Transition::default().scene);
    Ok(Scenes { library: Arc::new(library), ids })
}

fn first_show(args: &RenderArgs, scenes: &Scenes) -> Result<Show> {
    let mut show = Show { seed: args.seed, ..Show::default() };
    let first = scenes.ids.first().context("a film needs a scene")?;
    let layer = show.layers.first_mut().context("a show has a layer")?;
    layer.source = LayerSource::Scene(first.clone());
    for setting in &args.set {
        layer.params.insert(setting.name.clone(), sync_protocol::ParamValue::Number(setting.value));
    }
    Ok(show)
}

fn change_scene(session: &mut Session, scene: &SceneId) -> Result<()> {
    let source = LayerSource::Scene(scene.clone());
    let layer = session.show().layers.first().map_or(LayerId(1), |layer| layer.id);
    if session.show().layer(layer).is_some_and(|layer| layer.source != source) {
        let origin = Origin { member: MemberId(1), no: 0, at_millis: 0 };
        session.apply(origin, Command::SetSource { layer, source })?;
    }
    Ok(())
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
            Target::Folder(_) => None,
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
