//! The room without a WebSocket: one streamed answer down, ordered POSTs up.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use sync_protocol::{Command, Role};

use crate::{Jam, until};

/// The page's end of a line.
struct Line {
    name: String,
    head: String,
    down: BufReader<TcpStream>,
    /// What of the current chunk has been read and belongs to no frame yet.
    rest: Vec<u8>,
    no: u64,
}

impl Jam {
    fn open_line(&self, hello: &Value) -> Line {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let (host, body) = (self.server.address(), hello.to_string());
        let head =
            format!("POST /room/stream HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut down = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(down.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let name = head.split("x-jamlight-line: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        Line { name: name.unwrap_or_default().to_owned(), head, down, rest: Vec::new(), no: 0 }
    }

    fn join_streamed(&self, role: Role, name: &str) -> (Line, Value) {
        let link = self.link(role);
        let mut line = self.open_line(
            &json!({"protocol": 1, "room": link.room, "credential": {"invite": link.secret}, "name": name}),
        );
        let welcome = line.hear("welcome");
        (line, welcome)
    }

    fn post(&self, line: &str, no: u64, said: &str) -> String {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        let head = format!("POST /room/say HTTP/1.1\r\nHost: {}\r\nConnection: close", self.server.address());
        let own = format!("x-jamlight-line: {line}\r\nx-jamlight-no: {no}\r\nContent-Length: {}", said.len());
        write!(stream, "{head}\r\n{own}\r\n\r\n{said}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    fn say(&self, line: &mut Line, messages: &[Value]) {
        line.no += 1;
        let said: Vec<String> = messages.iter().map(Value::to_string).collect();
        assert_eq!(self.post(&line.name, line.no, &said.join("\n")), "204");
    }
}

impl Line {
    /// Returns the next frame, `None` when the answer has ended.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some(size) = self.rest.get(1..5).map(|size| u32::from_be_bytes(size.try_into().unwrap()))
                && self.rest.len() >= 5 + size as usize
            {
                let frame: Vec<u8> = self.rest.drain(..5 + size as usize).collect();
                return Some((frame[0], frame[5..].to_vec()));
            }
            let mut size = String::new();
            self.down.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
            let mut chunk = vec![0; size + 2];
            self.down.read_exact(&mut chunk).unwrap();
            if size == 0 {
                return None;
            }
            self.rest.extend(&chunk[..size]);
        }
    }

    fn hear(&mut self, kind: &str) -> Value {
        loop {
            let (opcode, payload) = self.frame().unwrap();
            if opcode == 1 {
                let message: Value = serde_json::from_slice(&payload).unwrap();
                if message["type"] == kind {
                    return message;
                }
            }
        }
    }
}

#[test]
fn a_guest_without_a_websocket_is_the_same_member() {
    let jam = Jam::plain();
    let (mut ana, welcome) = jam.join_streamed(Role::Performer, "ana");
    assert!(ana.head.contains("application/octet-stream"), "{}", ana.head);
    assert_eq!(welcome["state"]["desk"]["show"]["title"], "Untitled");
    let ask = |no: u64, title: &str| json!({"type": "ask", "no": no, "command": "set_title", "title": title});
    jam.say(&mut ana, &[ask(1, "one")]);
    assert_eq!(ana.hear("event")["event"]["title"], "one");
    jam.host.send(Command::SetTitle { title: "two".into() }).unwrap();
    assert_eq!(ana.hear("event")["event"]["title"], "two");
    jam.say(
        &mut ana,
        &[json!({"type": "ping", "sent_secs": 1.5}), json!({"type": "watch", "pictures": true})],
    );
    assert_eq!(ana.hear("pong")["sent_secs"], 1.5);
    until(|| jam.server.num_watchers() == 1);
    jam.server.publish_picture(vec![9, 8].into());
    while ana.frame().unwrap() != (2, vec![9, 8]) {}
    drop(ana);
    until(|| jam.server.num_watchers() == 0);
    // It comes back by the other way, with the token of this one.
    let mut again = jam.socket("/room");
    again.say(
        json!({"protocol": 1, "room": "solo", "credential": {"token": welcome["token"]}, "name": "ana"}),
    );
    assert_eq!(again.hear("welcome")["me"], welcome["me"]);
    jam.stop();
}

#[test]
fn a_post_that_was_lost_counts_once_and_none_overtakes() {
    let jam = Jam::plain();
    let (mut ana, _) = jam.join_streamed(Role::Viewer, "ana");
    let word =
        |no: u64| json!({"type": "ask", "no": 0, "command": "say", "text": format!("{no}")}).to_string();
    let name = ana.name.clone();
    assert_eq!(jam.post(&name, 2, &word(2)), "409");
    assert_eq!(jam.post(&name, 1, &word(1)), "204");
    assert_eq!(jam.post(&name, 1, &word(1)), "204");
    assert_eq!(jam.post(&name, 2, &word(2)), "204");
    for expected in ["1", "2"] {
        assert_eq!(ana.hear("event")["event"]["text"], expected);
    }
    let many = format!("{}\n\n", word(3)).repeat(65);
    assert_eq!(jam.post(&name, 3, &many), "400");
    assert_eq!(jam.post("AAAAAAAAAAAAAAAAAAAAAA", 3, &word(3)), "404");
    assert_eq!(jam.post("not a name", 3, &word(3)), "404");
    assert_eq!(jam.host.with_session(|session| session.chat().count()), 2);
    jam.stop();
}

#[test]
fn strangers_and_senseless_messages_end_a_line_as_they_end_a_socket() {
    let jam = Jam::plain();
    let mut stranger = jam.open_line(
        &json!({"protocol": 1, "room": "solo", "credential": {"invite": "AAAAAAAAAAAAAAAAAAAAAA"}, "name": "x"}),
    );
    assert_eq!(stranger.hear("closed")["error"]["code"], "unauthorized");
    assert_eq!(
        stranger.frame().map(|(opcode, payload)| (opcode, payload[..2].to_vec())),
        Some((8, vec![3, 0xF0]))
    );
    assert_eq!(stranger.frame(), None);
    let (mut ana, _) = jam.join_streamed(Role::Viewer, "ana");
    for _ in 0..5 {
        jam.say(&mut ana, &[json!({"type": "nonsense"})]);
    }
    while ana.frame().unwrap().0 != 8 {}
    assert_eq!(ana.frame(), None);
    until(|| jam.post(&ana.name, 6, "{}") == "404");
    for path in ["/room/stream", "/room/say"] {
        let refused =
            jam.request(&format!("POST {path} HTTP/1.1\nHost: HOST\nOrigin: http://evil.test\nConnection: close\nContent-Length: 0\n\n"));
        assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    }
    // A form of another site cannot send JSON.
    let form = jam.request(
        "POST /room/stream HTTP/1.1\nHost: HOST\nConnection: close\nContent-Type: text/plain\nContent-Length: 2\n\n{}",
    );
    assert!(form.starts_with("HTTP/1.1 415"), "{form}");
    jam.stop();
}

#[test]
fn a_stopped_server_says_goodbye_on_a_line_too() {
    let jam = Jam::plain();
    let (mut ana, _) = jam.join_streamed(Role::Viewer, "ana");
    let goodbye = std::thread::spawn(move || {
        loop {
            let frame = ana.frame().unwrap();
            if frame.0 == 8 {
                return frame.1[..2].to_vec();
            }
        }
    });
    let start = std::time::Instant::now();
    jam.stop();
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(goodbye.join().unwrap(), [3, 0xE9]);
}
