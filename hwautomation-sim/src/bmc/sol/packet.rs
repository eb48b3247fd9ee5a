//! A packet of characters (IPMI 2.0, tables 15-2 and 15-3): its number, whose receipt it tells, and what else.

use crate::bmc::wire::Reader;

/// A packet, in either direction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Packet {
    /// From 1 to 15; zero carries nothing that must be received.
    pub(crate) sequence: u8,
    /// The packet whose receipt this tells; zero tells nothing.
    pub(crate) received: u8,
    /// How many characters of that packet were taken.
    pub(crate) taken: u8,
    /// What the console asks for, or how the BMC is.
    pub(crate) flags: u8,
    pub(crate) characters: Vec<u8>,
}

impl Packet {
    /// The packet was not taken, or not all of it: it is to come again.
    pub(crate) const REFUSED: u8 = 0x40;
    /// From the BMC: there is nobody to take characters.
    pub(crate) const UNAVAILABLE: u8 = 0x20;
    /// From the BMC: this ends here.
    pub(crate) const ENDS: u8 = 0x10;
    /// From the console: a break is to be sent.
    pub(crate) const BREAK: u8 = 0x10;

    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let (sequence, received) = (reader.u8()? & 0x0F, reader.u8()? & 0x0F);
        let (taken, flags) = (reader.u8()?, reader.u8()?);
        Some(Self { sequence, received, taken, flags, characters: reader.rest().to_vec() })
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        [&[self.sequence, self.received, self.taken, self.flags], &self.characters[..]].concat()
    }
}
