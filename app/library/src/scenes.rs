use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use renderer_scene::{
    ImageSource, ParamKind, ParamSpec, SceneError, SceneKind, SceneProgram, isf, native, shadertoy,
    transition,
};
use sync_protocol::{DEFAULT_SCENE, ParamCard, ParamShape, ParamValue, SceneCard, SceneId};

use crate::files::read_limited;
use crate::hydra;
use crate::pictures::{MAX_PICTURE_BYTES, Picture, decode_picture};

include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// Largest scene file read: the front ends refuse longer texts themselves.
pub const MAX_SCENE_BYTES: u64 = 4 << 20;
/// Scenes read from one folder: ten times the largest public corpus.
const MAX_SCENES: usize = 5_000;
/// File names that may hold a scene end like this.
const SCENE_EXTENSIONS: [&str; 5] = ["wgsl", "fs", "glsl", "frag", "json"];
/// Folders inside folders.
const MAX_DEPTH: usize = 8;

/// Where a scene comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SceneOrigin {
    /// It is inside the binary.
    BuiltIn,
    /// A file of the user's.
    File(PathBuf),
}

/// Why a scene file is not a scene, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct SceneProblem {
    /// The file, as the user named it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is wrong, and the fix where it is known.
    pub message: String,
}

/// One scene of the library.
#[derive(Clone, Debug)]
pub struct SceneEntry {
    /// Its name in commands and shows.
    pub id: SceneId,
    /// Where it comes from.
    pub origin: SceneOrigin,
    /// The newest program that compiled; `None` until the first does.
    pub program: Option<Arc<SceneProgram>>,
    /// What is wrong with the newest text.
    pub problem: Option<SceneProblem>,
}

/// Every scene by name, with the last good program of each.
///
/// Shared between threads: reading takes a short lock, compiling takes none.
#[derive(Debug, Default)]
pub struct SceneLibrary {
    /// Guards the map only for look-ups and replacements; programs are made outside.
    entries: RwLock<BTreeMap<SceneId, SceneEntry>>,
}

impl SceneLibrary {
    /// Knows every built-in scene; compiles none yet.
    pub fn built_in() -> Self {
        let files = BUILT_IN.iter().map(|(file, _)| stem(file));
        let entries = files.chain(hydra::scenes().iter().map(|scene| scene.id)).map(|name| {
            let id = SceneId::from(name);
            (id.clone(), SceneEntry { id, origin: SceneOrigin::BuiltIn, program: None, problem: None })
        });
        Self { entries: RwLock::new(entries.collect()) }
    }

    /// Returns what a built-in scene looks like, small. `None` for a user's scene, or one of the same name.
    pub fn thumbnail(&self, id: &SceneId) -> Option<Picture> {
        let is_built_in = matches!(self.entry(id)?.origin, SceneOrigin::BuiltIn);
        let (_, jpeg) = THUMBNAILS.iter().find(|(name, _)| is_built_in && *name == id.as_str())?;
        decode_picture(jpeg).ok()
    }

    /// Learns every scene file under a folder; a name that is built in is replaced by the user's.
    /// Returns the names, not yet compiled. A folder that is missing holds none.
    pub fn add_folder(&self, folder: &Path) -> Vec<SceneId> {
        let mut files = Vec::new();
        collect(folder, MAX_DEPTH, &mut files);
        let mut added = Vec::new();
        for file in files {
            if let Some(id) = id_of(folder, &file) {
                self.put(SceneEntry {
                    id: id.clone(),
                    origin: SceneOrigin::File(file),
                    program: None,
                    problem: None,
                });
                added.push(id);
            }
        }
        added
    }

    /// Returns the name of a file of `folder`, learning it when it is new. `None` when it is no scene.
    pub fn name_of(&self, folder: &Path, file: &Path) -> Option<SceneId> {
        let id = id_of(folder, file)?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let origin = SceneOrigin::File(file.to_owned());
        entries
            .entry(id.clone())
            .and_modify(|entry| entry.origin.clone_from(&origin))
            .or_insert_with(|| SceneEntry { id: id.clone(), origin, program: None, problem: None });
        Some(id)
    }

    /// Compiles a scene's newest text. On failure the last good program stays.
    ///
    /// # Errors
    /// [`SceneProblem`]: no such scene, no such file, or a fault in its text.
    pub fn compile(&self, id: &SceneId) -> Result<Arc<SceneProgram>, SceneProblem> {
        let origin = self.entry(id).map(|entry| entry.origin);
        let compiled = match origin {
            None => {
                let message = format!("there is no scene {:?}; see `jamlight scenes list`", id.as_str());
                return Err(SceneProblem { file: id.to_string(), line: 1, column: 1, message });
            }
            Some(SceneOrigin::BuiltIn) => compile_built_in(id),
            Some(SceneOrigin::File(path)) => Self::compile_file(&path),
        };
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(id);
        match compiled {
            Ok(program) => {
                let program = Arc::new(program);
                if let Some(entry) = entry {
                    entry.program = Some(Arc::clone(&program));
                    entry.problem = None;
                }
                Ok(program)
            }
            Err(problem) => {
                if let Some(entry) = entry {
                    entry.problem = Some(problem.clone());
                }
                Err(problem)
            }
        }
    }

    /// Compiles a file that need not be in the library.
    ///
    /// # Errors
    /// [`SceneProblem`].
    pub fn compile_file(path: &Path) -> Result<SceneProgram, SceneProblem> {
        let file = path.display().to_string();
        let text = read_text(path)?;
        let vertex = path.with_extension("vs");
        let vertex = if path.extension().is_some_and(|e| e == "fs") && vertex.is_file() {
            Some(read_text(&vertex)?)
        } else {
            None
        };
        compile_text(&file, &text, vertex.as_deref())
    }

    /// Learns one file under a name of its own and compiles it.
    ///
    /// # Errors
    /// [`SceneProblem`].
    pub fn add_file(&self, id: SceneId, file: &Path) -> Result<Arc<SceneProgram>, SceneProblem> {
        self.put(SceneEntry {
            id: id.clone(),
            origin: SceneOrigin::File(file.to_owned()),
            program: None,
            problem: None,
        });
        self.compile(&id)
    }

    /// Reads the pictures a scene brings with it, in the order of its `images`; `None` for each that
    /// is missing, damaged, or not in the scene's own folder.
    pub fn pictures(&self, id: &SceneId) -> Vec<Option<Picture>> {
        let Some(SceneEntry { origin, program: Some(program), .. }) = self.entry(id) else {
            return Vec::new();
        };
        let folder = match &origin {
            SceneOrigin::File(path) => path.parent().map(Path::to_owned),
            SceneOrigin::BuiltIn => None,
        };
        let read = |ImageSource::Path(name): &ImageSource| {
            let path = folder.as_ref()?.join(inside(name)?);
            let bytes = read_limited(&path, MAX_PICTURE_BYTES).ok()??;
            decode_picture(&bytes)
                .inspect_err(|err| tracing::warn!(%err, path = %path.display(), "picture left out"))
                .ok()
        };
        program.images.iter().map(read).collect()
    }

    /// Puts a program under a name: generated scenes, tests.
    pub fn insert(&self, id: SceneId, program: Arc<SceneProgram>) {
        self.put(SceneEntry { id, origin: SceneOrigin::BuiltIn, program: Some(program), problem: None });
    }

    /// Returns the last good program of a name.
    pub fn program(&self, id: &SceneId) -> Option<Arc<SceneProgram>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).get(id)?.program.clone()
    }

    /// Returns the text of a built-in scene, `None` for any other.
    pub fn built_in_text(id: &SceneId) -> Option<&'static str> {
        BUILT_IN.iter().find(|(file, _)| stem(file) == id.as_str()).map(|(_, text)| *text)
    }

    /// Returns the pieces of code that come with the app: file name and text, in the order to show them.
    pub fn examples() -> &'static [(&'static str, &'static str)] {
        EXAMPLES
    }

    /// Returns one scene.
    pub fn entry(&self, id: &SceneId) -> Option<SceneEntry> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Returns every name: the default scene first, then by name.
    pub fn ids(&self) -> Vec<SceneId> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let mut ids: Vec<SceneId> = entries.keys().cloned().collect();
        ids.sort_by_key(|id| (id.as_str() != DEFAULT_SCENE, id.clone()));
        ids
    }

    /// Returns a card for every scene that has compiled, in the order of [`SceneLibrary::ids`].
    pub fn cards(&self) -> Vec<SceneCard> {
        self.ids().iter().filter_map(|id| Some(card(id, &*self.program(id)?))).collect()
    }

    fn put(&self, entry: SceneEntry) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).insert(entry.id.clone(), entry);
    }
}

/// Chooses the front end by the file's name and text.
fn compile_text(file: &str, text: &str, vertex: Option<&str>) -> Result<SceneProgram, SceneProblem> {
    let name = stem(file);
    let compiled = match extension(file) {
        "wgsl" => native::compile(text, name),
        "fs" => isf::compile(text, vertex, name),
        "json" => shadertoy::compile_json(text, name),
        // The other formats share their extensions: the text tells.
        _ if isf::is_isf(text) => isf::compile(text, vertex, name),
        _ if transition::is_transition(text) => transition::compile(text, name),
        _ if shadertoy::is_shadertoy(text) => shadertoy::compile(text, name),
        other => Err(SceneError::whole(format!(
            "this is no scene we read (.{other}): a native .wgsl, an ISF .fs, a .glsl with `mainImage` (Shadertoy) or `transition`"
        ))),
    };
    compiled.map_err(|error| problem_in(file, error))
}

/// Compiles a scene that is inside the binary: a chain or a file.
fn compile_built_in(id: &SceneId) -> Result<SceneProgram, SceneProblem> {
    match hydra::scenes().iter().find(|scene| scene.id == id.as_str()) {
        Some(chain) => chain.compile().map_err(|error| problem_in(chain.id, error)),
        None => built_in_text(id).and_then(|(file, text)| compile_text(file, text, None)),
    }
}

fn problem_in(file: &str, SceneError { line, column, message }: SceneError) -> SceneProblem {
    SceneProblem { file: file.to_owned(), line, column, message }
}

fn built_in_text(id: &SceneId) -> Result<(&'static str, &'static str), SceneProblem> {
    BUILT_IN.iter().find(|(file, _)| stem(file) == id.as_str()).copied().ok_or_else(|| SceneProblem {
        file: id.to_string(),
        line: 1,
        column: 1,
        message: "this scene has no text".to_owned(),
    })
}

fn read_text(path: &Path) -> Result<String, SceneProblem> {
    let problem =
        |message: String| SceneProblem { file: path.display().to_string(), line: 1, column: 1, message };
    let bytes = read_limited(path, MAX_SCENE_BYTES)
        .map_err(|err| problem(format!("cannot be read: {err}")))?
        .ok_or_else(|| problem(format!("is larger than {MAX_SCENE_BYTES} bytes, which no scene is")))?;
    String::from_utf8(bytes).map_err(|err| problem(format!("is not UTF-8 text: {err}")))
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    // A folder that cannot be read holds nothing to show; the doctor names it.
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if files.len() >= MAX_SCENES {
            return;
        }
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, files);
            }
        } else if is_scene_file(&path) {
            files.push(path);
        }
    }
}

fn is_scene_file(path: &Path) -> bool {
    path.extension().is_some_and(|e| SCENE_EXTENSIONS.iter().any(|known| e == *known))
}

fn id_of(folder: &Path, file: &Path) -> Option<SceneId> {
    if !is_scene_file(file) {
        return None;
    }
    let inside = file.strip_prefix(folder).ok()?.with_extension("");
    let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    Some(SceneId(parts.join("/")))
}

/// Returns a path that stays in its folder, as an author wrote it.
fn inside(name: &str) -> Option<&Path> {
    let path = Path::new(name);
    path.components()
        .all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir))
        .then_some(path)
}

fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn extension(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn card(id: &SceneId, program: &SceneProgram) -> SceneCard {
    let kind = match program.kind {
        SceneKind::Native => "native",
        SceneKind::Isf => "isf",
        SceneKind::Shadertoy => "shadertoy",
        SceneKind::Hydra => "hydra",
        SceneKind::Transition => "transition",
    };
    SceneCard {
        id: id.clone(),
        name: program.name.clone(),
        kind: if program.num_inputs == 2 { "transition" } else { kind }.to_owned(),
        tags: program.tags.clone(),
        author: program.author.clone(),
        params: program
            .params
            .iter()
            .enumerate()
            .filter(|(idx, _)| by_hand(program, *idx))
            .map(|(_, spec)| param_card(spec))
            .collect(),
    }
}

/// Whether a person sets the parameter; computed ones belong to no panel.
fn by_hand(program: &SceneProgram, param_idx: usize) -> bool {
    program.computed.iter().all(|computed| computed.param != param_idx)
}

fn param_card(spec: &ParamSpec) -> ParamCard {
    let (shape, default) = match &spec.kind {
        ParamKind::Float { min, max, default, .. } => (
            ParamShape::Float { min: f64::from(*min), max: f64::from(*max) },
            Some(ParamValue::Number(f64::from(*default))),
        ),
        ParamKind::Choice { options, default } => {
            (ParamShape::Choice { options: options.clone() }, Some(ParamValue::Number(f64::from(*default))))
        }
        ParamKind::Bool { default } => (ParamShape::Bool, Some(ParamValue::Bool(*default))),
        ParamKind::Event => (ParamShape::Event, None),
        ParamKind::Color { default } => (ParamShape::Color, Some(ParamValue::Color(*default))),
        ParamKind::Point { min, max, default } => {
            (ParamShape::Point { min: *min, max: *max }, Some(ParamValue::Point(*default)))
        }
        ParamKind::Image => (ParamShape::Image, None),
    };
    ParamCard { name: spec.name.clone(), label: spec.label.clone(), shape, default }
}
