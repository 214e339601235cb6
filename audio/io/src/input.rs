//! The input belt: a device's samples, from its callback to whoever analyses them.
//!
//! The callback folds each frame to stereo and pushes it into a ring. The reader takes from it and never
//! waits. While no device sends, the reader gets silence at the pace of real time instead, so levels
//! fall and clocks go on without anybody having to notice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use cpal::{Sample, traits::DeviceTrait};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::{
    AudioError, DeviceState, InputChoice, MIX_CHANNELS, MIX_RATE_HZ, StreamFormat,
    devices::{Picked, pick_input},
    format::stereo_from_frame,
    keeper::{Keeper, SharedState, Step},
    link::{Build, Link, NumStuck, Reporter, Stream, Vitals},
};

/// How often the keeper looks after the stream.
const TICK: Duration = Duration::from_millis(20);
/// A device that sends nothing for this long is replaced by silence until it does.
const SILENCE_AFTER: Duration = Duration::from_millis(150);
/// What the belt holds when nobody reads it, in seconds. When full, the newest frames are dropped
/// and counted: a reader that stalls this long has lost the moment anyway.
const BELT_SECS: f64 = 1.0;
/// 21 ms at 48 kHz: blocks of 5 ms lost 4 % of the samples on a busy machine, these none. PulseAudio and PipeWire hand
/// over smaller pieces and keep some blocks for who is late.
const DEFAULT_BLOCK_FRAMES: u32 = 1_024;
/// Block sizes that make sense, in frames.
const BLOCK_FRAMES: std::ops::RangeInclusive<u32> = 64..=8_192;
/// The longest a sound system may take over building a stream before cpal gives up.
const BUILD_TIMEOUT: Duration = Duration::from_secs(2);

/// How to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSettings {
    /// Where.
    pub choice: InputChoice,
    /// Frames per callback to ask the device for, 64–8,192: fewer is sooner, more is safer.
    pub block_frames: u32,
    /// Drill: loses the device this long after it came, again and again. `None` never does.
    pub lose_every: Option<Duration>,
}

impl Default for InputSettings {
    fn default() -> Self {
        Self { choice: InputChoice::default(), block_frames: DEFAULT_BLOCK_FRAMES, lose_every: None }
    }
}

/// The control side of an input. Dropping it ends its thread; the reader then stays silent.
#[derive(Debug)]
pub struct Input {
    orders: Sender<Order>,
    state: SharedState,
    shared: Arc<Shared>,
}

enum Order {
    Choose(InputChoice),
    Lose,
}

#[derive(Debug, Default)]
struct Shared {
    overruns: AtomicU64,
    /// Frames of silence the reader may take.
    silence_frames: AtomicU64,
}

/// The reading side: for one thread, usually the analysis.
pub struct InputReader {
    belt: Option<Belt>,
    next: Receiver<Belt>,
    format: StreamFormat,
    shared: Arc<Shared>,
}

struct Belt {
    ring: Consumer<f32>,
    format: StreamFormat,
}

impl Input {
    /// Starts listening. Returns at once: the device is opened, watched and reopened by a thread.
    ///
    /// # Errors
    /// [`AudioError::Thread`] only; a missing device is a [`DeviceState`], not an error.
    pub fn open(settings: InputSettings) -> Result<(Self, InputReader), AudioError> {
        let (orders, inbox) = channel();
        let (belts, next) = channel();
        let state = SharedState::default();
        let shared = Arc::new(Shared::default());
        let worker = Worker {
            belts,
            state: state.clone(),
            shared: Arc::clone(&shared),
            num_stuck: Arc::default(),
            vitals: Arc::default(),
            link: None,
            keeper: Keeper::new(now()),
            settings,
        };
        let name = "audio-input";
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || worker.run(&inbox))
            .map_err(|source| AudioError::Thread { name, source })?;
        let reader = InputReader { belt: None, next, format: StreamFormat::MIX, shared: Arc::clone(&shared) };
        Ok((Self { orders, state, shared }, reader))
    }

    /// Returns how the device is doing.
    pub fn state(&self) -> DeviceState {
        self.state.get()
    }

    /// Listens elsewhere.
    pub fn choose(&self, choice: InputChoice) {
        // A thread that is gone shows in the state.
        let _ = self.orders.send(Order::Choose(choice));
    }

    /// Drill: loses the device now, as if it had been unplugged.
    pub fn lose_now(&self) {
        let _ = self.orders.send(Order::Lose);
    }

    /// Returns how many frames were dropped because nobody read them in time.
    pub fn overruns(&self) -> u64 {
        self.shared.overruns.load(Ordering::Relaxed)
    }
}

impl InputReader {
    /// Takes what has arrived, interleaved stereo, and returns how many samples: whole frames, 0 when
    /// nothing has. Never waits. One call never mixes two formats.
    pub fn read(&mut self, out: &mut [f32]) -> usize {
        if self.belt.as_ref().is_none_or(|belt| belt.ring.is_empty()) {
            while let Ok(belt) = self.next.try_recv() {
                self.format = belt.format;
                self.belt = Some(belt);
            }
        }
        let whole = out.len() / 2 * 2;
        let out = out.get_mut(..whole).unwrap_or_default();
        if let Some(belt) = &mut self.belt {
            // Frames are pushed whole, so an even number is there.
            let (taken, _) = belt.ring.pop_partial_slice(out);
            if !taken.is_empty() {
                return taken.len();
            }
        }
        let frames = (out.len() / 2) as u64;
        // In one step with the worker's reset to 0: a debt never goes below that.
        let take = |owed: u64| Some(owed.saturating_sub(frames));
        let owed = match self.shared.silence_frames.fetch_update(Ordering::AcqRel, Ordering::Acquire, take) {
            Ok(owed) | Err(owed) => owed.min(frames),
        };
        let silent = out.get_mut(..owed as usize * 2).unwrap_or_default();
        silent.fill(0.0);
        silent.len()
    }

    /// Returns the format of what [`Self::read`] gave last. Always stereo; the rate may change when
    /// another device comes.
    pub fn format(&self) -> StreamFormat {
        self.format
    }
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "devices live in real time; this is their edge")]
    Instant::now()
}

/// What the input's thread owns.
struct Worker {
    belts: Sender<Belt>,
    state: SharedState,
    shared: Arc<Shared>,
    num_stuck: Arc<NumStuck>,
    vitals: Arc<Vitals>,
    link: Option<Link>,
    keeper: Keeper,
    settings: InputSettings,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Order>) {
        self.keeper.choose(self.settings.choice == InputChoice::Off, now());
        let (mut blocks, mut heard, mut paid) = (0, now(), now());
        let mut live_since = now();
        loop {
            match inbox.recv_timeout(TICK) {
                Ok(Order::Choose(choice)) => {
                    self.keeper.choose(choice == InputChoice::Off, now());
                    self.settings.choice = choice;
                    self.link = None;
                }
                Ok(Order::Lose) => self.keeper.lose("drill: the device was taken away".to_owned(), now()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = now();
            if !self.keeper.is_live() {
                live_since = now;
            }
            if self.settings.lose_every.is_some_and(|every| now - live_since >= every) {
                self.keeper.lose("drill: the device was taken away".to_owned(), now);
            }
            self.look_after(now);

            let count = self.vitals.blocks.load(Ordering::Relaxed);
            if count != blocks {
                (blocks, heard, paid) = (count, now, now);
                self.shared.silence_frames.store(0, Ordering::Release);
            } else if now - heard >= SILENCE_AFTER {
                // Paid in whole frames at the mix's rate: a little off at another rate, and nothing
                // hears it. Nobody reading must not build up a debt.
                let frames = ((now - paid).as_secs_f64() * f64::from(MIX_RATE_HZ)) as u64;
                let debt = self.shared.silence_frames.load(Ordering::Acquire);
                let most = (BELT_SECS * f64::from(MIX_RATE_HZ)) as u64;
                self.shared.silence_frames.fetch_add(frames.min(most.saturating_sub(debt)), Ordering::AcqRel);
                paid = now;
            }
        }
    }

    fn look_after(&mut self, now: Instant) {
        while let Some(report) = self.link.as_ref().and_then(Link::report) {
            let over = matches!(report, crate::link::Report::Died(_) | crate::link::Report::Failed(_));
            self.keeper.hear(report, now);
            if over {
                self.link = None;
            }
        }
        match self.keeper.step(self.vitals.blocks.load(Ordering::Relaxed), now) {
            Step::Wait => {}
            Step::Close => {
                self.vitals.closed.store(true, Ordering::Relaxed);
                self.link = None;
            }
            Step::Open => {
                // A stream that is let go may still call back once: it counts into its own vitals.
                self.vitals.closed.store(true, Ordering::Relaxed);
                self.vitals = Arc::default();
                let build = self.build();
                match Link::open("audio-input-stream", self.keeper.host(), &self.num_stuck, build) {
                    Ok(Some(link)) => self.link = Some(link),
                    Ok(None) => self.keeper.lose("the sound system hangs".to_owned(), now),
                    Err(err) => self.keeper.lose(err.to_string(), now),
                }
            }
        }
        self.vitals.turn.look_after();
        self.state.set(self.keeper.state(now));
    }

    fn build(&self) -> Build {
        let choice = self.settings.choice.clone();
        let belts = self.belts.clone();
        let vitals = Arc::clone(&self.vitals);
        let shared = Arc::clone(&self.shared);
        let block_frames = self.settings.block_frames.clamp(*BLOCK_FRAMES.start(), *BLOCK_FRAMES.end());
        Box::new(move |host, reporter| {
            let picked = pick_input(host, &choice)?;
            let intake = |channels: u16, sample_rate_hz| {
                let format = StreamFormat { sample_rate_hz, channels: MIX_CHANNELS };
                let (producer, ring) = RingBuffer::new(format.num_samples(BELT_SECS) as usize);
                let (vitals, shared) = (Arc::clone(&vitals), Arc::clone(&shared));
                (
                    Intake { producer, channels: usize::from(channels.max(1)), vitals, shared },
                    Belt { ring, format },
                )
            };
            #[cfg(target_os = "linux")]
            // Of a wider device the server would fold what it knows a place for, and inputs 3 and 4 have none.
            if host.id().name() == crate::devices::PULSE && picked.config.channels() <= crate::pulse::CHANNELS
            {
                use crate::pulse::{CHANNELS, PulseStream};
                let (mut intake, belt) = intake(CHANNELS, MIX_RATE_HZ);
                let id = picked.device.id()?;
                let hear = move |heard: &[f32]| intake.take(heard);
                let stream =
                    PulseStream::listening(id.id(), picked.followed.is_none(), block_frames, reporter, hear)?;
                // A reader that is gone does not want it.
                let _ = belts.send(belt);
                return Ok((Stream::Pulse(stream), picked));
            }
            let (intake, belt) = intake(picked.config.channels(), picked.config.sample_rate());
            let stream = Stream::Cpal(build_stream(&picked, block_frames, intake, reporter)?);
            let _ = belts.send(belt);
            Ok((stream, picked))
        })
    }
}

/// What the callback owns. Nothing here allocates, locks or waits.
struct Intake {
    producer: Producer<f32>,
    channels: usize,
    vitals: Arc<Vitals>,
    shared: Arc<Shared>,
}

impl Intake {
    fn take<T>(&mut self, data: &[T])
    where
        T: cpal::SizedSample,
        f32: cpal::FromSample<T>,
    {
        if self.vitals.closed.load(Ordering::Relaxed) {
            return;
        }
        self.vitals.turn.arrive();
        let mut wide = [0.0f32; MAX_FOLDED_CHANNELS];
        let mut dropped = 0;
        for frame in data.chunks_exact(self.channels) {
            let mut width = 0;
            for (slot, sample) in wide.iter_mut().zip(frame) {
                let sample = f32::from_sample(*sample);
                *slot = if sample.is_finite() { sample } else { 0.0 };
                width += 1;
            }
            let stereo = stereo_from_frame(wide.get(..width).unwrap_or_default());
            if self.producer.push_entire_slice(&stereo).is_err() {
                dropped += 1;
            }
        }
        if dropped > 0 {
            self.shared.overruns.fetch_add(dropped, Ordering::Relaxed);
        }
        self.vitals.blocks.fetch_add(1, Ordering::Release);
    }
}

/// Channels of a device that are listened to; a larger interface's others are ignored.
const MAX_FOLDED_CHANNELS: usize = 32;

fn build_stream(
    picked: &Picked,
    block_frames: u32,
    intake: Intake,
    reporter: Reporter,
) -> Result<cpal::Stream, AudioError> {
    use cpal::SampleFormat as F;
    match picked.config.sample_format() {
        F::F32 => typed_stream::<f32>(picked, block_frames, intake, reporter),
        F::F64 => typed_stream::<f64>(picked, block_frames, intake, reporter),
        F::I8 => typed_stream::<i8>(picked, block_frames, intake, reporter),
        F::I16 => typed_stream::<i16>(picked, block_frames, intake, reporter),
        F::I24 => typed_stream::<cpal::I24>(picked, block_frames, intake, reporter),
        F::I32 => typed_stream::<i32>(picked, block_frames, intake, reporter),
        F::U8 => typed_stream::<u8>(picked, block_frames, intake, reporter),
        F::U16 => typed_stream::<u16>(picked, block_frames, intake, reporter),
        other => Err(AudioError::Refused { why: format!("it speaks {other}, which nobody here does") }),
    }
}

fn typed_stream<T>(
    picked: &Picked,
    block_frames: u32,
    mut intake: Intake,
    reporter: Reporter,
) -> Result<cpal::Stream, AudioError>
where
    T: cpal::SizedSample + Send + 'static,
    f32: cpal::FromSample<T>,
{
    let mut config = picked.config.config();
    config.buffer_size = crate::devices::buffer_size(&picked.config, block_frames);
    let stream = picked.device.build_input_stream(
        config,
        move |data: &[T], _: &cpal::InputCallbackInfo| intake.take(data),
        move |err| reporter.error(err),
        Some(BUILD_TIMEOUT),
    )?;
    Ok(stream)
}
