//! The engine: builds every room, wires them, runs the main loop, and takes them down in order.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::{AudioChoice, CardKind, RoomIntent};
use app_director::{Conductor, Director};
use app_library::{Autosave, Marks, Paths, Recents, SceneLibrary};
use audio_io::{Output, OutputSettings};
use audio_signal::Transport;
use eframe::UserEvent;
use sync_protocol::{Command, DEFAULT_SCENE, Layer, LayerId, LayerSource, SceneId, Show};
use winit::event_loop::EventLoop;

use crate::settings::Settings;

use super::args::LiveArgs;
use super::board::Board;
use super::desk::{Desk, DeskStart};
use super::drill::Drills;
use super::ear::{self, EarStart};
use super::files::{self, FilesStart, unix_millis};
use super::media::{self, MediaStart};
use super::outputs::{Outputs, SurfaceDesk};
use super::quarantine::Quarantine;
use super::record::Recorder;
use super::render::{self, RenderStart};
use super::room::{self, Member, OwnRoom, RoomStart};
use super::scenery::Gate;
use super::scenes::{self, ScenesStart};
use super::score::{self, CODE_SCENE_PREFIX, ScoreStart};
use super::streams::{self, StreamsStart};
use super::wake::Waker;
use super::windows::Windows;
use super::{code, crash, overlay, pulse, recogniser};

/// A scene that does not compile, for the drill.
const BROKEN_SCENE: &str = "fn image(p: Pixel) -> vec4f { return vec4f(p.uv, 0.0 }\n";
/// How long everything may take to end before it ends anyway.
const MAX_END: Duration = Duration::from_millis(2_500);

/// The exit status when every spare control window was used up.
const EXHAUSTED: i32 = 70;

/// What the show begins with.
struct Beginning {
    show: Show,
    file: Option<std::path::PathBuf>,
    time_secs: f64,
    transport: Transport,
    /// Whether nothing was ever saved here.
    first_run: bool,
}

/// Runs the engine until the person, the supervisor or a signal ends it.
///
/// # Errors
/// No display, no threads.
pub(crate) fn run(args: &LiveArgs, drills: Drills) -> anyhow::Result<()> {
    let paths = args.paths()?;
    let (settings, problems) = Settings::load(&paths);
    crash::install_hook(paths.crashes());
    let board = Board::new(Instant::now());
    for problem in problems {
        board.card(CardKind::Warning, format!("{problem}. The default is used."), None);
    }
    let mut wishes = settings.live.outputs.clone();
    wishes.stream_port = args.stream_port.unwrap_or(wishes.stream_port);
    board.outputs.set(Arc::new(wishes));
    let beginning = begin(&paths, args, &board);
    // The first picture is on the beat already, before the ear has heard anything.
    board.heard.change(|heard| heard.transport = beginning.transport);
    let event_loop = EventLoop::<UserEvent>::with_user_event()
        .build()
        .context("there is no display to open a window on; `jamlight render` needs none")?;
    let waker = Arc::new(Waker::new(event_loop.create_proxy()));
    pulse::start(board.clone(), waker.clone(), args.engine, drills.hang_after)?;
    let library = Arc::new(SceneLibrary::built_in());
    let own = OwnRoom::begin(&paths, beginning.show.clone())?;
    let member = Member::from(own.member);
    if args.safe && own.open.is_some() {
        // The room's own show may be what crashed.
        member.send(Command::ReplaceShow { show: Box::new(beginning.show.clone()) })?;
    }
    if let Err(err) = code::restore(&paths, &member) {
        board.card(CardKind::Warning, format!("The texts of the last time cannot be read: {err}."), None);
    }

    let marks = Marks::read(&paths.marks_file());
    board.marks.set(Arc::new(app_desktop::Marks { favourites: marks.favourites, ratings: marks.ratings }));
    let media = media::start(MediaStart {
        board: board.clone(),
        member: member.clone(),
        paths: paths.clone(),
        library: library.clone(),
        waker: waker.clone(),
    })?;
    let quarantine = Arc::new(Quarantine::open(paths.quarantine_file()));
    let gate = Gate {
        quarantine: quarantine.clone(),
        folder: paths.scenes(),
        software: false,
        played: Arc::default(),
        traces: drills.trace_scenes,
    };

    // The show first: its device is made while the window opens.
    let mut director = Director::new();
    director.resume_at(beginning.time_secs);
    let surfaces = Arc::new(SurfaceDesk::default());
    let (render_orders, render_thread) = render::start(RenderStart {
        board: board.clone(),
        member: member.clone(),
        library: library.clone(),
        director,
        gpu: settings.gpu.clone(),
        drills: drills.clone(),
        max_frames_per_sec: settings.live.max_frames_per_sec,
        gate: gate.clone(),
        surfaces: surfaces.clone(),
        waker: waker.clone(),
        media: media.arrivals,
    })?;
    if drills.break_scene {
        std::fs::create_dir_all(paths.scenes())?;
        std::fs::write(paths.scenes().join("drill-broken.wgsl"), BROKEN_SCENE)?;
    }
    let scenes_thread = scenes::start(ScenesStart {
        board: board.clone(),
        library: library.clone(),
        folder: paths.scenes(),
        thumbnails: paths.thumbnails(),
        waker: waker.clone(),
        gpu: settings.gpu.clone(),
        first: scenes_of(&beginning.show),
        gate,
    })?;
    let output = Output::open(OutputSettings {
        block_frames: settings.live.sound_block_frames,
        lose_every: drills.lose_audio_every,
        ..OutputSettings::default()
    })?;
    let score = score::start(ScoreStart {
        board: board.clone(),
        member: member.clone(),
        output: output.clone(),
        library: library.clone(),
        samples: settings.live.sample_folders(&paths),
        traces: drills.trace_code,
    })?;
    let choice = args.play.clone().map_or_else(|| settings.live.audio(), AudioChoice::File);
    board.offset_millis.store(settings.live.picture_offset_millis, Ordering::Relaxed);
    board.names.set(Arc::new(settings.live.names.clone()));
    let (feed, recogniser_thread) = recogniser::start(&paths, board.clone(), member.clone())?;
    let (ear_orders, ear_thread) = ear::start(
        board.clone(),
        member.clone(),
        EarStart {
            choice,
            mixing: settings.live.mixing.clone(),
            output,
            settings: settings.ear.clone(),
            conductor: Conductor::resume(beginning.transport),
            drills: drills.clone(),
            recogniser: feed,
            first_run: beginning.first_run,
        },
    )?;
    let room = room::start(RoomStart {
        paths: paths.clone(),
        board: board.clone(),
        waker: waker.clone(),
        member: member.clone(),
        room: own.hub.room().clone(),
        settings: settings.jam.clone(),
        store: own.store.clone(),
        open: own.open,
        library: library.clone(),
        sample_folders: settings.live.sample_folders(&paths),
        samples: score.samples,
        first: match &args.join {
            Some(link) => Some(RoomIntent::Join { link: link.clone(), name: settings.jam.name.clone() }),
            None => args.host.then_some(RoomIntent::Open),
        },
        prints_link: args.host,
    })?;
    let files = files::start(FilesStart {
        paths: paths.clone(),
        board: board.clone(),
        member: member.clone(),
        library,
        waker,
        file: beginning.file.clone(),
    })?;
    streams::start(StreamsStart {
        board: board.clone(),
        pages: overlay::pages(&paths, board.clone(), member.clone()),
        feeds: std::collections::BTreeMap::new(),
    })?;
    let recorder = Recorder::new(board.clone(), paths.recordings());
    let monitor = args.output.clone().or_else(|| settings.live.monitor());
    let desk = Desk::new(DeskStart {
        board: board.clone(),
        member,
        ear: ear_orders,
        code: score.jobs,
        files,
        imports: media.imports,
        room,
        drills,
        file: beginning.file,
        recent: Recents::read(&paths.recents_file()).files,
        output_wanted: args.output.is_some() || settings.live.output_at_start,
        monitor,
        quarantine,
        recorder,
        settings: settings.live,
    });
    let outputs = Outputs::new(surfaces, render_orders, board.clone());
    let mut windows = Windows::new(&event_loop, desk, outputs, board.clone());
    let looped = event_loop.run_app(&mut windows);

    board.ending.store(true, Ordering::Release);
    pulse::end_within(MAX_END)?;
    let exhausted = windows.exhausted;
    // The render thread first: it holds a surface of a window that the next line drops.
    let _ = render_thread.join();
    windows.end();
    // A thread that panicked has left its report.
    let _ = ear_thread.join();
    let _ = score.thread.join();
    let _ = recogniser_thread.join();
    let _ = scenes_thread.join();
    let _ = media.thread.join();
    own.hub.stop();
    // Writes what waits.
    drop(own.store);
    looped.context("the windows' event loop failed")?;
    if exhausted {
        // A status of its own: the supervisor starts a fresh engine.
        std::process::exit(EXHAUSTED);
    }
    Ok(())
}

/// Goes on where the last run stood, or begins.
fn begin(paths: &Paths, args: &LiveArgs, board: &Board) -> Beginning {
    let saved = Autosave::read(&paths.autosave_file()).unwrap_or_else(|err| {
        board.card(CardKind::Warning, format!("The last show cannot be restored: {err}."), None);
        None
    });
    let Some(saved) = saved else {
        return Beginning {
            show: Show::default(),
            file: None,
            time_secs: 0.0,
            transport: Transport::default(),
            first_run: true,
        };
    };
    let now = unix_millis();
    let mut show = saved.show.clone();
    if saved.clean {
        // What was held back for a moment of the last evening is not what the next one begins with.
        show.master.blackout = false;
        show.master.frozen = false;
    }
    if args.safe {
        show.layers = vec![safe_layer(&saved.show)];
        board.card(CardKind::Error, "Jamlight ended three times within a minute, so it began with a safe scene. What happened is in the crashes folder; your show is in its file.", None);
    } else if !saved.clean {
        board.card(CardKind::Info, "Jamlight ended unexpectedly. The show is as it was.", None);
    }
    // The clocks ran on while nobody looked: the new stream begins at 0 with the beat of now.
    let away_secs = now.saturating_sub(saved.saved_at_unix_millis) as f64 / 1000.0;
    let resumed = if saved.clean {
        (0.0, Transport { origin_secs: 0.0, origin_beat: 0.0, ..saved.transport })
    } else {
        (
            saved.time_secs + away_secs,
            Transport { origin_secs: 0.0, origin_beat: saved.beat_at(now), ..saved.transport },
        )
    };
    Beginning { show, file: saved.file, time_secs: resumed.0, transport: resumed.1, first_run: false }
}

/// A layer that cannot be what crashed: the default scene, or a plain colour if that was on.
pub(crate) fn safe_layer(show: &Show) -> Layer {
    let default = LayerSource::Scene(SceneId::from(DEFAULT_SCENE));
    let suspect = show.layers.iter().any(|layer| layer.source == default);
    let source = if suspect { LayerSource::Solid([0.16, 0.11, 0.42, 1.0]) } else { default };
    Layer { id: LayerId(1), source, ..Layer::default() }
}

fn scenes_of(show: &Show) -> Vec<SceneId> {
    // What code paints comes with the code.
    let named = show.scenes().filter(|id| !id.as_str().starts_with(CODE_SCENE_PREFIX)).cloned();
    named.chain([SceneId::from(DEFAULT_SCENE)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_show_asks_for_nothing_that_is_not_there() {
        let library = SceneLibrary::built_in();
        for scene in scenes_of(&Show::default()) {
            assert!(library.compile(&scene).is_ok(), "{scene}");
        }
    }

    #[test]
    fn the_safe_layer_is_never_what_was_on_when_it_crashed() {
        let with = |source: LayerSource| Show {
            layers: vec![Layer { source, ..Layer::default() }],
            ..Show::default()
        };
        let default = LayerSource::Scene(SceneId::from(DEFAULT_SCENE));
        assert_ne!(safe_layer(&with(default.clone())).source, default);
        assert_eq!(safe_layer(&with(LayerSource::Scene(SceneId::from("other")))).source, default);
    }
}
