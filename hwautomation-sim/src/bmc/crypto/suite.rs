//! The cipher suites that are offered (IPMI 2.0, table 22-20; suite 17 comes with errata 4).

use crate::model::login::Login;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// A cipher suite: how a session proves itself, signs and encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Suite 3: RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    Three,
    /// Suite 17: RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
    Seventeen,
}

impl Suite {
    pub(crate) const ALL: [Self; 2] = [Self::Three, Self::Seventeen];

    /// The suites that a BMC offers.
    pub(crate) fn offered(login: &Login) -> Vec<Self> {
        let known = |id: &u8| Self::ALL.into_iter().find(|suite| suite.id() == *id);
        login.suites.iter().filter_map(known).collect()
    }

    pub(crate) fn id(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Seventeen => 17,
        }
    }

    /// The numbers of its authentication, integrity and confidentiality algorithms.
    pub(crate) fn algorithms(self) -> [u8; 3] {
        match self {
            Self::Three => [1, 1, 1],
            Self::Seventeen => [3, 4, 1],
        }
    }

    /// How many bytes of a code sign a packet.
    pub(crate) fn code_length(self) -> usize {
        match self {
            Self::Three => 12,
            Self::Seventeen => 16,
        }
    }

    /// Computes its keyed hash over the parts, one after the other.
    pub(crate) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Three => hmac::<Sha1>(key, parts),
            Self::Seventeen => hmac::<Sha256>(key, parts),
        }
    }
}

fn hmac<D: EagerHash>(key: &[u8], parts: &[&[u8]]) -> Vec<u8>
where
    Hmac<D>: Mac + KeyInit,
{
    let mut mac = <Hmac<D> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}
