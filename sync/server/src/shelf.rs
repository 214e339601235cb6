use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, Query, State as AxumState};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use sync_protocol::{AssetId, Envelope, ErrorCode, Event, Right, RoomId, SceneId, Seq, Sound};

use crate::api::Refusal;
use crate::bodies::{EventPage, MAX_PAGE, PAGE, PageQuery};
use crate::door::Admitted;
use crate::server::State;
use crate::socket::Peer;

/// What one member may fetch while the host runs, in bytes: an evening's pictures and samples.
pub(crate) const MAX_FETCHED_BYTES: u64 = 2 << 30;
/// What all members of a room may fetch while the host runs, in bytes: a hundred guests, each with an
/// evening's pictures and samples of half a gigabyte. Who comes back under another name starts anew
/// with the one above, not with this.
pub(crate) const MAX_ROOM_FETCHED_BYTES: u64 = 50 << 30;

/// A file of the Show, or made of the room's past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What its name ends with, such as `wgsl`: letters and digits.
    pub extension: String,
    /// What is in it.
    pub bytes: Bytes,
}

/// Where files of the Show and the room's past are.
///
/// Rules for an implementer: called on threads that may wait for a disk; a name that comes from a
/// guest is a look-up, never a path.
pub trait Shelf: Send + Sync + fmt::Debug {
    /// Returns the text of a scene of the user's; `None` for one that is built in, or not there.
    fn scene(&self, scene: &SceneId) -> Option<File>;
    /// Returns a picture or a sample by content.
    fn asset(&self, asset: &AssetId) -> Option<File>;
    /// Returns the samples of the user's own that pieces of code name.
    fn sounds(&self, code: &[String]) -> Vec<Sound>;
    /// Returns events of a room after a number, oldest first, at most `limit`.
    ///
    /// # Errors
    /// `Internal` when the disk fails.
    fn events(&self, room: &RoomId, after: Seq, limit: usize) -> Result<Vec<Event>, Envelope>;
    /// Returns the room's whole past as `jsonl`, `md` or `html`; `None` for another form.
    ///
    /// # Errors
    /// `Internal` when the disk fails.
    fn export(&self, room: &RoomId, form: &str) -> Result<Option<File>, Envelope>;
}

/// A scene of the user's, for members whose library lacks it.
pub(crate) async fn scene_file(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let caller = state.caller(peer.address, &headers)?;
    let file = look(&state, move |shelf| shelf.scene(&SceneId(id))).await?;
    send(&state, &caller, file)
}

/// A picture or a sample by content.
pub(crate) async fn asset_file(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let caller = state.caller(peer.address, &headers)?;
    let is_hash = id.len() == 64 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let file = look(&state, move |shelf| shelf.asset(&AssetId(id)).filter(|_| is_hash)).await?;
    send(&state, &caller, file)
}

/// The samples that the running code of the caller's room names.
pub(crate) async fn sounds(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Json<Vec<Sound>>, Refusal> {
    let caller = state.caller(peer.address, &headers)?;
    let session = state.room(&caller.room)?.session().await.map_err(Envelope::from)?;
    let code: Vec<String> = session.show().running.values().map(|block| block.code.clone()).collect();
    let sounds = look(&state, move |shelf| Some(shelf.sounds(&code))).await?;
    Ok(Json(sounds.unwrap_or_default()))
}

/// A page of what happened in the caller's room.
pub(crate) async fn events(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Query(query): Query<PageQuery>,
) -> Result<Json<EventPage>, Refusal> {
    let caller = allowed(&state, peer, &headers, Right::TakePart).await?;
    let after = match query.after.as_deref() {
        None => Seq(0),
        Some(cursor) => parse_cursor(cursor)
            .ok_or_else(|| Envelope::new(ErrorCode::Malformed, "`after` is no cursor of this host"))?,
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    // One more than asked for says whether there is another page.
    let found = look(&state, move |shelf| Some(shelf.events(&caller.room, after, limit + 1))).await?;
    let mut events = found.unwrap_or_else(|| Err(no_past()))?;
    let more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| more).map(|last| cursor(last.seq));
    Ok(Json(EventPage { events, next }))
}

/// The whole past of the caller's room as a file.
pub(crate) async fn export(
    AxumState(state): AxumState<Arc<State>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Path(form): Path<String>,
) -> Result<Response, Refusal> {
    let caller = allowed(&state, peer, &headers, Right::Moderate).await?;
    let room = caller.room.clone();
    let file = look(&state, move |shelf| Some(shelf.export(&room, &form))).await?;
    send(&state, &caller, file.unwrap_or_else(|| Err(no_past()))?)
}

/// The caller, if its role has a right in its room.
async fn allowed(state: &State, peer: Peer, headers: &HeaderMap, right: Right) -> Result<Admitted, Envelope> {
    let caller = state.caller(peer.address, headers)?;
    let session = state.room(&caller.room)?.session().await?;
    match session.member(caller.who.id) {
        Some(member) if member.role.has(right) => Ok(caller),
        _ => Err(Envelope::new(ErrorCode::Forbidden, "your role does not allow it")),
    }
}

/// Looks where a disk may be waited for.
async fn look<R: Send + 'static>(
    state: &State,
    look: impl FnOnce(&dyn Shelf) -> Option<R> + Send + 'static,
) -> Result<Option<R>, Envelope> {
    let Some(shelf) = state.shelf() else { return Ok(None) };
    let looked = tokio::task::spawn_blocking(move || look(&*shelf)).await;
    looked.map_err(|error| Envelope::new(ErrorCode::Internal, error.to_string()))
}

fn send(state: &State, caller: &Admitted, file: Option<File>) -> Result<Response, Refusal> {
    let file = file.ok_or_else(|| Envelope::new(ErrorCode::NotFound, "there is no such file"))?;
    if !state.may_fetch(&caller.room, caller.who.id, file.bytes.len() as u64) {
        let message = "you or your room have fetched what this host gives in one evening";
        return Err(Envelope::new(ErrorCode::RateLimited, message).into());
    }
    let mut response = Response::new(Body::from(file.bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // Never a page of ours, whatever is in it.
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    if let Ok(extension) = HeaderValue::from_str(&file.extension) {
        headers.insert("x-jamlight-extension", extension);
    }
    Ok(response)
}

fn no_past() -> Envelope {
    Envelope::new(ErrorCode::NotFound, "this room keeps no history")
}

/// Where a page ends. Opaque to clients, stable over restarts: the event's number.
fn cursor(seq: Seq) -> String {
    format!("e{:x}", seq.0)
}

fn parse_cursor(cursor: &str) -> Option<Seq> {
    u64::from_str_radix(cursor.strip_prefix('e')?, 16).ok().map(Seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for seq in [0, 1, 255, u64::MAX] {
            assert_eq!(parse_cursor(&cursor(Seq(seq))), Some(Seq(seq)));
        }
        for bad in ["", "7", "e", "ex", "e-1"] {
            assert_eq!(parse_cursor(bad), None, "{bad}");
        }
    }
}
