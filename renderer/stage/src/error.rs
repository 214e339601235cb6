use renderer_gpu::TextureError;

/// Why the stage did not do what it was asked. The picture on it stays as it was.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// The device is gone: make the next generation and call [`crate::Stage::rebuild`].
    #[error("the graphics device was lost: {reason}")]
    Lost {
        /// What the driver said.
        reason: String,
    },
    /// The device does not take a program.
    #[error("scene {name:?} does not run on this graphics device: {reason}")]
    Program {
        /// The scene.
        name: String,
        /// What the device said.
        reason: String,
    },
    /// A texture was not made.
    #[error(transparent)]
    Texture(#[from] TextureError),
    /// A picture's bytes do not fill its size.
    #[error("a picture of {width}×{height} pixels has {bytes} bytes, it needs 4 for each")]
    PictureBytes {
        /// Width, in pixels.
        width: u32,
        /// Height, in pixels.
        height: u32,
        /// Bytes given.
        bytes: usize,
    },
}
