//! What live coders' tunes ask for beyond the beginner's words, by what it equals.

use crate::{check, same};

#[test]
fn numbers_as_notes_are_steps_of_a_scale() {
    same(r#"note("0 2 7").scale("C:major")"#, r#"note("C3 E3 C4")"#);
    same(r#"n("0 2").scale("C:minor")"#, r#"note("0 2").scale("C:minor")"#);
}

#[test]
fn parts_are_looped_and_changed() {
    check(r#"note("c3 d3").into("1 0", fast(2))"#, "0>1/4 note=c3, 1/4>1/2 note=c3, 1/2>1 note=d3");
    same(r#"n("0 1").chunkInto(2, fast(2))"#, r#"cat(n("[0 0] 1"), n("0 [1 1]"))"#);
    same(r#"s("a b").structAll("1 0 1")"#, r#"s("a b").struct("1 1 1")"#);
}

#[test]
fn steps_stand_side_by_side() {
    same(r#"stackLeft("a b", "c d e")"#, r#"stack("a b ~", "c d e")"#);
    same(r#"stackRight("a b", "c d e")"#, r#"stack("~ a b", "c d e")"#);
    same(r#"stackBy("right", "a b", "c d e")"#, r#"stack("~ a b", "c d e")"#);
    same(r#"stepalt("a b", "c d e")"#, r#""a b c d e""#);
    same(r#"seqPLoop([0, 2, "a b"], [1, 2, "c"])"#, r#"cat("a b", stack("a b", "c"))"#);
}

#[test]
fn functions_are_joined() {
    same(r#""a b".apply(pipe(fast(2), rev))"#, r#""a b".fast(2).rev()"#);
    same(r#""a b".apply(compose(fast(2), rev))"#, r#""a b".rev().fast(2)"#);
    same(r#"pure(noteToMidi("c4") + freqToMidi(440))"#, "pure(129)");
}

#[test]
fn distortions_have_names() {
    check(r#"s("x").soft("2:.5")"#, "0>1 distort=2 distorttype=soft distortvol=0.5 s=x");
    check(r#"s("x").fold(1)"#, "0>1 distort=1 distorttype=fold distortvol=1 s=x");
}

/// Cycles come round: each pattern of a turn goes on where it stopped.
#[test]
fn turns_go_on_where_they_stopped() {
    same(r#""<a b c>".iter(2)"#, r#"cat("<a b c>", "<a b c>".early(.5))"#);
    same(r#"s("x").speed(3).splice(4, "0 1")"#, r#"s("x").splice(4, "0 1").speed(3)"#);
    same(r#"s("a b").voicing()"#, "silence");
}

#[test]
fn what_lies_outside_is_left_out_and_said() {
    let program = crate::run(r#"setGainCurve(x => x); s("x").midi("loop")._scope().tag("a")"#);
    assert_eq!(program.problems.len(), 1);
    same(r#"s("x*2")._pianoroll().onTriggerTime(x => x)"#, r#"s("x*2")"#);
}
