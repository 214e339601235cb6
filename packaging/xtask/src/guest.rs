//! The guest page's editor: fetched and bundled by the system's Node, embedded by `sync-server`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// What `npm ci` installed last, beside its packages.
const STAMP: &str = "node_modules/.installed";

/// Bundles `assets/guest/editor` into `assets/guest/dist`. Fetches its packages first when the lock
/// file has changed, from npm's own cache where it can.
///
/// # Errors
/// When there is no Node or npm, a package cannot be had, or the bundle is larger than it may be.
pub fn build(root: &Path) -> Result<()> {
    let guest = root.join("assets/guest");
    install(&guest, &["--omit=dev"])?;
    node(&guest, &["build.mjs"])
}

/// Builds the editor, then drives the page in a real Chromium against a real host: `node test/drive.mjs`.
///
/// # Errors
/// As [`build`]; when there is no Chromium; when the page does not do what it should.
pub fn check(root: &Path, arguments: &[String]) -> Result<()> {
    build(root)?;
    let guest = root.join("assets/guest");
    install(&guest, &[])?;
    node(&guest, &["--test", "test/units.test.mjs"])?;
    run(Command::new("cargo").current_dir(root).args([
        "build",
        "--package",
        "sync-server",
        "--example",
        "guest",
    ]))?;
    let mut all = vec!["test/drive.mjs"];
    all.extend(arguments.iter().map(String::as_str));
    node(&guest, &all)
}

fn install(guest: &Path, which: &[&str]) -> Result<()> {
    let stamp = guest.join(STAMP);
    let lock =
        std::fs::read_to_string(guest.join("package-lock.json")).context("assets/guest/package-lock.json")?;
    let installed = std::fs::read_to_string(&stamp).unwrap_or_default();
    // What is there with the development packages serves without them too.
    let wanted = format!("{}\n{lock}", which.join(" "));
    if installed == wanted || installed == format!("\n{lock}") {
        return Ok(());
    }
    let quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", "--loglevel=error"];
    let patience = ["--fetch-retries=1", "--fetch-timeout=20000"];
    run(Command::new("npm").current_dir(guest).arg("ci").args(which).args(quiet).args(patience))?;
    std::fs::write(stamp, wanted).context("the stamp of npm ci")
}

fn node(guest: &Path, arguments: &[&str]) -> Result<()> {
    run(Command::new("node").current_dir(guest).args(arguments))
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} is not installed"))?;
    if !status.success() {
        bail!("{command:?} failed");
    }
    Ok(())
}
