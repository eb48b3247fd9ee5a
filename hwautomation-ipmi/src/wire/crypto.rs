//! HMAC, AES-CBC-128 and random numbers.

use super::reader::Reader;
use aes::Aes128;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

/// How long an AES block, a key and an initial vector are, in bytes.
pub(crate) const BLOCK: usize = 16;

pub(crate) fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

/// Encrypts, with the initial vector in front and the padding of IPMI 2.0 table 13-20 (01, 02, 03, .. and its
/// length).
pub(crate) fn encrypt(key: &[u8; BLOCK], iv: &[u8; BLOCK], plain: &[u8]) -> Vec<u8> {
    let mut text = Zeroizing::new(plain.to_vec());
    let pad = (BLOCK - (plain.len() + 1) % BLOCK) % BLOCK;
    text.extend((1u8..).take(pad));
    text.push(u8::try_from(pad).expect("a pad is shorter than a block"));
    let length = text.len();
    let cipher = cbc::Encryptor::<Aes128>::new(key.into(), iv.into());
    let sealed =
        cipher.encrypt_padded::<NoPadding>(&mut text, length).expect("it was padded to whole blocks");
    [iv.as_slice(), sealed].concat()
}

/// Decrypts what [`encrypt`] made, or returns nothing.
pub(crate) fn decrypt(key: &[u8; BLOCK], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut reader = Reader::new(sealed);
    let iv = reader.array::<BLOCK>()?;
    let mut text = Zeroizing::new(reader.rest().to_vec());
    let cipher = cbc::Decryptor::<Aes128>::new(key.into(), (&iv).into());
    cipher.decrypt_padded::<NoPadding>(&mut text).ok()?;
    let pad = usize::from(text.pop()?);
    let length = text.len().checked_sub(pad)?;
    text.truncate(length);
    Some(text)
}

/// Returns random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|cause| std::io::Error::other(cause.to_string()))?;
    Ok(bytes)
}

/// Returns a random session id. Zero means "no session" and is none.
pub(crate) fn random_id() -> std::io::Result<u32> {
    Ok(u32::from_le_bytes(random()?).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_reads_back_and_fills_whole_blocks() {
        let (key, iv) = ([7; BLOCK], [9; BLOCK]);
        for length in 0..70 {
            let plain: Vec<u8> = (0..length).collect();
            let sealed = encrypt(&key, &iv, &plain);
            assert_eq!(sealed.len() % BLOCK, 0);
            assert_eq!(decrypt(&key, &sealed).unwrap().as_slice(), plain);
        }
    }

    #[test]
    fn half_a_block_and_an_impossible_pad_are_nothing() {
        let key = [7; BLOCK];
        let sealed = encrypt(&key, &[9; BLOCK], b"0123456789abcdef");
        for length in 0..sealed.len() {
            if length % BLOCK != 0 || length <= BLOCK {
                assert_eq!(decrypt(&key, &sealed[..length]), None, "{length}");
            }
        }
    }
}
