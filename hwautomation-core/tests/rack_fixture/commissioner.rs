//! What the commissioning suite asks of the rack.

use super::RackFixture;
use async_trait::async_trait;
use hwautomation_core::id::MachineId;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{CommissionState, Commissioner};
use hwautomation_core::testing::conformance::commissioner::CommissionerFixture;
use std::net::IpAddr;
use std::sync::Arc;

#[async_trait]
impl CommissionerFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn Commissioner> {
        self.commissioner.clone()
    }

    fn unknown_machine(&self) -> Machine {
        Machine::new(MachineId::from_static("srv999"))
    }

    async fn going_on(&self) -> bool {
        self.truth().state == CommissionState::Commissioning
    }

    async fn advance(&self) {
        // The rack gets on with each reading.
    }

    async fn fail_next(&self) {
        self.change(|truth| truth.commissioning_fails = true);
    }

    async fn host_answers(&self, at: IpAddr) -> bool {
        let truth = self.truth();
        truth.on && truth.host == Some(at)
    }

    async fn true_bmc_address(&self) -> Option<IpAddr> {
        Some(self.truth().power_address)
    }

    async fn true_tags(&self) -> Vec<String> {
        self.truth().tags.into_iter().collect()
    }
}
