use std::path::{Path, PathBuf};

/// Where Jamlight keeps things, by the platform's custom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Settings: what a person may edit and carry to another machine.
    pub config: PathBuf,
    /// Scenes, packs, shows: what a person made or brought.
    pub data: PathBuf,
    /// Autosave, recents, crash reports: what this machine remembers.
    pub state: PathBuf,
    /// Thumbnails and other things that can be made again.
    pub cache: PathBuf,
}

impl Paths {
    /// Returns the platform's folders, `None` when there is no home.
    pub fn platform() -> Option<Self> {
        let dirs = directories::ProjectDirs::from("", "", "jamlight")?;
        Some(Self {
            config: dirs.config_dir().to_owned(),
            data: dirs.data_dir().to_owned(),
            state: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned(),
            cache: dirs.cache_dir().to_owned(),
        })
    }

    /// Returns folders under one root: a portable installation, a test.
    pub fn under(root: &Path) -> Self {
        Self {
            config: root.join("config"),
            data: root.join("data"),
            state: root.join("state"),
            cache: root.join("cache"),
        }
    }

    /// The settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// The user's own scenes.
    pub fn scenes(&self) -> PathBuf {
        self.data.join("scenes")
    }

    /// Where shows are saved unless a person says otherwise.
    pub fn shows(&self) -> PathBuf {
        self.data.join("shows")
    }

    /// Films of the show, recorded while it played.
    pub fn recordings(&self) -> PathBuf {
        self.data.join("recordings")
    }

    /// What the show was when the process ended.
    pub fn autosave_file(&self) -> PathBuf {
        self.state.join("autosave.json")
    }

    /// Scenes that were tried, and those locked away.
    pub fn quarantine_file(&self) -> PathBuf {
        self.state.join("quarantine.json")
    }

    /// Shows opened lately.
    pub fn recents_file(&self) -> PathBuf {
        self.state.join("recent.json")
    }

    /// Crash reports, one file each.
    pub fn crashes(&self) -> PathBuf {
        self.state.join("crashes")
    }

    /// Fingerprints of the user's own music.
    pub fn recognition(&self) -> PathBuf {
        self.data.join("recognition")
    }

    /// Keys of services outside. Only its owner can read it.
    pub fn keys_file(&self) -> PathBuf {
        self.config.join("keys.toml")
    }

    /// What services outside said about music.
    pub fn names(&self) -> PathBuf {
        self.cache.join("names")
    }

    /// How the services outside are.
    pub fn names_state_file(&self) -> PathBuf {
        self.state.join("names.json")
    }

    /// What the person thinks of scenes.
    pub fn marks_file(&self) -> PathBuf {
        self.state.join("marks.json")
    }

    /// Where the videos of shows are.
    pub fn videos_file(&self) -> PathBuf {
        self.state.join("videos.json")
    }

    /// The user's own fonts.
    pub fn fonts(&self) -> PathBuf {
        self.data.join("fonts")
    }

    /// What scenes look like, by content.
    pub fn thumbnails(&self) -> PathBuf {
        self.cache.join("thumbnails")
    }

    /// What plays, for other programs: `nowplaying.txt`, `nowplaying.json`, the cover.
    pub fn now_playing(&self) -> PathBuf {
        self.data.join("nowplaying")
    }

    /// Pictures by content.
    pub fn pictures(&self) -> PathBuf {
        self.data.join("pictures")
    }
}
