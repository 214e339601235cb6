mod checkpoint;
mod finish;
mod layers;
mod pile;

use std::collections::HashMap;
use std::sync::Arc;

use renderer_gpu::{Gpu, Keep, Pixels, ReadbackRing, TextureError, TextureId, TextureStats};
use renderer_scene::{FrameInput, PictureId, ProgramId, SceneProgram};

use crate::StageError;
use crate::ahead::{MadeSteps, UsualSteps};
use crate::audio::{AudioMemory, AudioTextures};
use crate::compose::Composer;
use crate::instance::Instance;
use crate::kit::{Kit, texture_desc};
use crate::limiter::Limiter;
use crate::pictures::{Picture, Pictures, built_in};
use crate::prepare::PreparedProgram;
use crate::previews::Previews;
use crate::timing::{Timer, Timings};
use checkpoint::{Checkpoint, Saving};

/// Frames an instance may be away before its memory is freed: a second at 60/s.
const INSTANCE_KEPT_FRAMES: u64 = 60;
/// The format of the finished picture: sRGB-encoded bytes.
pub(crate) const OUTPUT_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// How a stage draws.
#[derive(Clone, Debug, PartialEq)]
pub struct StageSettings {
    /// The finished picture, in pixels.
    pub size: [u32; 2],
    /// Share of light that glows, 0–1; 0 saves the work.
    pub bloom: f32,
    /// Live, pictures arrive over several frames and memory is saved every two seconds; offline, pictures are there
    /// at once and a loss changes no pixel.
    pub live: bool,
    /// Whether flashes are kept to what WCAG 2.3.1 allows: three a second over a large part of the picture.
    pub limit_flashes: bool,
    /// What saved memory may take on a live show, in bytes: larger simulations start anew after a loss.
    pub checkpoint_budget_bytes: u64,
}

impl Default for StageSettings {
    /// 1280×720, live, flashes limited.
    fn default() -> Self {
        Self {
            size: [1280, 720],
            bloom: 0.35,
            live: true,
            limit_flashes: true,
            checkpoint_budget_bytes: 64 * 1024 * 1024,
        }
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
    /// Pipelines of the stage's own that this frame had to wait for. 0 but for the first frames, where
    /// [`Stage::install_steps`] was given them in time.
    pub num_compiled: u32,
    /// Textures after the frame.
    pub textures: TextureStats,
    /// What an earlier frame cost the device: the newest that is known. Empty where the device cannot tell.
    pub timings: Timings,
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
    /// Programs that are drawn smaller still, and their share of the render size's sides.
    shares: HashMap<ProgramId, f32>,
    kit: Kit,
    composer: Composer,
    programs: HashMap<ProgramId, Arc<PreparedProgram>>,
    imports: HashMap<ProgramId, Vec<PictureId>>,
    instances: HashMap<u64, Instance>,
    pictures: Pictures,
    audio: AudioTextures,
    audio_memory: AudioMemory,
    /// The finished picture and the one before, by turns.
    outputs: [TextureId; 2],
    /// Which of them is the newest; `None` before the first picture.
    newest: Option<usize>,
    limiter: Limiter,
    /// One for each key asked for lately.
    previews: Previews,
    timer: Timer,
    composed: Option<Content>,
    glow: Option<TextureId>,
    frame: u64,
    /// The memory of some frame, and offline every input since.
    checkpoint: Checkpoint,
    since: Vec<FrameInput>,
    /// A checkpoint on its way from the device.
    saving: Option<Saving>,
}

impl Stage {
    /// An empty stage.
    ///
    /// # Errors
    /// [`StageError::Texture`] when the picture does not fit the device or the budget.
    pub fn new(gpu: &Gpu, settings: StageSettings) -> Result<Self, StageError> {
        let mut kit = Kit::new(gpu)?;
        let composer = Composer::new(&mut kit);
        let outputs = output_textures(&mut kit, settings.size)?;
        let limiter = Limiter::new(&mut kit, &composer)?;
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
            shares: HashMap::new(),
            kit,
            composer,
            programs: HashMap::new(),
            imports: HashMap::new(),
            instances: HashMap::new(),
            pictures,
            audio: AudioTextures::default(),
            audio_memory: AudioMemory::default(),
            outputs,
            newest: None,
            limiter,
            previews: Previews::default(),
            timer: Timer::new(gpu),
            composed: None,
            glow: None,
            frame: 0,
            checkpoint: Checkpoint::default(),
            since: Vec::new(),
            saving: None,
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

    /// Returns what most shows are drawn with beside programs, to be made on a worker.
    pub fn usual_steps(&self) -> UsualSteps {
        let (maker, judge) = (self.composer.maker(), self.limiter.maker());
        UsualSteps { gpu: self.kit.gpu.clone(), maker, judge }
    }

    /// Takes steps that were made. Those of another generation of the device are left out.
    pub fn install_steps(&mut self, made: MadeSteps) {
        if made.generation == self.kit.gpu.generation() {
            self.composer.install(made.steps);
            self.limiter.install(made.judges);
        }
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

    /// Replaces a picture's pixels at once: the next frame of a video or a camera.
    ///
    /// # Errors
    /// What [`Stage::put_picture`] says.
    pub fn put_frame(&mut self, id: PictureId, picture: Picture) -> Result<(), StageError> {
        self.pictures.put_frame(&mut self.kit, id, picture)
    }

    /// Returns whether a picture is on its way to the device: a layer that waits until it is there shows no hole.
    pub fn is_arriving(&self, id: PictureId) -> bool {
        self.pictures.is_arriving(id)
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
            let outputs = output_textures(&mut self.kit, size)?;
            for old in std::mem::replace(&mut self.outputs, outputs) {
                self.kit.store.destroy(old);
            }
            self.newest = None;
            self.settings.size = size;
        }
        Ok(())
    }

    /// Limits flashes from the next picture on, or lets them through.
    pub fn set_limit_flashes(&mut self, limit: bool) {
        self.settings.limit_flashes = limit;
    }

    /// Draws inside at this share of the size, 0.5–1: live shows on weak machines.
    pub fn set_scale(&mut self, scale: f32) {
        self.scale = if scale.is_finite() { scale.clamp(0.5, 1.0) } else { 1.0 };
    }

    /// Draws a program at this share of the render size's sides, 0.1–1: one that is too dear at its full size.
    pub fn set_program_scale(&mut self, id: ProgramId, share: f32) {
        if share.is_finite() && share < 1.0 {
            self.shares.insert(id, share.max(0.1));
        } else {
            self.shares.remove(&id);
        }
    }

    /// The size scenes are drawn at, in pixels.
    pub fn render_size(&self) -> [u32; 2] {
        self.settings.size.map(|side| ((side as f32 * self.scale).round() as u32).max(1))
    }

    /// The size of the finished picture where it is shown, in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.settings.size
    }

    /// The finished picture: `Rgba8Unorm`, sRGB-encoded, rows from the top, and as large as scenes are drawn. Who shows
    /// it stretches it: once, on its way to the screen.
    pub fn output(&self) -> Option<&wgpu::Texture> {
        self.kit.store.texture(self.shown())
    }

    /// The newest finished picture.
    fn shown(&self) -> TextureId {
        self.outputs[self.newest.unwrap_or(0) % 2]
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
        let budget =
            if self.settings.live { self.kit.gpu.settings().upload_bytes_per_frame } else { u64::MAX };
        self.pictures.run(&self.kit, budget);
        let mut encoder = self
            .kit
            .gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("frame") });
        let mut layers = HashMap::new();
        self.timer.begin(&mut encoder);
        if !input.master.frozen {
            self.frame += 1;
            self.audio_memory.step(&input.signal, input.dt_secs);
            self.compose(&mut encoder, input, &mut report, &mut layers);
        }
        let finished = self.finish(&mut encoder, input, &mut report);
        self.timer.end(&mut encoder);
        self.draw_previews(&mut encoder, input, &layers, &finished, &mut report);
        self.kit.flush();
        self.kit.gpu.queue().submit([encoder.finish()]);
        self.previews.submitted();
        self.timer.submitted();
        if !input.master.frozen {
            self.free_unused();
        }
        let held = [self.composed.map(|c| c.texture), self.glow];
        self.kit.end_frame(&held.into_iter().flatten().collect::<Vec<_>>());
        self.kit.gpu.errors().end_frame();
        report.num_compiled = self.composer.take_num_made() + self.limiter.take_num_made();
        report.textures = self.kit.store.stats();
        report.timings = self.timer.latest();
        self.remember(input);
        Ok(report)
    }

    /// Returns the oldest preview that has come back since it was asked for.
    pub fn take_preview(&mut self) -> Option<Pixels> {
        self.kit.gpu.poll();
        self.previews.take()
    }

    /// Takes the bytes of a preview back, to fill them again: megabytes of new pages for every picture otherwise.
    pub fn reuse(&mut self, bytes: Vec<u8>) {
        self.previews.reuse(bytes);
    }

    /// Brings the finished picture back, waiting for it: offline and tests.
    ///
    /// # Errors
    /// [`StageError::Lost`] when the device is gone.
    pub fn read_output(&mut self) -> Result<Pixels, StageError> {
        self.read(self.shown())
    }

    /// Brings back what lies under glow, curve and dither, waiting for it: four 16-bit floats a pixel, in linear light,
    /// or in screen colours where a foreign scene is all there is. `None` when nothing was drawn.
    ///
    /// # Errors
    /// [`StageError::Lost`] when the device is gone.
    pub fn read_light(&mut self) -> Result<Option<Pixels>, StageError> {
        self.composed.map(|composed| self.read(composed.texture)).transpose()
    }

    fn read(&self, texture: TextureId) -> Result<Pixels, StageError> {
        let gpu = self.kit.gpu.clone();
        let lost = || StageError::Lost { reason: gpu.loss_reason() };
        let mut ring = ReadbackRing::default();
        let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let texture = self.kit.store.texture(texture).ok_or_else(lost)?;
        ring.copy(&gpu, &mut encoder, texture, 0);
        gpu.queue().submit([encoder.finish()]);
        ring.submitted();
        if !gpu.wait() {
            return Err(lost());
        }
        ring.take(Vec::new()).ok_or_else(lost)
    }

    fn free_unused(&mut self) {
        let frame = self.frame;
        let unused =
            |instance: &mut Instance| frame.saturating_sub(instance.drawn_in) >= INSTANCE_KEPT_FRAMES;
        for (_, instance) in self.instances.extract_if(|_, instance| unused(instance)) {
            instance.destroy(&mut self.kit);
        }
    }
}

fn output_textures(kit: &mut Kit, size: [u32; 2]) -> Result<[TextureId; 2], StageError> {
    let first = output_texture(kit, size)?;
    match output_texture(kit, size) {
        Ok(second) => Ok([first, second]),
        Err(error) => {
            kit.store.destroy(first);
            Err(error.into())
        }
    }
}

fn output_texture(kit: &mut Kit, size: [u32; 2]) -> Result<TextureId, TextureError> {
    let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
    kit.store.create(&texture_desc("output", size, OUTPUT_FORMAT, usage), Keep::Always)
}
