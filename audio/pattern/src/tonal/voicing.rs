//! Chords as voicings that lie close to an anchor.

use std::{collections::BTreeMap, sync::Arc};

use super::note::{Interval, Note, note_name};
use super::voicings::{Dictionary, EXTENDED, GUIDE_TONES, KEYBOARD, LEFT_HAND, TRIADS, known_spelling};
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

/// Cycles in which a chord nobody knows is looked for: most progressions are no longer.
const LOOKED_AT_CYCLES: i64 = 16;

/// Splits a chord's symbol into root and quality; a bass after a slash is left out.
fn read_chord(symbol: &str) -> Option<(Note, &str)> {
    let mut chars = symbol.char_indices();
    chars.next().filter(|(_, c)| ('A'..='G').contains(c))?;
    let end = chars.find(|(_, c)| !matches!(c, '#' | 'b')).map_or(symbol.len(), |(at, _)| at);
    let root = Note::parse(symbol.get(..end)?)?;
    let quality = symbol.get(end..)?;
    Some((root, quality.split('/').next().unwrap_or_default()))
}

/// Dictionaries of one's own beside those everybody has, and the one meant where none is named.
#[derive(Clone, Debug, Default)]
pub struct ChordBook {
    dictionaries: BTreeMap<String, BTreeMap<String, Vec<Vec<i32>>>>,
    default: Option<String>,
}

impl ChordBook {
    /// Adds voicings under `dictionary`, or replaces them: each voicing a text of half tones or intervals above the
    /// root, lowest first, such as `0 4 7` or `3m 7m 9M`.
    ///
    /// # Errors
    /// [`Fault::Value`] for a text that is none.
    pub fn add(&mut self, dictionary: &str, quality: &str, voicings: &[String]) -> Result<(), Fault> {
        let read = |step: &str| {
            let semitones = step.parse().ok().or_else(|| Interval::parse(step).map(|it| it.semitones));
            semitones.ok_or_else(|| Fault::value(format!("{step:?} is no interval; try 7 or 5P")))
        };
        let voicings = voicings
            .iter()
            .map(|text| text.split_whitespace().map(read).collect::<Result<Vec<i32>, Fault>>())
            .collect::<Result<Vec<_>, _>>()?;
        let dictionary = self.dictionaries.entry(dictionary.to_owned()).or_default();
        dictionary.insert(quality.to_owned(), voicings);
        Ok(())
    }

    /// Sets the dictionary meant where none is named.
    pub fn set_default(&mut self, dictionary: &str) {
        self.default = Some(dictionary.to_owned());
    }

    /// The voicings of a quality; `None` where the dictionary lacks it.
    fn find(&self, name: Option<&str>, quality: &str) -> Result<Option<Vec<&[i32]>>, Fault> {
        let name = name.or(self.default.as_deref()).unwrap_or("ireal");
        if let Some(own) = self.dictionaries.get(name) {
            let found = own.get(quality).or_else(|| own.get(known_spelling(quality)));
            return Ok(found.map(|all| all.iter().map(Vec::as_slice).collect()));
        }
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
        let find = |quality: &str| {
            let mut all = tables.iter().flat_map(|table| table.iter());
            all.find(|(spellings, _)| spellings.contains(&quality)).map(|(_, voicings)| voicings.to_vec())
        };
        Ok(find(quality).or_else(|| find(known_spelling(quality))))
    }
}

/// The notes, in half tones, of the voicing that lies closest to `anchor`, or `offset` further.
fn choose(root: Note, voicings: &[&[i32]], mode: Mode, anchor: i32, offset: i64) -> Option<Vec<i32>> {
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

fn voiced(controls: &Controls, book: &ChordBook) -> Result<Vec<Value>, Fault> {
    let symbol = match controls.get("chord") {
        Some(Value::Text(symbol)) => symbol.to_string(),
        Some(Value::List(parts)) => parts.first().and_then(Value::as_text).unwrap_or_default().to_owned(),
        _ => return Ok(Vec::new()),
    };
    let (root, quality) =
        read_chord(&symbol).ok_or_else(|| Fault::value(format!("{symbol:?} is no chord; try Am7 or F^7")))?;
    let Some(voicings) = book.find(controls.text("dictionary"), quality)? else { return Ok(Vec::new()) };
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
    let notes = choose(root, &voicings, mode, anchor.unwrap_or(DEFAULT_ANCHOR_MIDI), offset)
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
    /// chord are silent, and so are chords that the dictionary lacks.
    #[must_use]
    pub fn voicing(&self, book: &Arc<ChordBook>) -> Self {
        let book = Arc::clone(book);
        let inner = self.clone();
        self.derive(move |query, span, out| {
            for hap in inner.collect(query, span) {
                let voices = match &hap.value {
                    Value::Controls(controls) => voiced(controls, &book),
                    Value::Text(symbol) => {
                        voiced(&std::iter::once(("chord", Value::Text(symbol.clone()))).collect(), &book)
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

    /// Returns the first chord symbol of the first cycles that its dictionary lacks, and which would be silent.
    #[must_use]
    pub fn unknown_chord(&self, book: &ChordBook) -> Option<String> {
        self.glance(LOOKED_AT_CYCLES).iter().find_map(|hap| {
            let (symbol, dictionary) = match &hap.value {
                Value::Controls(controls) => (controls.text("chord")?, controls.text("dictionary")),
                value => (value.as_text()?, None),
            };
            let (_, quality) = read_chord(symbol)?;
            matches!(book.find(dictionary, quality), Ok(None)).then(|| symbol.to_owned())
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
