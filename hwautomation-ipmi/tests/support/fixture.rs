//! The lab as a fixture of core's suites, as far as ipmi_sim can serve: what it is told it does, and its scripts hold
//! the truth.

use super::PATIENCE;
use super::lab::{Lab, NOBODY, NOMINAL};
use super::peer::PASSWORD;
use super::proxy::Weather;
use async_trait::async_trait;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::*;
use hwautomation_core::secret::Secret;
use hwautomation_core::testing::conformance::bmc::BmcFixture;
use hwautomation_core::testing::conformance::power::PowerFixture;
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A password that the BMC does not have.
pub(crate) const WRONG: &str = "not-the-password";

pub(crate) struct Fixture {
    pub(crate) lab: Lab,
    withheld_before: AtomicU64,
}

impl Fixture {
    pub(crate) async fn start() -> Option<Self> {
        Some(Self { lab: Lab::start().await?, withheld_before: AtomicU64::new(0) })
    }

    fn is_on(&self) -> bool {
        self.lab.sim.read("power") == "1"
    }

    fn lan_value(&self, name: &str, initially: Ipv4Addr) -> Ipv4Addr {
        self.lab.sim.read(&format!("lan.{name}")).parse().unwrap_or(initially)
    }
}

#[async_trait]
impl DeviceFixture for Fixture {
    fn machine(&self) -> Machine {
        self.lab.machine()
    }

    fn secrets(&self) -> Vec<String> {
        vec![PASSWORD.to_owned(), WRONG.to_owned()]
    }

    async fn break_network(&self) {
        self.lab.proxy.set(Weather::Dead);
    }

    async fn refuse_credentials(&self) {
        self.lab.credentials.insert("bmc", Secret::new(WRONG));
    }

    async fn lose_answers(&self) {
        // The simulator runs its scripts before it answers.
        let logs = ["chassis.log", "lan.log"].map(|name| self.lab.sim.path(name));
        let sets = move || -> usize {
            let text = logs.iter().flat_map(std::fs::read_to_string).collect::<String>();
            text.lines().filter(|line| line.starts_with("set ")).count()
        };
        let before = sets();
        self.lab.proxy.lose(move |_| sets() > before);
    }

    async fn heal(&self) {
        self.lab.proxy.heal();
        self.lab.credentials.insert("bmc", Secret::new(PASSWORD));
    }

    async fn refused_logins(&self) -> u64 {
        self.lab.proxy.refused_logins()
    }

    async fn settle(&self) {}

    async fn host(&self) -> HostTruth {
        let power = if self.is_on() { PowerState::On } else { PowerState::Off };
        HostTruth { power, boots: self.lab.sim.read("boots").parse().unwrap_or(0), interrupts: 0 }
    }
}

#[async_trait]
impl PowerFixture for Fixture {
    fn plugin(&self) -> Arc<dyn PowerController> {
        self.lab.driver.clone()
    }

    async fn set_power(&self, power: PowerState) {
        self.lab.sim.write("power", if power == PowerState::On { "1" } else { "0" });
    }

    async fn blur_state(&self) {
        self.lab.sim.write("blur", "");
    }

    async fn stall(&self) {
        self.withheld_before.store(*self.lab.proxy.withheld().borrow(), Ordering::SeqCst);
        self.lab.proxy.set(Weather::NoAnswers);
    }

    async fn stalled(&self) {
        let before = self.withheld_before.load(Ordering::SeqCst);
        let mut withheld = self.lab.proxy.withheld();
        let seen = withheld.wait_for(|count| *count > before);
        tokio::time::timeout(PATIENCE, seen).await.unwrap().unwrap();
    }

    async fn commands(&self) -> u64 {
        self.lab.sim.commands().len() as u64
    }
}

#[async_trait]
impl BmcFixture for Fixture {
    fn plugin(&self) -> Arc<dyn BmcConfigurator> {
        self.lab.driver.clone()
    }

    fn new_address(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, 77)
    }

    fn new_gateway(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, 254)
    }

    fn new_vlan(&self) -> Option<VlanId> {
        // ipmi_sim keeps it to itself: the truth cannot be read.
        None
    }

    fn nobody(&self) -> IpAddr {
        NOBODY.into()
    }

    fn free_user(&self) -> u8 {
        5
    }

    async fn true_lan(&self) -> LanSettings {
        LanSettings {
            source: LanAddressSource::Static,
            address: self.lan_value("ip_addr", NOMINAL),
            subnet_mask: self.lan_value("subnet_mask", Ipv4Addr::new(255, 255, 255, 0)),
            gateway: Some(self.lan_value("default_gw_ip_addr", Ipv4Addr::new(10, 0, 0, 1))),
            vlan: None,
        }
    }

    async fn lan_writes(&self) -> u64 {
        self.lab.sim.lan_writes().len() as u64
    }

    async fn bmc_restarts(&self) -> u64 {
        0
    }

    async fn logs_in(&self, name: &str, password: &str) -> bool {
        // By a client that others wrote, too: it knows nothing of what this driver believes.
        let mut ipmitool = tokio::process::Command::new("ipmitool");
        let port = self.lab.sim.address.port().to_string();
        ipmitool.args(["-I", "lanplus", "-H", "127.0.0.1", "-C", "3", "-L", "USER", "-R", "1"]);
        ipmitool.args(["-p", &port, "-U", name, "-P", password, "chassis", "power", "status"]);
        let output = tokio::time::timeout(PATIENCE, ipmitool.output()).await.unwrap().unwrap();
        output.status.success()
    }
}
