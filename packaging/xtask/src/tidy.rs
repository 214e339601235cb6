//! What no compiler checks.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;

use crate::arrows;

/// Lines after which a file must say why, in a comment that begins with [`LONG_REASON`].
const LONG_LINES: usize = 600;
/// Lines no file may have.
const MAX_LINES: usize = 1_000;
/// The comment that explains a long file.
const LONG_REASON: &str = "// Long because ";
/// Folders of one machine that must never be named.
const MACHINE_FOLDERS: [&str; 3] = ["root", "home", "tmp"];

/// Runs every check; returns one sentence per problem.
///
/// # Errors
/// When the tree cannot be read.
pub fn problems(root: &Path) -> Result<Vec<String>> {
    let mut found = arrow_problems(root)?;
    for file in tracked(root)? {
        let Ok(text) = std::fs::read_to_string(root.join(&file)) else { continue };
        found.extend(file_problems(&file, &text));
    }
    Ok(found)
}

fn arrow_problems(root: &Path) -> Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata")?;
    let ours: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let crates: Vec<(String, Vec<String>)> = metadata
        .packages
        .iter()
        .map(|package| {
            let mut dependencies: Vec<String> = package
                .dependencies
                .iter()
                .map(|d| d.name.clone())
                .filter(|name| ours.contains(&name.as_str()))
                .collect();
            dependencies.sort();
            dependencies.dedup();
            (package.name.to_string(), dependencies)
        })
        .collect();
    let mut problems = arrows::broken(&crates);
    for package in &metadata.packages {
        let manifest = std::fs::read_to_string(&package.manifest_path)?;
        if !manifest.contains("[lints]\nworkspace = true") {
            problems.push(format!("{} does not inherit the workspace's lints", package.name));
        }
        for target in package.targets.iter().filter(|t| t.is_lib() || t.is_bin()) {
            let text = std::fs::read_to_string(&target.src_path)?;
            if !text.starts_with("//! ") {
                problems.push(format!("{} does not open with what it is (`//! …`)", target.src_path));
            }
        }
    }
    Ok(problems)
}

fn tracked(root: &Path) -> Result<Vec<PathBuf>> {
    let listed =
        Command::new("git").arg("-C").arg(root).args(["ls-files", "-z"]).output().context("git ls-files")?;
    let names = String::from_utf8(listed.stdout)?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
}

fn file_problems(file: &Path, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or("");
    if matches!(extension, "rs" | "wgsl") {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            problems.push(format!("{}: {lines} lines, the limit is {MAX_LINES}", file.display()));
        } else if lines > LONG_LINES && !text.lines().any(|line| line.starts_with(LONG_REASON)) {
            problems.push(format!("{}: {lines} lines without a `{LONG_REASON}…`", file.display()));
        }
        if file.ends_with("mod.rs") {
            problems.push(format!("{}: modules are `foo.rs` beside `foo/`", file.display()));
        }
    }
    let ours = file.starts_with("packaging/xtask");
    if matches!(extension, "rs" | "toml" | "md" | "wgsl") && !ours {
        for (idx, line) in text.lines().enumerate() {
            if MACHINE_FOLDERS.iter().any(|folder| line.contains(&format!("/{folder}/"))) {
                problems.push(format!("{}:{}: names a folder of one machine", file.display(), idx + 1));
            }
        }
    }
    problems
}
