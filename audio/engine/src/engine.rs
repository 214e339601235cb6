//! The sounding half: notes in, blocks of sound out. It lives in the audio callback.
//!
//! Notes arrive by a ring, any time before they are due, and start on their very sample. Samples come in
//! by another ring and those they replace go back by a third, to be freed elsewhere. All memory is
//! taken when the engine is made.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

use audio_signal::{NoteEvent, SampleTime};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::{
    dsp::Frame,
    limiter::Limiter,
    orbit::{Bus, Orbit},
    sounds::{LoadedSample, MAX_SAMPLES, SampleData},
    voice::{Life, Voice, sane},
};

/// The longest block rendered in one go, in frames. [`Engine::fill`] cuts longer ones.
pub const MAX_BLOCK_FRAMES: usize = 256;
/// Orbits: groups of voices with a delay and a reverb each.
pub const MAX_ORBITS: usize = 8;
/// Voices that may sound at once at most; [`EngineSettings::max_voices`] sets how many do.
pub const MAX_VOICES: usize = 128;
/// Voices beyond the cap that fade out while others take their place.
const SPARE_VOICES: usize = 16;
/// Notes that wait for their moment. When full, the newest is dropped and counted.
const MAX_PENDING: usize = 2_048;
/// Samples under way into the bank at once; the sender waits for the next turn when full.
const SAMPLE_RING: usize = 256;

/// How an engine is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EngineSettings {
    /// Sample rate, in Hz, 8,000–192,000.
    pub rate_hz: u32,
    /// Voices at once, 1–[`MAX_VOICES`]. One more takes the place of the least heard.
    pub max_voices: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { rate_hz: 48_000, max_voices: 64 }
    }
}

/// What the engine counts. Written in the callback, read anywhere.
#[derive(Debug, Default)]
pub struct EngineMeters {
    /// Voices that sound now.
    pub voices: AtomicU32,
    /// Whether a voice sounds, an echo of one, or a note waits.
    pub busy: AtomicBool,
    /// Notes started.
    pub started: AtomicU64,
    /// Notes that came after their moment and started at once.
    pub late: AtomicU64,
    /// Voices that had to go for others.
    pub stolen: AtomicU64,
    /// Notes dropped because too many were waiting.
    pub dropped: AtomicU64,
    /// Frames rendered: the engine's clock.
    pub frames: AtomicU64,
}

/// The way into a running engine, for the score's thread.
pub struct EngineInput {
    notes: Producer<Entry>,
    orders: Producer<Order>,
    returned: Consumer<Arc<SampleData>>,
    meters: Arc<EngineMeters>,
}

enum Order {
    Load(LoadedSample),
    Hush,
}

/// What comes by the notes' ring, where order matters.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are notes, and nothing on the heap may enter the callback"
)]
enum Entry {
    Note(NoteEvent),
    /// Notes that came before this and start then or later are not to sound.
    Forget(SampleTime),
}

impl EngineInput {
    /// Sends a note and returns whether it went in: the ring may be full until after the next block.
    #[must_use = "a note that did not go in must be sent again, or is lost"]
    pub fn play(&mut self, note: NoteEvent) -> bool {
        self.notes.push(Entry::Note(note)).is_ok()
    }

    /// Takes back the notes sent so far that start at `from` or later: what is sent next replaces them.
    /// Returns whether it went in, as [`EngineInput::play`] does.
    #[must_use = "an order that did not go in must be sent again"]
    pub fn forget_from(&mut self, from: SampleTime) -> bool {
        self.notes.push(Entry::Forget(from)).is_ok()
    }

    /// Puts a sample into the bank, for notes that start after the next block. Gives it back when the
    /// ring is full.
    ///
    /// # Errors
    /// The sample itself.
    pub fn load(&mut self, sample: LoadedSample) -> Result<(), LoadedSample> {
        self.free_returned();
        if self.orders.is_full() {
            return Err(sample);
        }
        // There is room, and nobody else pushes.
        let _ = self.orders.push(Order::Load(sample));
        Ok(())
    }

    /// Ends every voice and tail, and forgets the notes that wait.
    pub fn hush(&mut self) {
        // Full means samples are being loaded: the caller hushes again, it is a key somebody holds.
        let _ = self.orders.push(Order::Hush);
    }

    /// Frees samples that were replaced. Call now and then, on any thread but the callback's.
    pub fn free_returned(&mut self) {
        while self.returned.pop().is_ok() {}
    }

    /// Returns the engine's stream time, as of its last block: the score's now.
    pub fn time(&self) -> SampleTime {
        SampleTime(self.meters.frames.load(Ordering::Acquire))
    }

    /// Returns what the engine counts.
    pub fn meters(&self) -> &Arc<EngineMeters> {
        &self.meters
    }
}

/// The instrument.
pub struct Engine {
    rate_hz: f32,
    max_voices: usize,
    notes: Consumer<Entry>,
    orders: Consumer<Order>,
    returned: Producer<Arc<SampleData>>,
    meters: Arc<EngineMeters>,
    /// Waiting notes, the next one last.
    pending: Vec<NoteEvent>,
    voices: Vec<Voice>,
    born: u64,
    bank: Box<[Option<Arc<SampleData>>]>,
    orbits: Vec<Orbit>,
    buses: Vec<Buses>,
    scratch: Box<[Frame; MAX_BLOCK_FRAMES]>,
    mix: Box<[Frame; MAX_BLOCK_FRAMES]>,
    limiter: Limiter,
    clock: u64,
}

#[derive(Clone)]
struct Buses {
    dry: [Frame; MAX_BLOCK_FRAMES],
    delay: [Frame; MAX_BLOCK_FRAMES],
    room: [Frame; MAX_BLOCK_FRAMES],
    /// A voice wrote to it in this block.
    fed: bool,
}

impl Engine {
    /// Makes an engine that is silent, with an empty bank, and the way into it.
    pub fn new(settings: EngineSettings) -> (Self, EngineInput) {
        let rate_hz = settings.rate_hz.clamp(8_000, 192_000) as f32;
        let max_voices = settings.max_voices.clamp(1, MAX_VOICES);
        let (notes_in, notes) = RingBuffer::new(MAX_PENDING);
        let (orders_in, orders) = RingBuffer::new(SAMPLE_RING);
        let (returned, returned_out) = RingBuffer::new(MAX_SAMPLES);
        let meters = Arc::new(EngineMeters::default());
        let silent = Buses {
            dry: [[0.0; 2]; MAX_BLOCK_FRAMES],
            delay: [[0.0; 2]; MAX_BLOCK_FRAMES],
            room: [[0.0; 2]; MAX_BLOCK_FRAMES],
            fed: false,
        };
        let engine = Self {
            rate_hz,
            max_voices,
            notes,
            orders,
            returned,
            meters: Arc::clone(&meters),
            pending: Vec::with_capacity(MAX_PENDING),
            voices: (0..max_voices + SPARE_VOICES).map(|i| Voice::new(rate_hz, i as u32 + 1)).collect(),
            born: 0,
            bank: vec![None; MAX_SAMPLES].into_boxed_slice(),
            orbits: (0..MAX_ORBITS).map(|_| Orbit::new(rate_hz)).collect(),
            buses: vec![silent; MAX_ORBITS],
            scratch: Box::new([[0.0; 2]; MAX_BLOCK_FRAMES]),
            mix: Box::new([[0.0; 2]; MAX_BLOCK_FRAMES]),
            limiter: Limiter::new(rate_hz),
            clock: 0,
        };
        let input = EngineInput { notes: notes_in, orders: orders_in, returned: returned_out, meters };
        (engine, input)
    }

    /// Returns the stream time of the next frame.
    pub fn time(&self) -> SampleTime {
        SampleTime(self.clock)
    }

    /// Sets the stream time of the next frame: an engine that joins a stream that runs already.
    pub fn set_time(&mut self, time: SampleTime) {
        self.clock = time.0;
    }

    /// Fills `out` (interleaved stereo) with the next frames. Called on the audio thread: does not
    /// allocate, free, lock, wait or panic.
    pub fn fill(&mut self, out: &mut [f32]) {
        self.take_orders();
        for block in out.chunks_mut(MAX_BLOCK_FRAMES * 2) {
            self.take_notes();
            self.render(block.len() / 2);
            for (out, frame) in block.chunks_exact_mut(2).zip(self.mix.iter()) {
                out.copy_from_slice(frame);
            }
        }
        self.meters.frames.store(self.clock, Ordering::Release);
        let sounding = self.voices.iter().filter(|voice| voice.life != Life::Free).count();
        self.meters.voices.store(sounding as u32, Ordering::Relaxed);
        let busy = sounding > 0 || !self.pending.is_empty() || self.orbits.iter().any(Orbit::rings);
        self.meters.busy.store(busy, Ordering::Relaxed);
    }

    fn take_orders(&mut self) {
        while let Ok(order) = self.orders.pop() {
            match order {
                Order::Load(LoadedSample { id, data }) => {
                    let Some(slot) = self.bank.get_mut(usize::from(id.0)) else { continue };
                    if let Some(old) = slot.replace(data)
                        && let Err(rtrb::PushError::Full(old)) = self.returned.push(old)
                    {
                        // Unreachable while the sender frees what returns; leaking neither frees nor waits.
                        std::mem::forget(old);
                    }
                }
                Order::Hush => {
                    self.pending.clear();
                    while self.notes.pop().is_ok() {}
                    for voice in &mut self.voices {
                        // Its last milliseconds shall not start a new tail.
                        (voice.note.delay, voice.note.room) = (0.0, 0.0);
                        voice.kill(0);
                    }
                    self.orbits.iter_mut().for_each(Orbit::hush);
                }
            }
        }
    }

    fn take_notes(&mut self) {
        while let Ok(entry) = self.notes.pop() {
            let note = match entry {
                Entry::Note(note) => note,
                Entry::Forget(from) => {
                    self.pending.retain(|waiting| waiting.at < from);
                    continue;
                }
            };
            if self.pending.len() >= MAX_PENDING {
                self.meters.dropped.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            // The next one lies last; among equals the first to come is the first to sound.
            let at = self.pending.partition_point(|waiting| waiting.at > note.at);
            self.pending.insert(at, sane(note));
        }
    }

    /// Renders `len` frames into `mix`.
    fn render(&mut self, len: usize) {
        let end = self.clock + len as u64;
        while let Some(note) = self.pending.pop_if(|note| note.at.0 < end) {
            if note.at.0 < self.clock {
                self.meters.late.fetch_add(1, Ordering::Relaxed);
            }
            let offset = note.at.0.saturating_sub(self.clock) as usize;
            self.start(&note, offset);
        }
        for buses in &mut self.buses {
            buses.fed = false;
        }
        for voice in &mut self.voices {
            if voice.life == Life::Free {
                continue;
            }
            let from = voice.render(&mut self.scratch, len, self.rate_hz, &self.bank);
            let note = &voice.note;
            let Some(bus) = self.buses.get_mut(orbit_of(note)) else { continue };
            if !bus.fed {
                bus.dry.fill([0.0; 2]);
                bus.delay.fill([0.0; 2]);
                bus.room.fill([0.0; 2]);
                bus.fed = true;
            }
            let heard = self.scratch.get(from..len).unwrap_or_default();
            add(&mut bus.dry, from, heard, note.dry);
            add(&mut bus.delay, from, heard, note.delay);
            add(&mut bus.room, from, heard, note.room);
        }
        self.mix.fill([0.0; 2]);
        for (orbit, bus) in self.orbits.iter_mut().zip(&mut self.buses) {
            if !bus.fed && !orbit.rings() {
                continue;
            }
            let fed = bus.fed;
            if !fed {
                bus.dry.fill([0.0; 2]);
                bus.delay.fill([0.0; 2]);
                bus.room.fill([0.0; 2]);
            }
            let (Some(dry), Some(delay), Some(room), Some(mix)) = (
                bus.dry.get_mut(..len),
                bus.delay.get_mut(..len),
                bus.room.get_mut(..len),
                self.mix.get_mut(..len),
            ) else {
                continue;
            };
            orbit.process(Bus { dry, delay, room }, fed, mix);
        }
        self.limiter.process(self.mix.get_mut(..len).unwrap_or_default());
        self.clock = end;
    }

    fn start(&mut self, note: &NoteEvent, offset: usize) {
        if note.cut > 0 {
            let same = |voice: &&mut Voice| voice.life != Life::Free && voice.note.cut == note.cut;
            self.voices.iter_mut().filter(same).for_each(|voice| voice.kill(offset));
        }
        for (i, orbit) in self.orbits.iter_mut().enumerate() {
            if note.duck_orbits & (1 << i) != 0 {
                orbit.duck(note, offset);
            }
        }
        if let Some(orbit) = self.orbits.get_mut(orbit_of(note)) {
            orbit.tune(note);
        }
        let staying =
            self.voices.iter().filter(|voice| voice.life != Life::Free && !voice.is_leaving()).count();
        if staying >= self.max_voices {
            self.steal(offset);
        }
        self.born += 1;
        self.meters.started.fetch_add(1, Ordering::Relaxed);
        let free = self.voices.iter_mut().find(|voice| voice.life == Life::Free);
        // All spares fade at once: the one that is furthest gone is cut short.
        let voice = match free {
            Some(voice) => Some(voice),
            None => self.voices.iter_mut().min_by_key(|voice| (!voice.is_leaving(), voice.born)),
        };
        if let Some(voice) = voice {
            voice.start(note, offset, self.born, &self.bank);
        }
    }

    /// Sends away the voice that is missed least: one whose key is up before one that is held, the
    /// quieter before the louder, the older before the younger.
    fn steal(&mut self, offset: usize) {
        let rate_hz = self.rate_hz;
        let least = self
            .voices
            .iter_mut()
            .filter(|voice| voice.life == Life::Sounding && !voice.is_leaving())
            .min_by(|a, b| {
                let worth = |voice: &Voice| (!voice.is_released(rate_hz), voice.level);
                let ((a_held, a_level), (b_held, b_level)) = (worth(a), worth(b));
                a_held.cmp(&b_held).then(a_level.total_cmp(&b_level)).then(a.born.cmp(&b.born))
            });
        if let Some(voice) = least {
            voice.kill(offset);
            self.meters.stolen.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn orbit_of(note: &NoteEvent) -> usize {
    usize::from(note.orbit) % MAX_ORBITS
}

fn add(bus: &mut [Frame; MAX_BLOCK_FRAMES], from: usize, heard: &[Frame], share: f32) {
    if share == 0.0 {
        return;
    }
    for (out, frame) in bus.iter_mut().skip(from).zip(heard) {
        *out = [out[0] + frame[0] * share, out[1] + frame[1] * share];
    }
}
