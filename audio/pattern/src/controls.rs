//! Named controls of one event, and the table of their names.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::Value;

mod table;

pub use table::{CONTROLS, ControlSpec};

/// The name of a control. Names of the table compare and copy as small numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Repr);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Known(u16),
    Other(Arc<str>),
}

/// Every key the table can write, once, and its number.
static KNOWN: LazyLock<(Vec<&'static str>, HashMap<&'static str, u16>)> = LazyLock::new(|| {
    let mut keys: Vec<&'static str> = CONTROLS.iter().flat_map(|spec| spec.keys.iter().copied()).collect();
    keys.extend(["speed", "pan", "value"]);
    keys.sort_unstable();
    keys.dedup();
    let index = keys.iter().enumerate().map(|(i, key)| (*key, i as u16)).collect();
    (keys, index)
});

impl Name {
    /// Returns the name spelled `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(KNOWN.1.get(text).map_or_else(|| Repr::Other(Arc::from(text)), |index| Repr::Known(*index)))
    }

    /// Returns the spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Known(index) => KNOWN.0.get(usize::from(*index)).copied().unwrap_or_default(),
            Repr::Other(text) => text,
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The controls of one event: a small sorted map from name to value, shared until changed.
#[derive(Clone, Default, PartialEq)]
pub struct Controls(Arc<Vec<(Name, Value)>>);

impl Controls {
    /// Returns an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the set of one control.
    #[must_use]
    pub fn one(name: Name, value: Value) -> Self {
        Self(Arc::new(vec![(name, value)]))
    }

    /// Returns the value of the control spelled `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
    }

    /// Returns the value of `name`.
    #[must_use]
    pub fn get_name(&self, name: &Name) -> Option<&Value> {
        let at = self.0.binary_search_by(|(key, _)| key.cmp(name)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Returns the control as a number, if it is there and is one.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_number()
    }

    /// Returns the control as a word, if it is there and is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// Sets one control.
    pub fn set(&mut self, name: Name, value: Value) {
        let entries = Arc::make_mut(&mut self.0);
        match entries.binary_search_by(|(key, _)| key.cmp(&name)) {
            Ok(at) => {
                if let Some(entry) = entries.get_mut(at) {
                    entry.1 = value;
                }
            }
            Err(at) => entries.insert(at, (name, value)),
        }
    }

    /// Removes one control and returns it.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(key, _)| key.as_str() == name)?;
        Some(Arc::make_mut(&mut self.0).remove(at).1)
    }

    /// Returns names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Returns how many controls there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether it holds nothing but a bare `value`: arithmetic with such is refused.
    #[must_use]
    pub fn is_bare_value(&self) -> bool {
        self.0.len() == 1 && self.get("value").is_some()
    }
}

impl fmt::Debug for Controls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(k, v)| (k, v))).finish()
    }
}

impl<'a> FromIterator<(&'a str, Value)> for Controls {
    fn from_iter<I: IntoIterator<Item = (&'a str, Value)>>(entries: I) -> Self {
        let mut controls = Self::new();
        for (name, value) in entries {
            controls.set(Name::new(name), value);
        }
        controls
    }
}

impl crate::Pattern {
    /// Returns each value as controls: the first of `keys`, and for a list `a:b:c` the further
    /// keys in turn.
    #[must_use]
    pub fn control(&self, keys: &[&str]) -> Self {
        let keys: Vec<Name> = keys.iter().map(|key| Name::new(key)).collect();
        self.map(move |value| {
            let Some(first) = keys.first() else { return Value::Nothing };
            let (mut controls, value) = match value {
                // A bare value that carries controls along keeps them.
                Value::Controls(controls) if controls.get("value").is_some() => {
                    let mut controls = controls.clone();
                    let value = controls.remove("value").unwrap_or_default();
                    (controls, value)
                }
                value => (Controls::new(), value.clone()),
            };
            match &value {
                Value::List(list) if keys.len() > 1 => {
                    for (key, value) in keys.iter().zip(list.iter()) {
                        controls.set(key.clone(), value.clone());
                    }
                }
                _ => controls.set(first.clone(), value),
            }
            Value::Controls(controls)
        })
    }
}
