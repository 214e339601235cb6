//! An ffmpeg process that decodes a video or a camera to frames on a pipe.

use std::ffi::OsString;
use std::io::Read as _;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

/// Of what ffmpeg complains about, so many bytes are kept.
const MAX_COMPLAINT_BYTES: u64 = 4 * 1024;
/// The program; a person may name another one by the search path.
const FFMPEG: &str = "ffmpeg";

/// What the frames are: straight RGBA of one size at an even rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameForm {
    /// Width and height, in pixels: the stream covers them, whatever its shape.
    pub size: [u32; 2],
    /// Frames per second.
    pub fps: u32,
}

impl FrameForm {
    /// Returns the size of one frame, in bytes.
    pub(crate) const fn frame_bytes(self) -> usize {
        self.size[0] as usize * self.size[1] as usize * 4
    }
}

/// The running process. Dropping it ends it.
pub(crate) struct Decoder {
    child: Child,
    /// Hears its complaints.
    listener: Option<JoinHandle<String>>,
}

impl Decoder {
    /// Starts one; `input` are ffmpeg's arguments up to the name after `-i`, `name` is for people.
    ///
    /// # Errors
    /// A sentence: ffmpeg is missing, or the system gives no process or thread.
    pub(crate) fn start(
        input: &[OsString],
        form: FrameForm,
        name: &str,
    ) -> Result<(Self, ChildStdout), String> {
        let [width, height] = form.size;
        let cover =
            format!("scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}");
        let broken = |why: &dyn std::fmt::Display| format!("{name} cannot be played: {why}.");
        let mut child = Command::new(FFMPEG)
            .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"])
            .args(input)
            .args(["-an", "-sn", "-vf", &cover, "-r", &form.fps.to_string()])
            .args(["-f", "rawvideo", "-pix_fmt", "rgba", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|err| match err.kind() {
                std::io::ErrorKind::NotFound => {
                    format!("{name} stays dark: videos and cameras need ffmpeg, which is not installed. Install the package ffmpeg.")
                }
                _ => broken(&format!("ffmpeg does not start: {err}")),
            })?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut decoder = Self { child, listener: None };
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err(broken(&"ffmpeg gives no pipe"));
        };
        let listener = std::thread::Builder::new().name("complaints".to_owned()).spawn(|| listen(stderr));
        decoder.listener = Some(listener.map_err(|err| broken(&err))?);
        Ok((decoder, stdout))
    }

    /// Returns the last words of a process that ended, `None` while it runs.
    pub(crate) fn end(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten()?;
        Some(self.last_words())
    }

    /// Waits for the end of a process whose pipe is read to its end, and returns its last words.
    pub(crate) fn last_words(&mut self) -> String {
        // What cannot be waited for is gone.
        let _ = self.child.wait();
        let heard = self.listener.take().and_then(|listener| listener.join().ok()).unwrap_or_default();
        let last = heard.lines().rfind(|line| !line.trim().is_empty());
        last.unwrap_or("it ended").trim().to_owned()
    }
}

/// Keeps the first complaints and reads over the rest, so that a long one never blocks the process.
fn listen(mut stderr: ChildStderr) -> String {
    let mut heard = Vec::new();
    // What was heard before a pipe broke is what there is.
    let _ = (&mut stderr).take(MAX_COMPLAINT_BYTES).read_to_end(&mut heard);
    let _ = std::io::copy(&mut stderr, &mut std::io::sink());
    String::from_utf8_lossy(&heard).into_owned()
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // A process that is gone already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
