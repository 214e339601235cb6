//! A guest that costs little: one socket, frames scanned rather than parsed.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::{Value, json};
use sync_protocol::JoinLink;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::measure::Latencies;

pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

type Ws = WebSocketStream<Stream>;

/// What a newcomer says first.
pub(crate) fn hello(link: &JoinLink, name: &str) -> Value {
    json!({"protocol": 1, "room": link.room, "credential": {"invite": link.secret}, "name": name})
}

pub(crate) struct Guest {
    ws: Ws,
    hello: Value,
    token: String,
    seq: u64,
}

impl Guest {
    pub(crate) async fn join(link: &JoinLink, hello: Value) -> Self {
        let tcp = TcpStream::connect((link.host.as_str(), link.port)).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let (stream, scheme) = match link.fingerprint {
            None => (Stream::Plain(tcp), "ws"),
            Some(_) => {
                let name = ServerName::try_from("localhost").unwrap();
                (Stream::Tls(Box::new(connector().connect(name, tcp).await.unwrap())), "wss")
            }
        };
        let config = WebSocketConfig::default().read_buffer_size(4_096).write_buffer_size(4_096);
        let url = format!("{scheme}://{}/room", link.authority());
        let (mut ws, _) = client_async_with_config(url, stream, Some(config)).await.unwrap();
        ws.send(Message::text(hello.to_string())).await.unwrap();
        loop {
            let message = ws.next().await.unwrap().unwrap();
            let Message::Text(text) = message else { continue };
            let said: Value = serde_json::from_str(text.as_str()).unwrap();
            assert_ne!(said["type"], "closed", "{said}");
            if said["type"] == "welcome" {
                let token = said["token"].as_str().unwrap().to_owned();
                let seq = said["state"]["seq"].as_u64().unwrap_or(0);
                return Self { ws, hello, token, seq };
            }
        }
    }

    /// What it says when it comes back.
    pub(crate) fn hello_again(&self) -> Value {
        let mut hello = self.hello.clone();
        hello["credential"] = json!({"token": self.token});
        hello["after"] = json!(self.seq);
        hello
    }

    /// Reads on its own task, unless it is stalled, and writes what it is given.
    pub(crate) fn run(self, start: Instant, seen: Option<Arc<Seen>>, writes: bool) -> Sender {
        let (sink, stream) = self.ws.split();
        match seen {
            Some(seen) => drop(tokio::spawn(read(stream, start, seen))),
            // Held open and never read.
            None => std::mem::forget(stream),
        }
        let (to_socket, queue) = mpsc::unbounded_channel();
        tokio::spawn(write(sink, queue));
        Sender { to_socket: writes.then_some(to_socket.clone()), _keeps: to_socket }
    }
}

pub(crate) struct Sender {
    to_socket: Option<mpsc::UnboundedSender<String>>,
    _keeps: mpsc::UnboundedSender<String>,
}

impl Sender {
    /// Asks for something that carries the moment it was due, in microseconds.
    pub(crate) fn say(&self, no: u64, is_move: bool, due: Duration) {
        let (no, micros) = (no + 1, due.as_micros());
        let message = if is_move {
            // A key of its own each time: none is held back for another.
            format!(
                r#"{{"type":"ask","no":{no},"command":"set_param","layer":1,"name":"p{}","value":{micros}}}"#,
                no % 64
            )
        } else {
            format!(r#"{{"type":"ask","no":{no},"command":"set_title","title":"t{micros}"}}"#)
        };
        if let Some(to_socket) = &self.to_socket {
            let _ = to_socket.send(message);
        }
    }
}

async fn write(mut sink: SplitSink<Ws, Message>, mut queue: mpsc::UnboundedReceiver<String>) {
    while let Some(message) = queue.recv().await {
        if sink.send(Message::text(message)).await.is_err() {
            return;
        }
    }
}

async fn read(mut stream: SplitStream<Ws>, start: Instant, seen: Arc<Seen>) {
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else { continue };
        let (text, now) = (text.as_str(), start.elapsed());
        if let Some(micros) = number_after(text, r#""title":"t"#) {
            seen.note(false, now.as_micros() as f64 / 1e3 - micros / 1e3);
        } else if text.contains("param_changed")
            && let Some(micros) = number_after(text, r#""value":"#)
        {
            seen.note(true, now.as_micros() as f64 / 1e3 - micros / 1e3);
        }
    }
}

fn number_after(text: &str, mark: &str) -> Option<f64> {
    let rest = &text[text.find(mark)? + mark.len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[derive(Default)]
pub(crate) struct Seen {
    counts: AtomicBool,
    moves: Mutex<Latencies>,
    kept: Mutex<Latencies>,
}

impl Seen {
    pub(crate) fn begin(&self) {
        self.counts.store(true, Ordering::Relaxed);
    }

    pub(crate) fn end(&self) -> (Latencies, Latencies) {
        self.counts.store(false, Ordering::Relaxed);
        (std::mem::take(&mut self.moves.lock().unwrap()), std::mem::take(&mut self.kept.lock().unwrap()))
    }

    fn note(&self, is_move: bool, millis: f64) {
        if self.counts.load(Ordering::Relaxed) {
            let slot = if is_move { &self.moves } else { &self.kept };
            slot.lock().unwrap().add(millis);
        }
    }
}

/// Any certificate will do: this is not what is measured here.
fn connector() -> TlsConnector {
    #[derive(Debug)]
    struct Anyone(Arc<rustls::crypto::CryptoProvider>);
    impl ServerCertVerifier for Anyone {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
    static CONFIG: std::sync::OnceLock<Arc<rustls::ClientConfig>> = std::sync::OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
            .with_no_client_auth();
        Arc::new(config)
    });
    TlsConnector::from(config.clone())
}
