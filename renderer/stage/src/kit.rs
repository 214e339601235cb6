//! What every pass needs: uniforms of the frame, bind groups, samplers, throw-away targets.

use std::collections::HashMap;
use std::num::NonZeroU64;

use renderer_gpu::{Gpu, Keep, TextureError, TextureId, TextureStore};
use renderer_scene::SamplerKind;

/// Bytes of one uniform buffer: the portable limit of a binding.
const CHUNK_BYTES: usize = 64 * 1024;
/// Offsets of dynamic uniforms are multiples of this: the portable alignment.
const ALIGN: usize = 256;
/// Frames after which an unused bind group or throw-away target is freed: half a second.
const FORGET_AFTER_FRAMES: u64 = 30;

/// A texture as a pass reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TextureRef {
    pub(crate) id: TextureId,
    /// Read the bytes as they are, without the sRGB curve.
    pub(crate) raw: bool,
}

impl From<TextureId> for TextureRef {
    fn from(id: TextureId) -> Self {
        Self { id, raw: false }
    }
}

/// Where a uniform of this frame lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UniformSlot {
    chunk: usize,
    pub(crate) offset: u32,
    bytes: u64,
}

/// Uniforms of one frame, sent with one write per buffer.
#[derive(Default)]
struct Arena {
    chunks: Vec<(wgpu::Buffer, Vec<u8>)>,
}

impl Arena {
    fn push(&mut self, gpu: &Gpu, bytes: &[u8]) -> UniformSlot {
        let fits = |used: &Vec<u8>| used.len().next_multiple_of(ALIGN) + bytes.len() <= CHUNK_BYTES;
        let chunk = self.chunks.iter().position(|(_, used)| fits(used)).unwrap_or_else(|| {
            let buffer = gpu.device().create_buffer(&wgpu::BufferDescriptor {
                label: Some("uniforms"),
                size: CHUNK_BYTES as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            self.chunks.push((buffer, Vec::with_capacity(CHUNK_BYTES)));
            self.chunks.len() - 1
        });
        let mut offset = 0;
        if let Some((_, used)) = self.chunks.get_mut(chunk) {
            offset = used.len().next_multiple_of(ALIGN);
            used.resize(offset, 0);
            used.extend_from_slice(bytes);
        }
        UniformSlot { chunk, offset: offset as u32, bytes: bytes.len() as u64 }
    }

    fn flush(&mut self, gpu: &Gpu) {
        for (buffer, used) in &mut self.chunks {
            if !used.is_empty() {
                gpu.queue().write_buffer(buffer, 0, used);
                used.clear();
            }
        }
    }
}

/// One resource of a bind group.
pub(crate) enum Bound<'a> {
    Uniform(UniformSlot),
    Texture(TextureRef),
    Sampler(SamplerKind),
    /// A storage buffer and the number that tells it from all others.
    Storage(&'a wgpu::Buffer, u64),
}

/// A layout and the number that tells it from all others.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) layout: wgpu::BindGroupLayout,
    pub(crate) number: u64,
}

struct Transient {
    id: TextureId,
    size: [u32; 2],
    format: wgpu::TextureFormat,
    last_used: u64,
    in_use: bool,
}

/// What every pass needs, all of one device.
pub(crate) struct Kit {
    pub(crate) gpu: Gpu,
    pub(crate) store: TextureStore,
    /// One pixel of transparent black.
    pub(crate) black: TextureId,
    arena: Arena,
    samplers: Vec<wgpu::Sampler>,
    binds: HashMap<(u64, Vec<u64>), (wgpu::BindGroup, u64)>,
    transients: Vec<Transient>,
    /// Freed after the submit: commands of this frame may read them.
    doomed: Vec<TextureId>,
    frame: u64,
    next_number: u64,
}

impl Kit {
    pub(crate) fn new(gpu: &Gpu) -> Result<Self, TextureError> {
        let mut store = TextureStore::new(gpu);
        let black = store.create(
            &texture_desc("black", [1, 1], wgpu::TextureFormat::Rgba8Unorm, wgpu::TextureUsages::empty()),
            Keep::Always,
        )?;
        use wgpu::{AddressMode as A, FilterMode as F};
        let samplers = [
            (F::Linear, A::ClampToEdge),
            (F::Linear, A::Repeat),
            (F::Linear, A::MirrorRepeat),
            (F::Nearest, A::ClampToEdge),
            (F::Nearest, A::Repeat),
        ]
        .map(|(filter, address)| {
            gpu.device().create_sampler(&wgpu::SamplerDescriptor {
                address_mode_u: address,
                address_mode_v: address,
                mag_filter: filter,
                min_filter: filter,
                ..wgpu::SamplerDescriptor::default()
            })
        })
        .to_vec();
        Ok(Self {
            gpu: gpu.clone(),
            store,
            black,
            arena: Arena::default(),
            samplers,
            binds: HashMap::new(),
            transients: Vec::new(),
            doomed: Vec::new(),
            frame: 0,
            next_number: 0,
        })
    }

    /// A number never given before, for layouts and storages.
    pub(crate) fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    pub(crate) fn uniform(&mut self, bytes: &[u8]) -> UniformSlot {
        self.arena.push(&self.gpu, bytes)
    }

    /// Returns the bind group of these resources, made now or in an earlier frame, with the dynamic
    /// offsets of its uniforms.
    pub(crate) fn bind(
        &mut self,
        layout: &Layout,
        resources: &[(u32, Bound<'_>)],
    ) -> (wgpu::BindGroup, Vec<u32>) {
        let offsets = resources
            .iter()
            .filter_map(|(_, bound)| if let Bound::Uniform(slot) = bound { Some(slot.offset) } else { None })
            .collect();
        for (_, bound) in resources {
            if let Bound::Texture(texture) = bound {
                self.store.touch(texture.id);
            }
        }
        let key = (layout.number, resources.iter().map(|(_, bound)| bound_key(bound)).collect::<Vec<_>>());
        if let Some((group, last_used)) = self.binds.get_mut(&key) {
            *last_used = self.frame;
            return (group.clone(), offsets);
        }
        let entries = resources
            .iter()
            .filter_map(|(binding, bound)| {
                Some(wgpu::BindGroupEntry { binding: *binding, resource: self.resource(bound)? })
            })
            .collect::<Vec<_>>();
        let group = self.gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &layout.layout,
            entries: &entries,
        });
        self.binds.insert(key, (group.clone(), self.frame));
        (group, offsets)
    }

    fn resource<'a>(&'a self, bound: &Bound<'a>) -> Option<wgpu::BindingResource<'a>> {
        Some(match bound {
            Bound::Uniform(slot) => wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &self.arena.chunks.get(slot.chunk)?.0,
                offset: 0,
                size: NonZeroU64::new(slot.bytes),
            }),
            Bound::Texture(texture) => {
                let view =
                    if texture.raw { self.store.raw_view(texture.id) } else { self.store.view(texture.id) };
                wgpu::BindingResource::TextureView(view.or_else(|| self.store.view(self.black))?)
            }
            Bound::Sampler(kind) => wgpu::BindingResource::Sampler(self.samplers.get(sampler_idx(*kind))?),
            Bound::Storage(buffer, _) => buffer.as_entire_binding(),
        })
    }

    /// Returns a target for this frame; its content is undefined.
    pub(crate) fn transient(
        &mut self,
        size: [u32; 2],
        format: wgpu::TextureFormat,
    ) -> Result<TextureId, TextureError> {
        let frame = self.frame;
        if let Some(t) =
            self.transients.iter_mut().find(|t| !t.in_use && t.size == size && t.format == format)
        {
            (t.in_use, t.last_used) = (true, frame);
            return Ok(t.id);
        }
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
        let id = self.store.create(&texture_desc("transient", size, format, usage), Keep::Always)?;
        self.transients.push(Transient { id, size, format, last_used: frame, in_use: true });
        Ok(id)
    }

    /// Frees a texture once this frame is submitted.
    pub(crate) fn destroy_later(&mut self, id: TextureId) {
        self.doomed.push(id);
    }

    /// Sends the uniforms: right before the submit.
    pub(crate) fn flush(&mut self) {
        self.arena.flush(&self.gpu);
    }

    /// Gives the throw-away targets back except `held`, which later passes still read, and forgets what is unused.
    pub(crate) fn end_frame(&mut self, held: &[TextureId]) {
        let frame = self.frame;
        for t in &mut self.transients {
            t.in_use = held.contains(&t.id);
        }
        let store = &mut self.store;
        self.transients.retain(|t| {
            let keep = t.in_use || frame.saturating_sub(t.last_used) < FORGET_AFTER_FRAMES;
            if !keep {
                store.destroy(t.id);
            }
            keep
        });
        for id in self.doomed.drain(..) {
            self.store.destroy(id);
        }
        self.binds.retain(|_, (_, last_used)| frame.saturating_sub(*last_used) < FORGET_AFTER_FRAMES);
        self.store.end_frame();
        self.frame += 1;
    }
}

fn bound_key(bound: &Bound<'_>) -> u64 {
    match bound {
        Bound::Uniform(slot) => (slot.chunk as u64) << 32 | slot.bytes,
        Bound::Texture(texture) => texture.id.number() << 1 | u64::from(texture.raw),
        Bound::Sampler(kind) => sampler_idx(*kind) as u64,
        Bound::Storage(_, number) => *number,
    }
}

fn sampler_idx(kind: SamplerKind) -> usize {
    match kind {
        SamplerKind::LinearClamp => 0,
        SamplerKind::LinearRepeat => 1,
        SamplerKind::LinearMirror => 2,
        SamplerKind::NearestClamp => 3,
        SamplerKind::NearestRepeat => 4,
    }
}

/// Describes a 2D texture that passes read and that may be written as `usage` says besides.
pub(crate) fn texture_desc<'a>(
    label: &'a str,
    size: [u32; 2],
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::TextureDescriptor<'a> {
    wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: usage | wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    }
}
