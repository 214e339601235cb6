//! JavaScript's operators.

use std::sync::Arc;

use crate::code::{At, Binary, Unary};
use crate::error::Result;
use crate::eval::Eval;
use crate::js::Js;

/// Bytes of text compared in the time of one step.
const BYTES_PER_STEP: usize = 512;

impl Eval {
    pub(super) fn binary(&self, operator: Binary, a: &Js, b: &Js, at: At) -> Result<Js> {
        if let (Js::Text(a), Js::Text(b)) = (a, b) {
            self.runtime.spend_steps((a.len() + b.len()) / BYTES_PER_STEP, at)?;
        }
        let (x, y) = (|| a.number(), || b.number());
        let int =
            |value: f64| if value.is_finite() { (value.trunc() % 4_294_967_296.0) as i64 as i32 } else { 0 };
        Ok(match operator {
            Binary::Add => {
                let texts = |v: &Js| matches!(v, Js::Text(_) | Js::List(_) | Js::Object(_) | Js::Function(_));
                if texts(a) || texts(b) {
                    let text = self.shown(a, at)? + &self.shown(b, at)?;
                    self.runtime.spend_bytes(text.len(), at)?;
                    Js::text(&text)
                } else {
                    Js::Number(x() + y())
                }
            }
            Binary::Sub => Js::Number(x() - y()),
            Binary::Mul => Js::Number(x() * y()),
            Binary::Div => Js::Number(x() / y()),
            Binary::Rem => Js::Number(x() % y()),
            Binary::Pow => Js::Number(x().powf(y())),
            Binary::Eq => Js::Bool(loosely_equal(a, b)),
            Binary::Ne => Js::Bool(!loosely_equal(a, b)),
            Binary::StrictEq => Js::Bool(strictly_equal(a, b)),
            Binary::StrictNe => Js::Bool(!strictly_equal(a, b)),
            Binary::Lt => Js::Bool(less(a, b)),
            Binary::Gt => Js::Bool(less(b, a)),
            Binary::Lte => Js::Bool(!less(b, a) && !x().is_nan() | matches!(a, Js::Text(_))),
            Binary::Gte => Js::Bool(!less(a, b) && !x().is_nan() | matches!(a, Js::Text(_))),
            Binary::BitAnd => Js::Number(f64::from(int(x()) & int(y()))),
            Binary::BitOr => Js::Number(f64::from(int(x()) | int(y()))),
            Binary::BitXor => Js::Number(f64::from(int(x()) ^ int(y()))),
            Binary::ShiftLeft => Js::Number(f64::from(int(x()).wrapping_shl(int(y()) as u32))),
            Binary::ShiftRight => Js::Number(f64::from(int(x()).wrapping_shr(int(y()) as u32))),
            Binary::ShiftRightZero => Js::Number(f64::from((int(x()) as u32).wrapping_shr(int(y()) as u32))),
            Binary::In => match b {
                Js::Object(entries) => {
                    let key = a.display();
                    Js::Bool(entries.with(|all| all.iter().any(|(name, _)| **name == *key)))
                }
                Js::List(list) => Js::Bool((x() as usize) < list.with(|all| all.len())),
                _ => Js::Bool(false),
            },
        })
    }
}

pub(super) fn unary(operator: Unary, value: &Js) -> Js {
    match operator {
        Unary::Minus => Js::Number(-value.number()),
        Unary::Plus => Js::Number(value.number()),
        Unary::Not => Js::Bool(!value.truthy()),
        Unary::BitNot => Js::Number(f64::from(!(value.number() as i64 as i32))),
        Unary::Void => Js::Undefined,
        Unary::TypeOf => Js::text(match value {
            Js::Undefined => "undefined",
            Js::Bool(_) => "boolean",
            Js::Number(_) => "number",
            Js::Text(_) => "string",
            Js::Function(_) => "function",
            _ => "object",
        }),
    }
}

fn less(a: &Js, b: &Js) -> bool {
    match (a, b) {
        (Js::Text(a), Js::Text(b)) => a < b,
        (a, b) => a.number() < b.number(),
    }
}

pub(crate) fn strictly_equal(a: &Js, b: &Js) -> bool {
    match (a, b) {
        (Js::Undefined, Js::Undefined) | (Js::Null, Js::Null) => true,
        (Js::Bool(a), Js::Bool(b)) => a == b,
        (Js::Number(a), Js::Number(b)) => a == b,
        (Js::Text(a), Js::Text(b)) => a == b,
        (Js::List(a), Js::List(b)) => Arc::ptr_eq(a, b),
        (Js::Object(a), Js::Object(b)) => Arc::ptr_eq(a, b),
        (Js::Function(a), Js::Function(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}

fn loosely_equal(a: &Js, b: &Js) -> bool {
    match (a, b) {
        (a, b) if a.is_nullish() || b.is_nullish() => a.is_nullish() && b.is_nullish(),
        (Js::Number(_) | Js::Bool(_) | Js::Text(_), Js::Number(_) | Js::Bool(_))
        | (Js::Number(_) | Js::Bool(_), Js::Text(_)) => a.number() == b.number(),
        (a, b) => strictly_equal(a, b),
    }
}
