use renderer_scene::hydra::{
    Arg, Chain, FUNCTIONS, FunctionKind, HydraError, Render, Sketch, SourcePicture, Texture,
};
use renderer_scene::{
    BindingKind, BufferFormat, Expr, ExprInput, ImageSource, ParamKind, ParamSpec, PassTarget, Steps,
    TextureSource, Var,
};

#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn noise() -> Chain {
    Chain::source("noise", []).unwrap()
}

fn time() -> Arg {
    Arg::Number(Expr::Var(Var::Time))
}

/// Every function of the table, with its defaults and with numbers that change, is in the shader.
#[test]
fn all_52_functions_compile() {
    assert_eq!(FUNCTIONS.len(), 52);
    for function in FUNCTIONS {
        for changing in [false, true] {
            let texture = function.takes_texture.then(|| Arg::Chain(noise()));
            let numbers = function.numbers.iter().filter(|_| changing).map(|_| time());
            let args = texture.into_iter().chain(numbers);
            let chain = match function.kind {
                FunctionKind::Source => Chain::source(function.name, args),
                _ => noise().then(function.name, args),
            };
            let sketch = Sketch::new(function.name).out(0, chain.unwrap()).unwrap();
            let program = sketch.compile().unwrap_or_else(|error| panic!("{}: {error}", function.name));
            // One expression, however often it stands there.
            assert_eq!(
                program.computed.len(),
                usize::from(changing && !function.numbers.is_empty()),
                "{}",
                function.name
            );
        }
    }
}

#[test]
fn outputs_are_8_bit_nearest_and_remember() {
    let chain = Chain::source("src", [Texture::Output(0).into()])
        .unwrap()
        .then("add", [Texture::Output(1).into()])
        .unwrap();
    let program = Sketch::new("feedback").out(0, chain).unwrap().out(1, noise()).unwrap().compile().unwrap();
    assert_eq!(program.buffers.len(), 2);
    assert!(program.buffers.iter().all(|b| b.format == BufferFormat::Rgba8 && b.persistent && !b.filter));
    let targets: Vec<PassTarget> = program.passes.iter().map(|pass| pass.target).collect();
    assert_eq!(targets, [PassTarget::Buffer(0), PassTarget::Buffer(1), PassTarget::Output]);
    let reads = |pass: usize| {
        program.passes[pass].bindings.iter().filter(|b| matches!(b.kind, BindingKind::Texture(_))).count()
    };
    assert_eq!((reads(0), reads(1), reads(2)), (2, 0, 1));
}

#[test]
fn an_output_nobody_draws_and_a_source_nobody_sets_are_black() {
    let chain = Chain::source("src", [Texture::Output(3).into()])
        .unwrap()
        .then("add", [Texture::Source(2).into()])
        .unwrap();
    let program = Sketch::new("dark").out(0, chain).unwrap().compile().unwrap();
    let black = program.passes[0]
        .bindings
        .iter()
        .filter(|b| b.kind == BindingKind::Texture(TextureSource::Black))
        .count();
    assert_eq!(black, 2);
    let all = Sketch::new("all").out(1, noise()).unwrap().render(Render::All).unwrap().compile().unwrap();
    let shown = all.passes.last().unwrap();
    assert_eq!(
        shown.bindings.iter().filter(|b| b.kind == BindingKind::Texture(TextureSource::Black)).count(),
        3
    );
}

#[test]
fn sources_show_files_and_the_shows_pictures() {
    let chain = Chain::source("src", [Texture::Source(0).into()])
        .unwrap()
        .then("mult", [Texture::Source(1).into()])
        .unwrap();
    let file = SourcePicture::File(ImageSource::Path("cloud.png".into()));
    let sketch = Sketch::new("pictures").source(0, file).unwrap().source(1, SourcePicture::Show(0)).unwrap();
    let program = sketch.out(0, chain).unwrap().compile().unwrap();
    let sources: Vec<&BindingKind> = program.passes[0].bindings.iter().map(|b| &b.kind).collect();
    assert!(sources.contains(&&BindingKind::Texture(TextureSource::Imported(0))));
    assert!(sources.contains(&&BindingKind::Texture(TextureSource::Picture(0))));
}

#[test]
fn speed_and_tempo_are_written_into_expressions() {
    let steps = Expr::Steps(Box::new(Steps::new(vec![1.0.into(), 2.0.into()])));
    let chain = Chain::source("osc", [time(), steps.into()]).unwrap();
    let program = Sketch::new("fast").out(0, chain).unwrap().speed(2.0).bpm(60.0).compile().unwrap();
    let input = renderer_scene::ExprInput { time_secs: 0.5, ..Default::default() };
    assert_eq!(program.computed[0].expr.eval(&input), 1.0);
    // Half a second at double speed and 60 steps a minute is one step.
    assert_eq!(program.computed[1].expr.eval(&input), 2.0);
}

#[test]
fn a_parameter_set_by_hand_comes_before_the_computed_ones() {
    let kind = ParamKind::Float { min: 1.0, max: 40.0, default: 12.0, clock: false };
    let mut sketch = Sketch::new("stripes");
    let stripes = sketch.param(ParamSpec { name: "stripes".into(), label: "Stripes".into(), kind }).unwrap();
    let chain = Chain::source("osc", [stripes.into(), time()]).unwrap();
    let program = sketch.out(0, chain).unwrap().compile().unwrap();
    assert_eq!(program.params.iter().map(|param| param.name.as_str()).next(), Some("stripes"));
    let computed: Vec<usize> = program.computed.iter().map(|computed| computed.param).collect();
    assert_eq!(computed, [1, 2]);
    let input = ExprInput { params: &[[33.0, 0.0, 0.0, 0.0]], time_secs: 2.0, ..Default::default() };
    let values: Vec<f64> = program.computed.iter().map(|computed| computed.expr.eval(&input)).collect();
    assert_eq!(values, [33.0, 2.0]);
}

#[test]
fn mistakes_are_told_with_the_way_out() {
    let check = |result: Result<Chain, HydraError>, part: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    check(Chain::source("ocs", []), "did you mean \"osc\"");
    check(Chain::source("kaleidoscope", []), "there is no function \"kaleidoscope\"");
    check(noise().then("Modulate", [noise().into()]), "did you mean \"modulate\"");
    check(Chain::source("rotate", []), "begin with a source");
    check(noise().then("osc", []), "begins a chain");
    check(noise().then("add", [1.0.into()]), "needs a texture");
    check(noise().then("rotate", [noise().into()]), "\"angle\" of \"rotate\" is a number");
    check(noise().then("rotate", [f64::NAN.into()]), "not a finite number");
    check(noise().then("add", [Texture::Output(4).into()]), "from 0 to 3");
}

#[test]
fn chains_have_limits() {
    let mut long = noise();
    let error = loop {
        match long.then("invert", []) {
            Ok(longer) => long = longer,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, HydraError::Limit { what: "calls", .. }));
    let mut deep = noise();
    let error = loop {
        match noise().then("add", [deep.into()]) {
            Ok(deeper) => deep = deeper,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, HydraError::Limit { what: "chains within chains", .. }));
}
