//! A take: what a host recorded of its room between two turns of its switch.
//!
//! Two files beside the journal, named by the moment it began. `….take` holds JSON lines: the head, where
//! the beat is whenever it is not where the line before says, and, without sound, the Signal. `….flac`
//! holds the sound that the host's machine listened to. Both grow line by line and frame by frame, so a
//! killed process leaves a take that plays. Time in a take is seconds since it began.
//!
//! What code played is not kept: a film makes it again of the evaluations in the journal.

mod recorder;
mod shelf;
mod writer;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use audio_signal::Transport;
use serde::{Deserialize, Serialize};
use sync_protocol::{Recording, SignalDigest};

pub(crate) use recorder::{Listens, Moment, Recorder, SoundChunk};
pub(crate) use shelf::TakeShelf;

/// The version of the files.
const VERSION: u32 = 1;
/// Longest line, in bytes: twenty times what the longest needs.
const MAX_LINE_BYTES: u64 = 8 << 10;
/// Largest file of lines, in bytes: two days of the Signal.
const MAX_FILE_BYTES: u64 = 2 << 30;

/// How the sound of a take and the code that played meanwhile go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodeSound {
    /// The sound holds no code: both were heard side by side.
    #[default]
    Beside,
    /// Nothing but code was listened to. The sound is silent: the code is made again.
    Alone,
    /// The sound holds what the code played: a track and code from the same machine.
    Within,
}

/// A line of a take's file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Begins {
        version: u32,
        began_millis: u64,
        recording: Recording,
    },
    /// Where the beat is from its `origin_secs` on.
    Beat(Transport),
    Heard {
        at_secs: f64,
        signal: SignalDigest,
    },
    Code {
        at_secs: f64,
        sound: CodeSound,
    },
    Ends {
        secs: f64,
    },
}

/// A take in memory, but for its sound.
#[derive(Clone, Debug)]
pub(crate) struct Take {
    /// When it began: the host's wall clock, in milliseconds since 1970.
    pub began_millis: u64,
    /// What was kept.
    pub recording: Recording,
    /// How long it is, in seconds.
    pub secs: f64,
    /// Its sound, when that was kept.
    pub sound: Option<PathBuf>,
    beats: Vec<Transport>,
    heard: Vec<(f64, SignalDigest)>,
    code: Vec<(f64, CodeSound)>,
}

impl Take {
    /// Reads a take as far as it goes: the last line of a killed one may be cut.
    ///
    /// # Errors
    /// It cannot be read, or is no take of a version known here.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("path: {}", path.display());
        let file = std::fs::File::open(path).with_context(context)?;
        let size = file.metadata().with_context(context)?.len();
        if size > MAX_FILE_BYTES {
            bail!("the take has {size} bytes, the limit is {MAX_FILE_BYTES}, path: {}", path.display());
        }
        let mut reader = BufReader::new(file);
        let Some(Line::Begins { version: VERSION, began_millis, recording }) = next_line(&mut reader) else {
            bail!("this is no take that this version can read, path: {}", path.display());
        };
        let sound = Some(path.with_extension(shelf::SOUND)).filter(|sound| sound.is_file());
        let mut take =
            Self { began_millis, recording, secs: 0.0, sound, beats: vec![], heard: vec![], code: vec![] };
        while let Some(line) = next_line(&mut reader) {
            let secs = match line {
                Line::Begins { .. } => break,
                Line::Beat(transport) => {
                    take.beats.push(transport);
                    transport.origin_secs
                }
                Line::Heard { at_secs, signal } => {
                    take.heard.push((at_secs, signal));
                    at_secs
                }
                Line::Code { at_secs, sound } => {
                    take.code.push((at_secs, sound));
                    at_secs
                }
                Line::Ends { secs } => secs,
            };
            if secs.is_finite() {
                take.secs = take.secs.max(secs);
            }
        }
        Ok(take)
    }

    /// Returns the map between beats and this take's time; `None` before the first is known.
    pub(crate) fn transport_at(&self, secs: f64) -> Option<Transport> {
        at(&self.beats, secs, |transport| transport.origin_secs).copied()
    }

    /// Returns what was heard; `None` in a take with sound, and before the first.
    pub(crate) fn signal_at(&self, secs: f64) -> Option<SignalDigest> {
        at(&self.heard, secs, |(at_secs, _)| *at_secs).map(|(_, signal)| *signal)
    }

    /// Returns how the sound and the code go together.
    pub(crate) fn code_at(&self, secs: f64) -> CodeSound {
        at(&self.code, secs, |(at_secs, _)| *at_secs).map(|(_, sound)| *sound).unwrap_or_default()
    }
}

/// The last of what is sorted by time that is not later than `secs`.
fn at<T>(all: &[T], secs: f64, time: impl Fn(&T) -> f64) -> Option<&T> {
    let num = all.partition_point(|one| time(one) <= secs);
    num.checked_sub(1).and_then(|idx| all.get(idx))
}

/// The next whole line; `None` at the end, and where a process was killed in the middle of one.
fn next_line(reader: &mut impl std::io::BufRead) -> Option<Line> {
    let mut text = String::new();
    let num_bytes = std::io::Read::take(&mut *reader, MAX_LINE_BYTES).read_line(&mut text).ok()?;
    (num_bytes > 0).then(|| serde_json::from_str(&text).ok()).flatten()
}

#[cfg(test)]
mod tests;
