//! A real server on port 0, through its front door.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, and wait for real sockets"
)]

#[path = "it/streamed.rs"]
mod streamed;
#[path = "it/streams.rs"]
mod streams;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::Digest as _;
use sync_hub::{Hub, Member};
use sync_protocol::{Command, JoinLink, Role, RoomId, Show};
use sync_server::{Identity, Server, Settings};
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

struct Jam {
    hub: Hub,
    host: Member,
    server: Server,
}

impl Jam {
    fn new(settings: Settings) -> Self {
        let (hub, host) = Hub::solo(Show::default()).unwrap();
        let settings = Settings { bind: std::net::Ipv4Addr::LOCALHOST.into(), port: 0, ..settings };
        let server =
            Server::start(settings, &Identity::generate().unwrap(), vec![hub.room().clone()]).unwrap();
        Self { hub, host, server }
    }

    fn plain() -> Self {
        Self::new(Settings { tls: false, ..Settings::default() })
    }

    fn link(&self, role: Role) -> JoinLink {
        self.server.invite(self.hub.room().id(), role, 10, Duration::from_secs(60)).unwrap().1
    }

    fn stop(self) {
        self.server.stop();
        self.hub.stop();
    }

    fn socket(&self, path: &str) -> Client {
        let stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let url = format!("ws://{}{path}", self.server.address());
        Client(tungstenite::client(url, stream).unwrap().0)
    }

    fn join(&self, role: Role, name: &str) -> (Client, Value) {
        let link = self.link(role);
        let mut client = self.socket("/room");
        client.say(
            json!({"protocol": 1, "room": link.room, "credential": {"invite": link.secret}, "name": name}),
        );
        let welcome = client.hear("welcome");
        (client, welcome)
    }

    fn request(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let request = text.replace("HOST", &self.server.address().to_string()).replace('\n', "\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

struct Client(WebSocket<TcpStream>);

impl Client {
    fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).unwrap();
    }

    /// Reads until a message of this type comes.
    fn hear(&mut self, kind: &str) -> Value {
        loop {
            if let Message::Text(text) = self.0.read().unwrap() {
                let message: Value = serde_json::from_str(text.as_str()).unwrap();
                if message["type"] == kind {
                    return message;
                }
            }
        }
    }

    fn hear_binary(&mut self) -> Vec<u8> {
        loop {
            if let Message::Binary(bytes) = self.0.read().unwrap() {
                return bytes.to_vec();
            }
        }
    }

    fn close_code(&mut self) -> u16 {
        loop {
            match self.0.read() {
                Ok(Message::Close(Some(frame))) => return frame.code.into(),
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("it never came");
}

#[test]
fn a_guest_joins_plays_hears_the_others_and_is_seen() {
    let jam = Jam::plain();
    let (mut ana, welcome) = jam.join(Role::Performer, "ana");
    let (mut ben, _) = jam.join(Role::Viewer, "ben");
    assert_eq!(welcome["state"]["desk"]["show"]["title"], "Untitled");
    ana.say(json!({"type": "ask", "no": 1, "command": "set_opacity", "layer": 1, "opacity": 0.5}));
    let event = ben.hear("event");
    assert_eq!((&event["event"]["event"], &event["event"]["was"]), (&json!("opacity_changed"), &json!(1.0)));
    ben.say(json!({"type": "ask", "no": 1, "command": "set_blackout", "blackout": true}));
    assert_eq!(ben.hear("refused")["error"]["code"], "forbidden");
    jam.host.send(Command::SetTitle { title: "Friday".into() }).unwrap();
    while ana.hear("event")["event"]["event"] != "title_changed" {}
    until(|| jam.host.show().layers[0].opacity == 0.5);
    assert_eq!(jam.host.with_session(|session| session.members().count()), 3);
    jam.stop();
}

#[test]
fn who_comes_back_with_its_token_and_last_event_hears_what_it_missed_once() {
    let jam = Jam::plain();
    let (mut ana, welcome) = jam.join(Role::Performer, "ana");
    let seq = welcome["state"]["seq"].as_u64().unwrap();
    ana.say(json!({"type": "ask", "no": 1, "command": "set_title", "title": "one"}));
    let first = ana.hear("event")["event"]["seq"].as_u64().unwrap();
    assert_eq!(first, seq + 1);
    drop(ana);
    for title in ["two", "three"] {
        jam.host.send(Command::SetTitle { title: title.into() }).unwrap();
    }
    until(|| jam.host.num_pending() == 0);
    let mut ana = jam.socket("/room");
    let hello = json!({"protocol": 1, "room": "solo", "credential": {"token": welcome["token"]}, "name": "ana", "after": first});
    ana.say(hello.clone());
    let again = ana.hear("welcome");
    assert_eq!((&again["me"], &again["state"]), (&welcome["me"], &Value::Null));
    let titles: Vec<Value> = (0..2).map(|_| ana.hear("event")["event"]["title"].clone()).collect();
    assert_eq!(titles, ["two", "three"]);
    // Asked again after the cut, decided before it: once.
    ana.say(json!({"type": "ask", "no": 1, "command": "set_title", "title": "one"}));
    assert_eq!(ana.hear("done")["no"], 1);
    assert_eq!(jam.host.show().title, "three");
    let mut thief = jam.socket("/room");
    thief.say(hello);
    assert_eq!(thief.hear("closed")["error"]["code"], "unauthorized", "a token works once");
    jam.stop();
}

#[test]
fn strangers_are_closed_with_a_reason_and_learn_nothing() {
    let jam = Jam::plain();
    let link = jam.link(Role::Viewer);
    let check = |hello: Value, expected: &str| {
        let mut client = jam.socket("/room");
        client.say(hello);
        assert_eq!(client.hear("closed")["error"]["code"], expected);
        assert_eq!(client.close_code(), 1008);
    };
    let good = json!({"protocol": 1, "room": link.room, "credential": {"invite": link.secret}, "name": "x"});
    let with = |key: &str, value: Value| {
        let mut hello = good.clone();
        hello[key] = value;
        hello
    };
    let wrong = json!({"invite": "AAAAAAAAAAAAAAAAAAAAAA"});
    check(with("protocol", json!(2)), "malformed");
    check(json!({"type": "ask"}), "malformed");
    check(with("credential", wrong.clone()), "unauthorized");
    check(with("room", json!("nowhere")), "unauthorized");
    check(with("name", json!("")), "out_of_range");
    jam.stop();
}

#[test]
fn senseless_messages_are_answered_and_the_fifth_ends_the_socket() {
    let jam = Jam::plain();
    let (mut ana, _) = jam.join(Role::Performer, "ana");
    for n in 0..5 {
        ana.say(json!({"type": "nonsense", "n": n}));
    }
    for _ in 0..4 {
        assert_eq!(ana.hear("refused")["error"]["code"], "malformed");
    }
    assert_eq!(ana.close_code(), 1008);
    jam.stop();
}

#[test]
fn a_stock_yjs_client_edits_a_text_of_the_room() {
    let jam = Jam::plain();
    let url = jam.server.yjs_url(&"solo".into(), "editors", Role::Performer).unwrap();
    let path =
        format!("{}/main", url.split_once("/yjs/").map(|(_, ticket)| format!("/yjs/{ticket}")).unwrap());
    let (mut one, mut two) = (jam.socket(&path), jam.socket(&path));
    for client in [&mut one, &mut two] {
        assert_eq!(client.hear_binary(), [0, 0, 1, 0], "the server's step1 of an empty text");
        client.0.send(Message::binary(vec![0, 0, 1, 0])).unwrap();
    }
    while one.hear_binary()[..2] != [0, 1] {}
    while two.hear_binary()[..2] != [0, 1] {}
    // Made with yjs: client 1 inserts "bd*4" in the text "code".
    let update = b"\x01\x01\x01\x00\x04\x01\x04code\x04bd*4\x00";
    let frame = [&[0, 2, update.len() as u8], &update[..]].concat();
    one.0.send(Message::binary(frame.clone())).unwrap();
    while two.hear_binary() != frame {}
    until(|| jam.host.text(&"main".into()).as_deref() == Some("bd*4"));
    jam.host.edit_text(&"main".into(), 0..2, "sn").unwrap();
    while one.hear_binary()[..2] != [0, 2] {}
    two.0.send(Message::binary(b"\x01\x0b\x01\x01\x01\x07{\"a\":1}".to_vec())).unwrap();
    while one.hear_binary()[0] != 1 {}
    let mut stranger = jam.socket("/yjs/AAAAAAAAAAAAAAAAAAAAAA/main");
    assert_eq!(stranger.hear_binary()[0], 2, "denied");
    jam.stop();
}

#[test]
fn a_reader_who_may_not_write_is_told_and_changes_nothing() {
    let jam = Jam::plain();
    jam.host.edit_text(&"main".into(), 0..0, "kept").unwrap();
    until(|| jam.host.num_pending() == 0);
    let url = jam.server.yjs_url(&"solo".into(), "readers", Role::Viewer).unwrap();
    let path = format!("/yjs/{}/main", url.rsplit('/').next().unwrap());
    let mut reader = jam.socket(&path);
    let update = b"\x01\x01\x09\x00\x04\x01\x04code\x04evil\x00";
    reader.0.send(Message::binary([&[0, 2, update.len() as u8], &update[..]].concat())).unwrap();
    while reader.hear_binary()[0] != 2 {}
    assert_eq!(jam.host.text(&"main".into()).unwrap(), "kept");
    jam.stop();
}

#[test]
fn rest_speaks_the_same_commands_and_the_same_refusals() {
    let jam = Jam::plain();
    let token = jam.server.host_token(&"solo".into()).unwrap().reveal();
    let post = |path: &str, token: &str, body: Value| {
        let body = body.to_string();
        let head = "Host: HOST\nConnection: close\nContent-Type: application/json";
        jam.request(&format!(
            "POST {path} HTTP/1.1\n{head}\nAuthorization: Bearer {token}\nContent-Length: {}\n\n{body}",
            body.len()
        ))
    };
    let done = post("/api/v1/commands", &token, json!({"command": "set_title", "title": "rest"}));
    assert!(done.starts_with("HTTP/1.1 200") && done.contains("title_changed"), "{done}");
    assert_eq!(jam.host.show().title, "rest");
    let refused = post("/api/v1/commands", &token, json!({"command": "remove_layer", "layer": 1}));
    assert!(refused.starts_with("HTTP/1.1 409") && refused.contains("limit_reached"), "{refused}");
    let stranger = post("/api/v1/commands", "AAAAAAAAAAAAAAAAAAAAAA", json!({"command": "hush"}));
    assert!(stranger.starts_with("HTTP/1.1 401"), "{stranger}");
    let invited = post("/api/v1/invites", &token, json!({"role": "viewer"}));
    let link: Value = serde_json::from_str(invited.rsplit("\r\n\r\n").next().unwrap()).unwrap();
    assert!(JoinLink::parse(link["link"].as_str().unwrap()).is_ok());
    jam.stop();
}

#[test]
fn other_hosts_and_other_sites_are_refused_before_anything() {
    let jam = Jam::plain();
    let port = jam.server.address().port();
    let check = |headers: &str, expected: &str| {
        let answer = jam.request(&format!("GET /health HTTP/1.1\n{headers}\nConnection: close\n\n"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{headers}: {answer}");
    };
    check("Host: HOST", "200");
    check(&format!("Host: localhost:{port}"), "200");
    check(&format!("Host: LocalHost:{port}"), "200");
    check(&format!("Host: [::1]:{port}"), "200");
    check("Host: HOST\nOrigin: http://HOST", "200");
    check("Host: HOST\nSec-Fetch-Site: same-origin", "200");
    check("Host: HOST\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate", "200");
    for bad in [
        "Host: evil.test",
        "Host: localhost",
        "Host: localhost:1",
        "Host: HOST\nHost: evil.test",
        "Host: HOST\nOrigin: null",
        "Host: HOST\nOrigin: https://HOST",
        "Host: HOST\nOrigin: file://",
        "Host: HOST\nOrigin: http://evil.test",
        "Host: HOST\nOrigin: http://HOST.evil.test",
        "Host: HOST\nOrigin: http://evil.test@HOST",
        "Host: HOST\nOrigin: http://127.0.0.1",
        "Host: HOST\nOrigin: http://HOST/",
        "Host: HOST\nSec-Fetch-Site: cross-site",
        "Host: HOST\nSec-Fetch-Site: same-site",
    ] {
        check(bad, "403");
    }
    check(&format!("Host: evil.test:{port}"), "403");
    check(&format!("Host: 127.0.0.1.evil.test:{port}"), "403");
    jam.stop();
}

#[test]
fn every_page_is_served_with_a_strict_policy_and_plain_http_is_sent_away() {
    let jam = Jam::new(Settings::default());
    let away = jam.request("GET /api/v1/state HTTP/1.1\nHost: HOST\n\n");
    assert!(away.starts_with("HTTP/1.1 308") && away.contains("Location: https://"), "{away}");
    jam.stop();
    let jam = Jam::plain();
    let page = jam.request("GET /j HTTP/1.1\nHost: HOST\nConnection: close\n\n").to_lowercase();
    for header in [
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
    ] {
        assert!(page.contains(header), "{page}");
    }
    let metrics = jam.request("GET /metrics HTTP/1.1\nHost: HOST\nConnection: close\n\n");
    assert!(metrics.contains("# TYPE jamlight_sockets gauge"), "{metrics}");
    jam.stop();
}

#[test]
fn an_address_with_too_many_sockets_is_refused_and_they_are_counted_out() {
    let jam = Jam::new(Settings { tls: false, max_conns_per_address: 3, ..Settings::default() });
    let held: Vec<_> = (0..3).map(|_| jam.join(Role::Viewer, "x")).collect();
    assert_eq!(jam.request("GET /health HTTP/1.1\nHost: HOST\nConnection: close\n\n"), "");
    drop(held);
    until(|| jam.request("GET /health HTTP/1.1\nHost: HOST\nConnection: close\n\n").contains("ok"));
    jam.stop();
}

#[test]
fn a_kicked_member_is_out_at_once_and_a_stopped_server_says_goodbye() {
    let jam = Jam::plain();
    let (mut ana, welcome) = jam.join(Role::Performer, "ana");
    let (mut ben, _) = jam.join(Role::Viewer, "ben");
    let who = serde_json::from_value(welcome["me"].clone()).unwrap();
    jam.host.send(Command::Kick { member: who, banned: true }).unwrap();
    assert_eq!(ana.hear("closed")["error"]["code"], "forbidden");
    ana.close_code();
    let goodbye = std::thread::spawn(move || ben.close_code());
    let start = std::time::Instant::now();
    jam.stop();
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(goodbye.join().unwrap(), 1001);
}

#[test]
fn the_guest_page_is_one_answer_that_its_own_policy_allows() {
    let jam = Jam::plain();
    let get = |path: &str, headers: &str| {
        jam.request(&format!("GET {path} HTTP/1.1\nHost: HOST\n{headers}Connection: close\n\n"))
    };
    let page = get("/j", "");
    let script = page.split("<script type=\"module\">").nth(1).unwrap().split("</script>").next().unwrap();
    let hash = base64(&sha2::Sha256::digest(script.as_bytes()));
    assert!(page.contains(&format!("script-src 'self' 'sha256-{hash}'")), "the policy knows the script");
    assert!(page.contains("cache-control: no-store") && !page.contains("unsafe-inline"));
    assert_eq!(page.split_once("\r\n\r\n").unwrap().1, get("/", "").split_once("\r\n\r\n").unwrap().1);
    assert!(get("/j", "Accept-Encoding: gzip\n").contains("content-encoding: gzip"));
    assert!(get("/guest/nothing.js", "").starts_with("HTTP/1.1 404"));
    let bare =
        Jam::new(Settings { tls: false, pages: std::collections::BTreeMap::new(), ..Settings::default() });
    let answer = bare.request("GET / HTTP/1.1\nHost: HOST\nConnection: close\n\n");
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("no guest page"), "{answer}");
    bare.stop();
    jam.stop();
}

#[test]
fn one_watcher_too_many_is_told_and_sees_no_picture() {
    let jam = Jam::new(Settings { tls: false, max_watchers: 1, ..Settings::default() });
    let (mut ana, _) = jam.join(Role::Viewer, "ana");
    let (mut ben, _) = jam.join(Role::Viewer, "ben");
    ana.say(json!({"type": "watch", "pictures": true}));
    until(|| jam.server.num_watchers() == 1);
    ben.say(json!({"type": "watch", "pictures": true}));
    assert_eq!(ben.hear("refused")["error"]["code"], "limit_reached");
    assert_eq!(jam.server.num_watchers(), 1);
    ana.say(json!({"type": "watch", "pictures": false}));
    until(|| jam.server.num_watchers() == 0);
    ben.say(json!({"type": "watch", "pictures": true}));
    until(|| jam.server.num_watchers() == 1);
    jam.server.publish_picture(vec![5].into());
    assert_eq!(ben.hear_binary(), [5]);
    jam.stop();
}

#[test]
fn who_comes_in_learns_what_the_controls_on_stage_are_and_asks_for_others() {
    let jam = Jam::plain();
    let card = |id: &str| sync_protocol::SceneCard {
        id: id.into(),
        name: format!("Scene {id}"),
        kind: "isf".into(),
        tags: Vec::new(),
        author: String::new(),
        params: Vec::new(),
    };
    jam.server.set_scenes([card(sync_protocol::DEFAULT_SCENE), card("packs/venue/tunnel")]);
    let (mut ana, _) = jam.join(Role::Viewer, "ana");
    assert_eq!(ana.hear("scene")["scene"], sync_protocol::DEFAULT_SCENE);
    ana.say(json!({"type": "scene", "scene": "packs/venue/tunnel"}));
    assert_eq!(ana.hear("scene")["card"]["name"], "Scene packs/venue/tunnel");
    ana.say(json!({"type": "scene", "scene": "none"}));
    assert_eq!(ana.hear("scene"), json!({"type": "scene", "scene": "none"}));
    jam.stop();
}

#[test]
fn an_invite_is_bound_to_its_room() {
    let jam = Jam::plain();
    let link = jam.server.invite(&RoomId::from("other"), Role::Viewer, 1, Duration::from_secs(60)).unwrap().1;
    let mut client = jam.socket("/room");
    client.say(json!({"protocol": 1, "room": "solo", "credential": {"invite": link.secret}, "name": "x"}));
    assert_eq!(client.hear("closed")["error"]["code"], "unauthorized");
    jam.stop();
}

#[test]
fn who_wants_pictures_gets_the_latest_and_who_does_not_gets_none() {
    let jam = Jam::plain();
    let (mut ana, _) = jam.join(Role::Viewer, "ana");
    let (mut ben, _) = jam.join(Role::Viewer, "ben");
    jam.server.publish_picture(vec![1].into());
    assert_eq!(jam.server.num_watchers(), 0);
    ana.say(json!({"type": "watch", "pictures": true}));
    until(|| jam.server.num_watchers() == 1);
    std::thread::sleep(Duration::from_millis(130));
    jam.server.publish_picture(vec![2].into());
    jam.server.publish_picture(vec![3].into());
    while ana.hear_binary() != [2] {}
    jam.host.send(Command::SetTitle { title: "seen".into() }).unwrap();
    while !matches!(ben.0.read().unwrap(), Message::Text(text) if text.as_str().contains("title_changed")) {}
    drop(ana);
    until(|| jam.server.num_watchers() == 0);
    jam.stop();
}
