use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use sync_hub::{Member, RoomHandle};
use sync_protocol::{
    Command, Effect, JoinLink, Layer, LayerId, Pictures, Playlist, Role, RoomId, Running, Slides, Transition,
};
use sync_server::{Identity, Server, Settings};
use sync_session::{MemoryJournal, Session};
use sync_store::Store;

use super::*;
use crate::jam::HostShelf;

const SCENE: &str = "fn image(p: Pixel) -> vec4f { return vec4f(p.uv, 0.25, 1.0); }\n";

/// A host with things of its own, and its room in full swing.
struct Host {
    home: tempfile::TempDir,
    server: Server,
    room: RoomHandle,
    member: Member,
    link: JoinLink,
    picture: AssetId,
    /// What lies in `kick:0` and `kick:1`.
    samples: [Vec<u8>; 2],
}

impl Host {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        write(&paths.scenes().join("mine.wgsl"), SCENE.as_bytes()).unwrap();
        let mut png = Vec::new();
        let pixels = image::RgbImage::from_pixel(4, 4, image::Rgb([9, 80, 200]));
        pixels.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        let picture = AssetId(sha256(&png));
        write(&paths.pictures().join(format!("{picture}.png")), &png).unwrap();
        let samples = [wav(100), wav(200)];
        for (name, bytes) in ["a.wav", "b.wav"].iter().zip(&samples) {
            write(&paths.data.join("samples/Kick").join(name), bytes).unwrap();
        }
        let library = Arc::new(SceneLibrary::built_in());
        library.add_folder(&paths.scenes());
        let settings =
            Settings { bind: std::net::Ipv4Addr::LOCALHOST.into(), port: 0, ..Settings::default() };
        let server = Server::start(settings, &Identity::generate().unwrap(), Vec::new()).unwrap();
        let store = Arc::new(Store::open(&home.path().join("rooms.db")).unwrap());
        let folders = vec![paths.data.join("samples")];
        server.set_shelf(Arc::new(HostShelf::new(store, library, &paths, folders)));
        let layer = |id, source| Layer { id: LayerId(id), source, ..Layer::default() };
        let code = "$: s(\"kick:1 bd\")".to_owned();
        let show = Show {
            layers: vec![
                layer(1, LayerSource::Scene("mine".into())),
                layer(2, LayerSource::Picture(picture.clone())),
            ],
            next_layer: 3,
            running: [(
                Running::slot(&"main".into(), ""),
                Running { code, at_beat: 0.0, quantum_beats: 4.0 },
            )]
            .into(),
            ..Show::default()
        };
        let room = server.open_room(RoomId::from("jam"), Session::new(show), Box::new(MemoryJournal));
        let member = room.seat_host().unwrap();
        let (_, link) = server.invite(room.id(), Role::Performer, 10, Duration::from_secs(60)).unwrap();
        Self { home, server, room, member, link, picture, samples }
    }
}

/// Somebody on a machine where nothing of the host's is.
struct Guest {
    home: tempfile::TempDir,
    client: Client,
    library: Arc<SceneLibrary>,
    board: Arc<Board>,
    porter: Option<Porter>,
    asked: Receiver<SampleAsk>,
}

impl Guest {
    fn join(link: &JoinLink, sounds: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let client = Client::join(link.clone(), "Guest").unwrap();
        wait_for(|| (client.state() == sync_client::State::Joined).then_some(()));
        let library = Arc::new(SceneLibrary::built_in());
        let board = Board::new(Instant::now());
        board.guest_sounds.store(sounds, Ordering::Relaxed);
        let (samples, asked) = channel();
        let paths = Paths::under(home.path());
        let porter = Porter::start(client.clone(), library.clone(), board.clone(), &paths, samples);
        Self { home, client, library, board, porter, asked }
    }
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn wav(frames: i16) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for frame in 0..frames {
        writer.write_sample(frame).unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn a_late_joiner_gets_the_scene_the_picture_and_the_samples_and_gives_the_samples_back() {
    let host = Host::new();
    let mut guest = Guest::join(&host.link, true);
    wait_for(|| guest.library.entry(&"mine".into()).filter(|entry| entry.origin != SceneOrigin::BuiltIn));
    let pictures = Paths::under(guest.home.path()).pictures();
    let picture = wait_for(|| find_asset(&pictures, &host.picture));
    assert_eq!(sha256(&std::fs::read(picture).unwrap()), host.picture.as_str());
    let SampleAsk::Lent { name, files } = guest.asked.recv_timeout(Duration::from_secs(20)).unwrap() else {
        panic!("samples are lent")
    };
    assert_eq!(name, "kick");
    let came: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert_eq!(came, host.samples);
    assert!(files.iter().all(|file| file.starts_with(guest.home.path())));
    // Code that names nothing more brings nothing more.
    let text = "main".into();
    let code = "$: s(\"kick\")".to_owned();
    host.member.send(Command::Evaluate { text, block: String::new(), code, quantum_beats: 4.0 }).unwrap();
    wait_for(|| guest.client.show().running.values().any(|block| !block.code.contains("bd")).then_some(()));
    guest.porter = None;
    assert!(matches!(guest.asked.recv_timeout(Duration::from_secs(20)), Ok(SampleAsk::LoanEnds)));
    assert!(guest.board.cards().is_empty(), "{:?}", guest.board.cards());
    guest.client.leave();
    host.server.stop();
    drop((host.room, host.home));
}

#[test]
fn a_machine_that_does_not_sound_gets_no_samples_until_it_does() {
    let host = Host::new();
    let guest = Guest::join(&host.link, false);
    wait_for(|| guest.library.entry(&"mine".into()).filter(|entry| entry.origin != SceneOrigin::BuiltIn));
    assert!(guest.asked.recv_timeout(LOOK_EVERY * 3).is_err());
    guest.board.guest_sounds.store(true, Ordering::Relaxed);
    assert!(matches!(guest.asked.recv_timeout(Duration::from_secs(20)), Ok(SampleAsk::Lent { .. })));
    guest.client.leave();
    host.server.stop();
}

#[test]
fn what_earlier_visits_left_goes_oldest_first() {
    let home = tempfile::tempdir().unwrap();
    for (name, age_secs) in [("old", 20), ("new", 10)] {
        let path = home.path().join("samples").join(name);
        write(&path, b"12345").unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(age_secs)).unwrap();
    }
    prune(home.path(), 5);
    let left: Vec<_> = std::fs::read_dir(home.path().join("samples")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].file_name(), "new");
}

#[test]
fn everything_a_show_refers_to_is_wanted_once() {
    let scene = |id: &str| LayerSource::Scene(SceneId::from(id));
    let layer = |source| Layer { source, ..Layer::default() };
    let slides = Slides { pictures: vec!["c".into(), "a".into()], beats: 4.0 };
    let mut top = layer(scene("mine"));
    top.params.insert("image".into(), ParamValue::Image("b".into()));
    top.effects.push(Effect {
        id: 1,
        scene: "glow".into(),
        params: BTreeMap::default(),
        modulations: BTreeMap::default(),
        bypassed: false,
    });
    let show = Show {
        layers: vec![layer(scene("mine")), layer(LayerSource::Slides(slides)), top],
        pictures: Pictures { a: Some("a".into()), ..Pictures::default() },
        playlist: Playlist { scenes: vec!["next".into()] },
        transition: Transition { scene: "wipe".into(), ..Transition::default() },
        ..Show::default()
    };
    let (scenes, assets) = wanted(&show);
    let scenes: Vec<&str> = scenes.iter().map(SceneId::as_str).collect();
    assert_eq!(scenes, ["glow", "mine", "next", "wipe"]);
    let assets: Vec<&str> = assets.iter().map(AssetId::as_str).collect();
    assert_eq!(assets, ["a", "b", "c"]);
}
