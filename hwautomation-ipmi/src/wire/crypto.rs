//! HMAC, AES-CBC-128 and random numbers.

use aes::{Aes128Dec, Aes128Enc};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use std::cell::RefCell;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// How long an AES block, a key and an initial vector are, in bytes.
pub(crate) const BLOCK: usize = 16;
/// How many random bytes are taken from the operating system at a time.
const RANDOM_BYTES: usize = 512;

pub(crate) fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    finish(Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes a key of any length"), parts)
}

pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    finish(Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length"), parts)
}

/// Computes the HMAC of the parts, one after the other, from a state that has its key.
pub(super) fn finish(mut mac: impl Mac, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

/// Appends the initial vector, and encrypted what `plain` appends, padded as IPMI 2.0 table 13-20 has it (01, 02,
/// 03, .. and its length).
pub(crate) fn encrypt_onto(
    packet: &mut Vec<u8>,
    key: &Aes128Enc,
    iv: &[u8; BLOCK],
    plain: impl FnOnce(&mut Vec<u8>),
) {
    packet.extend(iv);
    let begin = packet.len();
    plain(packet);
    let pad = (BLOCK - (packet.len() - begin + 1) % BLOCK) % BLOCK;
    packet.extend((1u8..).take(pad));
    packet.push(u8::try_from(pad).expect("a pad is shorter than a block"));
    let text = packet.get_mut(begin..).unwrap_or_default();
    let length = text.len();
    let cipher = cbc::Encryptor::inner_iv_init(key, iv.into());
    cipher.encrypt_padded::<NoPadding>(text, length).expect("it was padded to whole blocks");
}

/// Decrypts in place what [`encrypt_onto`] appended, and returns where the text is. Nothing when it cannot be that.
pub(crate) fn decrypt(key: &Aes128Dec, sealed: &mut [u8]) -> Option<Range<usize>> {
    let (iv, text) = sealed.split_first_chunk_mut::<BLOCK>()?;
    let cipher = cbc::Decryptor::inner_iv_init(key, (&*iv).into());
    let text = cipher.decrypt_padded::<NoPadding>(text).ok()?;
    let (pad, text) = text.split_last()?;
    let length = text.len().checked_sub(usize::from(*pad))?;
    Some(BLOCK..BLOCK + length)
}

/// Returns random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    const { assert!(N <= RANDOM_BYTES) };
    RANDOM.with_borrow_mut(|store| {
        if store.len() < N {
            let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
            getrandom::fill(&mut *bytes).map_err(|cause| std::io::Error::other(cause.to_string()))?;
            store.clear();
            store.extend(*bytes);
        }
        let rest = store.len() - N;
        let taken = store.last_chunk().copied().expect("it was filled");
        // What was given out is nowhere else.
        store.get_mut(rest..).unwrap_or_default().zeroize();
        store.truncate(rest);
        Ok(taken)
    })
}

thread_local! {
    /// Random bytes that nobody has had: asking the system for a few of them costs as much as for all of these.
    static RANDOM: RefCell<Zeroizing<Vec<u8>>> = RefCell::default();
}

/// Returns a random session id. Zero means "no session" and is none.
pub(crate) fn random_id() -> std::io::Result<u32> {
    Ok(u32::from_le_bytes(random()?).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; BLOCK] = [7; BLOCK];

    fn encrypt(iv: &[u8; BLOCK], plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        encrypt_onto(&mut sealed, &Aes128Enc::new(&KEY.into()), iv, |packet| packet.extend(plain));
        sealed
    }

    #[test]
    fn random_bytes_are_given_out_once() {
        let mut seen = std::collections::BTreeSet::new();
        (0..200).for_each(|_| assert!(seen.insert(random::<16>().unwrap())));
    }

    #[test]
    fn every_length_reads_back_and_fills_whole_blocks() {
        let iv = [9; BLOCK];
        for length in 0..70 {
            let plain: Vec<u8> = (0..length).collect();
            let sealed = encrypt(&iv, &plain);
            assert_eq!(sealed.len() % BLOCK, 0);
            let mut sealed = sealed;
            let text = decrypt(&Aes128Dec::new(&KEY.into()), &mut sealed).unwrap();
            assert_eq!(sealed[text], plain);
        }
    }

    #[test]
    fn half_a_block_and_an_impossible_pad_are_nothing() {
        let sealed = encrypt(&[9; BLOCK], b"0123456789abcdef");
        for length in 0..sealed.len() {
            if length % BLOCK != 0 || length <= BLOCK {
                assert_eq!(
                    decrypt(&Aes128Dec::new(&KEY.into()), &mut sealed.clone()[..length]),
                    None,
                    "{length}"
                );
            }
        }
    }
}
