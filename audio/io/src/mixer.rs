//! What runs in the output callback: it adds up sources, limits, and copies the result to taps.
//!
//! Sources and taps come in by a ring, ready made; what is over goes back by another ring and is freed
//! by the output's thread. Between, the callback touches only memory it owns and atomics.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::{AudioError, MIX_RATE_HZ, StreamFormat};

/// The longest block a source is asked for, in frames: 5.3 ms.
pub const MAX_BLOCK_FRAMES: usize = 256;
/// Sources that sound at once: a player, the instrument, a preview, and room.
const MAX_SOURCES: usize = 8;
/// Taps at once: the analysis, a recorder, a stream, and room.
const MAX_TAPS: usize = 4;
/// A change of gain, pause and resume take this long: no click.
const RAMP_SECS: f32 = 0.005;
/// The level no sample exceeds.
const CEILING: f32 = 1.0;
/// After a peak the limiter comes back with this time constant.
const LIMITER_RELEASE_SECS: f32 = 0.15;
/// Samples that may be under way to a tap. When full, the newest frames are dropped and counted.
const TAP_SECS: f64 = 1.0;

/// Makes sound in the callback: fills a block of interleaved stereo at [`MIX_RATE_HZ`], at most
/// [`MAX_BLOCK_FRAMES`] long. Called on the audio thread: must not allocate, lock, log, wait or panic.
pub type Instrument = Box<dyn FnMut(&mut [f32]) + Send>;

/// What both sides of a source share.
#[derive(Debug)]
struct Controls {
    /// Linear gain, as bits of an `f32`.
    gain: AtomicU32,
    playing: AtomicBool,
    /// Whether it is mixed without being heard: it has nothing to play for now.
    idle: AtomicBool,
    /// Set by the feed, cleared by the mixer when all that was queued is gone.
    flush: AtomicBool,
    removed: AtomicBool,
    /// Frames mixed so far.
    played_frames: AtomicU64,
    /// Frames that were due while playing and were not there.
    missed_frames: AtomicU64,
}

impl Controls {
    fn new(playing: bool) -> Arc<Self> {
        Arc::new(Self {
            gain: AtomicU32::new(1.0f32.to_bits()),
            playing: AtomicBool::new(playing),
            idle: AtomicBool::new(false),
            flush: AtomicBool::new(false),
            removed: AtomicBool::new(false),
            played_frames: AtomicU64::new(0),
            missed_frames: AtomicU64::new(0),
        })
    }
}

/// Holds an instrument in the mix. Dropping it fades the instrument out and frees it.
#[derive(Debug)]
pub struct InstrumentHandle(Arc<Controls>);

impl InstrumentHandle {
    /// Sets the gain, linear, 0–4.
    pub fn set_gain(&self, gain: f32) {
        set_gain(&self.0, gain);
    }

    /// Says whether the instrument has nothing to play for now. It is called as before, so that its time goes on, but a
    /// mix in which nothing else sounds lets the device go; one that plays again waits for it.
    pub fn set_idle(&self, idle: bool) {
        self.0.idle.store(idle, Ordering::Release);
    }
}

impl Drop for InstrumentHandle {
    fn drop(&mut self) {
        self.0.removed.store(true, Ordering::Release);
    }
}

/// The writing side of a ring that the mix plays. Dropping it fades the ring out and frees it.
pub struct Feed {
    ring: Producer<f32>,
    controls: Arc<Controls>,
}

impl Feed {
    /// Queues interleaved stereo at [`MIX_RATE_HZ`] and returns how many samples went in: whole frames,
    /// 0 when full or while a flush is under way. Never waits.
    pub fn push(&mut self, samples: &[f32]) -> usize {
        if self.is_flushing() {
            return 0;
        }
        let whole = samples.len().min(self.ring.slots()) / 2 * 2;
        let (pushed, _) = self.ring.push_partial_slice(samples.get(..whole).unwrap_or_default());
        pushed.len()
    }

    /// Returns how many samples fit now.
    pub fn free_samples(&self) -> usize {
        if self.is_flushing() { 0 } else { self.ring.slots() / 2 * 2 }
    }

    /// Returns how many samples are queued and not yet mixed.
    pub fn queued_samples(&self) -> usize {
        self.ring.buffer().capacity() - self.ring.slots()
    }

    /// Plays or pauses, without a click and without losing what is queued.
    pub fn set_playing(&self, playing: bool) {
        self.controls.playing.store(playing, Ordering::Release);
    }

    /// Sets the gain, linear, 0–4.
    pub fn set_gain(&self, gain: f32) {
        set_gain(&self.controls, gain);
    }

    /// Throws away what is queued, faded out. Done when [`Self::is_flushing`] says no more.
    pub fn flush(&self) {
        self.controls.flush.store(true, Ordering::Release);
    }

    /// Returns whether a flush is still under way.
    pub fn is_flushing(&self) -> bool {
        self.controls.flush.load(Ordering::Acquire)
    }

    /// Returns how many frames were mixed since the feed was made.
    pub fn played_frames(&self) -> u64 {
        self.controls.played_frames.load(Ordering::Acquire)
    }

    /// Returns how many frames were due and not there.
    pub fn missed_frames(&self) -> u64 {
        self.controls.missed_frames.load(Ordering::Relaxed)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.controls.removed.store(true, Ordering::Release);
    }
}

fn set_gain(controls: &Controls, gain: f32) {
    let gain = if gain.is_finite() { gain.clamp(0.0, 4.0) } else { 0.0 };
    controls.gain.store(gain.to_bits(), Ordering::Release);
}

/// The reading side of a copy of all that sounds.
pub struct Tap {
    ring: Consumer<f32>,
    dropped: Arc<AtomicU64>,
    /// The mix's frame that this tap began with; [`NOT_BEGUN`] until the callback has taken it in.
    began: Arc<AtomicU64>,
    read_frames: u64,
}

/// What a tap's beginning says before it has begun.
const NOT_BEGUN: u64 = u64::MAX;

impl Tap {
    /// Takes what has sounded, interleaved stereo at [`MIX_RATE_HZ`], and returns how many samples. Never waits.
    pub fn read(&mut self, out: &mut [f32]) -> usize {
        let whole = out.len() / 2 * 2;
        let (taken, _) = self.ring.pop_partial_slice(out.get_mut(..whole).unwrap_or_default());
        let taken = taken.len();
        self.read_frames += taken as u64 / 2;
        taken
    }

    /// Returns the mix's time ([`OutputClock::frames`]) of the next frame to be read; `None` before the
    /// mix has taken the tap in. Frames that were dropped are counted as read.
    pub fn frames(&self) -> Option<u64> {
        let began = Some(self.began.load(Ordering::Acquire)).filter(|began| *began != NOT_BEGUN)?;
        Some(began + self.read_frames + self.dropped_frames())
    }

    /// Returns how many frames were dropped because nobody read them in time.
    pub fn dropped_frames(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// The clock of the output: how much has been mixed, device or not.
#[derive(Clone, Debug, Default)]
pub struct OutputClock(pub(crate) Arc<ClockState>);

#[derive(Debug, Default)]
pub(crate) struct ClockState {
    pub(crate) frames: AtomicU64,
    pub(crate) latency_micros: AtomicU64,
    /// Share of its time the last callbacks took, averaged, in millionths.
    pub(crate) load_ppm: AtomicU32,
    /// The largest share since somebody looked, in millionths.
    pub(crate) worst_load_ppm: AtomicU32,
    /// How often the device had nothing left to play when it asked.
    pub(crate) dry: AtomicU64,
}

impl ClockState {
    /// Notes how long the callback worked on sound that lasts `block_secs`.
    pub(crate) fn note_load(&self, worked_secs: f64, block_secs: f64) {
        let now = (worked_secs / block_secs.max(1e-6) * 1e6).min(1e9) as u32;
        let mean = self.load_ppm.load(Ordering::Relaxed);
        // A sixteenth of the way: over about a third of a second.
        self.load_ppm.store(mean - mean / 16 + now / 16, Ordering::Relaxed);
        self.worst_load_ppm.fetch_max(now, Ordering::Relaxed);
    }
}

impl OutputClock {
    /// Returns how many frames were mixed since the output was made. Never runs back.
    pub fn frames(&self) -> u64 {
        self.0.frames.load(Ordering::Acquire)
    }

    /// Returns the stream time of the next frame to be mixed, in seconds.
    pub fn secs(&self) -> f64 {
        self.frames() as f64 / f64::from(MIX_RATE_HZ)
    }

    /// Returns how long a frame takes from the mix to the air, by the device's own word, in seconds.
    pub fn latency_secs(&self) -> f64 {
        self.0.latency_micros.load(Ordering::Relaxed) as f64 * 1e-6
    }

    /// Returns the share of its time the callback takes, on average. Near 1 the sound breaks up.
    pub fn load(&self) -> f64 {
        f64::from(self.0.load_ppm.load(Ordering::Relaxed)) * 1e-6
    }

    /// Returns how often the device had played all it had before it got more, by its own word: each is a
    /// gap in the sound.
    pub fn times_dry(&self) -> u64 {
        self.0.dry.load(Ordering::Relaxed)
    }

    /// Returns the largest share of its time one callback took since this was last asked.
    pub fn take_worst_load(&self) -> f64 {
        f64::from(self.0.worst_load_ppm.swap(0, Ordering::Relaxed)) * 1e-6
    }
}

enum Order {
    Source(Box<Source>),
    Tap(Outflow),
}

enum Retired {
    Source(#[expect(dead_code, reason = "held to be dropped on the right thread")] Box<Source>),
    Tap(#[expect(dead_code, reason = "held to be dropped on the right thread")] Outflow),
}

struct Source {
    kind: SourceKind,
    controls: Arc<Controls>,
    /// The gain of the last sample.
    level: f32,
}

enum SourceKind {
    Ring(Consumer<f32>),
    Instrument(Instrument),
}

struct Outflow {
    ring: Producer<f32>,
    dropped: Arc<AtomicU64>,
    began: Arc<AtomicU64>,
}

/// The control side of a mixer.
pub(crate) struct MixerControl {
    orders: Producer<Order>,
    retired: Consumer<Retired>,
    sources: Vec<Arc<Controls>>,
    taps: Vec<Arc<AtomicU64>>,
}

impl MixerControl {
    pub(crate) fn add_ring(&mut self, capacity_frames: usize) -> Result<Feed, AudioError> {
        let (ring, out) = RingBuffer::new(capacity_frames.max(MAX_BLOCK_FRAMES) * 2);
        let controls = self.add(SourceKind::Ring(out), false)?;
        Ok(Feed { ring, controls })
    }

    pub(crate) fn add_instrument(&mut self, instrument: Instrument) -> Result<InstrumentHandle, AudioError> {
        Ok(InstrumentHandle(self.add(SourceKind::Instrument(instrument), true)?))
    }

    pub(crate) fn add_tap(&mut self) -> Result<Tap, AudioError> {
        self.free_retired();
        let full = AudioError::MixerFull { max: MAX_TAPS, what: "taps" };
        if self.taps.len() >= MAX_TAPS {
            return Err(full);
        }
        let (ring, out) = RingBuffer::new(StreamFormat::MIX.num_samples(TAP_SECS) as usize);
        let dropped = Arc::new(AtomicU64::new(0));
        let began = Arc::new(AtomicU64::new(NOT_BEGUN));
        let outflow = Outflow { ring, dropped: Arc::clone(&dropped), began: Arc::clone(&began) };
        self.orders.push(Order::Tap(outflow)).map_err(|_| full)?;
        self.taps.push(Arc::clone(&dropped));
        Ok(Tap { ring: out, dropped, began, read_frames: 0 })
    }

    /// Frees what the callback is done with. Called now and then by the output's thread.
    pub(crate) fn free_retired(&mut self) {
        while self.retired.pop().is_ok() {}
        // What only this list holds is gone from the mix.
        self.sources.retain(|controls| Arc::strong_count(controls) > 1);
        self.taps.retain(|dropped| Arc::strong_count(dropped) > 1);
    }

    /// Whether anything in the mix may sound: an instrument that is not idle, or a ring that plays.
    pub(crate) fn may_sound(&self) -> bool {
        self.sources.iter().any(|controls| {
            controls.playing.load(Ordering::Acquire)
                && !controls.idle.load(Ordering::Acquire)
                && !controls.removed.load(Ordering::Acquire)
        })
    }

    fn add(&mut self, kind: SourceKind, playing: bool) -> Result<Arc<Controls>, AudioError> {
        self.free_retired();
        let full = AudioError::MixerFull { max: MAX_SOURCES, what: "sources" };
        if self.sources.len() >= MAX_SOURCES {
            return Err(full);
        }
        let controls = Controls::new(playing);
        let source = Box::new(Source { kind, controls: Arc::clone(&controls), level: 0.0 });
        self.orders.push(Order::Source(source)).map_err(|_| full)?;
        self.sources.push(Arc::clone(&controls));
        Ok(controls)
    }
}

/// The audio thread's side.
pub(crate) struct Mixer {
    orders: Consumer<Order>,
    retired: Producer<Retired>,
    sources: [Option<Box<Source>>; MAX_SOURCES],
    taps: [Option<Outflow>; MAX_TAPS],
    limiter: Limiter,
    clock: OutputClock,
    scratch: [f32; MAX_BLOCK_FRAMES * 2],
}

impl Mixer {
    pub(crate) fn new(clock: OutputClock) -> (Self, MixerControl) {
        // Room for everything at once, twice: neither side ever finds them full.
        let (orders_in, orders) = RingBuffer::new(2 * (MAX_SOURCES + MAX_TAPS));
        let (retired, retired_out) = RingBuffer::new(2 * (MAX_SOURCES + MAX_TAPS));
        let mixer = Self {
            orders,
            retired,
            sources: [const { None }; MAX_SOURCES],
            taps: [const { None }; MAX_TAPS],
            limiter: Limiter { gain: 1.0 },
            clock,
            scratch: [0.0; MAX_BLOCK_FRAMES * 2],
        };
        let control =
            MixerControl { orders: orders_in, retired: retired_out, sources: Vec::new(), taps: Vec::new() };
        (mixer, control)
    }

    /// Mixes the next frames of interleaved stereo. Called on the audio thread.
    pub(crate) fn render(&mut self, out: &mut [f32]) {
        self.take_orders();
        for block in out.chunks_mut(MAX_BLOCK_FRAMES * 2) {
            block.fill(0.0);
            let Some(scratch) = self.scratch.get_mut(..block.len()) else { continue };
            for slot in &mut self.sources {
                let Some(source) = slot else { continue };
                source.mix_into(block, scratch);
                let gone = source.controls.removed.load(Ordering::Acquire) && source.level == 0.0;
                if gone && let Some(source) = slot.take() {
                    retire(&mut self.retired, Retired::Source(source));
                }
            }
            self.limiter.limit(block);
            for slot in &mut self.taps {
                let Some(tap) = slot else { continue };
                tap.take(block);
                if tap.ring.is_abandoned()
                    && let Some(tap) = slot.take()
                {
                    retire(&mut self.retired, Retired::Tap(tap));
                }
            }
            self.clock.0.frames.fetch_add(block.len() as u64 / 2, Ordering::AcqRel);
        }
    }

    fn take_orders(&mut self) {
        while let Ok(order) = self.orders.pop() {
            match order {
                Order::Source(source) => match self.sources.iter_mut().find(|slot| slot.is_none()) {
                    Some(slot) => *slot = Some(source),
                    None => retire(&mut self.retired, Retired::Source(source)),
                },
                Order::Tap(tap) => match self.taps.iter_mut().find(|slot| slot.is_none()) {
                    Some(slot) => {
                        tap.began.store(self.clock.0.frames.load(Ordering::Acquire), Ordering::Release);
                        *slot = Some(tap);
                    }
                    None => retire(&mut self.retired, Retired::Tap(tap)),
                },
            }
        }
    }
}

fn retire(retired: &mut Producer<Retired>, it: Retired) {
    if let Err(rtrb::PushError::Full(it)) = retired.push(it) {
        // Unreachable by the ring's size; leaking it is the one thing that neither frees nor waits.
        std::mem::forget(it);
    }
}

impl Source {
    fn mix_into(&mut self, block: &mut [f32], scratch: &mut [f32]) {
        let controls = &*self.controls;
        let flushing = controls.flush.load(Ordering::Acquire);
        let silent =
            flushing || controls.removed.load(Ordering::Acquire) || !controls.playing.load(Ordering::Acquire);
        let target = if silent { 0.0 } else { f32::from_bits(controls.gain.load(Ordering::Acquire)) };
        if self.level == 0.0 && target == 0.0 {
            if flushing {
                if let SourceKind::Ring(ring) = &mut self.kind {
                    let queued = ring.slots();
                    if let Ok(chunk) = ring.read_chunk(queued) {
                        chunk.commit_all();
                    }
                }
                controls.flush.store(false, Ordering::Release);
            }
            return;
        }
        let filled = match &mut self.kind {
            SourceKind::Instrument(fill) => {
                scratch.fill(0.0);
                fill(scratch);
                scratch.len()
            }
            SourceKind::Ring(ring) => {
                let (taken, missing) = ring.pop_partial_slice(scratch);
                missing.fill(0.0);
                let (taken, missing) = (taken.len(), missing.len());
                if missing > 0 && !silent {
                    controls.missed_frames.fetch_add(missing as u64 / 2, Ordering::Relaxed);
                }
                taken
            }
        };
        let step = 1.0 / (RAMP_SECS * MIX_RATE_HZ as f32);
        for (out, frame) in block.chunks_exact_mut(2).zip(scratch.chunks_exact(2)) {
            self.level = if self.level < target {
                (self.level + step).min(target)
            } else {
                (self.level - step).max(target)
            };
            for (out, sample) in out.iter_mut().zip(frame) {
                *out += sample * self.level;
            }
        }
        controls.played_frames.fetch_add(filled as u64 / 2, Ordering::AcqRel);
    }
}

impl Outflow {
    fn take(&mut self, block: &[f32]) {
        let whole = block.len().min(self.ring.slots()) / 2 * 2;
        let (pushed, _) = self.ring.push_partial_slice(block.get(..whole).unwrap_or_default());
        let dropped = (block.len() - pushed.len()) as u64 / 2;
        if dropped > 0 {
            self.dropped.fetch_add(dropped, Ordering::Relaxed);
        }
    }
}

/// Transparent below the ceiling; above it the gain goes down at once and comes back slowly.
struct Limiter {
    gain: f32,
}

impl Limiter {
    fn limit(&mut self, block: &mut [f32]) {
        let release = 1.0 / (LIMITER_RELEASE_SECS * MIX_RATE_HZ as f32);
        for frame in block.chunks_exact_mut(2) {
            let mut peak = 0.0f32;
            for sample in frame.iter_mut() {
                if !sample.is_finite() {
                    *sample = 0.0;
                }
                peak = peak.max(sample.abs());
            }
            self.gain += (1.0 - self.gain) * release;
            if peak * self.gain > CEILING {
                self.gain = CEILING / peak;
            }
            for sample in frame {
                *sample = (*sample * self.gain).clamp(-CEILING, CEILING);
            }
        }
    }
}
