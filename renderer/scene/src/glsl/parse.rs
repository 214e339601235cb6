//! Splits preprocessed tokens into the items of a translation unit. Bodies and expressions stay
//! token lists: naga parses them, we only need to know where they begin and end.

use super::token::{Pos, Token, TokenKind};
use crate::SceneError;

/// Deeper brackets are refused: naga descends once per level, and a stack is finite.
const MAX_BRACKET_DEPTH: usize = 96;
/// Longer chains of operators in one expression are refused, for the same reason.
const MAX_OPERATORS: usize = 600;
/// More branches and loops in one function are refused, for the same reason: `else if` nests.
const MAX_BRANCHES: usize = 600;

#[derive(Clone, Debug)]
pub(crate) enum Item {
    Function(Function),
    Struct(Vec<Token>),
    Global(Global),
}

#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// The result's type, qualifiers left out.
    pub(crate) result: Vec<Token>,
    pub(crate) name: Token,
    pub(crate) params: Vec<Param>,
    /// With its braces.
    pub(crate) body: Vec<Token>,
}

#[derive(Clone, Debug)]
pub(crate) struct Param {
    /// `in`, `out` or `inout`, if written.
    pub(crate) direction: Option<Token>,
    pub(crate) ty: Vec<Token>,
    pub(crate) name: Option<Token>,
    pub(crate) array: Vec<Token>,
}

impl Param {
    pub(crate) fn is_sampler(&self) -> bool {
        self.ty.first().is_some_and(|ty| ty.is("sampler2D") || ty.is("sampler2DRect"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    Plain,
    Const,
    Uniform,
    /// `varying`: from vertex to fragment.
    Varying,
    /// `in` or `attribute`.
    In,
    /// `out`.
    Out,
}

#[derive(Clone, Debug)]
pub(crate) struct Global {
    pub(crate) storage: Storage,
    /// With the brackets of an array type.
    pub(crate) ty: Vec<Token>,
    pub(crate) name: Token,
    pub(crate) array: Vec<Token>,
    pub(crate) init: Option<Vec<Token>>,
}

/// Splits the tokens of a whole text.
pub(crate) fn parse(tokens: &[Token]) -> Result<Vec<Item>, SceneError> {
    check_limits(tokens)?;
    let mut parser = Parser { tokens, at: 0, items: Vec::new() };
    while parser.at < tokens.len() {
        parser.item()?;
    }
    Ok(parser.items)
}

fn check_limits(tokens: &[Token]) -> Result<(), SceneError> {
    let mut open: Vec<(&Token, usize)> = Vec::new();
    let mut num_operators = 0;
    let mut num_branches = 0;
    for token in tokens {
        match (&*token.text, token.kind) {
            ("(" | "[" | "{", _) => {
                if open.len() >= MAX_BRACKET_DEPTH {
                    return Err(token
                        .pos
                        .error(format!("brackets are nested deeper than {MAX_BRACKET_DEPTH}")));
                }
                if open.is_empty() {
                    num_branches = 0;
                }
                open.push((token, std::mem::take(&mut num_operators)));
            }
            (close @ (")" | "]" | "}"), _) => {
                let Some((opener, outer_operators)) = open.pop() else {
                    return Err(token.pos.error(format!("this {close:?} closes nothing")));
                };
                let wanted = match &*opener.text {
                    "(" => ")",
                    "[" => "]",
                    _ => "}",
                };
                if close != wanted {
                    return Err(token.pos.error(format!(
                        "expected {wanted:?} for line {}, found {close:?}",
                        opener.pos.line
                    )));
                }
                // Calls and subscripts chain like operators: f(x)(y)[0][1].
                num_operators = outer_operators + 1;
            }
            (";" | ",", _) => num_operators = 0,
            ("if" | "for" | "while" | "do" | "switch" | "case" | "else", _) => {
                num_branches += 1;
                num_operators = 0;
                if num_branches > MAX_BRANCHES {
                    return Err(token.pos.error(format!("a function has more than {MAX_BRANCHES} branches")));
                }
            }
            (_, TokenKind::Symbol) => {
                num_operators += 1;
                if num_operators > MAX_OPERATORS {
                    return Err(token
                        .pos
                        .error(format!("an expression has more than {MAX_OPERATORS} operators")));
                }
            }
            _ => {}
        }
        if token.is("}") {
            num_operators = 0;
        }
    }
    match open.last() {
        Some((opener, _)) => Err(opener.pos.error(format!("this {:?} is never closed", opener.text))),
        None => Ok(()),
    }
}

/// Returns the index of the bracket that closes the one at `open`.
pub(crate) fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (idx, token) in tokens.iter().enumerate().skip(open) {
        match &*token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(idx);
                }
            }
            _ => {}
        }
    }
    None
}

/// Splits at commas that stand in no bracket. Nothing gives no parts.
pub(crate) fn split_commas(tokens: &[Token]) -> Vec<&[Token]> {
    if tokens.is_empty() {
        return Vec::new();
    }
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (idx, token) in tokens.iter().enumerate() {
        match &*token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push(tokens.get(start..idx).unwrap_or_default());
                start = idx + 1;
            }
            _ => {}
        }
    }
    parts.push(tokens.get(start..).unwrap_or_default());
    parts
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    items: Vec<Item>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn pos(&self) -> Pos {
        self.peek().or_else(|| self.tokens.last()).map_or(Pos::START, |token| token.pos)
    }

    fn item(&mut self) -> Result<(), SceneError> {
        let Some(first) = self.peek() else { return Ok(()) };
        match &*first.text {
            ";" => {
                self.at += 1;
                return Ok(());
            }
            "precision" => {
                self.until(&[";"])?;
                self.at += 1;
                return Ok(());
            }
            _ => {}
        }
        if !first.is_word() {
            return Err(first.pos.error(format!("unexpected {:?} outside of functions", first.text)));
        }
        let storage = self.qualifiers()?;
        if self.peek().is_some_and(|token| token.is("struct")) {
            return self.structure(storage);
        }
        let ty = self.type_tokens()?;
        let Some(name) = self.peek() else { return Err(self.pos().error("this declaration ends too early")) };
        if self.tokens.get(self.at + 1).is_some_and(|token| token.is("(")) && name.is_word() {
            return self.function(ty, name.clone());
        }
        if name.is("{") {
            return Err(name.pos.error("uniform blocks are not supported"));
        }
        if name.is(";") {
            self.at += 1;
            return Ok(());
        }
        self.declarators(storage, ty)
    }

    /// Moves to the next of `stops` outside of brackets and returns what was passed.
    fn until(&mut self, stops: &[&str]) -> Result<&'a [Token], SceneError> {
        let start = self.at;
        while let Some(token) = self.peek() {
            if stops.contains(&&*token.text) {
                return Ok(self.tokens.get(start..self.at).unwrap_or_default());
            }
            self.at = match &*token.text {
                "(" | "[" | "{" => closing(self.tokens, self.at).map_or(self.tokens.len(), |close| close + 1),
                _ => self.at + 1,
            };
        }
        let pos = self.tokens.get(start).map_or(Pos::START, |token| token.pos);
        Err(pos.error(format!("this declaration has no {:?}", stops.first().unwrap_or(&";"))))
    }

    fn qualifiers(&mut self) -> Result<Storage, SceneError> {
        let mut storage = Storage::Plain;
        while let Some(token) = self.peek() {
            match &*token.text {
                "const" => storage = Storage::Const,
                "uniform" => storage = Storage::Uniform,
                "varying" => storage = Storage::Varying,
                "in" | "attribute" => storage = Storage::In,
                "out" => storage = Storage::Out,
                "layout" => {
                    self.at += 1;
                    self.at = closing(self.tokens, self.at)
                        .ok_or_else(|| token.pos.error("expected '(' after layout"))?;
                }
                "flat" | "smooth" | "noperspective" | "centroid" | "invariant" | "precise" => {}
                _ => return Ok(storage),
            }
            self.at += 1;
        }
        Ok(storage)
    }

    fn type_tokens(&mut self) -> Result<Vec<Token>, SceneError> {
        let token =
            self.peek().filter(|token| token.is_word()).ok_or_else(|| self.pos().error("expected a type"))?;
        let mut ty = vec![token.clone()];
        self.at += 1;
        ty.extend(self.brackets());
        Ok(ty)
    }

    fn brackets(&mut self) -> Vec<Token> {
        let start = self.at;
        while self.peek().is_some_and(|token| token.is("[")) {
            self.at = closing(self.tokens, self.at).map_or(self.tokens.len(), |close| close + 1);
        }
        self.tokens.get(start..self.at).unwrap_or_default().to_vec()
    }

    fn structure(&mut self, storage: Storage) -> Result<(), SceneError> {
        let start = self.at;
        let body = self.tokens.iter().skip(start).position(|token| token.is("{") || token.is(";"));
        let open = start + body.unwrap_or_default();
        let close = closing(self.tokens, open).ok_or_else(|| self.pos().error("this struct has no '{'"))?;
        self.items.push(Item::Struct(self.tokens.get(start..=close).unwrap_or_default().to_vec()));
        self.at = close + 1;
        if self.peek().is_some_and(|token| token.is(";")) {
            self.at += 1;
            return Ok(());
        }
        let name =
            self.tokens.get(start + 1).cloned().ok_or_else(|| self.pos().error("this struct has no name"))?;
        self.declarators(storage, vec![name])
    }

    fn declarators(&mut self, storage: Storage, ty: Vec<Token>) -> Result<(), SceneError> {
        loop {
            let name = self.peek().filter(|token| token.is_word()).cloned();
            let name = name.ok_or_else(|| {
                self.pos().error(format!("expected a name, found {:?}", self.peek().map_or("", |t| &t.text)))
            })?;
            self.at += 1;
            let array = self.brackets();
            let init = if self.peek().is_some_and(|token| token.is("=")) {
                self.at += 1;
                Some(self.until(&[";", ","])?.to_vec())
            } else {
                None
            };
            self.items.push(Item::Global(Global { storage, ty: ty.clone(), name, array, init }));
            let next = self.peek().ok_or_else(|| self.pos().error("this declaration has no ';'"))?;
            self.at += 1;
            match &*next.text {
                "," => {}
                ";" => return Ok(()),
                other => {
                    return Err(next.pos.error(format!("expected ';' after a declaration, found {other:?}")));
                }
            }
        }
    }

    fn function(&mut self, result: Vec<Token>, name: Token) -> Result<(), SceneError> {
        let open = self.at + 1;
        let close = closing(self.tokens, open)
            .ok_or_else(|| name.pos.error("the parameters of this function have no ')'"))?;
        let params = split_commas(self.tokens.get(open + 1..close).unwrap_or_default());
        let params = params.into_iter().filter(|param| !matches!(param, [one] if one.is("void")));
        let params = params.map(|tokens| parameter(tokens, name.pos)).collect::<Result<_, _>>()?;
        self.at = close + 1;
        match self.peek() {
            // Functions are put in order later, so a prototype says nothing.
            Some(token) if token.is(";") => self.at += 1,
            Some(token) if token.is("{") => {
                let end = closing(self.tokens, self.at).unwrap_or(self.tokens.len());
                let body = self.tokens.get(self.at..=end).unwrap_or_default().to_vec();
                self.items.push(Item::Function(Function { result, name, params, body }));
                self.at = end + 1;
            }
            _ => return Err(self.pos().error("expected '{' or ';' after the parameters of a function")),
        }
        Ok(())
    }
}

fn parameter(tokens: &[Token], pos: Pos) -> Result<Param, SceneError> {
    let mut direction = None;
    let mut rest = tokens;
    while let [first, tail @ ..] = rest {
        match &*first.text {
            "in" | "out" | "inout" => direction = Some(first.clone()),
            "const" => {}
            _ => break,
        }
        rest = tail;
    }
    let [ty, rest @ ..] = rest else { return Err(pos.error("a parameter of this function has no type")) };
    let brackets = rest.iter().take_while(|token| !token.is_word() || token.is("]")).count();
    // `float[3] a`: brackets before the name; `float a[N]`: after it.
    let leading = if rest.first().is_some_and(|token| token.is("[")) {
        closing(rest, 0).map_or(brackets, |close| close + 1)
    } else {
        0
    };
    let mut ty = vec![ty.clone()];
    ty.extend_from_slice(rest.get(..leading).unwrap_or_default());
    let rest = rest.get(leading..).unwrap_or_default();
    Ok(Param {
        direction,
        ty,
        name: rest.first().cloned(),
        array: rest.get(1..).unwrap_or_default().to_vec(),
    })
}
