//! Turns a Show and what is heard into one picture's input.
//!
//! [`Director::step`] is pure and deterministic: the same Show, Signal, Transport and times give the
//! same [`renderer_scene::FrameInput`], on every machine of a room. It resolves scene names to
//! programs, clamps parameters to their ranges, integrates clocks, and begins transitions on the
//! beat, follows modulations. The autopilot and the cue list only propose. [`Conductor`] turns the heard or set tempo into the one [`audio_signal::Transport`].
//!
//! It never changes the Show: what it would like changed it returns as proposed Commands.

mod autopilot;
mod conductor;
mod cues;
mod director;
mod layer;
mod media;
mod modulation;
mod palette;

pub use autopilot::Candidate;
pub use conductor::Conductor;
pub use director::{Director, Moment, Scenes, Step};
pub use layer::Moved;
pub use media::{layer_text, picture_id, source_picture_id, text_picture_id};
