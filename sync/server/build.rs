//! Puts the guest page together: the modules of `assets/guest/src` become one script in one page, and
//! the bundle in `assets/guest/dist`, if `cargo xtask guest` has built it, goes in beside it.
#![expect(clippy::disallowed_methods, reason = "a build script speaks to cargo by environment and files")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The module everything else is imported from.
const ENTRY: &str = "main.js";

fn main() -> Result<(), Box<dyn Error>> {
    let guest = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../assets/guest").canonicalize()?;
    let (src, dist) = (guest.join("src"), guest.join("dist"));
    for folder in [&src, &dist] {
        println!("cargo:rerun-if-changed={}", folder.display());
    }
    let mut script = String::new();
    let mut done = Vec::new();
    append(&src.join(ENTRY), &mut done, &mut script)?;
    let style = tight(&std::fs::read_to_string(src.join("style.css"))?);
    let chunks = chunks(&dist)?;
    let editor = chunks.first().map(|chunk| format!("/guest/{}", chunk.0)).unwrap_or_default();
    let page = tight(&std::fs::read_to_string(src.join("index.html"))?)
        .replace("EDITOR", &editor)
        .replace("STYLE", &style)
        .replace("SCRIPT", &script);

    let mut code = String::new();
    for (name, text) in [("SHELL", &page), ("SCRIPT", &script), ("STYLE", &style)] {
        writeln!(code, "static {name}: &str = {text:?};")?;
    }
    writeln!(code, "/// Name, brotli, gzip.\nstatic CHUNKS: &[(&str, &[u8], &[u8])] = &[")?;
    for (name, path) in &chunks {
        let path = path.display().to_string();
        writeln!(
            code,
            "({name:?}, include_bytes!({:?}), include_bytes!({:?})),",
            path.clone() + ".br",
            path + ".gz"
        )?;
    }
    writeln!(code, "];")?;
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("guest.rs"), code)?;
    Ok(())
}

/// Appends a module after all it imports, without its `import` lines and `export` words: every module
/// shares one scope, so no two may give one name to two things (the browser refuses the script).
fn append(module: &Path, done: &mut Vec<PathBuf>, script: &mut String) -> Result<(), Box<dyn Error>> {
    if done.iter().any(|one| one == module) {
        return Ok(());
    }
    done.push(module.to_owned());
    let text = std::fs::read_to_string(module).map_err(|error| format!("{}: {error}", module.display()))?;
    for line in text.lines().filter(|line| line.starts_with("import ")) {
        let name = line.split(['\'', '"']).nth(1).ok_or_else(|| format!("{}: {line}", module.display()))?;
        let folder = module.parent().unwrap_or(Path::new(""));
        append(&folder.join(name.trim_start_matches("./")), done, script)?;
    }
    for line in tight(&text).lines().filter(|line| !line.starts_with("import ")) {
        script.push_str(line.strip_prefix("export ").unwrap_or(line));
        script.push('\n');
    }
    Ok(())
}

/// Leaves out what only readers of the source need: indentation, empty lines, whole-line comments.
fn tight(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let kept = lines.filter(|line| {
        let is_comment = line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
        !line.is_empty() && !is_comment
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Returns the chunks of the bundle: `editor-<hash>.js`, of which the files `….br` and `….gz` are
/// there.
fn chunks(dist: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut chunks = Vec::new();
    for entry in std::fs::read_dir(dist)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(name) =
            name.strip_suffix(".br").filter(|name| path.with_file_name(name.to_string() + ".gz").is_file())
        {
            chunks.push((name.to_owned(), path.with_file_name(name)));
        }
    }
    chunks.sort();
    Ok(chunks)
}
