//! What is checked before a text reaches the parser, which recurses: size and nesting.

use crate::error::{Error, Result};

/// The longest program, in bytes: ten times a long tune.
pub(crate) const MAX_SOURCE_BYTES: usize = 65_536;

/// How deep brackets may nest.
const MAX_BRACKETS: u32 = 96;

/// How many operators that nest to the right (`!`, `?`, `=`, `=>`, `**`, `-`, `a:`) may stand in one
/// statement.
const MAX_RIGHTWARD: u32 = 400;

/// How many words that nest what follows (`if`, `else`, `new`, `typeof`, …) one program may have.
const MAX_KEYWORDS: u32 = 250;

const KEYWORDS: &[&str] = &[
    "async", "await", "class", "delete", "do", "else", "extends", "for", "if", "new", "return", "switch",
    "throw", "typeof", "void", "while", "with", "yield",
];

/// Refuses a program that is too long or would nest too deep.
pub(crate) fn check(source: &str) -> Result<()> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(Error::new(format!("the code is longer than {MAX_SOURCE_BYTES} bytes"), (0, 0)));
    }
    Scan { bytes: source.as_bytes(), source, at: 0, open: 0, rightward: 0, keywords: 0, last: b';' }.run()
}

struct Scan<'a> {
    bytes: &'a [u8],
    source: &'a str,
    at: usize,
    open: u32,
    rightward: u32,
    keywords: u32,
    /// The last byte that was not space.
    last: u8,
}

impl Scan<'_> {
    fn run(mut self) -> Result<()> {
        while let Some(byte) = self.peek(0) {
            let start = self.at;
            self.at += 1;
            match byte {
                b'"' | b'\'' => self.skip_text(byte),
                b'/' if self.peek(0) == Some(b'/') => {
                    while self.peek(0).is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                    continue;
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => {
                    self.skip_word();
                    if self.source.get(start..self.at).is_some_and(|word| KEYWORDS.contains(&word)) {
                        self.keywords += 1;
                    }
                }
                b'(' | b'[' | b'{' => self.open += 1,
                b')' | b']' | b'}' => self.open = self.open.saturating_sub(1),
                b'!' | b'?' | b'=' | b'~' | b':' => self.rightward += 1,
                b'-' | b'+' | b'*' | b'&' | b'|' | b'/' if continues(self.last) => self.rightward += 1,
                b';' if self.open == 0 => self.rightward = 0,
                b'\n' if self.ends_statement() => self.rightward = 0,
                _ => {}
            }
            let place = (start as u32, self.at as u32);
            if self.open > MAX_BRACKETS {
                return Err(Error::new(format!("brackets nest deeper than {MAX_BRACKETS} levels"), place));
            }
            if self.rightward > MAX_RIGHTWARD {
                return Err(Error::new("one expression has too many operators", place).hint("end it with ;"));
            }
            if self.keywords > MAX_KEYWORDS {
                return Err(Error::new(
                    format!("the code has more than {MAX_KEYWORDS} words such as if and for"),
                    place,
                ));
            }
            if !byte.is_ascii_whitespace() {
                self.last = self.bytes.get(self.at - 1).copied().unwrap_or(byte);
            }
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Quotes end with their line at the latest; backticks may hold code and are not skipped.
    fn skip_text(&mut self, quote: u8) {
        let mut escaped = false;
        while let Some(byte) = self.peek(0).filter(|byte| *byte != b'\n') {
            self.at += 1;
            if byte == quote && !escaped {
                return;
            }
            escaped = byte == b'\\' && !escaped;
        }
    }

    fn skip_word(&mut self) {
        while self.peek(0).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')) {
            self.at += 1;
        }
    }

    /// Whether nothing goes on over this line's end.
    fn ends_statement(&self) -> bool {
        let next = self.bytes.iter().skip(self.at).copied().find(|byte| !byte.is_ascii_whitespace());
        self.open == 0
            && !continues(self.last)
            && !next.is_some_and(|byte| continues(byte) && !matches!(byte, b'(' | b'/'))
    }
}

/// Whether an expression goes on after, or before, this byte.
fn continues(byte: u8) -> bool {
    matches!(
        byte,
        b'-' | b'+'
            | b'*'
            | b'/'
            | b'%'
            | b'='
            | b'!'
            | b'~'
            | b'?'
            | b':'
            | b'&'
            | b'|'
            | b'^'
            | b'<'
            | b'>'
            | b'('
            | b','
            | b'.'
    )
}
