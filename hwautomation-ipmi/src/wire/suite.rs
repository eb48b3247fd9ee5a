//! The cipher suites that this client speaks (IPMI 2.0, table 22-20).

use super::crypto::{hmac_sha1, hmac_sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Names one: both authenticate, protect and encrypt, and differ in the hash. The greater is the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suite {
    /// RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    Three,
    /// RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
    Seventeen,
}

impl Suite {
    /// Returns the suite with this id.
    ///
    /// # Errors
    ///
    /// Says why this client does not speak it.
    pub(crate) fn of(id: u8) -> Result<Self, &'static str> {
        match id {
            3 => Ok(Self::Three),
            17 => Ok(Self::Seventeen),
            0 => Err("lets anybody in without a password"),
            1 | 6 | 11 | 15 => Err("neither protects nor encrypts all of a session"),
            2 | 7 | 16 => Err("does not encrypt"),
            4 | 5 | 9 | 10 | 13 | 14 | 18 | 19 => Err("encrypts with RC4, which is broken"),
            8 | 12 => Err("relies on MD5, which is broken"),
            _ => Err("is not defined by IPMI 2.0"),
        }
    }

    pub(crate) fn id(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Seventeen => 17,
        }
    }

    /// The numbers of its algorithms: authentication, integrity, confidentiality (tables 13-17 to 13-19).
    pub(crate) fn algorithms(self) -> [u8; 3] {
        match self {
            Self::Three => [1, 1, 1],
            Self::Seventeen => [3, 4, 1],
        }
    }

    /// How long an authentication code of RAKP messages 2 and 3 is, in bytes.
    pub(crate) fn hash_bytes(self) -> usize {
        match self {
            Self::Three => 20,
            Self::Seventeen => 32,
        }
    }

    /// How long the shortened code of RAKP message 4 and of each packet is, in bytes.
    pub(crate) fn code_bytes(self) -> usize {
        match self {
            Self::Three => 12,
            Self::Seventeen => 16,
        }
    }

    /// Tells, in constant time, whether a shortened code is the beginning of the expected one.
    pub(crate) fn matches(self, expected: &[u8], code: &[u8]) -> bool {
        expected.get(..self.code_bytes()).is_some_and(|expected| bool::from(expected.ct_eq(code)))
    }

    /// Computes the HMAC of the parts, one after the other.
    pub(crate) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Three => hmac_sha1(key, parts),
            Self::Seventeen => hmac_sha256(key, parts),
        }
    }
}
