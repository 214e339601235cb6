//! Pictures on their way back, a ring for each who asked: none waits for another's size or rate.

use std::collections::BTreeMap;

use renderer_gpu::{Gpu, Pixels, ReadbackRing};

/// Frames after which the ring of a key that nobody asks for is freed: a second at 60/s.
const FORGET_AFTER_FRAMES: u64 = 60;

/// The rings, by the key of their requests.
#[derive(Default)]
pub(crate) struct Previews {
    rings: BTreeMap<u64, (ReadbackRing, u64)>,
    frame: u64,
    /// Bytes to fill next.
    spare: Vec<u8>,
}

impl Previews {
    /// Encodes the copy of a texture. A full ring drops it: the next frame asks again.
    pub(crate) fn copy(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        texture: &wgpu::Texture,
        key: u64,
    ) {
        let (ring, asked) = self.rings.entry(key).or_default();
        *asked = self.frame;
        ring.copy(gpu, encoder, texture, key);
    }

    /// Maps what was copied: right after the submit.
    pub(crate) fn submitted(&mut self) {
        self.frame += 1;
        let frame = self.frame;
        self.rings.retain(|_, (ring, asked)| {
            ring.submitted();
            ring.num_in_flight() > 0 || frame - *asked < FORGET_AFTER_FRAMES
        });
    }

    /// Returns a picture that is back, each key's in order.
    pub(crate) fn take(&mut self) -> Option<Pixels> {
        self.rings.values_mut().find_map(|(ring, _)| {
            // A small picture does not go about in a large one's bytes.
            let fits = self.spare.capacity() == ring.next_bytes()?;
            ring.take(if fits { std::mem::take(&mut self.spare) } else { Vec::new() })
        })
    }

    /// Takes back bytes that nobody reads any more.
    pub(crate) fn reuse(&mut self, bytes: Vec<u8>) {
        self.spare = bytes;
    }
}
