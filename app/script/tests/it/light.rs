//! Hydra's text.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use app_script::{Program, Settings, evaluate};
use renderer_scene::hydra::{Arg, Chain, Render, Sketch, SourcePicture, Texture};
use renderer_scene::{BinaryOp, Expr, ExprInput, MathFn, Steps, Var};

use crate::run;

fn sketch(source: &str) -> Sketch {
    run(source).sketch.unwrap_or_else(|| panic!("{source}\npaints nothing"))
}

/// The text says the same as the chain built by hand.
fn check(source: &str, expected: Chain) {
    let expected = Sketch::new("code").out(0, expected).unwrap();
    assert_eq!(sketch(source), expected, "{source}");
}

fn refused(source: &str, line: u32, words: &str) {
    let error = evaluate(source, &Settings::default()).expect_err(source);
    assert_eq!(error.line, line, "{source}: {error}");
    assert!(error.to_string().contains(words), "{source}: {error}");
}

/// The expression of an arrow, found by painting with it.
fn value(arrow: &str, input: &ExprInput<'_>) -> f64 {
    let program = sketch(&format!("osc({arrow}).out()")).compile().unwrap();
    program
        .computed
        .first()
        .map_or_else(|| panic!("{arrow} is constant"), |computed| computed.expr.eval(input))
}

fn osc(args: impl IntoIterator<Item = Arg>) -> Chain {
    Chain::source("osc", args).unwrap()
}

#[test]
fn a_chain_is_what_its_calls_say() {
    check("osc(10, .1).out()", osc([10.0.into(), 0.1.into()]));
    check("osc().out(o0)", osc([]));
    check(
        "osc(4).rotate(.5).modulate(noise(3), .2).blend(o0, .9).out()",
        osc([4.0.into()])
            .then("rotate", [0.5.into()])
            .unwrap()
            .then("modulate", [Arg::Chain(Chain::source("noise", [3.0.into()]).unwrap()), 0.2.into()])
            .unwrap()
            .then("blend", [Texture::Output(0).into(), 0.9.into()])
            .unwrap(),
    );
    check("src(s0).out()", Chain::source("src", [Texture::Source(0).into()]).unwrap());
    check("osc(undefined, .2).out()", osc([60.0.into(), 0.2.into()]));
    check(
        "const wide = c => c.scale(2)\nwide(osc(3)).out()",
        osc([3.0.into()]).then("scale", [2.0.into()]).unwrap(),
    );
    check("await initHydra()\nosc(1).out()", osc([1.0.into()]));
}

#[test]
fn arrows_become_expressions_of_the_frame() {
    let time = || Box::new(Expr::Var(Var::Time));
    let number = |x| Box::new(Expr::Number(x));
    check("osc(() => time * .1).out()", osc([Expr::Binary(BinaryOp::Multiply, time(), number(0.1)).into()]));
    check(
        "osc(({time}) => Math.sin(time)).out()",
        osc([Expr::Call(MathFn::Sin, vec![Expr::Var(Var::Time)]).into()]),
    );
    check("osc(() => a.fft[0]).out()", osc([Expr::Fft(number(0.0)).into()]));
    let at = |time_secs, beat| ExprInput {
        time_secs,
        beat,
        mouse_px: [320.0, 90.0],
        size_px: [640, 360],
        fft: &[0.25, 0.5],
        ..ExprInput::default()
    };
    let input = at(2.0, 3.0);
    assert_eq!(value("() => time > 1 ? 5 : 7", &input), 5.0);
    assert_eq!(value("() => mouse.x / width + mouse.y / height", &input), 0.75);
    assert_eq!(value("() => a.fft[1] * 4 + beat", &input), 5.0);
    assert_eq!(value("() => { const x = time * 2; return x + x }", &input), 8.0);
    assert_eq!(value("() => -(time ** 3) % 5", &input), -3.0);
    assert_eq!(value("() => Math.max(time, Math.PI) > 3 && 2", &input), 2.0);
}

#[test]
fn arrows_take_numbers_and_arrows_of_the_program() {
    let source =
        "const depth = 3\nconst wave = (x, y) => Math.abs(x) * y\nosc(() => wave(time - 5, depth)).out()";
    let program = sketch(source).compile().unwrap();
    let input = ExprInput { time_secs: 1.0, ..ExprInput::default() };
    assert_eq!(program.computed[0].expr.eval(&input), 12.0);
}

#[test]
fn what_is_no_expression_is_refused_where_it_stands() {
    refused("let n = 0\nosc(() => { n = n + 1; return n }).out()", 2, "one expression");
    refused("osc(() => {\n  for (;;) {}\n  return 1\n}).out()", 2, "one expression");
    refused("osc(() => fetch('x')).out()", 1, "no function of yours");
    refused("osc(() => tme).out()", 1, "time, beat");
    refused("const f = x => f(x) + 1\nosc(() => f(1)).out()", 1, "nest too deep");
    refused("osc(a.fft[0]).out()", 1, "arrow function");
    refused("osc(10).rotat(1).out()", 1, "did you mean \"rotate\"");
    refused("osc(10).modulate(3).out()", 1, "needs a texture");
    refused("osc(10).osc(3).out()", 1, "is a source");
    refused("osc('red').out()", 1, "takes numbers");
    refused("setFunction({name: 'x'})", 1, "jamlight scenes new");
}

#[test]
fn lists_step_in_time() {
    let steps = |change: fn(&mut Steps)| {
        let mut steps = Steps::new(vec![Expr::Number(1.0), Expr::Number(2.0)]);
        change(&mut steps);
        osc([Expr::Steps(Box::new(steps)).into()])
    };
    check("osc([1, 2]).out()", steps(|_| {}));
    check("osc([1, 2].fast(2).offset(.25)).out()", steps(|s| (s.fast, s.offset) = (2.0, 0.25)));
    check("osc([1, 2].smooth()).out()", steps(|s| s.smooth = 1.0));
    check("osc([1, 2].fit(5, 6)).out()", steps(|s| s.fit = Some([5.0, 6.0])));
    refused("osc([1, 2].ease('sideways')).out()", 1, "no ease");
}

#[test]
fn a_pattern_in_a_chain_is_what_it_says_on_each_beat() {
    let program = sketch("osc(\"10 20\", \"<.1 .2>\").out()").compile().unwrap();
    let at =
        |idx: usize, beat: f64| program.computed[idx].expr.eval(&ExprInput { beat, ..ExprInput::default() });
    assert_eq!([0.0, 1.9, 2.0, 3.9, 4.0].map(|beat| at(0, beat)), [10.0, 10.0, 20.0, 20.0, 10.0]);
    assert_eq!([0.0, 4.0, 8.0, 21.0].map(|beat| at(1, beat)), [0.1, 0.2, 0.1, 0.2]);
    refused("osc(\"x y\").out()", 1, "no numbers");
}

#[test]
fn faders_and_hits_are_read_by_chains() {
    let program = sketch("const glow = param('glow', .2, 0, 2)\nosc(10, glow, () => glow * 2 + kick).out()");
    let program = program.compile().unwrap();
    let fader = program.params.iter().position(|spec| spec.name == "glow").unwrap();
    let mut slots = vec![[0.0; 4]; program.params.len()];
    slots[fader][0] = 0.5;
    let input = ExprInput { params: &slots, ..ExprInput::default() };
    let values: Vec<f64> = program.computed.iter().map(|computed| computed.expr.eval(&input)).collect();
    assert_eq!(values, [0.5, 1.0]);
    refused("osc(param()).out()", 1, "a name");
}

#[test]
fn outputs_sources_and_what_is_seen() {
    let chain = || osc([]);
    let expected = Sketch::new("code").out(1, chain()).unwrap().render(Render::Output(1)).unwrap();
    assert_eq!(sketch("osc().out(o1)\nrender(o1)"), expected);
    let expected =
        Sketch::new("code").out(0, chain()).unwrap().render(Render::All).unwrap().speed(2.0).bpm(90.0);
    assert_eq!(sketch("speed = 2\nbpm = 90\nosc().out()\nrender()"), expected);
    let expected = Sketch::new("code").out(0, chain()).unwrap().source(1, SourcePicture::Show(1)).unwrap();
    let program: Program = run("s1.initCam()\nosc().out()");
    assert_eq!(program.sketch, Some(expected));
    assert_eq!(program.problems.len(), 1, "it says that no camera is opened");
}

#[test]
fn music_and_light_live_in_one_text() {
    let program = run("setcpm(30)\n$: s(\"bd*4\").shape(.3)\nshape(4).out()");
    assert_eq!((program.parts.len(), program.sketch.is_some()), (1, true));
    // Names that mean something in both worlds mean what they are used for.
    assert!(run("s(\"bd\").noise(.5)").sketch.is_none());
    assert!(run("$: s(\"saw\").add(noise(.5))").sketch.is_none());
    let lost = run("osc(10)");
    assert!(lost.sketch.is_none());
    assert!(lost.problems[0].to_string().contains(".out()"));
}

#[test]
fn hostile_chains_end() {
    let long = format!("osc(){}.out()", ".rotate(1)".repeat(5_000));
    let wide = "const f = x => x + x\nconst g = x => f(f(f(f(x))))\nconst h = x => g(g(g(g(x))))\nosc(() => h(h(time))).out()";
    let grow = "let c = osc()\nfor (let i = 0; i < 1000; i++) c = c.blend(c)\nc.out()";
    for source in [long.as_str(), wide, grow] {
        assert!(evaluate(source, &Settings::default()).is_err(), "{}", &source[..40.min(source.len())]);
    }
}
