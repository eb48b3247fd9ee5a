//! The fake rack as a fixture of every device suite. A test may put a plugin of its own before it.

mod bios;
mod bmc;
mod boot;
mod commissioner;
mod fleet;
mod health;
mod power;
mod shell;

use async_trait::async_trait;
use hwautomation_core::device::Capability;
use hwautomation_core::id::MachineId;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    BiosBackend, BmcConfigurator, BootController, Commissioner, EachPower, FleetPower, HealthReader,
    PowerAction, PowerController, RemoteShell,
};
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use hwautomation_core::testing::fake::{FakeMachine, FakeRack, Fault, FaultAction, FaultOn};
use std::net::Ipv4Addr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// How many readings a power command takes to show: accepted is not reached.
const POWER_DELAY_READS: u32 = 2;
/// How often others may run before a call must have arrived.
const YIELDS_MAX: usize = 10_000;
/// The machines. Most suites use the first; a fleet is all of them.
const MACHINES: [&str; 5] = ["srv001", "srv002", "srv003", "srv004", "srv005"];

pub(crate) struct RackFixture {
    pub(crate) rack: Arc<FakeRack>,
    pub(crate) power: Arc<dyn PowerController>,
    pub(crate) fleet: Arc<dyn FleetPower>,
    pub(crate) boot: Arc<dyn BootController>,
    pub(crate) bios: Arc<dyn BiosBackend>,
    pub(crate) bmc: Arc<dyn BmcConfigurator>,
    pub(crate) health: Arc<dyn HealthReader>,
    pub(crate) commissioner: Arc<dyn Commissioner>,
    pub(crate) shell: Arc<dyn RemoteShell>,
    /// How many calls had been caught when the newest stall began.
    hung: AtomicU64,
}

impl RackFixture {
    /// Racks the machines, with the rack itself as every plugin.
    pub(crate) fn new() -> Self {
        let rack = FakeRack::new(MACHINES);
        rack.set_power_delay(POWER_DELAY_READS);
        rack.set_supported_power(PowerAction::ALL.into_iter().filter(|action| *action != PowerAction::Nmi));
        Self {
            power: rack.clone(),
            fleet: each(rack.clone()),
            boot: rack.clone(),
            bios: rack.clone(),
            bmc: rack.clone(),
            health: rack.clone(),
            commissioner: rack.clone(),
            shell: rack.clone(),
            rack,
            hung: AtomicU64::new(0),
        }
    }

    /// The same, with the host running and letting us in.
    pub(crate) fn running() -> Self {
        let fixture = Self::new();
        fixture.change(|truth| {
            truth.on = true;
            truth.host = Some(Ipv4Addr::new(198, 51, 100, 1).into());
        });
        fixture
    }

    fn id() -> MachineId {
        MachineId::from_static(MACHINES[0])
    }

    fn ids() -> impl Iterator<Item = MachineId> {
        MACHINES.into_iter().map(MachineId::from_static)
    }

    fn truth(&self) -> FakeMachine {
        self.rack.truth(&Self::id())
    }

    fn change(&self, change: impl FnOnce(&mut FakeMachine)) {
        self.rack.change(&Self::id(), change);
    }

    fn logged(&self, source: Capability, what: &str) -> u64 {
        let log = self.rack.log().into_iter();
        log.filter(|logged| logged.source == source && logged.what.starts_with(what)).count() as u64
    }

    async fn power_to(&self, action: PowerAction) {
        self.rack.request_power(&self.machine(), action).await.expect("the rack is sound");
        self.settle().await;
    }
}

/// Serves a fleet by a driver for one machine.
pub(crate) fn each(power: Arc<dyn PowerController>) -> Arc<dyn FleetPower> {
    let in_flight_max = NonZeroUsize::new(fleet::IN_FLIGHT_MAX).expect("it is above zero");
    Arc::new(EachPower::new(power, in_flight_max))
}

#[async_trait]
impl DeviceFixture for RackFixture {
    fn machine(&self) -> Machine {
        self.rack.machine(&Self::id())
    }

    fn secrets(&self) -> Vec<String> {
        self.truth().passwords.into_values().collect()
    }

    async fn break_network(&self) {
        self.rack.inject(Fault::always(FaultOn::Anything, FaultAction::Unreachable));
    }

    async fn refuse_credentials(&self) {
        self.rack.inject(Fault::always(FaultOn::Anything, FaultAction::WrongPassword));
    }

    async fn lose_answers(&self) {
        self.rack.inject(Fault::always(FaultOn::Commands, FaultAction::LoseAnswer));
    }

    async fn heal(&self) {
        self.rack.clear_faults();
    }

    async fn refused_logins(&self) -> u64 {
        self.truth().refused_logins
    }

    async fn settle(&self) {
        for _ in 0..=POWER_DELAY_READS {
            self.rack.power_state(&self.machine()).await.expect("the rack is sound");
        }
    }

    async fn host(&self) -> HostTruth {
        let truth = self.truth();
        HostTruth { power: truth.power(), boots: truth.boots, interrupts: truth.interrupts }
    }
}
