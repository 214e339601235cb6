//! Chords as voicings that lie close to an anchor.

use super::note::{Note, note_name};
use super::voicings::{LEFT_HAND, QUALITIES, TRIADS, Voicings, quality_of};
use crate::span::Hap;
use crate::{Controls, Fault, Name, Pattern, Value};

/// Where the voicing's target note lies to the anchor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The top note at or below it.
    Below,
    /// The top note below it.
    Duck,
    /// The bottom note at or above it.
    Above,
    /// The root at or below it, at the bottom.
    Root,
}

const DEFAULT_ANCHOR_MIDI: i32 = 72;

/// Splits a chord's symbol into root and quality; a bass after a slash is left out.
fn read_chord(symbol: &str) -> Option<(Note, &str)> {
    let mut chars = symbol.char_indices();
    chars.next().filter(|(_, c)| ('A'..='G').contains(c))?;
    let end = chars.find(|(_, c)| !matches!(c, '#' | 'b')).map_or(symbol.len(), |(at, _)| at);
    let root = Note::parse(symbol.get(..end)?)?;
    let quality = symbol.get(end..)?;
    Some((root, quality.split('/').next().unwrap_or_default()))
}

fn dictionary(name: &str, quality: &str) -> Option<Voicings> {
    let find = |table: &'static [(&'static str, Voicings)]| {
        table.iter().find(|(known, _)| *known == quality).map(|(_, voicings)| *voicings)
    };
    match name {
        "lefthand" => find(LEFT_HAND),
        "triads" => find(TRIADS),
        _ => find(QUALITIES),
    }
}

struct Voicing {
    notes: Vec<i32>,
}

fn choose(root: Note, voicings: Voicings, mode: Mode, anchor: i32, offset: i64) -> Option<Voicing> {
    let root = root.chroma();
    let voicings = if mode == Mode::Root { voicings.get(..1)? } else { voicings };
    let target = |voicing: &[i32]| match mode {
        Mode::Below | Mode::Duck => voicing.last().copied(),
        Mode::Above | Mode::Root => voicing.first().copied(),
    };
    let distance = |voicing: &[i32]| -> Option<i32> {
        let gap = anchor - target(voicing)? - root;
        Some(match mode {
            Mode::Above => (-gap).rem_euclid(12),
            Mode::Duck => (gap - 1).rem_euclid(12),
            Mode::Below | Mode::Root => gap.rem_euclid(12),
        })
    };
    let best = (0..voicings.len()).min_by_key(|at| voicings.get(*at).and_then(|v| distance(v)))?;
    let count = voicings.len() as i64;
    let wanted = best as i64 + offset;
    let octaves = wanted.div_euclid(count) as i32;
    // Distances are to the best one; neighbours keep its register.
    let chosen = voicings.get(best)?;
    let gap = distance(chosen)?;
    let at = match mode {
        Mode::Above => anchor + gap,
        Mode::Duck => anchor - 1 - gap,
        Mode::Below | Mode::Root => anchor - gap,
    };
    let base = at - target(chosen)? + 12 * octaves;
    let voicing = voicings.get(wanted.rem_euclid(count) as usize)?;
    Some(Voicing { notes: voicing.iter().map(|note| note + base).collect() })
}

fn voiced(controls: &Controls) -> Result<Vec<Value>, Fault> {
    let symbol = match controls.get("chord") {
        Some(Value::Text(symbol)) => symbol.to_string(),
        Some(Value::List(parts)) => parts.first().and_then(Value::as_text).unwrap_or_default().to_owned(),
        _ => return Ok(Vec::new()),
    };
    let name = controls.text("dictionary").unwrap_or("ireal").to_owned();
    let (root, quality) =
        read_chord(&symbol).ok_or_else(|| Fault::value(format!("{symbol:?} is no chord; try Am7 or F^7")))?;
    let voicings = dictionary(&name, quality_of(quality))
        .ok_or_else(|| Fault::value(format!("the dictionary {name:?} has no chord {symbol:?}")))?;
    let mode = match controls.text("mode") {
        Some("above") => Mode::Above,
        Some("duck") => Mode::Duck,
        Some("root") => Mode::Root,
        _ => Mode::Below,
    };
    let anchor = match controls.get("anchor") {
        Some(Value::Text(text)) => Note::parse(text).map(|note| note.midi(4)),
        Some(value) => value.as_number().map(|x| x.round() as i32),
        None => None,
    };
    let offset = controls.number("offset").unwrap_or(0.0) as i64;
    let voicing = choose(root, voicings, mode, anchor.unwrap_or(DEFAULT_ANCHOR_MIDI), offset)
        .ok_or_else(|| Fault::value(format!("{symbol:?} has no voicing")))?;
    let mut rest = controls.clone();
    for name in ["chord", "dictionary", "mode", "anchor", "offset", "octaves", "n"] {
        rest.remove(name);
    }
    let with_note = |note: Value| {
        let mut controls = rest.clone();
        controls.set(Name::new("note"), note);
        Value::Controls(controls)
    };
    match controls.get("n") {
        Some(n) => {
            let step = n.numeral()?.round() as i64;
            let count = (voicing.notes.len() as i64).max(1);
            let octaves = step.div_euclid(count) * controls.number("octaves").unwrap_or(1.0) as i64;
            let note = voicing.notes.get(step.rem_euclid(count) as usize).copied().unwrap_or(0);
            Ok(vec![with_note(Value::Number(f64::from(note) + 12.0 * octaves as f64))])
        }
        None => Ok(voicing.notes.iter().map(|note| with_note(Value::text(&note_name(*note)))).collect()),
    }
}

impl Pattern {
    /// Returns chord symbols as the notes of voicings that lie close together. Values without a
    /// chord are silent.
    #[must_use]
    pub fn voicing(&self) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            for hap in inner.collect(query, span) {
                let voices = match &hap.value {
                    Value::Controls(controls) => voiced(controls),
                    Value::Text(symbol) => {
                        voiced(&std::iter::once(("chord", Value::Text(symbol.clone()))).collect())
                    }
                    _ => Ok(Vec::new()),
                };
                match voices {
                    Ok(voices) => {
                        if !query.spend(voices.len() as u64) {
                            return;
                        }
                        out.extend(voices.into_iter().map(|value| Hap { value, ..hap.clone() }));
                    }
                    Err(fault) => return query.fail(fault),
                }
            }
        })
    }

    /// Returns the roots of chord symbols in `octave`, as note names.
    #[must_use]
    pub fn root_notes(&self, octave: i64) -> Self {
        self.try_map(move |value| {
            let root = |symbol: &str| {
                // A root may be written small, and stays as it is written.
                let (letter, rest) = symbol.split_at_checked(1).unwrap_or_default();
                let (root, _) = read_chord(&(letter.to_ascii_uppercase() + rest))
                    .ok_or_else(|| Fault::value(format!("{symbol:?} is no chord")))?;
                let name = Note { octave: None, ..root }.name();
                let (_, signs) = name.split_at_checked(1).unwrap_or_default();
                Ok::<_, Fault>(Value::text(&format!("{letter}{signs}{octave}")))
            };
            match value {
                Value::Controls(controls) => match controls.text("chord") {
                    Some(symbol) => {
                        let note = root(symbol)?;
                        Ok(Value::Controls(std::iter::once(("note", note)).collect()))
                    }
                    None => Ok(value.clone()),
                },
                Value::Text(symbol) => root(symbol),
                other => Ok(other.clone()),
            }
        })
    }
}
