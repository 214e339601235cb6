//! When the next cue of the list comes. It only proposes: the room's host lets it.

use audio_signal::AudioFrame;
use sync_protocol::{Command, CueId, CueTrigger, HeardTrack, HitKind, Show};

use crate::modulation::hit;

/// A proposal that nobody let is made again after so many seconds.
const RETRY_SECS: f64 = 1.0;
const HITS: [HitKind; 8] = [
    HitKind::Kick,
    HitKind::Snare,
    HitKind::Hat,
    HitKind::Onset,
    HitKind::Beat,
    HitKind::Downbeat,
    HitKind::Drop,
    HitKind::Section,
];

/// Where the list stood when its current cue came.
#[derive(Clone, Copy, Debug)]
struct Mark {
    cue: Option<CueId>,
    secs: f64,
    beat: f64,
    hits: [u64; HITS.len()],
}

/// Follows the list.
#[derive(Debug, Default)]
pub(crate) struct CueWatch {
    mark: Option<Mark>,
    proposed_secs: Option<f64>,
    /// The track that was heard last.
    track: Option<HeardTrack>,
    /// The cue it brings, until that came or another did.
    brought: Option<CueId>,
}

impl CueWatch {
    /// Returns the cue that is due. `secs` is show time.
    pub(crate) fn step(&mut self, show: &Show, signal: &AudioFrame, beat: f64, secs: f64) -> Option<Command> {
        let list = &show.cues;
        let heard = show.now_playing.as_deref().map(|playing| &playing.track);
        if self.track.as_ref() != heard {
            self.track = heard.cloned();
            self.brought = heard.and_then(|track| list.for_track(track)).map(|cue| cue.id);
            self.proposed_secs = None;
        }
        if !list.playing {
            (self.mark, self.brought) = (None, None);
            return None;
        }
        let hits = HITS.map(|kind| hit(signal, kind).count);
        let mark = match self.mark {
            Some(mark) if mark.cue == list.current => mark,
            _ => {
                self.proposed_secs = None;
                if self.mark.is_some() {
                    self.brought = None;
                }
                *self.mark.insert(Mark { cue: list.current, secs, beat, hits })
            }
        };
        let waits = self.proposed_secs.is_some_and(|proposed| secs - proposed < RETRY_SECS);
        if let Some(cue) = self.brought.filter(|cue| list.current != Some(*cue)) {
            if waits {
                return None;
            }
            self.proposed_secs = Some(secs);
            return Some(Command::GoCue { cue });
        }
        let next = list.next()?;
        let due = match next.trigger {
            CueTrigger::Manual | CueTrigger::Track { .. } => false,
            CueTrigger::Secs { after } => secs - mark.secs >= after,
            CueTrigger::Beats { after } => beat - mark.beat >= after,
            CueTrigger::Hit { hit: kind, nth } => {
                let count = |hits: &[u64; HITS.len()]| {
                    HITS.iter().zip(hits).find(|(other, _)| **other == kind).map_or(0, |(_, count)| *count)
                };
                count(&hits).saturating_sub(count(&mark.hits)) >= u64::from(nth)
            }
        };
        if !due || waits {
            return None;
        }
        self.proposed_secs = Some(secs);
        Some(Command::GoCue { cue: next.id })
    }
}
