//! Rooms across processes: a real host, real members, real signals.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use sync_client::{Client, State};
use sync_protocol::{Command as Ask, JoinLink};

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
