//! Whole programs: parts, tempo, and what they say besides patterns.

use app_script::{Settings, evaluate, haps_json, reference};
use audio_pattern::Span;

use crate::{check, heard, run, same};

#[test]
fn labels_make_parts_that_play_together() {
    let program = run("$: s(\"x\")\n$: s(\"y\")\nlead: note(\"c\")\n_bass: note(\"e\")");
    let names: Vec<(&str, bool)> =
        program.parts.iter().map(|part| (part.name.as_str(), part.muted)).collect();
    assert_eq!(names, [("$0", false), ("$1", false), ("lead", false), ("_bass", true)]);
    check("$: s(\"x\")\n$: s(\"y\")\nlead: note(\"c\")\n_bass: note(\"e\")", "0>1 note=c, 0>1 s=x, 0>1 s=y");
}

#[test]
fn a_later_part_replaces_one_of_its_name() {
    check("a: s(\"x\")\na: s(\"y\")", "0>1 s=y");
}

#[test]
fn the_last_expression_plays_where_there_are_no_labels() {
    check("s(\"x\")\ns(\"y\")", "0>1 s=y");
}

#[test]
fn all_changes_everything() {
    check("$: s(\"x\")\n$: s(\"y\")\nall(p => p.gain(.5))", "0>1 gain=0.5 s=x, 0>1 gain=0.5 s=y");
    check("$: s(\"x\").hush()\n$: s(\"y\")", "0>1 s=y");
}

#[test]
fn tempo_is_the_programs() {
    assert_eq!(run("setcpm(90)").cps, 1.5);
    assert!(!run("s(\"x\")").sets_tempo);
    check("setcps(1)\ns(\"x\").fit()", "0>1 s=x speed=1 unit=c");
}

#[test]
fn samples_from_the_net_are_a_problem_not_an_error() {
    let program = run("samples('github:someone/something')\ns(\"x\")");
    assert_eq!(program.problems.len(), 1);
    assert!(program.problems.first().unwrap().hint.as_deref().unwrap().contains("folder"));
}

#[test]
fn programs_can_go_to_another_thread_and_repeat_themselves() {
    let source =
        r#"const f = x => x.add(note("<0 7>")); $: note("c e g").sometimes(f).fmap(v => ({...v, gain: .5}))"#;
    let program = run(source);
    let here: Vec<_> = program
        .query(Span::cycles(0, 8))
        .unwrap()
        .iter()
        .map(|h| (h.part, format!("{:?}", h.value)))
        .collect();
    let there = std::thread::Builder::new()
        .spawn(move || {
            let haps = program.query(Span::cycles(0, 8)).unwrap();
            haps.iter().map(|h| (h.part, format!("{:?}", h.value))).collect::<Vec<_>>()
        })
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(here, there);
}

#[test]
fn events_print_as_json_with_exact_times() {
    let json = haps_json(&run(r#"n("0 1.5").s("x")"#), 1).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["haps"][1]["part"], serde_json::json!({"begin": "1/2", "end": "1/1"}));
    assert_eq!(json["haps"][1]["value"], serde_json::json!({"n": 1.5, "s": "x"}));
}

#[test]
fn the_reference_names_everything_once() {
    let entries = reference();
    // Names may mean one thing in music and one in light.
    let mut names: Vec<(&str, bool)> = entries
        .iter()
        .flat_map(|e| {
            std::iter::once(e.name).chain(e.aliases.iter().copied()).map(|name| (name, e.group == "light"))
        })
        .collect();
    names.sort_unstable();
    let twice: Vec<&[(&str, bool)]> = names.windows(2).filter(|pair| pair.first() == pair.last()).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(entries.iter().all(|entry| !entry.doc.is_empty()));
}

#[test]
fn evaluation_is_deterministic() {
    let source = "note(Array.from({length: 4}, () => Math.floor(Math.random() * 12)).join(' '))";
    assert_eq!(heard(source, 1), heard(source, 1));
    same("s(\"x*8?\")", "s(\"x*8?\")");
    assert!(evaluate("x => x", &Settings::default()).is_ok());
}
