//! What runs on one layer, and how it changes to the next thing.

use audio_signal::{Cue, CueValue};
use renderer_scene::{
    ExprInput, LayerContent, ParamKind, ParamSlot, ParamSpec, PictureId, ProgramInput, SceneInput,
    SceneProgram, TransitionInput,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_protocol::{AssetId, Layer, LayerSource, ParamValue, Transition};

use crate::director::Scenes;
use crate::palette::linear_from_srgb;

/// A change asked for during another makes the other finish at this rate, in progress per second.
const HURRY_PER_SEC: f32 = 4.0;
/// A transition shown by itself takes so many beats to get across.
const BEATS_TO_AND_FRO: f64 = 4.0;

/// One source on its way through time.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    source: LayerSource,
    /// The last parameters set while the layer showed it: what leaves, leaves as it was.
    params: BTreeMap<String, ParamValue>,
    program: Option<Arc<SceneProgram>>,
    instance: u64,
    time_secs: f64,
    num_frames: u64,
    /// One per parameter; only those with a clock move. In unit-seconds.
    clocks: Vec<f64>,
    /// One per computed parameter: its last finite value.
    computed: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Change {
    from: Running,
    start_beat: f64,
    duration_beats: f64,
    progress: f32,
    program: Option<Running>,
}

/// The state of one layer.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayerState {
    current: Option<Running>,
    change: Option<Change>,
}

/// What a layer draws.
pub(crate) struct Drawn {
    pub content: LayerContent,
    pub effects: Vec<ProgramInput>,
}

/// What a layer needs to know of the frame.
pub(crate) struct LayerMoment<'a> {
    pub beat: f64,
    pub dt_secs: f32,
    pub cues: &'a [Cue],
    pub transition: &'a Transition,
    pub scenes: &'a dyn Scenes,
    /// The Show's pictures A and B.
    pub pictures: [PictureId; 2],
    /// What computed parameters read; the scene's own time and frame are filled in per scene.
    pub expr: ExprInput<'a>,
}

impl LayerState {
    /// Advances by one frame and returns what to draw; `None` while nothing ever ran.
    /// `missing` gets the scenes that the library does not have.
    pub(crate) fn step(
        &mut self,
        layer: &Layer,
        moment: &LayerMoment<'_>,
        next_instance: &mut u64,
        missing: &mut Vec<sync_protocol::SceneId>,
    ) -> Option<Drawn> {
        self.reload(moment.scenes, next_instance);
        let wanted_differs = self.current.as_ref().is_none_or(|running| running.source != layer.source);
        if wanted_differs {
            self.begin(layer, moment, next_instance, missing);
        }
        let hurry = self.current.as_ref().is_some_and(|running| running.source != layer.source);
        if let Some(change) = &mut self.change {
            let by_beat = if change.duration_beats > 0.0 {
                ((moment.beat - change.start_beat) / change.duration_beats) as f32
            } else {
                f32::from(u8::from(moment.beat >= change.start_beat))
            };
            let hurried = if hurry { change.progress + moment.dt_secs * HURRY_PER_SEC } else { 0.0 };
            change.progress = by_beat.max(hurried).max(change.progress).clamp(0.0, 1.0);
            if change.progress >= 1.0 {
                self.change = None;
            }
        }
        let current = self.current.as_mut()?;
        if current.source == layer.source && current.params != layer.params {
            current.params.clone_from(&layer.params);
        }
        let to = current.input(moment);
        Some(match &mut self.change {
            None => standing(to, current.program.as_deref(), moment),
            Some(change) => {
                let from = change.from.input(moment);
                let program = change.program.as_mut().and_then(|running| match running.input(moment) {
                    SceneInput::Program(program) => Some(program),
                    _ => None,
                });
                let change = TransitionInput { from, to, program, progress: change.progress };
                Drawn { content: LayerContent::Transition(Box::new(change)), effects: Vec::new() }
            }
        })
    }

    /// A scene whose file changed goes on with its new program, its clocks kept.
    fn reload(&mut self, scenes: &dyn Scenes, next_instance: &mut u64) {
        for running in self.current.iter_mut().chain(self.change.iter_mut().map(|change| &mut change.from)) {
            let LayerSource::Scene(id) = &running.source else { continue };
            let (Some(newest), Some(program)) = (scenes.program(id), &running.program) else { continue };
            if newest.id != program.id {
                running.load(Some(newest));
                running.instance = take(next_instance);
            }
        }
    }

    fn begin(
        &mut self,
        layer: &Layer,
        moment: &LayerMoment<'_>,
        next_instance: &mut u64,
        missing: &mut Vec<sync_protocol::SceneId>,
    ) {
        if self.change.is_some() {
            return; // hurried to its end first
        }
        let program = match &layer.source {
            LayerSource::Scene(id) => match moment.scenes.program(id) {
                Some(program) => Some(program),
                None => {
                    // Last good keeps playing.
                    missing.push(id.clone());
                    return;
                }
            },
            _ => None,
        };
        let next = Running::new(layer.source.clone(), program, take(next_instance));
        let Some(from) = self.current.replace(next) else { return };
        let quantum = f64::from(moment.transition.quantum_beats);
        let start_beat = if quantum > 0.0 { (moment.beat / quantum).ceil() * quantum } else { moment.beat };
        let program =
            moment.scenes.program(&moment.transition.scene).filter(|program| program.num_inputs == 2).map(
                |program| {
                    Running::new(
                        LayerSource::Scene(moment.transition.scene.clone()),
                        Some(program),
                        take(next_instance),
                    )
                },
            );
        self.change = Some(Change {
            from,
            start_beat,
            duration_beats: f64::from(moment.transition.duration_beats.max(0.0)),
            progress: 0.0,
            program,
        });
    }
}

impl Running {
    fn new(source: LayerSource, program: Option<Arc<SceneProgram>>, instance: u64) -> Self {
        let mut new = Self {
            source,
            params: BTreeMap::new(),
            program: None,
            instance,
            time_secs: 0.0,
            num_frames: 0,
            clocks: Vec::new(),
            computed: Vec::new(),
        };
        new.load(program);
        new
    }

    /// Takes a program; clocks go on where they are.
    fn load(&mut self, program: Option<Arc<SceneProgram>>) {
        self.clocks.resize(program.as_ref().map_or(0, |program| program.params.len()), 0.0);
        self.computed.clear();
        self.computed.resize(program.as_ref().map_or(0, |program| program.computed.len()), 0.0);
        self.program = program;
    }

    /// Returns this frame's input and moves to the next.
    fn input(&mut self, moment: &LayerMoment<'_>) -> SceneInput {
        let Some(program) = &self.program else {
            return match &self.source {
                LayerSource::Picture(asset) => {
                    picture_id(asset).map_or(SceneInput::Solid([0.0; 4]), SceneInput::Picture)
                }
                LayerSource::Solid([r, g, b, a]) => {
                    let a = a.clamp(0.0, 1.0);
                    let [r, g, b] = [*r, *g, *b].map(|c| linear_from_srgb(c) * a);
                    SceneInput::Solid([r, g, b, a])
                }
                LayerSource::Scene(_) => SceneInput::Solid([0.0; 4]),
            };
        };
        let dt_secs = if self.num_frames == 0 { 0.0 } else { f64::from(moment.dt_secs) };
        self.time_secs += dt_secs;
        let mut slots = Vec::with_capacity(program.params.len());
        let mut images = Vec::with_capacity(program.params.len());
        for (spec, clock) in program.params.iter().zip(&mut self.clocks) {
            let set = self.params.get(&spec.name);
            let mut slot =
                spec.clamp_slot(set.map_or_else(|| spec.default_slot(), |value| slot_of(value, spec)));
            if let Some(cued) = active_cue(moment.cues, &spec.name, moment.beat) {
                slot = spec.clamp_slot([cued as f32, 0.0, 0.0, 0.0]);
            }
            if let ParamKind::Float { clock: true, .. } = spec.kind {
                *clock += f64::from(slot[0]) * dt_secs;
                slot[1] = *clock as f32;
            }
            images.push(match set {
                Some(ParamValue::Image(asset)) => picture_id(asset),
                _ => None,
            });
            slots.push(slot);
        }
        let expr = ExprInput {
            time_secs: self.time_secs,
            frame_idx: self.num_frames,
            params: &slots,
            ..moment.expr
        };
        for (computed, last) in program.computed.iter().zip(&mut self.computed) {
            let value = computed.expr.eval(&expr) as f32;
            if value.is_finite() {
                *last = value;
            }
        }
        for (computed, last) in program.computed.iter().zip(&self.computed) {
            if let Some(slot) = slots.get_mut(computed.param) {
                slot[0] = *last;
            }
        }
        let input = ProgramInput {
            program: program.id,
            instance: self.instance,
            time_secs: self.time_secs,
            frame_idx: self.num_frames,
            params: slots,
            images,
        };
        self.num_frames += 1;
        SceneInput::Program(input)
    }
}

/// Shows a program the way its author meant it: a filter works on picture A, a transition goes to
/// and fro between A and B.
fn standing(input: SceneInput, program: Option<&SceneProgram>, moment: &LayerMoment<'_>) -> Drawn {
    let num_inputs = program.map_or(0, |program| program.num_inputs);
    let [a, b] = moment.pictures;
    match (input, num_inputs) {
        (SceneInput::Program(filter), 1) => {
            Drawn { content: LayerContent::One(SceneInput::Picture(a)), effects: vec![filter] }
        }
        (SceneInput::Program(transition), 2) => {
            let progress = 0.5 - 0.5 * (moment.beat * std::f64::consts::PI / BEATS_TO_AND_FRO).cos() as f32;
            let (from, to) = (SceneInput::Picture(a), SceneInput::Picture(b));
            let change = TransitionInput { from, to, program: Some(transition), progress };
            Drawn { content: LayerContent::Transition(Box::new(change)), effects: Vec::new() }
        }
        (input, _) => Drawn { content: LayerContent::One(input), effects: Vec::new() },
    }
}

fn take(next: &mut u64) -> u64 {
    let id = *next;
    *next += 1;
    id
}

fn slot_of(value: &ParamValue, spec: &ParamSpec) -> ParamSlot {
    match value {
        ParamValue::Bool(on) => [f32::from(u8::from(*on)), 0.0, 0.0, 0.0],
        ParamValue::Number(n) => [*n as f32, 0.0, 0.0, 0.0],
        ParamValue::Point([x, y]) => [*x, *y, 0.0, 0.0],
        ParamValue::Color(rgba) => *rgba,
        ParamValue::Image(_) => spec.default_slot(),
    }
}

fn active_cue(cues: &[Cue], parameter: &str, beat: f64) -> Option<f64> {
    cues.iter()
        .filter(|cue| cue.parameter == parameter && cue.beat <= beat)
        .filter(|cue| cue.duration_beats <= 0.0 || beat < cue.beat + cue.duration_beats)
        .max_by(|a, b| a.beat.total_cmp(&b.beat))
        .and_then(|cue| match &cue.value {
            CueValue::Number(n) => Some(*n),
            CueValue::Text(_) => None,
        })
}

/// Returns the renderer's id of an asset: the first 16 bytes of its SHA-256.
pub fn picture_id(asset: &AssetId) -> Option<PictureId> {
    u128::from_str_radix(asset.as_str().get(..32)?, 16).ok().map(PictureId)
}
