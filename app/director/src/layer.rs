//! What runs on one layer, and how it changes to the next thing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use audio_signal::{Cue, CueValue};
use renderer_scene::{
    ExprInput, LayerContent, ParamKind, ParamSlot, ParamSpec, PictureId, ProgramInput, SceneInput,
    SceneProgram, TransitionInput,
};
use sync_protocol::{
    Effect, Layer, LayerSource, Modulation, OPACITY, ParamValue, SceneId, Slides, Transition,
};

use crate::director::Scenes;
use crate::media::{picture_id, source_picture_id};
use crate::modulation::{Follower, ModMoment};
use crate::palette::linear_from_srgb;

/// A change asked for during another makes the other finish at this rate, in progress per second.
const HURRY_PER_SEC: f32 = 4.0;
/// A slide takes so many beats to become the next, at most half of the time it is seen.
const SLIDE_FADE_BEATS: f64 = 1.0;
/// Shortest time of a slide, in beats.
const MIN_SLIDE_BEATS: f32 = *sync_protocol::SLIDE_BEATS_RANGE.start();
/// A transition shown by itself takes so many beats to get across.
const BEATS_TO_AND_FRO: f64 = 4.0;

/// One source on its way through time.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    source: LayerSource,
    /// The last parameters set while the layer showed it: what leaves, leaves as it was.
    params: BTreeMap<String, ParamValue>,
    modulations: BTreeMap<String, Modulation>,
    followers: BTreeMap<String, Follower>,
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
    chain: Chain,
    /// What moves the opacity.
    opacity: Follower,
}

/// The filters of a layer or of the whole picture, by their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    running: HashMap<u32, Running>,
}

/// What a layer draws.
pub(crate) struct Drawn {
    pub content: LayerContent,
    pub effects: Vec<ProgramInput>,
    pub opacity: f32,
}

/// The value of a moved parameter in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The layer's number; `None` is the whole picture.
    pub layer: Option<u32>,
    /// The filter of its chain; `None` is the layer itself.
    pub effect: Option<u32>,
    /// What [`sync_protocol::Layer::modulations`] calls it.
    pub target: String,
    /// Its value, in the parameter's own unit.
    pub value: f32,
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
    /// What modulations read.
    pub modulation: ModMoment<'a>,
    /// What plays, for texts.
    pub track: &'a str,
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
        missing: &mut Vec<SceneId>,
        moved: &mut Vec<Moved>,
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
        if current.source == layer.source {
            current.set(&layer.params, &layer.modulations);
        }
        let report = |target: &str, value: f32| {
            moved.push(Moved { layer: Some(layer.id.0), effect: None, target: target.to_owned(), value });
        };
        let to = current.input(moment, report);
        let mut opacity = layer.opacity;
        if let Some(modulation) = layer.modulations.get(OPACITY) {
            opacity = (opacity + self.opacity.follow(modulation, OPACITY, moment.modulation)).clamp(0.0, 1.0);
            moved.push(Moved {
                layer: Some(layer.id.0),
                effect: None,
                target: OPACITY.to_owned(),
                value: opacity,
            });
        }
        let mut drawn = match &mut self.change {
            None => standing(to, current, moment),
            Some(change) => {
                let from = change.from.input(moment, |_, _| {});
                let program = change.program.as_mut().and_then(|running| running.program_input(moment));
                let change = TransitionInput { from, to, program, progress: change.progress };
                Drawn::content(LayerContent::Transition(Box::new(change)))
            }
        };
        drawn.opacity = opacity;
        let chain = self.chain.step(Some(layer.id.0), &layer.effects, moment, next_instance, missing, moved);
        drawn.effects.extend(chain);
        Some(drawn)
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
        missing: &mut Vec<SceneId>,
    ) {
        if self.change.is_some() {
            return; // hurried to its end first
        }
        let picture = match &layer.source {
            LayerSource::Slides(slides) => slide_picture(slides, slide_place(slides, moment.beat).floor()),
            source => source_picture_id(source, moment.track),
        };
        if picture.is_some_and(|picture| !moment.scenes.picture_ready(picture)) {
            return; // last good keeps playing
        }
        if let Some(current) = &mut self.current
            && same_kind(&current.source, &layer.source)
        {
            // Typing and picking a colour are no change of scene.
            current.source = layer.source.clone();
            return;
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
        let program = Running::transition(moment.transition, moment.scenes, next_instance);
        self.change = Some(Change {
            from,
            start_beat,
            duration_beats: f64::from(moment.transition.duration_beats.max(0.0)),
            progress: 0.0,
            program,
        });
    }
}

impl Drawn {
    fn content(content: LayerContent) -> Self {
        Self { content, effects: Vec::new(), opacity: 1.0 }
    }
}

impl Chain {
    /// Advances by one frame and returns the filters that can run, in order.
    pub(crate) fn step(
        &mut self,
        layer: Option<u32>,
        effects: &[Effect],
        moment: &LayerMoment<'_>,
        next_instance: &mut u64,
        missing: &mut Vec<SceneId>,
        moved: &mut Vec<Moved>,
    ) -> Vec<ProgramInput> {
        self.running.retain(|id, _| effects.iter().any(|effect| effect.id == *id));
        let mut inputs = Vec::with_capacity(effects.len());
        for effect in effects.iter().filter(|effect| !effect.bypassed) {
            let Some(program) = moment.scenes.program(&effect.scene) else {
                missing.push(effect.scene.clone());
                continue;
            };
            if program.num_inputs != 1 {
                continue;
            }
            let source = LayerSource::Scene(effect.scene.clone());
            let running = self.running.entry(effect.id).or_insert_with(|| {
                Running::new(source.clone(), Some(Arc::clone(&program)), take(next_instance))
            });
            if running.program.as_ref().is_none_or(|known| known.id != program.id) {
                running.source = source;
                running.load(Some(program));
                running.instance = take(next_instance);
            }
            running.set(&effect.params, &effect.modulations);
            let report = |target: &str, value: f32| {
                moved.push(Moved { layer, effect: Some(effect.id), target: target.to_owned(), value });
            };
            if let SceneInput::Program(input) = running.input(moment, report) {
                inputs.push(input);
            }
        }
        inputs
    }
}

impl Running {
    /// Makes the Show's transition ready; `None` when it is not there: the crossfade always is.
    pub(crate) fn transition(
        transition: &Transition,
        scenes: &dyn Scenes,
        next_instance: &mut u64,
    ) -> Option<Self> {
        let program = scenes.program(&transition.scene).filter(|program| program.num_inputs == 2)?;
        let source = LayerSource::Scene(transition.scene.clone());
        let mut running = Self::new(source, Some(program), take(next_instance));
        running.params.clone_from(&transition.params);
        Some(running)
    }

    /// Returns this frame's input of a program and moves to the next.
    pub(crate) fn program_input(&mut self, moment: &LayerMoment<'_>) -> Option<ProgramInput> {
        match self.input(moment, |_, _| {}) {
            SceneInput::Program(program) => Some(program),
            _ => None,
        }
    }

    fn set(&mut self, params: &BTreeMap<String, ParamValue>, modulations: &BTreeMap<String, Modulation>) {
        if self.params != *params {
            self.params.clone_from(params);
        }
        if self.modulations != *modulations {
            self.modulations.clone_from(modulations);
            self.followers.retain(|target, _| modulations.contains_key(target));
        }
    }

    /// Moves a slot as far as a modulation says.
    fn modulated(
        &mut self,
        spec: &ParamSpec,
        mut slot: ParamSlot,
        moment: ModMoment<'_>,
        report: &mut impl FnMut(&str, f32),
    ) -> ParamSlot {
        let is_point = matches!(spec.kind, ParamKind::Point { .. });
        let targets = [Some(spec.name.clone()), is_point.then(|| format!("{}.y", spec.name))];
        for (axis, target) in targets.into_iter().enumerate() {
            let Some((target, modulation)) =
                target.and_then(|target| Some((target.clone(), self.modulations.get(&target)?)))
            else {
                continue;
            };
            let by = self.followers.entry(target.clone()).or_default().follow(modulation, &target, moment);
            match &spec.kind {
                ParamKind::Float { min, max, .. } => slot[0] += by * (max - min),
                ParamKind::Point { min, max, .. } => slot[axis] += by * (max[axis] - min[axis]),
                ParamKind::Bool { .. } | ParamKind::Event => slot[0] += by,
                ParamKind::Choice { options, .. } => {
                    let from = options.iter().position(|(value, _)| *value as f32 == slot[0]).unwrap_or(0);
                    let last = options.len().saturating_sub(1) as f32;
                    let place = (from as f32 + by * last).round().clamp(0.0, last) as usize;
                    slot[0] = options.get(place).map_or(slot[0], |(value, _)| *value as f32);
                }
                ParamKind::Color { .. } => slot.iter_mut().take(3).for_each(|channel| *channel += by),
                ParamKind::Image => {}
            }
            slot = spec.clamp_slot(slot);
            report(&target, slot[axis]);
        }
        slot
    }

    fn new(source: LayerSource, program: Option<Arc<SceneProgram>>, instance: u64) -> Self {
        let mut new = Self {
            source,
            params: BTreeMap::new(),
            modulations: BTreeMap::new(),
            followers: BTreeMap::new(),
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

    /// Returns this frame's input and moves to the next. `report` hears the value of each moved parameter.
    fn input(&mut self, moment: &LayerMoment<'_>, mut report: impl FnMut(&str, f32)) -> SceneInput {
        let Some(program) = self.program.clone() else { return self.still(moment) };
        let dt_secs = if self.num_frames == 0 { 0.0 } else { f64::from(moment.dt_secs) };
        self.time_secs += dt_secs;
        let mut slots = Vec::with_capacity(program.params.len());
        let mut images = Vec::with_capacity(program.params.len());
        for (idx, spec) in program.params.iter().enumerate() {
            let set = self.params.get(&spec.name).cloned();
            let mut slot = spec
                .clamp_slot(set.as_ref().map_or_else(|| spec.default_slot(), |value| slot_of(value, spec)));
            if let Some(cued) = active_cue(moment.cues, &spec.name, moment.beat) {
                slot = spec.clamp_slot([cued as f32, 0.0, 0.0, 0.0]);
            }
            slot = self.modulated(spec, slot, moment.modulation, &mut report);
            if let ParamKind::Float { clock: true, .. } = spec.kind
                && let Some(clock) = self.clocks.get_mut(idx)
            {
                *clock += f64::from(slot[0]) * dt_secs;
                slot[1] = *clock as f32;
            }
            images.push(match set {
                Some(ParamValue::Image(asset)) => picture_id(&asset),
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

impl Running {
    /// What is no program: a picture, words, a colour.
    fn still(&self, moment: &LayerMoment<'_>) -> SceneInput {
        let picture = source_picture_id(&self.source, moment.track);
        match (&self.source, picture) {
            (LayerSource::Text(_), Some(picture)) => SceneInput::Card(picture),
            (_, Some(picture)) => SceneInput::Picture(picture),
            (LayerSource::Solid([r, g, b, a]), None) => {
                let a = a.clamp(0.0, 1.0);
                let [r, g, b] = [*r, *g, *b].map(|c| linear_from_srgb(c) * a);
                SceneInput::Solid([r, g, b, a])
            }
            (_, None) => SceneInput::Solid([0.0; 4]),
        }
    }
}

/// Shows a source the way it is meant: a filter works on picture A, a transition goes to and fro
/// between A and B, slides follow each other.
fn standing(input: SceneInput, running: &Running, moment: &LayerMoment<'_>) -> Drawn {
    if let LayerSource::Slides(slides) = &running.source {
        return Drawn::content(slide(slides, moment.beat));
    }
    let num_inputs = running.program.as_ref().map_or(0, |program| program.num_inputs);
    let [a, b] = moment.pictures;
    match (input, num_inputs) {
        (SceneInput::Program(filter), 1) => {
            let mut drawn = Drawn::content(LayerContent::One(SceneInput::Picture(a)));
            drawn.effects.push(filter);
            drawn
        }
        (SceneInput::Program(transition), 2) => {
            let progress = 0.5 - 0.5 * (moment.beat * std::f64::consts::PI / BEATS_TO_AND_FRO).cos() as f32;
            let (from, to) = (SceneInput::Picture(a), SceneInput::Picture(b));
            let change = TransitionInput { from, to, program: Some(transition), progress };
            Drawn::content(LayerContent::Transition(Box::new(change)))
        }
        (input, _) => Drawn::content(LayerContent::One(input)),
    }
}

/// The slide of a beat; at its end it fades into the next.
fn slide(slides: &Slides, beat: f64) -> LayerContent {
    let place = slide_place(slides, beat);
    let at = |step: f64| slide_picture(slides, step).map_or(SceneInput::Solid([0.0; 4]), SceneInput::Picture);
    let beats = f64::from(slides.beats.max(MIN_SLIDE_BEATS));
    let fade_beats = SLIDE_FADE_BEATS.min(beats / 2.0);
    let left_beats = (1.0 - place.fract()) * beats;
    if left_beats >= fade_beats || slides.pictures.len() < 2 {
        return LayerContent::One(at(place.floor()));
    }
    LayerContent::Transition(Box::new(TransitionInput {
        from: at(place.floor()),
        to: at(place.floor() + 1.0),
        program: None,
        progress: (1.0 - left_beats / fade_beats) as f32,
    }))
}

/// Slides since beat 0.
fn slide_place(slides: &Slides, beat: f64) -> f64 {
    (beat / f64::from(slides.beats.max(MIN_SLIDE_BEATS))).max(0.0)
}

fn slide_picture(slides: &Slides, step: f64) -> Option<PictureId> {
    let idx = (step % slides.pictures.len().max(1) as f64) as usize;
    slides.pictures.get(idx).and_then(picture_id)
}

/// Whether one source becomes the other without a transition.
fn same_kind(a: &LayerSource, b: &LayerSource) -> bool {
    matches!(
        (a, b),
        (LayerSource::Text(_), LayerSource::Text(_))
            | (LayerSource::Slides(_), LayerSource::Slides(_))
            | (LayerSource::Solid(_), LayerSource::Solid(_))
    )
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
