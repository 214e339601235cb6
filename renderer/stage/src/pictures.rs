//! Pictures: kept as bytes by the stage's owner, sent to the device over the belt, freed at once when gone.

use std::collections::HashMap;
use std::sync::Arc;

use renderer_gpu::{Keep, TextureId, UploadBelt};
use renderer_scene::PictureId;

use crate::StageError;
use crate::kit::{Kit, TextureRef, texture_desc};

/// Sides of the built-in pictures, in pixels.
const BUILT_IN_SIDE: u32 = 256;

/// A picture as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
    /// Rows from the top, sRGB-encoded RGBA with straight alpha, 4 bytes a pixel.
    pub rgba: Arc<[u8]>,
}

impl Picture {
    /// A picture of this size, in pixels.
    ///
    /// # Errors
    /// [`StageError::PictureBytes`] when the bytes do not fill it.
    pub fn new(size: [u32; 2], rgba: Arc<[u8]>) -> Result<Self, StageError> {
        let [width, height] = size;
        if width == 0 || height == 0 || rgba.len() as u64 != u64::from(width) * u64::from(height) * 4 {
            return Err(StageError::PictureBytes { width, height, bytes: rgba.len() });
        }
        Ok(Self { width, height, rgba })
    }
}

struct Resident {
    texture: TextureId,
    complete: bool,
}

/// The pictures the stage may show.
#[derive(Default)]
pub(crate) struct Pictures {
    known: HashMap<PictureId, Picture>,
    resident: HashMap<PictureId, Resident>,
    /// Uploads by the number of their texture.
    uploads: HashMap<u64, PictureId>,
    belt: UploadBelt,
    /// What pictures A and B last showed: it stays until its successor is complete.
    shown: [Option<PictureId>; 2],
}

impl Pictures {
    pub(crate) fn put(&mut self, kit: &mut Kit, id: PictureId, picture: Picture) -> Result<(), StageError> {
        let picture = Picture::new([picture.width, picture.height], picture.rgba)?;
        if self.known.insert(id, picture).is_none() {
            self.send(kit, id)?;
        }
        Ok(())
    }

    /// Replaces a picture's pixels at once: the next frame of a video or a camera.
    pub(crate) fn put_frame(
        &mut self,
        kit: &mut Kit,
        id: PictureId,
        picture: Picture,
    ) -> Result<(), StageError> {
        let picture = Picture::new([picture.width, picture.height], picture.rgba)?;
        let size = [picture.width, picture.height];
        let resident = self
            .resident
            .get_mut(&id)
            .filter(|_| self.known.get(&id).is_some_and(|known| [known.width, known.height] == size));
        let resident = resident.and_then(|one| kit.store.texture(one.texture).map(|texture| (one, texture)));
        let Some((resident, texture)) = resident else {
            self.evict(kit, id);
            self.known.insert(id, picture);
            return self.send(kit, id);
        };
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(picture.width * 4),
            rows_per_image: None,
        };
        kit.gpu.queue().write_texture(texture.as_image_copy(), &picture.rgba, layout, texture.size());
        if !resident.complete {
            resident.complete = true;
            self.belt.cancel(resident.texture.number());
            self.uploads.remove(&resident.texture.number());
        }
        self.known.insert(id, picture);
        Ok(())
    }

    pub(crate) fn remove(&mut self, kit: &mut Kit, id: PictureId) {
        self.known.remove(&id);
        self.shown.iter_mut().filter(|shown| **shown == Some(id)).for_each(|shown| *shown = None);
        self.evict(kit, id);
    }

    /// Sends every picture that was resident to a new device.
    pub(crate) fn move_device(&mut self, kit: &mut Kit) {
        let mut wanted = self.resident.drain().map(|(id, _)| id).collect::<Vec<_>>();
        wanted.sort_unstable();
        self.uploads.clear();
        self.belt = UploadBelt::default();
        for id in wanted {
            // Over budget: it is asked for again when it is drawn.
            self.send(kit, id).ok();
        }
    }

    /// Sends what waits.
    pub(crate) fn run(&mut self, kit: &Kit, budget_bytes: u64) {
        // What was thrown away to make room while it was on its way is not sent any more.
        let gone = self.resident.extract_if(|_, resident| kit.store.texture(resident.texture).is_none());
        for (_, resident) in gone {
            self.belt.cancel(resident.texture.number());
            self.uploads.remove(&resident.texture.number());
        }
        for number in self.belt.run(&kit.gpu, budget_bytes) {
            if let Some(resident) = self.uploads.remove(&number).and_then(|id| self.resident.get_mut(&id)) {
                resident.complete = true;
            }
        }
    }

    pub(crate) fn is_arriving(&self, id: PictureId) -> bool {
        self.resident.get(&id).is_some_and(|resident| !resident.complete)
    }

    pub(crate) fn size(&self, id: PictureId) -> Option<[u32; 2]> {
        self.known.get(&id).map(|p| [p.width, p.height])
    }

    /// Returns a picture that is complete on the device; asks for it when it was thrown away.
    pub(crate) fn get(&mut self, kit: &mut Kit, id: PictureId, raw: bool) -> Option<TextureRef> {
        match self.resident.get(&id) {
            Some(resident) if kit.store.touch(resident.texture) => {
                resident.complete.then_some(TextureRef { id: resident.texture, raw })
            }
            _ => {
                self.evict(kit, id);
                // Over budget: it is asked for again next frame.
                self.send(kit, id).ok();
                None
            }
        }
    }

    /// Returns the Show's picture A (0) or B (1): what is wanted, or what was there until that is complete.
    pub(crate) fn shown(
        &mut self,
        kit: &mut Kit,
        side: usize,
        wanted: PictureId,
        raw: bool,
    ) -> Option<TextureRef> {
        let slot = side.min(1);
        if let Some(texture) = self.get(kit, wanted, raw) {
            self.shown[slot] = Some(wanted);
            return Some(texture);
        }
        let last = self.shown[slot].filter(|id| *id != wanted)?;
        self.get(kit, last, raw)
    }

    fn evict(&mut self, kit: &mut Kit, id: PictureId) {
        if let Some(resident) = self.resident.remove(&id) {
            self.belt.cancel(resident.texture.number());
            self.uploads.remove(&resident.texture.number());
            kit.store.destroy(resident.texture);
        }
    }

    fn send(&mut self, kit: &mut Kit, id: PictureId) -> Result<(), StageError> {
        let Some(picture) = self.known.get(&id) else { return Ok(()) };
        let size = [picture.width, picture.height];
        let desc = wgpu::TextureDescriptor {
            view_formats: &[wgpu::TextureFormat::Rgba8Unorm],
            ..texture_desc("picture", size, wgpu::TextureFormat::Rgba8UnormSrgb, wgpu::TextureUsages::empty())
        };
        let texture = kit.store.create(&desc, Keep::Cached)?;
        if let Some(target) = kit.store.texture(texture) {
            self.belt.push(texture.number(), target, picture.rgba.clone());
        }
        self.uploads.insert(texture.number(), id);
        self.resident.insert(id, Resident { texture, complete: false });
        Ok(())
    }
}

/// The pictures that stand for A and B until the Show names others.
pub(crate) fn built_in(side: usize) -> (PictureId, Picture) {
    let n = BUILT_IN_SIDE;
    let rgba = (0..n * n)
        .flat_map(|i| {
            let at = |v: u32| (v as f32 + 0.5) / n as f32;
            let (x, y) = (at(i % n), at(i / n));
            let rgb = if side == 0 { ember(x, y) } else { tide(x, y) };
            let [r, g, b] = rgb.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
            [r, g, b, 255]
        })
        .collect::<Arc<[u8]>>();
    (PictureId::BUILT_IN[side.min(1)], Picture { width: n, height: n, rgba })
}

/// A low sun over bands of haze.
fn ember(x: f32, y: f32) -> [f32; 3] {
    let d = ((x - 0.5).powi(2) + (y - 0.6).powi(2)).sqrt();
    let haze = 0.5 + 0.5 * ((y * 34.0).sin() + (x * 5.0 + y * 9.0).sin() * 0.6) * 0.5;
    let sun = (1.0 - d * 2.6).clamp(0.0, 1.0).powi(2);
    let sky = (1.0 - (y - 0.6).abs() * 1.6).clamp(0.0, 1.0);
    [
        0.10 + 0.75 * sun + 0.55 * sky * haze,
        0.03 + 0.55 * sun + 0.18 * sky * haze,
        0.09 + 0.2 * sun + 0.08 * sky,
    ]
}

/// Crossing swells seen from above.
fn tide(x: f32, y: f32) -> [f32; 3] {
    let swell = ((x * 9.0 + (y * 6.0).sin() * 1.4).sin() * (y * 11.0 + (x * 7.0).cos()).sin()).abs();
    let foam = (swell - 0.72).max(0.0) * 3.0;
    [0.02 + 0.75 * foam, 0.10 + 0.30 * swell + 0.6 * foam, 0.22 + 0.45 * swell + 0.4 * foam]
}
