//! What the power suite asks of the rack.

use super::{RackFixture, YIELDS_MAX};
use async_trait::async_trait;
use hwautomation_core::device::Capability;
use hwautomation_core::plugin::{PowerController, PowerState};
use hwautomation_core::testing::conformance::power::PowerFixture;
use hwautomation_core::testing::fake::{Fault, FaultAction};
use std::sync::Arc;

#[async_trait]
impl PowerFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn PowerController> {
        self.power.clone()
    }

    async fn set_power(&self, power: PowerState) {
        self.change(|truth| truth.on = power == PowerState::On);
    }

    async fn blur_state(&self) {
        self.rack.inject(Fault::always(Capability::Power, FaultAction::UnknownPower));
    }

    async fn stall(&self) {
        self.rack.inject(Fault::once(Capability::Power, FaultAction::Hang));
    }

    async fn stalled(&self) {
        // The rule is used up when it has caught a call.
        for _ in 0..YIELDS_MAX {
            if self.rack.faults_left() == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no call arrived");
    }

    async fn commands(&self) -> u64 {
        self.logged(Capability::Power, "")
    }
}
