//! Videos and cameras, decoded by an ffmpeg process of their own.
//!
//! ffmpeg paces itself to the stream and writes frames of one size to a pipe; a thread reads them and
//! gives the newest to the render thread. What is not drawn in time is dropped: latest wins. The
//! process ends with its [`Player`].

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex};

use renderer_scene::PictureId;
use renderer_stage::Picture;

use super::Arrival;
use crate::live::board::lock;

/// Size of the frames, in pixels: a stream covers it, whatever its shape.
const SIZE: [u32; 2] = [1280, 720];
/// Frames a second.
const FRAMES_PER_SEC: u32 = 30;
/// Of what ffmpeg complains about, so many bytes are kept.
const MAX_COMPLAINT_BYTES: u64 = 4 * 1024;
/// The program; a person may name another one.
const FFMPEG: &str = "ffmpeg";

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
            Self::Camera(name) if name.is_empty() => "the camera".to_owned(),
            Self::Camera(name) => format!("the camera {name}"),
        }
    }
}

/// A running stream. Dropping it ends the process and its threads.
pub(super) struct Player {
    child: Child,
    name: String,
    complaint: Arc<Mutex<String>>,
}

impl Player {
    /// Starts a stream.
    ///
    /// # Errors
    /// A sentence: ffmpeg is missing, or the system gives no thread.
    pub(super) fn start(id: PictureId, stream: Stream, out: SyncSender<Arrival>) -> Result<Self, String> {
        let name = stream.name();
        let [width, height] = SIZE;
        let cover =
            format!("scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}");
        let mut child = Command::new(FFMPEG)
            .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"])
            .args(stream.input())
            .args(["-an", "-sn", "-vf", &cover, "-r", &FRAMES_PER_SEC.to_string()])
            .args(["-f", "rawvideo", "-pix_fmt", "rgba", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|err| match err.kind() {
                std::io::ErrorKind::NotFound => {
                    format!("Videos and cameras need ffmpeg, which is not installed, so {name} stays dark. Install the package ffmpeg.")
                }
                _ => format!("{name} cannot be played: ffmpeg does not start: {err}."),
            })?;
        let complaint = Arc::new(Mutex::new(String::new()));
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            let heard = Arc::clone(&complaint);
            let listen = move || {
                let mut text = String::new();
                // What is no text is no help.
                let _ = stderr.take(MAX_COMPLAINT_BYTES).read_to_string(&mut text);
                *lock(&heard) = text;
            };
            let read = move || frames(id, stdout, &out);
            let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
                std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
            };
            let started = spawn("complaints", Box::new(listen)).and_then(|()| spawn("video", Box::new(read)));
            if let Err(err) = started {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{name} cannot be played: {err}."));
            }
        }
        Ok(Self { child, name, complaint })
    }

    /// Returns why it ended, `None` while it plays.
    pub(super) fn problem(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten()?;
        let complaint = lock(&self.complaint).clone();
        let last =
            complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it ended").trim().to_owned();
        Some(format!("{} cannot be played: {last}. It is tried again.", self.name))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // A process that is gone already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads frames until the pipe ends. One that is not taken is dropped.
fn frames(id: PictureId, mut pipe: impl std::io::Read, out: &SyncSender<Arrival>) {
    let [width, height] = SIZE;
    let mut bytes = vec![0; width as usize * height as usize * 4];
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
    fn a_render_thread_that_is_busy_costs_frames_and_never_memory() {
        let (out, arrivals) = std::sync::mpsc::sync_channel(1);
        let frame_bytes = SIZE[0] as usize * SIZE[1] as usize * 4;
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
