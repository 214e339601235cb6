//! Scales: steps to notes, notes to the nearest of the scale, moves along it.

use std::sync::LazyLock;

use super::note::{Interval, Note};
use super::scales::SCALES;
use crate::span::{Hap, ScaleTag};
use crate::{Fault, Name, Pattern, Value};

/// The octave of a tonic without one.
const TONIC_OCTAVE: i32 = 3;

static INTERVALS: LazyLock<Vec<Vec<Interval>>> = LazyLock::new(|| {
    SCALES
        .iter()
        .map(|(_, _, intervals)| intervals.split(' ').filter_map(Interval::parse).collect())
        .collect()
});

/// A scale on a tonic.
#[derive(Clone, Copy)]
struct Scale {
    tonic: Note,
    kind: usize,
    intervals: &'static [Interval],
}

impl Scale {
    /// Reads "C:major", "F#3 harmonic minor", or just the kind.
    fn parse(value: &Value) -> Result<Self, Fault> {
        let text = match value {
            Value::List(parts) => {
                let word = |part: &Value| match part {
                    Value::Number(x) => x.to_string(),
                    part => part.as_text().unwrap_or_default().to_owned(),
                };
                parts.iter().map(word).collect::<Vec<_>>().join(" ")
            }
            Value::Text(text) => text.replace([':', '_'], " "),
            other => {
                return Err(Fault::value(format!("a scale is a name such as C:major, not {}", other.kind())));
            }
        };
        let (first, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let tonic = Note::parse(first);
        let (tonic, name) = match tonic {
            Some(tonic) if !rest.is_empty() => (tonic, rest),
            _ => (Note { letter: 0, alteration: 0, octave: None }, text.as_str()),
        };
        let name = name.trim().to_lowercase();
        let kind = SCALES
            .iter()
            .position(|(known, others, _)| *known == name || others.contains(&name.as_str()))
            .ok_or_else(|| {
                Fault::value(format!("there is no scale {name:?}; try major, minor, dorian or pentatonic"))
            })?;
        Ok(Self::new(tonic, kind))
    }

    fn new(tonic: Note, kind: usize) -> Self {
        let octave = Some(tonic.octave.unwrap_or(TONIC_OCTAVE));
        let intervals = INTERVALS.get(kind).map_or(&[][..], Vec::as_slice);
        Self { tonic: Note { octave, ..tonic }, kind, intervals }
    }

    fn tag(self) -> ScaleTag {
        let tonic = self.tonic;
        ScaleTag {
            letter: tonic.letter as i8,
            alteration: tonic.alteration as i8,
            octave: tonic.octave.unwrap_or(TONIC_OCTAVE) as i8,
            kind: self.kind as u16,
        }
    }

    fn from_tag(tag: ScaleTag) -> Self {
        let octave = Some(i32::from(tag.octave));
        let tonic = Note { letter: i32::from(tag.letter), alteration: i32::from(tag.alteration), octave };
        Self::new(tonic, usize::from(tag.kind))
    }

    /// The note of a step from the tonic.
    fn note(self, step: i64) -> Note {
        let count = self.intervals.len().max(1) as i64;
        let octaves = step.div_euclid(count).clamp(-64, 64) as i32;
        let interval = self.intervals.get(step.rem_euclid(count) as usize).copied();
        let interval = interval.unwrap_or(Interval { letters: 0, semitones: 0 });
        let tonic = Note { octave: self.tonic.octave.map(|octave| octave + octaves), ..self.tonic };
        tonic.transpose(interval)
    }

    /// The note `steps` from the nearest to `midi`, whose written octave may be another. An octave
    /// is counted where the walk goes over a C, of whatever sign: without one there is none.
    fn walk(self, midi: i32, octave: Option<i32>, steps: i64) -> Note {
        const MAX_STEPS: i64 = 256;
        let steps = steps.clamp(-MAX_STEPS, MAX_STEPS);
        let from = self.nearest_step(midi);
        let is_c = |step: i64| self.note(step).letter == 0;
        let up = (1..=steps).filter(|by| is_c(from + by)).count() as i32;
        let down = (steps..0).filter(|by| is_c(from + by + 1)).count() as i32;
        let start = octave.or(self.note(from).octave);
        Note { octave: start.map(|octave| octave + up - down), ..self.note(from + steps) }
    }

    /// The step nearest to a note; of two as near, the higher.
    fn nearest_step(self, midi: i32) -> i64 {
        let octave = (midi - self.note(0).midi(TONIC_OCTAVE)).div_euclid(12);
        let count = self.intervals.len().max(1) as i64;
        let first = i64::from(octave) * count;
        let distance = |step: &i64| (self.note(*step).midi(TONIC_OCTAVE) - midi).abs();
        // The last of the least: reversed, because min_by_key keeps the first.
        (first..=first + count).rev().min_by_key(distance).unwrap_or(first)
    }
}

/// Reads a step: a number, or one with sharps and flats such as "1#".
fn read_step(value: &Value) -> Option<(f64, i32)> {
    match value {
        Value::Number(x) => Some((*x, 0)),
        Value::Text(text) => {
            let digits = text.trim_end_matches(['#', 'b', 's']);
            let signs = text.get(digits.len()..)?;
            let alteration = signs.chars().map(|c| if c == 'b' { -1 } else { 1 }).sum();
            Some((digits.parse().ok()?, alteration))
        }
        _ => None,
    }
}

fn step_to_note(scale: Scale, value: &Value) -> Option<Value> {
    let (step, alteration) = read_step(value)?;
    let note = scale.note(step.ceil() as i64);
    let note = if alteration == 0 { note } else { note.transpose(Interval::from_semitones(alteration)) };
    Some(Value::text(&note.name()))
}

fn note_in_scale(scale: Scale, value: &Value) -> Option<Value> {
    let midi = match value {
        Value::Text(text) => Note::parse(text)?.midi(TONIC_OCTAVE),
        value => value.as_number()?.round() as i32,
    };
    let note = scale.note(scale.nearest_step(midi));
    Some(match value {
        Value::Text(_) => Value::text(&note.name()),
        _ => Value::Number(f64::from(note.midi(TONIC_OCTAVE))),
    })
}

fn apply_scale(scale: Scale, hap: &mut Hap) {
    hap.sources.scale = Some(scale.tag());
    let value = match &hap.value {
        Value::Controls(controls) => {
            let mut controls = controls.clone();
            let step = controls.get("note").or_else(|| controls.get("n"));
            let note = step.and_then(|step| step_to_note(scale, step).or_else(|| note_in_scale(scale, step)));
            if let Some(note) = note {
                controls.remove("n");
                controls.set(Name::new("note"), note);
            }
            Value::Controls(controls)
        }
        value => match step_to_note(scale, value).or_else(|| note_in_scale(scale, value)) {
            Some(note) => note,
            None => return,
        },
    };
    hap.value = value;
}

/// Changes the note of a value: the control, or the value itself.
fn change_note(value: &Value, change: impl Fn(&Value) -> Result<Value, Fault>) -> Result<Value, Fault> {
    match value {
        Value::Controls(controls) => match controls.get("note") {
            Some(note) => {
                let note = change(note)?;
                let mut controls = controls.clone();
                controls.set(Name::new("note"), note);
                Ok(Value::Controls(controls))
            }
            None => Ok(value.clone()),
        },
        value => change(value),
    }
}

impl Pattern {
    /// Returns numbers as the steps of the scale `name`, and notes as the nearest of it.
    ///
    /// # Errors
    /// [`Fault::Value`] where there is no such scale.
    pub fn scale(&self, name: &Value) -> Result<Self, Fault> {
        let scale = Scale::parse(name)?;
        let inner = self.clone();
        Ok(self.derive(move |query, span, out| {
            let start = out.len();
            inner.ask(query, span, out);
            for hap in out.iter_mut().skip(start) {
                apply_scale(scale, hap);
            }
        }))
    }

    /// Returns notes moved by `steps` of the scale they are in.
    #[must_use]
    pub fn scale_transpose(&self, steps: f64) -> Self {
        self.try_map_hap(move |hap| {
            let Some(tag) = hap.sources.scale else {
                return Err(Fault::value("scaleTranspose needs notes of a scale; put it after scale()"));
            };
            let scale = Scale::from_tag(tag);
            change_note(&hap.value, |note| {
                let Some(midi) = note_midi(note) else { return Ok(note.clone()) };
                let octave = note.as_text().and_then(Note::parse).and_then(|note| note.octave);
                Ok(Value::text(&scale.walk(midi, octave, steps.round() as i64).name()))
            })
        })
    }

    /// Returns notes moved by an interval: half tones, or a name such as "5P".
    ///
    /// # Errors
    /// [`Fault::Value`] where it is no interval.
    pub fn transpose(&self, interval: &Value) -> Result<Self, Fault> {
        let interval = match interval {
            Value::Number(x) => Interval::from_semitones(x.round() as i32),
            Value::Text(text) => Interval::parse(text)
                .or_else(|| text.parse().ok().map(Interval::from_semitones))
                .ok_or_else(|| Fault::value(format!("{text:?} is no interval; try 7 or 5P")))?,
            other => {
                return Err(Fault::value(format!("an interval is a number or a name, not {}", other.kind())));
            }
        };
        Ok(self.try_map(move |value| {
            change_note(value, |note| match note {
                Value::Text(text) => match Note::parse(text) {
                    Some(note) => Ok(Value::text(&note.transpose(interval).name())),
                    None => Err(Fault::value(format!("{text:?} is no note"))),
                },
                value => Ok(Value::Number(value.numeral()? + f64::from(interval.semitones))),
            })
        }))
    }
}

fn note_midi(value: &Value) -> Option<i32> {
    match value {
        Value::Text(text) => Some(Note::parse(text)?.midi(TONIC_OCTAVE)),
        value => Some(value.as_number()?.round() as i32),
    }
}
