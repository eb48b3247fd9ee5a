//! What history can say about a machine, and how the directory takes it in.

use super::{Fact, Machine};
use crate::id::DeviceType;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::IpAddr;

/// Says what changed on a machine. Applying the same change twice is as good as once, except
/// [`Booted`](Self::Booted), which whoever applies changes by position applies once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MachineChange {
    /// The BMC answers at this address.
    BmcAddress {
        /// The address.
        address: IpAddr,
    },
    /// The BMC is about to get this address, or no longer is.
    BmcMoving {
        /// The address.
        to: Option<IpAddr>,
    },
    /// The host answers at this address, or at none that is known.
    HostAddress {
        /// The address.
        address: Option<IpAddr>,
    },
    /// The machine turned out to be of this type.
    DeviceType {
        /// The type.
        device_type: DeviceType,
    },
    /// Something was found out.
    Fact {
        /// What it is about, such as `cpu_count`.
        name: String,
        /// What was found.
        value: Value,
        /// Who said so.
        source: String,
    },
    /// A command that boots the machine was recorded, or a new commissioning was seen.
    Booted {
        /// Which command or observation.
        by: String,
    },
}

impl Machine {
    /// Takes in a change that was recorded at `at`.
    pub fn apply(&mut self, change: &MachineChange, at: Timestamp) {
        match change {
            MachineChange::BmcAddress { address } => self.addresses.bmc = Some(*address),
            MachineChange::BmcMoving { to } => self.addresses.bmc_moving_to = *to,
            MachineChange::HostAddress { address } => self.addresses.host = *address,
            MachineChange::DeviceType { device_type } => self.device_type = Some(device_type.clone()),
            MachineChange::Fact { name, value, source } => {
                let fact = Fact { value: value.clone(), source: source.clone(), at };
                self.facts.insert(name.clone(), fact);
            }
            MachineChange::Booted { .. } => self.boot_generation += 1,
        }
    }
}
