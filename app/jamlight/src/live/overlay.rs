//! What plays, as pages for a browser source: `/overlay`, `/nowplaying.json`, the cover.
//!
//! The overlay is a file of the user's; the built-in one is written there the first time, to start from.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use app_library::{Paths, write_atomic};
use sync_protocol::NowPlaying;
use sync_server::{Document, Pages};

use super::board::Board;
use super::files::unix_millis;
use super::room::Member;

/// The page's path.
pub(crate) const OVERLAY: &str = "/overlay";
/// The page to start from.
const BUILT_IN: &str = include_str!("overlay.html");
/// The user's own, in the folder of what plays.
const OVERLAY_FILE: &str = "overlay.html";
/// Largest file that is served, in bytes: a page with its pictures inside, a cover.
const MAX_BYTES: u64 = 8 << 20;

/// Makes the pages.
pub(crate) fn pages(paths: &Paths, board: Arc<Board>, member: Member) -> Pages {
    let folder = paths.now_playing();
    Arc::new(move |path| {
        let now = || Now {
            playing: member.show().now_playing.as_deref().cloned(),
            tempo_bpm: board.clocks.get().transport.tempo_bpm,
            millis: unix_millis(),
        };
        page(&folder, path, now)
    })
}

/// What the page asks for.
struct Now {
    playing: Option<NowPlaying>,
    /// As the picture has it.
    tempo_bpm: f64,
    /// Since 1970.
    millis: u64,
}

fn page(folder: &Path, path: &str, now: impl Fn() -> Now) -> Option<Document> {
    let document = |content_type, bytes: Vec<u8>| Some(Document { content_type, bytes: bytes.into() });
    match path {
        OVERLAY => document("text/html; charset=utf-8", overlay(&folder.join(OVERLAY_FILE))),
        "/nowplaying.json" => {
            let cover = ["cover.jpg", "cover.png"].into_iter().find(|name| folder.join(name).exists());
            let Now { playing, tempo_bpm, millis } = now();
            let json = serde_json::json!({
                "playing": playing,
                "cover": cover,
                "tempo_bpm": tempo_bpm,
                "now_millis": millis,
            });
            document("application/json", json.to_string().into_bytes())
        }
        "/cover.jpg" => document("image/jpeg", read(&folder.join("cover.jpg"))?),
        "/cover.png" => document("image/png", read(&folder.join("cover.png"))?),
        _ => None,
    }
}

/// The user's page, or the built-in one while there is none.
fn overlay(file: &Path) -> Vec<u8> {
    if let Some(own) = read(file) {
        return own;
    }
    if !file.exists()
        && let Err(err) = write_atomic(file, BUILT_IN.as_bytes())
    {
        tracing::debug!(%err, "the overlay cannot be written for editing");
    }
    BUILT_IN.as_bytes().to_vec()
}

fn read(file: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    // A file that is not there is no page.
    std::fs::File::open(file).ok()?.take(MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use sync_protocol::HeardTrack;

    use super::*;

    #[test]
    fn the_overlay_is_the_users_own_and_tells_what_plays() {
        let folder = tempfile::tempdir().expect("a folder");
        let track = HeardTrack { title: "Sea".into(), ..HeardTrack::default() };
        let ask = |path: &str| {
            let playing = || Some(NowPlaying { track: track.clone(), started_at_millis: 5, rate: 1.0 });
            page(folder.path(), path, || Now { playing: playing(), tempo_bpm: 128.0, millis: 7 })
                .map(|page| String::from_utf8_lossy(&page.bytes).into_owned())
        };
        assert!(ask("/overlay").is_some_and(|page| page.contains("data-track=\"title\"")));
        let own = folder.path().join(OVERLAY_FILE);
        assert!(own.exists(), "there is something to edit");
        write_atomic(&own, b"mine").expect("the folder takes it");
        assert_eq!(ask("/overlay").as_deref(), Some("mine"));
        let json: serde_json::Value =
            serde_json::from_str(&ask("/nowplaying.json").expect("a page")).expect("JSON");
        assert_eq!((json["playing"]["track"]["title"].as_str(), json["cover"].as_str()), (Some("Sea"), None));
        assert_eq!((json["tempo_bpm"].as_f64(), json["now_millis"].as_u64()), (Some(128.0), Some(7)));
        assert_eq!(ask("/cover.jpg"), None);
        assert_eq!(ask("/nowplaying/../keys.toml"), None);
    }
}
