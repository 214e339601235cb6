use std::collections::HashMap;

use crate::{Generation, Gpu};

/// A texture of one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextureId {
    generation: Generation,
    number: u64,
}

impl TextureId {
    /// A number no other texture of its generation has or had.
    pub fn number(self) -> u64 {
        self.number
    }
}

/// Whether a texture may be thrown away to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Until it is destroyed: targets and memory.
    Always,
    /// Until room is needed and it was not used this frame: pictures, which can be sent again.
    Cached,
}

/// Why a texture was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextureError {
    /// The budget is spent on textures in use.
    #[error(
        "texture {label:?} takes {wanted_bytes} bytes, {free_bytes} of the budget of {budget_bytes} are free; lower the size or raise the texture budget"
    )]
    OverBudget {
        /// Whose.
        label: String,
        /// What it takes.
        wanted_bytes: u64,
        /// What is left.
        free_bytes: u64,
        /// The limit.
        budget_bytes: u64,
    },
    /// The adapter cannot make it that large.
    #[error("texture {label:?} is {width}×{height}, each side must be 1–{limit}")]
    TooLarge {
        /// Whose.
        label: String,
        /// Its width, in pixels.
        width: u32,
        /// Its height, in pixels.
        height: u32,
        /// The longest side.
        limit: u32,
    },
}

/// What the store holds and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextureStats {
    /// Textures now.
    pub num_live: u64,
    /// Their bytes.
    pub live_bytes: u64,
    /// The most bytes at once.
    pub peak_bytes: u64,
    /// Textures made so far.
    pub num_created: u64,
    /// Textures thrown away to make room so far.
    pub num_evicted: u64,
}

struct Entry {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    /// Of an sRGB texture made with a second view format: its bytes as they are.
    raw_view: Option<wgpu::TextureView>,
    keep: Keep,
    bytes: u64,
    last_used: u64,
}

/// Every texture of one device, counted, within a budget.
///
/// What is destroyed is freed at once, not when the last handle goes: `wgpu::Texture::destroy`.
pub struct TextureStore {
    gpu: Gpu,
    budget_bytes: u64,
    entries: HashMap<u64, Entry>,
    next: u64,
    frame: u64,
    stats: TextureStats,
}

impl TextureStore {
    /// An empty store with the budget of the device's settings.
    pub fn new(gpu: &Gpu) -> Self {
        Self {
            gpu: gpu.clone(),
            budget_bytes: gpu.settings().texture_budget_bytes,
            entries: HashMap::new(),
            next: 0,
            frame: 0,
            stats: TextureStats::default(),
        }
    }

    /// Makes a texture, throwing away the cached ones least recently used where it must.
    ///
    /// # Errors
    /// [`TextureError`]; nothing was thrown away for nothing.
    pub fn create(
        &mut self,
        desc: &wgpu::TextureDescriptor<'_>,
        keep: Keep,
    ) -> Result<TextureId, TextureError> {
        let label = desc.label.unwrap_or("unnamed");
        let limit = self.gpu.device().limits().max_texture_dimension_2d;
        let (width, height) = (desc.size.width, desc.size.height);
        if !(1..=limit).contains(&width) || !(1..=limit).contains(&height) {
            return Err(TextureError::TooLarge { label: label.to_owned(), width, height, limit });
        }
        let bytes = size_bytes(desc);
        self.make_room(label, bytes)?;
        let texture = self.gpu.device().create_texture(desc);
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let raw_view = desc.view_formats.first().map(|format| {
            texture.create_view(&wgpu::TextureViewDescriptor { format: Some(*format), ..Default::default() })
        });
        self.next += 1;
        self.entries.insert(self.next, Entry { texture, view, raw_view, keep, bytes, last_used: self.frame });
        self.stats.num_live += 1;
        self.stats.num_created += 1;
        self.stats.live_bytes += bytes;
        self.stats.peak_bytes = self.stats.peak_bytes.max(self.stats.live_bytes);
        Ok(TextureId { generation: self.gpu.generation(), number: self.next })
    }

    /// Marks a texture as used in this frame. Returns `false` when it is gone.
    pub fn touch(&mut self, id: TextureId) -> bool {
        let (frame, known) = (self.frame, id.generation == self.gpu.generation());
        match self.entries.get_mut(&id.number).filter(|_| known) {
            Some(entry) => {
                entry.last_used = frame;
                true
            }
            None => false,
        }
    }

    /// Returns the whole view of a texture; `None` when it is gone or of another generation.
    pub fn view(&self, id: TextureId) -> Option<&wgpu::TextureView> {
        self.entry(id).map(|entry| &entry.view)
    }

    /// Returns the view in the texture's first other view format, or the plain one where it has none.
    pub fn raw_view(&self, id: TextureId) -> Option<&wgpu::TextureView> {
        self.entry(id).map(|entry| entry.raw_view.as_ref().unwrap_or(&entry.view))
    }

    /// Returns a texture; `None` when it is gone or of another generation.
    pub fn texture(&self, id: TextureId) -> Option<&wgpu::Texture> {
        self.entry(id).map(|entry| &entry.texture)
    }

    /// Frees a texture now. One that is gone already is no error.
    pub fn destroy(&mut self, id: TextureId) {
        if id.generation == self.gpu.generation() {
            self.remove(id.number);
        }
    }

    /// Ends the frame: what is used from now on is newer than what was used before.
    pub fn end_frame(&mut self) {
        self.frame += 1;
    }

    /// What the store holds and did.
    pub fn stats(&self) -> TextureStats {
        self.stats
    }

    fn entry(&self, id: TextureId) -> Option<&Entry> {
        self.entries.get(&id.number).filter(|_| id.generation == self.gpu.generation())
    }

    fn remove(&mut self, number: u64) {
        if let Some(entry) = self.entries.remove(&number) {
            entry.texture.destroy();
            self.stats.num_live -= 1;
            self.stats.live_bytes -= entry.bytes;
        }
    }

    fn make_room(&mut self, label: &str, wanted_bytes: u64) -> Result<(), TextureError> {
        let mut free_bytes = self.budget_bytes.saturating_sub(self.stats.live_bytes);
        if wanted_bytes <= free_bytes {
            return Ok(());
        }
        let frame = self.frame;
        let mut victims = self
            .entries
            .iter()
            .filter(|(_, e)| e.keep == Keep::Cached && e.last_used < frame)
            .map(|(number, e)| (e.last_used, *number, e.bytes))
            .collect::<Vec<_>>();
        victims.sort_unstable();
        let evictable = victims.iter().map(|(_, _, bytes)| bytes).sum::<u64>();
        if wanted_bytes > free_bytes + evictable {
            return Err(TextureError::OverBudget {
                label: label.to_owned(),
                wanted_bytes,
                free_bytes: free_bytes + evictable,
                budget_bytes: self.budget_bytes,
            });
        }
        for (_, number, bytes) in victims {
            if wanted_bytes <= free_bytes {
                break;
            }
            self.remove(number);
            self.stats.num_evicted += 1;
            free_bytes += bytes;
        }
        Ok(())
    }
}

impl Drop for TextureStore {
    fn drop(&mut self) {
        for entry in self.entries.values() {
            entry.texture.destroy();
        }
    }
}

fn size_bytes(desc: &wgpu::TextureDescriptor<'_>) -> u64 {
    let texel = u64::from(desc.format.block_copy_size(None).unwrap_or(4));
    (0..desc.mip_level_count)
        .map(|level| {
            let side = |n: u32| u64::from((n >> level).max(1));
            side(desc.size.width)
                * side(desc.size.height)
                * u64::from(desc.size.depth_or_array_layers)
                * texel
        })
        .sum()
}
