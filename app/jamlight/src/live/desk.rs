//! What the main thread holds for the panels, and how it carries out their wishes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use app_desktop::{
    Action, AudioChoice, CardKind, CommandSender, Folder, ImportTarget, Intent, Marks, Mode, Model, Outputs,
    Shell, ShowFile, SourceText,
};
use sync_protocol::{Command, ErrorCode, LayerId, LayerSource, Show};
use sync_session::Notice;

use super::board::{Board, pack};
use super::code::CodeDesk;
use super::drill::Drills;
use super::ear::EarOrder;
use super::files::{Done, Files, Job, SHOW_EXTENSION};
use super::media::Import;
use super::model::{self, Known};
use super::quarantine::Quarantine;
use super::record::Recorder;
use super::room::{Member, RoomDesk};
use super::score::Job as CodeJob;
use super::screens::ScreenIdx;
use super::settings::LiveSettings;

/// What plays when it is dropped on the window; mp4 may be a film and is shown.
const DROPPED_TRACKS: [&str; 6] = ["wav", "flac", "mp3", "ogg", "oga", "m4a"];
/// How often the window is drawn when no new picture comes: lamps and meters still move.
const IDLE_EVERY: Duration = Duration::from_millis(100);
/// The same while the panels are gone.
const ASLEEP_EVERY: Duration = Duration::from_secs(1);

/// What the main thread holds for the panels.
pub(crate) struct Desk {
    pub board: Arc<Board>,
    pub shell: Shell,
    pub commands: CommandSender,
    pub drills: Drills,
    member: Member,
    ear: Sender<EarOrder>,
    files: Files,
    imports: Sender<Import>,
    room: RoomDesk,
    settings: LiveSettings,
    recorder: Recorder,
    quarantine: Arc<Quarantine>,
    file: Option<PathBuf>,
    saved: Arc<Show>,
    recent: Vec<PathBuf>,
    folder: Option<Folder>,
    source: Option<SourceText>,
    code: CodeDesk,
    /// Whether the show's window is wanted, and on which screen.
    pub output_wanted: bool,
    pub monitor: Option<String>,
    pub output_open: bool,
    pub output_sentence: String,
    pub quit: bool,
}

/// What the desk begins with.
pub(crate) struct DeskStart {
    pub board: Arc<Board>,
    pub member: Member,
    pub ear: Sender<EarOrder>,
    /// The way to the thread that evaluates code.
    pub code: Sender<CodeJob>,
    pub files: Files,
    pub imports: Sender<Import>,
    pub room: RoomDesk,
    pub settings: LiveSettings,
    pub recorder: Recorder,
    pub quarantine: Arc<Quarantine>,
    pub drills: Drills,
    pub file: Option<PathBuf>,
    pub recent: Vec<PathBuf>,
    pub output_wanted: bool,
    pub monitor: Option<String>,
}

impl Desk {
    pub(crate) fn new(start: DeskStart) -> Self {
        let saved = start.member.show();
        Self {
            board: start.board,
            shell: Shell::new(),
            commands: CommandSender::new(),
            drills: start.drills,
            member: start.member,
            ear: start.ear,
            files: start.files,
            imports: start.imports,
            room: start.room,
            settings: start.settings,
            recorder: start.recorder,
            quarantine: start.quarantine,
            file: start.file,
            saved,
            recent: start.recent,
            folder: None,
            source: None,
            code: CodeDesk::new(start.code),
            output_wanted: start.output_wanted,
            monitor: start.monitor,
            output_open: false,
            output_sentence: String::new(),
            quit: false,
        }
    }

    /// Returns the size of the control window, in points.
    pub(crate) fn window_size(&self) -> [f32; 2] {
        [self.settings.window_width as f32, self.settings.window_height as f32]
    }

    /// Notes which adapter draws the panels.
    pub(crate) fn note_adapter(&self, info: &wgpu::AdapterInfo) {
        tracing::debug!(adapter = info.name, "the control window's device");
    }

    /// Makes the model of this frame.
    pub(crate) fn model(&mut self) -> Model {
        self.listen();
        let show = self.member.show();
        // Asked before: within the session's lock the member cannot say it.
        let me = self.member.id();
        let file = ShowFile {
            path: self.file.clone(),
            changed: *show != *self.saved,
            recent: self.recent.clone(),
            can_undo: self.member.with_session(|session| session.can_undo(me)),
            can_redo: self.member.with_session(|session| session.can_redo(me)),
        };
        let outputs = Outputs {
            monitors: self.board.monitors.get(),
            chosen: self.monitor.clone(),
            open: self.output_open,
            sentence: self.output_sentence.clone(),
            wishes: (*self.board.outputs.get()).clone(),
            state: self.board.output_state.get(),
        };
        let now = Instant::now();
        // In every mode: the first frame of the editor has its texts.
        let code = self.code.model(&self.board, &self.member, &show, now);
        let known = Known {
            show,
            file,
            outputs,
            folder: self.folder.clone(),
            source: self.source.clone(),
            room: self.room.view(),
            code,
            settings: &self.settings,
        };
        model::make(&self.board, known, now)
    }

    /// Hears what the room and the disk have to say.
    fn listen(&mut self) {
        for notice in self.member.poll() {
            match notice {
                Notice::Happened(event) => self.room.happened(event),
                Notice::Refused { error, .. } => self.board.card(CardKind::Warning, error.message, None),
                _ => {}
            }
        }
        while let Ok(done) = self.files.done.try_recv() {
            match done {
                Done::Opened { path, show, recent } => {
                    self.recent = recent;
                    self.replace(*show, Some(path));
                }
                Done::Saved { path, show, recent } => {
                    self.recent = recent;
                    self.file = Some(path);
                    self.saved = show;
                }
                Done::Listed(folder) => self.folder = Some(folder),
                Done::Source(source) => self.source = Some(source),
                Done::Failed(sentence) => self.board.card(CardKind::Error, capitalised(&sentence), None),
            }
        }
    }

    /// Carries out what the panels asked for.
    pub(crate) fn obey(&mut self) {
        for action in self.commands.take() {
            match action {
                Action::Show(command) => self.send(command),
                Action::App(intent) => self.carry_out(intent),
            }
        }
        self.board.wanted_picture.store(pack(self.shell.wanted_picture()), Ordering::Relaxed);
        self.board.mix_open.store(self.shell.mode() == Mode::Mix, Ordering::Relaxed);
        self.board.code_open.store(self.shell.mode() == Mode::Code, Ordering::Relaxed);
        if self.shell.mode() == Mode::Mix {
            self.board.library_seen.store(true, Ordering::Relaxed);
        }
    }

    /// Asks for the next look at the window. New pictures wake it earlier.
    pub(crate) fn schedule_repaint(&self, ctx: &egui::Context) {
        // Without panels nothing moves but the picture, and that asks for itself.
        ctx.request_repaint_after(if self.shell.shows_panels() { IDLE_EVERY } else { ASLEEP_EVERY });
    }

    fn send(&self, command: Command) {
        if let Err(refusal) = self.member.send(command)
            && refusal.code != ErrorCode::NothingToUndo
        {
            self.board.card(CardKind::Warning, capitalised(&refusal.message), None);
        }
    }

    fn carry_out(&mut self, intent: Intent) {
        match intent {
            Intent::ListenTo(choice) => self.listen_to(choice),
            Intent::PauseTrack(paused) => self.order(EarOrder::Pause(paused)),
            Intent::SeekTrack(secs) => self.order(EarOrder::Seek(secs)),
            Intent::Tap => self.order(EarOrder::Tap(Instant::now())),
            Intent::ToggleOutput => self.output_wanted = !self.output_wanted,
            Intent::ChooseMonitor(monitor) => {
                self.settings.monitor = monitor.clone().unwrap_or_default();
                self.monitor = monitor;
                self.keep_settings();
            }
            Intent::SetOutputs(wishes) => {
                self.settings.outputs = (*wishes).clone();
                self.board.outputs.set(Arc::new(*wishes));
                self.keep_settings();
            }
            Intent::SetMixing(mixing) => {
                self.settings.mixing = mixing.clone();
                self.keep_settings();
                self.order(EarOrder::Mix(mixing));
            }
            Intent::SetPictureOffset(millis) => {
                self.settings.picture_offset_millis = millis;
                self.board.offset_millis.store(millis, Ordering::Relaxed);
                self.keep_settings();
            }
            Intent::AskOnline(on) => {
                self.settings.names.ask_online = on;
                self.board.names.set(Arc::new(self.settings.names.clone()));
                self.keep_settings();
            }
            Intent::ToggleRecording => self.recorder.toggle(),
            Intent::TogglePanic => self.toggle_panic(),
            Intent::LiftQuarantine(scene) => self.quarantine.lift(&scene),
            Intent::NewShow => self.replace(Show::default(), None),
            Intent::OpenShow(path) => self.job(Job::Open(path)),
            Intent::SaveShow => {
                if let Some(path) = self.file.clone() {
                    self.job(Job::Save { path, show: self.member.show() });
                }
            }
            Intent::SaveShowAs(path) => self.job(Job::Save { path, show: self.member.show() }),
            Intent::ListFolder { path, purpose } => self.job(Job::List { path, purpose }),
            Intent::ShowSource(layer) => self.show_source(layer),
            Intent::EditText { text, range, insert } => {
                self.code.edit(&self.board, &self.member, &text, range, &insert);
            }
            Intent::Evaluate { text, code, quantum_beats, layer } => {
                self.code.evaluate(&self.board, text, code, quantum_beats, layer);
            }
            Intent::DismissCard(id) => self.board.dismiss(id),
            Intent::SetLook(look) => {
                self.settings.set_look(look);
                self.keep_settings();
            }
            Intent::Import { paths, target } => self.import(paths, target),
            Intent::ExportPack { scenes, to } => self.bring(Import::ExportPack { scenes, to }),
            Intent::SetFavourite(scene, on) => self.mark(|marks| {
                if on {
                    marks.favourites.insert(scene)
                } else {
                    marks.favourites.remove(&scene)
                };
            }),
            Intent::Rate(scene, stars) => self.mark(|marks| {
                match stars {
                    1..=5 => marks.ratings.insert(scene, stars),
                    _ => marks.ratings.remove(&scene),
                };
            }),
            Intent::Room(intent) => self.room.ask(intent),
            Intent::Quit => self.quit = true,
            _ => {}
        }
    }

    /// Shows open, tracks play; everything else is brought in.
    fn import(&mut self, paths: Vec<PathBuf>, target: ImportTarget) {
        let is = |path: &PathBuf, known: &[&str]| {
            path.extension().is_some_and(|e| known.iter().any(|known| e.eq_ignore_ascii_case(known)))
        };
        let (shows, paths): (Vec<_>, Vec<_>) =
            paths.into_iter().partition(|path| is(path, &[SHOW_EXTENSION]));
        let (tracks, paths): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| is(path, &DROPPED_TRACKS));
        if let Some(show) = shows.into_iter().next_back() {
            self.job(Job::Open(show));
        }
        if let Some(track) = tracks.into_iter().next_back() {
            self.listen_to(AudioChoice::File(track));
        }
        if !paths.is_empty() {
            self.bring(Import::Files { paths, target });
        }
    }

    fn bring(&self, import: Import) {
        if self.imports.send(import).is_err() {
            self.board.card(CardKind::Error, "Nothing can be brought in any more. Restart Jamlight.", None);
        }
    }

    fn mark(&self, change: impl FnOnce(&mut Marks)) {
        let marks = self.board.marks.change(|marks| {
            change(Arc::make_mut(marks));
            marks.clone()
        });
        self.job(Job::Marks(marks));
    }

    fn listen_to(&mut self, choice: AudioChoice) {
        self.settings.set_audio(&choice);
        self.keep_settings();
        self.order(EarOrder::Listen(choice));
    }

    fn replace(&mut self, show: Show, file: Option<PathBuf>) {
        self.saved = Arc::new(show.clone());
        self.file.clone_from(&file);
        self.job(Job::Belongs(file));
        self.send(Command::ReplaceShow { show: Box::new(show) });
    }

    fn show_source(&self, layer: LayerId) {
        if let Some(LayerSource::Scene(scene)) = self.member.show().layer(layer).map(|layer| &layer.source) {
            self.job(Job::Source(scene.clone()));
        }
    }

    fn keep_settings(&self) {
        self.job(Job::Settings(Box::new(self.settings.clone())));
    }

    fn order(&self, order: EarOrder) {
        if self.ear.send(order).is_err() {
            self.board.card(CardKind::Error, "The ear has stopped. Restart Jamlight.", None);
        }
    }

    fn job(&self, job: Job) {
        if self.files.jobs.send(job).is_err() {
            self.board.card(
                CardKind::Error,
                "Files cannot be read or written any more. Restart Jamlight.",
                None,
            );
        }
    }

    /// Closes one of the show's windows.
    pub(crate) fn close_screen(&mut self, idx: ScreenIdx) {
        match idx.checked_sub(1) {
            None => self.output_wanted = false,
            Some(more) => {
                let mut wishes = (*self.board.outputs.get()).clone();
                if let Some(screen) = wishes.more.get_mut(more) {
                    screen.open = false;
                }
                self.carry_out(Intent::SetOutputs(Box::new(wishes)));
            }
        }
    }

    /// Acts on this machine, whatever the room says and whether it answers.
    fn toggle_panic(&self) {
        let panicked = !self.board.panicked.fetch_xor(true, Ordering::AcqRel);
        self.board.output_state.change(|state| state.panicked = panicked);
    }

    /// A key pressed on the show's window: blackout, freeze, panic, record, tap, the next scene, scenes by number.
    pub(crate) fn key(&mut self, text: &str) {
        let show = self.member.show();
        match text {
            "b" | "B" => self.send(Command::SetBlackout { blackout: !show.master.blackout }),
            "z" | "Z" => self.send(Command::SetFrozen { frozen: !show.master.frozen }),
            "p" | "P" => self.toggle_panic(),
            "r" | "R" => self.recorder.toggle(),
            "t" | "T" => self.order(EarOrder::Tap(Instant::now())),
            " " => {
                let model = self.model();
                self.shell.next_scene(&model, &self.commands);
            }
            _ => {
                if let Some(idx) =
                    text.parse::<usize>().ok().and_then(|no| no.checked_sub(1)).filter(|idx| *idx < 8)
                {
                    let model = self.model();
                    self.shell.show_scene(&model, idx, &self.commands);
                }
            }
        }
        self.obey();
    }

    /// Saves for the last time and waits until that is done.
    pub(crate) fn end(&mut self) {
        self.recorder.end();
        self.room.end();
        // A worker that is gone has said so already.
        let _ = self.files.jobs.send(Job::End);
        if let Some(thread) = self.files.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let mut sentence =
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect());
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}
