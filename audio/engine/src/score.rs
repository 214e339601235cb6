//! The planning half: asks patterns a moment ahead and says what is to happen when.
//!
//! Runs on the score's thread, never in the callback. It owns no clock: whoever calls says what time it
//! is. Each stretch of time is asked exactly once, so nothing sounds twice and nothing is left out; when
//! time jumps (a new transport, a machine that slept), it goes on from the new moment.

mod note;

use std::collections::VecDeque;

use audio_pattern::{
    Fault, Generator, Hap, NoSignals, Pattern, Ratio, Signals, SourceSpan, Span, State, Value,
};
use audio_signal::{Cue, CueValue, NoteEvent, Transport};

use crate::SoundTable;

/// Beats in a cycle: `setcpm(30)` is 120 beats a minute.
pub const BEATS_PER_CYCLE: f64 = 4.0;
/// How far ahead of now the score is planned unless the caller says otherwise, in seconds: the way to the
/// callback is shorter, and a key is answered within it.
pub const DEFAULT_LOOKAHEAD_SECS: f64 = 0.1;
/// The most that is asked at once, in cycles: after a longer gap the score starts anew.
const MAX_STRETCH_CYCLES: f64 = 4.0;
/// Time is asked in whole pieces of this many per cycle, so that patterns see round numbers.
const GRID: f64 = 3_840.0;

/// What is to happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Planned {
    /// A note for the engine.
    Note(Box<NoteEvent>),
    /// A word to the picture.
    Cue(Cue),
    /// Something a pattern asked for that cannot be: said once per name.
    Unknown {
        /// The sound that nobody has.
        sound: String,
    },
}

/// A piece of text that sounds for a while: what an editor lights up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glow {
    /// Where it is written, in bytes.
    pub span: SourceSpan,
    /// From when, in stream seconds.
    pub from_secs: f64,
    /// Until when, in stream seconds.
    pub until_secs: f64,
}

/// All that one look ahead brings, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What is to happen.
    pub events: Vec<Planned>,
    /// What lights up.
    pub glows: Vec<Glow>,
    /// Why the pattern could not be asked. The one before it plays on, if there is one.
    pub fault: Option<Fault>,
}

/// What a score needs to know besides its pattern.
#[derive(Clone, Copy)]
pub struct ScoreSettings<'a> {
    /// Frames per second of the stream that notes are timed in, in Hz.
    pub rate_hz: u32,
    /// The seed of the patterns' chance.
    pub seed: f64,
    /// The generator of that chance.
    pub generator: Generator,
    /// Values from outside that patterns read.
    pub signals: &'a dyn Signals,
}

impl Default for ScoreSettings<'_> {
    fn default() -> Self {
        Self { rate_hz: 48_000, seed: 0.0, generator: Generator::default(), signals: &NoSignals }
    }
}

/// Turns a pattern into notes and cues, stretch by stretch.
#[derive(Clone, Debug, Default)]
pub struct Score {
    pattern: Option<Pattern>,
    /// Whether the pattern has been asked without a fault.
    proven: bool,
    /// What played before it, to go back to.
    fallback: Option<Option<Pattern>>,
    /// Patterns to come, the next one first.
    switches: VecDeque<Switch>,
    /// Cycles asked so far; `None` before the first time.
    asked: Option<f64>,
    reported: Vec<String>,
}

#[derive(Clone, Debug)]
struct Switch {
    cycle: f64,
    pattern: Option<Pattern>,
}

impl Score {
    /// Plays `pattern` from the next stretch on; `None` plays nothing. What was planned stays planned,
    /// and switches that were to come are forgotten.
    pub fn set_pattern(&mut self, pattern: Option<Pattern>) {
        self.switches.clear();
        self.switch(pattern);
    }

    /// Plays `pattern` from `beat` on, to the beat; at once when that is planned already.
    pub fn set_pattern_at(&mut self, pattern: Option<Pattern>, beat: f64) {
        let cycle = beat / BEATS_PER_CYCLE;
        let at = self.switches.partition_point(|switch| switch.cycle <= cycle);
        self.switches.insert(at, Switch { cycle, pattern });
    }

    fn switch(&mut self, pattern: Option<Pattern>) {
        let old = std::mem::replace(&mut self.pattern, pattern);
        if self.proven {
            self.fallback = Some(old);
        }
        self.proven = false;
        self.reported.clear();
    }

    /// Forgets how far it has come: the next stretch starts at its own now.
    pub fn restart(&mut self) {
        self.asked = None;
    }

    /// Takes back what was planned from about `secs` (stream time) on and returns from when exactly: the
    /// next plan asks for that time again. Whoever got its notes must forget them.
    pub fn replan_from(&mut self, transport: &Transport, secs: f64) -> f64 {
        let cycle = snap(transport.beat_at(secs) / BEATS_PER_CYCLE);
        self.asked = self.asked.map(|asked| asked.min(cycle));
        transport.secs_at(cycle * BEATS_PER_CYCLE)
    }

    /// Returns whether anything plays or is about to.
    pub fn is_playing(&self) -> bool {
        self.pattern.is_some() || self.switches.iter().any(|switch| switch.pattern.is_some())
    }

    /// Plans from where it is to `lookahead_secs` after `now_secs`, both in stream time.
    ///
    /// A pattern that fails gives way to the one before it, which plays on; [`Plan::fault`] says why.
    pub fn plan(
        &mut self,
        transport: &Transport,
        now_secs: f64,
        lookahead_secs: f64,
        sounds: &SoundTable,
        settings: &ScoreSettings<'_>,
    ) -> Plan {
        let cycle_at = |secs: f64| transport.beat_at(secs) / BEATS_PER_CYCLE;
        let now = snap(cycle_at(now_secs));
        let until = snap(cycle_at(now_secs + lookahead_secs));
        let from = match self.asked {
            // Going on: the usual case, also when time stood still or a slewed tempo stepped back a little.
            Some(asked)
                if asked >= now - MAX_STRETCH_CYCLES / 4.0 && asked <= until + MAX_STRETCH_CYCLES / 4.0 =>
            {
                asked
            }
            _ => now,
        };
        if until <= from {
            self.asked = Some(from);
            return Plan::default();
        }
        let until = until.min(from + MAX_STRETCH_CYCLES);
        self.asked = Some(until);
        let cps = transport.tempo_bpm / 60.0 / BEATS_PER_CYCLE;
        let state =
            State { cps, seed: settings.seed, generator: settings.generator, signals: settings.signals };
        let mut plan = Plan::default();
        let mut from = from;
        while from < until {
            while let Some(due) = self.switches.pop_front_if(|switch| switch.cycle <= from) {
                self.switch(due.pattern);
            }
            // Up to the next switch, whose beat is exact whatever the grid, and cycle by cycle: steps are
            // joined by the cycle in which a query begins.
            let next = self.switches.front().map_or(until, |switch| switch.cycle.min(until));
            let next = next.min(from.floor() + 1.0);
            let span = Span::new(Ratio::from_f64(from), Ratio::from_f64(next));
            for hap in self.ask(span, &state, &mut plan.fault) {
                self.plan_hap(&hap, transport, cps, sounds, settings, &mut plan);
            }
            from = next;
        }
        plan
    }

    /// The events that start in `span`, in the order of time.
    fn ask(&mut self, span: Span, state: &State<'_>, fault: &mut Option<Fault>) -> Vec<Hap> {
        let Some(pattern) = &self.pattern else {
            self.proven = true;
            return Vec::new();
        };
        match pattern.query_with(span, state) {
            Ok(haps) => {
                self.proven = true;
                let mut haps: Vec<Hap> = haps.into_iter().filter(Hap::has_onset).collect();
                haps.sort_by_key(|hap| hap.whole_or_part().begin);
                haps
            }
            Err(why) => {
                *fault = Some(why);
                match self.fallback.take() {
                    Some(before) => {
                        self.pattern = before;
                        self.ask(span, state, &mut None)
                    }
                    None => Vec::new(),
                }
            }
        }
    }

    fn plan_hap(
        &mut self,
        hap: &Hap,
        transport: &Transport,
        cps: f64,
        sounds: &SoundTable,
        settings: &ScoreSettings<'_>,
        plan: &mut Plan,
    ) {
        let whole = hap.whole_or_part();
        let begin_beat = whole.begin.to_f64() * BEATS_PER_CYCLE;
        let hold_cycles = hap.duration().to_f64().max(0.0);
        let from_secs = transport.secs_at(begin_beat);
        let hold_secs = hold_cycles / cps.max(1e-6);
        plan.glows.extend(hap.sources.spans().iter().map(|span| Glow {
            span: *span,
            from_secs,
            until_secs: from_secs + hold_secs,
        }));
        let Value::Controls(controls) = &hap.value else { return };
        for (name, value) in controls.iter().filter(|(name, _)| !note::is_sound(name.as_str())) {
            let value = match value {
                Value::Number(x) => CueValue::Number(*x),
                Value::Bool(b) => CueValue::Number(f64::from(u8::from(*b))),
                Value::Text(text) => CueValue::Text(text.to_string()),
                _ => continue,
            };
            plan.events.push(Planned::Cue(Cue {
                parameter: name.as_str().to_owned(),
                value,
                beat: begin_beat,
                duration_beats: hold_cycles * BEATS_PER_CYCLE,
            }));
        }
        let timing = note::Timing { from_secs, hold_secs, cps, rate_hz: settings.rate_hz };
        match note::note_from_controls(controls, &timing, sounds) {
            Ok(Some(note)) => plan.events.push(Planned::Note(Box::new(note))),
            Ok(None) => {}
            Err(sound) => {
                if !self.reported.contains(&sound) {
                    self.reported.push(sound.clone());
                    plan.events.push(Planned::Unknown { sound });
                }
            }
        }
    }
}

fn snap(cycles: f64) -> f64 {
    (cycles * GRID).floor() / GRID
}
