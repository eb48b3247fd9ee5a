//! A keyed hash whose key was taken in once, and the code that it makes of a packet.

use super::Suite;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// The longest code before it is cut: a whole SHA-256.
const HASH_MAX: usize = 32;
const ANY_LENGTH: &str = "HMAC takes keys of any length";

/// Signs with one key.
pub(crate) enum Signer {
    Three(Hmac<Sha1>),
    Seventeen(Hmac<Sha256>),
}

/// A code that signs a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code {
    hash: [u8; HASH_MAX],
    length: usize,
}

impl Signer {
    pub(crate) fn new(suite: Suite, key: &[u8]) -> Self {
        match suite {
            Suite::Three => Self::Three(KeyInit::new_from_slice(key).expect(ANY_LENGTH)),
            Suite::Seventeen => Self::Seventeen(KeyInit::new_from_slice(key).expect(ANY_LENGTH)),
        }
    }

    /// Signs what a packet holds.
    pub(crate) fn sign(&self, signed: &[u8]) -> Code {
        match self {
            Self::Three(mac) => {
                Code::cut(Suite::Three, &mac.clone().chain_update(signed).finalize().into_bytes())
            }
            Self::Seventeen(mac) => {
                Code::cut(Suite::Seventeen, &mac.clone().chain_update(signed).finalize().into_bytes())
            }
        }
    }
}

impl Code {
    fn cut(suite: Suite, hash: &[u8]) -> Self {
        let mut code = Self { hash: [0; HASH_MAX], length: suite.code_length() };
        code.hash.iter_mut().zip(hash).for_each(|(ours, byte)| *ours = *byte);
        code
    }
}

impl AsRef<[u8]> for Code {
    fn as_ref(&self) -> &[u8] {
        self.hash.get(..self.length).unwrap_or_default()
    }
}
