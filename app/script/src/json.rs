//! Events as JSON: what `jamlight pattern --json` prints.

use audio_pattern::{Fault, Hap, Ratio, Span, Value};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use crate::Program;

/// The largest whole number a double holds exactly, 2^53.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Returns the events of the first `cycles` cycles as `{"haps": [{whole, part, value}]}`, sorted by
/// time. Times are exact fractions as text, "n/d".
///
/// # Errors
/// Any [`Fault`] of the pattern.
pub fn haps_json(program: &Program, cycles: i64) -> Result<String, Fault> {
    let mut haps = program.query(Span::cycles(0, cycles))?;
    haps.sort_by_cached_key(key);
    serde_json::to_string(&Haps(&haps)).map_err(|error| Fault::Value { message: error.to_string() })
}

fn key(hap: &Hap) -> (Ratio, Ratio, Ratio, Ratio) {
    let whole = hap.whole_or_part();
    (hap.part.begin, hap.part.end, whole.begin, whole.end)
}

struct Haps<'a>(&'a [Hap]);
struct OneHap<'a>(&'a Hap);
struct Time(Span);
struct Said<'a>(&'a Value);

impl Serialize for Haps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let haps: Vec<OneHap<'_>> = self.0.iter().map(OneHap).collect();
        let mut object = serializer.serialize_struct("Haps", 1)?;
        object.serialize_field("haps", &haps)?;
        object.end()
    }
}

impl Serialize for OneHap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Hap", 3)?;
        object.serialize_field("whole", &self.0.whole.map(Time))?;
        object.serialize_field("part", &Time(self.0.part))?;
        object.serialize_field("value", &Said(&self.0.value))?;
        object.end()
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Span", 2)?;
        object.serialize_field("begin", &self.0.begin.to_string())?;
        object.serialize_field("end", &self.0.end.to_string())?;
        object.end()
    }
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Nothing | Value::Pattern(_) | Value::Function(_) => serializer.serialize_none(),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Number(x) if *x == x.trunc() && x.abs() < MAX_EXACT => serializer.serialize_i64(*x as i64),
            Value::Number(x) => serializer.serialize_f64(*x),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    list.serialize_element(&Said(item))?;
                }
                list.end()
            }
            Value::Controls(controls) => {
                let mut object = serializer.serialize_map(Some(controls.len()))?;
                for (name, value) in controls.iter() {
                    object.serialize_entry(name.as_str(), &Said(value))?;
                }
                object.end()
            }
        }
    }
}
