//! One live stream: pictures or words in, any number of readers out, latest wins.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

/// What stands between the pictures of an MJPEG stream.
const BOUNDARY: &str = "jamlight-picture";

/// One piece of a live stream that can be read without those before it: a picture, a line.
#[derive(Clone, Debug)]
pub struct LiveChunk {
    /// When it is from, counted from any fixed moment.
    pub at: Duration,
    /// Says what readers must agree on, the picture's size for one. A reader that began with another
    /// kind ends, and comes back by itself.
    pub kind: u64,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Wraps chunks for one reader: gets each chunk that reader sees, returns what is sent for it. The
/// first call is also where a header goes.
pub type Framing = Box<dyn FnMut(&LiveChunk) -> Vec<Bytes> + Send>;

/// Where a live stream is published. Clones are the same stream.
///
/// Latest wins: a reader that is slower than the stream misses chunks, and never holds it up.
#[derive(Clone)]
pub struct LiveFeed(Arc<Inner>);

struct Inner {
    content_type: String,
    open: Box<dyn Fn() -> Framing + Send + Sync>,
    newest: watch::Sender<Option<LiveChunk>>,
    num_readers: AtomicUsize,
}

impl LiveFeed {
    /// A stream of this media type; `open` makes the framing of each reader.
    pub fn new(content_type: impl Into<String>, open: impl Fn() -> Framing + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            content_type: content_type.into(),
            open: Box::new(open),
            newest: watch::Sender::new(None),
            num_readers: AtomicUsize::new(0),
        }))
    }

    /// A stream of JPEG pictures, one part each.
    pub fn mjpeg() -> Self {
        Self::new(format!("multipart/x-mixed-replace; boundary={BOUNDARY}"), || {
            Box::new(|chunk| {
                let length = chunk.bytes.len();
                let head =
                    format!("--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
                vec![head.into(), chunk.bytes.clone(), Bytes::from_static(b"\r\n")]
            })
        })
    }

    /// A stream of server-sent events: each chunk is one message without line breaks.
    pub fn events() -> Self {
        Self::new("text/event-stream", || {
            Box::new(|chunk| {
                vec![Bytes::from_static(b"data: "), chunk.bytes.clone(), Bytes::from_static(b"\n\n")]
            })
        })
    }

    /// Puts out a chunk in the place of the last one. Returns at once.
    pub fn publish(&self, chunk: LiveChunk) {
        self.0.newest.send_replace(Some(chunk));
    }

    /// Returns how many read: with 0 there is nothing to encode.
    pub fn num_readers(&self) -> usize {
        self.0.num_readers.load(Ordering::Acquire)
    }

    pub(crate) fn content_type(&self) -> &str {
        &self.0.content_type
    }

    pub(crate) fn read(&self) -> LiveReader {
        self.0.num_readers.fetch_add(1, Ordering::AcqRel);
        let mut newest = self.0.newest.subscribe();
        // What was put out while nobody read is old.
        newest.mark_unchanged();
        LiveReader { feed: self.clone(), newest, framing: (self.0.open)(), kind: None }
    }
}

impl std::fmt::Debug for LiveFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LiveFeed({:?}, {} readers)", self.0.content_type, self.num_readers())
    }
}

/// One reader. Counts until it is dropped.
pub(crate) struct LiveReader {
    feed: LiveFeed,
    newest: watch::Receiver<Option<LiveChunk>>,
    framing: Framing,
    kind: Option<u64>,
}

impl LiveReader {
    /// Waits for the next chunk and returns what is sent for it; `None` when the reader ends.
    pub(crate) async fn next(&mut self) -> Option<Vec<Bytes>> {
        self.newest.changed().await.ok()?;
        let chunk = self.newest.borrow_and_update().clone()?;
        let kind = *self.kind.get_or_insert(chunk.kind);
        (kind == chunk.kind).then(|| (self.framing)(&chunk))
    }
}

impl Drop for LiveReader {
    fn drop(&mut self) {
        self.feed.0.num_readers.fetch_sub(1, Ordering::AcqRel);
    }
}
