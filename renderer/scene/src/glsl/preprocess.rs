//! The preprocessor: macros, conditions, and nothing left of either for the rewriting to trip over.
//!
//! A token made by a macro keeps the place where the macro was used, so that errors point there.

use std::collections::HashMap;
use std::rc::Rc;

use super::condition;
use super::token::{Hidden, Pos, Token, TokenKind};
use crate::SceneError;

/// More tokens after expansion are refused: 20 times the largest shader of the corpora. Macros that
/// double themselves stop here.
const MAX_EXPANDED_TOKENS: usize = 400_000;
/// Deeper nesting of `#if` is refused.
const MAX_CONDITION_DEPTH: usize = 64;

#[derive(Clone, Debug)]
struct Macro {
    /// `None` for a macro without parentheses.
    params: Option<Vec<Rc<str>>>,
    body: Vec<Token>,
}

/// Macros defined so far; shared by the tabs of a Shadertoy.
#[derive(Default)]
pub(crate) struct Preprocessor {
    macros: HashMap<Rc<str>, Macro>,
    num_expanded: usize,
}

struct Branch {
    active: bool,
    taken: bool,
    parent_active: bool,
    pos: Pos,
}

impl Preprocessor {
    /// Defines a macro without parameters whose value is a number.
    pub(crate) fn define(&mut self, name: &str, value: &str) {
        let mut token = Token::word(value, Pos::default());
        token.kind = TokenKind::Number;
        self.macros.insert(name.into(), Macro { params: None, body: vec![token] });
    }

    /// Runs the directives of `tokens` and expands the macros in the rest.
    pub(crate) fn run(&mut self, tokens: Vec<Token>) -> Result<Vec<Token>, SceneError> {
        let mut out = Vec::with_capacity(tokens.len());
        let mut branches: Vec<Branch> = Vec::new();
        let mut text: Vec<Token> = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let active = branches.last().is_none_or(|branch| branch.active);
            if !(token.starts_line && token.is("#")) {
                if active {
                    text.push(token);
                }
                continue;
            }
            // Expanding up to the directive and not line by line lets arguments span lines.
            self.expand(std::mem::take(&mut text), &mut out)?;
            let mut line = Vec::new();
            while let Some(token) = tokens.next_if(|token| !token.starts_line) {
                line.push(token);
            }
            self.directive(token.pos, line, active, &mut branches)?;
        }
        self.expand(text, &mut out)?;
        match branches.last() {
            Some(branch) => Err(branch.pos.error("this condition has no #endif")),
            None => Ok(out),
        }
    }

    fn directive(
        &mut self,
        pos: Pos,
        line: Vec<Token>,
        active: bool,
        branches: &mut Vec<Branch>,
    ) -> Result<(), SceneError> {
        let mut rest = line.into_iter();
        let Some(name) = rest.next() else { return Ok(()) };
        let rest: Vec<Token> = rest.collect();
        match &*name.text {
            "if" | "ifdef" | "ifndef" => {
                if branches.len() >= MAX_CONDITION_DEPTH {
                    return Err(pos.error(format!("conditions are nested deeper than {MAX_CONDITION_DEPTH}")));
                }
                let truth = active
                    && match &*name.text {
                        "if" => self.condition(pos, &rest)?,
                        "ifdef" => self.defined(pos, &rest)?,
                        _ => !self.defined(pos, &rest)?,
                    };
                branches.push(Branch { active: truth, taken: truth, parent_active: active, pos });
            }
            "elif" => {
                let Some(branch) = branches.last() else { return Err(pos.error("#elif without #if")) };
                let truth = branch.parent_active && !branch.taken && self.condition(pos, &rest)?;
                if let Some(branch) = branches.last_mut() {
                    branch.active = truth;
                    branch.taken |= truth;
                }
            }
            "else" => {
                let Some(branch) = branches.last_mut() else { return Err(pos.error("#else without #if")) };
                branch.active = branch.parent_active && !branch.taken;
                branch.taken = true;
            }
            "endif" => {
                if branches.pop().is_none() {
                    return Err(pos.error("#endif without #if"));
                }
            }
            _ if !active => {}
            "define" => self.define_macro(pos, rest)?,
            "undef" => {
                let name = rest.first().ok_or_else(|| pos.error("#undef needs a name"))?;
                self.macros.remove(&name.text);
            }
            "error" => {
                let words: Vec<&str> = rest.iter().map(|token| &*token.text).collect();
                return Err(pos.error(format!("#error {}", words.join(" "))));
            }
            "version" | "extension" | "pragma" | "line" => {}
            "include" => return Err(pos.error("#include is not supported: paste the file here")),
            other => return Err(name.pos.error(format!("unknown directive \"#{other}\""))),
        }
        Ok(())
    }

    fn defined(&self, pos: Pos, rest: &[Token]) -> Result<bool, SceneError> {
        let name = rest.first().ok_or_else(|| pos.error("expected a macro name"))?;
        Ok(self.macros.contains_key(&name.text))
    }

    fn condition(&mut self, pos: Pos, rest: &[Token]) -> Result<bool, SceneError> {
        // `defined` must look at names before they expand.
        let mut plain = Vec::with_capacity(rest.len());
        let mut tokens = rest.iter().peekable();
        while let Some(token) = tokens.next() {
            if !token.is("defined") {
                plain.push(token.clone());
                continue;
            }
            let parens = tokens.next_if(|token| token.is("(")).is_some();
            let name = tokens.next().ok_or_else(|| token.pos.error("expected a macro name after defined"))?;
            if parens && tokens.next_if(|token| token.is(")")).is_none() {
                return Err(name.pos.error("expected ')'"));
            }
            let mut value = token.clone();
            value.kind = TokenKind::Number;
            value.text = if self.macros.contains_key(&name.text) { "1".into() } else { "0".into() };
            plain.push(value);
        }
        let mut expanded = Vec::new();
        self.expand(plain, &mut expanded)?;
        Ok(condition::evaluate(&expanded, pos)? != 0)
    }

    fn define_macro(&mut self, pos: Pos, rest: Vec<Token>) -> Result<(), SceneError> {
        let mut rest = rest.into_iter().peekable();
        let name = rest.next().filter(Token::is_word).ok_or_else(|| pos.error("#define needs a name"))?;
        let mut params = None;
        if rest.next_if(|token| token.is("(") && !token.spaced).is_some() {
            let mut names: Vec<Rc<str>> = Vec::new();
            loop {
                let token =
                    rest.next().ok_or_else(|| pos.error("the parameters of this macro have no ')'"))?;
                if token.is(")") {
                    break;
                }
                if !token.is(",") {
                    names.push(token.text);
                }
            }
            params = Some(names);
        }
        self.macros.insert(name.text, Macro { params, body: rest.collect() });
        Ok(())
    }

    /// Expands macros. The tokens still to be looked at are a stack, last first, so that the result
    /// of a macro is read again together with what follows it.
    fn expand(&mut self, tokens: Vec<Token>, out: &mut Vec<Token>) -> Result<(), SceneError> {
        let mut todo = tokens;
        todo.reverse();
        while let Some(token) = todo.pop() {
            self.count(1, token.pos)?;
            let known = if token.is_word() && !token.hides(&token.text) {
                self.macros.get(&token.text)
            } else {
                None
            };
            let Some(found) = known.cloned() else {
                out.push(token);
                continue;
            };
            let mut body = Vec::with_capacity(found.body.len());
            match found.params {
                None => body.extend(found.body.into_iter().map(|part| Token { pos: token.pos, ..part })),
                Some(_) if !todo.last().is_some_and(|next| next.is("(")) => {
                    out.push(token);
                    continue;
                }
                Some(params) => {
                    let args = arguments(&mut todo, token.pos)?;
                    let empty = params.is_empty() && args.iter().all(Vec::is_empty);
                    if args.len() != params.len() && !empty {
                        let (name, wanted, given) = (&token.text, params.len(), args.len());
                        return Err(token
                            .pos
                            .error(format!("macro {name:?} takes {wanted} arguments, {given} given")));
                    }
                    let mut expanded = Vec::with_capacity(args.len());
                    for arg in args {
                        let mut done = Vec::new();
                        self.expand(arg, &mut done)?;
                        expanded.push(done);
                    }
                    for part in found.body {
                        match params.iter().position(|param| *param == part.text) {
                            Some(idx) => {
                                let arg = expanded.get(idx).map_or(&[][..], Vec::as_slice);
                                self.count(arg.len(), token.pos)?;
                                body.extend_from_slice(arg);
                            }
                            None => body.push(Token { pos: token.pos, ..part }),
                        }
                    }
                }
            }
            let body = paste(body);
            self.count(body.len(), token.pos)?;
            todo.extend(body.into_iter().rev().map(|mut part| {
                let next = part.hidden.take().or_else(|| token.hidden.clone());
                part.hidden = Some(Rc::new(Hidden { name: token.text.clone(), next }));
                part
            }));
        }
        Ok(())
    }

    fn count(&mut self, num_tokens: usize, pos: Pos) -> Result<(), SceneError> {
        self.num_expanded += num_tokens;
        if self.num_expanded > MAX_EXPANDED_TOKENS {
            return Err(pos.error(format!("macros expand to more than {MAX_EXPANDED_TOKENS} tokens")));
        }
        Ok(())
    }
}

/// Takes `( a , b )` from the stack and returns its parts.
fn arguments(todo: &mut Vec<Token>, pos: Pos) -> Result<Vec<Vec<Token>>, SceneError> {
    let mut args = vec![Vec::new()];
    let mut depth = 0;
    while let Some(token) = todo.pop() {
        match &*token.text {
            "(" => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            ")" => {
                depth -= 1;
                if depth == 0 {
                    return Ok(args);
                }
            }
            "," if depth == 1 => {
                args.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(arg) = args.last_mut() {
            arg.push(token);
        }
    }
    Err(pos.error("the arguments of this macro have no ')'"))
}

/// Joins the neighbours of `##`.
fn paste(body: Vec<Token>) -> Vec<Token> {
    if !body.iter().any(|part| part.is("##")) {
        return body;
    }
    let mut out: Vec<Token> = Vec::with_capacity(body.len());
    let mut parts = body.into_iter();
    while let Some(part) = parts.next() {
        if !part.is("##") {
            out.push(part);
        } else if let (Some(left), Some(right)) = (out.last_mut(), parts.next()) {
            left.text = format!("{}{}", left.text, right.text).into();
            left.hidden = None;
        }
    }
    out
}
