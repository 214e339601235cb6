//! One open device stream, alive on a thread of its own.
//!
//! A sound system can hang in any call: opening, asking, closing. So each stream is opened, kept and
//! dropped by a throw-away thread, and the keeper only ever talks to it through channels: it lets go
//! of a dead stream by dropping its [`Link`] and never waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel},
    },
    thread,
    time::Duration,
};

use cpal::{ErrorKind, traits::StreamTrait};

use crate::{
    AudioError, DeviceKind,
    connections::{connected, keep},
    devices::{Picked, default_moved},
    priority::Turn,
};

/// How often a stream that follows a default looks whether the default is another one now.
const DEFAULT_POLL: Duration = Duration::from_millis(1_000);
/// Stream threads that may hang in the sound system at once before no more are started.
const MAX_STUCK: usize = 4;
/// How long a connection outlives its last stream.
const FAREWELL: Duration = Duration::from_millis(200);
/// Reports a stream can leave before its keeper looks; more of them are dropped, the first ones matter.
const REPORTS: usize = 8;

/// What a stream's callback counts. Written on the audio thread.
#[derive(Debug, Default)]
pub(crate) struct Vitals {
    /// Set when the stream is let go: a callback that comes after that does nothing.
    pub(crate) closed: AtomicBool,
    /// Callbacks so far.
    pub(crate) blocks: AtomicU64,
    /// Between an output's callback and the moment its sound is in the air, in microseconds. An input's
    /// own word is of no use: PulseAudio's said 100 ms where the whole way from mix to belt took 25.
    pub(crate) latency_micros: AtomicU64,
    /// How often an output had nothing left to play, where its sound system says so.
    pub(crate) dry: AtomicU64,
    /// Whose turn the callback takes.
    pub(crate) turn: Turn,
}

/// What a stream tells its keeper.
#[derive(Debug)]
pub(crate) enum Report {
    /// It runs; its first block is yet to come.
    Opened(Opened),
    /// It could not be opened.
    Failed(AudioError),
    /// The device went away.
    Died(cpal::Error),
    /// The system's default is another device now.
    DefaultMoved,
}

/// A stream that runs.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) host: cpal::HostId,
    pub(crate) name: String,
    pub(crate) kind: DeviceKind,
}

/// Where a stream's error callback reports.
#[derive(Clone)]
pub(crate) struct Reporter(SyncSender<Report>);

impl Reporter {
    /// Takes an error of a running stream. May be called on the audio thread: only ends are passed on.
    pub(crate) fn error(&self, err: cpal::Error) {
        let over = matches!(
            err.kind(),
            ErrorKind::DeviceNotAvailable
                | ErrorKind::HostUnavailable
                | ErrorKind::StreamInvalidated
                | ErrorKind::BackendError
        );
        if over {
            // Full means the keeper knows already.
            let _ = self.0.try_send(Report::Died(err));
        }
    }

    /// Takes the end of a stream that is not cpal's.
    #[cfg(target_os = "linux")]
    pub(crate) fn died(&self, why: &impl std::fmt::Display) {
        self.error(cpal::Error::with_message(ErrorKind::StreamInvalidated, why.to_string()));
    }
}

/// A stream of any sound system.
pub(crate) enum Stream {
    Cpal(cpal::Stream),
    #[cfg(target_os = "linux")]
    Pulse(crate::pulse::PulseStream),
}

impl Stream {
    fn play(&self) -> Result<(), AudioError> {
        match self {
            Self::Cpal(stream) => Ok(stream.play()?),
            #[cfg(target_os = "linux")]
            Self::Pulse(stream) => stream.play(),
        }
    }

    fn pause(&self) -> Result<(), AudioError> {
        match self {
            Self::Cpal(stream) => Ok(stream.pause()?),
            #[cfg(target_os = "linux")]
            Self::Pulse(stream) => stream.pause(),
        }
    }
}

/// Picks a device and builds its stream. May be called twice: with a connection that was used before, and with a new one
/// when that is dead.
pub(crate) type Build = Box<dyn Fn(&cpal::Host, Reporter) -> Result<(Stream, Picked), AudioError> + Send>;

/// Stream threads of one keeper that are inside the sound system.
pub(crate) type NumStuck = AtomicUsize;

/// A stream on its thread. Dropping it closes the stream, without waiting for that.
pub(crate) struct Link {
    reports: Receiver<Report>,
    /// Its end tells the thread to close.
    _open: SyncSender<()>,
}

impl Link {
    /// Starts a thread that opens a stream. `None` while too many hang in the sound system.
    pub(crate) fn open(
        name: &'static str,
        host: Option<cpal::HostId>,
        num_stuck: &Arc<NumStuck>,
        build: Build,
    ) -> Result<Option<Self>, AudioError> {
        if num_stuck.load(Ordering::Relaxed) >= MAX_STUCK {
            return Ok(None);
        }
        let (report, reports) = sync_channel(REPORTS);
        let (open, close) = sync_channel(0);
        let guard = Stuck::enter(num_stuck);
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || live(host, build, Reporter(report), &close, guard))
            .map_err(|source| AudioError::Thread { name, source })?;
        Ok(Some(Self { reports, _open: open }))
    }

    /// Returns the next report, if there is one. A thread that died without a word is a death too.
    pub(crate) fn report(&self) -> Option<Report> {
        match self.reports.try_recv() {
            Ok(report) => Some(report),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Report::Died(cpal::Error::with_message(
                ErrorKind::BackendError,
                "the sound system broke down",
            ))),
        }
    }
}

/// Counts a thread that is inside the sound system.
struct Stuck(Arc<NumStuck>);

impl Stuck {
    fn enter(num_stuck: &Arc<NumStuck>) -> Self {
        num_stuck.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(num_stuck))
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The life of a stream's thread.
fn live(host: Option<cpal::HostId>, build: Build, reporter: Reporter, close: &Receiver<()>, opening: Stuck) {
    let num_stuck = Arc::clone(&opening.0);
    let opened = connected(host, |host| {
        let (stream, picked) = build(host, reporter.clone())?;
        stream.play()?;
        Ok((stream, picked))
    });
    drop(opening);
    let (host, (stream, picked)) = match opened {
        Ok(opened) => opened,
        Err(err) => {
            // A keeper that left does not want to know.
            let _ = reporter.0.try_send(Report::Failed(err));
            return;
        }
    };
    let Picked { name, kind, followed, device, .. } = picked;
    let _ = reporter.0.try_send(Report::Opened(Opened { host: host.id(), name, kind }));
    while let Err(RecvTimeoutError::Timeout) = close.recv_timeout(DEFAULT_POLL) {
        if followed.as_ref().is_some_and(|followed| default_moved(&host, kind, followed)) {
            let _ = reporter.0.try_send(Report::DefaultMoved);
            break;
        }
    }
    let _closing = Stuck::enter(&num_stuck);
    // Dropping alone leaves PulseAudio's streams running now and then: the connection goes before its
    // last command. So it is told to stop first, and the connection outlives the stream a little.
    let _ = stream.pause();
    drop(stream);
    thread::park_timeout(FAREWELL);
    drop(device);
    keep(host);
}
