/// The vertex stage of every full-screen pass: `corner`, of three vertices, which gives a `Corner`.
pub const CORNER_WGSL: &str = include_str!("../../../shaders/stage/corner.wgsl");

/// A pass over a whole target: three vertices by [`CORNER_WGSL`], and a fragment entry point.
pub struct FullScreen<'a> {
    /// What the device calls it in its messages.
    pub label: &'a str,
    /// What it binds; `None`: what the modules name.
    pub layout: Option<&'a wgpu::PipelineLayout>,
    /// Holds `corner`.
    pub vertex: &'a wgpu::ShaderModule,
    /// Holds the entry point. May be the same.
    pub fragment: &'a wgpu::ShaderModule,
    /// The fragment entry point.
    pub entry: &'a str,
    /// Values of its overrides. A device refuses one for an override that the module does not have.
    pub constants: &'a [(&'a str, f64)],
    /// What it draws over, and how.
    pub target: wgpu::ColorTargetState,
}

impl FullScreen<'_> {
    /// Compiles it. Slow: on a software device some milliseconds.
    pub fn pipeline(self, device: &wgpu::Device) -> wgpu::RenderPipeline {
        device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(self.label),
            layout: self.layout,
            vertex: wgpu::VertexState {
                module: self.vertex,
                entry_point: Some("corner"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: self.fragment,
                entry_point: Some(self.entry),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: self.constants,
                    ..wgpu::PipelineCompilationOptions::default()
                },
                targets: &[Some(self.target)],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}
