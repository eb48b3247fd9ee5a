//! What nobody outside may guess: passwords, keys, ids.

use crate::model::state::Access;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{PrivateKey, ssh_key::LineEnding};
use std::io;

/// Without letters and digits that look alike.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";
/// How long the parts of MAAS's API key are.
const KEY_LENGTHS: [usize; 3] = [18, 18, 32];

/// Returns random bytes.
pub(crate) fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// Returns a password that every BMC takes: they store 16 bytes (IPMI 2.0, section 22.30).
pub(crate) fn password() -> io::Result<String> {
    text(16)
}

/// Returns a name as MAAS gives machines.
pub(crate) fn system_id() -> io::Result<String> {
    text(6)
}

/// Returns an API key, and a key pair for SSH.
pub(crate) fn access() -> io::Result<Access> {
    let [consumer, token, secret] = KEY_LENGTHS.map(text);
    let pair = Ed25519Keypair::from_seed(&bytes()?);
    let key = PrivateKey::new(KeypairData::Ed25519(pair), "hwautomation-sim").map_err(io::Error::other)?;
    let private = key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
    Ok(Access {
        maas_consumer: consumer?,
        maas_token: token?,
        maas_secret: secret?,
        ssh_user: "ubuntu".to_owned(),
        ssh_private_key: private.to_string(),
        ssh_public_key: key.public_key().to_openssh().map_err(io::Error::other)?,
    })
}

fn text(length: usize) -> io::Result<String> {
    let random: [u8; 64] = bytes()?;
    let letters = random.iter().filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
    Ok(letters.take(length).map(|letter| char::from(*letter)).collect())
}
