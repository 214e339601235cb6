//! One running program: its targets, its memory, its passes.

use renderer_gpu::{Keep, TextureError, TextureId};
use renderer_scene::{
    BindingKind, BufferSpec, FrameInput, FrameUniform, Pass, PassBlend, PassKind, PassTarget, ProgramId,
    ProgramInput, SceneProgram, StorageSpec, TextureSource, Workgroups,
};

use crate::compose::{Composer, Slot, Step};
use crate::kit::{Bound, Kit, TextureRef, UniformSlot, texture_desc};
use crate::prepare::{LIGHT_FORMAT, PreparedPipeline, PreparedProgram, buffer_format};

/// What a pass reads that is not its program's own.
pub(crate) trait Sources {
    fn texture(&mut self, kit: &mut Kit, source: &TextureSource) -> Option<TextureRef>;
}

/// One frame of one program.
pub(crate) struct Drawing<'a> {
    pub(crate) frame: &'a FrameInput,
    pub(crate) program: &'a ProgramInput,
    pub(crate) size: [u32; 2],
    pub(crate) progress: f32,
}

/// A texture with, where a pass reads what it writes, a second half.
pub(crate) struct Pair {
    pub(crate) halves: [Option<TextureId>; 2],
    pub(crate) current: usize,
    pub(crate) size: [u32; 2],
    written: bool,
}

impl Pair {
    fn current(&self) -> Option<TextureId> {
        self.halves.get(self.current).copied().flatten()
    }

    pub(crate) fn half(&self, half: usize) -> Option<TextureId> {
        self.halves.get(half).copied().flatten()
    }

    fn other(&self) -> Option<TextureId> {
        self.halves.get(1 - self.current).copied().flatten()
    }
}

pub(crate) struct Instance {
    pub(crate) program: ProgramId,
    pub(crate) output: Pair,
    pub(crate) buffers: Vec<Pair>,
    pub(crate) storages: Vec<(wgpu::Buffer, u64)>,
    /// The stage's frame it was last drawn in.
    pub(crate) drawn_in: u64,
}

fn reads(pass: &Pass, buffer: usize) -> bool {
    pass.bindings.iter().any(|b| b.kind == BindingKind::Texture(TextureSource::Buffer(buffer)))
}

fn written_buffers(pass: &Pass) -> impl Iterator<Item = usize> {
    let drawn = match pass.target {
        PassTarget::Buffer(i) => Some(i),
        PassTarget::Output | PassTarget::None => None,
    };
    drawn.into_iter().chain(
        pass.bindings
            .iter()
            .filter_map(|b| if let BindingKind::StorageTexture(i) = b.kind { Some(i) } else { None }),
    )
}

impl Instance {
    /// Makes the memory of a program; its textures follow with the first frame's size.
    pub(crate) fn new(kit: &mut Kit, program: &SceneProgram) -> Self {
        let storages = program.storages.iter().map(|spec| make_storage(kit, spec, spec.size_bytes)).collect();
        let empty = || Pair { halves: [None; 2], current: 0, size: [0; 2], written: false };
        Self {
            program: program.id,
            output: empty(),
            buffers: program.buffers.iter().map(|_| empty()).collect(),
            storages,
            drawn_in: 0,
        }
    }

    /// The program's output as it stands.
    pub(crate) fn output_texture(&self) -> Option<TextureId> {
        self.output.current()
    }

    /// Frees its textures after this frame; its storages go when the device is done with them.
    pub(crate) fn destroy(self, kit: &mut Kit) {
        for pair in std::iter::once(self.output).chain(self.buffers) {
            for half in pair.halves.into_iter().flatten() {
                kit.destroy_later(half);
            }
        }
    }

    /// Runs all passes. Returns the program's output.
    pub(crate) fn draw(
        &mut self,
        kit: &mut Kit,
        composer: &mut Composer,
        encoder: &mut wgpu::CommandEncoder,
        prepared: &PreparedProgram,
        drawing: &Drawing<'_>,
        sources: &mut dyn Sources,
    ) -> Result<TextureId, TextureError> {
        let program = &*prepared.program;
        self.size_textures(kit, composer, encoder, prepared, drawing)?;
        self.size_storages(kit, encoder, program, drawing.program);
        let params = params_uniform(kit, program, drawing.program);
        if prepared.uses_previous {
            self.output.current = 1 - self.output.current;
        }
        for pair in std::iter::once(&mut self.output).chain(&mut self.buffers) {
            pair.written = false;
        }
        for (pass, ready) in program.passes.iter().zip(&prepared.passes) {
            for i in written_buffers(pass).filter(|i| reads(pass, *i)) {
                if let Some(pair) = self.buffers.get_mut(i).filter(|pair| pair.halves[1].is_some()) {
                    pair.current = 1 - pair.current;
                }
            }
            let size = self.pass_size(pass, drawing.size);
            let frame =
                FrameUniform::new(drawing.frame, drawing.program, size, pass.pass_index, drawing.progress);
            let frame = kit.uniform(bytemuck::bytes_of(&frame));
            let mut groups = Vec::with_capacity(ready.groups.len());
            for group in &ready.groups {
                let mut bound = Vec::with_capacity(group.bindings.len());
                for binding in &group.bindings {
                    let resource = match &binding.kind {
                        BindingKind::Frame => Bound::Uniform(frame),
                        BindingKind::Params => Bound::Uniform(params),
                        BindingKind::Sampler(kind) => Bound::Sampler(*kind),
                        BindingKind::Texture(source) => Bound::Texture(self.read(kit, pass, source, sources)),
                        BindingKind::StorageTexture(i) => {
                            let id = self.buffers.get(*i).and_then(Pair::current).unwrap_or(kit.black);
                            Bound::Texture(id.into())
                        }
                        BindingKind::Storage { storage, .. } => match self.storages.get(*storage) {
                            Some((buffer, number)) => Bound::Storage(buffer, *number),
                            None => continue,
                        },
                    };
                    bound.push((binding.binding, resource));
                }
                groups.push(kit.bind(&group.layout, &bound));
            }
            self.run(kit, encoder, (program, drawing.program), (pass, &ready.pipeline), &groups, size);
        }
        self.output.current().ok_or_else(|| TextureError::TooLarge {
            label: program.name.clone(),
            width: 0,
            height: 0,
            limit: 0,
        })
    }

    /// Makes the storages as large as the parameters ask for, with what they hold.
    fn size_storages(
        &mut self,
        kit: &mut Kit,
        encoder: &mut wgpu::CommandEncoder,
        program: &SceneProgram,
        input: &ProgramInput,
    ) {
        for (storage, spec) in self.storages.iter_mut().zip(&program.storages) {
            let Some(param) = spec.times else { continue };
            let bytes = spec.size_bytes * u64::from(times(program, input, param));
            let held = storage.0.size();
            if bytes > held {
                let larger = make_storage(kit, spec, bytes);
                encoder.copy_buffer_to_buffer(&storage.0, 0, &larger.0, 0, held);
                *storage = larger;
            }
        }
    }

    fn run(
        &mut self,
        kit: &Kit,
        encoder: &mut wgpu::CommandEncoder,
        (program, input): (&SceneProgram, &ProgramInput),
        (pass, pipeline): (&Pass, &PreparedPipeline),
        groups: &[(wgpu::BindGroup, Vec<u32>)],
        size: [u32; 2],
    ) {
        match (&pass.kind, pipeline) {
            (PassKind::Compute { workgroups, .. }, PreparedPipeline::Compute(pipeline)) => {
                let counts = match workgroups {
                    Workgroups::Fixed(counts) => *counts,
                    Workgroups::Times { counts: [x, y, z], param } => {
                        [x.saturating_mul(times(program, input, *param)), *y, *z]
                    }
                    Workgroups::Cover { group_size, .. } => {
                        [size[0].div_ceil(group_size[0].max(1)), size[1].div_ceil(group_size[1].max(1)), 1]
                    }
                };
                let mut run = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: Some(&pass.label),
                    timestamp_writes: None,
                });
                run.set_pipeline(pipeline);
                for (i, (group, offsets)) in groups.iter().enumerate() {
                    run.set_bind_group(i as u32, group, offsets);
                }
                run.dispatch_workgroups(counts[0], counts[1], counts[2]);
            }
            (
                PassKind::Draw { vertices, instances, times: param, blend, .. },
                PreparedPipeline::Draw(pipeline),
            ) => {
                let (pair, persistent) = match pass.target {
                    PassTarget::Buffer(i) => {
                        (self.buffers.get_mut(i), program.buffers.get(i).is_some_and(|b| b.persistent))
                    }
                    PassTarget::Output | PassTarget::None => (Some(&mut self.output), false),
                };
                let Some(pair) = pair else { return };
                let Some(view) = pair.current().and_then(|id| kit.store.view(id)) else { return };
                let clear = match blend {
                    PassBlend::AddOnClear | PassBlend::OverOnClear => true,
                    PassBlend::Replace | PassBlend::Add => !persistent && !pair.written,
                };
                pair.written = true;
                let load =
                    if clear { wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT) } else { wgpu::LoadOp::Load };
                let mut run = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                    label: Some(&pass.label),
                    color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                        view,
                        depth_slice: None,
                        resolve_target: None,
                        ops: wgpu::Operations { load, store: wgpu::StoreOp::Store },
                    })],
                    ..wgpu::RenderPassDescriptor::default()
                });
                run.set_pipeline(pipeline);
                for (i, (group, offsets)) in groups.iter().enumerate() {
                    run.set_bind_group(i as u32, group, offsets);
                }
                let more = param.map_or(1, |param| times(program, input, param));
                run.draw(0..*vertices, 0..instances.saturating_mul(more));
            }
            // `PreparedProgram::new` makes each pipeline from its pass's kind.
            (PassKind::Compute { .. }, PreparedPipeline::Draw(_))
            | (PassKind::Draw { .. }, PreparedPipeline::Compute(_)) => {}
        }
    }

    fn read(
        &self,
        kit: &mut Kit,
        pass: &Pass,
        source: &TextureSource,
        sources: &mut dyn Sources,
    ) -> TextureRef {
        let own = match source {
            TextureSource::Buffer(i) => self.buffers.get(*i).and_then(|pair| {
                if written_buffers(pass).any(|w| w == *i) { pair.other() } else { pair.current() }
            }),
            TextureSource::Previous => self.output.other(),
            TextureSource::Black => Some(kit.black),
            _ => return sources.texture(kit, source).unwrap_or(kit.black.into()),
        };
        own.unwrap_or(kit.black).into()
    }

    fn pass_size(&self, pass: &Pass, render: [u32; 2]) -> [u32; 2] {
        let buffer = match (&pass.kind, pass.target) {
            (PassKind::Compute { workgroups: Workgroups::Cover { buffer, .. }, .. }, _) => Some(*buffer),
            (_, PassTarget::Buffer(buffer)) => Some(buffer),
            _ => None,
        };
        buffer.and_then(|i| self.buffers.get(i)).map_or(render, |pair| pair.size)
    }

    /// Gives every texture the size of this frame. A persistent buffer keeps its picture, scaled.
    fn size_textures(
        &mut self,
        kit: &mut Kit,
        composer: &mut Composer,
        encoder: &mut wgpu::CommandEncoder,
        prepared: &PreparedProgram,
        drawing: &Drawing<'_>,
    ) -> Result<(), TextureError> {
        let program = &*prepared.program;
        let limit = kit.gpu.device().limits().max_texture_dimension_2d;
        let fit = |size: [u32; 2]| size.map(|side| side.clamp(1, limit));
        if self.output.size != fit(drawing.size) {
            let shape = output_shape(prepared);
            resize(kit, composer, encoder, &mut self.output, fit(drawing.size), &shape)?;
        }
        for (i, (pair, spec)) in self.buffers.iter_mut().zip(&program.buffers).enumerate() {
            let size = fit(spec.size.resolve(drawing.size, &program.params, &drawing.program.params));
            if pair.size != size {
                resize(kit, composer, encoder, pair, size, &buffer_shape(program, i, spec))?;
            }
        }
        Ok(())
    }
}

/// What a pair is made of, but for its size.
pub(crate) struct Shape<'a> {
    label: &'a str,
    format: wgpu::TextureFormat,
    /// Whether a pass reads what it writes.
    two: bool,
    /// Whether compute writes it.
    stored: bool,
    /// Whether the next frame depends on it.
    pub(crate) lasting: bool,
}

pub(crate) fn output_shape(prepared: &PreparedProgram) -> Shape<'_> {
    let two = prepared.uses_previous;
    Shape { label: &prepared.program.name, format: LIGHT_FORMAT, two, stored: false, lasting: two }
}

pub(crate) fn buffer_shape<'a>(program: &SceneProgram, i: usize, spec: &'a BufferSpec) -> Shape<'a> {
    let two = program.passes.iter().any(|p| written_buffers(p).any(|w| w == i) && reads(p, i));
    let stored =
        program.passes.iter().any(|p| p.bindings.iter().any(|b| b.kind == BindingKind::StorageTexture(i)));
    let format = buffer_format(spec.format);
    Shape { label: &spec.name, format, two, stored, lasting: spec.persistent || stored }
}

/// Makes a pair, black.
pub(crate) fn make_pair(kit: &mut Kit, size: [u32; 2], shape: &Shape<'_>) -> Result<Pair, TextureError> {
    let mut usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
    if shape.stored {
        usage |= wgpu::TextureUsages::STORAGE_BINDING;
    }
    let desc = texture_desc(shape.label, size, shape.format, usage);
    let first = kit.store.create(&desc, Keep::Always)?;
    let second = match shape.two.then(|| kit.store.create(&desc, Keep::Always)).transpose() {
        Ok(second) => second,
        Err(error) => {
            kit.store.destroy(first);
            return Err(error);
        }
    };
    Ok(Pair { halves: [Some(first), second], current: 0, size, written: false })
}

fn resize(
    kit: &mut Kit,
    composer: &mut Composer,
    encoder: &mut wgpu::CommandEncoder,
    pair: &mut Pair,
    size: [u32; 2],
    shape: &Shape<'_>,
) -> Result<(), TextureError> {
    let old = std::mem::replace(pair, make_pair(kit, size, shape)?);
    let readable = shape.format != wgpu::TextureFormat::Rgba32Float
        || kit.gpu.device().features().contains(wgpu::Features::FLOAT32_FILTERABLE);
    if let (Some(from), Some(to), true) = (old.current(), pair.current(), readable && shape.lasting) {
        composer.draw_to(kit, encoder, to, Step::Convert, Slot::default(), [Some(from.into()), None]);
    }
    for half in old.halves.into_iter().flatten() {
        kit.destroy_later(half);
    }
    Ok(())
}

/// The whole part of a parameter, inside its range, at least 1: the range is what the front end checked.
/// A storage and the number that tells it from all others. At least 16 bytes: devices refuse to bind less.
pub(crate) fn make_storage(kit: &mut Kit, spec: &StorageSpec, bytes: u64) -> (wgpu::Buffer, u64) {
    let buffer = kit.gpu.device().create_buffer(&wgpu::BufferDescriptor {
        label: Some(&spec.name),
        size: bytes.next_multiple_of(4).max(16),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    (buffer, kit.number())
}

/// The whole part of a parameter that multiplies something, at least 1.
fn times(program: &SceneProgram, input: &ProgramInput, param: usize) -> u32 {
    let Some(spec) = program.params.get(param) else { return 1 };
    let slot = input.params.get(param).copied().unwrap_or_else(|| spec.default_slot());
    (spec.clamp_slot(slot)[0] as u32).max(1)
}

fn params_uniform(kit: &mut Kit, program: &SceneProgram, input: &ProgramInput) -> UniformSlot {
    let mut slots = program.params.iter().map(|p| p.default_slot()).collect::<Vec<_>>();
    for (slot, given) in slots.iter_mut().zip(&input.params) {
        *slot = *given;
    }
    slots.resize(program.params.len().max(1), [0.0; 4]);
    kit.uniform(bytemuck::cast_slice(&slots))
}
