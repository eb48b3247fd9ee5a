//! AES-CBC-128 with the padding of IPMI: a random vector in front, then 1, 2, 3 ... and their number (section 13.29).

use aes::Aes128;
use cbc::cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};

/// The length of the vector in front, and of a block.
pub(crate) const IV_LENGTH: usize = 16;

/// Encrypts and decrypts with one key, whose schedule is made once.
pub(crate) struct Cipher(Aes128);

impl Cipher {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        Self(Aes128::new(key.into()))
    }

    /// Encrypts a payload.
    pub(crate) fn encrypt(&self, iv: [u8; IV_LENGTH], payload: &[u8]) -> Vec<u8> {
        let padding = IV_LENGTH - 1 - payload.len() % IV_LENGTH;
        let mut bytes = Vec::with_capacity(IV_LENGTH + payload.len() + padding + 1);
        bytes.extend(iv);
        bytes.extend(payload);
        bytes.extend((1..=padding).chain([padding]).map(|byte| byte as u8));
        let mut cipher = cbc::Encryptor::inner_iv_init(&self.0, &iv.into());
        for block in bytes.as_chunks_mut::<IV_LENGTH>().0.iter_mut().skip(1) {
            cipher.encrypt_block(<&mut Array<u8, _>>::from(block));
        }
        bytes
    }

    /// Decrypts a payload; one of a wrong length or with wrong padding is nothing.
    pub(crate) fn decrypt(&self, payload: &[u8]) -> Option<Vec<u8>> {
        let (iv, text) = payload.split_first_chunk::<IV_LENGTH>()?;
        let mut text = text.to_vec();
        let (blocks, []) = text.as_chunks_mut::<IV_LENGTH>() else { return None };
        let mut cipher = cbc::Decryptor::inner_iv_init(&self.0, iv.into());
        for block in blocks {
            cipher.decrypt_block(<&mut Array<u8, _>>::from(block));
        }
        unpad(text)
    }
}

fn unpad(mut text: Vec<u8>) -> Option<Vec<u8>> {
    let padding = usize::from(text.pop()?);
    let end = text.len().checked_sub(padding)?;
    let wanted = 1..=padding;
    let right = padding < IV_LENGTH && text.iter().skip(end).copied().map(usize::from).eq(wanted);
    text.truncate(end);
    right.then_some(text)
}
