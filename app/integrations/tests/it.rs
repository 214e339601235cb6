//! Services that hang, drip, lie, refuse and break: within the deadline there is always an answer or a
//! reason, and no key ever shows.
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]
#![expect(clippy::disallowed_methods, reason = "the tests play the services, which have clocks and files")]

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use app_integrations::{
    AcoustId, AcrCloud, BreakerState, CallError, Identifier, Keys, Sample, Secret, ServiceSettings, identify,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What would be a catastrophe in a log.
const CANARY: &str = "CANARY-7f3a9c51";

/// How a server behaves.
#[derive(Clone, Copy)]
enum Manner {
    /// Takes the question and never answers.
    Hang,
    /// Sends a byte now and then, for ever.
    Drip,
    /// Closes at once.
    Slam,
    /// Answers these bytes, whole.
    Say(&'static str),
    /// Two megabytes of spaces.
    Flood,
    /// Promises more than it sends.
    BreakOff,
}

const OK: &str = concat!(
    "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
    r#"{"status":{"code":0},"metadata":{"music":[{"title":"Sea","artists":[{"name":"Ana"}],"score":98}]}}"#
);

struct Server {
    address: String,
    asked: Arc<AtomicUsize>,
    questions: Arc<Mutex<Vec<u8>>>,
}

/// Serves each connection in the next manner; the last one for ever.
async fn server(manners: &[Manner]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (asked, questions) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (manners, count, kept) = (manners.to_vec(), asked.clone(), questions.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let manner = manners[count.fetch_add(1, Ordering::SeqCst).min(manners.len() - 1)];
            tokio::spawn(serve(stream, manner, kept.clone()));
        }
    });
    Server { address, asked, questions }
}

async fn serve(mut stream: TcpStream, manner: Manner, questions: Arc<Mutex<Vec<u8>>>) {
    if matches!(manner, Manner::Slam) {
        return;
    }
    let mut question = Vec::new();
    let mut block = [0; 65_536];
    let length = |question: &[u8]| -> Option<usize> {
        let text = String::from_utf8_lossy(question).to_lowercase();
        let head = text.find("\r\n\r\n")?;
        let length: usize =
            text[..head].split("content-length:").nth(1)?.lines().next()?.trim().parse().ok()?;
        Some(head + 4 + length)
    };
    while length(&question).is_none_or(|whole| question.len() < whole) {
        match stream.read(&mut block).await {
            Ok(read) if read > 0 => question.extend_from_slice(&block[..read]),
            _ => return,
        }
    }
    questions.lock().unwrap().extend(question);
    match manner {
        Manner::Hang => tokio::time::sleep(Duration::from_secs(600)).await,
        Manner::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n").await.unwrap();
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Manner::Say(bytes) => _ = stream.write_all(bytes.as_bytes()).await,
        Manner::Flood => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
            while stream.write_all(&[b' '; 65_536]).await.is_ok() {}
        }
        Manner::BreakOff => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"status\"").await;
        }
        Manner::Slam => {}
    }
}

fn settings() -> ServiceSettings {
    ServiceSettings { deadline_millis: 400, per_sec: 10.0, burst: 20, ..ServiceSettings::default() }
}

fn acrcloud(address: &str, settings: ServiceSettings) -> AcrCloud {
    AcrCloud::new(address, Secret::new(CANARY), Secret::new("CANARY-secret"), settings).unwrap()
}

fn snippet() -> Sample {
    Sample::Snippet { samples: vec![0.1; 48_000].into(), rate_hz: 48_000 }
}

/// Asks once and returns the title or the reason; always within the deadline and some slack.
#[track_caller]
fn asked(service: &AcrCloud, runtime: &tokio::runtime::Runtime) -> Result<Option<String>, CallError> {
    let begin = Instant::now();
    let answer = runtime.block_on(service.identify(&snippet()));
    let took = begin.elapsed();
    assert!(took < Duration::from_millis(1_200), "took {took:?}");
    answer.map(|named| named.map(|named| named.title))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn every_fault_of_a_service_is_a_reason_within_the_deadline() {
    let runtime = runtime();
    let check = |manner: Manner, expected: fn(&CallError) -> bool| {
        let server = runtime.block_on(server(&[manner]));
        let reason = asked(&acrcloud(&server.address, settings()), &runtime).unwrap_err();
        assert!(expected(&reason), "{reason}");
    };
    check(Manner::Hang, |err| matches!(err, CallError::Late { .. }));
    check(Manner::Drip, |err| matches!(err, CallError::Late { .. }));
    check(Manner::Slam, |err| matches!(err, CallError::Unreachable { .. } | CallError::Late { .. }));
    check(Manner::Flood, |err| matches!(err, CallError::Garbled { .. }));
    check(Manner::BreakOff, |err| matches!(err, CallError::Garbled { .. }));
    check(Manner::Say("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html>Free wifi!</html>"), |err| {
        matches!(err, CallError::Garbled { .. })
    });
    check(
        Manner::Say("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"status\":{\"code\":0},\"metadata\":7}"),
        |err| matches!(err, CallError::Garbled { .. }),
    );
    check(Manner::Say("not even HTTP"), |err| {
        matches!(err, CallError::Unreachable { .. } | CallError::Late { .. })
    });
    check(Manner::Say("HTTP/1.1 500 Oh\r\nconnection: close\r\n\r\n"), |err| {
        matches!(err, CallError::Failed { status: 500, .. } | CallError::Late { .. })
    });
    check(Manner::Say("HTTP/1.1 403 No\r\nconnection: close\r\n\r\n"), |err| {
        matches!(err, CallError::Denied { .. })
    });
    check(
        Manner::Say("HTTP/1.1 302 There\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\n\r\n"),
        |err| matches!(err, CallError::Failed { status: 302, .. }),
    );
}

#[test]
fn a_passing_failure_is_asked_again_within_the_deadline() {
    let runtime = runtime();
    let server = runtime
        .block_on(server(&[Manner::Say("HTTP/1.1 503 Oh\r\nconnection: close\r\n\r\n"), Manner::Say(OK)]));
    let service = acrcloud(&server.address, settings());
    assert_eq!(asked(&service, &runtime), Ok(Some("Sea".to_owned())));
    assert_eq!(server.asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_service_that_asks_for_quiet_gets_it() {
    let runtime = runtime();
    let busy = "HTTP/1.1 429 Slow\r\nretry-after: 40\r\nconnection: close\r\n\r\n";
    let server = runtime.block_on(server(&[Manner::Say(busy), Manner::Say(OK)]));
    let service = acrcloud(&server.address, settings());
    for _ in 0..3 {
        let reason = asked(&service, &runtime).unwrap_err();
        let CallError::TooOften { retry_in, .. } = reason else { panic!("{reason}") };
        assert!(retry_in <= Duration::from_secs(40) && retry_in > Duration::from_secs(30));
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 1, "it is left alone");
}

#[test]
fn a_failing_service_rests_and_one_probe_brings_it_back() {
    let runtime = runtime();
    let broken = Manner::Say("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nnonsense");
    let server = runtime.block_on(server(&[broken, broken, broken, Manner::Say(OK)]));
    let terms = ServiceSettings { retries: 0, failures_until_rest: 3, rest_secs: 1, ..settings() };
    let service = acrcloud(&server.address, terms);
    for _ in 0..3 {
        assert!(matches!(asked(&service, &runtime), Err(CallError::Garbled { .. })));
    }
    assert!(matches!(service.service().state(), BreakerState::Open { .. }));
    assert!(matches!(asked(&service, &runtime), Err(CallError::Resting { .. })));
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);
    std::thread::sleep(Duration::from_millis(1_050));
    assert_eq!(asked(&service, &runtime), Ok(Some("Sea".to_owned())));
    assert_eq!(service.service().state(), BreakerState::Closed);
}

#[test]
fn a_deadline_that_is_changed_is_obeyed_by_the_next_call() {
    let runtime = runtime();
    let server = runtime.block_on(server(&[Manner::Hang]));
    let service = acrcloud(&server.address, settings());
    service.service().set_settings(ServiceSettings { deadline_millis: 150, ..settings() });
    let begin = Instant::now();
    let deadline = Duration::from_millis(150);
    assert_eq!(asked(&service, &runtime), Err(CallError::Late { service: "ACRCloud", deadline }));
    assert!(begin.elapsed() < Duration::from_millis(390), "{:?}", begin.elapsed());
}

#[test]
fn the_next_service_answers_when_one_does_not() {
    let runtime = runtime();
    runtime.block_on(async {
        let (dead, well) = (server(&[Manner::Hang]).await, server(&[Manner::Say(OK)]).await);
        let services: Vec<Box<dyn Identifier>> = vec![
            Box::new(AcoustId::new(Some(&dead.address), Secret::new("k"), settings()).unwrap()),
            Box::new(acrcloud(&dead.address, settings())),
            Box::new(acrcloud(&well.address, settings())),
        ];
        let begin = Instant::now();
        let outcome = identify(&services, &snippet()).await;
        assert!(begin.elapsed() < Duration::from_millis(1_500));
        assert_eq!(
            outcome.named.map(|(who, named)| (who, named.title)),
            Some(("ACRCloud", "Sea".to_owned()))
        );
        assert!(matches!(outcome.failed.as_slice(), [CallError::Late { .. }]), "{:?}", outcome.failed);
        // None at all: what is heard is all there is.
        assert_eq!(identify(&services[..2], &snippet()).await.named, None);
    });
}

#[test]
fn acoustid_is_asked_about_files_as_its_form_wants_it() {
    let runtime = runtime();
    let said = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"status\":\"ok\",\"results\":[{\"score\":0.9,\"recordings\":[{\"title\":\"Sea\"}]}]}";
    let server = runtime.block_on(server(&[Manner::Say(said)]));
    let service = AcoustId::new(Some(&server.address), Secret::new("k&y"), settings()).unwrap();
    let file = Sample::File { fingerprint: "AQAB-_x".to_owned(), secs: 201 };
    let named = runtime.block_on(service.identify(&file)).unwrap().unwrap();
    assert_eq!(named.title, "Sea");
    let question = String::from_utf8_lossy(&server.questions.lock().unwrap()).into_owned();
    assert!(question.starts_with("POST /v2/lookup HTTP/1.1"), "{question}");
    assert!(
        question.ends_with("client=k%26y&format=json&meta=recordings&duration=201&fingerprint=AQAB-_x"),
        "{question}"
    );
}

#[test]
fn no_address_leaves_the_machine_in_the_clear() {
    let new =
        |address: &str| AcrCloud::new(address, Secret::default(), Secret::default(), settings()).is_ok();
    assert!(new("https://identify.example.org") && new("http://127.0.0.1:80"));
    assert!(
        !new("http://identify.example.org")
            && !new("ftp://x")
            && !new("https://me:pass@x.org")
            && !new("nonsense")
    );
}

#[test]
fn a_key_is_seen_by_its_service_and_by_nobody_else() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut shown = String::new();
    tracing::subscriber::with_default(subscriber, || {
        for manner in [Manner::Say(OK), Manner::Slam, Manner::Flood, Manner::Say("HTTP/1.1 403 No\r\n\r\n")] {
            let server = runtime.block_on(server(&[manner]));
            let service = acrcloud(&server.address, ServiceSettings { retries: 1, ..settings() });
            let answer = runtime.block_on(service.identify(&snippet()));
            shown.push_str(&format!("{service:?} {answer:?}"));
            if let Err(err) = answer {
                shown.push_str(&err.to_string());
            }
            if matches!(manner, Manner::Say(OK)) {
                let question = server.questions.lock().unwrap().clone();
                assert!(String::from_utf8_lossy(&question).contains(CANARY), "its service sees the key");
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut keys = Keys::default();
    keys.set("acrcloud", "access_key", Secret::new(CANARY));
    keys.write(&path).unwrap();
    assert_eq!(Keys::read(&path).unwrap().get("acrcloud", "access_key"), Secret::new(CANARY));
    shown.push_str(&format!("{keys:?}"));
    std::fs::write(&path, format!("[acrcloud\naccess_key = \"{CANARY}\"")).unwrap();
    let err = Keys::read(&path).unwrap_err();
    shown.push_str(&format!("{err} {err:?}"));
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(!logged.is_empty(), "something was logged");
    for text in [&shown, &logged] {
        assert!(!text.contains("CANARY"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn the_keys_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config/keys.toml");
    let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
    let mut keys = Keys::default();
    keys.set("acoustid", "client", Secret::new("  abc "));
    keys.write(&path).unwrap();
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(Keys::read(&path).unwrap(), keys);
    assert_eq!(mode(), 0o600, "what was open is closed");
}
