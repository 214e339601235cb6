//! Live streams: latest wins, a slow reader costs nobody else, and only who may reads.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sync_server::{Document, LiveChunk, LiveFeed, StreamServer, StreamSettings};

fn serve(settings: StreamSettings, feed: &LiveFeed) -> StreamServer {
    let feeds = BTreeMap::from([("/live", feed.clone())]);
    let page = Document { content_type: "text/plain", bytes: Bytes::from_static(b"a page") };
    StreamServer::start(settings, feeds, Arc::new(move |path| (path == "/page").then(|| page.clone())))
        .unwrap()
}

/// A feed whose readers see a header once, then each chunk.
fn feed() -> LiveFeed {
    LiveFeed::new("test/live", || {
        let mut first = true;
        Box::new(move |chunk| {
            let head = if std::mem::take(&mut first) { "head " } else { "" };
            vec![Bytes::from_static(head.as_bytes()), chunk.bytes.clone()]
        })
    })
}

fn chunk(bytes: impl Into<Bytes>, kind: u64) -> LiveChunk {
    LiveChunk { at: Duration::ZERO, kind, bytes: bytes.into() }
}

fn ask(server: &StreamServer, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let host = format!("127.0.0.1:{}", server.address().port());
    stream.write_all(request.replace("HOST", &host).as_bytes()).unwrap();
    stream
}

fn answer(server: &StreamServer, request: &str) -> String {
    let mut text = String::new();
    ask(server, request).read_to_string(&mut text).unwrap();
    text
}

/// Reads until a text came.
fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !text.contains(wanted) {
        let num = stream.read(&mut bytes).unwrap();
        assert!(num > 0, "it ended after {text:?}");
        text.push_str(&String::from_utf8_lossy(&bytes[..num]));
    }
    text
}

fn until(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

const LIVE: &str = "GET /live HTTP/1.1\r\nHost: HOST\r\n\r\n";

#[test]
fn a_reader_gets_the_header_then_what_is_new_and_ends_when_the_kind_changes() {
    let feed = feed();
    let server = serve(StreamSettings::default(), &feed);
    feed.publish(chunk("stale", 1));
    let mut reader = ask(&server, LIVE);
    until(|| feed.num_readers() == 1);
    feed.publish(chunk("chunk-1", 1));
    let seen = read_until(&mut reader, "chunk-1");
    assert!(seen.contains("test/live") && seen.contains("head ") && !seen.contains("stale"), "{seen}");
    feed.publish(chunk("chunk-2", 1));
    read_until(&mut reader, "chunk-2");
    feed.publish(chunk("other size", 2));
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap_or_default();
    assert!(!rest.contains("other size"), "{rest}");
    until(|| feed.num_readers() == 0);
}

#[test]
fn a_reader_that_takes_nothing_is_dropped_and_holds_nobody_up() {
    let feed = feed();
    let server = serve(StreamSettings::default(), &feed);
    let stuck = ask(&server, LIVE);
    until(|| feed.num_readers() == 1);
    let big = Bytes::from(vec![b'.'; 16 << 20]);
    let started = Instant::now();
    until(|| {
        feed.publish(chunk(big.clone(), 1));
        server.num_dropped() == 1
    });
    assert!(started.elapsed() >= Duration::from_secs(4), "it was given time");
    until(|| feed.num_readers() == 0);
    drop(stuck);
    let mut reader = ask(&server, LIVE);
    until(|| feed.num_readers() == 1);
    feed.publish(chunk("fresh", 1));
    read_until(&mut reader, "fresh");
}

#[test]
fn pages_are_made_on_demand_and_other_sites_get_nothing() {
    let server = serve(StreamSettings::default(), &feed());
    let get = |path: &str, more: &str| {
        answer(&server, &format!("GET {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n{more}\r\n"))
    };
    assert!(get("/page", "").ends_with("a page"));
    assert!(get("/nothing", "").starts_with("HTTP/1.1 404"));
    assert!(get("/page", "Sec-Fetch-Site: cross-site\r\n").starts_with("HTTP/1.1 403"));
    let rebound = "GET /page HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n";
    assert!(answer(&server, rebound).starts_with("HTTP/1.1 403"));
    let post = "POST /page HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n";
    assert!(answer(&server, post).starts_with("HTTP/1.1 405"));
}

#[test]
fn beyond_loopback_nothing_is_served_without_the_ticket() {
    let settings = StreamSettings { bind: [0, 0, 0, 0].into(), port: 0 };
    let server = serve(settings, &feed());
    let url = server.url("/page");
    let path = url.split_once("127.0.0.1:").unwrap().1.split_once('/').unwrap().1;
    assert_eq!(path.len(), "page".len() + 1 + 22, "128 bits in base64url: {path}");
    let get = |path: &str| {
        answer(&server, &format!("GET /{path} HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n"))
    };
    assert!(get(path).ends_with("a page"));
    for wrong in ["page", "AAAAAAAAAAAAAAAAAAAAAA/page", "x/page", ""] {
        assert!(get(wrong).starts_with("HTTP/1.1 403"), "{wrong}");
    }
}

#[test]
fn a_taken_port_is_a_sentence() {
    let server = serve(StreamSettings::default(), &feed());
    let settings = StreamSettings { port: server.address().port(), ..StreamSettings::default() };
    let error = StreamServer::start(settings, BTreeMap::new(), Arc::new(|_| None)).unwrap_err();
    assert!(error.to_string().contains("choose another port"), "{error}");
}
