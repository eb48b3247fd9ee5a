//! What the fleet suite asks of the rack.

use super::{POWER_DELAY_READS, RackFixture, YIELDS_MAX};
use async_trait::async_trait;
use hwautomation_core::device::Capability;
use hwautomation_core::id::MachineId;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{FleetPower, PowerController, PowerState};
use hwautomation_core::testing::conformance::HostTruth;
use hwautomation_core::testing::conformance::fleet::{FleetFixture, Trouble};
use hwautomation_core::testing::fake::{Fault, FaultAction, FaultOn};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How many machines the plugins of these tests have under way at once.
pub(crate) const IN_FLIGHT_MAX: usize = 2;

#[async_trait]
impl FleetFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn FleetPower> {
        self.fleet.clone()
    }

    fn machines(&self) -> Vec<Machine> {
        Self::ids().map(|id| self.rack.machine(&id)).collect()
    }

    fn in_flight_max(&self) -> usize {
        IN_FLIGHT_MAX
    }

    fn unusable(&self, mut machine: Machine) -> Machine {
        machine.addresses.bmc = None;
        machine
    }

    fn secrets(&self) -> Vec<String> {
        Self::ids().flat_map(|id| self.rack.truth(&id).passwords.into_values()).collect()
    }

    async fn set_power(&self, id: &MachineId, power: PowerState) {
        self.rack.change(id, |truth| truth.on = power == PowerState::On);
    }

    async fn trouble(&self, id: &MachineId, trouble: Trouble) {
        let (on, action) = match trouble {
            Trouble::Silent => (FaultOn::Anything, FaultAction::Unreachable),
            Trouble::RefusesCredentials => (FaultOn::Anything, FaultAction::WrongPassword),
            Trouble::LosesAnswers => (FaultOn::Commands, FaultAction::LoseAnswer),
            Trouble::Blurred => (FaultOn::Face(Capability::Power), FaultAction::UnknownPower),
            Trouble::Stalls => (FaultOn::Face(Capability::Power), FaultAction::HangAfter),
        };
        self.hung.store(self.rack.hung(), Ordering::SeqCst);
        self.rack.inject(Fault::always(on, action).only(id.clone()));
    }

    async fn stalled(&self) {
        for _ in 0..YIELDS_MAX {
            if self.rack.hung() > self.hung.load(Ordering::SeqCst) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no call arrived");
    }

    async fn heal(&self) {
        self.rack.clear_faults();
    }

    async fn settle(&self) {
        for machine in self.machines() {
            for _ in 0..=POWER_DELAY_READS {
                tokio::task::yield_now().await;
                self.rack.power_state(&machine).await.expect("the rack is sound");
            }
        }
    }

    async fn host(&self, id: &MachineId) -> HostTruth {
        let truth = self.rack.truth(id);
        HostTruth { power: truth.power(), boots: truth.boots, interrupts: truth.interrupts }
    }

    async fn commands(&self, id: &MachineId) -> u64 {
        let mine = self.rack.log().into_iter().filter(|logged| logged.machine == *id);
        mine.filter(|logged| logged.source == Capability::Power).count() as u64
    }

    async fn refused_logins(&self, id: &MachineId) -> u64 {
        self.rack.truth(id).refused_logins
    }
}
