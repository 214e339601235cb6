use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, PublicKeyData as _,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use sync_protocol::KeyFingerprint;

use crate::Certificate;

/// Apple refuses certificates that are valid longer, even as an exception.
const VALID_DAYS: u64 = 397;
const SECS_PER_DAY: u64 = 24 * 60 * 60;

/// Why there is no key or certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A certificate that was given cannot be used.
    #[error("the certificate of --tls-cert and --tls-key cannot be used: {reason}")]
    Given {
        /// Why.
        reason: String,
    },
    /// The stored key cannot be read.
    #[error("this installation's key is damaged: remove it and invite everyone anew")]
    Key(#[source] rcgen::Error),
    /// A certificate cannot be made.
    #[error("a certificate for {names:?} cannot be made: {source}")]
    Certificate {
        /// For whom.
        names: Vec<String>,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// The key pair of this installation, by which invites know it. The certificate round it is made anew
/// at each start and address change, so an invite outlives both.
pub struct Identity {
    key: KeyPair,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl Identity {
    /// Makes a key for a new installation. Keep [`Identity::to_pem`] where only this user can read it.
    ///
    /// # Errors
    /// [`IdentityError::Key`] when the system gives no randomness.
    pub fn generate() -> Result<Self, IdentityError> {
        KeyPair::generate().map(|key| Self { key }).map_err(IdentityError::Key)
    }

    /// Reads a key that [`Identity::to_pem`] wrote.
    ///
    /// # Errors
    /// [`IdentityError::Key`].
    pub fn from_pem(pem: &str) -> Result<Self, IdentityError> {
        KeyPair::from_pem(pem).map(|key| Self { key }).map_err(IdentityError::Key)
    }

    /// Returns the private key, to be stored.
    pub fn to_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// Returns what links carry and clients pin.
    pub fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint(Sha256::digest(self.key.subject_public_key_info()).into())
    }

    /// Returns TLS 1.3, and nothing older, with a fresh certificate for these names and addresses.
    pub(crate) fn tls(&self, names: &[String]) -> Result<Arc<ServerConfig>, IdentityError> {
        let made = |source| IdentityError::Certificate { names: names.to_vec(), source };
        let mut params = CertificateParams::new(names.to_vec()).map_err(made)?;
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CommonName, "Jamlight");
        params.distinguished_name = subject;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = SystemTime::now();
        // A guest's clock may be a day behind.
        params.not_before = (now - std::time::Duration::from_secs(SECS_PER_DAY)).into();
        params.not_after = (now + std::time::Duration::from_secs((VALID_DAYS - 1) * SECS_PER_DAY)).into();
        let certificate = params.self_signed(&self.key).map_err(made)?;
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        Ok(config(chain, key)?)
    }
}

/// Returns TLS 1.3 with a certificate that browsers know, and the fingerprint of its key.
pub(crate) fn given_tls(given: &Certificate) -> Result<(Arc<ServerConfig>, KeyFingerprint), IdentityError> {
    let bad = |reason: String| IdentityError::Given { reason };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(given.chain_pem.as_bytes()).collect();
    let chain = chain.map_err(|error| bad(error.to_string()))?;
    let key =
        PrivateKeyDer::from_pem_slice(given.key_pem.as_bytes()).map_err(|error| bad(error.to_string()))?;
    let leaf = chain.first().ok_or_else(|| bad("the file holds no certificate".to_owned()))?;
    let public = rustls::server::ParsedCertificate::try_from(leaf).map_err(|error| bad(error.to_string()))?;
    let fingerprint = KeyFingerprint(Sha256::digest(&*public.subject_public_key_info()).into());
    let config = config(chain, key).map_err(|error| bad(error.to_string()))?;
    Ok((config, fingerprint))
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Fills secrets with randomness of the system.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], IdentityError> {
    let mut bytes = [0; N];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| IdentityError::Tls(rustls::Error::FailedToGetRandomBytes))?;
    Ok(bytes)
}

/// Returns every name requests may be for: loopback, what settings say, the address it is bound to.
pub(crate) fn names(hosts: &[String], bound: IpAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !bound.is_unspecified() {
        names.push(bound.to_string());
    }
    names.extend(hosts.iter().map(|host| host.to_ascii_lowercase()));
    names.sort();
    names.dedup();
    names
}
