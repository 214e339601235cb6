//! The turn of a thread that must never be late.
//!
//! Linux lets threads that sound wait in line with all others unless somebody asks: directly, where the user may (the
//! `audio` group of studios), or by RealtimeKit, which desktops have for this. Elsewhere the sound system sees to it.
//! Without either the thread stays as it is; the sound system's margin carries it on a machine that is not overrun.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Above everything that is not urgent, and no higher than sound servers put themselves.
#[cfg(target_os = "linux")]
const PRIORITY: i32 = 5;
/// An urgent thread may compute this long without waiting once, in microseconds, before the system ends the process:
/// RealtimeKit demands such a limit, and this is the most it takes. [`Turn::step_down`] comes long before.
#[cfg(target_os = "linux")]
const MAX_RUN_MICROS: u64 = 200_000;
/// Blocks in a row that took longer than they last until the thread steps down: 85 ms at 512 frames, less at fewer.
const MAX_OVERRUNS: u32 = 8;

/// What a callback's thread and the one who looks after it share.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The callback's thread, as the system numbers them. 0 before the first block and once it was looked after.
    thread: AtomicI32,
    seen: AtomicBool,
}

impl Turn {
    /// Says which thread the callback runs on. Called there; costs a load from the second block on.
    pub(crate) fn arrive(&self) {
        if !self.seen.swap(true, Ordering::Relaxed) {
            self.thread.store(this_thread(), Ordering::Release);
        }
    }

    /// Asks for an urgent turn for a thread that arrived, once, on a thread of its own: the system's answer may take
    /// its time.
    pub(crate) fn look_after(&self) {
        let thread = self.thread.swap(0, Ordering::Acquire);
        if thread == 0 {
            return;
        }
        let spawned = std::thread::Builder::new().name("audio-priority".to_owned()).spawn(move || {
            let turn = raise(thread);
            tracing::debug!(thread, turn, "the sound's thread was looked after");
        });
        if let Err(err) = spawned {
            tracing::debug!(%err, "the sound's thread stays as it is");
        }
    }
}

/// Counts blocks that took too long, and gives an urgent turn back before the machine hangs on it.
#[derive(Debug, Default)]
pub(crate) struct Overruns(u32);

impl Overruns {
    /// Notes a block. Called on the callback's thread.
    pub(crate) fn note(&mut self, overran: bool) {
        self.0 = if overran { self.0 + 1 } else { 0 };
        if self.0 == MAX_OVERRUNS {
            step_down();
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn this_thread() -> i32 {
        0
    }
    pub(super) fn raise(_thread: i32) -> &'static str {
        "left to the sound system"
    }
    pub(super) fn step_down() {}
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the C library's calls for turns have no safe wrapper")]
mod system {
    use super::{MAX_RUN_MICROS, PRIORITY};

    pub(super) fn this_thread() -> i32 {
        // SAFETY: takes nothing and cannot fail.
        unsafe { libc::gettid() }
    }

    pub(super) fn raise(thread: i32) -> &'static str {
        if schedule(thread, libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, PRIORITY) {
            return "urgent";
        }
        match ask_kit(thread) {
            Ok(()) => "urgent by RealtimeKit",
            Err(err) => {
                tracing::debug!(%err, "no urgent turn");
                "as all others"
            }
        }
    }

    pub(super) fn step_down() {
        schedule(0, libc::SCHED_OTHER, 0);
    }

    fn schedule(thread: i32, policy: i32, priority: i32) -> bool {
        // SAFETY: all of it is numbers, and zero is a value of each.
        let mut param: libc::sched_param = unsafe { std::mem::zeroed() };
        param.sched_priority = priority;
        // SAFETY: `param` is read during the call only; a thread that is gone is an error.
        unsafe { libc::sched_setscheduler(thread, policy, &raw const param) == 0 }
    }

    /// RealtimeKit looks at the limit first.
    fn ask_kit(thread: i32) -> zbus::Result<()> {
        let limit = libc::rlimit { rlim_cur: MAX_RUN_MICROS, rlim_max: MAX_RUN_MICROS };
        // SAFETY: `limit` is read during the call only.
        if unsafe { libc::setrlimit(libc::RLIMIT_RTTIME, &raw const limit) } != 0 {
            return Err(std::io::Error::last_os_error().into());
        }
        let kit = "org.freedesktop.RealtimeKit1";
        zbus::blocking::Connection::system()?.call_method(
            Some(kit),
            "/org/freedesktop/RealtimeKit1",
            Some(kit),
            "MakeThreadRealtime",
            &(thread as u64, PRIORITY as u32),
        )?;
        Ok(())
    }
}

use system::{raise, step_down, this_thread};

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_looked_after_once() {
        let turn = Turn::default();
        turn.look_after();
        turn.arrive();
        let seen = turn.thread.load(Ordering::Relaxed);
        assert_eq!(seen, this_thread());
        assert_ne!(seen, 0);
        turn.look_after();
        turn.arrive();
        assert_eq!(turn.thread.load(Ordering::Relaxed), 0, "once is enough");
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "turns are a thread's own, and the system says them in a file"
    )]
    fn a_system_that_allows_it_makes_a_thread_urgent() {
        let urgent =
            || std::fs::read_to_string("/proc/thread-self/stat").unwrap().split(' ').nth(40) == Some("2");
        std::thread::spawn(move || {
            let turn = raise(this_thread());
            assert_eq!(urgent(), turn.starts_with("urgent"), "{turn}");
            step_down();
            assert!(!urgent());
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_thread_steps_down_after_blocks_in_a_row_that_took_too_long() {
        let mut overruns = Overruns::default();
        for _ in 0..MAX_OVERRUNS - 1 {
            overruns.note(true);
        }
        overruns.note(false);
        assert_eq!(overruns.0, 0);
        for _ in 0..MAX_OVERRUNS {
            overruns.note(true);
        }
        assert_eq!(overruns.0, MAX_OVERRUNS);
    }
}
