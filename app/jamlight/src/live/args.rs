use anyhow::Context as _;

use super::drill::Drills;

/// How the app is opened.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct LiveArgs {
    /// Opens the show's own window at once, on the monitor whose name contains this.
    #[arg(long, value_name = "MONITOR")]
    pub output: Option<String>,
    /// Serves the picture to OBS and others on this machine, on this port.
    #[arg(long, value_name = "PORT")]
    pub stream_port: Option<u16>,
    /// Plays this file instead of listening.
    #[arg(long, value_name = "FILE")]
    pub play: Option<std::path::PathBuf>,
    /// Opens the room to others at once, and prints its link.
    #[arg(long, conflicts_with = "join")]
    pub host: bool,
    /// Joins a room on another machine at once.
    #[arg(long, value_name = "LINK")]
    pub join: Option<String>,
    /// Runs the engine without a supervisor, for debugging.
    #[arg(long)]
    pub no_supervisor: bool,
    /// Keeps settings, shows and state under this folder: tests, portable installations.
    #[arg(long, value_name = "FOLDER")]
    pub home: Option<std::path::PathBuf>,
    /// Set by the supervisor: this process is the engine.
    #[arg(long, hide = true)]
    pub engine: bool,
    /// Set by the supervisor after too many crashes: begins with a safe scene.
    #[arg(long, hide = true)]
    pub safe: bool,
    /// Makes something fail on purpose (see ARCHITECTURE.md).
    #[arg(long, hide = true, value_name = "WHAT[=N]")]
    pub drill: Vec<String>,
}

impl LiveArgs {
    /// Reads the drills.
    pub(crate) fn drills(&self) -> anyhow::Result<Drills> {
        Drills::parse(&self.drill)
    }

    /// Returns where things are kept.
    pub(crate) fn paths(&self) -> anyhow::Result<app_library::Paths> {
        match &self.home {
            Some(home) => Ok(app_library::Paths::under(home)),
            None => app_library::Paths::platform()
                .context("there is no home folder; set HOME or give --home FOLDER"),
        }
    }
}
