use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::Gpu;

/// Buffers in flight: the copy of frame n is mapped while n + 1 and n + 2 are drawn.
const SLOTS: usize = 3;

const COPYING: u8 = 0;
const MAPPED: u8 = 1;
const FAILED: u8 = 2;

/// A picture that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// What the caller named it.
    pub key: u64,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
    /// Tightly packed rows from the top, in the texture's format.
    pub data: Vec<u8>,
}

/// What a ring did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadbackStats {
    /// Copies asked for.
    pub num_asked: u64,
    /// Of those, refused because all buffers were in flight: repeat the last picture.
    pub num_refused: u64,
    /// Pictures given back.
    pub num_done: u64,
}

struct Slot {
    key: u64,
    width: u32,
    height: u32,
    texel_bytes: u32,
    buffer: wgpu::Buffer,
    state: Arc<AtomicU8>,
    submitted: bool,
}

/// Brings pixels back without making the render thread wait.
///
/// Each frame: [`ReadbackRing::copy`] while encoding, [`ReadbackRing::submitted`] after the submit,
/// [`ReadbackRing::take`] for what is there. Pictures come back in the order they were asked for.
#[derive(Default)]
pub struct ReadbackRing {
    in_flight: VecDeque<Slot>,
    free: Vec<wgpu::Buffer>,
    stats: ReadbackStats,
}

impl ReadbackRing {
    /// Encodes the copy of a texture (it needs `COPY_SRC`). Returns `false` when all buffers are in flight.
    pub fn copy(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        texture: &wgpu::Texture,
        key: u64,
    ) -> bool {
        self.stats.num_asked += 1;
        if self.in_flight.len() >= SLOTS {
            self.stats.num_refused += 1;
            return false;
        }
        let texel_bytes = texture.format().block_copy_size(None).unwrap_or(4);
        let (width, height) = (texture.width(), texture.height());
        let size = u64::from(padded(width * texel_bytes)) * u64::from(height);
        let buffer = match self.free.iter().position(|b| b.size() == size) {
            Some(i) => self.free.swap_remove(i),
            None => {
                // The size changed: the old buffers will not be needed again.
                self.free.clear();
                gpu.device().create_buffer(&wgpu::BufferDescriptor {
                    label: Some("readback"),
                    size,
                    usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
                    mapped_at_creation: false,
                })
            }
        };
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(padded(width * texel_bytes)),
                    rows_per_image: None,
                },
            },
            texture.size(),
        );
        let state = Arc::new(AtomicU8::new(COPYING));
        self.in_flight.push_back(Slot { key, width, height, texel_bytes, buffer, state, submitted: false });
        true
    }

    /// Maps what was copied: right after the submit that holds the copies.
    pub fn submitted(&mut self) {
        for slot in self.in_flight.iter_mut().filter(|slot| !slot.submitted) {
            slot.submitted = true;
            let state = slot.state.clone();
            slot.buffer.map_async(wgpu::MapMode::Read, .., move |result| {
                state.store(if result.is_ok() { MAPPED } else { FAILED }, Ordering::Release);
            });
        }
    }

    /// Returns how many bytes the picture has that [`ReadbackRing::take`] gives next; `None` while it is on its way.
    pub fn next_bytes(&self) -> Option<usize> {
        let slot = self.in_flight.front()?;
        let done = slot.state.load(Ordering::Acquire) != COPYING;
        done.then_some(slot.width as usize * slot.height as usize * slot.texel_bytes as usize)
    }

    /// Returns the oldest picture if it is there; `into` is a buffer to reuse. Call [`Gpu::poll`] before.
    pub fn take(&mut self, mut into: Vec<u8>) -> Option<Pixels> {
        loop {
            let state = self.in_flight.front()?.state.load(Ordering::Acquire);
            if state == COPYING {
                return None;
            }
            let slot = self.in_flight.pop_front()?;
            let unpacked = state == MAPPED && unpack(&slot, &mut into);
            slot.buffer.unmap();
            if unpacked {
                self.free.push(slot.buffer);
                self.stats.num_done += 1;
                return Some(Pixels { key: slot.key, width: slot.width, height: slot.height, data: into });
            }
        }
    }

    /// Pictures not yet given back.
    pub fn num_in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// What it did.
    pub fn stats(&self) -> ReadbackStats {
        self.stats
    }
}

/// Copies the rows of a mapped buffer without their padding.
fn unpack(slot: &Slot, into: &mut Vec<u8>) -> bool {
    let Ok(view) = slot.buffer.get_mapped_range(..) else { return false };
    let row = slot.width as usize * slot.texel_bytes as usize;
    let stride = padded(slot.width * slot.texel_bytes) as usize;
    into.clear();
    into.reserve_exact(row * slot.height as usize);
    for padded_row in view.chunks(stride).take(slot.height as usize) {
        into.extend_from_slice(padded_row.get(..row).unwrap_or_default());
    }
    true
}

fn padded(bytes: u32) -> u32 {
    bytes.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT)
}
