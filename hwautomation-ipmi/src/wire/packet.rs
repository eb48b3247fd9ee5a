//! The envelope of a message outside of a session: RMCP, and the session headers of IPMI 1.5 and 2.0.

use super::reader::Reader;

/// RMCP 1.0, no acknowledgement wanted, class IPMI (section 13.1.3).
pub(super) const RMCP: [u8; 4] = [0x06, 0x00, 0xFF, 0x07];
/// Says that the header has the form of IPMI 2.0.
pub(super) const FORM_2_0: u8 = 0x06;
/// A packet of IPMI 1.5 without authentication, sequence number and session.
const FORM_1_5: [u8; 9] = [0; 9];

/// A packet of IPMI 2.0 that carries a message, neither encrypted nor authenticated (table 13-16).
const MESSAGE: u8 = 0x00;
/// One that carries characters, and is both.
const CHARACTERS: u8 = 0xC1;

/// Names what an unprotected packet of IPMI 2.0 carries (table 13-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    OpenRequest = 0x10,
    OpenAnswer = 0x11,
    Rakp1 = 0x12,
    Rakp2 = 0x13,
    Rakp3 = 0x14,
    Rakp4 = 0x15,
}

/// Wraps a message of IPMI 1.5 before a session.
pub(crate) fn presession(message: &[u8]) -> Vec<u8> {
    let length = u8::try_from(message.len()).expect("messages before a session are short");
    [&RMCP, FORM_1_5.as_slice(), &[length], message].concat()
}

/// Unwraps the answer to one. Some BMCs (pyghmi's) answer in the form of 2.0, which the specification allows, too.
pub(crate) fn unwrap_presession(datagram: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(datagram);
    if reader.array::<4>()? != RMCP {
        return None;
    }
    let mut of_1_5 = reader;
    if of_1_5.array::<9>()? == FORM_1_5 {
        let length = of_1_5.byte()?.into();
        return of_1_5.take(length);
    }
    let outside = reader.array::<2>()? == [FORM_2_0, MESSAGE] && reader.array::<8>()? == [0; 8];
    let length = usize::from(reader.u16()?);
    if outside { reader.take(length) } else { None }
}

/// Tells whether a datagram says that it carries characters of a session's serial port.
pub(crate) fn carries_characters(datagram: &[u8]) -> bool {
    datagram.get(RMCP.len()..RMCP.len() + 2) == Some(&[FORM_2_0, CHARACTERS])
}

/// Wraps what opens a session.
pub(crate) fn bare(payload: Payload, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("what opens a session is short");
    let header = [FORM_2_0, payload as u8, 0, 0, 0, 0, 0, 0, 0, 0];
    [&RMCP, header.as_slice(), &length.to_le_bytes(), body].concat()
}

/// Unwraps it, if it is of this kind and belongs to no session.
pub(crate) fn unwrap_bare(payload: Payload, datagram: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(datagram);
    let mine = reader.array::<4>()? == RMCP
        && reader.array::<2>()? == [FORM_2_0, payload as u8]
        && reader.array::<8>()? == [0; 8];
    let length = usize::from(reader.u16()?);
    if mine { reader.take(length) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_before_a_session_is_read_in_both_forms() {
        let message = [0x81, 0x1C, 0x63];
        assert_eq!(unwrap_presession(&presession(&message)), Some(&message[..]));
        let of_2_0 = [&RMCP, [6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0].as_slice(), &message].concat();
        assert_eq!(unwrap_presession(&of_2_0), Some(&message[..]));
        for byte in 4..14 {
            let mut inside = of_2_0.clone();
            inside[byte] ^= 0x10;
            assert_eq!(unwrap_presession(&inside), None, "byte {byte}");
        }
    }
}
