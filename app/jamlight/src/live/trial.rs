//! Tries a stranger's scene in a process of its own before it comes near the show.
//!
//! What is allowed is a ratio: a frame may cost four times what a frame of the show costs, measured in
//! the same process, so that a slow or busy machine judges like a fast one. Dearer scenes are drawn
//! smaller; scenes that hang, crash, or are too dear at any size are locked away.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use renderer_scene::ProgramId;
use sync_protocol::SceneId;

/// What a frame may cost, as a multiple of the show's.
const MAX_RATIO: f32 = 4.0;
/// The smallest share of the picture's sides a dear scene is drawn at.
const MIN_SCALE: f32 = 0.25;
/// How long the process may take until it knows what a frame of the show costs: a driver starts.
const START: Duration = Duration::from_secs(30);
/// How long reading and compiling may take.
const COMPILE: Duration = Duration::from_secs(15);
/// How long a frame may take, as a multiple of the show's, and at least: then it hangs. One that takes this long is too
/// dear even at the smallest share.
const HANG_RATIO: f64 = 100.0;
const MIN_HANG: Duration = Duration::from_millis(1_500);
/// How long a process may live on after its output ended.
const LAST_BREATH: Duration = Duration::from_millis(500);

/// What is tried, and against what.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub program: ProgramId,
    pub file: PathBuf,
    /// Scenes that play now.
    pub against: Vec<SceneId>,
    /// The user's scenes.
    pub folder: PathBuf,
    /// Whether the show is drawn by the processor.
    pub software: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// It may come, and costs so many times what the show does.
    Fits(f32),
    /// It may not: half a sentence.
    Refused(String),
    /// The file changed meanwhile, or nothing could be tried: nothing is known.
    Unknown,
}

/// The share of the picture's sides a scene is drawn at.
pub(crate) fn scale_for(ratio: f32) -> f32 {
    if ratio <= MAX_RATIO { 1.0 } else { (MAX_RATIO / ratio).sqrt().max(MIN_SCALE) }
}

impl Trial {
    /// Runs it. Blocks for as long as it takes: on a worker.
    pub(crate) fn run(&self) -> Verdict {
        match self.start() {
            Ok((mut child, lines)) => {
                let verdict = self.watch(&lines, || died(&mut child));
                // It may be gone already; what hangs goes now.
                let _ = child.kill();
                let _ = child.wait();
                verdict
            }
            Err(err) => {
                tracing::warn!(%err, "a scene could not be tried");
                Verdict::Unknown
            }
        }
    }

    fn start(&self) -> anyhow::Result<(Child, Receiver<String>)> {
        let program = std::env::current_exe().context("the program does not know where it is")?;
        // The show comes first where the processor draws.
        let mut command = if cfg!(unix) { Command::new("nice") } else { Command::new(&program) };
        if cfg!(unix) {
            command.args(["-n", "15"]).arg(&program);
        }
        command.arg("trial").arg(&self.file).arg("--scenes").arg(&self.folder);
        for scene in &self.against {
            command.args(["--against", scene.as_str()]);
        }
        if self.software {
            command.arg("--software");
        }
        // The child ends when our end of its input closes: it outlives no show.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let output = child.stdout.take().context("the trial has no output")?;
        // Unbounded, but a dozen lines.
        let (line, lines) = channel();
        std::thread::Builder::new().name("trial".to_owned()).spawn(move || {
            for text in BufReader::new(output).lines().map_while(Result::ok) {
                if line.send(text).is_err() {
                    return;
                }
            }
        })?;
        Ok((child, lines))
    }

    /// Follows the lines until they end, or do not come. `died` says whether the process ended as no program ends itself.
    fn watch(&self, lines: &Receiver<String>, died: impl FnOnce() -> bool) -> Verdict {
        let mut base = None;
        let mut patience = START;
        let mut compiled = false;
        let mut frames: Vec<f64> = Vec::new();
        loop {
            let line = match lines.recv_timeout(patience) {
                Ok(line) => line,
                // Without what the show costs nothing was tried yet.
                Err(_) if base.is_none() => return Verdict::Unknown,
                Err(RecvTimeoutError::Timeout) if compiled => {
                    return Verdict::Refused("it hangs".to_owned());
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Verdict::Refused("it does not compile in time".to_owned());
                }
                Err(RecvTimeoutError::Disconnected) if compiled => {
                    return Verdict::Refused("it ends the process that draws it".to_owned());
                }
                Err(RecvTimeoutError::Disconnected) if died() => {
                    return Verdict::Refused("it ends the process that compiles it".to_owned());
                }
                // A fault that the show's own compiler names better.
                Err(RecvTimeoutError::Disconnected) => return Verdict::Unknown,
            };
            let mut words = line.split_whitespace();
            let (what, value) = (words.next(), words.next().unwrap_or_default());
            match what {
                Some("base") => {
                    let millis: f64 = value.parse().unwrap_or(1.0);
                    base = Some(millis.max(0.1));
                    patience = COMPILE;
                }
                Some("read") if value != format!("{:032x}", self.program.0) => return Verdict::Unknown,
                Some("compiled") => {
                    compiled = true;
                    patience = COMPILE;
                }
                Some("drawn" | "frame") => {
                    frames.extend((what == Some("frame")).then(|| value.parse().unwrap_or(f64::INFINITY)));
                    let hang = Duration::from_secs_f64(base.unwrap_or(1.0) * HANG_RATIO / 1000.0);
                    patience = hang.max(MIN_HANG);
                }
                Some("done") => return judged(base.unwrap_or(1.0), frames),
                _ => {}
            }
        }
    }
}

/// Whether a process whose output ended was ended by the system: a crash, a stack that ran over.
fn died(child: &mut Child) -> bool {
    let deadline = Instant::now() + LAST_BREATH;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.code().is_none(),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(LAST_BREATH / 50),
            _ => return false,
        }
    }
}

fn judged(base: f64, mut frames: Vec<f64>) -> Verdict {
    // The first ones may still compile; the cheapest but one is least disturbed.
    let mut counted = frames.split_off(frames.len().min(2));
    counted.sort_by(f64::total_cmp);
    let cost = counted.get(1).or(counted.first()).copied().unwrap_or(f64::INFINITY);
    let ratio = (cost / base) as f32;
    if ratio * MIN_SCALE * MIN_SCALE > MAX_RATIO {
        return Verdict::Refused(format!("a frame of it costs {ratio:.0} times what plays now"));
    }
    Verdict::Fits(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], ends: bool) -> Verdict {
        check_death(lines, ends, false)
    }

    fn check_death(lines: &[&str], ends: bool, died: bool) -> Verdict {
        let trial = Trial {
            program: ProgramId(1),
            file: "scene.wgsl".into(),
            against: Vec::new(),
            folder: "scenes".into(),
            software: true,
        };
        let (line, received) = channel();
        lines.iter().for_each(|text| line.send((*text).to_owned()).unwrap());
        let keep = (!ends).then_some(line);
        let verdict = trial.watch(&received, || died);
        drop(keep);
        verdict
    }

    const READ: &str = "read 00000000000000000000000000000001";

    #[test]
    fn a_scene_is_judged_by_its_share_of_the_shows_cost() {
        let frames = ["frame 90", "frame 9", "frame 6", "frame 5", "frame 7", "frame 6"];
        let lines = [&["base 2", READ, "compiled"][..], &frames, &["done"]].concat();
        assert_eq!(check(&lines, true), Verdict::Fits(3.0));
        let dear = ["base 0.05", READ, "compiled", "frame 9", "frame 9", "frame 9", "frame 9", "done"];
        assert!(matches!(check(&dear, true), Verdict::Refused(_)));
    }

    #[test]
    fn what_hangs_or_dies_is_refused_and_what_was_never_tried_is_not() {
        assert!(matches!(check(&["base 2", READ, "compiled", "frame 3"], false), Verdict::Refused(_)));
        assert!(matches!(check(&["base 2", READ, "compiled"], true), Verdict::Refused(_)));
        assert_eq!(check(&["base 2"], true), Verdict::Unknown);
        assert!(
            matches!(check_death(&["base 2", READ], true, true), Verdict::Refused(_)),
            "died compiling it"
        );
        assert_eq!(check(&[], true), Verdict::Unknown);
        assert_eq!(check(&["base 2", "read 2"], true), Verdict::Unknown, "the file has changed");
    }

    #[test]
    fn dear_scenes_are_drawn_smaller_within_limits() {
        assert_eq!((scale_for(1.0), scale_for(4.0), scale_for(16.0)), (1.0, 1.0, 0.5));
        assert_eq!(scale_for(1_000.0), MIN_SCALE);
    }
}
