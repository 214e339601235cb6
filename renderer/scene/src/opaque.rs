//! Conditions that a driver does not see through.

use naga::{
    AddressSpace, BinaryOperator, Binding, Block, BuiltIn, Expression, Function, FunctionArgument,
    GlobalVariable, Handle, Literal, Module, Scalar, ShaderStage, Span, Statement, SwitchValue, Type,
    TypeInner, UniqueArena, VectorSize,
};

/// Makes every `if`, `switch` and `break if` ask, beside its own condition, for something that is always true and that
/// only the invocation knows.
///
/// For Mesa's software renderer, which makes a shader anew for each value of a uniform that decides a branch
/// (`lvp_inline_uniforms.c`): a scene that begins with `if (FRAMEINDEX == 0)` is compiled in every frame, and Mesa
/// 22.3 keeps each of them, 3 MB a frame. Reading the numbers as storage would hide them too, but costs
/// 10 to 60 % of a frame; this costs nothing measurable.
pub fn hide_conditions(module: &mut Module) {
    let bool_ty = plain(module, TypeInner::Scalar(Scalar::BOOL));
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
    let vec4f = plain(module, TypeInner::Vector { size: VectorSize::Quad, scalar: Scalar::F32 });
    let vec3u = plain(module, TypeInner::Vector { size: VectorSize::Tri, scalar: Scalar::U32 });
    let index = plain(module, TypeInner::Scalar(Scalar::U32));
    let Module { types, entry_points, .. } = module;
    for entry in entry_points.iter_mut() {
        hide_in(&mut entry.function, flag);
        let (built_in, ty, never) = match entry.stage {
            // No pixel lies left of the picture.
            ShaderStage::Fragment => (BuiltIn::Position { invariant: false }, vec4f, Literal::F32(-1.0)),
            // No draw has so many.
            ShaderStage::Vertex => (BuiltIn::VertexIndex, index, Literal::U32(u32::MAX)),
            // Somebody runs.
            ShaderStage::Compute => (BuiltIn::NumWorkGroups, vec3u, Literal::U32(0)),
            // Scenes have no others.
            _ => continue,
        };
        raise(&mut entry.function, types, flag, Witness { built_in, ty, never });
    }
}

fn plain(module: &mut Module, inner: TypeInner) -> Handle<Type> {
    module.types.insert(Type { name: None, inner }, Span::UNDEFINED)
}

/// What an invocation knows of itself.
struct Witness {
    built_in: BuiltIn,
    ty: Handle<Type>,
    /// A value that it, or its first component, never has.
    never: Literal,
}

/// Sets the flag where an entry point begins.
fn raise(function: &mut Function, types: &UniqueArena<Type>, flag: Handle<GlobalVariable>, witness: Witness) {
    let is_it = |binding: &Option<Binding>| {
        let kind = std::mem::discriminant(&witness.built_in);
        matches!(binding, Some(Binding::BuiltIn(known)) if std::mem::discriminant(known) == kind)
    };
    // The argument that has it, and the member of that.
    let known = function.arguments.iter().enumerate().find_map(|(i, argument)| {
        if is_it(&argument.binding) {
            return Some((i, None));
        }
        let TypeInner::Struct { members, .. } = &types[argument.ty].inner else { return None };
        members.iter().position(|member| is_it(&member.binding)).map(|member| (i, Some(member)))
    });
    let (argument, member) = known.unwrap_or_else(|| {
        let binding = Some(Binding::BuiltIn(witness.built_in));
        function.arguments.push(FunctionArgument { name: None, ty: witness.ty, binding });
        (function.arguments.len() - 1, None)
    });
    let expressions = &mut function.expressions;
    let pointer = expressions.append(Expression::GlobalVariable(flag), Span::UNDEFINED);
    let never = expressions.append(Expression::Literal(witness.never), Span::UNDEFINED);
    let mut base = expressions.append(Expression::FunctionArgument(argument as u32), Span::UNDEFINED);
    let start = expressions.len();
    let is_vector = matches!(types[witness.ty].inner, TypeInner::Vector { .. });
    for index in member.map(|member| member as u32).into_iter().chain(is_vector.then_some(0)) {
        base = expressions.append(Expression::AccessIndex { base, index }, Span::UNDEFINED);
    }
    let op = BinaryOperator::NotEqual;
    let value = expressions.append(Expression::Binary { op, left: base, right: never }, Span::UNDEFINED);
    let mut begin = Block::new();
    begin.push(Statement::Emit(expressions.range_from(start)), Span::UNDEFINED);
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
            Statement::Loop { body, continuing, break_if } => {
                hide_in_block(body, function, flag);
                hide_in_block(continuing, function, flag);
                if let Some(condition) = break_if {
                    continuing.push(hide(condition, function, flag, always_and), Span::UNDEFINED);
                }
            }
            Statement::Switch { selector, cases } => {
                cases.iter_mut().for_each(|case| hide_in_block(&mut case.body, function, flag));
                let zero = cases.iter().find_map(|case| match case.value {
                    SwitchValue::I32(_) => Some(Literal::I32(0)),
                    SwitchValue::U32(_) => Some(Literal::U32(0)),
                    SwitchValue::Default => None,
                });
                // One that has no cases asks nothing.
                if let Some(zero) = zero {
                    let reject = function.expressions.append(Expression::Literal(zero), Span::UNDEFINED);
                    let or_zero = |accept, condition| Expression::Select { condition, accept, reject };
                    hidden.push(hide(selector, function, flag, or_zero), Span::UNDEFINED);
                }
            }
            Statement::If { condition, accept, reject } => {
                hide_in_block(accept, function, flag);
                hide_in_block(reject, function, flag);
                hidden.push(hide(condition, function, flag, always_and), Span::UNDEFINED);
            }
            _ => {}
        }
        hidden.push(statement, span);
    }
    *block = hidden;
}

fn always_and(left: Handle<Expression>, right: Handle<Expression>) -> Expression {
    Expression::Binary { op: BinaryOperator::LogicalAnd, left, right }
}

/// Puts what is made of a value and the flag in the place of the value. Returns what computes it.
fn hide(
    value: &mut Handle<Expression>,
    function: &mut Function,
    flag: Handle<Expression>,
    with: impl FnOnce(Handle<Expression>, Handle<Expression>) -> Expression,
) -> Statement {
    let start = function.expressions.len();
    let always = function.expressions.append(Expression::Load { pointer: flag }, Span::UNDEFINED);
    *value = function.expressions.append(with(*value, always), Span::UNDEFINED);
    Statement::Emit(function.expressions.range_from(start))
}
