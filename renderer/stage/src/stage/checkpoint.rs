//! Memory that lives only on the device (feedback, particles, simulations), kept for its next life.
//!
//! Offline a checkpoint is read back every 60 frames and after each rebuild, and every input since is kept:
//! restoring it and drawing those again gives equal pixels. Live a checkpoint is copied every two seconds
//! without waiting for it, and a rebuilt stage goes on from the last one.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use renderer_gpu::{Gpu, GpuError, Pixels, TextureId};
use renderer_scene::{FrameInput, ProgramId};

use super::Stage;
use crate::audio::{AudioMemory, AudioTextures};
use crate::compose::Composer;
use crate::instance::{Instance, Pair, buffer_shape, make_pair, make_storage, output_shape};
use crate::kit::Kit;
use crate::limiter::Limiter;
use crate::prepare::PreparedProgram;
use crate::previews::Previews;
use crate::timing::Timer;
use crate::{FrameReport, StageError};

/// Frames from one offline checkpoint to the next: reading back costs about a frame.
const OFFLINE_EVERY_FRAMES: usize = 60;
/// Seconds from one live checkpoint to the next: what a loss may throw a picture back.
const LIVE_EVERY_SECS: f64 = 2.0;
/// Losses in a row, without a finished frame between, after which an offline render gives up.
const MAX_LOSSES: u32 = 16;

/// Which of a program's things a piece of memory belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Output { half: usize },
    Buffer { buffer: usize, half: usize },
    Storage { storage: usize },
}

/// The memory of one instance.
#[derive(Clone, Debug)]
struct InstanceMemory {
    instance: u64,
    program: ProgramId,
    drawn_in: u64,
    /// Size and current half of the output and of each buffer.
    pairs: Vec<([u32; 2], usize)>,
    parts: Vec<(Place, Vec<u8>)>,
}

/// The memory of a stage after some frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Checkpoint {
    frame: u64,
    time_secs: f64,
    audio: AudioMemory,
    instances: Vec<InstanceMemory>,
    /// Offline, what the flash limiter remembers, and the picture shown last.
    shown: Option<[Vec<u8>; 2]>,
}

/// A checkpoint whose bytes are still being copied.
pub(super) struct Saving {
    checkpoint: Checkpoint,
    /// For each part of each instance, in order: its bytes and the length of a row, padded and not.
    copies: Vec<(wgpu::Buffer, [u32; 2])>,
    /// Buffers mapped so far; `usize::MAX` once one failed.
    mapped: Arc<AtomicUsize>,
}

impl Stage {
    /// Makes everything again on the next generation of the device.
    ///
    /// Offline the stage then stands exactly where it stood; live it goes on from its last checkpoint. Programs are
    /// compiled here, so this takes as long as they do: live, only those on stage are, and [`Stage::has_program`] is
    /// `false` for the others until they are installed anew.
    ///
    /// # Errors
    /// [`StageError::Lost`] when that device is gone too: make the next. A program it does not take is left out.
    pub fn rebuild(&mut self, gpu: &Gpu) -> Result<(), StageError> {
        let mut kit = Kit::new(gpu)?;
        self.composer = Composer::new(&mut kit);
        self.outputs = super::output_textures(&mut kit, self.settings.size)?;
        self.limiter = Limiter::new(&mut kit, &self.composer)?;
        self.kit = kit;
        self.audio = AudioTextures::default();
        self.previews = Previews::default();
        self.timer = Timer::new(gpu);
        (self.composed, self.glow, self.saving) = (None, None, None);
        self.pictures.move_device(&mut self.kit);
        self.pictures.run(&self.kit, u64::MAX);
        let on_stage = self.instances.values().map(|i| i.program).collect::<HashSet<_>>();
        let mut old = std::mem::take(&mut self.programs);
        old.retain(|id, _| !self.settings.live || on_stage.contains(id));
        for prepared in old.values() {
            match PreparedProgram::new(gpu, prepared.program.clone()) {
                Ok(prepared) => {
                    self.install_prepared(prepared);
                }
                Err(StageError::Program { name, reason }) => {
                    tracing::error!(scene = name, reason, "a scene does not run on the new graphics device");
                }
                Err(error) => {
                    // Nothing is drawn before the next rebuild, which starts from these.
                    self.programs = old;
                    return Err(error);
                }
            }
        }
        self.instances.clear();
        self.restore()?;
        for input in std::mem::take(&mut self.since) {
            self.render(&input)?;
        }
        if !self.settings.live {
            // A device that dies often must not draw the same frames again each time.
            self.checkpoint_now();
        }
        Ok(())
    }

    /// Draws one frame offline and brings it back, through any number of lost devices up to sixteen in a row.
    ///
    /// `remake` makes the next generation. The pixels are those of a device never lost.
    ///
    /// # Errors
    /// What `remake` says, or [`StageError::Lost`] when no device lasts a frame.
    pub fn render_exact(
        &mut self,
        input: &FrameInput,
        remake: &mut dyn FnMut(&Gpu) -> Result<Gpu, GpuError>,
    ) -> Result<(Pixels, FrameReport), StageError> {
        let mut drawn = None;
        let mut losses = 0;
        loop {
            let done = match &drawn {
                // Its input is in the log: the rebuilt stage has drawn it.
                Some(_) => Ok(()),
                None => self.render(input).map(|report| drawn = Some(report)),
            };
            match (done.and_then(|()| self.read_output()), &drawn) {
                (Ok(pixels), Some(report)) => return Ok((pixels, report.clone())),
                (Err(StageError::Lost { reason }), _) if losses < MAX_LOSSES => {
                    losses += 1;
                    tracing::warn!(
                        reason,
                        losses,
                        "the graphics device was lost, drawing goes on with the next"
                    );
                    self.survive(remake, &mut losses)?;
                }
                (Err(error), _) => return Err(error),
                (Ok(_), None) => {}
            }
        }
    }

    fn survive(
        &mut self,
        remake: &mut dyn FnMut(&Gpu) -> Result<Gpu, GpuError>,
        losses: &mut u32,
    ) -> Result<(), StageError> {
        let since = self.since.clone();
        loop {
            let gpu = remake(self.gpu()).map_err(|error| StageError::Lost { reason: error.to_string() })?;
            match self.rebuild(&gpu) {
                Err(StageError::Lost { .. }) if *losses < MAX_LOSSES => {
                    *losses += 1;
                    self.since.clone_from(&since);
                }
                done => return done,
            }
        }
    }

    /// Notes a drawn frame and makes the checkpoints that are due.
    pub(super) fn remember(&mut self, input: &FrameInput) {
        if self.settings.live {
            self.remember_live(input);
            return;
        }
        self.since.push(input.clone());
        if self.since.len() >= OFFLINE_EVERY_FRAMES {
            self.checkpoint_now();
        }
    }

    /// Waits for a checkpoint of the newest frame; on a lost device the old one stays.
    fn checkpoint_now(&mut self) {
        let Some(newest) = self.since.last() else { return };
        // A frozen picture is not memory: it is drawn again from the last input that made it.
        if newest.master.frozen {
            return;
        }
        if let Some(saving) = self.begin_saving(newest.time_secs, u64::MAX)
            && self.kit.gpu.wait()
            && let Some(checkpoint) = saving.finish()
        {
            self.checkpoint = checkpoint;
            self.since.clear();
        }
    }

    fn remember_live(&mut self, input: &FrameInput) {
        match self.saving.take_if(|saving| saving.is_complete()) {
            Some(saving) => {
                if let Some(checkpoint) = saving.finish() {
                    self.checkpoint = checkpoint;
                }
            }
            None if self.saving.is_some() => {}
            None => {
                let away = (input.time_secs - self.checkpoint.time_secs).abs();
                if away >= LIVE_EVERY_SECS {
                    self.saving = self.begin_saving(input.time_secs, self.settings.checkpoint_budget_bytes);
                }
            }
        }
    }

    /// Copies the memory of all instances, the small ones first, until the budget is spent.
    fn begin_saving(&mut self, time_secs: f64, budget_bytes: u64) -> Option<Saving> {
        let mut checkpoint = Checkpoint {
            frame: self.frame,
            time_secs,
            audio: self.audio_memory.clone(),
            instances: Vec::new(),
            shown: None,
        };
        let mut plans = self
            .instances
            .iter()
            .filter_map(|(number, instance)| {
                let prepared = self.programs.get(&instance.program)?;
                let parts = lasting_parts(instance, prepared);
                let bytes = parts.iter().map(|part| part_bytes(&self.kit, instance, *part)).sum::<u64>();
                Some((bytes, *number, parts))
            })
            .collect::<Vec<_>>();
        plans.sort_unstable_by_key(|(bytes, number, _)| (*bytes, *number));
        let gpu = self.kit.gpu.clone();
        let mut encoder = gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("checkpoint") });
        let mut copies = Vec::new();
        let mut left = budget_bytes;
        for (bytes, number, parts) in plans {
            let Some(after) = left.checked_sub(bytes) else { break };
            left = after;
            let instance = self.instances.get(&number)?;
            let pairs = std::iter::once(&instance.output).chain(&instance.buffers);
            let mut memory = InstanceMemory {
                instance: number,
                program: instance.program,
                drawn_in: instance.drawn_in,
                pairs: pairs.map(|pair| (pair.size, pair.current)).collect(),
                parts: Vec::new(),
            };
            for place in parts {
                if let Some(copy) = copy_part(&self.kit, &mut encoder, instance, place) {
                    copies.push(copy);
                    memory.parts.push((place, Vec::new()));
                }
            }
            checkpoint.instances.push(memory);
        }
        // Live, the limiter begins anew: a loss is a change of picture anyway.
        if !self.settings.live
            && self.newest.is_some()
            && let Some(picture) = self.kit.store.texture(self.shown())
        {
            copies.push(copy_buffer(&self.kit, &mut encoder, self.limiter.memory()));
            copies.push(copy_texture(&self.kit, &mut encoder, picture));
            checkpoint.shown = Some([Vec::new(), Vec::new()]);
        }
        gpu.queue().submit([encoder.finish()]);
        let mapped = Arc::new(AtomicUsize::new(0));
        for (buffer, _) in &copies {
            let mapped = mapped.clone();
            buffer.map_async(wgpu::MapMode::Read, .., move |result| {
                match result {
                    Ok(()) => mapped.fetch_add(1, Ordering::AcqRel),
                    Err(_) => mapped.swap(usize::MAX / 2, Ordering::AcqRel),
                };
            });
        }
        Some(Saving { checkpoint, copies, mapped })
    }

    /// Puts the checkpoint's memory onto a new device.
    fn restore(&mut self) -> Result<(), StageError> {
        self.frame = self.checkpoint.frame;
        self.audio_memory = self.checkpoint.audio.clone();
        for memory in &self.checkpoint.instances {
            let Some(prepared) = self.programs.get(&memory.program) else { continue };
            let mut instance = Instance::new(&mut self.kit, &prepared.program);
            instance.drawn_in = memory.drawn_in;
            let program = &prepared.program;
            let shapes = std::iter::once(output_shape(prepared))
                .chain(program.buffers.iter().enumerate().map(|(i, spec)| buffer_shape(program, i, spec)));
            let pairs = std::iter::once(&mut instance.output).chain(&mut instance.buffers);
            for ((pair, shape), (size, current)) in pairs.zip(shapes).zip(&memory.pairs) {
                if shape.lasting && *size != [0; 2] {
                    *pair = make_pair(&mut self.kit, *size, &shape)?;
                    pair.current = *current;
                }
            }
            for (place, bytes) in &memory.parts {
                if let Place::Storage { storage } = *place
                    && let (Some(held), Some(spec)) =
                        (instance.storages.get_mut(storage), program.storages.get(storage))
                    && held.0.size() < bytes.len() as u64
                {
                    *held = make_storage(&mut self.kit, spec, bytes.len() as u64);
                }
                write_part(&self.kit, &instance, *place, bytes);
            }
            self.instances.insert(memory.instance, instance);
        }
        self.newest = None;
        if let Some([memory, picture]) = &self.checkpoint.shown {
            self.kit.gpu.queue().write_buffer(self.limiter.memory(), 0, memory);
            if let Some(texture) = self.kit.store.texture(self.shown()) {
                write_texture(&self.kit, texture, picture);
                self.newest = Some(0);
            }
        }
        Ok(())
    }
}

impl Saving {
    fn is_complete(&self) -> bool {
        self.mapped.load(Ordering::Acquire) >= self.copies.len()
    }

    /// Takes the bytes; `None` when the device went meanwhile.
    fn finish(mut self) -> Option<Checkpoint> {
        if self.mapped.load(Ordering::Acquire) != self.copies.len() {
            return None;
        }
        let parts = self.checkpoint.instances.iter_mut().flat_map(|memory| &mut memory.parts);
        let parts = parts.map(|(_, bytes)| bytes).chain(self.checkpoint.shown.iter_mut().flatten());
        for (bytes, (buffer, [row, padded])) in parts.zip(&self.copies) {
            let view = buffer.get_mapped_range(..).ok()?;
            for line in view.chunks(*padded as usize) {
                bytes.extend_from_slice(line.get(..*row as usize).unwrap_or(line));
            }
        }
        Some(self.checkpoint)
    }
}

fn lasting_parts(instance: &Instance, prepared: &PreparedProgram) -> Vec<Place> {
    let program = &prepared.program;
    let halves = |pair: &Pair| (0..2).filter(|half| pair.half(*half).is_some()).collect::<Vec<_>>();
    let mut parts = Vec::new();
    if output_shape(prepared).lasting {
        parts.extend(halves(&instance.output).into_iter().map(|half| Place::Output { half }));
    }
    for (buffer, (pair, spec)) in instance.buffers.iter().zip(&program.buffers).enumerate() {
        if buffer_shape(program, buffer, spec).lasting {
            parts.extend(halves(pair).into_iter().map(|half| Place::Buffer { buffer, half }));
        }
    }
    parts.extend((0..instance.storages.len()).map(|storage| Place::Storage { storage }));
    parts
}

fn texture_of(instance: &Instance, place: Place) -> Option<TextureId> {
    match place {
        Place::Output { half } => instance.output.half(half),
        Place::Buffer { buffer, half } => instance.buffers.get(buffer)?.half(half),
        Place::Storage { .. } => None,
    }
}

fn part_bytes(kit: &Kit, instance: &Instance, place: Place) -> u64 {
    match place {
        Place::Storage { storage } => instance.storages.get(storage).map_or(0, |(buffer, _)| buffer.size()),
        _ => texture_of(instance, place).and_then(|id| kit.store.texture(id)).map_or(0, |texture| {
            let texel = texture.format().block_copy_size(None).unwrap_or(4);
            u64::from(texel) * u64::from(texture.width()) * u64::from(texture.height())
        }),
    }
}

/// Encodes the copy of one part into a buffer of its own. Returns it with the length of a row, plain and padded.
fn copy_part(
    kit: &Kit,
    encoder: &mut wgpu::CommandEncoder,
    instance: &Instance,
    place: Place,
) -> Option<(wgpu::Buffer, [u32; 2])> {
    if let Place::Storage { storage } = place {
        let (from, _) = instance.storages.get(storage)?;
        return Some(copy_buffer(kit, encoder, from));
    }
    let texture = kit.store.texture(texture_of(instance, place)?)?;
    Some(copy_texture(kit, encoder, texture))
}

/// A buffer to read bytes back from.
fn read_back(kit: &Kit, size: u64) -> wgpu::Buffer {
    kit.gpu.device().create_buffer(&wgpu::BufferDescriptor {
        label: Some("checkpoint"),
        size,
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    })
}

fn copy_buffer(
    kit: &Kit,
    encoder: &mut wgpu::CommandEncoder,
    from: &wgpu::Buffer,
) -> (wgpu::Buffer, [u32; 2]) {
    let buffer = read_back(kit, from.size());
    encoder.copy_buffer_to_buffer(from, 0, &buffer, 0, from.size());
    let row = from.size() as u32;
    (buffer, [row, row])
}

fn copy_texture(
    kit: &Kit,
    encoder: &mut wgpu::CommandEncoder,
    texture: &wgpu::Texture,
) -> (wgpu::Buffer, [u32; 2]) {
    let row = texture.width() * texture.format().block_copy_size(None).unwrap_or(4);
    let padded = row.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let buffer = read_back(kit, u64::from(padded) * u64::from(texture.height()));
    encoder.copy_texture_to_buffer(
        texture.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &buffer,
            layout: wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(padded),
                rows_per_image: None,
            },
        },
        texture.size(),
    );
    (buffer, [row, padded])
}

fn write_part(kit: &Kit, instance: &Instance, place: Place, bytes: &[u8]) {
    if let Place::Storage { storage } = place {
        if let Some((buffer, _)) = instance.storages.get(storage) {
            kit.gpu.queue().write_buffer(buffer, 0, bytes);
        }
        return;
    }
    if let Some(texture) = texture_of(instance, place).and_then(|id| kit.store.texture(id)) {
        write_texture(kit, texture, bytes);
    }
}

fn write_texture(kit: &Kit, texture: &wgpu::Texture, bytes: &[u8]) {
    kit.gpu.queue().write_texture(
        texture.as_image_copy(),
        bytes,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(texture.width() * texture.format().block_copy_size(None).unwrap_or(4)),
            rows_per_image: None,
        },
        texture.size(),
    );
}
