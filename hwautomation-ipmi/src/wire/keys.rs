//! What two sides that know a password agree on (IPMI 2.0, sections 13.28 to 13.32).

use super::crypto::BLOCK;
use super::suite::Suite;
use aes::{Aes128Dec, Aes128Enc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// K1 and K2 are made of this many equal bytes, with SHA-256 too: what all known BMCs do.
const CONSTANT_BYTES: usize = 20;
/// How long the code at the end of a packet is at most.
const CODE_BYTES_MAX: usize = 16;

/// Says as whom to log in. Wiped when dropped.
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: Zeroizing<Vec<u8>>,
    /// The BMC's key K_g; without one the password serves.
    pub(crate) kg: Option<Zeroizing<Vec<u8>>>,
}

/// Who logs in, as the codes of RAKP have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) byte: u8,
    pub(crate) username: String,
}

impl Role {
    /// The role byte, the length of the name and the name.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = u8::try_from(self.username.len()).unwrap_or(u8::MAX);
        [&[self.byte, length], self.username.as_bytes()].concat()
    }
}

/// Collects what both sides said while a session is opened.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) suite: Suite,
    pub(crate) console_id: u32,
    pub(crate) managed_id: u32,
    pub(crate) console_random: [u8; 16],
    pub(crate) managed_random: [u8; 16],
    pub(crate) guid: [u8; 16],
    pub(crate) role: Role,
}

impl Exchange {
    /// Tells whether the code of RAKP message 2 proves that the BMC knows the password.
    pub(crate) fn accepts_rakp2(&self, password: &[u8], code: &[u8]) -> bool {
        let (console, managed) = (self.console_id.to_le_bytes(), self.managed_id.to_le_bytes());
        let parts: [&[u8]; 6] =
            [&console, &managed, &self.console_random, &self.managed_random, &self.guid, &self.role.bytes()];
        let expected = self.suite.hmac(password, &parts);
        bool::from(expected.as_slice().ct_eq(code))
    }

    /// Computes the code of RAKP message 3.
    pub(crate) fn rakp3_code(&self, password: &[u8]) -> Zeroizing<Vec<u8>> {
        let id = self.console_id.to_le_bytes();
        self.suite.hmac(password, &[&self.managed_random, &id, &self.role.bytes()])
    }

    /// Computes the session integrity key, SIK. `key` is K_g, or the password where K_g is not set.
    pub(crate) fn sik(&self, key: &[u8]) -> Zeroizing<Vec<u8>> {
        self.suite.hmac(key, &[&self.console_random, &self.managed_random, &self.role.bytes()])
    }

    /// Computes the keys of the session's packets from its SIK.
    pub(crate) fn keys(&self, sik: &[u8]) -> Keys {
        let derive = |byte: u8| self.suite.hmac(sik, &[&[byte; CONSTANT_BYTES]]);
        let aes = derive(2).first_chunk::<BLOCK>().copied().map(Zeroizing::new);
        let aes = aes.expect("both hashes are longer than a block");
        let integrity = Integrity::new(self.suite, &derive(1));
        let (encryption, decryption) = (Aes128Enc::new((&*aes).into()), Aes128Dec::new((&*aes).into()));
        Keys { suite: self.suite, integrity, encryption, decryption }
    }

    /// Tells whether the code of RAKP message 4 proves that the BMC came to the same keys.
    pub(crate) fn accepts_rakp4(&self, sik: &[u8], code: &[u8]) -> bool {
        let id = self.managed_id.to_le_bytes();
        let expected = self.suite.hmac(sik, &[&self.console_random, &id, &self.guid]);
        self.suite.matches(&expected, code)
    }
}

/// Protects the packets of one session. Wiped when dropped.
pub(crate) struct Keys {
    pub(crate) suite: Suite,
    integrity: Integrity,
    /// With their round keys made, which is most of the work for messages as short as these.
    pub(crate) encryption: Aes128Enc,
    pub(crate) decryption: Aes128Dec,
}

/// HMAC with K1 already taken in, which is half of its work for messages as short as these.
enum Integrity {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
}

impl Integrity {
    fn new(suite: Suite, key: &[u8]) -> Self {
        const ANY: &str = "HMAC takes a key of any length";
        match suite {
            Suite::Three => Self::Sha1(Hmac::new_from_slice(key).expect(ANY)),
            Suite::Seventeen => Self::Sha256(Hmac::new_from_slice(key).expect(ANY)),
        }
    }

    /// Calls `with` with the whole code of what is covered.
    fn with_code<R>(&self, covered: &[u8], with: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Self::Sha1(mac) => with(&mac.clone().chain_update(covered).finalize().into_bytes()),
            Self::Sha256(mac) => with(&mac.clone().chain_update(covered).finalize().into_bytes()),
        }
    }
}

impl Keys {
    /// Appends the code of a packet from its `begin` to its end so far.
    pub(crate) fn append_code(&self, packet: &mut Vec<u8>, begin: usize) {
        let covered = packet.get(begin..).unwrap_or_default();
        let length = self.suite.code_bytes();
        let code = self.integrity.with_code(covered, |code| code.first_chunk::<CODE_BYTES_MAX>().copied());
        packet.extend(code.iter().flatten().take(length));
    }

    /// Tells whether this is the code at the end of a packet.
    pub(crate) fn accepts(&self, covered: &[u8], code: &[u8]) -> bool {
        self.integrity.with_code(covered, |expected| self.suite.matches(expected, code))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({:?})", self.suite)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.username)
    }
}
