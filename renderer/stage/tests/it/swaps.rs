//! What a change of scenes costs the frames around it.

use renderer_scene::{
    Backdrop, FrameInput, LayerContent, LayerInput, PreviewRequest, SceneInput, TransitionInput, shadertoy,
};
use renderer_stage::{Stage, StageSettings};

use crate::rig::{FRAMES_PER_SEC, flat, gpu};
use crate::song;

#[test]
fn a_change_of_scenes_waits_for_no_compiler() {
    let mut stage = Stage::new(&gpu(), StageSettings { size: [64, 36], ..StageSettings::default() }).unwrap();
    let toy = "void mainImage(out vec4 c, in vec2 at) { c = vec4(0.5); }";
    let scenes =
        [flat(0.5, 0.2, 0.05, 1.0), shadertoy::compile(toy, "toy").unwrap().into(), flat(0.1, 0.2, 0.5, 1.0)];
    for scene in &scenes {
        stage.install(scene.clone()).unwrap();
    }
    let side =
        |idx: usize| SceneInput::Program(song::program(&scenes[idx], idx as u64 + 1, 0, FRAMES_PER_SEC));
    let of = |layers: Vec<LayerInput>| song::input(0, FRAMES_PER_SEC, layers);
    let alone = |idx| of(vec![song::layer(1, side(idx))]);
    let change = |from, to| {
        let transition = TransitionInput { from: side(from), to: side(to), program: None, progress: 0.5 };
        let content = LayerContent::Transition(Box::new(transition));
        of(vec![LayerInput { content, ..song::layer(1, SceneInput::Solid([0.0; 4])) }])
    };
    let previewed = |mut input: FrameInput| {
        let preview = |layer, size| PreviewRequest { key: 1, layer, size, backdrop: Backdrop::Black };
        input.previews = vec![preview(Some(1), [16, 9]), preview(None, [48, 27])];
        input
    };
    // The very first pictures may wait: nothing was seen before them.
    let first: Vec<u32> = (0..3).map(|_| stage.render(&alone(0)).unwrap().num_compiled).collect();
    assert!(first[0] > 0 && first[2] == 0, "{first:?}");
    let made = stage.usual_steps().make();
    stage.install_steps(made);
    let mut dark = alone(0);
    dark.master.blackout = true;
    let two = of(vec![song::layer(1, side(0)), song::layer(2, side(1))]);
    let inputs = [change(0, 2), change(2, 1), alone(1), change(1, 1), previewed(change(1, 0)), dark, two];
    for scale in [1.0, 0.75, 0.5] {
        stage.set_scale(scale);
        for (no, input) in inputs.iter().enumerate() {
            let report = stage.render(&previewed(input.clone())).unwrap();
            assert_eq!(report.num_compiled, 0, "input {no} at {scale}");
        }
    }
}
