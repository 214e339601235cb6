use super::token::{Pos, Token};

/// Text for naga, and which of its bytes came from where.
#[derive(Default)]
pub(crate) struct Emitter {
    text: String,
    /// Byte offset of each token an author wrote, ascending.
    origins: Vec<(usize, Pos)>,
}

impl Emitter {
    /// Adds text that no author wrote.
    pub(crate) fn ours(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn token(&mut self, token: &Token) {
        if token.pos.line > 0 {
            self.origins.push((self.text.len(), token.pos));
        }
        self.text.push_str(&token.text);
        self.text.push(if token.starts_line { '\n' } else { ' ' });
    }

    pub(crate) fn tokens<'a>(&mut self, tokens: impl IntoIterator<Item = &'a Token>) {
        for token in tokens {
            self.token(token);
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the place an author knows for a byte of the text: the last token at or before it.
    pub(crate) fn origin(&self, byte_offset: usize) -> Option<Pos> {
        let after = self.origins.partition_point(|(start, _)| *start <= byte_offset);
        let found = after.checked_sub(1).and_then(|idx| self.origins.get(idx)).or(self.origins.first());
        found.map(|(_, pos)| *pos)
    }
}

impl Emitter {
    /// Adds what another emitter holds.
    pub(crate) fn append(&mut self, other: Self) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.origins.extend(other.origins.into_iter().map(|(start, pos)| (base + start, pos)));
    }
}
