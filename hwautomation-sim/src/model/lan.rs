//! How a BMC is reached.

use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// Says where a BMC's address comes from (IPMI 2.0, table 23-4, parameter 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LanSource {
    /// It was written down.
    Static,
    /// A DHCP server gives it.
    Dhcp,
    /// The BIOS loads it.
    Bios,
    /// Some other protocol.
    Other,
}

impl LanSource {
    /// Returns the code of the parameter.
    pub const fn code(self) -> u8 {
        match self {
            Self::Static => 1,
            Self::Dhcp => 2,
            Self::Bios => 3,
            Self::Other => 4,
        }
    }

    /// Returns the source with a code.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Static),
            2 => Some(Self::Dhcp),
            3 => Some(Self::Bios),
            4 => Some(Self::Other),
            _ => None,
        }
    }
}

/// Is the LAN configuration of a BMC. Addresses are nominal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lan {
    /// Where the address comes from.
    pub source: LanSource,
    /// Where the BMC answers.
    pub address: Ipv4Addr,
    /// The mask of its network.
    pub mask: Ipv4Addr,
    /// The gateway of its network.
    pub gateway: Ipv4Addr,
    /// The hardware address.
    pub mac: [u8; 6],
    /// The VLAN it is in, if any.
    pub vlan: Option<u16>,
}

impl Lan {
    /// Returns the hardware address as `52:54:00:00:00:01`.
    pub fn mac_text(&self) -> String {
        mac_text(self.mac)
    }
}

/// Writes a hardware address in lower case with colons.
pub(crate) fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}
