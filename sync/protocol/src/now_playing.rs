use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is playing, as the host recognised it. Told once per track: positions are computed from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NowPlaying {
    /// Which track.
    pub track: HeardTrack,
    /// When the track began, or would have begun, on the host's wall clock: milliseconds since 1970.
    pub started_at_millis: u64,
    /// Its speed over that of the record: 1 as recorded, a DJ's pitch fader gives 0.92–1.08.
    pub rate: f64,
}

/// A recognised track.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HeardTrack {
    /// Its title, 1–200 characters.
    pub title: String,
    /// Who plays, up to 200 characters. Empty: nobody says.
    pub artist: String,
    /// Where it is from, up to 200 characters. Empty: nobody says.
    pub album: String,
    /// Its length, in seconds. 0: not known.
    pub duration_secs: f64,
    /// Who named it: `library`, or an online service.
    pub source: String,
}

impl HeardTrack {
    /// Returns "Artist – Title", or the title alone.
    pub fn name(&self) -> String {
        if self.artist.is_empty() {
            self.title.clone()
        } else {
            format!("{} – {}", self.artist, self.title)
        }
    }
}

impl NowPlaying {
    /// Returns where the track is at a moment of the host's wall clock, in seconds.
    pub fn position_secs(&self, now_millis: u64) -> f64 {
        (now_millis as f64 - self.started_at_millis as f64) / 1_000.0 * self.rate
    }
}
