use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;

/// What a page may do: what came with it, and talk to its own host. No inline script, no frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'";

/// One file of the guest page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its media type, such as `text/html; charset=utf-8`.
    pub content_type: &'static str,
    /// `br` or `gzip` when the bytes are compressed.
    pub encoding: Option<&'static str>,
    /// What is served.
    pub bytes: Bytes,
}

/// What people see when the host was built without a guest page.
pub(crate) const NO_PAGE: &str = "<!doctype html><meta charset=utf-8><title>Jamlight</title>\
     <h1>This host has no guest page</h1><p>Join with the app, or ask the host to build the page: cargo xtask guest</p>";

pub(crate) fn page(page: &Page) -> Response {
    let mut response = Response::new(Body::from(page.bytes.clone()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(page.content_type));
    if let Some(encoding) = page.encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

pub(crate) fn no_page() -> Response {
    let html = "text/html; charset=utf-8";
    let mut response =
        page(&Page { content_type: html, encoding: None, bytes: Bytes::from_static(NO_PAGE.as_bytes()) });
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Adds what every answer carries.
pub(crate) fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}
