//! The evaluator: walks a program's tree within its budget.

// Long because it is one walk over one tree: each arm needs the scope and the budget at hand.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use audio_pattern::{Pattern, mini_at};

use crate::builtin;
use crate::code::{
    At, Binary, Binding, Body, Expr, ExprId, FunctionCode, Item, Logical, Place, Property, Stmt, StmtId,
    Unary, Word,
};
use crate::error::{Error, Result, nearest};
use crate::js::{Arena, Callable, Js, MAX_CALLS, Runtime, Scope};
use crate::light;

mod operators;

pub(crate) use operators::strictly_equal;
use operators::unary;

/// What a scope costs of the memory budget, in bytes, and each entry of a list or object.
const SCOPE_BYTES: usize = 160;
const ENTRY_BYTES: usize = 48;

/// How many names one block may have: they are looked up one by one.
const MAX_VARIABLES: usize = 256;

/// One evaluation: of a program, or of one of its functions while a pattern is asked.
pub(crate) struct Eval {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) arena: Arc<Arena>,
}

/// How a statement ended.
pub(crate) enum Flow {
    Next(Js),
    Return(Js),
    Break,
    Continue,
}

impl Eval {
    pub(crate) fn new(runtime: Arc<Runtime>, arena: Arc<Arena>) -> Self {
        Self { runtime, arena }
    }

    /// Runs statements in `scope` and gives the last expression's value.
    pub(crate) fn block(&self, body: &[StmtId], scope: &Arc<Scope>) -> Result<Flow> {
        let code = self.runtime.code.clone();
        for id in body {
            // Functions can be called before they are written.
            if let (Stmt::Function(name, function), _) = code.stmt(*id) {
                scope.declare(name, self.closure(function, scope), false);
            }
        }
        let mut last = Js::Undefined;
        for id in body {
            match self.statement(*id, scope)? {
                Flow::Next(value) => last = value,
                other => return Ok(other),
            }
        }
        Ok(Flow::Next(last))
    }

    fn inner_scope(&self, parent: &Arc<Scope>, at: At) -> Result<Arc<Scope>> {
        self.runtime.spend_bytes(SCOPE_BYTES, at)?;
        Ok(self.arena.scope(Some(parent.clone())))
    }

    fn statement(&self, id: StmtId, scope: &Arc<Scope>) -> Result<Flow> {
        let code = self.runtime.code.clone();
        let (stmt, at) = code.stmt(id);
        self.runtime.step(at)?;
        match stmt {
            Stmt::Expr(id) => return Ok(Flow::Next(self.expr(*id, scope)?)),
            Stmt::Let { constant, bindings } => {
                for (binding, value) in bindings {
                    let value = match value {
                        Some(id) => self.expr(*id, scope)?,
                        None => Js::Undefined,
                    };
                    self.bind(binding, value, *constant, scope, at)?;
                }
            }
            Stmt::Function(..) | Stmt::Empty => {}
            Stmt::Block(body) => {
                let scope = self.inner_scope(scope, at)?;
                return self.block(body, &scope);
            }
            Stmt::If(test, yes, no) => {
                if self.expr(*test, scope)?.truthy() {
                    return self.statement(*yes, scope);
                } else if let Some(no) = no {
                    return self.statement(*no, scope);
                }
            }
            Stmt::For { init, test, update, body } => {
                let scope = self.inner_scope(scope, at)?;
                if let Some(init) = init {
                    self.statement(*init, &scope)?;
                }
                loop {
                    self.runtime.step(at)?;
                    if let Some(test) = test
                        && !self.expr(*test, &scope)?.truthy()
                    {
                        break;
                    }
                    // Each turn has its own copy of the loop's variables, for functions to keep.
                    let turn = self.inner_scope(scope.parent.as_ref().unwrap_or(&scope), at)?;
                    for variable in scope.variables.get() {
                        turn.declare(&variable.name, variable.value, variable.constant);
                    }
                    match self.statement(*body, &turn)? {
                        Flow::Break => break,
                        Flow::Return(value) => return Ok(Flow::Return(value)),
                        Flow::Next(_) | Flow::Continue => {}
                    }
                    for variable in turn.variables.get() {
                        scope.declare(&variable.name, variable.value, variable.constant);
                    }
                    if let Some(update) = update {
                        self.expr(*update, &scope)?;
                    }
                }
            }
            Stmt::ForEach { binding, over, keys, body } => {
                let over = self.expr(*over, scope)?;
                let items = if *keys { self.keys(&over, at)? } else { self.items_of(&over, at)? };
                for item in items {
                    self.runtime.step(at)?;
                    let turn = self.inner_scope(scope, at)?;
                    self.bind(binding, item, false, &turn, at)?;
                    match self.statement(*body, &turn)? {
                        Flow::Break => break,
                        Flow::Return(value) => return Ok(Flow::Return(value)),
                        Flow::Next(_) | Flow::Continue => {}
                    }
                }
            }
            Stmt::While { test, body, first } => {
                let mut skip_test = *first;
                loop {
                    self.runtime.step(at)?;
                    if !skip_test && !self.expr(*test, scope)?.truthy() {
                        break;
                    }
                    skip_test = false;
                    match self.statement(*body, scope)? {
                        Flow::Break => break,
                        Flow::Return(value) => return Ok(Flow::Return(value)),
                        Flow::Next(_) | Flow::Continue => {}
                    }
                }
            }
            Stmt::Return(value) => {
                let value = value.map_or(Ok(Js::Undefined), |id| self.expr(id, scope))?;
                return Ok(Flow::Return(value));
            }
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Label(name, body) => {
                let flow = self.statement(*body, scope)?;
                if let Flow::Next(value) = &flow {
                    let pattern = self.sequence(value, at)?;
                    self.runtime.said.with(|said| said.label(name, pattern, at));
                }
                return Ok(flow);
            }
            Stmt::Switch(value, cases) => {
                let value = self.expr(*value, scope)?;
                let scope = self.inner_scope(scope, at)?;
                let mut chosen = None;
                for (index, (test, _)) in cases.iter().enumerate() {
                    if let Some(test) = test
                        && strictly_equal(&self.expr(*test, &scope)?, &value)
                    {
                        chosen = Some(index);
                        break;
                    }
                }
                let start = chosen.or_else(|| cases.iter().position(|(test, _)| test.is_none()));
                for (_, body) in cases.iter().skip(start.unwrap_or(cases.len())) {
                    match self.block(body, &scope)? {
                        Flow::Break => break,
                        Flow::Next(_) => {}
                        other => return Ok(other),
                    }
                }
            }
            Stmt::Throw(value) => {
                let value = self.expr(*value, scope)?;
                return Err(Error::new(value.display(), at));
            }
        }
        Ok(Flow::Next(Js::Undefined))
    }

    fn bind(&self, binding: &Binding, value: Js, constant: bool, scope: &Arc<Scope>, at: At) -> Result<()> {
        self.runtime.spend_bytes(ENTRY_BYTES, at)?;
        match binding {
            Binding::Name(name) => {
                if scope.variables.with(|all| all.len()) >= MAX_VARIABLES {
                    return Err(Error::new(
                        format!("there are more than {MAX_VARIABLES} names in one block"),
                        at,
                    ));
                }
                scope.declare(name, value, constant);
            }
            Binding::Default(inner, default) => {
                let value = if matches!(value, Js::Undefined) { self.expr(*default, scope)? } else { value };
                self.bind(inner, value, constant, scope, at)?;
            }
            Binding::List(parts, rest) => {
                let items = self.items_of(&value, at)?;
                for (index, part) in parts.iter().enumerate() {
                    if let Some(part) = part {
                        self.bind(part, items.get(index).cloned().unwrap_or_default(), constant, scope, at)?;
                    }
                }
                if let Some(rest) = rest {
                    let tail = items.get(parts.len()..).unwrap_or_default().to_vec();
                    self.bind(rest, self.arena.list(tail), constant, scope, at)?;
                }
            }
            Binding::Object(fields, rest) => {
                for (name, part) in fields {
                    let field = self.member(&value, name, at)?;
                    self.bind(part, field, constant, scope, at)?;
                }
                if let (Some(rest), Js::Object(entries)) = (rest, &value) {
                    let left = entries
                        .get()
                        .into_iter()
                        .filter(|(key, _)| !fields.iter().any(|(name, _)| name == key));
                    self.bind(rest, self.arena.object(left.collect()), constant, scope, at)?;
                }
            }
        }
        Ok(())
    }

    fn closure(&self, code: &Arc<FunctionCode>, scope: &Arc<Scope>) -> Js {
        self.arena.function(Callable::Closure { code: code.clone(), scope: scope.clone() })
    }

    pub(crate) fn expr(&self, id: ExprId, scope: &Arc<Scope>) -> Result<Js> {
        let (expr, at) = self.runtime.code.expr(id);
        self.runtime.step(at)?;
        match expr {
            Expr::Undefined => Ok(Js::Undefined),
            Expr::Null => Ok(Js::Null),
            Expr::Bool(b) => Ok(Js::Bool(*b)),
            Expr::Number(x) => Ok(Js::Number(*x)),
            Expr::Text(text) => Ok(Js::Text(text.clone())),
            Expr::Mini(pattern) => Ok(Js::Pattern(pattern.clone())),
            Expr::Template { texts, parts, offset } => self.template(texts, parts, *offset, scope, at),
            Expr::Name(name) => self.name(name, scope, at),
            Expr::List(items) => {
                let items = self.items(items, scope, at)?;
                Ok(self.arena.list(items))
            }
            Expr::Object(properties) => self.object(properties, scope, at),
            Expr::Function(code) => {
                self.runtime.spend_bytes(ENTRY_BYTES, at)?;
                Ok(self.closure(code, scope))
            }
            Expr::Unary(operator, value) => {
                if let (Unary::TypeOf, (Expr::Name(name), _)) = (operator, self.runtime.code.expr(*value))
                    && scope.get(name).is_none()
                    && builtin::find(name).is_none()
                {
                    return Ok(Js::text("undefined"));
                }
                let value = self.expr(*value, scope)?;
                Ok(unary(*operator, &value))
            }
            Expr::Binary(operator, a, b) => {
                let (a, b) = (self.expr(*a, scope)?, self.expr(*b, scope)?);
                self.binary(*operator, &a, &b, at)
            }
            Expr::Logical(operator, a, b) => {
                let a = self.expr(*a, scope)?;
                let keep = match operator {
                    Logical::And => !a.truthy(),
                    Logical::Or => a.truthy(),
                    Logical::Coalesce => !a.is_nullish(),
                };
                if keep { Ok(a) } else { self.expr(*b, scope) }
            }
            Expr::Conditional(test, yes, no) => {
                let chosen = if self.expr(*test, scope)?.truthy() { yes } else { no };
                self.expr(*chosen, scope)
            }
            Expr::Assign(place, operator, value) => self.assign(place, *operator, *value, scope, at),
            Expr::Step { place, by, prefix } => {
                let old = self.place(place, scope, at)?.number();
                let new = Js::Number(old + by);
                self.store(place, new.clone(), scope, at)?;
                Ok(if *prefix { new } else { Js::Number(old) })
            }
            Expr::Member { object, name, optional } => {
                let object = self.expr(*object, scope)?;
                if *optional && object.is_nullish() {
                    return Ok(Js::Undefined);
                }
                self.member(&object, name, at)
            }
            Expr::Index { object, index, optional } => {
                let object = self.expr(*object, scope)?;
                if *optional && object.is_nullish() {
                    return Ok(Js::Undefined);
                }
                let index = self.expr(*index, scope)?;
                self.index(&object, &index, at)
            }
            Expr::Call { callee, arguments, optional } => {
                self.call_expr(*callee, arguments, *optional, scope, at)
            }
            Expr::Sequence(all) => all.iter().try_fold(Js::Undefined, |_, id| self.expr(*id, scope)),
        }
    }

    /// The text of a value; long ones cost their length.
    pub(crate) fn shown(&self, value: &Js, at: At) -> Result<String> {
        let text = value.display();
        self.runtime.spend_steps(text.len() / 8, at)?;
        Ok(text)
    }

    fn template(
        &self,
        texts: &[Word],
        parts: &[ExprId],
        offset: u32,
        scope: &Arc<Scope>,
        at: At,
    ) -> Result<Js> {
        let mut text = String::new();
        for (index, piece) in texts.iter().enumerate() {
            text.push_str(piece);
            if let Some(part) = parts.get(index) {
                text.push_str(&self.shown(&self.expr(*part, scope)?, at)?);
            }
            self.runtime.spend_bytes(text.len(), at)?;
        }
        self.runtime.spend_steps(text.len(), at)?;
        mini_at(&text, offset)
            .map(Js::Pattern)
            .map_err(|error| Error::new(format!("mini-notation: {} in {text:?}", error.message), at))
    }

    fn name(&self, name: &Word, scope: &Arc<Scope>, at: At) -> Result<Js> {
        if let Some(value) = scope.get(name) {
            return Ok(value);
        }
        if let Some(value) = builtin::global(self, name) {
            return Ok(value);
        }
        let error = Error::new(format!("{name} is not defined"), at);
        let known = builtin::names().map(String::from).chain(self.visible(scope)).collect::<Vec<_>>();
        Err(match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error,
        })
    }

    fn visible(&self, scope: &Arc<Scope>) -> Vec<String> {
        let mut names = Vec::new();
        let mut at = Some(scope.clone());
        while let Some(scope) = at {
            scope.variables.with(|all| names.extend(all.iter().map(|v| v.name.to_string())));
            at = scope.parent.clone();
        }
        names
    }

    fn items(&self, items: &[Item], scope: &Arc<Scope>, at: At) -> Result<Vec<Js>> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::One(id) => values.push(self.expr(*id, scope)?),
                Item::Spread(id) => {
                    let spread = self.expr(*id, scope)?;
                    values.extend(self.items_of(&spread, at)?);
                }
            }
        }
        self.runtime.spend_bytes(values.len() * ENTRY_BYTES, at)?;
        Ok(values)
    }

    /// The elements of something one can loop over.
    pub(crate) fn items_of(&self, value: &Js, at: At) -> Result<Vec<Js>> {
        let items: Vec<Js> = match value {
            Js::List(list) => list.get(),
            Js::Text(text) => text.chars().map(|c| Js::text(c.encode_utf8(&mut [0; 4]))).collect(),
            other => return Err(Error::new(format!("{} has no elements", other.kind()), at)),
        };
        self.runtime.spend_steps(items.len() / 8, at)?;
        self.runtime.spend_bytes(items.len() * ENTRY_BYTES, at)?;
        Ok(items)
    }

    fn keys(&self, value: &Js, at: At) -> Result<Vec<Js>> {
        let keys: Vec<Js> = match value {
            Js::Object(entries) => {
                entries.with(|all| all.iter().map(|(key, _)| Js::Text(key.clone())).collect())
            }
            Js::List(list) => (0..list.with(|all| all.len())).map(|i| Js::text(&i.to_string())).collect(),
            _ => Vec::new(),
        };
        self.runtime.spend_bytes(keys.len() * ENTRY_BYTES, at)?;
        Ok(keys)
    }

    fn object(&self, properties: &[Property], scope: &Arc<Scope>, at: At) -> Result<Js> {
        let mut entries: Vec<(Word, Js)> = Vec::new();
        let put = |entries: &mut Vec<(Word, Js)>, name: Word, value: Js| match entries
            .iter_mut()
            .find(|(key, _)| *key == name)
        {
            Some(entry) => entry.1 = value,
            None => entries.push((name, value)),
        };
        for property in properties {
            match property {
                Property::Named(name, value) => put(&mut entries, name.clone(), self.expr(*value, scope)?),
                Property::Computed(name, value) => {
                    let name = Word::from(self.expr(*name, scope)?.display());
                    put(&mut entries, name, self.expr(*value, scope)?);
                }
                Property::Spread(value) => {
                    if let Js::Object(spread) = self.expr(*value, scope)? {
                        for (name, value) in spread.get() {
                            self.runtime.step(at)?;
                            put(&mut entries, name, value);
                        }
                    }
                }
            }
        }
        self.runtime.spend_bytes(entries.len() * ENTRY_BYTES, at)?;
        Ok(self.arena.object(entries))
    }

    fn place(&self, place: &Place, scope: &Arc<Scope>, at: At) -> Result<Js> {
        match place {
            Place::Name(name) => self.name(name, scope, at),
            Place::Member(object, name) => self.member(&self.expr(*object, scope)?, name, at),
            Place::Index(object, index) => {
                let (object, index) = (self.expr(*object, scope)?, self.expr(*index, scope)?);
                self.index(&object, &index, at)
            }
        }
    }

    fn assign(
        &self,
        place: &Place,
        operator: Option<Binary>,
        value: ExprId,
        scope: &Arc<Scope>,
        at: At,
    ) -> Result<Js> {
        let value = match operator {
            None => self.expr(value, scope)?,
            Some(operator) => {
                let old = self.place(place, scope, at)?;
                let new = self.expr(value, scope)?;
                self.binary(operator, &old, &new, at)?
            }
        };
        self.store(place, value.clone(), scope, at)?;
        Ok(value)
    }

    fn store(&self, place: &Place, value: Js, scope: &Arc<Scope>, at: At) -> Result<()> {
        let (object, key) = match place {
            Place::Name(name) => {
                return match scope.assign(name, &value) {
                    Ok(()) => Ok(()),
                    Err(true) => {
                        Err(Error::new(format!("{name} is a constant"), at).hint("declare it with let"))
                    }
                    // Assigning to a new name makes a variable, as scripts do.
                    Err(false) => {
                        let mut root = scope.clone();
                        while let Some(parent) = root.parent.clone() {
                            root = parent;
                        }
                        root.declare(name, value, false);
                        Ok(())
                    }
                };
            }
            Place::Member(object, name) => (self.expr(*object, scope)?, Js::Text(name.clone())),
            Place::Index(object, index) => (self.expr(*object, scope)?, self.expr(*index, scope)?),
        };
        self.runtime.spend_bytes(ENTRY_BYTES, at)?;
        match &object {
            Js::List(list) => {
                let index = key.number();
                if !(0.0..100_000.0).contains(&index) {
                    return Err(Error::new(format!("{} is no place in a list", key.display()), at));
                }
                let index = index as usize;
                let missing = list.with(|all| (index + 1).saturating_sub(all.len()));
                self.runtime.spend_bytes(missing * ENTRY_BYTES, at)?;
                list.with(|all| {
                    if all.len() <= index {
                        all.resize(index + 1, Js::Undefined);
                    }
                    if let Some(slot) = all.get_mut(index) {
                        *slot = value;
                    }
                });
                Ok(())
            }
            Js::Object(entries) => {
                let key = Word::from(key.display());
                let count = entries.with(|all| all.len());
                self.runtime.spend_steps(count / 16, at)?;
                entries.with(|all| match all.iter_mut().find(|(name, _)| *name == key) {
                    Some(entry) => entry.1 = value,
                    None => all.push((key, value)),
                });
                Ok(())
            }
            other => Err(Error::new(format!("{} has nothing to assign to", other.kind()), at)),
        }
    }

    fn call_expr(
        &self,
        callee: ExprId,
        arguments: &[Item],
        optional: bool,
        scope: &Arc<Scope>,
        at: At,
    ) -> Result<Js> {
        let (expr, callee_at) = self.runtime.code.expr(callee);
        // The place of a method is its name, not the whole chain before it.
        let name_at = |name: &str| (callee_at.1.saturating_sub(name.len() as u32), callee_at.1);
        match expr {
            Expr::Member { object, name, optional } => {
                let object = self.expr(*object, scope)?;
                if *optional && object.is_nullish() {
                    return Ok(Js::Undefined);
                }
                let arguments = self.items(arguments, scope, at)?;
                self.call_method(&object, name, arguments, name_at(name))
            }
            Expr::Index { object, index, .. } => {
                let object = self.expr(*object, scope)?;
                let index = self.expr(*index, scope)?;
                let arguments = self.items(arguments, scope, at)?;
                match (&object, &index) {
                    (Js::List(_) | Js::Object(_), _) => {
                        let function = self.index(&object, &index, callee_at)?;
                        self.call(&function, arguments, at)
                    }
                    _ => self.call_method(&object, &index.display(), arguments, callee_at),
                }
            }
            _ => {
                let function = self.expr(callee, scope)?;
                if optional && function.is_nullish() {
                    return Ok(Js::Undefined);
                }
                let arguments = self.items(arguments, scope, at)?;
                self.call(&function, arguments, callee_at)
            }
        }
    }

    /// Calls a function.
    pub(crate) fn call(&self, function: &Js, arguments: Vec<Js>, at: At) -> Result<Js> {
        let Js::Function(callable) = function else {
            if let Some(result) = self.callable_global(function, &arguments, at) {
                return result;
            }
            return Err(Error::new(format!("{} cannot be called", function.kind()), at));
        };
        let depth = self.runtime.calls.fetch_add(1, Ordering::Relaxed);
        let result = if depth >= MAX_CALLS {
            Err(Error::new(format!("calls nest deeper than {MAX_CALLS} levels"), at)
                .hint("does a function call itself without end?"))
        } else {
            self.runtime.step(at).and_then(|()| self.call_callable(callable, arguments, at))
        };
        self.runtime.calls.fetch_sub(1, Ordering::Relaxed);
        result
    }

    fn call_callable(&self, callable: &Arc<Callable>, arguments: Vec<Js>, at: At) -> Result<Js> {
        match &**callable {
            Callable::Closure { code, scope } => {
                let scope = self.inner_scope(scope, at)?;
                let mut arguments = arguments.into_iter();
                for parameter in &code.parameters {
                    self.bind(parameter, arguments.next().unwrap_or_default(), false, &scope, at)?;
                }
                if let Some(rest) = &code.rest {
                    self.bind(rest, self.arena.list(arguments.collect()), false, &scope, at)?;
                }
                match &code.body {
                    Body::Value(id) => self.expr(*id, &scope),
                    Body::Block(body) => match self.block(body, &scope)? {
                        Flow::Return(value) => Ok(value),
                        _ => Ok(Js::Undefined),
                    },
                }
            }
            Callable::Builtin(function) => builtin::call(self, function, arguments, at),
            Callable::Partial(function, first, place) => {
                let all = first.iter().cloned().chain(arguments).collect();
                builtin::call(self, function, all, *place)
            }
            Callable::Registered(registered, first) => {
                let all: Vec<Js> = first.iter().flatten().cloned().chain(arguments).collect();
                builtin::call_registered(self, registered, all, at)
            }
            Callable::Control(keys) => builtin::own::set(self, keys, &arguments, at),
            Callable::Operator(pattern, op) => {
                builtin::operate(self, pattern, *op, None, &arguments, at).map(Js::Pattern)
            }
            Callable::Method(object, name) => self.call_method(object, name, arguments, at),
            Callable::Light(function) => light::source(self, function, &arguments, at),
            Callable::LightWord(word) => light::word(self, word, &arguments, at),
        }
    }

    /// A pattern of what a program's last expression is, if it can be one.
    pub(crate) fn as_pattern(&self, value: &Js, at: At) -> Result<Option<Pattern>> {
        match value {
            Js::Pattern(pattern) => Ok(Some(pattern.clone())),
            Js::List(_) => self.sequence(value, at).map(Some),
            _ => Ok(None),
        }
    }
}
