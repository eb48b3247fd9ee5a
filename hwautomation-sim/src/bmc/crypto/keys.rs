//! The keys of one session, made of its session integrity key.

use super::{Cipher, Code, Signer, Suite};
use subtle::ConstantTimeEq;

/// The additional keys are hashes of a constant of this many bytes, whatever the suite (IPMI 2.0, section 13.32).
const CONSTANT_LENGTH: usize = 20;

/// Signs and encrypts the packets of one session.
pub(crate) struct Keys {
    suite: Suite,
    /// K1, which signs.
    signer: Signer,
    /// The first sixteen bytes of K2, which encrypt.
    pub(crate) cipher: Cipher,
}

impl Keys {
    /// Derives them from the session integrity key.
    pub(crate) fn derive(suite: Suite, sik: &[u8]) -> Self {
        let key = |number| suite.hmac(sik, &[&[number; CONSTANT_LENGTH]]);
        let (k1, k2) = (key(1), key(2));
        let cipher = Cipher::new(k2.first_chunk().expect("a hash is longer than an AES key"));
        Self { suite, signer: Signer::new(suite, &k1), cipher }
    }

    /// Signs what a packet holds.
    pub(crate) fn sign(&self, signed: &[u8]) -> Code {
        self.signer.sign(signed)
    }

    /// Says whether somebody with the same keys signed it.
    pub(crate) fn signed_by_us(&self, signed: &[u8], code: &[u8]) -> bool {
        self.sign(signed).as_ref().ct_eq(code).into()
    }
}

/// Hides the keys.
impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Keys({:?})", self.suite)
    }
}
