//! From the parser's tree to ours. What user code may not use is refused here, with its place.

use std::sync::Arc;

use audio_pattern::{Pattern, mini_at};
use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};

use crate::code::{
    At, Binary, Binding, Body, Code, Expr, ExprId, FunctionCode, Item, Logical, Place, Property, Stmt,
    StmtId, Unary, Word,
};
use crate::error::{Error, Result};
use crate::guard;

/// How deep expressions and statements may nest.
const MAX_NESTING: u32 = 240;

/// Parses and lowers a program.
pub(crate) fn lower(source: &str) -> Result<Code> {
    guard::check(source)?;
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::mjs()).parse();
    if let Some(diagnostic) = parsed.diagnostics.iter().next() {
        let at = diagnostic.labels.iter().next().map_or((0, 0), |label| {
            let start = label.offset();
            (start, start + label.len())
        });
        let mut error = Error::new(uncapitalised(&diagnostic.message), at);
        error.hint = diagnostic.help.as_ref().map(|help| uncapitalised(help));
        return Err(error);
    }
    let code = Code { source: Arc::from(source), ..Code::default() };
    let mut lowering = Lowering { code, nesting: 0 };
    // A text alone on the first line is a pattern here, not a directive.
    let mut body = Vec::new();
    for directive in &parsed.program.directives {
        let expr = lowering.literal(&directive.expression)?;
        let id = lowering.push(expr, at(directive));
        body.push(lowering.push_stmt(Stmt::Expr(id), at(directive)));
    }
    body.extend(lowering.statements(&parsed.program.body)?);
    lowering.code.body = body;
    Ok(lowering.code)
}

fn uncapitalised(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str().trim_end_matches('.')
}

struct Lowering {
    code: Code,
    nesting: u32,
}

fn at(node: &impl GetSpan) -> At {
    let span = node.span();
    (span.start, span.end)
}

fn refuse<T>(what: &str, node: &impl GetSpan) -> Result<T> {
    Err(Error::new(format!("{what} cannot be used here"), at(node)))
}

fn word(text: &str) -> Word {
    Arc::from(text)
}

impl Lowering {
    fn deeper<T>(&mut self, place: At, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(Error::new(format!("the code nests deeper than {MAX_NESTING} levels"), place));
        }
        let result = f(self);
        self.nesting -= 1;
        result
    }

    fn push(&mut self, expr: Expr, at: At) -> ExprId {
        self.code.exprs.push((expr, at));
        ExprId(self.code.exprs.len() as u32 - 1)
    }

    fn push_stmt(&mut self, stmt: Stmt, at: At) -> StmtId {
        self.code.stmts.push((stmt, at));
        StmtId(self.code.stmts.len() as u32 - 1)
    }

    fn statements(&mut self, statements: &[ast::Statement<'_>]) -> Result<Vec<StmtId>> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&mut self, statement: &ast::Statement<'_>) -> Result<StmtId> {
        let place = at(statement);
        self.deeper(place, |this| {
            let stmt = this.statement_kind(statement)?;
            Ok(this.push_stmt(stmt, place))
        })
    }

    fn statement_kind(&mut self, statement: &ast::Statement<'_>) -> Result<Stmt> {
        use ast::Statement as S;
        Ok(match statement {
            S::ExpressionStatement(it) => Stmt::Expr(self.expression(&it.expression)?),
            S::VariableDeclaration(it) => self.declaration(it)?,
            S::FunctionDeclaration(it) => {
                let code = self.function(it)?;
                let name = code.name.clone().unwrap_or_else(|| word(""));
                Stmt::Function(name, Arc::new(code))
            }
            S::BlockStatement(it) => Stmt::Block(self.statements(&it.body)?),
            S::EmptyStatement(_) => Stmt::Empty,
            S::IfStatement(it) => Stmt::If(
                self.expression(&it.test)?,
                self.statement(&it.consequent)?,
                it.alternate.as_ref().map(|other| self.statement(other)).transpose()?,
            ),
            S::ForStatement(it) => {
                let init = match &it.init {
                    None => None,
                    Some(ast::ForStatementInit::VariableDeclaration(declaration)) => {
                        let stmt = self.declaration(declaration)?;
                        Some(self.push_stmt(stmt, at(&**declaration)))
                    }
                    Some(init) => match init.as_expression() {
                        Some(expression) => {
                            let id = self.expression(expression)?;
                            Some(self.push_stmt(Stmt::Expr(id), at(expression)))
                        }
                        None => return refuse("this start of a loop", statement),
                    },
                };
                Stmt::For {
                    init,
                    test: it.test.as_ref().map(|test| self.expression(test)).transpose()?,
                    update: it.update.as_ref().map(|update| self.expression(update)).transpose()?,
                    body: self.statement(&it.body)?,
                }
            }
            S::ForOfStatement(it) => Stmt::ForEach {
                binding: self.loop_binding(&it.left)?,
                over: self.expression(&it.right)?,
                keys: false,
                body: self.statement(&it.body)?,
            },
            S::ForInStatement(it) => Stmt::ForEach {
                binding: self.loop_binding(&it.left)?,
                over: self.expression(&it.right)?,
                keys: true,
                body: self.statement(&it.body)?,
            },
            S::WhileStatement(it) => Stmt::While {
                test: self.expression(&it.test)?,
                body: self.statement(&it.body)?,
                first: false,
            },
            S::DoWhileStatement(it) => {
                Stmt::While { test: self.expression(&it.test)?, body: self.statement(&it.body)?, first: true }
            }
            S::ReturnStatement(it) => {
                Stmt::Return(it.argument.as_ref().map(|value| self.expression(value)).transpose()?)
            }
            S::BreakStatement(it) if it.label.is_none() => Stmt::Break,
            S::ContinueStatement(it) if it.label.is_none() => Stmt::Continue,
            S::LabeledStatement(it) => Stmt::Label(word(it.label.name.as_str()), self.statement(&it.body)?),
            S::SwitchStatement(it) => {
                let value = self.expression(&it.discriminant)?;
                let mut cases = Vec::new();
                for case in &it.cases {
                    let test = case.test.as_ref().map(|test| self.expression(test)).transpose()?;
                    cases.push((test, self.statements(&case.consequent)?));
                }
                Stmt::Switch(value, cases)
            }
            S::ThrowStatement(it) => Stmt::Throw(self.expression(&it.argument)?),
            S::ImportDeclaration(_)
            | S::ExportAllDeclaration(_)
            | S::ExportDefaultDeclaration(_)
            | S::ExportNamedDeclaration(_) => {
                return refuse("import and export", statement);
            }
            S::TryStatement(_) => return refuse("try", statement),
            S::ClassDeclaration(_) => return refuse("class", statement),
            _ => return refuse("this statement", statement),
        })
    }

    fn declaration(&mut self, declaration: &ast::VariableDeclaration<'_>) -> Result<Stmt> {
        let mut bindings = Vec::new();
        for declarator in &declaration.declarations {
            let binding = self.binding(&declarator.id)?;
            let value = declarator.init.as_ref().map(|value| self.expression(value)).transpose()?;
            bindings.push((binding, value));
        }
        let constant = declaration.kind == ast::VariableDeclarationKind::Const;
        Ok(Stmt::Let { constant, bindings })
    }

    fn loop_binding(&mut self, left: &ast::ForStatementLeft<'_>) -> Result<Binding> {
        match left {
            ast::ForStatementLeft::VariableDeclaration(it) => match it.declarations.first() {
                Some(declarator) => self.binding(&declarator.id),
                None => refuse("this loop", left),
            },
            _ => refuse("a loop without const or let", left),
        }
    }

    fn binding(&mut self, pattern: &ast::BindingPattern<'_>) -> Result<Binding> {
        self.deeper(at(pattern), |this| {
            Ok(match pattern {
                ast::BindingPattern::BindingIdentifier(it) => Binding::Name(word(it.name.as_str())),
                ast::BindingPattern::ArrayPattern(it) => {
                    let items = it
                        .elements
                        .iter()
                        .map(|item| item.as_ref().map(|item| this.binding(item)).transpose())
                        .collect::<Result<_>>()?;
                    let rest = it.rest.as_ref().map(|rest| this.binding(&rest.argument)).transpose()?;
                    Binding::List(items, rest.map(Box::new))
                }
                ast::BindingPattern::ObjectPattern(it) => {
                    let mut fields = Vec::new();
                    for property in &it.properties {
                        let Some(name) = property.key.static_name() else {
                            return refuse("a computed name", &property.key);
                        };
                        fields.push((word(&name), this.binding(&property.value)?));
                    }
                    let rest = it.rest.as_ref().map(|rest| this.binding(&rest.argument)).transpose()?;
                    Binding::Object(fields, rest.map(Box::new))
                }
                ast::BindingPattern::AssignmentPattern(it) => {
                    Binding::Default(Box::new(this.binding(&it.left)?), this.expression(&it.right)?)
                }
            })
        })
    }

    fn parameters(
        &mut self,
        parameters: &ast::FormalParameters<'_>,
    ) -> Result<(Vec<Binding>, Option<Binding>)> {
        let mut bindings = Vec::new();
        for parameter in &parameters.items {
            let binding = self.binding(&parameter.pattern)?;
            bindings.push(match &parameter.initializer {
                Some(value) => Binding::Default(Box::new(binding), self.expression(value)?),
                None => binding,
            });
        }
        let rest = parameters.rest.as_ref().map(|rest| self.binding(&rest.rest.argument)).transpose()?;
        Ok((bindings, rest))
    }

    fn function(&mut self, function: &ast::Function<'_>) -> Result<FunctionCode> {
        if function.generator {
            return refuse("a generator", function);
        }
        let (parameters, rest) = self.parameters(&function.params)?;
        let Some(body) = &function.body else { return refuse("a function without a body", function) };
        let body = Body::Block(self.statements(&body.statements)?);
        let name = function.id.as_ref().map(|id| word(id.name.as_str()));
        Ok(FunctionCode { name, parameters, rest, body })
    }

    fn items(&mut self, arguments: &[ast::Argument<'_>]) -> Result<Vec<Item>> {
        arguments
            .iter()
            .map(|argument| match argument {
                ast::Argument::SpreadElement(it) => Ok(Item::Spread(self.expression(&it.argument)?)),
                argument => Ok(Item::One(self.expression(argument.to_expression())?)),
            })
            .collect()
    }

    fn mini(&self, text: &str, raw_start: u32) -> Result<Pattern> {
        mini_at(text, raw_start).map_err(|error| {
            let start = raw_start + error.at as u32;
            Error::new(format!("mini-notation: {}", error.message), (start, start + 1))
        })
    }

    /// A text in double quotes is mini-notation, one in single quotes a word.
    fn literal(&self, literal: &ast::StringLiteral<'_>) -> Result<Expr> {
        let double = literal.raw.as_ref().is_some_and(|raw| raw.starts_with('"'));
        if double {
            return Ok(Expr::Mini(self.mini(literal.value.as_str(), literal.span.start + 1)?));
        }
        Ok(Expr::Text(word(literal.value.as_str())))
    }

    fn expression(&mut self, expression: &ast::Expression<'_>) -> Result<ExprId> {
        let place = at(expression);
        self.deeper(place, |this| {
            let expr = this.expression_kind(expression)?;
            Ok(this.push(expr, place))
        })
    }

    fn expression_kind(&mut self, expression: &ast::Expression<'_>) -> Result<Expr> {
        use ast::Expression as E;
        Ok(match expression {
            E::BooleanLiteral(it) => Expr::Bool(it.value),
            E::NullLiteral(_) => Expr::Null,
            E::NumericLiteral(it) => Expr::Number(it.value),
            E::StringLiteral(it) => self.literal(it)?,
            E::TemplateLiteral(it) => self.template(it)?,
            E::TaggedTemplateExpression(it) => match &it.tag {
                E::Identifier(tag) if matches!(tag.name.as_str(), "mini" | "m" | "h") => {
                    self.template(&it.quasi)?
                }
                _ => return refuse("a tagged text", expression),
            },
            E::Identifier(it) => match it.name.as_str() {
                "undefined" => Expr::Undefined,
                name => Expr::Name(word(name)),
            },
            E::ArrayExpression(it) => {
                let mut items = Vec::new();
                for item in &it.elements {
                    items.push(match item {
                        ast::ArrayExpressionElement::SpreadElement(it) => {
                            Item::Spread(self.expression(&it.argument)?)
                        }
                        ast::ArrayExpressionElement::Elision(hole) => {
                            Item::One(self.push(Expr::Undefined, at(&**hole)))
                        }
                        item => Item::One(self.expression(item.to_expression())?),
                    });
                }
                Expr::List(items)
            }
            E::ObjectExpression(it) => Expr::Object(self.properties(it)?),
            E::ArrowFunctionExpression(it) => {
                let (parameters, rest) = self.parameters(&it.params)?;
                let body = match &it.body {
                    ast::ArrowFunctionBody::FunctionBody(body) => {
                        Body::Block(self.statements(&body.statements)?)
                    }
                    body => Body::Value(self.expression(body.to_expression())?),
                };
                Expr::Function(Arc::new(FunctionCode { name: None, parameters, rest, body }))
            }
            E::FunctionExpression(it) => Expr::Function(Arc::new(self.function(it)?)),
            E::ParenthesizedExpression(it) => return self.expression_kind(&it.expression),
            E::AwaitExpression(it) => return self.expression_kind(&it.argument),
            E::SequenceExpression(it) => {
                Expr::Sequence(it.expressions.iter().map(|one| self.expression(one)).collect::<Result<_>>()?)
            }
            E::UnaryExpression(it) => {
                let operator = match it.operator.as_str() {
                    "-" => Unary::Minus,
                    "+" => Unary::Plus,
                    "!" => Unary::Not,
                    "~" => Unary::BitNot,
                    "typeof" => Unary::TypeOf,
                    "void" => Unary::Void,
                    other => return refuse(other, expression),
                };
                Expr::Unary(operator, self.expression(&it.argument)?)
            }
            E::BinaryExpression(it) => {
                let Some(operator) = binary(it.operator.as_str()) else {
                    return refuse(it.operator.as_str(), expression);
                };
                Expr::Binary(operator, self.expression(&it.left)?, self.expression(&it.right)?)
            }
            E::LogicalExpression(it) => {
                let operator = match it.operator.as_str() {
                    "&&" => Logical::And,
                    "||" => Logical::Or,
                    _ => Logical::Coalesce,
                };
                Expr::Logical(operator, self.expression(&it.left)?, self.expression(&it.right)?)
            }
            E::ConditionalExpression(it) => Expr::Conditional(
                self.expression(&it.test)?,
                self.expression(&it.consequent)?,
                self.expression(&it.alternate)?,
            ),
            E::AssignmentExpression(it) => {
                let operator = match it.operator.as_str().strip_suffix('=') {
                    Some("") => None,
                    Some(operator) => match binary(operator) {
                        Some(operator) => Some(operator),
                        None => return refuse(it.operator.as_str(), expression),
                    },
                    None => return refuse("this assignment", expression),
                };
                let place = match it.left.as_simple_assignment_target() {
                    Some(target) => self.place(target)?,
                    None => return refuse("assignment to several names", expression),
                };
                Expr::Assign(place, operator, self.expression(&it.right)?)
            }
            E::UpdateExpression(it) => Expr::Step {
                place: self.place(&it.argument)?,
                by: if it.operator.as_str() == "++" { 1.0 } else { -1.0 },
                prefix: it.prefix,
            },
            E::StaticMemberExpression(_) | E::ComputedMemberExpression(_) | E::PrivateFieldExpression(_) => {
                match expression.as_member_expression() {
                    Some(member) => self.member(member)?,
                    None => return refuse("this", expression),
                }
            }
            E::CallExpression(it) => self.call(it)?,
            E::ChainExpression(it) => match &it.expression {
                ast::ChainElement::CallExpression(call) => self.call(call)?,
                other => match other.as_member_expression() {
                    Some(member) => self.member(member)?,
                    None => return refuse("this", expression),
                },
            },
            E::NewExpression(it) => match &it.callee {
                E::Identifier(name) if name.name.as_str() == "Array" => Expr::Call {
                    callee: self.expression(&it.callee)?,
                    arguments: self.items(&it.arguments)?,
                    optional: false,
                },
                _ => return refuse("new", expression),
            },
            E::RegExpLiteral(_) => return refuse("a regular expression", expression),
            E::BigIntLiteral(_) => return refuse("a big integer", expression),
            E::ThisExpression(_) => return refuse("this", expression),
            E::ClassExpression(_) => return refuse("class", expression),
            E::ImportExpression(_) | E::ImportMeta(_) => return refuse("import", expression),
            E::YieldExpression(_) => return refuse("yield", expression),
            _ => return refuse("this", expression),
        })
    }

    fn template(&mut self, template: &ast::TemplateLiteral<'_>) -> Result<Expr> {
        let text = |part: &ast::TemplateElement<'_>| {
            let value = part.value.cooked.as_ref().unwrap_or(&part.value.raw);
            word(value.as_str())
        };
        let offset = template.span.start + 1;
        if template.expressions.is_empty() {
            let text = template.quasis.first().map(text).unwrap_or_else(|| word(""));
            return Ok(Expr::Mini(self.mini(&text, offset)?));
        }
        let parts = template.expressions.iter().map(|part| self.expression(part)).collect::<Result<_>>()?;
        Ok(Expr::Template { texts: template.quasis.iter().map(text).collect(), parts, offset })
    }

    fn properties(&mut self, object: &ast::ObjectExpression<'_>) -> Result<Vec<Property>> {
        let mut properties = Vec::new();
        for property in &object.properties {
            properties.push(match property {
                ast::ObjectPropertyKind::SpreadProperty(it) => {
                    Property::Spread(self.expression(&it.argument)?)
                }
                ast::ObjectPropertyKind::ObjectProperty(it) => {
                    if it.kind != ast::PropertyKind::Init {
                        return refuse("get and set", &**it);
                    }
                    let value = self.expression(&it.value)?;
                    match it.key.static_name().filter(|_| !it.computed) {
                        Some(name) => Property::Named(word(&name), value),
                        None => match it.key.as_expression() {
                            Some(key) => Property::Computed(self.expression(key)?, value),
                            None => return refuse("this name", &it.key),
                        },
                    }
                }
            });
        }
        Ok(properties)
    }

    fn member(&mut self, member: &ast::MemberExpression<'_>) -> Result<Expr> {
        Ok(match member {
            ast::MemberExpression::StaticMemberExpression(it) => Expr::Member {
                object: self.expression(&it.object)?,
                name: word(it.property.name.as_str()),
                optional: it.optional,
            },
            ast::MemberExpression::ComputedMemberExpression(it) => Expr::Index {
                object: self.expression(&it.object)?,
                index: self.index(&it.expression)?,
                optional: it.optional,
            },
            ast::MemberExpression::PrivateFieldExpression(it) => return refuse("a private name", &**it),
        })
    }

    /// An index in quotes is a name, not mini-notation.
    fn index(&mut self, index: &ast::Expression<'_>) -> Result<ExprId> {
        match index {
            ast::Expression::StringLiteral(it) => {
                Ok(self.push(Expr::Text(word(it.value.as_str())), at(index)))
            }
            index => self.expression(index),
        }
    }

    fn call(&mut self, call: &ast::CallExpression<'_>) -> Result<Expr> {
        Ok(Expr::Call {
            callee: self.expression(&call.callee)?,
            arguments: self.items(&call.arguments)?,
            optional: call.optional,
        })
    }

    fn place(&mut self, target: &ast::SimpleAssignmentTarget<'_>) -> Result<Place> {
        if let ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(it) = target {
            return Ok(Place::Name(word(it.name.as_str())));
        }
        match target.as_member_expression() {
            Some(ast::MemberExpression::StaticMemberExpression(it)) => {
                Ok(Place::Member(self.expression(&it.object)?, word(it.property.name.as_str())))
            }
            Some(ast::MemberExpression::ComputedMemberExpression(it)) => {
                Ok(Place::Index(self.expression(&it.object)?, self.index(&it.expression)?))
            }
            _ => refuse("this place to assign to", target),
        }
    }
}

fn binary(operator: &str) -> Option<Binary> {
    Some(match operator {
        "+" => Binary::Add,
        "-" => Binary::Sub,
        "*" => Binary::Mul,
        "/" => Binary::Div,
        "%" => Binary::Rem,
        "**" => Binary::Pow,
        "==" => Binary::Eq,
        "!=" => Binary::Ne,
        "===" => Binary::StrictEq,
        "!==" => Binary::StrictNe,
        "<" => Binary::Lt,
        "<=" => Binary::Lte,
        ">" => Binary::Gt,
        ">=" => Binary::Gte,
        "&" => Binary::BitAnd,
        "|" => Binary::BitOr,
        "^" => Binary::BitXor,
        "<<" => Binary::ShiftLeft,
        ">>" => Binary::ShiftRight,
        ">>>" => Binary::ShiftRightZero,
        "in" => Binary::In,
        _ => return None,
    })
}
