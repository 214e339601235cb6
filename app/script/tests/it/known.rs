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
fn parts_are_changed_from_the_last_to_the_first() {
    same(r#"n("0 1").chunkBackInto(2, fast(2))"#, r#"cat(n("0 [1 1]"), n("[0 0] 1"))"#);
    same(r#"n("0 1 2 3").bite(4, "3 -1")"#, r#"n("3 ~")"#);
}

#[test]
fn the_first_cycle_says_how_steps_follow() {
    let second = crate::run(r#""0 1 2".take("<1 2>")"#).query(audio_pattern::Span::cycles(1, 2)).unwrap();
    assert_eq!(second.len(), 2);
    let two = crate::run(r#""0 1 2".take("<1 2>")"#).query(audio_pattern::Span::cycles(0, 2)).unwrap();
    assert_eq!(two.len(), 2, "asked at once, the cycle in which the question begins decides");
    same(r#""0 1".grow("0")"#, r#""0 1 0 1""#);
    same(r#""0 1 2".pace("3 6")"#, r#""0 1 2".fast("1 2")"#);
}

#[test]
fn what_a_pattern_lacks_is_undefined() {
    same(r#""0 1".nothingSuch ? s("a") : s("b")"#, r#"s("b")"#);
    same(r#"register("mine", p => p.fast(2)); s("a").mine ? s("a").mine() : silence"#, r#"s("a*2")"#);
}

#[test]
fn chords_of_an_old_dictionary_are_plain_notes() {
    same(r#""C7".voicings("lefthand").note()"#, r#"chord("C7").dict("lefthand").voicing()"#);
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
