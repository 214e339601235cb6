//! Mini-notation, form by form.

use audio_pattern::{Span, mini, mini_at};

use crate::{check, check_cycles, m};

#[test]
fn elements_share_the_cycle() {
    check(&m("x y"), "0>1/2 x, 1/2>1 y");
    check(&m("x [y z]"), "0>1/2 x, 1/2>3/4 y, 3/4>1 z");
    check(&m(" \n x \t y "), "0>1/2 x, 1/2>1 y");
}

#[test]
fn numbers_are_numbers_and_words_are_words() {
    check(&m("1.5 -3 c#4 .5"), "0>1/4 1.5, 1/4>1/2 -3, 1/2>3/4 c#4, 3/4>1 0.5");
}

#[test]
fn rests_are_silent() {
    check(&m("x ~ y -"), "0>1/4 x, 1/2>3/4 y");
}

#[test]
fn weights_and_holds_stretch() {
    check(&m("x@2 y"), "0>2/3 x, 2/3>1 y");
    check(&m("x _ y"), "0>2/3 x, 2/3>1 y");
    check(&m("x@ y"), "0>2/3 x, 2/3>1 y");
}

/// After a sign, a number has a digit before its point; without one it is the next step.
#[test]
fn a_point_begins_a_step() {
    check(&m("x@1.5 y"), "0>3/5 x, 3/5>1 y");
    check(&m("x@.5 y"), "0>1/2 x, 1/2>3/4 0.5, 3/4>1 y");
    check(&m("x!.5 y"), "0>1/4 x, 1/4>1/2 x, 1/2>3/4 0.5, 3/4>1 y");
    check(&m("x?1 y"), "1/2>1 y");
}

#[test]
fn replication_repeats_side_by_side() {
    check(&m("x!2 y"), "0>1/3 x, 1/3>2/3 x, 2/3>1 y");
    check(&m("x! y"), "0>1/3 x, 1/3>2/3 x, 2/3>1 y");
    check_cycles(&m("<x y>!2"), 2, "0>1/2 x, 1/2>1 x, 1>3/2 y, 3/2>2 y");
}

#[test]
fn factors_speed_and_slow() {
    check(&m("x*2 y"), "0>1/4 x, 1/4>1/2 x, 1/2>1 y");
    check_cycles(&m("[x y]/2"), 2, "0>1 x, 1>2 y");
    check_cycles(&m("x*<1 2>"), 2, "0>1 x, 1>3/2 x, 3/2>2 x");
}

#[test]
fn an_event_slower_than_its_cycle_is_cut_there() {
    check_cycles(&m("x/1.5"), 2, "0>3/2 x, 3/2>2 (3/2>3) x");
}

#[test]
fn angle_brackets_take_turns() {
    check_cycles(&m("<x y z>"), 4, "0>1 x, 1>2 y, 2>3 z, 3>4 x");
    check_cycles(&m("<x y, z>"), 2, "0>1 x, 0>1 z, 1>2 y, 1>2 z");
    check_cycles(&m("<x@2 y>"), 3, "0>2 x, 2>3 y");
}

#[test]
fn braces_keep_a_pace() {
    check_cycles(&m("{x y z}%2"), 2, "0>1/2 x, 1/2>1 y, 1>3/2 z, 3/2>2 x");
    check(&m("{x y, p q r}"), "0>1/2 p, 0>1/2 x, 1/2>1 q, 1/2>1 y");
}

#[test]
fn commas_stack_and_dots_group() {
    check(&m("x, y z"), "0>1/2 y, 0>1 x, 1/2>1 z");
    check(&m("x y . z"), "0>1/4 x, 1/4>1/2 y, 1/2>1 z");
}

#[test]
fn rhythms_spread() {
    check(&m("x(2,5)"), "0>1/5 x, 2/5>3/5 x");
    check(&m("x(2,5,1)"), "1/5>2/5 x, 3/5>4/5 x");
    check(&m("x(-2,4)"), "1/4>1/2 x, 3/4>1 x");
}

#[test]
fn colons_make_lists_and_dots_count() {
    check(&m("x:3:.5"), "0>1 x:3:0.5");
    check(&m("2 .. 4"), "0>1/3 2, 1/3>2/3 3, 2/3>1 4");
    check(&m("1 .. -1"), "0>1/3 1, 1/3>2/3 0, 2/3>1 -1");
}

#[test]
fn every_random_element_has_its_own_stream() {
    let haps = m("x? y? z?").query(Span::cycles(0, 64)).unwrap();
    let count = |name: &str| haps.iter().filter(|hap| hap.value.as_text() == Some(name)).count();
    assert!((16..48).contains(&count("x")) && (16..48).contains(&count("y")));
    let cycles = |name: &str| -> Vec<_> {
        haps.iter()
            .filter(|hap| hap.value.as_text() == Some(name))
            .map(|hap| hap.part.begin.floor())
            .collect()
    };
    assert_ne!(cycles("x"), cycles("y"));
}

#[test]
fn choices_fall_once_a_cycle() {
    let haps = m("[x | y] z").query(Span::cycles(0, 32)).unwrap();
    assert_eq!(haps.len(), 64);
    assert!(["x", "y"].iter().all(|name| haps.iter().any(|hap| hap.value.as_text() == Some(name))));
}

#[test]
fn events_know_where_they_were_written() {
    let haps = mini_at("kick [snare hat]", 100).unwrap().query(Span::cycles(0, 1)).unwrap();
    let places: Vec<(u32, u32)> =
        haps.iter().flat_map(|hap| hap.sources.spans()).map(|span| (span.start, span.end)).collect();
    assert_eq!(places, [(100, 104), (106, 111), (112, 115)]);
}

#[test]
fn mistakes_are_refused_at_their_place() {
    for (text, at) in
        [("x [y", 4), ("x ]", 2), ("x y . z , q", 8), ("x*", 2), ("x(3)", 3), ("(", 0), ("x | y , z", 6)]
    {
        let error = mini(text).expect_err(text);
        assert_eq!(error.at, at, "{text:?}: {error}");
    }
}

#[test]
fn nothing_is_silence() {
    check(&m(""), "");
    check(&m("~"), "");
}
