//! The pieces that come with the app.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads its files, and fails without them"
)]

use std::path::Path;

use audio_pattern::Span;

use crate::run;

/// Each piece by its file, with its text.
fn examples() -> Vec<(String, String)> {
    let folder = Path::new("../../assets/examples");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|file| (file.display().to_string(), std::fs::read_to_string(&file).unwrap()))
        .collect()
}

#[test]
fn every_example_plays_and_paints_what_its_head_says() {
    let examples = examples();
    assert!(examples.len() >= 25);
    for (file, source) in examples {
        let mut head = source.lines();
        assert!(head.next().is_some_and(|title| title.starts_with("// ")), "{file} has no title");
        let program = run(&source);
        assert!(program.problems.is_empty(), "{file}: {:?}", program.problems);
        let num_haps =
            program.query(Span::cycles(0, 16)).unwrap_or_else(|fault| panic!("{file}: {fault}")).len();
        let kind = match (num_haps > 0, program.sketch.is_some()) {
            (true, true) => "// music and light",
            (true, false) => "// music",
            (false, true) => "// light",
            (false, false) => "nothing",
        };
        assert_eq!(head.next(), Some(kind), "{file}");
        if let Some(sketch) = &program.sketch {
            sketch.compile().unwrap_or_else(|error| panic!("{file}: {error}"));
        }
    }
}
