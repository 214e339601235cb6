//! What the score shows to the other threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use app_desktop::CodeProblem;
use audio_signal::{Cue, TempoSource};
use sync_protocol::TempoSettings;

use super::trace::Way;
use crate::live::board::Slot;

/// What the score shows to the other threads. Latest wins.
#[derive(Default)]
pub(crate) struct Stand {
    /// What patterns say to the picture, in beats of the transport.
    pub cues: Slot<Arc<[Cue]>>,
    /// What sounds, and where it is written.
    pub glows: Slot<Arc<[TextGlow]>>,
    /// The notes of the last seconds and of those about to sound.
    pub roll: Slot<Arc<[PlayedNote]>>,
    /// What is wrong, by block of code.
    pub problems: Slot<Arc<BTreeMap<String, Vec<CodeProblem>>>>,
    /// The names of all sounds, sorted.
    pub sounds: Slot<Arc<[String]>>,
    /// How code leads the tempo; `None` while no code plays.
    pub lead: Slot<Option<CodeLead>>,
    /// The last evaluation whose first note is still to come.
    pub way: Slot<Option<Way>>,
    /// Whether code plays: then automatic listening hears this machine's own output.
    pub plays: AtomicBool,
}

/// A piece of code that sounds for a while.
#[derive(Clone, Debug)]
pub(crate) struct TextGlow {
    /// The block of code it is in.
    pub slot: Arc<str>,
    /// Where, in bytes of what was evaluated.
    pub span: (u32, u32),
    /// When it is heard.
    pub from: Instant,
    pub until: Instant,
}

/// A note of a block of code.
#[derive(Clone, Debug)]
pub(crate) struct PlayedNote {
    pub slot: Arc<str>,
    /// When it is heard.
    pub from: Instant,
    pub until: Instant,
    /// Its pitch as a MIDI number; samples lie in rows below the tones.
    pub pitch: f32,
}

/// How code leads the tempo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CodeLead {
    /// What the code says; `None` where it says nothing.
    pub bpm: Option<f64>,
}

/// Who leads the tempo now. Code that names a tempo goes before the ear, and so does code that would
/// only hear itself; a tap, a clock and the room's host go before code.
pub(crate) fn leading(
    settings: &TempoSettings,
    lead: Option<CodeLead>,
    hears_itself: bool,
    tempo_bpm: f64,
) -> TempoSettings {
    let follows = matches!(settings.source, TempoSource::Heard | TempoSource::Code);
    let Some(lead) = lead.filter(|lead| follows && (lead.bpm.is_some() || hears_itself)) else {
        return settings.clone();
    };
    let own = (settings.source == TempoSource::Code).then_some(settings.bpm);
    let bpm = lead.bpm.or(own).unwrap_or(tempo_bpm);
    TempoSettings { source: TempoSource::Code, bpm, ..settings.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_leads_when_it_says_so_or_would_only_hear_itself() {
        let settings = |source| TempoSettings { source, bpm: 90.0, ..TempoSettings::default() };
        let check = |source, lead: Option<Option<f64>>, hears_itself, expected: (TempoSource, f64)| {
            let lead = lead.map(|bpm| CodeLead { bpm });
            let led = leading(&settings(source), lead, hears_itself, 127.0);
            assert_eq!((led.source, led.bpm), expected);
        };
        use TempoSource::{Code, Heard, Tap};
        check(Heard, None, true, (Heard, 90.0));
        check(Heard, Some(None), false, (Heard, 90.0));
        check(Heard, Some(None), true, (Code, 127.0));
        check(Heard, Some(Some(140.0)), false, (Code, 140.0));
        check(Code, Some(None), true, (Code, 90.0));
        check(Tap, Some(Some(140.0)), true, (Tap, 90.0));
    }
}
