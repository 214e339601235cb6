//! Pictures, videos, cameras and words of the show: reads them when the show names them, lets go of
//! them when it does not, and lets new ones in.

mod import;
mod video;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::CardKind;
use app_director::layer_text;
use app_library::{MediaStore, Paths, SceneLibrary};
use renderer_scene::PictureId;
use renderer_stage::Picture;
use sync_protocol::{AssetId, Layer, LayerSource, Show};

use super::board::Board;
use super::room::Member;
use super::wake::Waker;
use crate::media::{Fonts, MAX_SPARE, SPARE_FOR, Want, absent, scaled, wants};
pub(crate) use import::Import;
use video::{Player, Stream};

/// How often the show is looked at: a picture is on its way within it.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a stream nobody wants runs on.
const STREAM_SPARE_FOR: Duration = Duration::from_secs(10);
/// Before what failed is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Arrivals the render thread has not taken; then this thread waits (`Wait`), streams skip (latest wins).
const MAX_ARRIVALS: usize = 2;

/// What comes to the render thread.
pub(crate) enum Arrival {
    /// A whole picture.
    Picture(PictureId, Picture),
    /// The newest frame of a stream.
    Frame(PictureId, Picture),
    /// Nobody wants it any more.
    Gone(PictureId),
}

/// What the thread needs.
pub(crate) struct MediaStart {
    pub board: Arc<Board>,
    pub member: Member,
    pub paths: Paths,
    pub library: Arc<SceneLibrary>,
    pub waker: Arc<Waker>,
}

/// The ways to and from the thread.
pub(crate) struct Media {
    /// Unbounded, but a person's drops only.
    pub imports: std::sync::mpsc::Sender<Import>,
    pub arrivals: Receiver<Arrival>,
    pub thread: std::thread::JoinHandle<()>,
}

/// Starts the thread. It ends with the board.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(start: MediaStart) -> anyhow::Result<Media> {
    let (imports, inbox) = channel();
    let (out, arrivals) = sync_channel(MAX_ARRIVALS);
    let store = MediaStore::new(start.paths.pictures(), start.paths.videos_file());
    let worker = Worker {
        fonts: Fonts::new(start.paths.fonts()),
        start,
        store,
        out,
        kept: BTreeMap::new(),
        told: BTreeSet::new(),
        stage_no: 0,
    };
    let thread = std::thread::Builder::new()
        .name("media".to_owned())
        .spawn(move || worker.run(&inbox))
        .context("the media thread cannot start")?;
    Ok(Media { imports, arrivals, thread })
}

/// What the stage has, or is to have.
struct Kept {
    want: Want,
    wanted_at: Instant,
    /// Whether the stage was given it.
    sent: bool,
    player: Option<Player>,
    retry_at: Option<Instant>,
}

struct Worker {
    start: MediaStart,
    store: MediaStore,
    fonts: Fonts,
    out: SyncSender<Arrival>,
    kept: BTreeMap<PictureId, Kept>,
    /// What a card was shown for.
    told: BTreeSet<PictureId>,
    /// The stage that was given the pictures: a new one is given them again.
    stage_no: u32,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Import>) {
        while !self.start.board.is_ending() {
            match inbox.recv_timeout(LOOK_EVERY) {
                Ok(import) => {
                    import::carry_out(import, &self.store, &self.start);
                    self.start.waker.wake();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK_EVERY),
            }
            self.look();
        }
    }

    fn look(&mut self) {
        let board = Arc::clone(&self.start.board);
        let stage_no = board.stage_no.load(std::sync::atomic::Ordering::Relaxed);
        if std::mem::replace(&mut self.stage_no, stage_no) != stage_no {
            self.kept.values_mut().for_each(|kept| kept.sent = false);
        }
        let (now, show) = (Instant::now(), self.start.member.show());
        let track = board.track(&show);
        let wants = wants(&show, board.clocks.get().beat, &track);
        let built_in = shows_pictures(&show, &self.start.library)
            .then(|| PictureId::BUILT_IN.into_iter().zip([0, 1].map(Want::BuiltIn)));
        for (id, want) in built_in.into_iter().flatten().chain(wants) {
            let kept = self.kept.entry(id).or_insert_with(|| Kept {
                want,
                wanted_at: now,
                sent: false,
                player: None,
                retry_at: None,
            });
            kept.wanted_at = now;
        }
        let ids: Vec<PictureId> = self.kept.keys().copied().collect();
        for id in ids {
            self.provide(id, now, &track);
        }
        self.let_go(now);
    }

    /// Gives the stage what it has not got.
    fn provide(&mut self, id: PictureId, now: Instant, track: &str) {
        let Some(kept) = self.kept.get_mut(&id) else { return };
        if let Some(player) = &mut kept.player
            && let Some(problem) = player.problem()
        {
            kept.player = None;
            kept.retry_at = Some(now + RETRY_AFTER);
            self.tell(id, problem);
            return;
        }
        if kept.sent || kept.player.is_some() || kept.retry_at.is_some_and(|at| now < at) {
            return;
        }
        let want = kept.want.clone();
        let done = match &want {
            Want::Still(asset) => self.still(asset).map(|picture| self.send(Arrival::Picture(id, picture))),
            Want::BuiltIn(side) => app_library::built_in_picture(*side)
                .map(|picture| self.send(Arrival::Frame(id, scaled(picture))))
                .map_err(|err| format!("A built-in picture cannot be shown: {err}.")),
            Want::Text(source) => {
                let words = layer_text(source, track);
                let picture = self.fonts.draw(&words, &source.font, source.color);
                picture.map(|picture| self.send(Arrival::Picture(id, picture)))
            }
            Want::Video(asset) => match self.store.video(asset) {
                Some(path) => self.play(id, Stream::File(path)),
                None => Err(absent("video")),
            },
            Want::Camera(name) => self.play(id, Stream::Camera(name.clone())),
        };
        let Some(kept) = self.kept.get_mut(&id) else { return };
        match done {
            Ok(()) => kept.sent = true,
            Err(problem) => {
                kept.retry_at = Some(now + RETRY_AFTER);
                self.tell(id, problem);
            }
        }
    }

    fn still(&self, asset: &AssetId) -> Result<Picture, String> {
        match self.store.picture(asset) {
            Ok(Some(picture)) => Ok(scaled(picture)),
            Ok(None) => Err(absent("picture")),
            Err(err) => Err(format!("A picture cannot be shown: {err}.")),
        }
    }

    fn play(&mut self, id: PictureId, stream: Stream) -> Result<(), String> {
        let player = Player::start(id, stream, self.out.clone())?;
        if let Some(kept) = self.kept.get_mut(&id) {
            kept.player = Some(player);
        }
        Ok(())
    }

    fn let_go(&mut self, now: Instant) {
        let unwanted_for = |kept: &Kept| now.saturating_duration_since(kept.wanted_at);
        let mut spare: Vec<(Duration, PictureId)> = self
            .kept
            .iter()
            // Those that come with the program stand in at any time, once they are there.
            .filter(|(_, kept)| !matches!(kept.want, Want::BuiltIn(_)))
            .map(|(id, kept)| (unwanted_for(kept), *id))
            .filter(|(unwanted, _)| *unwanted > LOOK_EVERY * 2)
            .collect();
        // The longest unwanted last.
        spare.sort_unstable();
        for (idx, (unwanted, id)) in spare.into_iter().enumerate() {
            let limit = if self.kept.get(&id).is_some_and(|k| k.player.is_some()) {
                STREAM_SPARE_FOR
            } else {
                SPARE_FOR
            };
            if idx >= MAX_SPARE || unwanted > limit {
                self.kept.remove(&id);
                self.told.remove(&id);
                self.send(Arrival::Gone(id));
            }
        }
    }

    /// Waits while the render thread is busy: a picture that is late is late.
    fn send(&self, arrival: Arrival) {
        // Nobody is left to draw when the app ends.
        let _ = self.out.send(arrival);
    }

    fn tell(&mut self, id: PictureId, problem: String) {
        if self.told.insert(id) {
            self.start.board.card(CardKind::Warning, problem, None);
            self.start.waker.wake();
        }
    }
}

/// Whether a scene of the show works on pictures: then those that come with the program stand in.
fn shows_pictures(show: &Show, library: &SceneLibrary) -> bool {
    let alone = |layer: &Layer| match &layer.source {
        // A filter or transition as a layer has nothing else to work on.
        LayerSource::Scene(scene) => library.program(scene).is_some_and(|program| program.num_inputs > 0),
        _ => false,
    };
    show.layers.iter().any(alone)
        || show.scenes().filter_map(|scene| library.program(scene)).any(|program| program.reads_pictures())
}
