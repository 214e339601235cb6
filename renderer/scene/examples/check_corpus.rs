//! Translates and validates every shader under the folders given, and lists the failures:
//! `cargo run -p renderer-scene --example check_corpus -- FOLDER…`
//!
//! With `--mutants N` it then breaks the same texts in N random ways and compiles those: none may end
//! the process, and it prints the slowest.

#![expect(clippy::disallowed_methods, reason = "a tool that reads files and a clock")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use renderer_scene::{SceneError, SceneProgram, isf, shadertoy, transition};

fn main() {
    let mut files = Vec::new();
    let mut num_mutants = 0;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--mutants" {
            num_mutants = args.next().and_then(|number| number.parse().ok()).unwrap_or(1000);
        } else {
            collect(Path::new(&arg), &mut files);
        }
    }
    files.sort();
    let shaders: Vec<Shader> = files.iter().filter_map(|path| Shader::read(path)).collect();
    let mut totals: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for shader in &shaders {
        let Some((kind, result)) = shader.compile(&shader.source) else { continue };
        let (good, all) = totals.entry(kind).or_default();
        *all += 1;
        match result {
            Ok(_) => *good += 1,
            Err(error) => println!("{}:{error}", shader.path.display()),
        }
    }
    for (kind, (good, all)) in totals {
        println!("{kind}: {good} of {all}");
    }
    mutate(&shaders, num_mutants);
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) => files.push(path.to_owned()),
    }
}

struct Shader {
    path: PathBuf,
    source: String,
    vs: Option<String>,
}

impl Shader {
    fn read(path: &Path) -> Option<Self> {
        if !matches!(path.extension()?.to_str()?, "fs" | "glsl") {
            return None;
        }
        let source = String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned();
        Some(Self {
            path: path.to_owned(),
            source,
            vs: std::fs::read_to_string(path.with_extension("vs")).ok(),
        })
    }

    fn compile(&self, source: &str) -> Option<(&'static str, Result<SceneProgram, SceneError>)> {
        let name = self.path.file_stem()?.to_string_lossy().into_owned();
        if isf::is_isf(&self.source) {
            return Some(("isf", isf::compile(source, self.vs.as_deref(), &name)));
        }
        if shadertoy::is_shadertoy(&self.source) {
            return Some(("shadertoy", shadertoy::compile(source, &name)));
        }
        transition::is_transition(&self.source).then(|| ("transition", transition::compile(source, &name)))
    }
}

/// What a mutant puts in: everything that has a meaning somewhere.
const PIECES: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ",",
    ".",
    "=",
    "==",
    "+",
    "-",
    "*",
    "/",
    "?",
    ":",
    "#",
    "\n#define X ",
    "\n#if ",
    "\n#endif\n",
    "/*",
    "*/",
    "//",
    "\\\n",
    "1e39",
    "0",
    "-1",
    "4294967296",
    "1.0",
    "vec4",
    "mat3",
    "float",
    "int",
    "bool",
    "void",
    "struct",
    "const ",
    "in ",
    "out ",
    "inout ",
    "uniform ",
    "varying ",
    "return ",
    "discard;",
    "break;",
    "for(;;)",
    "while(true)",
    "if(true)",
    "else ",
    "switch(1)",
    "case 0:",
    "main",
    "texture",
    "IMG_PIXEL",
    "TIME",
    "gl_FragColor",
    "[0]",
    "[999999]",
    ".xyzw",
    "float[3]",
    "\u{e9}",
    "\0",
    "sampler2D s",
];

fn mutate(shaders: &[Shader], num_mutants: u32) {
    if shaders.is_empty() || num_mutants == 0 {
        return;
    }
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    let (mut num_good, mut num_panics) = (0, 0);
    let mut slowest = (Duration::ZERO, String::new());
    for _ in 0..num_mutants {
        let shader = &shaders[random(shaders.len())];
        let mut chars: Vec<char> = shader.source.chars().collect();
        for _ in 0..=random(6) {
            let at = random(chars.len());
            let end = (at + random(40)).min(chars.len());
            match random(4) {
                0 => drop(chars.drain(at..end)),
                1 => {
                    let copy: Vec<char> = chars[at..end].to_vec();
                    let to = random(chars.len());
                    chars.splice(to..to, copy);
                }
                _ => drop(chars.splice(at..at, PIECES[random(PIECES.len())].chars()).collect::<Vec<_>>()),
            }
        }
        let mutant: String = chars.into_iter().collect();
        let started = Instant::now();
        let result = shader.compile(&mutant);
        let taken = started.elapsed();
        if taken > slowest.0 {
            slowest = (taken, shader.path.display().to_string());
        }
        match result {
            Some((_, Ok(_))) => num_good += 1,
            Some((_, Err(error))) if error.message.contains("gave up") => num_panics += 1,
            _ => {}
        }
    }
    println!("mutants: {num_mutants}, {num_good} still compile, {num_panics} caught panics of the compiler");
    println!("slowest: {} ms, {}", slowest.0.as_millis(), slowest.1);
}
