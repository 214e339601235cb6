//! The one settings file, joined from each room's own settings.

use app_library::{Paths, SettingsFile, SettingsProblem};
use renderer_gpu::GpuSettings;

/// Every setting a person may change in the file. Panels keep theirs in sections of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    /// `[ear]`: how the analyser listens.
    pub ear: audio_analysis::Settings,
    /// `[gpu]`: which adapter, how much memory.
    pub gpu: GpuSettings,
    /// `[jam]`: how this machine opens its room to others.
    pub jam: crate::jam::JamSettings,
    /// `[live]`: devices, windows and habits of the app.
    pub live: crate::live::LiveSettings,
}

impl Settings {
    /// Reads the file; whatever is wrong becomes its default and a problem.
    pub(crate) fn load(paths: &Paths) -> (Self, Vec<SettingsProblem>) {
        let mut file = SettingsFile::open(&paths.settings_file());
        let ear = |ear: &audio_analysis::Settings| {
            ear.validate().err().map(|err| err.to_string()).into_iter().collect()
        };
        let settings = Self {
            ear: file.section("ear", ear),
            gpu: file.section("gpu", |_| Vec::new()),
            jam: file.section("jam", crate::jam::JamSettings::problems),
            live: file.section("live", crate::live::LiveSettings::problems),
        };
        (Self { gpu: settings.gpu.clone().validated(), ..settings }, file.problems())
    }
}
