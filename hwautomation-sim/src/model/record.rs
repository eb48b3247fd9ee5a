//! What MAAS knows of a machine.

use super::status::Status;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Is MAAS's own record of a machine. It may be wrong about the machine, as MAAS may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The six characters that name the machine in MAAS.
    pub system_id: String,
    /// The state.
    pub status: Status,
    /// The state that an abort, or the end of the rescue mode, returns to.
    pub(crate) previous: Status,
    /// Who holds it.
    pub owner: Option<String>,
    /// Which power driver is used: `ipmi`, `manual`.
    pub power_type: String,
    /// The driver's parameters, `power_address` first of all.
    pub power_parameters: BTreeMap<String, Value>,
    /// What MAAS last saw of the power.
    pub power_state: SeenPower,
    /// The tags that the machine carries.
    pub tags: BTreeSet<String>,
    /// The last event.
    pub status_message: Option<String>,
    /// Why it was marked broken.
    pub error_description: String,
    /// A free text.
    pub description: String,
    /// Whether the environment of the last commissioning is to stay.
    pub enable_ssh: bool,
    /// The number of the last commissioning, if there was one.
    pub current_commissioning_result_id: Option<u64>,
    /// The number of the last test, if there was one.
    pub current_testing_result_id: Option<u64>,
    /// How the last commissioning went.
    pub commissioning_result: ScriptResult,
    /// How the last test went.
    pub testing_result: ScriptResult,
    /// The numbers of all commissionings, the oldest first.
    pub commissionings: Vec<u64>,
    /// Whether a commissioning has told MAAS what the machine is made of.
    pub hardware_known: bool,
    /// The lease that is listed.
    pub(crate) lease: Option<Lease>,
    /// What is going on.
    pub(crate) run: Option<Run>,
}

impl Record {
    pub(crate) fn new(system_id: String, power_parameters: BTreeMap<String, Value>) -> Self {
        Self {
            system_id,
            status: Status::New,
            previous: Status::New,
            owner: None,
            power_type: "ipmi".to_owned(),
            power_parameters,
            power_state: SeenPower::Unknown,
            tags: BTreeSet::new(),
            status_message: None,
            error_description: String::new(),
            description: String::new(),
            enable_ssh: false,
            current_commissioning_result_id: None,
            current_testing_result_id: None,
            commissioning_result: ScriptResult::None,
            testing_result: ScriptResult::None,
            commissionings: Vec::new(),
            hardware_known: false,
            lease: None,
            run: None,
        }
    }

    /// Returns a power parameter that is a text.
    pub fn power_parameter(&self, name: &str) -> Option<&str> {
        self.power_parameters.get(name)?.as_str()
    }

    /// Returns the address that MAAS lists for the machine, if it saw one.
    pub fn leased_address(&self) -> Option<Ipv4Addr> {
        self.lease.map(|lease| lease.address)
    }
}

/// Is the power as MAAS saw it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenPower {
    /// It never asked, or cannot.
    Unknown,
    /// On.
    On,
    /// Off.
    Off,
    /// The last question failed.
    Error,
}

impl SeenPower {
    /// Returns the text of the API.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::On => "on",
            Self::Off => "off",
            Self::Error => "error",
        }
    }
}

/// Is how scripts went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptResult {
    /// There were none.
    None,
    /// They wait for the environment.
    Pending,
    /// They run.
    Running,
    /// They passed.
    Passed,
    /// They failed.
    Failed,
    /// They did not end in time.
    TimedOut,
    /// Somebody stopped them.
    Aborted,
}

impl ScriptResult {
    /// Returns MAAS's number and name.
    pub const fn listed(self) -> (i8, &'static str) {
        match self {
            Self::None => (-1, "Unknown"),
            Self::Pending => (0, "Pending"),
            Self::Running => (1, "Running"),
            Self::Passed => (2, "Passed"),
            Self::Failed => (3, "Failed"),
            Self::TimedOut => (4, "Timed out"),
            Self::Aborted => (5, "Aborted"),
        }
    }
}

/// Is the address that an environment got, and until when it is listed once the environment is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) address: Ipv4Addr,
    pub(crate) until: Option<u64>,
}

/// Is a commissioning, a test or a rescue mode that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// When MAAS gives it up.
    pub(crate) deadline: u64,
    /// When the scripts that run now end.
    pub(crate) scripts_until: Option<u64>,
    /// Whether testing scripts follow.
    pub(crate) tests: bool,
    /// Whether the scripts will fail.
    pub(crate) fails: bool,
}
