use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

include!(concat!(env!("OUT_DIR"), "/guest.rs"));

/// What a page may do: what came with it, and talk to its own host. No inline script or style but the
/// shell's own, by hash; no frame.
static CONTENT_SECURITY_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let mut policy = "default-src 'none'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
        .to_owned();
    for (directive, inline) in [("script-src", SCRIPT), ("style-src", STYLE)] {
        let hash = STANDARD.encode(Sha256::digest(inline.as_bytes()));
        // Writing to a String cannot fail.
        let _ = write!(policy, "; {directive} 'self' 'sha256-{hash}'");
    }
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// One file of the guest page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its media type, such as `text/html; charset=utf-8`.
    pub content_type: &'static str,
    /// Whether its path changes with its bytes, so that a browser may keep it for good.
    pub is_immutable: bool,
    /// What is served: one of these the browser takes, the first that it does, or else the last.
    /// Each is `br`, `gzip` or, not compressed, empty.
    pub encodings: Vec<(&'static str, Bytes)>,
}

/// Returns the guest page that this program was built with, by path below `/guest/`. Without the
/// bundle that `cargo xtask guest` builds it has no editor, and says so in its Code tab.
pub fn guest_pages() -> BTreeMap<String, Page> {
    static PAGES: LazyLock<BTreeMap<String, Page>> = LazyLock::new(built_in);
    PAGES.clone()
}

fn built_in() -> BTreeMap<String, Page> {
    let shell = Page {
        content_type: "text/html; charset=utf-8",
        is_immutable: false,
        encodings: vec![("gzip", gzip(SHELL.as_bytes())), ("", Bytes::from_static(SHELL.as_bytes()))],
    };
    let mut pages = BTreeMap::from([("index.html".to_owned(), shell)]);
    for (name, brotli, gzip) in CHUNKS {
        let encodings = vec![("br", Bytes::from_static(brotli)), ("gzip", Bytes::from_static(gzip))];
        let page = Page { content_type: "text/javascript; charset=utf-8", is_immutable: true, encodings };
        pages.insert((*name).to_owned(), page);
    }
    pages
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A Vec takes everything.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default().into()
}

/// What people see when the host has no guest page.
const NO_PAGE: &str = "<!doctype html><meta charset=utf-8><title>Jamlight</title>\
     <h1>This host has no guest page</h1><p>Join with the app.</p>";

pub(crate) fn page(page: &Page, request: &HeaderMap) -> Response {
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let takes =
        |encoding: &str| encoding.is_empty() || accepted.split(',').any(|one| is_taken(one, encoding));
    let chosen = page.encodings.iter().find(|(encoding, _)| takes(encoding)).or(page.encodings.last());
    let Some((encoding, bytes)) = chosen else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = Response::new(Body::from(bytes.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(page.content_type));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !encoding.is_empty() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if page.is_immutable {
        let forever = HeaderValue::from_static("private, max-age=31536000, immutable");
        headers.insert(header::CACHE_CONTROL, forever);
    }
    response
}

/// Whether one part of an `Accept-Encoding` takes this encoding: `br`, `gzip;q=0.5`, not `br;q=0`.
fn is_taken(part: &str, encoding: &str) -> bool {
    let (name, quality) = part.split_once(';').unwrap_or((part, ""));
    name.trim().eq_ignore_ascii_case(encoding) && !quality.trim().trim_end_matches(['0', '.']).ends_with('=')
}

pub(crate) fn no_page() -> Response {
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::NOT_FOUND, html, NO_PAGE).into_response()
}

/// Adds what every answer carries.
pub(crate) fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.clone());
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_first_encoding_it_takes() {
        let encodings = vec![("br", Bytes::from("b")), ("gzip", Bytes::from("g")), ("", Bytes::from("i"))];
        let one = Page { content_type: "text/plain", is_immutable: false, encodings };
        let check = |accepted: &str, expected: Option<&str>| {
            let mut request = HeaderMap::new();
            request.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(accepted).unwrap());
            let response = page(&one, &request);
            let encoding =
                response.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(encoding, expected, "{accepted}");
        };
        check("gzip, deflate, br", Some("br"));
        check("br;q=1.0, gzip;q=0.8", Some("br"));
        check("br;q=0, gzip", Some("gzip"));
        check("br;q=0.0, gzip;q=0.5", Some("gzip"));
        check("GZIP", Some("gzip"));
        check("brotli", None);
        check("", None);
    }

    /// One answer of 40 KB that carries its own script and style, each allowed by its hash.
    #[test]
    fn the_shell_is_one_small_answer() {
        let sent = gzip(SHELL.as_bytes());
        assert!(sent.len() <= 40 * 1024, "{} bytes", sent.len());
        assert!(SHELL.contains(&format!("<script type=\"module\">{SCRIPT}</script>")));
        assert!(SHELL.contains(&format!("<style>{STYLE}</style>")));
        assert!(
            !SCRIPT.contains("</script") && !SCRIPT.contains("import {") && !SCRIPT.contains("\nexport ")
        );
        for outside in ["http://", "https://", "onclick=", "javascript:", " style=", "innerHTML", "eval("] {
            assert!(!SHELL.contains(outside), "{outside}");
        }
    }

    #[test]
    fn the_editor_is_a_chunk_of_at_most_160_kilobytes() {
        for (name, brotli, _) in CHUNKS {
            assert!(brotli.len() <= 160 * 1024, "{name}: {} bytes", brotli.len());
            assert!(SHELL.contains(name), "the shell knows where it is");
        }
    }
}
