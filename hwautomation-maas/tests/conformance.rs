//! Core's suite of commissioners against the MAAS of the simulated rack.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use async_trait::async_trait;
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{Commissioner, PowerState, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::commissioner::CommissionerFixture;
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use hwautomation_maas::{MaasCommissioner, MaasConfig, Timeouts};
use hwautomation_sim::{Action, Face, Fault, Outcome, Power, Rack, RackPlan, Status, Tempo};
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

hwautomation_core::commissioner_conformance!(Sim::start().await);

const SERVER: &str = "srv001";
const KEY: &str = "maas";
/// Bounds every wait of a test.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a request may take here: what is silent, stays so.
const SILENCE: Duration = Duration::from_secs(2);

struct Sim {
    rack: Rack,
    credentials: Arc<StaticCredentials>,
    plugin: Arc<MaasCommissioner>,
}

impl Sim {
    async fn start() -> Self {
        let rack = RackPlan::servers(1).tempo(Tempo::quick()).start().await.unwrap();
        let maas = rack.sheet().maas;
        let credentials = Arc::new(StaticCredentials::default().with(KEY, Secret::new(maas.api_key)));
        let timeouts = Timeouts { connect: SILENCE, read: SILENCE, command: SILENCE };
        let config =
            MaasConfig { timeouts, ..MaasConfig::new(maas.url, SecretRef::new("static:maas").unwrap()) };
        let plugin = Arc::new(MaasCommissioner::new(&config, credentials.clone()).unwrap());
        Self { rack, credentials, plugin }
    }

    fn machine_of(&self, system_id: &str) -> Machine {
        let mut machine = Machine::new(MachineId::from_static(SERVER));
        machine.settings.insert(PluginName::from_static("maas"), json!({"system_id": system_id}));
        machine
    }

    fn status(&self) -> Status {
        self.rack.truth(SERVER).status
    }

    async fn until(&self, is_so: impl Fn(&Rack) -> bool) {
        assert!(self.rack.wait_until(PATIENCE, is_so).await, "{:?}", self.rack.truth(SERVER));
    }
}

#[async_trait]
impl DeviceFixture for Sim {
    fn machine(&self) -> Machine {
        self.machine_of(&self.rack.truth(SERVER).system_id)
    }

    fn secrets(&self) -> Vec<String> {
        self.rack.sheet().maas.api_key.split(':').map(str::to_owned).collect()
    }

    async fn break_network(&self) {
        self.rack.inject(Fault::new(Action::Drop).face(Face::Maas));
    }

    async fn refuse_credentials(&self) {
        let key = self.rack.sheet().maas.api_key;
        let (known, _secret) = key.rsplit_once(':').unwrap();
        self.credentials.insert(KEY, Secret::new(format!("{known}:wrong-secret")));
    }

    async fn lose_answers(&self) {
        self.rack.inject(Fault::new(Action::LoseAnswer).face(Face::Maas));
    }

    async fn heal(&self) {
        self.rack.clear_faults();
        self.credentials.insert(KEY, Secret::new(self.rack.sheet().maas.api_key));
    }

    async fn refused_logins(&self) -> u64 {
        let log = self.rack.log();
        let logins = log.iter().filter(|entry| entry.command == "login with an API key");
        logins.filter(|entry| entry.outcome == Outcome::Refused).count() as u64
    }

    async fn settle(&self) {
        let on_its_way = [Status::EnteringRescueMode, Status::ExitingRescueMode];
        self.until(|rack| !on_its_way.contains(&rack.truth(SERVER).status)).await;
    }

    async fn host(&self) -> HostTruth {
        let truth = self.rack.truth(SERVER);
        let power = if truth.power == Power::On { PowerState::On } else { PowerState::Off };
        HostTruth { power, boots: truth.boots, interrupts: 0 }
    }
}

#[async_trait]
impl CommissionerFixture for Sim {
    fn plugin(&self) -> Arc<dyn Commissioner> {
        self.plugin.clone()
    }

    fn unknown_machine(&self) -> Machine {
        self.machine_of("zzzzzz")
    }

    async fn going_on(&self) -> bool {
        matches!(self.status(), Status::Commissioning | Status::Testing)
    }

    async fn advance(&self) {
        let (before, boots) = (self.status(), self.rack.truth(SERVER).boots);
        // A moment, or until something happens.
        let moved = |rack: &Rack| rack.truth(SERVER).status != before || rack.truth(SERVER).boots != boots;
        self.rack.wait_until(Duration::from_millis(50), moved).await;
    }

    async fn fail_next(&self) {
        self.rack.inject(Fault::commissioning_fails());
    }

    async fn host_answers(&self, at: IpAddr) -> bool {
        let truth = self.rack.truth(SERVER);
        truth.ssh && truth.leased_address.map(IpAddr::from) == Some(at)
    }

    async fn true_bmc_address(&self) -> Option<IpAddr> {
        self.rack.truth(SERVER).power_parameters["power_address"].as_str()?.parse().ok()
    }

    async fn true_tags(&self) -> Vec<String> {
        self.rack.truth(SERVER).tags.into_iter().collect()
    }
}
