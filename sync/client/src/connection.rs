use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sync_protocol::{
    Credential, Envelope, ErrorCode, FromMember, Hello, JoinLink, PROTOCOL_VERSION, Secret, ToMember,
};
use sync_session::{Mirror, Session};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tracing::{debug, info};

use crate::client::{MAX_NOTICES, Shared, State};

/// How long each step towards a host may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);
/// The first wait before trying again, doubled each time up to the last; each is shortened by up to
/// half at random, so that five hundred guests do not come back at once.
const FIRST_RETRY_SECS: f64 = 0.25;
const LAST_RETRY_SECS: f64 = 10.0;
/// The clock is asked for often until it is known, then seldom.
const SETTLING_PINGS: u32 = 100;
const SETTLING_PING_INTERVAL: Duration = Duration::from_millis(100);
const PING_INTERVAL: Duration = Duration::from_millis(500);
/// A host that says nothing for so long has gone: it answers two pings a second.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(10);
/// A welcome is late by its own way; by more, it is another clock.
const SAME_CLOCK_SECS: f64 = 2.0;
/// The whole state of a large room.
const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// How a connection ended.
enum End {
    /// It was cut, or the host is closing: try again.
    Cut(String),
    /// It makes no sense to try again.
    Refused(Envelope),
    /// The token is not good any more: the invite may be.
    TokenRefused,
    Left,
}

/// Keeps a connection until its user leaves or the host refuses.
pub(crate) async fn keep(shared: Arc<Shared>, name: String) {
    let (link, tls) = (shared.link.clone(), shared.tls.clone());
    let mut token: Option<Secret> = None;
    let mut retries = 0;
    loop {
        let had_token = token.is_some();
        let was_joined = &mut false;
        shared.lock().state = State::Connecting;
        let end = Box::pin(once(&shared, &link, &name, tls.clone(), &mut token, was_joined)).await;
        if let Some(mirror) = &mut shared.lock().mirror {
            mirror.unsend_all();
        }
        if *was_joined {
            retries = 0;
        }
        let why = match end {
            _ if shared.lock().leaving => break,
            End::Left => break,
            End::Refused(error) => {
                info!(%error, "refused");
                shared.lock().state = State::Refused(error);
                return;
            }
            End::TokenRefused if had_token => {
                token = None;
                continue;
            }
            End::TokenRefused => "the host does not know this invite".to_owned(),
            End::Cut(why) => why,
        };
        let retry_secs =
            (FIRST_RETRY_SECS * f64::powi(2.0, retries)).min(LAST_RETRY_SECS) * (1.0 - 0.5 * random());
        retries = (retries + 1).min(16);
        debug!(why, retry_secs, "connection cut");
        shared.lock().state = State::Waiting { retry_secs, why };
        let until = Instant::now() + Duration::from_secs_f64(retry_secs);
        while Instant::now() < until && !shared.lock().leaving {
            // Whatever is to be sent waits; leaving does not.
            let _ = tokio::time::timeout_at(until, shared.wake.notified()).await;
        }
    }
    shared.lock().state = State::Left;
}

async fn once(
    shared: &Arc<Shared>,
    link: &JoinLink,
    name: &str,
    tls: Option<Arc<ClientConfig>>,
    token: &mut Option<Secret>,
    was_joined: &mut bool,
) -> End {
    let cut = |what: &str, error: String| End::Cut(format!("{what}: {error}"));
    let stream = match timeout(STEP_TIMEOUT, TcpStream::connect((link.host.as_str(), link.port))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return cut("the host does not answer", error.to_string()),
        Err(_) => return cut("the host does not answer", "too slow".to_owned()),
    };
    // Small messages go at once; a failure costs milliseconds, not the connection.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return talk(shared, link, name, stream, token, was_joined).await;
    };
    // The name is not checked, the key is; it is sent so that the host sees what it is called.
    let server = ServerName::try_from(link.host.clone())
        .unwrap_or(ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    match timeout(STEP_TIMEOUT, TlsConnector::from(tls).connect(server, stream)).await {
        Ok(Ok(stream)) => talk(shared, link, name, stream, token, was_joined).await,
        Ok(Err(error)) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(_)) => End::Refused(Envelope::new(
                ErrorCode::Forbidden,
                "this is not the host of the invite: its key is another one. Ask for a new link, face to face",
            )),
            _ => cut("no secure connection", error.to_string()),
        },
        Err(_) => cut("no secure connection", "too slow".to_owned()),
    }
}

async fn talk<S>(
    shared: &Arc<Shared>,
    link: &JoinLink,
    name: &str,
    stream: S,
    token: &mut Option<Secret>,
    was_joined: &mut bool,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let scheme = if link.fingerprint.is_some() { "wss" } else { "ws" };
    let url = format!("{scheme}://{}/room", link.authority());
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
        .max_write_buffer_size(MAX_MESSAGE_BYTES);
    let mut ws = match timeout(STEP_TIMEOUT, client_async_with_config(url, stream, Some(config))).await {
        Ok(Ok((ws, _))) => ws,
        Ok(Err(error)) => return End::Cut(format!("the host speaks another language: {error}")),
        Err(_) => return End::Cut("the host is too slow".to_owned()),
    };
    let credential = match token.as_ref() {
        Some(token) => Credential::Token(token.clone()),
        None => Credential::Invite(link.secret.clone()),
    };
    let after = token.as_ref().and_then(|_| Some(shared.lock().mirror.as_ref()?.confirmed().seq()));
    let hello = Hello {
        protocol: PROTOCOL_VERSION,
        room: link.room.clone(),
        credential,
        name: name.to_owned(),
        after,
    };
    if let Err(error) = send(&mut ws, &hello).await {
        return End::Cut(error.to_string());
    }
    let mut heard_at = Instant::now();
    let mut num_pings = 0;
    let mut ping_at = Instant::now();
    loop {
        if *was_joined && let Err(error) = send_waiting(shared, &mut ws).await {
            return End::Cut(error.to_string());
        }
        if shared.lock().leaving {
            // The host notices anyway.
            let _ = timeout(Duration::from_secs(1), ws.close(None)).await;
            return End::Left;
        }
        tokio::select! {
            message = ws.next() => {
                heard_at = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => match serde_json::from_str(text.as_str()) {
                        Ok(message) => if let Some(end) = hear(shared, message, token, was_joined) {
                            return end;
                        },
                        // A newer host may say what this version does not know.
                        Err(error) => debug!(%error, "message passed over"),
                    },
                    Some(Ok(Message::Close(_))) | None => return End::Cut("the host has closed".to_owned()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return End::Cut(error.to_string()),
                }
            }
            () = shared.wake.notified() => {}
            () = tokio::time::sleep_until(ping_at) => {
                if heard_at.elapsed() > SILENCE_TIMEOUT {
                    return End::Cut("the host went silent".to_owned());
                }
                num_pings += 1;
                ping_at = Instant::now() + if num_pings < SETTLING_PINGS { SETTLING_PING_INTERVAL } else { PING_INTERVAL };
                if *was_joined {
                    let round_trip = shared.lock().clock.round_trip_secs().unwrap_or(0.0);
                    let round_trip_millis = (round_trip * 1_000.0) as f32;
                    let ping = FromMember::Ping { sent_secs: shared.own_secs(), round_trip_millis };
                    if let Err(error) = send(&mut ws, &ping).await {
                        return End::Cut(error.to_string());
                    }
                }
            }
        }
    }
}

/// Takes what the room said; returns how the connection ends, if it does.
fn hear(
    shared: &Shared,
    message: ToMember,
    token: &mut Option<Secret>,
    was_joined: &mut bool,
) -> Option<End> {
    let mut desk = shared.lock();
    match message {
        ToMember::Welcome { me, token: new_token, room_secs, state, .. } => {
            desk.token = Some(new_token.clone());
            *token = Some(new_token);
            *was_joined = true;
            desk.state = State::Joined;
            desk.presence.clear();
            let own_secs = shared.own_secs();
            // The same clock goes on over a cut; a host that began anew has another.
            let known = desk.clock.room_secs(own_secs);
            if known.is_none_or(|known| (known - room_secs).abs() > SAME_CLOCK_SECS) {
                desk.clock = Default::default();
                desk.clock.add(own_secs, own_secs, room_secs);
            }
            let session = state.map(|state| Session::from_state(*state));
            match (&mut desk.mirror, session) {
                (Some(mirror), Some(session)) if mirror.me() == me => mirror.rejoin(session),
                (mirror, Some(session)) => *mirror = Some(Mirror::new(me, session)),
                (Some(_), None) => {}
                (None, None) => return Some(End::Cut("the host sent no state".to_owned())),
            }
        }
        ToMember::Presence { member, presence } => {
            desk.presence.insert(member, presence);
        }
        ToMember::Transport { transport } if transport.is_valid() => desk.transport = Some(transport),
        ToMember::Signal { signal } => desk.signal = Some(signal),
        ToMember::Pong { sent_secs, room_secs } => {
            let own_secs = shared.own_secs();
            desk.clock.add(sent_secs, own_secs, room_secs);
        }
        ToMember::Closed { error } => {
            return Some(match error.code {
                ErrorCode::Unauthorized if token.is_some() => End::TokenRefused,
                ErrorCode::Closed | ErrorCode::RateLimited | ErrorCode::Internal | ErrorCode::NotFound => {
                    End::Cut(error.message)
                }
                _ => End::Refused(error),
            });
        }
        message => {
            let heard = desk.mirror.as_mut()?.receive(&message);
            match heard {
                Ok(notice) => {
                    desk.notices.extend(notice);
                    while desk.notices.len() > MAX_NOTICES {
                        desk.notices.pop_front();
                    }
                }
                Err(gap) => {
                    // Come back without a copy: the state comes whole.
                    debug!(%gap, "events are missing");
                    return Some(End::Cut(gap.to_string()));
                }
            }
        }
    }
    None
}

async fn send_waiting<S>(shared: &Shared, ws: &mut WebSocketStream<S>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let next = {
            let mut desk = shared.lock();
            match desk.own_presence.take() {
                Some(presence) => Some(FromMember::Presence { presence }),
                None => desk.mirror.as_mut().and_then(Mirror::next_to_send).map(FromMember::Ask),
            }
        };
        let Some(message) = next else { return Ok(()) };
        send(ws, &message).await?;
    }
}

async fn send<S>(ws: &mut WebSocketStream<S>, message: &impl serde::Serialize) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // Plain data always has a JSON form.
    let json = serde_json::to_string(message).unwrap_or_default();
    match timeout(STEP_TIMEOUT, ws.send(Message::text(json))).await {
        Ok(sent) => sent,
        Err(_) => Err(Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// Uniform in 0–1.
fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness of the system everyone waits the same, and nothing worse happens.
    let _ = rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
