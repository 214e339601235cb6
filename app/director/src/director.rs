use std::collections::HashMap;
use std::sync::Arc;

use audio_signal::{AudioFrame, Cue, Hit, Transport};
use renderer_scene::{
    Blend, ExprInput, FaderInput, FrameInput, HitInput, LayerInput, MaskForm, MaskInput, MasterInput,
    PictureId, Placement, SceneProgram,
};
use sync_protocol::{BlendMode, Command, Deck, Mask, MaskShape, SceneId, Show, Transform};

use crate::autopilot::{Candidate, Pilot};
use crate::cues::CueWatch;
use crate::layer::{Chain, LayerMoment, LayerState, Moved, Running};
use crate::media::picture_id;
use crate::modulation::ModMoment;
use crate::palette::{linear_stops, srgb_from_linear};

/// Longest step of the picture's clock, in seconds: a stall makes the picture slow, never jump.
const MAX_STEP_SECS: f64 = 0.05;
/// Age given to a hit that never happened, in seconds.
const NEVER_SECS: f32 = 1000.0;

/// Where programs come from. The library implements it; the last good program of a name stays.
pub trait Scenes {
    /// Returns the newest program of a name that compiled.
    fn program(&self, scene: &SceneId) -> Option<Arc<SceneProgram>>;

    /// Returns what the autopilot may choose from: scenes that compile and draw by themselves.
    fn candidates(&self) -> Arc<[Candidate]> {
        Arc::from([])
    }

    /// Returns whether a picture can be drawn: a layer changes to it only then.
    fn picture_ready(&self, _picture: PictureId) -> bool {
        true
    }
}

/// The outside facts of one frame.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Stream time at which the frame will be seen, in seconds: the beat and the age of hits are taken there.
    pub present_secs: f64,
    /// Time since the last frame, in seconds. Clamped to 0–0.05.
    pub dt_secs: f64,
    /// Pointer: x, y in pixels from the bottom left while down, then where it went down.
    pub mouse: [f32; 4],
    /// Year, month, day, seconds in the day.
    pub date: [f32; 4],
    /// Size of the finished picture, in pixels: what a sketch reads as width and height.
    pub size_px: [u32; 2],
}

impl Moment {
    /// Makes a moment at 1280×720 without pointer and date.
    pub fn new(present_secs: f64, dt_secs: f64) -> Self {
        Self { present_secs, dt_secs, mouse: [0.0; 4], date: [0.0; 4], size_px: [1280, 720] }
    }
}

/// What a step gives.
#[derive(Clone, Debug)]
pub struct Step {
    /// The picture's input.
    pub input: FrameInput,
    /// Changes it would like; only the room's host lets them.
    pub proposals: Vec<Command>,
    /// Scenes the Show names and the library does not have. Last good keeps playing.
    pub missing: Vec<SceneId>,
    /// Values of all modulated parameters, for whoever draws them.
    pub moved: Vec<Moved>,
}

/// Turns Show, Signal and Transport into pictures' inputs, one frame after the other.
#[derive(Debug, Default)]
pub struct Director {
    layers: HashMap<u32, LayerState>,
    next_instance: u64,
    frame_idx: u64,
    time_secs: f64,
    master: Chain,
    fader: Option<Running>,
    fader_of: Option<SceneId>,
    pilot: Pilot,
    cues: CueWatch,
    track: String,
}

impl Director {
    /// Starts at frame 0.
    pub fn new() -> Self {
        Self { next_instance: 1, ..Self::default() }
    }

    /// Returns show time, in seconds.
    pub fn time_secs(&self) -> f64 {
        self.time_secs
    }

    /// Goes on from a saved show time, in seconds.
    pub fn resume_at(&mut self, time_secs: f64) {
        self.time_secs = time_secs.max(0.0);
    }

    /// Says what plays, for texts that name it.
    pub fn set_track(&mut self, track: &str) {
        if self.track != track {
            self.track = track.to_owned();
        }
    }

    /// Makes the input of the next frame.
    pub fn step(
        &mut self,
        show: &Show,
        signal: &Arc<AudioFrame>,
        cues: &[Cue],
        transport: &Transport,
        moment: Moment,
        scenes: &dyn Scenes,
    ) -> Step {
        let dt_secs = if self.frame_idx == 0 || show.master.frozen {
            0.0
        } else {
            moment.dt_secs.clamp(0.0, MAX_STEP_SECS)
        };
        self.time_secs += dt_secs;
        let beat = transport.beat_at(moment.present_secs);
        self.layers.retain(|id, _| show.layers.iter().any(|layer| layer.id.0 == *id));
        let palette = linear_stops(&show.palette);
        let fft = [signal.bass.level, signal.mid.level, signal.mid_high.level, signal.high.level];
        let [mouse_x, mouse_y, ..] = moment.mouse.map(f64::from);
        let expr = ExprInput {
            dt_secs,
            seed: show.seed,
            beat,
            tempo_bpm: transport.tempo_bpm,
            mouse_px: [mouse_x, f64::from(moment.size_px[1]) - mouse_y],
            size_px: moment.size_px,
            fft: &fft,
            volume: f64::from(signal.all.level),
            hits: [&signal.beat, &signal.onset, &signal.kick, &signal.snare, &signal.hat]
                .map(|hit| hit_at(hit, moment.present_secs)),
            clocks_secs: [&signal.bass, &signal.mid, &signal.mid_high, &signal.high]
                .map(|band| band.time_secs),
            palette: palette.map(|[r, g, b, _]| [r, g, b].map(srgb_from_linear)),
            ..ExprInput::default()
        };
        let pictures = [&show.pictures.a, &show.pictures.b].map(|slot| slot.as_ref().and_then(picture_id));
        let layer_moment = LayerMoment {
            beat,
            dt_secs: dt_secs as f32,
            cues,
            transition: &show.transition,
            scenes,
            pictures: std::array::from_fn(|i| pictures[i].unwrap_or(PictureId::BUILT_IN[i])),
            modulation: ModMoment {
                signal,
                present_secs: moment.present_secs,
                beat,
                dt_secs: dt_secs as f32,
                seed: show.seed,
            },
            track: &self.track,
            expr,
        };
        let mut moved = Vec::new();
        let mut missing = Vec::new();
        let mut layers = Vec::with_capacity(show.layers.len());
        for layer in &show.layers {
            let state = self.layers.entry(layer.id.0).or_default();
            let drawn = state.step(layer, &layer_moment, &mut self.next_instance, &mut missing, &mut moved);
            let Some(drawn) = drawn.filter(|drawn| !layer.muted && drawn.opacity > 0.0) else { continue };
            layers.push(LayerInput {
                layer: layer.id.0,
                content: drawn.content,
                opacity: drawn.opacity.clamp(0.0, 1.0),
                blend: blend_of(layer.blend),
                effects: drawn.effects,
                placement: placement_of(&layer.transform),
                mask: layer.mask.as_ref().and_then(mask_of),
                deck: layer.deck.map(|deck| u8::from(deck == Deck::B)),
            });
        }
        let effects = self.master.step(
            None,
            &show.effects,
            &layer_moment,
            &mut self.next_instance,
            &mut missing,
            &mut moved,
        );
        if self.fader_of.as_ref() != Some(&show.transition.scene) {
            self.fader = Running::transition(&show.transition, scenes, &mut self.next_instance);
            self.fader_of = self.fader.is_some().then(|| show.transition.scene.clone());
        }
        let on_decks = layers.iter().any(|layer| layer.deck.is_some());
        let fader = FaderInput {
            position: show.fade.position(beat),
            program: self
                .fader
                .as_mut()
                .filter(|_| on_decks)
                .and_then(|running| running.program_input(&layer_moment)),
        };
        let proposals = [
            self.pilot.step(show, signal, beat, || scenes.candidates()),
            self.cues.step(show, signal, beat, self.time_secs),
        ];
        let hit = |hit: &Hit| hit_at(hit, moment.present_secs);
        let input = FrameInput {
            frame_idx: self.frame_idx,
            time_secs: self.time_secs,
            dt_secs: dt_secs as f32,
            seed: show.seed,
            signal: Arc::clone(signal),
            beat,
            beats_per_bar: transport.beats_per_bar,
            tempo_bpm: transport.tempo_bpm as f32,
            beat_hit: hit(&signal.beat),
            onset: hit(&signal.onset),
            kick: hit(&signal.kick),
            snare: hit(&signal.snare),
            hat: hit(&signal.hat),
            drop: hit(&signal.drop),
            palette,
            mouse: moment.mouse,
            date: moment.date,
            pictures,
            picture_mix: show.pictures.mix.clamp(0.0, 1.0),
            layers,
            effects,
            fader,
            master: MasterInput {
                blackout: show.master.blackout,
                frozen: show.master.frozen,
                brightness: show.master.brightness.clamp(0.0, 2.0),
            },
            previews: Vec::new(),
        };
        self.frame_idx += 1;
        Step { input, proposals: proposals.into_iter().flatten().collect(), missing, moved }
    }
}

fn hit_at(hit: &Hit, present_secs: f64) -> HitInput {
    let age_secs = if hit.count == 0 { NEVER_SECS } else { (present_secs - hit.time_secs).max(0.0) as f32 };
    HitInput { count: hit.count, age_secs, strength: hit.strength }
}

fn placement_of(transform: &Transform) -> Placement {
    Placement { offset: transform.offset, scale: transform.scale, turn: transform.turn }
}

fn mask_of(mask: &Mask) -> Option<MaskInput> {
    let form = match &mask.shape {
        MaskShape::Ellipse => MaskForm::Ellipse,
        MaskShape::Rectangle => MaskForm::Rectangle,
        MaskShape::Picture(asset) => MaskForm::Picture(picture_id(asset)?),
        MaskShape::Layer(layer) => MaskForm::Layer(layer.0),
    };
    let Mask { centre, size, feather, inverted, .. } = *mask;
    Some(MaskInput { form, centre, size, feather, inverted })
}

fn blend_of(mode: BlendMode) -> Blend {
    match mode {
        BlendMode::Normal => Blend::Normal,
        BlendMode::Add => Blend::Add,
        BlendMode::Screen => Blend::Screen,
        BlendMode::Multiply => Blend::Multiply,
        BlendMode::Difference => Blend::Difference,
        BlendMode::Overlay => Blend::Overlay,
        BlendMode::Lighten => Blend::Lighten,
        BlendMode::Darken => Blend::Darken,
        BlendMode::ColorDodge => Blend::ColorDodge,
        BlendMode::ColorBurn => Blend::ColorBurn,
        BlendMode::HardLight => Blend::HardLight,
        BlendMode::SoftLight => Blend::SoftLight,
        BlendMode::Exclusion => Blend::Exclusion,
        BlendMode::Subtract => Blend::Subtract,
        BlendMode::Divide => Blend::Divide,
        BlendMode::Luminosity => Blend::Luminosity,
    }
}
