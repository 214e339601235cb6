//! The graphics device and what must be counted on it.
//!
//! A [`Gpu`] is one generation of one device: it is chosen, used, lost and replaced by the next one.
//! Nothing here knows scenes, time or files. [`TextureStore`] keeps every texture within a byte
//! budget, [`UploadBelt`] spreads large pictures over frames, [`ReadbackRing`] brings pixels back
//! without waiting, [`ErrorTracker`] logs what repeats once.
//!
//! ```no_run
//! use renderer_gpu::{Gpu, GpuSettings};
//! let gpu = Gpu::new(&GpuSettings::default())?;
//! println!("{} ({:?})", gpu.name(), gpu.generation());
//! # Ok::<(), renderer_gpu::GpuError>(())
//! ```

mod errors;
mod full_screen;
mod gpu;
mod readback;
mod textures;
mod upload;

pub use wgpu;

pub use errors::ErrorTracker;
pub use full_screen::{CORNER_WGSL, FullScreen};
pub use gpu::{AdapterChoice, Generation, Gpu, GpuError, GpuSettings, SMALL_BLOCK_BYTES};
pub use readback::{Pixels, ReadbackRing, ReadbackStats};
pub use textures::{Keep, TextureError, TextureId, TextureStats, TextureStore};
pub use upload::UploadBelt;
