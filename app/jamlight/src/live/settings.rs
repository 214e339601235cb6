use std::path::PathBuf;

use app_desktop::{AudioChoice, Look, Mixing, OutputWishes, Theme};
use audio_io::OutputSettings;
use serde::{Deserialize, Serialize};

use super::names::NamesSettings;
use super::offset::MAX_OFFSET_MILLIS;

/// Section `[live]` of the settings: devices, windows and habits of the app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LiveSettings {
    /// The device listened to, by its name; empty is automatic, `built-in` the built-in track.
    pub input: String,
    /// The monitor of the show's own window, by its name; empty is automatic.
    pub monitor: String,
    /// Whether the show's own window opens with the app.
    pub output_at_start: bool,
    /// Width of the control window, in points, 320–16384.
    pub window_width: u32,
    /// Height of the control window, in points, 240–16384.
    pub window_height: u32,
    /// Frames of the show in a second at most, 10–240. Screens and slow machines make it less.
    pub max_frames_per_sec: u32,
    /// `dark`, `light` or `high-contrast`.
    pub theme: String,
    /// Scale of the panels, 0.75–2.
    pub scale: f32,
    /// Large targets for the stage.
    pub performance_size: bool,
    /// Nothing fades or blinks.
    pub reduced_motion: bool,
    /// Windows, streams, the flash limiter.
    pub outputs: OutputWishes,
    /// Size of code, in points, 10–48.
    pub code_font_size: f32,
    /// How much of the picture is hidden behind code, 0–1.
    pub code_backdrop: f32,
    /// Frames of sound made at once, 64–8192: fewer answer sooner, more are safer on a busy machine.
    pub sound_block_frames: u32,
    /// Folders of samples besides the app's own: in each a folder for every name, or a `strudel.json`.
    pub sample_folders: Vec<PathBuf>,
    /// Devices that are listened to besides, and the gain of each source.
    pub mixing: Mixing,
    /// How much later the picture is than the sound, in milliseconds, −500–500: for late projectors and
    /// wireless speakers.
    pub picture_offset_millis: i32,
    /// Services outside that name what the library does not know.
    pub names: NamesSettings,
}

/// What `input` says for the built-in track.
const BUILT_IN: &str = "built-in";
const THEMES: [(Theme, &str); 3] =
    [(Theme::Dark, "dark"), (Theme::Light, "light"), (Theme::HighContrast, "high-contrast")];

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            input: String::new(),
            monitor: String::new(),
            output_at_start: false,
            window_width: 1280,
            window_height: 720,
            max_frames_per_sec: 60,
            theme: "dark".to_owned(),
            scale: 1.0,
            performance_size: false,
            reduced_motion: false,
            outputs: OutputWishes::default(),
            code_font_size: Look::default().code_font_size,
            code_backdrop: Look::default().code_backdrop,
            sound_block_frames: OutputSettings::default().block_frames,
            sample_folders: Vec::new(),
            mixing: Mixing::default(),
            picture_offset_millis: 0,
            names: NamesSettings::default(),
        }
    }
}

impl LiveSettings {
    /// Returns what is out of its range, one sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |ok: bool, sentence: String| {
            if !ok {
                wrong.push(sentence);
            }
        };
        check(
            (320..=16_384).contains(&self.window_width),
            format!("window_width is {}, choose 320 to 16384", self.window_width),
        );
        check(
            (240..=16_384).contains(&self.window_height),
            format!("window_height is {}, choose 240 to 16384", self.window_height),
        );
        check(
            (10..=240).contains(&self.max_frames_per_sec),
            format!("max_frames_per_sec is {}, choose 10 to 240", self.max_frames_per_sec),
        );
        check((0.75..=2.0).contains(&self.scale), format!("scale is {}, choose 0.75 to 2", self.scale));
        check(
            (10.0..=48.0).contains(&self.code_font_size),
            format!("code_font_size is {}, choose 10 to 48", self.code_font_size),
        );
        check(
            (0.0..=1.0).contains(&self.code_backdrop),
            format!("code_backdrop is {}, choose 0 to 1", self.code_backdrop),
        );
        let blocks = OutputSettings::BLOCK_FRAMES;
        check(
            blocks.contains(&self.sound_block_frames),
            format!("sound_block_frames is {}, choose 64 to 8192", self.sound_block_frames),
        );
        let themes = THEMES.map(|(_, name)| name);
        check(
            themes.contains(&self.theme.as_str()),
            format!("theme is {:?}, choose one of {themes:?}", self.theme),
        );
        wrong.extend(self.outputs.problems());
        wrong.extend(self.names.problems());
        wrong.extend(self.mixing.problems());
        if self.picture_offset_millis.abs() > MAX_OFFSET_MILLIS {
            let millis = self.picture_offset_millis;
            wrong.push(format!(
                "picture_offset_millis is {millis}, choose -{MAX_OFFSET_MILLIS} to {MAX_OFFSET_MILLIS}"
            ));
        }
        wrong
    }

    /// Returns how the panels look.
    pub(crate) fn look(&self) -> Look {
        let theme =
            THEMES.iter().find(|(_, name)| *name == self.theme).map_or(Theme::Dark, |(theme, _)| *theme);
        Look {
            theme,
            scale: self.scale,
            performance_size: self.performance_size,
            reduced_motion: self.reduced_motion,
            code_font_size: self.code_font_size,
            code_backdrop: self.code_backdrop,
        }
    }

    /// Takes how the panels look.
    pub(crate) fn set_look(&mut self, look: Look) {
        let name = THEMES.iter().find(|(theme, _)| *theme == look.theme).map_or("dark", |(_, name)| name);
        name.clone_into(&mut self.theme);
        (self.scale, self.performance_size, self.reduced_motion) =
            (look.scale, look.performance_size, look.reduced_motion);
        (self.code_font_size, self.code_backdrop) = (look.code_font_size, look.code_backdrop);
    }

    /// Returns what is listened to.
    pub(crate) fn audio(&self) -> AudioChoice {
        match self.input.as_str() {
            "" => AudioChoice::Automatic,
            BUILT_IN => AudioChoice::BuiltIn,
            name => AudioChoice::Device(name.to_owned()),
        }
    }

    /// Takes what is listened to. A file is for this evening only.
    pub(crate) fn set_audio(&mut self, choice: &AudioChoice) {
        match choice {
            AudioChoice::Automatic => self.input.clear(),
            AudioChoice::BuiltIn => BUILT_IN.clone_into(&mut self.input),
            AudioChoice::Device(name) => self.input.clone_from(name),
            AudioChoice::File(_) => {}
        }
    }

    /// Returns every folder of samples: the app's own first.
    pub(crate) fn sample_folders(&self, paths: &app_library::Paths) -> Vec<PathBuf> {
        std::iter::once(paths.data.join("samples")).chain(self.sample_folders.iter().cloned()).collect()
    }

    /// Returns the monitor wanted, `None` for automatic.
    pub(crate) fn monitor(&self) -> Option<String> {
        Some(self.monitor.clone()).filter(|name| !name.is_empty())
    }
}

/// The folder a browser starts in when a person was nowhere yet.
pub(crate) fn first_folder(paths: &app_library::Paths) -> PathBuf {
    let shows = paths.shows();
    if shows.is_dir() {
        shows
    } else {
        directories::UserDirs::new().map_or(shows, |dirs| dirs.home_dir().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_their_ranges() {
        assert_eq!(LiveSettings::default().problems(), Vec::<String>::new());
    }

    #[test]
    fn look_and_input_survive_the_file() {
        let mut settings = LiveSettings::default();
        let look = Look {
            theme: Theme::HighContrast,
            scale: 1.5,
            performance_size: true,
            reduced_motion: true,
            code_font_size: 24.0,
            code_backdrop: 0.25,
        };
        settings.set_look(look);
        settings.set_audio(&AudioChoice::Device("Mic".into()));
        let text = toml::to_string(&settings).unwrap();
        let read: LiveSettings = toml::from_str(&text).unwrap();
        assert_eq!((read.look(), read.audio()), (look, AudioChoice::Device("Mic".into())));
    }
}
