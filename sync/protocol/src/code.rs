use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Blob;

/// Digits of a short code: with three tries, a stranger comes in once in 333,333 codes.
pub const CODE_DIGITS: usize = 6;
/// Label of the TLS exporter that binds an exchange to its connection; no context.
pub const CODE_EXPORTER_LABEL: &[u8] = b"EXPORTER-jamlight-code";
/// Who the guest is in the exchange: side A of SPAKE2, and the head of its proof.
pub const CODE_GUEST: &[u8] = b"jamlight guest";
/// Who the host is: side B.
pub const CODE_HOST: &[u8] = b"jamlight host";

/// What a guest who knows a short code asks, both on one TLS connection.
///
/// The code itself never travels: both sides run SPAKE2 over it (Ed25519, the guest is side A, the
/// identities are `jamlight guest` and `jamlight host`) and then prove that they hold the same key, as
/// HMAC-SHA-256 with that key over the side's own identity, 32 bytes of the connection's TLS exporter
/// (label `EXPORTER-jamlight-code`, no context), the guest's SPAKE2 message and the host's. So whoever
/// sits between two TLS connections has two different exporters, and no proof to pass on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodeAsked {
    /// The first: the guest's SPAKE2 message.
    Hello {
        /// 33 bytes.
        message: Blob,
    },
    /// The second. A wrong one is one of three tries; then the host makes a new code.
    Proof {
        /// Which exchange this ends.
        exchange: u64,
        /// 32 bytes.
        proof: Blob,
    },
}

/// What the host answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodeAnswered {
    /// To the first: the host's SPAKE2 message.
    Hello {
        /// What to name in the second.
        exchange: u64,
        /// 33 bytes.
        message: Blob,
    },
    /// To the second: the invite.
    Link {
        /// The host's own proof, 32 bytes: a guest believes nothing without it.
        proof: Blob,
        /// The link, as [`JoinLink`](crate::JoinLink) reads it.
        link: String,
    },
}
