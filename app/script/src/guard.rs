//! What is checked before a text reaches the parser, which recurses: size and nesting.

use crate::error::{Error, Result};

/// The longest program, in bytes: ten times a long tune.
pub(crate) const MAX_SOURCE_BYTES: usize = 65_536;

/// How deep brackets may nest.
const MAX_BRACKETS: u32 = 96;

/// How many operators that nest to the right (`!`, `?`, `=`, `=>`, `**`, `-`, `if`, `a:`) may stand
/// between two statements' ends.
const MAX_RIGHTWARD: u32 = 400;

/// Refuses a program that is too long or would nest too deep.
pub(crate) fn check(source: &str) -> Result<()> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(Error::new(format!("the code is longer than {MAX_SOURCE_BYTES} bytes"), (0, 0)));
    }
    let mut open = 0_u32;
    let mut rightward = 0_u32;
    let mut bytes = source.bytes().enumerate().peekable();
    let mut previous = b' ';
    while let Some((at, byte)) = bytes.next() {
        let place = (at as u32, at as u32 + 1);
        match byte {
            b'"' | b'\'' => {
                // Quotes end with their line; an apostrophe in a comment must not hide the rest.
                let mut escaped = false;
                while let Some((_, next)) = bytes.peek().copied() {
                    if next == b'\n' {
                        break;
                    }
                    bytes.next();
                    if !escaped && next == byte {
                        break;
                    }
                    escaped = next == b'\\' && !escaped;
                }
                previous = byte;
                continue;
            }
            b'/' if bytes.peek().is_some_and(|(_, next)| *next == b'/') => {
                while bytes.peek().is_some_and(|(_, next)| *next != b'\n') {
                    bytes.next();
                }
                continue;
            }
            b'(' | b'[' | b'{' => {
                open += 1;
                if open > MAX_BRACKETS {
                    return Err(Error::new(format!("brackets nest deeper than {MAX_BRACKETS} levels"), place));
                }
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'!' | b'?' | b'=' | b'~' => rightward += 1,
            b':' if open == 0 || previous == b'?' => rightward += 1,
            b'-' | b'+' | b'*' | b'&' | b'|' if previous == byte || is_operator(previous) => rightward += 1,
            b';' => rightward = 0,
            b'\n' if open == 0 => rightward = 0,
            _ => {}
        }
        if rightward > MAX_RIGHTWARD {
            return Err(Error::new("one expression has too many operators", place));
        }
        if !byte.is_ascii_whitespace() {
            previous = byte;
        }
    }
    Ok(())
}

fn is_operator(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'*' | b'=' | b'!' | b'~' | b'?' | b':' | b'&' | b'|' | b'(' | b',')
}
