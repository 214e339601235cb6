//! Chords as voicings that lie close to an anchor.

use super::note::{Note, note_name};
use super::voicings::{
    Dictionary, EXTENDED, GUIDE_TONES, KEYBOARD, LEFT_HAND, TRIADS, Voicings, known_spelling,
};
use crate::span::Hap;
use crate::{Controls, Fault, Name, Pattern, Value};

/// Where the voicing's target note lies to the anchor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The top note at or below it.
    Below,
    /// The same, without the note at the anchor itself.
    Duck,
    /// The bottom note at or below it.
    Above,
    /// The same of the first voicing.
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

/// The voicings of a quality: `None` where the dictionary lacks it, an error where nobody knows it.
fn voicings(name: &str, symbol: &str, quality: &str) -> Result<Option<Voicings>, Fault> {
    let tables: &[Dictionary] = match name {
        "ireal" => &[KEYBOARD],
        "ireal-ext" => &[EXTENDED],
        "lefthand" => &[LEFT_HAND],
        "triads" => &[TRIADS],
        "guidetones" => &[GUIDE_TONES],
        "legacy" => &[LEFT_HAND, TRIADS],
        _ => {
            return Err(Fault::value(format!(
                "there is no dictionary {name:?}; try ireal, ireal-ext, lefthand, triads, guidetones or legacy"
            )));
        }
    };
    let find = |tables: &[Dictionary], quality: &str| {
        let mut all = tables.iter().flat_map(|table| table.iter());
        all.find(|(spellings, _)| spellings.contains(&quality)).map(|(_, voicings)| *voicings)
    };
    let either = |tables| find(tables, quality).or_else(|| find(tables, known_spelling(quality)));
    match either(tables) {
        None if either(&[KEYBOARD]).is_none() => {
            Err(Fault::value(format!("{symbol:?} is no chord; try Am7 or F^7")))
        }
        found => Ok(found),
    }
}

/// The notes, in half tones, of the voicing that lies closest to `anchor`, or `offset` further.
fn choose(root: Note, voicings: Voicings, mode: Mode, anchor: i32, offset: i64) -> Option<Vec<i32>> {
    let target = |voicing: &[i32]| match mode {
        Mode::Below | Mode::Duck => voicing.last().copied(),
        Mode::Above | Mode::Root => voicing.first().copied(),
    };
    let distance = |voicing: &[i32]| Some((anchor - target(voicing)? - root.chroma()).rem_euclid(12));
    let best = match mode {
        Mode::Root => 0,
        _ => (0..voicings.len()).min_by_key(|at| voicings.get(*at).and_then(|v| distance(v)))?,
    };
    let count = i64::try_from(voicings.len()).ok()?;
    let wanted = usize::try_from((best as i64 + offset).rem_euclid(count)).ok()?;
    let octaves = i32::try_from(-(-offset).div_euclid(count)).ok()?;
    let voicing = voicings.get(wanted)?;
    let base = anchor - distance(voicing)? + 12 * octaves - target(voicing)?;
    let notes = voicing.iter().map(|note| note + base);
    Some(notes.filter(|note| mode != Mode::Duck || *note != anchor).collect())
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
    let Some(voicings) = voicings(&name, &symbol, quality)? else { return Ok(Vec::new()) };
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
    let notes = choose(root, voicings, mode, anchor.unwrap_or(DEFAULT_ANCHOR_MIDI), offset)
        .ok_or_else(|| Fault::value(format!("{symbol:?} has no voicing")))?;
    let mut rest = controls.clone();
    for name in ["chord", "dictionary", "mode", "anchor", "offset", "octaves", "n"] {
        rest.remove(name);
    }
    let with_note = |note: Value| {
        let mut controls = rest.clone();
        // A note that is there already stays.
        if controls.get("note").is_none() {
            controls.set(Name::new("note"), note);
        }
        Value::Controls(controls)
    };
    match controls.get("n") {
        Some(n) => {
            let step = n.numeral()?.round() as i64;
            let count = (notes.len() as i64).max(1);
            let octaves = step.div_euclid(count) * controls.number("octaves").unwrap_or(1.0) as i64;
            let note = notes.get(step.rem_euclid(count) as usize).copied().unwrap_or(0);
            Ok(vec![with_note(Value::Number(f64::from(note) + 12.0 * octaves as f64))])
        }
        None => Ok(notes.iter().map(|note| with_note(Value::text(&note_name(*note)))).collect()),
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
