use super::token::{Pos, Token, TokenKind};
use crate::SceneError;

/// Deeper parentheses in an `#if` are refused, so that evaluation cannot exhaust the stack.
const MAX_DEPTH: u32 = 64;

/// Returns the value of the expression of an `#if`. A name that is no macro is 0.
pub(crate) fn evaluate(tokens: &[Token], pos: Pos) -> Result<i64, SceneError> {
    let mut parser = Parser { tokens, at: 0, depth: 0, pos };
    let value = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        Some(token) => Err(token.pos.error(format!("unexpected {:?} in a condition", token.text))),
        None => Ok(value),
    }
}

/// Operators from the loosest to the tightest.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", "<=", ">", ">="],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: u32,
    pos: Pos,
}

impl Parser<'_> {
    fn binary(&mut self, level: usize) -> Result<i64, SceneError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.tokens.get(self.at).filter(|token| operators.contains(&&*token.text))
        {
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = match &*operator.text {
                "||" => i64::from(left != 0 || right != 0),
                "&&" => i64::from(left != 0 && right != 0),
                "|" => left | right,
                "^" => left ^ right,
                "&" => left & right,
                "==" => i64::from(left == right),
                "!=" => i64::from(left != right),
                "<" => i64::from(left < right),
                "<=" => i64::from(left <= right),
                ">" => i64::from(left > right),
                ">=" => i64::from(left >= right),
                "<<" => left.wrapping_shl(right as u32),
                ">>" => left.wrapping_shr(right as u32),
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                _ if right == 0 => return Err(operator.pos.error("division by zero in a condition")),
                "/" => left.wrapping_div(right),
                _ => left.wrapping_rem(right),
            };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<i64, SceneError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.pos.error("this condition is nested too deeply"));
        }
        let Some(token) = self.tokens.get(self.at) else {
            return Err(self.pos.error("this condition ends too early"));
        };
        self.at += 1;
        let value = match (&*token.text, token.kind) {
            ("!", _) => i64::from(self.unary()? == 0),
            ("-", _) => self.unary()?.wrapping_neg(),
            ("+", _) => self.unary()?,
            ("~", _) => !self.unary()?,
            ("(", _) => {
                let value = self.binary(0)?;
                if !self.tokens.get(self.at).is_some_and(|token| token.is(")")) {
                    return Err(token.pos.error("this '(' has no ')'"));
                }
                self.at += 1;
                value
            }
            (_, TokenKind::Word) => 0,
            (text, TokenKind::Number) => {
                let digits = text.trim_end_matches(['u', 'U', 'l', 'L']);
                let parsed = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
                    Some(hex) => i64::from_str_radix(hex, 16).ok(),
                    // Drivers accept `#if 1.0`.
                    None => {
                        digits.parse().ok().or_else(|| digits.parse::<f64>().ok().map(|value| value as i64))
                    }
                };
                parsed.ok_or_else(|| token.pos.error(format!("{text:?} is no number for a condition")))?
            }
            (other, TokenKind::Symbol) => {
                return Err(token.pos.error(format!("unexpected {other:?} in a condition")));
            }
        };
        self.depth -= 1;
        Ok(value)
    }
}
