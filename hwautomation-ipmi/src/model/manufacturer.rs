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

/// Returns the name of a known maker of servers or of their BMCs (IANA's list of private enterprise numbers).
pub(crate) fn name(id: u32) -> Option<&'static str> {
    Some(match id {
        2 | 20_301 | 42_817 => "IBM",
        11 => "HP",
        42 => "Sun",
        111 => "Oracle",
        116 => "Hitachi",
        119 => "NEC",
        211 | 10_368 => "Fujitsu",
        343 => "Intel",
        674 => "Dell",
        2_011 => "Huawei",
        2_623 => "ASUS",
        5_703 => "NVIDIA",
        5_771 => "Cisco",
        6_653 => "Tyan",
        7_244 => "Quanta",
        SUPERMICRO | SUPERMICRO_OLD => "Supermicro",
        15_370 => "Gigabyte",
        19_046 => "Lenovo",
        20_974 => "AMI",
        37_945 => "Inspur",
        40_092 => "Wiwynn",
        47_196 => "HPE",
        49_769 => "YADRO",
        _ => return None,
    })
}
