//! Channels of a BMC: which one is a LAN (IPMI 2.0, section 22.24).

use super::command::Command;

/// "The channel that this is asked on".
pub(crate) const THIS: u8 = 0x0E;
/// The channels that a LAN may have (table 6-1).
pub(crate) const NUMBERS: std::ops::RangeInclusive<u8> = 1..=11;
/// 802.3 LAN (table 6-3).
const LAN: u8 = 4;

/// Asks what a channel is.
pub(crate) fn ask(channel: u8) -> Command {
    Command::reads("asking which channel is the LAN", [0x06, 0x42], &[channel])
}

/// Reads the answer: the channel's number, if it is a LAN.
pub(crate) fn lan(data: &[u8]) -> Option<u8> {
    match data {
        [number, medium, ..] if medium & 0x7F == LAN => {
            Some(number & 0x0F).filter(|number| NUMBERS.contains(number))
        }
        _ => None,
    }
}
