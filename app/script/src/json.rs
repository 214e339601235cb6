//! Events as JSON: what `jamlight pattern --json` prints.

use audio_pattern::{Fault, Hap, Ratio, Span, Value};
use serde_json::{Map, Value as Json, json};

use crate::Program;

/// Returns the events of the first `cycles` cycles as `{"haps": [{whole, part, value}]}`, sorted by
/// time. Times are exact fractions as text, "n/d".
///
/// # Errors
/// Any [`Fault`] of the pattern.
pub fn haps_json(program: &Program, cycles: i64) -> Result<Json, Fault> {
    let mut haps = program.query(Span::cycles(0, cycles))?;
    haps.sort_by(|a, b| key(a).cmp(&key(b)));
    let haps: Vec<Json> = haps.iter().map(hap_json).collect();
    Ok(json!({ "haps": haps }))
}

fn key(hap: &Hap) -> (Ratio, Ratio, Ratio, Ratio) {
    let whole = hap.whole_or_part();
    (hap.part.begin, hap.part.end, whole.begin, whole.end)
}

fn hap_json(hap: &Hap) -> Json {
    json!({ "whole": hap.whole.map(span_json), "part": span_json(hap.part), "value": value_json(&hap.value) })
}

fn span_json(span: Span) -> Json {
    json!({ "begin": span.begin.to_string(), "end": span.end.to_string() })
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Nothing | Value::Pattern(_) | Value::Function(_) => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Number(x) if *x == x.trunc() && x.abs() < 9.0e15 => json!(*x as i64),
        Value::Number(x) => json!(x),
        Value::Text(text) => Json::String(text.to_string()),
        Value::List(items) => Json::Array(items.iter().map(value_json).collect()),
        Value::Controls(controls) => {
            let entries = controls.iter().map(|(name, value)| (name.as_str().to_owned(), value_json(value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}
