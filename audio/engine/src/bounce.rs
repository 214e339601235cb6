//! A pattern to samples, with no clock and no device: the same bytes each time.

use audio_pattern::{Fault, Pattern};
use audio_signal::Transport;

use crate::{
    Engine, EngineInput, EngineSettings, MAX_BLOCK_FRAMES, Planned, Score, ScoreSettings, SoundTable,
    limiter::LIMITER_LATENCY_FRAMES, sounds::LoadedSample,
};

/// Plays a pattern offline, block by block.
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
    score: Score,
    transport: Transport,
    sounds: SoundTable,
    engine: Engine,
    input: EngineInput,
    rate_hz: u32,
    /// Notes that did not fit into the ring yet.
    waiting: std::collections::VecDeque<audio_signal::NoteEvent>,
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
        let settings = EngineSettings { max_voices: crate::MAX_VOICES, ..EngineSettings::default() };
        let (mut engine, mut input) = Engine::new(settings);
        for mut sample in samples {
            while let Err(back) = input.load(sample) {
                // The ring is full: an empty block makes the engine take what is in it.
                engine.fill(&mut []);
                sample = back;
            }
        }
        let mut score = Score::default();
        score.set_pattern(Some(pattern));
        Self {
            score,
            transport,
            sounds,
            engine,
            input,
            rate_hz: settings.rate_hz,
            waiting: std::collections::VecDeque::new(),
            unknown: Vec::new(),
            skip: LIMITER_LATENCY_FRAMES,
        }
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
        if self.skip > 0 {
            let mut thrown = [0.0; LIMITER_LATENCY_FRAMES * 2];
            let frames = std::mem::take(&mut self.skip);
            self.block(thrown.get_mut(..frames * 2).unwrap_or_default())?;
        }
        for block in out.chunks_mut(MAX_BLOCK_FRAMES * 2) {
            self.block(block)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &mut [f32]) -> Result<(), Fault> {
        let now_secs = self.engine.time().secs(self.rate_hz);
        // A little more than the block: a note on its last frame is not late.
        let block_secs = (block.len() / 2 + MAX_BLOCK_FRAMES) as f64 / f64::from(self.rate_hz);
        let settings = ScoreSettings { rate_hz: self.rate_hz, ..ScoreSettings::default() };
        let plan = self.score.plan(&self.transport, now_secs, block_secs, &self.sounds, &settings);
        for event in plan.events {
            match event {
                Planned::Note(note) => self.waiting.push_back(*note),
                Planned::Unknown { sound } => self.unknown.push(sound),
                Planned::Cue(_) => {}
            }
        }
        while self.waiting.front().is_some_and(|note| self.input.play(*note)) {
            self.waiting.pop_front();
        }
        self.engine.fill(block);
        plan.fault.map_or(Ok(()), Err)
    }
}
