use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::peak::{Peak, TICKS_PER_SECOND};

/// A track's number in its library. Stays the same while the file moves and the index is tidied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackId(pub i64);

/// What is known of a track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackInfo {
    /// Its number; what a caller sets here for a new track does not count.
    pub id: TrackId,
    /// Hash of the file's bytes: a file that moved is the same track.
    pub content: [u8; 32],
    /// Where the file was last seen.
    pub path: PathBuf,
    /// Its size then, in bytes.
    pub size_bytes: u64,
    /// When it was last changed then, in milliseconds since 1970.
    pub modified_millis: i64,
    /// Length of the sound, in seconds.
    pub secs: f64,
    /// Its title, or else its file's name. Never empty.
    pub title: String,
    /// Who plays. Empty when nobody says.
    pub artist: String,
    /// Where it is from. Empty when nobody says.
    pub album: String,
}

/// A recognised track.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognition {
    /// Which.
    pub track: TrackInfo,
    /// When the query began, in seconds of its stream: the first peak.
    pub heard_secs: f64,
    /// Where in the track that was, in seconds. Negative when the query began before the track.
    pub position_secs: f64,
    /// Speed of what was heard over that of the track: 0.91–1.1.
    pub rate: f64,
    /// How far above chance what they have in common is, in standard deviations: 8 and more. A clean copy
    /// has 30.
    pub sigmas: f64,
    /// How much of what is strong the query and the track have in common, 0.34–1. A clean copy has 0.9;
    /// with noise as loud as the music, or through a room, it is 0.5.
    pub agreement: f64,
}

impl Recognition {
    /// Returns where the track is at a moment of the stream, in seconds. Good for some minutes around
    /// the query: the rate is known to a quarter of a percent.
    pub fn position_at(&self, stream_secs: f64) -> f64 {
        self.position_secs + (stream_secs - self.heard_secs) * self.rate
    }
}

/// A constellation with its length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// In order of their ticks.
    pub peaks: Vec<Peak>,
}

impl Fingerprint {
    /// Finds the peaks of a whole recording: interleaved samples.
    pub fn of(samples: &[f32], rate_hz: u32, channels: u16) -> Self {
        let mut finder = crate::PeakFinder::new(rate_hz);
        let mut peaks = Vec::new();
        finder.push(samples, channels, &mut peaks);
        finder.finish(&mut peaks);
        Self { peaks }
    }

    /// Returns the time up to the last peak, in seconds.
    pub fn secs(&self) -> f64 {
        self.peaks.last().map_or(0.0, |last| f64::from(last.tick) / TICKS_PER_SECOND)
    }
}
