use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use renderer_gpu::{Generation, Gpu};
use renderer_scene::{
    Binding, BindingKind, BufferFormat, FrameUniform, Pass, PassBlend, PassKind, PassTarget, SceneProgram,
    TextureSource, hide_conditions,
};

use crate::StageError;
use crate::kit::Layout;

/// The pixels of every picture inside the stage.
pub(crate) const LIGHT_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba16Float;

/// A program compiled for one device: made on a worker, handed to [`crate::Stage::install_prepared`].
#[derive(Debug)]
pub struct PreparedProgram {
    pub(crate) program: Arc<SceneProgram>,
    pub(crate) generation: Generation,
    pub(crate) passes: Vec<PreparedPass>,
    /// Whether any pass reads the program's last output.
    pub(crate) uses_previous: bool,
}

#[derive(Debug)]
pub(crate) struct PreparedPass {
    /// By group number; unused groups are empty.
    pub(crate) groups: Vec<PreparedGroup>,
    pub(crate) pipeline: PreparedPipeline,
}

#[derive(Debug)]
pub(crate) struct PreparedGroup {
    pub(crate) layout: Layout,
    /// In the order of their binding numbers, which is that of dynamic offsets.
    pub(crate) bindings: Vec<Binding>,
}

#[derive(Debug)]
pub(crate) enum PreparedPipeline {
    Draw(wgpu::RenderPipeline),
    Compute(wgpu::ComputePipeline),
}

impl PreparedProgram {
    /// Compiles a program. Slow (a driver's compiler runs): on a worker, never on the render thread of a live show.
    ///
    /// # Errors
    /// [`StageError::Program`] with the device's words, [`StageError::Lost`] when it went meanwhile.
    pub fn new(gpu: &Gpu, program: Arc<SceneProgram>) -> Result<Self, StageError> {
        let refused = |reason: String| StageError::Program { name: program.name.clone(), reason };
        let scope = gpu.device().push_error_scope(wgpu::ErrorFilter::Validation);
        let mut modules = Modules { gpu, program: &program, made: HashMap::new() };
        let passes = program
            .passes
            .iter()
            .map(|pass| prepare_pass(gpu, &program, pass, &mut modules))
            .collect::<Result<Vec<_>, String>>();
        let refusal = pollster::block_on(scope.pop());
        if gpu.is_lost() {
            return Err(StageError::Lost { reason: gpu.loss_reason() });
        }
        if let Some(error) = refusal {
            return Err(refused(error.to_string()));
        }
        let passes = passes.map_err(refused)?;
        let uses_previous = program
            .passes
            .iter()
            .flat_map(|p| &p.bindings)
            .any(|b| b.kind == BindingKind::Texture(TextureSource::Previous));
        Ok(Self { program, generation: gpu.generation(), passes, uses_previous })
    }

    /// The program.
    pub fn program(&self) -> &Arc<SceneProgram> {
        &self.program
    }
}

pub(crate) fn buffer_format(format: BufferFormat) -> wgpu::TextureFormat {
    match format {
        BufferFormat::Rgba8 => wgpu::TextureFormat::Rgba8Unorm,
        BufferFormat::Rgba16F => LIGHT_FORMAT,
        BufferFormat::Rgba32F => wgpu::TextureFormat::Rgba32Float,
    }
}

/// A program's modules on one device, one for each entry point.
///
/// A driver reads all that a module holds for each pipeline made of it, and Mesa's software renderer keeps what it
/// read for as long as the pipeline lives: most of the memory of a scene of ten passes in one module.
struct Modules<'a> {
    gpu: &'a Gpu,
    program: &'a SceneProgram,
    made: HashMap<(usize, &'a str), wgpu::ShaderModule>,
}

impl<'a> Modules<'a> {
    fn of(&mut self, pass: &Pass, number: usize, entry: &'a str) -> Result<wgpu::ShaderModule, String> {
        if let Some(made) = self.made.get(&(number, entry)) {
            return Ok(made.clone());
        }
        let source = self.program.modules.get(number);
        let source = source.ok_or_else(|| format!("pass {:?} has no module {number}", pass.label))?;
        let mut module = source.reached_from(entry);
        if self.gpu.is_software() {
            hide_conditions(&mut module);
        }
        let made = self.gpu.device().create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(&source.label),
            source: wgpu::ShaderSource::Naga(std::borrow::Cow::Owned(module)),
        });
        self.made.insert((number, entry), made.clone());
        Ok(made)
    }
}

fn prepare_pass<'a>(
    gpu: &Gpu,
    program: &'a SceneProgram,
    pass: &'a Pass,
    modules: &mut Modules<'a>,
) -> Result<PreparedPass, String> {
    let groups = prepare_groups(gpu, program, pass)?;
    let layouts = groups.iter().map(|g| Some(&g.layout.layout)).collect::<Vec<_>>();
    let layout = gpu.device().create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(&pass.label),
        bind_group_layouts: &layouts,
        immediate_size: 0,
    });
    let pipeline = match &pass.kind {
        PassKind::Compute { entry, .. } => PreparedPipeline::Compute(gpu.device().create_compute_pipeline(
            &wgpu::ComputePipelineDescriptor {
                label: Some(&pass.label),
                layout: Some(&layout),
                module: &modules.of(pass, pass.module, entry)?,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            },
        )),
        PassKind::Draw { vertex, vertex_module, fragment, blend, .. } => {
            let format = match pass.target {
                PassTarget::Output => LIGHT_FORMAT,
                PassTarget::Buffer(i) => {
                    let spec = program
                        .buffers
                        .get(i)
                        .ok_or_else(|| format!("pass {:?} has no buffer {i}", pass.label))?;
                    buffer_format(spec.format)
                }
                PassTarget::None => return Err(format!("pass {:?} draws nowhere", pass.label)),
            };
            PreparedPipeline::Draw(gpu.device().create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(&pass.label),
                layout: Some(&layout),
                vertex: wgpu::VertexState {
                    module: &modules.of(pass, vertex_module.unwrap_or(pass.module), vertex)?,
                    entry_point: Some(vertex),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    buffers: &[],
                },
                primitive: wgpu::PrimitiveState::default(),
                depth_stencil: None,
                multisample: wgpu::MultisampleState::default(),
                fragment: Some(wgpu::FragmentState {
                    module: &modules.of(pass, pass.module, fragment)?,
                    entry_point: Some(fragment),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    targets: &[Some(wgpu::ColorTargetState {
                        format,
                        blend: blend_state(*blend),
                        write_mask: wgpu::ColorWrites::ALL,
                    })],
                }),
                multiview_mask: None,
                cache: None,
            }))
        }
    };
    Ok(PreparedPass { groups, pipeline })
}

fn blend_state(blend: PassBlend) -> Option<wgpu::BlendState> {
    let add = wgpu::BlendComponent {
        src_factor: wgpu::BlendFactor::One,
        dst_factor: wgpu::BlendFactor::One,
        operation: wgpu::BlendOperation::Add,
    };
    match blend {
        PassBlend::Replace => None,
        PassBlend::AddOnClear | PassBlend::Add => Some(wgpu::BlendState { color: add, alpha: add }),
        PassBlend::OverOnClear => Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
    }
}

fn prepare_groups(gpu: &Gpu, program: &SceneProgram, pass: &Pass) -> Result<Vec<PreparedGroup>, String> {
    let mut by_group = BTreeMap::<u32, BTreeMap<u32, Binding>>::new();
    for binding in &pass.bindings {
        by_group.entry(binding.group).or_default().insert(binding.binding, binding.clone());
    }
    let limit = gpu.device().limits().max_bind_groups;
    let last = by_group.keys().next_back().copied();
    if last.is_some_and(|last| last >= limit) {
        return Err(format!(
            "pass {:?} binds group {}, the limit is {}",
            pass.label,
            last.unwrap_or(0),
            limit - 1
        ));
    }
    let compute = matches!(pass.kind, PassKind::Compute { .. });
    (0..last.map_or(0, |last| last + 1))
        .map(|group| {
            let bindings = by_group.remove(&group).unwrap_or_default().into_values().collect::<Vec<_>>();
            let entries = bindings
                .iter()
                .map(|b| layout_entry(gpu, program, b, compute))
                .collect::<Result<Vec<_>, _>>()?;
            let layout = gpu.device().create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some(&pass.label),
                entries: &entries,
            });
            // Numbered when it is installed: this may be any thread.
            Ok(PreparedGroup { layout: Layout { layout, number: 0 }, bindings })
        })
        .collect()
}

fn layout_entry(
    gpu: &Gpu,
    program: &SceneProgram,
    binding: &Binding,
    compute: bool,
) -> Result<wgpu::BindGroupLayoutEntry, String> {
    let uniform = |bytes: usize| wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: true,
        min_binding_size: std::num::NonZeroU64::new(bytes as u64),
    };
    let both = wgpu::ShaderStages::VERTEX_FRAGMENT;
    let (ty, draw_stages) = match &binding.kind {
        BindingKind::Frame => (uniform(size_of::<FrameUniform>()), both),
        BindingKind::Params => (uniform(16 * program.params.len().max(1)), both),
        BindingKind::Texture(source) => {
            let full_float = matches!(source, TextureSource::Buffer(i)
                if program.buffers.get(*i).is_some_and(|b| b.format == BufferFormat::Rgba32F));
            let filterable =
                !full_float || gpu.device().features().contains(wgpu::Features::FLOAT32_FILTERABLE);
            let ty = wgpu::BindingType::Texture {
                sample_type: wgpu::TextureSampleType::Float { filterable },
                view_dimension: wgpu::TextureViewDimension::D2,
                multisampled: false,
            };
            (ty, both)
        }
        BindingKind::Sampler(_) => (wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering), both),
        BindingKind::Storage { storage, read_only } => {
            if *storage >= program.storages.len() {
                return Err(format!("there is no storage {storage}"));
            }
            let ty = wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only: *read_only },
                has_dynamic_offset: false,
                min_binding_size: None,
            };
            (ty, if *read_only { both } else { wgpu::ShaderStages::FRAGMENT })
        }
        BindingKind::StorageTexture(buffer) => {
            let spec = program.buffers.get(*buffer).ok_or_else(|| format!("there is no buffer {buffer}"))?;
            let ty = wgpu::BindingType::StorageTexture {
                access: wgpu::StorageTextureAccess::WriteOnly,
                format: buffer_format(spec.format),
                view_dimension: wgpu::TextureViewDimension::D2,
            };
            (ty, wgpu::ShaderStages::FRAGMENT)
        }
    };
    let visibility = if compute { wgpu::ShaderStages::COMPUTE } else { draw_stages };
    Ok(wgpu::BindGroupLayoutEntry { binding: binding.binding, visibility, ty, count: None })
}
