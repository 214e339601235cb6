use thiserror::Error;

/// Why an author's text is not a scene, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {message}")]
pub struct SceneError {
    /// The line in the author's text, from 1.
    pub line: u32,
    /// The column in that line, in characters from 1.
    pub column: u32,
    /// Lower case, what is wrong and, where we know it, the fix.
    pub message: String,
}

impl SceneError {
    /// Makes an error at a place of the author's text.
    pub fn new(line: u32, column: u32, message: impl Into<String>) -> Self {
        Self { line: line.max(1), column: column.max(1), message: message.into() }
    }

    /// Makes an error about the text as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self::new(1, 1, message)
    }

    /// Makes an error at a byte offset of `source`.
    pub fn at(source: &str, byte_offset: usize, message: impl Into<String>) -> Self {
        let before = source.get(..byte_offset).unwrap_or(source);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Self::new(u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX), message)
    }
}
