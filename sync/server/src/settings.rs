use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_protocol::MAX_WATCHERS;

use crate::Page;
use crate::pages::guest_pages;

/// What a user may tune of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The address it listens on; `0.0.0.0` is every IPv4 one.
    pub bind: std::net::IpAddr,
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// Whether it speaks TLS. Off only for tests and behind a proxy: secrets then travel in the clear.
    pub tls: bool,
    /// Names and addresses people reach this machine by, beside loopback: they go into the
    /// certificate, and requests for other hosts are refused.
    pub hosts: Vec<String>,
    /// Sockets from one address at once, 1–10,000.
    pub max_conns_per_address: usize,
    /// Sockets at once, 1–20,000.
    pub max_conns: usize,
    /// Guests who see small pictures of the show at once, 1–10,000.
    pub max_watchers: usize,
    /// Whether `/drill/echo` is there.
    pub echo_drill: bool,
    /// A certificate that browsers know, in the place of our own.
    #[serde(skip)]
    pub certificate: Option<Certificate>,
    /// The guest page by path below `/guest/`; `index.html` is also `/` and `/j`.
    #[serde(skip, default = "guest_pages")]
    pub pages: BTreeMap<String, Page>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: std::net::Ipv4Addr::UNSPECIFIED.into(),
            port: 7700,
            tls: true,
            hosts: Vec::new(),
            max_conns_per_address: 32,
            max_conns: 12_000,
            max_watchers: MAX_WATCHERS,
            echo_drill: false,
            certificate: None,
            pages: guest_pages(),
        }
    }
}

/// A certificate of an authority, and its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate and those that vouch for it, as PEM.
    pub chain_pem: String,
    /// Its private key, as PEM.
    pub key_pem: String,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate(…)")
    }
}

/// A setting out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}, it takes {range}")]
pub struct SettingsError {
    field: &'static str,
    value: usize,
    range: &'static str,
}

impl Settings {
    /// Checks every range.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let check = |field, value: usize, max: usize, range| {
            (1..=max).contains(&value).then_some(()).ok_or(SettingsError { field, value, range })
        };
        check("max_conns_per_address", self.max_conns_per_address, 10_000, "1 to 10000")?;
        check("max_watchers", self.max_watchers, 10_000, "1 to 10000")?;
        check("max_conns", self.max_conns, 20_000, "1 to 20000")
    }
}
