use audio_io::{DecodeLimits, MIX_RATE_HZ, decode_file};
use sync_protocol::SignalDigest;

use super::writer::TakeWriter;
use super::*;

const BEGAN: u64 = 1_795_272_788_375;

fn chunk(ends_secs: f64, num_frames: usize, code: CodeSound) -> SoundChunk {
    SoundChunk { samples: vec![0.5; 2 * num_frames], ends_secs, code }
}

/// A moment of a stream that began seven seconds before the take.
fn moment(at_secs: f64, sound: Vec<SoundChunk>) -> Moment {
    let transport = Transport { tempo_bpm: 120.0, origin_secs: 7.0, ..Transport::default() };
    let signal = SignalDigest { level: at_secs as f32, ..SignalDigest::default() };
    Moment { transport, stream_secs: 7.0 + at_secs, signal, sound }
}

/// Records two seconds in steps of a tenth, and ends as `finish` says.
fn record(path: &Path, recording: Recording, finish: bool) {
    record_at(BEGAN, path, recording, finish);
}

fn record_at(began_millis: u64, path: &Path, recording: Recording, finish: bool) {
    let mut writer = TakeWriter::create(path, began_millis, recording).unwrap();
    for step in 1..=20 {
        let at_secs = f64::from(step) / 10.0;
        let code = if step > 10 { CodeSound::Alone } else { CodeSound::Beside };
        let sound = match recording {
            Recording::Sound => vec![chunk(7.0 + at_secs, MIX_RATE_HZ as usize / 10, code)],
            Recording::Signal => vec![],
        };
        writer.turn(at_secs, &moment(at_secs, sound)).unwrap();
    }
    if finish {
        writer.finish(2.0).unwrap();
    }
}

#[test]
fn a_take_without_sound_knows_the_beat_and_the_signal_of_every_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.take");
    record(&path, Recording::Signal, true);
    let take = Take::read(&path).unwrap();
    assert_eq!((take.began_millis, take.recording, take.secs), (BEGAN, Recording::Signal, 2.0));
    assert!(take.sound.is_none() && !path.with_extension("flac").exists(), "no sound is kept");
    assert!(take.transport_at(0.0).is_none(), "before the first word");
    // 120 beats a minute from the take's beginning on.
    assert!((take.transport_at(1.5).unwrap().beat_at(1.5) - 3.0).abs() < 0.002);
    assert!((take.signal_at(1.55).unwrap().level - 1.5).abs() < 1e-6);
    let lines = std::fs::read_to_string(&path).unwrap();
    assert!(lines.matches("beat_at").count() == 0 && lines.matches("\"beat\"").count() <= 4, "{lines}");
}

#[test]
fn a_take_with_sound_leaves_out_what_code_played_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.take");
    record(&path, Recording::Sound, true);
    let take = Take::read(&path).unwrap();
    assert_eq!(take.code_at(0.5), CodeSound::Beside);
    assert_eq!(take.code_at(1.5), CodeSound::Alone);
    assert!(take.signal_at(1.0).is_none());
    assert!((take.transport_at(1.5).unwrap().beat_at(1.5) - 3.0).abs() < 0.002);
    let sound = decode_file(&take.sound.unwrap(), &DecodeLimits::MEMORY).unwrap();
    assert_eq!(sound.samples.len(), 2 * 2 * MIX_RATE_HZ as usize);
    let (first, second) = sound.samples.split_at(sound.samples.len() / 2);
    assert!(first.iter().all(|x| (x - 0.5).abs() < 1e-3) && second.iter().all(|x| *x == 0.0));
}

#[test]
fn a_take_of_a_killed_process_opens_up_to_where_it_came() {
    let folder = tempfile::tempdir().unwrap();
    for recording in [Recording::Signal, Recording::Sound] {
        let path = folder.path().join(format!("{recording:?}.take"));
        record(&path, recording, false);
        let lines = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &lines[..lines.len() - 7]).unwrap();
        let take = Take::read(&path).unwrap();
        assert!((0.9..=2.0).contains(&take.secs), "{recording:?}: {} s", take.secs);
        if let Some(sound) = take.sound {
            let sound = decode_file(&sound, &DecodeLimits::MEMORY).unwrap();
            assert!(sound.samples.len() > 2 * 18 * MIX_RATE_HZ as usize / 10, "all but a tenth of a second");
        }
    }
    std::fs::write(folder.path().join("x.take"), "{\"begins\":{}}").unwrap();
    assert!(Take::read(&folder.path().join("x.take")).is_err());
}

#[test]
fn a_device_that_went_away_leaves_silence_and_not_a_shift() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.take");
    let mut writer = TakeWriter::create(&path, BEGAN, Recording::Sound).unwrap();
    let tenth = MIX_RATE_HZ as usize / 10;
    writer.turn(0.1, &moment(0.1, vec![chunk(7.1, tenth, CodeSound::Beside)])).unwrap();
    for step in 2..30 {
        writer.turn(f64::from(step) / 10.0, &moment(0.1, vec![])).unwrap();
    }
    // The stream stood still meanwhile.
    writer.turn(3.0, &moment(0.2, vec![chunk(7.2, tenth, CodeSound::Beside)])).unwrap();
    writer.finish(3.0).unwrap();
    let sound = decode_file(&path.with_extension("flac"), &DecodeLimits::MEMORY).unwrap();
    assert!((sound.samples.len() as f64 / 2.0 / f64::from(MIX_RATE_HZ) - 3.0).abs() < 0.21);
    assert!(sound.samples.iter().rev().take(2 * tenth).all(|x| *x > 0.4), "the end is where it was heard");
    let take = Take::read(&path).unwrap();
    let beat = take.transport_at(take.secs).unwrap().beat_at(take.secs);
    assert!((beat - 0.4).abs() < 0.01, "the stream's beat at its end: {beat}");
}

#[test]
fn old_takes_go_and_the_sound_of_somebody_goes_but_not_the_beat() {
    let home = tempfile::tempdir().unwrap();
    let paths = app_library::Paths::under(home.path());
    let shelf = TakeShelf::of(&paths, &"jam".into());
    let day = 24 * 60 * 60 * 1_000;
    for began_millis in [day, 20 * day, 30 * day] {
        record_at(began_millis, &shelf.path_of(began_millis).unwrap(), Recording::Sound, true);
    }
    assert_eq!(shelf.takes().len(), 3);
    assert!(shelf.num_bytes() > 1_000);
    assert_eq!(shelf.forget_older(14, 30 * day), 2, "lines and sound of the first");
    assert_eq!(shelf.erase_sound(&[(0, 21 * day)]), 1);
    assert_eq!(shelf.files().len(), 3);
    let full = Recorder::start(&shelf, Recording::Signal, 10, Nothing).unwrap_err();
    assert!(format!("{full:#}").contains("recording_max_mib"), "{full:#}");
}

struct Nothing;

impl Listens for Nothing {
    fn listen(&mut self) -> Moment {
        Moment::default()
    }
}

#[test]
fn a_recorder_ends_at_its_limit_and_says_so() {
    let home = tempfile::tempdir().unwrap();
    let shelf = TakeShelf::of(&app_library::Paths::under(home.path()), &"jam".into());
    let recorder = Recorder::start(&shelf, Recording::Signal, 600, Nothing).unwrap();
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while recorder.problem().is_none() {
        assert!(std::time::Instant::now() < patience, "it never ends");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(recorder.num_bytes() < 1_200);
    drop(recorder);
    assert_eq!(shelf.takes().len(), 1, "what is there is whole");
}
