use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use axum::{Extension, Router};
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use sync_hub::{HOST, RoomHandle};
use sync_protocol::{
    Envelope, ErrorCode, JoinLink, KeyFingerprint, MAX_PICTURE_BYTES, MAX_PICTURES_PER_SEC, MemberId, Role,
    RoomId, SceneCard, SceneId, Secret,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use crate::door::{Admitted, Door, Invite};
use crate::identity::{self, Identity, IdentityError};
use crate::line::Lines;
use crate::metrics::Metrics;
use crate::shelf::{MAX_FETCHED_BYTES, Shelf};
use crate::socket::Peer;
use crate::{Settings, SettingsError, api};

/// How long TLS and a request's headers may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of a request, in bytes: hyper takes no less.
const MAX_HEADER_BYTES: usize = 8 * 1024;
/// How long sockets have to say goodbye.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;
/// Threads for all sockets: a hostile room must never cost the show its cores.
const NUM_THREADS: usize = 2;

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
        let state = Arc::new(State {
            fingerprint,
            rooms: Mutex::default(),
            door,
            metrics: Metrics::default(),
            per_address: Mutex::default(),
            stop: watch::Sender::new(false),
            pictures: watch::Sender::new(Bytes::new()),
            picture_free_at: Mutex::new(Instant::now()),
            scenes: Mutex::default(),
            shelf: Mutex::default(),
            fetched: Mutex::default(),
            lines: Arc::default(),
            names,
            address,
            settings,
        });
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(listen)?
        };
        let server = Self { state: Arc::clone(&state), runtime: Some(runtime) };
        rooms.into_iter().for_each(|room| server.add_room(room));
        if let Some(runtime) = &server.runtime {
            runtime.spawn(accept(listener, tls.map(TlsAcceptor::from), state));
        }
        info!(%address, tls = server.state.fingerprint.is_some(), "listening");
        Ok(server)
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.state.address
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
            runtime.block_on(async {
                let gone = async {
                    while self.state.metrics.conns.load(Ordering::Relaxed) > 0 {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                if tokio::time::timeout(STOP_TIMEOUT, gone).await.is_err() {
                    warn!("some sockets did not say goodbye");
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
    pub(crate) metrics: Metrics,
    fingerprint: Option<KeyFingerprint>,
    address: SocketAddr,
    /// What this host is called: everything else in `Host` or `Origin` is refused.
    names: Vec<String>,
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
    /// Bytes fetched by each member. Held for a sum.
    fetched: Mutex<HashMap<(RoomId, MemberId), u64>>,
    /// Members who came without a WebSocket.
    pub(crate) lines: Arc<Lines>,
}

impl State {
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
        let of_member = fetched.entry((room.clone(), member)).or_default();
        *of_member = of_member.saturating_add(num_bytes);
        *of_member <= MAX_FETCHED_BYTES
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
        port == Some(self.address.port()) && self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
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
    fn public_host(&self) -> String {
        let bound = self.address.ip();
        self.settings.hosts.first().cloned().unwrap_or_else(|| {
            if bound.is_unspecified() { "127.0.0.1".to_owned() } else { bound.to_string() }
        })
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, BTreeMap<RoomId, RoomHandle>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection in, `None` when its address or the host has too many.
    fn count_in(self: &Arc<Self>, peer: IpAddr) -> Option<Counted> {
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
    state: Arc<State>,
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

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let router = api::router(Arc::clone(&state));
    let mut stopping = state.stopping();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => match state.count_in(peer.ip()) {
                Some(counted) => {
                    let (tls, router) = (tls.clone(), router.clone());
                    tokio::spawn(async move {
                        let state = Arc::clone(&counted.state);
                        serve(
                            stream,
                            Peer { address: peer.ip(), _counts: Arc::new(counted) },
                            tls,
                            router,
                            &state,
                        )
                        .await;
                    });
                }
                None => Metrics::add(&state.metrics.conns_refused, 1),
            },
            Err(error) => {
                // Out of file handles, mostly: let some go first.
                warn!(%error, "connection not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, peer: Peer, tls: Option<TlsAcceptor>, router: Router, state: &Arc<State>) {
    // Small messages go at once; a failure costs milliseconds, not the socket.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return http(stream, peer, router, state).await;
    };
    let mut first = [0];
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, stream.peek(&mut first)).await {
        Ok(Ok(1)) if first == [TLS_HANDSHAKE] => {}
        Ok(Ok(1)) => return redirect(stream, state).await,
        _ => return,
    }
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => http(stream, peer, router, state).await,
        Ok(Err(error)) => debug!(%error, "handshake failed"),
        Err(_) => debug!("handshake too slow"),
    }
}

async fn http<S>(stream: S, peer: Peer, router: Router, state: &Arc<State>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router.layer(Extension(peer)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut stopping = state.stopping();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        _ = stopping.changed() => {
            // A streamed answer still says goodbye.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(%error, "connection ended");
    }
}

/// Plain HTTP on the TLS port is told where to go, and nothing else.
async fn redirect(mut stream: TcpStream, state: &State) {
    let host = state.public_host();
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let answer = format!(
        "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://{host}:{}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        state.address.port()
    );
    // It asked in the wrong language; whether it hears the answer does not matter.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
