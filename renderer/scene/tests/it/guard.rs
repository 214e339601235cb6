use naga::{BinaryOperator, Expression, Literal, Statement};
use renderer_scene::{MAX_LOOP_STEPS, hide_conditions, isf, native};

fn compile(code: &str) -> Result<renderer_scene::SceneProgram, renderer_scene::SceneError> {
    isf::compile(&format!("/*{{}}*/\n{code}"), None, "test")
}

fn loops_and_guards(block: &naga::Block, function: &naga::Function, found: &mut (u32, u32)) {
    for statement in block.iter() {
        match statement {
            Statement::Loop { body, continuing, .. } => {
                found.0 += 1;
                // The step is counted and the limit checked before anything of the body runs.
                let stops = body.iter().take(3).any(|first| match first {
                    Statement::If { condition, accept, .. } => {
                        let over = matches!(
                            function.expressions[*condition],
                            Expression::Binary { op: BinaryOperator::Greater, right, .. }
                                if matches!(function.expressions[right], Expression::Literal(Literal::U32(MAX_LOOP_STEPS)))
                        );
                        over && accept.iter().any(|statement| matches!(statement, Statement::Break))
                    }
                    _ => false,
                });
                found.1 += u32::from(stops);
                loops_and_guards(body, function, found);
                loops_and_guards(continuing, function, found);
            }
            Statement::Block(inner) => loops_and_guards(inner, function, found),
            Statement::If { accept, reject, .. } => {
                loops_and_guards(accept, function, found);
                loops_and_guards(reject, function, found);
            }
            Statement::Switch { cases, .. } => {
                cases.iter().for_each(|case| loops_and_guards(&case.body, function, found))
            }
            _ => {}
        }
    }
}

#[test]
fn every_loop_counts_its_steps() {
    let program = compile(
        "float f() { float x = 0.0; do { x += 1.0; } while (x > 0.0); return x; }
         void main() {
            float x = 0.0;
            for (;;) { while (x > 0.0) { x += f(); } if (x < -1.0) break; }
            switch (int(x)) { case 1: for (int i = 0; i < 3; i++) { x += 1.0; } break; default: break; }
            gl_FragColor = vec4(x);
         }",
    )
    .unwrap();
    let module = &program.modules[program.passes[0].module].module;
    let mut found = (0, 0);
    for (_, function) in module.functions.iter() {
        loops_and_guards(&function.body, function, &mut found);
    }
    assert_eq!(found, (4, 4));
}

#[test]
fn a_loop_that_nothing_leaves_is_refused_where_it_stands() {
    let endless = |body: &str| {
        let error =
            compile(&format!("void main() {{ float x = 0.0;\n{body}\ngl_FragColor = vec4(x); }}")).err()?;
        Some((error.line, error.message.contains("never ends")))
    };
    for body in [
        "for (;;) x += 0.1;",
        "while (true) { x += 0.1; }",
        "do { x += 0.1; } while (true);",
        "for (;;) { switch (int(x)) { case 1: break; default: x += 0.1; break; } }",
        "for (;;) { for (int i = 0; i < 3; i++) { if (x > 1.0) break; x += 0.1; } }",
    ] {
        assert_eq!(endless(body), Some((3, true)), "{body}");
    }
    for body in [
        "for (;;) { x += 0.1; if (x > 1.0) break; }",
        "for (;;) { for (;;) { x += 0.1; if (x > 1.0) return; } }",
        "while (true) { if (x > 1.0) discard; x += 0.1; }",
        "for (;;) { switch (int(x)) { case 1: return; default: x += 0.1; break; } }",
    ] {
        assert_eq!(endless(body), None, "{body}");
    }
    let wgsl = "fn image(p: Pixel) -> vec4f {\n  var x = 0.0;\n  loop { x += 0.1; }\n  return vec4f(x);\n}";
    let error = native::compile(wgsl, "x").unwrap_err();
    assert!(error.line == 3 && error.message.contains("never ends"), "{error}");
}

#[test]
fn calls_that_multiply_are_refused() {
    let mut code = String::from("float f0(float x) { return sin(x); }\n");
    for i in 1..40 {
        code.push_str(&format!("float f{i}(float x) {{ return f{}(x) + f{}(x + 1.0); }}\n", i - 1, i - 1));
    }
    code.push_str("void main() { gl_FragColor = vec4(f39(1.0)); }");
    assert!(compile(&code).unwrap_err().message.contains("call each other so often"));
}

#[test]
fn recursion_is_refused() {
    assert!(
        compile("float f(float x) { return f(x); }\nvoid main() { gl_FragColor = vec4(f(1.0)); }").is_err()
    );
    let mutual = "float g(float x);\nfloat f(float x) { return g(x); }\nfloat g(float x) { return f(x); }\n\
                  void main() { gl_FragColor = vec4(f(1.0)); }";
    assert!(compile(mutual).is_err());
}

/// Each of these would exhaust a stack or a memory somewhere; each ends in a sentence instead.
#[test]
fn texts_made_to_break_the_compiler_end_in_an_error_or_a_program() {
    let main = |body: &str| format!("void main() {{ gl_FragColor = vec4({body}); }}");
    let mut doubling = String::from("#define A0 1.0\n");
    for i in 1..60 {
        doubling.push_str(&format!("#define A{i} A{} + A{}\n", i - 1, i - 1));
    }
    let refused = [
        main(&format!("{}1.0{}", "(".repeat(5_000), ")".repeat(5_000))),
        main(&format!("1.0{}", " + 1.0".repeat(20_000))),
        main(&format!("{}1.0", "-".repeat(20_000))),
        main(&format!("{}1.0", "true ? 1.0 : ".repeat(5_000))),
        format!("void main() {{ {} }}", "if (true) ".repeat(20_000)),
        format!("void main() {{ {} {{}} }}", "if (true) {} else ".repeat(20_000)),
        format!("void main() {}{}", "{".repeat(20_000), "}".repeat(20_000)),
        doubling + &main("A59"),
        "#if ".to_owned() + &"(".repeat(10_000),
        "#if 1\n".repeat(1_000),
        "x".repeat(1_000_000),
        "/*".to_owned(),
        "#define f(".to_owned(),
        "#define f(a) a\nf(".to_owned(),
        "struct".to_owned(),
        "struct S".to_owned(),
        "float".to_owned(),
        "layout(".to_owned(),
        "void main(".to_owned(),
        "float f(".to_owned(),
        "}".to_owned(),
    ];
    for code in refused {
        assert!(compile(&code).is_err(), "{}", code.chars().take(60).collect::<String>());
    }
    // At the limits the compiler still stands, in a debug build and on a test's stack.
    let allowed = [
        main(&format!("1.0{}", " + 1.0".repeat(590))),
        main(&format!("{}1.0{}", "(".repeat(90), ")".repeat(90))),
        main(&format!("{}1.0", "- ".repeat(500))),
        format!("void main() {{ float x = TIME; {} {{}} }}", "if (x > 1.0) {} else ".repeat(290)),
    ];
    for code in allowed {
        if let Err(error) = compile(&code) {
            panic!("{error}: {}", code.chars().take(60).collect::<String>());
        }
    }
}

#[test]
fn hidden_conditions_are_as_many_and_the_module_is_valid() {
    let isf = compile(
        "float f(float x) { if (FRAMEINDEX == 0) { return 0.0; } for (int i = 0; i < FRAMEINDEX; i++) { x += 1.0; } return x; }
         void main() {
            float x = TIME;
            do { x -= 1.0; } while (x > TIME);
            switch (FRAMEINDEX) { case 3: x += 1.0; break; default: break; }
            gl_FragColor = FRAMEINDEX == 0 ? vec4(1.0) : vec4(f(x));
         }",
    );
    let native = native::compile(
        r#"/*---
name = "x"
[[storage]]
name = "dots"
type = "vec4f"
count = 4
[[pass]]
compute = "move_dots"
groups = [1, 1, 1]
[[pass]]
vertex = "dot_vertex"
fragment = "dot_fragment"
vertices = 6
instances = 4
blend = "add"
---*/
fn figure() -> f32 {
    switch u32(frame.beat.x) % 3u { case 0u: { return 1.0; } case 1u: { return 2.0; } default: { return 3.0; } }
}
@compute @workgroup_size(4)
fn move_dots(@builtin(global_invocation_id) id: vec3u) {
    if frame.beat.x > 2.0 { dots[id.x] = vec4f(figure()); }
}
@vertex
fn dot_vertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    if frame.beat.x > 2.0 { return vec4f(f32(i)); }
    return vec4f(0.0);
}
@fragment
fn dot_fragment() -> @location(0) vec4f {
    var x = 0.0;
    loop { x += 1.0; continuing { break if x > frame.beat.x; } }
    return vec4f(x);
}
"#,
        "x",
    );
    let mut stages = Vec::new();
    for program in [isf.unwrap(), native.unwrap()] {
        for pass in &program.passes {
            let module = &program.modules[pass.module].module;
            let mut hidden = (**module).clone();
            hide_conditions(&mut hidden);
            let validated = naga::valid::Validator::new(
                naga::valid::ValidationFlags::all(),
                naga::valid::Capabilities::all(),
            )
            .validate(&hidden);
            assert!(validated.is_ok(), "{validated:?}");
            for ((_, before), (_, after)) in module.functions.iter().zip(hidden.functions.iter()) {
                all_hidden(before, after);
            }
            for (before, after) in module.entry_points.iter().zip(&hidden.entry_points) {
                all_hidden(&before.function, &after.function);
                // What they ask for besides is no constant: it is computed, from what the invocation knows of itself.
                let raised = after.function.body.iter().find_map(|statement| match statement {
                    Statement::Store { value, .. } => Some(&after.function.expressions[*value]),
                    _ => None,
                });
                assert!(
                    matches!(raised, Some(Expression::Binary { op: BinaryOperator::NotEqual, .. })),
                    "{raised:?}"
                );
                stages.push(after.stage);
            }
        }
    }
    use naga::ShaderStage::{Compute, Fragment, Vertex};
    assert!([Vertex, Fragment, Compute].iter().all(|stage| stages.contains(stage)), "{stages:?}");
}

fn all_hidden(before: &naga::Function, after: &naga::Function) {
    let (shown, hidden) = (conditions(&before.body, before), conditions(&after.body, after));
    assert_eq!(hidden.0, shown.0);
    assert_eq!(hidden.1, hidden.0, "each asks for more than the numbers of the frame");
}

/// How many conditions there are, and how many ask for something that is read besides.
fn conditions(block: &naga::Block, function: &naga::Function) -> (u32, u32) {
    let mut found = (0, 0);
    let mut condition = |asked: naga::Handle<Expression>| {
        let flag = match function.expressions[asked] {
            Expression::Binary { op: BinaryOperator::LogicalAnd, right, .. } => Some(right),
            Expression::Select { condition, .. } => Some(condition),
            _ => None,
        };
        let hidden = flag.is_some_and(|flag| matches!(function.expressions[flag], Expression::Load { .. }));
        found = (found.0 + 1, found.1 + u32::from(hidden));
    };
    let mut inner: Vec<&naga::Block> = Vec::new();
    for statement in block.iter() {
        match statement {
            Statement::Loop { body, continuing, break_if } => {
                break_if.iter().for_each(|asked| condition(*asked));
                inner.extend([body, continuing]);
            }
            Statement::Block(block) => inner.push(block),
            Statement::If { condition: asked, accept, reject } => {
                condition(*asked);
                inner.extend([accept, reject]);
            }
            Statement::Switch { selector, cases } => {
                condition(*selector);
                inner.extend(cases.iter().map(|case| &case.body));
            }
            _ => {}
        }
    }
    inner.into_iter().fold(found, |found, block| {
        let (all, hidden) = conditions(block, function);
        (found.0 + all, found.1 + hidden)
    })
}
