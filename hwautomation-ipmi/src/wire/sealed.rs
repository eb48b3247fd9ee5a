//! The packets of an established session: encrypted, authenticated, numbered (IPMI 2.0, section 13.6).

use super::crypto::{BLOCK, decrypt, encrypt};
use super::keys::Keys;
use super::packet::{FORM_2_0, RMCP};
use super::reader::Reader;
use super::window::Window;
use zeroize::Zeroizing;

/// An IPMI message, encrypted and authenticated (table 13-16).
const MESSAGE: u8 = 0xC0;
/// What comes after the session header.
const NEXT_HEADER: u8 = 0x07;

/// Seals and opens packets of one session.
#[derive(Debug)]
pub(crate) struct Sealed {
    console_id: u32,
    managed_id: u32,
    keys: Keys,
    sent: u32,
    received: Window,
}

impl Sealed {
    pub(crate) fn new(console_id: u32, managed_id: u32, keys: Keys) -> Self {
        Self { console_id, managed_id, keys, sent: 0, received: Window::default() }
    }

    pub(crate) fn managed_id(&self) -> u32 {
        self.managed_id
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Wraps a message under the next sequence number.
    pub(crate) fn seal(&mut self, message: &[u8], iv: &[u8; BLOCK]) -> Vec<u8> {
        // Zero belongs to packets outside of sessions.
        self.sent = self.sent.checked_add(1).unwrap_or(1);
        let body = encrypt(&self.keys.aes, iv, message);
        let length = u16::try_from(body.len()).expect("commands are short");
        let mut packet = RMCP.to_vec();
        packet.extend([FORM_2_0, MESSAGE]);
        packet.extend(self.managed_id.to_le_bytes());
        packet.extend(self.sent.to_le_bytes());
        packet.extend(length.to_le_bytes());
        packet.extend(body);
        // From the form to the next header, in whole groups of four bytes.
        let pad = (4 - (packet.len() - RMCP.len() + 2) % 4) % 4;
        packet.extend(std::iter::repeat_n(0xFF, pad));
        packet.extend([u8::try_from(pad).expect("a pad is shorter than four"), NEXT_HEADER]);
        let code = self.keys.code(packet.get(RMCP.len()..).unwrap_or_default());
        packet.extend(code);
        packet
    }

    /// Unwraps a message, or returns nothing when it is not of this session, was seen before or is not
    /// protected as agreed.
    pub(crate) fn open(&mut self, datagram: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let covered_end = datagram.len().checked_sub(self.keys.suite.code_bytes())?;
        let (packet, code) = datagram.split_at_checked(covered_end)?;
        let mut reader = Reader::new(packet);
        let mine = reader.array::<4>()? == RMCP
            && reader.array::<2>()? == [FORM_2_0, MESSAGE]
            && reader.u32()? == self.console_id;
        if !mine || !self.keys.accepts(packet.get(RMCP.len()..)?, code) {
            return None;
        }
        let number = reader.u32()?;
        let length = usize::from(reader.u16()?);
        let body = reader.take(length)?;
        if self.received.take(number) { decrypt(&self.keys.aes, body) } else { None }
    }
}
