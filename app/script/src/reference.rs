//! The language's reference, from the table that evaluates it.

use std::sync::LazyLock;

use renderer_scene::hydra::{FUNCTIONS, Function};

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

/// Hydra's functions, with their numbers' defaults.
static LIGHT: LazyLock<Vec<(&str, String, &str)>> = LazyLock::new(|| {
    let of = |function: &'static Function| {
        let texture = function.takes_texture.then(|| "picture".to_owned());
        let numbers = function.numbers.iter().map(|(name, default)| format!("{name} {default}"));
        let arguments: Vec<String> = texture.into_iter().chain(numbers).collect();
        (function.name, format!("({})", arguments.join(", ")), function.summary)
    };
    let words = [
        ("out", "(output o0)", "shows the chain on an output"),
        ("param", "(name, value, low 0, high 1)", "a fader of the scene, for people, controllers and cues"),
        ("render", "(output)", "chooses the output that is seen; all four without one"),
    ];
    let words = words.map(|(name, signature, doc)| (name, signature.to_owned(), doc));
    FUNCTIONS.iter().map(of).chain(words).collect()
});

/// Returns every function of the language, sorted by name. A name that means something in music and in
/// light comes twice, light last.
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
    entries.extend(LIGHT.iter().map(|(name, signature, doc)| Entry {
        name,
        aliases: &[],
        signature,
        doc,
        group: "light",
    }));
    entries.sort_by_key(|entry| (entry.name, entry.group == "light"));
    entries
}

/// The groups of the page, in its order, with their titles. What is in no other group is a control.
const GROUPS: [(&str, &str); 9] = [
    ("make", "Making patterns, and the whole program"),
    ("signal", "Signals"),
    ("shape", "Changing time and values"),
    ("method", "Methods"),
    ("change", "Changing parts with a function"),
    ("pick", "Picking"),
    ("step", "Counting in steps"),
    ("arithmetic", "Arithmetic"),
    ("light", "Light"),
];

/// Returns the reference as a page of Markdown: `docs/reference.md`.
#[must_use]
pub fn reference_page() -> String {
    let entries = reference();
    let known = |group: &str| GROUPS.iter().any(|(name, _)| *name == group);
    let mut controls: Vec<&str> =
        entries.iter().map(|entry| entry.group).filter(|group| !known(group)).collect();
    controls.sort_unstable();
    controls.dedup();
    let mut page = include_str!("reference/head.md").to_owned();
    let groups = GROUPS.iter().map(|(name, title)| (*name, (*title).to_owned()));
    let controls = controls.into_iter().map(|name| (name, format!("Controls: {name}")));
    for (group, title) in groups.chain(controls) {
        page.push_str(&format!("\n## {title}\n\n| call | also | does |\n|---|---|---|\n"));
        for entry in entries.iter().filter(|entry| entry.group == group) {
            let Entry { name, aliases, signature, doc, .. } = entry;
            let also: Vec<String> = aliases.iter().map(|alias| format!("`{alias}`")).collect();
            let doc = doc.replace('|', "\\|");
            page.push_str(&format!("| `{name}{signature}` | {} | {doc} |\n", also.join(" ")));
        }
    }
    page
}
