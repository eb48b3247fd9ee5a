//! The lantern's driver keeps the contract of power drivers: core's suite, against the simulated lantern.

use crate::lantern::{Lantern, PIN, Trouble, Truth};
use crate::{LanternController, machine_at, pins};
use async_trait::async_trait;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{PowerController, PowerState};
use hwautomation_core::testing::conformance::power::PowerFixture;
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use std::sync::Arc;

hwautomation_core::power_conformance!(Bench::new().await);

struct Bench {
    lantern: Arc<Lantern>,
    machine: Machine,
    controller: Arc<LanternController>,
}

impl Bench {
    async fn new() -> Self {
        let (lantern, address) = Lantern::start().await.expect("a port of this machine is free");
        let machine = machine_at(address).expect("the entry is one of a machine");
        Self { lantern, machine, controller: Arc::new(LanternController::new(pins())) }
    }

    fn trouble(&self, trouble: Trouble) {
        self.lantern.change(|truth| (truth.trouble, truth.calls_waiting) = (trouble, 0));
    }
}

#[async_trait]
impl DeviceFixture for Bench {
    fn machine(&self) -> Machine {
        self.machine.clone()
    }

    fn secrets(&self) -> Vec<String> {
        vec![PIN.to_owned()]
    }

    async fn break_network(&self) {
        self.trouble(Trouble::Silent);
    }

    async fn refuse_credentials(&self) {
        self.trouble(Trouble::RefusesPin);
    }

    async fn lose_answers(&self) {
        self.trouble(Trouble::LosesAnswers);
    }

    async fn heal(&self) {
        self.trouble(Trouble::Nothing);
    }

    async fn refused_logins(&self) -> u64 {
        self.lantern.truth().refused_logins
    }

    async fn settle(&self) {
        self.lantern.settle();
    }

    async fn host(&self) -> HostTruth {
        let Truth { on, boots, .. } = self.lantern.truth();
        HostTruth { power: if on { PowerState::On } else { PowerState::Off }, boots, interrupts: 0 }
    }
}

#[async_trait]
impl PowerFixture for Bench {
    fn plugin(&self) -> Arc<dyn PowerController> {
        self.controller.clone()
    }

    async fn set_power(&self, power: PowerState) {
        self.lantern.change(|truth| (truth.on, truth.moving) = (power == PowerState::On, None));
    }

    async fn blur_state(&self) {
        self.trouble(Trouble::Moves);
    }

    async fn stall(&self) {
        self.trouble(Trouble::Silent);
    }

    async fn stalled(&self) {
        self.lantern.until(|truth| truth.calls_waiting > 0).await;
    }

    async fn commands(&self) -> u64 {
        self.lantern.truth().commands
    }
}
