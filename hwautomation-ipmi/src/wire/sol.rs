//! Packets of a console's characters (IPMI 2.0, tables 15-2 and 15-3): their numbers, their receipts, and what the
//! serial port is told or tells.

use super::reader::Reader;

/// How many bytes stand before the characters.
pub(crate) const HEADER_BYTES: usize = 4;
/// How many characters a packet has at most: how many of them were accepted is told in one byte.
pub(crate) const CHARACTERS_MAX: usize = u8::MAX as usize;
/// The greatest number of a packet; behind it comes 1. Zero is that of packets that want no receipt.
pub(crate) const SEQUENCE_MAX: u8 = 15;

/// Where the numbers stand in their bytes; the rest is reserved.
const SEQUENCE: u8 = 0x0F;
/// In both directions, "NACK": the packet that is told of was not accepted, not all of it, or is to be the last for now.
const REFUSED: u8 = 0x40;
/// To the BMC: a break is to be sent behind the characters.
const BREAK: u8 = 0x10;
/// From the BMC.
const UNAVAILABLE: u8 = 0x20;
const ENDS: u8 = 0x10;
const OVERRUN: u8 = 0x08;
const BROKEN: u8 = 0x04;

/// Tells what became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// Which packet, from 1 to 15.
    pub(crate) sequence: u8,
    /// How many of its characters were accepted.
    pub(crate) accepted: u8,
    /// Not all was accepted, or nothing more is wanted for now.
    pub(crate) refuses: bool,
}

/// What a console sends: characters, or a receipt. Each in a packet of its own: not all BMCs take both in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outgoing {
    Characters {
        /// From 1 to 15.
        sequence: u8,
        characters: Vec<u8>,
    },
    /// A break on the serial line, without characters.
    Break {
        sequence: u8,
    },
    Receipt(Receipt),
}

/// What a BMC sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming<'a> {
    /// From 1 to 15; zero wants no receipt.
    pub(crate) sequence: u8,
    pub(crate) receipt: Option<Receipt>,
    pub(crate) port: Port,
    pub(crate) characters: &'a [u8],
}

/// What a BMC tells of the serial port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Port {
    /// Nobody takes characters, since the machine is off or starts.
    pub(crate) is_unavailable: bool,
    /// This console ends, or has ended.
    pub(crate) ends: bool,
    /// Characters of the machine were lost before the BMC could send them.
    pub(crate) overran: bool,
    /// The machine sent a break.
    pub(crate) had_break: bool,
}

impl Outgoing {
    /// Tells how many bytes it has.
    pub(crate) fn length(&self) -> usize {
        HEADER_BYTES + self.characters().len()
    }

    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend(match self {
            Self::Characters { sequence, .. } => [*sequence, 0, 0, 0],
            Self::Break { sequence } => [*sequence, 0, 0, BREAK],
            Self::Receipt(receipt) => {
                [0, receipt.sequence, receipt.accepted, if receipt.refuses { REFUSED } else { 0 }]
            }
        });
        bytes.extend(self.characters());
    }

    fn characters(&self) -> &[u8] {
        match self {
            Self::Characters { characters, .. } => characters,
            Self::Break { .. } | Self::Receipt(_) => &[],
        }
    }
}

impl<'a> Incoming<'a> {
    /// Reads a packet, or nothing when it is too short to be one, or has more characters than can be told of.
    pub(crate) fn read(payload: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let [sequence, received, accepted, status] = reader.array()?;
        let characters = reader.rest();
        if characters.len() > CHARACTERS_MAX {
            return None;
        }
        let has = |bit: u8| status & bit != 0;
        let receipt = Receipt { sequence: received & SEQUENCE, accepted, refuses: has(REFUSED) };
        Some(Self {
            sequence: sequence & SEQUENCE,
            receipt: (receipt.sequence != 0).then_some(receipt),
            port: Port {
                is_unavailable: has(UNAVAILABLE),
                ends: has(ENDS),
                overran: has(OVERRUN),
                had_break: has(BROKEN),
            },
            characters,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(packet: &Outgoing) -> Vec<u8> {
        let mut bytes = Vec::new();
        packet.append_to(&mut bytes);
        assert_eq!(bytes.len(), packet.length());
        bytes
    }

    #[test]
    fn what_goes_out_has_its_fields_where_the_specification_has_them() {
        let typed = Outgoing::Characters { sequence: 15, characters: b"ls\r".to_vec() };
        assert_eq!(bytes(&typed), [15, 0, 0, 0, b'l', b's', b'\r']);
        assert_eq!(bytes(&Outgoing::Break { sequence: 3 }), [3, 0, 0, 0x10]);
        let receipt = Receipt { sequence: 7, accepted: 200, refuses: false };
        assert_eq!(bytes(&Outgoing::Receipt(receipt)), [0, 7, 200, 0]);
        let refusal = Receipt { accepted: 0, refuses: true, ..receipt };
        assert_eq!(bytes(&Outgoing::Receipt(refusal)), [0, 7, 0, 0x40]);
    }

    #[test]
    fn each_bit_of_the_status_is_read_as_what_it_is() {
        let port = |status| Incoming::read(&[0, 0, 0, status]).unwrap().port;
        let none = Port::default();
        assert_eq!(port(0x83), none, "reserved, and two that only a console sends");
        assert_eq!(port(0x20), Port { is_unavailable: true, ..none });
        assert_eq!(port(0x10), Port { ends: true, ..none });
        assert_eq!(port(0x08), Port { overran: true, ..none });
        assert_eq!(port(0x04), Port { had_break: true, ..none });
        let refusal = Incoming::read(&[0xF0, 0xF2, 5, 0x40]).unwrap();
        assert_eq!(refusal.receipt, Some(Receipt { sequence: 2, accepted: 5, refuses: true }));
        assert_eq!((refusal.sequence, Incoming::read(&[0, 0, 5, 0x40]).unwrap().receipt), (0, None));
    }

    #[test]
    fn a_packet_that_is_cut_or_has_too_many_characters_is_none() {
        assert_eq!((0..4).filter_map(|length| Incoming::read(&[1; 4][..length])).count(), 0);
        let long = [0; HEADER_BYTES + CHARACTERS_MAX + 1];
        assert_eq!(Incoming::read(&long), None);
        let longest = Incoming::read(&long[1..]).unwrap();
        assert_eq!(longest.characters.len(), CHARACTERS_MAX);
    }
}
