use std::path::PathBuf;

use crate::process::Process;
use crate::{OutputError, check_size};

/// Even sides, and the colours said as they are: players then show what was on stage.
pub(crate) const COLOURS: [&str; 8] = [
    "-vf",
    "crop=trunc(iw/2)*2:trunc(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv",
    "-colorspace",
    "bt709",
    "-color_primaries",
    "bt709",
    "-color_trc",
    "bt709",
];

/// What ffmpeg wraps the picture in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// MP4: H.264 and AAC.
    Mp4,
    /// Matroska: H.264 and AAC.
    Matroska,
    /// WebM: VP9 and Opus.
    WebM,
}

impl Container {
    /// Returns the container of a file name's extension, without the dot.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "mp4" | "m4v" | "mov" => Some(Self::Mp4),
            "mkv" => Some(Self::Matroska),
            "webm" => Some(Self::WebM),
            _ => None,
        }
    }

    pub(crate) fn arguments(self) -> Vec<&'static str> {
        let h264 = "-c:v libx264 -preset veryfast -crf 18 -pix_fmt yuv420p -c:a aac -b:a 192k";
        let vp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -row-mt 1 -crf 30 -b:v 0 -pix_fmt yuv420p \
                   -c:a libopus -b:a 160k";
        let (codecs, muxer) = match self {
            Self::Mp4 => (h264, "-movflags +faststart -f mp4"),
            Self::Matroska => (h264, "-f matroska"),
            Self::WebM => (vp9, "-f webm"),
        };
        codecs.split_whitespace().chain(muxer.split_whitespace()).collect()
    }
}

/// Sound to put beside the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// The file.
    pub file: PathBuf,
    /// Where in it to begin, in seconds.
    pub from_secs: f64,
    /// How much of it, in seconds.
    pub seconds: f64,
}

/// What to make of the pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct FfmpegSettings {
    /// The program: `ffmpeg`, or a path.
    pub program: String,
    /// Picture size, in pixels; odd sides are cropped by one where the format needs even ones.
    pub size: [u32; 2],
    /// Frames per second.
    pub fps: u32,
    /// The sound.
    pub sound: Option<Sound>,
    /// The container.
    pub container: Container,
    /// The file ffmpeg writes. The caller names it `….part` and renames it when done.
    pub out: PathBuf,
}

/// A running ffmpeg that takes pictures on its standard input.
///
/// It outlives the Ctrl-C of a terminal: [`Ffmpeg::finish`] then leaves a playable file. Dropping it
/// kills it.
#[derive(Debug)]
pub struct Ffmpeg {
    process: Process,
    size: [u32; 2],
}

impl Ffmpeg {
    /// Starts the child.
    ///
    /// # Errors
    /// [`OutputError::FfmpegMissing`] when there is none.
    pub fn start(settings: &FfmpegSettings) -> Result<Self, OutputError> {
        let process = Process::start(&settings.program, |command| {
            command.args(["-f", "rawvideo", "-pix_fmt", "rgba", "-framerate", &settings.fps.to_string()]);
            command.args([
                "-video_size",
                &format!("{}x{}", settings.size[0], settings.size[1]),
                "-i",
                "pipe:0",
            ]);
            if let Some(sound) = &settings.sound {
                command.args(["-ss", &sound.from_secs.to_string(), "-t", &sound.seconds.to_string(), "-i"]);
                command.arg(&sound.file);
                command.args(["-map", "0:v:0", "-map", "1:a:0?"]);
            }
            command.args(COLOURS).arg("-shortest");
            command.args(settings.container.arguments()).arg(&settings.out);
        })?;
        Ok(Self { process, size: settings.size })
    }

    /// Hands over one picture. Blocks while ffmpeg is behind.
    ///
    /// # Errors
    /// [`OutputError::FfmpegFailed`] when the child has ended.
    pub fn frame(&mut self, rgba: &[u8]) -> Result<(), OutputError> {
        check_size(self.size, rgba)?;
        self.process.feed(rgba)
    }

    /// Ends the stream and waits for the file to be whole.
    ///
    /// # Errors
    /// [`OutputError::FfmpegFailed`] with its last word.
    pub fn finish(self) -> Result<(), OutputError> {
        self.process.finish()
    }
}
