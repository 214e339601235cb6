//! Where the picture goes besides the control window, as a person wants it. Kept in the settings.

use serde::{Deserialize, Serialize};

/// Further windows at most: eight screens with the show's own.
pub const MAX_MORE_SCREENS: usize = 7;
/// The port proposed for streams.
pub(crate) const STREAM_PORT: u16 = 7790;

/// What a person wants of windows, streams and the safety of the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputWishes {
    /// Flashes are kept to what WCAG 2.3.1 allows: three a second over a large part of the picture.
    pub limit_flashes: bool,
    /// The port streams are served on, for OBS and others on this machine; 0 serves none.
    pub stream_port: u16,
    /// Width and height of the streams and recordings, in pixels, 16–7680 each.
    pub stream_size: [u32; 2],
    /// What the streamed picture stands on.
    pub backdrop: StreamBackdrop,
    /// The colour of [`StreamBackdrop::Key`]: sRGB.
    pub key_colour: [u8; 3],
    /// How the picture lies on the show's own window.
    pub place: ScreenPlace,
    /// Further windows.
    pub more: Vec<Screen>,
}

impl Default for OutputWishes {
    /// Safe, one window, no streams, 1280×720 on black, green to be keyed.
    fn default() -> Self {
        Self {
            limit_flashes: true,
            stream_port: 0,
            stream_size: [1280, 720],
            backdrop: StreamBackdrop::Black,
            key_colour: [0, 255, 0],
            place: ScreenPlace::default(),
            more: Vec::new(),
        }
    }
}

/// What a streamed picture stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamBackdrop {
    /// Black, as on a screen.
    #[default]
    Black,
    /// Clear where no layer covers it.
    Clear,
    /// Clear where it is dark: light over another picture.
    Light,
    /// A colour where it is dark, to be keyed out.
    Key,
}

/// A further window of the show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Screen {
    /// Whether it is open.
    pub open: bool,
    /// Its monitor by name; empty is the next one that is free.
    pub monitor: String,
    /// How the picture lies on it.
    pub place: ScreenPlace,
}

/// How the picture lies on a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenPlace {
    /// The part of the picture that is shown: left, top, width and height, 0–1.
    pub crop: [f32; 4],
    /// Where the corners lie on the window, from its top left, 0–1: top left, top right, bottom right, bottom left.
    pub corners: [[f32; 2]; 4],
    /// Gain, 0–2.
    pub brightness: f32,
    /// Exponent of the mid tones, 0.2–5: above 1 is brighter.
    pub gamma: f32,
    /// Whether a test card is shown in the place of the picture.
    pub test_card: bool,
}

impl Default for ScreenPlace {
    fn default() -> Self {
        Self {
            crop: [0.0, 0.0, 1.0, 1.0],
            corners: [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]],
            brightness: 1.0,
            gamma: 1.0,
            test_card: false,
        }
    }
}

impl OutputWishes {
    /// Returns what is out of its range, one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !self.stream_size.iter().all(|side| (16..=7680).contains(side)) {
            wrong.push(format!("stream_size is {:?}, choose 16 to 7680 each", self.stream_size));
        }
        if self.more.len() > MAX_MORE_SCREENS {
            wrong.push(format!(
                "there are {} further screens, {MAX_MORE_SCREENS} are the most",
                self.more.len()
            ));
        }
        let places = std::iter::once(&self.place).chain(self.more.iter().map(|screen| &screen.place));
        for place in places {
            let unit = place.crop.iter().chain(place.corners.iter().flatten());
            if !unit.clone().all(|n| (0.0..=1.0).contains(n)) {
                wrong.push("a crop or corner is out of its window, choose 0 to 1".to_owned());
            }
            if !(0.0..=2.0).contains(&place.brightness) || !(0.2..=5.0).contains(&place.gamma) {
                wrong.push("a screen's brightness takes 0 to 2, its gamma 0.2 to 5".to_owned());
            }
        }
        wrong
    }
}

/// What became of streams and recordings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputState {
    /// The addresses of the streams that are served: what they are, where they are.
    pub streams: Vec<(String, String)>,
    /// The address of the page that tells what plays, while it is served.
    pub overlay: Option<String>,
    /// Programs that read them now.
    pub num_readers: usize,
    /// Why they are not served.
    pub stream_problem: Option<String>,
    /// Seconds recorded so far; `None` while nothing is.
    pub recording_secs: Option<f64>,
    /// Whether the safe scene is shown.
    pub panicked: bool,
}
