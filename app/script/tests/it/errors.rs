//! Errors say what, where and what to do.

use app_script::{Settings, evaluate};
use audio_pattern::{Fault, Span};

#[track_caller]
fn refused(source: &str, line: u32, column: u32, says: &str) {
    let error = evaluate(source, &Settings::default()).expect_err(source);
    assert_eq!((error.line, error.column), (line, column), "{source}: {error}");
    assert!(error.to_string().contains(says), "{source}: {error}");
}

#[test]
fn misspelled_names_get_a_suggestion() {
    refused("s(\"x\").fsat(2)", 1, 8, "did you mean fast?");
    refused("const drums = s(\"x\")\ndrumz.fast(2)", 2, 1, "did you mean drums?");
    refused("note(\"c\").eveyr(2, rev)", 1, 11, "did you mean every?");
    refused("pure(Math.flor(1))", 1, 11, "did you mean floor?");
}

#[test]
fn syntax_errors_have_their_place() {
    refused("s(\"x\"", 1, 6, "line 1");
    refused("s(\"x y [z\")", 1, 10, "not closed");
    refused("\n\nnote(\"c ]\")", 3, 9, "did not expect");
}

#[test]
fn wrong_arguments_are_named() {
    refused("s(\"x\").every(2)", 1, 8, "every needs 2 arguments, got 1 (every(n, function))");
    refused("s(\"x\").every(2, 3)", 1, 8, "expected a function, got a number");
    refused("n(\"0\").scale('C:sour')", 1, 8, "there is no scale");
    refused("const a = 1; a = 2", 1, 14, "a is a constant");
    refused("s(\"x\").euclid(9, 8)", 1, 8, "more beats than there are steps");
}

#[test]
fn what_a_stranger_must_not_do_is_no_part_of_the_language() {
    for source in [
        "import fs from 'fs'",
        "import('fs')",
        "new Date()",
        "class A {}",
        "/a+/.test('a')",
        "eval('1')",
        "Function('1')()",
        "fetch('http://localhost')",
        "process.exit()",
        "require('fs')",
        "(() => {}).constructor('x')",
        "s.constructor.constructor('x')()",
        "try { s(1) } catch {}",
        "function* g() {}",
        "this.x",
        "setTimeout(() => 1, 0)",
        "({}).__proto__.x = 1",
        "({ get a() { return 1 } })",
    ] {
        assert!(evaluate(source, &Settings::default()).is_err(), "{source}");
    }
}

#[test]
fn errors_inside_functions_surface_when_they_run() {
    refused("s(\"x\").every(2, p => p.fsat(2))", 1, 24, "did you mean fast?");
    let program = evaluate("\npure(1).fmap(x => y)", &Settings::default()).unwrap();
    match program.query(Span::cycles(0, 1)) {
        Err(Fault::Script { line: 2, column: 19, message }) => assert!(message.contains("y is not defined")),
        other => panic!("{other:?}"),
    }
}
