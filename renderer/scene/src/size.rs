//! The size expressions of ISF: `$WIDTH / 2.0`, `floor($WIDTH * $scale)`, `max($HEIGHT, 16)`.
//!
//! Parsed once into postfix form by a shunting of precedence, evaluated each frame without
//! allocation beyond a small stack.

use crate::{ParamSlot, ParamSpec, SceneError};

/// Longer texts are refused: the corpus needs 40 characters.
const MAX_SIZE_TEXT_BYTES: usize = 512;
/// Deeper nesting is refused, so that parsing cannot exhaust the stack.
const MAX_SIZE_DEPTH: u32 = 32;

/// A parsed size expression, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeExpr {
    source: String,
    code: Vec<Op>,
}

#[derive(Clone, Debug, PartialEq)]
enum Op {
    Number(f64),
    Name(String),
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Call(Function),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    Floor,
    Ceil,
    Round,
    Trunc,
    Abs,
    Sqrt,
    Log2,
    Exp2,
    Min,
    Max,
    Pow,
    Mod,
}

impl Function {
    fn from_name(name: &str) -> Option<(Self, usize)> {
        Some(match name {
            "floor" => (Self::Floor, 1),
            "ceil" => (Self::Ceil, 1),
            "round" => (Self::Round, 1),
            "trunc" | "int" => (Self::Trunc, 1),
            "abs" => (Self::Abs, 1),
            "sqrt" => (Self::Sqrt, 1),
            "log2" => (Self::Log2, 1),
            "exp2" => (Self::Exp2, 1),
            "min" => (Self::Min, 2),
            "max" => (Self::Max, 2),
            "pow" => (Self::Pow, 2),
            "mod" => (Self::Mod, 2),
            _ => return None,
        })
    }
}

impl SizeExpr {
    /// Parses an expression.
    ///
    /// # Errors
    /// A text that is too long, too deep or malformed, or that calls an unknown function. The column
    /// counts in the expression.
    pub fn parse(source: &str) -> Result<Self, SceneError> {
        if source.len() > MAX_SIZE_TEXT_BYTES {
            return Err(SceneError::whole(format!(
                "size expression is longer than {MAX_SIZE_TEXT_BYTES} bytes"
            )));
        }
        let mut parser = Parser { source, at: 0, depth: 0, code: Vec::new() };
        parser.sum()?;
        parser.space();
        if parser.at < source.len() {
            return Err(parser.error("expected an operator"));
        }
        Ok(Self { source: source.to_owned(), code: parser.code })
    }

    /// Returns the text it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the names it reads, `WIDTH` and `HEIGHT` left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.code.iter().filter_map(|op| match op {
            Op::Name(name) if name != "WIDTH" && name != "HEIGHT" => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns the value for a render size in pixels and the values of the parameters. An unknown
    /// name is 0.
    pub fn eval(&self, render: [u32; 2], params: &[ParamSpec], slots: &[ParamSlot]) -> f64 {
        let mut stack: Vec<f64> = Vec::with_capacity(8);
        for op in &self.code {
            let mut pop = || stack.pop().unwrap_or(0.0);
            let value = match op {
                Op::Number(number) => *number,
                Op::Name(name) => match name.as_str() {
                    "WIDTH" => f64::from(render[0]),
                    "HEIGHT" => f64::from(render[1]),
                    _ => params
                        .iter()
                        .position(|param| param.name == *name)
                        .map_or(0.0, |idx| f64::from(slots.get(idx).map_or(0.0, |slot| slot[0]))),
                },
                Op::Negate => -pop(),
                Op::Add => pop() + pop(),
                Op::Multiply => pop() * pop(),
                Op::Subtract | Op::Divide | Op::Remainder | Op::Power => {
                    let (right, left) = (pop(), pop());
                    match op {
                        Op::Subtract => left - right,
                        Op::Divide => left / right,
                        Op::Remainder => left % right,
                        _ => left.powf(right),
                    }
                }
                Op::Call(function) => {
                    let last = pop();
                    match function {
                        Function::Floor => last.floor(),
                        Function::Ceil => last.ceil(),
                        Function::Round => last.round(),
                        Function::Trunc => last.trunc(),
                        Function::Abs => last.abs(),
                        Function::Sqrt => last.sqrt(),
                        Function::Log2 => last.log2(),
                        Function::Exp2 => last.exp2(),
                        Function::Min => pop().min(last),
                        Function::Max => pop().max(last),
                        Function::Pow => pop().powf(last),
                        Function::Mod => pop().rem_euclid(last),
                    }
                }
            };
            stack.push(value);
        }
        stack.pop().unwrap_or(0.0)
    }
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    depth: u32,
    code: Vec<Op>,
}

impl Parser<'_> {
    fn error(&self, message: &str) -> SceneError {
        SceneError::at(self.source, self.at, format!("{message} in size expression {:?}", self.source))
    }

    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn space(&mut self) {
        self.at = self.source.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, symbol: char) -> bool {
        self.space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    fn sum(&mut self) -> Result<(), SceneError> {
        self.product()?;
        loop {
            let op = if self.take('+') {
                Op::Add
            } else if self.take('-') {
                Op::Subtract
            } else {
                return Ok(());
            };
            self.product()?;
            self.code.push(op);
        }
    }

    fn product(&mut self) -> Result<(), SceneError> {
        self.unary()?;
        loop {
            let op = if self.rest().trim_start().starts_with("**") {
                return Ok(());
            } else if self.take('*') {
                Op::Multiply
            } else if self.take('/') {
                Op::Divide
            } else if self.take('%') {
                Op::Remainder
            } else {
                return Ok(());
            };
            self.unary()?;
            self.code.push(op);
        }
    }

    fn unary(&mut self) -> Result<(), SceneError> {
        self.depth += 1;
        if self.depth > MAX_SIZE_DEPTH {
            return Err(self.error("nesting is too deep"));
        }
        if self.take('-') {
            self.unary()?;
            self.code.push(Op::Negate);
        } else if self.take('+') {
            self.unary()?;
        } else {
            self.atom()?;
            self.space();
            if self.rest().starts_with("**") {
                self.at += 2;
                self.unary()?;
                self.code.push(Op::Power);
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn atom(&mut self) -> Result<(), SceneError> {
        if self.take('(') {
            self.sum()?;
            return if self.take(')') { Ok(()) } else { Err(self.error("expected ')'")) };
        }
        if self.take('$') {
            let name = self.word();
            if name.is_empty() {
                return Err(self.error("expected a name after '$'"));
            }
            self.code.push(Op::Name(name));
            return Ok(());
        }
        self.space();
        let start = self.at;
        let digits = self.rest().find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest().len());
        if digits > 0 {
            self.at += digits;
            let text = self.source.get(start..self.at).unwrap_or("");
            let number = text.parse().map_err(|_| self.error("malformed number"))?;
            self.code.push(Op::Number(number));
            // `2.0f` is what people used to C write.
            if self.rest().starts_with('f') {
                self.at += 1;
            }
            return Ok(());
        }
        let name = self.word();
        let Some((function, num_args)) = Function::from_name(&name) else {
            self.at = start;
            return Err(self.error(if name.is_empty() {
                "expected a number, a $name or a function"
            } else {
                "unknown function"
            }));
        };
        if !self.take('(') {
            return Err(self.error("expected '('"));
        }
        for idx in 0..num_args {
            if idx > 0 && !self.take(',') {
                return Err(self.error("expected ','"));
            }
            self.sum()?;
        }
        if !self.take(')') {
            return Err(self.error("expected ')'"));
        }
        self.code.push(Op::Call(function));
        Ok(())
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or("").to_owned();
        self.at += end;
        word
    }
}
