use serde::{Deserialize, Serialize};

/// Samples of waveform in an [`AudioFrame`]: 43 ms at 48 kHz, one FFT window.
pub const WAVEFORM_SAMPLES: usize = 2048;
/// Magnitudes in an [`AudioFrame`]: half of the window, bins of `sample_rate / 2048` Hz from 0.
pub const SPECTRUM_BINS: usize = 1024;

/// One kind of hit, counted so that a reader that skips frames misses none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Hits since the stream began.
    pub count: u64,
    /// Stream time of the last hit, in seconds. Meaningless while `count` is 0.
    pub time_secs: f64,
    /// Strength of the last hit, 0–1.
    pub strength: f32,
}

/// One band of the music, auto-gained and silence-gated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BandSignal {
    /// How loud the band is now, 0–1: fast up, slower down.
    pub level: f32,
    /// Transients only, 0–1: jumps on a hit and decays in about 150 ms.
    pub hits: f32,
    /// How present the band is in this part of the song, 0–1: seconds to move.
    pub presence: f32,
    /// A clock in seconds that runs faster when the band is loud. Never jumps, never runs back.
    pub time_secs: f64,
}

/// Major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Major.
    Major,
    /// Minor.
    Minor,
}

/// A musical key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Pitch class of the tonic, 0 = C … 11 = B.
    pub tonic: u8,
    /// Major or minor.
    pub mode: Mode,
}

impl Key {
    const NAMES: [&'static str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mode = match self.mode {
            Mode::Major => "major",
            Mode::Minor => "minor",
        };
        write!(f, "{} {mode}", Self::NAMES[usize::from(self.tonic % 12)])
    }
}

/// The Signal: all the analyser heard up to one instant.
///
/// Published latest-wins, at least 86 times a second. Hits are counts, so nothing is missed by a
/// reader that draws fewer frames.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioFrame {
    /// Stream time of the newest sample in it, in seconds.
    pub time_secs: f64,
    /// Sample rate of the stream, in Hz.
    pub sample_rate_hz: u32,
    /// Whether the silence gate is closed: nothing is playing.
    pub silent: bool,

    /// The whole range.
    pub all: BandSignal,
    /// 20–150 Hz: kick and bass.
    pub bass: BandSignal,
    /// 150–800 Hz: body of most instruments.
    pub mid: BandSignal,
    /// 800–4,000 Hz: voices, snares, leads.
    pub mid_high: BandSignal,
    /// 4,000–20,000 Hz: hats, air.
    pub high: BandSignal,

    /// Onset strength now, 0–1.
    pub onset_strength: f32,
    /// Any onset.
    pub onset: Hit,
    /// Low hits: kick drums.
    pub kick: Hit,
    /// Middle hits: snares, claps.
    pub snare: Hit,
    /// High hits: hats.
    pub hat: Hit,
    /// Tracked beats.
    pub beat: Hit,
    /// First beats of a bar.
    pub downbeat: Hit,

    /// Beats per minute, 0 while unknown.
    pub tempo_bpm: f32,
    /// How sure the tracker is of tempo and phase, 0–1.
    pub beat_confidence: f32,
    /// How sure it is where the bar starts, 0–1.
    pub downbeat_confidence: f32,
    /// Beats since the stream began at `time_secs`, phase-locked. Never runs back.
    pub beats: f64,
    /// Phase in the beat, in turns: 0 on the beat.
    pub beat_phase: f32,
    /// Phase in the bar, in turns: 0 on the downbeat.
    pub bar_phase: f32,
    /// Beats in a bar.
    pub beats_per_bar: u8,
    /// Where the off-beat lies, in turns of the beat, 0.5–0.72: 0.5 straight or unknown, 0.667 triplets.
    pub swing_turns: f32,

    /// Momentary loudness (EBU R128, 400 ms), in LUFS. −70 is silence.
    pub loudness_lufs: f32,
    /// Long-term energy of the song, 0–1: quiet parts against loud parts.
    pub intensity: f32,
    /// How far a build-up has come, 0–1.
    pub build_up: f32,
    /// Drops heard: the moment after a build-up.
    pub drop: Hit,
    /// Changes of section heard.
    pub section: Hit,

    /// Energy of each pitch class from C, 0–1, the loudest is 1.
    pub chroma: [f32; 12],
    /// The key, `None` while unknown or for drums alone.
    pub key: Option<Key>,
    /// How sure it is of the key, 0–1.
    pub key_confidence: f32,

    /// The newest samples, mono, −1–1, oldest first.
    pub waveform: [f32; WAVEFORM_SAMPLES],
    /// Linear FFT magnitudes of `waveform` under a Blackman window: a full-scale sine reads about 1.
    pub spectrum: [f32; SPECTRUM_BINS],
}

impl Default for AudioFrame {
    /// Silence at time 0.
    fn default() -> Self {
        Self {
            time_secs: 0.0,
            sample_rate_hz: 48_000,
            silent: true,
            all: BandSignal::default(),
            bass: BandSignal::default(),
            mid: BandSignal::default(),
            mid_high: BandSignal::default(),
            high: BandSignal::default(),
            onset_strength: 0.0,
            onset: Hit::default(),
            kick: Hit::default(),
            snare: Hit::default(),
            hat: Hit::default(),
            beat: Hit::default(),
            downbeat: Hit::default(),
            tempo_bpm: 0.0,
            beat_confidence: 0.0,
            downbeat_confidence: 0.0,
            beats: 0.0,
            beat_phase: 0.0,
            bar_phase: 0.0,
            beats_per_bar: 4,
            swing_turns: 0.5,
            loudness_lufs: -70.0,
            intensity: 0.0,
            build_up: 0.0,
            drop: Hit::default(),
            section: Hit::default(),
            chroma: [0.0; 12],
            key: None,
            key_confidence: 0.0,
            waveform: [0.0; WAVEFORM_SAMPLES],
            spectrum: [0.0; SPECTRUM_BINS],
        }
    }
}
