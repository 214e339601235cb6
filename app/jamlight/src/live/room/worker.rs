//! The room's worker: opens the own room to others, joins those of others, and tells the panels.
//!
//! It may wait for sockets and disks; the seat it moves ([`Member`]) is what every other thread holds.

mod recording;
mod visit;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::{CardKind, Check, Hosting, Nearby, Past, Place, Room, RoomIntent, SceneEntry, Visiting};
use app_library::{Paths, SceneLibrary};
use sync_client::{Client, State};
use sync_hub::{HOST, RoomHandle};
use sync_protocol::{
    Command, DEFAULT_SCENE, Event, Layer, LayerId, LayerSource, Recording, RoomId, SceneId, Seq, Show,
};
use sync_session::{Journal, MemoryJournal, OnCommitted};
use sync_store::{Store, StoreJournal, Until};

use super::own::OpenRoom;
use super::porter::Porter;
use super::view::View;
use super::{Member, check, small};
use crate::jam::{
    Browse, Form, HostOptions, HostShelf, Hosted, JamHome, JamSettings, Recordings, lan_addresses,
    qr_modules, transcript,
};
use crate::live::board::{Board, Slot};
use crate::live::score::SampleAsk;
use crate::live::wake::Waker;

/// How often the worker looks round: what a person takes for at once.
const TURN: Duration = Duration::from_millis(50);

/// How often guests get a new picture: what the server passes on at most.
const PICTURE_EVERY: Duration = Duration::from_millis(125);

/// What the worker is asked for.
#[derive(Debug)]
pub(crate) enum RoomOrder {
    Intent(RoomIntent),
    /// Something happened in the room of the seat.
    Happened(Arc<Event>),
    /// Closes everything and ends.
    End,
}

/// What the worker begins with.
pub(crate) struct RoomStart {
    pub paths: Paths,
    pub board: Arc<Board>,
    pub waker: Arc<Waker>,
    pub member: Member,
    pub room: RoomHandle,
    pub settings: JamSettings,
    /// The journal the own room writes to already.
    pub store: Option<Arc<Store>>,
    /// Where the own room was open when the process died.
    pub open: Option<OpenRoom>,
    pub library: Arc<SceneLibrary>,
    /// Folders of the user's own samples.
    pub sample_folders: Vec<PathBuf>,
    /// Takes samples that a host lends.
    pub samples: Sender<SampleAsk>,
    /// What the person asked for on the command line.
    pub first: Option<RoomIntent>,
    /// Whether a script reads the link on standard output.
    pub prints_link: bool,
}

/// The way to the worker.
pub(crate) struct RoomDesk {
    /// Unbounded, but a person's clicks and what the room sends, which is paced.
    orders: Sender<RoomOrder>,
    view: Arc<Slot<Room>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RoomDesk {
    /// Returns the room as the panels see it. Cheap.
    pub(crate) fn view(&self) -> Room {
        self.view.get()
    }

    /// Asks for something. Never blocks.
    pub(crate) fn ask(&self, intent: RoomIntent) {
        // A worker that panicked has left its report; the show goes on alone.
        let _ = self.orders.send(RoomOrder::Intent(intent));
    }

    /// Notes what happened in the room.
    pub(crate) fn happened(&self, event: Arc<Event>) {
        let _ = self.orders.send(RoomOrder::Happened(event));
    }

    /// Says goodbye to everyone and waits until that is done, up to three seconds.
    pub(crate) fn end(&mut self) {
        let _ = self.orders.send(RoomOrder::End);
        if let Some(thread) = self.thread.take() {
            // A panic there has left its report.
            let _ = thread.join();
        }
    }
}

/// A journal that keeps its store open as long as the room writes to it.
struct KeptJournal {
    journal: StoreJournal,
    _store: Arc<Store>,
}

impl Journal for KeptJournal {
    fn append(&mut self, room: &RoomId, events: Vec<Arc<Event>>, on_committed: OnCommitted) {
        self.journal.append(room, events, on_committed);
    }
}

/// Starts the worker.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(start: RoomStart) -> anyhow::Result<RoomDesk> {
    let (orders, inbox) = channel();
    let view = Arc::new(Slot::default());
    let own_view = view.clone();
    let thread = std::thread::Builder::new()
        .name("room".to_owned())
        .spawn(move || Worker::new(start, own_view).run(&inbox))
        .context("the room's thread cannot start")?;
    Ok(RoomDesk { orders, view, thread: Some(thread) })
}

struct Worker {
    start: RoomStart,
    view: View,
    published: Arc<Slot<Room>>,
    hosted: Option<Hosted>,
    hosting: Hosting,
    checks: (Sender<Check>, Receiver<Check>),
    guest: Option<(Client, Visiting)>,
    /// Brings what the host's show needs and this library lacks.
    porter: Option<Porter>,
    last_state: Option<State>,
    browse: Option<Browse>,
    /// Whether somebody looked at the panel: before that the network is left alone.
    looking_round: bool,
    /// The scenes that guests were told of.
    scenes: Option<Arc<[SceneEntry]>>,
    picture_due: Instant,
    /// The version of the picture that guests saw last.
    pictured: u64,
    recordings: Recordings,
    /// What a guest was last told is kept of it.
    told_recording: Option<Recording>,
}

impl Worker {
    fn new(start: RoomStart, published: Arc<Slot<Room>>) -> Self {
        let recordings = Recordings::of(&start.paths, start.room.id(), &start.settings);
        Self {
            start,
            recordings,
            told_recording: None,
            view: View::default(),
            published,
            hosted: None,
            hosting: Hosting::default(),
            checks: channel(),
            guest: None,
            porter: None,
            last_state: None,
            browse: None,
            looking_round: false,
            scenes: None,
            picture_due: Instant::now(),
            pictured: 0,
        }
    }

    fn run(mut self, inbox: &Receiver<RoomOrder>) {
        if let Some(open) = self.start.open.take() {
            // The guests knock already: the same port, the same key, the same room.
            self.open(open.port);
        }
        if let Some(first) = self.start.first.take() {
            self.obey(first);
        }
        loop {
            match inbox.recv_timeout(TURN) {
                Ok(RoomOrder::Intent(intent)) => self.obey(intent),
                Ok(RoomOrder::Happened(event)) => self.view.happened(&self.start.member, &event),
                Ok(RoomOrder::End) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            while let Ok(order) = inbox.try_recv() {
                match order {
                    RoomOrder::Intent(intent) => self.obey(intent),
                    RoomOrder::Happened(event) => self.view.happened(&self.start.member, &event),
                    RoomOrder::End => return self.end(),
                }
            }
            self.turn();
        }
        self.end();
    }

    fn obey(&mut self, intent: RoomIntent) {
        self.view.room.problem = None;
        match intent {
            RoomIntent::Open => {
                self.view.room.place = Place::Opening;
                self.publish();
                self.open(self.start.settings.port);
            }
            RoomIntent::Close => self.close(),
            RoomIntent::Check => self.check(),
            RoomIntent::NewLink => {
                let renewed = self.hosted.as_mut().map(Hosted::replace_link);
                self.say_problem(renewed);
                self.show_link();
            }
            RoomIntent::Panic => self.panic(),
            RoomIntent::Join { link, name } => self.join(&link, &name),
            RoomIntent::Leave => self.leave(),
            RoomIntent::Sound(sounds) => self.sound(sounds),
            RoomIntent::LookBack(seq) => self.look_back(seq),
            RoomIntent::LookRound => self.looking_round = self.start.settings.discover,
            RoomIntent::Export => self.export(),
            RoomIntent::Typing(typing) => {
                self.start.member.change_presence(|presence| presence.typing = typing)
            }
            _ => {}
        }
        self.publish();
    }

    fn turn(&mut self) {
        let mut changed = self.watch_guest();
        if let Some(hosted) = &mut self.hosted {
            let own = self.start.member.own();
            let seq = own.with_session(|session| session.seq().0);
            hosted.turn(seq, || own.with_session(|session| session.state(None)));
            let num_watchers = hosted.server().num_watchers();
            let spoken = hosted.server().short_code().map(spoken);
            if self.hosting.spoken != spoken {
                self.hosting.spoken = spoken;
                changed = true;
            }
            if self.hosting.num_watchers != num_watchers {
                self.hosting.num_watchers = num_watchers;
                changed = true;
            }
            let scenes = self.start.board.scenes.get();
            if self.scenes.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &scenes)) {
                hosted.server().set_scenes(scenes.iter().map(|scene| scene.card.clone()));
                self.scenes = Some(scenes);
            }
            if num_watchers > 0 && Instant::now() >= self.picture_due {
                self.picture_due = Instant::now() + PICTURE_EVERY;
                if let Some(picture) =
                    self.start.board.picture.get().filter(|picture| picture.version != self.pictured)
                    && let Some(jpeg) = small::jpeg(&picture)
                {
                    self.pictured = picture.version;
                    hosted.server().publish_picture(jpeg.into());
                }
            }
        }
        changed |= self.follow_recording();
        changed |= self.listen_for_rooms();
        while let Ok(check) = self.checks.1.try_recv() {
            self.hosting.check = check;
            changed = true;
        }
        if self.view.refresh(&self.start.member) | changed {
            self.publish();
        }
    }

    /// Looks for rooms on the network while the panel could use them: alone, and somebody is there.
    fn listen_for_rooms(&mut self) -> bool {
        let alone = self.hosted.is_none() && self.guest.is_none();
        if !alone || !self.looking_round {
            self.browse = None;
            return false;
        }
        let browse = self.browse.get_or_insert_with(Browse::start);
        let Some(found) = browse.news() else { return false };
        self.view.room.nearby = found.into_iter().map(|(name, address)| Nearby { name, address }).collect();
        true
    }

    /// Opens the own room: the show goes on as it is, and is journaled from now on.
    fn open(&mut self, port: u16) {
        if self.hosted.is_some() || self.guest.is_some() {
            return;
        }
        match self.try_open(port) {
            Ok(hosted) => {
                self.hosted = Some(hosted);
                self.show_link();
                if self.start.prints_link {
                    println!("link {}", self.hosting.link);
                }
                self.check();
                self.call_myself();
            }
            Err(err) => {
                self.view.room.place = Place::Alone;
                self.view.room.problem = Some(format!("The room cannot be opened: {err:#}."));
            }
        }
        self.publish();
    }

    fn try_open(&mut self, port: u16) -> anyhow::Result<Hosted> {
        let home = JamHome::open(&self.start.paths)?;
        let store = match &self.start.store {
            Some(store) => store.clone(),
            None => {
                let store = Arc::new(home.store()?);
                self.journal_to(&store)?;
                self.start.store = Some(store.clone());
                store
            }
        };
        let settings = &self.start.settings;
        let mut server = settings.server();
        server.port = port;
        let options = HostOptions {
            server,
            guests: settings.guests,
            name: settings.name.clone(),
            certificate: settings.certificate()?,
        };
        let room = self.start.room.clone();
        let reach = |server: &sync_server::Server| {
            server.add_room(room.clone());
            room
        };
        let samples = self.start.sample_folders.clone();
        let shelf = HostShelf::new(store.clone(), self.start.library.clone(), &self.start.paths, samples);
        let hosted = Hosted::start(home.clone(), store, reach, options)?;
        hosted.server().set_shelf(Arc::new(shelf));
        let open = OpenRoom { room: self.start.room.id().clone(), port: hosted.server().address().port() };
        // Plain data always has a JSON form.
        home.save_open(Some(&serde_json::to_string(&open).unwrap_or_default()))
            .context("that the room is open cannot be kept")?;
        Ok(hosted)
    }

    /// From now on every event of the own room goes to the disk; what was before is its first record.
    fn journal_to(&self, store: &Arc<Store>) -> anyhow::Result<()> {
        let (report, reported) = channel();
        let (store, id) = (store.clone(), self.start.room.id().clone());
        self.start.room.journal_to_blocking(Box::new(move |session| {
            let begun = store.journal_on(&id, session.state(None));
            let (journal, safe): (Box<dyn Journal>, _) = match begun {
                Ok((journal, safe)) => (Box::new(KeptJournal { journal, _store: store }), Ok(safe)),
                Err(err) => (Box::new(MemoryJournal), Err(err)),
            };
            // Who asked waits for it.
            let _ = report.send(safe);
            journal
        }))?;
        let safe = reported.recv().context("the room has stopped")??;
        safe.recv().context("the journal has stopped")??;
        Ok(())
    }

    fn show_link(&mut self) {
        let Some(hosted) = &self.hosted else { return };
        let link = hosted.link();
        let reveal = link.reveal();
        self.hosting = Hosting {
            address: link.authority(),
            code: qr_modules(&reveal).unwrap_or_default(),
            link: reveal,
            key: link.fingerprint.map(|key| key.words()).unwrap_or_default(),
            spoken: hosted.server().short_code().map(spoken),
            check: self.hosting.check.clone(),
            num_watchers: hosted.server().num_watchers(),
            recorded_mib: self.hosting.recorded_mib,
        };
    }

    /// Knocks from outside, on a thread of its own: a firewall answers nobody for seconds.
    fn check(&mut self) {
        let Some(hosted) = &self.hosted else { return };
        self.hosting.check = Check::Running;
        let (answer, port, waker) =
            (self.checks.0.clone(), hosted.server().address().port(), self.start.waker.clone());
        let looked = std::thread::Builder::new().name("check".to_owned()).spawn(move || {
            // Nobody waits for it when the room was closed meanwhile.
            let _ = answer.send(check::look(&lan_addresses(), port));
            waker.wake();
        });
        if let Err(err) = looked {
            tracing::warn!(%err, "no self-check");
        }
    }

    /// The host goes by the name of the settings.
    fn call_myself(&self) {
        let own = self.start.member.own();
        let name = self.start.settings.name.clone();
        let me = own.with_session(|session| session.member(HOST).cloned());
        if let Some(me) = me.filter(|me| me.name != name) {
            self.send(Command::SetProfile { name, color: me.color });
        }
    }

    fn close(&mut self) {
        self.end_recording();
        let Some(hosted) = self.hosted.take() else { return };
        hosted.stop();
        self.scenes = None;
        self.forget_open();
        self.view.room.place = Place::Alone;
        self.view.room.past = None;
    }

    fn forget_open(&self) {
        let forgotten = JamHome::open(&self.start.paths).and_then(|home| Ok(home.save_open(None)?));
        if let Err(err) = forgotten {
            tracing::warn!(%err, "a restart will open the room again");
        }
    }

    /// A safe scene at once, everyone out, every key void.
    fn panic(&mut self) {
        let Some(hosted) = &mut self.hosted else { return };
        let own = self.start.member.own();
        let safe = Layer {
            id: LayerId(1),
            source: LayerSource::Scene(SceneId::from(DEFAULT_SCENE)),
            ..Layer::default()
        };
        let show = Show { layers: vec![safe], running: Default::default(), ..(*own.show()).clone() };
        let guests: Vec<_> = own.with_session(|session| {
            session.members().filter(|one| one.online && one.id != HOST).map(|one| one.id).collect()
        });
        let revoked = hosted.revoke_all();
        self.send(Command::ReplaceShow { show: Box::new(show) });
        for member in guests {
            self.send(Command::Kick { member, banned: false });
        }
        self.say_problem(Some(revoked));
        self.show_link();
    }

    fn send(&self, command: Command) {
        if let Err(err) = self.start.member.own().send(command) {
            self.start.board.card(CardKind::Warning, err.message, None);
        }
    }

    fn say_problem(&mut self, done: Option<anyhow::Result<()>>) {
        if let Some(Err(err)) = done {
            self.view.room.problem = Some(format!("{err:#}."));
        }
    }

    fn look_back(&mut self, seq: Option<Seq>) {
        self.view.room.past = None;
        let (Some(seq), Some(store)) = (seq, self.start.store.as_ref().filter(|_| self.guest.is_none()))
        else {
            return;
        };
        match store.load(self.start.room.id(), Until::Seq(seq)) {
            Ok(Some(session)) => {
                let texts = session.texts().map(|id| (id.to_string(), session.text(id).unwrap_or_default()));
                let past = Past {
                    seq: session.seq(),
                    show: Box::new((**session.show()).clone()),
                    texts: texts.collect(),
                };
                self.view.room.past = Some(Arc::new(past));
            }
            Ok(None) => {}
            Err(err) => self.view.room.problem = Some(format!("That moment cannot be read: {err}.")),
        }
    }

    /// Writes what happened beside the person's shows, in the three forms.
    fn export(&mut self) {
        let Some(store) = self.start.store.as_ref().filter(|_| self.guest.is_none()) else { return };
        let room = self.start.room.id();
        let folder = self.start.paths.data.join("history");
        let written = transcript(store, room).and_then(|transcript| {
            std::fs::create_dir_all(&folder)?;
            for form in Form::ALL {
                std::fs::write(folder.join(format!("{room}.{}", form.extension())), transcript.write(form))?;
            }
            Ok(self.export_takes(&folder)?)
        });
        match written {
            Ok(num_takes) => {
                let beside = if num_takes > 0 { " Its recordings lie beside it." } else { "" };
                let sentence =
                    format!("The history is in {} as {room}.jsonl, .md and .html.{beside}", folder.display());
                self.start.board.card(CardKind::Info, sentence, None);
            }
            Err(err) => self.view.room.problem = Some(format!("The history cannot be written: {err:#}.")),
        }
    }

    fn publish(&mut self) {
        if let Some((_, visiting)) = &self.guest {
            self.view.room.place = Place::Visiting(Arc::new(visiting.clone()));
        } else if self.hosted.is_some() {
            self.view.room.place = Place::Hosting(Arc::new(self.hosting.clone()));
        }
        self.published.set(self.view.room.clone());
        self.start.waker.wake();
    }

    fn end(mut self) {
        let began = Instant::now();
        self.leave();
        self.end_recording();
        if let Some(hosted) = self.hosted.take() {
            // A clean end closes the room; only a crash opens it again.
            self.forget_open();
            hosted.stop();
        }
        tracing::debug!(took = ?began.elapsed(), "the room's worker ended");
    }
}

/// A short code as the panel shows it: easier to say in two halves.
fn spoken(code: sync_server::ShortCode) -> (String, u32) {
    let (first, second) = code.digits.split_at(code.digits.len() / 2);
    (format!("{first} {second}"), code.tries_left)
}
