//! The drill `trace-clicks`: from the first sample of a click to the submit of the first picture that
//! knows of it, both in stream time.

use std::collections::VecDeque;
use std::time::Instant;

use renderer_scene::FrameInput;

use super::board::{Board, Heard};

/// A sample louder than this begins a click, if it was quiet before.
const LOUD: f32 = 0.1;
/// How long it must have been quieter than that, in frames: 100 ms at 48 kHz.
const QUIET_FRAMES: u64 = 4_800;
/// A click without a picture for this long was missed, in seconds.
const MISSED_SECS: f64 = 0.4;
/// How long an anchor between the two clocks counts, in seconds: a sound system under load falls
/// behind, so old ones lie.
const ANCHOR_SECS: f64 = 1.0;

/// Finds clicks in the samples that the ear hears.
#[derive(Debug, Default)]
pub(crate) struct ClickFinder {
    frames: u64,
    quiet_frames: u64,
}

impl ClickFinder {
    /// Takes what the analyser is about to get: interleaved stereo.
    pub(crate) fn push(&mut self, samples: &[f32], rate_hz: u32, board: &Board) {
        for frame in samples.chunks_exact(2) {
            if frame.iter().any(|sample| sample.abs() > LOUD) {
                if self.quiet_frames >= QUIET_FRAMES {
                    let secs = self.frames as f64 / f64::from(rate_hz);
                    board.clicks.change(|clicks| clicks.push(secs));
                }
                self.quiet_frames = 0;
            } else {
                self.quiet_frames += 1;
            }
            self.frames += 1;
        }
    }
}

/// Pairs clicks with pictures.
#[derive(Debug, Default)]
pub(crate) struct ClickPairs {
    onsets: u64,
    /// Stream time that was heard at an instant, the anchors of the last second: sound comes in bursts,
    /// and the one that came earliest is nearest to the truth.
    anchors: VecDeque<(Instant, f64)>,
}

impl ClickPairs {
    /// Looks at a picture that was just submitted.
    pub(crate) fn submitted(&mut self, input: &FrameInput, heard: &Heard, board: &Board) {
        let now_secs = self.stream_secs(heard);
        let onsets = input.onset.count;
        let is_new = onsets > self.onsets;
        self.onsets = onsets;
        let told = board.clicks.change(|clicks| {
            let missed: Vec<f64> = clicks.extract_if(.., |click| now_secs - *click > MISSED_SECS).collect();
            let drawn = (is_new && !clicks.is_empty()).then(|| clicks.remove(0));
            (missed, drawn)
        });
        for click in told.0 {
            eprintln!("click {click:.4} missed");
        }
        if let Some(click) = told.1 {
            eprintln!("click {click:.4} drawn {now_secs:.4} after {:.1} ms", (now_secs - click) * 1000.0);
        }
    }

    /// Returns the stream time of this instant: when its sound would arrive if nothing held it up.
    fn stream_secs(&mut self, heard: &Heard) -> f64 {
        let now = Instant::now();
        let since = |at: Instant| now.saturating_duration_since(at).as_secs_f64();
        let newest = (heard.at, heard.frame.time_secs);
        if self.anchors.back() != Some(&newest) {
            self.anchors.push_back(newest);
        }
        self.anchors.retain(|(at, _)| *at == heard.at || since(*at) < ANCHOR_SECS);
        self.anchors.iter().map(|(at, secs)| secs + since(*at)).fold(f64::MIN, f64::max)
    }
}
