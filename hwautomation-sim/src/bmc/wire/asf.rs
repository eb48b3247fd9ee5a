//! The presence ping: is there something that speaks RMCP? (ASF 2.0, section 3.2.4.)

use super::{CLASS_ASF, RMCP, Reader};

/// The enterprise number of ASF, 4542, as it travels.
const ENTERPRISE: [u8; 4] = [0x00, 0x00, 0x11, 0xBE];
const PING: u8 = 0x80;
const PONG: u8 = 0x40;

/// Reads a ping behind the RMCP header and returns its tag.
pub(super) fn ping(mut reader: Reader<'_>) -> Option<u8> {
    let (enterprise, kind, tag) = (reader.array()?, reader.u8()?, reader.u8()?);
    (enterprise == ENTERPRISE && kind == PING).then_some(tag)
}

/// Answers a ping: IPMI is spoken here, and nothing else.
pub(crate) fn pong(tag: u8) -> Vec<u8> {
    let mut bytes = RMCP.to_vec();
    bytes.push(CLASS_ASF);
    bytes.extend(ENTERPRISE);
    // Type, tag, reserved, and the sixteen bytes that follow.
    bytes.extend([PONG, tag, 0x00, 0x10]);
    // Whose numbers the OEM field holds (nobody's), and the field.
    bytes.extend(ENTERPRISE);
    bytes.extend([0; 4]);
    // IPMI is supported, ASF 1.0; no interactions; reserved.
    bytes.extend([0x81, 0x00, 0, 0, 0, 0, 0, 0]);
    bytes
}
