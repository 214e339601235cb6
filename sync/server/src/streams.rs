//! Live streams and small pages for programs beside this one: OBS, a media player, a browser source.
//!
//! A listener of its own, plain HTTP, `GET` only. On loopback it answers this machine alone; bound
//! anywhere else, every path begins with a ticket of 128 bits. It knows no pictures: it carries the
//! bytes of [`LiveFeed`]s and what a [`Pages`] hook makes.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State as AxumState};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use subtle::ConstantTimeEq as _;
use sync_protocol::Secret;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use crate::live::{LiveFeed, LiveReader};
use crate::{ServerError, identity, pages};

/// Connections at once: a few programs, a few pages.
const MAX_CONNS: usize = 64;
/// How long the headers of a request may take.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of a request, in bytes: hyper takes no less.
const MAX_HEADER_BYTES: usize = 8 * 1024;
/// A reader that takes nothing for this long is dropped. A paused player comes back by itself.
const MAX_STALL: Duration = Duration::from_secs(5);
/// How often readers are looked at.
const STALL_EVERY: Duration = Duration::from_millis(500);
/// How long the end waits for open connections.
const STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// A small answer: a picture, a page, a piece of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its media type, such as `image/png`.
    pub content_type: &'static str,
    /// What is sent.
    pub bytes: Bytes,
}

/// Makes what stands at a path such as `/snapshot.png`, or `None` when nothing does. Called on a
/// thread that may wait a moment.
pub type Pages = Arc<dyn Fn(&str) -> Option<Document> + Send + Sync>;

/// Where streams are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSettings {
    /// The address it listens on. Beyond loopback every path begins with a ticket.
    pub bind: IpAddr,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl Default for StreamSettings {
    /// This machine only, any port.
    fn default() -> Self {
        Self { bind: Ipv4Addr::LOCALHOST.into(), port: 0 }
    }
}

/// A running server of streams, with a thread of its own. Dropping it stops it.
#[derive(Debug)]
pub struct StreamServer {
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

struct Shared {
    address: SocketAddr,
    ticket: Option<Secret>,
    feeds: BTreeMap<&'static str, LiveFeed>,
    pages: Pages,
    num_conns: AtomicUsize,
    num_dropped: AtomicU64,
    stop: watch::Sender<bool>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "streams on {} ({:?})", self.address, self.feeds)
    }
}

impl StreamServer {
    /// Starts to listen. `feeds` are the live streams by path, `/stream.mkv` for one. Must not be
    /// called from async code.
    ///
    /// # Errors
    /// A port that is taken, no thread, no randomness for a ticket.
    pub fn start(
        settings: StreamSettings,
        feeds: BTreeMap<&'static str, LiveFeed>,
        pages: Pages,
    ) -> Result<Self, ServerError> {
        let wanted = SocketAddr::new(settings.bind, settings.port);
        let listen = |source| ServerError::Listen { address: wanted, source };
        let listener = std::net::TcpListener::bind(wanted).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let ticket = if settings.bind.is_loopback() {
            None
        } else {
            Some(Secret::from_random(identity::random_bytes()?))
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("jl-streams")
            .enable_all()
            .build()
            .map_err(ServerError::Threads)?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(listen)?
        };
        let shared = Arc::new(Shared {
            address,
            ticket,
            feeds,
            pages,
            num_conns: AtomicUsize::new(0),
            num_dropped: AtomicU64::new(0),
            stop: watch::Sender::new(false),
        });
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        info!(%address, "streams are served");
        Ok(Self { shared, runtime: Some(runtime) })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Returns the URL of a path, with the ticket if there is one.
    pub fn url(&self, path: &str) -> String {
        let address = self.shared.address;
        let host = if address.ip().is_unspecified() {
            format!("127.0.0.1:{}", address.port())
        } else {
            address.to_string()
        };
        match &self.shared.ticket {
            Some(ticket) => format!("http://{host}/{}{path}", ticket.reveal()),
            None => format!("http://{host}{path}"),
        }
    }

    /// Returns how many readers were dropped because they took nothing for five seconds.
    pub fn num_dropped(&self) -> u64 {
        self.shared.num_dropped.load(Ordering::Relaxed)
    }
}

impl Drop for StreamServer {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(STOP_TIMEOUT);
        }
    }
}

impl Shared {
    /// Returns the path below the ticket, `None` for who has no business here.
    fn path_for<'p>(&self, path: &'p str, headers: &HeaderMap) -> Option<&'p str> {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let site = text(header::HeaderName::from_static("sec-fetch-site"));
        let navigates = text(header::HeaderName::from_static("sec-fetch-mode")) == Some("navigate");
        if !navigates && matches!(site, Some("cross-site" | "same-site")) {
            return None;
        }
        match &self.ticket {
            Some(ticket) => {
                let (given, rest) = path.strip_prefix('/')?.split_once('/')?;
                let given = Secret::parse(given)?;
                bool::from(given.bytes().ct_eq(ticket.bytes())).then_some(())?;
                path.get(path.len() - rest.len() - 1..)
            }
            // A page elsewhere that points its own name at us asks for that name.
            None => self.is_local(text(header::HOST)?).then_some(path),
        }
    }

    fn is_local(&self, authority: &str) -> bool {
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
        let ours = host.eq_ignore_ascii_case("localhost")
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        ours && port.parse() == Ok(self.address.port())
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if shared.num_conns.fetch_add(1, Ordering::AcqRel) >= MAX_CONNS {
                    shared.num_conns.fetch_sub(1, Ordering::AcqRel);
                    debug!(%peer, "too many connections to the streams");
                    continue;
                }
                let (shared, router) = (Arc::clone(&shared), router.clone());
                tokio::spawn(async move {
                    serve(stream, router, &shared).await;
                    shared.num_conns.fetch_sub(1, Ordering::AcqRel);
                });
            }
            Err(error) => {
                // Out of file handles, mostly: let some go first.
                warn!(%error, "connection not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router, shared: &Shared) {
    // Pictures go at once; a failure costs milliseconds, not the socket.
    let _ = stream.set_nodelay(true);
    let stall = Stall::default();
    let service = TowerToHyperService::new(router.layer(Extension(stall.clone())));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut stopping = shared.stop.subscribe();
    tokio::select! {
        served = connection => if let Err(error) = served {
            debug!(%error, "a reader of a stream left");
        },
        () = stall.overdue() => {
            shared.num_dropped.fetch_add(1, Ordering::Relaxed);
            info!("a reader of a stream took nothing for {MAX_STALL:?} and was dropped");
        }
        _ = stopping.changed() => {}
    }
}

async fn answer(
    AxumState(shared): AxumState<Arc<Shared>>,
    Extension(stall): Extension<Stall>,
    request: Request,
) -> Response {
    let mut response = match shared.path_for(request.uri().path(), request.headers()) {
        None => StatusCode::FORBIDDEN.into_response(),
        Some(_) if request.method() != Method::GET => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Some(path) => match shared.feeds.get(path) {
            Some(feed) => stream(feed, stall),
            None => page(&shared, path.to_owned()).await,
        },
    };
    pages::harden(&mut response);
    response
}

async fn page(shared: &Shared, path: String) -> Response {
    let make = Arc::clone(&shared.pages);
    match tokio::task::spawn_blocking(move || make(&path)).await {
        Ok(Some(document)) => {
            let mut response = Response::new(Body::from(document.bytes));
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(document.content_type));
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// One reader's answer while it lasts.
struct Reading {
    reader: LiveReader,
    parts: VecDeque<Bytes>,
    stall: Stall,
}

fn stream(feed: &LiveFeed, stall: Stall) -> Response {
    let reading = Reading { reader: feed.read(), parts: VecDeque::new(), stall };
    let body = futures_util::stream::unfold(reading, |mut reading| async move {
        reading.stall.asked();
        while reading.parts.is_empty() {
            reading.parts.extend(reading.reader.next().await?);
        }
        let part = reading.parts.pop_front()?;
        reading.stall.given();
        Some((Ok::<_, std::convert::Infallible>(part), reading))
    });
    let mut response = Response::new(Body::from_stream(body));
    if let Ok(content_type) = HeaderValue::from_str(feed.content_type()) {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}

/// When the last part was given to a connection that has not asked for more: a full socket.
#[derive(Clone, Default)]
struct Stall(Arc<std::sync::Mutex<Option<Instant>>>);

impl Stall {
    fn asked(&self) {
        *self.lock() = None;
    }

    fn given(&self) {
        *self.lock() = Some(Instant::now());
    }

    /// Ends when the reader took nothing for too long.
    async fn overdue(&self) {
        loop {
            tokio::time::sleep(STALL_EVERY).await;
            if self.lock().is_some_and(|given| given.elapsed() >= MAX_STALL) {
                return;
            }
        }
    }

    /// Held for a copy. What it guards is whole at every moment.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
