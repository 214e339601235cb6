use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use audio_signal::Transport;
use sync_protocol::{Recording, SignalDigest};

use super::CodeSound;
use super::shelf::TakeShelf;
use super::writer::TakeWriter;

/// How often it listens: thirty times a second, which is the rate of the Signal.
const TURN: Duration = Duration::from_micros(33_333);

/// What is heard up to a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moment {
    /// Where the beat is, in stream time.
    pub transport: Transport,
    /// Stream time now, in seconds.
    pub stream_secs: f64,
    /// The Signal in few numbers.
    pub signal: SignalDigest,
    /// The sound since the last moment, when it is kept.
    pub sound: Vec<SoundChunk>,
}

/// A piece of sound.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SoundChunk {
    /// Interleaved stereo at the mix's rate.
    pub samples: Vec<f32>,
    /// Stream time of its end, in seconds.
    pub ends_secs: f64,
    /// What it holds of the code that plays.
    pub code: CodeSound,
}

/// What a take is made of. Called on the take's thread, which may wait for the disk in between: what it
/// does not fetch is bounded where it waits.
pub(crate) trait Listens: Send {
    /// Returns what was heard since the last call.
    fn listen(&mut self) -> Moment;
}

/// A take that is being made, by a thread of its own. Dropping it ends the take and waits for its files.
#[derive(Debug)]
pub(crate) struct Recorder {
    recording: Recording,
    stop: Arc<AtomicBool>,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Progress {
    num_bytes: AtomicU64,
    /// Why it ended by itself.
    problem: OnceLock<String>,
}

impl Recorder {
    /// Begins a take on a shelf, which makes no more than `max_bytes` in all.
    ///
    /// # Errors
    /// The shelf is full, the files cannot be made, the system gives no thread.
    pub(crate) fn start(
        shelf: &TakeShelf,
        recording: Recording,
        max_bytes: u64,
        source: impl Listens + 'static,
    ) -> anyhow::Result<Self> {
        let num_bytes = shelf.num_bytes();
        let bytes_left = max_bytes.checked_sub(num_bytes).filter(|left| *left > 0).with_context(|| {
            format!(
                "recordings fill {} MiB, which is their limit: remove some from {}, or set jam.recording_max_mib",
                num_bytes >> 20,
                shelf.folder().display()
            )
        })?;
        let began = Instant::now();
        let began_millis =
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let path: PathBuf = shelf.path_of(began_millis)?;
        let writer = TakeWriter::create(&path, began_millis, recording)?;
        let (stop, progress) = (Arc::new(AtomicBool::new(false)), Arc::new(Progress::default()));
        let (stopped, told) = (stop.clone(), progress.clone());
        let work = move || {
            if let Err(err) = run(writer, source, began, bytes_left, &stopped, &told) {
                // It is told once: a take ends at its first problem.
                let _ = told.problem.set(format!("{err:#}"));
            }
        };
        let thread = std::thread::Builder::new().name("take".to_owned()).spawn(work)?;
        Ok(Self { recording, stop, progress, thread: Some(thread) })
    }

    /// Returns what is kept.
    pub(crate) fn recording(&self) -> Recording {
        self.recording
    }

    /// Returns how much there is, in bytes.
    pub(crate) fn num_bytes(&self) -> u64 {
        self.progress.num_bytes.load(Ordering::Relaxed)
    }

    /// Returns why it ended by itself, if it did.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.progress.problem.get().map(String::as_str)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic there has left its report; what was written plays.
            let _ = thread.join();
        }
    }
}

fn run(
    mut writer: TakeWriter,
    mut source: impl Listens,
    began: Instant,
    bytes_left: u64,
    stop: &AtomicBool,
    progress: &Progress,
) -> anyhow::Result<()> {
    let mut due = began + TURN;
    let full = loop {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // After a slow disk it does not catch up: the sound that waited comes in one piece.
        due = (due + TURN).max(Instant::now());
        writer.turn(began.elapsed().as_secs_f64(), &source.listen())?;
        progress.num_bytes.store(writer.num_bytes(), Ordering::Relaxed);
        if stop.load(Ordering::Acquire) {
            break false;
        }
        if writer.num_bytes() >= bytes_left {
            break true;
        }
    };
    writer.finish(began.elapsed().as_secs_f64())?;
    anyhow::ensure!(!full, "recordings fill all the room they may have, which jam.recording_max_mib sets");
    Ok(())
}
