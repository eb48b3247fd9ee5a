//! The rack: its machines, its log and its faults.

use super::fault::Faults;
use super::{FakeMachine, Fault};
use crate::bios::Settings;
use crate::device::Capability;
use crate::id::{DeviceType, MachineId, PluginName};
use crate::machine::Machine;
use crate::plugin::{
    BiosBackend, BmcConfigurator, BootController, Commissioner, EachPower, FleetPower, HealthReader, Plugins,
    PowerAction, PowerController, PowerState, RemoteShell, StaticCredentials,
};
use crate::secret::{Secret, SecretRef};
use crate::store::MemoryDirectory;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Is a rack of machines in memory and, at once, the driver of every contract for them.
///
/// Each machine is of type `a1.c5.large`, made by `Fake`, off, and new to the commissioning service. The BMC of the
/// n-th is at 192.0.2.n, netmask 255.255.255.0, gateway 192.0.2.254. Its BIOS settings are `BootMode` (`Legacy`),
/// `HyperThreading` (true), `NumaNodes` (1), `SerialConsole` (`Off`) and `SystemSerial`, which cannot be changed. Its
/// sensors are `CPU1 Temp`, `12V`, `FAN1` and `PSU1`, all fine, and its event log is empty.
///
/// A BMC is found by its address, a host by its own, and the commissioning service knows machines by their ids:
/// whoever calls at an old address finds silence, or another machine.
#[derive(Debug)]
pub struct FakeRack {
    inside: Mutex<Inside>,
    directory: Arc<MemoryDirectory>,
    credentials: Arc<StaticCredentials>,
}

/// Tells of a command that a machine took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its place among all commands of the rack, from 0.
    pub at_order: u64,
    /// The machine that took it.
    pub machine: MachineId,
    /// The face it came through.
    pub source: Capability,
    /// What it was, such as `power cycle`.
    pub what: String,
}

#[derive(Debug)]
pub(super) struct Inside {
    pub(super) machines: BTreeMap<MachineId, FakeMachine>,
    /// The host keys that the shell has seen, by machine and boot generation.
    pub(super) pins: BTreeMap<(MachineId, u64), u64>,
    pub(super) power_delay_reads: u32,
    pub(super) commission_polls: u32,
    pub(super) supported: Vec<PowerAction>,
    pub(super) runs: u64,
    pub(super) faults: Faults,
    log: Vec<Logged>,
    pub(super) calls: u64,
    pub(super) hung: u64,
}

/// The name under which the machines of the directory know this driver.
const PLUGIN: &str = "fake";

/// How many machines of the rack are asked at once when many are. Nothing waits here; what hangs holds up no more.
const IN_FLIGHT_MAX: NonZeroUsize = NonZeroUsize::new(64).expect("it is above zero");

/// What the fake drivers can do.
const FACES: [Capability; 7] = [
    Capability::Power,
    Capability::Boot,
    Capability::Bios,
    Capability::Bmc,
    Capability::Commissioner,
    Capability::Shell,
    Capability::Health,
];

impl FakeRack {
    /// Racks machines with these ids: off, and new to the commissioning service.
    ///
    /// # Panics
    ///
    /// When a text is no machine id.
    #[must_use]
    pub fn new<'a>(ids: impl IntoIterator<Item = &'a str>) -> Arc<Self> {
        let ids = ids.into_iter().map(|id| MachineId::new(id).expect("the ids of a test rack are valid"));
        let racked: Vec<(u16, MachineId)> = (1..).zip(ids).collect();
        let machines: BTreeMap<MachineId, FakeMachine> =
            racked.iter().map(|(number, id)| (id.clone(), FakeMachine::new(*number, password(id)))).collect();
        let directory = MemoryDirectory::new(machines.iter().map(|(id, machine)| entry(id, machine)));
        let credentials = machines.keys().fold(StaticCredentials::default(), |known, id| {
            known.with(secret_name(id), Secret::new(password(id)))
        });
        Arc::new(Self {
            inside: Mutex::new(Inside::new(machines)),
            directory: Arc::new(directory),
            credentials: Arc::new(credentials),
        })
    }

    /// Returns a directory with the machines, as they were racked. Every capability is served by `fake`.
    #[must_use]
    pub fn directory(&self) -> Arc<MemoryDirectory> {
        Arc::clone(&self.directory)
    }

    /// Returns the source that resolves the machines' secret references.
    #[must_use]
    pub fn credentials(&self) -> Arc<StaticCredentials> {
        Arc::clone(&self.credentials)
    }

    /// Returns the rack under the name `fake` for every contract it serves.
    #[must_use]
    pub fn plugins(self: &Arc<Self>) -> Plugins {
        let mut plugins = Plugins::default();
        let name = PluginName::from_static(PLUGIN);
        let fresh = "an empty registry has no such name";
        plugins.insert::<dyn PowerController>(name.clone(), self.clone()).expect(fresh);
        let fleet = EachPower::new(self.clone(), IN_FLIGHT_MAX);
        plugins.insert::<dyn FleetPower>(name.clone(), Arc::new(fleet)).expect(fresh);
        plugins.insert::<dyn BootController>(name.clone(), self.clone()).expect(fresh);
        plugins.insert::<dyn BiosBackend>(name.clone(), self.clone()).expect(fresh);
        plugins.insert::<dyn BmcConfigurator>(name.clone(), self.clone()).expect(fresh);
        plugins.insert::<dyn Commissioner>(name.clone(), self.clone()).expect(fresh);
        plugins.insert::<dyn HealthReader>(name.clone(), self.clone()).expect(fresh);
        plugins.insert::<dyn RemoteShell>(name, self.clone()).expect(fresh);
        plugins
    }

    /// Returns the directory's entry of a machine, with the addresses it has now.
    ///
    /// # Panics
    ///
    /// When the rack has no such machine; so do the functions below.
    #[must_use]
    pub fn machine(&self, id: &MachineId) -> Machine {
        entry(id, &self.truth(id))
    }

    /// Returns what is true of a machine.
    #[must_use]
    pub fn truth(&self, id: &MachineId) -> FakeMachine {
        self.change(id, |machine| machine.clone())
    }

    /// Changes what is true of a machine, behind the back of every driver.
    pub fn change<T>(&self, id: &MachineId, change: impl FnOnce(&mut FakeMachine) -> T) -> T {
        change(self.lock().machines.get_mut(id).expect("the test names a machine of its rack"))
    }

    /// Returns whether a machine truly is on.
    #[must_use]
    pub fn true_power(&self, id: &MachineId) -> PowerState {
        self.truth(id).power()
    }

    /// Returns the BIOS settings that truly are in force.
    #[must_use]
    pub fn true_bios(&self, id: &MachineId) -> Settings {
        self.truth(id).bios
    }

    /// Adds a fault after those there are.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Ends every fault.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Counts the faults that have not acted as often as they can.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.lock().faults.left()
    }

    /// Lists every command that a machine took, in order; not those that were refused or never arrived.
    #[must_use]
    pub fn log(&self) -> Vec<Logged> {
        self.lock().log.clone()
    }

    /// Counts the calls that found a machine, whatever became of them.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Counts the calls that [`FaultAction::Hang`](super::FaultAction::Hang) and its like have caught.
    #[must_use]
    pub fn hung(&self) -> u64 {
        self.lock().hung
    }

    /// Lets this many readings pass before a power command shows. Default 0.
    pub fn set_power_delay(&self, reads: u32) {
        self.lock().power_delay_reads = reads;
    }

    /// Lets this many readings pass before a commissioning ends. Default 2.
    pub fn set_commission_polls(&self, reads: u32) {
        self.lock().commission_polls = reads;
    }

    /// Says which power actions the driver supports. Default all.
    pub fn set_supported_power(&self, actions: impl IntoIterator<Item = PowerAction>) {
        self.lock().supported = actions.into_iter().collect();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn new(machines: BTreeMap<MachineId, FakeMachine>) -> Self {
        Self {
            machines,
            pins: BTreeMap::new(),
            power_delay_reads: 0,
            commission_polls: 2,
            supported: PowerAction::ALL.to_vec(),
            runs: 0,
            faults: Faults::default(),
            log: Vec::new(),
            calls: 0,
            hung: 0,
        }
    }

    pub(super) fn note(&mut self, machine: &MachineId, source: Capability, what: String) {
        let at_order = self.log.len() as u64;
        self.log.push(Logged { at_order, machine: machine.clone(), source, what });
    }
}

fn password(id: &MachineId) -> String {
    format!("fake-password-of-{id}")
}

fn entry(id: &MachineId, truth: &FakeMachine) -> Machine {
    let bmc = SecretRef::new(format!("static:{}", secret_name(id))).expect("it has a scheme and a place");
    let mut machine = Machine::new(id.clone());
    machine.device_type = Some(DeviceType::from_static("a1.c5.large"));
    machine.rack = Some("fake".to_owned());
    machine.addresses.bmc = Some(truth.lan.address.into());
    machine.addresses.host = truth.host;
    machine.plugins = FACES.into_iter().map(|face| (face, PluginName::from_static(PLUGIN))).collect();
    machine.credentials.insert("bmc".to_owned(), bmc);
    machine
}

fn secret_name(id: &MachineId) -> String {
    format!("{id}/bmc")
}
