//! The packets of an established session: encrypted, authenticated, numbered (IPMI 2.0, section 13.6).

use super::crypto::{BLOCK, decrypt, encrypt_onto};
use super::keys::Keys;
use super::message::Request;
use super::packet::{FORM_2_0, RMCP};
use super::reader::Reader;
use super::sol::Outgoing;
use super::window::Window;
use crate::quirks;
use std::ops::Range;
use zeroize::Zeroizing;

/// Says that what follows is encrypted and authenticated (table 13-8).
const PROTECTED: u8 = 0xC0;
/// What comes after the session header.
const NEXT_HEADER: u8 = 0x07;

/// How long the header is, and the trailer at most: its pad, two bytes and the code.
const HEADER_BYTES: usize = 16;
const TRAILER_BYTES_MAX: usize = 3 + 2 + 16;

/// Names what a packet of a session carries (table 13-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A command or its answer.
    Message = 0x00,
    /// Characters of the serial port.
    Characters = 0x01,
}

/// A packet that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) kind: Kind,
    /// Its sequence number: the greater, the later it was sent.
    pub(crate) number: u32,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

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

    /// Wraps a command under the next sequence number.
    pub(crate) fn seal(&mut self, request: &Request<'_>, iv: &[u8; BLOCK]) -> Vec<u8> {
        self.seal_as(Kind::Message, request.length(), iv, |packet| request.append_to(packet))
    }

    /// Wraps characters, or their receipt, under the next sequence number.
    pub(crate) fn seal_characters(&mut self, characters: &Outgoing, iv: &[u8; BLOCK]) -> Vec<u8> {
        self.seal_as(Kind::Characters, characters.length(), iv, |packet| characters.append_to(packet))
    }

    fn seal_as(
        &mut self,
        kind: Kind,
        plain_length: usize,
        iv: &[u8; BLOCK],
        plain: impl FnOnce(&mut Vec<u8>),
    ) -> Vec<u8> {
        // Zero belongs to packets outside of sessions.
        self.sent = self.sent.checked_add(1).unwrap_or(1);
        let body_length = BLOCK + (plain_length + 1).next_multiple_of(BLOCK);
        let length = u16::try_from(body_length).expect("commands and packets of characters are short");
        let mut packet = Vec::with_capacity(HEADER_BYTES + body_length + TRAILER_BYTES_MAX);
        packet.extend(RMCP);
        packet.extend([FORM_2_0, PROTECTED | kind as u8]);
        packet.extend(self.managed_id.to_le_bytes());
        packet.extend(self.sent.to_le_bytes());
        packet.extend(length.to_le_bytes());
        encrypt_onto(&mut packet, &self.keys.encryption, iv, plain);
        // From the form to the next header, in whole groups of four bytes.
        let pad = (4 - (packet.len() - RMCP.len() + 2) % 4) % 4;
        packet.extend(std::iter::repeat_n(0xFF, pad));
        packet.extend([u8::try_from(pad).expect("a pad is shorter than four"), NEXT_HEADER]);
        self.keys.append_code(&mut packet, RMCP.len());
        packet
    }

    /// Unwraps a message, or returns nothing when it is not of this session, was seen before or is not
    /// protected as agreed.
    pub(crate) fn open(&mut self, datagram: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
        self.open_if(datagram, |kind| kind == Kind::Message).map(|opened| opened.body)
    }

    /// Unwraps whatever a session's packet carries, under the same conditions.
    pub(crate) fn open_any(&mut self, datagram: Vec<u8>) -> Option<Opened> {
        self.open_if(datagram, |_| true)
    }

    fn open_if(&mut self, datagram: Vec<u8>, wanted: impl FnOnce(Kind) -> bool) -> Option<Opened> {
        let mut packet = Zeroizing::new(datagram);
        let Header { kind, number, body } = self.accept(&packet, wanted)?;
        if !self.received.take(number) {
            return None;
        }
        let text = decrypt(&self.keys.decryption, packet.get_mut(body.clone())?)?;
        packet.truncate(body.start + text.end);
        packet.drain(..body.start + text.start);
        Some(Opened { kind, number, body: packet })
    }

    /// Reads the header of a packet of this session that is wanted and whose code is right.
    fn accept(&self, datagram: &[u8], wanted: impl FnOnce(Kind) -> bool) -> Option<Header> {
        let covered_end = datagram.len().checked_sub(self.keys.suite.code_bytes())?;
        let (packet, code) = datagram.split_at_checked(covered_end)?;
        let mut reader = Reader::new(packet);
        let front = reader.array::<4>()?;
        let [form, payload] = reader.array()?;
        let kind = Kind::of(payload).filter(|kind| wanted(*kind))?;
        let mine = (front, form) == (RMCP, FORM_2_0)
            && [self.console_id, quirks::NO_SESSION_ID].contains(&reader.u32()?);
        if !mine || !self.keys.accepts(packet.get(RMCP.len()..)?, code) {
            return None;
        }
        let number = reader.u32()?;
        let length = usize::from(reader.u16()?);
        reader.take(length)?;
        Some(Header { kind, number, body: HEADER_BYTES..HEADER_BYTES + length })
    }
}

impl Kind {
    fn of(payload: u8) -> Option<Self> {
        [Self::Message, Self::Characters].into_iter().find(|kind| payload == PROTECTED | *kind as u8)
    }
}

/// What the header of a packet says: what it carries, its sequence number, and where its encrypted body is.
struct Header {
    kind: Kind,
    number: u32,
    body: Range<usize>,
}
