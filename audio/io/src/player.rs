//! Plays a file or the built-in track into the output's mix.
//!
//! A thread decodes ahead into a ring; pausing and seeking are felt within a block and never click.

use std::{
    collections::VecDeque,
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use crate::{
    AudioError, BuiltInTrack, DecodeError, DecodeLimits, DecodeWarning, Feed, FileReader, MIX_RATE_HZ,
    Output, Resampler, StreamFormat, format::stereo_from_frame,
};

/// How far ahead of the mix the thread decodes, in frames: half a second rides out a busy machine.
const AHEAD_FRAMES: usize = MIX_RATE_HZ as usize / 2;
/// Frames decoded in one go.
const BLOCK_FRAMES: usize = 512;
/// How often the thread looks whether there is room: a fiftieth of what it keeps ahead.
const TICK: Duration = Duration::from_millis(10);
/// Frames of silence read through the resampler after the end, so that the last ones come out.
const TAIL_FRAMES: usize = 32;

/// What to play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Track {
    /// The track this program brings along.
    BuiltIn,
    /// A file: wav, flac, mp3, ogg vorbis, m4a.
    File(PathBuf),
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built-in track"),
            Self::File(path) => path.file_name().unwrap_or(path.as_os_str()).display().fmt(f),
        }
    }
}

/// How the player is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayerState {
    /// What is loaded.
    pub track: Option<Track>,
    /// Whether it plays. False when paused, stopped or at its end.
    pub playing: bool,
    /// Whether it starts over at its end.
    pub looping: bool,
    /// Whether it played to its end.
    pub ended: bool,
    /// The moment of the track that sounds now (before the device's latency), in seconds.
    pub position_secs: f64,
    /// The length as far as it is known, in seconds.
    pub duration_secs: Option<f64>,
    /// What was not as promised in the file, one sentence each.
    pub warnings: Vec<DecodeWarning>,
    /// Why nothing plays, a sentence for people.
    pub error: Option<String>,
}

/// The control side of a player. Dropping it fades out and ends its thread.
#[derive(Debug)]
pub struct Player {
    orders: Sender<Order>,
    /// Guards a small value for the length of a clone.
    state: Arc<Mutex<PlayerState>>,
}

#[derive(Debug)]
enum Order {
    Load { track: Track, play: bool },
    Play,
    Pause,
    Stop,
    Seek(f64),
    Loop(bool),
    Gain(f32),
}

impl Player {
    /// Adds a player to the output's mix, with nothing loaded.
    ///
    /// # Errors
    /// [`AudioError::MixerFull`] or [`AudioError::Thread`].
    pub fn new(output: &Output) -> Result<Self, AudioError> {
        let feed = output.add_ring(AHEAD_FRAMES)?;
        let (orders, inbox) = channel();
        let state = Arc::new(Mutex::new(PlayerState::default()));
        let worker = Worker::new(feed, Arc::clone(&state));
        let name = "audio-player";
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || worker.run(&inbox))
            .map_err(|source| AudioError::Thread { name, source })?;
        Ok(Self { orders, state })
    }

    /// Loads a track and plays it from its start. A track that cannot be opened shows in the state,
    /// and what was loaded before is gone.
    pub fn play_track(&self, track: Track) {
        self.order(Order::Load { track, play: true });
    }

    /// Loads a track, paused at its start.
    pub fn load(&self, track: Track) {
        self.order(Order::Load { track, play: false });
    }

    /// Plays on; from the start after the end.
    pub fn play(&self) {
        self.order(Order::Play);
    }

    /// Pauses where it is.
    pub fn pause(&self) {
        self.order(Order::Pause);
    }

    /// Unloads the track.
    pub fn stop(&self) {
        self.order(Order::Stop);
    }

    /// Goes to a moment of the track, in seconds.
    pub fn seek(&self, secs: f64) {
        self.order(Order::Seek(secs));
    }

    /// Starts over at the end, or not.
    pub fn set_looping(&self, looping: bool) {
        self.order(Order::Loop(looping));
    }

    /// Sets the gain, linear, 0–4.
    pub fn set_gain(&self, gain: f32) {
        self.order(Order::Gain(gain));
    }

    /// Returns how it is doing.
    pub fn state(&self) -> PlayerState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn order(&self, order: Order) {
        // The thread ends only with this handle.
        let _ = self.orders.send(order);
    }
}

struct Worker {
    feed: Feed,
    shared: Arc<Mutex<PlayerState>>,
    state: PlayerState,
    source: Option<Reel>,
    /// Decoded and not yet queued, from `pending_from` on.
    pending: Vec<f32>,
    pending_from: usize,
    /// All of the source has been decoded.
    drained: bool,
    /// Frames queued since the feed was made, and the moments of the track that begin there.
    queued_frames: u64,
    marks: VecDeque<Mark>,
    /// Set while a flush is under way: what the next frame queued will be.
    restart_secs: Option<f64>,
}

/// From this frame of the feed on, the track goes on from that moment.
#[derive(Clone, Copy)]
struct Mark {
    frame: u64,
    secs: f64,
}

impl Worker {
    fn new(feed: Feed, shared: Arc<Mutex<PlayerState>>) -> Self {
        Self {
            feed,
            shared,
            state: PlayerState::default(),
            source: None,
            pending: Vec::with_capacity(BLOCK_FRAMES * 2),
            pending_from: 0,
            drained: false,
            queued_frames: 0,
            marks: VecDeque::new(),
            restart_secs: None,
        }
    }

    fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            match inbox.recv_timeout(TICK) {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Err(err) = self.queue() {
                self.source = None;
                self.state.error = Some(err.to_string());
                self.drained = true;
            }
            self.publish();
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Load { track, play } => {
                let looping = self.state.looping;
                self.state = PlayerState { track: Some(track.clone()), looping, ..PlayerState::default() };
                match Reel::open(&track) {
                    Ok(reel) => {
                        self.state.duration_secs = reel.duration_secs();
                        self.source = Some(reel);
                        self.set_playing(play);
                    }
                    Err(err) => {
                        self.source = None;
                        self.state.error = Some(err.to_string());
                        self.set_playing(false);
                    }
                }
                self.start_over_at(0.0);
            }
            Order::Play if self.source.is_some() => {
                if self.state.ended {
                    self.seek(0.0);
                }
                self.set_playing(true);
            }
            Order::Play => {}
            Order::Pause => self.set_playing(false),
            Order::Stop => {
                self.source = None;
                self.state = PlayerState { looping: self.state.looping, ..PlayerState::default() };
                self.set_playing(false);
                self.start_over_at(0.0);
            }
            Order::Seek(secs) => self.seek(secs),
            Order::Loop(looping) => {
                self.state.looping = looping;
                if looping && self.drained && !self.state.ended {
                    // The last frames still sound: go on behind them.
                    self.drained = false;
                }
            }
            Order::Gain(gain) => self.feed.set_gain(gain),
        }
    }

    fn set_playing(&mut self, playing: bool) {
        self.state.playing = playing;
        self.feed.set_playing(playing);
    }

    fn seek(&mut self, secs: f64) {
        let Some(source) = &mut self.source else { return };
        let secs = if secs.is_finite() { secs.max(0.0) } else { 0.0 };
        match source.seek(secs) {
            Ok(()) => self.start_over_at(secs),
            Err(err) => self.state.error = Some(err.to_string()),
        }
    }

    fn start_over_at(&mut self, secs: f64) {
        self.pending.clear();
        self.pending_from = 0;
        self.drained = self.source.is_none();
        self.state.ended = false;
        self.restart_secs = Some(secs);
        self.feed.flush();
    }

    /// Decodes until the ring is full.
    fn queue(&mut self) -> Result<(), DecodeError> {
        if let Some(secs) = self.restart_secs {
            if self.feed.is_flushing() {
                return Ok(());
            }
            self.restart_secs = None;
            self.queued_frames = self.feed.played_frames();
            self.marks.clear();
            self.marks.push_back(Mark { frame: self.queued_frames, secs });
        }
        while self.feed.free_samples() > 0 {
            let waiting = self.pending.get(self.pending_from..).unwrap_or_default();
            if !waiting.is_empty() {
                let pushed = self.feed.push(waiting);
                self.pending_from += pushed;
                self.queued_frames += pushed as u64 / 2;
                continue;
            }
            let Some(source) = self.source.as_mut().filter(|_| !self.drained) else { break };
            self.pending.resize(BLOCK_FRAMES * 2, 0.0);
            let filled = source.read(&mut self.pending)?;
            self.pending.truncate(filled);
            self.pending_from = 0;
            if filled > 0 {
                continue;
            }
            for warning in source.warnings() {
                if !self.state.warnings.contains(warning) {
                    self.state.warnings.push(warning.clone());
                }
            }
            if self.state.looping {
                source.seek(0.0)?;
                self.marks.push_back(Mark { frame: self.queued_frames, secs: 0.0 });
            } else {
                self.drained = true;
            }
        }
        Ok(())
    }

    fn publish(&mut self) {
        let played = self.feed.played_frames();
        while self.marks.get(1).is_some_and(|next| next.frame <= played) {
            self.marks.pop_front();
        }
        if let (None, Some(mark)) = (self.restart_secs, self.marks.front()) {
            self.state.position_secs =
                mark.secs + played.saturating_sub(mark.frame) as f64 / f64::from(MIX_RATE_HZ);
        } else if let Some(secs) = self.restart_secs {
            self.state.position_secs = secs;
        }
        let all_played =
            self.drained && self.pending_from >= self.pending.len() && self.feed.queued_samples() == 0;
        if self.state.playing && all_played && self.restart_secs.is_none() {
            self.state.ended = self.source.is_some();
            self.set_playing(false);
        }
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = self.state.clone();
    }
}

/// A track as stereo at the mix's rate.
enum Reel {
    BuiltIn(Box<BuiltInTrack>),
    File(Box<FileReel>),
}

struct FileReel {
    reader: FileReader,
    resampler: Resampler,
    /// Interleaved samples in the file's own format.
    raw: Vec<f32>,
    /// Frames of silence that may still be read behind the end.
    tail: usize,
}

impl Reel {
    fn open(track: &Track) -> Result<Self, DecodeError> {
        match track {
            Track::BuiltIn => Ok(Self::BuiltIn(Box::default())),
            Track::File(path) => {
                let reader = FileReader::open(path, &DecodeLimits::STREAM)?;
                let resampler = Resampler::new(reader.format().sample_rate_hz, MIX_RATE_HZ);
                Ok(Self::File(Box::new(FileReel { reader, resampler, raw: Vec::new(), tail: TAIL_FRAMES })))
            }
        }
    }

    fn duration_secs(&self) -> Option<f64> {
        match self {
            Self::BuiltIn(_) => Some(BuiltInTrack::DURATION_SECS),
            Self::File(file) => file.reader.claimed_secs(),
        }
    }

    fn warnings(&self) -> &[DecodeWarning] {
        match self {
            Self::BuiltIn(_) => &[],
            Self::File(file) => file.reader.warnings(),
        }
    }

    fn seek(&mut self, secs: f64) -> Result<(), DecodeError> {
        match self {
            Self::BuiltIn(track) => {
                track.seek(secs);
                Ok(())
            }
            Self::File(file) => {
                file.tail = TAIL_FRAMES;
                file.resampler.reset();
                file.reader.seek(secs)
            }
        }
    }

    /// Fills stereo samples at the mix's rate; 0 only at the end.
    fn read(&mut self, out: &mut [f32]) -> Result<usize, DecodeError> {
        match self {
            Self::BuiltIn(track) => Ok(track.read(out)),
            Self::File(file) => file.read(out),
        }
    }
}

impl FileReel {
    fn read(&mut self, out: &mut [f32]) -> Result<usize, DecodeError> {
        if self.tail == 0 {
            return Ok(0);
        }
        let Self { reader, resampler, raw, tail } = self;
        let StreamFormat { sample_rate_hz, channels } = reader.format();
        let channels = usize::from(channels);
        let mut failed = None;
        let mut missing_frames = 0;
        resampler.fill(out, |block| {
            raw.resize(block.len() / 2 * channels, 0.0);
            let got = match reader.read(raw) {
                Ok(got) => got,
                Err(err) => {
                    failed = Some(err);
                    0
                }
            };
            let frames = raw.get(..got).unwrap_or_default().chunks_exact(channels);
            missing_frames += block.len() / 2 - frames.len();
            block.fill(0.0);
            for (out, frame) in block.chunks_exact_mut(2).zip(frames) {
                out.copy_from_slice(&stereo_from_frame(frame));
            }
        });
        if let Some(err) = failed {
            return Err(err);
        }
        if missing_frames == 0 {
            return Ok(out.len());
        }
        // The end lies in this block: what is missing, at the mix's rate, less the kernel's own delay.
        let missing = (missing_frames as f64 * f64::from(MIX_RATE_HZ) / f64::from(sample_rate_hz)) as usize;
        let kept = (out.len() / 2 + *tail).saturating_sub(missing).min(out.len() / 2);
        *tail = 0;
        Ok((kept * 2).max(2).min(out.len()))
    }
}
