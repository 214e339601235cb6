//! The language's reference, from the table that evaluates it.

use crate::builtin::{self, Kind};

/// One function of the language, as completion and the reference show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    /// Its arguments, "(n, function)"; empty for a pattern that takes none.
    pub signature: &'static str,
    /// One line on what it does.
    pub doc: &'static str,
    /// The group it belongs to.
    pub group: &'static str,
}

/// Returns every function of the language, sorted by name.
#[must_use]
pub fn reference() -> Vec<Entry> {
    let mut entries: Vec<Entry> = builtin::all()
        .iter()
        .map(|function| Entry {
            name: function.name,
            aliases: function.aliases,
            signature: function.signature,
            doc: function.doc,
            group: match &function.kind {
                Kind::Control(spec) => spec.group,
                Kind::Operator(_) => "arithmetic",
                Kind::Values(..) => "shape",
                Kind::Steps(..) => "step",
                Kind::Change(..) => "change",
                Kind::Pick(..) => "pick",
                Kind::Method(..) => "method",
                Kind::Free(_) => "make",
                Kind::Constant(_) => "signal",
            },
        })
        .collect();
    entries.sort_by_key(|entry| entry.name);
    entries
}
