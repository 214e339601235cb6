//! From the heard or set tempo to the one Transport.

use audio_signal::{AudioFrame, TempoSource, Transport};
use sync_protocol::{TEMPO_BPM_RANGE, TempoSettings};

/// Largest change of speed while catching up, as a share of the tempo: audible as a push, not a jump.
const MAX_SLEW: f64 = 0.2;
/// Beats over which an error of phase is worked off.
const SLEW_BEATS: f64 = 2.0;
/// How sure the ear must be of its beats before the transport follows it, 0–1.
const FOLLOW_CONFIDENCE: f32 = 0.15;
/// How sure the ear must be of the bar before beats are renumbered to match it, 0–1.
const REBAR_CONFIDENCE: f32 = 0.5;
/// Bars the ear must insist on another downbeat before beats are renumbered.
const REBAR_PATIENCE_BARS: f64 = 2.0;

/// Keeps the Transport: follows the source the Show names, slews, never steps back.
///
/// Owned by the score thread, its only writer. Pure: stream time comes in with each frame.
#[derive(Clone, Debug, Default)]
pub struct Conductor {
    transport: Transport,
    /// Beat at which the ear began to insist on another downbeat.
    disagrees_since_beat: Option<f64>,
}

impl Conductor {
    /// Starts at beat 0 with the default tempo.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts from a Transport: a restored show goes on where it was.
    pub fn resume(transport: Transport) -> Self {
        Self { transport, disagrees_since_beat: None }
    }

    /// Returns the Transport as of the last update.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Takes the newest Signal and the Show's tempo settings; returns the Transport from now on.
    pub fn update(&mut self, heard: &AudioFrame, settings: &TempoSettings) -> Transport {
        let now_secs = heard.time_secs;
        let beat = self.transport.beat_at(now_secs).max(self.transport.origin_beat);
        let (tempo_bpm, target_beat, beats_per_bar, confidence) = match settings.source {
            TempoSource::Heard => {
                let known =
                    heard.tempo_bpm > 0.0 && heard.beat_confidence >= FOLLOW_CONFIDENCE && !heard.silent;
                let beats_per_bar =
                    if known { heard.beats_per_bar.max(1) } else { self.transport.beats_per_bar };
                if known {
                    (f64::from(heard.tempo_bpm), Some(heard.beats), beats_per_bar, heard.beat_confidence)
                } else {
                    (self.transport.tempo_bpm, None, beats_per_bar, 0.0)
                }
            }
            // Code counts its own beats from wherever the transport is: no phase to follow.
            TempoSource::Code => {
                let tempo_bpm = settings.bpm.clamp(*TEMPO_BPM_RANGE.start(), *TEMPO_BPM_RANGE.end());
                (tempo_bpm, None, settings.beats_per_bar.max(1), 1.0)
            }
            _ => {
                let tempo_bpm = settings.bpm.clamp(*TEMPO_BPM_RANGE.start(), *TEMPO_BPM_RANGE.end());
                let target = (now_secs - settings.downbeat_secs) * tempo_bpm / 60.0;
                (tempo_bpm, Some(target), settings.beats_per_bar.max(1), 1.0)
            }
        };
        let mut origin_beat = beat;
        let mut slewed_bpm = tempo_bpm;
        if let Some(target) = target_beat {
            // Only the phase is followed; whole beats are this transport's own count.
            let error = (target - beat + 0.5).rem_euclid(1.0) - 0.5;
            slewed_bpm = tempo_bpm * (1.0 + (error / SLEW_BEATS).clamp(-MAX_SLEW, MAX_SLEW));
            origin_beat += self.rebar(heard, settings, beat, target, beats_per_bar);
        }
        self.transport = Transport {
            source: settings.source,
            tempo_bpm: slewed_bpm,
            origin_secs: now_secs,
            origin_beat,
            beats_per_bar,
            confidence,
        };
        self.transport
    }

    /// Follows the room of another machine, whose beat is `beat` at `now_secs` of stream time: what is
    /// less than a beat off is slewed away, more is another place of the song and is taken at once.
    /// Beats keep the room's count, so that everyone switches on the same one.
    pub fn follow(
        &mut self,
        now_secs: f64,
        beat: f64,
        tempo_bpm: f64,
        beats_per_bar: u8,
        confidence: f32,
    ) -> Transport {
        let tempo_bpm = tempo_bpm.clamp(*TEMPO_BPM_RANGE.start(), *TEMPO_BPM_RANGE.end());
        let own = self.transport.beat_at(now_secs);
        let error = beat - own;
        let (origin_beat, slewed_bpm) = if error.abs() < 1.0 {
            (own, tempo_bpm * (1.0 + (error / SLEW_BEATS).clamp(-MAX_SLEW, MAX_SLEW)))
        } else {
            (beat, tempo_bpm)
        };
        self.disagrees_since_beat = None;
        self.transport = Transport {
            source: TempoSource::Room,
            tempo_bpm: slewed_bpm,
            origin_secs: now_secs,
            origin_beat,
            beats_per_bar: beats_per_bar.max(1),
            confidence,
        };
        self.transport
    }

    /// Returns how many whole beats to skip so that bars start where the source says.
    fn rebar(
        &mut self,
        heard: &AudioFrame,
        settings: &TempoSettings,
        beat: f64,
        target: f64,
        beats_per_bar: u8,
    ) -> f64 {
        let bar = f64::from(beats_per_bar);
        let heard_place = match settings.source {
            TempoSource::Heard if heard.downbeat_confidence < REBAR_CONFIDENCE => {
                self.disagrees_since_beat = None;
                return 0.0;
            }
            TempoSource::Heard => f64::from(heard.bar_phase) * bar,
            _ => target.rem_euclid(bar),
        };
        let skip = (heard_place - beat).rem_euclid(bar).round().rem_euclid(bar);
        if skip == 0.0 {
            self.disagrees_since_beat = None;
            return 0.0;
        }
        // A person's downbeat counts at once; the ear must insist.
        let patience = if settings.source == TempoSource::Heard { REBAR_PATIENCE_BARS * bar } else { 0.0 };
        let since = *self.disagrees_since_beat.get_or_insert(beat);
        if beat - since < patience {
            return 0.0;
        }
        self.disagrees_since_beat = None;
        skip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(time_secs: f64, bpm: f32, beats: f64) -> AudioFrame {
        AudioFrame {
            time_secs,
            tempo_bpm: bpm,
            beats,
            beat_confidence: 1.0,
            silent: false,
            ..AudioFrame::default()
        }
    }

    #[test]
    fn beats_never_run_back_and_lock_to_the_heard_phase() {
        let mut conductor = Conductor::new();
        let mut last = 0.0;
        for i in 0..1000 {
            let t = f64::from(i) * 0.01;
            let transport =
                conductor.update(&heard(t, 100.0, t * 100.0 / 60.0 + 0.4), &TempoSettings::default());
            let beat = transport.beat_at(t);
            assert!(beat >= last, "{beat} {last}");
            last = beat;
        }
        let phase_error = (last - (9.99 * 100.0 / 60.0 + 0.4) + 0.5).rem_euclid(1.0) - 0.5;
        assert!(phase_error.abs() < 0.01, "{phase_error}");
    }

    #[test]
    fn silence_holds_the_clock() {
        let mut conductor = Conductor::new();
        for i in 0..500 {
            let t = f64::from(i) * 0.01;
            conductor.update(&heard(t, 140.0, t * 140.0 / 60.0), &TempoSettings::default());
        }
        let before = conductor.transport();
        let quiet = AudioFrame { time_secs: 5.5, silent: true, ..AudioFrame::default() };
        let after = conductor.update(&quiet, &TempoSettings::default());
        assert!((after.tempo_bpm - before.tempo_bpm).abs() < 1.0);
        assert!((after.beat_at(5.5) - before.beat_at(5.5)).abs() < 1e-9);
    }

    #[test]
    fn code_changes_the_tempo_without_moving_the_beat() {
        let mut conductor = Conductor::new();
        let code = |bpm| TempoSettings { source: TempoSource::Code, bpm, ..TempoSettings::default() };
        for i in 0..100 {
            conductor.update(&heard(f64::from(i) * 0.01, 97.0, 0.3), &code(120.0));
        }
        let before = conductor.transport().beat_at(1.0);
        let transport = conductor.update(&heard(1.0, 97.0, 0.3), &code(180.0));
        assert!((transport.beat_at(1.0) - before).abs() < 1e-9);
        assert_eq!(transport.tempo_bpm, 180.0);
    }

    #[test]
    fn a_tapped_downbeat_starts_the_bar() {
        let mut conductor = Conductor::new();
        let tap =
            TempoSettings { source: TempoSource::Tap, bpm: 120.0, beats_per_bar: 4, downbeat_secs: 1.0 };
        for i in 0..2000 {
            conductor.update(&heard(f64::from(i) * 0.01, 0.0, 0.0), &tap);
        }
        let phase = conductor.transport().bar_phase_at(21.0);
        assert!(phase.min(1.0 - phase) < 0.01, "{phase}");
    }

    #[test]
    fn a_guest_takes_the_rooms_count_at_once_and_small_errors_in_small_steps() {
        let mut conductor = Conductor::new();
        let first = conductor.follow(10.0, 1_000.0, 120.0, 4, 1.0);
        assert_eq!(first.beat_at(10.0), 1_000.0);
        let mut now = 10.0;
        let mut before = first;
        // The room's clock was 20 ms (0.04 beats) better known a moment later.
        for _ in 0..400 {
            now += 0.02;
            let room = 1_000.04 + (now - 10.0) * 2.0;
            let after = conductor.follow(now, room, 120.0, 4, 1.0);
            assert!((after.beat_at(now) - before.beat_at(now)).abs() < 1e-9, "never a step");
            before = after;
        }
        let room = 1_000.04 + (now - 10.0) * 2.0;
        assert!((before.beat_at(now) - room).abs() < 0.002, "within a millisecond after eight seconds");
    }
}
