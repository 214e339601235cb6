//! Embeds every built-in scene: a file dropped into one of these folders is in the next build, under
//! its file name. The pieces of code of `assets/examples` and the pictures of `assets/thumbnails` as well.
#![expect(clippy::disallowed_methods, reason = "a build script speaks to cargo by environment and files")]

use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let mut table = String::from("pub(crate) static BUILT_IN: &[(&str, &str)] = &[\n");
    let mut files = Vec::new();
    for folder in ["shaders/scenes", "shaders/effects", "shaders/transitions", "assets/scenes"] {
        let folder = root.join(folder);
        println!("cargo:rerun-if-changed={}", folder.display());
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| ["wgsl", "fs", "glsl"].iter().any(|known| e == *known)) {
                files.push(path);
            }
        }
    }
    files.sort();
    for path in files {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(table, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    table.push_str("];\npub(crate) static EXAMPLES: &[(&str, &str)] = &[\n");
    let folder = root.join("assets/examples");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut examples: Vec<_> =
        std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    examples.retain(|path| path.extension().is_some_and(|e| e == "js"));
    examples.sort();
    for path in examples {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(table, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    table.push_str("];\npub(crate) static THUMBNAILS: &[(&str, &[u8])] = &[\n");
    let folder = root.join("assets/thumbnails");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut thumbnails: Vec<_> =
        std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    thumbnails.retain(|path| path.extension().is_some_and(|e| e == "jpg"));
    thumbnails.sort();
    for path in thumbnails {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(table, "    ({name:?}, include_bytes!({:?})),", path.display().to_string())?;
    }
    table.push_str("];\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("built_in.rs"), table)?;
    Ok(())
}
