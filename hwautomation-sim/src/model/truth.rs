//! What is true of a machine, for whoever checks.

use super::bios::Bios;
use super::boot::BootOverride;
use super::identify::Identify;
use super::lan::Lan;
use super::machine::Machine;
use super::power::{Environment, Power};
use super::sel::SelEntry;
use super::status::Status;
use super::users::User;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Is a copy of what is true of a machine now, whatever any face says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Truth {
    /// The name of the server.
    pub name: String,
    /// Its name in MAAS.
    pub system_id: String,
    /// Whether it has power.
    pub power: Power,
    /// What runs on it.
    pub environment: Option<Environment>,
    /// Whether SSH answers.
    pub ssh: bool,
    /// How often it booted.
    pub boots: u64,
    /// The firmware's settings, in force and pending.
    pub bios: Bios,
    /// How its BMC is reached.
    pub lan: Lan,
    /// Its BMC's users 1 to 10.
    pub users: Vec<User>,
    /// Which boot device is asked for.
    pub boot_override: Option<BootOverride>,
    /// How often its BMC was restarted.
    pub bmc_resets: u32,
    /// Whether its BMC answers.
    pub bmc_answers: bool,
    /// The entries of its BMC's event log, the oldest first.
    pub events: Vec<SelEntry>,
    /// Whether that log is being erased.
    pub events_are_erased: bool,
    /// The lamp by which it is found.
    pub identify: Identify,
    /// The nominal address of its environments.
    pub host_address: Ipv4Addr,
    /// The address that MAAS lists.
    pub leased_address: Option<Ipv4Addr>,
    /// MAAS's state.
    pub status: Status,
    /// Who holds it in MAAS.
    pub owner: Option<String>,
    /// Its tags in MAAS.
    pub tags: BTreeSet<String>,
    /// MAAS's power parameters.
    pub power_parameters: BTreeMap<String, Value>,
    /// The numbers of all commissionings, the oldest first.
    pub commissionings: Vec<u64>,
}

impl Truth {
    pub(crate) fn of(machine: &Machine) -> Self {
        let Machine { bmc, record, .. } = machine;
        Self {
            name: machine.name.clone(),
            system_id: record.system_id.clone(),
            power: machine.power(),
            environment: machine.environment(),
            ssh: machine.answers_ssh(),
            boots: machine.boots(),
            bios: machine.bios.clone(),
            lan: bmc.lan.clone(),
            users: bmc.users.clone(),
            boot_override: bmc.boot_flags.read(),
            bmc_resets: bmc.resets,
            bmc_answers: bmc.answers(),
            events: bmc.sel.entries.clone(),
            events_are_erased: bmc.sel.is_erasing(),
            identify: bmc.identify,
            host_address: machine.host_address,
            leased_address: record.leased_address(),
            status: record.status,
            owner: record.owner.clone(),
            tags: record.tags.clone(),
            power_parameters: record.power_parameters.clone(),
            commissionings: record.commissionings.clone(),
        }
    }
}
