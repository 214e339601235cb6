//! What moves a parameter: sources, curve, smoothing. Pure: the same beat and seed give the same value.

use audio_signal::{AudioFrame, BandSignal, Hit};
use sync_protocol::{Band, HitKind, ModSource, Modulation, Wave};

/// At its release time an envelope has fallen to a twentieth.
const RELEASE_RATE: f32 = 3.0;

/// What modulations read of one frame.
#[derive(Clone, Copy)]
pub(crate) struct ModMoment<'a> {
    pub signal: &'a AudioFrame,
    pub present_secs: f64,
    pub beat: f64,
    pub dt_secs: f32,
    pub seed: u32,
}

/// A modulation on its way through time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Follower {
    level: Option<f32>,
}

impl Follower {
    /// Advances by one frame. Returns how far the parameter moves, as a share of its range, −1–1.
    pub(crate) fn follow(&mut self, modulation: &Modulation, name: &str, moment: ModMoment<'_>) -> f32 {
        let raw = source(&modulation.source, name, moment).clamp(0.0, 1.0);
        let wanted = raw.powf(modulation.curve.exp2());
        let level = match self.level {
            None => wanted,
            Some(level) => {
                let secs = if wanted > level { modulation.rise_secs } else { modulation.fall_secs };
                let share = if secs > 0.0 { 1.0 - (-moment.dt_secs / secs).exp() } else { 1.0 };
                level + (wanted - level) * share
            }
        };
        // A parameter never becomes what is not a number.
        let level = if level.is_finite() { level } else { 0.0 };
        self.level = Some(level);
        level * modulation.depth
    }
}

/// Returns the latest hit of a kind.
pub(crate) fn hit(signal: &AudioFrame, kind: HitKind) -> &Hit {
    match kind {
        HitKind::Kick => &signal.kick,
        HitKind::Snare => &signal.snare,
        HitKind::Hat => &signal.hat,
        HitKind::Onset => &signal.onset,
        HitKind::Beat => &signal.beat,
        HitKind::Downbeat => &signal.downbeat,
        HitKind::Drop => &signal.drop,
        HitKind::Section => &signal.section,
    }
}

fn band(signal: &AudioFrame, band: Band) -> &BandSignal {
    match band {
        Band::All => &signal.all,
        Band::Bass => &signal.bass,
        Band::Mid => &signal.mid,
        Band::MidHigh => &signal.mid_high,
        Band::High => &signal.high,
    }
}

fn source(source: &ModSource, name: &str, moment: ModMoment<'_>) -> f32 {
    let signal = moment.signal;
    match source {
        ModSource::Level { band: which } => band(signal, *which).level,
        ModSource::Hits { band: which } => band(signal, *which).hits,
        ModSource::Presence { band: which } => band(signal, *which).presence,
        ModSource::Intensity => signal.intensity,
        ModSource::BuildUp => signal.build_up,
        ModSource::Phase { beats } => turns(moment.beat, *beats).fract() as f32,
        ModSource::Lfo { wave, beats, phase } => {
            let at = (turns(moment.beat, *beats) + f64::from(*phase)).rem_euclid(1.0) as f32;
            match wave {
                Wave::Sine => 0.5 - 0.5 * (at * std::f32::consts::TAU).cos(),
                Wave::Triangle => 1.0 - (2.0 * at - 1.0).abs(),
                Wave::Saw => at,
                Wave::Square => f32::from(u8::from(at >= 0.5)),
            }
        }
        ModSource::Envelope { hit: kind, attack_secs, release_secs } => {
            let hit = hit(signal, *kind);
            if hit.count == 0 {
                return 0.0;
            }
            let age = (moment.present_secs - hit.time_secs).max(0.0) as f32;
            let shape = if age < *attack_secs {
                age / attack_secs
            } else if *release_secs > 0.0 {
                (-(age - attack_secs) / release_secs * RELEASE_RATE).exp()
            } else {
                0.0
            };
            shape * hit.strength
        }
        ModSource::Steps { values, beats, glide } => {
            let place = turns(moment.beat, *beats);
            let at = |step: f64| {
                let idx = step.rem_euclid(values.len().max(1) as f64) as usize;
                values.get(idx).copied().unwrap_or(0.0)
            };
            let now = at(place.floor());
            if *glide { now + (at(place.floor() + 1.0) - now) * place.rem_euclid(1.0) as f32 } else { now }
        }
        ModSource::Walk { beats } => {
            let place = turns(moment.beat, *beats);
            let at = |step: f64| noise(moment.seed, name, step as i64);
            let t = place.rem_euclid(1.0) as f32;
            let (from, to) = (at(place.floor()), at(place.floor() + 1.0));
            from + (to - from) * t * t * (3.0 - 2.0 * t)
        }
    }
}

fn turns(beat: f64, beats: f32) -> f64 {
    (beat / f64::from(beats.max(0.001))).max(0.0)
}

/// Uniform in 0–1: the same seed, name and step give the same number on every machine.
pub(crate) fn noise(seed: u32, name: &str, step: i64) -> f32 {
    let mut hash = hash_of(name.bytes());
    for part in [u64::from(seed), step as u64] {
        hash = (hash ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^= hash >> 29;
        hash = hash.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash ^= hash >> 32;
    }
    (hash >> 40) as f32 / (1u64 << 24) as f32
}

/// FNV-1a, 64 bits.
fn hash_of(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(modulation: &Modulation, signal: &AudioFrame, beats: impl Iterator<Item = f64>) -> Vec<f32> {
        let mut follower = Follower::default();
        let moment =
            |beat: f64| ModMoment { signal, present_secs: beat * 0.5, beat, dt_secs: 1.0 / 60.0, seed: 7 };
        beats.map(|beat| follower.follow(modulation, "x", moment(beat))).collect()
    }

    fn by(source: ModSource) -> Modulation {
        Modulation { source, depth: 1.0, ..Modulation::default() }
    }

    #[test]
    fn waves_begin_at_their_foot_and_are_locked_to_the_beat() {
        for wave in [Wave::Sine, Wave::Triangle, Wave::Saw, Wave::Square] {
            let lfo = by(ModSource::Lfo { wave, beats: 4.0, phase: 0.0 });
            let values = run(&lfo, &AudioFrame::default(), [0.0, 4.0, 8.0, 2.0].into_iter());
            assert_eq!(values[..3], [0.0; 3], "{wave:?}");
            assert!(values[3] >= 0.5, "{wave:?}");
        }
    }

    #[test]
    fn steps_come_round_and_glide_between() {
        let steps = |glide| by(ModSource::Steps { values: vec![0.0, 1.0, 0.5], beats: 1.0, glide });
        let beats = || [0.5, 1.5, 2.5, 3.5].into_iter();
        assert_eq!(run(&steps(false), &AudioFrame::default(), beats()), [0.0, 1.0, 0.5, 0.0]);
        assert_eq!(run(&steps(true), &AudioFrame::default(), beats()), [0.5, 0.75, 0.25, 0.5]);
    }

    #[test]
    fn a_walk_is_smooth_fills_its_range_and_is_the_same_everywhere() {
        let walk = by(ModSource::Walk { beats: 1.0 });
        let values = || run(&walk, &AudioFrame::default(), (0..6_000).map(|i| f64::from(i) * 0.01));
        let first = values();
        assert_eq!(first, values());
        assert!(first.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.02));
        let (low, high) = first.iter().fold((1.0f32, 0.0f32), |(l, h), v| (l.min(*v), h.max(*v)));
        assert!(low < 0.15 && high > 0.85, "{low} {high}");
    }

    #[test]
    fn an_envelope_rises_at_the_hit_and_falls_to_a_twentieth() {
        let kick = Hit { count: 1, time_secs: 1.0, strength: 0.8 };
        let signal = AudioFrame { kick, ..AudioFrame::default() };
        let envelope = by(ModSource::Envelope { hit: HitKind::Kick, attack_secs: 0.1, release_secs: 1.0 });
        let values = run(&envelope, &signal, [2.1, 2.2, 4.2].into_iter());
        assert!((values[0] - 0.4).abs() < 0.01, "{values:?}");
        assert!((values[1] - 0.8).abs() < 0.01, "{values:?}");
        assert!(values[2] < 0.05, "{values:?}");
    }

    #[test]
    fn a_slow_fall_follows_and_a_strong_curve_keeps_what_is_weak_down() {
        let square = ModSource::Lfo { wave: Wave::Square, beats: 2.0, phase: 0.5 };
        let slow = Modulation { fall_secs: 0.5, ..by(square) };
        let values = run(&slow, &AudioFrame::default(), (0..120).map(|i| f64::from(i) / 60.0));
        assert_eq!(values[59], 1.0);
        assert!((values[60 + 30] - (-1.0f32).exp()).abs() < 0.02, "{}", values[90]);
        let weak = AudioFrame { bass: BandSignal { level: 0.5, ..Default::default() }, ..Default::default() };
        let curved = Modulation { curve: 2.0, ..by(ModSource::default()) };
        assert_eq!(run(&curved, &weak, [0.0].into_iter()), [0.0625]);
    }
}
