//! y-websocket version 1, for stock Yjs clients: binary frames of lib0 varUints.
//!
//! `0 sync`: `0 step1 (state vector)`, `1 step2 (update)`, `2 update`. `1 awareness (update)`.
//! `2 auth`: `0 denied (reason)`. On connecting the server sends its step1 and the cursors it knows;
//! it answers a step1 with step2. Each update becomes a Command like any other.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use sync_hub::{Conn, Delivered, Entry, FanOut, Join, RoomHandle, Sent};
use sync_protocol::{
    Asked, Blob, Command, Envelope, ErrorCode, EventKind, FromMember, Secret, TextId, ToMember,
};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::metrics::Metrics;
use crate::paced::{Load, MAX_HEARD_AT_ONCE, Paced, not_before};
use crate::server::State;
use crate::socket::{End, Frame, PING_INTERVAL, Patience, SILENCE_TIMEOUT, Ws, close, close_code, send};

const SYNC: u8 = 0;
const AWARENESS: u8 = 1;
const AUTH: u8 = 2;
const STEP1: u8 = 0;
const STEP2: u8 = 1;
const UPDATE: u8 = 2;
const EMPTY_UPDATE: [u8; 2] = [0, 0];
/// Frames waiting for one socket; full, it is evicted and syncs again.
const QUEUE: usize = 512;

/// Serves `/yjs/<ticket>/<text>` until either side ends it.
pub(crate) async fn serve(state: Arc<State>, peer: IpAddr, ticket: String, text: TextId, mut ws: Ws) {
    let (room, conn, first, queue) = match enter(&state, peer, &ticket, &text).await {
        Ok(entered) => entered,
        Err(error) => {
            Metrics::add(&state.metrics.auth_failed, 1);
            // The stranger may be gone.
            let _ = send(&mut ws, [Frame::binary(denied(&error.message))]).await;
            return close(ws, CloseCode::Policy, "not let in").await;
        }
    };
    let (code, reason) = talk(&state, &room, conn, &text, first, queue, &mut ws).await;
    // Fails only when the room has stopped.
    let _ = room.leave(conn).await;
    close(ws, code, reason).await;
}

type Entered = (RoomHandle, Conn, Vec<Bytes>, mpsc::Receiver<Bytes>);

async fn enter(state: &Arc<State>, peer: IpAddr, ticket: &str, text: &TextId) -> Result<Entered, Envelope> {
    let unknown = || Envelope::new(ErrorCode::Unauthorized, "this ticket is not good any more");
    let admitted = state.door.ticket_holder(peer, &Secret::parse(ticket).ok_or_else(unknown)?)?;
    let room = state.room(&admitted.room)?;
    let (to_socket, queue) = mpsc::channel(QUEUE);
    let (first, entered) = oneshot::channel();
    let (load, own_text) = (Arc::clone(&state.load), text.clone());
    let take_seat = move |entry: Entry<'_>| {
        let mut frames = vec![frame(&[SYNC, STEP1], &entry.session.text_state_vector(&own_text))];
        frames.extend(entry.live.iter().filter_map(|message| match message {
            ToMember::Awareness { text, update } if *text == own_text => Some(frame(&[AWARENESS], &update.0)),
            _ => None,
        }));
        let is_new = !entry.session.texts().any(|text| *text == own_text);
        // The socket may have gone meanwhile.
        let _ = first.send((frames, is_new));
        Box::new(YjsFanOut { load, text: own_text, to_socket }) as Box<dyn FanOut>
    };
    let join = Join {
        who: admitted.who,
        is_primary: false,
        after: None,
        text: Some(text.clone()),
        take_seat: Box::new(take_seat),
    };
    let conn = room.join(join).await?;
    let (frames, is_new) =
        entered.await.map_err(|_| Envelope::new(ErrorCode::Closed, "the room has stopped"))?;
    if is_new {
        // Made on first use, if the role may; a refusal comes as a frame.
        room.say(conn, edit(text, EMPTY_UPDATE.to_vec())).await?;
    }
    Ok((room, conn, frames, queue))
}

async fn talk(
    state: &Arc<State>,
    room: &RoomHandle,
    conn: Conn,
    text: &TextId,
    first: Vec<Bytes>,
    queue: mpsc::Receiver<Bytes>,
    ws: &mut Ws,
) -> End {
    let mut queue = Paced::new(queue);
    let mut stopping = state.stopping();
    let mut heard_at = Instant::now();
    let mut ping = tokio::time::interval(PING_INTERVAL);
    if send(ws, first.into_iter().map(Frame::binary)).await.is_err() {
        return (CloseCode::Away, "");
    }
    let mut talk = Talk { state, room, conn, text, ws, patience: Patience::new() };
    loop {
        let hears_at = queue.hears_at(&state.load);
        tokio::select! {
            // What goes out is paced, so what comes in has its turn; most of the time only one is there.
            biased;
            batch = queue.next(&state.load) => {
                let Some(batch) = batch else {
                    Metrics::add(&state.metrics.evicted, 1);
                    return (CloseCode::Again, "connect again");
                };
                Metrics::add(&state.metrics.messages_out, batch.len() as u64);
                if send(talk.ws, batch.into_iter().map(Frame::binary)).await.is_err() {
                    return (CloseCode::Away, "");
                }
            }
            message = not_before(hears_at, talk.ws.next()) => {
                heard_at = Instant::now();
                let mut said = Some(message);
                // All that is there, as far as one turn goes.
                for _ in 0..MAX_HEARD_AT_ONCE {
                    let Some(message) = said else { break };
                    if let Err(end) = talk.hear(message).await {
                        return end;
                    }
                    said = talk.ws.next().now_or_never();
                }
            }
            _ = ping.tick() => {
                if heard_at.elapsed() > SILENCE_TIMEOUT || send(talk.ws, [Frame::ping()]).await.is_err() {
                    return (CloseCode::Away, "you went silent");
                }
            }
            _ = stopping.changed() => return (CloseCode::Away, "the host is closing"),
        }
    }
}

/// A client that is in, as far as what it says goes.
struct Talk<'a> {
    state: &'a Arc<State>,
    room: &'a RoomHandle,
    conn: Conn,
    text: &'a TextId,
    ws: &'a mut Ws,
    patience: Patience,
}

impl Talk<'_> {
    /// Takes in what the client says; `Err` when that is the end.
    async fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), End> {
        const NONSENSE: End = (CloseCode::Policy, "this makes no sense");
        Metrics::add(&self.state.metrics.messages_in, 1);
        let bytes = match message {
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Ping(_))) if !self.patience.ping() => {
                return Err((CloseCode::Policy, "too many pings"));
            }
            Some(Ok(Message::Text(_))) if !self.patience.strike(self.state) => {
                return Err((CloseCode::Unsupported, "binary only"));
            }
            Some(Ok(Message::Close(_))) | None => return Err((CloseCode::Normal, "")),
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => return Err((close_code(&error), "")),
        };
        let said = match parse(&bytes) {
            Some(FromClient::Step1(vector)) => {
                match self.room.text_missing_in(self.text.clone(), vector.to_vec()).await {
                    Ok(Some(missing)) => {
                        let answer = Frame::binary(frame(&[SYNC, STEP2], &missing));
                        send(self.ws, [answer]).await.map_err(|()| (CloseCode::Away, ""))?;
                        Ok(())
                    }
                    Ok(None) if !self.patience.strike(self.state) => return Err(NONSENSE),
                    Ok(None) => Ok(()),
                    Err(stopped) => Err(stopped),
                }
            }
            // What a reader answers our step1 with: it has nothing, and may write nothing.
            Some(FromClient::Update(update)) if update == EMPTY_UPDATE => Ok(()),
            Some(FromClient::Update(update)) => {
                self.room.say(self.conn, edit(self.text, update.to_vec())).await
            }
            Some(FromClient::Awareness(update)) => {
                let (text, update) = (self.text.clone(), Blob(update.to_vec()));
                self.room.say(self.conn, FromMember::Awareness { text, update }).await
            }
            Some(FromClient::Other) => Ok(()),
            None if !self.patience.strike(self.state) => return Err(NONSENSE),
            None => Ok(()),
        };
        said.map_err(|_| (CloseCode::Away, "the room has stopped"))
    }
}

/// The way from a room to a Yjs client: its own text's edits and cursors, nothing else.
struct YjsFanOut {
    load: Arc<Load>,
    text: TextId,
    to_socket: mpsc::Sender<Bytes>,
}

impl FanOut for YjsFanOut {
    fn deliver(&mut self, sent: &Arc<Sent>) -> Delivered {
        let bytes = match &sent.message {
            ToMember::Event { event } => match &event.kind {
                EventKind::TextEdited { text, .. } if *text == self.text => sent.yjs(encode),
                _ => return Delivered::Taken,
            },
            ToMember::Awareness { text, .. } if *text == self.text => sent.yjs(encode),
            ToMember::Refused { .. } => sent.yjs(encode),
            ToMember::Closed { .. } => return Delivered::Gone,
            _ => return Delivered::Taken,
        };
        match self.to_socket.try_send(bytes) {
            Ok(()) => Delivered::Taken,
            Err(mpsc::error::TrySendError::Full(_)) => Delivered::Full,
            Err(mpsc::error::TrySendError::Closed(_)) => Delivered::Gone,
        }
    }

    fn is_busy(&self) -> bool {
        self.load.is_busy()
    }
}

fn encode(message: &ToMember) -> Bytes {
    match message {
        ToMember::Event { event } => match &event.kind {
            EventKind::TextEdited { update, .. } => frame(&[SYNC, UPDATE], &update.0),
            _ => Bytes::new(),
        },
        ToMember::Awareness { update, .. } => frame(&[AWARENESS], &update.0),
        ToMember::Refused { error, .. } => denied(&error.message),
        _ => Bytes::new(),
    }
}

fn edit(text: &TextId, update: Vec<u8>) -> FromMember {
    FromMember::Ask(Asked { no: 0, command: Command::EditText { text: text.clone(), update: Blob(update) } })
}

fn denied(reason: &str) -> Bytes {
    frame(&[AUTH, 0], reason.as_bytes())
}

fn frame(head: &[u8], body: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(head.len() + body.len() + 4);
    bytes.extend_from_slice(head);
    let mut size = body.len();
    while size >= 0x80 {
        bytes.push(size as u8 | 0x80);
        size >>= 7;
    }
    bytes.push(size as u8);
    bytes.extend_from_slice(body);
    bytes.into()
}

#[derive(Debug, PartialEq)]
enum FromClient<'a> {
    Step1(&'a [u8]),
    Update(&'a [u8]),
    Awareness(&'a [u8]),
    /// Known and of no use here: auth, query awareness.
    Other,
}

fn parse(bytes: &[u8]) -> Option<FromClient<'_>> {
    match bytes {
        [SYNC, STEP1, rest @ ..] => sized(rest).map(FromClient::Step1),
        [SYNC, STEP2 | UPDATE, rest @ ..] => sized(rest).map(FromClient::Update),
        [AWARENESS, rest @ ..] => sized(rest).map(FromClient::Awareness),
        [AUTH | 3, ..] => Some(FromClient::Other),
        _ => None,
    }
}

/// A varUint8Array that ends with the message.
fn sized(bytes: &[u8]) -> Option<&[u8]> {
    let (mut size, mut rest) = (0usize, bytes);
    for shift in [0, 7, 14, 21] {
        let (byte, after) = rest.split_first()?;
        rest = after;
        size |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return (rest.len() == size).then_some(rest);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with yjs 13.6.33 and y-protocols 1.0.7.
    #[test]
    fn golden_bytes_of_stock_clients_are_understood_and_made() {
        let check = |hex: &str, expected: FromClient<'_>| {
            let bytes: Vec<u8> = (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect();
            assert_eq!(parse(&bytes), Some(expected), "{hex}");
        };
        check("00000100", FromClient::Step1(&[0]));
        check("0001020000", FromClient::Update(&EMPTY_UPDATE));
        check("000206000101010002", FromClient::Update(&[0, 1, 1, 1, 0, 2]));
        check("000003010109", FromClient::Step1(&[1, 1, 9]));
        check("0108010102046e756c6c", FromClient::Awareness(&[1, 1, 2, 4, b'n', b'u', b'l', b'l']));
        check("03", FromClient::Other);
        assert_eq!(frame(&[SYNC, STEP1], &[0])[..], [0, 0, 1, 0]);
        assert_eq!(frame(&[SYNC, STEP2], &EMPTY_UPDATE)[..], [0, 1, 2, 0, 0]);
        assert_eq!(denied("bad token")[..], *b"\x02\x00\x09bad token");
        assert_eq!(frame(&[SYNC, UPDATE], &[7; 300])[..5], [0, 2, 0xAC, 2, 7]);
    }

    #[test]
    fn broken_frames_are_no_messages() {
        for bytes in [
            &[][..],
            &[0],
            &[0, 0],
            &[0, 0, 5, 1],
            &[0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            &[9, 1],
            &[0, 0, 0, 0],
        ] {
            assert_eq!(parse(bytes), None, "{bytes:?}");
        }
    }
}
