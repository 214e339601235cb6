//! Serves the finished picture to other programs of this machine: OBS for one.
//!
//! One thread encodes: nothing while nobody reads. Frames it has no time for are left out; the show
//! never notices.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::OutputWishes;
use renderer_output::{Matroska, bgra_from_rgba, write_jpeg, write_png};
use sync_server::{Document, LiveChunk, LiveFeed, Pages, StreamServer, StreamSettings};

use super::board::{Board, pack, unpack};
use super::overlay::OVERLAY;
use super::tap::{PictureTap, TapPicture, TapUser};

/// Quality of the JPEG stream, 1–100: no visible blocks in gradients.
const JPEG_QUALITY: u8 = 85;
/// How often the thread looks for readers and wishes while there is nothing to encode.
const IDLE: Duration = Duration::from_millis(40);
/// How long it waits for a picture.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long a snapshot waits for one.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(3);
/// How often a port that was taken is tried again.
const RETRY: Duration = Duration::from_secs(3);

const MKV: &str = "/stream.mkv";
const MJPEG: &str = "/stream.mjpg";
const SNAPSHOT: &str = "/snapshot.png";

/// What is served besides the picture: the overlays of other rooms.
pub(crate) struct StreamsStart {
    pub board: Arc<Board>,
    /// Pages by path.
    pub pages: Pages,
    /// Live texts by path.
    pub feeds: BTreeMap<&'static str, LiveFeed>,
}

/// Starts the thread. It follows the wishes on the board and ends with it.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(start: StreamsStart) -> anyhow::Result<()> {
    let streams = Streams {
        mkv: mkv_feed(),
        mjpeg: LiveFeed::mjpeg(),
        start,
        began: Instant::now(),
        server: None,
        wanted_port: 0,
        tried: None,
        user: None,
    };
    std::thread::Builder::new()
        .name("streams".to_owned())
        .spawn(move || streams.run())
        .context("the streams' thread cannot start")?;
    Ok(())
}

struct Streams {
    start: StreamsStart,
    mkv: LiveFeed,
    mjpeg: LiveFeed,
    began: Instant,
    server: Option<StreamServer>,
    wanted_port: u16,
    tried: Option<Instant>,
    user: Option<TapUser>,
}

impl Streams {
    fn run(mut self) {
        while !self.start.board.is_ending() {
            self.follow(&self.start.board.outputs.get());
            let num_readers = self.mkv.num_readers() + self.mjpeg.num_readers();
            self.start.board.output_state.change(|state| state.num_readers = num_readers);
            if num_readers == 0 {
                self.user = None;
                std::thread::sleep(IDLE);
                continue;
            }
            let tap = &self.start.board.tap;
            let user = self.user.get_or_insert_with(|| tap.open());
            if let Some(picture) = user.next(PATIENCE) {
                self.publish(&picture);
            }
        }
    }

    /// Serves on the port that is wanted.
    fn follow(&mut self, wishes: &OutputWishes) {
        let port = wishes.stream_port;
        if port != self.wanted_port {
            self.server = None;
            (self.wanted_port, self.tried) = (port, None);
            self.tell(None);
        }
        let due = self.tried.is_none_or(|at| at.elapsed() >= RETRY);
        if port == 0 || self.server.is_some() || !due {
            return;
        }
        self.tried = Some(Instant::now());
        let mut feeds = self.start.feeds.clone();
        feeds.insert(MKV, self.mkv.clone());
        feeds.insert(MJPEG, self.mjpeg.clone());
        let pages = pages(self.start.board.tap.clone(), self.start.pages.clone());
        match StreamServer::start(StreamSettings { port, ..StreamSettings::default() }, feeds, pages) {
            Ok(server) => {
                self.server = Some(server);
                self.tell(None);
            }
            Err(err) => self.tell(Some(format!("The streams are not served: {err}."))),
        }
    }

    fn tell(&self, problem: Option<String>) {
        let named = [("OBS (with alpha)", MKV), ("MJPEG", MJPEG), ("One picture", SNAPSHOT)];
        let streams = self
            .server
            .iter()
            .flat_map(|server| named.map(|(name, path)| (name.to_owned(), server.url(path))));
        let streams = streams.collect();
        let overlay = self.server.as_ref().map(|server| server.url(OVERLAY));
        self.start.board.output_state.change(|state| {
            state.streams = streams;
            state.overlay = overlay;
            state.stream_problem = problem;
        });
    }

    fn publish(&self, picture: &TapPicture) {
        let chunk = |bytes: Vec<u8>| LiveChunk {
            at: picture.at.saturating_duration_since(self.began),
            kind: pack(picture.size),
            bytes: bytes.into(),
        };
        if self.mkv.num_readers() > 0 {
            let mut bgra = picture.rgba.clone();
            bgra_from_rgba(&mut bgra);
            self.mkv.publish(chunk(bgra));
        }
        if self.mjpeg.num_readers() > 0 {
            let mut jpeg = Vec::new();
            match write_jpeg(&mut jpeg, picture.size, &over_black(&picture.rgba), JPEG_QUALITY) {
                Ok(()) => self.mjpeg.publish(chunk(jpeg)),
                Err(err) => tracing::warn!(%err, "a picture of the stream is left out"),
            }
        }
    }
}

/// Each reader gets a header of its own, and times that begin with its first picture.
fn mkv_feed() -> LiveFeed {
    LiveFeed::new("video/x-matroska", || {
        let mut began = None;
        Box::new(move |chunk| {
            let format = Matroska::new(unpack(chunk.kind), None);
            let mut parts = Vec::with_capacity(3);
            let began = *began.get_or_insert_with(|| {
                parts.push(format.header().into());
                chunk.at
            });
            parts.push(format.picture(chunk.at.saturating_sub(began)).into());
            parts.push(chunk.bytes.clone());
            parts
        })
    })
}

/// The snapshot, and what other rooms bring.
fn pages(tap: Arc<PictureTap>, more: Pages) -> Pages {
    Arc::new(move |path| {
        if path != SNAPSHOT {
            return more(path);
        }
        let picture = tap.open().next(SNAPSHOT_PATIENCE)?;
        let mut png = Vec::new();
        write_png(&mut png, picture.size, &picture.rgba)
            .map_err(|err| tracing::warn!(%err, "no snapshot"))
            .ok()?;
        Some(Document { content_type: "image/png", bytes: png.into() })
    })
}

/// What has no alpha stands on black.
pub(crate) fn over_black(rgba: &[u8]) -> Vec<u8> {
    let mut opaque = rgba.to_vec();
    for pixel in opaque.chunks_exact_mut(4).filter(|pixel| pixel.get(3) != Some(&255)) {
        if let [red, green, blue, alpha] = pixel {
            for channel in [red, green, blue] {
                *channel = (u16::from(*channel) * u16::from(*alpha) / 255) as u8;
            }
            *alpha = 255;
        }
    }
    opaque
}
