//! The built-in scenes: every file of `shaders/scenes` is a scene people can read and play.

use std::path::Path;

use renderer_scene::{ParamKind, SceneKind, native};

#[test]
#[expect(clippy::disallowed_methods, reason = "the built-in scenes are files of the tree")]
fn every_built_in_scene_compiles_and_says_what_it_is() {
    let folder = |name: &str| Path::new("../../shaders").join(name);
    let mut names = Vec::new();
    let folders = [
        ("scenes", SceneKind::Native),
        ("effects", SceneKind::Native),
        ("transitions", SceneKind::Transition),
    ];
    let files = folders.map(|(name, kind)| {
        std::fs::read_dir(folder(name)).unwrap().map(move |entry| (entry.unwrap().path(), kind))
    });
    for (path, kind) in files.into_iter().flatten() {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let scene = native::compile(&std::fs::read_to_string(&path).unwrap(), &file)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(scene.kind, kind, "{file}");
        assert_eq!(scene.name.to_lowercase().replace(' ', "-"), file, "the file is named as the scene");
        assert!(scene.description.len() > 20, "{file} has no description");
        assert!(scene.tags.len() >= 3, "{file} has fewer than three tags");
        assert!(!scene.params.is_empty(), "{file} has nothing to play with");
        for param in &scene.params {
            assert!(param.label.starts_with(char::is_uppercase), "{file}: {:?} has no label", param.name);
            if let ParamKind::Float { min, max, .. } = param.kind {
                assert!(max - min <= 100.0, "{file}: {:?} has no range for a hand", param.name);
            }
        }
        names.push(scene.name);
    }
    names.sort();
    names.dedup();
    assert!(names.len() >= 8, "eight kinds at least: {names:?}");
}
