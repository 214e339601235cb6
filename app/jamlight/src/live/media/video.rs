//! Videos and cameras, decoded by an ffmpeg process of their own.
//!
//! ffmpeg paces itself to the stream and writes frames of one size to a pipe; a thread reads them and
//! gives the newest to the render thread. What is not drawn in time is dropped: latest wins. The
//! process ends with its [`Player`].

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

use renderer_scene::PictureId;
use renderer_stage::Picture;

use super::Arrival;
use crate::media::{Decoder, FrameForm};

/// The frames: a stream covers them, whatever its shape.
const FORM: FrameForm = FrameForm { size: [1280, 720], fps: 30 };

/// How ffmpeg ends when the system has no such camera.
const ABSENT: &str = "No such file or directory";

/// Where frames come from.
pub(super) enum Stream {
    /// A file, again and again.
    File(PathBuf),
    /// A camera by the system's name; empty is the first.
    Camera(String),
}

impl Stream {
    fn input(&self) -> Vec<std::ffi::OsString> {
        let words = |words: &[&str]| words.iter().map(std::ffi::OsString::from).collect::<Vec<_>>();
        match self {
            Self::File(path) => {
                let mut args = words(&["-re", "-stream_loop", "-1", "-i"]);
                args.push(path.into());
                args
            }
            Self::Camera(name) if cfg!(target_os = "macos") => {
                let name = if name.is_empty() { "0" } else { name };
                words(&["-f", "avfoundation", "-framerate", "30", "-i", name])
            }
            Self::Camera(name) if cfg!(windows) => words(&["-f", "dshow", "-i", &format!("video={name}")]),
            Self::Camera(name) => {
                let name = if name.is_empty() { "video0" } else { name };
                words(&["-f", "v4l2", "-i", &format!("/dev/{name}")])
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Camera(name) if name.is_empty() => "The camera".to_owned(),
            Self::Camera(name) => format!("The camera {name}"),
        }
    }
}

/// A running stream. Dropping it ends the process and its thread.
pub(super) struct Player {
    decoder: Decoder,
    name: String,
    is_camera: bool,
}

impl Player {
    /// Starts a stream.
    ///
    /// # Errors
    /// A sentence: ffmpeg is missing, or the system gives no thread.
    pub(super) fn start(id: PictureId, stream: Stream, out: SyncSender<Arrival>) -> Result<Self, String> {
        let (name, is_camera) = (stream.name(), matches!(stream, Stream::Camera(_)));
        let (decoder, pipe) = Decoder::start(&stream.input(), FORM, &name)?;
        let read = move || frames(id, pipe, &out);
        match std::thread::Builder::new().name("video".to_owned()).spawn(read) {
            Ok(_) => Ok(Self { decoder, name, is_camera }),
            Err(err) => Err(format!("{name} cannot be played: {err}.")),
        }
    }

    /// Returns why it ended, `None` while it plays.
    pub(super) fn problem(&mut self) -> Option<String> {
        let last = self.decoder.end()?;
        Some(sentence(&self.name, self.is_camera, &last))
    }
}

/// Says why a stream ended, and what to do.
fn sentence(name: &str, is_camera: bool, last: &str) -> String {
    if is_camera && last.ends_with(ABSENT) {
        return format!(
            "{name} is not there. Plug it in, or name another in the layer's settings; it is tried again."
        );
    }
    format!("{name} cannot be played: {last}. It is tried again.")
}

/// Reads frames until the pipe ends. One that is not taken is dropped.
fn frames(id: PictureId, mut pipe: impl std::io::Read, out: &SyncSender<Arrival>) {
    let [width, height] = FORM.size;
    let mut bytes = vec![0; FORM.frame_bytes()];
    while pipe.read_exact(&mut bytes).is_ok() {
        let picture = Picture { width, height, rgba: Arc::from(bytes.as_slice()) };
        if let Err(TrySendError::Disconnected(_)) = out.try_send(Arrival::Frame(id, picture)) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_is_not_there_is_a_sentence_with_the_fix() {
        let said = sentence("The camera", true, "/dev/video0: No such file or directory");
        assert!(said.starts_with("The camera is not there. Plug it in"), "{said}");
        let busy = sentence("The camera", true, "/dev/video0: Device or resource busy");
        assert_eq!(
            busy,
            "The camera cannot be played: /dev/video0: Device or resource busy. It is tried again."
        );
    }

    #[test]
    fn a_render_thread_that_is_busy_costs_frames_and_never_memory() {
        let (out, arrivals) = std::sync::mpsc::sync_channel(1);
        let frame_bytes = FORM.frame_bytes();
        let pipe = [vec![1; frame_bytes], vec![2; frame_bytes], vec![3; frame_bytes - 1]].concat();
        frames(PictureId(5), pipe.as_slice(), &out);
        drop(out);
        let got: Vec<u8> = arrivals
            .iter()
            .map(|arrival| match arrival {
                Arrival::Frame(PictureId(5), picture) => picture.rgba[0],
                _ => 0,
            })
            .collect();
        assert_eq!(got, [1], "the second found the way full, the third is half a frame");
    }
}
