use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use sync_hub::{HOST, Journal, RoomHandle, Session};
use sync_protocol::{
    Envelope, ErrorCode, JoinLink, KeyFingerprint, MAX_PICTURE_BYTES, MAX_PICTURES_PER_SEC, MemberId, Role,
    RoomId, SceneCard, SceneId, Secret,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use crate::accept::accept;
use crate::code::{Codes, ShortCode};
use crate::door::{Admitted, Door, Invite};
use crate::identity::{self, Identity, IdentityError};
use crate::line::Lines;
use crate::metrics::Metrics;
use crate::paced::Load;
use crate::shelf::{MAX_FETCHED_BYTES, MAX_ROOM_FETCHED_BYTES, Shelf};
use crate::{Settings, SettingsError};

/// How long sockets have to say goodbye.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// Threads for all sockets, and the rooms that live here. One: what passes between two costs a third
/// more of a processor at a thousand messages a second and saves nothing at ten times that, and a hostile
/// room must never cost the show its cores. Disks are waited for elsewhere.
const NUM_THREADS: usize = 1;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A setting is out of its range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// There is no key or certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The port is taken, or not ours to take.
    #[error("cannot listen on {address}: {source}; choose another port with --port")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The system gives no threads.
    #[error("the server's threads cannot start: {0}")]
    Threads(#[source] std::io::Error),
}

/// A running server, with threads of its own. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    state: Arc<State>,
    runtime: Option<tokio::runtime::Runtime>,
    /// Rooms that run on the server's own threads, and end with it.
    own_rooms: Mutex<Vec<(RoomHandle, JoinHandle<()>)>>,
}

impl Server {
    /// Starts to listen, with nobody invited yet. Must not be called from async code.
    ///
    /// # Errors
    /// A bad setting, no certificate, a port that is taken, no threads.
    pub fn start(
        settings: Settings,
        identity: &Identity,
        rooms: Vec<RoomHandle>,
    ) -> Result<Self, ServerError> {
        Self::start_with(settings, identity, rooms, Door::default())
    }

    /// Starts to listen, with a door from an earlier run: its invites and members are still good.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with(
        settings: Settings,
        identity: &Identity,
        rooms: Vec<RoomHandle>,
        door: Door,
    ) -> Result<Self, ServerError> {
        settings.validate()?;
        let wanted = SocketAddr::new(settings.bind, settings.port);
        let listen = |source| ServerError::Listen { address: wanted, source };
        let listener = std::net::TcpListener::bind(wanted).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let names = identity::names(&settings.hosts, address.ip());
        let tls = match (&settings.certificate, settings.tls) {
            (_, false) => None,
            (Some(given), true) => Some(identity::given_tls(given)?),
            (None, true) => Some((identity.tls(&names)?, identity.fingerprint())),
        };
        let (tls, fingerprint) = tls.unzip();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(NUM_THREADS)
            .thread_name("jl-net")
            .enable_all()
            .build()
            .map_err(ServerError::Threads)?;
        let called =
            Mutex::new(Called { hosts: settings.hosts.clone(), names, tls: tls.map(TlsAcceptor::from) });
        let state = Arc::new(State {
            fingerprint,
            called,
            rooms: Mutex::default(),
            door,
            codes: Codes::default(),
            metrics: Metrics::default(),
            load: Arc::new(Load::new()),
            per_address: Mutex::default(),
            stop: watch::Sender::new(false),
            pictures: watch::Sender::new(Bytes::new()),
            picture_free_at: Mutex::new(Instant::now()),
            scenes: Mutex::default(),
            shelf: Mutex::default(),
            fetched: Mutex::default(),
            lines: Arc::default(),
            address,
            settings,
        });
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(listen)?
        };
        let server = Self { state: Arc::clone(&state), runtime: Some(runtime), own_rooms: Mutex::default() };
        rooms.into_iter().for_each(|room| server.add_room(room));
        if let Some(runtime) = &server.runtime {
            runtime.spawn(accept(listener, state));
        }
        info!(%address, tls = server.state.fingerprint.is_some(), "listening");
        Ok(server)
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.state.address
    }

    /// Says what this machine is called now, as [`Settings::hosts`] did at the start: links name the first,
    /// and, unless a certificate was given, one for the new names is made round the same key. Who is in
    /// stays in.
    ///
    /// # Errors
    /// No certificate can be made; everything is as before.
    pub fn set_hosts(&self, hosts: Vec<String>, identity: &Identity) -> Result<(), IdentityError> {
        let names = identity::names(&hosts, self.state.address.ip());
        let is_own = self.state.settings.tls && self.state.settings.certificate.is_none();
        let made = is_own.then(|| identity.tls(&names)).transpose()?.map(TlsAcceptor::from);
        let mut called = self.state.called();
        called.tls = made.or_else(|| called.tls.take());
        called.hosts = hosts;
        called.names = names;
        Ok(())
    }

    /// Returns what links name this host by.
    pub fn public_host(&self) -> String {
        self.state.public_host()
    }

    /// Returns who is let in: invites, tickets, and taking them back.
    pub fn door(&self) -> &Door {
        &self.state.door
    }

    /// Lets a room be reached, or replaces the one of its id. Must not be called from async code.
    pub fn add_room(&self, room: RoomHandle) {
        // A room that has stopped knows nobody, and nobody will reach it.
        if let Some(Ok(session)) = self.runtime.as_ref().map(|runtime| runtime.block_on(room.session()))
            && let Some(last) = session.members().map(|member| member.id).max()
        {
            self.state.door.reserve(last);
        }
        self.state.rooms().insert(room.id().clone(), room);
    }

    /// Opens a room that runs on the server's own threads and ends with it: for a host of many rooms,
    /// none of which is on a stage here. Must not be called from async code.
    pub fn open_room(&self, id: RoomId, session: Session, journal: Box<dyn Journal>) -> RoomHandle {
        let (room, task) = RoomHandle::open(id, session, journal);
        if let Some(runtime) = &self.runtime {
            let task = runtime.spawn(task);
            self.own_rooms.lock().unwrap_or_else(PoisonError::into_inner).push((room.clone(), task));
        }
        self.add_room(room.clone());
        room
    }

    /// Opens an invite and returns its link, which is nowhere else.
    ///
    /// # Errors
    /// As [`Door::invite`].
    pub fn invite(
        &self,
        room: &RoomId,
        role: Role,
        uses: u32,
        life: Duration,
    ) -> Result<(Invite, JoinLink), Envelope> {
        let (invite, secret) = self.state.door.invite(room, role, uses, life)?;
        Ok((invite, self.state.link(room, secret)))
    }

    /// Opens a short code into a room, in the place of the one before: six digits that a person can say.
    /// It changes after three wrong tries, and each quarter of an hour: see [`Server::short_code`].
    ///
    /// # Errors
    /// `Forbidden` without TLS, which binds a code to its connection; no randomness.
    pub fn open_code(&self, room: &RoomId, role: Role) -> Result<String, Envelope> {
        if self.state.fingerprint.is_none() {
            return Err(Envelope::new(ErrorCode::Forbidden, "short codes need TLS: give the link instead"));
        }
        self.state.codes.open(room.clone(), role)
    }

    /// Returns the short code that is good now, `None` when none is open.
    pub fn short_code(&self) -> Option<ShortCode> {
        self.state.codes.now()
    }

    /// Closes the short code.
    pub fn close_code(&self) {
        self.state.codes.close();
    }

    /// Makes a ticket and returns the URL to give a stock Yjs client; the client appends `/<text>`.
    ///
    /// # Errors
    /// As [`Door::ticket`].
    pub fn yjs_url(&self, room: &RoomId, name: &str, role: Role) -> Result<String, Envelope> {
        Ok(self.state.yjs_url(&self.state.door.ticket(room, name, role)?))
    }

    /// Returns a token by which programs on this machine act as the host.
    ///
    /// # Errors
    /// As [`Door::ticket`].
    pub fn host_token(&self, room: &RoomId) -> Result<Secret, Envelope> {
        self.state.door.host_token(room, HOST)
    }

    /// Says where files of the Show and the room's past are.
    pub fn set_shelf(&self, shelf: Arc<dyn Shelf>) {
        *self.state.shelf.lock().unwrap_or_else(PoisonError::into_inner) = Some(shelf);
    }

    /// Says which scenes there are, so that guests can draw controls for what the host opens. Replaces
    /// what was said before.
    pub fn set_scenes(&self, cards: impl IntoIterator<Item = SceneCard>) {
        let cards = cards.into_iter().map(|card| (card.id.clone(), Arc::new(card))).collect();
        *self.state.scenes.lock().unwrap_or_else(PoisonError::into_inner) = cards;
    }

    /// Shows guests who asked for it a small picture of the show, a JPEG of at most 320×180. Returns
    /// at once; one that comes too soon, or is too large, is dropped. Encode one only while
    /// [`Server::num_watchers`] is not 0.
    pub fn publish_picture(&self, jpeg: Bytes) {
        let now = Instant::now();
        let mut free_at = self.state.picture_free_at.lock().unwrap_or_else(PoisonError::into_inner);
        if jpeg.len() <= MAX_PICTURE_BYTES && now >= *free_at {
            *free_at = now + Duration::from_secs(1) / MAX_PICTURES_PER_SEC;
            self.state.pictures.send_replace(jpeg);
        }
    }

    /// Returns how many guests want to see pictures.
    pub fn num_watchers(&self) -> usize {
        usize::try_from(self.state.metrics.watchers.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Says goodbye to everyone and stops, within three seconds.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            self.state.stop.send_replace(true);
            let own_rooms = std::mem::take(self.own_rooms.get_mut().unwrap_or_else(PoisonError::into_inner));
            runtime.block_on(async {
                let gone = async {
                    while self.state.metrics.conns.load(Ordering::Relaxed) > 0 {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                if tokio::time::timeout(STOP_TIMEOUT, gone).await.is_err() {
                    warn!("some sockets did not say goodbye");
                }
                // All at once: each waits for its disk, at most a second.
                for (room, _) in &own_rooms {
                    // Fails only when the room has stopped already.
                    let _ = room.stop().await;
                }
                for (_, task) in own_rooms {
                    // A panic there has been reported there.
                    let _ = task.await;
                }
            });
            runtime.shutdown_timeout(Duration::from_millis(500));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// What every connection shares.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) door: Door,
    pub(crate) codes: Codes,
    pub(crate) metrics: Metrics,
    pub(crate) load: Arc<Load>,
    fingerprint: Option<KeyFingerprint>,
    pub(crate) address: SocketAddr,
    /// Held for a look; nothing else is locked under it.
    called: Mutex<Called>,
    /// Held for a lookup; nothing else is locked under it.
    rooms: Mutex<BTreeMap<RoomId, RoomHandle>>,
    /// Connections by address. Held for a count; nothing else is locked under it.
    per_address: Mutex<HashMap<IpAddr, usize>>,
    stop: watch::Sender<bool>,
    /// The last small picture of the show. Latest wins.
    pub(crate) pictures: watch::Sender<Bytes>,
    picture_free_at: Mutex<Instant>,
    /// What guests draw controls from. Held for a lookup; nothing else is locked under it.
    scenes: Mutex<BTreeMap<SceneId, Arc<SceneCard>>>,
    /// The disk behind what guests may fetch and look back to. Held for a clone.
    shelf: Mutex<Option<Arc<dyn Shelf>>>,
    /// Bytes fetched by each member, and by all of a room together. Held for a sum.
    fetched: Mutex<HashMap<(RoomId, Option<MemberId>), u64>>,
    /// Members who came without a WebSocket.
    pub(crate) lines: Arc<Lines>,
}

/// What this host is called, which changes with the network it is on.
pub(crate) struct Called {
    /// As the user says; links name the first.
    hosts: Vec<String>,
    /// Everything else in `Host` or `Origin` is refused.
    names: Vec<String>,
    /// With a certificate for these names.
    pub(crate) tls: Option<TlsAcceptor>,
}

impl std::fmt::Debug for Called {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.names).finish()
    }
}

impl State {
    pub(crate) fn called(&self) -> std::sync::MutexGuard<'_, Called> {
        self.called.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn room(&self, id: &RoomId) -> Result<RoomHandle, Envelope> {
        let unknown = || Envelope::new(ErrorCode::NotFound, "this room is not open");
        self.rooms().get(id).cloned().ok_or_else(unknown)
    }

    pub(crate) fn shelf(&self) -> Option<Arc<dyn Shelf>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts what a member fetches; `false` when it had enough.
    pub(crate) fn may_fetch(&self, room: &RoomId, member: MemberId, num_bytes: u64) -> bool {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut add = |who, limit| {
            let total = fetched.entry((room.clone(), who)).or_default();
            *total = total.saturating_add(num_bytes);
            *total <= limit
        };
        add(Some(member), MAX_FETCHED_BYTES) && add(None, MAX_ROOM_FETCHED_BYTES)
    }

    pub(crate) fn scene(&self, id: &SceneId) -> Option<Arc<SceneCard>> {
        self.scenes.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn has_rooms(&self) -> bool {
        !self.rooms().is_empty()
    }

    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Whether a request is for this host and from no other site.
    pub(crate) fn is_for_us(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(host) = text(header::HOST) else { return false };
        if !self.is_ours(host) || headers.get_all(header::HOST).iter().count() > 1 {
            return false;
        }
        let scheme = if self.fingerprint.is_some() { "https://" } else { "http://" };
        let from_us = match headers.get(header::ORIGIN) {
            None => true,
            Some(origin) => {
                let authority = origin.to_str().ok().and_then(|origin| origin.strip_prefix(scheme));
                authority.is_some_and(|authority| self.is_ours(authority))
            }
        };
        let site = text(header::HeaderName::from_static("sec-fetch-site"));
        // A link that somebody followed is a navigation, and changes nothing.
        let navigates = text(header::HeaderName::from_static("sec-fetch-mode")) == Some("navigate");
        from_us && (navigates || !matches!(site, Some("cross-site" | "same-site")))
    }

    fn is_ours(&self, authority: &str) -> bool {
        let default_port = if self.fingerprint.is_some() { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (authority, Some(default_port)),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        port == Some(self.address.port())
            && self.called().names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    pub(crate) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Result<Admitted, Envelope> {
        let bearer =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let missing =
            || Envelope::new(ErrorCode::Unauthorized, "send your token as `Authorization: Bearer …`");
        self.door.bearer(peer, &bearer.and_then(Secret::parse).ok_or_else(missing)?)
    }

    pub(crate) fn link(&self, room: &RoomId, secret: Secret) -> JoinLink {
        let host = self.public_host();
        JoinLink {
            host,
            port: self.address.port(),
            room: room.clone(),
            fingerprint: self.fingerprint,
            secret,
        }
    }

    pub(crate) fn yjs_url(&self, ticket: &Secret) -> String {
        let scheme = if self.fingerprint.is_some() { "wss" } else { "ws" };
        let host = self.public_host();
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        format!("{scheme}://{host}:{}/yjs/{}", self.address.port(), ticket.reveal())
    }

    /// The first name people were told, else the address it is bound to.
    pub(crate) fn public_host(&self) -> String {
        let bound = self.address.ip();
        self.called().hosts.first().cloned().unwrap_or_else(|| {
            if bound.is_unspecified() { "127.0.0.1".to_owned() } else { bound.to_string() }
        })
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, BTreeMap<RoomId, RoomHandle>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection in, `None` when its address or the host has too many.
    pub(crate) fn count_in(self: &Arc<Self>, peer: IpAddr) -> Option<Counted> {
        let mut per_address = self.per_address.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = per_address.entry(peer).or_default();
        let total = usize::try_from(self.metrics.conns.load(Ordering::Relaxed)).unwrap_or(0);
        if *of_peer >= self.settings.max_conns_per_address || total >= self.settings.max_conns {
            return None;
        }
        *of_peer += 1;
        self.metrics.conns.fetch_add(1, Ordering::Relaxed);
        Metrics::add(&self.metrics.conns_total, 1);
        Some(Counted { state: Arc::clone(self), peer })
    }
}

/// A connection that counts until it is dropped.
pub(crate) struct Counted {
    pub(crate) state: Arc<State>,
    peer: IpAddr,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.state.metrics.conns.fetch_sub(1, Ordering::Relaxed);
        let mut per_address = self.state.per_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(num) = per_address.get_mut(&self.peer) {
            *num -= 1;
            if *num == 0 {
                per_address.remove(&self.peer);
            }
        }
    }
}
