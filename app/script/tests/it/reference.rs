//! The page of the language says what the language does.

use app_script::reference_page;
use audio_pattern::Span;

use crate::run;

#[test]
fn the_page_in_the_docs_is_the_one_the_language_writes() {
    let page = include_str!("../../../../docs/reference.md");
    assert!(
        page == reference_page(),
        "write it anew: cargo run -p app-script --example reference_page > docs/reference.md"
    );
}

#[test]
fn every_snippet_of_the_page_plays_or_paints() {
    let page = reference_page();
    let snippets: Vec<&str> =
        page.split("```js\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(snippets.len() >= 4);
    for snippet in snippets {
        let program = run(snippet);
        let num_haps = program.query(Span::cycles(0, 4)).unwrap().len();
        assert!(num_haps > 0 || program.sketch.is_some(), "{snippet}");
        assert!(program.problems.is_empty(), "{snippet}");
    }
}
