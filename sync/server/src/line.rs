//! The way a member's frames travel: a WebSocket, or, where a browser refuses it, one streamed answer
//! down and ordered POSTs up.
//!
//! WebKit does not extend a certificate exception to `wss`, so every iPhone on a LAN comes this way:
//! 1. `POST /room/stream` with the `Hello` as its JSON body. The answer never ends; it is a row of
//!    frames: the opcode a WebSocket would use (1 text, 2 binary, 8 close, 9 ping), the length as four
//!    bytes, big-endian, then so many bytes. Its header `x-jamlight-line` names the line.
//! 2. `POST /room/say`, with that header and `x-jamlight-no` (1, 2, 3, …), says up to 64 messages, one
//!    a line. It is answered when they are taken. One that was lost is sent again under its number,
//!    and counts once; one out of order is refused with 409.
//!
//! What is said is read by the same code as a WebSocket's messages, with the same limits.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use sync_protocol::{Envelope, ErrorCode, Secret};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use crate::socket::{self, Frame, Ws};

/// Names a line in `POST /room/say`. A header of our own: another site's page cannot send it.
const LINE: HeaderName = HeaderName::from_static("x-jamlight-line");
/// The number of a POST on its line.
const NO: HeaderName = HeaderName::from_static("x-jamlight-no");
/// Messages of one POST, and messages waiting on one line. When full the POST waits (`Block`).
const MAX_SAID: usize = 64;
/// Answers waiting for the reader: one, so that a slow reader is noticed and pictures do not pile up.
/// When full the room's socket task waits, as it does for a WebSocket.
const DOWN: usize = 1;
/// How long a reader may take for one write, and a POST may wait.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One member's way to and from its room.
pub(crate) enum Line {
    Socket(Box<Ws>),
    Streamed(Streamed),
}

impl Line {
    /// Waits for the member's next message. Nothing is lost when the caller gives up waiting.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        match self {
            Self::Socket(ws) => ws.next().await,
            Self::Streamed(streamed) => streamed.up.recv().await.map(Ok),
        }
    }

    /// Writes what is there at once; `Err` when the reader is gone or too slow.
    pub(crate) async fn send(&mut self, frames: impl IntoIterator<Item = Frame>) -> Result<(), ()> {
        match self {
            Self::Socket(ws) => socket::send(ws, frames).await,
            Self::Streamed(streamed) => streamed.send(frames).await,
        }
    }

    /// Says goodbye.
    pub(crate) async fn close(self, code: CloseCode, reason: &str) {
        match self {
            Self::Socket(ws) => socket::close(*ws, code, reason).await,
            Self::Streamed(streamed) => {
                // The other side may be gone already.
                let _ = streamed.send([Frame::close(code, reason)]).await;
            }
        }
    }
}

/// The host's end of a line that is no WebSocket.
pub(crate) struct Streamed {
    up: mpsc::Receiver<Message>,
    down: mpsc::Sender<Bytes>,
}

impl Streamed {
    async fn send(&self, frames: impl IntoIterator<Item = Frame>) -> Result<(), ()> {
        let sent = tokio::time::timeout(TIMEOUT, self.down.send(row(frames))).await;
        sent.map_err(|_| ())?.map_err(|_| ())
    }
}

fn row(frames: impl IntoIterator<Item = Frame>) -> Bytes {
    let mut bytes = BytesMut::new();
    for Frame { kind, payload } in frames {
        bytes.put_u8(kind as u8);
        // Nothing we send is near 4 GiB.
        bytes.put_u32(u32::try_from(payload.len()).unwrap_or(0));
        bytes.put_slice(&payload);
    }
    bytes.freeze()
}

/// The lines that are open, by the hash of their names.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Held for a lookup; nothing else is locked under it.
    open: Mutex<HashMap<Hash, Arc<AsyncMutex<Up>>>>,
}

type Hash = [u8; 32];

/// The way up of one line. Locked for one POST: the next waits its turn.
#[derive(Debug)]
struct Up {
    to_socket: mpsc::Sender<Message>,
    last_no: u64,
}

impl Lines {
    /// Opens a line whose first message is this hello. Returns its host end, and the answer that
    /// carries it down: the line is closed when that is dropped.
    pub(crate) fn open(self: &Arc<Self>, name: &Secret, hello: String) -> (Line, Response) {
        let (to_socket, up) = mpsc::channel(MAX_SAID);
        // There is room for the first.
        let _ = to_socket.try_send(Message::text(hello));
        let (down, mut from_room) = mpsc::channel(DOWN);
        let hash = hash(name);
        self.lines().insert(hash, Arc::new(AsyncMutex::new(Up { to_socket, last_no: 0 })));
        let open = Open { lines: Arc::clone(self), hash };
        let body = stream::poll_fn(move |context| {
            let _closes_when_dropped = &open;
            from_room.poll_recv(context).map(|bytes| bytes.map(Ok::<Bytes, Infallible>))
        });
        let mut response = Response::new(Body::from_stream(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        if let Ok(name) = HeaderValue::from_str(&name.reveal()) {
            headers.insert(LINE, name);
        }
        (Line::Streamed(Streamed { up, down }), response)
    }

    /// Takes what a POST says.
    pub(crate) async fn say(&self, headers: &HeaderMap, said: Bytes) -> Result<Response, Envelope> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let closed = || Envelope::new(ErrorCode::NotFound, "this line is closed: come in again");
        let malformed = |what| Envelope::new(ErrorCode::Malformed, what);
        let name = text(LINE).and_then(Secret::parse).ok_or_else(closed)?;
        let no: u64 = text(NO)
            .and_then(|no| no.parse().ok())
            .ok_or_else(|| malformed("x-jamlight-no is the number of this POST"))?;
        let said = Utf8Bytes::try_from(said).map_err(|_| malformed("messages are UTF-8, one a line"))?;
        let messages: Vec<Message> =
            said.as_str().lines().filter(|line| !line.is_empty()).map(Message::text).collect();
        if messages.len() > MAX_SAID {
            return Err(malformed("at most 64 messages in one POST"));
        }
        let up = self.lines().get(&hash(&name)).cloned().ok_or_else(closed)?;
        let take = async {
            let mut up = up.lock().await;
            if no <= up.last_no {
                return Ok(StatusCode::NO_CONTENT);
            }
            if no != up.last_no + 1 {
                return Ok(StatusCode::CONFLICT);
            }
            // All or nothing: a POST that is cut short while it waits has said nothing.
            let places = up.to_socket.reserve_many(messages.len()).await.map_err(|_| closed())?;
            places.zip(messages).for_each(|(place, message)| place.send(message));
            up.last_no = no;
            Ok(StatusCode::NO_CONTENT)
        };
        match tokio::time::timeout(TIMEOUT, take).await {
            Ok(taken) => taken.map(IntoResponse::into_response),
            Err(_) => Err(closed()),
        }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Hash, Arc<AsyncMutex<Up>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(name: &Secret) -> Hash {
    Sha256::digest(name.bytes()).into()
}

/// A line that is open until this is dropped, and with it the answer that holds it.
struct Open {
    lines: Arc<Lines>,
    hash: Hash,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.lines.lines().remove(&self.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_opcodes_of_a_websocket_with_a_length() {
        let sent = row([
            Frame::text("é".into()),
            Frame::binary(vec![7; 300].into()),
            Frame::ping(),
            Frame::close(CloseCode::Away, "bye"),
        ]);
        let expected = [
            &[1, 0, 0, 0, 2, 0xC3, 0xA9][..],
            &[2, 0, 0, 1, 44],
            &[7; 300],
            &[9, 0, 0, 0, 0],
            &[8, 0, 0, 0, 5, 3, 0xE9, b'b', b'y', b'e'],
        ];
        assert_eq!(sent[..], expected.concat());
    }
}
