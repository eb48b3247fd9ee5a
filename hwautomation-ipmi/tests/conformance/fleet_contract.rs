//! What the fleet suite asks of the rack.

use super::rack::{PATIENCE, RackFixture};
use async_trait::async_trait;
use hwautomation_core::id::MachineId;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{FleetPower, PowerState};
use hwautomation_core::testing::conformance::fleet::{FleetFixture, Trouble};
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use hwautomation_sim::{Action, Face, Fault, Outcome, Power};
use std::sync::Arc;

/// How many machines the rack of this suite has, and how many of them are talked to at once.
pub(crate) const SERVERS: usize = 6;
pub(crate) const IN_FLIGHT: u16 = 4;

#[async_trait]
impl FleetFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn FleetPower> {
        self.driver.clone()
    }

    fn machines(&self) -> Vec<Machine> {
        (1..=SERVERS).map(|number| self.machine_of(number)).collect()
    }

    fn in_flight_max(&self) -> usize {
        IN_FLIGHT.into()
    }

    fn unusable(&self, mut machine: Machine) -> Machine {
        machine.addresses.bmc = None;
        machine
    }

    fn secrets(&self) -> Vec<String> {
        DeviceFixture::secrets(self)
    }

    async fn set_power(&self, id: &MachineId, power: PowerState) {
        let power = if power == PowerState::On { Power::On } else { Power::Off };
        self.rack.change(id.as_str(), |machine| machine.set_power(power));
    }

    async fn trouble(&self, id: &MachineId, trouble: Trouble) {
        let fault = match trouble {
            Trouble::Silent | Trouble::Stalls => Fault::silent_bmc(),
            Trouble::RefusesCredentials => {
                return self.set_password(id.as_str(), "another-one");
            }
            Trouble::LosesAnswers => {
                Fault::new(Action::LoseAnswer).face(Face::Bmc).command("chassis control")
            }
            Trouble::Blurred => Fault::unclear_power(),
        };
        self.inject(fault.machine(id.as_str()));
    }

    async fn stalled(&self) {
        let ignored = || self.count(|entry| entry.outcome == Outcome::Ignored) > 0;
        assert!(self.rack.wait_until(PATIENCE, |_| ignored()).await);
    }

    async fn heal(&self) {
        DeviceFixture::heal(self).await;
    }

    async fn settle(&self) {}

    async fn host(&self, id: &MachineId) -> HostTruth {
        self.host_of(id.as_str())
    }

    async fn commands(&self, id: &MachineId) -> u64 {
        let of = |entry: &hwautomation_sim::LogEntry| entry.machine.as_deref() == Some(id.as_str());
        self.count(|entry| of(entry) && entry.command.starts_with("chassis control"))
    }

    async fn refused_logins(&self, id: &MachineId) -> u64 {
        self.refused_logins_of(id.as_str())
    }
}
