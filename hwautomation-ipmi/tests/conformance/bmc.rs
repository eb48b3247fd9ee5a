//! What the BMC suite asks of the rack.

use super::rack::{NOBODY, RackFixture, SPARE};
use async_trait::async_trait;
use hwautomation_core::plugin::{BmcConfigurator, LanAddressSource, LanSettings, VlanId};
use hwautomation_core::testing::conformance::bmc::BmcFixture;
use hwautomation_sim::LanSource;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

#[async_trait]
impl BmcFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn BmcConfigurator> {
        self.driver.clone()
    }

    fn new_address(&self) -> Ipv4Addr {
        SPARE
    }

    fn new_gateway(&self) -> Ipv4Addr {
        Ipv4Addr::new(192, 168, 1, 254)
    }

    fn new_vlan(&self) -> Option<VlanId> {
        VlanId::new(42).ok()
    }

    fn nobody(&self) -> IpAddr {
        NOBODY.into()
    }

    fn free_user(&self) -> u8 {
        5
    }

    async fn true_lan(&self) -> LanSettings {
        let lan = self.truth().lan;
        LanSettings {
            source: match lan.source {
                LanSource::Static => LanAddressSource::Static,
                LanSource::Dhcp => LanAddressSource::Dhcp,
                LanSource::Bios | LanSource::Other => LanAddressSource::Other,
            },
            address: lan.address,
            subnet_mask: lan.mask,
            gateway: Some(lan.gateway).filter(|gateway| !gateway.is_unspecified()),
            vlan: lan.vlan,
        }
    }

    async fn lan_writes(&self) -> u64 {
        self.done("set lan")
    }

    async fn bmc_restarts(&self) -> u64 {
        self.truth().bmc_resets.into()
    }

    async fn logs_in(&self, name: &str, password: &str) -> bool {
        let users = self.truth().users;
        users.iter().any(|user| user.name == name && user.enabled && user.has_password(password))
    }
}
