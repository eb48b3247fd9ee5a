//! Who made a BMC: Get Device ID (IPMI 2.0, section 20.1), by IANA enterprise number.

use super::command::Command;
use crate::error::IpmiError;

/// Super Micro Computer, Inc.
pub(crate) const SUPERMICRO: u32 = 10_876;
/// The number on Supermicro's older boards.
pub(crate) const SUPERMICRO_OLD: u32 = 47_488;

/// Asks for it.
pub(crate) fn ask() -> Command {
    Command::reads("asking the BMC who made it", [0x06, 0x01], &[])
}

/// Reads the answer: the number stands in 20 bits after six other bytes.
pub(crate) fn of(data: &[u8]) -> Result<u32, IpmiError> {
    match data.get(6..9) {
        Some([low, middle, high]) => Ok(u32::from_le_bytes([*low, *middle, *high & 0x0F, 0])),
        _ => Err(IpmiError::malformed(
            "asking the BMC who made it",
            format!("{} bytes, not the 11 of a device id", data.len()),
        )),
    }
}
