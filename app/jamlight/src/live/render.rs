//! The show on its own thread and its own device.
//!
//! One turn of the outer loop is one generation of the device; one turn of the inner loop is one
//! picture. Nothing here waits for a panel, a disk or a sound card.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::{Action, CardKind, Intent, LiveValue, OutputWishes, Picture, StreamBackdrop};
use app_director::{Director, Moment, Moved, Step};
use app_library::SceneLibrary;
use renderer_gpu::{AdapterChoice, Gpu, GpuSettings};
use renderer_scene::{Backdrop, FrameInput, PictureId, PreviewRequest};
use renderer_stage::{ScaleControl, Stage, StageError, StageSettings};
use sync_protocol::{DEFAULT_SCENE, Layer, LayerId, Master, SceneId, Show, Transition};

use super::board::{Board, Clocks, Heard, unpack};
use super::clicks::ClickPairs;
use super::drill::Drills;
use super::engine::safe_layer;
use super::media::Arrival;
use super::meter::Meter;
use super::offset::Offset;
use super::outputs::SurfaceDesk;
use super::room::Member;
use super::scenery::{Gate, Scenery};
use super::screens::{RenderOrder, Screens};
use super::tap::TapPicture;
use super::wake::Waker;

/// Losses without a picture between them after which another adapter and a safe scene are taken.
const MAX_BARREN_LOSSES: u32 = 3;
/// Waits between tries for a device: doubling, for ever.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Pictures a second for the control window alone: what a processor reads back with ease, and a GPU.
const PREVIEWS_PER_SEC: [u32; 2] = [32, 60];
/// Pictures a second while nothing visible changes: a sign of life. Whatever the person changes comes at once.
const STILL_PER_SEC: u32 = 1;
/// Frame time that the internal resolution holds on weak machines.
pub(crate) const WEAK_BUDGET_SECS: f32 = 1.0 / 32.0;
/// How long a wait for a change of the show is sliced: blackout acts within it.
const SLICE: Duration = Duration::from_millis(4);
/// Frames the device may have unfinished: one drawn, one waiting.
pub(crate) const MAX_IN_FLIGHT: u32 = 2;
/// Size of a layer's small picture, in pixels.
const LAYER_PICTURE: [u32; 2] = [160, 90];
/// Every so many pictures of the window a small one is asked for.
const LAYER_EVERY: u64 = 2;
/// What the small pictures' keys count from; 0 is the window's picture.
const FIRST_LAYER_KEY: u64 = 1;
/// Pictures the window may be reading: the one it draws and the one after.
const GIVEN_PICTURES: usize = 2;
/// How often the device is asked whether it is done.
const POLL: Duration = Duration::from_millis(1);
/// Frames after a new program during which the driver may still compile.
const FRESH_FRAMES: u32 = 4;
/// What streams and recordings call their picture: no layer has this number.
const TAP_KEY: u64 = u64::MAX;
/// From the submit of a picture for the control window until it is seen there.
const PREVIEW_LATENCY_SECS: f64 = 0.030;

/// What the show needs.
pub(crate) struct RenderStart {
    pub board: Arc<Board>,
    pub member: Member,
    pub library: Arc<SceneLibrary>,
    pub director: Director,
    pub gpu: GpuSettings,
    pub drills: Drills,
    pub max_frames_per_sec: u32,
    pub gate: Gate,
    pub surfaces: Arc<SurfaceDesk>,
    pub waker: Arc<Waker>,
    /// Pictures, frames, words.
    pub media: Receiver<Arrival>,
}

/// Starts the show.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(
    start: RenderStart,
) -> anyhow::Result<(Sender<RenderOrder>, std::thread::JoinHandle<()>)> {
    // Unbounded, but a handful of window events a second.
    let (orders, inbox) = channel();
    let render = Render {
        stage: None,
        safe_scene: false,
        frame_no: 0,
        picture_no: 0,
        given: VecDeque::new(),
        pictures: HashSet::new(),
        layer_turn: 0,
        meter: Meter::default(),
        clicks: start.drills.trace_clicks.then(ClickPairs::default),
        screens: Screens::new(inbox, start.surfaces.clone(), start.waker.clone()),
        start,
    };
    let thread = std::thread::Builder::new()
        .name("render".to_owned())
        .spawn(move || render.run())
        .context("the render thread cannot start")?;
    Ok((orders, thread))
}

struct Render {
    start: RenderStart,
    screens: Screens,
    /// Kept through losses: it knows what to rebuild.
    stage: Option<Stage>,
    /// Whether only the default scene is shown, because the show's own kept losing the device.
    safe_scene: bool,
    frame_no: u64,
    picture_no: u64,
    /// The bytes of the last pictures given to the window, to be filled again.
    given: VecDeque<Arc<Vec<u8>>>,
    /// What the stage can show.
    pictures: HashSet<PictureId>,
    layer_turn: usize,
    meter: Meter,
    clicks: Option<ClickPairs>,
}

/// Why a generation ended.
enum Over {
    Ending,
    Lost,
}

impl Render {
    fn run(mut self) {
        let mut gpu: Option<Gpu> = None;
        let mut barren = 0;
        let mut wait = FIRST_WAIT;
        let board = self.start.board.clone();
        while !board.is_ending() {
            board.render_turns.fetch_add(1, Ordering::Relaxed);
            if barren >= MAX_BARREN_LOSSES {
                barren = 0;
                self.fall_back();
                gpu = None;
            }
            let made = match &gpu {
                Some(gpu) => gpu.rebirth(),
                None => Gpu::new(&self.start.gpu),
            };
            let new = match made {
                Ok(new) => new,
                Err(err) => {
                    board.card(
                        CardKind::Warning,
                        format!("No graphics device: {err}. It is tried again and again."),
                        None,
                    );
                    std::thread::sleep(wait);
                    wait = (wait * 2).min(LONGEST_WAIT);
                    continue;
                }
            };
            let shown_before = self.meter.total();
            let over = catch_unwind(AssertUnwindSafe(|| self.generation(&new)));
            self.screens.drop_surfaces();
            if over.is_err() {
                // What panicked may be half way through a change: the next stage is a new one.
                self.stage = None;
                board.card(
                    CardKind::Error,
                    "The picture stopped and was started again. A report is in the crashes folder.",
                    None,
                );
            }
            if matches!(over, Ok(Over::Ending)) {
                break;
            }
            tracing::info!(reason = new.loss_reason(), "graphics device lost");
            if let Some(scene) = self.start.gate.quarantine.blame_newest() {
                let lift = Action::App(Intent::LiftQuarantine(scene.clone()));
                let said = format!(
                    "Scene \"{scene}\" is locked away: the graphics device was lost right after it came."
                );
                board.card(CardKind::Error, said, Some(("Try again", lift)));
            }
            let shown = self.meter.total() > shown_before;
            barren = if shown { 0 } else { barren + 1 };
            if shown {
                wait = FIRST_WAIT;
            }
            self.meter.rebuilt();
            gpu = Some(new);
        }
    }

    /// Takes a processor and the default scene, and says so.
    fn fall_back(&mut self) {
        self.stage = None;
        self.safe_scene = true;
        self.start.gpu.adapter = AdapterChoice::Software;
        self.start.board.card(
            CardKind::Error,
            "The graphics device was lost three times without a picture. The show goes on with a safe scene, drawn by the processor. Restart Jamlight to try the device again.",
            None,
        );
    }

    /// Shows pictures until the device is gone.
    fn generation(&mut self, gpu: &Gpu) -> Over {
        match self.ready_stage(gpu) {
            Ok(()) => {}
            Err(StageError::Lost { .. }) => return Over::Lost,
            Err(err) => {
                self.start.board.card(CardKind::Error, format!("The stage cannot be built: {err}."), None);
                std::thread::sleep(LONGEST_WAIT);
                return Over::Lost;
            }
        }
        let mut scenery =
            Scenery::new(gpu, self.start.library.clone(), self.start.gate.clone(), self.start.board.clone());
        // What panic shows must be there before it.
        app_director::Scenes::program(&scenery, &SceneId::from(DEFAULT_SCENE));
        let max_per_sec = self.start.max_frames_per_sec;
        let budget_secs = if gpu.is_software() { WEAK_BUDGET_SECS } else { 1.0 / max_per_sec.max(1) as f32 };
        let mut scale = ScaleControl::new(budget_secs);
        let mut last = Instant::now();
        let mut due = last;
        let mut preview_due = last;
        let board = self.start.board.clone();
        let flight = Flight::default();
        let mut offset = Offset::default();
        // A driver compiles with the first frames of a program; that is work, not a hang.
        let mut fresh_frames = FRESH_FRAMES;
        let preview_per_sec = if gpu.is_software() { PREVIEWS_PER_SEC[0] } else { PREVIEWS_PER_SEC[1] };
        loop {
            if board.is_ending() {
                return Over::Ending;
            }
            self.screens.take_orders();
            self.screens.ready(gpu, &board);
            self.take_media();
            gpu.poll();
            if gpu.is_lost() {
                return Over::Lost;
            }
            board.render_fresh.store(fresh_frames > 0, Ordering::Relaxed);
            if flight.is_full() {
                // Not a turn: a device that never answers must be noticed.
                std::thread::sleep(POLL);
                continue;
            }
            board.render_turns.fetch_add(1, Ordering::Relaxed);
            if !self.screens.acquire() {
                return Over::Lost;
            }
            let seen = self.seen();
            let Some(stage) = &mut self.stage else { return Over::Lost };
            let panicked = board.panicked.load(Ordering::Acquire);
            let show = shown(self.start.member.show(), self.safe_scene || panicked);
            let wishes = board.outputs.get();
            if scenery.take_prepared(stage, &board) {
                fresh_frames = FRESH_FRAMES;
            }
            let now = Instant::now();
            let cost_from = now;
            let wanted = unpack(board.wanted_picture.load(Ordering::Relaxed));
            let tapped = board.tap.is_used();
            let size = self.screens.size().unwrap_or(if tapped { wishes.stream_size } else { wanted });
            if let Err(err) = stage.resize(size) {
                board.card(CardKind::Warning, format!("The picture keeps its size: {err}."), None);
            }
            stage.set_scale(scale.scale());
            let drawn_size = stage.render_size();
            stage.set_limit_flashes(wishes.limit_flashes);
            let offset_millis = board.offset_millis.load(Ordering::Relaxed);
            let heard = offset.apply(board.heard.get(), offset_millis, now);
            let on_window = self.screens.are_shown();
            let seen_in_secs = if on_window { f64::from(budget_secs) } else { PREVIEW_LATENCY_SECS };
            let present_secs = heard.stream_secs(now) + seen_in_secs;
            let moment = Moment { size_px: size, ..Moment::new(present_secs, (now - last).as_secs_f64()) };
            last = now;
            let cues = board.score.cues.get();
            scenery.pictures = self.pictures.iter().copied().filter(|id| !stage.is_arriving(*id)).collect();
            let track = show.now_playing.as_ref().map(|playing| playing.track.name());
            self.start.director.set_track(track.as_deref().unwrap_or_default());
            let mut step =
                self.start.director.step(&show, &heard.frame, &cues, &heard.transport, moment, &scenery);
            scenery.prepare_wanted();
            scenery.put_away(stage, &show, &step.input);
            self.propose(&mut step);
            // Without an output the window's picture is the show: each frame is for it.
            if !on_window || now >= preview_due {
                preview_due = (preview_due + period(preview_per_sec)).max(now);
                step.input.previews.push(PreviewRequest {
                    key: 0,
                    layer: None,
                    // What is drawn smaller travels so, and is stretched where it is seen.
                    size: within(drawn_size, wanted),
                    backdrop: Backdrop::Black,
                });
                self.ask_for_layer(&mut step.input, &show);
            }
            if tapped {
                let size = within(size, wishes.stream_size);
                let backdrop = backdrop(&wishes);
                step.input.previews.push(PreviewRequest { key: TAP_KEY, layer: None, size, backdrop });
            }
            let device_secs = match self.draw(&step.input, &heard, &wishes) {
                Ok(device_secs) => device_secs,
                Err(_) => return Over::Lost,
            };
            flight.submitted(gpu);
            fresh_frames = fresh_frames.saturating_sub(1);
            // A device draws while this thread goes on: the slower of the two is the frame's cost.
            let cost_secs = cost_from.elapsed().as_secs_f32().max(device_secs);
            self.screens.set_frame_cost(cost_secs / budget_secs);
            self.note(gpu, &step.input, heard.transport, cost_secs, &mut scale);
            // Who mixes during a blackout looks at the layers.
            let still = show.master.frozen || show.master.blackout && !board.mix_open.load(Ordering::Relaxed);
            let per_sec = match (on_window, still) {
                (_, true) => STILL_PER_SEC,
                (true, false) => max_per_sec,
                (false, false) => preview_per_sec.min(max_per_sec),
            };
            due = (due.min(now) + period(per_sec)).max(now);
            // A picture that waits for the sound has no hurry.
            let hits = (!still && offset_millis <= 0).then_some(heard.frame.onset.count);
            self.wait_until(due, &seen, hits);
        }
    }

    /// Makes the stage, or makes it again on a new device.
    fn ready_stage(&mut self, gpu: &Gpu) -> Result<(), StageError> {
        match &mut self.stage {
            Some(stage) => stage.rebuild(gpu),
            None => {
                // The media thread brings everything again.
                self.pictures.clear();
                self.start.board.stage_no.fetch_add(1, Ordering::Relaxed);
                let size = unpack(self.start.board.wanted_picture.load(Ordering::Relaxed));
                self.stage = Some(Stage::new(gpu, StageSettings { size, ..StageSettings::default() })?);
                Ok(())
            }
        }
    }

    /// Puts on the stage what has come: one whole picture a frame, and the newest frames of streams.
    fn take_media(&mut self) {
        let Some(stage) = &mut self.stage else { return };
        while let Ok(arrival) = self.start.media.try_recv() {
            let put = match arrival {
                Arrival::Picture(id, picture) => stage.put_picture(id, picture).map(|()| Some(id)),
                Arrival::Frame(id, picture) => stage.put_frame(id, picture).map(|()| Some(id)),
                Arrival::Gone(id) => {
                    self.pictures.remove(&id);
                    stage.remove_picture(id);
                    Ok(None)
                }
            };
            match put {
                Ok(id) => self.pictures.extend(id),
                Err(err) => {
                    self.start.board.card(CardKind::Warning, format!("A picture is not shown: {err}."), None)
                }
            }
        }
    }

    /// Hands on what the director would like: only in the own room, whose host this machine is.
    fn propose(&self, step: &mut Step) {
        let host = !self.start.member.is_guest();
        for proposal in step.proposals.drain(..).filter(|_| host) {
            if let Err(refusal) = self.start.member.send(proposal) {
                tracing::warn!(message = refusal.message, "a proposal was refused");
            }
        }
        let live = |one: &Moved| LiveValue {
            layer: one.layer.map(LayerId),
            effect: one.effect,
            target: one.target.clone(),
            value: one.value,
        };
        self.start.board.moved.set(step.moved.iter().map(live).collect());
    }

    /// Asks for a small picture of one layer or deck, each in its turn.
    fn ask_for_layer(&mut self, input: &mut FrameInput, show: &Show) {
        if !self.start.board.mix_open.load(Ordering::Relaxed) || !self.picture_no.is_multiple_of(LAYER_EVERY)
        {
            return;
        }
        let on_decks = show.layers.iter().any(|layer| layer.deck.is_some());
        let decks = PreviewRequest::DECKS.into_iter().filter(|_| on_decks);
        let keys: Vec<u32> = show.layers.iter().map(|layer| layer.id.0).chain(decks).collect();
        self.layer_turn += 1;
        if let Some(key) = keys.get(self.layer_turn % keys.len().max(1)) {
            let no = FIRST_LAYER_KEY + u64::from(*key);
            input.previews.push(PreviewRequest {
                key: no,
                layer: Some(*key),
                size: LAYER_PICTURE,
                backdrop: Backdrop::Black,
            });
        }
    }

    /// Draws one frame and returns what the last ones cost the device, in seconds; 0 where it cannot tell.
    fn draw(&mut self, input: &FrameInput, heard: &Heard, wishes: &OutputWishes) -> Result<f32, StageError> {
        let lose = self
            .start
            .drills
            .lose_device_every
            .is_some_and(|every| (self.frame_no + 1).is_multiple_of(every));
        let Some(stage) = &mut self.stage else { return Ok(0.0) };
        self.frame_no += 1;
        let report = stage.render(input)?;
        if let Some(clicks) = &mut self.clicks {
            clicks.submitted(input, heard, &self.start.board);
        }
        let device_secs = report.timings.total / 1000.0;
        if report.num_compiled > 0 {
            self.meter.compiled();
        }
        for fault in report.faults {
            self.start.board.card(CardKind::Error, format!("A layer is left out: {fault}."), None);
        }
        let on_window = stage.output().is_some_and(|picture| self.screens.present(picture, wishes));
        while let Some(pixels) = stage.take_preview() {
            if pixels.key == TAP_KEY {
                let size = [pixels.width, pixels.height];
                self.start.board.tap.put(TapPicture { at: Instant::now(), size, rgba: pixels.data });
                continue;
            }
            if let Some(layer) = pixels.key.checked_sub(FIRST_LAYER_KEY) {
                self.start.board.layer_pictures.change(|pictures| {
                    let version = pictures.get(&(layer as u32)).map_or(0, |old| old.version) + 1;
                    let size = [pixels.width, pixels.height];
                    let picture = Picture { size, version, rgba: Arc::new(pixels.data) };
                    Arc::make_mut(pictures).insert(layer as u32, picture);
                });
                continue;
            }
            self.picture_no += 1;
            let rgba = Arc::new(pixels.data);
            let picture =
                Picture { size: [pixels.width, pixels.height], version: self.picture_no, rgba: rgba.clone() };
            self.start.board.picture.set(Some(picture));
            self.given.push_back(rgba);
            while self.given.len() > GIVEN_PICTURES {
                // Whom nobody looks at any more.
                if let Some(bytes) = self.given.pop_front().and_then(Arc::into_inner) {
                    stage.reuse(bytes);
                }
            }
            self.start.waker.wake();
            if self.screens.is_empty() {
                self.meter.shown(Instant::now());
            }
        }
        if on_window {
            self.meter.shown(Instant::now());
        }
        if self.start.drills.trace_frames {
            eprintln!(
                "frame {} {:.4} onsets {} beat {:.3} compiled {} drawn {:?}",
                input.frame_idx,
                input.time_secs,
                input.onset.count,
                input.beat,
                report.num_compiled,
                stage.render_size()
            );
        }
        if lose {
            stage.gpu().lose();
        }
        Ok(device_secs)
    }

    fn note(
        &mut self,
        gpu: &Gpu,
        input: &FrameInput,
        transport: audio_signal::Transport,
        cost_secs: f32,
        scale: &mut ScaleControl,
    ) {
        scale.frame(cost_secs);
        let clocks = Clocks { time_secs: input.time_secs, transport, beat: input.beat };
        self.start.board.clocks.set(clocks);
        let Some(stage) = &self.stage else { return };
        if let Some(performance) =
            self.meter.performance(Instant::now(), stage.size(), stage.render_size(), gpu.name())
        {
            self.start.board.performance.set(performance);
        }
    }

    fn seen(&self) -> Seen {
        let board = &self.start.board;
        Seen {
            master: self.start.member.show().master.clone(),
            panicked: board.panicked.load(Ordering::Acquire),
            mix_open: board.mix_open.load(Ordering::Relaxed),
            wanted_picture: board.wanted_picture.load(Ordering::Relaxed),
            outputs: board.outputs.get(),
        }
    }

    /// Sleeps until the next picture is due, or something changes it. `hits` is how many the last one shows: the next
    /// comes with the next hit, so that light is not late by half a frame on average.
    fn wait_until(&self, due: Instant, seen: &Seen, hits: Option<u64>) {
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() || self.start.board.is_ending() {
                return;
            }
            std::thread::sleep(left.min(SLICE));
            let is_hit = hits.is_some_and(|shown| self.start.board.heard.get().frame.onset.count != shown);
            if is_hit || self.seen() != *seen {
                return;
            }
        }
    }
}

/// What changes the picture by itself, also while nothing moves: whoever changes it sees that at once.
#[derive(PartialEq)]
struct Seen {
    master: Master,
    panicked: bool,
    mix_open: bool,
    wanted_picture: u64,
    outputs: Arc<OutputWishes>,
}

/// Frames that the device has not finished. A loop that submits faster than the device draws would
/// only make every picture older.
#[derive(Default)]
struct Flight {
    num: Arc<AtomicU32>,
}

impl Flight {
    fn is_full(&self) -> bool {
        self.num.load(Ordering::Acquire) >= MAX_IN_FLIGHT
    }

    /// Counts the frame submitted last until the device is done with it.
    fn submitted(&self, gpu: &Gpu) {
        self.num.fetch_add(1, Ordering::AcqRel);
        let num = self.num.clone();
        gpu.queue().on_submitted_work_done(move || {
            num.fetch_sub(1, Ordering::AcqRel);
        });
    }
}

fn period(per_sec: u32) -> Duration {
    Duration::from_secs(1) / per_sec.max(1)
}

/// Returns `size` scaled down into `limit`, its shape kept.
fn within(size: [u32; 2], limit: [u32; 2]) -> [u32; 2] {
    let [width, height] = size.map(|side| side.max(1) as f32);
    let scale = (limit[0] as f32 / width).min(limit[1] as f32 / height).min(1.0);
    [width, height].map(|side| ((side * scale).round() as u32).max(1))
}

/// What is drawn of a show: in an emergency only a scene that cannot be what is wrong, at once.
fn shown(show: Arc<Show>, safe_scene: bool) -> Arc<Show> {
    if !safe_scene {
        return show;
    }
    let safe = Layer { id: LayerId(u32::MAX), ..safe_layer(&show) };
    Arc::new(Show {
        master: show.master.clone(),
        palette: show.palette.clone(),
        transition: Transition { duration_beats: 0.0, quantum_beats: 0.0, ..Transition::default() },
        layers: vec![safe],
        ..Show::default()
    })
}

fn backdrop(wishes: &OutputWishes) -> Backdrop {
    match wishes.backdrop {
        StreamBackdrop::Black => Backdrop::Black,
        StreamBackdrop::Clear => Backdrop::Clear,
        StreamBackdrop::Light => Backdrop::Light,
        StreamBackdrop::Key => Backdrop::Key(wishes.key_colour.map(|channel| f32::from(channel) / 255.0)),
    }
}
