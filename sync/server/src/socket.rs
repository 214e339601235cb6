use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::debug;

use crate::code::Exporter;
use crate::server::{Counted, State};

/// A WebSocket of ours.
pub(crate) type Ws = WebSocketStream<TokioIo<Upgraded>>;

/// Allocated at once for each socket: 128 KiB, the library's default, is 1.3 GB at ten thousand.
const READ_BUFFER_BYTES: usize = 2 * 1024;
/// What is written at once: a slow reader holds so much and one message more.
const MAX_WRITE_BYTES: usize = 64 * 1024;
/// The longest paste in base64, and its envelope.
pub(crate) const MAX_MESSAGE_BYTES: usize = 512 * 1024;
/// How long one write may take before its reader counts as gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// A silent socket is asked so often whether it is there, and ended after so long: with the room's
/// grace a pulled cable is noticed within 40 seconds.
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(10);
pub(crate) const SILENCE_TIMEOUT: Duration = Duration::from_secs(25);
/// The conformance suite sends messages of 16 MiB.
const MAX_ECHO_BYTES: usize = 32 * 1024 * 1024;

fn config(max_message_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(max_message_bytes))
        .max_frame_size(Some(max_message_bytes))
}

/// Answers an upgrade and serves the socket on a task of its own; 400 for anything else.
pub(crate) fn upgrade<F>(
    state: Arc<State>,
    request: Request,
    serve: impl FnOnce(Ws) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send,
{
    upgrade_with(state, request, MAX_MESSAGE_BYTES, serve)
}

fn upgrade_with<F>(
    state: Arc<State>,
    mut request: Request,
    max_message_bytes: usize,
    serve: impl FnOnce(Ws) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send,
{
    let Some(accept) = accept_key(request.headers()) else {
        return (StatusCode::BAD_REQUEST, "a WebSocket upgrade, version 13, is expected here")
            .into_response();
    };
    let upgraded = hyper::upgrade::on(&mut request);
    let peer = request.extensions().get::<Peer>().cloned();
    tokio::spawn(async move {
        match upgraded.await {
            Ok(upgraded) => {
                let io = TokioIo::new(upgraded);
                let ws =
                    WebSocketStream::from_raw_socket(io, Role::Server, Some(config(max_message_bytes))).await;
                state.metrics.sockets.fetch_add(1, Ordering::Relaxed);
                Box::pin(serve(ws)).await;
                state.metrics.sockets.fetch_sub(1, Ordering::Relaxed);
                drop(peer);
            }
            Err(error) => debug!(%error, "upgrade given up"),
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name: header::HeaderName, word: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok())?;
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)).then_some(())
    };
    has(header::CONNECTION, "upgrade")?;
    has(header::UPGRADE, "websocket")?;
    has(header::SEC_WEBSOCKET_VERSION, "13")?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

/// What a socket is told at its end, and why.
pub(crate) type End = (CloseCode, &'static str);

/// What a frame carries, by the opcode that a WebSocket and a streamed line both use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
}

/// A frame on its way to a member. A message is one frame.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) payload: Bytes,
}

impl Frame {
    /// JSON.
    pub(crate) fn text(json: Bytes) -> Self {
        Self { kind: Kind::Text, payload: json }
    }

    pub(crate) fn binary(payload: Bytes) -> Self {
        Self { kind: Kind::Binary, payload }
    }

    pub(crate) fn ping() -> Self {
        Self { kind: Kind::Ping, payload: Bytes::new() }
    }

    pub(crate) fn close(code: CloseCode, reason: &str) -> Self {
        let payload = [&u16::from(code).to_be_bytes(), reason.as_bytes()].concat().into();
        Self { kind: Kind::Close, payload }
    }

    /// As a server writes it on a WebSocket: whole and unmasked.
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push(0x80 | self.kind as u8);
        let size = self.payload.len();
        match (u8::try_from(size), u16::try_from(size)) {
            (Ok(size @ ..=125), _) => bytes.push(size),
            (_, Ok(size)) => {
                bytes.push(126);
                bytes.extend_from_slice(&size.to_be_bytes());
            }
            _ => {
                bytes.push(127);
                bytes.extend_from_slice(&(size as u64).to_be_bytes());
            }
        }
        bytes.extend_from_slice(&self.payload);
    }
}

/// Writes what is there at once; `Err` when the reader is gone or too slow. The frames go past the
/// library, into one buffer that lives no longer than the write: its own stays as large as the largest
/// welcome, on each of ten thousand sockets.
pub(crate) async fn send(ws: &mut Ws, frames: impl IntoIterator<Item = Frame>) -> Result<(), ()> {
    let write = async {
        // What the library has begun to say, a pong, comes first.
        ws.flush().await?;
        let mut bytes = Vec::new();
        for frame in frames {
            frame.put(&mut bytes);
            if bytes.len() >= MAX_WRITE_BYTES {
                ws.get_mut().write_all(&bytes).await?;
                bytes.clear();
            }
        }
        ws.get_mut().write_all(&bytes).await?;
        Ok::<_, Error>(ws.get_mut().flush().await?)
    };
    match tokio::time::timeout(WRITE_TIMEOUT, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            debug!(%error, "socket ended");
            Err(())
        }
        Err(_) => Err(()),
    }
}

/// Says goodbye, and waits a moment for the answer.
pub(crate) async fn close(mut ws: Ws, code: CloseCode, reason: &str) {
    let frame = CloseFrame { code, reason: reason.to_owned().into() };
    let goodbye = async {
        // The other side may be gone already.
        let _ = ws.close(Some(frame)).await;
        while let Some(Ok(_)) = ws.next().await {}
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
}

/// What the protocol says to somebody whose bytes broke it.
pub(crate) fn close_code(error: &Error) -> CloseCode {
    match error {
        Error::Capacity(_) => CloseCode::Size,
        Error::Utf8(_) => CloseCode::Invalid,
        _ => CloseCode::Protocol,
    }
}

/// Counts the messages of one socket that make no sense, or ask for nothing.
pub(crate) struct Patience {
    strikes: u32,
    pings: u32,
    since: Instant,
}

impl Patience {
    /// Messages without sense that are answered; the next ends the socket.
    const MAX_STRIKES: u32 = 5;
    /// Pings in a second.
    const MAX_PINGS: u32 = 10;

    pub(crate) fn new() -> Self {
        Self { strikes: 0, pings: 0, since: Instant::now() }
    }

    /// Counts a message without sense; `false` when it was one too many.
    pub(crate) fn strike(&mut self, state: &State) -> bool {
        crate::metrics::Metrics::add(&state.metrics.malformed, 1);
        self.strikes += 1;
        self.strikes < Self::MAX_STRIKES
    }

    /// Counts a ping; `false` when they come too fast.
    pub(crate) fn ping(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            (self.since, self.pings) = (Instant::now(), 0);
        }
        self.pings += 1;
        self.pings <= Self::MAX_PINGS
    }
}

/// `/drill/echo`: what comes in goes out, for conformance suites.
pub(crate) fn echo(state: Arc<State>, request: Request) -> Response {
    upgrade_with(state, request, MAX_ECHO_BYTES, |mut ws| async move {
        while let Some(message) = ws.next().await {
            let frame = match message {
                Ok(Message::Text(text)) => Frame::text(text.into()),
                Ok(Message::Binary(binary)) => Frame::binary(binary),
                Ok(_) => continue,
                Err(Error::ConnectionClosed) => return,
                Err(error) => return close(ws, close_code(&error), "").await,
            };
            if send(&mut ws, [frame]).await.is_err() {
                return;
            }
        }
    })
}

/// Where somebody's connection comes from, and that it counts while anything of it lives.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// What only the two ends of its TLS connection know; `None` without TLS.
    pub(crate) exporter: Option<Exporter>,
    pub(crate) _counts: Arc<Counted>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_any_size_has_the_head_that_the_protocol_gives_it() {
        let head = |size: usize| {
            let mut bytes = Vec::new();
            Frame::binary(vec![7; size].into()).put(&mut bytes);
            bytes.truncate(bytes.len() - size);
            bytes
        };
        assert_eq!(head(0), [0x82, 0]);
        assert_eq!(head(125), [0x82, 125]);
        assert_eq!(head(126), [0x82, 126, 0, 126]);
        assert_eq!(head(65_535), [0x82, 126, 0xFF, 0xFF]);
        assert_eq!(head(65_536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        let mut bytes = Vec::new();
        Frame::close(CloseCode::Away, "bye").put(&mut bytes);
        assert_eq!(bytes, [0x88, 5, 3, 0xE9, b'b', b'y', b'e']);
    }
}
