//! The stage's own pipelines that most shows need sooner or later, made before a frame waits for one.

use renderer_gpu::{Generation, Gpu};

use crate::compose::{Maker, Over, PipelineKey, Step};
use crate::limiter::JudgeMaker;
use crate::prepare::LIGHT_FORMAT;
use crate::stage::OUTPUT_FORMAT;

/// What a scene, a change of scenes, a few layers and the panels' small pictures are drawn with. Rarer steps are made by
/// the first frame that needs one, which says so in its report.
#[derive(Debug)]
pub struct UsualSteps {
    pub(crate) gpu: Gpu,
    pub(crate) maker: Maker,
    pub(crate) judge: JudgeMaker,
}

/// Steps that were made, for [`crate::Stage::install_steps`].
#[derive(Debug)]
pub struct MadeSteps {
    pub(crate) generation: Generation,
    pub(crate) steps: Vec<(PipelineKey, wgpu::RenderPipeline)>,
    pub(crate) judges: Vec<([u32; 3], wgpu::ComputePipeline)>,
}

/// How a picture is finished: light, screen colours at another brightness and as they are, each over black; blackout.
const FINISHES: [[u32; 3]; 4] = [[0, 0, 1], [1, 0, 0], [2, 0, 0], [0, 1, 0]];

impl UsualSteps {
    /// Makes them. Slow (a driver's compiler runs): on a worker, never on the render thread of a live show.
    pub fn make(&self) -> MadeSteps {
        let device = self.gpu.device();
        let steps = keys().into_iter().map(|key| (key, self.maker.make(device, key))).collect();
        let judges = FINISHES.into_iter().map(|mode| (mode, self.judge.judge(device, mode))).collect();
        MadeSteps { generation: self.gpu.generation(), steps, judges }
    }
}

fn keys() -> Vec<PipelineKey> {
    let key = |step, mode, exact| PipelineKey {
        step,
        format: LIGHT_FORMAT,
        mode,
        exact,
        limit: false,
        over: Over::Nothing,
    };
    let shown = |step, mode, exact| PipelineKey { format: OUTPUT_FORMAT, ..key(step, mode, exact) };
    let mut keys = vec![
        key(Step::BloomFirst, [0; 3], [false; 2]),
        key(Step::BloomDown, [0; 3], [false; 2]),
        key(Step::BloomUp, [0; 3], [true, false]),
    ];
    for from in [0, 1] {
        // Our own scenes are light, foreign ones screen colours.
        keys.extend([0, 1].map(|to| key(Step::Crossfade, [from, to, 0], [true; 2])));
        keys.extend([1, 2, 4].map(|taps| shown(Step::Shrink, [from, taps, 0], [false; 2])));
        for over in [Over::Nothing, Over::Normal, Over::Add, Over::Multiply] {
            let lay = key(Step::Lay, [u32::from(over == Over::Multiply), from, 0], [true, false]);
            keys.push(PipelineKey { over, ..lay });
        }
    }
    keys.extend(FINISHES.map(|mode| PipelineKey { limit: true, ..shown(Step::Output, mode, [true, false]) }));
    keys
}
