//! The engine's sign of life, and how it hears that it shall end.
//!
//! Protocol with the supervisor: twice a second the engine prints `alive AGE` on its standard output,
//! the milliseconds since the slower of its picture and its main loop last turned; the supervisor's
//! end of the engine's standard input closes when the engine shall end, for whatever reason.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::board::Board;
use super::wake::Waker;

/// What the engine prints, before the age.
const ALIVE: &str = "alive ";
/// How often it prints it.
const EVERY: Duration = Duration::from_millis(500);
/// How much longer a picture may take while a driver may be compiling for it: that is work, no hang.
const FRESH_GRACE: Duration = Duration::from_secs(25);

/// Reads a sign of life: how long ago the engine last got on. `None` for any other line.
pub(crate) fn age(line: &str) -> Option<Duration> {
    line.strip_prefix(ALIVE)?.parse().ok().map(Duration::from_millis)
}

/// Starts giving signs, and listens for the end: a signal, or the supervisor's.
///
/// # Errors
/// When the system gives no thread or no signal handler.
pub(crate) fn start(
    board: Arc<Board>,
    waker: Arc<Waker>,
    supervised: bool,
    hang_after: Option<Duration>,
) -> anyhow::Result<()> {
    let end = {
        let (board, waker) = (board.clone(), waker.clone());
        move || {
            board.ending.store(true, Ordering::Release);
            waker.wake();
        }
    };
    ctrlc::set_handler(end.clone()).context("signals cannot be heard")?;
    if supervised {
        std::thread::Builder::new().name("leash".to_owned()).spawn(move || {
            // Nothing is ever sent: the pipe's end is the message.
            let _ = std::io::stdin().read(&mut [0]);
            end();
        })?;
        std::thread::Builder::new()
            .name("pulse".to_owned())
            .spawn(move || run(&board, &waker, hang_after))?;
    }
    Ok(())
}

fn run(board: &Board, waker: &Waker, hang_after: Option<Duration>) {
    let started = Instant::now();
    let mut seen = [(0, started); 2];
    while !board.is_ending() {
        // An idle main loop turns for this.
        waker.wake();
        std::thread::sleep(EVERY);
        let now = Instant::now();
        let turns = [&board.render_turns, &board.main_turns].map(|turns| turns.load(Ordering::Relaxed));
        for (seen, turns) in seen.iter_mut().zip(turns) {
            if seen.0 != turns {
                *seen = (turns, now);
            }
        }
        let mut age = seen.iter().map(|(_, at)| now - *at).max().unwrap_or_default();
        if board.render_fresh.load(Ordering::Relaxed) {
            age = age.saturating_sub(FRESH_GRACE);
        }
        if hang_after.is_some_and(|after| started.elapsed() >= after) {
            continue;
        }
        let mut out = std::io::stdout().lock();
        // A supervisor that is gone closes the other pipe too: the leash hears it.
        let _ = writeln!(out, "{ALIVE}{}", age.as_millis()).and_then(|()| out.flush());
    }
}

/// Ends the process in good order even if some thread does not end in time.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn end_within(time: Duration) -> anyhow::Result<()> {
    std::thread::Builder::new().name("ender".to_owned()).spawn(move || {
        std::thread::sleep(time);
        tracing::warn!("a thread did not end in time");
        std::process::exit(0);
    })?;
    Ok(())
}
