//! Note names and intervals.

/// The octave of a note name without one, where it is read as a number.
const DEFAULT_OCTAVE: i32 = 3;

/// Half tones of C D E F G A B above C.
const NATURALS: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];
const LETTERS: [char; 7] = ['C', 'D', 'E', 'F', 'G', 'A', 'B'];

/// A spelled pitch: letter, accidentals, octave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// 0 is C, 6 is B.
    pub(crate) letter: i32,
    /// Half tones up (sharps) or down (flats).
    pub(crate) alteration: i32,
    /// The octave; C4 is MIDI 60.
    pub(crate) octave: Option<i32>,
}

/// A spelled distance: how many letters and how many half tones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) letters: i32,
    pub(crate) semitones: i32,
}

impl Note {
    /// Reads `C#3`, `eb`, `f##2`, `Gs4`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let letter = chars.next()?.to_ascii_uppercase();
        let letter = LETTERS.iter().position(|known| *known == letter)? as i32;
        let rest = chars.as_str();
        let count = rest.find(|c| !matches!(c, '#' | 's' | 'b' | 'f' | 'x')).unwrap_or(rest.len());
        let alteration = rest
            .get(..count)?
            .chars()
            .map(|c| match c {
                '#' | 's' => 1,
                'x' => 2,
                _ => -1,
            })
            .sum();
        let octave = match rest.get(count..)? {
            "" => None,
            digits => Some(digits.parse::<i32>().ok().filter(|octave| (-10..=20).contains(octave))?),
        };
        Some(Self { letter, alteration, octave })
    }

    /// The MIDI number; without an octave that of `octave`.
    pub(crate) fn midi(self, octave: i32) -> i32 {
        let natural = NATURALS.get(self.letter.rem_euclid(7) as usize).copied().unwrap_or(0);
        (self.octave.unwrap_or(octave) + 1) * 12 + natural + self.alteration
    }

    /// The pitch class, 0 (C) to 11.
    pub(crate) fn chroma(self) -> i32 {
        self.midi(0).rem_euclid(12)
    }

    /// This note moved by an interval, spelled by its letters.
    pub(crate) fn transpose(self, interval: Interval) -> Self {
        let letters = self.letter + interval.letters;
        let letter = letters.rem_euclid(7);
        let octave = self.octave.unwrap_or(DEFAULT_OCTAVE) + letters.div_euclid(7);
        let natural = Self { letter, alteration: 0, octave: Some(octave) };
        let alteration = self.midi(DEFAULT_OCTAVE) + interval.semitones - natural.midi(octave);
        Self { letter, alteration, octave: self.octave.map(|_| octave) }
    }

    /// The spelling.
    pub(crate) fn name(self) -> String {
        let letter = LETTERS.get(self.letter.rem_euclid(7) as usize).copied().unwrap_or('C');
        let sign = if self.alteration < 0 { "b" } else { "#" };
        let octave = self.octave.map(|octave| octave.to_string()).unwrap_or_default();
        format!("{letter}{}{octave}", sign.repeat(self.alteration.unsigned_abs() as usize))
    }
}

impl Interval {
    /// Reads `3m`, `-5P`, `7M`, `4A`, also `m3`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let quality: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
        let number: i32 = digits.parse().ok().filter(|n| (1..=50).contains(n))?;
        let letters = number - 1;
        let natural = NATURALS.get(letters.rem_euclid(7) as usize)? + 12 * letters.div_euclid(7);
        let perfect = matches!(letters.rem_euclid(7), 0 | 3 | 4);
        let change = match quality.as_str() {
            "P" if perfect => 0,
            "M" if !perfect => 0,
            "m" if !perfect => -1,
            q if !q.is_empty() && q.chars().all(|c| c == 'A') => q.len() as i32,
            q if !q.is_empty() && q.chars().all(|c| c == 'd') => -(q.len() as i32) - i32::from(!perfect),
            _ => return None,
        };
        let sign = if negative { -1 } else { 1 };
        Some(Self { letters: letters * sign, semitones: (natural + change) * sign })
    }

    /// The plain spelling of a distance in half tones.
    pub(crate) fn from_semitones(semitones: i32) -> Self {
        // Minor and perfect where there is a choice; six half tones are a diminished fifth.
        const LETTERS_OF: [i32; 12] = [0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6];
        let sign = if semitones < 0 { -1 } else { 1 };
        let size = semitones.abs();
        let letters = LETTERS_OF.get((size % 12) as usize).copied().unwrap_or(0) + 7 * (size / 12);
        Self { letters: letters * sign, semitones }
    }
}

/// Returns the MIDI number of a note name; octave 3 where it has none.
#[must_use]
pub fn note_to_midi(text: &str) -> Option<f64> {
    Note::parse(text).map(|note| f64::from(note.midi(DEFAULT_OCTAVE)))
}

/// Returns the name of a MIDI number, with flats.
#[must_use]
pub fn note_name(midi: i32) -> String {
    const NAMES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
    let name = NAMES.get(midi.rem_euclid(12) as usize).copied().unwrap_or("C");
    format!("{name}{}", midi.div_euclid(12) - 1)
}
