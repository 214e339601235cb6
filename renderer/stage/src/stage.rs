use std::collections::HashMap;
use std::sync::Arc;

use renderer_gpu::{Gpu, Keep, Pixels, ReadbackRing, TextureId, TextureStats};
use renderer_scene::{
    FrameInput, LayerContent, PictureId, ProgramId, ProgramInput, SceneInput, SceneProgram, TextureSource, TransitionInput,
};

use crate::StageError;
use crate::audio::{AudioMemory, AudioTextures};
use crate::compose::{Composer, Convert, Slot, Step, Target};
use crate::instance::{Drawing, Instance, Sources};
use crate::kit::{Kit, TextureRef, texture_desc};
use crate::pictures::{Picture, Pictures, built_in};
use crate::prepare::{LIGHT_FORMAT, PreparedProgram};

/// Frames an instance may be away before its memory is freed: a second at 60/s.
const INSTANCE_KEPT_FRAMES: u64 = 60;
/// The format of the finished picture: sRGB-encoded bytes.
pub(crate) const OUTPUT_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
/// Light above this glows.
const BLOOM_FROM: f32 = 0.7;
/// Each wider glow's share of the sum.
const BLOOM_WIDE_SHARE: f32 = 0.55;
/// Halvings of the glow after its first quarter.
const BLOOM_LEVELS: usize = 4;

/// How a stage draws.
#[derive(Clone, Debug, PartialEq)]
pub struct StageSettings {
    /// The finished picture, in pixels.
    pub size: [u32; 2],
    /// Share of light that glows, 0–1; 0 saves the work.
    pub bloom: f32,
    /// Whether pictures may arrive over several frames (live) or must be there at once (offline).
    pub live: bool,
}

impl Default for StageSettings {
    /// 1280×720, live.
    fn default() -> Self {
        Self { size: [1280, 720], bloom: 0.35, live: true }
    }
}

/// What came of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameReport {
    /// Programs the input names that are not installed: their layers are left out.
    pub missing: Vec<ProgramId>,
    /// Why layers were left out, in words.
    pub faults: Vec<String>,
    /// Programs drawn.
    pub num_programs: u32,
    /// Textures after the frame.
    pub textures: TextureStats,
}

/// A picture on its way: light, or a foreign format's screen colours.
#[derive(Clone, Copy)]
struct Content {
    texture: TextureId,
    encoded: bool,
}

/// Draws frames.
///
/// Owned by one render thread. After a loss, [`Stage::rebuild`] makes everything again from what it
/// was given.
pub struct Stage {
    settings: StageSettings,
    /// The render size is this share of the picture's, 0.5–1.
    scale: f32,
    kit: Kit,
    composer: Composer,
    programs: HashMap<ProgramId, Arc<PreparedProgram>>,
    imports: HashMap<ProgramId, Vec<PictureId>>,
    instances: HashMap<u64, Instance>,
    pictures: Pictures,
    audio: AudioTextures,
    audio_memory: AudioMemory,
    output: TextureId,
    previews: ReadbackRing,
    composed: Option<Content>,
    glow: Option<TextureId>,
    frame: u64,
}

impl Stage {
    /// An empty stage.
    ///
    /// # Errors
    /// [`StageError::Texture`] when the picture does not fit the device or the budget.
    pub fn new(gpu: &Gpu, settings: StageSettings) -> Result<Self, StageError> {
        let mut kit = Kit::new(gpu)?;
        let composer = Composer::new(&mut kit);
        let output = output_texture(&mut kit, settings.size)?;
        let mut pictures = Pictures::default();
        for side in 0..2 {
            let (id, picture) = built_in(side);
            pictures.put(&mut kit, id, picture)?;
        }
        // Small and always wanted: there from the first frame.
        pictures.run(&kit, u64::MAX);
        Ok(Self {
            settings,
            scale: 1.0,
            kit,
            composer,
            programs: HashMap::new(),
            imports: HashMap::new(),
            instances: HashMap::new(),
            pictures,
            audio: AudioTextures::default(),
            audio_memory: AudioMemory::default(),
            output,
            previews: ReadbackRing::default(),
            composed: None,
            glow: None,
            frame: 0,
        })
    }

    /// The device it draws on.
    pub fn gpu(&self) -> &Gpu {
        &self.kit.gpu
    }

    /// Compiles and installs a program. Slow; live shows compile on a worker with [`PreparedProgram::new`].
    ///
    /// # Errors
    /// What [`PreparedProgram::new`] says; the stage is as before.
    pub fn install(&mut self, program: Arc<SceneProgram>) -> Result<ProgramId, StageError> {
        let id = program.id;
        if !self.has_program(id) {
            let prepared = PreparedProgram::new(&self.kit.gpu, program)?;
            self.install_prepared(prepared);
        }
        Ok(id)
    }

    /// Installs a compiled program. One made for another generation of the device is refused: `false`.
    pub fn install_prepared(&mut self, mut prepared: PreparedProgram) -> bool {
        if prepared.generation != self.kit.gpu.generation() {
            return false;
        }
        for group in prepared.passes.iter_mut().flat_map(|pass| &mut pass.groups) {
            group.layout.number = self.kit.number();
        }
        self.programs.insert(prepared.program.id, Arc::new(prepared));
        true
    }

    /// Whether a program can be drawn.
    pub fn has_program(&self, id: ProgramId) -> bool {
        self.programs.contains_key(&id)
    }

    /// Forgets a program. Instances of it that are drawn no more are freed as usual.
    pub fn remove_program(&mut self, id: ProgramId) {
        self.programs.remove(&id);
        self.imports.remove(&id);
    }

    /// Says which pictures a program's `images` are, in order.
    pub fn set_imports(&mut self, id: ProgramId, pictures: Vec<PictureId>) {
        self.imports.insert(id, pictures);
    }

    /// Gives the stage a picture. The same id twice is sent once.
    ///
    /// # Errors
    /// [`StageError::PictureBytes`] when its bytes do not fill its size, [`StageError::Texture`] when there is no room.
    pub fn put_picture(&mut self, id: PictureId, picture: Picture) -> Result<(), StageError> {
        self.pictures.put(&mut self.kit, id, picture)
    }

    /// Takes a picture away and frees its texture at once.
    pub fn remove_picture(&mut self, id: PictureId) {
        self.pictures.remove(&mut self.kit, id);
    }

    /// Changes the size of the finished picture. Persistent buffers keep their pictures, scaled.
    ///
    /// # Errors
    /// [`StageError::Texture`]; the stage keeps its size.
    pub fn resize(&mut self, size: [u32; 2]) -> Result<(), StageError> {
        if size != self.settings.size {
            let output = output_texture(&mut self.kit, size)?;
            self.kit.store.destroy(self.output);
            self.output = output;
            self.settings.size = size;
        }
        Ok(())
    }

    /// Draws inside at this share of the size, 0.5–1: live shows on weak machines.
    pub fn set_scale(&mut self, scale: f32) {
        self.scale = if scale.is_finite() { scale.clamp(0.5, 1.0) } else { 1.0 };
    }

    /// The size scenes are drawn at, in pixels.
    pub fn render_size(&self) -> [u32; 2] {
        self.settings.size.map(|side| ((side as f32 * self.scale).round() as u32).max(1))
    }

    /// The finished picture: `Rgba8Unorm`, sRGB-encoded, rows from the top.
    pub fn output(&self) -> Option<&wgpu::Texture> {
        self.kit.store.texture(self.output)
    }

    /// What the textures take.
    pub fn texture_stats(&self) -> TextureStats {
        self.kit.store.stats()
    }

    /// Draws one frame into [`Stage::output`] and asks for the previews it names.
    ///
    /// A layer that cannot be drawn is left out and named in the report; the others are drawn.
    ///
    /// # Errors
    /// [`StageError::Lost`] when the device is gone.
    pub fn render(&mut self, input: &FrameInput) -> Result<FrameReport, StageError> {
        self.kit.gpu.poll();
        if self.kit.gpu.is_lost() {
            return Err(StageError::Lost { reason: self.kit.gpu.loss_reason() });
        }
        let mut report = FrameReport::default();
        let budget = if self.settings.live { self.kit.gpu.settings().upload_bytes_per_frame } else { u64::MAX };
        self.pictures.run(&self.kit, budget);
        let mut encoder =
            self.kit.gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("frame") });
        let mut layers = HashMap::new();
        if !input.master.frozen {
            self.frame += 1;
            self.audio_memory.step(&input.signal, input.dt_secs);
            self.compose(&mut encoder, input, &mut report, &mut layers);
        }
        self.finish(&mut encoder, input);
        self.draw_previews(&mut encoder, input, &layers, &mut report);
        self.kit.flush();
        self.kit.gpu.queue().submit([encoder.finish()]);
        self.previews.submitted();
        if !input.master.frozen {
            self.free_unused();
        }
        let held = [self.composed.map(|c| c.texture), self.glow];
        self.kit.end_frame(&held.into_iter().flatten().collect::<Vec<_>>());
        self.kit.gpu.errors().end_frame();
        report.textures = self.kit.store.stats();
        Ok(report)
    }

    /// Returns the oldest preview that has come back since it was asked for.
    pub fn take_preview(&mut self) -> Option<Pixels> {
        self.kit.gpu.poll();
        self.previews.take(Vec::new())
    }

    /// Brings the finished picture back, waiting for it: offline and tests.
    ///
    /// # Errors
    /// [`StageError::Lost`] when the device is gone.
    pub fn read_output(&mut self) -> Result<Pixels, StageError> {
        let gpu = self.kit.gpu.clone();
        let lost = || StageError::Lost { reason: gpu.loss_reason() };
        let mut ring = ReadbackRing::default();
        let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let texture = self.kit.store.texture(self.output).ok_or_else(lost)?;
        ring.copy(&gpu, &mut encoder, texture, 0);
        gpu.queue().submit([encoder.finish()]);
        ring.submitted();
        if !gpu.wait() {
            return Err(lost());
        }
        ring.take(Vec::new()).ok_or_else(lost)
    }

    fn compose(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        report: &mut FrameReport,
        layers: &mut HashMap<u32, Content>,
    ) {
        let size = self.render_size();
        let mut below: Option<Content> = None;
        for layer in &input.layers {
            let mut content = match &layer.content {
                LayerContent::One(scene) => self.scene(encoder, input, scene, report),
                LayerContent::Transition(transition) => self.transition(encoder, input, transition, report),
            };
            for effect in &layer.effects {
                let Some(from) = content else { break };
                // An effect that cannot run is left out, what it works on is not.
                content = self.program(encoder, input, effect, [Some(from), None], 0.0, report).or(Some(from));
            }
            let Some(content) = content else { continue };
            layers.insert(layer.layer, content);
            if below.is_none() && layer.opacity >= 1.0 && layer.blend == renderer_scene::Blend::Normal {
                // The lowest layer over black is itself. Its alpha is resolved by whatever reads it next.
                below = Some(content);
                continue;
            }
            let Some(target) = self.target(size, report) else { continue };
            let base = match below {
                Some(base) if base.encoded => self.converted(encoder, base, Convert::Decode, report),
                other => other,
            };
            let slot = Slot {
                a: [layer.opacity.clamp(0.0, 1.0), 0.0, 0.0, 0.0],
                mode: [layer.blend as u32, u32::from(content.encoded), 0, 0],
                ..Slot::default()
            };
            let textures = [base.map(|b| b.texture.into()), Some(content.texture.into())];
            self.composer.draw_to(&mut self.kit, encoder, target, Step::Blend, slot, textures);
            below = Some(Content { texture: target, encoded: false });
        }
        self.composed = below;
        self.glow = below.filter(|c| !c.encoded && self.settings.bloom > 0.0).and_then(|c| self.bloom(encoder, c, report));
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
                let slot = Slot { fit, mode: [Convert::Copy as u32, 0, 0, 0], ..Slot::default() };
                self.composer.draw_to(&mut self.kit, encoder, target, Step::Convert, slot, [Some(picture), None]);
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
            Slot { a: [progress, 0.0, 0.0, 0.0], mode: [encoded(from), encoded(to), 0, 0], ..Slot::default() };
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
            if content.encoded == encoded { Some(content) } else { self.converted(encoder, content, convert, report) }
        });
        let size = self.render_size();
        let mut instance = match self.instances.remove(&program.instance) {
            Some(instance) => instance,
            None => Instance::new(&mut self.kit, &prepared.program),
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
        let drawn = instance.draw(&mut self.kit, &mut self.composer, encoder, &prepared, &drawing, &mut sources);
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
        let slot = Slot { mode: [convert as u32, 0, 0, 0], ..Slot::default() };
        self.composer.draw_to(&mut self.kit, encoder, target, Step::Convert, slot, [Some(from.texture.into()), None]);
        Some(Content { texture: target, encoded: convert == Convert::Encode })
    }

    fn target(&mut self, size: [u32; 2], report: &mut FrameReport) -> Option<TextureId> {
        self.kit.transient(size, LIGHT_FORMAT).map_err(|error| report.faults.push(error.to_string())).ok()
    }

    /// A quarter of the picture's size, what glows of it; then wider and wider.
    fn bloom(&mut self, encoder: &mut wgpu::CommandEncoder, from: Content, report: &mut FrameReport) -> Option<TextureId> {
        let mut size = self.render_size().map(|side| side.div_ceil(4));
        let first = self.target(size, report)?;
        let slot = Slot { a: [BLOOM_FROM, 0.0, 0.0, 0.0], ..Slot::default() };
        self.composer.draw_to(&mut self.kit, encoder, first, Step::BloomFirst, slot, [Some(from.texture.into()), None]);
        let mut levels = vec![(first, size)];
        for _ in 0..BLOOM_LEVELS {
            size = size.map(|side| side.div_ceil(2));
            if size[0].min(size[1]) < 2 {
                break;
            }
            let next = self.target(size, report)?;
            let above = levels.last().map(|(id, _)| (*id).into());
            self.composer.draw_to(&mut self.kit, encoder, next, Step::BloomDown, Slot::default(), [above, None]);
            levels.push((next, size));
        }
        let (mut wide, _) = levels.pop()?;
        while let Some((tight, size)) = levels.pop() {
            let sum = self.target(size, report)?;
            let slot = Slot { a: [BLOOM_WIDE_SHARE, 0.0, 0.0, 0.0], ..Slot::default() };
            let textures = [Some(tight.into()), Some(wide.into())];
            self.composer.draw_to(&mut self.kit, encoder, sum, Step::BloomUp, slot, textures);
            wide = sum;
        }
        Some(wide)
    }

    /// From light to the finished picture.
    fn finish(&mut self, encoder: &mut wgpu::CommandEncoder, input: &FrameInput) {
        let slot = Slot {
            a: [
                input.master.brightness.clamp(0.0, 2.0),
                self.settings.bloom,
                (input.frame_idx % 64) as f32,
                0.0,
            ],
            mode: [
                u32::from(self.composed.is_some_and(|c| c.encoded)),
                u32::from(input.master.blackout || self.composed.is_none()),
                u32::from(self.glow.is_some()),
                0,
            ],
            ..Slot::default()
        };
        let textures = [self.composed.map(|c| c.texture.into()), self.glow.map(TextureRef::from)];
        self.composer.draw_to(&mut self.kit, encoder, self.output, Step::Output, slot, textures);
    }

    /// Draws the finished picture over a view, scaled to cover it whole: a window's surface.
    pub(crate) fn draw_output(&mut self, encoder: &mut wgpu::CommandEncoder, view: &wgpu::TextureView, format: wgpu::TextureFormat) {
        let output = TextureRef::from(self.output);
        self.composer.draw(
            &mut self.kit,
            encoder,
            Target { view, format },
            Step::Convert,
            Slot::default(),
            [Some(output), None],
        );
    }

    fn draw_previews(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        layers: &HashMap<u32, Content>,
        report: &mut FrameReport,
    ) {
        for preview in &input.previews {
            let (source, mode) = match preview.layer {
                None => (Some(self.output), [0, 1, 0, 0]),
                Some(layer) => match layers.get(&layer) {
                    Some(content) => (Some(content.texture), [u32::from(content.encoded), 0, 0, 0]),
                    None => continue,
                },
            };
            let target = match self.kit.transient(preview.size.map(|side| side.max(1)), OUTPUT_FORMAT) {
                Ok(target) => target,
                Err(error) => {
                    report.faults.push(error.to_string());
                    continue;
                }
            };
            let slot = Slot { mode, ..Slot::default() };
            self.composer.draw_to(&mut self.kit, encoder, target, Step::Shrink, slot, [source.map(TextureRef::from), None]);
            if let Some(texture) = self.kit.store.texture(target) {
                // A full ring drops the preview: the next frame asks again.
                self.previews.copy(&self.kit.gpu, encoder, texture, preview.key);
            }
        }
    }

    fn free_unused(&mut self) {
        let (frame, kit) = (self.frame, &mut self.kit);
        self.instances.retain(|_, instance| {
            let keep = frame.saturating_sub(instance.drawn_in) < INSTANCE_KEPT_FRAMES;
            if !keep {
                instance.destroy(kit);
            }
            keep
        });
    }
}

fn output_texture(kit: &mut Kit, size: [u32; 2]) -> Result<TextureId, StageError> {
    let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
    Ok(kit.store.create(&texture_desc("output", size, OUTPUT_FORMAT, usage), Keep::Always)?)
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
                let wanted = self.frame.pictures[side].unwrap_or(PictureId(side as u128));
                self.pictures.shown(kit, side, wanted, self.raw)
            }
            TextureSource::Input(i) => self.inputs.get(usize::from(*i)).copied().flatten().map(TextureRef::from),
            TextureSource::Buffer(_) | TextureSource::Previous | TextureSource::Black => None,
        }
    }
}
