use std::path::PathBuf;
use std::time::Duration;

use crate::ffmpeg::COLOURS;
use crate::process::Process;
use crate::{Container, Matroska, OutputError, SoundFormat, bgra_from_rgba, check_size};

/// What to make of a show while it plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSettings {
    /// The program: `ffmpeg`, or a path.
    pub program: String,
    /// Picture size, in pixels; odd sides are cropped by one.
    pub size: [u32; 2],
    /// Frames per second of the file: pictures are repeated or left out to keep it.
    pub fps: u32,
    /// The sound, if there is any.
    pub sound: Option<SoundFormat>,
    /// The file ffmpeg writes. The caller names it `….part` and renames it when done.
    pub out: PathBuf,
}

/// A recording under way: pictures and sound with their times, compressed by an ffmpeg child into
/// Matroska, which plays even when its end is missing.
///
/// Between us and the child runs a [`Matroska`] stream: picture and sound keep in step by their
/// times, whatever is late or left out.
#[derive(Debug)]
pub struct Recording {
    process: Process,
    format: Matroska,
    size: [u32; 2],
    bytes: Vec<u8>,
}

impl Recording {
    /// Starts the child.
    ///
    /// # Errors
    /// [`OutputError::FfmpegMissing`] when there is none.
    pub fn start(settings: &RecordingSettings) -> Result<Self, OutputError> {
        let format = Matroska::new(settings.size, settings.sound);
        let mut process = Process::start(&settings.program, |command| {
            command.args(["-f", "matroska", "-i", "pipe:0"]).args(COLOURS);
            command.args(["-r", &settings.fps.max(1).to_string(), "-fps_mode", "cfr"]);
            command.args(Container::Matroska.arguments()).arg(&settings.out);
        })?;
        process.feed(&format.header())?;
        Ok(Self { process, format, size: settings.size, bytes: Vec::new() })
    }

    /// Hands over an RGBA picture shown `at` after the recording began. Blocks while ffmpeg is behind.
    ///
    /// # Errors
    /// [`OutputError::WrongSize`]; [`OutputError::DiskFull`], [`OutputError::FfmpegFailed`] when the child has ended.
    pub fn picture(&mut self, at: Duration, rgba: &[u8]) -> Result<(), OutputError> {
        check_size(self.size, rgba)?;
        self.bytes.clear();
        self.bytes.extend_from_slice(rgba);
        bgra_from_rgba(&mut self.bytes);
        self.process.feed(&self.format.picture(at))?;
        self.process.feed(&self.bytes)
    }

    /// Hands over interleaved samples that begin `at` after the recording began.
    ///
    /// # Errors
    /// As [`Recording::picture`].
    pub fn sound(&mut self, at: Duration, samples: &[f32]) -> Result<(), OutputError> {
        self.bytes.clear();
        self.bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        self.process.feed(&self.format.sound(at, self.bytes.len()))?;
        self.process.feed(&self.bytes)
    }

    /// Ends the file and waits for it to be whole.
    ///
    /// # Errors
    /// As [`Recording::picture`].
    pub fn finish(self) -> Result<(), OutputError> {
        self.process.finish()
    }
}
