//! A machine as MAAS's REST API 2.0 shows it.

use super::addresses::{self, Interface};
use super::hardware::{self, HardwareInfo};
use super::result::SetStatus;
use super::{Status, clean};
use hwautomation_core::plugin::{CommissionReading, CommissionRun, CommissionState, HardwareSummary};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Holds the fields that we read.
#[derive(Debug, Deserialize)]
pub(crate) struct Machine {
    pub(crate) system_id: String,
    pub(crate) status: Status,
    #[serde(default)]
    status_name: String,
    status_message: Option<String>,
    #[serde(default)]
    error_description: String,
    pub(crate) owner: Option<String>,
    current_commissioning_result_id: Option<u64>,
    /// What the scripts of that commissioning add up to.
    #[serde(default)]
    commissioning_status: SetStatus,
    #[serde(default)]
    pub(crate) tag_names: BTreeSet<String>,
    #[serde(default)]
    ip_addresses: Vec<Option<String>>,
    #[serde(default)]
    interface_set: Vec<Interface>,
    boot_interface: Option<Interface>,
    #[serde(default)]
    hardware_info: HardwareInfo,
    cpu_count: Option<u32>,
    memory: Option<u64>,
}

impl Machine {
    /// Names the newest commissioning, however it went.
    pub(crate) fn newest_run(&self) -> Option<CommissionRun> {
        self.current_commissioning_result_id.map(|id| CommissionRun(id.to_string()))
    }

    /// Says where it stands, and names the newest commissioning where its name means something.
    pub(crate) fn reading(&self) -> CommissionReading {
        let state = self.status.state(&self.status_name);
        CommissionReading {
            run: self.newest_run().filter(|_| self.vouches(&state)),
            state,
            message: self.words(),
            progress: None,
        }
    }

    /// Tells whether the state is what the newest commissioning led to.
    ///
    /// MAAS shows *Ready* also where that could not start, was aborted, or failed and was overruled by a person
    /// ("mark fixed"); whoever waits for the run must not take that for success. *New* without any result is
    /// what is left of a commissioning that could not start. What a ready machine goes on to keeps to the same
    /// rule: a name that was withheld must not come back as if it were new.
    fn vouches(&self, state: &CommissionState) -> bool {
        match state {
            CommissionState::Commissioning | CommissionState::Testing | CommissionState::Failed => true,
            CommissionState::New => self.commissioning_status.has_results(),
            _ => self.commissioning_status.is_passed(),
        }
    }

    /// Says in MAAS's own words where it stands.
    pub(crate) fn words(&self) -> String {
        let message = self.status_message.as_deref().unwrap_or_default();
        let mut words = vec![self.status_name.as_str()];
        words.extend([message, &self.error_description].into_iter().filter(|text| !text.is_empty()));
        words.dedup();
        clean(&words.join(": "))
    }

    /// Lists the addresses of what runs, the best first.
    pub(crate) fn host_addresses(&self) -> Vec<IpAddr> {
        let system = if self.status.runs_its_own_system() {
            addresses::System::Installed
        } else {
            addresses::System::Ephemeral
        };
        addresses::list(self.boot_interface.as_ref(), &self.interface_set, &self.ip_addresses, system)
    }

    /// Says what was found in it.
    pub(crate) fn hardware(&self) -> HardwareSummary {
        hardware::summary(&self.hardware_info, self.cpu_count, self.memory)
    }
}
