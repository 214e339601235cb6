//! One sounding note: a source, its envelope, its filters and effects.

mod chain;
mod source;

use audio_signal::{FilterSlope, NoteEvent, Sound, Wave};

use crate::{
    dsp::{Frame, adsr, pan_gains},
    engine::MAX_BLOCK_FRAMES,
    sounds::SampleData,
};
use chain::Chain;
use source::Source;

/// Frames between two looks at envelopes and coefficients: 0.33 ms at 48 kHz, below hearing.
pub(crate) const CONTROL_FRAMES: usize = 16;
/// A voice that must go fades in this time.
pub(crate) const KILL_SECS: f32 = 0.004;
/// Oscillators are this much softer than samples: sixty-four of them shall fit.
const WAVE_LEVEL: f32 = 0.3;

/// Whether a voice sounds, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Life {
    /// It may be started.
    Free,
    /// It sounds.
    Sounding,
    /// It fades from `level` on, by so much a frame, to make room.
    Dying { level: f32 },
}

pub(crate) struct Voice {
    pub(crate) life: Life,
    /// The engine's count of notes when this one started: the smaller, the older.
    pub(crate) born: u64,
    pub(crate) note: NoteEvent,
    /// Frame of the block it starts in; 0 from the second block on.
    start: usize,
    /// Frame of the block at which it begins to die, if it does in this one.
    dies_at: Option<usize>,
    age_frames: u64,
    source: Source,
    chain: Chain,
    gains: Frame,
    /// The level it had last: what stealing looks at.
    pub(crate) level: f32,
}

/// A sample bank as the engine holds it.
pub(crate) type Bank = [Option<std::sync::Arc<SampleData>>];

impl Voice {
    pub(crate) fn new(rate_hz: f32, seed: u32) -> Self {
        Self {
            life: Life::Free,
            born: 0,
            note: NoteEvent::default(),
            start: 0,
            dies_at: None,
            age_frames: 0,
            source: Source::new(rate_hz, seed),
            chain: Chain::new(rate_hz),
            gains: [0.0; 2],
            level: 0.0,
        }
    }

    pub(crate) fn start(&mut self, note: &NoteEvent, offset: usize, born: u64, bank: &Bank) {
        self.note = *note;
        self.start = offset;
        self.dies_at = None;
        self.age_frames = 0;
        self.born = born;
        self.life = Life::Sounding;
        self.source.start(note, bank);
        self.chain.start(note);
        let scale = match note.sound {
            Sound::Wave(_) => WAVE_LEVEL,
            Sound::Sample(_) => 1.0,
        };
        // Panning keeps the power; in the middle nothing changes.
        self.gains = pan_gains(note.pan).map(|gain| gain * std::f32::consts::SQRT_2 * scale);
        self.level = note.gain;
    }

    /// Makes it fade from this frame of the block on.
    pub(crate) fn kill(&mut self, offset: usize) {
        if self.life == Life::Sounding && self.dies_at.is_none() {
            self.dies_at = Some(offset);
        }
    }

    pub(crate) fn is_leaving(&self) -> bool {
        matches!(self.life, Life::Dying { .. }) || self.dies_at.is_some()
    }

    /// Whether its key is up.
    pub(crate) fn is_released(&self, rate_hz: f32) -> bool {
        self.age_frames as f32 / rate_hz >= self.note.hold_secs
    }

    /// Renders its share of the block into `out` and returns from where on. Free when over.
    pub(crate) fn render(
        &mut self,
        out: &mut [Frame; MAX_BLOCK_FRAMES],
        len: usize,
        rate_hz: f32,
        bank: &Bank,
    ) -> usize {
        let start = self.start.min(len);
        self.start = 0;
        let mut at = start;
        let mut over = false;
        while at < len {
            let count = CONTROL_FRAMES.min(len - at);
            let secs = self.age_frames as f32 / rate_hz;
            let next_secs = (self.age_frames + count as u64) as f32 / rate_hz;
            let Some(span) = out.get_mut(at..at + count) else { break };
            let sounds = self.source.render(&self.note, secs, span, bank);

            // The envelope is exact at both ends and straight between, and it never ends within.
            let from = adsr(&self.note.env, secs, self.note.hold_secs) * self.note.gain;
            let to = adsr(&self.note.env, next_secs, self.note.hold_secs) * self.note.gain;
            let step = (to - from) / count as f32;
            for (i, frame) in span.iter_mut().enumerate() {
                let level = from + step * (i as f32 + 1.0);
                *frame = [frame[0] * level, frame[1] * level];
            }
            self.level = to;
            self.chain.process(&self.note, secs, span);
            for frame in span.iter_mut() {
                *frame = [
                    frame[0] * self.gains[0] * self.note.post_gain,
                    frame[1] * self.gains[1] * self.note.post_gain,
                ];
            }
            self.fade(span, at, rate_hz);
            self.age_frames += count as u64;
            at += count;
            over = matches!(self.life, Life::Dying { level } if level <= 0.0);
            if over {
                break;
            }
            let env = &self.note.env;
            // A sound that has gone to silence by itself is over, however long its key is held.
            let faded = env.sustain == 0.0 && next_secs >= env.attack + env.decay;
            let ended = next_secs >= self.note.hold_secs + env.release || faded || !sounds;
            if ended && self.life == Life::Sounding {
                // What rings on in the filters fades instead of breaking off.
                self.life = Life::Dying { level: 1.0 };
            }
        }
        out.get_mut(at..len).unwrap_or_default().fill([0.0; 2]);
        self.dies_at = None;
        if over {
            self.life = Life::Free;
        }
        start
    }

    fn fade(&mut self, span: &mut [Frame], at: usize, rate_hz: f32) {
        let from = match (self.life, self.dies_at) {
            (Life::Dying { .. }, _) => 0,
            (Life::Sounding, Some(dies_at)) if dies_at < at + span.len() => dies_at.saturating_sub(at),
            _ => return,
        };
        let mut level = if let Life::Dying { level } = self.life { level } else { 1.0 };
        let step = 1.0 / (KILL_SECS * rate_hz);
        for frame in span.iter_mut().skip(from) {
            level = (level - step).max(0.0);
            *frame = [frame[0] * level, frame[1] * level];
        }
        self.life = Life::Dying { level };
    }
}

/// Whether a note is worth starting: nonsense numbers stay out of the audio thread's loops.
pub(crate) fn sane(mut note: NoteEvent) -> NoteEvent {
    let fix = |x: f32, low: f32, high: f32| if x.is_finite() { x.clamp(low, high) } else { low };
    for env in [
        &mut note.env,
        &mut note.pitch_env,
        &mut note.low_pass.env,
        &mut note.high_pass.env,
        &mut note.band_pass.env,
    ]
    .into_iter()
    .chain(&mut note.fm_env)
    {
        env.attack = fix(env.attack, 0.0, 100.0);
        env.decay = fix(env.decay, 0.0, 100.0);
        env.sustain = fix(env.sustain, 0.0, 1.0);
        env.release = fix(env.release, 0.0, 100.0);
    }
    // A level that jumps clicks: a millisecond on, a few off.
    note.env.attack = note.env.attack.max(0.001);
    note.env.release = note.env.release.max(0.005);
    note.hold_secs = fix(note.hold_secs, 0.001, 600.0);
    note.freq_hz = fix(note.freq_hz, 0.0, 20_000.0);
    note.gain = fix(note.gain, 0.0, 4.0);
    note.post_gain = fix(note.post_gain, 0.0, 4.0);
    note.pan = fix(note.pan, 0.0, 1.0);
    note.pulse_width = fix(note.pulse_width, 0.01, 0.99);
    note.pulse_rate_hz = fix(note.pulse_rate_hz, 0.0, 1_000.0);
    note.pulse_sweep = fix(note.pulse_sweep, 0.0, 1.0);
    note.unison = note.unison.clamp(1, source::MAX_UNISON as u8);
    note.detune = fix(note.detune, -24.0, 24.0);
    note.spread = fix(note.spread, 0.0, 1.0);
    note.noise = fix(note.noise, 0.0, 1.0);
    note.density = fix(note.density, 0.0, 1.0);
    note.vibrato_hz = fix(note.vibrato_hz, 0.0, 1_000.0);
    note.vibrato_semitones = fix(note.vibrato_semitones, -48.0, 48.0);
    note.pitch_env_semitones = fix(note.pitch_env_semitones, -96.0, 96.0);
    note.accelerate = fix(note.accelerate, -10.0, 10.0);
    note.fm_index = fix(note.fm_index, 0.0, 200.0);
    note.fm_ratio = fix(note.fm_ratio, 0.0, 100.0);
    note.speed = if note.speed.is_finite() { note.speed.clamp(-64.0, 64.0) } else { 1.0 };
    note.begin = fix(note.begin, 0.0, 1.0);
    note.end = fix(note.end, 0.0, 1.0);
    note.looped = note.looped.map(|(from, to)| (fix(from, 0.0, 1.0), fix(to, 0.0, 1.0)));
    for filter in [&mut note.low_pass, &mut note.high_pass, &mut note.band_pass] {
        filter.cutoff_hz = fix(filter.cutoff_hz, 0.0, 22_000.0);
        filter.resonance = fix(filter.resonance, 0.0, 60.0);
        filter.env_octaves = fix(filter.env_octaves, -12.0, 12.0);
        filter.env_anchor = fix(filter.env_anchor, 0.0, 1.0);
    }
    note.coarse = fix(note.coarse, 0.0, 1_000.0);
    note.crush = fix(note.crush, 0.0, 16.0);
    note.shape = fix(note.shape, 0.0, 0.99);
    note.distort = fix(note.distort, 0.0, 20.0);
    note.distort_gain = fix(note.distort_gain, 0.0, 4.0);
    note.tremolo_hz = fix(note.tremolo_hz, 0.0, 1_000.0);
    note.tremolo_depth = fix(note.tremolo_depth, 0.0, 1.0);
    note.tremolo_phase = fix(note.tremolo_phase, -1_000.0, 1_000.0);
    note.chorus = fix(note.chorus, 0.0, 1.0);
    note.phaser_hz = fix(note.phaser_hz, 0.0, 1_000.0);
    note.phaser_depth = fix(note.phaser_depth, 0.0, 1.0);
    note.phaser_center_hz = fix(note.phaser_center_hz, 20.0, 20_000.0);
    note.phaser_sweep_hz = fix(note.phaser_sweep_hz, 0.0, 20_000.0);
    note.compressor_db = fix(note.compressor_db, -100.0, 0.0);
    note.compressor_ratio = fix(note.compressor_ratio, 1.0, 100.0);
    note.compressor_attack = fix(note.compressor_attack, 0.000_1, 10.0);
    note.compressor_release = fix(note.compressor_release, 0.001, 10.0);
    note.dry = fix(note.dry, 0.0, 4.0);
    note.delay = fix(note.delay, 0.0, 2.0);
    note.delay_secs = fix(note.delay_secs, 0.0, 100.0);
    note.delay_feedback = fix(note.delay_feedback, 0.0, 0.98);
    note.room = fix(note.room, 0.0, 2.0);
    note.room_secs = fix(note.room_secs, 0.0, 30.0);
    note.room_low_pass_hz = fix(note.room_low_pass_hz, 20.0, 22_000.0);
    note.duck_depth = fix(note.duck_depth, 0.0, 1.0);
    note.duck_onset = fix(note.duck_onset, 0.0, 10.0);
    note.duck_attack = fix(note.duck_attack, 0.001, 60.0);
    note
}

/// Kept so that a slope and a wave are named in one place for the source and the chain.
pub(crate) fn is_steep(slope: FilterSlope) -> bool {
    slope != FilterSlope::Db12
}

/// Whether a wave follows a pitch.
pub(crate) fn is_pitched(wave: Wave) -> bool {
    !matches!(wave, Wave::WhiteNoise | Wave::PinkNoise | Wave::BrownNoise | Wave::Crackle)
}
