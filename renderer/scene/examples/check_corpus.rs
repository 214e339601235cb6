//! Translates and validates every shader under the folders given, and lists the failures:
//! `cargo run -p renderer-scene --example check_corpus -- FOLDER…`

#![expect(clippy::disallowed_methods, reason = "a tool that reads files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use renderer_scene::{SceneError, SceneProgram, isf, shadertoy, transition};

fn main() {
    let mut files = Vec::new();
    for folder in std::env::args().skip(1) {
        collect(Path::new(&folder), &mut files);
    }
    files.sort();
    let mut totals: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for path in &files {
        let Some((kind, result)) = check(path) else { continue };
        let (good, all) = totals.entry(kind).or_default();
        *all += 1;
        match result {
            Ok(_) => *good += 1,
            Err(error) => println!("{}:{error}", path.display()),
        }
    }
    for (kind, (good, all)) in totals {
        println!("{kind}: {good} of {all}");
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) => files.push(path.to_owned()),
    }
}

fn check(path: &Path) -> Option<(&'static str, Result<SceneProgram, SceneError>)> {
    let extension = path.extension()?.to_str()?;
    if !matches!(extension, "fs" | "glsl") {
        return None;
    }
    let source = String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned();
    let name = path.file_stem()?.to_string_lossy().into_owned();
    if isf::is_isf(&source) {
        let vs = std::fs::read_to_string(path.with_extension("vs")).ok();
        return Some(("isf", isf::compile(&source, vs.as_deref(), &name)));
    }
    if shadertoy::is_shadertoy(&source) {
        return Some(("shadertoy", shadertoy::compile(&source, &name)));
    }
    transition::is_transition(&source).then(|| ("transition", transition::compile(&source, &name)))
}
