//! What is on the wire: datagrams and messages, read without trust and written as the specification says.

mod asf;
mod envelope;
mod message;
mod reader;

pub(crate) use asf::pong;
pub(crate) use envelope::{Envelope, Payload, sign_and_wrap, wrap, wrap_lan15};
pub(crate) use message::Request;
pub(crate) use reader::Reader;

/// The header of every datagram: RMCP 1.0, reserved, "do not acknowledge", then the class (ASF 2.0, section 3.2.2.2).
const RMCP: [u8; 3] = [0x06, 0x00, 0xFF];
/// The class of ASF messages.
const CLASS_ASF: u8 = 0x06;
/// The class of IPMI messages.
const CLASS_IPMI: u8 = 0x07;

/// One datagram that makes sense.
#[derive(Debug)]
pub(crate) enum Datagram<'a> {
    /// Asks whether somebody is there, with a tag to repeat.
    Ping { tag: u8 },
    /// Carries an IPMI message outside of any session, wrapped as IPMI 1.5 does.
    Lan15(&'a [u8]),
    /// Carries an RMCP+ payload.
    Lan20(Envelope<'a>),
}

impl<'a> Datagram<'a> {
    /// Reads a datagram; what makes no sense is nothing.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != RMCP[0] {
            return None;
        }
        // The reserved byte and the sequence number mean nothing to a BMC that never acknowledges.
        reader.take(2)?;
        match reader.u8()? {
            CLASS_ASF => asf::ping(reader).map(|tag| Self::Ping { tag }),
            CLASS_IPMI => envelope::read(reader),
            _ => None,
        }
    }
}
