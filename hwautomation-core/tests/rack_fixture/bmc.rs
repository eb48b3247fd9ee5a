//! What the BMC suite asks of the rack.

use super::RackFixture;
use async_trait::async_trait;
use hwautomation_core::device::Capability;
use hwautomation_core::plugin::{BmcConfigurator, LanSettings, VlanId};
use hwautomation_core::testing::conformance::bmc::BmcFixture;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

#[async_trait]
impl BmcFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn BmcConfigurator> {
        self.bmc.clone()
    }

    fn new_address(&self) -> Ipv4Addr {
        Ipv4Addr::new(192, 0, 2, 200)
    }

    fn new_gateway(&self) -> Ipv4Addr {
        Ipv4Addr::new(192, 0, 2, 253)
    }

    fn new_vlan(&self) -> Option<VlanId> {
        VlanId::new(42).ok()
    }

    fn nobody(&self) -> IpAddr {
        Ipv4Addr::new(203, 0, 113, 1).into()
    }

    fn free_user(&self) -> u8 {
        5
    }

    async fn true_lan(&self) -> LanSettings {
        self.truth().lan
    }

    async fn lan_writes(&self) -> u64 {
        self.logged(Capability::Bmc, "set the LAN")
    }

    async fn bmc_restarts(&self) -> u64 {
        self.logged(Capability::Bmc, "cold reset")
    }

    async fn logs_in(&self, name: &str, password: &str) -> bool {
        self.truth().logs_in(name, password)
    }
}
