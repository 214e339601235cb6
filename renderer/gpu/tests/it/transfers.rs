use std::sync::Arc;

use renderer_gpu::{Gpu, Pixels, ReadbackRing, UploadBelt, wgpu};

use crate::{desc, gpu};

fn picture(width: u32, height: u32) -> Arc<[u8]> {
    (0..width * height * 4).map(|i| (i * 31 % 251) as u8).collect()
}

/// Copies a texture out. Returns whether the ring had room.
fn copy(gpu: &Gpu, ring: &mut ReadbackRing, texture: &wgpu::Texture, key: u64) -> bool {
    let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let taken = ring.copy(gpu, &mut encoder, texture, key);
    gpu.queue().submit([encoder.finish()]);
    ring.submitted();
    taken
}

#[test]
fn bytes_go_up_in_slices_and_come_back_whole() {
    let gpu = gpu();
    // 33 pixels: rows that are no multiple of 256 bytes.
    for (width, height) in [(33, 7), (64, 4), (1, 1)] {
        let texture = gpu.device().create_texture(&desc(width, height));
        let (mut belt, rows) = (UploadBelt::default(), picture(width, height));
        assert!(belt.push(5, &texture, rows.clone()));
        let mut slices = 0;
        let done = loop {
            slices += 1;
            let done = belt.run(&gpu, 300);
            if !done.is_empty() {
                break done;
            }
        };
        assert_eq!(done, [5]);
        assert!(slices >= rows.len() / 300, "{slices} slices of at most 300 bytes or a row");
        assert_eq!(belt.sent_bytes(), rows.len() as u64);
        let mut ring = ReadbackRing::default();
        assert!(copy(&gpu, &mut ring, &texture, 9));
        gpu.wait();
        let back = ring.take(Vec::new()).unwrap();
        assert_eq!(back, Pixels { key: 9, width, height, data: rows.to_vec() });
    }
}

#[test]
fn a_cancelled_upload_is_never_done() {
    let gpu = gpu();
    let texture = gpu.device().create_texture(&desc(8, 8));
    let mut belt = UploadBelt::default();
    belt.push(1, &texture, picture(8, 8));
    belt.push(2, &texture, picture(8, 8));
    belt.cancel(1);
    assert_eq!(belt.run(&gpu, u64::MAX), [2]);
    assert!(belt.is_empty());
}

#[test]
fn bytes_that_do_not_fill_the_texture_are_refused() {
    let texture = gpu().device().create_texture(&desc(8, 8));
    assert!(!UploadBelt::default().push(1, &texture, picture(8, 7)));
}

#[test]
fn a_full_ring_refuses_and_gives_back_in_order() {
    let gpu = gpu();
    let texture = gpu.device().create_texture(&desc(4, 4));
    let mut ring = ReadbackRing::default();
    let taken = (0..5).map(|key| copy(&gpu, &mut ring, &texture, key)).collect::<Vec<_>>();
    assert_eq!(taken, [true, true, true, false, false]);
    gpu.wait();
    let keys = std::iter::from_fn(|| ring.take(Vec::new())).map(|p| p.key).collect::<Vec<_>>();
    assert_eq!(keys, [0, 1, 2]);
    assert!(copy(&gpu, &mut ring, &texture, 6), "there is room again");
    let stats = ring.stats();
    assert_eq!((stats.num_asked, stats.num_refused, stats.num_done), (6, 2, 3));
}

#[test]
fn what_was_in_flight_on_a_lost_device_never_comes() {
    let gpu = gpu();
    let texture = gpu.device().create_texture(&desc(64, 64));
    let mut ring = ReadbackRing::default();
    gpu.lose();
    copy(&gpu, &mut ring, &texture, 1);
    gpu.wait();
    assert!(ring.take(Vec::new()).is_none());
}
