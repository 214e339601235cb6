//! Keeps a device stream alive: watches it, and gets it back for ever.
//!
//! A pure state machine over time and reports, so that its rules are tested without a device:
//! - a stream counts as live from its first block;
//! - 500 ms without a block is a loss, whatever the sound system says (in its first 3 s, 2.3 s are);
//! - between tries it waits 125 ms, doubling to 1 s, and never gives up;
//! - a default that moves is followed at once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    DeviceKind,
    link::{Opened, Report},
};

/// Without a block for this long a stream is lost: fifty blocks of 10 ms.
const WATCHDOG: Duration = Duration::from_millis(500);
/// A stream this young may pause for longer: a virtual device may play two seconds ahead at first.
const SETTLING: Duration = Duration::from_secs(3);
/// The pause such a stream may make.
const SETTLING_WATCHDOG: Duration = Duration::from_millis(2_300);
/// Opening may take this long, first block included. A sound server that starts up needs a second.
const OPENING: Duration = Duration::from_secs(3);
/// The first wait between tries.
const FIRST_WAIT: Duration = Duration::from_millis(125);
/// The longest wait between tries: a device that returns is back well within 3 s.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How a device is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceState {
    /// It has not answered yet.
    #[default]
    Opening,
    /// Sound flows.
    Live {
        /// The device's name for people.
        device: String,
        /// What it is.
        kind: DeviceKind,
    },
    /// It worked and went away. It is tried again for ever.
    Lost {
        /// A sentence for people.
        why: String,
        /// When the next try is due. Zero while one is under way.
        retry_in: Duration,
    },
    /// There is none so far. It is looked for for ever.
    None {
        /// A sentence for people.
        why: String,
    },
    /// It is switched off, or nothing is to sound.
    Off,
}

impl DeviceState {
    /// Returns whether sound flows.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }
}

/// A state that the keeper writes and others read.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedState(
    /// Guards a small value for the length of a clone; never touched by a callback.
    Arc<Mutex<DeviceState>>,
);

impl SharedState {
    pub(crate) fn get(&self) -> DeviceState {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, state: DeviceState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// What the owner of the keeper shall do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Wait,
    /// Open a stream (after letting go of the old one).
    Open,
    /// Let go of the stream.
    Close,
}

#[derive(Debug)]
enum Phase {
    Waiting { until: Instant },
    Opening { until: Instant, opened: Option<Opened> },
    Live { since: Instant, blocks: u64, changed: Instant, opened: Opened },
    Off,
}

#[derive(Debug)]
pub(crate) struct Keeper {
    phase: Phase,
    wait: Duration,
    was_live: bool,
    why: String,
    /// The system that worked: the only one asked from then on.
    host: Option<cpal::HostId>,
}

impl Keeper {
    /// A keeper that opens at once.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Waiting { until: now },
            wait: FIRST_WAIT,
            was_live: false,
            why: "the sound system has not answered yet".to_owned(),
            host: None,
        }
    }

    /// Starts over with another choice; `off` closes for good.
    pub(crate) fn choose(&mut self, off: bool, now: Instant) {
        let host = self.host;
        *self = Self::new(now);
        self.host = host;
        if off {
            self.phase = Phase::Off;
        }
    }

    pub(crate) fn host(&self) -> Option<cpal::HostId> {
        self.host
    }

    /// Whether it tries for the first time.
    pub(crate) fn is_opening(&self) -> bool {
        !self.was_live
            && matches!(self.phase, Phase::Waiting { .. } | Phase::Opening { .. })
            && self.wait == FIRST_WAIT
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    /// Takes note of a loss that somebody else saw.
    pub(crate) fn lose(&mut self, why: String, now: Instant) {
        if !matches!(self.phase, Phase::Off) {
            self.why = why;
            self.phase = Phase::Waiting { until: now + self.wait };
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Takes one report of the stream.
    pub(crate) fn hear(&mut self, report: Report, now: Instant) {
        match report {
            Report::Opened(opened) => {
                if let Phase::Opening { opened: slot, .. } = &mut self.phase {
                    *slot = Some(opened);
                }
            }
            Report::Failed(err) => self.lose(err.to_string(), now),
            Report::Died(err) => self.lose(format!("the device went away: {err}"), now),
            Report::DefaultMoved => {
                self.wait = Duration::ZERO;
                self.lose("the system switched to another device".to_owned(), now);
                self.wait = FIRST_WAIT;
            }
        }
    }

    /// Says what to do at `now`, with the stream's callbacks counted so far.
    pub(crate) fn step(&mut self, blocks: u64, now: Instant) -> Step {
        match &mut self.phase {
            Phase::Off => Step::Close,
            Phase::Waiting { until } if now >= *until => {
                self.phase = Phase::Opening { until: now + OPENING, opened: None };
                Step::Open
            }
            Phase::Waiting { .. } => Step::Close,
            Phase::Opening { until, opened } => {
                // Windows sends no loopback blocks while nothing plays: open is as good as it gets.
                let quiet_is_fine = is_quiet_loopback(opened.as_ref());
                if let Some(opened) = opened.take_if(|_| blocks > 0 || quiet_is_fine) {
                    self.host = Some(opened.host);
                    self.was_live = true;
                    self.wait = FIRST_WAIT;
                    self.phase = Phase::Live { since: now, blocks, changed: now, opened };
                    return Step::Wait;
                }
                if now >= *until {
                    let why = match opened {
                        Some(opened) => format!("{:?} opened but sends no sound", opened.name),
                        None => "the sound system does not answer".to_owned(),
                    };
                    self.lose(why, now);
                    return Step::Close;
                }
                Step::Wait
            }
            Phase::Live { since, blocks: seen, changed, opened } => {
                let settled = changed.saturating_duration_since(*since) >= SETTLING;
                let patience = if settled { WATCHDOG } else { SETTLING_WATCHDOG };
                if *seen != blocks || is_quiet_loopback(Some(opened)) {
                    (*seen, *changed) = (blocks, now);
                } else if now.saturating_duration_since(*changed) >= patience {
                    let why = format!("{:?} stopped answering", opened.name);
                    self.lose(why, now);
                    return Step::Close;
                }
                Step::Wait
            }
        }
    }

    pub(crate) fn state(&self, now: Instant) -> DeviceState {
        let missing = |retry_in| {
            if self.was_live {
                DeviceState::Lost { why: self.why.clone(), retry_in }
            } else {
                DeviceState::None { why: self.why.clone() }
            }
        };
        match &self.phase {
            Phase::Off => DeviceState::Off,
            Phase::Waiting { until } => missing(until.saturating_duration_since(now)),
            Phase::Opening { .. } if self.was_live => missing(Duration::ZERO),
            Phase::Opening { .. } => DeviceState::Opening,
            Phase::Live { opened, .. } => {
                DeviceState::Live { device: opened.name.clone(), kind: opened.kind }
            }
        }
    }
}

fn is_quiet_loopback(opened: Option<&Opened>) -> bool {
    cfg!(windows) && opened.is_some_and(|opened| opened.kind == DeviceKind::Loopback)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "an instant has no other origin; the tests only add to it")]
mod tests {
    use super::*;
    use crate::AudioError;

    fn opened() -> Report {
        Report::Opened(Opened {
            host: *cpal::ALL_HOSTS.first().expect("cpal has a host on every platform"),
            name: "mic".to_owned(),
            kind: DeviceKind::Input,
        })
    }

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_stream_is_live_from_its_first_block() {
        let t = Instant::now();
        let mut keeper = Keeper::new(t);
        assert_eq!(keeper.step(0, t), Step::Open);
        keeper.hear(opened(), t);
        assert_eq!(keeper.step(0, t + millis(50)), Step::Wait);
        assert_eq!(keeper.state(t), DeviceState::Opening);
        keeper.step(1, t + millis(100));
        assert!(keeper.state(t).is_live());
    }

    #[test]
    fn half_a_second_without_a_block_is_a_loss() {
        let t = Instant::now();
        let mut keeper = Keeper::new(t);
        keeper.step(0, t);
        keeper.hear(opened(), t);
        keeper.step(1, t);
        assert_eq!(keeper.step(1, t + millis(2_299)), Step::Wait, "young streams may pause");
        let t = t + SETTLING;
        keeper.step(2, t);
        assert_eq!(keeper.step(2, t + millis(499)), Step::Wait);
        assert_eq!(keeper.step(2, t + millis(500)), Step::Close);
        assert!(matches!(keeper.state(t), DeviceState::Lost { .. }));
    }

    #[test]
    fn tries_go_on_for_ever_at_most_a_second_apart() {
        let mut now = Instant::now();
        let mut keeper = Keeper::new(now);
        let (mut tries, mut last) = (0, now);
        for _ in 0..60_000 {
            if keeper.step(0, now) == Step::Open {
                assert!(now - last <= millis(1_050), "{:?} between tries", now - last);
                (tries, last) = (tries + 1, now);
                keeper.hear(Report::Failed(AudioError::NoDevice { what: "input" }), now);
            }
            now += millis(10);
        }
        assert!(tries > 590, "{tries} tries in ten minutes");
    }

    #[test]
    fn a_hanging_sound_system_is_let_go() {
        let t = Instant::now();
        let mut keeper = Keeper::new(t);
        keeper.step(0, t);
        assert_eq!(keeper.step(0, t + OPENING), Step::Close);
        assert!(matches!(keeper.state(t), DeviceState::None { .. }));
    }

    #[test]
    fn off_stays_off() {
        let t = Instant::now();
        let mut keeper = Keeper::new(t);
        keeper.choose(true, t);
        keeper.lose("drill".to_owned(), t);
        assert_eq!(keeper.step(0, t + OPENING), Step::Close);
        assert_eq!(keeper.state(t), DeviceState::Off);
    }
}
