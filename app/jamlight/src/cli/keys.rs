//! `jamlight keys`: the keys of services outside. A key is typed or piped in, never an argument: those
//! are seen by every process and stay in the shell's history.

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use app_integrations::{Keys, Secret};
use clap::{Args, Subcommand};

use crate::live::ACRCLOUD;

/// Services that have keys, and what they are called.
const SERVICES: [(&str, [&str; 2]); 1] = [ACRCLOUD];
/// Longest text that is read for keys, in bytes.
const MAX_INPUT_BYTES: u64 = 4_096;

#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    task: KeysTask,
    /// Keeps the keys under this folder: tests, portable installations.
    #[arg(long, global = true, value_name = "FOLDER")]
    home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum KeysTask {
    /// Takes the keys of a service from standard input, one a line.
    Set {
        /// `acrcloud`: its access key, then its access secret.
        service: String,
    },
    /// Says which keys there are, and shows none.
    List,
    /// Forgets the keys of a service.
    Remove {
        /// `acrcloud`.
        service: String,
    },
}

pub(super) fn run(args: &KeysArgs) -> Result<()> {
    let file = super::host::paths(args.home.as_deref())?.keys_file();
    let mut keys = Keys::read(&file)?;
    match &args.task {
        KeysTask::Set { service } => {
            let (section, names) = known(service)?;
            if std::io::stdin().is_terminal() {
                eprintln!("Type {} of {section}, one a line, then Ctrl-D:", names.join(" and "));
            }
            let mut text = String::new();
            std::io::stdin()
                .lock()
                .take(MAX_INPUT_BYTES)
                .read_to_string(&mut text)
                .context("no keys came")?;
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            if lines.len() != names.len() {
                bail!("{section} needs {} lines: {}", names.len(), names.join(", "));
            }
            for (name, line) in names.iter().zip(lines) {
                keys.set(section, name, Secret::new(line));
            }
            keys.write(&file)?;
            println!("kept in {}", file.display());
            println!("switch it on in the app, under Now playing, or with [live.names] ask_online = true");
        }
        KeysTask::List => {
            for (section, names) in SERVICES {
                let there = names.iter().all(|name| !keys.get(section, name).is_empty());
                println!("{section}: {}", if there { "there" } else { "none" });
            }
        }
        KeysTask::Remove { service } => {
            let (section, names) = known(service)?;
            for name in names {
                keys.set(section, name, Secret::default());
            }
            keys.write(&file)?;
            println!("{section}: none");
        }
    }
    Ok(())
}

fn known(service: &str) -> Result<(&'static str, [&'static str; 2])> {
    let names = SERVICES.map(|(section, _)| section);
    let found = SERVICES.into_iter().find(|(section, _)| *section == service);
    found.with_context(|| format!("no service {service:?}; there is {}", names.join(", ")))
}
