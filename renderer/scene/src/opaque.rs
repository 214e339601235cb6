//! Conditions that a driver does not see through.

use naga::{
    AddressSpace, BinaryOperator, Binding, Block, BuiltIn, Expression, Function, FunctionArgument,
    GlobalVariable, Handle, Literal, Module, Scalar, ShaderStage, Span, Statement, Type, TypeInner,
    VectorSize,
};

/// Makes every `if` ask, beside its own condition, for something that is always true and that only the
/// invocation knows.
///
/// For Mesa's software renderer, which makes a shader anew for each value of a uniform that decides a branch
/// (`lvp_inline_uniforms.c`): a scene that begins with `if (FRAMEINDEX == 0)` is compiled in every frame, and Mesa
/// 22.3 keeps each of them, 3 MB a frame. Reading the numbers as storage would hide them too, but costs
/// 10 to 60 % of a frame; this costs nothing measurable.
pub fn hide_conditions(module: &mut Module) {
    let bool_ty =
        module.types.insert(Type { name: None, inner: TypeInner::Scalar(Scalar::BOOL) }, Span::UNDEFINED);
    let flag = module.global_variables.append(
        GlobalVariable {
            name: Some("jl_always".to_owned()),
            space: AddressSpace::Private,
            binding: None,
            ty: bool_ty,
            init: None,
            memory_decorations: naga::MemoryDecorations::empty(),
        },
        Span::UNDEFINED,
    );
    for (_, function) in module.functions.iter_mut() {
        hide_in(function, flag);
    }
    let position_ty = module.types.insert(
        Type { name: None, inner: TypeInner::Vector { size: VectorSize::Quad, scalar: Scalar::F32 } },
        Span::UNDEFINED,
    );
    let Module { types, entry_points, .. } = module;
    for entry in entry_points.iter_mut() {
        hide_in(&mut entry.function, flag);
        // Other stages have nothing that costs as little; there it is plainly true and nothing is hidden.
        let fragment = entry.stage == ShaderStage::Fragment;
        let position =
            |binding: &Option<Binding>| matches!(binding, Some(Binding::BuiltIn(BuiltIn::Position { .. })));
        let arguments = &entry.function.arguments;
        let place = arguments.iter().enumerate().find_map(|(i, argument)| {
            if position(&argument.binding) {
                return Some((i, None));
            }
            let TypeInner::Struct { members, .. } = &types.get_handle(argument.ty).ok()?.inner else {
                return None;
            };
            members.iter().position(|member| position(&member.binding)).map(|member| (i, Some(member)))
        });
        let place = match (fragment, place) {
            (false, _) => None,
            (true, Some(place)) => Some(place),
            (true, None) => {
                entry.function.arguments.push(FunctionArgument {
                    name: None,
                    ty: position_ty,
                    binding: Some(Binding::BuiltIn(BuiltIn::Position { invariant: false })),
                });
                Some((entry.function.arguments.len() - 1, None))
            }
        };
        raise(&mut entry.function, flag, place);
    }
}

/// Sets the flag where an entry point begins: no pixel lies left of the picture.
fn raise(function: &mut Function, flag: Handle<GlobalVariable>, place: Option<(usize, Option<usize>)>) {
    let expressions = &mut function.expressions;
    let pointer = expressions.append(Expression::GlobalVariable(flag), Span::UNDEFINED);
    let mut begin = Block::new();
    let value = match place {
        None => expressions.append(Expression::Literal(Literal::Bool(true)), Span::UNDEFINED),
        Some((argument, member)) => {
            let argument = expressions.append(Expression::FunctionArgument(argument as u32), Span::UNDEFINED);
            let edge = expressions.append(Expression::Literal(Literal::F32(-1.0)), Span::UNDEFINED);
            let start = expressions.len();
            let mut append = |expression| expressions.append(expression, Span::UNDEFINED);
            let position = match member {
                Some(member) => append(Expression::AccessIndex { base: argument, index: member as u32 }),
                None => argument,
            };
            let x = append(Expression::AccessIndex { base: position, index: 0 });
            let right = append(Expression::Binary { op: BinaryOperator::Greater, left: x, right: edge });
            begin.push(Statement::Emit(expressions.range_from(start)), Span::UNDEFINED);
            right
        }
    };
    begin.push(Statement::Store { pointer, value }, Span::UNDEFINED);
    begin.extend_block(std::mem::take(&mut function.body));
    function.body = begin;
}

fn hide_in(function: &mut Function, flag: Handle<GlobalVariable>) {
    let pointer = function.expressions.append(Expression::GlobalVariable(flag), Span::UNDEFINED);
    let mut body = std::mem::take(&mut function.body);
    hide_in_block(&mut body, function, pointer);
    function.body = body;
}

fn hide_in_block(block: &mut Block, function: &mut Function, flag: Handle<Expression>) {
    let mut hidden = Block::with_capacity(block.len());
    for (mut statement, span) in std::mem::take(block).span_into_iter() {
        match &mut statement {
            Statement::Block(inner) => hide_in_block(inner, function, flag),
            Statement::Loop { body, continuing, .. } => {
                hide_in_block(body, function, flag);
                hide_in_block(continuing, function, flag);
            }
            Statement::Switch { cases, .. } => {
                cases.iter_mut().for_each(|case| hide_in_block(&mut case.body, function, flag));
            }
            Statement::If { condition, accept, reject } => {
                hide_in_block(accept, function, flag);
                hide_in_block(reject, function, flag);
                let start = function.expressions.len();
                let mut append = |expression| function.expressions.append(expression, Span::UNDEFINED);
                let always = append(Expression::Load { pointer: flag });
                *condition = append(Expression::Binary {
                    op: BinaryOperator::LogicalAnd,
                    left: *condition,
                    right: always,
                });
                let emitted = function.expressions.range_from(start);
                hidden.push(Statement::Emit(emitted), Span::UNDEFINED);
            }
            _ => {}
        }
        hidden.push(statement, span);
    }
    *block = hidden;
}
