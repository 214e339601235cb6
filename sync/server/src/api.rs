use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Extension, Path, Request, State as AxumState};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use bytes::Bytes;
use sync_protocol::{
    CodeAnswered, CodeAsked, Command, Envelope, ErrorCode, Member, Right, RoomId, RoomState, TextId,
};

use crate::bodies::{
    Happened, INVITE_SECS, INVITE_USES, InviteBody, Invited, JoinBody, Joined, MAX_INVITE_SECS, RoomCard,
    Ticket, TicketBody,
};
use crate::door::{self, Admitted, Invite, InviteId};
use crate::line::Line;
use crate::server::State;
use crate::socket::Peer;
use crate::{describe, pages, room_socket, shelf, socket, yjs};

/// A request's body: the largest Command, a whole show.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// How long the invite works that a short code gives: its guest uses it at once.
const CODE_INVITE_LIFE: Duration = Duration::from_secs(120);

/// Everything this host answers.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/j", get(index))
        .route("/guest/{*path}", get(guest))
        .route("/room", get(room))
        .route("/room/stream", post(room_stream))
        .route("/room/say", post(room_say).layer(DefaultBodyLimit::max(socket::MAX_MESSAGE_BYTES)))
        .route("/yjs/{ticket}/{text}", get(yjs_text))
        .route("/drill/echo", get(echo))
        .route("/health", get(|| async { "ok" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/api/v1/join", post(join))
        .route("/api/v1/code", post(code))
        .route("/api/v1/openapi.json", get(description))
        .route("/api/v1/rooms", get(rooms))
        .route("/api/v1/state", get(room_state))
        .route("/api/v1/members", get(members))
        .route("/api/v1/commands", post(commands))
        .route("/api/v1/invites", get(invites).post(invite))
        .route("/api/v1/invites/{id}", delete(revoke))
        .route("/api/v1/tickets", post(ticket))
        .route("/api/v1/files/scenes/{*id}", get(shelf::scene_file))
        .route("/api/v1/files/assets/{id}", get(shelf::asset_file))
        .route("/api/v1/files/sounds", get(shelf::sounds))
        .route("/api/v1/events", get(shelf::events))
        .route("/api/v1/export/{form}", get(shelf::export))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), guard))
        .with_state(state)
}

/// What every request passes: it is for this host (no DNS rebinding), and not from another site's
/// page. Nothing here is authorised by anything a browser adds by itself.
async fn guard(AxumState(state): AxumState<Arc<State>>, request: Request, next: Next) -> Response {
    let mut response = if state.is_for_us(request.headers()) {
        next.run(request).await
    } else {
        let message = "this request is for another host, or from another site";
        refusal(StatusCode::FORBIDDEN, Envelope::new(ErrorCode::Forbidden, message))
    };
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        pages::harden(&mut response);
    }
    response
}

async fn index(AxumState(state): AxumState<Arc<State>>, headers: HeaderMap) -> Response {
    let index = state.settings.pages.get("index.html");
    index.map_or_else(pages::no_page, |page| pages::page(page, &headers))
}

async fn guest(
    AxumState(state): AxumState<Arc<State>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = state.settings.pages.get(&path);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |page| pages::page(page, &headers))
}

async fn room(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let own = Arc::clone(&state);
    socket::upgrade(state, request, move |ws| {
        room_socket::serve(own, peer.address, Line::Socket(Box::new(ws)))
    })
}

/// `/room` for browsers that refuse its WebSocket, see `line`.
async fn room_stream(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    Json(hello): Json<serde_json::Value>,
) -> Result<Response, Refusal> {
    let (line, response) = state.lines.open(&door::new_secret()?, hello.to_string());
    tokio::spawn(async move {
        state.metrics.sockets.fetch_add(1, Ordering::Relaxed);
        Box::pin(room_socket::serve(Arc::clone(&state), peer.address, line)).await;
        state.metrics.sockets.fetch_sub(1, Ordering::Relaxed);
    });
    Ok(response)
}

async fn room_say(
    AxumState(state): AxumState<Arc<State>>,
    headers: HeaderMap,
    said: Bytes,
) -> Result<Response, Refusal> {
    Ok(state.lines.say(&headers, said).await?)
}

async fn yjs_text(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    Path((ticket, text)): Path<(String, String)>,
    request: Request,
) -> Response {
    let own = Arc::clone(&state);
    socket::upgrade(state, request, move |ws| yjs::serve(own, peer.address, ticket, TextId(text), ws))
}

async fn echo(AxumState(state): AxumState<Arc<State>>, request: Request) -> Response {
    if state.settings.echo_drill {
        socket::echo(state, request)
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

async fn ready(AxumState(state): AxumState<Arc<State>>) -> Response {
    if state.has_rooms() {
        "ready".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no room").into_response()
    }
}

async fn metrics(AxumState(state): AxumState<Arc<State>>, Extension(peer): Extension<Peer>) -> Response {
    if !peer.address.is_loopback() {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render()).into_response()
}

/// Exchanges an invite or a token for a token, for clients of REST.
async fn join(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    Json(body): Json<JoinBody>,
) -> Result<Json<Joined>, Refusal> {
    let (admitted, token, ticket) =
        state.door.admit(peer.address, &body.room, &body.credential, &body.name)?;
    state.door.confirm(&token);
    Ok(Json(Joined { me: admitted.who.id, role: admitted.who.role, token, ticket }))
}

/// Coming in by six digits, in two steps on one connection.
async fn code(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    Json(asked): Json<CodeAsked>,
) -> Result<Json<CodeAnswered>, Refusal> {
    let no_tls = || Envelope::new(ErrorCode::Forbidden, "short codes need TLS");
    let exporter = peer.exporter.ok_or_else(no_tls)?;
    let link = |room: &RoomId, role| {
        let (_, secret) = state.door.invite(room, role, 1, CODE_INVITE_LIFE)?;
        Ok(state.link(room, secret).reveal())
    };
    Ok(Json(state.codes.answer(asked, &exporter, link)?))
}

/// What this API is, for programs that make clients of it.
async fn description() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], describe::COMMITTED).into_response()
}

/// The rooms the caller may enter: a token is of one room.
async fn rooms(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Json<Vec<RoomCard>>, Refusal> {
    let caller = state.caller(peer.address, &headers)?;
    let session = state.room(&caller.room)?.session().await.map_err(Envelope::from)?;
    let num_online = session.members().filter(|member| member.online).count();
    let title = session.show().title.clone();
    Ok(Json(vec![RoomCard { id: caller.room, title, num_online, seq: session.seq() }]))
}

async fn room_state(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Json<RoomState>, Refusal> {
    let caller = state.caller(peer.address, &headers)?;
    let session = state.room(&caller.room)?.session().await.map_err(Envelope::from)?;
    Ok(Json(session.state(Some(caller.who.id))))
}

async fn members(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Json<Vec<Member>>, Refusal> {
    let caller = state.caller(peer.address, &headers)?;
    let session = state.room(&caller.room)?.session().await.map_err(Envelope::from)?;
    Ok(Json(session.members().cloned().collect()))
}

/// The one way to change anything by REST: the Command of every other way. Its member must be in the
/// room with a socket.
async fn commands(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Json(command): Json<Command>,
) -> Result<Json<Happened>, Refusal> {
    let caller = state.caller(peer.address, &headers)?;
    let events = state.room(&caller.room)?.apply(caller.who.id, command).await?;
    Ok(Json(Happened { events }))
}

async fn invite(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Json(body): Json<InviteBody>,
) -> Result<Json<Invited>, Refusal> {
    let caller = moderator(&state, peer, &headers).await?;
    let life = Duration::from_secs(body.secs.unwrap_or(INVITE_SECS).min(MAX_INVITE_SECS));
    let (invite, secret) =
        state.door.invite(&caller.room, body.role, body.uses.unwrap_or(INVITE_USES), life)?;
    let link = state.link(&caller.room, secret).reveal();
    Ok(Json(Invited { invite, link }))
}

async fn invites(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Json<Vec<Invite>>, Refusal> {
    let caller = moderator(&state, peer, &headers).await?;
    Ok(Json(state.door.invites(&caller.room)))
}

async fn revoke(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Path(id): Path<u32>,
) -> Result<Json<Happened>, Refusal> {
    let caller = moderator(&state, peer, &headers).await?;
    let room = state.room(&caller.room)?;
    if !state.door.invites(&caller.room).iter().any(|invite| invite.id == InviteId(id)) {
        return Err(Envelope::new(ErrorCode::NotFound, "there is no such invite").into());
    }
    let mut events = Vec::new();
    for member in state.door.revoke(InviteId(id)) {
        // One who is not in the room needs no sending away.
        events.extend(
            room.apply(caller.who.id, Command::Kick { member, banned: false }).await.unwrap_or_default(),
        );
    }
    Ok(Json(Happened { events }))
}

async fn ticket(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Json(body): Json<TicketBody>,
) -> Result<Json<Ticket>, Refusal> {
    let caller = moderator(&state, peer, &headers).await?;
    let secret = state.door.ticket(&caller.room, &body.name, body.role)?;
    Ok(Json(Ticket { yjs_url: state.yjs_url(&secret) }))
}

/// The caller, if it manages its room.
async fn moderator(state: &State, peer: Peer, headers: &HeaderMap) -> Result<Admitted, Envelope> {
    let caller = state.caller(peer.address, headers)?;
    let session = state.room(&caller.room)?.session().await?;
    match session.member(caller.who.id) {
        Some(member) if member.role.has(Right::Moderate) => Ok(caller),
        _ => Err(Envelope::new(ErrorCode::Forbidden, "only the host and co-hosts manage invites")),
    }
}

/// An envelope with the status that goes with it.
pub(crate) struct Refusal(Envelope);

impl From<Envelope> for Refusal {
    fn from(envelope: Envelope) -> Self {
        Self(envelope)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorCode::Forbidden => StatusCode::FORBIDDEN,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::LimitReached | ErrorCode::NothingToUndo => StatusCode::CONFLICT,
            ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Closed => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        refusal(status, self.0)
    }
}

fn refusal(status: StatusCode, envelope: Envelope) -> Response {
    let retry_after = envelope.retry_after.map(|secs| secs.ceil().to_string());
    let mut response = (status, Json(envelope)).into_response();
    if let Some(value) = retry_after.and_then(|secs| secs.parse().ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}
