//! Scenes as plain data.
//!
//! A front end turns an author's text (native WGSL, ISF, Shadertoy, Hydra, a transition) into a
//! [`SceneProgram`]: naga modules, passes, buffers and parameters, identified by content. A
//! [`FrameInput`] is everything one picture depends on. `renderer-stage` draws the second with the
//! first; this crate owns no GPU, file, clock or network, and naga is its only compiler.

pub mod hydra;
pub mod isf;
pub mod native;
pub mod shadertoy;
pub mod transition;

mod error;
mod expr;
mod foreign;
mod glsl;
mod guard;
mod input;
mod opaque;
mod param;
mod program;
mod size;
mod uniform;

pub use error::SceneError;
pub use expr::{
    BinaryOp, DEFAULT_ARRAY_BPM, Ease, Expr, ExprInput, HitKind, MAX_EXPR_DEPTH, MAX_EXPR_NODES, MathFn,
    NUM_HIT_KINDS, Steps, UnaryOp, Var,
};
pub use guard::{MAX_INLINED_STATEMENTS, MAX_LOOP_STEPS, bound_loops, check_size, endless_loop};
pub use input::{
    Backdrop, Blend, FaderInput, FrameInput, HitInput, LayerContent, LayerInput, MaskForm, MaskInput,
    MasterInput, PictureId, Placement, PreviewRequest, ProgramInput, SceneInput, TransitionInput,
};
pub use opaque::hide_conditions;
pub use param::{ParamKind, ParamSlot, ParamSpec};
pub use program::{
    AudioTexture, Binding, BindingKind, BufferFormat, BufferSize, BufferSpec, ComputedParam, ImageSource,
    MAX_BUFFER_PX, Pass, PassBlend, PassKind, PassTarget, ProgramId, SamplerKind, SceneKind, SceneProgram,
    ShaderModule, StorageSpec, TextureSource, Workgroups,
};
pub use size::SizeExpr;
pub use uniform::{FRAME_WGSL, FrameUniform, TONE_WGSL};
