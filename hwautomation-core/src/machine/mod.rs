//! A machine: who it is, where it is reached, and what is known about it.

mod change;
mod connect;
mod fact;

pub use change::MachineChange;
pub use connect::ConnectMap;
pub use fact::Fact;

use crate::device::Capability;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DeviceType, MachineId, PluginName};
use crate::secret::SecretRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Describes one machine as the directory knows it.
///
/// Requests name a machine by [`id`](Self::id); nothing else repeats its data. Passwords are not here, only
/// where they lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The directory's id.
    pub id: MachineId,
    /// Other names by which it may be looked up, such as the commissioning service's id.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub aliases: BTreeSet<String>,
    /// Which profile describes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<DeviceType>,
    /// The rack it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<String>,
    /// Where it is reached.
    #[serde(default)]
    pub addresses: Addresses,
    /// Which plugin serves which capability; what is missing here the profile says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plugins: BTreeMap<Capability, PluginName>,
    /// Where its secrets lie, by purpose, such as `bmc`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, SecretRef>,
    /// Settings that only the named plugin understands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<PluginName, Value>,
    /// What was found out about it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Fact>,
    /// How often it was booted by a recorded command or seen newly commissioned. A host key is pinned to one
    /// generation, since an ephemeral image has a new key at each boot.
    #[serde(default)]
    pub boot_generation: u64,
}

/// Says where a machine is reached. Absent is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// The BMC's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bmc: Option<IpAddr>,
    /// Where a run was about to move the BMC, until somebody knows where it is: an address that is spoken for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bmc_moving_to: Option<IpAddr>,
    /// The running host's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<IpAddr>,
}

impl Machine {
    /// Describes a machine of which only the id is known.
    #[must_use]
    pub fn new(id: MachineId) -> Self {
        Self {
            id,
            aliases: BTreeSet::new(),
            device_type: None,
            rack: None,
            addresses: Addresses::default(),
            plugins: BTreeMap::new(),
            credentials: BTreeMap::new(),
            settings: BTreeMap::new(),
            facts: BTreeMap::new(),
            boot_generation: 0,
        }
    }

    /// Says which plugin serves a capability.
    #[must_use]
    pub fn plugin(mut self, capability: Capability, name: PluginName) -> Self {
        self.plugins.insert(capability, name);
        self
    }

    /// Returns the name of the plugin that serves a capability.
    ///
    /// # Errors
    ///
    /// `Invalid` when neither the machine nor its profile names one.
    pub fn plugin_for(&self, capability: Capability) -> Result<&PluginName> {
        self.plugins.get(&capability).ok_or_else(|| {
            Error::invalid(format!("machine {} has no {capability} plugin", self.id)).with_remedy(format!(
                "name one under plugins.{capability}, in the machine's entry or in its device profile"
            ))
        })
    }

    /// Reads the settings that only this plugin understands; `T`'s default when there are none.
    ///
    /// # Errors
    ///
    /// `Invalid` when they have another shape.
    pub fn settings_of<'a, T: Deserialize<'a> + Default>(&'a self, plugin: &PluginName) -> Result<T> {
        let Some(settings) = self.settings.get(plugin) else { return Ok(T::default()) };
        T::deserialize(settings).map_err(|cause| {
            Error::invalid(format!("reading the settings of plugin {plugin} on machine {}: {cause}", self.id))
                .with_remedy(format!(
                    "correct settings.{plugin}, in the machine's entry or in its device profile"
                ))
        })
    }

    /// Returns where the secret for a purpose lies, such as `bmc`.
    ///
    /// # Errors
    ///
    /// `NotFound` when the machine names none.
    pub fn credential(&self, purpose: &str) -> Result<&SecretRef> {
        self.credentials.get(purpose).ok_or_else(|| {
            Error::not_found(format!("machine {} names no secret for {purpose}", self.id)).with_remedy(
                format!("enter under credentials.{purpose} where it lies, such as env:NAME or file:/path"),
            )
        })
    }

    /// Returns the BMC's address.
    ///
    /// # Errors
    ///
    /// `NotFound` when it is unknown.
    pub fn bmc_address(&self) -> Result<IpAddr> {
        self.address("BMC", self.addresses.bmc)
    }

    /// Returns the running host's address.
    ///
    /// # Errors
    ///
    /// `NotFound` when it is unknown.
    pub fn host_address(&self) -> Result<IpAddr> {
        self.address("host", self.addresses.host)
    }

    fn address(&self, whose: &str, address: Option<IpAddr>) -> Result<IpAddr> {
        address.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("machine {} has no known {whose} address", self.id))
                .with_remedy(format!("enter the {whose} address in the machine directory"))
        })
    }
}
