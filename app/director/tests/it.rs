//! The laws of the director, through its boundary.

use std::collections::HashMap;
use std::sync::Arc;

use app_director::{Director, Moment, Scenes, Step};
use audio_signal::{AudioFrame, Cue, CueValue, Transport};
use renderer_scene::{
    BinaryOp, ComputedParam, Expr, LayerContent, ParamKind, ParamSpec, ProgramId, ProgramInput, SceneInput,
    SceneKind, SceneProgram, Var,
};
use sync_protocol::{LayerSource, ParamValue, SceneId, Show};

#[derive(Default)]
struct Shelf(HashMap<String, Arc<SceneProgram>>);

impl Scenes for Shelf {
    fn program(&self, scene: &SceneId) -> Option<Arc<SceneProgram>> {
        self.0.get(scene.as_str()).cloned()
    }
}

fn program(id: u128) -> Arc<SceneProgram> {
    let speed = ParamKind::Float { min: 0.0, max: 2.0, default: 1.0, clock: true };
    Arc::new(SceneProgram {
        id: ProgramId(id),
        name: String::new(),
        kind: SceneKind::Native,
        tags: Vec::new(),
        author: String::new(),
        description: String::new(),
        params: vec![
            ParamSpec { name: "speed".into(), label: "Speed".into(), kind: speed.clone() },
            ParamSpec { name: "twice".into(), label: String::new(), kind: speed },
        ],
        computed: vec![ComputedParam {
            param: 1,
            expr: Expr::Binary(
                BinaryOp::Multiply,
                Box::new(Expr::Var(Var::Beat)),
                Box::new(Expr::Number(2.0)),
            ),
        }],
        buffers: Vec::new(),
        storages: Vec::new(),
        images: Vec::new(),
        num_inputs: 0,
        output_srgb: false,
        modules: Vec::new(),
        passes: Vec::new(),
    })
}

fn shelf() -> Shelf {
    Shelf([("one", 1), ("two", 2)].map(|(name, id)| (name.to_owned(), program(id))).into())
}

fn show(scene: &str) -> Show {
    let mut show = Show::default();
    show.layers[0].source = LayerSource::Scene(SceneId::from(scene));
    show
}

/// Steps at 60 frames a second, 120 beats a minute, until `until_secs`.
struct Run {
    director: Director,
    shelf: Shelf,
    now_secs: f64,
    cues: Vec<Cue>,
}

impl Run {
    fn new() -> Self {
        Self { director: Director::new(), shelf: shelf(), now_secs: 0.0, cues: Vec::new() }
    }

    fn step(&mut self, show: &Show) -> Step {
        let signal = Arc::new(AudioFrame::default());
        let moment = Moment::new(self.now_secs, 1.0 / 60.0);
        let step = self.director.step(show, &signal, &self.cues, &Transport::default(), moment, &self.shelf);
        self.now_secs += 1.0 / 60.0;
        step
    }

    fn until(&mut self, show: &Show, until_secs: f64) -> Step {
        let mut step = self.step(show);
        while self.now_secs < until_secs {
            step = self.step(show);
        }
        step
    }
}

fn only(step: &Step) -> &ProgramInput {
    match &step.input.layers[0].content {
        LayerContent::One(SceneInput::Program(program)) => program,
        other => panic!("{other:?}"),
    }
}

fn progress(step: &Step) -> Option<f32> {
    match &step.input.layers[0].content {
        LayerContent::Transition(change) => Some(change.progress),
        LayerContent::One(_) => None,
    }
}

#[test]
fn a_change_of_scene_begins_on_the_beat_and_ends_after_its_beats() {
    let mut run = Run::new();
    run.until(&show("one"), 1.1); // beat 2.2: the next beat is at 1.5 s
    assert_eq!(progress(&run.until(&show("two"), 1.49)), Some(0.0));
    let half = progress(&run.until(&show("two"), 2.5)).expect("on its way");
    assert!((half - 0.5).abs() < 0.02, "{half}");
    assert_eq!(only(&run.until(&show("two"), 3.6)).program, ProgramId(2));
}

#[test]
fn an_unknown_scene_is_named_and_the_last_good_keeps_playing() {
    let mut run = Run::new();
    run.until(&show("one"), 0.5);
    let step = run.step(&show("nowhere"));
    assert_eq!(step.missing, [SceneId::from("nowhere")]);
    assert_eq!(only(&step).program, ProgramId(1));
}

#[test]
fn a_third_scene_during_a_change_is_reached_without_a_jump() {
    let mut run = Run::new();
    run.until(&show("one"), 1.0);
    let mut last = progress(&run.until(&show("two"), 1.5)).expect("on its way");
    let mut third = show("one");
    third.layers[0].params.insert("speed".into(), ParamValue::Number(0.5));
    while let Some(now) = progress(&run.step(&third)) {
        if now < last {
            assert!(now == 0.0 && last > 0.9, "{last} to {now}");
            break;
        }
        assert!(now - last < 0.1, "{last} to {now}");
        last = now;
    }
}

#[test]
fn a_speed_is_integrated_and_never_jumps() {
    let mut run = Run::new();
    let slot = only(&run.until(&show("one"), 1.0)).params[0];
    assert!((slot[1] - 1.0).abs() < 0.05, "{slot:?}");
    let mut fast = show("one");
    fast.layers[0].params.insert("speed".into(), ParamValue::Number(99.0));
    let faster = only(&run.step(&fast)).params[0];
    assert_eq!(faster[0], 2.0, "clamped to its range");
    assert!((faster[1] - slot[1] - 2.0 / 60.0).abs() < 1e-3, "{faster:?}");
}

#[test]
fn a_cue_holds_its_parameter_for_its_beats() {
    let mut run = Run::new();
    let value = CueValue::Number(1.5);
    run.cues = vec![Cue { parameter: "speed".into(), value, beat: 1.0, duration_beats: 1.0 }];
    assert_eq!(only(&run.until(&show("one"), 0.4)).params[0][0], 1.0);
    assert_eq!(only(&run.until(&show("one"), 0.75)).params[0][0], 1.5);
    assert_eq!(only(&run.until(&show("one"), 1.2)).params[0][0], 1.0);
}

#[test]
fn a_computed_parameter_follows_the_frame() {
    let mut run = Run::new();
    let step = run.until(&show("one"), 1.0);
    assert!((f64::from(only(&step).params[1][0]) - step.input.beat * 2.0).abs() < 1e-4);
}

#[test]
fn a_frozen_show_stands_still_and_goes_on_where_it_was() {
    let mut run = Run::new();
    let before = run.until(&show("one"), 1.0).input.time_secs;
    let mut frozen = show("one");
    frozen.master.frozen = true;
    assert_eq!(run.until(&frozen, 2.0).input.time_secs, before);
    assert!((run.step(&show("one")).input.time_secs - before - 1.0 / 60.0).abs() < 1e-9);
}

#[test]
fn a_reloaded_scene_keeps_its_clocks() {
    let mut run = Run::new();
    let before = only(&run.until(&show("one"), 1.0)).clone();
    run.shelf.0.insert("one".into(), program(7));
    let after = only(&run.step(&show("one"))).clone();
    assert_eq!(after.program, ProgramId(7));
    assert!(after.time_secs > before.time_secs && after.params[0][1] > before.params[0][1]);
}

#[test]
fn the_same_steps_give_the_same_inputs() {
    let run = || {
        let mut run = Run::new();
        run.until(&show("one"), 1.1);
        format!("{:?}", run.until(&show("two"), 2.3).input)
    };
    assert_eq!(run(), run());
}
