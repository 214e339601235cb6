//! Tempo, beat and bar.
//!
//! Three stages. An *activation* says how much each hop sounds like a beat. A *filter* (hidden Markov
//! model over tempo and position in the beat, after Whiteley, Cemgil and Godsill 2006 and Krebs, Böck
//! and Widmer 2015) weighs all tempi and phases against each other. A *clock* follows the best of them
//! smoothly: it may hurry or wait, but never runs back. A second, small model over bars says which beat
//! is the first.

mod activation;
mod bar;
mod chords;
mod clock;
mod filter;
mod network;
mod path;
mod swing;

use audio_signal::{Hit, Transport};

pub(crate) use activation::{Activation, Activity, Inputs};
use bar::{BarFilter, best_bars, downbeat_odds};
use chords::ChordChange;
use clock::BeatClock;
use filter::BeatFilter;
use path::best_beats;
pub(crate) use swing::Swing;

use crate::settings::Settings;

/// What the tracker publishes each hop.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BeatState {
    pub(crate) beats: f64,
    pub(crate) tempo_bpm: f32,
    pub(crate) confidence: f32,
    pub(crate) downbeat_confidence: f32,
    pub(crate) beat_phase: f32,
    pub(crate) bar_phase: f32,
    pub(crate) beats_per_bar: u8,
    pub(crate) swing_turns: f32,
    pub(crate) beat: Hit,
    pub(crate) downbeat: Hit,
}

/// Evidence for a beat is gathered this long after it, in turns of the beat, before the bar model sees it.
const BAR_LOOK_TURNS: f64 = 0.2;
/// And this long before it.
const BAR_EARLY_TURNS: f64 = 0.85;
/// The greatest phase under one turn.
const PHASE_MAX: f32 = 1.0 - f32::EPSILON;
/// Under this confidence nothing is called a beat: the filter has only just begun to listen.
const MIN_CONFIDENCE: f32 = 0.05;

/// The causal tracker: one step per hop.
pub(crate) struct BeatTracker {
    hop_secs: f64,
    filter: BeatFilter,
    clock: BeatClock,
    bar: BarFilter,
    lead: Option<Transport>,
    /// Strongest downbeat evidence around the beat that is passing.
    accent: Activity,
    /// The beat whose evidence is still open.
    open_beat: Option<f64>,
    chords: ChordChange,
    /// The beat whose chord is being heard.
    chord_beat: f64,
    /// Position in the bar of the last beat, 0 for the first.
    bar_position: u8,
    silent_secs: f64,
    heard: bool,
    swing: Swing,
    state: BeatState,
}

/// The chroma window's weight lies this far back, in seconds; the first moments of a beat are attack, not chord.
pub(crate) const CHORD_DELAY_SECS: f64 = 0.12;

/// After this much silence another track may begin: every tempo becomes possible again.
const NEW_TRACK_SECS: f64 = 1.5;

impl BeatTracker {
    pub(crate) fn new(hop_secs: f64, settings: &Settings) -> Self {
        let range = (f64::from(settings.tempo_min_bpm), f64::from(settings.tempo_max_bpm));
        Self {
            hop_secs,
            filter: BeatFilter::new(hop_secs, range),
            clock: BeatClock::new(),
            bar: BarFilter::new(),
            lead: None,
            accent: Activity::default(),
            open_beat: None,
            chords: ChordChange::new(),
            chord_beat: 0.0,
            bar_position: 0,
            silent_secs: 0.0,
            heard: false,
            swing: Swing::default(),
            state: BeatState { beats_per_bar: 4, swing_turns: 0.5, ..BeatState::default() },
        }
    }

    pub(crate) fn follow(&mut self, lead: Option<Transport>) {
        self.lead = lead;
    }

    /// Takes one hop. `activity` is `None` in silence: the clock holds its tempo.
    pub(crate) fn step(&mut self, time_secs: f64, activity: Option<&Activity>) {
        match activity {
            Some(activity) => {
                if self.silent_secs > NEW_TRACK_SECS {
                    self.filter.open_up();
                    self.bar.open_up();
                }
                self.silent_secs = 0.0;
                self.heard = true;
                self.filter.observe(activity.beat);
                self.accent = self.accent.or(*activity);
            }
            None => {
                self.silent_secs += self.hop_secs;
                self.filter.coast();
            }
        }
        let estimate = self.filter.estimate();
        let before = self.clock.beats;
        if let Some(lead) = &self.lead {
            self.clock.lead(self.hop_secs, lead.beat_at(time_secs), lead.tempo_bpm);
            self.state.confidence = lead.confidence;
        } else if self.heard {
            // The activation peaks this long after the beat was struck; the clock is set ahead by it.
            let phase = estimate.phase_turns + Activation::LATENCY_SECS * estimate.tempo_bpm / 60.0;
            let sure = estimate.confidence >= MIN_CONFIDENCE && activity.is_some();
            self.clock.step(self.hop_secs, sure.then_some((phase, estimate.tempo_bpm)));
            self.state.confidence = estimate.confidence;
        }
        self.publish(time_secs, before);
    }

    /// Takes the pitch classes of a window around [`CHORD_DELAY_SECS`] ago.
    pub(crate) fn hear_chord(&mut self, classes: &[f32; 12]) {
        let beat = (self.clock.beats - CHORD_DELAY_SECS * self.clock.tempo_bpm / 60.0).floor();
        if beat > self.chord_beat {
            let odds = self.chords.close();
            // A beat that was skipped has no chord to compare.
            if beat - self.chord_beat < 1.5 {
                self.bar.observe_previous(odds);
            }
            self.chord_beat = beat;
        }
        self.chords.add(classes);
    }

    /// Takes a high hit that was heard `ago_secs` ago.
    pub(crate) fn hear_hat(&mut self, ago_secs: f64) {
        let beat = self.clock.beats - ago_secs * self.clock.tempo_bpm / 60.0;
        self.swing.hear(beat.rem_euclid(1.0) as f32);
    }

    fn publish(&mut self, time_secs: f64, before: f64) {
        let now = self.clock.beats;
        if self.open_beat.is_some_and(|beat| now - beat > BAR_LOOK_TURNS) {
            self.bar.observe(self.accent.downbeat_share());
            self.open_beat = None;
        }
        if now.rem_euclid(1.0) < BAR_EARLY_TURNS && self.open_beat.is_none() {
            self.accent = Activity::default();
        }
        let state = &mut self.state;
        if now.floor() > before.floor() && self.clock.tempo_bpm > 0.0 {
            let late_secs = (now - now.floor()) / (now - before).max(1e-9) * self.hop_secs;
            let hit_secs = (time_secs - late_secs).max(0.0);
            state.beat = Hit { count: state.beat.count + 1, time_secs: hit_secs, strength: state.confidence };
            self.bar.advance();
            state.swing_turns = self.swing.turns();
            self.swing.advance();
            // Taken over on beats only, so that the bar's phase never jumps within one.
            (self.bar_position, state.beats_per_bar, state.downbeat_confidence) = match &self.lead {
                Some(lead) => {
                    let per_bar = lead.beats_per_bar.max(1);
                    let position = lead.beat_at(hit_secs).round().rem_euclid(f64::from(per_bar));
                    (position as u8, per_bar, lead.confidence)
                }
                None => (self.bar.position(), self.bar.beats_per_bar(), self.bar.confidence()),
            };
            if self.bar_position == 0 {
                let strength = state.downbeat_confidence;
                state.downbeat = Hit { count: state.downbeat.count + 1, time_secs: hit_secs, strength };
            }
            self.open_beat = Some(now.floor());
        }
        state.beats = now;
        state.tempo_bpm = self.clock.tempo_bpm as f32;
        // A phase a hair under 1 would round up to it.
        state.beat_phase = (now.rem_euclid(1.0) as f32).min(PHASE_MAX);
        let bar_phase =
            (f32::from(self.bar_position) + state.beat_phase) / f32::from(state.beats_per_bar.max(1));
        state.bar_phase = bar_phase.min(PHASE_MAX);
    }

    pub(crate) fn state(&self) -> &BeatState {
        &self.state
    }
}

/// Evidence for a downbeat is read this far around a beat, in hops.
const DOWNBEAT_REACH_HOPS: usize = 5;

/// Returns the beats of a whole recording and whether each starts a bar, by looking ahead.
///
/// `looks` are pitch classes and the times at which their windows ended.
pub(crate) fn offline_beats(
    curve: &[Activity],
    looks: &[(f64, [f32; 12])],
    hop_secs: f64,
    range_bpm: (f64, f64),
) -> Vec<(f64, bool)> {
    if !curve.iter().any(|a| a.beat > 0.0) {
        return Vec::new();
    }
    let activations: Vec<f32> = curve.iter().map(|a| a.beat).collect();
    let hops = best_beats(&activations, hop_secs, range_bpm);
    let times: Vec<f64> =
        hops.iter().map(|hop| (hop + 1) as f64 * hop_secs - Activation::LATENCY_SECS).collect();
    let mut chords = ChordChange::new();
    let mut looks = looks.iter().peekable();
    let mut odds = Vec::with_capacity(hops.len());
    for (i, hop) in hops.iter().enumerate() {
        let around = curve.iter().skip(hop.saturating_sub(DOWNBEAT_REACH_HOPS));
        let around = around.take(2 * DOWNBEAT_REACH_HOPS + 1);
        let activity = around.fold(Activity::default(), |a, b| a.or(*b));
        let end_secs = times.get(i + 1).map_or(f64::MAX, |next| next + CHORD_DELAY_SECS);
        while let Some((_, classes)) = looks.next_if(|(time, _)| *time < end_secs) {
            chords.add(classes);
        }
        odds.push(downbeat_odds(activity.downbeat_share()) * chords.close());
    }
    times.into_iter().zip(best_bars(&odds)).collect()
}
