use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Distinct messages remembered; more are logged without counting.
const MAX_MESSAGES: usize = 64;
/// Frames without an error after which its return is news: ten seconds at 60/s.
const FORGET_AFTER_FRAMES: u64 = 600;

/// Logs an error that repeats each frame once, until it stopped for a while.
#[derive(Debug, Default)]
pub struct ErrorTracker {
    /// Guards the counts: handlers run on whatever thread called wgpu.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    frame: u64,
    total: u64,
    /// The frame each message was last seen in, and how often.
    seen: HashMap<String, (u64, u64)>,
}

impl ErrorTracker {
    /// Counts one error. Returns whether it is news, which is when it is also logged.
    pub fn report(&self, message: &str) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.total += 1;
        let frame = state.frame;
        let full = state.seen.len() >= MAX_MESSAGES;
        let news = match state.seen.get_mut(message) {
            Some((last, count)) => {
                let news = frame.saturating_sub(*last) > FORGET_AFTER_FRAMES;
                *last = frame;
                *count += 1;
                news
            }
            None if full => false,
            None => {
                state.seen.insert(message.to_owned(), (frame, 1));
                true
            }
        };
        if news {
            tracing::error!(message, "the graphics device refused a call");
        }
        news
    }

    /// Marks the end of a frame and forgets what stopped.
    pub fn end_frame(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.frame += 1;
        let frame = state.frame;
        state.seen.retain(|_, (last, _)| frame.saturating_sub(*last) <= FORGET_AFTER_FRAMES);
    }

    /// Errors so far, repeats included.
    pub fn total(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).total
    }
}
