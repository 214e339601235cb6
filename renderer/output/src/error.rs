/// Why a picture could not be put out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The picture has not the bytes its size promises.
    #[error("a picture of {width}×{height} must have {} bytes, this one has {got_bytes}", *width as usize * *height as usize * 4)]
    WrongSize {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// What came.
        got_bytes: usize,
    },
    /// There is no ffmpeg.
    #[error(
        "ffmpeg was not found ({program:?}); install it (`packaging/setup`) or choose .png or .y4m, which need none"
    )]
    FfmpegMissing {
        /// What was tried.
        program: String,
    },
    /// ffmpeg ended before the picture did.
    #[error("ffmpeg failed: {said}")]
    FfmpegFailed {
        /// The last line it wrote.
        said: String,
    },
    /// There is no room left where ffmpeg writes.
    #[error("the disk is full; free some space and start again")]
    DiskFull,
    /// The writer refused.
    #[error("cannot write the picture: {0}")]
    Io(#[from] std::io::Error),
    /// The picture could not be encoded.
    #[error("cannot encode the picture: {0}")]
    Encode(#[from] image::ImageError),
}
