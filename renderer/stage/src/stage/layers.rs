//! From layers to one picture in linear light.

use std::collections::HashMap;

use renderer_gpu::TextureId;
use renderer_scene::{
    Blend, FrameInput, LayerContent, LayerInput, MaskForm, PictureId, Placement, PreviewRequest,
    ProgramInput, SceneInput, TextureSource, TransitionInput,
};

use super::pile::{Pile, Sheet, over};
use super::{Content, FrameReport, Stage};
use crate::audio::{AudioMemory, AudioTextures};
use crate::compose::{Convert, Slot, Step};
use crate::instance::{Drawing, Instance, Sources};
use crate::kit::{Kit, TextureRef};
use crate::pictures::Pictures;
use crate::prepare::LIGHT_FORMAT;

impl Stage {
    pub(super) fn compose(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        report: &mut FrameReport,
        layers: &mut HashMap<u32, Content>,
    ) {
        // The decks first, then what lies above both.
        let mut pile = Pile::default();
        if let Some(decks) = self.decks(encoder, input, report, layers) {
            pile.begin(decks);
        }
        for layer in input.layers.iter().filter(|layer| layer.deck.is_none()) {
            self.layer(encoder, input, layer, &mut pile, report, layers);
            self.timer.layer(encoder, layer.layer);
        }
        let mut below = self.flatten(encoder, &mut pile, report);
        for effect in &input.effects {
            let Some(from) = below else { break };
            below = self.program(encoder, input, effect, [Some(from), None], 0.0, report).or(Some(from));
        }
        self.composed = below;
        self.glow = below
            .filter(|c| !c.encoded && self.settings.bloom > 0.0)
            .and_then(|c| self.bloom(encoder, c, report));
    }

    /// Draws both decks and what the crossfader makes of them; `None` when no layer is on a deck. A deck that
    /// nobody sees, neither the audience nor a preview, rests.
    fn decks(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        report: &mut FrameReport,
        layers: &mut HashMap<u32, Content>,
    ) -> Option<Content> {
        if input.layers.iter().all(|layer| layer.deck.is_none()) {
            return None;
        }
        let position = input.fader.position.clamp(0.0, 1.0);
        let mut sides = [None, None];
        for (idx, (side, share)) in sides.iter_mut().zip([1.0 - position, position]).enumerate() {
            let key = PreviewRequest::DECKS[idx];
            if share <= 0.0 && input.previews.iter().all(|preview| preview.layer != Some(key)) {
                continue;
            }
            let mut pile = Pile::default();
            for layer in input.layers.iter().filter(|layer| layer.deck.map(usize::from) == Some(idx)) {
                self.layer(encoder, input, layer, &mut pile, report, layers);
                self.timer.layer(encoder, layer.layer);
            }
            *side = self.flatten(encoder, &mut pile, report);
            if let Some(content) = *side {
                layers.insert(key, content);
            }
        }
        match (sides, position) {
            ([Some(a), _], 0.0) => Some(a),
            ([_, Some(b)], 1.0) => Some(b),
            ([None, None], _) => None,
            (sides, _) => {
                self.crossing(encoder, input, sides, input.fader.program.as_ref(), position, report)
            }
        }
    }

    /// What a transition makes of two pictures.
    fn crossing(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        sides: [Option<Content>; 2],
        program: Option<&ProgramInput>,
        progress: f32,
        report: &mut FrameReport,
    ) -> Option<Content> {
        if let Some(program) = program
            && let Some(done) = self.program(encoder, input, program, sides, progress, report)
        {
            return Some(done);
        }
        let target = self.target(self.render_size(), report)?;
        let [from, to] = sides.map(|side| u32::from(side.is_some_and(|side| side.encoded)));
        let slot = Slot { a: [progress, 0.0, 0.0, 0.0], mode: [from, to, 0], ..Slot::default() };
        let textures = sides.map(|side| side.map(|side| side.texture.into()));
        self.composer.draw_to(&mut self.kit, encoder, target, Step::Crossfade, slot, textures);
        Some(Content { texture: target, encoded: false })
    }

    /// Puts a layer where it lies and shows the part that is seen.
    fn placed(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        layer: &LayerInput,
        content: Content,
        report: &mut FrameReport,
        layers: &HashMap<u32, Content>,
    ) -> Option<Content> {
        let size = self.render_size();
        let mut slot = Slot { mode: [0, u32::from(content.encoded), 0], ..Slot::default() };
        let mut mask_texture = None;
        let aspect = size[0] as f32 / size[1].max(1) as f32;
        slot.place = [0.5 + layer.placement.offset[0], 0.5 - layer.placement.offset[1], aspect, 0.0];
        slot.turn = inverse(layer.placement);
        if let Some(mask) = &layer.mask {
            slot.mask = [mask.centre[0], mask.centre[1], mask.size[0], mask.size[1]];
            slot.place[3] = mask.feather;
            slot.mode[2] = u32::from(mask.inverted);
            slot.mode[0] = match mask.form {
                MaskForm::Ellipse => 1,
                MaskForm::Rectangle => 2,
                MaskForm::Picture(id) => {
                    mask_texture = self.pictures.get(&mut self.kit, id, true);
                    slot.fit = self.pictures.size(id).map_or(slot.fit, |picture| cover(picture, size));
                    4
                }
                MaskForm::Layer(other) => {
                    let other = layers.get(&other);
                    mask_texture = other.map(|other| other.texture.into());
                    3 + u32::from(other.is_some_and(|other| other.encoded))
                }
            };
        }
        let target = self.target(size, report)?;
        let textures = [Some(content.texture.into()), mask_texture];
        self.composer.draw_to(&mut self.kit, encoder, target, Step::Place, slot, textures);
        Some(Content { texture: target, encoded: false })
    }

    /// Draws one layer and lays it over what is below.
    fn layer(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        layer: &LayerInput,
        pile: &mut Pile,
        report: &mut FrameReport,
        layers: &mut HashMap<u32, Content>,
    ) {
        let opacity = layer.opacity.clamp(0.0, 1.0);
        // The lowest layer over black is itself. Its alpha is resolved by whatever reads it next.
        let is_ground = pile.is_empty() && opacity >= 1.0 && layer.blend == Blend::Normal;
        if !is_ground && let Some(sheet) = self.plain_picture(input, layer) {
            return pile.lay(Sheet { opacity, ..sheet });
        }
        let mut content = match &layer.content {
            LayerContent::One(scene) => self.scene(encoder, input, scene, report),
            LayerContent::Transition(transition) => self.transition(encoder, input, transition, report),
        };
        for effect in &layer.effects {
            let Some(from) = content else { break };
            // An effect that cannot run is left out, what it works on is not.
            content = self.program(encoder, input, effect, [Some(from), None], 0.0, report).or(Some(from));
        }
        if let Some(from) = content
            && (layer.placement != Placement::default() || layer.mask.is_some())
        {
            content = self.placed(encoder, layer, from, report, layers);
        }
        let Some(content) = content else { return };
        layers.insert(layer.layer, content);
        if is_ground {
            return pile.begin(content);
        }
        if let Some(over) = over(layer.blend) {
            return pile.lay(Sheet { opacity, over, ..content.into() });
        }
        let below = self.flatten(encoder, pile, report);
        let Some(target) = self.target(self.render_size(), report) else { return };
        let slot = Slot {
            a: [opacity, 0.0, 0.0, 0.0],
            mode: [
                layer.blend as u32,
                u32::from(content.encoded),
                u32::from(below.is_some_and(|b| b.encoded)),
            ],
            ..Slot::default()
        };
        let textures = [below.map(|b| b.texture.into()), Some(content.texture.into())];
        self.composer.draw_to(&mut self.kit, encoder, target, Step::Blend, slot, textures);
        pile.begin(Content { texture: target, encoded: false });
    }

    /// A layer that is nothing but a picture is laid as it comes from the file, when nobody else looks at it.
    fn plain_picture(&mut self, input: &FrameInput, layer: &LayerInput) -> Option<Sheet> {
        let LayerContent::One(SceneInput::Picture(id)) = layer.content else { return None };
        let seen = input.previews.iter().any(|preview| preview.layer == Some(layer.layer));
        let masks = input
            .layers
            .iter()
            .filter_map(|other| other.mask.as_ref())
            .any(|mask| mask.form == MaskForm::Layer(layer.layer));
        let changed =
            !layer.effects.is_empty() || layer.placement != Placement::default() || layer.mask.is_some();
        if seen || masks || changed {
            return None;
        }
        let over = over(layer.blend)?;
        let texture = self.pictures.get(&mut self.kit, id, true)?;
        let (own, size) = (self.pictures.size(id)?, self.render_size());
        let fit = (own != size).then(|| cover(own, size));
        Some(Sheet { texture, encoded: true, fit, opacity: 1.0, over })
    }

    fn scene(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        scene: &SceneInput,
        report: &mut FrameReport,
    ) -> Option<Content> {
        match scene {
            SceneInput::Program(program) => self.program(encoder, input, program, [None, None], 0.0, report),
            SceneInput::Solid(color) => {
                let target = self.target([1, 1], report)?;
                let slot = Slot { a: *color, ..Slot::default() };
                self.composer.draw_to(&mut self.kit, encoder, target, Step::Solid, slot, [None, None]);
                Some(Content { texture: target, encoded: false })
            }
            SceneInput::Picture(id) => self.picture(encoder, *id, false, report),
            SceneInput::Card(id) => self.picture(encoder, *id, true, report),
        }
    }

    /// A picture that covers the stage, or is seen whole.
    fn picture(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        id: PictureId,
        whole: bool,
        report: &mut FrameReport,
    ) -> Option<Content> {
        let size = self.render_size();
        let picture = self.pictures.get(&mut self.kit, id, true)?;
        let target = self.target(size, report)?;
        let own = self.pictures.size(id)?;
        let (fit, convert) =
            if whole { (contain(own, size), Convert::Whole) } else { (cover(own, size), Convert::Copy) };
        let slot = Slot { fit, mode: [convert as u32, 0, 0], ..Slot::default() };
        self.composer.draw_to(&mut self.kit, encoder, target, Step::Convert, slot, [Some(picture), None]);
        Some(Content { texture: target, encoded: true })
    }

    fn transition(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        transition: &TransitionInput,
        report: &mut FrameReport,
    ) -> Option<Content> {
        let from = self.scene(encoder, input, &transition.from, report);
        let to = self.scene(encoder, input, &transition.to, report);
        let progress = transition.progress.clamp(0.0, 1.0);
        self.crossing(encoder, input, [from, to], transition.program.as_ref(), progress, report)
    }

    fn program(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        program: &ProgramInput,
        inputs: [Option<Content>; 2],
        progress: f32,
        report: &mut FrameReport,
    ) -> Option<Content> {
        let Some(prepared) = self.programs.get(&program.program).cloned() else {
            report.missing.push(program.program);
            return None;
        };
        let encoded = prepared.program.output_srgb;
        let convert = if encoded { Convert::Encode } else { Convert::Decode };
        let inputs = inputs.map(|content| {
            let content = content?;
            if content.encoded == encoded {
                Some(content)
            } else {
                self.converted(encoder, content, convert, report)
            }
        });
        let share = self.shares.get(&program.program).copied().unwrap_or(1.0);
        let size = self.render_size().map(|side| ((side as f32 * share).round() as u32).max(1));
        let mut instance = match self.instances.remove(&program.instance) {
            Some(instance) if instance.program == program.program => instance,
            other => {
                if let Some(old) = other {
                    old.destroy(&mut self.kit);
                }
                Instance::new(&mut self.kit, &prepared.program)
            }
        };
        if instance.drawn_in == self.frame
            && let Some(texture) = instance.output_texture()
        {
            // Named twice in one frame: drawn once.
            self.instances.insert(program.instance, instance);
            return Some(Content { texture, encoded });
        }
        instance.drawn_in = self.frame;
        let mut sources = StageSources {
            pictures: &mut self.pictures,
            audio: &mut self.audio,
            memory: &self.audio_memory,
            imports: self.imports.get(&program.program).map(Vec::as_slice).unwrap_or_default(),
            frame: input,
            program,
            inputs: inputs.map(|c| c.map(|c| c.texture)),
            raw: encoded,
            number: self.frame,
        };
        let drawing = Drawing { frame: input, program, size, progress };
        let drawn =
            instance.draw(&mut self.kit, &mut self.composer, encoder, &prepared, &drawing, &mut sources);
        self.instances.insert(program.instance, instance);
        match drawn {
            Ok(texture) => {
                report.num_programs += 1;
                Some(Content { texture, encoded })
            }
            Err(error) => {
                report.faults.push(format!("scene {:?}: {error}", prepared.program.name));
                None
            }
        }
    }

    fn converted(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        from: Content,
        convert: Convert,
        report: &mut FrameReport,
    ) -> Option<Content> {
        let target = self.target(self.render_size(), report)?;
        let slot = Slot { mode: [convert as u32, 0, 0], ..Slot::default() };
        self.composer.draw_to(
            &mut self.kit,
            encoder,
            target,
            Step::Convert,
            slot,
            [Some(from.texture.into()), None],
        );
        Some(Content { texture: target, encoded: convert == Convert::Encode })
    }

    pub(super) fn target(&mut self, size: [u32; 2], report: &mut FrameReport) -> Option<TextureId> {
        self.kit.transient(size, LIGHT_FORMAT).map_err(|error| report.faults.push(error.to_string())).ok()
    }
}

/// Scale and offset of coordinates that make a picture cover a frame.
fn cover(picture: [u32; 2], frame: [u32; 2]) -> [f32; 4] {
    let aspect = |size: [u32; 2]| size[0].max(1) as f32 / size[1].max(1) as f32;
    let wider = aspect(picture) / aspect(frame);
    let scale = if wider > 1.0 { [1.0 / wider, 1.0] } else { [1.0, wider] };
    [scale[0], scale[1], (1.0 - scale[0]) * 0.5, (1.0 - scale[1]) * 0.5]
}

/// The same for a picture that is seen whole.
fn contain(picture: [u32; 2], frame: [u32; 2]) -> [f32; 4] {
    let aspect = |size: [u32; 2]| size[0].max(1) as f32 / size[1].max(1) as f32;
    let wider = aspect(picture) / aspect(frame);
    let scale = if wider > 1.0 { [1.0, wider] } else { [1.0 / wider, 1.0] };
    [scale[0], scale[1], (1.0 - scale[0]) * 0.5, (1.0 - scale[1]) * 0.5]
}

/// From the stage to a layer's own coordinates, rows from the top: the inverse of its scale and turn.
fn inverse(placement: Placement) -> [f32; 4] {
    let (sin, cos) = (placement.turn * std::f32::consts::TAU).sin_cos();
    let [x, y] = placement.scale.map(|scale| if scale.abs() < 1e-4 { 1e4 } else { 1.0 / scale });
    [cos * x, -sin * x, sin * y, cos * y]
}

/// What programs read from the stage.
struct StageSources<'a> {
    pictures: &'a mut Pictures,
    audio: &'a mut AudioTextures,
    memory: &'a AudioMemory,
    imports: &'a [PictureId],
    frame: &'a FrameInput,
    program: &'a ProgramInput,
    inputs: [Option<TextureId>; 2],
    /// Foreign formats read pictures as the file has them, ours in linear light.
    raw: bool,
    number: u64,
}

impl Sources for StageSources<'_> {
    fn texture(&mut self, kit: &mut Kit, source: &TextureSource) -> Option<TextureRef> {
        match source {
            TextureSource::Param(i) => {
                let id = (*self.program.images.get(*i)?)?;
                self.pictures.get(kit, id, self.raw)
            }
            TextureSource::Imported(i) => self.pictures.get(kit, *self.imports.get(*i)?, self.raw),
            TextureSource::Audio(kind) => {
                self.audio.get(kit, *kind, self.memory, &self.frame.signal, self.number).map(TextureRef::from)
            }
            TextureSource::Picture(side) => {
                let side = usize::from(*side).min(1);
                let wanted = self.frame.pictures[side].unwrap_or(PictureId::BUILT_IN[side]);
                self.pictures.shown(kit, side, wanted, self.raw)
            }
            TextureSource::Input(i) => {
                self.inputs.get(usize::from(*i)).copied().flatten().map(TextureRef::from)
            }
            TextureSource::Buffer(_) | TextureSource::Previous | TextureSource::Black => None,
        }
    }
}
