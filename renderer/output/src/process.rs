use std::io::{BufRead as _, BufReader, Write};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;

use crate::OutputError;

/// A running ffmpeg that is fed on its standard input.
///
/// It lives in a process group of its own, so that the Ctrl-C of a terminal ends the caller's loop
/// and not the child: [`Process::finish`] then leaves a playable file. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    said: Option<JoinHandle<String>>,
}

impl Process {
    /// Starts it with these arguments.
    pub(crate) fn start(program: &str, arguments: impl FnOnce(&mut Command)) -> Result<Self, OutputError> {
        let mut command = Command::new(program);
        command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]);
        arguments(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(|err| match err.kind() {
            std::io::ErrorKind::NotFound => OutputError::FfmpegMissing { program: program.to_owned() },
            _ => OutputError::Io(err),
        })?;
        let said = child.stderr.take().and_then(|stderr| {
            std::thread::Builder::new().name("ffmpeg-stderr".to_owned()).spawn(move || last_line(stderr)).ok()
        });
        let stdin = child.stdin.take();
        Ok(Self { child, stdin, said })
    }

    /// Hands bytes over. Blocks while ffmpeg is behind.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let Some(stdin) = &mut self.stdin else { return Err(self.failure()) };
        match stdin.write_all(bytes) {
            Ok(()) => Ok(()),
            Err(err) if err.kind() == std::io::ErrorKind::BrokenPipe => Err(self.failure()),
            Err(err) => Err(err.into()),
        }
    }

    /// Ends the stream and waits for the file to be whole.
    pub(crate) fn finish(mut self) -> Result<(), OutputError> {
        drop(self.stdin.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(self.failure()) }
    }

    fn failure(&mut self) -> OutputError {
        drop(self.stdin.take());
        // The child has closed its end; what it said last is the reason.
        let _ = self.child.wait();
        let said = self.said.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        if said.contains("No space left") {
            return OutputError::DiskFull;
        }
        let said = if said.is_empty() { "it ended without a word".to_owned() } else { said };
        OutputError::FfmpegFailed { said }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After `finish` both calls fail harmlessly: the child is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last line it wrote, or that the disk is full: other lines follow from that one.
fn last_line(stderr: ChildStderr) -> String {
    let mut last = String::new();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        tracing::debug!(%line, "ffmpeg");
        if !line.trim().is_empty() && !last.contains("No space left") {
            last = line;
        }
    }
    last
}
