//! The parent process: starts the engine, and starts it again when it dies or hangs.
//!
//! It holds nothing of the show. What the engine needs to go on is its own autosave.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::args::LiveArgs;
use super::{crash, pulse};

/// An engine that says nothing, or draws nothing, for this long is killed. A picture that takes a
/// second is slow, not dead.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same until the first one: a driver's first start may take a while.
const FIRST_SILENCE: Duration = Duration::from_secs(30);
/// Crashes within [`CRASH_WINDOW`] after which the engine begins with a safe scene.
const MAX_CRASHES: usize = 3;
const CRASH_WINDOW: Duration = Duration::from_secs(60);
/// An engine that dies younger than this each time, so often in a row, cannot start here.
const STILLBORN_AGE: Duration = Duration::from_secs(1);
const MAX_STILLBORN: u32 = 6;
/// How long an engine that was asked to end may take.
const END: Duration = Duration::from_millis(2_800);
/// How often the child and the signals are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How an engine ended.
#[derive(Debug)]
enum End {
    /// As it should, or it was asked to.
    Clean,
    /// With a refusal it has printed itself.
    Refused,
    /// It crashed, was killed, or hung.
    Crashed(String),
}

/// Runs engines until one ends as it should.
///
/// # Errors
/// When no engine can be started, or each ends at once.
pub(crate) fn run(args: &LiveArgs) -> anyhow::Result<()> {
    let paths = args.paths()?;
    let ending = Arc::new(AtomicBool::new(false));
    let flag = ending.clone();
    ctrlc::set_handler(move || flag.store(true, Ordering::Release)).context("signals cannot be heard")?;
    let program = std::env::current_exe().context("the program does not know where it is")?;
    let mut crashes = VecDeque::new();
    let mut num_stillborn = 0;
    loop {
        let safe = crashes.len() >= MAX_CRASHES;
        let mut command = Command::new(&program);
        command
            .args(std::env::args_os().skip(1))
            .arg("--engine")
            // glibc gives every busy thread a heap of its own, and a heap keeps what was freed in it: two are enough for
            // threads that hardly allocate, and what takes a megabyte goes back to the system at once. Scenes come and
            // go all evening. Other systems do not read these.
            .env("MALLOC_ARENA_MAX", "2")
            .env("MALLOC_MMAP_THRESHOLD_", "1048576")
            .env("MALLOC_TRIM_THRESHOLD_", "131072")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if safe {
            command.arg("--safe");
        }
        let started = Instant::now();
        let child = command.spawn().context("the engine cannot be started")?;
        match watch(child, &ending)? {
            End::Clean => return Ok(()),
            End::Refused => bail!("the engine could not start; its reason is above"),
            End::Crashed(how) => {
                tracing::error!(how, "the engine is started again");
                crash::write(
                    &paths.crashes(),
                    &format!("the engine {how} after {} s\n", started.elapsed().as_secs()),
                );
                num_stillborn = if started.elapsed() < STILLBORN_AGE { num_stillborn + 1 } else { 0 };
                if num_stillborn >= MAX_STILLBORN {
                    bail!(
                        "the engine {how} at once, {MAX_STILLBORN} times in a row; `jamlight doctor` may know why"
                    );
                }
                note_crash(&mut crashes, Instant::now(), safe);
            }
        }
    }
}

/// Keeps the crashes that count. A safe start begins the count anew.
fn note_crash(crashes: &mut VecDeque<Instant>, now: Instant, was_safe: bool) {
    if was_safe {
        crashes.clear();
    }
    crashes.push_back(now);
    crashes.retain(|at| now.saturating_duration_since(*at) < CRASH_WINDOW);
}

fn watch(mut child: Child, ending: &AtomicBool) -> anyhow::Result<End> {
    let signs = listen(&mut child)?;
    // Dropped to ask the engine to end.
    let mut leash = child.stdin.take();
    let mut deadline = Instant::now() + FIRST_SILENCE;
    loop {
        match signs.recv_timeout(LOOK) {
            Ok(age) if leash.is_some() => deadline = Instant::now() + PATIENCE.saturating_sub(age),
            // It was asked to end: that it still lives buys it no time.
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => {}
            // Its output is closed: it is about to be gone.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK),
        }
        if let Some(status) = child.try_wait().context("the engine cannot be watched")? {
            return Ok(ended(status, leash.is_none()));
        }
        if ending.load(Ordering::Acquire) && leash.take().is_some() {
            deadline = Instant::now() + END;
        }
        if Instant::now() >= deadline {
            // It may have gone just now; then the wait says how.
            let _ = child.kill();
            child.wait().context("the engine cannot be ended")?;
            return Ok(if leash.is_none() {
                End::Clean
            } else {
                End::Crashed("gave no sign of life".to_owned())
            });
        }
    }
}

/// Passes the engine's signs on, and its other lines to our own output.
fn listen(child: &mut Child) -> anyhow::Result<Receiver<Duration>> {
    let output = child.stdout.take().context("the engine has no output")?;
    // Unbounded, but two a second.
    let (sign, signs) = channel();
    std::thread::Builder::new().name("signs".to_owned()).spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            match pulse::age(&line) {
                None => println!("{line}"),
                Some(age) if sign.send(age).is_err() => return,
                Some(_) => {}
            }
        }
    })?;
    Ok(signs)
}

fn ended(status: ExitStatus, asked: bool) -> End {
    match status.code() {
        Some(0) => End::Clean,
        _ if asked => End::Clean,
        // What `cli::run` answers with when an engine could not begin.
        Some(1 | 2) => End::Refused,
        Some(code) => End::Crashed(format!("ended with status {code}")),
        None => End::Crashed(format!("was killed ({status})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_crashes_in_a_minute_count_and_older_ones_do_not() {
        let mut crashes = VecDeque::new();
        let start = Instant::now();
        for secs in [0, 40, 70] {
            note_crash(&mut crashes, start + Duration::from_secs(secs), false);
        }
        assert_eq!(crashes.len(), 2);
        note_crash(&mut crashes, start + Duration::from_secs(71), false);
        assert_eq!(crashes.len(), MAX_CRASHES);
        note_crash(&mut crashes, start + Duration::from_secs(72), true);
        assert_eq!(crashes.len(), 1, "a safe start begins anew");
    }
}
