//! The track this program brings along: sixteen bars of house at 128 beats a minute, thirty seconds
//! to the sample, made note by note while it plays. No file, no licence, the same on every machine.
//!
//! Bars 1–4 open with kick, chords and a filtered bass; 5–8 build up (hats, a rising noise, a snare
//! roll, the filter opens); 9–16 are the drop with everything; the last beat breathes, so it loops.

mod parts;

use std::time::Duration;

use parts::{Bass, Chords, Echo, Hat, Kick, Pluck, Riser, Room, Snare};
use rodio::{ChannelCount, SampleRate, Source, source::SeekError};

use crate::{MIX_CHANNELS, MIX_RATE_HZ};

/// Beats a minute: 64 beats are 30 s exactly.
const TEMPO_BPM: u64 = 128;
/// Steps in a beat: sixteenth notes in four-four time.
const STEPS_PER_BEAT: u64 = 4;
const STEPS_PER_BAR: u64 = 16;
const BARS: u64 = 16;
/// Frames in a sixteenth note: 5,625 at 48 kHz, a whole number.
const STEP_FRAMES: u64 = MIX_RATE_HZ as u64 * 60 / (TEMPO_BPM * STEPS_PER_BEAT);
const TOTAL_FRAMES: u64 = STEP_FRAMES * STEPS_PER_BAR * BARS;
/// The bar the build-up starts at.
const BUILD_BAR: u64 = 4;
/// The bar the drop starts at.
const DROP_BAR: u64 = 8;

/// Roots of the four chords, as MIDI notes: A minor, F, C, G.
const ROOTS: [i32; 4] = [45, 41, 48, 43];
/// The chords above those roots, as MIDI notes, voiced close together.
const CHORDS: [[i32; 4]; 4] = [[57, 60, 64, 67], [57, 60, 65, 67], [55, 60, 64, 67], [55, 59, 62, 67]];
/// Which of a chord's notes the pluck plays on each sixteenth; −1 rests. An octave is added to the high ones.
const ARPEGGIO: [i8; 16] = [0, -1, 2, 3, -1, 1, 7, -1, 2, -1, 3, 6, -1, 7, 5, -1];
/// Sixteenths the bass plays on, and by how many semitones above the root.
const BASS_LINE: [Option<i32>; 16] = [
    None,
    None,
    Some(0),
    None,
    None,
    Some(0),
    Some(12),
    None,
    None,
    None,
    Some(0),
    None,
    None,
    Some(7),
    Some(12),
    None,
];
/// Sixteenths the chords stab on.
const STABS: [u64; 5] = [0, 3, 6, 11, 14];

/// The built-in track: interleaved stereo at [`MIX_RATE_HZ`], thirty seconds, deterministic.
///
/// An iterator of samples, a rodio [`Source`], or [`Self::read`] by the block.
///
/// ```
/// use audio_io::BuiltInTrack;
/// let mut block = [0.0; 512];
/// assert_eq!(BuiltInTrack::new().read(&mut block), 512);
/// ```
pub struct BuiltInTrack {
    frame: u64,
    kick: Kick,
    snare: Snare,
    hat: Hat,
    bass: Bass,
    chords: Chords,
    pluck: Pluck,
    riser: Riser,
    echo: Echo,
    room: Room,
    /// The right sample of a frame whose left one was taken by the iterator.
    right: Option<f32>,
}

impl Default for BuiltInTrack {
    fn default() -> Self {
        Self::new()
    }
}

impl BuiltInTrack {
    /// Its length, in seconds.
    pub const DURATION_SECS: f64 = TOTAL_FRAMES as f64 / MIX_RATE_HZ as f64;
    /// Its tempo, in beats a minute. A beat lies on its first sample.
    pub const TEMPO_BPM: f64 = TEMPO_BPM as f64;

    /// Starts at its first sample.
    pub fn new() -> Self {
        Self {
            frame: 0,
            kick: Kick::default(),
            snare: Snare::default(),
            hat: Hat::default(),
            bass: Bass::default(),
            chords: Chords::default(),
            pluck: Pluck::default(),
            riser: Riser::default(),
            echo: Echo::new((STEP_FRAMES * 3) as usize),
            room: Room::new(),
            right: None,
        }
    }

    /// Fills `out` with interleaved samples and returns how many; 0 at the end.
    pub fn read(&mut self, out: &mut [f32]) -> usize {
        let left = usize::try_from((TOTAL_FRAMES - self.frame) * 2).unwrap_or(usize::MAX);
        let whole = (out.len() / 2 * 2).min(left);
        for frame in out.get_mut(..whole).unwrap_or_default().chunks_exact_mut(2) {
            frame.copy_from_slice(&self.next_frame());
        }
        whole
    }

    /// Goes to a moment, in seconds. Starts at the bar before it, so that what rings on is there.
    pub fn seek(&mut self, secs: f64) {
        let target = ((secs.max(0.0) * f64::from(MIX_RATE_HZ)) as u64).min(TOTAL_FRAMES);
        *self = Self::new();
        let bar = STEP_FRAMES * STEPS_PER_BAR;
        self.frame = (target / bar).saturating_sub(1) * bar;
        while self.frame < target {
            self.next_frame();
        }
    }

    fn next_frame(&mut self) -> [f32; 2] {
        if self.frame.is_multiple_of(STEP_FRAMES) {
            self.play_step(self.frame / STEP_FRAMES);
        }
        // 0 at the start of the build-up, 1 at the drop.
        let build_frames = (DROP_BAR - BUILD_BAR) * STEPS_PER_BAR * STEP_FRAMES;
        let build =
            (self.frame as f64 - (BUILD_BAR * STEPS_PER_BAR * STEP_FRAMES) as f64) / build_frames as f64;
        let build = build.clamp(0.0, 1.0) as f32;
        let dropped = self.frame >= DROP_BAR * STEPS_PER_BAR * STEP_FRAMES;

        let kick = self.kick.next();
        // Everything that sings makes way for the kick.
        let duck = 1.0 - 0.65 * self.kick.envelope();
        let snare = self.snare.next();
        let [hat_left, hat_right] = self.hat.next();
        let bass = self.bass.next(if dropped { 1.0 } else { 0.1 + 0.3 * build }) * duck;
        let bass_level = if dropped { 0.5 } else { 0.3 };
        let brightness = if dropped { 0.8 } else { 0.12 + 0.55 * build * build };
        let [chord_left, chord_right] = self.chords.next(brightness).map(|x| x * duck);
        let pluck = self.pluck.next() * (0.4 + 0.6 * duck);
        let [echo_left, echo_right] = self.echo.next(pluck);
        let riser = if dropped { 0.0 } else { self.riser.next(build) };

        let send = chord_left * 0.25 + chord_right * 0.25 + pluck * 0.35 + snare * 0.3 + riser * 0.4;
        let [room_left, room_right] = self.room.next(send);
        let left = kick * 0.8
            + snare * 0.42
            + hat_left * 0.24
            + bass * bass_level
            + chord_left * 0.3
            + pluck * 0.2
            + echo_left * 0.2
            + riser * 0.22
            + room_left * 0.35;
        let right = kick * 0.8
            + snare * 0.4
            + hat_right * 0.24
            + bass * bass_level
            + chord_right * 0.3
            + pluck * 0.2
            + echo_right * 0.2
            + riser * 0.22
            + room_right * 0.35;
        self.frame += 1;
        [soft(left), soft(right)]
    }

    /// Starts the notes of one sixteenth.
    fn play_step(&mut self, step: u64) {
        let (bar, in_bar) = (step / STEPS_PER_BAR, step % STEPS_PER_BAR);
        let (building, dropped) = ((BUILD_BAR..DROP_BAR).contains(&bar), bar >= DROP_BAR);
        let last_bar_of_build = bar == DROP_BAR - 1;
        let breath = bar == BARS - 1 && in_bar >= 12;
        let chord_idx = (bar % 4) as usize;
        let root = ROOTS.get(chord_idx).copied().unwrap_or(45);
        let chord = CHORDS.get(chord_idx).copied().unwrap_or([57, 60, 64, 67]);

        if in_bar.is_multiple_of(4) && !breath && !(last_bar_of_build && in_bar >= 8) {
            self.kick.hit(if dropped { 1.0 } else { 0.55 });
        }
        if (in_bar % 8 == 4 && (building || dropped)) && !last_bar_of_build && !breath {
            self.snare.hit(0.9);
        }
        // The roll: quarters, eighths, sixteenths, always louder.
        let rolls = match bar {
            6 => in_bar.is_multiple_of(4),
            7 if in_bar < 8 => in_bar.is_multiple_of(2),
            7 => in_bar < 15,
            _ => false,
        };
        if rolls {
            let far = (bar - 6) * STEPS_PER_BAR + in_bar;
            self.snare.hit(0.35 + 0.5 * far as f32 / 32.0);
        }
        if breath && in_bar == 14 {
            self.snare.hit(0.7);
        }
        if dropped || building || bar >= 2 {
            if in_bar % 4 == 2 && !breath {
                self.hat.open(if dropped { 0.9 } else { 0.55 });
            } else if (dropped || (building && bar >= 5)) && !in_bar.is_multiple_of(4) {
                self.hat.close(if in_bar.is_multiple_of(2) { 0.5 } else { 0.32 });
            }
        }
        if let Some(semitones) = BASS_LINE.get(in_bar as usize).copied().flatten()
            && (!last_bar_of_build || in_bar < 8)
        {
            self.bass.play(root - 12 + semitones, STEP_FRAMES as f32 * 0.9);
        }
        if dropped && STABS.contains(&in_bar) && !breath {
            self.chords.play(chord, 1.25, STEP_FRAMES as f32 * 2.2, 0.05);
        } else if !dropped && in_bar == 0 {
            self.chords.play(chord, 0.7, STEP_FRAMES as f32 * 15.0, 0.6);
        }
        if (dropped || (2..DROP_BAR - 1).contains(&bar)) && !breath {
            let idx = ARPEGGIO.get(in_bar as usize).copied().unwrap_or(-1);
            if let Ok(idx) = usize::try_from(idx) {
                let note = chord.get(idx % 4).copied().unwrap_or(60) + if idx >= 4 { 24 } else { 12 };
                self.pluck.play(note, if dropped { 1.0 } else { 0.6 });
            }
        }
    }
}

/// Keeps the sum inside −1–1, gently.
fn soft(x: f32) -> f32 {
    0.92 * (x * 0.9).tanh()
}

impl Iterator for BuiltInTrack {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if let Some(right) = self.right.take() {
            return Some(right);
        }
        if self.frame >= TOTAL_FRAMES {
            return None;
        }
        let [left, right] = self.next_frame();
        self.right = Some(right);
        Some(left)
    }
}

impl Source for BuiltInTrack {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        ChannelCount::new(MIX_CHANNELS).unwrap_or(ChannelCount::MIN)
    }

    fn sample_rate(&self) -> SampleRate {
        SampleRate::new(MIX_RATE_HZ).unwrap_or(SampleRate::MIN)
    }

    fn total_duration(&self) -> Option<Duration> {
        Some(Duration::from_secs_f64(Self::DURATION_SECS))
    }

    fn try_seek(&mut self, position: Duration) -> Result<(), SeekError> {
        self.seek(position.as_secs_f64());
        Ok(())
    }
}
