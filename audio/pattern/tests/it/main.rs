//! Patterns, asked from outside.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod algebra;
mod budget;
mod chance;
mod notation;
mod ratio;
mod tonal;

use audio_pattern::{Hap, Pattern, Span, Value, mini};

/// Reads mini-notation that is known to be right.
fn m(text: &str) -> Pattern {
    mini(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// The events of `cycles` cycles as text, in order: `0/1>1/2 a`; the whole follows where it is not
/// the part: `1/2>1/1 (1/2>3/2) a`.
fn heard(pattern: &Pattern, cycles: i64) -> Vec<String> {
    let mut haps = pattern.query(Span::cycles(0, cycles)).unwrap();
    haps.sort_by_key(|hap| (hap.part.begin, hap.part.end, hap.whole_or_part().begin, said(&hap.value)));
    haps.iter().map(line).collect()
}

fn line(hap: &Hap) -> String {
    let span = |span: Span| format!("{}>{}", time(span.begin), time(span.end));
    let whole = match hap.whole {
        Some(whole) if whole == hap.part => String::new(),
        Some(whole) => format!(" ({})", span(whole)),
        None => " (~)".into(),
    };
    format!("{}{whole} {}", span(hap.part), said(&hap.value))
}

fn time(t: audio_pattern::Ratio) -> String {
    if t.denominator() == 1 { t.numerator().to_string() } else { t.to_string() }
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

/// Checks the first cycle: `expected` is its lines joined by `, `.
#[track_caller]
fn check(pattern: &Pattern, expected: &str) {
    check_cycles(pattern, 1, expected);
}

#[track_caller]
fn check_cycles(pattern: &Pattern, cycles: i64, expected: &str) {
    assert_eq!(heard(pattern, cycles).join(", "), expected);
}
