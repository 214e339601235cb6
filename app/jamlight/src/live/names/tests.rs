//! The cascade against services that hang, drip, lie, refuse and break.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use app_integrations::ServiceSettings;

use super::*;

/// What would be a catastrophe in a log.
const CANARY: &str = "CANARY-51e0b7d2";
const DEADLINE_MILLIS: u64 = 300;

#[derive(Clone, Copy, Debug)]
enum Manner {
    Hang,
    Drip,
    Say(&'static str),
}

const NAMED: &str = concat!(
    "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
    r#"{"status":{"code":0},"metadata":{"music":[{"title":"Sea","artists":[{"name":"Ana"}],"#,
    r#""duration_ms":200000,"play_offset_ms":42000,"score":98}]}}"#
);
const UNKNOWN: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"status\":{\"code\":1001}}";

/// Serves every connection in one manner. Returns the address and the count of questions.
fn server(manner: Manner) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || serve(stream, manner));
        }
    });
    (address, asked)
}

fn serve(mut stream: TcpStream, manner: Manner) {
    let mut question = Vec::new();
    let mut block = vec![0; 65_536];
    loop {
        let text = String::from_utf8_lossy(&question).to_lowercase();
        let whole = text.find("\r\n\r\n").and_then(|head| {
            let length = text.get(..head)?.split("content-length:").nth(1)?.lines().next()?.trim();
            Some(head + 4 + length.parse::<usize>().ok()?)
        });
        if whole.is_some_and(|whole| question.len() >= whole) {
            break;
        }
        match stream.read(&mut block) {
            Ok(read) if read > 0 => question.extend(block.iter().take(read)),
            _ => return,
        }
    }
    // The other end may have given up: that is the point.
    match manner {
        Manner::Hang => std::thread::sleep(Duration::from_secs(3)),
        Manner::Drip => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n");
            while stream.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Manner::Say(text) => _ = stream.write_all(text.as_bytes()),
    }
}

struct Bench {
    folder: tempfile::TempDir,
    board: Arc<Board>,
    names: Names,
}

impl Bench {
    fn new(address: &str, ask_online: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        let mut keys = Keys::default();
        for name in ACRCLOUD.1 {
            keys.set(ACRCLOUD.0, name, Secret::new(CANARY));
        }
        keys.write(&paths.keys_file()).unwrap();
        let board = Board::new(Instant::now());
        board.names.set(Arc::new(NamesSettings {
            ask_online,
            acrcloud_address: address.to_owned(),
            terms: ServiceSettings {
                deadline_millis: DEADLINE_MILLIS,
                per_sec: 10.0,
                burst: 20,
                failures_until_rest: 2,
                ..ServiceSettings::default()
            },
        }));
        let names = start(&paths, board.clone()).unwrap();
        Self { folder, board, names }
    }

    /// Asks about a song and waits for the answer.
    #[track_caller]
    fn ask(&self, song: u64) -> Answer {
        let samples = song_of(song);
        let peaks = audio_recognition::Fingerprint::of(&samples, 16_000, 1).peaks;
        let begin = Instant::now();
        assert!(self.names.ask(Ask { samples: samples.into(), rate_hz: 16_000, peaks, began_millis: 7 }));
        loop {
            if let Some(answer) = self.names.answer() {
                return answer;
            }
            assert!(begin.elapsed() < Duration::from_millis(DEADLINE_MILLIS + 1_500), "no answer");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn state(&self) -> OnlineService {
        self.board.online.get().services.first().cloned().unwrap_or_default()
    }

    /// Everything the thread left for others to read, but for the keys file.
    fn left(&self) -> String {
        let mut text = format!("{:?} {:?}", self.board.online.get(), self.board.names.get());
        text += &toml::to_string(&*self.board.names.get()).unwrap();
        let state = Paths::under(self.folder.path()).names_state_file();
        text += &std::fs::read_to_string(state).unwrap_or_default();
        text
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.board.ending.store(true, Ordering::Release);
    }
}

fn song_of(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let mut samples = vec![0.0_f32; 160_000];
    let mut at = 0;
    while at < samples.len() {
        for _ in 0..2 {
            let hz = 220.0 * (below(36) as f32 / 12.0).exp2();
            for (i, sample) in samples.iter_mut().skip(at).take(6_400).enumerate() {
                let t = i as f32 / 16_000.0;
                let turn = std::f32::consts::TAU * hz * t;
                *sample += 0.15 * (-6.0 * t).exp() * (turn.sin() + 0.4 * (2.0 * turn).sin());
            }
        }
        at += 2_000 + below(3_300) as usize;
    }
    samples
}

#[test]
fn every_fault_leaves_the_show_to_what_is_heard_within_the_deadline() {
    let quiet = "HTTP/1.1 429 Slow\r\nretry-after: 40\r\nconnection: close\r\n\r\n";
    let faults = [
        Manner::Hang,
        Manner::Drip,
        Manner::Say("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"status\":{\"code\":0},\"metadata\":7}"),
        Manner::Say("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html>Free wifi!</html>"),
        Manner::Say("HTTP/1.1 500 Oh\r\nconnection: close\r\n\r\n"),
        Manner::Say("HTTP/1.1 403 No\r\nconnection: close\r\n\r\n"),
        Manner::Say(quiet),
    ];
    for fault in faults {
        let (address, _) = server(fault);
        let bench = Bench::new(&address, true);
        let answer = bench.ask(1);
        assert!(answer.named.is_none() && answer.failed, "{fault:?}");
        let state = bench.state();
        assert!(!state.well && !state.state.is_empty(), "{fault:?}: {state:?}");
        assert!(!bench.left().contains("CANARY"), "{}", bench.left());
    }
}

#[test]
fn a_service_that_keeps_failing_rests_and_says_so() {
    let (address, asked) = server(Manner::Say("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nnonsense"));
    let bench = Bench::new(&address, true);
    for _ in 0..4 {
        assert!(bench.ask(1).named.is_none());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "then it is left alone");
    assert!(bench.state().state.contains("asked again in"), "{:?}", bench.state());
}

#[test]
fn a_name_is_asked_for_once_and_remembered_with_its_place() {
    let (address, asked) = server(Manner::Say(NAMED));
    let bench = Bench::new(&address, true);
    for _ in 0..2 {
        let (service, named) = bench.ask(1).named.unwrap();
        assert_eq!(
            (service.as_str(), named.title.as_str(), named.artist.as_str()),
            ("ACRCloud", "Sea", "Ana")
        );
        assert_eq!(named.duration_secs, 200.0);
        assert!((named.position_secs.unwrap() - 42.0).abs() < 0.3, "{named:?}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(bench.ask(2).named.is_some());
    assert_eq!(asked.load(Ordering::SeqCst), 2, "other music is asked about");
    assert_eq!(bench.state().state, "ready");
    assert!(!bench.left().contains("CANARY"));
}

#[test]
fn nothing_leaves_the_machine_unless_a_person_wants_it() {
    let (address, asked) = server(Manner::Say(NAMED));
    let bench = Bench::new(&address, false);
    assert!(bench.ask(1).named.is_none());
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert!(bench.board.online.get().services.is_empty());
    // Switched on while it runs.
    bench.board.names.change(|names| Arc::make_mut(names).ask_online = true);
    assert!(bench.ask(1).named.is_some());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn without_keys_the_panel_says_how_to_give_them() {
    let (address, _) = server(Manner::Say(UNKNOWN));
    let bench = Bench::new(&address, true);
    let answer = bench.ask(1);
    assert!(answer.named.is_none() && !answer.failed, "it does not know it");
    std::fs::remove_file(Paths::under(bench.folder.path()).keys_file()).unwrap();
    assert!(bench.ask(1).failed);
    assert!(bench.state().state.contains("jamlight keys set"), "{:?}", bench.state());
}
