//! The one output stream, and the clock that runs when there is none.

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use cpal::{FromSample, Sample, traits::DeviceTrait};

use crate::{
    AudioError, DeviceState, Feed, Instrument, InstrumentHandle, MIX_RATE_HZ, OutputChoice, OutputClock,
    Resampler, Tap,
    devices::{Picked, buffer_size, pick_output},
    keeper::{Keeper, SharedState, Step},
    link::{Build, Link, NumStuck, Report, Reporter, Stream, Vitals},
    mixer::{MAX_BLOCK_FRAMES, Mixer, MixerControl},
    priority::Overruns,
};

/// How often the keeper looks after the stream, and how long a block of the null output is at most.
const TICK: Duration = Duration::from_millis(10);
/// A device that asks for nothing this long is stood in for, so that the show goes on before the
/// keeper is even sure of the loss. Longer than any sane block.
const STAND_IN_AFTER: Duration = Duration::from_millis(150);
/// Without a source that may sound for this long the device is let go: an open stream keeps the sound system awake, and
/// makes PulseAudio cut everybody's sound into pieces of half a millisecond (each of them wakes who listens).
const REST_AFTER: Duration = Duration::from_secs(3);
/// A device that is taken again may take this long before the mix goes on without it: nothing of the first sound is lost.
const WAKING: Duration = Duration::from_millis(400);
/// The most the null output makes up for at once after the machine slept.
const MAX_CATCH_UP: Duration = Duration::from_millis(200);
/// Frames asked for per callback unless set otherwise: 11 ms at 48 kHz. The sound system keeps two of
/// them, PulseAudio and PipeWire a margin besides.
const DEFAULT_BLOCK_FRAMES: u32 = 512;
/// Callbacks until a device's word on what it has left counts: it fills up first.
const SETTLING_BLOCKS: u64 = 16;
/// Block sizes that make sense, in frames.
const BLOCK_FRAMES: std::ops::RangeInclusive<u32> = 64..=8_192;
/// The longest a sound system may take over building a stream before cpal gives up.
const BUILD_TIMEOUT: Duration = Duration::from_secs(2);

/// How to play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSettings {
    /// Where.
    pub choice: OutputChoice,
    /// Frames per callback to ask the device for, 64–8,192: fewer is sooner, more is safer.
    pub block_frames: u32,
    /// Drill: loses the device this long after it came, again and again. `None` never does.
    pub lose_every: Option<Duration>,
}

impl OutputSettings {
    /// Block sizes that make sense, in frames.
    pub const BLOCK_FRAMES: std::ops::RangeInclusive<u32> = BLOCK_FRAMES;
}

impl Default for OutputSettings {
    fn default() -> Self {
        Self { choice: OutputChoice::default(), block_frames: DEFAULT_BLOCK_FRAMES, lose_every: None }
    }
}

/// The output: one stream of this process, its mix, and its clock. Cheap to clone; the last clone that
/// goes ends its thread.
#[derive(Clone)]
pub struct Output {
    orders: Sender<Order>,
    state: SharedState,
    clock: OutputClock,
    /// Guards the mixer's control side between the few threads that add a source. Never taken by the callback.
    control: Arc<Mutex<MixerControl>>,
}

enum Order {
    Choose(OutputChoice),
    Lose,
}

impl Output {
    /// Starts the mix. Returns at once: the device is opened when something is to sound, watched and reopened by a
    /// thread, and while there is none the mix runs on in real time, heard by taps only.
    ///
    /// # Errors
    /// [`AudioError::Thread`] only; a missing device is a [`DeviceState`], not an error.
    pub fn open(settings: OutputSettings) -> Result<Self, AudioError> {
        let (orders, inbox) = channel();
        let state = SharedState::default();
        let clock = OutputClock::default();
        let (mixer, control) = Mixer::new(clock.clone());
        let control = Arc::new(Mutex::new(control));
        let worker = Worker {
            mixer: Arc::new(Mutex::new(mixer)),
            // Weak: the control side outlives the handles only as long as they do.
            control: Arc::downgrade(&control),
            state: state.clone(),
            clock: clock.clone(),
            num_stuck: Arc::default(),
            vitals: Arc::default(),
            link: None,
            keeper: Keeper::new(now()),
            settings,
            rests: true,
        };
        let name = "audio-output";
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || worker.run(&inbox))
            .map_err(|source| AudioError::Thread { name, source })?;
        Ok(Self { orders, state, clock, control })
    }

    /// Returns how the device is doing.
    pub fn state(&self) -> DeviceState {
        self.state.get()
    }

    /// Returns the clock of the mix.
    pub fn clock(&self) -> OutputClock {
        self.clock.clone()
    }

    /// Plays elsewhere.
    pub fn choose(&self, choice: OutputChoice) {
        // A thread that is gone shows in the state.
        let _ = self.orders.send(Order::Choose(choice));
    }

    /// Drill: loses the device now, as if it had been unplugged.
    pub fn lose_now(&self) {
        let _ = self.orders.send(Order::Lose);
    }

    /// Adds a ring to the mix, paused, that holds `capacity_frames`.
    ///
    /// # Errors
    /// [`AudioError::MixerFull`].
    pub fn add_ring(&self, capacity_frames: usize) -> Result<Feed, AudioError> {
        self.control().add_ring(capacity_frames)
    }

    /// Adds an instrument to the mix. It is called on the audio thread from the next block on.
    ///
    /// # Errors
    /// [`AudioError::MixerFull`].
    pub fn add_instrument(&self, instrument: Instrument) -> Result<InstrumentHandle, AudioError> {
        self.control().add_instrument(instrument)
    }

    /// Adds a copy of all that sounds.
    ///
    /// # Errors
    /// [`AudioError::MixerFull`].
    pub fn tap(&self) -> Result<Tap, AudioError> {
        self.control().add_tap()
    }

    fn control(&self) -> std::sync::MutexGuard<'_, MixerControl> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "devices live in real time; this is their edge")]
    Instant::now()
}

/// The mixer, handed from stream to stream. The one that runs holds it for the length of a block;
/// everybody uses `try_lock` only, so that nobody ever waits: who does not get it plays silence.
type SharedMixer = Arc<Mutex<Mixer>>;

fn render(mixer: &Mutex<Mixer>, out: &mut [f32]) {
    match mixer.try_lock() {
        Ok(mut mixer) => mixer.render(out),
        Err(_) => out.fill(0.0),
    }
}

struct Worker {
    mixer: SharedMixer,
    control: std::sync::Weak<Mutex<MixerControl>>,
    state: SharedState,
    clock: OutputClock,
    num_stuck: Arc<NumStuck>,
    vitals: Arc<Vitals>,
    link: Option<Link>,
    keeper: Keeper,
    settings: OutputSettings,
    /// Whether the device is let go because nothing may sound.
    rests: bool,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Order>) {
        self.choose(now());
        let (mut blocks, mut asked, mut played) = (0, now(), now());
        let mut live_since = now();
        let mut wanted = None::<Instant>;
        let mut woken = None::<Instant>;
        loop {
            match inbox.recv_timeout(TICK) {
                Ok(Order::Choose(choice)) => {
                    self.settings.choice = choice;
                    self.choose(now());
                }
                Ok(Order::Lose) => self.keeper.lose("drill: the device was taken away".to_owned(), now()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = now();
            if let Some(control) = self.control.upgrade() {
                let mut control = control.lock().unwrap_or_else(PoisonError::into_inner);
                control.free_retired();
                if control.may_sound() {
                    wanted = Some(now);
                }
            }
            let rests = wanted.is_none_or(|wanted| now - wanted > REST_AFTER);
            if self.rests != rests {
                self.rests = rests;
                woken = (!self.rests).then_some(now);
                self.choose(now);
            }
            if !self.keeper.is_live() {
                live_since = now;
            }
            if self.settings.lose_every.is_some_and(|every| now - live_since >= every) {
                self.keeper.lose("drill: the device was taken away".to_owned(), now);
            }
            self.look_after(now);
            let count = self.vitals.blocks.load(Ordering::Relaxed);
            if count != blocks {
                (blocks, asked, played) = (count, now, now);
                let latency = self.vitals.latency_micros.load(Ordering::Relaxed);
                self.clock.0.latency_micros.store(latency, Ordering::Relaxed);
                let dry = self.vitals.dry.swap(0, Ordering::Relaxed);
                self.clock.0.dry.fetch_add(dry, Ordering::Relaxed);
                self.vitals.turn.look_after();
                woken = None;
            } else if woken.is_some_and(|woken| now - woken < WAKING) && self.keeper.is_opening() {
                played = now;
            } else if !self.keeper.is_live() || now - asked >= STAND_IN_AFTER {
                self.play_to_nobody((now - played).min(MAX_CATCH_UP));
                played = now;
            }
        }
    }

    /// Starts over with what is chosen, or lets go.
    fn choose(&mut self, now: Instant) {
        self.keeper.choose(self.rests || self.settings.choice == OutputChoice::Off, now);
        self.link = None;
    }

    fn play_to_nobody(&self, time: Duration) {
        let mut block = [0.0f32; MAX_BLOCK_FRAMES * 2];
        let mut frames = (time.as_secs_f64() * f64::from(MIX_RATE_HZ)).round() as usize;
        while frames > 0 {
            let now = frames.min(MAX_BLOCK_FRAMES);
            render(&self.mixer, block.get_mut(..now * 2).unwrap_or_default());
            frames -= now;
        }
    }

    fn look_after(&mut self, now: Instant) {
        while let Some(report) = self.link.as_ref().and_then(Link::report) {
            let over = matches!(report, Report::Died(_) | Report::Failed(_));
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
                self.vitals.closed.store(true, Ordering::Relaxed);
                self.vitals = Arc::default();
                match Link::open("audio-output-stream", self.keeper.host(), &self.num_stuck, self.build()) {
                    Ok(Some(link)) => self.link = Some(link),
                    Ok(None) => self.keeper.lose("the sound system hangs".to_owned(), now),
                    Err(err) => self.keeper.lose(err.to_string(), now),
                }
            }
        }
        self.state.set(self.keeper.state(now));
    }

    fn build(&self) -> Build {
        let choice = self.settings.choice.clone();
        let mixer = Arc::clone(&self.mixer);
        let vitals = Arc::clone(&self.vitals);
        let clock = self.clock.clone();
        let block_frames = self.settings.block_frames.clamp(*BLOCK_FRAMES.start(), *BLOCK_FRAMES.end());
        Box::new(move |host, reporter| {
            let picked = pick_output(host, &choice)?;
            let outlet = |channels, rate_hz| {
                Outlet::new(Arc::clone(&mixer), Arc::clone(&vitals), clock.clone(), channels, rate_hz)
            };
            #[cfg(target_os = "linux")]
            if host.id().name() == crate::devices::PULSE {
                use crate::pulse::{CHANNELS, PulseStream};
                let mut outlet = outlet(CHANNELS, MIX_RATE_HZ);
                let id = picked.device.id()?;
                let fill = move |out: &mut [f32], ahead| outlet.call(out, Some(ahead));
                let stream = PulseStream::playing(
                    id.id(),
                    picked.followed.is_none(),
                    block_frames,
                    Arc::clone(&vitals),
                    reporter,
                    fill,
                )?;
                return Ok((Stream::Pulse(stream), picked));
            }
            let outlet = outlet(picked.config.channels(), picked.config.sample_rate());
            let stream = Stream::Cpal(build_stream(&picked, block_frames, outlet, reporter)?);
            Ok((stream, picked))
        })
    }
}

/// What the callback owns. Nothing here allocates, waits or logs.
struct Outlet {
    mixer: SharedMixer,
    vitals: Arc<Vitals>,
    clock: OutputClock,
    channels: usize,
    rate_hz: u32,
    resampler: Resampler,
    overruns: Overruns,
}

impl Outlet {
    fn new(mixer: SharedMixer, vitals: Arc<Vitals>, clock: OutputClock, channels: u16, rate_hz: u32) -> Self {
        let resampler = Resampler::new(MIX_RATE_HZ, rate_hz);
        let channels = usize::from(channels.max(1));
        Self { mixer, vitals, clock, channels, rate_hz, resampler, overruns: Overruns::default() }
    }

    fn fill<T: Sample + FromSample<f32>>(&mut self, data: &mut [T]) {
        let mut stereo = [0.0f32; MAX_BLOCK_FRAMES * 2];
        for part in data.chunks_mut(self.channels * MAX_BLOCK_FRAMES) {
            let stereo = stereo.get_mut(..part.len() / self.channels * 2).unwrap_or_default();
            self.resampler.fill(stereo, |block| render(&self.mixer, block));
            // Between two samples at the ceiling a curve may lie above it.
            stereo.iter_mut().for_each(|sample| *sample = sample.clamp(-1.0, 1.0));
            for (out, frame) in part.chunks_exact_mut(self.channels).zip(stereo.chunks_exact(2)) {
                match (out, frame) {
                    ([mono], [left, right]) => *mono = T::from_sample((left + right) * 0.5),
                    (out, frame) => {
                        for (out, sample) in out.iter_mut().zip(frame) {
                            *out = T::from_sample(*sample);
                        }
                    }
                }
            }
        }
    }

    /// Fills a block that will be heard in `ahead`, where the system says so.
    fn call<T: Sample + FromSample<f32>>(&mut self, data: &mut [T], ahead: Option<Duration>) {
        if self.vitals.closed.load(Ordering::Relaxed) {
            // Nobody listens any more.
            data.fill(T::EQUILIBRIUM);
            return;
        }
        self.vitals.turn.arrive();
        let began = now();
        self.fill(data);
        let worked_secs = began.elapsed().as_secs_f64();
        let block_secs = (data.len() / self.channels) as f64 / f64::from(self.rate_hz);
        self.clock.0.note_load(worked_secs, block_secs);
        self.overruns.note(worked_secs > block_secs);
        if let Some(ahead) = ahead {
            self.vitals.latency_micros.store(ahead.as_micros() as u64, Ordering::Relaxed);
        }
        self.vitals.blocks.fetch_add(1, Ordering::Release);
    }

    /// Fills a block of cpal's.
    fn answer<T: Sample + FromSample<f32>>(&mut self, data: &mut [T], info: &cpal::OutputCallbackInfo) {
        let stamp = info.timestamp();
        let ahead = stamp.playback.checked_duration_since(stamp.callback);
        // A device that just began, or begins again, has nothing to play yet.
        let settled = self.vitals.blocks.load(Ordering::Relaxed) >= SETTLING_BLOCKS;
        if settled && ahead.is_some_and(|ahead| ahead.is_zero()) {
            self.vitals.dry.fetch_add(1, Ordering::Relaxed);
        }
        self.call(data, ahead);
    }
}

fn build_stream(
    picked: &Picked,
    block_frames: u32,
    outlet: Outlet,
    reporter: Reporter,
) -> Result<cpal::Stream, AudioError> {
    use cpal::SampleFormat as F;
    match picked.config.sample_format() {
        F::F32 => typed_stream::<f32>(picked, block_frames, outlet, reporter),
        F::F64 => typed_stream::<f64>(picked, block_frames, outlet, reporter),
        F::I8 => typed_stream::<i8>(picked, block_frames, outlet, reporter),
        F::I16 => typed_stream::<i16>(picked, block_frames, outlet, reporter),
        F::I24 => typed_stream::<cpal::I24>(picked, block_frames, outlet, reporter),
        F::I32 => typed_stream::<i32>(picked, block_frames, outlet, reporter),
        F::U8 => typed_stream::<u8>(picked, block_frames, outlet, reporter),
        F::U16 => typed_stream::<u16>(picked, block_frames, outlet, reporter),
        other => Err(AudioError::Refused { why: format!("it speaks {other}, which nobody here does") }),
    }
}

fn typed_stream<T>(
    picked: &Picked,
    block_frames: u32,
    mut outlet: Outlet,
    reporter: Reporter,
) -> Result<cpal::Stream, AudioError>
where
    T: cpal::SizedSample + FromSample<f32> + Send + 'static,
{
    let mut config = picked.config.config();
    config.buffer_size = buffer_size(&picked.config, block_frames);
    let stream = picked.device.build_output_stream(
        config,
        move |data: &mut [T], info: &cpal::OutputCallbackInfo| outlet.answer(data, info),
        move |err| reporter.error(err),
        Some(BUILD_TIMEOUT),
    )?;
    Ok(stream)
}
