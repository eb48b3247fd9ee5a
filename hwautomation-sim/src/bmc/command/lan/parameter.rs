//! The parameters of the LAN (IPMI 2.0, table 23-4).

use crate::bmc::command::{Completion, exactly};
use crate::model::lan::{Lan, LanSource};
use crate::model::login::SuitePrivileges;
use std::net::Ipv4Addr;

/// In the second byte of the VLAN: it is used.
const VLAN_ENABLED: u8 = 0x80;
/// How many bytes a community string has.
const COMMUNITY_LENGTH: usize = 18;
/// How many suites the parameter 23 has room for.
const SUITES_MAX: usize = 16;

/// A parameter with the value that it shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parameter {
    AuthTypes([u8; 5]),
    Address(Ipv4Addr),
    Source(LanSource),
    Mask(Ipv4Addr),
    Gateway(Ipv4Addr),
    GatewayMac([u8; 6]),
    Community([u8; COMMUNITY_LENGTH]),
    Vlan { number: u16, used: bool },
    SuitePrivileges(SuitePrivileges),
}

/// All parameters.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) lan: Lan,
    /// The numbers of the suites that are offered.
    pub(super) suites: Vec<u8>,
    pub(super) suite_privileges: SuitePrivileges,
    pub(super) extra: Extra,
}

/// The parameters that change nothing but what is read back.
#[derive(Debug, Clone)]
pub(super) struct Extra {
    auth_types: [u8; 5],
    gateway_mac: [u8; 6],
    community: [u8; COMMUNITY_LENGTH],
    /// The VLAN's number while none is used: it is read back as it was written.
    unused_vlan: u16,
}

impl Default for Extra {
    fn default() -> Self {
        let mut community = [0; COMMUNITY_LENGTH];
        community.iter_mut().zip(b"public").for_each(|(place, byte)| *place = *byte);
        Self { auth_types: [0; 5], gateway_mac: [0; 6], community, unused_vlan: 0 }
    }
}

impl Parameter {
    /// Reads what a parameter shall be, or says why it cannot be that.
    pub(super) fn read(parameter: u8, data: &[u8]) -> Result<Self, Completion> {
        match parameter {
            1 | 5 | 22 | 23 => Err(Completion::READ_ONLY),
            2 => exactly(data).map(Self::AuthTypes),
            3 => exactly::<4>(data).and_then(|address| host(address.into())).map(Self::Address),
            4 => exactly(data).and_then(|[code]| source(code)).map(Self::Source),
            6 => exactly::<4>(data).and_then(|mask| contiguous(mask.into())).map(Self::Mask),
            12 => exactly::<4>(data).map(|gateway| Self::Gateway(gateway.into())),
            13 => exactly(data).map(Self::GatewayMac),
            16 => exactly(data).map(Self::Community),
            20 => exactly(data).and_then(vlan),
            24 => exactly(data).map(|bytes| Self::SuitePrivileges(SuitePrivileges(bytes))),
            _ => Err(Completion::PARAMETER_NOT_SUPPORTED),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::AuthTypes(_) => "authentication types".to_owned(),
            Self::Address(address) => format!("ip {address}"),
            Self::Source(LanSource::Static) => "source static".to_owned(),
            Self::Source(LanSource::Dhcp) => "source dhcp".to_owned(),
            Self::Source(source) => format!("source {}", source.code()),
            Self::Mask(mask) => format!("mask {mask}"),
            Self::Gateway(gateway) => format!("gateway {gateway}"),
            Self::GatewayMac(_) => "gateway mac".to_owned(),
            Self::Community(_) => "community".to_owned(),
            Self::Vlan { used: false, .. } => "vlan off".to_owned(),
            Self::Vlan { number, .. } => format!("vlan {number}"),
            Self::SuitePrivileges(_) => "cipher suite privileges".to_owned(),
        }
    }
}

impl Settings {
    /// Returns what a parameter is.
    pub(super) fn get(&self, parameter: u8) -> Result<Vec<u8>, Completion> {
        let (lan, extra) = (&self.lan, &self.extra);
        Ok(match parameter {
            // No authentication type of IPMI 1.5.
            1 => vec![0x00],
            2 => extra.auth_types.to_vec(),
            3 => lan.address.octets().to_vec(),
            4 => vec![lan.source.code()],
            5 => lan.mac.to_vec(),
            6 => lan.mask.octets().to_vec(),
            12 => lan.gateway.octets().to_vec(),
            13 => extra.gateway_mac.to_vec(),
            16 => extra.community.to_vec(),
            20 => vlan_bytes(lan.vlan, extra.unused_vlan).to_vec(),
            22 => vec![self.suites.len().min(SUITES_MAX) as u8],
            23 => suites(&self.suites),
            24 => self.suite_privileges.0.to_vec(),
            _ => return Err(Completion::PARAMETER_NOT_SUPPORTED),
        })
    }

    /// Changes a parameter.
    pub(super) fn set(&mut self, parameter: &Parameter) -> Result<(), Completion> {
        let (lan, extra) = (&mut self.lan, &mut self.extra);
        match parameter {
            // The address is the DHCP server's to decide.
            Parameter::Address(_) if lan.source == LanSource::Dhcp => return Err(Completion::READ_ONLY),
            Parameter::AuthTypes(types) => extra.auth_types = *types,
            Parameter::Address(address) => lan.address = *address,
            Parameter::Source(source) => lan.source = *source,
            Parameter::Mask(mask) => lan.mask = *mask,
            Parameter::Gateway(gateway) => lan.gateway = *gateway,
            Parameter::GatewayMac(mac) => extra.gateway_mac = *mac,
            Parameter::Community(community) => extra.community = *community,
            Parameter::Vlan { number, used } => {
                lan.vlan = used.then_some(*number);
                extra.unused_vlan = *number;
            }
            Parameter::SuitePrivileges(privileges) => self.suite_privileges = *privileges,
        }
        Ok(())
    }
}

fn host(address: Ipv4Addr) -> Result<Ipv4Addr, Completion> {
    let is_nobodys = address.is_multicast() || address.is_broadcast() || address.is_unspecified();
    if is_nobodys { Err(Completion::INVALID_FIELD) } else { Ok(address) }
}

fn source(code: u8) -> Result<LanSource, Completion> {
    LanSource::from_code(code & 0x0F).ok_or(Completion::INVALID_FIELD)
}

fn contiguous(mask: Ipv4Addr) -> Result<Ipv4Addr, Completion> {
    let bits = mask.to_bits();
    if bits.leading_ones() + bits.trailing_zeros() == u32::BITS {
        Ok(mask)
    } else {
        Err(Completion::INVALID_FIELD)
    }
}

fn vlan([low, high]: [u8; 2]) -> Result<Parameter, Completion> {
    let (number, used) = (u16::from_le_bytes([low, high & 0x0F]), high & VLAN_ENABLED != 0);
    // The least and the greatest number are no VLANs (IEEE 802.1Q, table 9-2).
    match number {
        0 | 0x0FFF if used => Err(Completion::INVALID_FIELD),
        _ => Ok(Parameter::Vlan { number, used }),
    }
}

fn vlan_bytes(used: Option<u16>, unused: u16) -> [u8; 2] {
    let [low, high] = used.unwrap_or(unused).to_le_bytes();
    [low, if used.is_some() { high | VLAN_ENABLED } else { high }]
}

/// A reserved byte, then the number of each suite.
fn suites(offered: &[u8]) -> Vec<u8> {
    let ids = offered.iter().copied().chain(std::iter::repeat(0));
    std::iter::once(0).chain(ids.take(SUITES_MAX)).collect()
}
