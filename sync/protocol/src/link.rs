use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Envelope, ErrorCode, RoomId};

/// Bytes of a secret: 128 random bits.
pub const SECRET_BYTES: usize = 16;
/// Longest link that is looked at, in bytes.
const MAX_LINK_BYTES: usize = 1_024;
/// What stands for the fingerprint where there is no TLS.
const NO_FINGERPRINT: &str = "-";

/// Something that lets in whoever knows it: an invite's secret, a member's token, a ticket.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// Makes a secret of random bytes.
    pub fn from_random(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a secret as it stands in links.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Returns its bytes, to be hashed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns it as it stands in links. The one way to show it: neither `Debug` nor `Display` does.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl TryFrom<String> for Secret {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a secret of 128 bits in base64url")
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        secret.reveal()
    }
}

/// The SHA-256 of a host's public key (its SubjectPublicKeyInfo), by which a client knows it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyFingerprint(pub [u8; 32]);

impl KeyFingerprint {
    /// Reads a fingerprint as it stands in links.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl KeyFingerprint {
    /// Returns how people compare it: its first 64 bits in groups of four hexadecimal digits.
    pub fn words(&self) -> String {
        let four = |pair: &[u8]| pair.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let groups: Vec<String> = self.0.chunks(2).take(4).map(four).collect();
        groups.join(" ")
    }
}

impl fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFingerprint({self})")
    }
}

/// The one way into a room, for people, phones and programs:
/// `https://HOST:PORT/j#v1.<room>.<key fingerprint>.<secret>`. What follows `#` never leaves a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinLink {
    /// The host's name or address; an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Which room.
    pub room: RoomId,
    /// The host's key; `None` where the host runs without TLS.
    pub fingerprint: Option<KeyFingerprint>,
    /// The invite.
    pub secret: Secret,
}

impl JoinLink {
    /// Reads a link.
    ///
    /// # Errors
    /// `Malformed`, saying what is missing, never repeating the link.
    pub fn parse(link: &str) -> Result<Self, Envelope> {
        let bad = |what: &str| Envelope::new(ErrorCode::Malformed, format!("this is no invite link: {what}"));
        let link = link.trim();
        if link.len() > MAX_LINK_BYTES {
            return Err(bad("it is too long"));
        }
        let (place, fragment) = link.split_once('#').ok_or_else(|| bad("nothing follows a #"))?;
        let (tls, authority) = match (place.strip_prefix("https://"), place.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(bad("it does not begin with https://")),
        };
        let authority = authority.strip_suffix("/j").ok_or_else(|| bad("it has no /j before the #"))?;
        let (host, port) = authority.rsplit_once(':').ok_or_else(|| bad("it has no port"))?;
        let port = port.parse().map_err(|_| bad("its port is no number"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_host_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
        if host.is_empty() || !host.chars().all(is_host_char) {
            return Err(bad("its host is no name or address"));
        }
        let parts: Vec<&str> = fragment.split('.').collect();
        let &["v1", room, fingerprint, secret] = parts.as_slice() else {
            return Err(bad("what follows the # is not v1.room.key.secret"));
        };
        let is_room_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if room.is_empty() || room.len() > crate::MAX_NAME_CHARS || !room.chars().all(is_room_char) {
            return Err(bad("its room has no good name"));
        }
        let fingerprint = match (tls, fingerprint) {
            (false, NO_FINGERPRINT) => None,
            (true, text) => Some(KeyFingerprint::parse(text).ok_or_else(|| bad("its key is damaged"))?),
            _ => return Err(bad("its key is damaged")),
        };
        let secret = Secret::parse(secret).ok_or_else(|| bad("its secret is damaged"))?;
        Ok(Self { host: host.to_owned(), port, room: RoomId::from(room), fingerprint, secret })
    }

    /// Returns the link as text, with its secret: for the one who invites.
    pub fn reveal(&self) -> String {
        let scheme = if self.fingerprint.is_some() { "https" } else { "http" };
        let key = self.fingerprint.map_or_else(|| NO_FINGERPRINT.to_owned(), |key| key.to_string());
        format!("{scheme}://{}/j#v1.{}.{key}.{}", self.authority(), self.room, self.secret.reveal())
    }

    /// Returns `host:port`, with brackets around an IPv6 address.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(host: &str, fingerprint: Option<KeyFingerprint>) -> JoinLink {
        let secret = Secret::from_random([7; SECRET_BYTES]);
        JoinLink { host: host.into(), port: 7700, room: "r1".into(), fingerprint, secret }
    }

    #[test]
    fn what_is_written_is_read() {
        for host in ["192.168.1.4", "ana.local", "fe80::1"] {
            for fingerprint in [None, Some(KeyFingerprint([3; 32]))] {
                let one = link(host, fingerprint);
                assert_eq!(JoinLink::parse(&one.reveal()), Ok(one));
            }
        }
    }

    #[test]
    fn a_broken_link_is_refused_without_repeating_its_secret() {
        let good = link("a.b", Some(KeyFingerprint([3; 32]))).reveal();
        let secret = Secret::from_random([7; SECRET_BYTES]).reveal();
        for cut in 0..good.len() {
            let refusal = JoinLink::parse(&good[..cut]).unwrap_err();
            assert!(!refusal.message.contains(&secret[..8]));
        }
        for bad in
            [good.replace("https", "http"), good.replace("v1", "v2"), good.replace("a.b", "a/b"), good + "x"]
        {
            assert!(JoinLink::parse(&bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", Secret::from_random([7; SECRET_BYTES])), "Secret(…)");
    }
}
