use std::sync::mpsc::channel;

use app_library::Paths;
use audio_engine::BEATS_PER_CYCLE;
use audio_io::decode_file;
use sync_protocol::{Command, Member, MemberId, Role, RoomId, SignalDigest};
use sync_session::{Journal as _, Origin, Session};

use super::*;
use crate::jam::{JamHome, TakeShelf};

const CODE: &str = r#"setcpm(30)
$: s("bd*4, hh*8").gain(.8)
$: note("c3 eb3 g3").s("saw").lpf(800)"#;
const HOST: MemberId = MemberId(1);
const BEGAN: u64 = 1_795_272_788_000;

/// A room in whose journal code runs from its first moment on: beat 0 of a take of three seconds.
struct Kept {
    home: tempfile::TempDir,
}

impl Kept {
    /// `lines` are those of the take between its head and its end; `sound` is what was listened to.
    fn new(recording: Recording, lines: &[String], sound: Option<&[f32]>) -> Self {
        let kept = Self { home: tempfile::tempdir().unwrap() };
        let (paths, room) = (Paths::under(kept.home.path()), RoomId::from("film"));
        let store = JamHome::open(&paths).unwrap().store().unwrap();
        let mut session = Session::new(Show::default());
        store.save_snapshot(&room, session.state(None)).unwrap();
        let origin = Origin { member: HOST, no: 0, at_millis: BEGAN };
        let joined = session.join(origin, Member::new(HOST, "Host", Role::Host)).unwrap();
        let code = Command::Evaluate {
            text: "code".into(),
            block: "".into(),
            code: CODE.into(),
            quantum_beats: 4.0,
        };
        let ran = session.apply_on_beat(origin, 0.0, code).unwrap();
        let events = joined.into_iter().chain(ran).map(Arc::new).collect();
        let (done, safe) = channel();
        store.journal().append(
            &room,
            events,
            Box::new(move |saved| {
                let _ = done.send(saved.is_ok());
            }),
        );
        assert!(safe.recv().unwrap());
        let folder = TakeShelf::of(&paths, &room).folder().to_owned();
        std::fs::create_dir_all(&folder).unwrap();
        let kind = serde_json::to_string(&recording).unwrap();
        let mut text = format!(
            r#"{{"begins":{{"version":1,"began_millis":{BEGAN},"recording":{kind}}}}}
{{"beat":{{"source":"code","tempo_bpm":120.0,"origin_secs":0.0,"origin_beat":0.0,"beats_per_bar":4,"confidence":1.0}}}}
"#
        );
        lines.iter().for_each(|line| text += &format!("{line}\n"));
        std::fs::write(folder.join(format!("{BEGAN}.take")), text + "{\"ends\":{\"secs\":3.0}}\n").unwrap();
        if let Some(sound) = sound {
            let path = folder.join(format!("{BEGAN}.flac"));
            let mut file = FlacFile::create(&path, StreamFormat::MIX).unwrap();
            file.write(sound).unwrap();
            file.finish().unwrap();
        }
        kept
    }

    fn replay(&self, from_secs: f64) -> Replay {
        let past = Past::open(Some(self.home.path()), "film").unwrap();
        let library = Arc::new(SceneLibrary::built_in());
        let samples = SampleFolders::open(&[], &|_| {});
        Replay::new(past, library, &audio_analysis::Settings::default(), samples, from_secs).unwrap()
    }

    /// The sound of the jam as a film has it.
    fn sound(&self, from_secs: f64, secs: f64) -> Vec<f32> {
        let path = self.home.path().join("film.flac");
        self.replay(from_secs).write_sound(&path, from_secs, secs).unwrap();
        decode_file(&path, &DecodeLimits::MEMORY).unwrap().samples
    }
}

/// What `jamlight bounce` makes of the code.
fn bounce(secs: f64) -> Vec<f32> {
    let program = crate::live::evaluate(CODE).ok().map(|evaluated| evaluated.program.clone()).unwrap();
    let transport = Transport { tempo_bpm: program.cps * BEATS_PER_CYCLE * 60.0, ..Transport::default() };
    let mut sounds = SoundTable::default();
    let samples = install_kits(&mut sounds);
    let mut out = vec![0.0; 2 * (secs * f64::from(MIX_RATE_HZ)) as usize];
    Bounce::new(program.pattern, transport, sounds, samples).fill(&mut out).unwrap();
    out
}

#[track_caller]
fn assert_same(heard: &[f32], expected: impl Iterator<Item = f32>) {
    // A step of 16 bits, which a recording has.
    for (idx, (heard, expected)) in heard.iter().zip(expected).enumerate() {
        assert!((heard - expected.clamp(-1.0, 1.0)).abs() < 4e-5, "sample {idx}: {heard}, not {expected}");
    }
}

#[test]
fn what_code_played_is_made_again_as_a_bounce_of_it_on_the_same_beats() {
    let kept = Kept::new(Recording::Signal, &[], None);
    let sound = kept.sound(0.0, 2.5);
    assert_eq!(sound.len(), 2 * 120_000);
    assert!(sound.iter().any(|x| x.abs() > 0.1), "it sounds");
    assert_same(&sound, bounce(2.5).into_iter());
    assert!(kept.sound(0.0, 2.5) == sound, "twice the same");
    // A film that begins later sounds as that part of the whole.
    assert!(kept.sound(1.0, 1.0) == sound[2 * 48_000..2 * 96_000]);
    // Beyond the take nobody knows the beat.
    assert!(kept.sound(4.0, 0.5).iter().all(|x| x.abs() < 1e-3));
}

#[test]
fn what_the_host_heard_sounds_beside_the_code_and_code_never_twice() {
    let heard: Vec<f32> = (0..2 * 144_000).map(|i| (i as f32 * 0.01).sin() * 0.2).collect();
    let code = |at_secs: f64, kind: &str| format!(r#"{{"code":{{"at_secs":{at_secs},"sound":"{kind}"}}}}"#);
    let lines = [code(1.0, "within"), code(2.0, "beside")];
    let kept = Kept::new(Recording::Sound, &lines, Some(&heard));
    let (sound, code) = (kept.sound(0.0, 3.0), bounce(3.0));
    let second = 2 * 48_000;
    let both = |from: usize| heard[from..].iter().zip(&code[from..]).map(|(a, b)| a + b);
    assert_same(&sound[..second], both(0));
    // The sound holds the code there. The borders are those of a block.
    let border = 2 * BLOCK_FRAMES as usize;
    assert_same(&sound[second + border..2 * second], heard[second + border..].iter().copied());
    assert_same(&sound[2 * second + border..], both(2 * second + border));
}

#[test]
fn the_picture_follows_the_recorded_signal_and_beat_the_same_each_time() {
    let lines: Vec<String> = (0..90)
        .map(|no| {
            let signal = SignalDigest {
                level: 0.5,
                bands: [if no < 45 { 0.0 } else { 0.9 }, 0.1, 0.1, 0.1],
                hits: [no, no / 15, 0, 0, 0],
                strengths: [1.0; 5],
            };
            let signal = serde_json::to_string(&signal).unwrap();
            format!(r#"{{"heard":{{"at_secs":{},"signal":{signal}}}}}"#, f64::from(no) / 30.0)
        })
        .collect();
    let kept = Kept::new(Recording::Signal, &lines, None);
    let film = || {
        let mut replay = kept.replay(0.0);
        let frames = (0..75).map(|no| {
            let secs = f64::from(no) / 30.0;
            let (show, Hearing { signal, transport, .. }) = replay.at(secs).unwrap();
            assert!(show.running.contains_key("code/"));
            assert!((transport.beat_at(secs) - 2.0 * secs).abs() < 1e-9, "the beat of the room");
            (*signal).clone()
        });
        frames.collect::<Vec<_>>()
    };
    let frames = film();
    assert!(frames[40].bass.level < 0.01 && frames[60].bass.level > 0.89);
    assert!((3..=5).contains(&frames[74].kick.count), "{:?}", frames[74].kick);
    assert!(frames.windows(2).all(|two| two[0].all.time_secs <= two[1].all.time_secs));
    assert!(film() == frames);
}

#[test]
fn the_picture_follows_the_recorded_sound() {
    let silence_then_sound: Vec<f32> =
        (0..2 * 144_000).map(|i| if i < 144_000 { 0.0 } else { (i as f32 * 0.005).sin() * 0.5 }).collect();
    let alone = r#"{"code":{"at_secs":0.0,"sound":"beside"}}"#.to_owned();
    let kept = Kept::new(Recording::Sound, &[alone], Some(&silence_then_sound));
    let mut replay = kept.replay(0.0);
    let mut level = |secs: f64| replay.at(secs).unwrap().1.signal.all.level;
    assert_eq!(level(1.3), 0.0, "code beside it was not what the machine listened to");
    assert!(level(2.5) > 0.1);
    // Where nothing but code was listened to, the picture follows the code.
    let alone = r#"{"code":{"at_secs":0.0,"sound":"alone"}}"#.to_owned();
    let kept = Kept::new(Recording::Sound, &[alone], Some(&vec![0.0; 2 * 144_000]));
    assert!(kept.replay(0.0).at(1.3).unwrap().1.signal.all.level > 0.1);
}

/// A film of the end of an evening: hits are as old as they are, though the ear began only a while before.
#[test]
fn a_film_that_begins_later_knows_when_it_heard_what() {
    let heard = |at_secs: f64, hits: u32| {
        let signal = SignalDigest { level: 0.5, hits: [hits; 5], ..SignalDigest::default() };
        format!(r#"{{"heard":{{"at_secs":{at_secs},"signal":{}}}}}"#, serde_json::to_string(&signal).unwrap())
    };
    let kept = Kept::new(Recording::Signal, &[heard(0.0, 0), heard(40.0, 1), heard(41.0, 1)], None);
    let kick = kept.replay(38.0).at(40.5).unwrap().1.signal.kick;
    assert_eq!(kick.count, 1);
    assert!((kick.time_secs - 40.0).abs() < 0.1, "{kick:?}");
    let sine: Vec<f32> =
        (0..2 * 36 * 48_000).map(|i| if i < 3_264_000 { 0.0 } else { (i as f32 * 0.02).sin() }).collect();
    let lines = [r#"{"code":{"at_secs":36.0,"sound":"beside"}}"#.to_owned()];
    let kept = Kept::new(Recording::Sound, &lines, Some(&sine));
    let signal = kept.replay(33.0).at(35.0).unwrap().1.signal;
    assert!((signal.time_secs - 35.0).abs() < 0.05, "{} s", signal.time_secs);
    assert!(signal.onset.count > 0 && (signal.onset.time_secs - 34.0).abs() < 0.2, "{:?}", signal.onset);
}
