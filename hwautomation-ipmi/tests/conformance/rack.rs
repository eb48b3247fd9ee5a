//! A simulated rack as a fixture: the truth comes from its model, the trouble from its faults.

use async_trait::async_trait;
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::{CredentialSource, PowerState, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use hwautomation_sim::{
    Action, Face, Fault, LogEntry, Outcome, Power, Rack, RackPlan, ServerPlan, Tempo, Truth,
};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The machine of every suite.
pub(crate) const NAME: &str = "srv001";
/// What all BMCs want to hear.
pub(crate) const PASSWORD: &str = "rack-secret-4711";
/// Where the BMC may move to, and where nobody is.
pub(crate) const SPARE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 200);
pub(crate) const NOBODY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 201);
/// Bounds every wait of a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct RackFixture {
    pub(crate) rack: Rack,
    pub(crate) driver: Arc<IpmiController>,
    pub(crate) seen: AtomicU64,
}

impl RackFixture {
    /// Starts a rack with one machine that runs, and a driver that may use one cipher suite.
    pub(crate) async fn start(suite: u8) -> Self {
        Self::start_with(&[suite]).await
    }

    /// The same with several suites.
    pub(crate) async fn start_with(suites: &[u8]) -> Self {
        Self::start_as(1, IpmiConfig { cipher_suites: suites.to_vec(), ..quick() }).await
    }

    /// Starts a rack with so many machines that run and have one password, and a driver for them.
    pub(crate) async fn start_as(servers: usize, config: IpmiConfig) -> Self {
        let tempo = Tempo { bmc_reset: Duration::from_millis(200), ..Tempo::instant() };
        let plan = RackPlan::new().spare_bmc_address(SPARE).spare_bmc_address(NOBODY).tempo(tempo);
        let server = |number| ServerPlan::new(name(number)).bmc_user("ADMIN", PASSWORD);
        let plan = (1..=servers).fold(plan, |plan, number| plan.server(server(number)));
        let rack = plan.start().await.unwrap();
        (1..=servers).for_each(|number| rack.change(&name(number), |machine| machine.set_power(Power::On)));
        let driver = Arc::new(driver(&rack, config, &[("bmc", PASSWORD)]));
        Self { rack, driver, seen: AtomicU64::new(0) }
    }

    /// Makes another driver, which has these secrets.
    pub(crate) fn driver_with(&self, config: IpmiConfig, secrets: &[(&str, &str)]) -> IpmiController {
        driver(&self.rack, config, secrets)
    }

    /// The same with a source of its own.
    pub(crate) fn driver_of(&self, config: IpmiConfig, source: Arc<dyn CredentialSource>) -> IpmiController {
        driver_of(&self.rack, config, source)
    }

    /// Returns the socket that stands for a nominal one.
    pub(crate) fn socket(&self, nominal: SocketAddr) -> SocketAddr {
        connect(&self.rack).resolve(nominal)
    }

    /// Returns the machine as an entry with these settings has it.
    pub(crate) fn machine_with(&self, settings: serde_json::Value) -> Machine {
        let mut machine = self.machine();
        machine.settings.insert(PluginName::from_static("ipmi"), settings);
        machine
    }

    /// Returns a machine of the rack, from 1 on.
    pub(crate) fn machine_of(&self, number: usize) -> Machine {
        let name = name(number);
        let mut machine = Machine::new(MachineId::new(name.clone()).unwrap());
        machine.addresses.bmc = Some(self.rack.truth(&name).lan.address.into());
        machine.credentials.insert("bmc".to_owned(), SecretRef::new("static:bmc").unwrap());
        machine.settings.insert(PluginName::from_static("ipmi"), json!({"username": "ADMIN"}));
        machine
    }

    pub(crate) fn set_password(&self, name: &str, password: &str) {
        self.rack.change(name, |machine| {
            let users = machine.bmc.users.iter_mut().filter(|user| user.name == "ADMIN");
            users.for_each(|user| user.password = password.into());
        });
    }

    pub(crate) fn refused_logins_of(&self, name: &str) -> u64 {
        // The simulator proves its password first, and a client to whom the proof is wrong goes no further.
        let count = |which: fn(&LogEntry) -> bool| {
            self.count(|entry| entry.machine.as_deref() == Some(name) && which(entry))
        };
        let asked = count(|entry| entry.command == "rakp 1" && entry.outcome != Outcome::Ignored);
        let let_in = count(|entry| entry.command == "rakp 3" && entry.outcome == Outcome::TookEffect);
        asked - let_in
    }

    pub(crate) fn host_of(&self, name: &str) -> HostTruth {
        let truth = self.rack.truth(name);
        let power = if truth.power == Power::On { PowerState::On } else { PowerState::Off };
        let interrupts = self.count(|entry| {
            entry.machine.as_deref() == Some(name)
                && entry.command.starts_with("chassis control: diagnostic interrupt")
                && entry.took_effect()
        });
        HostTruth { power, boots: truth.boots, interrupts }
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

fn name(number: usize) -> String {
    format!("srv{number:03}")
}

/// Waits as short as a BMC in the same process allows.
pub(crate) fn quick() -> IpmiConfig {
    IpmiConfig {
        retransmit: Duration::from_millis(50),
        command_limit: Duration::from_millis(600),
        handshake_limit: Duration::from_millis(900),
        ..IpmiConfig::default()
    }
}

/// Waits long enough for tests that count datagrams, of which none is lost: a busy machine is no silence.
pub(crate) fn patient() -> IpmiConfig {
    IpmiConfig { handshake_limit: Duration::from_secs(3), ..IpmiConfig::default() }
}

fn driver(rack: &Rack, config: IpmiConfig, secrets: &[(&str, &str)]) -> IpmiController {
    let credentials = secrets
        .iter()
        .fold(StaticCredentials::default(), |all, (name, secret)| all.with(*name, Secret::new(*secret)));
    driver_of(rack, config, Arc::new(credentials))
}

fn driver_of(rack: &Rack, config: IpmiConfig, source: Arc<dyn CredentialSource>) -> IpmiController {
    IpmiController::new(IpmiConfig { connect: connect(rack), ..config }, source).unwrap()
}

fn connect(rack: &Rack) -> ConnectMap {
    let pairs = rack.sheet().connect.into_iter();
    pairs.map(|(nominal, socket)| (nominal.parse().unwrap(), socket.parse().unwrap())).collect()
}

#[async_trait]
impl DeviceFixture for RackFixture {
    fn machine(&self) -> Machine {
        self.machine_of(1)
    }

    fn secrets(&self) -> Vec<String> {
        vec![PASSWORD.to_owned()]
    }

    async fn break_network(&self) {
        self.inject(Fault::silent_bmc());
    }

    async fn refuse_credentials(&self) {
        self.set_password(NAME, "another-one");
    }

    async fn lose_answers(&self) {
        for command in ["chassis control", "set lan", "set user", "cold reset", "clear sel"] {
            self.inject(Fault::new(Action::LoseAnswer).face(Face::Bmc).command(command));
        }
    }

    async fn heal(&self) {
        self.rack.clear_faults();
        self.rack.sheet().servers.iter().for_each(|server| self.set_password(&server.name, PASSWORD));
    }

    async fn refused_logins(&self) -> u64 {
        self.refused_logins_of(NAME)
    }

    async fn settle(&self) {
        assert!(self.rack.wait_until(PATIENCE, |rack| rack.truth(NAME).bmc_answers).await);
    }

    async fn host(&self) -> HostTruth {
        self.host_of(NAME)
    }
}
