//! Draws one frame.
//!
//! A [`Stage`] takes compiled scenes, pictures and a [`renderer_scene::FrameInput`] and makes the
//! finished picture: each layer's passes, its effects, transitions, blends in linear light, glow, the tone curve
//! and dither. It knows no network, file, clock or window system: the same inputs give the same pixels on
//! the same device. What goes wrong with one layer leaves out that layer.
//!
//! ```no_run
//! use std::sync::Arc;
//! use renderer_gpu::{Gpu, GpuSettings};
//! use renderer_stage::{Stage, StageSettings};
//! let gpu = Gpu::new(&GpuSettings::default())?;
//! let mut stage = Stage::new(&gpu, StageSettings { size: [640, 360], ..StageSettings::default() })?;
//! let scene = renderer_scene::native::compile("fn image(p: Pixel) -> vec4f { return vec4f(p.uv, 0.0, 1.0); }", "ramp")?;
//! stage.install(Arc::new(scene))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ahead;
mod audio;
mod compose;
mod error;
mod instance;
mod kit;
mod limiter;
mod pictures;
mod prepare;
mod previews;
mod quality;
mod stage;
mod timing;

pub use ahead::{MadeSteps, UsualSteps};
pub use error::StageError;
pub use pictures::Picture;
pub use prepare::PreparedProgram;
pub use quality::ScaleControl;
pub use stage::{FrameReport, Stage, StageSettings};
pub use timing::Timings;
