use renderer_scene::{
    BinaryOp, Ease, Expr, ExprInput, HitInput, HitKind, MAX_EXPR_DEPTH, MathFn, SizeExpr, Steps, UnaryOp, Var,
};

fn number(value: f64) -> Box<Expr> {
    Box::new(Expr::Number(value))
}

fn at(time_secs: f64) -> ExprInput<'static> {
    ExprInput { time_secs, ..ExprInput::default() }
}

#[test]
fn operators_are_those_of_javascript() {
    let check = |op: BinaryOp, left: f64, right: f64, expected: f64| {
        let value = Expr::Binary(op, number(left), number(right)).eval(&at(0.0));
        assert!(value == expected || (value.is_nan() && expected.is_nan()), "{op:?} {left} {right}: {value}");
    };
    check(BinaryOp::Remainder, -5.0, 3.0, -2.0);
    check(BinaryOp::Power, 2.0, 10.0, 1024.0);
    check(BinaryOp::Power, 1.0, f64::INFINITY, f64::NAN);
    check(BinaryOp::And, 0.0, 7.0, 0.0);
    check(BinaryOp::Or, 0.0, 7.0, 7.0);
    check(BinaryOp::And, 3.0, 7.0, 7.0);
    check(BinaryOp::Less, 1.0, 2.0, 1.0);
    check(BinaryOp::Equal, f64::NAN, f64::NAN, 0.0);
    check(BinaryOp::BitOr, 5.7, 0.0, 5.0);
    check(BinaryOp::BitOr, 4_294_967_296.0 + 3.0, 0.0, 3.0);
    check(BinaryOp::ShiftLeft, 1.0, 33.0, 2.0);
    check(BinaryOp::Divide, 1.0, 0.0, f64::INFINITY);
    assert_eq!(Expr::Unary(UnaryOp::Not, number(f64::NAN)).eval(&at(0.0)), 1.0);
    assert_eq!(Expr::If(number(0.0), number(1.0), number(2.0)).eval(&at(0.0)), 2.0);
}

#[test]
fn math_is_that_of_javascript() {
    let check = |name: &str, args: &[f64], expected: f64| {
        let function = MathFn::from_name(name).unwrap();
        let value = Expr::Call(function, args.iter().map(|arg| Expr::Number(*arg)).collect()).eval(&at(0.0));
        assert!(
            (value - expected).abs() < 1e-12 || (value.is_nan() && expected.is_nan()),
            "{name}{args:?} = {value}"
        );
    };
    check("round", &[-0.5], 0.0);
    check("round", &[2.5], 3.0);
    check("sign", &[-3.0], -1.0);
    check("max", &[1.0, f64::NAN], f64::NAN);
    check("min", &[3.0, 1.0, 2.0], 1.0);
    check("hypot", &[3.0, 4.0], 5.0);
    check("sin", &[], f64::NAN);
    check("atan2", &[1.0, 1.0], std::f64::consts::FRAC_PI_4);
}

#[test]
fn variables_read_the_frame() {
    let fft = [0.25, 0.5];
    let input = ExprInput { beat: 3.75, mouse_px: [10.0, 20.0], fft: &fft, size_px: [640, 360], ..at(1.5) };
    let check = |expr: Expr, expected: f64| assert_eq!(expr.eval(&input), expected, "{expr:?}");
    check(Expr::Var(Var::Time), 1.5);
    check(Expr::Var(Var::BeatPhase), 0.75);
    check(Expr::Var(Var::MouseY), 20.0);
    check(Expr::Var(Var::Width), 640.0);
    check(Expr::Fft(number(1.0)), 0.5);
    check(Expr::Fft(number(-1.0)), 0.0);
    check(Expr::Fft(number(9.0)), 0.0);
}

#[test]
fn variables_read_hits_clocks_the_palette_and_parameters() {
    let kick = HitInput { count: 3, age_secs: 0.12, strength: 1.0 };
    let mut palette = [[0.0; 3]; 5];
    palette[4] = [0.5, 0.25, 1.0];
    let input = ExprInput {
        hits: [HitInput::default(), HitInput::default(), kick, HitInput::default(), HitInput::default()],
        clocks_secs: [1.0, 2.0, 3.0, 4.0],
        palette,
        params: &[[0.5, 7.0, 0.0, 0.0]],
        ..at(0.0)
    };
    let check = |var: Var, expected: f64| {
        let value = Expr::Var(var).eval(&input);
        assert!((value - expected).abs() < 1e-6, "{var:?} is {value}");
    };
    check(Var::Hit(HitKind::Kick), (-1.0f64).exp());
    check(Var::Hit(HitKind::Snare), 0.0);
    check(Var::HitCount(HitKind::Kick), 3.0);
    check(Var::HitAge(HitKind::Kick), 0.12);
    check(Var::Clock(3), 4.0);
    check(Var::Clock(4), 0.0);
    check(Var::Palette { stop: 4, channel: 1 }, 0.25);
    check(Var::Palette { stop: 5, channel: 0 }, 0.0);
    check(Var::Param(0), 0.5);
    check(Var::ParamClock(0), 7.0);
    check(Var::Param(1), 0.0);
}

#[test]
fn random_is_the_same_for_a_frame_and_new_for_the_next() {
    let random = Expr::Call(MathFn::Random, Vec::new());
    let frame = |frame_idx| random.eval(&ExprInput { frame_idx, seed: 7, ..ExprInput::default() });
    assert_eq!(frame(3), frame(3));
    assert_ne!(frame(3), frame(4));
    assert!((0..1000).all(|idx| (0.0..1.0).contains(&frame(idx))));
}

fn steps(values: &[f64]) -> Steps {
    Steps::new(values.iter().map(|value| Expr::Number(*value)).collect())
}

#[test]
fn steps_go_at_their_tempo() {
    let check = |steps: &Steps, time: f64, expected: f64| {
        let value = Expr::Steps(Box::new(steps.clone())).eval(&at(time));
        assert!((value - expected).abs() < 1e-9, "at {time}: {value}, expected {expected}");
    };
    // 30 steps a minute: two seconds each.
    let plain = steps(&[1.0, 2.0, 4.0]);
    for (time, expected) in [(0.0, 1.0), (1.9, 1.0), (2.0, 2.0), (4.5, 4.0), (6.0, 1.0), (-0.5, 4.0)] {
        check(&plain, time, expected);
    }
    check(&Steps { fast: 4.0, ..plain.clone() }, 0.5, 2.0);
    check(&Steps { offset: 0.5, ..plain.clone() }, 1.0, 2.0);
    let smooth = Steps { smooth: 1.0, ..plain.clone() };
    check(&smooth, 1.0, 1.5);
    check(&smooth, 5.0, 2.5);
    check(&Steps { smooth: 0.5, ..plain.clone() }, 1.0, 1.0);
    check(&Steps { smooth: 0.5, ..plain.clone() }, 1.5, 1.5);
    check(&Steps { ease: Ease::InQuad, ..smooth }, 1.0, 1.25);
    check(&Steps { fit: Some([0.0, 1.0]), ..plain }, 2.0, 1.0 / 3.0);
    check(&steps(&[]), 1.0, 0.0);
}

#[test]
fn eases_begin_at_0_and_end_at_1() {
    for name in
        ["linear", "easeInQuad", "easeOutQuad", "easeInOutQuad", "easeInOutCubic", "easeOutQuint", "sin"]
    {
        let ease = Ease::from_name(name).unwrap();
        assert!(ease.apply(0.0).abs() < 1e-12 && (ease.apply(1.0) - 1.0).abs() < 1e-12, "{name}");
    }
}

#[test]
fn constants_are_known_and_limits_kept() {
    let product = Expr::Binary(BinaryOp::Multiply, number(2.0), number(3.0));
    assert_eq!(product.as_constant(), Some(6.0));
    assert_eq!(Expr::Call(MathFn::Random, Vec::new()).as_constant(), None);
    let mut deep = Expr::Number(1.0);
    for _ in 0..MAX_EXPR_DEPTH {
        deep = Expr::Unary(UnaryOp::Negate, Box::new(deep));
    }
    assert!(deep.check().is_err());
    assert!(product.check().is_ok());
}

#[test]
fn size_expressions_compute() {
    let check = |source: &str, expected: f64| {
        let value = SizeExpr::parse(source).unwrap().eval([1280, 720], &[], &[]);
        assert_eq!(value, expected, "{source}");
    };
    check("$WIDTH", 1280.0);
    check("$WIDTH / 2.0 + 1", 641.0);
    check("floor($HEIGHT*min((0.3 + 0.2),1.0))", 360.0);
    check("max($WIDTH / 1000.0, 16)", 16.0);
    check("-2 + 2 * 3 % 4", 0.0);
    check("2 ** 3 ** 2", 512.0);
    check("1 - 2 - 3", -4.0);
    check("$unknown + 1", 1.0);
}

#[test]
fn size_expressions_point_at_the_fault() {
    for (source, column) in
        [("", 1), ("$WIDTH /", 9), ("(1", 3), ("1 2", 3), ("cosine(1)", 1), ("$", 2), ("max(1)", 6)]
    {
        let error = SizeExpr::parse(source).unwrap_err();
        assert_eq!(error.column, column, "{source:?}: {error}");
    }
    assert!(SizeExpr::parse(&"(".repeat(500)).is_err());
    assert!(SizeExpr::parse(&"-".repeat(500)).is_err());
}
