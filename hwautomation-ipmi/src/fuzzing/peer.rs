//! The other end of a session: signs and encrypts as IPMI 2.0 has it (sections 13.6, 13.28 and 13.29), without the code
//! under test, and reads as strictly as the specification allows.

use super::seen::Seen;
use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit as _};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;

const BLOCK: usize = 16;
/// RMCP, the form of IPMI 2.0, and "encrypted, authenticated, an IPMI message".
pub(crate) const FRONT: [u8; 6] = [0x06, 0x00, 0xFF, 0x07, 0x06, 0xC0];
/// The code covers what is behind RMCP.
const RMCP_BYTES: usize = 4;
/// How long the header of a packet is.
pub(crate) const HEADER_BYTES: usize = 16;

/// The hash of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    /// Suite 3.
    Sha1,
    /// Suite 17.
    Sha256,
}

impl Hash {
    pub(crate) fn hmac(self, key: &[u8], covered: &[u8]) -> Vec<u8> {
        const ANY: &str = "HMAC takes a key of any length";
        match self {
            Self::Sha1 => Hmac::<Sha1>::new_from_slice(key)
                .expect(ANY)
                .chain_update(covered)
                .finalize()
                .into_bytes()
                .to_vec(),
            Self::Sha256 => Hmac::<Sha256>::new_from_slice(key)
                .expect(ANY)
                .chain_update(covered)
                .finalize()
                .into_bytes()
                .to_vec(),
        }
    }

    /// How many bytes of a code a packet has.
    pub(crate) fn code_bytes(self) -> usize {
        match self {
            Self::Sha1 => 12,
            Self::Sha256 => 16,
        }
    }
}

/// One side of a session.
#[derive(Debug)]
pub(crate) struct Peer {
    hash: Hash,
    k1: Vec<u8>,
    k2: [u8; BLOCK],
    /// Whom this side writes to, and who it is itself.
    there: u32,
    here: u32,
    seen: Seen,
}

impl Peer {
    pub(crate) fn new(hash: Hash, sik: &[u8], there: u32, here: u32) -> Self {
        let mut k2 = [0; BLOCK];
        k2.copy_from_slice(&hash.hmac(sik, &[2; 20])[..BLOCK]);
        Self { hash, k1: hash.hmac(sik, &[1; 20]), k2, there, here, seen: Seen::default() }
    }

    /// The newest number that a packet to this side had.
    pub(crate) fn newest(&self) -> u32 {
        self.seen.newest()
    }

    /// Appends the code to a packet that may be anything.
    pub(crate) fn sign(&self, mut packet: Vec<u8>) -> Vec<u8> {
        let covered = packet.get(RMCP_BYTES..).unwrap_or_default();
        let code = self.hash.hmac(&self.k1, covered);
        packet.extend(&code[..self.hash.code_bytes()]);
        packet
    }

    /// Writes a message as a packet to a session of this id.
    pub(crate) fn seal_for(&self, id: u32, number: u32, message: &[u8]) -> Vec<u8> {
        let body = self.encrypt(message);
        let length = u16::try_from(body.len()).expect("messages are short");
        let mut packet =
            [&FRONT[..], &id.to_le_bytes(), &number.to_le_bytes(), &length.to_le_bytes(), &body].concat();
        let mut pad = 0;
        while !(packet.len() - RMCP_BYTES + 2).is_multiple_of(4) {
            packet.push(0xFF);
            pad += 1;
        }
        packet.extend([pad, 0x07]);
        self.sign(packet)
    }

    /// Writes a message as a packet to the other side.
    pub(crate) fn seal(&self, number: u32, message: &[u8]) -> Vec<u8> {
        self.seal_for(self.there, number, message)
    }

    /// Reads a packet to this side as the specification has it, to the last bit of its pads.
    pub(crate) fn open_strictly(&self, datagram: &[u8]) -> Option<(u32, Vec<u8>)> {
        let (number, body, trailer) = self.packet(datagram)?;
        let plain = self.decrypt(body)?;
        let (pad, text) = plain.split_last()?;
        let message = text.len().checked_sub(usize::from(*pad))?;
        let (message, padding) = text.split_at(message);
        let counted = padding.iter().zip(1u8..).all(|(found, count)| *found == count);
        let (behind, fills) = match trailer {
            [fills @ .., count, 0x07] if usize::from(*count) == fills.len() => (trailer.len(), fills),
            _ => return None,
        };
        let whole = (HEADER_BYTES - RMCP_BYTES + body.len() + behind).is_multiple_of(4);
        let filled = fills.len() < 4 && fills.iter().all(|fill| *fill == 0xFF);
        (counted && padding.len() < BLOCK && whole && filled).then(|| (number, message.to_vec()))
    }

    /// Reads a packet to this side that may be anything, as leniently as a client may: its code must be good, it must
    /// be to this side or to nobody ("no session", as some BMCs have it), new, and its pad must not be longer than
    /// what it follows.
    pub(crate) fn open(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let (number, body, _) = self.packet(datagram)?;
        let plain = self.decrypt(body);
        if !self.seen.take(number) {
            return None;
        }
        let plain = plain?;
        let pad = usize::from(*plain.last()?);
        plain.get(..(plain.len() - 1).checked_sub(pad)?).map(<[u8]>::to_vec)
    }

    /// Takes a packet apart: its number, its body and what follows up to the code.
    fn packet<'a>(&self, datagram: &'a [u8]) -> Option<(u32, &'a [u8], &'a [u8])> {
        let (packet, _) = datagram.split_at(datagram.len().checked_sub(self.hash.code_bytes())?);
        let (header, rest) = packet.split_at_checked(HEADER_BYTES)?;
        let word =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let length = usize::from(u16::from_le_bytes([header[14], header[15]]));
        let good = header[..6] == FRONT
            && [self.here, 0].contains(&word(6))
            && length <= rest.len()
            && self.sign(packet.to_vec()) == datagram;
        good.then(|| (word(10), &rest[..length], &rest[length..]))
    }

    /// Encrypts in CBC mode. The initial vector need not be random here, only different from zero.
    fn encrypt(&self, message: &[u8]) -> Vec<u8> {
        let mut plain = message.to_vec();
        let mut pad = 0;
        while !(plain.len() + 1).is_multiple_of(BLOCK) {
            pad += 1;
            plain.push(pad);
        }
        plain.push(pad);
        let cipher = Aes128::new(&self.k2.into());
        let mut body = [0x5A; BLOCK].to_vec();
        for block in plain.chunks_exact(BLOCK) {
            let before = body[body.len() - BLOCK..].to_vec();
            let mut mixed = [0; BLOCK];
            for (to, (one, other)) in mixed.iter_mut().zip(block.iter().zip(before)) {
                *to = one ^ other;
            }
            let mut mixed = mixed.into();
            cipher.encrypt_block(&mut mixed);
            body.extend(mixed);
        }
        body
    }

    /// Decrypts an initial vector and at least one block.
    fn decrypt(&self, body: &[u8]) -> Option<Vec<u8>> {
        if body.len() < 2 * BLOCK || !body.len().is_multiple_of(BLOCK) {
            return None;
        }
        let cipher = Aes128::new(&self.k2.into());
        let blocks: Vec<&[u8]> = body.chunks_exact(BLOCK).collect();
        let mut plain = Vec::new();
        for pair in blocks.windows(2) {
            let mut block = [0; BLOCK];
            block.copy_from_slice(pair[1]);
            let mut block = block.into();
            cipher.decrypt_block(&mut block);
            plain.extend(block.iter().zip(pair[0]).map(|(one, other)| one ^ other));
        }
        Some(plain)
    }
}
