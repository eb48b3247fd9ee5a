//! Whether a BMC's new address makes sense, decided without touching it.

use crate::error::{Error, Result};
use crate::plugin::{LanAddressSource, LanChange, LanSettings};
use std::net::Ipv4Addr;

/// Holds what is asked for the BMC's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BmcNetwork {
    pub(super) target: Ipv4Addr,
    pub(super) mask: Option<Ipv4Addr>,
    pub(super) gateway: Option<Ipv4Addr>,
}

impl BmcNetwork {
    /// Refuses what is wrong whatever the BMC has.
    pub(super) fn check(&self) -> Result<()> {
        check_host("target_ipmi_ip", self.target)?;
        if let Some(gateway) = self.gateway {
            check_host("gateway", gateway)?;
            if gateway == self.target {
                return Err(refused(format!("target_ipmi_ip and gateway are both {gateway}")));
            }
        }
        let Some(mask) = self.mask else { return Ok(()) };
        check_mask(mask)?;
        self.fits(self.target, mask, self.gateway)
    }

    /// Returns what to change on a BMC with these settings.
    ///
    /// # Errors
    ///
    /// `Invalid` when the mask or the gateway that it would keep does not fit.
    pub(super) fn change(&self, now: &LanSettings) -> Result<LanChange> {
        let gateway = self.gateway.or(now.gateway);
        if gateway == Some(self.target) {
            return Err(refused(format!("target_ipmi_ip {} is the BMC's gateway", self.target)));
        }
        match self.mask {
            Some(mask) => self.fits(self.target, mask, gateway)?,
            None => {
                check_host("the BMC's present address", now.address)?;
                check_mask(now.subnet_mask)?;
                self.fits(now.address, now.subnet_mask, gateway)?;
            }
        }
        Ok(LanChange {
            source: Some(LanAddressSource::Static),
            address: Some(self.target),
            subnet_mask: self.mask,
            gateway: self.gateway,
            vlan: None,
        })
    }

    /// Checks that target and gateway are hosts of the network that `inside` lies in.
    fn fits(&self, inside: Ipv4Addr, mask: Ipv4Addr, gateway: Option<Ipv4Addr>) -> Result<()> {
        let network = inside.to_bits() & mask.to_bits();
        let name = format!("{}/{}", Ipv4Addr::from_bits(network), mask.to_bits().count_ones());
        for (what, address) in [("target_ipmi_ip", Some(self.target)), ("the BMC's gateway", gateway)] {
            let Some(address) = address else { continue };
            if address.to_bits() & mask.to_bits() != network {
                return Err(refused(format!("{what} {address} lies outside the network {name}")));
            }
            if address.to_bits() & !mask.to_bits() == 0 || address.to_bits() | mask.to_bits() == u32::MAX {
                return Err(refused(format!("{what} {address} is no host address of the network {name}")));
            }
        }
        Ok(())
    }
}

fn refused(message: String) -> Error {
    Error::invalid(message).with_remedy(
        "give target_ipmi_ip, gateway and subnet_mask of one network; without subnet_mask the BMC keeps its own",
    )
}

fn check_host(what: &str, address: Ipv4Addr) -> Result<()> {
    let no_host = address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.octets()[0] == 0
        || address.octets()[0] >= 240;
    if no_host { Err(refused(format!("{what} {address} is no address of a host"))) } else { Ok(()) }
}

/// A mask is ones and then zeros, and leaves room for two hosts (RFC 950 section 2.1, RFC 1519).
fn check_mask(mask: Ipv4Addr) -> Result<()> {
    let bits = mask.to_bits();
    if bits.leading_ones() == bits.count_ones() && (8..=30).contains(&bits.count_ones()) {
        return Ok(());
    }
    Err(refused(format!(
        "subnet_mask {mask} is none: it is ones and then zeros, from 255.0.0.0 to 255.255.255.252"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(target: &str, mask: Option<&str>, gateway: Option<&str>) -> BmcNetwork {
        let ip = |text: &str| text.parse().unwrap();
        BmcNetwork { target: ip(target), mask: mask.map(ip), gateway: gateway.map(ip) }
    }

    fn present() -> LanSettings {
        LanSettings {
            source: LanAddressSource::Dhcp,
            address: Ipv4Addr::new(192, 168, 1, 51),
            subnet_mask: Ipv4Addr::new(255, 255, 255, 0),
            gateway: Some(Ipv4Addr::new(192, 168, 1, 1)),
            vlan: None,
        }
    }

    #[test]
    fn what_can_be_no_address_is_refused_without_a_look() {
        for (target, mask, gateway) in [
            ("0.0.0.0", None, None),
            ("127.0.0.1", None, None),
            ("224.0.0.1", None, None),
            ("255.255.255.255", None, None),
            ("192.168.1.9", Some("255.0.255.0"), None),
            ("192.168.1.9", Some("0.0.0.0"), None),
            ("192.168.1.9", Some("255.255.255.255"), None),
            ("192.168.1.0", Some("255.255.255.0"), None),
            ("192.168.1.255", Some("255.255.255.0"), None),
            ("192.168.1.9", Some("255.255.255.0"), Some("192.168.2.1")),
            ("192.168.1.9", None, Some("192.168.1.9")),
        ] {
            let error = asked(target, mask, gateway).check().unwrap_err();
            assert!(error.remedy().is_some(), "{target} {mask:?} {gateway:?}: {error}");
        }
        assert!(asked("192.168.1.9", Some("255.255.255.0"), Some("192.168.1.1")).check().is_ok());
    }

    #[test]
    fn the_mask_stays_where_target_and_gateway_lie_in_the_bmcs_network() {
        let change = asked("192.168.1.100", None, None).change(&present()).unwrap();
        assert_eq!(change.address, Some(Ipv4Addr::new(192, 168, 1, 100)));
        assert_eq!((change.subnet_mask, change.gateway), (None, None));
        assert_eq!(change.source, Some(LanAddressSource::Static));
    }

    #[test]
    fn another_network_needs_its_own_mask_and_gateway() {
        let error = asked("10.0.0.9", None, None).change(&present()).unwrap_err();
        assert!(error.message().contains("outside the network 192.168.1.0/24"), "{error}");
        let error = asked("10.0.0.9", Some("255.255.0.0"), None).change(&present()).unwrap_err();
        assert!(error.message().contains("the BMC's gateway 192.168.1.1 lies outside"), "{error}");
        assert!(asked("10.0.0.9", Some("255.255.0.0"), Some("10.0.0.1")).change(&present()).is_ok());
    }
}
