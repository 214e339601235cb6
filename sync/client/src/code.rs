use std::time::Duration;

use ring::hmac;
use rustls::pki_types::ServerName;
use spake2::{Ed25519Group, Identity, Password, Spake2};
use sync_protocol::{
    Blob, CODE_DIGITS, CODE_EXPORTER_LABEL, CODE_GUEST, CODE_HOST, CodeAnswered, CodeAsked, Envelope,
    JoinLink,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::tls;

/// How long the whole exchange may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// An answer with its head, in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// Why six digits give no link.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// It is no short code.
    #[error("a short code is six digits")]
    Malformed,
    /// The host says no: another code by now, or none.
    #[error("{0}")]
    Refused(Envelope),
    /// Whoever answers does not know the code itself: it is not the host, or somebody is between.
    #[error("this is not the host that showed the code: somebody may be listening in")]
    Impostor,
    /// The connection failed, or what came made no sense.
    #[error("no answer that makes sense from the host: {0}")]
    Broken(String),
}

fn broken(error: impl std::fmt::Display) -> CodeError {
    CodeError::Broken(error.to_string())
}

/// Exchanges a short code for the link of an invite, with the host at an address: neither learns the
/// other's secret unless both know the code. Waits, at most ten seconds.
///
/// # Errors
/// [`CodeError`].
pub fn link_by_code(host: &str, port: u16, code: &str) -> Result<JoinLink, CodeError> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != CODE_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CodeError::Malformed);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let exchanged =
        runtime.block_on(async { tokio::time::timeout(TIMEOUT, exchange(host, port, &digits)).await });
    exchanged.map_err(|_| broken("it took longer than ten seconds"))?
}

async fn exchange(host: &str, port: u16, digits: &str) -> Result<JoinLink, CodeError> {
    let stream = TcpStream::connect((host, port)).await.map_err(broken)?;
    let server = ServerName::try_from(host.to_owned())
        .unwrap_or(ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    let connector = TlsConnector::from(tls::unknown().map_err(broken)?);
    let mut stream = connector.connect(server, stream).await.map_err(broken)?;
    let session = stream.get_ref().1;
    let exporter = session.export_keying_material([0; 32], CODE_EXPORTER_LABEL, None).map_err(broken)?;
    let certificate = session.peer_certificates().and_then(|all| all.first());
    let key_of_host =
        tls::fingerprint(certificate.ok_or_else(|| broken("it has no key"))?).map_err(broken)?;
    let (state, own) = Spake2::<Ed25519Group>::start_a(
        &Password::new(digits.as_bytes()),
        &Identity::new(CODE_GUEST),
        &Identity::new(CODE_HOST),
    );
    let authority = JoinLink {
        host: host.to_owned(),
        port,
        room: "code".into(),
        fingerprint: Some(key_of_host),
        secret: sync_protocol::Secret::from_random([0; sync_protocol::SECRET_BYTES]),
    }
    .authority();
    let hello = CodeAsked::Hello { message: Blob(own.clone()) };
    let CodeAnswered::Hello { exchange, message } = post(&mut stream, &authority, &hello).await? else {
        return Err(broken("another step was expected"));
    };
    let key = state.finish(&message.0).map_err(|_| broken("its message is none"))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let bound = [&exporter[..], &own, &message.0].concat();
    let proof = hmac::sign(&key, &[CODE_GUEST, &bound].concat());
    let proof = CodeAsked::Proof { exchange, proof: Blob(proof.as_ref().to_vec()) };
    let CodeAnswered::Link { proof, link } = post(&mut stream, &authority, &proof).await? else {
        return Err(broken("another step was expected"));
    };
    hmac::verify(&key, &[CODE_HOST, &bound].concat(), &proof.0).map_err(|_| CodeError::Impostor)?;
    let link = JoinLink::parse(&link).map_err(broken)?;
    if link.fingerprint != Some(key_of_host) {
        return Err(CodeError::Impostor);
    }
    // The address that answered is one that works from here.
    Ok(JoinLink { host: host.to_owned(), port, ..link })
}

/// Posts one step and reads its answer; the connection stays.
async fn post(
    stream: &mut TlsStream<TcpStream>,
    authority: &str,
    asked: &CodeAsked,
) -> Result<CodeAnswered, CodeError> {
    let body = serde_json::to_string(asked).map_err(broken)?;
    let request = format!(
        "POST /api/v1/code HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let (mut answer, mut part) = (Vec::new(), [0; 2048]);
    loop {
        let num = stream.read(&mut part).await.map_err(broken)?;
        answer.extend_from_slice(part.get(..num).unwrap_or_default());
        if let Some(answered) = parse(&answer)? {
            return answered;
        }
        if num == 0 || answer.len() > MAX_ANSWER_BYTES {
            return Err(broken("its answer has no end"));
        }
    }
}

type Answered = Result<CodeAnswered, CodeError>;

/// Returns the answer once it is whole.
fn parse(answer: &[u8]) -> Result<Option<Answered>, CodeError> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = answer.split_at(end + 4);
    let head = std::str::from_utf8(head).map_err(broken)?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let Some(body) = body.get(..length.ok_or_else(|| broken("it has no length"))?) else { return Ok(None) };
    if status == "200" {
        return Ok(Some(serde_json::from_slice(body).map_err(broken)));
    }
    let refused = serde_json::from_slice::<Envelope>(body);
    Ok(Some(Err(refused.map_or_else(|_| broken(format!("status {status}")), CodeError::Refused))))
}
