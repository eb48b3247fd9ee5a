//! Which payloads travel over a channel (IPMI 2.0, sections 24.8 and 24.9).

use super::{Completion, Reply, Rights, channel, exactly};
use crate::bmc::privilege::Privilege;

/// Version 1.0 of a payload.
const VERSION: u8 = 0x10;
/// The types that may travel: messages (0), and those of the handshake (10h to 15h).
const MESSAGES: u8 = 0b1;
const HANDSHAKE: u8 = 0b11_1111;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    Support,
    Version(u8),
}

impl Payload {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        if code == 0x4E {
            let [channel] = exactly(data)?;
            return channel::lan(channel).map(|_| Self::Support);
        }
        let [channel, kind] = exactly(data)?;
        channel::lan(channel).map(|_| Self::Version(kind))
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Support => "get payload support".to_owned(),
            Self::Version(kind) => format!("get payload version {kind}"),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        Rights::Read(Privilege::User)
    }

    pub(super) fn run(&self) -> Reply {
        match self {
            // Two bytes for the standard types, two for the handshake, two for those of makers, two reserved.
            Self::Support => Ok(vec![MESSAGES, 0, HANDSHAKE, 0, 0, 0, 0, 0]),
            Self::Version(0x00 | 0x10..=0x15) => Ok(vec![VERSION]),
            Self::Version(_) => Err(Completion::PAYLOAD_NOT_AVAILABLE),
        }
    }
}
