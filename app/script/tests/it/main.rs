//! User code, evaluated from outside.
#![expect(clippy::expect_used, reason = "a test's helpers fail the test")]

mod budget;
mod errors;
mod examples;
mod functions;
mod hostile;
mod javascript;
mod known;
mod light;
mod programs;
mod reference;

use app_script::{Program, Settings, evaluate};
use audio_pattern::{Span, Value};

fn run(source: &str) -> Program {
    evaluate(source, &Settings::default()).unwrap_or_else(|error| panic!("{source}\n{error}"))
}

fn said(value: &Value) -> String {
    match value {
        Value::Number(x) => x.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::List(items) => items.iter().map(said).collect::<Vec<_>>().join(":"),
        Value::Controls(controls) => {
            let mut all: Vec<String> =
                controls.iter().map(|(name, v)| format!("{}={}", name.as_str(), said(v))).collect();
            all.sort();
            all.join(" ")
        }
        other => other.kind().into(),
    }
}

/// The events of `cycles` cycles as `begin>end value`, in order.
fn heard(source: &str, cycles: i64) -> String {
    let mut haps =
        run(source).query(Span::cycles(0, cycles)).unwrap_or_else(|fault| panic!("{source}\n{fault}"));
    haps.sort_by_key(|hap| (hap.part.begin, hap.part.end, said(&hap.value)));
    let time = |t: audio_pattern::Ratio| {
        if t.denominator() == 1 { t.numerator().to_string() } else { t.to_string() }
    };
    let lines: Vec<String> = haps
        .iter()
        .map(|hap| format!("{}>{} {}", time(hap.part.begin), time(hap.part.end), said(&hap.value)))
        .collect();
    lines.join(", ")
}

/// Checks the first cycle of a program.
#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(heard(source, 1), expected, "{source}");
}

/// Checks that two programs play the same for four cycles.
#[track_caller]
fn same(a: &str, b: &str) {
    assert_eq!(heard(a, 4), heard(b, 4), "{a}  |  {b}");
}
