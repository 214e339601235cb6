//! The crate through its boundary, on the software adapter.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

mod device;
mod errors;
mod textures;
mod transfers;

use renderer_gpu::{AdapterChoice, Gpu, GpuSettings, wgpu};

fn settings() -> GpuSettings {
    GpuSettings { adapter: AdapterChoice::Software, ..GpuSettings::default() }
}

fn gpu() -> Gpu {
    Gpu::new(&settings()).unwrap()
}

/// A texture of this size that can be filled and read back.
fn desc(width: u32, height: u32) -> wgpu::TextureDescriptor<'static> {
    wgpu::TextureDescriptor {
        label: Some("test"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::COPY_DST
            | wgpu::TextureUsages::COPY_SRC
            | wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    }
}
