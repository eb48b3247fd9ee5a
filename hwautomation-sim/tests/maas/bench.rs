//! A rack and a client of its MAAS.

use crate::client::{Answer, Client};
use hwautomation_sim::{Face, Kind, Outcome, Rack, RackPlan, Status, Truth};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);
/// The server that is asked for, if nothing else is said.
pub(crate) const SRV: &str = "srv001";
/// The fields of a commissioning that keeps its environment.
pub(crate) const WITH_SSH: &str = "enable_ssh=1&testing_scripts=none";

pub(crate) struct Bench {
    pub(crate) rack: Rack,
    pub(crate) client: Client,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::of(RackPlan::servers(2)).await
    }

    pub(crate) async fn of(plan: RackPlan) -> Self {
        let rack = plan.start().await.expect("the rack starts");
        let client = Client::new(&rack);
        Self { rack, client }
    }

    pub(crate) async fn op(&self, op: &str, form: &str) -> Answer {
        self.client.post(&format!("machines/{}/?op={op}", self.client.id(SRV)), form).await
    }

    pub(crate) async fn machine(&self) -> Answer {
        self.client.get(&format!("machines/{}/", self.client.id(SRV))).await
    }

    pub(crate) async fn power(&self) -> Answer {
        self.client.get(&format!("machines/{}/?op=query_power_state", self.client.id(SRV))).await
    }

    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Truth) -> bool) {
        let done = self.rack.wait_until(LIMIT, |rack| is_so(&rack.truth(SRV))).await;
        assert!(done, "{what}: {:?}", self.rack.truth(SRV));
    }

    pub(crate) fn truth(&self) -> Truth {
        self.rack.truth(SRV)
    }

    /// Returns the commands of the log with what became of them, for one machine or none.
    pub(crate) fn commands(&self) -> Vec<(String, Outcome)> {
        let entries = self.rack.log().into_iter();
        let entries = entries.filter(|entry| entry.face == Face::Maas && entry.kind == Kind::Command);
        entries.map(|entry| (entry.command, entry.outcome)).collect()
    }

    pub(crate) async fn ready_with_ssh(&self) {
        assert_eq!(self.op("commission", WITH_SSH).await.status, 200);
        self.until("it is ready", |truth| truth.status == Status::Ready).await;
    }
}
