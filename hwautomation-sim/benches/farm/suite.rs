//! The cryptography of the two suites, from a console's side.

use aes::Aes128;
use cbc::cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    Three,
    Seventeen,
}

impl Suite {
    pub(crate) const ALL: [Self; 2] = [Self::Three, Self::Seventeen];

    pub(crate) fn algorithms(self) -> [u8; 3] {
        match self {
            Self::Three => [1, 1, 1],
            Self::Seventeen => [3, 4, 1],
        }
    }

    pub(crate) fn code_length(self) -> usize {
        match self {
            Self::Three => 12,
            Self::Seventeen => 16,
        }
    }

    pub(crate) fn hmac(self, key: &[u8], text: &[u8]) -> Vec<u8> {
        let long = "HMAC takes keys of any length";
        match self {
            Self::Three => {
                let mac = Hmac::<sha1::Sha1>::new_from_slice(key).expect(long);
                mac.chain_update(text).finalize().into_bytes().to_vec()
            }
            Self::Seventeen => {
                let mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect(long);
                mac.chain_update(text).finalize().into_bytes().to_vec()
            }
        }
    }
}

impl std::fmt::Display for Suite {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(if *self == Self::Three { "3" } else { "17" })
    }
}

/// Encrypts a payload; the vector in front need not be random here.
pub(crate) fn encrypt(key: &[u8; 16], payload: &[u8]) -> Vec<u8> {
    let iv = [0x5A; 16];
    let padding = 15 - payload.len() % 16;
    let mut text = payload.to_vec();
    text.extend((1..=padding as u8).chain([padding as u8]));
    let mut cipher = cbc::Encryptor::<Aes128>::new(key.into(), &iv.into());
    text.as_chunks_mut::<16>()
        .0
        .iter_mut()
        .for_each(|block| cipher.encrypt_block(<&mut Array<u8, _>>::from(block)));
    [&iv[..], &text].concat()
}

/// Decrypts a payload that is well made.
pub(crate) fn decrypt(key: &[u8; 16], payload: &[u8]) -> Vec<u8> {
    let (iv, text) = payload.split_first_chunk::<16>().expect("a vector in front");
    let mut text = text.to_vec();
    let mut cipher = cbc::Decryptor::<Aes128>::new(key.into(), iv.into());
    text.as_chunks_mut::<16>()
        .0
        .iter_mut()
        .for_each(|block| cipher.decrypt_block(<&mut Array<u8, _>>::from(block)));
    let padding = usize::from(text.pop().expect("a length of the padding"));
    text.truncate(text.len() - padding);
    text
}
