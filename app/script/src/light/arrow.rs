//! Arrow functions of a chain to expressions: `() => Math.sin(time) * .5`.
//!
//! Read, not run: the code's own tree is walked once, and whatever it says of the frame (time, mouse,
//! spectrum) stays open. Names of the program that are numbers are what they are now; its own arrow
//! functions are put in place. What has statements or keeps something from frame to frame has no
//! expression and is refused where it is written.

use std::sync::Arc;

use renderer_scene::{BinaryOp, Expr, HitKind, MAX_EXPR_NODES, MathFn, UnaryOp, Var};

use crate::code::{self, At, Binary, Binding, Body, ExprId, FunctionCode, Item, Logical, Stmt, Unary, Word};
use crate::error::{Error, Result};
use crate::eval::Eval;
use crate::js::{Callable, Js, Scope};

/// How deep expressions and the functions they call may nest.
const MAX_DEPTH: u32 = 60;

/// The expression of an arrow function without arguments, or with Hydra's `({time}) =>`.
pub(super) fn expr(eval: &Eval, code: &Arc<FunctionCode>, scope: &Arc<Scope>, at: At) -> Result<Expr> {
    let reader = Reader { eval, scope: scope.clone(), bound: Vec::new(), depth: 0 };
    let (result, _) = reader.function(code, &[], at)?;
    result.check().map_err(|message| Error::new(message, at))?;
    Ok(result)
}

struct Reader<'a> {
    eval: &'a Eval,
    /// Where names of the program are looked up.
    scope: Arc<Scope>,
    /// Names inside the functions, the innermost last.
    bound: Vec<(Word, Expr)>,
    depth: u32,
}

/// An expression and how many nodes it has.
type Sized = (Expr, usize);

impl Reader<'_> {
    fn function(&self, code: &FunctionCode, arguments: &[Expr], at: At) -> Result<Sized> {
        if self.depth > MAX_DEPTH {
            return Err(Error::new("the functions of this arrow nest too deep", at));
        }
        let mut inner =
            Reader { eval: self.eval, scope: self.scope.clone(), bound: Vec::new(), depth: self.depth + 1 };
        for (idx, parameter) in code.parameters.iter().enumerate() {
            match parameter {
                Binding::Name(name) => {
                    let argument = arguments.get(idx).cloned().unwrap_or(Expr::Number(0.0));
                    inner.bound.push((name.clone(), argument));
                }
                // `({time, mouse}) =>`: the names mean what they mean anyway.
                Binding::Object(..) => {}
                _ => return Err(fits(at)),
            }
        }
        match &code.body {
            Body::Value(id) => inner.expr(*id),
            Body::Block(statements) => {
                let (last, first) = statements.split_last().ok_or_else(|| fits(at))?;
                for id in first {
                    inner.declaration(*id)?;
                }
                match self.eval.runtime.code.stmt(*last) {
                    (Stmt::Return(Some(id)), _) => inner.expr(*id),
                    (_, at) => Err(fits(at)),
                }
            }
        }
    }

    /// `const x = …`: the only statement before the last that is still an expression.
    fn declaration(&mut self, id: code::StmtId) -> Result<()> {
        let (stmt, at) = self.eval.runtime.code.stmt(id);
        let Stmt::Let { bindings, .. } = stmt else { return Err(fits(at)) };
        for (binding, value) in bindings {
            let (Binding::Name(name), Some(value)) = (binding, value) else { return Err(fits(at)) };
            let value = self.expr(*value)?.0;
            self.bound.push((name.clone(), value));
        }
        Ok(())
    }

    fn expr(&self, id: ExprId) -> Result<Sized> {
        let (expr, at) = self.eval.runtime.code.expr(id);
        self.eval.runtime.step(at)?;
        let sized = match expr {
            code::Expr::Number(x) => (Expr::Number(*x), 1),
            code::Expr::Bool(on) => (Expr::Number(f64::from(u8::from(*on))), 1),
            code::Expr::Name(name) => self.name(name, at)?,
            code::Expr::Unary(operator, value) => {
                let (value, size) = self.expr(*value)?;
                match operator {
                    Unary::Plus => (value, size),
                    Unary::Minus => (Expr::Unary(UnaryOp::Negate, Box::new(value)), size + 1),
                    Unary::Not => (Expr::Unary(UnaryOp::Not, Box::new(value)), size + 1),
                    _ => return Err(fits(at)),
                }
            }
            code::Expr::Binary(operator, left, right) => {
                let operator = binary(*operator).ok_or_else(|| fits(at))?;
                self.two(operator, *left, *right)?
            }
            code::Expr::Logical(Logical::And, left, right) => self.two(BinaryOp::And, *left, *right)?,
            code::Expr::Logical(Logical::Or, left, right) => self.two(BinaryOp::Or, *left, *right)?,
            code::Expr::Conditional(test, yes, no) => {
                let (test, yes, no) = (self.expr(*test)?, self.expr(*yes)?, self.expr(*no)?);
                let size = test.1 + yes.1 + no.1 + 1;
                (Expr::If(Box::new(test.0), Box::new(yes.0), Box::new(no.0)), size)
            }
            code::Expr::Member { object, name, .. } => self.member(*object, name, at)?,
            code::Expr::Index { object, index, .. } => self.index(*object, *index, at)?,
            code::Expr::Call { callee, arguments, .. } => self.call(*callee, arguments, at)?,
            _ => return Err(fits(at)),
        };
        if sized.1 > MAX_EXPR_NODES {
            return Err(Error::new(format!("this arrow has more than {MAX_EXPR_NODES} parts"), at));
        }
        Ok(sized)
    }

    fn two(&self, operator: BinaryOp, left: ExprId, right: ExprId) -> Result<Sized> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        Ok((Expr::Binary(operator, Box::new(left.0), Box::new(right.0)), left.1 + right.1 + 1))
    }

    fn name(&self, name: &Word, at: At) -> Result<Sized> {
        if let Some((_, bound)) = self.bound.iter().rev().find(|(known, _)| known == name) {
            // Put in place as often as it is named: its size counts each time.
            let size = size(bound);
            self.eval.runtime.spend_steps(size, at)?;
            return Ok((bound.clone(), size));
        }
        if let Some(value) = self.scope.get(name) {
            return match value {
                Js::Number(x) => Ok((Expr::Number(x), 1)),
                Js::Bool(on) => Ok((Expr::Number(f64::from(u8::from(on))), 1)),
                Js::Live(expr) => Ok(((*expr).clone(), 1)),
                other => {
                    Err(Error::new(format!("{name} is {}, an arrow here takes numbers", other.kind()), at))
                }
            };
        }
        let var = match &**name {
            "time" => Var::Time,
            "beat" => Var::Beat,
            "bpm" => Var::Bpm,
            "width" => Var::Width,
            "height" => Var::Height,
            "kick" => Var::Hit(HitKind::Kick),
            "snare" => Var::Hit(HitKind::Snare),
            "hat" => Var::Hit(HitKind::Hat),
            "onset" => Var::Hit(HitKind::Onset),
            _ => {
                return Err(Error::new(format!("{name} is not known in an arrow of a chain"), at)
                    .hint("time, beat, kick, snare, hat, mouse.x, mouse.y, a.fft[0], width, height, Math"));
            }
        };
        Ok((Expr::Var(var), 1))
    }

    /// The name of an object that stands for itself: `Math`, `mouse`, `a`.
    fn object(&self, id: ExprId) -> Option<&str> {
        match self.eval.runtime.code.expr(id).0 {
            code::Expr::Name(name) if self.scope.get(name).is_none() => Some(name),
            _ => None,
        }
    }

    fn member(&self, object: ExprId, name: &str, at: At) -> Result<Sized> {
        let number = |x| Ok((Expr::Number(x), 1));
        match (self.object(object), name) {
            (Some("Math"), "PI") => number(std::f64::consts::PI),
            (Some("Math"), "E") => number(std::f64::consts::E),
            (Some("Math"), "SQRT2") => number(std::f64::consts::SQRT_2),
            (Some("Math"), "LN2") => number(std::f64::consts::LN_2),
            (Some("mouse"), "x") => Ok((Expr::Var(Var::MouseX), 1)),
            (Some("mouse"), "y") => Ok((Expr::Var(Var::MouseY), 1)),
            (Some("a"), "vol") => Ok((Expr::Var(Var::Volume), 1)),
            _ => Err(fits(at)),
        }
    }

    fn index(&self, object: ExprId, index: ExprId, at: At) -> Result<Sized> {
        match self.eval.runtime.code.expr(object).0 {
            code::Expr::Member { object, name, .. }
                if self.object(*object) == Some("a") && &**name == "fft" =>
            {
                let (index, size) = self.expr(index)?;
                Ok((Expr::Fft(Box::new(index)), size + 1))
            }
            _ => Err(fits(at)),
        }
    }

    fn call(&self, callee: ExprId, arguments: &[Item], at: At) -> Result<Sized> {
        if let (code::Expr::Name(name), place) = self.eval.runtime.code.expr(callee)
            && !matches!(self.scope.get(name), Some(Js::Function(_)))
        {
            return Err(Error::new(format!("{name} is no function of yours"), place).hint("Math has many"));
        }
        let mut values = Vec::with_capacity(arguments.len());
        let mut total = 1;
        for argument in arguments {
            let Item::One(id) = argument else { return Err(fits(at)) };
            let (value, size) = self.expr(*id)?;
            total += size;
            values.push(value);
        }
        match self.eval.runtime.code.expr(callee) {
            (code::Expr::Member { object, name, .. }, place) if self.object(*object) == Some("Math") => {
                let function = math(name).ok_or_else(|| Error::new(format!("Math has no {name}"), place))?;
                Ok((Expr::Call(function, values), total))
            }
            (code::Expr::Name(name), place) => match self.scope.get(name) {
                Some(Js::Function(callable)) => match &*callable {
                    Callable::Closure { code, scope } => {
                        let there = Reader {
                            eval: self.eval,
                            scope: scope.clone(),
                            bound: Vec::new(),
                            depth: self.depth,
                        };
                        there.function(code, &values, place)
                    }
                    _ => Err(fits(place)),
                },
                _ => Err(fits(place)),
            },
            (_, place) => Err(fits(place)),
        }
    }
}

/// Refuses what is no expression.
fn fits(at: At) -> Error {
    Error::new("an arrow of a chain is one expression", at).hint(
        "numbers, time, beat, mouse, a.fft[0], Math, your own arrows; nothing that is kept between frames",
    )
}

fn size(expr: &Expr) -> usize {
    let mut nodes = 0;
    let _ = expr.map(&mut |node| {
        nodes += 1;
        node
    });
    nodes
}

fn binary(operator: Binary) -> Option<BinaryOp> {
    Some(match operator {
        Binary::Add => BinaryOp::Add,
        Binary::Sub => BinaryOp::Subtract,
        Binary::Mul => BinaryOp::Multiply,
        Binary::Div => BinaryOp::Divide,
        Binary::Rem => BinaryOp::Remainder,
        Binary::Pow => BinaryOp::Power,
        Binary::Eq | Binary::StrictEq => BinaryOp::Equal,
        Binary::Ne | Binary::StrictNe => BinaryOp::NotEqual,
        Binary::Lt => BinaryOp::Less,
        Binary::Lte => BinaryOp::LessEqual,
        Binary::Gt => BinaryOp::Greater,
        Binary::Gte => BinaryOp::GreaterEqual,
        Binary::BitAnd => BinaryOp::BitAnd,
        Binary::BitOr => BinaryOp::BitOr,
        Binary::BitXor => BinaryOp::BitXor,
        Binary::ShiftLeft => BinaryOp::ShiftLeft,
        Binary::ShiftRight => BinaryOp::ShiftRight,
        Binary::ShiftRightZero | Binary::In => return None,
    })
}

fn math(name: &str) -> Option<MathFn> {
    Some(match name {
        "sin" => MathFn::Sin,
        "cos" => MathFn::Cos,
        "tan" => MathFn::Tan,
        "asin" => MathFn::Asin,
        "acos" => MathFn::Acos,
        "atan" => MathFn::Atan,
        "atan2" => MathFn::Atan2,
        "sinh" => MathFn::Sinh,
        "cosh" => MathFn::Cosh,
        "tanh" => MathFn::Tanh,
        "abs" => MathFn::Abs,
        "floor" => MathFn::Floor,
        "ceil" => MathFn::Ceil,
        "round" => MathFn::Round,
        "trunc" => MathFn::Trunc,
        "sign" => MathFn::Sign,
        "sqrt" => MathFn::Sqrt,
        "cbrt" => MathFn::Cbrt,
        "exp" => MathFn::Exp,
        "log" => MathFn::Log,
        "log2" => MathFn::Log2,
        "log10" => MathFn::Log10,
        "pow" => MathFn::Pow,
        "hypot" => MathFn::Hypot,
        "min" => MathFn::Min,
        "max" => MathFn::Max,
        "random" => MathFn::Random,
        _ => return None,
    })
}
