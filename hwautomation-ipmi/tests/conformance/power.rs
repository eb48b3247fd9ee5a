//! What the power suite asks of the rack.

use super::rack::{PATIENCE, RackFixture};
use async_trait::async_trait;
use hwautomation_core::plugin::{PowerController, PowerState};
use hwautomation_core::testing::conformance::power::PowerFixture;
use hwautomation_sim::{Fault, Outcome, Power};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl RackFixture {
    /// Counts what reached the BMC and was not answered.
    fn ignored(&self) -> u64 {
        self.count(|entry| entry.outcome == Outcome::Ignored)
    }
}

#[async_trait]
impl PowerFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn PowerController> {
        self.driver.clone()
    }

    async fn set_power(&self, power: PowerState) {
        self.set_on(if power == PowerState::On { Power::On } else { Power::Off });
    }

    async fn blur_state(&self) {
        self.inject(Fault::unclear_power());
    }

    async fn stall(&self) {
        self.seen.store(self.ignored(), Ordering::SeqCst);
        self.inject(Fault::silent_bmc());
    }

    async fn stalled(&self) {
        let before = self.seen.load(Ordering::SeqCst);
        assert!(self.rack.wait_until(PATIENCE, |_| self.ignored() > before).await);
    }

    async fn commands(&self) -> u64 {
        self.count(|entry| entry.command.starts_with("chassis control"))
    }
}
