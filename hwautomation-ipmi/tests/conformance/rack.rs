//! A simulated rack as a fixture: the truth comes from its model, the trouble from its faults.

use async_trait::async_trait;
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::{PowerState, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use hwautomation_sim::{Action, Face, Fault, LogEntry, Outcome, Power, Rack, RackPlan, Tempo, Truth};
use serde_json::json;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The machine of every suite.
const NAME: &str = "srv001";
/// Where the BMC may move to, and where nobody is.
pub(crate) const SPARE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 200);
pub(crate) const NOBODY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 201);
/// Bounds every wait of a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct RackFixture {
    pub(crate) rack: Rack,
    pub(crate) driver: Arc<IpmiController>,
    pub(crate) seen: AtomicU64,
    password: String,
}

impl RackFixture {
    /// Starts a rack with one machine that runs, and a driver that may use one cipher suite.
    pub(crate) async fn start(suite: u8) -> Self {
        Self::start_with(&[suite]).await
    }

    /// The same with several suites.
    pub(crate) async fn start_with(suites: &[u8]) -> Self {
        let tempo = Tempo { bmc_reset: Duration::from_millis(200), ..Tempo::instant() };
        let plan = RackPlan::servers(1).spare_bmc_address(SPARE).spare_bmc_address(NOBODY).tempo(tempo);
        let rack = plan.start().await.unwrap();
        rack.change(NAME, |machine| machine.set_power(Power::On));
        let password = rack.sheet().servers[0].bmc.password.clone();
        let credentials = StaticCredentials::default().with("bmc", Secret::new(password.clone()));
        let config = IpmiConfig {
            cipher_suites: suites.to_vec(),
            retransmit: Duration::from_millis(50),
            command_limit: Duration::from_millis(600),
            handshake_limit: Duration::from_millis(900),
            connect: connect(&rack),
            ..IpmiConfig::default()
        };
        let driver = Arc::new(IpmiController::new(config, Arc::new(credentials)).unwrap());
        Self { rack, driver, seen: AtomicU64::new(0), password }
    }

    pub(crate) fn truth(&self) -> Truth {
        self.rack.truth(NAME)
    }

    pub(crate) fn set_on(&self, power: Power) {
        self.rack.change(NAME, |machine| machine.set_power(power));
    }

    /// Changes what is true of the machine.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut hwautomation_sim::Machine) -> T) -> T {
        self.rack.change(NAME, change)
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.rack.inject(fault);
    }

    /// Counts what the BMC was told with this text and did.
    pub(crate) fn done(&self, text: &str) -> u64 {
        self.count(|entry| entry.command.starts_with(text) && entry.took_effect())
    }

    pub(crate) fn count(&self, which: impl Fn(&LogEntry) -> bool) -> u64 {
        self.rack.log().iter().filter(|entry| entry.face == Face::Bmc && which(entry)).count() as u64
    }
}

fn connect(rack: &Rack) -> ConnectMap {
    let pairs = rack.sheet().connect.into_iter();
    pairs.map(|(nominal, socket)| (nominal.parse().unwrap(), socket.parse().unwrap())).collect()
}

#[async_trait]
impl DeviceFixture for RackFixture {
    fn machine(&self) -> Machine {
        let mut machine = Machine::new(MachineId::from_static(NAME));
        machine.addresses.bmc = Some(self.truth().lan.address.into());
        machine.credentials.insert("bmc".to_owned(), SecretRef::new("static:bmc").unwrap());
        machine.settings.insert(PluginName::from_static("ipmi"), json!({"username": "ADMIN"}));
        machine
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.password.clone()]
    }

    async fn break_network(&self) {
        self.inject(Fault::silent_bmc());
    }

    async fn refuse_credentials(&self) {
        self.rack.change(NAME, |machine| {
            let users = machine.bmc.users.iter_mut().filter(|user| user.name == "ADMIN");
            users.for_each(|user| user.password = b"another-one".to_vec());
        });
    }

    async fn lose_answers(&self) {
        for command in ["chassis control", "set lan", "set user", "cold reset", "clear sel"] {
            self.inject(Fault::new(Action::LoseAnswer).face(Face::Bmc).command(command));
        }
    }

    async fn heal(&self) {
        self.rack.clear_faults();
        self.rack.change(NAME, |machine| {
            let users = machine.bmc.users.iter_mut().filter(|user| user.name == "ADMIN");
            users.for_each(|user| user.password = self.password.clone().into_bytes());
        });
    }

    async fn refused_logins(&self) -> u64 {
        // The simulator proves its password first, and a client to whom the proof is wrong goes no further.
        let asked = self.count(|entry| entry.command == "rakp 1" && entry.outcome != Outcome::Ignored);
        let let_in = self.count(|entry| entry.command == "rakp 3" && entry.outcome == Outcome::TookEffect);
        asked - let_in
    }

    async fn settle(&self) {
        assert!(self.rack.wait_until(PATIENCE, |rack| rack.truth(NAME).bmc_answers).await);
    }

    async fn host(&self) -> HostTruth {
        let truth = self.truth();
        let power = if truth.power == Power::On { PowerState::On } else { PowerState::Off };
        let interrupts = self.done("chassis control: diagnostic interrupt");
        HostTruth { power, boots: truth.boots, interrupts }
    }
}
