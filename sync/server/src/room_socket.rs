use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt as _;
use sync_hub::{Conn, Delivered, Entry, FanOut, Join, RoomHandle, Sent};
use sync_protocol::{
    Envelope, ErrorCode, FromMember, Hello, LayerSource, PROTOCOL_VERSION, SceneCard, SceneId, Secret, Show,
    ToMember,
};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::line::Line;
use crate::metrics::Metrics;
use crate::paced::{Load, MAX_HEARD_AT_ONCE, Paced, not_before};
use crate::server::State;
use crate::socket::{End, Frame, PING_INTERVAL, Patience, SILENCE_TIMEOUT, close_code};

/// Messages waiting for one socket. When it is full its member is evicted (`Evict`) and comes back
/// from the last event it saw: five seconds of a busy room.
const QUEUE: usize = 512;
/// How long a stranger may take to say who it is.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves a member's line until either side ends it.
pub(crate) async fn serve(state: Arc<State>, peer: IpAddr, mut line: Line) {
    let (room, conn, first, queue, token) = match enter(&state, peer, &mut line).await {
        Ok(entered) => entered,
        Err(error) => {
            if error.code == ErrorCode::Unauthorized {
                Metrics::add(&state.metrics.auth_failed, 1);
            }
            let closed = encode(&ToMember::Closed { error });
            // Somebody who never said hello may be gone.
            let _ = line.send([Frame::text(closed)]).await;
            return line.close(CloseCode::Policy, "not let in").await;
        }
    };
    let (code, reason) = talk(&state, &room, conn, first, queue, token, &mut line).await;
    // Fails only when the room has stopped.
    let _ = room.leave(conn).await;
    line.close(code, reason).await;
}

/// The last is the new token, to be confirmed when the other side has shown that it arrived.
type Entered = (RoomHandle, Conn, Vec<Arc<Sent>>, mpsc::Receiver<Arc<Sent>>, Secret);

async fn enter(state: &Arc<State>, peer: IpAddr, line: &mut Line) -> Result<Entered, Envelope> {
    let malformed =
        |what: String| Envelope::new(ErrorCode::Malformed, format!("a hello is expected: {what}"));
    let hello = match tokio::time::timeout(HELLO_TIMEOUT, line.next()).await {
        Ok(Some(Ok(Message::Text(hello)))) => hello,
        Ok(_) => return Err(malformed("it is a text message".to_owned())),
        Err(_) => return Err(malformed("it comes within five seconds".to_owned())),
    };
    let hello: Hello = serde_json::from_str(hello.as_str()).map_err(|error| malformed(error.to_string()))?;
    if hello.protocol != PROTOCOL_VERSION {
        let message = format!("this host speaks version {PROTOCOL_VERSION}, not {}: update", hello.protocol);
        return Err(Envelope::new(ErrorCode::Malformed, message));
    }
    let (admitted, token, ticket) = state.door.admit(peer, &hello.room, &hello.credential, &hello.name)?;
    let room = state.room(&admitted.room)?;
    let me = admitted.who.id;
    let (to_socket, queue) = mpsc::channel(QUEUE);
    let (first, entered) = tokio::sync::oneshot::channel();
    let (of_room, given) = (Arc::clone(state), token.clone());
    let take_seat = move |entry: Entry<'_>| {
        let state = entry.missed.is_none().then(|| Box::new(entry.session.state(Some(me))));
        let welcome = ToMember::Welcome { me, token, ticket, room_secs: entry.room_secs, state };
        let mut messages = vec![Sent::new(welcome)];
        messages.extend(entry.missed.into_iter().flatten());
        messages.extend(scenes_on_stage(&of_room, entry.session.show()).map(Sent::new));
        messages.extend(entry.live.into_iter().map(Sent::new));
        // The socket may have gone meanwhile: then its queue is closed, and the room finds out.
        let _ = first.send(messages);
        Box::new(SocketFanOut { load: Arc::clone(&of_room.load), to_socket }) as Box<dyn FanOut>
    };
    let join = Join {
        who: admitted.who,
        is_primary: true,
        after: hello.after.filter(|_| !admitted.is_of_another_run),
        text: None,
        take_seat: Box::new(take_seat),
    };
    let conn = room.join(join).await?;
    let first = entered.await.map_err(|_| Envelope::new(ErrorCode::Closed, "the room has stopped"))?;
    Ok((room, conn, first, queue, given))
}

async fn talk(
    state: &Arc<State>,
    room: &RoomHandle,
    conn: Conn,
    first: Vec<Arc<Sent>>,
    queue: mpsc::Receiver<Arc<Sent>>,
    token: Secret,
    line: &mut Line,
) -> End {
    let mut stopping = state.stopping();
    let mut ping = tokio::time::interval(PING_INTERVAL);
    let mut queue = Paced::new(queue);
    let mut was_closed = false;
    let mut pictures = state.pictures.subscribe();
    let mut heard_at = Instant::now();
    if line.send(outgoing(state, first)).await.is_err() {
        return (CloseCode::Away, "");
    }
    let mut talk =
        Talk { state, room, conn, line, patience: Patience::new(), watching: None, unconfirmed: Some(token) };
    loop {
        let hears_at = queue.hears_at(&state.load);
        tokio::select! {
            // What goes out is paced, so what comes in has its turn; most of the time only one is there.
            biased;
            batch = queue.next(&state.load) => {
                let Some(batch) = batch else {
                    if was_closed {
                        return (CloseCode::Normal, "");
                    }
                    Metrics::add(&state.metrics.evicted, 1);
                    return (CloseCode::Again, "too slow: come back from your last event");
                };
                was_closed = batch.iter().any(|sent| matches!(sent.message, ToMember::Closed { .. }));
                if talk.line.send(outgoing(state, batch)).await.is_err() {
                    return (CloseCode::Away, "");
                }
            }
            message = not_before(hears_at, talk.line.next()) => {
                heard_at = Instant::now();
                let mut said = Some(message);
                // All that is there, as far as one turn goes.
                for _ in 0..MAX_HEARD_AT_ONCE {
                    let Some(message) = said else { break };
                    if let Err(end) = talk.hear(message).await {
                        return end;
                    }
                    said = talk.line.next().now_or_never();
                }
            }
            // Only while nothing else waits: pictures are the first thing dropped.
            Ok(()) = pictures.changed(), if talk.watching.is_some() && queue.is_empty() => {
                let jpeg = pictures.borrow_and_update().clone();
                if talk.line.send([Frame::binary(jpeg)]).await.is_err() {
                    return (CloseCode::Away, "");
                }
            }
            _ = ping.tick() => {
                if heard_at.elapsed() > SILENCE_TIMEOUT || talk.line.send([Frame::ping()]).await.is_err() {
                    return (CloseCode::Away, "you went silent");
                }
            }
            _ = stopping.changed() => return (CloseCode::Away, "the host is closing"),
        }
    }
}

/// A member who is in, as far as what it says goes.
struct Talk<'a> {
    state: &'a Arc<State>,
    room: &'a RoomHandle,
    conn: Conn,
    line: &'a mut Line,
    patience: Patience,
    watching: Option<Watching>,
    /// The token it was given, until it shows that it has it.
    unconfirmed: Option<Secret>,
}

impl Talk<'_> {
    /// Takes in what the member says; `Err` when that is the end.
    async fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), End> {
        const GONE: End = (CloseCode::Away, "");
        let state = self.state;
        Metrics::add(&state.metrics.messages_in, 1);
        // Whoever says anything after the welcome has it.
        if let (Some(Ok(_)), Some(token)) = (&message, self.unconfirmed.take()) {
            state.door.confirm(&token);
        }
        let message = match message {
            Some(Ok(Message::Text(message))) => message,
            Some(Ok(Message::Ping(_))) if !self.patience.ping() => {
                return Err((CloseCode::Policy, "too many pings"));
            }
            Some(Ok(Message::Binary(_))) if !self.patience.strike(state) => {
                return Err((CloseCode::Unsupported, "text only"));
            }
            Some(Ok(Message::Close(_))) | None => return Err((CloseCode::Normal, "")),
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => return Err((close_code(&error), "")),
        };
        match serde_json::from_str::<FromMember>(message.as_str()) {
            Ok(FromMember::Watch { pictures }) => {
                self.watching = pictures.then(|| Watching::new(state)).flatten();
                if pictures && self.watching.is_none() {
                    let error = Envelope::new(ErrorCode::LimitReached, "too many watch already");
                    self.tell(&ToMember::Refused { no: 0, error }).await.map_err(|()| GONE)?;
                }
            }
            Ok(FromMember::Scene { scene }) => {
                self.tell(&scene_card(state, scene)).await.map_err(|()| GONE)?;
            }
            Ok(message) => {
                let said = self.room.say(self.conn, message).await;
                said.map_err(|_| (CloseCode::Away, "the room has stopped"))?;
            }
            Err(error) => {
                const NONSENSE: End = (CloseCode::Policy, "this makes no sense");
                if !self.patience.strike(state) {
                    return Err(NONSENSE);
                }
                let error = Envelope::new(ErrorCode::Malformed, error.to_string());
                self.tell(&ToMember::Refused { no: 0, error }).await.map_err(|()| NONSENSE)?;
            }
        }
        Ok(())
    }

    async fn tell(&mut self, message: &ToMember) -> Result<(), ()> {
        self.line.send([Frame::text(encode(message))]).await
    }
}

/// What a member draws the controls of a scene from.
fn scene_card(state: &State, scene: SceneId) -> ToMember {
    let card = state.scene(&scene).map(|card| Box::new(SceneCard::clone(&card)));
    ToMember::Scene { scene, card }
}

/// Each once: a round trip less until the first fader.
fn scenes_on_stage(state: &State, show: &Show) -> impl Iterator<Item = ToMember> {
    let scenes: BTreeSet<&SceneId> = show
        .layers
        .iter()
        .filter_map(|layer| match &layer.source {
            LayerSource::Scene(scene) => Some(scene),
            _ => None,
        })
        .collect();
    scenes.into_iter().map(|scene| scene_card(state, scene.clone()))
}

/// A guest who sees pictures; counts until it is dropped.
struct Watching(Arc<State>);

impl Watching {
    fn new(state: &Arc<State>) -> Option<Self> {
        let watching = Self(Arc::clone(state));
        let num = state.metrics.watchers.fetch_add(1, Ordering::Relaxed);
        usize::try_from(num).is_ok_and(|num| num < state.settings.max_watchers).then_some(watching)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.metrics.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The way from a room to a socket: its queue.
struct SocketFanOut {
    load: Arc<Load>,
    to_socket: mpsc::Sender<Arc<Sent>>,
}

impl FanOut for SocketFanOut {
    fn deliver(&mut self, sent: &Arc<Sent>) -> Delivered {
        match self.to_socket.try_send(Arc::clone(sent)) {
            Ok(()) => Delivered::Taken,
            Err(mpsc::error::TrySendError::Full(_)) => Delivered::Full,
            Err(mpsc::error::TrySendError::Closed(_)) => Delivered::Gone,
        }
    }

    fn is_busy(&self) -> bool {
        self.load.is_busy()
    }
}

/// Each is encoded once for all who get it.
fn outgoing(state: &State, batch: Vec<Arc<Sent>>) -> impl Iterator<Item = Frame> {
    Metrics::add(&state.metrics.messages_out, batch.len() as u64);
    batch.into_iter().map(|sent| {
        let json = sent.json(encode);
        Metrics::add(&state.metrics.bytes_out, json.len() as u64);
        Frame::text(json)
    })
}

/// Plain data always has a JSON form.
fn encode(message: &ToMember) -> Bytes {
    Bytes::from(serde_json::to_vec(message).unwrap_or_default())
}
