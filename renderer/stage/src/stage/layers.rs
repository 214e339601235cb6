//! From layers to one picture in linear light.

use std::collections::HashMap;

use renderer_gpu::TextureId;
use renderer_scene::{
    Blend, FrameInput, LayerContent, LayerInput, PictureId, ProgramInput, SceneInput, TextureSource,
    TransitionInput,
};

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
        let mut below = None;
        for layer in &input.layers {
            below = self.layer(encoder, input, layer, below, report, layers);
            self.timer.layer(encoder, layer.layer);
        }
        self.composed = below;
        self.glow = below
            .filter(|c| !c.encoded && self.settings.bloom > 0.0)
            .and_then(|c| self.bloom(encoder, c, report));
    }

    /// Draws one layer over what is below it. Returns the two together.
    fn layer(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        layer: &LayerInput,
        below: Option<Content>,
        report: &mut FrameReport,
        layers: &mut HashMap<u32, Content>,
    ) -> Option<Content> {
        let mut content = match &layer.content {
            LayerContent::One(scene) => self.scene(encoder, input, scene, report),
            LayerContent::Transition(transition) => self.transition(encoder, input, transition, report),
        };
        for effect in &layer.effects {
            let Some(from) = content else { break };
            // An effect that cannot run is left out, what it works on is not.
            content = self.program(encoder, input, effect, [Some(from), None], 0.0, report).or(Some(from));
        }
        let Some(content) = content else { return below };
        layers.insert(layer.layer, content);
        if below.is_none() && layer.opacity >= 1.0 && layer.blend == Blend::Normal {
            // The lowest layer over black is itself. Its alpha is resolved by whatever reads it next.
            return Some(content);
        }
        let Some(target) = self.target(self.render_size(), report) else { return below };
        let slot = Slot {
            a: [layer.opacity.clamp(0.0, 1.0), 0.0, 0.0, 0.0],
            mode: [
                layer.blend as u32,
                u32::from(content.encoded),
                u32::from(below.is_some_and(|b| b.encoded)),
            ],
            ..Slot::default()
        };
        let textures = [below.map(|b| b.texture.into()), Some(content.texture.into())];
        self.composer.draw_to(&mut self.kit, encoder, target, Step::Blend, slot, textures);
        Some(Content { texture: target, encoded: false })
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
            SceneInput::Picture(id) => {
                let size = self.render_size();
                let picture = self.pictures.get(&mut self.kit, *id, true)?;
                let target = self.target(size, report)?;
                let fit = cover(self.pictures.size(*id)?, size);
                let slot = Slot { fit, mode: [Convert::Copy as u32, 0, 0], ..Slot::default() };
                self.composer.draw_to(
                    &mut self.kit,
                    encoder,
                    target,
                    Step::Convert,
                    slot,
                    [Some(picture), None],
                );
                Some(Content { texture: target, encoded: true })
            }
        }
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
        if let Some(program) = &transition.program
            && let Some(done) = self.program(encoder, input, program, [from, to], progress, report)
        {
            return Some(done);
        }
        let target = self.target(self.render_size(), report)?;
        let encoded = |c: Option<Content>| u32::from(c.is_some_and(|c| c.encoded));
        let slot =
            Slot { a: [progress, 0.0, 0.0, 0.0], mode: [encoded(from), encoded(to), 0], ..Slot::default() };
        let textures = [from, to].map(|c| c.map(|c| c.texture.into()));
        self.composer.draw_to(&mut self.kit, encoder, target, Step::Crossfade, slot, textures);
        Some(Content { texture: target, encoded: false })
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
        let size = self.render_size();
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
