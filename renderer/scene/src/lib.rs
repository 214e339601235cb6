//! Scenes as plain data.
//!
//! A front end turns an author's text (native WGSL, ISF, Shadertoy, Hydra, a transition) into a
//! [`SceneProgram`]: naga modules, passes, buffers and parameters, identified by content. A
//! [`FrameInput`] is everything one picture depends on. `renderer-stage` draws the second with the
//! first; this crate owns no GPU, file, clock or network, and naga is its only compiler.

mod input;
mod param;
mod program;
mod uniform;

pub use input::{
    Blend, FrameInput, HitInput, LayerContent, LayerInput, MasterInput, PictureId, PreviewRequest, ProgramInput, SceneInput,
    TransitionInput,
};
pub use param::{ParamKind, ParamSpec, ParamSlot};
pub use program::{
    AudioTexture, Binding, BindingKind, BufferFormat, BufferSize, BufferSpec, ImageSource, Pass, PassBlend, PassKind, PassTarget,
    ProgramId, SamplerKind, SceneKind, SceneProgram, ShaderModule, StorageSpec, TextureSource, Workgroups,
};
pub use uniform::{FRAME_WGSL, FrameUniform};
