//! Rooms across processes: a real host, real members, real signals.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use sync_client::{Client, State};
use sync_protocol::{Command as Ask, JoinLink, LayerId};

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Host {
    process: Child,
    line: serde_json::Value,
}

impl Host {
    fn start(home: &Path, port: u16, more: &[&str]) -> Self {
        let port = port.to_string();
        let mut process = Command::new(env!("CARGO_BIN_EXE_jamlight"))
            .args(["host", "--json", "--bind", "127.0.0.1", "--port", &port, "--home"])
            .arg(home)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, line: serde_json::from_str(&line).unwrap() }
    }

    fn link(&self) -> JoinLink {
        JoinLink::parse(self.line["link"].as_str().unwrap()).unwrap()
    }

    /// Asks it to end as a service manager does, and returns how long that took.
    fn stop(mut self) -> Duration {
        let asked = Instant::now();
        terminate(&self.process);
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        asked.elapsed()
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn terminate(process: &Child) {
    let asked = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(asked.success());
}

#[track_caller]
fn until(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn join(link: JoinLink, name: &str) -> Client {
    let client = Client::join(link, name).unwrap();
    until(|| client.state() == State::Joined);
    client
}

fn said(client: &Client) -> Vec<String> {
    client.with_session(|session| session.chat().map(|message| message.text.clone()).collect()).unwrap()
}

fn verify(home: &Path) {
    let ran = Command::new(env!("CARGO_BIN_EXE_jamlight"))
        .args(["db", "verify", "--json", "--home"])
        .arg(home)
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(ran.status.success(), "{report}");
    assert_eq!(report["problems"], serde_json::json!([]));
    assert!(report["events"].as_u64().unwrap() > 0);
}

/// A member that is a process of its own: what it prints, line by line.
struct Member {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Member {
    fn join(link: &JoinLink, name: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_jamlight"))
            .args(["join", "-", "--json", "--name", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(process.stdin.as_mut().unwrap(), "{}", link.reveal()).unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// Reads on until a line holds this.
    fn hear(&mut self, what: &str) -> serde_json::Value {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if line.contains(what) {
                return serde_json::from_str(&line).unwrap();
            }
            line.clear();
        }
        panic!("{what:?} was never said");
    }

    fn say(&mut self, text: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{text}").unwrap();
    }
}

#[test]
fn two_processes_meet_by_the_link_alone_and_part_in_good_order() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &["--name", "Friday night"]);
    for key in ["address", "link", "yjs_url", "api_url", "token"] {
        assert!(host.line[key].as_str().is_some_and(|value| !value.is_empty()), "{key}");
    }
    let mut ana = Member::join(&host.link(), "ana");
    ana.hear("joined");
    let ben = join(host.link(), "ben");
    ana.say("hello ben");
    until(|| said(&ben) == ["hello ben"]);
    ben.send(Ask::Say { text: "hello ana".into() }).unwrap();
    let heard = ana.hear("hello ana");
    assert_eq!(heard["event"]["event"], "said");
    terminate(&ana.process);
    assert_eq!(ana.process.wait().unwrap().code(), Some(0));
    until(|| {
        let gone =
            |session: &sync_session::Session| session.members().any(|one| one.name == "ana" && !one.online);
        ben.with_session(gone).unwrap()
    });
    assert!(host.stop() <= Duration::from_secs(3));
    verify(home.path());
}

#[test]
fn a_room_that_was_killed_comes_back_with_all_it_had_acknowledged() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &[]);
    let link = host.link();
    let ana = join(link.clone(), "ana");
    let id = ana.id();
    for n in 0..20 {
        ana.send(Ask::Say { text: format!("{n}") }).unwrap();
        until(|| ana.num_pending() == 0);
        if n == 0 {
            // The token that was given at the door is on the disk by now.
            std::thread::sleep(Duration::from_millis(1_500));
        }
        // A guest may say ten things at once, and one a second.
        if n > 5 {
            break;
        }
    }
    let before = said(&ana);
    host.kill();
    until(|| ana.state() != State::Joined);
    // What is asked meanwhile waits.
    ana.send(Ask::Say { text: "are you there?".into() }).unwrap();
    let host = Host::start(home.path(), link.port, &[]);
    until(|| ana.state() == State::Joined && ana.num_pending() == 0);
    let mut expected = before;
    expected.push("are you there?".into());
    assert_eq!(said(&ana), expected);
    assert_eq!(ana.id(), id, "it is the same member");
    // The link of before is still good, and shows the same.
    let ben = join(link, "ben");
    assert_eq!(said(&ben), expected);
    host.stop();
    verify(home.path());
}

/// One request without TLS, as a script would make it.
fn get(host: &Host, path: &str, token: &str) -> (String, String) {
    use std::io::Read;
    let address = host.line["address"].as_str().unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn a_guest_fetches_what_the_hosts_show_needs_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let scenes = home.path().join("data/scenes");
    let pictures = home.path().join("data/pictures");
    std::fs::create_dir_all(&scenes).unwrap();
    std::fs::create_dir_all(&pictures).unwrap();
    std::fs::write(scenes.join("mine.wgsl"), "fn image(p: Pixel) -> vec4f { return vec4f(1.0); }").unwrap();
    let hash = "a".repeat(64);
    std::fs::write(pictures.join(format!("{hash}.png")), b"not really").unwrap();
    let host = Host::start(home.path(), 0, &[]);
    let ana = join(host.link(), "ana");
    let scene = ana.fetch("scenes/mine", 1_000).unwrap();
    assert_eq!(scene.extension, "wgsl");
    assert!(scene.bytes.starts_with(b"fn image"));
    assert_eq!(ana.fetch(&format!("assets/{hash}"), 1_000).unwrap().bytes, b"not really");
    use sync_client::FetchError;
    assert!(matches!(ana.fetch("scenes/mine", 10), Err(FetchError::TooLarge { limit: 10 })));
    for nothing in
        ["scenes/first-light", "scenes/other", "scenes/../../state/jam/key.pem", "assets/x", "assets/../key"]
    {
        let got = ana.fetch(nothing, 10_000);
        assert!(matches!(got, Err(FetchError::NotThere | FetchError::Broken(_))), "{nothing}: {got:?}");
    }
    host.stop();
}

#[test]
fn the_past_is_paged_by_cursor_and_exported_to_those_who_may() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &["--no-tls"]);
    let token = host.line["token"].as_str().unwrap().to_owned();
    let ana = join(host.link(), "ana <b>");
    for n in 0..8 {
        ana.send(Ask::Say { text: format!("word {n} <script>") }).unwrap();
    }
    until(|| ana.num_pending() == 0);
    let (mut said, mut after) = (Vec::new(), String::new());
    for page in 0.. {
        assert!(page < 20, "it ends");
        let (head, body) = get(&host, &format!("/api/v1/events?limit=3{after}"), &token);
        assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
        let page: serde_json::Value = serde_json::from_str(&body).unwrap();
        for event in page["events"].as_array().unwrap() {
            said.push(event["seq"].as_u64().unwrap());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(said, (1..=said.len() as u64).collect::<Vec<_>>(), "each once, in order");
    let (_, html) = get(&host, "/api/v1/export/html", &token);
    assert!(html.contains("word 7 &lt;script&gt;") && !html.contains("<script>"));
    let (_, jsonl) = get(&host, "/api/v1/export/jsonl", &token);
    assert_eq!(jsonl.lines().count(), said.len());
    assert!(get(&host, "/api/v1/export/exe", &token).0.starts_with("HTTP/1.1 404"));
    assert!(get(&host, "/api/v1/events?after=nonsense", &token).0.starts_with("HTTP/1.1 400"));
    assert!(get(&host, "/api/v1/export/html", "AAAAAAAAAAAAAAAAAAAAAA").0.starts_with("HTTP/1.1 401"));
    host.stop();
}

#[test]
fn a_second_host_from_the_same_folder_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &[]);
    let folder = home.path().to_str().unwrap();
    super::fails_with(
        home.path(),
        &["host", "--bind", "127.0.0.1", "--port", "0", "--home", folder],
        "hosts already",
    );
    host.stop();
}

#[test]
fn a_host_with_another_key_is_refused_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &[]);
    let mut link = host.link();
    link.fingerprint = Some(sync_protocol::KeyFingerprint([7; 32]));
    let ran = Command::new(env!("CARGO_BIN_EXE_jamlight")).args(["join", &link.reveal()]).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("not the host of the invite"));
    host.stop();
}

#[test]
fn a_taken_port_and_a_broken_link_say_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &[]);
    let port = host.link().port.to_string();
    super::fails_with(
        home.path(),
        &["host", "--bind", "127.0.0.1", "--port", &port, "--home", "other"],
        "--port",
    );
    super::fails_with(home.path(), &["join", "https://example.org/"], "this is no invite link");
    super::fails_with(home.path(), &["db", "verify", "--home", "nothing"], "no room was ever open here");
    host.stop();
}

#[test]
fn six_digits_are_as_good_as_the_link_and_others_are_not() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &[]);
    let address = host.line["address"].as_str().unwrap().to_owned();
    let digits = host.line["code"].as_str().unwrap().to_owned();
    let wrong = if digits == "123456" { "654321" } else { "123456" };
    let refused = Command::new(env!("CARGO_BIN_EXE_jamlight"))
        .args(["join", &address, "--code", wrong])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not the code"), "{refused:?}");
    let (name, port) = address.rsplit_once(':').unwrap();
    let link = sync_client::link_by_code(name, port.parse().unwrap(), &digits).unwrap();
    assert_eq!(link.fingerprint, host.link().fingerprint);
    let ana = join(link.clone(), "ana");
    assert!(ana.id().is_some());
    // The invite behind a code lets in one.
    let late = Client::join(link, "late").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_ne!(late.state(), State::Joined);
    host.stop();
}

#[test]
fn what_happened_in_a_room_is_rendered_the_same_each_time() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &["--name", "Film"]);
    let ana = join(host.link(), "ana");
    let set_dark = |dark| {
        let opacity = if dark { 0.0 } else { 1.0 };
        ana.send(Ask::SetOpacity { layer: LayerId(1), opacity }).unwrap();
        until(|| ana.num_pending() == 0);
        std::thread::sleep(Duration::from_millis(1_200));
    };
    set_dark(true);
    set_dark(false);
    host.stop();
    let film = |out: &str| {
        let out = home.path().join(out);
        let ran = Command::new(env!("CARGO_BIN_EXE_jamlight"))
            .args(["render", "--session", "Film", "--size", "48x28", "--fps", "4", "--home"])
            .arg(home.path())
            .args(["--seconds", "2.5", "--out"])
            .arg(&out)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        std::fs::read(out).unwrap()
    };
    let first = film("first.y4m");
    assert!(first == film("second.y4m"), "twice the same bytes");
    // What was dark then is dark now, and nothing else is.
    let num_dark = first
        .windows(6)
        .enumerate()
        .filter(|(_, six)| six == b"FRAME\n")
        .filter(|(at, _)| first[at + 6..][..48 * 28].iter().all(|luma| *luma < 24))
        .count();
    assert!((1..=8).contains(&num_dark), "{num_dark} of 10 pictures are dark");
}

/// Asks for a Command as the host's own programs do.
fn command(host: &Host, command: &str) {
    use std::io::Read;
    let (address, token) = (host.line["address"].as_str().unwrap(), host.line["token"].as_str().unwrap());
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /api/v1/commands HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{command}",
        command.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn takes(home: &Path) -> usize {
    let files = std::fs::read_dir(home.join("state/jam/takes/film")).map(|files| files.count());
    files.unwrap_or_default()
}

/// The host's process is killed in the middle: what was recorded until then is a film all the same.
#[test]
fn a_recorded_room_looks_and_sounds_the_same_each_time_also_when_its_host_was_killed() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &["--no-tls", "--name", "Film"]);
    let link = host.link();
    let ana = join(link.clone(), "ana");
    assert_eq!(takes(home.path()), 0, "nothing is kept unasked");
    let recording = |client: &Client| client.with_session(|session| session.recording()).flatten();
    // Refused here or by the room.
    let _ = ana.send(Ask::SetRecording { recording: Some(sync_protocol::Recording::Sound) });
    until(|| ana.num_pending() == 0);
    assert_eq!(recording(&ana), None, "no guest switches it");
    command(&host, r#"{"command":"set_recording","recording":"sound"}"#);
    // A host without an ear keeps no sound, and says so.
    until(|| recording(&ana) == Some(sync_protocol::Recording::Signal));
    let code = "$: s(\"bd*8\")".to_owned();
    ana.send(Ask::Evaluate { text: "code".into(), block: String::new(), code, quantum_beats: 0.0 }).unwrap();
    until(|| ana.num_pending() == 0);
    std::thread::sleep(Duration::from_millis(2_500));
    host.kill();
    assert_eq!(takes(home.path()), 1);
    let film = |out: &str| {
        let out = home.path().join(out);
        let ran = Command::new(env!("CARGO_BIN_EXE_jamlight"))
            .args(["render", "--session", "Film", "--size", "48x28", "--fps", "4", "--home"])
            .arg(home.path())
            .args(["--seconds", "3", "--out"])
            .arg(&out)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        std::fs::read(out).unwrap()
    };
    assert!(film("a.y4m") == film("b.y4m"), "twice the same picture");
    assert!(film("a.flac") == film("b.flac"), "twice the same sound");
    let sound = audio_io::decode_file(&home.path().join("a.flac"), &audio_io::DecodeLimits::MEMORY).unwrap();
    assert_eq!(sound.samples.len(), 2 * 3 * 48_000);
    assert!(sound.samples.iter().any(|x| x.abs() > 0.1), "the drum is heard");
    // The room that comes back is recorded as before, and says so to who comes back.
    let host = Host::start(home.path(), link.port, &["--no-tls", "--name", "Film"]);
    until(|| ana.state() == State::Joined && takes(home.path()) == 2);
    assert!(recording(&ana).is_some());
    host.stop();
    let host = Host::start(home.path(), link.port, &["--no-tls", "--name", "Film"]);
    until(|| ana.state() == State::Joined && recording(&ana).is_none());
    assert_eq!(takes(home.path()), 2, "who opens a room again decides anew");
    host.stop();
    verify(home.path());
}

#[test]
fn who_asks_for_it_is_taken_out_of_a_rooms_past() {
    let home = tempfile::tempdir().unwrap();
    let host = Host::start(home.path(), 0, &["--name", "Film"]);
    let ana = join(host.link(), "ana");
    ana.send(Ask::Say { text: "canary".into() }).unwrap();
    until(|| ana.num_pending() == 0);
    let bens = [join(host.link(), "ben"), join(host.link(), "ben")];
    bens[1].send(Ask::Say { text: "other".into() }).unwrap();
    until(|| bens[1].num_pending() == 0);
    let erase = |name: &str| {
        let mut erase = Command::new(env!("CARGO_BIN_EXE_jamlight"));
        erase.args(["db", "--json", "erase", "Film", name, "--home"]).arg(home.path()).output().unwrap()
    };
    assert_eq!(erase("ana").status.code(), Some(1), "an open room would go on with what it remembers");
    host.stop();
    let erased = erase("ana");
    assert!(erased.status.success(), "{erased:?}");
    assert_eq!(String::from_utf8_lossy(&erased.stdout).trim(), r#"{"events":2,"sounds":0}"#);
    assert_eq!(erase("ana").status.code(), Some(1), "nobody is called so any more");
    // Of two who were called the same, the one is named by its number.
    let refused = erase("ben");
    let problem = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{problem}");
    let listed = problem.split(" of ").last().unwrap();
    let number = |said: &str| {
        let one = listed.split("; ").find(|one| one.contains(said)).unwrap();
        one.split(' ').next().unwrap().to_owned()
    };
    let number_of_other = number("1 messages, the last \"other\"");
    assert_ne!(number("said nothing"), number_of_other);
    let mut one = Command::new(env!("CARGO_BIN_EXE_jamlight"));
    one.args(["db", "--json", "erase", "Film", "ben", "--member", &number_of_other, "--home"])
        .arg(home.path());
    let erased = one.output().unwrap();
    assert!(erased.status.success(), "{erased:?}");
    assert_eq!(String::from_utf8_lossy(&erased.stdout).trim(), r#"{"events":2,"sounds":0}"#);
    assert!(erase("ben").status.success(), "one is left");
    let journal = std::fs::read(home.path().join("state/jam/rooms.db")).unwrap();
    assert!(!journal.windows(6).any(|six| six == b"canary"));
    verify(home.path());
}
