//! How the serial port travels (IPMI 2.0, sections 26.2 and 26.3): read only.

use super::{Completion, Reply, Rights, Scene, channel, exactly};
use crate::bmc::privilege::Privilege;
use crate::bmc::sol::{CHARACTERS_MAX, RETRIES_MAX, RETRY};

/// The version of the parameters.
const REVISION: u8 = 0x11;
/// Packets must be encrypted and signed, and a user may listen.
const PROTECTED_FOR_USERS: u8 = 0xC2;
/// 115,200 bits a second (table 26-5).
const BIT_RATE: u8 = 0x0A;
/// How long characters are collected, in steps of 5 ms.
const COLLECTED: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sol {
    /// Only the version of the parameters is asked for.
    Revision,
    Get(u8),
}

impl Sol {
    pub(super) fn read(data: &[u8]) -> Result<Self, Completion> {
        let [channel, parameter, _set, _block] = exactly(data)?;
        channel::lan(channel)?;
        Ok(if channel & 0x80 == 0 { Self::Get(parameter) } else { Self::Revision })
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Revision => "get sol revision".to_owned(),
            Self::Get(parameter) => format!("get sol {parameter}"),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        Rights::Read(Privilege::User)
    }

    pub(super) fn run(&self, scene: &Scene<'_>) -> Reply {
        let [low, high] = scene.port.to_le_bytes();
        let value: &[u8] = match self {
            Self::Revision => &[],
            // Nothing is being set; it is switched on.
            Self::Get(0) => &[0],
            Self::Get(1) => &[1],
            Self::Get(2) => &[PROTECTED_FOR_USERS],
            Self::Get(3) => &[COLLECTED, CHARACTERS_MAX as u8],
            // In steps of 10 ms.
            Self::Get(4) => &[RETRIES_MAX, (RETRY.as_millis() / 10) as u8],
            // What is kept, and what is in force.
            Self::Get(5 | 6) => &[BIT_RATE],
            Self::Get(7) => &[channel::LAN],
            Self::Get(8) => &[low, high],
            Self::Get(_) => return Err(Completion::PARAMETER_NOT_SUPPORTED),
        };
        Ok([&[REVISION], value].concat())
    }
}
