//! The stage's own full-screen passes (`shaders/stage/compose.wgsl`).

use std::collections::HashMap;

use bytemuck::{Pod, Zeroable};
use renderer_gpu::{CORNER_WGSL, FullScreen, Gpu, TextureId};
use renderer_scene::{SamplerKind, TONE_WGSL};

use crate::kit::{Bound, Kit, Layout, TextureRef};

pub(crate) const COMPOSE_WGSL: &str = include_str!("../../../shaders/stage/compose.wgsl");

/// An entry point of the composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Convert,
    Place,
    Shrink,
    Solid,
    Crossfade,
    Blend,
    Lay,
    BloomFirst,
    BloomDown,
    BloomUp,
    Output,
}

impl Step {
    fn entry(self) -> &'static str {
        match self {
            Self::Convert => "convert",
            Self::Place => "place",
            Self::Shrink => "shrink",
            Self::Solid => "solid",
            Self::Crossfade => "crossfade",
            Self::Blend => "blend",
            Self::Lay => "lay",
            Self::BloomFirst => "bloom_first",
            Self::BloomDown => "bloom_down",
            Self::BloomUp => "bloom_up",
            Self::Output => "output",
        }
    }
}

/// How [`Step::Convert`] changes colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Convert {
    Copy = 0,
    /// Screen to light.
    Decode = 1,
    /// Light to screen.
    Encode = 2,
    /// As it is, transparent outside of the picture.
    Whole = 3,
}

/// The numbers of one step, byte for byte the `Slot` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Uniform {
    a: [f32; 4],
    fit: [f32; 4],
    turn: [f32; 4],
    place: [f32; 4],
    mask: [f32; 4],
}

/// The numbers and switches of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) a: [f32; 4],
    pub(crate) fit: [f32; 4],
    pub(crate) turn: [f32; 4],
    pub(crate) place: [f32; 4],
    pub(crate) mask: [f32; 4],
    /// X, Y and Z of the shader: each combination is a pipeline of its own.
    pub(crate) mode: [u32; 3],
}

impl Default for Slot {
    /// The whole picture, everything off.
    fn default() -> Self {
        Self {
            a: [0.0; 4],
            fit: [1.0, 1.0, 0.0, 0.0],
            turn: [1.0, 0.0, 0.0, 1.0],
            place: [0.5, 0.5, 1.0, 0.0],
            mask: [0.5; 4],
            mode: [0; 3],
        }
    }
}

/// How a step meets what its target holds already: what devices do by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Over {
    /// Takes its place.
    #[default]
    Nothing,
    Normal,
    Add,
    Multiply,
}

impl Over {
    fn blend(self) -> Option<wgpu::BlendState> {
        use wgpu::BlendFactor as F;
        let component = |src_factor, dst_factor| wgpu::BlendComponent {
            src_factor,
            dst_factor,
            operation: wgpu::BlendOperation::Add,
        };
        let color = match self {
            Self::Nothing => return None,
            Self::Normal => component(F::One, F::OneMinusSrcAlpha),
            Self::Add => component(F::One, F::One),
            Self::Multiply => component(F::Dst, F::Zero),
        };
        Some(wgpu::BlendState { color, alpha: component(F::One, F::OneMinusSrcAlpha) })
    }
}

/// One of several steps that draw over each other in one pass.
pub(crate) struct Laid {
    pub(crate) step: Step,
    pub(crate) slot: Slot,
    pub(crate) textures: [Option<TextureRef>; 4],
    pub(crate) over: Over,
}

/// Where a step draws.
struct Target<'a> {
    view: &'a wgpu::TextureView,
    format: wgpu::TextureFormat,
    size: [u32; 2],
}

/// What a pipeline is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PipelineKey {
    pub(crate) step: Step,
    pub(crate) format: wgpu::TextureFormat,
    pub(crate) mode: [u32; 3],
    /// Whether each texture has the target's size.
    pub(crate) exact: [bool; 2],
    /// Whether flashes are limited.
    pub(crate) limit: bool,
    pub(crate) over: Over,
}

/// The switches of a pipeline as the shaders name them.
pub(crate) fn constants(key: PipelineKey) -> [(&'static str, f64); 6] {
    let [x, y, z] = key.mode.map(f64::from);
    let [exact_a, exact_b, limit] = [key.exact[0], key.exact[1], key.limit].map(|on| f64::from(u8::from(on)));
    [("X", x), ("Y", y), ("Z", z), ("EXACT_A", exact_a), ("EXACT_B", exact_b), ("LIMIT", limit)]
}

/// What the stage's own pipelines are made of: to be taken to any thread.
#[derive(Clone, Debug)]
pub(crate) struct Maker {
    module: wgpu::ShaderModule,
    pipeline_layout: wgpu::PipelineLayout,
}

/// The stage's own pipelines: made when first needed, or before by [`crate::UsualSteps`].
pub(crate) struct Composer {
    maker: Maker,
    layout: Layout,
    pipelines: HashMap<PipelineKey, wgpu::RenderPipeline>,
    /// Pipelines made because a frame needed them, since the last [`Composer::take_num_made`].
    num_made: u32,
}

impl Composer {
    pub(crate) fn new(kit: &mut Kit) -> Self {
        let device = kit.gpu.device();
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("compose"),
            source: wgpu::ShaderSource::Wgsl(format!("{CORNER_WGSL}\n{COMPOSE_WGSL}\n{TONE_WGSL}").into()),
        });
        let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::FRAGMENT | wgpu::ShaderStages::COMPUTE,
            ty,
            count: None,
        };
        let texture = wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: true },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        };
        let uniform = wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: true,
            min_binding_size: std::num::NonZeroU64::new(size_of::<Uniform>() as u64),
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("compose"),
            entries: &[
                entry(0, uniform),
                entry(1, wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering)),
                entry(2, texture),
                entry(3, texture),
                entry(4, texture),
                entry(5, texture),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("compose"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let layout = Layout { layout, number: kit.number() };
        Self { maker: Maker { module, pipeline_layout }, layout, pipelines: HashMap::new(), num_made: 0 }
    }

    /// Returns what makes its pipelines elsewhere.
    pub(crate) fn maker(&self) -> Maker {
        self.maker.clone()
    }

    /// Takes pipelines that were made elsewhere.
    pub(crate) fn install(&mut self, made: Vec<(PipelineKey, wgpu::RenderPipeline)>) {
        for (key, pipeline) in made {
            self.pipelines.entry(key).or_insert(pipeline);
        }
    }

    /// Returns how many pipelines frames had to wait for since this was last asked.
    pub(crate) fn take_num_made(&mut self) -> u32 {
        std::mem::take(&mut self.num_made)
    }

    /// Draws steps over each other, in one pass over a target that is transparent black before.
    fn draw(&mut self, kit: &mut Kit, encoder: &mut wgpu::CommandEncoder, target: Target<'_>, laid: &[Laid]) {
        let mut drawn = Vec::with_capacity(laid.len());
        for &Laid { step, slot, textures, over } in laid {
            let (group, offsets) = self.bind(kit, slot, textures);
            let exact = [textures[0], textures[1]].map(|t| {
                let id = t.map_or(kit.black, |t| t.id);
                kit.store.texture(id).is_some_and(|t| [t.width(), t.height()] == target.size)
            });
            let limit = textures[3].is_some();
            let key = PipelineKey { step, format: target.format, mode: slot.mode, exact, limit, over };
            drawn.push((self.pipeline(&kit.gpu, key).clone(), group, offsets));
        }
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: laid.first().map(|first| first.step.entry()),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: target.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..wgpu::RenderPassDescriptor::default()
        });
        for (pipeline, group, offsets) in &drawn {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, group, offsets);
            pass.draw(0..3, 0..1);
        }
    }

    /// The layout of a step's numbers and textures.
    pub(crate) fn layout(&self) -> &wgpu::BindGroupLayout {
        &self.layout.layout
    }

    /// Binds a step's numbers and textures; black for those that are missing.
    pub(crate) fn bind(
        &self,
        kit: &mut Kit,
        slot: Slot,
        textures: [Option<TextureRef>; 4],
    ) -> (wgpu::BindGroup, Vec<u32>) {
        let uniform = kit.uniform(bytemuck::bytes_of(&Uniform {
            a: slot.a,
            fit: slot.fit,
            turn: slot.turn,
            place: slot.place,
            mask: slot.mask,
        }));
        let black = TextureRef::from(kit.black);
        let [a, b, c, d] = textures.map(|t| t.unwrap_or(black));
        kit.bind(
            &self.layout,
            &[
                (0, Bound::Uniform(uniform)),
                (1, Bound::Sampler(SamplerKind::LinearClamp)),
                (2, Bound::Texture(a)),
                (3, Bound::Texture(b)),
                (4, Bound::Texture(c)),
                (5, Bound::Texture(d)),
            ],
        )
    }

    /// Draws one step over a texture of the store.
    pub(crate) fn draw_to(
        &mut self,
        kit: &mut Kit,
        encoder: &mut wgpu::CommandEncoder,
        target: TextureId,
        step: Step,
        slot: Slot,
        [a, b]: [Option<TextureRef>; 2],
    ) {
        self.draw_with(kit, encoder, target, step, slot, [a, b, None, None]);
    }

    /// Draws a step that reads up to four textures; with the fourth, flashes are limited.
    pub(crate) fn draw_with(
        &mut self,
        kit: &mut Kit,
        encoder: &mut wgpu::CommandEncoder,
        target: TextureId,
        step: Step,
        slot: Slot,
        textures: [Option<TextureRef>; 4],
    ) {
        self.lay(kit, encoder, target, &[Laid { step, slot, textures, over: Over::Nothing }]);
    }

    /// Draws steps over each other in one pass.
    pub(crate) fn lay(
        &mut self,
        kit: &mut Kit,
        encoder: &mut wgpu::CommandEncoder,
        target: TextureId,
        laid: &[Laid],
    ) {
        let Some((view, texture)) = kit.store.view(target).zip(kit.store.texture(target)) else { return };
        let (view, format, size) = (view.clone(), texture.format(), [texture.width(), texture.height()]);
        self.draw(kit, encoder, Target { view: &view, format, size }, laid);
    }

    fn pipeline(&mut self, gpu: &Gpu, key: PipelineKey) -> &wgpu::RenderPipeline {
        self.pipelines.entry(key).or_insert_with(|| {
            self.num_made += 1;
            self.maker.make(gpu.device(), key)
        })
    }
}

impl Maker {
    /// Makes a pipeline.
    pub(crate) fn make(&self, device: &wgpu::Device, key: PipelineKey) -> wgpu::RenderPipeline {
        let entry = key.step.entry();
        let full_screen = FullScreen {
            label: entry,
            layout: Some(&self.pipeline_layout),
            vertex: &self.module,
            fragment: &self.module,
            entry,
            constants: &constants(key),
            target: wgpu::ColorTargetState {
                format: key.format,
                blend: key.over.blend(),
                write_mask: wgpu::ColorWrites::ALL,
            },
        };
        full_screen.pipeline(device)
    }
}
