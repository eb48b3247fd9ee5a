//! What is true of every machine of one kind.

use super::{BiosSection, Capability};
use crate::id::{DeviceType, PluginName, StepName};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::time::Duration;

/// Describes a kind of machine: its drivers, how long its steps may take, its BIOS settings.
///
/// Serializes to the shape that a profile file has below `device."<type>"`. Holds no secrets: where one is
/// needed, `settings` names its place as a [`SecretRef`](crate::secret::SecretRef).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeviceProfile {
    /// The kind of machine.
    #[serde(skip)]
    pub device_type: DeviceType,
    /// What it is, for people. Default: empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who makes it. Machines report their vendor in their own spelling, so compare without regard to case.
    pub vendor: String,
    /// Which driver serves which capability. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub plugins: BTreeMap<Capability, PluginName>,
    /// How long a step may take on this kind of machine, in files whole seconds. Default: the step's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "whole_seconds")]
    pub timeouts: BTreeMap<StepName, Duration>,
    /// The BIOS settings. Default: none.
    pub bios: BiosSection,
    /// What a driver alone understands, by its name; its adapter checks it. Default: nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<PluginName, serde_json::Value>,
}

impl DeviceProfile {
    /// Starts a profile that says nothing but the vendor.
    #[must_use]
    pub fn new(device_type: DeviceType, vendor: impl Into<String>) -> Self {
        Self {
            device_type,
            description: String::new(),
            vendor: vendor.into(),
            plugins: BTreeMap::new(),
            timeouts: BTreeMap::new(),
            bios: BiosSection::default(),
            settings: BTreeMap::new(),
        }
    }
}

fn whole_seconds<S: Serializer>(
    timeouts: &BTreeMap<StepName, Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(timeouts.iter().map(|(step, timeout)| (step, timeout.as_secs())))
}
