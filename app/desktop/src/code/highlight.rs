//! Colours for code: a reader of tokens that never fails, since code is half-written most of the time.

use egui::text::{ByteIndex, LayoutJob, LayoutSection, TextFormat};
use egui::{Color32, FontId};

use crate::tokens::Tokens;

/// What a piece of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Comment,
    /// Mini-notation: texts in double quotes and backticks.
    Notation,
    Text,
    Number,
    Keyword,
    /// A word that is called.
    Call,
    /// A name before a colon at the start of a line: a part.
    Label,
}

const KEYWORDS: [&str; 20] = [
    "break",
    "case",
    "const",
    "continue",
    "do",
    "else",
    "false",
    "for",
    "function",
    "if",
    "in",
    "let",
    "new",
    "null",
    "of",
    "return",
    "switch",
    "true",
    "undefined",
    "while",
];

/// Takes code apart into pieces that cover all of it, in order.
pub(crate) fn tokens(text: &str) -> Vec<(std::ops::Range<usize>, Kind)> {
    let bytes = text.as_bytes();
    let mut all = Vec::new();
    let mut at = 0;
    let mut line_start = true;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let rest = bytes.get(at..).unwrap_or_default();
        let until = |from: usize, stop: &dyn Fn(&u8) -> bool| {
            bytes.iter().skip(from).position(stop).map_or(bytes.len(), |n| from + n)
        };
        let kind = match byte {
            b'/' if rest.starts_with(b"//") => {
                at = until(at, &|b| *b == b'\n');
                Kind::Comment
            }
            b'/' if rest.starts_with(b"/*") => {
                at = text.get(at + 2..).and_then(|rest| rest.find("*/")).map_or(bytes.len(), |n| at + n + 4);
                Kind::Comment
            }
            b'"' | b'\'' | b'`' => {
                at = closing(bytes, at);
                if byte == b'\'' { Kind::Text } else { Kind::Notation }
            }
            b'0'..=b'9' => {
                at = until(at, &|b| !(b.is_ascii_alphanumeric() || *b == b'.'));
                Kind::Number
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | 0x80.. => {
                at = until(at, &|b| !is_word(*b));
                let word = text.get(start..at).unwrap_or_default();
                let next = until(at, &|b| *b != b' ');
                match bytes.get(next) {
                    _ if KEYWORDS.contains(&word) => Kind::Keyword,
                    Some(b'(') => Kind::Call,
                    Some(b':') if line_start => Kind::Label,
                    _ => Kind::Plain,
                }
            }
            _ => {
                at += 1;
                Kind::Plain
            }
        };
        line_start = match byte {
            b'\n' => true,
            b' ' | b'\t' => line_start,
            _ => false,
        };
        match all.last_mut() {
            Some((last, Kind::Plain)) if kind == Kind::Plain => {
                let range: &mut std::ops::Range<usize> = last;
                range.end = at;
            }
            _ => all.push((start..at, kind)),
        }
    }
    all
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The byte after the text that opens at `at`. Only backticks go over lines.
fn closing(bytes: &[u8], at: usize) -> usize {
    let quote = bytes.get(at).copied().unwrap_or(b'"');
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 1,
            b'\n' if quote != b'`' => return end,
            _ if byte == quote => return end + 1,
            _ => {}
        }
        end += 1;
    }
    bytes.len()
}

/// Lays code out in colours.
pub(crate) fn job(text: &str, font: &FontId, tokens_of_theme: Tokens) -> LayoutJob {
    let mut job = LayoutJob { text: text.to_owned(), ..LayoutJob::default() };
    job.wrap.max_width = f32::INFINITY;
    for (range, kind) in tokens(text) {
        job.sections.push(LayoutSection {
            leading_space: 0.0,
            byte_range: ByteIndex(range.start)..ByteIndex(range.end),
            format: TextFormat::simple(font.clone(), colour(kind, tokens_of_theme)),
        });
    }
    job
}

fn colour(kind: Kind, tokens: Tokens) -> Color32 {
    match kind {
        Kind::Plain => tokens.text,
        Kind::Comment => tokens.text_dim,
        Kind::Notation => tokens.level,
        Kind::Text => tokens.warning,
        Kind::Number => tokens.number,
        Kind::Keyword | Kind::Label => tokens.accent,
        Kind::Call => tokens.call,
    }
}

/// Returns the bracket that belongs to the one at a byte.
pub(crate) fn partner(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let bracket = *bytes.get(at)?;
    let (open, close, forward) = match bracket {
        b'(' => (b'(', b')', true),
        b'[' => (b'[', b']', true),
        b'{' => (b'{', b'}', true),
        b'<' => (b'<', b'>', true),
        b')' => (b'(', b')', false),
        b']' => (b'[', b']', false),
        b'}' => (b'{', b'}', false),
        b'>' => (b'<', b'>', false),
        _ => return None,
    };
    // Brackets of a text belong to each other, brackets of code outside of all texts too.
    let pieces = tokens(text);
    let piece_at = |at: usize| pieces.iter().find(|(range, _)| range.contains(&at));
    let inside = |kind: Kind| matches!(kind, Kind::Notation | Kind::Text | Kind::Comment);
    let own = piece_at(at)?;
    if bracket == b'<' || bracket == b'>' {
        // Outside of mini-notation these compare.
        inside(own.1).then_some(())?;
    }
    let counts = |place: usize| {
        let Some(piece) = piece_at(place) else { return false };
        if inside(own.1) { piece.0 == own.0 } else { !inside(piece.1) }
    };
    let mut depth = 0i32;
    let mut place = at;
    loop {
        let byte = *bytes.get(place)?;
        if (byte == open || byte == close) && counts(place) {
            depth += if (byte == open) == forward { 1 } else { -1 };
            if depth == 0 {
                return Some(place);
            }
        }
        place = if forward { place + 1 } else { place.checked_sub(1)? };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_colour() {
        for text in [
            "",
            "a",
            "s(\"bd*2\") // x",
            "`a\nb`.fast(2)",
            "'open",
            "\"open\n$: x",
            "/* open",
            "é(1.5e3)",
            "\\",
        ] {
            let mut at = 0;
            for (range, _) in tokens(text) {
                assert_eq!(range.start, at, "{text:?}");
                at = range.end;
            }
            assert_eq!(at, text.len(), "{text:?}");
        }
    }

    #[test]
    fn pieces_are_known_for_what_they_are() {
        let check = |text: &str, piece: &str, kind: Kind| {
            let found = tokens(text).into_iter().find(|(range, _)| &text[range.clone()] == piece);
            assert_eq!(found.map(|(_, kind)| kind), Some(kind), "{piece:?} in {text:?}");
        };
        check("$: s(\"bd\")", "$", Kind::Label);
        check("$: s(\"bd\")", "s", Kind::Call);
        check("$: s(\"bd\")", "\"bd\"", Kind::Notation);
        check("let x = 3.5 // three", "let", Kind::Keyword);
        check("let x = 3.5 // three", "3.5", Kind::Number);
        check("let x = 3.5 // three", "// three", Kind::Comment);
        check("x ? a : b", "x ? a : b", Kind::Plain);
        check("voicing('x')", "'x'", Kind::Text);
    }

    #[test]
    fn brackets_find_their_partners_and_skip_texts() {
        let check = |text: &str, at: usize, expected: Option<usize>| {
            assert_eq!(partner(text, at), expected, "{text:?} {at}")
        };
        check("a(b(c))", 1, Some(6));
        check("a(b(c))", 6, Some(1));
        check("s(\"(\")", 1, Some(5));
        check("s(\"[a [b]]\")", 3, Some(9));
        check("s(\"<a b>\")", 7, Some(3));
        check("a < b > c", 2, None);
        check("a(", 1, None);
    }
}
