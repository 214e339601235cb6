//! Files a person brings: pictures, videos, folders of pictures, scenes, packs.

use std::path::{Path, PathBuf};

use app_desktop::{CardKind, ImportTarget};
use app_library::{MediaKind, MediaStore, Pack, PackInfo, SceneOrigin};
use sync_protocol::{Command, LayerSource, ParamValue, SceneId, Slides};

use super::MediaStart;

/// A slide is seen so many beats until a person says otherwise: four bars.
const SLIDE_BEATS: f32 = 16.0;
/// What may hold a scene.
const SCENES: [&str; 5] = ["wgsl", "fs", "glsl", "frag", "json"];

/// A wish to bring files in.
#[derive(Debug)]
pub(crate) enum Import {
    /// Files and folders, and what for.
    Files { paths: Vec<PathBuf>, target: ImportTarget },
    /// Scenes to be written as one pack.
    ExportPack { scenes: Vec<SceneId>, to: PathBuf },
}

/// Carries it out. What cannot be brought in is said on a card.
pub(super) fn carry_out(import: Import, store: &MediaStore, start: &MediaStart) {
    let board = &start.board;
    match import {
        Import::Files { paths, target } => {
            for path in paths {
                if let Err(problem) = bring(&path, &target, store, start) {
                    board.card(CardKind::Warning, problem, None);
                }
            }
        }
        Import::ExportPack { scenes, to } => match export(&scenes, &to, start) {
            Ok(num) => {
                board.card(CardKind::Info, format!("{num} scenes are in the pack {}.", to.display()), None);
            }
            Err(err) => board.card(CardKind::Warning, format!("The pack is not written: {err}."), None),
        },
    }
}

fn bring(path: &Path, target: &ImportTarget, store: &MediaStore, start: &MediaStart) -> Result<(), String> {
    let sentence = |err: &dyn std::fmt::Display| format!("{err}.");
    let source = if path.is_dir() {
        if path.join("pack.toml").is_file() {
            return install(path, start);
        }
        let pictures = store.import_folder(path).map_err(|err| sentence(&err))?;
        LayerSource::Slides(Slides { pictures, beats: SLIDE_BEATS })
    } else {
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        match (MediaKind::of(path), extension.as_str()) {
            (Some(MediaKind::Picture), _) => {
                LayerSource::Picture(store.import_picture(path).map_err(|err| sentence(&err))?)
            }
            (Some(MediaKind::Video), _) => {
                LayerSource::Video(store.import_video(path).map_err(|err| sentence(&err))?)
            }
            (None, "zip") => return install(path, start),
            (None, extension) if SCENES.contains(&extension) => return copy_scene(path, start),
            (None, _) => {
                return Err(format!(
                    "{} is nothing the stage can show. Bring pictures, videos, scenes (.wgsl, .fs, .glsl), packs (.zip) or folders of pictures.",
                    path.display()
                ));
            }
        }
    };
    let command = match (target, source) {
        (ImportTarget::NewLayer, source) => Command::AddLayer { source },
        (ImportTarget::Layer(layer), source) => Command::SetSource { layer: *layer, source },
        (ImportTarget::Slot(slot), LayerSource::Picture(picture)) => {
            Command::SetPicture { slot: *slot, picture: Some(picture) }
        }
        (ImportTarget::Param { layer, name }, LayerSource::Picture(picture)) => {
            Command::SetParam { layer: *layer, name: name.clone(), value: Some(ParamValue::Image(picture)) }
        }
        (ImportTarget::Slot(_) | ImportTarget::Param { .. }, _) => {
            return Err(format!(
                "{} is no still picture; PNG, JPEG, WebP or GIF can stand there.",
                path.display()
            ));
        }
    };
    start.member.send(command).map_err(|refusal| refusal.message)
}

/// Reads a pack whole and puts it under the user's scenes; the watch finds it there.
fn install(path: &Path, start: &MediaStart) -> Result<(), String> {
    let refused = |err| format!("The pack {} is refused: {err}.", path.display());
    let pack = Pack::read(path).map_err(refused)?;
    pack.install(&start.paths.scenes()).map_err(refused)?;
    let num = pack.scenes().count();
    let sentence = format!("The pack \"{}\" brought {num} scenes. They are in the library.", pack.info.name);
    start.board.card(CardKind::Info, sentence, None);
    Ok(())
}

/// Copies a scene and its vertex shader into the user's scenes. One that is there is not overwritten.
fn copy_scene(path: &Path, start: &MediaStart) -> Result<(), String> {
    let folder = start.paths.scenes();
    let refused = |err: std::io::Error| format!("{} cannot be brought in: {err}.", path.display());
    std::fs::create_dir_all(&folder).map_err(refused)?;
    for file in [path.to_owned(), path.with_extension("vs")].iter().filter(|file| file.is_file()) {
        let target = folder.join(file.file_name().unwrap_or_default());
        if target.exists() {
            return Err(format!(
                "There is a scene of that name already: {}. Rename one of them.",
                target.display()
            ));
        }
        std::fs::copy(file, &target).map_err(refused)?;
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    start.board.card(CardKind::Info, format!("The scene \"{name}\" is in the library."), None);
    Ok(())
}

/// Writes the person's own scenes among these. Built-in ones are everywhere already.
fn export(scenes: &[SceneId], to: &Path, start: &MediaStart) -> anyhow::Result<usize> {
    let own = |id: &SceneId| match start.library.entry(id)?.origin {
        SceneOrigin::File(path) => Some(path),
        SceneOrigin::BuiltIn => None,
    };
    let files: Vec<PathBuf> = scenes.iter().filter_map(own).collect();
    anyhow::ensure!(
        !files.is_empty(),
        "built-in scenes need no pack, and there is none of your own among these"
    );
    let name = to.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let pack = Pack::of_scenes(PackInfo { name, ..PackInfo::default() }, &files)?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    pack.write_zip(&mut bytes)?;
    app_library::write_atomic(to, bytes.get_ref())?;
    Ok(pack.scenes().count())
}
