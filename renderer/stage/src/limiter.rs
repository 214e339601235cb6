//! Keeps flashes to what WCAG 2.3.1 allows: the rules are in `shaders/stage/limiter.wgsl`.
//!
//! Everything happens on the device, in the frame itself: nothing is read back, so nothing waits, and the same
//! pictures are limited the same way.

use std::collections::HashMap;

use renderer_gpu::{CORNER_WGSL, Keep, TextureError, TextureId};
use renderer_scene::TONE_WGSL;

use crate::compose::{COMPOSE_WGSL, Composer, Over, PipelineKey, Slot, Step, constants};
use crate::kit::{Kit, TextureRef, texture_desc};

const LIMITER_WGSL: &str = include_str!("../../../shaders/stage/limiter.wgsl");

/// Cells the picture is looked at in, as the shader has them.
const CELLS: [u32; 2] = [64, 36];
/// Cells of one workgroup.
const WORKGROUP: [u32; 2] = [8, 4];
/// Bytes of one cell: two tracks of eight numbers, and two.
const CELL_BYTES: u64 = 18 * 4;

/// What the limiter's pipelines are made of: to be taken to any thread.
#[derive(Clone, Debug)]
pub(crate) struct JudgeMaker {
    module: wgpu::ShaderModule,
    layout: wgpu::PipelineLayout,
}

/// The limiter on one device.
pub(crate) struct Limiter {
    maker: JudgeMaker,
    memory: wgpu::Buffer,
    stays: TextureId,
    group: wgpu::BindGroup,
    judges: HashMap<[u32; 3], wgpu::ComputePipeline>,
    spread: wgpu::ComputePipeline,
    /// Pipelines made because a frame needed them, since the last [`Limiter::take_num_made`].
    num_made: u32,
}

impl Limiter {
    pub(crate) fn new(kit: &mut Kit, composer: &Composer) -> Result<Self, TextureError> {
        let usage = wgpu::TextureUsages::STORAGE_BINDING;
        let desc = texture_desc("flash limiter", CELLS, wgpu::TextureFormat::Rgba16Float, usage);
        let stays = kit.store.create(&desc, Keep::Always)?;
        let view = kit.store.texture(stays).map(|texture| texture.create_view(&Default::default()));
        let device = kit.gpu.device();
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("flash limiter"),
            source: wgpu::ShaderSource::Wgsl(
                format!("{CORNER_WGSL}\n{COMPOSE_WGSL}\n{LIMITER_WGSL}\n{TONE_WGSL}").into(),
            ),
        });
        let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty,
            count: None,
        };
        let own = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("flash limiter"),
            entries: &[
                entry(
                    0,
                    wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Storage { read_only: false },
                        has_dynamic_offset: false,
                        min_binding_size: None,
                    },
                ),
                entry(
                    1,
                    wgpu::BindingType::StorageTexture {
                        access: wgpu::StorageTextureAccess::WriteOnly,
                        format: wgpu::TextureFormat::Rgba16Float,
                        view_dimension: wgpu::TextureViewDimension::D2,
                    },
                ),
            ],
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("flash limiter"),
            bind_group_layouts: &[Some(composer.layout()), Some(&own)],
            immediate_size: 0,
        });
        let memory = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("flash limiter"),
            size: u64::from(CELLS[0] * CELLS[1]) * CELL_BYTES,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let stays_entry = view.as_ref().map(|view| wgpu::BindGroupEntry {
            binding: 1,
            resource: wgpu::BindingResource::TextureView(view),
        });
        let entries = [wgpu::BindGroupEntry { binding: 0, resource: memory.as_entire_binding() }];
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("flash limiter"),
            layout: &own,
            entries: &entries.into_iter().chain(stays_entry).collect::<Vec<_>>(),
        });
        let maker = JudgeMaker { module, layout };
        let spread = maker.pipeline(device, "spread", [0; 3]);
        Ok(Self { maker, memory, stays, group, judges: HashMap::new(), spread, num_made: 0 })
    }

    /// Returns what makes its pipelines elsewhere.
    pub(crate) fn maker(&self) -> JudgeMaker {
        self.maker.clone()
    }

    /// Takes pipelines that were made elsewhere, by the mode of the slot they judge.
    pub(crate) fn install(&mut self, made: Vec<([u32; 3], wgpu::ComputePipeline)>) {
        for (mode, pipeline) in made {
            self.judges.entry(mode).or_insert(pipeline);
        }
    }

    /// Returns how many pipelines frames had to wait for since this was last asked.
    pub(crate) fn take_num_made(&mut self) -> u32 {
        std::mem::take(&mut self.num_made)
    }

    /// Looks at the picture about to be finished beside the one shown last, and decides how much of that stays.
    /// `slot` and the first two textures are those of [`Step::Output`], with the seconds since the last picture in
    /// `slot.a[3]`; the third is the picture shown last, `None` when there is none.
    pub(crate) fn judge(
        &mut self,
        kit: &mut Kit,
        composer: &Composer,
        encoder: &mut wgpu::CommandEncoder,
        mut slot: Slot,
        [composed, glow, shown]: [Option<TextureRef>; 3],
    ) {
        slot.fit = [f32::from(u8::from(shown.is_some())), 0.0, 0.0, 0.0];
        let (group, offsets) = composer.bind(kit, slot, [composed, glow, shown, None]);
        let device = kit.gpu.device().clone();
        let judge = self.judges.entry(slot.mode).or_insert_with(|| {
            self.num_made += 1;
            self.maker.judge(&device, slot.mode)
        });
        let groups = [CELLS[0].div_ceil(WORKGROUP[0]), CELLS[1].div_ceil(WORKGROUP[1])];
        for pipeline in [judge, &self.spread] {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("flash limiter"),
                timestamp_writes: None,
            });
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &group, &offsets);
            pass.set_bind_group(1, &self.group, &[]);
            pass.dispatch_workgroups(groups[0], groups[1], 1);
        }
    }

    /// How much of the picture shown last stays, by cell.
    pub(crate) fn stays(&self) -> TextureId {
        self.stays
    }

    /// What it remembers of the last second.
    pub(crate) fn memory(&self) -> &wgpu::Buffer {
        &self.memory
    }
}

impl JudgeMaker {
    /// Makes what judges pictures of a slot's mode.
    pub(crate) fn judge(&self, device: &wgpu::Device, mode: [u32; 3]) -> wgpu::ComputePipeline {
        self.pipeline(device, "judge", mode)
    }

    fn pipeline(&self, device: &wgpu::Device, entry: &str, mode: [u32; 3]) -> wgpu::ComputePipeline {
        let key = PipelineKey {
            step: Step::Output,
            format: wgpu::TextureFormat::Rgba8Unorm,
            mode,
            exact: [false; 2],
            limit: false,
            over: Over::Nothing,
        };
        device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&self.layout),
            module: &self.module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &constants(key),
                ..wgpu::PipelineCompilationOptions::default()
            },
            cache: None,
        })
    }
}
