//! The laws of the library, through its boundary and on a real disk.
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]
#![expect(clippy::disallowed_methods, reason = "the tests play the user, who edits files")]

use std::path::Path;

use app_library::{
    Autosave, Marks, MediaError, MediaStore, Pack, PackError, PictureError, Recents, SceneLibrary,
    SettingsFile, ShowError, ShowFile, built_in_picture, decode_picture, write_atomic,
};
use audio_signal::Transport;
use serde::{Deserialize, Serialize};
use sync_protocol::{AssetId, DEFAULT_SCENE, ParamShape, SceneId, Show};

const GOOD: &str = "fn image(p: Pixel) -> vec4f { return vec4f(frame.all.x); }";
const BAD: &str = "fn image(p: Pixel) -> vec4f {\n  return nothing;\n}";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn put(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn every_built_in_scene_compiles_and_the_default_is_first() {
    let library = SceneLibrary::built_in();
    let ids = library.ids();
    assert_eq!(ids.first().map(SceneId::as_str), Some(DEFAULT_SCENE));
    let problems: Vec<String> =
        ids.iter().filter_map(|id| library.compile(id).err().map(|problem| problem.to_string())).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    assert_eq!(library.cards().len(), ids.len());
}

#[test]
fn a_broken_edit_names_its_line_and_the_last_good_program_stays() {
    let dir = folder();
    let file = dir.path().join("mine.wgsl");
    put(&file, GOOD);
    let library = SceneLibrary::default();
    let ids = library.add_folder(dir.path());
    assert_eq!(ids, [SceneId::from("mine")]);
    let good = library.compile(&ids[0]).unwrap();
    put(&file, BAD);
    let problem = library.compile(&ids[0]).unwrap_err();
    assert_eq!(problem.line, 2, "{problem}");
    assert_eq!(library.program(&ids[0]).unwrap().id, good.id);
    assert_eq!(library.entry(&ids[0]).unwrap().problem, Some(problem));
    put(&file, GOOD);
    library.compile(&ids[0]).unwrap();
    assert_eq!(library.entry(&ids[0]).unwrap().problem, None);
}

#[test]
fn scenes_in_folders_are_named_by_their_path() {
    let dir = folder();
    put(&dir.path().join("venue/tunnel.wgsl"), GOOD);
    put(&dir.path().join("readme.txt"), "no scene");
    assert_eq!(SceneLibrary::default().add_folder(dir.path()), [SceneId::from("venue/tunnel")]);
}

#[test]
fn a_missing_scene_is_a_sentence() {
    let problem = SceneLibrary::built_in().compile(&SceneId::from("nowhere")).unwrap_err();
    assert!(problem.message.contains("scenes list"), "{problem}");
}

#[test]
fn a_show_survives_the_disk_and_older_fields_may_be_missing() {
    let dir = folder();
    let path = dir.path().join("deep/er/show.json");
    let show = Show { title: "Friday".into(), ..Show::default() };
    ShowFile::write(&path, &show).unwrap();
    assert_eq!(ShowFile::read(&path).unwrap(), show);
    put(&path, r#"{"version":1,"title":"Old"}"#);
    assert_eq!(ShowFile::read(&path).unwrap().title, "Old");
}

#[test]
fn a_show_that_is_not_one_is_refused_with_its_path() {
    let dir = folder();
    let path = dir.path().join("x.json");
    put(&path, "{\"version\": 99}");
    assert!(matches!(ShowFile::read(&path), Err(ShowError::TooNew { version: 99, .. })));
    put(&path, "hello");
    let sentence = ShowFile::read(&path).unwrap_err().to_string();
    assert!(sentence.contains("not a Jamlight show") && sentence.contains("x.json"), "{sentence}");
}

#[test]
fn the_clock_of_an_autosave_runs_on_while_nobody_looks() {
    let autosave = Autosave {
        show: Show::default(),
        file: None,
        time_secs: 10.0,
        transport: Transport { tempo_bpm: 120.0, ..Transport::default() },
        beat: 20.0,
        saved_at_unix_millis: 1_000,
        clean: false,
    };
    let dir = folder();
    let path = dir.path().join("autosave.json");
    assert_eq!(Autosave::read(&path).unwrap(), None);
    autosave.write(&path).unwrap();
    assert_eq!(Autosave::read(&path).unwrap().unwrap().beat_at(2_500), 23.0);
}

#[test]
fn recents_are_newest_first_and_once() {
    let dir = folder();
    let list = dir.path().join("recent.json");
    let mut recents = Recents::read(&list);
    for name in ["a", "b", "a"] {
        recents.add(&list, Path::new(name)).unwrap();
    }
    assert_eq!(Recents::read(&list).files, [Path::new("a"), Path::new("b")]);
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Room {
    size: u32,
}

#[test]
fn a_bad_section_costs_only_itself_and_is_named() {
    let dir = folder();
    let path = dir.path().join("settings.toml");
    put(&path, "[good]\nsize = 3\n[bad]\nsiez = 1\n[strange]\n");
    let mut file = SettingsFile::open(&path);
    assert_eq!(file.section::<Room>("good", |_| Vec::new()), Room { size: 3 });
    assert_eq!(file.section::<Room>("bad", |_| Vec::new()), Room::default());
    let sections: Vec<String> = file.problems().into_iter().map(|problem| problem.section).collect();
    assert_eq!(sections, ["bad", "strange"]);
}

#[test]
fn a_saved_section_is_read_back_and_leaves_the_others() {
    let dir = folder();
    let path = dir.path().join("settings.toml");
    put(&path, "[other]\nsize = 3\n");
    SettingsFile::open(&path).save_section("room", &Room { size: 7 }).unwrap();
    let mut file = SettingsFile::open(&path);
    assert_eq!(file.section::<Room>("room", |_| Vec::new()).size, 7);
    assert_eq!(file.section::<Room>("other", |_| Vec::new()).size, 3);
}

#[test]
fn out_of_range_settings_fall_back_and_say_so() {
    let dir = folder();
    let path = dir.path().join("settings.toml");
    put(&path, "[room]\nsize = 1000\n");
    let mut file = SettingsFile::open(&path);
    let room = file.section::<Room>("room", |room: &Room| {
        if room.size > 10 { vec![format!("size is {}, the range is 0–10", room.size)] } else { Vec::new() }
    });
    assert_eq!(room, Room::default());
    assert!(file.problems()[0].to_string().contains("0–10"));
}

#[test]
fn a_picture_is_known_by_its_content_and_foreign_bytes_are_refused() {
    let mut png = Vec::new();
    image::RgbaImage::from_pixel(3, 2, image::Rgba([1, 2, 3, 255]))
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let picture = decode_picture(&png).unwrap();
    assert_eq!((picture.size, picture.rgba.len(), picture.id.as_str().len()), ([3, 2], 24, 64));
    assert!(matches!(decode_picture(b"hello"), Err(PictureError::UnknownFormat)));
    assert!(matches!(decode_picture(&png[..40]), Err(PictureError::Damaged(_))));
    // A header that claims 50,000 a side is refused before a pixel is made.
    let mut bomb = png.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50]);
    assert!(decode_picture(&bomb).is_err());
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let dir = folder();
    let path = dir.path().join("x");
    write_atomic(&path, b"one").unwrap();
    write_atomic(&path, b"two").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn all_32_scenes_10_filters_and_12_transitions_compile_and_say_what_they_are() {
    let library = SceneLibrary::built_in();
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for id in library.ids() {
        let scene = library.compile(&id).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(
            scene.name.to_lowercase().replace(' ', "-"),
            id.as_str(),
            "a scene is called as it is named"
        );
        assert!(scene.description.len() > 20 && scene.tags.len() >= 3, "{id} says too little of itself");
        let kind = match scene.num_inputs {
            0 => format!("{:?}", scene.kind),
            1 => "filter".to_owned(),
            _ => "transition".to_owned(),
        };
        *kinds.entry(kind).or_insert(0) += 1;
    }
    let cards = library.cards();
    for card in &cards {
        assert!(!card.params.is_empty(), "{} has nothing to play with", card.id);
        for param in &card.params {
            assert!(
                param.label.starts_with(char::is_uppercase),
                "{}: {:?} has no label",
                card.id,
                param.name
            );
            if let ParamShape::Float { min, max } = param.shape {
                assert!(max - min <= 100.0, "{}: {:?} has no range for a hand", card.id, param.name);
            }
        }
    }
    let of = |kind: &str| kinds.get(kind).copied().unwrap_or_default();
    assert_eq!((of("Native"), of("Hydra"), of("filter"), of("transition")), (24, 8, 10, 12), "{kinds:?}");
}

/// A zip of these files.
fn zipped(files: &[(&str, &str)]) -> std::io::Cursor<Vec<u8>> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap()
}

const PACK: &str = "name = \"Venue\"\nlicence = \"MIT\"\n";
const SCENE: &str = "fn image(p: Pixel) -> vec4f { return vec4f(p.uv, 0.0, 1.0); }";

#[test]
fn a_pack_goes_in_and_comes_out_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let files = [("venue/pack.toml", PACK), ("venue/scenes/tunnel.wgsl", SCENE), ("venue/.DS_Store", "x")];
    let pack = Pack::from_zip(zipped(&files)).unwrap();
    pack.install(home.path()).unwrap();
    pack.install(home.path()).unwrap();
    let library = SceneLibrary::default();
    let ids = library.add_folder(home.path());
    assert_eq!(ids, [SceneId::from("packs/Venue/tunnel")]);
    library.compile(&ids[0]).unwrap();
    let scene = home.path().join("packs/Venue/tunnel.wgsl");
    let again = Pack::of_scenes(pack.info.clone(), &[scene]).unwrap();
    let mut out = std::io::Cursor::new(Vec::new());
    again.write_zip(&mut out).unwrap();
    let back = Pack::from_zip(out).unwrap();
    assert_eq!((back.info.name.as_str(), back.scenes().count()), ("Venue", 1));
}

#[test]
fn a_pack_that_leads_out_of_itself_or_brings_a_program_is_refused_and_writes_nothing() {
    let check = |name: &str, expected: &str| {
        let pack = Pack::from_zip(zipped(&[("pack.toml", PACK), ("scenes/a.wgsl", SCENE), (name, "x")]));
        let error = format!("{:?}", pack.unwrap_err());
        assert!(error.starts_with(expected), "{name}: {error}");
    };
    check("../evil.wgsl", "Escape");
    check("scenes/../../evil.wgsl", "Escape");
    check("/etc/evil.txt", "Escape");
    check("C:\\evil.txt", "Escape");
    check("..\\evil.txt", "Escape");
    check("scenes/run.sh", "Unwanted");
    let named = |name: &str| {
        let manifest = format!("name = {name:?}\n");
        Pack::from_zip(zipped(&[("pack.toml", &manifest), ("scenes/a.wgsl", SCENE)])).unwrap_err()
    };
    assert!(matches!(named("../up"), PackError::Name { .. }));
    assert!(matches!(named(""), PackError::Name { .. }));
    assert!(matches!(Pack::from_zip(zipped(&[("pack.toml", PACK)])), Err(PackError::Empty)));
    assert!(matches!(Pack::from_zip(zipped(&[("scenes/a.wgsl", SCENE)])), Err(PackError::Manifest(_))));
    assert!(matches!(Pack::from_zip(std::io::Cursor::new(b"no zip")), Err(PackError::Zip(_))));
}

#[test]
fn pictures_are_kept_by_content_and_svg_is_refused_with_a_way_out() {
    let home = tempfile::tempdir().unwrap();
    let store = MediaStore::new(home.path().join("pictures"), home.path().join("videos.json"));
    let file = home.path().join("a.png");
    image::RgbaImage::from_pixel(2, 3, image::Rgba([9, 8, 7, 255])).save(&file).unwrap();
    let id = store.import_picture(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(store.picture(&id).unwrap().unwrap().size, [2, 3]);
    assert!(store.picture(&AssetId("ab".repeat(32))).unwrap().is_none());
    let svg = home.path().join("b.svg");
    std::fs::write(&svg, "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    assert!(store.import_picture(&svg).unwrap_err().to_string().contains("save it as PNG"));
    assert!(matches!(store.import_folder(home.path()), Err(MediaError::NoPictures { .. })));
    let film = home.path().join("film.mp4");
    std::fs::write(&film, "not decoded here").unwrap();
    let id = store.import_video(&film).unwrap();
    assert_eq!(store.video(&id), Some(film.clone()));
    std::fs::remove_file(&film).unwrap();
    assert_eq!(store.video(&id), None);
}

#[test]
fn marks_come_back_and_a_broken_file_holds_none() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("marks.json");
    let scene = SceneId::from("ink");
    let marks = Marks { favourites: [scene.clone()].into(), ratings: [(scene, 4)].into() };
    marks.write(&path).unwrap();
    assert_eq!(Marks::read(&path), marks);
    std::fs::write(&path, "{\"ratings\": {\"ink\": 77}}").unwrap();
    assert_eq!(Marks::read(&path), Marks::default());
    std::fs::write(&path, "[").unwrap();
    assert_eq!(Marks::read(&path), Marks::default());
}

#[test]
fn every_built_in_scene_has_its_thumbnail() {
    let library = SceneLibrary::built_in();
    for id in library.ids() {
        library.compile(&id).unwrap();
        // Filters and transitions work on other pictures.
        if library.program(&id).is_some_and(|program| program.num_inputs == 0) {
            let picture = library.thumbnail(&id);
            assert!(
                picture.is_some_and(|picture| picture.size == [240, 136]),
                "`cargo xtask thumbnails` draws {id}"
            );
        }
    }
}

#[test]
fn the_built_in_pictures_decode_and_leave_the_dark_dark() {
    for side in 0..2 {
        let picture = built_in_picture(side).unwrap();
        assert_eq!(picture.size, [1280, 720]);
        let dark = picture.rgba.chunks(4).filter(|pixel| pixel[..3].iter().all(|c| *c < 100)).count();
        assert!(dark * 3 > picture.rgba.len() / 4, "a third of picture {side} is dark");
    }
}
