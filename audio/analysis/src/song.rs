use audio_signal::Hit;

use crate::bands::smoothing;

/// Short-term and song-long memories of loudness, in seconds.
const SHORT_SECS: f32 = 2.0;
const LONG_SECS: f32 = 45.0;
/// A build-up is judged over this long: half of a usual eight-bar riser.
const TREND_SECS: f32 = 4.0;
/// Two sections or two drops are at least this far apart: four bars at 120 beats a minute.
const SECTION_MIN_SECS: f64 = 8.0;
/// A section begins where sound and harmony of the last 3 s differ from the 9 s before by this much.
const SECTION_DISTANCE: f32 = 0.22;
const NEW_PART_SECS: f32 = 3.0;
const OLD_PART_SECS: f32 = 9.0;
/// The first sections need this much past.
const SECTION_WARM_UP_SECS: f64 = 10.0;
/// Before a drop the bass was away for at least this long, in seconds: longer than a half-time kick's gap…
const BASS_AWAY_SECS: f32 = 2.0;
/// …that is, under this share of its long mean.
const BASS_AWAY_SHARE: f32 = 0.3;
/// The bass's long mean, in seconds.
const BASS_LONG_SECS: f32 = 15.0;

const NUM_FEATURES: usize = 16;

/// What the song does over seconds: intensity, build-ups, drops and sections.
pub(crate) struct Song {
    hop_secs: f32,
    short: f32,
    floor_db: f32,
    ceiling_db: f32,
    bass_long: f32,
    bass_slow: f32,
    bass_fast: f32,
    bass_away_secs: f32,
    brightness: f32,
    brightness_slow: f32,
    density: f32,
    density_slow: f32,
    /// The highest a build-up came in the last seconds; a drop releases it.
    tension: f32,
    new_part: [f32; NUM_FEATURES],
    old_part: [f32; NUM_FEATURES],
    last_section_secs: f64,
    music_secs: f64,
    pub(crate) intensity: f32,
    pub(crate) build_up: f32,
    pub(crate) drop: Hit,
    pub(crate) section: Hit,
}

/// What one hop tells about the song.
pub(crate) struct Moment<'a> {
    pub(crate) time_secs: f64,
    pub(crate) silent: bool,
    /// Bass, mid, mid-high, high, all: linear energies.
    pub(crate) energies: &'a [f32; 5],
    pub(crate) chroma: &'a [f32; 12],
    pub(crate) onset: bool,
}

impl Song {
    pub(crate) fn new(hop_secs: f32) -> Self {
        Self {
            hop_secs,
            short: 0.0,
            floor_db: 0.0,
            ceiling_db: -100.0,
            bass_long: 0.0,
            bass_slow: 0.0,
            bass_fast: 0.0,
            bass_away_secs: 0.0,
            brightness: 0.0,
            brightness_slow: 0.0,
            density: 0.0,
            density_slow: 0.0,
            tension: 0.0,
            new_part: [0.0; NUM_FEATURES],
            old_part: [0.0; NUM_FEATURES],
            last_section_secs: f64::MIN,
            music_secs: 0.0,
            intensity: 0.0,
            build_up: 0.0,
            drop: Hit::default(),
            section: Hit::default(),
        }
    }

    pub(crate) fn push(&mut self, moment: &Moment<'_>) {
        let dt = self.hop_secs;
        if moment.silent {
            self.intensity *= 1.0 - smoothing(dt, SHORT_SECS);
            self.build_up *= 1.0 - smoothing(dt, 0.5);
            self.tension = 0.0;
            return;
        }
        self.music_secs += f64::from(dt);
        let all = moment.energies[4].max(1e-12);
        if self.music_secs < f64::from(dt) * 1.5 {
            // The first hop of music primes every average, or the start would read as a riser.
            self.short = all;
            self.bass_slow = moment.energies[0];
            self.bass_long = moment.energies[0];
        }
        self.short += (all - self.short) * smoothing(dt, SHORT_SECS);
        let db = 10.0 * self.short.log10();
        if self.music_secs > 1.0 {
            let drift = 20.0 * dt / LONG_SECS;
            self.ceiling_db = (self.ceiling_db - drift).max(db);
            self.floor_db = (self.floor_db + drift).min(db);
            let range = (self.ceiling_db - self.floor_db).max(12.0);
            let target = (1.0 - (self.ceiling_db - db) / range).clamp(0.0, 1.0);
            self.intensity += (target - self.intensity) * smoothing(dt, SHORT_SECS);
        }
        self.trends(moment, all);
        self.sections(moment, all);
    }

    fn trends(&mut self, moment: &Moment<'_>, all: f32) {
        let dt = self.hop_secs;
        let ease =
            |value: &mut f32, target: f32, secs: f32| *value += (target - *value) * smoothing(dt, secs);
        let bright = ((moment.energies[2] + moment.energies[3]) / all).sqrt();
        ease(&mut self.brightness, bright, 0.7);
        ease(&mut self.brightness_slow, bright, TREND_SECS);
        let onsets_per_sec = if moment.onset { 1.0 / dt } else { 0.0 };
        ease(&mut self.density, onsets_per_sec, 1.0);
        ease(&mut self.density_slow, onsets_per_sec, TREND_SECS);
        ease(&mut self.bass_fast, moment.energies[0], 0.15);
        ease(&mut self.bass_slow, moment.energies[0], TREND_SECS);
        ease(&mut self.bass_long, moment.energies[0], BASS_LONG_SECS);
        // A riser brightens, its drum roll thickens, and its bass leaves: each alone is only a hint.
        let rising = ((self.brightness - self.brightness_slow) * 5.0).clamp(0.0, 1.0);
        let thicker = ((self.density - self.density_slow) / (self.density_slow + 1.0)).clamp(0.0, 1.0);
        let hollow = (1.0 - self.bass_fast / self.bass_slow.max(1e-9)).clamp(0.0, 1.0);
        let target = if self.music_secs > f64::from(2.0 * TREND_SECS) {
            (0.5 * rising + 0.3 * thicker + 0.4 * hollow * (rising + thicker).min(1.0)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        ease(&mut self.build_up, target, 0.8);
        self.tension = (self.tension - dt / TREND_SECS).max(self.build_up);
        let bass_back = self.bass_fast > self.bass_long && self.bass_away_secs >= BASS_AWAY_SECS;
        if self.bass_fast < BASS_AWAY_SHARE * self.bass_long {
            self.bass_away_secs += dt;
        } else if self.bass_fast > self.bass_long {
            self.bass_away_secs = 0.0;
        }
        let apart = moment.time_secs - self.drop.time_secs > SECTION_MIN_SECS || self.drop.count == 0;
        if self.tension > 0.25 && bass_back && apart {
            self.drop = Hit {
                count: self.drop.count + 1,
                time_secs: moment.time_secs,
                strength: self.tension.min(1.0),
            };
            self.tension = 0.0;
            self.build_up = 0.0;
        }
    }

    fn sections(&mut self, moment: &Moment<'_>, all: f32) {
        let dt = self.hop_secs;
        let bands = moment.energies[..4].iter().map(|e| (e / all).sqrt());
        let chroma_sum = moment.chroma.iter().sum::<f32>().max(1e-6);
        let chroma = moment.chroma.iter().map(|c| c / chroma_sum * 1.5);
        for ((feature, new), old) in bands.chain(chroma).zip(&mut self.new_part).zip(&mut self.old_part) {
            *new += (feature - *new) * smoothing(dt, NEW_PART_SECS);
            *old += (feature - *old) * smoothing(dt, OLD_PART_SECS);
        }
        let squares = self.new_part.iter().zip(&self.old_part).map(|(a, b)| (a - b) * (a - b));
        let distance = squares.sum::<f32>().sqrt();
        let apart = moment.time_secs - self.last_section_secs > SECTION_MIN_SECS;
        if distance > SECTION_DISTANCE && apart && self.music_secs > SECTION_WARM_UP_SECS {
            self.last_section_secs = moment.time_secs;
            let strength = (distance / (2.0 * SECTION_DISTANCE)).min(1.0);
            self.section = Hit { count: self.section.count + 1, time_secs: moment.time_secs, strength };
            // What is new becomes the old, so one change is one section.
            self.old_part = self.new_part;
        }
    }
}
