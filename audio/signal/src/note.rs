use crate::SampleTime;

/// A sample in the instrument's bank: what a name was resolved to before the note was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SampleId(pub u16);

/// A wave an oscillator makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wave {
    /// A pure tone.
    Sine,
    /// Odd harmonics, soft.
    #[default]
    Triangle,
    /// Odd harmonics, hollow; its width is [`NoteEvent::pulse_width`].
    Pulse,
    /// All harmonics.
    Saw,
    /// Several saws, detuned and spread.
    SuperSaw,
    /// Equal power per hertz.
    WhiteNoise,
    /// Equal power per octave.
    PinkNoise,
    /// Deep rumble.
    BrownNoise,
    /// Single clicks, [`NoteEvent::density`] of them.
    Crackle,
    /// A string that is plucked.
    Pluck,
}

/// What makes the sound of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// An oscillator.
    Wave(Wave),
    /// A sample.
    Sample(SampleId),
}

/// An envelope. Times in seconds, level 0–1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adsr {
    /// Time to full level.
    pub attack: f32,
    /// Time from full level to `sustain`.
    pub decay: f32,
    /// Level held while the note lasts.
    pub sustain: f32,
    /// Time to silence after it.
    pub release: f32,
}

/// One filter of a voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoteFilter {
    /// Cutoff or centre, in Hz. 0 is no filter.
    pub cutoff_hz: f32,
    /// Resonance: in dB for low and high pass, the quality for band pass.
    pub resonance: f32,
    /// How far the envelope moves the cutoff, in octaves.
    pub env_octaves: f32,
    /// Which end of the sweep is `cutoff_hz`, 0–1.
    pub env_anchor: f32,
    /// The envelope.
    pub env: Adsr,
}

/// The slope of a voice's low and high pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FilterSlope {
    /// 12 dB per octave.
    #[default]
    Db12,
    /// 24 dB per octave.
    Db24,
    /// 24 dB per octave, driven.
    Ladder,
}

/// One note for the instrument: all it needs, of fixed size, so that it may enter the audio callback.
///
/// Made by the score from a pattern's event, or by a keyboard. [`NoteEvent::default`] is a plain
/// triangle at the start of the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoteEvent {
    /// When it starts, in the output's stream time. The past means now.
    pub at: SampleTime,
    /// How long it is held, in seconds. The release follows.
    pub hold_secs: f32,
    /// What sounds.
    pub sound: Sound,

    /// The pitch, in Hz. For a sample: ignored.
    pub freq_hz: f32,
    /// How loud, linear, 0–4, before effects.
    pub gain: f32,
    /// How loud, linear, 0–4, after effects.
    pub post_gain: f32,
    /// 0 left, 0.5 middle, 1 right.
    pub pan: f32,
    /// The level over time.
    pub env: Adsr,

    /// Width of the pulse, 0–1.
    pub pulse_width: f32,
    /// Rate at which the width changes, in Hz, and by how much.
    pub pulse_rate_hz: f32,
    /// How far the width changes, 0–1.
    pub pulse_sweep: f32,
    /// Voices of the super saw, 1–8.
    pub unison: u8,
    /// Their detune, in semitones.
    pub detune: f32,
    /// Their stereo width, 0–1.
    pub spread: f32,
    /// Share of noise mixed in, 0–1.
    pub noise: f32,
    /// Density of the crackle, 0–1.
    pub density: f32,

    /// Vibrato rate, in Hz. 0 is none.
    pub vibrato_hz: f32,
    /// Vibrato depth, in semitones.
    pub vibrato_semitones: f32,
    /// Depth of the pitch envelope, in semitones. 0 is none.
    pub pitch_env_semitones: f32,
    /// The pitch envelope.
    pub pitch_env: Adsr,
    /// Octaves the pitch slides by over the note.
    pub accelerate: f32,
    /// Depth of frequency modulation. 0 is none.
    pub fm_index: f32,
    /// Ratio of the modulator to the note.
    pub fm_ratio: f32,
    /// The modulator's envelope; `None` holds the depth.
    pub fm_env: Option<Adsr>,

    /// Playback speed of a sample; negative plays backwards.
    pub speed: f32,
    /// Where the sample starts, 0–1.
    pub begin: f32,
    /// Where the sample ends, 0–1.
    pub end: f32,
    /// The part that repeats, 0–1 of the sample; `None` plays once.
    pub looped: Option<(f32, f32)>,
    /// Voices of one cut group end each other. 0 is none.
    pub cut: u16,

    /// The low pass.
    pub low_pass: NoteFilter,
    /// The high pass.
    pub high_pass: NoteFilter,
    /// The band pass.
    pub band_pass: NoteFilter,
    /// Slope of low and high pass.
    pub slope: FilterSlope,
    /// The vowel: `a e i o u` as 1–5, 0 is none.
    pub vowel: u8,

    /// Sample rate divided by this. Up to 1 is off.
    pub coarse: f32,
    /// Bits kept, 1–16. 0 is off.
    pub crush: f32,
    /// Wave shaping, 0–1.
    pub shape: f32,
    /// Distortion. 0 is off.
    pub distort: f32,
    /// Level after shaping and distortion, linear.
    pub distort_gain: f32,
    /// Tremolo rate, in Hz. 0 is off.
    pub tremolo_hz: f32,
    /// Tremolo depth, 0–1.
    pub tremolo_depth: f32,
    /// Phase the tremolo starts at, in turns.
    pub tremolo_phase: f32,
    /// Chorus depth, 0–1.
    pub chorus: f32,
    /// Phaser rate, in Hz. 0 is off.
    pub phaser_hz: f32,
    /// Phaser depth, 0–1.
    pub phaser_depth: f32,
    /// Middle of the phaser's sweep, in Hz.
    pub phaser_center_hz: f32,
    /// Width of the phaser's sweep, in Hz.
    pub phaser_sweep_hz: f32,
    /// Threshold of the compressor, in dB. 0 is off.
    pub compressor_db: f32,
    /// Ratio of the compressor.
    pub compressor_ratio: f32,
    /// Attack of the compressor, in seconds.
    pub compressor_attack: f32,
    /// Release of the compressor, in seconds.
    pub compressor_release: f32,

    /// The orbit, from 0: voices of one share delay and reverb.
    pub orbit: u8,
    /// Share that goes on dry, 0–1.
    pub dry: f32,
    /// Share sent to the orbit's delay, 0–1.
    pub delay: f32,
    /// Delay time, in seconds.
    pub delay_secs: f32,
    /// Share of the delay fed back, 0–1.
    pub delay_feedback: f32,
    /// Share sent to the orbit's reverb, 0–1.
    pub room: f32,
    /// How long the reverb rings, in seconds.
    pub room_secs: f32,
    /// Above this the reverb is dull, in Hz.
    pub room_low_pass_hz: f32,
    /// Orbits this note makes quieter, one bit each, bit 0 = orbit 0.
    pub duck_orbits: u16,
    /// How much quieter, 0–1.
    pub duck_depth: f32,
    /// Time until they are quiet, in seconds.
    pub duck_onset: f32,
    /// Time until they are back, in seconds.
    pub duck_attack: f32,
}

impl Adsr {
    /// The envelope of a filter whose parts nobody set.
    pub const FILTER: Self = Self { attack: 0.005, decay: 0.14, sustain: 0.0, release: 0.1 };
    /// The envelope of an oscillator whose parts nobody set.
    pub const SYNTH: Self = Self { attack: 0.001, decay: 0.05, sustain: 0.6, release: 0.01 };
    /// The envelope of a sample whose parts nobody set.
    pub const SAMPLE: Self = Self { attack: 0.001, decay: 0.001, sustain: 1.0, release: 0.01 };
}

impl NoteFilter {
    /// No filter.
    pub const OFF: Self =
        Self { cutoff_hz: 0.0, resonance: 1.0, env_octaves: 0.0, env_anchor: 0.0, env: Adsr::FILTER };
}

impl Default for NoteEvent {
    fn default() -> Self {
        Self {
            at: SampleTime(0),
            hold_secs: 0.25,
            sound: Sound::Wave(Wave::Triangle),
            freq_hz: 440.0,
            gain: 1.0,
            post_gain: 1.0,
            pan: 0.5,
            env: Adsr::SYNTH,
            pulse_width: 0.5,
            pulse_rate_hz: 1.0,
            pulse_sweep: 0.0,
            unison: 5,
            detune: 0.18,
            spread: 0.6,
            noise: 0.0,
            density: 0.03,
            vibrato_hz: 0.0,
            vibrato_semitones: 0.5,
            pitch_env_semitones: 0.0,
            pitch_env: Adsr { attack: 0.2, decay: 0.0, sustain: 1.0, release: 0.0 },
            accelerate: 0.0,
            fm_index: 0.0,
            fm_ratio: 1.0,
            fm_env: None,
            speed: 1.0,
            begin: 0.0,
            end: 1.0,
            looped: None,
            cut: 0,
            low_pass: NoteFilter::OFF,
            high_pass: NoteFilter::OFF,
            band_pass: NoteFilter::OFF,
            slope: FilterSlope::Db12,
            vowel: 0,
            coarse: 0.0,
            crush: 0.0,
            shape: 0.0,
            distort: 0.0,
            distort_gain: 1.0,
            tremolo_hz: 0.0,
            tremolo_depth: 1.0,
            tremolo_phase: 0.0,
            chorus: 0.0,
            phaser_hz: 0.0,
            phaser_depth: 0.75,
            phaser_center_hz: 1_000.0,
            phaser_sweep_hz: 2_000.0,
            compressor_db: 0.0,
            compressor_ratio: 10.0,
            compressor_attack: 0.005,
            compressor_release: 0.05,
            orbit: 0,
            dry: 1.0,
            delay: 0.0,
            delay_secs: 0.25,
            delay_feedback: 0.5,
            room: 0.0,
            room_secs: 1.5,
            room_low_pass_hz: 12_000.0,
            duck_orbits: 0,
            duck_depth: 1.0,
            duck_onset: 0.003,
            duck_attack: 0.2,
        }
    }
}
