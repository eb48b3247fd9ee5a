//! The session header around a payload, of IPMI 1.5 and of RMCP+ (IPMI 2.0, sections 13.6 and 13.28).

use super::{CLASS_IPMI, Datagram, RMCP, Reader};

/// Authentication type "none" of IPMI 1.5: the only one that needs no session.
const AUTH_NONE: u8 = 0x00;
/// Authentication type that marks an RMCP+ header.
const AUTH_RMCP_PLUS: u8 = 0x06;
const ENCRYPTED: u8 = 0x80;
const AUTHENTICATED: u8 = 0x40;
/// Ends an authenticated packet's padding; RMCP+ has this one value.
const NEXT_HEADER: u8 = 0x07;
/// From the authentication type to the payload, in bytes.
const HEADER_LENGTH: usize = 12;
/// Behind a payload: three bytes of padding, their number, the next header, a code of sixteen bytes.
const TRAILER_MAX: usize = 3 + 2 + 16;

/// What an RMCP+ packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    Message,
    /// Characters of a serial port.
    Sol,
    OpenRequest,
    OpenResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
}

impl Payload {
    const ALL: [(u8, Self); 8] = [
        (0x00, Self::Message),
        (0x01, Self::Sol),
        (0x10, Self::OpenRequest),
        (0x11, Self::OpenResponse),
        (0x12, Self::Rakp1),
        (0x13, Self::Rakp2),
        (0x14, Self::Rakp3),
        (0x15, Self::Rakp4),
    ];

    fn read(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == code).map(|(_, payload)| *payload)
    }

    fn code(self) -> u8 {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or(0, |(code, _)| *code)
    }
}

/// An RMCP+ packet, taken apart but not believed yet.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) kind: Payload,
    /// Both encrypted and authenticated; a packet that is only one of them is not read.
    pub(crate) protected: bool,
    pub(crate) session: u32,
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
    /// Everything from the authentication type on.
    whole: &'a [u8],
}

/// Reads what follows an RMCP header of class IPMI.
pub(super) fn read(reader: Reader<'_>) -> Option<Datagram<'_>> {
    let whole = reader.rest();
    match *whole.first()? {
        AUTH_NONE => lan15(whole).map(Datagram::Lan15),
        AUTH_RMCP_PLUS => lan20(whole).map(Datagram::Lan20),
        // Sessions of IPMI 1.5 are not offered.
        _ => None,
    }
}

fn lan15(whole: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(whole);
    let (_auth, _sequence, session) = (reader.u8()?, reader.u32()?, reader.u32()?);
    let length = reader.u8()?;
    let message = reader.take(length.into())?;
    (session == 0).then_some(message)
}

fn lan20(whole: &[u8]) -> Option<Envelope<'_>> {
    let mut reader = Reader::new(whole);
    let (_auth, kind) = (reader.u8()?, reader.u8()?);
    let protection = kind & (ENCRYPTED | AUTHENTICATED);
    let kind = Payload::read(kind & !(ENCRYPTED | AUTHENTICATED))?;
    let (session, sequence, length) = (reader.u32()?, reader.u32()?, reader.u16()?);
    let payload = reader.take(length.into())?;
    let protected = protection == ENCRYPTED | AUTHENTICATED;
    (protected || protection == 0).then_some(Envelope { kind, protected, session, sequence, payload, whole })
}

impl<'a> Envelope<'a> {
    /// Splits the packet into what is signed and the signature of that many bytes, if its shape allows for one.
    pub(crate) fn signature(&self, length: usize) -> Option<(&'a [u8], &'a [u8])> {
        let (signed, code) = self.whole.split_at_checked(self.whole.len().checked_sub(length)?)?;
        let mut trailer = Reader::new(signed);
        trailer.take(HEADER_LENGTH + self.payload.len())?;
        let (end, padding) = trailer.rest().split_last_chunk::<2>().map(|(padding, end)| (end, padding))?;
        let fits = usize::from(end[0]) == padding.len() && end[1] == NEXT_HEADER;
        fits.then_some((signed, code))
    }
}

/// Wraps an answer outside of any session as IPMI 1.5 does.
pub(crate) fn wrap_lan15(message: &[u8]) -> Vec<u8> {
    let mut bytes = packet(message.len());
    bytes.extend([AUTH_NONE, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.push(u8::try_from(message.len()).expect("no answer of ours has 256 bytes"));
    bytes.extend(message);
    bytes
}

/// Wraps a payload outside of any session as RMCP+ does.
pub(crate) fn wrap(kind: Payload, payload: &[u8]) -> Vec<u8> {
    let mut bytes = packet(payload.len());
    write(&mut bytes, kind.code(), 0, 0, payload);
    bytes
}

/// Wraps an encrypted payload for a session, and signs it.
pub(crate) fn sign_and_wrap<C: AsRef<[u8]>>(
    kind: Payload,
    session: u32,
    sequence: u32,
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> C,
) -> Vec<u8> {
    let mut bytes = packet(payload.len());
    let from = bytes.len();
    write(&mut bytes, kind.code() | ENCRYPTED | AUTHENTICATED, session, sequence, payload);
    // What is signed must be a multiple of four bytes, with the two that follow the padding.
    let padding = (4 - (bytes.len() - from + 2) % 4) % 4;
    bytes.extend(std::iter::repeat_n(0xFF, padding));
    bytes.extend([padding as u8, NEXT_HEADER]);
    let code = sign(bytes.get(from..).unwrap_or_default());
    bytes.extend(code.as_ref());
    bytes
}

/// Begins a packet, with room for all that comes around its payload.
fn packet(payload_length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(RMCP.len() + 1 + HEADER_LENGTH + payload_length + TRAILER_MAX);
    bytes.extend(RMCP);
    bytes.push(CLASS_IPMI);
    bytes
}

fn write(bytes: &mut Vec<u8>, kind: u8, session: u32, sequence: u32, payload: &[u8]) {
    let length = u16::try_from(payload.len()).expect("no answer of ours has 64 KiB");
    bytes.extend([AUTH_RMCP_PLUS, kind]);
    bytes.extend(session.to_le_bytes());
    bytes.extend(sequence.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(payload);
}
