//! The pattern algebra: what combines, and whose times win.

use audio_pattern::{Alignment, Choices, Join, Op, Pattern, Ratio, Span, Value};

use crate::{check, check_cycles, m};

fn r(num: i64, den: i64) -> Ratio {
    Ratio::new(num, den)
}

#[test]
fn alignments_differ_in_whose_times_win() {
    let (left, right) = (m("1 2"), m("10 20 30"));
    let add = |alignment| left.combine(Op::Add, alignment, &right);
    check(&add(Alignment::In), "0>1/3 (0>1/2) 11, 1/3>1/2 (0>1/2) 21, 1/2>2/3 (1/2>1) 22, 2/3>1 (1/2>1) 32");
    check(&add(Alignment::Out), "0>1/3 11, 1/3>1/2 (1/3>2/3) 21, 1/2>2/3 (1/3>2/3) 22, 2/3>1 32");
    check(&add(Alignment::Mix), "0>1/3 11, 1/3>1/2 21, 1/2>2/3 22, 2/3>1 32");
    check(&add(Alignment::Squeeze), "0>1/6 11, 1/6>1/3 21, 1/3>1/2 31, 1/2>2/3 12, 2/3>5/6 22, 5/6>1 32");
    check(&add(Alignment::SqueezeOut), "0>1/6 11, 1/6>1/3 12, 1/3>1/2 21, 1/2>2/3 22, 2/3>5/6 31, 5/6>1 32");
}

#[test]
fn controls_union_and_bare_numbers_change_nothing() {
    let note = m("c e").control(&["note"]);
    let gain = m(".5").control(&["gain"]);
    check(&note.combine(Op::Set, Alignment::In, &gain), "0>1/2 gain=0.5 note=c, 1/2>1 gain=0.5 note=e");
    check(&note.combine(Op::Add, Alignment::In, &m("7")), "0>1/2 note=c, 1/2>1 note=e");
    check(&note.combine(Op::Add, Alignment::In, &m("7").control(&["note"])), "0>1/2 note=55, 1/2>1 note=59");
}

#[test]
fn list_values_fill_the_further_controls() {
    check(&m("bd:3").control(&["s", "n"]), "0>1 n=3 s=bd");
}

#[test]
fn time_functions_move_wholes_and_parts() {
    check(&m("x y").late(r(1, 4)), "0>1/4 (-1/4>1/4) y, 1/4>3/4 x, 3/4>1 (3/4>5/4) y");
    check(&m("x y").fast(r(3, 2)), "0>1/3 x, 1/3>2/3 y, 2/3>1 x");
    check(&m("x y z").rev(), "0>1/3 z, 1/3>2/3 y, 2/3>1 x");
    check(&m("x y z w").zoom(r(1, 4), r(3, 4)), "0>1/2 y, 1/2>1 z");
    check(&m("x y").compress(r(1, 2), r(1, 1)), "1/2>3/4 x, 3/4>1 y");
    check(&m("x y").fast_gap(r(2, 1)), "0>1/4 x, 1/4>1/2 y");
    check(&m("x y").ply(r(2, 1)), "0>1/4 x, 1/4>1/2 x, 1/2>3/4 y, 3/4>1 y");
    check_cycles(&m("x y").iter(2, false), 2, "0>1/2 x, 1/2>1 y, 1>3/2 y, 3/2>2 x");
    check(&m("x y z w").linger(r(1, 2)), "0>1/4 x, 1/4>1/2 y, 1/2>3/4 x, 3/4>1 y");
    check_cycles(&m("<x y z>").ribbon(r(1, 1), r(2, 1)), 3, "0>1 y, 1>2 z, 2>3 y");
    check_cycles(&m("<x y>").repeat_cycles(2), 3, "0>1 x, 1>2 x, 2>3 y");
}

#[test]
fn sequences_and_stacks() {
    let parts = || vec![m("x"), m("y z")];
    check(&Pattern::fastcat(parts()), "0>1/2 x, 1/2>3/4 y, 3/4>1 z");
    check_cycles(&Pattern::slowcat(parts()), 2, "0>1 x, 1>3/2 y, 3/2>2 z");
    check(&Pattern::stepcat(parts()), "0>1/3 x, 1/3>2/3 y, 2/3>1 z");
    check(&Pattern::timecat(vec![(r(3, 1), m("x")), (r(1, 1), m("y"))]), "0>3/4 x, 3/4>1 y");
    check(
        &Pattern::polymeter(vec![m("x y"), m("p q r")], Some(r(2, 1))),
        "0>1/2 p, 0>1/2 x, 1/2>1 q, 1/2>1 y",
    );
    check_cycles(
        &Pattern::arrange(vec![(r(2, 1), m("x")), (r(1, 1), m("y"))]),
        4,
        "0>1 x, 1>2 x, 2>3 y, 3>4 x",
    );
}

#[test]
fn joins_differ_in_whose_wholes_win() {
    let choices = || Choices::List(vec![m("x y").into(), m("p q r").into()]);
    let pick = |join| m("0 1").pick_with(choices(), false).join(join);
    check(&pick(Join::Inner), "0>1/2 x, 1/2>2/3 (1/3>2/3) q, 2/3>1 r");
    check(&pick(Join::Outer), "0>1/2 x, 1/2>2/3 (1/2>1) q, 2/3>1 (1/2>1) r");
    check(&pick(Join::Squeeze), "0>1/4 x, 1/4>1/2 y, 1/2>2/3 p, 2/3>5/6 q, 5/6>1 r");
    check(&pick(Join::Restart), "0>1/2 x, 1/2>5/6 p, 5/6>1 q");
}

#[test]
fn functions_apply_to_some_cycles_and_parts() {
    let fast = |pattern: Pattern| pattern.fast(r(2, 1));
    check_cycles(&m("x").first_of(3, &fast), 3, "0>1/2 x, 1/2>1 x, 1>2 x, 2>3 x");
    check_cycles(&m("x").last_of(2, &fast), 2, "0>1 x, 1>3/2 x, 3/2>2 x");
    check(&m("x y").when(&m("0 1"), m("z")), "0>1/2 x, 1/2>1 (0>1) z");
    check_cycles(
        &m("x y").chunk(2, false, false, &|p| p.map(|_| Value::text("z"))),
        2,
        "0>1/2 z, 1/2>1 y, 1>3/2 x, 3/2>2 z",
    );
    check(&m("x y").within(r(0, 1), r(1, 4), &|p| p.ply(r(2, 1))), "0>1/4 x, 1/4>1/2 x, 1/2>1 y");
}

#[test]
fn steps_are_counted_and_taken() {
    assert_eq!(m("x y z").steps(), Some(r(3, 1)));
    check(&m("x y z w").take(r(2, 1)), "0>1/2 x, 1/2>1 y");
    check(&m("x y z").drop(r(-1, 1)), "0>1/2 x, 1/2>1 y");
    check(&m("x y").grow(r(1, 1)), "0>1/3 x, 1/3>2/3 x, 2/3>1 y");
    check(&m("x y").shrink(r(1, 1)), "0>1/3 x, 1/3>2/3 y, 2/3>1 y");
    check(&Pattern::zip(vec![m("x y"), m("p")]), "0>1/2 x, 1/2>1 p");
}

#[test]
fn samples_are_cut_and_fitted() {
    let s = m("x").control(&["s"]);
    check(&s.chop(1.5), "0>1 begin=0 end=0.6666666666666666 s=x");
    check(&s.chop(2.0), "0>1/2 begin=0 end=0.5 s=x, 1/2>1 begin=0.5 end=1 s=x");
    check(&s.chop(2.0).chop(1.0).take(r(1, 1)), "0>1 begin=0 end=0.5 s=x");
    check_cycles(&s.loop_at(r(2, 1)), 2, "0>2 s=x speed=0.25 unit=c");
    check(&m("x y").control(&["s"]).fit(), "0>1/2 s=x speed=1 unit=c, 1/2>1 s=y speed=1 unit=c");
}

#[test]
fn continuous_patterns_are_sampled_at_the_start_of_each_event() {
    check(&Pattern::saw().segment(r(4, 1)), "0>1/4 0, 1/4>1/2 0.25, 1/2>3/4 0.5, 3/4>1 0.75");
    let panned = m("x y").control(&["s"]).combine(Op::Set, Alignment::In, &Pattern::saw().control(&["pan"]));
    check(&panned, "0>1/2 pan=0 s=x, 1/2>1 pan=0.5 s=y");
}

/// However time is cut into questions, the same events come back.
#[test]
fn a_question_in_pieces_gives_the_same_events() {
    let pattern = m("x(3,8) [y <z w>*2]").rev().late(r(1, 3)).ply(r(2, 1));
    let whole = pattern.query(Span::cycles(0, 4)).unwrap();
    let onsets = |haps: &[audio_pattern::Hap]| {
        let mut all: Vec<_> =
            haps.iter().filter(|h| h.has_onset()).map(|h| (h.part.begin, crate::said(&h.value))).collect();
        all.sort();
        all
    };
    let mut pieces = Vec::new();
    for i in 0..28 {
        pieces.extend(pattern.query(Span::new(r(i, 7), r(i + 1, 7))).unwrap());
    }
    assert_eq!(onsets(&whole), onsets(&pieces));
}
