//! LAN parameters (IPMI 2.0, sections 23.1 and 23.2, table 23-4).

use super::command::{Command, Repeat};
use crate::error::IpmiError;
use hwautomation_core::plugin::{LanAddressSource, LanChange, LanSettings, VlanChange, VlanId};
use std::net::Ipv4Addr;

/// Names a parameter that is read or written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    Progress = 0,
    Address = 3,
    Source = 4,
    Mac = 5,
    Mask = 6,
    Gateway = 12,
    Vlan = 20,
}

impl Parameter {
    fn reading(self) -> &'static str {
        match self {
            Self::Progress => "reading whether the BMC's network is being set",
            Self::Address => "reading the BMC's address",
            Self::Source => "reading the BMC's address source",
            Self::Mac => "reading the BMC's MAC address",
            Self::Mask => "reading the BMC's subnet mask",
            Self::Gateway => "reading the BMC's gateway",
            Self::Vlan => "reading the BMC's VLAN",
        }
    }

    fn setting(self) -> &'static str {
        match self {
            Self::Progress => "saying that the BMC's network is being set",
            Self::Address => "setting the BMC's address",
            Self::Source => "setting the BMC's address source",
            Self::Mac => "setting the BMC's MAC address",
            Self::Mask => "setting the BMC's subnet mask",
            Self::Gateway => "setting the BMC's gateway",
            Self::Vlan => "setting the BMC's VLAN",
        }
    }

    /// Tells whether a BMC may answer elsewhere once it is written.
    pub(crate) fn moves(self) -> bool {
        matches!(self, Self::Address | Self::Vlan)
    }

    /// Asks for it.
    pub(crate) fn ask(self, channel: u8) -> Command {
        Command::reads(self.reading(), [0x0C, 0x02], &[channel, self as u8, 0, 0])
    }

    /// Writes it. Once only: a BMC may be on its way to another address.
    pub(crate) fn write(self, channel: u8, value: &[u8]) -> Command {
        let command = Command::new(self.setting(), [0x0C, 0x01], Repeat::Never);
        command.with(&[channel, self as u8]).with(value)
    }

    /// Reads its value: the bytes after the revision.
    pub(crate) fn value<const N: usize>(self, data: &[u8]) -> Result<[u8; N], IpmiError> {
        let value = data.get(1..).and_then(|value| value.first_chunk::<N>());
        value.copied().ok_or_else(|| {
            IpmiError::malformed(self.reading(), format!("{} bytes, expected {}", data.len(), N + 1))
        })
    }
}

/// Is a parameter, and the value to give it.
pub(crate) type Write = (Parameter, Vec<u8>);

/// Says that parameters are being written, or that they are complete.
pub(crate) fn progress(channel: u8, state: u8) -> Command {
    Parameter::Progress.write(channel, &[state])
}

/// What a BMC says about its network, parameter by parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) source: [u8; 1],
    pub(crate) address: [u8; 4],
    pub(crate) mask: [u8; 4],
    pub(crate) gateway: [u8; 4],
    pub(crate) vlan: Option<[u8; 2]>,
}

impl Raw {
    pub(crate) fn settings(self) -> LanSettings {
        let [source] = self.source;
        let gateway = Ipv4Addr::from(self.gateway);
        LanSettings {
            source: match source & 0x0F {
                1 => LanAddressSource::Static,
                2 => LanAddressSource::Dhcp,
                _ => LanAddressSource::Other,
            },
            address: self.address.into(),
            subnet_mask: self.mask.into(),
            gateway: (!gateway.is_unspecified()).then_some(gateway),
            vlan: self.vlan.map(u16::from_le_bytes).and_then(vlan),
        }
    }

    /// Tells whether it is as a change wants it.
    pub(crate) fn has(self, change: &LanChange) -> bool {
        change.is_in_force(&self.settings()) && change.vlan.is_none_or(|vlan| self.has_vlan(vlan))
    }

    /// Tells whether its VLAN is as wanted. One that is enabled without a number that a VLAN can have is neither off
    /// nor any; one that is not enabled is off, whatever number stands there.
    fn has_vlan(self, wanted: VlanChange) -> bool {
        let word = self.vlan.map_or(0, u16::from_le_bytes);
        match wanted {
            VlanChange::Off => word & VLAN_ENABLED == 0,
            VlanChange::Id(_) => wanted.is_in_force(vlan(word)),
        }
    }
}

/// Reads parameter 20. What is enabled without a number that a VLAN can have is none.
fn vlan(word: u16) -> Option<u16> {
    let id = VlanId::new(word & VLAN_ID).ok().filter(|_| word & VLAN_ENABLED != 0);
    id.map(VlanId::get)
}

/// Lists what to write so that the settings become as wanted, in the order in which to write it. The source comes
/// first: addresses are read-only while it is DHCP. The address and then the VLAN come last: where each moves the BMC
/// at once, all else has been said, and at its new address in the old VLAN it is rather within reach than at its old
/// address in the new one, to be told of the VLAN.
pub(crate) fn plan(change: &LanChange, found: &Raw) -> Result<Vec<Write>, IpmiError> {
    let (mut writes, now) = (Vec::new(), found.settings());
    if let Some(source) = change.source.filter(|source| *source != now.source) {
        writes.push((Parameter::Source, vec![source_number(source)?]));
    }
    let address = |parameter, wanted: Option<Ipv4Addr>, found: Ipv4Addr| {
        let wanted = wanted.filter(|wanted| *wanted != found);
        wanted.map(|wanted| (parameter, wanted.octets().to_vec()))
    };
    writes.extend(address(Parameter::Mask, change.subnet_mask, now.subnet_mask));
    let gateway = now.gateway.unwrap_or(Ipv4Addr::UNSPECIFIED);
    writes.extend(address(Parameter::Gateway, change.gateway, gateway));
    writes.extend(address(Parameter::Address, change.address, now.address));
    let vlan = change.vlan.filter(|vlan| !found.has_vlan(*vlan));
    writes.extend(vlan.map(|vlan| (Parameter::Vlan, vlan_bytes(vlan).to_vec())));
    Ok(writes)
}

/// Says that a VLAN is used, in the bytes of parameter 20, and where its number is (IPMI 2.0, table 23-4).
const VLAN_ENABLED: u16 = 0x8000;
const VLAN_ID: u16 = 0x0FFF;

fn vlan_bytes(change: VlanChange) -> [u8; 2] {
    change.number().map_or(0, |number| number | VLAN_ENABLED).to_le_bytes()
}

fn source_number(source: LanAddressSource) -> Result<u8, IpmiError> {
    match source {
        LanAddressSource::Static => Ok(1),
        LanAddressSource::Dhcp => Ok(2),
        _ => Err(IpmiError::Invalid {
            wrong: "an address source other than static and DHCP cannot be set over IPMI".to_owned(),
            right: "use static or dhcp",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Raw {
        Raw {
            source: [0x12],
            address: [10, 0, 0, 5],
            mask: [255, 255, 255, 0],
            gateway: [10, 0, 0, 1],
            vlan: Some([0x34, 0x81]),
        }
    }

    #[test]
    fn what_a_bmc_says_is_read() {
        let settings = now().settings();
        assert_eq!(settings.source, LanAddressSource::Dhcp);
        assert_eq!((settings.vlan, settings.gateway), (Some(0x134), Some(Ipv4Addr::new(10, 0, 0, 1))));
        let raw =
            Raw { source: [3], address: [0; 4], mask: [0; 4], gateway: [0; 4], vlan: Some([0x34, 0x01]) };
        let bare = raw.settings();
        assert_eq!((bare.source, bare.gateway, bare.vlan), (LanAddressSource::Other, None, None));
    }

    #[test]
    fn a_vlan_that_is_enabled_without_an_id_is_none() {
        let [none, first, last, reserved] = [0x8000, 0x8001, 0x8FFE, 0x8FFF].map(vlan);
        assert_eq!((none, first, last, reserved), (None, Some(1), Some(4094), None));
    }

    #[test]
    fn only_what_differs_is_written_the_source_first_and_what_moves_the_bmc_last() {
        let change = LanChange {
            source: Some(LanAddressSource::Static),
            address: Some(Ipv4Addr::new(10, 0, 0, 9)),
            subnet_mask: Some(Ipv4Addr::new(255, 255, 0, 0)),
            gateway: Some(Ipv4Addr::new(10, 0, 0, 254)),
            vlan: Some(VlanChange::Off),
        };
        let order: Vec<_> =
            plan(&change, &now()).unwrap().into_iter().map(|(parameter, _)| parameter).collect();
        let expected =
            [Parameter::Source, Parameter::Mask, Parameter::Gateway, Parameter::Address, Parameter::Vlan];
        assert_eq!(order, expected);
        let same = LanChange {
            address: Some(now().settings().address),
            source: Some(now().settings().source),
            vlan: Some(VlanChange::Id(VlanId::new(0x134).unwrap())),
            ..LanChange::default()
        };
        assert_eq!(plan(&same, &now()).unwrap(), []);
        assert!(plan(&LanChange { source: Some(LanAddressSource::Other), ..same }, &now()).is_err());
    }

    #[test]
    fn a_vlan_is_written_low_byte_first_with_the_highest_bit_set() {
        let none = Raw { vlan: Some([0; 2]), ..now() };
        let id = |number| VlanChange::Id(VlanId::new(number).unwrap());
        for (change, before, bytes) in [
            (id(1), none, [0x01, 0x80]),
            (id(0x123), none, [0x23, 0x81]),
            (id(4094), now(), [0xFE, 0x8F]),
            (VlanChange::Off, now(), [0x00, 0x00]),
        ] {
            let change = LanChange { vlan: Some(change), ..LanChange::default() };
            assert_eq!(plan(&change, &before).unwrap(), [(Parameter::Vlan, bytes.to_vec())]);
            let vlan = Raw { source: [1], address: [0; 4], mask: [0; 4], gateway: [0; 4], vlan: Some(bytes) };
            assert!(vlan.has(&change), "{bytes:02x?}");
        }
        let off = LanChange { vlan: Some(VlanChange::Off), ..LanChange::default() };
        assert_eq!(plan(&off, &none).unwrap(), []);
    }

    #[test]
    fn a_vlan_is_off_when_its_bit_is_clear_whatever_its_number() {
        let off = LanChange { vlan: Some(VlanChange::Off), ..LanChange::default() };
        let with = |word: u16| Raw { vlan: Some(word.to_le_bytes()), ..now() };
        for word in [0x0000, 0x0134, 0x0FFF] {
            assert!(with(word).has(&off) && plan(&off, &with(word)).unwrap().is_empty(), "{word:04x}");
        }
        for word in [0x8000, 0x8134, 0x8FFF] {
            assert!(!with(word).has(&off), "{word:04x}");
            assert_eq!(plan(&off, &with(word)).unwrap(), [(Parameter::Vlan, vec![0, 0])], "{word:04x}");
        }
        assert!(Raw { vlan: None, ..now() }.has(&off), "a BMC without VLANs");
    }

    #[test]
    fn no_gateway_is_written_as_zeros_and_only_where_there_is_one() {
        let none = LanChange { gateway: Some(Ipv4Addr::UNSPECIFIED), ..LanChange::default() };
        assert_eq!(plan(&none, &now()).unwrap(), [(Parameter::Gateway, vec![0; 4])]);
        let without = Raw { gateway: [0; 4], ..now() };
        assert_eq!(plan(&none, &without).unwrap(), []);
        assert!(without.has(&none) && !now().has(&none));
    }

    #[test]
    fn a_short_value_is_an_error() {
        assert_eq!(Parameter::Mask.value::<4>(&[0x11, 255, 255, 0, 0]).unwrap(), [255, 255, 0, 0]);
        for length in 0..5 {
            assert!(Parameter::Mask.value::<4>(&[0x11; 5][..length]).is_err());
        }
    }
}
