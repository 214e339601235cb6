//! A pattern to samples, with no clock and no device: the same bytes each time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use audio_pattern::{Fault, NoSignals, Pattern, Signals};
use audio_signal::{Cue, NoteEvent, Transport};

use crate::{
    Engine, EngineInput, EngineSettings, MAX_BLOCK_FRAMES, Planned, Score, ScoreSettings, SoundTable,
    limiter::LIMITER_LATENCY_FRAMES, sounds::LoadedSample, sounds::SampleData,
};

/// Plays patterns offline, block by block.
///
/// [`Bounce::new`] plays one from its beginning. [`Bounce::idle`] waits for [`Bounce::set_pattern`]: a
/// jam, in which several blocks of code come and go on their beats.
///
/// ```
/// use audio_engine::{Bounce, SoundTable, install_kits};
/// use audio_pattern::mini;
/// use audio_signal::Transport;
/// let mut sounds = SoundTable::default();
/// let samples = install_kits(&mut sounds);
/// let pattern = mini("bd sd").unwrap().control(&["s"]);
/// let mut bounce = Bounce::new(pattern, Transport::default(), sounds, samples);
/// let mut block = [0.0; 512];
/// bounce.fill(&mut block).unwrap();
/// ```
pub struct Bounce {
    scores: BTreeMap<Arc<str>, Score>,
    transport: Transport,
    sounds: SoundTable,
    engine: Engine,
    input: EngineInput,
    rate_hz: u32,
    /// Notes that did not fit into the ring yet.
    waiting: VecDeque<NoteEvent>,
    /// What patterns said to the picture since it was asked last.
    cues: Vec<Cue>,
    unknown: Vec<String>,
    /// Frames of the limiter's own delay still to be thrown away.
    skip: usize,
}

impl Bounce {
    /// Starts at time 0 of `transport`, with these sounds, at 48 kHz.
    pub fn new(
        pattern: Pattern,
        transport: Transport,
        sounds: SoundTable,
        samples: Vec<LoadedSample>,
    ) -> Self {
        let mut bounce = Self::idle(transport, sounds, samples);
        bounce.set_pattern("", Some(pattern), None);
        bounce
    }

    /// Starts at time 0 of `transport` with nothing to play, with these sounds, at 48 kHz.
    pub fn idle(transport: Transport, sounds: SoundTable, samples: Vec<LoadedSample>) -> Self {
        let settings = EngineSettings { max_voices: crate::MAX_VOICES, ..EngineSettings::default() };
        let (engine, input) = Engine::new(settings);
        let mut bounce = Self {
            scores: BTreeMap::new(),
            transport,
            sounds,
            engine,
            input,
            rate_hz: settings.rate_hz,
            waiting: VecDeque::new(),
            cues: Vec::new(),
            unknown: Vec::new(),
            skip: LIMITER_LATENCY_FRAMES,
        };
        samples.into_iter().for_each(|sample| bounce.load(sample));
        bounce
    }

    /// Adds a sample behind those that `name` has; one that is empty, too long or too many is left out.
    pub fn add_sample(&mut self, name: &str, sample: SampleData) {
        if let Some(sample) = self.sounds.add(name, sample) {
            self.load(sample);
        }
    }

    /// Lets a block of code play another pattern, or none: from `at_beat` on, or at once.
    pub fn set_pattern(&mut self, block: &str, pattern: Option<Pattern>, at_beat: Option<f64>) {
        let score = self.scores.entry(Arc::from(block)).or_default();
        match at_beat {
            Some(beat) => score.set_pattern_at(pattern, beat),
            None => score.set_pattern(pattern),
        }
        if !score.is_playing() {
            self.scores.remove(block);
        }
    }

    /// Goes on with another map between beats and time.
    pub fn set_transport(&mut self, transport: Transport) {
        self.transport = transport;
    }

    /// Stops everything that plays and sounds.
    pub fn hush(&mut self) {
        self.scores.clear();
        self.waiting.clear();
        self.input.hush();
        // Now, and not with the notes of the next block.
        self.engine.fill(&mut []);
    }

    /// Takes what patterns said to the picture since the last call, at most a few milliseconds ahead.
    pub fn take_cues(&mut self) -> Vec<Cue> {
        std::mem::take(&mut self.cues)
    }

    /// Returns the sample rate, in Hz.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Returns the names of sounds that were asked for and that nobody has.
    pub fn unknown_sounds(&self) -> &[String] {
        &self.unknown
    }

    /// Fills `out` with the next frames, interleaved stereo.
    ///
    /// # Errors
    /// The pattern's [`Fault`]; what it fills then is the notes that were planned before.
    pub fn fill(&mut self, out: &mut [f32]) -> Result<(), Fault> {
        self.fill_with(out, &NoSignals)
    }

    /// As [`Bounce::fill`], with what patterns can ask of the world.
    ///
    /// # Errors
    /// As [`Bounce::fill`].
    pub fn fill_with(&mut self, out: &mut [f32], signals: &dyn Signals) -> Result<(), Fault> {
        if self.skip > 0 {
            let mut thrown = [0.0; LIMITER_LATENCY_FRAMES * 2];
            let frames = std::mem::take(&mut self.skip);
            self.block(thrown.get_mut(..frames * 2).unwrap_or_default(), signals)?;
        }
        for block in out.chunks_mut(MAX_BLOCK_FRAMES * 2) {
            self.block(block, signals)?;
        }
        Ok(())
    }

    fn load(&mut self, mut sample: LoadedSample) {
        while let Err(back) = self.input.load(sample) {
            // The ring is full: an empty block makes the engine take what is in it.
            self.engine.fill(&mut []);
            sample = back;
        }
    }

    fn block(&mut self, block: &mut [f32], signals: &dyn Signals) -> Result<(), Fault> {
        let now_secs = self.engine.time().secs(self.rate_hz);
        // A little more than the block: a note on its last frame is not late.
        let block_secs = (block.len() / 2 + MAX_BLOCK_FRAMES) as f64 / f64::from(self.rate_hz);
        let settings = ScoreSettings { rate_hz: self.rate_hz, signals, ..ScoreSettings::default() };
        let mut fault = None;
        for score in self.scores.values_mut() {
            let plan = score.plan(&self.transport, now_secs, block_secs, &self.sounds, &settings);
            for event in plan.events {
                match event {
                    Planned::Note(note) => self.waiting.push_back(*note),
                    Planned::Unknown { sound } => self.unknown.push(sound),
                    Planned::Cue(cue) => self.cues.push(cue),
                }
            }
            fault = fault.or(plan.fault);
        }
        while self.waiting.front().is_some_and(|note| self.input.play(*note)) {
            self.waiting.pop_front();
        }
        self.engine.fill(block);
        fault.map_or(Ok(()), Err)
    }
}
