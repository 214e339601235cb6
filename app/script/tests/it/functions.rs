//! The functions, by what they equal.

use crate::{check, same};

#[test]
fn controls_set_merge_and_alias() {
    check(r#"note("c").s("saw").lpf(800)"#, "0>1 cutoff=800 note=c s=saw");
    check(r#"s("x:2:.5").pan(sine)"#, "0>1 gain=0.5 n=2 pan=0.5 s=x");
    same(r#"s("x").cutoff(200).resonance(3)"#, r#"s("x").lpf("200:3")"#);
    same(r#"note("c").adsr(".1:.2:.5:.3")"#, r#"note("c").attack(.1).decay(.2).sustain(.5).release(.3)"#);
    check(r#"seq("c", ["e", "g"]).note()"#, "0>1/2 note=c, 1/2>3/4 note=e, 3/4>1 note=g");
    check(r#""c:.5".as("note:clip")"#, "0>1 clip=0.5 note=c");
}

#[test]
fn factors_and_shifts_may_be_patterns() {
    same(r#""x y".fast("<1 2>")"#, r#"cat("x y", "x y x y")"#);
    same(r#""x y".late("<0 .5>")"#, r#""x y".late(cat(0, .5))"#);
    same(r#""x y".slow(2)"#, r#""x y".fast(.5)"#);
    same(r#""x y".ply("<1 2>")"#, r#"cat("x y", "x x y y")"#);
}

#[test]
fn sequences_by_any_name() {
    same(r#"seq("x", "y z")"#, r#""x [y z]""#);
    same(r#"cat("x", "y")"#, r#""<x y>""#);
    same(r#"stack("x", "y z")"#, r#""x, y z""#);
    same(r#"timecat([3, "x"], [1, "y"])"#, r#""x@3 y""#);
    same(r#"stepcat("x y", "z")"#, r#""x y z""#);
    same(r#"polymeter("x y z", "p q").pace(4)"#, r#""{x y z, p q}%4""#);
    same(r#"arrange([1, "x"], [1, "y"])"#, r#""<x y>""#);
    same(r#""x".stack("y")"#, r#""x, y""#);
}

#[test]
fn rhythms_by_any_name() {
    same(r#"s("x").euclid(3, 8)"#, r#"s("x(3,8)")"#);
    same(r#"s("x").euclidRot(3, 8, "<0 2>")"#, r#"s("x(3,8,<0 2>)")"#);
    same(r#"s("x").struct("1 0 [1 1]")"#, r#"s("x ~ [x x]")"#);
    same(r#"s("x").struct(binaryN(5, 4))"#, r#"s("~ x ~ x")"#);
    same(r#"s("x").bjork([3, 8])"#, r#"s("x(3,8)")"#);
    same(r#"s("x*4").mask("1 0")"#, r#"s("[x x] ~")"#);
}

#[test]
fn changes_for_some_of_the_time() {
    same(r#""x y".every(2, fast(2))"#, r#"cat("x y x y", "x y")"#);
    same(r#""x y".lastOf(2, rev)"#, r#"cat("x y", "y x")"#);
    same(r#""x y".when("<1 0>", rev)"#, r#"cat("y x", "x y")"#);
    same(r#""x".off(1/4, p => p.fast(2))"#, r#"stack("x", "x".late(1/4).fast(2))"#);
    same(r#""x".superimpose(fast(2), fast(3))"#, r#""x, x*2, x*3""#);
    same(r#""x".layer(fast(2), fast(3))"#, r#""x*2, x*3""#);
    same(r#"s("x y").jux(rev)"#, r#"stack(s("x y").pan(0), s("y x").pan(1))"#);
    same(r#""x y".inside(2, rev)"#, r#""x y".slow(2).rev().fast(2)"#);
    same(r#""x y z w".chunk(2, rev)"#, r#"cat("w z z w", "x y y x")"#);
}

#[test]
fn copies_later_and_softer() {
    same(r#"s("x").echo(2, 1/4, .5)"#, r#"stack(s("x").gain(1), s("x").late(1/4).gain(.5))"#);
    same(r#"s("x").echoWith(2, 1/4, (p, i) => p.n(i))"#, r#"stack(s("x").n(0), s("x").late(1/4).n(1))"#);
    same(r#"s("x").plyWith(2, p => p.gain(.5))"#, r#"seq(s("x"), s("x").gain(.5))"#);
}

#[test]
fn picking() {
    same(r#""<0 1>".pick(["x y", "z"])"#, r#"cat("x y", "z")"#);
    same(r#""<a b>".pick({a: "x y", b: "z"})"#, r#"cat("x y", "z")"#);
    same(r#""0 1".inhabit(["x y", "z"])"#, r#""[x y] z""#);
    same(r#"pick(["x", "y"], "0 1")"#, r#""0 1".pick(["x", "y"])"#);
    same(r#""0 1 5".pickmod(["x", "y"])"#, r#""x y y""#);
    same(r#""x y".pickF("<0 1>", [rev, fast(2)])"#, r#"cat("y x", "x y x y")"#);
}

#[test]
fn arithmetic_and_its_alignments() {
    check(r#""1 2".add("10 20").mul(2)"#, "0>1/2 22, 1/2>1 44");
    check(r#""1 2".add.out("10")"#, "0>1/2 11, 1/2>1 12");
    check(r#""c e".add(12)"#, "0>1/2 60, 1/2>1 64");
    check(r#""1 2 3".gt(1).inv()"#, "0>1/3 true, 1/3>2/3 false, 2/3>1 false");
    check(r#""0 .5 1".range(10, 20)"#, "0>1/3 10, 1/3>2/3 15, 2/3>1 20");
    check(r#""3:2".ratio()"#, "0>1 1.5");
}

#[test]
fn signals() {
    check("saw.segment(2).add(saw.segment(2))", "0>1/2 0, 1/2>1 1");
    check("tri.segment(4)", "0>1/4 0, 1/4>1/2 0.5, 1/2>3/4 1, 3/4>1 0.5");
    check("signal(t => t * 2).segment(2)", "0>1/2 0, 1/2>1 1");
    check("n(run(3))", "0>1/3 n=0, 1/3>2/3 n=1, 2/3>1 n=2");
}

#[test]
fn chords_and_scales() {
    check(r#"n("0 4").scale("C:minor")"#, "0>1/2 note=C3, 1/2>1 note=G3");
    check(r#"n("0 1").chord("Am7").mode("root:a2").voicing()"#, "0>1/2 note=45, 1/2>1 note=48");
    check(r#"note("[c,e,g]").arp("0 2")"#, "0>1/2 note=c, 1/2>1 note=g");
    check(r#""F^7 G7".rootNotes(2).note()"#, "0>1/2 note=F2, 1/2>1 note=G2");
}

#[test]
fn values_pass_through_functions_of_the_users() {
    check(r#""1 2".fmap(x => x + 1)"#, "0>1/2 2, 1/2>1 3");
    check(r#"s("x y").withValue(v => ({...v, gain: .5}))"#, "0>1/2 gain=0.5 s=x, 1/2>1 gain=0.5 s=y");
    check(r#""1 2 3".filterValues(v => v > 1)"#, "1/3>2/3 2, 2/3>1 3");
    check(r#"s("x y").filter(h => h.value.s === 'y')"#, "1/2>1 s=y");
    check(r#""<2 3>".bind(n => pure('x').fast(n))"#, "0>1/2 x, 1/2>1 x");
}

#[test]
fn controls_and_chords_of_ones_own() {
    check(r#"registerControl('zork', 'zk'); s("x").zk("1 2")"#, "0>1/2 s=x zork=1, 1/2>1 s=x zork=2");
    check(r#"registerControl(['zork', 'zz']); s("x").zork("1:2")"#, "0>1 s=x zork=1 zz=2");
    check(r#"const foo = createParam('foo'); foo("1 2").s("x")"#, "0>1/2 foo=1 s=x, 1/2>1 foo=2 s=x");
    check(r#"const {a1, b1} = createParams('a1', 'b1'); s("x").a1(1).b1(2)"#, "0>1 a1=1 b1=2 s=x");
    check(r#"note("c").fm12(3).fmi34(1)"#, "0>1 fmi12=3 fmi34=1 note=c");
    check(
        r#"addVoicings('mine', {'^7': ['3m 5P 7m 9M']}); chord("E^7").dict('mine').voicing()"#,
        "0>1 note=B3, 0>1 note=D4, 0>1 note=G3, 0>1 note=Gb4",
    );
    same(
        r#"setDefaultVoicings('lefthand'); chord("C^7").voicing()"#,
        r#"chord("C^7").dict("lefthand").voicing()"#,
    );
}

#[test]
fn functions_in_patterns_keep_what_made_them() {
    let functions = r#""1 2".fmap(a => b => a + b)"#;
    check(&format!(r#"{functions}.appLeft("10")"#), "0>1/2 11, 1/2>1 12");
    check(&format!(r#"{functions}.appRight("10")"#), "0>1/2 11, 1/2>1 12");
    check(&format!(r#"{functions}.appBoth("10")"#), "0>1/2 11, 1/2>1 12");
}

/// A chord nobody knows is silent and said, the others sound.
#[test]
fn a_chord_nobody_knows_is_silent_and_said() {
    same(r#"chord("Cfoo Am7").voicing()"#, r#"chord("~ Am7").voicing()"#);
    let program = crate::run(r#"chord("<C [Cfoo Am7]>").voicing()"#);
    assert_eq!(program.problems.len(), 1, "{:?}", program.problems);
    assert!(program.problems.iter().all(|problem| problem.message.contains("Cfoo")));
    assert!(crate::run(r#"chord("<C Am7>").voicing()"#).problems.is_empty());
}

#[test]
fn parts_need_not_go_into_a_sample_whole() {
    check(r#"s("x").chop(1.5)"#, "0>1 begin=0 end=0.6666666666666666 s=x");
    check(r#"s("x").chop(.5)"#, "");
    check(r#"n("0 1").set.poly(n("5 6"))"#, "0>1/2 n=0, 1/2>1 n=1");
}
