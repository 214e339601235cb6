//! Rewrites the tokens of one body or expression.

use std::collections::HashMap;
use std::rc::Rc;

use super::parse::{closing, split_commas};
use super::rewrite::{Scope, renamed_token};
use super::token::{Token, TokenKind};
use super::types::Types;
use super::words::{self, Read};
use crate::SceneError;

pub(super) struct Body<'s, 'a> {
    scope: &'s Scope<'a>,
    /// The type of the function's result, where it is a single word.
    result: Option<&'s str>,
    types: Types,
    /// Local constants and their values: naga wants numbers as the lengths of arrays.
    constants: HashMap<Rc<str>, Vec<Token>>,
    out: Vec<Token>,
}

impl<'s, 'a> Body<'s, 'a> {
    pub(super) fn new(scope: &'s Scope<'a>, result: Option<&'s str>, types: Types) -> Self {
        Self { scope, result, types, constants: HashMap::new(), out: Vec::new() }
    }

    /// Returns the tokens rewritten.
    pub(super) fn rewrite(mut self, tokens: &[Token]) -> Result<Vec<Token>, SceneError> {
        self.walk(tokens)?;
        Ok(self.out)
    }

    fn walk(&mut self, tokens: &[Token]) -> Result<(), SceneError> {
        let mut at = 0;
        while at < tokens.len() {
            at = self.step(tokens, at)?;
        }
        Ok(())
    }

    /// Rewrites what begins at `at` and returns where the rest begins.
    fn step(&mut self, tokens: &[Token], at: usize) -> Result<usize, SceneError> {
        let Some(token) = tokens.get(at) else { return Ok(tokens.len()) };
        let next = tokens.get(at + 1);
        let before = at.checked_sub(1).and_then(|idx| tokens.get(idx));
        let is_member = before.is_some_and(|before| before.is("."));
        match &*token.text {
            "const" => {
                let end = statement_end(tokens, at);
                if self.declares_constants(tokens.get(at + 1..end).unwrap_or_default()) {
                    self.out.push(token.clone());
                }
            }
            // Down the screen is up in GLSL.
            "dFdy" if !self.scope.is_function("dFdy") => {
                self.out.extend([Token::symbol("-", token.pos), token.clone()])
            }
            "return" if next.is_some_and(|next| !next.is(";")) => return self.result(tokens, at),
            "for" => return self.loop_head(tokens, at),
            "[" => return self.bracket(tokens, at),
            "%" => return Ok(self.remainder(tokens, at)),
            // `1. / 0.` is how some write "very much"; naga has no infinite constants.
            "/" if next.is_some_and(is_float_zero) => {
                self.out.extend([token.clone(), Token::word("1e-37", token.pos)]);
                return Ok(at + 2);
            }
            _ if token.is_word() && !is_member && next.is_some_and(|next| next.is("(")) => {
                let close = closing(tokens, at + 1).unwrap_or(tokens.len());
                if self.call(token, tokens.get(at + 2..close).unwrap_or_default())? {
                    return Ok(close + 1);
                }
            }
            _ if token.is_word() && !is_member && next.is_some_and(|next| next.is("[")) => {
                if let Some(after) = self.matrix_column(tokens, at, before)? {
                    return Ok(after);
                }
                self.plain(token, is_member)?;
            }
            _ => self.plain(token, is_member)?,
        }
        Ok(at + 1)
    }

    fn plain(&mut self, token: &Token, is_member: bool) -> Result<(), SceneError> {
        if token.is_word() && !is_member && self.scope.is_picture(&token.text) {
            let name = &token.text;
            return Err(token
                .pos
                .error(format!("{name:?} is a picture: read it with IMG_NORM_PIXEL or texture")));
        }
        self.out.push(renamed_token(token));
        Ok(())
    }

    /// `return 1;` in a function of floats: naga converts nothing there.
    fn result(&mut self, tokens: &[Token], at: usize) -> Result<usize, SceneError> {
        let end = statement_end(tokens, at);
        let value = tokens.get(at + 1..end).unwrap_or_default();
        self.out.extend(tokens.get(at).cloned());
        match (self.result, tokens.get(at)) {
            (Some(ty @ ("float" | "vec2" | "vec3" | "vec4")), Some(token)) => {
                self.out.extend([Token::word(ty, token.pos), Token::symbol("(", token.pos)]);
                self.walk(value)?;
                self.out.push(Token::symbol(")", token.pos));
            }
            _ => self.walk(value)?,
        }
        Ok(end)
    }

    /// A condition that begins with a type looks like a declaration to naga: `for (; float(n) < 6.0;)`.
    fn loop_head(&mut self, tokens: &[Token], at: usize) -> Result<usize, SceneError> {
        self.out.extend(tokens.get(at).cloned());
        let Some(close) = closing(tokens, at + 1) else { return Ok(at + 1) };
        let start = statement_end(tokens, at + 2);
        let end = statement_end(tokens, start + 1);
        let condition = tokens.get(start + 1..end).unwrap_or_default();
        let ambiguous =
            matches!(condition, [ty, open, ..] if words::is_builtin_type(&ty.text) && open.is("("));
        if !ambiguous || end > close {
            return Ok(at + 1);
        }
        self.walk(tokens.get(at + 1..=start).unwrap_or_default())?;
        let pos = tokens.get(start).map(|token| token.pos).unwrap_or_default();
        self.out.push(Token::symbol("(", pos));
        self.walk(condition)?;
        self.out.push(Token::symbol(")", pos));
        Ok(end)
    }

    /// Lengths of arrays: left out, or a local constant.
    fn bracket(&mut self, tokens: &[Token], at: usize) -> Result<usize, SceneError> {
        let Some(token) = tokens.get(at) else { return Ok(at + 1) };
        self.out.push(token.clone());
        match (tokens.get(at + 1), tokens.get(at + 2)) {
            (Some(close), _) if close.is("]") => {
                if let Some(length) = array_length(tokens.get(at + 2..).unwrap_or_default()) {
                    self.out.push(Token::number(length, token.pos));
                }
                Ok(at + 1)
            }
            (Some(name), Some(close)) if close.is("]") && self.constants.contains_key(&name.text) => {
                let value = self.constants.get(&name.text).cloned().unwrap_or_default();
                self.out.push(Token::symbol("(", name.pos));
                self.out.extend(value);
                self.out.push(Token::symbol(")", name.pos));
                Ok(at + 2)
            }
            _ => Ok(at + 1),
        }
    }

    /// `cell % 2` with vectors: naga wants both sides alike.
    fn remainder(&mut self, tokens: &[Token], at: usize) -> usize {
        let Some(token) = tokens.get(at) else { return at + 1 };
        self.out.push(token.clone());
        let left =
            at.checked_sub(1).and_then(|idx| tokens.get(idx)).and_then(|left| self.types.of(&left.text));
        match (left, tokens.get(at + 1)) {
            (Some(ty @ ("ivec2" | "ivec3" | "ivec4" | "uvec2" | "uvec3" | "uvec4")), Some(right))
                if right.kind == TokenKind::Number =>
            {
                let pos = right.pos;
                self.out.extend([
                    Token::word(ty, pos),
                    Token::symbol("(", pos),
                    right.clone(),
                    Token::symbol(")", pos),
                ]);
                at + 2
            }
            _ => at + 1,
        }
    }

    /// Parts of a matrix column: `m[i].x` becomes `m[i][0]`, and `m[i].xy = v;` goes through a copy of the
    /// column. naga cannot name parts of a column it is to write.
    fn matrix_column(
        &mut self,
        tokens: &[Token],
        at: usize,
        before: Option<&Token>,
    ) -> Result<Option<usize>, SceneError> {
        let (Some(name), Some(close)) = (tokens.get(at), closing(tokens, at + 1)) else { return Ok(None) };
        let column = match self.types.of(&name.text) {
            Some("mat2") => "vec2",
            Some("mat3") => "vec3",
            Some("mat4") => "vec4",
            _ => return Ok(None),
        };
        let [dot, parts, rest @ ..] = tokens.get(close + 1..).unwrap_or_default() else { return Ok(None) };
        if !dot.is(".") || !parts.is_word() {
            return Ok(None);
        }
        let pos = name.pos;
        let target = tokens.get(at..=close).unwrap_or_default();
        if let [one] = parts.text.as_bytes() {
            let Some(idx) =
                ["xyzw", "rgba", "stpq"].iter().find_map(|set| set.bytes().position(|part| part == *one))
            else {
                return Ok(None);
            };
            self.walk_column(target)?;
            self.out.extend([Token::symbol("[", pos), Token::number(idx, pos), Token::symbol("]", pos)]);
            return Ok(Some(close + 3));
        }
        let begins = before.is_none_or(|before| matches!(&*before.text, ";" | "{" | "}" | ")" | "else"));
        let assigns = rest.first().is_some_and(|op| matches!(&*op.text, "=" | "+=" | "-=" | "*=" | "/="));
        if !begins || !assigns {
            return Ok(None);
        }
        let end = statement_end(tokens, close);
        let copy = || Token::word("jl_column", pos);
        self.out.extend([Token::symbol("{", pos), Token::word(column, pos), copy(), Token::symbol("=", pos)]);
        self.walk_column(target)?;
        self.out.extend([Token::symbol(";", pos), copy(), dot.clone(), parts.clone()]);
        self.walk(tokens.get(close + 3..end).unwrap_or_default())?;
        self.out.push(Token::symbol(";", pos));
        self.walk_column(target)?;
        self.out.extend([Token::symbol("=", pos), copy(), Token::symbol(";", pos), Token::symbol("}", pos)]);
        Ok(Some(end + 1))
    }

    fn walk_column(&mut self, target: &[Token]) -> Result<(), SceneError> {
        let [name, brackets @ ..] = target else { return Ok(()) };
        self.out.push(renamed_token(name));
        self.walk(brackets)
    }

    /// Rewrites a call, or returns false for what is none: its brackets are walked as they come.
    fn call(&mut self, name: &Token, inside: &[Token]) -> Result<bool, SceneError> {
        let own = self.scope.is_function(&name.text);
        if !own && let Some(read) = words::picture_function(&name.text) {
            self.read(name, read, &split_commas(inside))?;
            return Ok(true);
        }
        if !own && name.is("pow") {
            self.out.push(Token::word("jl_pow", name.pos));
        } else {
            self.out.push(renamed_token(name));
        }
        let args = split_commas(inside);
        if let ([arg], Some(number)) = (args.as_slice(), words::number_of_vector(&name.text))
            && self.is_truth(arg)
        {
            // naga spreads numbers over a vector, but no truth values.
            let pos = name.pos;
            self.out.extend([Token::symbol("(", pos), Token::word(number, pos), Token::symbol("(", pos)]);
            self.walk(arg)?;
            self.out.extend([Token::symbol(")", pos), Token::symbol(")", pos)]);
            return Ok(true);
        }
        let is_picture = |arg: &&[Token]| matches!(arg, [one] if self.scope.is_picture(&one.text));
        if !own || !args.iter().any(is_picture) {
            return Ok(false);
        }
        self.out.push(Token::symbol("(", name.pos));
        for (idx, arg) in args.iter().enumerate() {
            if idx > 0 {
                self.out.push(Token::symbol(",", name.pos));
            }
            match arg {
                [one] if self.scope.is_picture(&one.text) => {
                    if let Some(picture) = self.scope.picture(&one.text) {
                        self.out.extend(picture.arguments(one.pos));
                    }
                }
                _ => self.walk(arg)?,
            }
        }
        self.out.push(Token::symbol(")", name.pos));
        Ok(true)
    }

    /// Whether an expression is a single truth value, as far as its tokens tell.
    fn is_truth(&self, tokens: &[Token]) -> bool {
        match tokens {
            [one] => one.is("true") || one.is("false") || self.types.of(&one.text) == Some("bool"),
            [not, ..] if not.is("!") => true,
            [name, open, ..] if open.is("(") && closing(tokens, 1) == Some(tokens.len() - 1) => {
                self.scope.result_of(&name.text) == Some("bool")
                    || matches!(&*name.text, "any" | "all" | "bool")
            }
            _ => {
                let mut depth = 0usize;
                tokens.iter().any(|token| {
                    match &*token.text {
                        "(" | "[" => depth += 1,
                        ")" | "]" => depth = depth.saturating_sub(1),
                        // What a condition chooses is seldom a truth value.
                        "?" => return false,
                        _ => {}
                    }
                    depth == 0
                        && matches!(&*token.text, "<" | ">" | "<=" | ">=" | "==" | "!=" | "&&" | "||" | "^^")
                }) && !tokens.iter().any(|token| token.is("?"))
            }
        }
    }

    fn read(&mut self, name: &Token, read: Read, args: &[&[Token]]) -> Result<(), SceneError> {
        let pos = name.pos;
        let picture = match args.first() {
            Some([one]) => self.scope.picture(&one.text).ok_or_else(|| {
                one.pos.error(format!(
                    "{:?} is no picture: {} reads an image input, a buffer or a sampler parameter",
                    one.text, name.text
                ))
            })?,
            _ => {
                return Err(
                    pos.error(format!("the first argument of {} must be the name of a picture", name.text))
                );
            }
        };
        let [texture, comma, sampler, second_comma, rows] = picture.arguments(pos);
        let function = match read {
            Read::Norm | Read::This => "jl_tex",
            Read::Projected => "jl_texproj",
            Read::Pixel => "jl_px",
            Read::Fetch => "jl_texel",
            Read::Size => "jl_size",
            Read::IntSize => "jl_isize",
        };
        self.out.extend([Token::word(function, pos), Token::symbol("(", pos), texture, comma, sampler]);
        if !matches!(read, Read::Size | Read::IntSize) {
            self.out.extend([second_comma, rows, Token::symbol(",", pos)]);
            match (read, args.get(1)) {
                (Read::This, _) => self.out.push(Token::word("isf_FragNormCoord", pos)),
                (_, Some(at)) => self.walk(at)?,
                (_, None) => return Err(pos.error(format!("{} needs coordinates", name.text))),
            }
        }
        self.out.push(Token::symbol(")", pos));
        Ok(())
    }

    /// Whether the declarators after a local `const` are constant for naga too.
    fn declares_constants(&mut self, tokens: &[Token]) -> bool {
        let mut found = Vec::new();
        for declarator in split_commas(tokens) {
            let Some(equals) = declarator.iter().position(|token| token.is("=")) else { return false };
            let (target, value) = declarator.split_at(equals);
            let value = value.get(1..).unwrap_or_default();
            if !self.scope.is_constant(value, &self.constants) {
                return false;
            }
            let name =
                target.iter().rfind(|token| token.is_word() || token.is("]")).filter(|token| token.is_word());
            found.extend(name.map(|name| (name.text.clone(), value.to_vec())));
        }
        self.constants.extend(found);
        true
    }
}

fn is_float_zero(token: &Token) -> bool {
    token.kind == TokenKind::Number
        && token.text.contains('.')
        && token.text.parse::<f32>().is_ok_and(|number| number == 0.0)
}

/// Returns where the next `;` outside of brackets is.
fn statement_end(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0usize;
    for (idx, token) in tokens.iter().enumerate().skip(at) {
        match &*token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            ";" if depth == 0 => return idx,
            _ => {}
        }
    }
    tokens.len()
}

/// Returns the number of elements that follow an empty `[]`: in `[](a, b)`, `[] name = …` or
/// `name[] = float[](a, b)`. A list can also begin at once.
pub(super) fn array_length(after: &[Token]) -> Option<usize> {
    let open = match after.first() {
        Some(token) if token.is("(") || token.is("{") => 0,
        _ => {
            let equals = after.iter().take_while(|token| !token.is(";")).position(|token| token.is("="))?;
            equals + after.iter().skip(equals).position(|token| token.is("(") || token.is("{"))?
        }
    };
    let close = closing(after, open)?;
    Some(split_commas(after.get(open + 1..close)?).len())
}
