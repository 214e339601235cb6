//! What disks, crashes and people do to an index.
#![expect(clippy::disallowed_methods, reason = "the tests play the disk")]

use std::path::{Path, PathBuf};

use audio_recognition::{Known, Library, RecognitionError};

use crate::music::{Random, add, ask, print, song, track};

fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "peaks")).collect();
    files.sort();
    files
}

#[test]
fn a_library_is_the_same_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    add(&mut Library::open(folder.path()).unwrap(), [1, 2]);
    let mut library = Library::open(folder.path()).unwrap();
    assert_eq!(library.num_tracks().unwrap(), 2);
    assert_eq!(ask(&mut library, 2).as_deref(), Some("Song 2"));
    assert!(library.problems().is_empty());
}

#[test]
fn many_small_additions_become_few_files_and_all_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path()).unwrap();
    for seed in 1..=9 {
        add(&mut library, [seed]);
    }
    assert!(segments(folder.path()).len() <= 3, "{:?}", segments(folder.path()));
    for seed in 1..=9 {
        assert_eq!(ask(&mut library, seed), Some(format!("Song {seed}")));
    }
}

#[test]
fn a_moved_file_stays_the_same_track() {
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path()).unwrap();
    add(&mut library, [1]);
    let id = library.tracks().unwrap()[0].id;
    let mut change = library.change().unwrap();
    let mut there = track(1);
    assert_eq!(change.knows(&there.path, there.size_bytes, there.modified_millis).unwrap(), Known::Same);
    assert_eq!(change.knows(&there.path, there.size_bytes, 6).unwrap(), Known::Unsure);
    there.path = "elsewhere/one.ogg".into();
    there.title = "Renamed".to_owned();
    assert!(change.moved(&there).unwrap());
    change.finish().unwrap();
    let tracks = library.tracks().unwrap();
    assert_eq!((tracks.len(), tracks[0].id), (1, id));
    assert_eq!(tracks[0].path, Path::new("elsewhere/one.ogg"));
    assert_eq!(ask(&mut library, 1).as_deref(), Some("Renamed"));
}

#[test]
fn a_file_with_new_content_replaces_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path()).unwrap();
    add(&mut library, [1]);
    let mut change = library.change().unwrap();
    let mut remix = track(2);
    remix.path = track(1).path;
    change.add(remix, &print(&song(2, 40)).peaks).unwrap();
    change.finish().unwrap();
    assert_eq!(library.num_tracks().unwrap(), 1);
    assert_eq!((ask(&mut library, 1), ask(&mut library, 2).as_deref()), (None, Some("Song 2")));
}

#[test]
fn what_is_removed_is_unknown_and_its_room_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path()).unwrap();
    add(&mut library, [1, 2, 3]);
    let before = library.index_bytes();
    let ids: Vec<_> = library.tracks().unwrap().iter().take(2).map(|track| track.id).collect();
    let mut change = library.change().unwrap();
    assert_eq!(change.remove(&ids).unwrap(), 2);
    change.finish().unwrap();
    assert_eq!(ask(&mut library, 1), None);
    assert_eq!(ask(&mut library, 3).as_deref(), Some("Song 3"));
    add(&mut library, [4]);
    assert!(library.index_bytes() < before, "{} after {before}", library.index_bytes());
    assert_eq!(ask(&mut library, 4).as_deref(), Some("Song 4"));
}

#[test]
fn a_crash_before_the_end_costs_only_what_was_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path()).unwrap();
    add(&mut library, [1]);
    let mut change = library.change().unwrap();
    change.add(track(2), &print(&song(2, 40)).peaks).unwrap();
    drop(change);
    // What a crash between writing and entering leaves.
    let orphans = [folder.path().join("000099.part"), folder.path().join("000098.peaks")];
    for orphan in &orphans {
        std::fs::write(orphan, b"half a file").unwrap();
    }
    drop(library);
    let mut library = Library::open(folder.path()).unwrap();
    assert_eq!(library.num_tracks().unwrap(), 1);
    assert_eq!(ask(&mut library, 1).as_deref(), Some("Song 1"));
    add(&mut library, [2]);
    assert!(orphans.iter().all(|orphan| !orphan.exists()));
    assert_eq!(ask(&mut library, 2).as_deref(), Some("Song 2"));
}

#[test]
fn a_damaged_segment_is_named_and_its_music_can_be_added_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path()).unwrap();
    add(&mut library, [1]);
    let file = segments(folder.path()).pop().unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    drop(library);
    let mut library = Library::open(folder.path()).unwrap();
    let said = library.problems().iter().map(ToString::to_string).collect::<String>();
    assert!(said.contains("damaged") && said.contains("add the music again"), "{said}");
    assert_eq!(ask(&mut library, 1), None);
    add(&mut library, [1]);
    assert!(library.problems().is_empty());
    assert_eq!(ask(&mut library, 1).as_deref(), Some("Song 1"));
}

#[test]
fn flipped_bits_are_refused_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path()).unwrap();
    add(&mut library, [1]);
    drop(library);
    let file = segments(folder.path()).pop().unwrap();
    let whole = std::fs::read(&file).unwrap();
    let query = print(&song(1, 8));
    let mut random = Random(1);
    for round in 0..60 {
        let mut bytes = whole.clone();
        // The head and the tables more often than their share.
        let end = if round % 2 == 0 { 200 } else { bytes.len() };
        for _ in 0..3 {
            bytes[random.below(end as u64) as usize] ^= 1 << random.below(8);
        }
        std::fs::write(&file, &bytes).unwrap();
        match Library::open(folder.path()) {
            Ok(mut library) => match library.recognize(&query.peaks) {
                Ok(found) => assert!(found.is_none_or(|found| found.track.title == "Song 1")),
                Err(err) => assert!(matches!(err, RecognitionError::Damaged { .. }), "{err}"),
            },
            Err(err) => assert!(matches!(err, RecognitionError::TooNew { .. }), "{err}"),
        }
    }
}

#[test]
fn one_writer_at_a_time_and_readers_see_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Library::open(folder.path()).unwrap();
    let mut reader = Library::open(folder.path()).unwrap();
    let mut other = Library::open(folder.path()).unwrap();
    let change = writer.change().unwrap();
    assert!(matches!(other.change(), Err(RecognitionError::Busy { .. })));
    drop(change);
    add(&mut writer, [1]);
    assert_eq!(ask(&mut reader, 1).as_deref(), Some("Song 1"));
    // The files it has open are merged away.
    for seed in 2..=4 {
        add(&mut writer, [seed]);
    }
    assert_eq!(ask(&mut reader, 1).as_deref(), Some("Song 1"));
}

/// An index of one song whose file says it is of this version; what the file holds.
fn index_of_version(folder: &Path, version: u8) -> (PathBuf, Vec<u8>) {
    let mut library = Library::open(folder).unwrap();
    add(&mut library, [1]);
    drop(library);
    let file = segments(folder).pop().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[8] = version;
    std::fs::write(&file, &bytes).unwrap();
    (file, bytes)
}

#[test]
fn an_index_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, bytes) = index_of_version(folder.path(), 3);
    let err = Library::open(folder.path()).unwrap_err();
    assert!(matches!(err, RecognitionError::TooNew { found: 3, known: 2, .. }), "{err}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

#[test]
fn an_index_of_an_earlier_version_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    index_of_version(folder.path(), 1);
    let mut library = Library::open(folder.path()).unwrap();
    assert!(library.problems()[0].to_string().contains("earlier version"), "{:?}", library.problems());
    assert_eq!(ask(&mut library, 1), None);
    add(&mut library, [1]);
    assert_eq!(ask(&mut library, 1).as_deref(), Some("Song 1"));
    assert!(library.problems().is_empty());
}
