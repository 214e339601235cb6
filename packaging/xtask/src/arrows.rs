//! Which crate may depend on which. The same list, in words, is in ARCHITECTURE.md.

/// A crate, and every crate of ours it may depend on. `*` is everything.
pub const ARROWS: &[(&str, &[&str])] = &[
    ("audio-signal", &[]),
    ("renderer-gpu", &[]),
    ("sync-protocol", &["audio-signal"]),
    ("audio-io", &["audio-signal"]),
    ("audio-analysis", &["audio-signal"]),
    ("audio-recognition", &["audio-signal"]),
    ("audio-pattern", &["audio-signal"]),
    ("audio-engine", &["audio-signal", "audio-pattern"]),
    ("renderer-scene", &["audio-signal"]),
    ("renderer-stage", &["renderer-gpu", "renderer-scene", "audio-signal"]),
    ("renderer-output", &["renderer-gpu", "audio-signal"]),
    ("sync-session", &["sync-protocol"]),
    ("sync-store", &["sync-session", "sync-protocol"]),
    ("sync-hub", &["sync-session", "sync-protocol"]),
    ("sync-client", &["sync-session", "sync-protocol"]),
    ("sync-server", &["sync-hub", "sync-protocol"]),
    ("app-director", &["sync-protocol", "renderer-scene", "audio-signal"]),
    ("app-library", &["sync-protocol", "renderer-scene", "audio-signal"]),
    ("app-script", &["audio-pattern", "renderer-scene"]),
    ("app-control", &["sync-protocol", "audio-signal"]),
    ("app-desktop", &["sync-protocol", "audio-signal"]),
    ("app-integrations", &["sync-protocol", "audio-signal"]),
    ("app-imagine", &["app-integrations", "sync-protocol"]),
    ("jamlight", &["*"]),
    ("xtask", &[]),
];

/// Returns one sentence for every arrow the list does not allow. `crates` holds each crate of ours
/// with the crates of ours it depends on, tests included.
pub fn broken(crates: &[(String, Vec<String>)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, dependencies) in crates {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| known == name) else {
            problems.push(format!(
                "crate {name} has no line in packaging/xtask/src/arrows.rs and ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in dependencies {
            if !allowed.contains(&"*") && !allowed.contains(&dependency.as_str()) {
                problems.push(format!(
                    "{name} must not depend on {dependency}; see the arrows in ARCHITECTURE.md"
                ));
            }
        }
    }
    problems
}
