/// Ticks in a second: the unit of all times in a fingerprint, 16 ms.
pub const TICKS_PER_SECOND: f64 = 62.5;
/// Pitch 0, in Hz. Below, rooms hum and small speakers are silent.
pub(crate) const LOW_HZ: f64 = 200.0;
/// Pitch steps in an octave: a twentieth of a semitone, what interpolation between bins resolves.
pub(crate) const PITCHES_PER_OCTAVE: f64 = 240.0;
/// One more than the highest pitch, at 5,571 Hz: above, telephones and cheap encoders are silent.
pub(crate) const NUM_PITCHES: u16 = 1_152;

/// A point of the constellation: where the spectrum stands out from its surroundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peak {
    /// When, in ticks of 16 ms since the start of the stream.
    pub tick: u32,
    /// How high, in twentieths of a semitone above 200 Hz: 0–1,151.
    pub pitch: u16,
    /// How strong, in dB above −100 dBFS with 3 dB more per octave: 0–255.
    pub level: u8,
}

/// Returns the pitch of a frequency, in fractions of a step. Below 0 and above the last step are
/// outside of what is looked at.
pub(crate) fn pitch_from_hz(hz: f64) -> f64 {
    PITCHES_PER_OCTAVE * (hz / LOW_HZ).log2()
}

/// Returns how far a stream played at `rate` times its speed is shifted, in pitch steps.
pub(crate) fn pitch_shift(rate: f64) -> f64 {
    PITCHES_PER_OCTAVE * rate.log2()
}
