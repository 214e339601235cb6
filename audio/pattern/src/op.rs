//! Arithmetic and choice between two values.

use crate::{Controls, Fault, Value};

/// What two values become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The right value; of controls the union, the right first.
    Set,
    /// The left value; of controls the union, the left first.
    Keep,
    /// The left value where the right is true.
    KeepIf,
    /// Sum; joins words that are no numbers.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient.
    Div,
    /// Remainder with the sign of the divisor.
    Mod,
    /// Power.
    Pow,
    /// Bits of both.
    BitAnd,
    /// Bits of either.
    BitOr,
    /// Bits of one.
    BitXor,
    /// Bits shifted up.
    ShiftLeft,
    /// Bits shifted down.
    ShiftRight,
    /// Less.
    Lt,
    /// More.
    Gt,
    /// Less or the same.
    Lte,
    /// More or the same.
    Gte,
    /// The same, loosely.
    Eq,
    /// The same, strictly.
    EqStrict,
    /// Different, loosely.
    Ne,
    /// Different, strictly.
    NeStrict,
    /// The right if the left is true, else the left.
    And,
    /// The left if it is true, else the right.
    Or,
    /// The left, a function, called with the right.
    Func,
}

impl Op {
    /// Every operator with the name patterns call it by, and one line about it.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Set, "set", "takes the other pattern's values; adds its controls"),
        (Self::Keep, "keep", "keeps these values; adds the other's controls where there is none"),
        (Self::KeepIf, "keepif", "keeps events where the other is true"),
        (Self::Add, "add", "adds; note names count as numbers"),
        (Self::Sub, "sub", "subtracts"),
        (Self::Mul, "mul", "multiplies"),
        (Self::Div, "div", "divides"),
        (Self::Mod, "mod", "remainder"),
        (Self::Pow, "pow", "power"),
        (Self::BitAnd, "band", "bits set in both"),
        (Self::BitOr, "bor", "bits set in either"),
        (Self::BitXor, "bxor", "bits set in one"),
        (Self::ShiftLeft, "blshift", "shifts bits up"),
        (Self::ShiftRight, "brshift", "shifts bits down"),
        (Self::Lt, "lt", "whether less"),
        (Self::Gt, "gt", "whether more"),
        (Self::Lte, "lte", "whether less or the same"),
        (Self::Gte, "gte", "whether more or the same"),
        (Self::Eq, "eq", "whether the same"),
        (Self::EqStrict, "eqt", "whether the same, and of one kind"),
        (Self::Ne, "ne", "whether different"),
        (Self::NeStrict, "net", "whether different, or of two kinds"),
        (Self::And, "and", "the other where this is true"),
        (Self::Or, "or", "this where it is true, else the other"),
        (Self::Func, "func", "calls these functions with the other's values"),
    ];

    /// Applies it; `None` removes the event.
    ///
    /// # Errors
    /// [`Fault::Value`] where arithmetic meets something that is no number, and whatever a called
    /// function fails with.
    pub fn apply(self, a: &Value, b: &Value) -> Result<Option<Value>, Fault> {
        if self == Self::KeepIf {
            return Ok(b.truthy().then(|| a.clone()));
        }
        match (a, b) {
            (Value::Controls(a), Value::Controls(b)) => self.union(a, b).map(Some),
            // Arithmetic between controls and a bare value changes nothing.
            (Value::Controls(_) | Value::List(_), _)
                if !matches!(b, Value::Controls(_)) && self != Self::Func =>
            {
                if matches!((a, self), (Value::List(_), Self::Set)) {
                    return Ok(Some(b.clone()));
                }
                Ok(Some(a.clone()))
            }
            (a, Value::Controls(b)) if self != Self::Func => {
                let bare = match a {
                    Value::Nothing => Controls::new(),
                    a => std::iter::once(("value", a.clone())).collect(),
                };
                self.union(&bare, b).map(Some)
            }
            _ => self.of_values(a, b).map(Some),
        }
    }

    fn union(self, a: &Controls, b: &Controls) -> Result<Value, Fault> {
        if b.is_bare_value() {
            return Ok(Value::Controls(a.clone()));
        }
        let mut union = a.clone();
        for (name, value) in b.iter() {
            let value = match a.get_name(name) {
                Some(old) if self != Self::Set => self.of_values(old, value)?,
                _ => value.clone(),
            };
            union.set(name.clone(), value);
        }
        Ok(Value::Controls(union))
    }

    fn of_values(self, a: &Value, b: &Value) -> Result<Value, Fault> {
        let numbers = || Ok::<_, Fault>((a.numeral()?, b.numeral()?));
        let bits = |f: fn(i32, i32) -> i32| -> Result<Value, Fault> {
            let (x, y) = numbers()?;
            Ok(Value::Number(f64::from(f(to_int32(x), to_int32(y)))))
        };
        Ok(match self {
            Self::Set => b.clone(),
            Self::Keep => a.clone(),
            Self::KeepIf => Value::Nothing,
            Self::Add => match numbers() {
                Ok((x, y)) => Value::Number(x + y),
                Err(fault) => return join_words(a, b).ok_or(fault),
            },
            Self::Sub => numbers().map(|(x, y)| Value::Number(x - y))?,
            Self::Mul => numbers().map(|(x, y)| Value::Number(x * y))?,
            Self::Div => numbers().map(|(x, y)| Value::Number(x / y))?,
            Self::Mod => numbers().map(|(x, y)| Value::Number(modulo(x, y)))?,
            Self::Pow => numbers().map(|(x, y)| Value::Number(x.powf(y)))?,
            Self::BitAnd => bits(|x, y| x & y)?,
            Self::BitOr => bits(|x, y| x | y)?,
            Self::BitXor => bits(|x, y| x ^ y)?,
            Self::ShiftLeft => bits(|x, y| x.wrapping_shl(y as u32))?,
            Self::ShiftRight => bits(|x, y| x.wrapping_shr(y as u32))?,
            Self::Lt => Value::Bool(compare(a, b).is_some_and(std::cmp::Ordering::is_lt)),
            Self::Gt => Value::Bool(compare(a, b).is_some_and(std::cmp::Ordering::is_gt)),
            Self::Lte => Value::Bool(compare(a, b).is_some_and(std::cmp::Ordering::is_le)),
            Self::Gte => Value::Bool(compare(a, b).is_some_and(std::cmp::Ordering::is_ge)),
            Self::Eq => Value::Bool(loosely_equal(a, b)),
            Self::EqStrict => Value::Bool(a == b),
            Self::Ne => Value::Bool(!loosely_equal(a, b)),
            Self::NeStrict => Value::Bool(a != b),
            Self::And => {
                if a.truthy() {
                    b.clone()
                } else {
                    a.clone()
                }
            }
            Self::Or => {
                if a.truthy() {
                    a.clone()
                } else {
                    b.clone()
                }
            }
            Self::Func => match a {
                Value::Function(function) => return function.call(std::slice::from_ref(b)),
                _ => return Err(Fault::value("func needs a pattern of functions")),
            },
        })
    }
}

/// Remainder with the sign of the divisor.
pub(crate) fn modulo(x: f64, y: f64) -> f64 {
    ((x % y) + y) % y
}

fn join_words(a: &Value, b: &Value) -> Option<Value> {
    let word = |value: &Value| match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Number(x) => Some(x.to_string()),
        _ => None,
    };
    (matches!(a, Value::Text(_)) && matches!(b, Value::Text(_) | Value::Number(_)))
        .then(|| Some(Value::text(&(word(a)? + &word(b)?))))
        .flatten()
}

fn to_int32(x: f64) -> i32 {
    if x.is_finite() { (x.trunc() % 4_294_967_296.0) as i64 as i32 } else { 0 }
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    if let (Value::Text(a), Value::Text(b)) = (a, b) {
        return Some(a.cmp(b));
    }
    loose_number(a)?.partial_cmp(&loose_number(b)?)
}

fn loose_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(_) | Value::Bool(_) => value.as_number(),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn loosely_equal(a: &Value, b: &Value) -> bool {
    a == b || matches!((loose_number(a), loose_number(b)), (Some(x), Some(y)) if x == y)
}
