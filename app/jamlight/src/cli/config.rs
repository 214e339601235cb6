//! `jamlight config check`: what the settings file says that is not taken.

use anyhow::{Context as _, Result, bail};
use app_library::Paths;
use clap::{Args, Subcommand};

use crate::settings::Settings;

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    task: ConfigTask,
}

#[derive(Debug, Subcommand)]
enum ConfigTask {
    /// Names every unknown key and every value out of range.
    Check,
    /// Prints where the settings file is.
    Path,
}

pub(super) fn run(args: &ConfigArgs) -> Result<()> {
    let paths = Paths::platform().context("there is no home folder for the settings; set HOME")?;
    match args.task {
        ConfigTask::Path => println!("{}", paths.settings_file().display()),
        ConfigTask::Check => {
            let (_, problems) = Settings::load(&paths);
            for problem in &problems {
                println!("{problem}");
            }
            match problems.len() {
                0 => println!("{}: nothing to correct", paths.settings_file().display()),
                1 => bail!("1 setting to correct"),
                many => bail!("{many} settings to correct"),
            }
        }
    }
    Ok(())
}
