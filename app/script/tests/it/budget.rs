//! Hostile code ends with an error and harms nothing.

use app_script::{Settings, evaluate};
use audio_pattern::Span;

use crate::hostile::HOSTILE;

/// Evaluates, and asks for a few cycles where that works. Whatever happens, it ends.
fn survives(source: &str) -> Result<usize, String> {
    let program = evaluate(source, &Settings::default()).map_err(|error| error.to_string())?;
    program.query(Span::cycles(0, 4)).map(|haps| haps.len()).map_err(|fault| fault.to_string())
}

#[test]
fn endless_and_exploding_programs_are_refused() {
    for source in [
        "while (true) {}",
        "for (;;);",
        "const f = () => f(); f()",
        "const a = x => b(x), b = x => a(x); a(1)",
        "let s = 'x'; while (1) s += s",
        "'x'.repeat(1e9)",
        "'x'.padStart(1e12)",
        "let a = [1]; while (1) a = [...a, ...a]",
        "const a = []; while (1) a.push(a)",
        "Array(1e9)",
        "Array.from({length: 1e12})",
        "Array(50000).fill('x'.repeat(1000)).join('y')",
        "let o = {}; for (let i = 0; i < 1e9; i++) o['k' + i] = i",
        "let p = s(\"x\"); for (let i = 0; i < 60; i++) p = stack(p, p); p",
        "let p = s(\"x\"); for (let i = 0; i < 60; i++) p = seq(p, p); p",
        "let p = s(\"x\"); for (let i = 0; i < 100000; i++) p = p.fast(1.01); p",
        "let p = s(\"x*8\"); for (let i = 0; i < 30; i++) p = p.jux(rev); p",
        "s(\"x\").ply(1e9)",
        "s(\"x*1000000000\")",
        "s(\"x!1000000000\")",
        "s(\"[[x*1000]*1000]*1000\")",
        "n(\"0 .. 1000000000\")",
        "s(\"x(1,1000000000)\")",
        "sine.segment(1e15)",
        "s(\"x\").echo(1e9, .1, .5)",
        "s(\"x\").chop(1e9)",
        "run(1e9)",
        "s(\"x\").applyN(1e9, x => x.fast(2))",
        "const f = p => p.every(2, f); s(\"x\").every(2, f)",
        "const f = x => pure(x).bind(f); pure(1).bind(f)",
        "s(\"x*8\").fmap(x => { while (true) {} })",
        "s(\"x\").fmap(x => { let a = 'y'; for (;;) a += a })",
        "Array(2000).fill(0).sort(() => { while (1) {} })",
        "let x = `a`; for (;;) x = `${x} ${x}`",
    ] {
        assert!(survives(source).is_err(), "{source}");
    }
}

#[test]
fn deep_nesting_is_refused_before_it_costs_a_stack() {
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("!", "1", ""),
        ("- ", "1", ""),
        ("1?", "1", ":1"),
        ("x=>", "1", ""),
        ("a=", "1", ""),
        ("1**", "1", ""),
        ("{", "", "}"),
        ("if(1)", ";", ""),
        ("a:", "1", ""),
        ("1+", "1", ""),
        ("f(", "", ")"),
        ("`${", "1", "}`"),
        ("typeof ", "1", ""),
        ("new ", "X", ""),
        ("await ", "1", ""),
        ("while(1)", ";", ""),
        ("if(1){}else ", ";", ""),
    ] {
        let count = 60_000 / (open.len() + close.len());
        let source = open.repeat(count) + middle + &close.repeat(count);
        assert!(survives(&source).is_err(), "{open}");
    }
    let chain = format!("s(\"x\"){}", ".fast(2)".repeat(5_000));
    assert!(survives(&chain).is_err());
    let brackets = format!("s(\"{}x{}\")", "[".repeat(9_000), "]".repeat(9_000));
    assert!(survives(&brackets).is_err());
}

#[test]
fn long_but_honest_programs_run() {
    let chain = format!("s(\"x\"){}", ".gain(.5)".repeat(100));
    assert_eq!(survives(&chain), Ok(4));
    let tune = "$: s(\"bd*4, hh*8\").off(1/8, x => x.speed(2)).jux(rev)\n".repeat(12);
    assert!(survives(&tune).is_ok());
    assert_eq!(survives("const g = n => n ? g(n - 1) : 5; pure(g(30))"), Ok(4));
}

#[test]
fn each_query_has_the_whole_budget_again() {
    let program = evaluate(
        "s(\"x*4\").fmap(v => { let n = 0; for (let i = 0; i < 2000; i++) n += i; return n })",
        &Settings::default(),
    )
    .unwrap();
    for cycle in 0..40 {
        assert_eq!(program.query(Span::cycles(cycle, cycle + 1)).unwrap().len(), 4);
    }
}

/// A program's values point at each other in circles; they must go when it goes.
#[test]
fn circles_and_chains_are_freed_without_a_stack() {
    let source = "let f = x => x; for (let i = 0; i < 20000; i++) { const g = f; f = x => g } const a = []; a.push(a); s(\"x\").fmap(f)";
    for _ in 0..3 {
        drop(evaluate(source, &Settings::default()).unwrap());
    }
}

#[test]
fn every_hostile_text_ends_with_an_error_that_says_something() {
    for source in HOSTILE {
        let error = survives(source).expect_err(source);
        assert!(error.len() > 10 && error.len() < 400, "{source}: {error}");
    }
}
