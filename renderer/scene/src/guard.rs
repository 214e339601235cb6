//! Limits that scenes from strangers carry in themselves.

use naga::{
    AddressSpace, BinaryOperator, Block, Expression, Function, GlobalVariable, Handle, Literal, Module,
    Scalar, Span, Statement, Type, TypeInner, UnaryOperator,
};

use crate::SceneError;

/// Loop steps one invocation may take in all its loops together. The pictures of 480 public shaders are
/// the same without the limit, and at trial size it is far from a driver's time limit.
pub const MAX_LOOP_STEPS: u32 = 65_536;

/// Statements a module may have once every call is written out, as drivers do.
pub const MAX_INLINED_STATEMENTS: u64 = 2_000_000;

/// What an author is told of an [`endless_loop`].
pub(crate) const ENDLESS: &str = "this loop never ends: nothing in it breaks or returns";

/// Finds a loop that no statement leaves: what WGSL §9.4.6 forbids, here for every format. Other loops that never end
/// are cut short by [`bound_loops`].
pub fn endless_loop(module: &Module) -> Option<Span> {
    let functions = module.functions.iter().map(|(_, function)| function);
    functions
        .chain(module.entry_points.iter().map(|entry| &entry.function))
        .find_map(|function| endless_in(function, &function.body))
}

fn endless_in(function: &Function, block: &Block) -> Option<Span> {
    block.span_iter().find_map(|(statement, span)| match statement {
        Statement::Block(inner) => endless_in(function, inner),
        Statement::If { accept, reject, .. } => {
            endless_in(function, accept).or_else(|| endless_in(function, reject))
        }
        Statement::Switch { cases, .. } => cases.iter().find_map(|case| endless_in(function, &case.body)),
        Statement::Loop { body, continuing, break_if } => {
            let ends = break_if.is_some_and(|condition| truth(function, condition) != Some(false))
                || leaves(function, body, true);
            if ends {
                endless_in(function, body).or_else(|| endless_in(function, continuing))
            } else {
                Some(*span)
            }
        }
        _ => None,
    })
}

/// Whether a statement of a block leaves the loop around it. Inside a switch, `break` leaves that.
fn leaves(function: &Function, block: &Block, breaks: bool) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Break => breaks,
        Statement::Return { .. } | Statement::Kill => true,
        Statement::Block(inner) => leaves(function, inner, breaks),
        Statement::If { condition, accept, reject } => {
            let truth = truth(function, *condition);
            truth != Some(false) && leaves(function, accept, breaks)
                || truth != Some(true) && leaves(function, reject, breaks)
        }
        Statement::Switch { cases, .. } => cases.iter().any(|case| leaves(function, &case.body, false)),
        Statement::Loop { body, .. } => leaves(function, body, false),
        _ => false,
    })
}

/// What a condition is, where it is written out.
fn truth(function: &Function, condition: Handle<Expression>) -> Option<bool> {
    match function.expressions.try_get(condition).ok()? {
        Expression::Literal(Literal::Bool(value)) => Some(*value),
        Expression::Unary { op: UnaryOperator::LogicalNot, expr } => Some(!truth(function, *expr)?),
        _ => None,
    }
}

/// Lets every loop of a module end: one counter per invocation counts the steps of all loops, and
/// past `max_steps` each loop breaks before its next step.
pub fn bound_loops(module: &mut Module, max_steps: u32) {
    let has_loop = |function: &Function| contains_loop(&function.body);
    if !module.functions.iter().any(|(_, function)| has_loop(function))
        && !module.entry_points.iter().any(|entry| has_loop(&entry.function))
    {
        return;
    }
    let ty = module.types.insert(Type { name: None, inner: TypeInner::Scalar(Scalar::U32) }, Span::UNDEFINED);
    let counter = module.global_variables.append(
        GlobalVariable {
            name: Some("jl_loop_steps".to_owned()),
            space: AddressSpace::Private,
            binding: None,
            ty,
            init: None,
            memory_decorations: naga::MemoryDecorations::empty(),
        },
        Span::UNDEFINED,
    );
    for (_, function) in module.functions.iter_mut() {
        bound_function(function, counter, max_steps);
    }
    for entry in &mut module.entry_points {
        bound_function(&mut entry.function, counter, max_steps);
    }
}

fn contains_loop(block: &Block) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Loop { .. } => true,
        Statement::Block(inner) => contains_loop(inner),
        Statement::If { accept, reject, .. } => contains_loop(accept) || contains_loop(reject),
        Statement::Switch { cases, .. } => cases.iter().any(|case| contains_loop(&case.body)),
        _ => false,
    })
}

fn bound_function(function: &mut Function, counter: Handle<GlobalVariable>, max_steps: u32) {
    if !contains_loop(&function.body) {
        return;
    }
    let mut append = |expression| function.expressions.append(expression, Span::UNDEFINED);
    let pointer = append(Expression::GlobalVariable(counter));
    let one = append(Expression::Literal(Literal::U32(1)));
    let limit = append(Expression::Literal(Literal::U32(max_steps)));
    let mut body = std::mem::take(&mut function.body);
    bound_block(&mut body, &mut |block: &mut Block| {
        let start = function.expressions.len();
        let mut append = |expression| function.expressions.append(expression, Span::UNDEFINED);
        let steps = append(Expression::Load { pointer });
        let next = append(Expression::Binary { op: BinaryOperator::Add, left: steps, right: one });
        let over = append(Expression::Binary { op: BinaryOperator::Greater, left: next, right: limit });
        let emitted = function.expressions.range_from(start);
        let mut stop = Block::new();
        stop.push(Statement::Break, Span::UNDEFINED);
        let mut guarded = Block::with_capacity(block.len() + 3);
        guarded.push(Statement::Emit(emitted), Span::UNDEFINED);
        guarded.push(Statement::Store { pointer, value: next }, Span::UNDEFINED);
        guarded.push(Statement::If { condition: over, accept: stop, reject: Block::new() }, Span::UNDEFINED);
        guarded.extend_block(std::mem::take(block));
        *block = guarded;
    });
    function.body = body;
}

fn bound_block(block: &mut Block, guard: &mut impl FnMut(&mut Block)) {
    for statement in block.iter_mut() {
        match statement {
            Statement::Loop { body, continuing, .. } => {
                bound_block(body, guard);
                bound_block(continuing, guard);
                guard(body);
            }
            Statement::Block(inner) => bound_block(inner, guard),
            Statement::If { accept, reject, .. } => {
                bound_block(accept, guard);
                bound_block(reject, guard);
            }
            Statement::Switch { cases, .. } => {
                cases.iter_mut().for_each(|case| bound_block(&mut case.body, guard))
            }
            _ => {}
        }
    }
}

/// Refuses a module whose calls multiply: twenty functions that each call the next twice are a
/// million calls, and a driver writes out each.
///
/// # Errors
/// More than [`MAX_INLINED_STATEMENTS`] statements.
pub fn check_size(module: &Module) -> Result<(), SceneError> {
    // Callees come before callers in a valid module, so one pass over the functions is enough.
    let mut sizes: Vec<u64> = Vec::with_capacity(module.functions.len());
    for (_, function) in module.functions.iter() {
        let size = inlined_size(&function.body, &sizes);
        sizes.push(size);
    }
    let total = module
        .entry_points
        .iter()
        .map(|entry| inlined_size(&entry.function.body, &sizes))
        .fold(0, u64::saturating_add);
    if total > MAX_INLINED_STATEMENTS {
        return Err(SceneError::whole(format!(
            "its functions call each other so often that they make {total} statements, the limit is {MAX_INLINED_STATEMENTS}"
        )));
    }
    Ok(())
}

fn inlined_size(block: &Block, sizes: &[u64]) -> u64 {
    block.iter().fold(0, |total: u64, statement| {
        let size = match statement {
            Statement::Block(inner) => inlined_size(inner, sizes),
            Statement::If { accept, reject, .. } => {
                inlined_size(accept, sizes).saturating_add(inlined_size(reject, sizes))
            }
            Statement::Switch { cases, .. } => {
                cases.iter().fold(0, |total: u64, case| total.saturating_add(inlined_size(&case.body, sizes)))
            }
            Statement::Loop { body, continuing, .. } => {
                inlined_size(body, sizes).saturating_add(inlined_size(continuing, sizes))
            }
            Statement::Call { function, .. } => sizes.get(function.index()).copied().unwrap_or(0),
            _ => 0,
        };
        total.saturating_add(size).saturating_add(1)
    })
}
