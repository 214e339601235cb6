//! `jamlight scenes`: list, check, new.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use app_library::{Paths, SceneLibrary, write_atomic};
use clap::{Args, Subcommand};

mod check;

#[derive(Debug, Args)]
pub(super) struct ScenesArgs {
    #[command(subcommand)]
    task: ScenesTask,
}

#[derive(Debug, Subcommand)]
enum ScenesTask {
    /// Lists the library.
    List {
        /// Prints JSON: an array of scenes.
        #[arg(long)]
        json: bool,
    },
    /// Compiles and draws scene files: is each a scene, and does it show something?
    Check(check::CheckArgs),
    /// Writes a new scene to start from.
    New {
        /// Its name; a file of that name is made in your scenes folder.
        name: String,
    },
}

/// What a new scene starts from: short, and it moves to the music.
const NEW_SCENE: &str = include_str!("scenes/new.wgsl");

pub(super) fn run(args: &ScenesArgs) -> Result<()> {
    match &args.task {
        ScenesTask::List { json } => list(*json),
        ScenesTask::Check(args) => check::run(args),
        ScenesTask::New { name } => new(name),
    }
}

/// Returns the built-in scenes and the user's, all compiled; each problem goes to standard error.
pub(super) fn open_library() -> SceneLibrary {
    let library = SceneLibrary::built_in();
    if let Some(paths) = Paths::platform() {
        library.add_folder(&paths.scenes());
    }
    library
}

fn list(json: bool) -> Result<()> {
    let library = open_library();
    for id in library.ids() {
        if let Err(problem) = library.compile(&id) {
            eprintln!("jamlight: {problem}");
        }
    }
    let cards = library.cards();
    if json {
        let rows: Vec<serde_json::Value> = cards
            .iter()
            .map(|card| {
                serde_json::json!({
                    "id": card.id, "name": card.name, "kind": card.kind, "tags": card.tags, "author": card.author,
                })
            })
            .collect();
        println!("{}", serde_json::to_string(&rows)?);
        return Ok(());
    }
    for card in &cards {
        println!("{:<24} {:<24} {:<10} {}", card.id.as_str(), card.name, card.kind, card.tags.join(", "));
    }
    Ok(())
}

fn new(name: &str) -> Result<()> {
    let paths = Paths::platform().context("there is no home folder for scenes; set HOME")?;
    let stem: String =
        name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    if stem.trim_matches('-').is_empty() {
        bail!("a scene needs a name with letters or digits, not {name:?}");
    }
    let file: PathBuf = paths.scenes().join(format!("{stem}.wgsl"));
    if Path::exists(&file) {
        bail!("the scene exists already: {}", file.display());
    }
    write_atomic(&file, NEW_SCENE.replace("NAME", &name.replace(['"', '\\'], "")).as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}", file.display());
    Ok(())
}
