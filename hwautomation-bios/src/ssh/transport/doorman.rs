//! Looks at the host's key before anything else is said.

use super::super::error::SshError;
use russh::client::Handler;
use russh::keys::{HashAlg, PublicKeyOrCertificate};
use std::sync::{Arc, OnceLock};

/// Lets a host in by its key.
#[derive(Debug)]
pub(in crate::ssh) struct Doorman {
    /// The fingerprints that are right. None: whoever comes first.
    pub(super) right: Vec<String>,
    /// Where the fingerprint is left for whoever connects.
    pub(super) seen: Arc<OnceLock<String>>,
}

impl Handler for Doorman {
    type Error = SshError;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, SshError> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Err(SshError::HostCertificate);
        };
        let found = self.seen.get_or_init(|| key.fingerprint(HashAlg::Sha256).to_string());
        if self.right.is_empty() || self.right.contains(found) {
            return Ok(true);
        }
        Err(SshError::HostKey { expected: self.right.join(" or "), found: found.clone() })
    }
}
