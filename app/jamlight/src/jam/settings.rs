use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sync_protocol::{MAX_NAME_CHARS, Role};
use sync_server::{Certificate, Settings as ServerSettings};

/// Section `[jam]` of the settings: how this machine opens its room to others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct JamSettings {
    /// What this person is called in rooms, 1–64 characters.
    pub name: String,
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// What people of the link may do: `performer` plays and writes, `viewer` watches and talks.
    pub guests: Role,
    /// Sockets from one address at once, 1–10,000: a phone has two, a venue behind one router many.
    pub max_per_address: usize,
    /// A certificate that browsers know, a PEM file with its chain; empty for one of our own.
    pub tls_cert: PathBuf,
    /// Its key, a PEM file.
    pub tls_key: PathBuf,
    /// Whether this machine sounds as a guest from the start; the panel of the room switches it.
    pub guest_sounds: bool,
    /// Whether rooms on this network are listed. A hint: links and codes decide.
    pub discover: bool,
    /// Room that recordings may take in all, in MiB, 1–1,000,000. An hour with sound has about 400, one
    /// without 20. When it is full, recording ends; nothing that is there is lost.
    pub recording_max_mib: u64,
    /// Days after which a recording is removed, 1–3,650; 0 keeps all of them.
    pub recording_days: u32,
}

impl Default for JamSettings {
    fn default() -> Self {
        let server = ServerSettings::default();
        Self {
            name: "Host".to_owned(),
            port: server.port,
            guests: Role::Performer,
            max_per_address: server.max_conns_per_address,
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            guest_sounds: false,
            discover: true,
            recording_max_mib: 20_480,
            recording_days: 0,
        }
    }
}

impl JamSettings {
    /// Returns what is out of its range, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() || self.name.chars().count() > MAX_NAME_CHARS {
            problems.push(format!("name takes 1 to {MAX_NAME_CHARS} characters"));
        }
        if !matches!(self.guests, Role::Performer | Role::Viewer) {
            problems.push("guests is \"performer\" or \"viewer\"".to_owned());
        }
        if !(1..=1_000_000).contains(&self.recording_max_mib) {
            problems.push("recording_max_mib is 1 to 1,000,000".to_owned());
        }
        if self.recording_days > 3_650 {
            problems.push("recording_days is 1 to 3,650, or 0 for ever".to_owned());
        }
        problems.extend(self.server().validate().err().map(|err| err.to_string()));
        problems
    }

    /// Reads the certificate that browsers know, if one is set.
    ///
    /// # Errors
    /// A file cannot be read, or one of the two is missing.
    pub(crate) fn certificate(&self) -> anyhow::Result<Option<Certificate>> {
        read_certificate(&self.tls_cert, &self.tls_key)
    }

    /// Returns the server's settings.
    pub(crate) fn server(&self) -> ServerSettings {
        ServerSettings {
            port: self.port,
            max_conns_per_address: self.max_per_address,
            ..ServerSettings::default()
        }
    }
}

/// Reads a certificate and its key; `None` when neither is named.
///
/// # Errors
/// A file cannot be read, or one of the two is missing.
pub(crate) fn read_certificate(cert: &Path, key: &Path) -> anyhow::Result<Option<Certificate>> {
    match (cert.as_os_str().is_empty(), key.as_os_str().is_empty()) {
        (true, true) => Ok(None),
        (false, false) => {
            let read = |path: &Path| {
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
            };
            Ok(Some(Certificate { chain_pem: read(cert)?, key_pem: read(key)? }))
        }
        _ => bail!("a certificate needs both --tls-cert and --tls-key"),
    }
}
