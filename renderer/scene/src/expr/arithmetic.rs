//! `+ - * /` on expressions, so that chains written in Rust read like the sketches they are.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{BinaryOp, Expr, UnaryOp, Var};

impl From<Var> for Expr {
    fn from(var: Var) -> Self {
        Self::Var(var)
    }
}

macro_rules! operators {
    ($($name:ident $method:ident $op:ident),*) => {$(
        impl<T: Into<Expr>> $name<T> for Expr {
            type Output = Expr;
            fn $method(self, other: T) -> Expr {
                Expr::Binary(BinaryOp::$op, Box::new(self), Box::new(other.into()))
            }
        }
    )*};
}

operators!(Add add Add, Sub sub Subtract, Mul mul Multiply, Div div Divide);

impl Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        Expr::Unary(UnaryOp::Negate, Box::new(self))
    }
}
