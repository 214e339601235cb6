use renderer_gpu::{AdapterChoice, Gpu, GpuError, GpuSettings, wgpu};

use crate::{gpu, settings};

#[test]
fn the_software_adapter_is_known_as_one() {
    let gpu = gpu();
    assert!(gpu.is_software());
    assert!(!gpu.is_lost());
    assert!(gpu.describe().contains(gpu.name()));
}

#[test]
fn a_name_no_adapter_has_lists_those_there_are() {
    let settings = GpuSettings { adapter: AdapterChoice::Named("no such adapter".to_owned()), ..settings() };
    let error = Gpu::new(&settings).unwrap_err();
    assert!(matches!(&error, GpuError::NoAdapter { found, .. } if !found.is_empty()), "{error}");
}

#[test]
fn a_lost_device_says_so_and_the_next_is_a_generation_later() {
    let mut gpu = gpu();
    for generation in 1..=5 {
        assert_eq!(gpu.generation().0, generation);
        gpu.lose();
        gpu.wait();
        assert!(gpu.is_lost());
        assert!(!gpu.loss_reason().is_empty());
        gpu = gpu.rebirth().unwrap();
        assert!(gpu.wait(), "the next device works");
    }
}

#[test]
fn a_refused_call_is_counted_and_panics_nobody() {
    let gpu = gpu();
    // No usage at all: the device refuses it.
    let _refused = gpu.device().create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 16,
        usage: wgpu::BufferUsages::empty(),
        mapped_at_creation: false,
    });
    assert_eq!(gpu.errors().total(), 1);
    assert!(!gpu.is_lost());
}

#[test]
fn settings_are_brought_into_their_ranges() {
    let least = GpuSettings { texture_budget_bytes: 0, upload_bytes_per_frame: 0, ..settings() }.validated();
    assert_eq!((least.texture_budget_bytes, least.upload_bytes_per_frame), (64 << 20, 64 << 10));
}
