//! A client against a host of a few lines: the room is real, the network is loopback.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, and wait for real sockets"
)]

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use sync_client::{Client, State};
use sync_protocol::{
    Asked, Command, Credential, Envelope, ErrorCode, FromMember, Hello, JoinLink, KeyFingerprint, LayerId,
    Member, MemberId, Role, SECRET_BYTES, Secret, Show, ToMember,
};
use sync_session::{Notice, Origin, Session};
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

const GUEST: MemberId = MemberId(2);

/// A host that serves one guest at a time, and loses the connection when it is told to.
struct Host {
    link: JoinLink,
    room: Arc<Mutex<Room>>,
}

struct Room {
    session: Session,
    events: Vec<sync_protocol::Event>,
    num_tokens: u8,
    /// Answers so many Commands, then cuts the connection before the answer is sent.
    answers_left: usize,
    num_connections: usize,
    refuses: bool,
}

impl Host {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let secret = Secret::from_random([7; SECRET_BYTES]);
        let port = listener.local_addr().unwrap().port();
        let link = JoinLink { host: "127.0.0.1".into(), port, room: "r".into(), fingerprint: None, secret };
        let room = Room {
            session: Session::new(Show::default()),
            events: Vec::new(),
            num_tokens: 0,
            answers_left: usize::MAX,
            num_connections: 0,
            refuses: false,
        };
        let room = Arc::new(Mutex::new(room));
        let (own, secret) = (Arc::clone(&room), link.secret.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                own.lock().unwrap().num_connections += 1;
                // A guest that goes away ends its connection, not the host.
                let _ = serve(stream.unwrap(), &own, &secret);
            }
        });
        Self { link, room }
    }

    fn room(&self) -> std::sync::MutexGuard<'_, Room> {
        self.room.lock().unwrap()
    }
}

fn serve(stream: TcpStream, room: &Mutex<Room>, secret: &Secret) -> Result<(), tungstenite::Error> {
    let mut ws = tungstenite::accept(stream).map_err(|_| tungstenite::Error::ConnectionClosed)?;
    let hello: Hello = serde_json::from_str(ws.read()?.to_text()?).unwrap();
    {
        let mut room = room.lock().unwrap();
        let last_token = Secret::from_random([room.num_tokens; SECRET_BYTES]);
        let is_known = match &hello.credential {
            Credential::Invite(invite) => invite == secret,
            Credential::Token(token) => *token == last_token,
        };
        assert!(is_known, "it comes back with its newest token");
        if room.refuses {
            let error = Envelope::new(ErrorCode::Forbidden, "not you");
            return say(&mut ws, &ToMember::Closed { error });
        }
        room.num_tokens += 1;
        let token = Secret::from_random([room.num_tokens; SECRET_BYTES]);
        let joined =
            room.session.join(Origin::default(), Member::new(GUEST, hello.name, Role::Performer)).unwrap();
        room.events.extend(joined);
        let missed: Vec<_> = match hello.after {
            Some(after) => room.events.iter().filter(|event| event.seq > after).cloned().collect(),
            None => Vec::new(),
        };
        let state = hello.after.is_none().then(|| Box::new(room.session.state(Some(GUEST))));
        let ticket = token.clone();
        say(&mut ws, &ToMember::Welcome { me: GUEST, token, ticket, room_secs: 0.0, state })?;
        for event in missed {
            say(&mut ws, &ToMember::Event { event })?;
        }
    }
    loop {
        let message = ws.read()?;
        if !message.is_text() {
            continue;
        }
        let FromMember::Ask(Asked { no, command }) = serde_json::from_str(message.to_text()?).unwrap() else {
            continue;
        };
        let mut room = room.lock().unwrap();
        if no <= room.session.last_no(GUEST) {
            say(&mut ws, &ToMember::Done { no })?;
            continue;
        }
        let answers = match room.session.apply(Origin { member: GUEST, no, at_millis: 0 }, command) {
            Ok(events) => {
                room.events.extend(events.clone());
                events.into_iter().map(|event| ToMember::Event { event }).collect()
            }
            Err(error) => vec![ToMember::Refused { no, error }],
        };
        if room.answers_left == 0 {
            room.answers_left = 3;
            return Ok(());
        }
        room.answers_left = room.answers_left.saturating_sub(1);
        answers.iter().try_for_each(|answer| say(&mut ws, answer))?;
    }
}

fn say(ws: &mut WebSocket<TcpStream>, message: &ToMember) -> Result<(), tungstenite::Error> {
    ws.send(Message::text(serde_json::to_string(message).unwrap()))
}

fn until(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn connections_that_are_cut_before_the_answer_leave_each_command_one_effect() {
    let host = Host::new();
    host.room().answers_left = 3;
    let client = Client::join(host.link.clone(), "ana").unwrap();
    until(|| client.state() == State::Joined);
    for n in 0..20 {
        client.send(Command::Say { text: format!("message {n}") }).unwrap();
    }
    until(|| client.num_pending() == 0);
    let said: Vec<String> = host.room().session.chat().map(|message| message.text.clone()).collect();
    assert_eq!(said, (0..20).map(|n| format!("message {n}")).collect::<Vec<_>>());
    assert!(host.room().num_connections > 3, "it was cut {} times", host.room().num_connections);
    until(|| client.with_session(|session| *session == host.room().session).unwrap());
    client.leave();
    until(|| client.state() == State::Left);
}

#[test]
fn what_was_done_without_a_connection_is_done_when_it_is_back() {
    let host = Host::new();
    let client = Client::join(host.link.clone(), "ana").unwrap();
    until(|| client.state() == State::Joined);
    host.room().answers_left = 0;
    client.send(Command::SetTitle { title: "one".into() }).unwrap();
    client.edit_text(&"main".into(), 0..0, "offline").unwrap();
    client.send(Command::SetOpacity { layer: LayerId(1), opacity: 0.5 }).unwrap();
    assert_eq!((client.show().title.as_str(), client.show().layers[0].opacity), ("one", 0.5));
    until(|| client.num_pending() == 0);
    let room = host.room();
    assert_eq!((room.session.show().title.as_str(), room.session.show().layers[0].opacity), ("one", 0.5));
    assert_eq!(room.session.text(&"main".into()).unwrap(), "offline");
}

#[test]
fn a_refusal_of_the_room_takes_the_change_off_the_stage_and_one_at_the_door_is_final() {
    let host = Host::new();
    let client = Client::join(host.link.clone(), "ana").unwrap();
    until(|| client.state() == State::Joined);
    // The host has removed the layer; this copy does not know yet.
    let layer = LayerId(1);
    let mut state = host.room().session.state(None);
    state.desk.show.layers[0].id = LayerId(9);
    host.room().session = Session::from_state(state);
    client.send(Command::MuteLayer { layer, muted: true }).unwrap();
    assert!(client.show().layers[0].muted);
    until(|| client.poll().any(|notice| matches!(notice, Notice::Refused { .. })));
    assert!(!client.show().layers[0].muted);
    host.room().refuses = true;
    host.room().answers_left = 0;
    client.send(Command::SetTitle { title: "x".into() }).unwrap();
    until(|| matches!(client.state(), State::Refused(error) if error.code == ErrorCode::Forbidden));
}

#[test]
fn nothing_is_sent_before_the_room_was_reached_and_leaving_never_waits() {
    let secret = Secret::from_random([7; SECRET_BYTES]);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = JoinLink { host: "127.0.0.1".into(), port, room: "r".into(), fingerprint: None, secret };
    let client = Client::join(nobody, "ana").unwrap();
    assert_eq!(client.send(Command::Undo).unwrap_err().code, ErrorCode::Closed);
    until(
        || matches!(client.state(), State::Waiting { retry_secs, .. } if (0.1..=10.0).contains(&retry_secs)),
    );
    client.leave();
    until(|| client.state() == State::Left);
}

/// A TLS host with this key, that counts what it can read.
fn tls_host(key: &rcgen::KeyPair) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let certificate =
        rcgen::CertificateParams::new(vec!["somewhere.test".into()]).unwrap().self_signed(key).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let (port, heard) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
    let own = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut tls) =
                (stream.unwrap(), rustls::ServerConnection::new(Arc::clone(&config)).unwrap());
            let mut bytes = [0; 256];
            // A client that does not like us goes away.
            if let Ok(num) = std::io::Read::read(&mut rustls::Stream::new(&mut tls, &mut stream), &mut bytes)
            {
                own.lock().unwrap().extend_from_slice(&bytes[..num]);
            }
        }
    });
    (port, heard)
}

#[test]
fn another_key_stops_the_client_before_it_says_a_word_and_the_right_one_is_enough() {
    use rcgen::PublicKeyData as _;
    let key = rcgen::KeyPair::generate().unwrap();
    let (port, heard) = tls_host(&key);
    let link = |fingerprint: [u8; 32]| JoinLink {
        host: "127.0.0.1".into(),
        port,
        room: "r".into(),
        fingerprint: Some(KeyFingerprint(fingerprint)),
        secret: Secret::from_random([7; SECRET_BYTES]),
    };
    let client = Client::join(link([1; 32]), "ana").unwrap();
    until(|| matches!(client.state(), State::Refused(error) if error.message.contains("not the host")));
    assert!(heard.lock().unwrap().is_empty());
    let right = Sha256::digest(key.subject_public_key_info()).into();
    let _client = Client::join(link(right), "ana").unwrap();
    until(|| heard.lock().unwrap().starts_with(b"GET /room HTTP/1.1"));
}
