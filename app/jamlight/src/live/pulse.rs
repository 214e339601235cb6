//! The engine's sign of life, and how it hears that it shall end.
//!
//! Protocol with the supervisor: the engine prints `alive` on its standard output twice a second
//! while both its picture and its main loop go on; the supervisor's end of the engine's standard
//! input closes when the engine shall end, for whatever reason.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::board::Board;
use super::wake::Waker;

/// What the engine prints.
pub(crate) const ALIVE: &str = "alive";
/// How often it prints it.
const EVERY: Duration = Duration::from_millis(500);
/// How long the main loop or the picture may stand before the sign stops. A picture that takes a
/// second is slow, not dead.
const PATIENCE: Duration = Duration::from_secs(4);
/// The same while a driver may be compiling.
const FRESH_PATIENCE: Duration = Duration::from_secs(30);

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
        let patience = if board.render_fresh.load(Ordering::Relaxed) { FRESH_PATIENCE } else { PATIENCE };
        let alive = seen.iter().all(|(_, at)| now - *at < patience);
        if alive && hang_after.is_none_or(|after| started.elapsed() < after) {
            let mut out = std::io::stdout().lock();
            // A supervisor that is gone closes the other pipe too: the leash hears it.
            let _ = writeln!(out, "{ALIVE}").and_then(|()| out.flush());
        }
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
