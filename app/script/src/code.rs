//! User code as the evaluator walks it: flat lists of nodes that name each other by number, so
//! that neither depth nor drop can exhaust a stack.

use std::sync::Arc;

use audio_pattern::Pattern;

/// A variable's or property's name.
pub(crate) type Word = Arc<str>;
/// Bytes of the source.
pub(crate) type At = (u32, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExprId(pub(crate) u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StmtId(pub(crate) u32);

/// One program.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) exprs: Vec<(Expr, At)>,
    pub(crate) stmts: Vec<(Stmt, At)>,
    pub(crate) body: Vec<StmtId>,
    pub(crate) source: Arc<str>,
}

#[derive(Debug)]
pub(crate) enum Expr {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(Word),
    /// Mini-notation, read when the code is.
    Mini(Pattern),
    /// Mini-notation with values put in: texts around expressions.
    Template {
        texts: Vec<Word>,
        parts: Vec<ExprId>,
        offset: u32,
    },
    Name(Word),
    List(Vec<Item>),
    Object(Vec<Property>),
    Function(Arc<FunctionCode>),
    Unary(Unary, ExprId),
    Binary(Binary, ExprId, ExprId),
    Logical(Logical, ExprId, ExprId),
    Conditional(ExprId, ExprId, ExprId),
    Assign(Place, Option<Binary>, ExprId),
    Step {
        place: Place,
        by: f64,
        prefix: bool,
    },
    Member {
        object: ExprId,
        name: Word,
        optional: bool,
    },
    Index {
        object: ExprId,
        index: ExprId,
        optional: bool,
    },
    Call {
        callee: ExprId,
        arguments: Vec<Item>,
        optional: bool,
    },
    Sequence(Vec<ExprId>),
}

#[derive(Debug)]
pub(crate) enum Item {
    One(ExprId),
    Spread(ExprId),
}

#[derive(Debug)]
pub(crate) enum Property {
    Named(Word, ExprId),
    Computed(ExprId, ExprId),
    Spread(ExprId),
}

#[derive(Debug)]
pub(crate) enum Place {
    Name(Word),
    Member(ExprId, Word),
    Index(ExprId, ExprId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Minus,
    Plus,
    Not,
    BitNot,
    TypeOf,
    Void,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Pow,
    Eq,
    Ne,
    StrictEq,
    StrictNe,
    Lt,
    Lte,
    Gt,
    Gte,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    ShiftRightZero,
    In,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logical {
    And,
    Or,
    Coalesce,
}

#[derive(Debug)]
pub(crate) struct FunctionCode {
    pub(crate) name: Option<Word>,
    pub(crate) parameters: Vec<Binding>,
    pub(crate) rest: Option<Binding>,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    Value(ExprId),
    Block(Vec<StmtId>),
}

/// What a value is taken apart into.
#[derive(Debug)]
pub(crate) enum Binding {
    Name(Word),
    List(Vec<Option<Binding>>, Option<Box<Binding>>),
    Object(Vec<(Word, Binding)>, Option<Box<Binding>>),
    Default(Box<Binding>, ExprId),
}

#[derive(Debug)]
pub(crate) enum Stmt {
    Expr(ExprId),
    Let {
        constant: bool,
        bindings: Vec<(Binding, Option<ExprId>)>,
    },
    Function(Word, Arc<FunctionCode>),
    Block(Vec<StmtId>),
    If(ExprId, StmtId, Option<StmtId>),
    For {
        init: Option<StmtId>,
        test: Option<ExprId>,
        update: Option<ExprId>,
        body: StmtId,
    },
    /// `for (const x of xs)`, or over keys.
    ForEach {
        binding: Binding,
        over: ExprId,
        keys: bool,
        body: StmtId,
    },
    While {
        test: ExprId,
        body: StmtId,
        first: bool,
    },
    Return(Option<ExprId>),
    Break,
    Continue,
    /// `name: pattern`.
    Label(Word, StmtId),
    Switch(ExprId, Vec<(Option<ExprId>, Vec<StmtId>)>),
    Throw(ExprId),
    Empty,
}

impl Code {
    pub(crate) fn expr(&self, id: ExprId) -> (&Expr, At) {
        self.exprs.get(id.0 as usize).map_or((&Expr::Undefined, (0, 0)), |(expr, at)| (expr, *at))
    }

    pub(crate) fn stmt(&self, id: StmtId) -> (&Stmt, At) {
        self.stmts.get(id.0 as usize).map_or((&Stmt::Empty, (0, 0)), |(stmt, at)| (stmt, *at))
    }
}
