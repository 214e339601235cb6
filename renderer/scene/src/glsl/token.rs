use std::rc::Rc;

use crate::SceneError;

/// Where a token stands: line and column from 1; line 0 is a token no author wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pos {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Pos {
    /// The start of a text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    pub(crate) fn error(self, message: impl Into<String>) -> SceneError {
        SceneError::new(self.line, self.column, message)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    Symbol,
}

/// Macro names that may not expand in a token any more: a linked list shared between tokens.
#[derive(Debug)]
pub(crate) struct Hidden {
    pub(crate) name: Rc<str>,
    pub(crate) next: Option<Rc<Hidden>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) text: Rc<str>,
    pub(crate) pos: Pos,
    pub(crate) starts_line: bool,
    /// Whether white space stands before it: tells `#define F (x)` from `#define F(x)`.
    pub(crate) spaced: bool,
    pub(crate) hidden: Option<Rc<Hidden>>,
}

impl Token {
    /// Makes a word that no author wrote, at the place it stands for.
    pub(crate) fn word(text: impl Into<Rc<str>>, pos: Pos) -> Self {
        Self::made(TokenKind::Word, text, pos)
    }

    /// Makes a symbol that no author wrote.
    pub(crate) fn symbol(text: &str, pos: Pos) -> Self {
        Self::made(TokenKind::Symbol, text, pos)
    }

    /// Makes a number that no author wrote.
    pub(crate) fn number(number: usize, pos: Pos) -> Self {
        Self::made(TokenKind::Number, number.to_string(), pos)
    }

    fn made(kind: TokenKind, text: impl Into<Rc<str>>, pos: Pos) -> Self {
        Self { kind, text: text.into(), pos, starts_line: false, spaced: true, hidden: None }
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        &*self.text == text
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }

    pub(crate) fn hides(&self, name: &str) -> bool {
        let mut node = self.hidden.as_ref();
        while let Some(hidden) = node {
            if &*hidden.name == name {
                return true;
            }
            node = hidden.next.as_ref();
        }
        false
    }
}

/// A comment and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) pos: Pos,
    pub(crate) text: String,
}

const SYMBOLS_3: [&str; 2] = ["<<=", ">>="];
const SYMBOLS_2: [&str; 20] = [
    "++", "--", "<=", ">=", "==", "!=", "&&", "||", "^^", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
    "<<", ">>", "##",
];

/// Splits a text that begins at `start` into tokens and comments.
///
/// # Errors
/// A comment without an end, or a character that GLSL does not know.
pub(crate) fn tokenize(source: &str, start: Pos) -> Result<(Vec<Token>, Vec<Comment>), SceneError> {
    Scanner { chars: source.chars().collect(), at: 0, pos: start, tokens: Vec::new(), comments: Vec::new() }
        .run()
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    pos: Pos,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
}

impl Scanner {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn bump(&mut self) {
        if self.peek(0) == Some('\n') {
            self.pos.line += 1;
            self.pos.column = 1;
        } else {
            self.pos.column += 1;
        }
        self.at += 1;
    }

    fn run(mut self) -> Result<(Vec<Token>, Vec<Comment>), SceneError> {
        let (mut starts_line, mut spaced) = (true, true);
        while let Some(c) = self.peek(0) {
            if c == '\\'
                && (self.peek(1) == Some('\n') || (self.peek(1) == Some('\r') && self.peek(2) == Some('\n')))
            {
                while self.peek(0) != Some('\n') {
                    self.bump();
                }
                self.bump();
                spaced = true;
                continue;
            }
            if c == '\n' {
                starts_line = true;
            }
            // A byte order mark and non-breaking spaces come with text copied from the web.
            if c.is_whitespace() || c == '\0' || c == '\u{feff}' || c == '\u{200b}' {
                spaced = true;
                self.bump();
                continue;
            }
            if c == '/' && matches!(self.peek(1), Some('/' | '*')) {
                self.comment()?;
                spaced = true;
                continue;
            }
            let pos = self.pos;
            let start = self.at;
            let kind = self.token(c)?;
            let text: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
            self.tokens.push(Token { kind, text: text.into(), pos, starts_line, spaced, hidden: None });
            starts_line = false;
            spaced = false;
        }
        Ok((self.tokens, self.comments))
    }

    fn comment(&mut self) -> Result<(), SceneError> {
        let pos = self.pos;
        let block = self.peek(1) == Some('*');
        self.bump();
        self.bump();
        let start = self.at;
        loop {
            match self.peek(0) {
                None if block => return Err(pos.error("this comment has no end: '*/' is missing")),
                None => break,
                Some('*') if block && self.peek(1) == Some('/') => break,
                Some('\n') if !block => break,
                Some(_) => self.bump(),
            }
        }
        let text = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        self.comments.push(Comment { pos, text });
        if block {
            self.bump();
            self.bump();
        }
        Ok(())
    }

    fn token(&mut self, first: char) -> Result<TokenKind, SceneError> {
        if first.is_ascii_alphabetic() || first == '_' {
            while self.peek(0).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.bump();
            }
            return Ok(TokenKind::Word);
        }
        if first.is_ascii_digit() || (first == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit())) {
            self.number(first);
            return Ok(TokenKind::Number);
        }
        let ahead = |num: usize| -> String { self.chars.iter().skip(self.at).take(num).collect() };
        let (three, two) = (ahead(3), ahead(2));
        let len = if SYMBOLS_3.contains(&three.as_str()) {
            3
        } else if SYMBOLS_2.contains(&two.as_str()) {
            2
        } else if "+-*/%<>=!&|^~?:;,.(){}[]#".contains(first) {
            1
        } else {
            return Err(self.pos.error(format!("the character {first:?} has no meaning in GLSL")));
        };
        for _ in 0..len {
            self.bump();
        }
        Ok(TokenKind::Symbol)
    }

    fn number(&mut self, first: char) {
        if first == '0' && matches!(self.peek(1), Some('x' | 'X')) {
            self.bump();
            self.bump();
            while self.peek(0).is_some_and(|c| c.is_ascii_hexdigit()) {
                self.bump();
            }
        } else {
            while self.peek(0).is_some_and(|c| c.is_ascii_digit() || c == '.') {
                self.bump();
            }
            if matches!(self.peek(0), Some('e' | 'E')) {
                let sign = usize::from(matches!(self.peek(1), Some('+' | '-')));
                if self.peek(1 + sign).is_some_and(|c| c.is_ascii_digit()) {
                    for _ in 0..=sign {
                        self.bump();
                    }
                    while self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
                        self.bump();
                    }
                }
            }
        }
        while matches!(self.peek(0), Some('u' | 'U' | 'f' | 'F' | 'l' | 'L')) {
            self.bump();
        }
    }
}
