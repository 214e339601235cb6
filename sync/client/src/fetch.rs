use std::time::Duration;

use rustls::pki_types::ServerName;
use sync_protocol::Envelope;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Client;

/// How long a file may take: 64 MiB over a poor Wi-Fi.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Headers of an answer, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// A file of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// What its name ends with, such as `wgsl`; empty when it has no kind.
    pub extension: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host has no such file, or it is no file of the user's.
    #[error("the host has no such file")]
    NotThere,
    /// It is larger than asked for.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit that was asked for, in bytes.
        limit: usize,
    },
    /// The host says no.
    #[error("the host refuses: {0}")]
    Refused(Envelope),
    /// The connection failed, or what came made no sense.
    #[error("the file did not come: {0}")]
    Broken(String),
}

impl Client {
    /// Fetches a file of the room from its host: over the pinned connection, with this member's
    /// token. `path` follows `/api/v1/files/`. Waits up to a minute, so not for a thread that draws.
    ///
    /// # Errors
    /// [`FetchError`]; nothing is kept of a file that is too large.
    pub fn fetch(&self, path: &str, max_bytes: usize) -> Result<Fetched, FetchError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| FetchError::Broken(error.to_string()))?;
        let answer =
            runtime.block_on(async { tokio::time::timeout(TIMEOUT, self.ask_for(path, max_bytes)).await });
        answer.unwrap_or_else(|_| Err(FetchError::Broken("it took longer than a minute".to_owned())))
    }

    async fn ask_for(&self, path: &str, max_bytes: usize) -> Result<Fetched, FetchError> {
        let broken = |error: &dyn std::fmt::Display| FetchError::Broken(error.to_string());
        let shared = self.shared();
        let link = &shared.link;
        let token = shared.lock().token.clone();
        let token = token.ok_or_else(|| FetchError::Broken("the room is not reached yet".to_owned()))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        if !path.chars().all(plain) {
            return Err(FetchError::NotThere);
        }
        let request = format!(
            "GET /api/v1/files/{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            link.authority(),
            token.reveal()
        );
        let stream =
            TcpStream::connect((link.host.as_str(), link.port)).await.map_err(|error| broken(&error))?;
        let Some(tls) = shared.tls.clone() else { return exchange(stream, &request, max_bytes).await };
        let server = ServerName::try_from(link.host.clone())
            .unwrap_or(ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
        let stream = TlsConnector::from(tls).connect(server, stream).await.map_err(|error| broken(&error))?;
        exchange(stream, &request, max_bytes).await
    }
}

async fn exchange<S>(mut stream: S, request: &str, max_bytes: usize) -> Result<Fetched, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |error: std::io::Error| FetchError::Broken(error.to_string());
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let limit = max_bytes + MAX_HEAD_BYTES;
    let mut answer = Vec::new();
    let read = stream.take(limit as u64 + 1).read_to_end(&mut answer).await;
    // A peer that closes without a TLS goodbye has still sent what its length says.
    if let Err(error) = read
        && error.kind() != std::io::ErrorKind::UnexpectedEof
    {
        return Err(broken(error));
    }
    parse(&answer, max_bytes)
}

fn parse(answer: &[u8], max_bytes: usize) -> Result<Fetched, FetchError> {
    let broken = |what: &str| FetchError::Broken(what.to_owned());
    let end =
        answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| broken("it has no head"))?;
    let (head, rest) = answer.split_at(end);
    let body = rest.get(4..).unwrap_or_default();
    let head = std::str::from_utf8(head).map_err(|_| broken("its head is no text"))?;
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).ok_or_else(|| broken("it has no status"))?;
    let header = |wanted: &str| {
        let found = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        found
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim().to_owned())
    };
    match status {
        "200" => {}
        "404" => return Err(FetchError::NotThere),
        "413" => return Err(FetchError::TooLarge { limit: max_bytes }),
        _ => {
            return Err(match serde_json::from_slice::<Envelope>(body) {
                Ok(envelope) => FetchError::Refused(envelope),
                Err(_) => FetchError::Broken(format!("status {status}")),
            });
        }
    }
    let length: usize = header("content-length")
        .and_then(|length| length.parse().ok())
        .ok_or_else(|| broken("it has no length"))?;
    if length > max_bytes {
        return Err(FetchError::TooLarge { limit: max_bytes });
    }
    if body.len() != length {
        return Err(broken("it was cut"));
    }
    let extension = header("x-jamlight-extension").unwrap_or_default();
    if !extension.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(broken("its kind has no good name"));
    }
    Ok(Fetched { extension, bytes: body.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_whole_or_not_at_all() {
        let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Jamlight-Extension: wgsl\r\n\r\nabc";
        assert_eq!(parse(ok, 3).unwrap(), Fetched { extension: "wgsl".into(), bytes: b"abc".to_vec() });
        assert!(matches!(parse(ok, 2), Err(FetchError::TooLarge { limit: 2 })));
        assert!(matches!(parse(&ok[..ok.len() - 1], 3), Err(FetchError::Broken(_))));
        assert!(matches!(parse(b"HTTP/1.1 404 Not Found\r\n\r\n", 3), Err(FetchError::NotThere)));
        let path = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Jamlight-Extension: ../x\r\n\r\n";
        assert!(matches!(parse(path, 3), Err(FetchError::Broken(_))));
        for cut in 0..20 {
            assert!(parse(&ok[..cut], 3).is_err());
        }
    }
}
